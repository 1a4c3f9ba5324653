//! Each body of the desk as a snapshot, and back.

use super::*;

const TEN: Timestamp = Timestamp(1_795_428_000_000);

fn back<T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(body: &T) {
    let text = serde_json::to_string(body).expect("JSON");
    assert_eq!(&serde_json::from_str::<T>(&text).expect("is one"), body);
}

fn cause() -> Cause {
    Cause {
        since: TEN,
        kind: CauseKind::Gateway,
        what: "Torrent-2".to_owned(),
        source: "partner:lorawan-east".to_owned(),
        status: SourceHealth::Silent,
        lost: 4,
        sensors: 14,
        datastreams: vec!["24e124136c123456".to_owned()],
        told_at: Some(TEN.plus_ms(120_000)),
        room_told_at: Some(TEN.plus_ms(240_000)),
    }
}

fn connection() -> Connection {
    Connection {
        id: "partner:lorawan-east".to_owned(),
        name: "LoRaWAN east".to_owned(),
        mode: Mode::Live,
        dialect: Some("rest".to_owned()),
        direction: Direction::Push,
        status: SourceHealth::Silent,
        reason: None,
        n_sensors: 14,
        n_in_works: 0,
        newest_at: Some(TEN),
        newest_age_ms: Some(660_000),
        cadence_ms: Some(120_000),
        day: DayAccount {
            received: 3_912,
            accepted: 3_870,
            folded: 30,
            rejected: 12,
            bytes: 9_000,
        },
        top_reason: Some(ReasonCount { reason: "unit_mismatch".to_owned(), n: 9 }),
        clock_offset_ms: Some(200),
        backlog: 12,
        key_days_left: Some(64),
        duty_phone: Some("Sensalia 24 h, +34 900 000 000".to_owned()),
        told_at: Some(TEN.plus_ms(120_000)),
        room_told_at: Some(TEN.plus_ms(240_000)),
        is_told: true,
    }
}

#[test]
fn connections_are_as_promised() {
    let sentence = Sentence {
        sensors: 1_260,
        speaking: 1_204,
        broken: 2,
        late: 31,
        silent: 18,
        lost: 4,
        in_works: 3,
        causes: vec![cause()],
        causes_left_off: 0,
    };
    let body = Connections {
        mode: Mode::Live,
        at: TEN.plus_ms(660_000),
        sentence,
        connections: vec![connection()],
    };
    back(&body);
    insta::assert_json_snapshot!("connections", body);
}

#[test]
fn the_eight_ticks_are_as_promised() {
    let tick = |name: TickName| {
        let state = if name < TickName::Unit { TickState::Ok } else { TickState::NotReached };
        let at = (state == TickState::Ok).then_some(TEN);
        Tick { name, state, at, ..Tick::default() }
    };
    let mut ticks: Vec<Tick> = TickName::ALL.iter().copied().map(tick).collect();
    ticks[4] = Tick {
        name: TickName::Unit,
        state: TickState::Cross,
        at: Some(TEN),
        detail: Some("\"l/m2h\" is not in the unit table".to_owned()),
        reason: Some("unknown_unit".to_owned()),
        remedy: Some("send mm/h".to_owned()),
        payload: Some("{\"rain\": 7.4, \"u\": \"l/m2h\"}".to_owned()),
        mark: Some("l/m2h".to_owned()),
    };
    let body = Why {
        mode: Mode::Live,
        at: TEN,
        device: "24e124136c123456".to_owned(),
        source: Some("partner:lorawan-east".to_owned()),
        name: Some("Rain gauge Poblenou".to_owned()),
        remembered_since: TEN.plus_ms(-3_600_000),
        ticks,
        also_in: Vec::new(),
        alike: Vec::new(),
    };
    back(&body);
    insta::assert_json_snapshot!("why", body);
}

#[test]
fn errors_and_works_are_as_promised() {
    let errors = ErrorCauses {
        mode: Mode::Live,
        at: TEN,
        from: TEN.plus_ms(-86_400_000),
        causes: vec![ErrorCause {
            source: Some("partner:noise".to_owned()),
            reason: "unit_mismatch".to_owned(),
            sample_detail: Some("mm/h measures rain".to_owned()),
            counted: Counted::Items,
            count: 60,
            first_at: TEN.plus_ms(-50_000_000),
            last_at: TEN,
            replayable: 0,
        }],
    };
    back(&errors);
    insta::assert_json_snapshot!("errors", errors);
    let body = WorksBody {
        source: Some("partner:sewers".to_owned()),
        datastreams: vec!["bogatell".to_owned()],
        all: false,
        from: TEN,
        to: TEN.plus_ms(10_800_000),
        why: "cleaning".to_owned(),
        who: "J. Pons".to_owned(),
        mode: None,
    };
    back(&body);
    insta::assert_json_snapshot!("works_body", body);
    let works = WorksList {
        mode: Mode::Live,
        at: TEN,
        works: vec![Works {
            id: 812,
            source: "partner:sewers".to_owned(),
            datastreams: vec!["bogatell".to_owned()],
            all: false,
            from: TEN,
            to: TEN.plus_ms(10_800_000),
            why: "cleaning".to_owned(),
            who: "J. Pons".to_owned(),
            announced_at: TEN.plus_ms(-1_000),
            is_now: true,
            n_sensors: 1,
        }],
    };
    back(&works);
    insta::assert_json_snapshot!("works", works);
}
