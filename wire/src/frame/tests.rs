//! Each frame in both encodings, and its JSON as a snapshot.

use super::*;
use crate::advisory::{AdvisoryNews, AdvisoryState, AdvisoryStatus};
use crate::alarm::{AlarmCause, AlarmLevel, AlarmState};
use crate::cluster::{HazardCounts, SeverityCounts};
use crate::codec::{decode_client, decode_server, encode_client, encode_server};
use crate::decision::{DecisionBasis, DecisionKind, DecisionSubject};
use crate::geo::{Bbox, LngLat};
use crate::grade::{Basis, Hazard, Kind, Severity, Status, Verification};
use crate::report::{FeatureTag, ReportProperties};
use crate::situation::{Checked, SensorSays, SensorWord, Trend, Unknown, Weight};
use crate::source::{Ledger, SourceHealth};
use crate::view::Window;

const TEN: Timestamp = Timestamp(1_795_428_000_000);

fn cluster() -> Cluster {
    Cluster {
        id: ClusterId::new(12, 0x0a_11ce),
        lng: 2.17,
        lat: 41.4,
        n: 42,
        worst: Severity::Severe,
        n_worst: 3,
        severity: SeverityCounts { extreme: 0, severe: 3, moderate: 9, minor: 20, unknown: 10 },
        hazard: HazardCounts::from_iter([(Hazard::Flood, 40), (Hazard::Power, 2)]),
        newest: TEN,
        expansion_zoom: 13,
        report: None,
    }
}

fn feature() -> ReportFeature {
    let text = |word: &str| Some(word.to_owned());
    ReportFeature {
        tag: FeatureTag::Feature,
        id: ReportId(0xfeed),
        geometry: LngLat::new(2.1744, 41.4036).ok(),
        properties: ReportProperties {
            seq: 813,
            mode: Mode::Live,
            source: "partner:112".to_owned(),
            observed_at: TEN,
            updated_at: TEN.plus_ms(120_000),
            recorded_at: TEN.plus_ms(121_000),
            kind: Kind::Call,
            basis: Basis::Seen,
            status: Some(Status::Open),
            hazard: Hazard::Flood,
            severity: Severity::Severe,
            verification: Verification::Unverified,
            radius_m: 50,
            clock_ahead: false,
            late: false,
            source_id: text("bcn-112-000123"),
            case_ref: text("CAD-2231"),
            text: text("Aigua fins al genoll al carrer"),
            lang: text("ca"),
            place: text("Carrer de Pujades, Poblenou"),
            author: None,
            url: None,
            origin: None,
            hazard_original: None,
            withdrawn: None,
            placed_by: None,
            placing: None,
        },
    }
}

fn sensor() -> SensorView {
    SensorView {
        datastream: "rain-17".to_owned(),
        source: "partner:met".to_owned(),
        mode: Mode::Live,
        name: "Pluja Poblenou".to_owned(),
        unit: Some("mm/h".to_owned()),
        geometry: LngLat::new(2.2, 41.4).ok(),
        result: Some(31.5),
        result_text: None,
        phenomenon_time: TEN,
        recorded_at: TEN.plus_ms(900),
        cadence_ms: Some(60_000),
        seq: 812,
        gone_at: None,
    }
}

fn source() -> SourceStatus {
    SourceStatus {
        id: "partner:112".to_owned(),
        name: "112".to_owned(),
        mode: Mode::Live,
        status: SourceHealth::Late,
        content_age_ms: Some(400_000),
        reason: None,
        ledger: Ledger {
            received: 10,
            accepted: 7,
            folded: 2,
            rejected: [("outside_area".to_owned(), 1)].into(),
        },
    }
}

fn situation() -> SituationView {
    SituationView {
        id: 17,
        mode: Mode::Live,
        seq: 815,
        at: TEN,
        hazard: Hazard::Flood,
        severity: Severity::Severe,
        trend: Trend::Worse,
        verification: Verification::Confirmed,
        checked: Some(Checked {
            seq: 815,
            basis: DecisionBasis::OnScene,
            by: Some("montse".to_owned()),
            at: TEN,
        }),
        owner: Some("montse".to_owned()),
        taken_at: Some(TEN),
        pinned: false,
        look_at: None,
        alarms: vec![1],
        n_refuted: 0,
        held_open: true,
        begun_at: TEN.plus_ms(-600_000),
        oldest_at: Some(TEN.plus_ms(-700_000)),
        newest_at: Some(TEN),
        ended_at: None,
        geometry: LngLat::new(2.17, 41.4).ok(),
        radius_m: 300,
        extent: vec![[2.1, 41.4], [2.2, 41.4], [2.2, 41.5], [2.1, 41.4]],
        place: Some("Barranc del Poio".to_owned()),
        n_reports: 12,
        n_sources: 9,
        n_first_hand: 4,
        n_last: 6,
        n_before: 2,
        sources: [(Weight::CallSeen, 3), (Weight::Sensor, 1), (Weight::Post, 5)].into(),
        unknown: vec![Unknown::NobodyOnScene],
        sensors: vec![SensorSays {
            datastream: "poio".to_owned(),
            source: "partner:chj".to_owned(),
            name: "Barranc del Poio".to_owned(),
            says: SensorWord::Supports,
            distance_m: 0,
            value: Some(264.0),
            unit: Some("m3/s".to_owned()),
            value_at: Some(TEN),
        }],
        split_from: None,
        merged_into: None,
    }
}

fn alarm() -> AlarmView {
    AlarmView {
        id: 1,
        mode: Mode::Live,
        seq: 815,
        level: AlarmLevel::Red,
        state: AlarmState::Answered,
        cause: AlarmCause::Level,
        hazard: Some(Hazard::Flood),
        situation: Some(17),
        datastream: Some("poio".to_owned()),
        source: Some("partner:chj".to_owned()),
        name: "Barranc del Poio".to_owned(),
        geometry: LngLat::new(2.17, 41.4).ok(),
        value: Some(264.0),
        value_at: None,
        limit: Some(150.0),
        unit: Some("m3/s".to_owned()),
        since: TEN,
        eased_at: None,
        answered_at: Some(TEN.plus_ms(7_000)),
        answered_by: Some("montse".to_owned()),
        shelved_until: None,
        sounds: true,
        climbed: 0,
        rule: None,
    }
}

fn line() -> LogLine {
    LogLine {
        seq: 815,
        mode: Mode::Live,
        entered_at: TEN,
        occurred_at: TEN.plus_ms(-2_000),
        known_seq: 814,
        kind: DecisionKind::Verify,
        subject: Some(DecisionSubject::Situation(17)),
        basis: Some(DecisionBasis::OnScene),
        text: None,
        by: Some("montse".to_owned()),
        taken_back: None,
        refuted: vec![ReportId(0xfeed)],
    }
}

/// One of each.
fn frames() -> Vec<ServerFrame> {
    let epoch = "01JDEXAMPLE".to_owned();
    let totals = Totals { total: 100, shown: 42, elsewhere: 50, unplaced: 3, filtered: 5 };
    vec![
        ServerFrame::Hello(Hello {
            protocol: crate::PROTOCOL_VERSION,
            epoch: epoch.clone(),
            seq: 812,
            server_time: TEN,
            modes: vec![Mode::Live, Mode::Exercise],
            heartbeat_ms: 2_000,
            canary_ms: 10_000,
        }),
        ServerFrame::Tile(Tile { seq: 813, z: 12, x: 2072, y: 1530, clusters: vec![cluster()] }),
        ServerFrame::Report(Report { seq: 813, feature: feature() }),
        ServerFrame::Gone(Gone { seq: 814, ids: vec![ReportId(0xfeed)] }),
        ServerFrame::Sensor(Sensor { seq: 812, sensor: sensor() }),
        ServerFrame::Source(Source { seq: 814, source: source() }),
        ServerFrame::Totals(TotalsFrame::new(814, totals)),
        ServerFrame::Heartbeat(Heartbeat {
            seq: 814,
            server_time: TEN,
            newest: Some(TEN),
            canary: Some(TEN.plus_ms(-4_000)),
        }),
        ServerFrame::Reset(Reset { epoch, reason: "too-old".to_owned() }),
        ServerFrame::Delta(TileDelta {
            from: 813,
            seq: 815,
            z: 12,
            x: 2072,
            y: 1530,
            gone: vec![ClusterId::new(12, 0x0a_11cd)],
            put: vec![cluster()],
        }),
        ServerFrame::View(ViewBegin { number: 7 }),
        ServerFrame::Situation(Situation { seq: 815, situation: situation() }),
        ServerFrame::Alarm(Alarm { seq: 815, alarm: alarm() }),
        ServerFrame::Log(Log { seq: 815, line: line() }),
        ServerFrame::Advisory(Advisory {
            seq: 816,
            advisory: AdvisoryNews {
                id: 816,
                state: AdvisoryState::Live,
                status: AdvisoryStatus::Actual,
                severity: Severity::Severe,
                event: "Inundació".to_owned(),
                headline: None,
                sender: "met@example.org".to_owned(),
                expires: TEN,
            },
        }),
    ]
}

fn view() -> View {
    View {
        bbox: Bbox::new(2.05, 41.32, 2.23, 41.47).expect("a box"),
        zoom: 12.5,
        mode: Mode::Live,
        window: Window::Hours2,
        hazards: Some(vec![Hazard::Flood]),
        newest: 50,
    }
}

/// One of each.
fn client_frames() -> [ClientFrame; 3] {
    let numbered = ViewFrame { view: view(), number: Some(7) };
    [ClientFrame::View(view().into()), ClientFrame::View(numbered), ClientFrame::Ping]
}

#[test]
fn each_server_frame_reads_as_it_always_did() {
    for frame in frames() {
        let json = serde_json::to_value(&frame).expect("JSON");
        let name = match json["type"].as_str().expect("a type") {
            // A client's frame has the same name.
            "view" => "view_begin".to_owned(),
            name => name.to_owned(),
        };
        insta::assert_json_snapshot!(name, json);
    }
}

#[test]
fn each_client_frame_reads_as_it_always_did() {
    for (name, frame) in ["view", "view_numbered", "ping"].iter().zip(client_frames()) {
        insta::assert_json_snapshot!(*name, frame);
    }
}

#[test]
fn the_compact_bytes_are_what_they_always_were() {
    let bytes: Vec<String> = frames()
        .iter()
        .map(|frame| {
            encode_server(frame).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
        })
        .collect();
    insta::assert_json_snapshot!("compact", bytes);
}

#[test]
fn json_and_compact_carry_the_same() {
    for frame in frames() {
        let text = serde_json::to_string(&frame).expect("JSON");
        assert_eq!(serde_json::from_str::<ServerFrame>(&text).expect("a frame"), frame);
        assert_eq!(decode_server(&encode_server(&frame)), Ok(frame));
    }
    for frame in client_frames() {
        let text = serde_json::to_string(&frame).expect("JSON");
        assert_eq!(serde_json::from_str::<ClientFrame>(&text).expect("a frame"), frame);
        assert_eq!(decode_client(&encode_client(&frame)), Ok(frame));
    }
}

#[test]
fn a_delta_replaces_adds_and_removes_and_twice_is_once() {
    let some = |key: u64, n: u32| Cluster { id: ClusterId::new(12, key), n, ..cluster() };
    let delta = TileDelta {
        from: 1,
        seq: 2,
        z: 12,
        x: 2072,
        y: 1530,
        gone: vec![ClusterId::new(12, 2), ClusterId::new(12, 9)],
        put: vec![some(1, 7), some(4, 1)],
    };
    let mut clusters = vec![some(1, 6), some(2, 3), some(5, 2)];
    delta.apply_to(&mut clusters);
    let expected = vec![some(1, 7), some(4, 1), some(5, 2)];
    assert_eq!(clusters, expected);
    delta.apply_to(&mut clusters);
    assert_eq!(clusters, expected);
}

#[test]
fn a_view_may_leave_out_what_has_a_default() {
    let text = r#"{"type":"view","bbox":[2.05,41.32,2.23,41.47],"zoom":12,"mode":"live"}"#;
    let ClientFrame::View(ViewFrame { view, number }) = serde_json::from_str(text).expect("a view")
    else {
        panic!("a view")
    };
    assert_eq!(number, None);
    assert_eq!((view.window, view.hazards, view.newest), (Window::All, None, 0));
}
