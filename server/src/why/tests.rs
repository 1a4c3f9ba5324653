//! Stories as they are remembered, and the first cross that each has.

use wire::desk::{TickName, TickState};
use wire::geo::LngLat;
use wire::source::SourceHealth;
use wire::time::Timestamp;

use super::{Attempt, Ending, KeyTrouble, Known, Story, TurnedAway, ticks};

const NOW: Timestamp = Timestamp(1_795_428_000_000);
const MINUTE: i64 = 60_000;

fn ago(minutes: i64) -> Timestamp {
    NOW.plus_ms(-minutes * MINUTE)
}

fn known(at: Timestamp) -> Known {
    Known {
        name: "Besòs".to_owned(),
        seq: 7,
        recorded_at: at,
        phenomenon_at: at,
        unit: Some("cm".to_owned()),
        reads_unit: true,
        place: LngLat::new(2.17, 41.4).ok(),
        swapped: None,
        since: Some(at),
        status: SourceHealth::Live,
        cadence_ms: Some(60_000),
        gone_at: None,
        works: None,
    }
}

fn attempt(at: Timestamp, ending: Ending) -> Attempt {
    Attempt { at, dialect: "rest", n_bytes: 212, ending, stated_at: Some(at), is_bad: false }
}

fn trouble(at: Timestamp, is_proven: bool) -> KeyTrouble {
    let reason = if is_proven { "revoked-key" } else { "unknown-key" };
    KeyTrouble { at, reason, detail: "no".to_owned(), key_id: None, is_proven }
}

fn story() -> Story {
    Story {
        now: NOW,
        device: "besos".to_owned(),
        known: Some(known(ago(1))),
        attempt: Some(attempt(ago(1), Ending::Taken(7))),
        source: "partner:a".to_owned(),
        ..Story::default()
    }
}

/// The first cross and its reason; none where all eight are well.
fn first(story: &Story) -> Option<(TickName, String)> {
    let ticks = ticks(story);
    let names: Vec<TickName> = ticks.iter().map(|tick| tick.name).collect();
    assert_eq!(names, TickName::ALL);
    let at = ticks.iter().position(|tick| tick.state != TickState::Ok)?;
    let cross = &ticks[at];
    assert_eq!(cross.state, TickState::Cross, "{ticks:?}");
    assert!(cross.remedy.as_ref().is_some_and(|remedy| remedy.len() > 10), "{cross:?}");
    assert!(cross.detail.is_some() && cross.at.is_some());
    Some((cross.name, cross.reason.clone().expect("a reason")))
}

fn is(story: &Story, name: TickName, reason: &str) {
    assert_eq!(first(story), Some((name, reason.to_owned())));
}

#[test]
fn all_is_well_with_what_was_taken_and_is_fresh_remembered_or_not() {
    assert_eq!(first(&story()), None);
    assert_eq!(first(&Story { attempt: None, ..story() }), None);
}

#[test]
fn what_only_claims_to_be_a_sources_key_says_nothing_of_a_sensor_that_speaks() {
    let claimed = Some(trouble(NOW, false));
    assert_eq!(first(&Story { claimed: claimed.clone(), ..story() }), None);
    let mut silent = Story { claimed, ..story() };
    if let Some(known) = silent.known.as_mut() {
        known.status = SourceHealth::Silent;
    }
    is(&silent, TickName::Key, "unknown-key");
    is(&Story { proven: Some(trouble(NOW, true)), ..story() }, TickName::Key, "revoked-key");
    // What came after it says more.
    assert_eq!(first(&Story { proven: Some(trouble(ago(2), true)), ..story() }), None);
}

#[test]
fn a_stranger_counts_only_where_nothing_else_is_known() {
    let stranger = Some(trouble(NOW, false));
    assert_eq!(first(&Story { stranger: stranger.clone(), ..story() }), None);
    let nobody = Story { known: None, attempt: None, ..story() };
    is(&nobody, TickName::Arrived, "nothing_came");
    is(&Story { stranger, ..nobody }, TickName::Key, "unknown-key");
}

#[test]
fn a_request_turned_away_as_a_whole_counts_for_the_devices_it_names() {
    let turned = |payload: &str, tick| {
        Some(TurnedAway {
            at: NOW,
            dialect: "rest",
            tick,
            reason: if tick == TickName::Key { "wrong_mode" } else { "invalid_json" }.to_owned(),
            detail: "no".to_owned(),
            payload: Some(payload.to_owned()),
        })
    };
    let with = |turned| {
        let mut story = Story { turned, ..story() };
        // No remedy beside what the detail says.
        story.device = "besos".to_owned();
        let ticks = ticks(&story);
        ticks.into_iter().find(|tick| tick.state == TickState::Cross).map(|tick| tick.name)
    };
    assert_eq!(with(turned("{\"datastream\":\"besos\"", TickName::Parsed)), Some(TickName::Parsed));
    assert_eq!(with(turned("{\"datastream\":\"other\"", TickName::Parsed)), None);
    assert_eq!(with(turned("", TickName::Key)), Some(TickName::Key));
}

#[test]
fn a_refusal_after_the_last_value_is_told_and_one_before_it_is_not() {
    let refused = |at| {
        attempt(
            at,
            Ending::Refused {
                tick: TickName::Unit,
                reason: "unit_mismatch".to_owned(),
                detail: "\"l/m2h\" is no unit of rain".to_owned(),
                pointer: String::new(),
                payload: Some("{\"u\": \"l/m2h\"}".to_owned()),
            },
        )
    };
    let told = Story { attempt: Some(refused(NOW)), ..story() };
    is(&told, TickName::Unit, "unit_mismatch");
    let cross = ticks(&told).remove(4);
    assert_eq!((cross.mark.as_deref(), cross.payload.is_some()), (Some("l/m2h"), true));
    assert_eq!(ticks(&told)[5].state, TickState::NotReached);
    assert_eq!(first(&Story { attempt: Some(refused(ago(5))), ..story() }), None);
}

#[test]
fn what_is_held_says_what_is_wrong_with_it() {
    let with = |change: &dyn Fn(&mut Known)| {
        let mut story = story();
        change(story.known.as_mut().expect("known"));
        story
    };
    is(&with(&|known| known.reads_unit = false), TickName::Unit, "unknown_unit");
    is(&with(&|known| known.place = None), TickName::Place, "no_place");
    is(&with(&|known| known.swapped = known.place), TickName::Place, "swapped_place");
    is(&with(&|known| known.status = SourceHealth::Late), TickName::Shown, "late");
    is(&with(&|known| known.status = SourceHealth::Silent), TickName::Shown, "silent");
    is(&with(&|known| known.status = SourceHealth::Broken), TickName::Shown, "broken");
    let works = (NOW.plus_ms(MINUTE), "cleaning".to_owned(), "J. Pons".to_owned());
    let gone = with(&|known| known.gone_at = Some(NOW.plus_ms(-1)));
    is(&gone, TickName::Shown, "last_will");
    let in_works = with(&|known| {
        known.works = Some(works.clone());
        known.status = SourceHealth::Silent;
    });
    is(&in_works, TickName::Shown, "in_works");
    assert_eq!(first(&with(&|known| known.unit = None)), None);
}

#[test]
fn a_clock_that_is_off_is_told_and_whole_hours_are_a_zone() {
    let with = |stated: i64| {
        let mut story = story();
        if let Some(attempt) = story.attempt.as_mut() {
            attempt.stated_at = Some(attempt.at.plus_ms(stated));
        }
        story
    };
    is(&with(60 * MINUTE), TickName::Shown, "clock_ahead");
    is(&with(-60 * MINUTE), TickName::Shown, "clock_behind");
    is(&with(-45 * MINUTE), TickName::Shown, "clock_behind");
    assert_eq!(first(&with(-10 * MINUTE)), None);
    let zone = |stated| ticks(&with(stated))[7].remedy.clone().expect("a remedy");
    assert!(zone(-60 * MINUTE).contains("time zone"));
    assert!(zone(120 * MINUTE).contains("time zone"));
    assert!(!zone(-45 * MINUTE).contains("time zone"));
}

#[test]
fn a_value_that_stood_already_and_one_that_its_sender_calls_bad_are_told() {
    let known_already = Story { attempt: Some(attempt(NOW, Ending::Known(Some(7)))), ..story() };
    is(&known_already, TickName::Disk, "already_known");
    let mut bad = story();
    if let Some(attempt) = bad.attempt.as_mut() {
        attempt.is_bad = true;
    }
    is(&bad, TickName::Shown, "bad_quality");
}
