//! Operations, from the wish to the end, moment by moment.

use super::*;

const HOUR: i64 = 3_600_000;
const NOW: Timestamp = Timestamp(1_795_428_000_000);

fn act(person: &str, hours: i64) -> Act {
    Act {
        at: NOW.plus_ms(hours * HOUR),
        role: "duty-officer".to_owned(),
        person: person.to_owned(),
    }
}

fn asked(kind: OperationKind) -> Operation {
    Operation {
        id: 1,
        mode: Mode::Live,
        kind,
        purpose: "flood".to_owned(),
        authority: "112".to_owned(),
        basis: "law 17/2015".to_owned(),
        area: Bbox::new(2.0, 41.0, 3.0, 42.0).expect("an area"),
        words: vec!["aigua".to_owned()],
        from: NOW,
        to: NOW.plus_ms(20 * 24 * HOUR),
        asked: act("anna", 0),
        approved: None,
        ended: None,
        runs: Vec::new(),
    }
}

fn at(hours: i64) -> Timestamp {
    NOW.plus_ms(hours * HOUR)
}

fn word(done: Result<(), Refusal>) -> &'static str {
    done.err().map_or("done", |refusal| refusal.0)
}

#[test]
fn nothing_is_kept_before_another_person_approved_nor_outside_its_time_and_area() {
    let inside = LngLat::new(2.1, 41.4).expect("a place");
    let outside = LngLat::new(-0.4, 39.4).expect("a place");
    let mut one = asked(OperationKind::Once);
    assert!(!one.covers(at(1), inside, at(1)));
    assert_eq!(word(one.approve(act("anna", 1))), "same_person");
    assert_eq!(word(one.approve(act("biel", 2))), "done");
    assert!(one.covers(at(3), inside, at(3)));
    assert!(!one.covers(at(1), inside, at(3)), "posted before it was approved");
    assert!(!one.covers(at(3), outside, at(3)));
    assert!(!one.covers(at(3), inside, at(20 * 24)), "and not once it is over");
    assert_eq!(word(one.start(act("anna", 3), Some("phase".to_owned()))), "not_standing");
    assert_eq!(word(one.end(act("carla", 4))), "done");
    assert_eq!((one.state(at(4)), word(one.end(act("carla", 5)))), (OperationState::Ended, "over"));
}

#[test]
fn a_standing_one_needs_to_be_armed_started_by_one_and_ratified_by_another_and_ends_by_itself() {
    let armed = || Some("advisory 7".to_owned());
    let mut one = asked(OperationKind::Standing);
    assert_eq!(word(one.start(act("anna", 1), armed())), "not_approved");
    one.approve(act("biel", 1)).expect("approved");
    assert_eq!(one.state(at(2)), OperationState::Ready);
    assert_eq!(word(one.start(act("anna", 2), None)), "not_armed");
    one.start(act("anna", 2), armed()).expect("started");
    assert_eq!(one.running_until(at(2)), Some(at(14)));
    assert_eq!(word(one.ratify(act("anna", 3))), "same_person");
    // Twelve hours, to the millisecond.
    assert_eq!(one.state(at(14).plus_ms(-1)), OperationState::Running);
    assert_eq!(one.state(at(14)), OperationState::Ready);
    assert_eq!(word(one.start(act("biel", 15), armed())), "unratified");
    one.ratify(act("biel", 16)).expect("within a day");
    one.start(act("biel", 17), armed()).expect("again");
    one.end(act("carla", 18)).expect("its run ends");
    assert_eq!(one.state(at(18)), OperationState::Ready);
}

#[test]
fn a_run_that_nobody_ratified_within_a_day_takes_a_new_approval_of_another_person() {
    let mut one = asked(OperationKind::Standing);
    one.approve(act("biel", 0)).expect("approved");
    one.start(act("carla", 1), Some("phase".to_owned())).expect("started");
    assert_eq!(word(one.ratify(act("biel", 25))), "too_late");
    assert_eq!(one.state(at(25)), OperationState::Unratified);
    assert_eq!(word(one.start(act("biel", 25), Some("phase".to_owned()))), "unratified");
    assert_eq!(word(one.approve(act("carla", 26))), "same_person");
    assert_eq!(word(one.approve(act("anna", 26))), "same_person");
    one.approve(act("biel", 26)).expect("approved anew");
    assert_eq!(one.state(at(26)), OperationState::Ready);
}
