//! What rings in a drill is the room's own: it needs passports, stands until somebody closes it, and yellow rings nothing.

use engine::decision::{DecisionEntry, Signed};
use engine::entry::Body;
use wire::decision::{DecisionKind, DecisionSubject};
use wire::time::Timestamp;

use super::SMALL;
use crate::drill::book::read;
use crate::drill::judge::judge;
use crate::drill::naive::BEST;
use crate::drill::run::{once, run};
use crate::drill::words;
use crate::drill::write::{Line, Without, Written, write};

/// What came of the first check, with what was written changed on the way.
fn first_check(file: &str, change: impl FnOnce(&mut Written)) -> (bool, String) {
    let ready = read("small.toml", file).expect("a scenario");
    let mut written = write(&ready, 1, Without::Nothing);
    change(&mut written);
    let played = once(&ready, &written, &words().expect("the lexicons"), &mut |_, _| {});
    let check = ready.scenario.checks.first().expect("a check");
    let judged = judge(&written, &played, check, None);
    (judged.holds, judged.seen)
}

#[test]
fn a_gauge_of_which_the_room_has_no_passport_rings_nothing() {
    let (holds, seen) = first_check(SMALL, |_| {});
    assert!(holds, "{seen}");
    let without = |written: &mut Written| {
        written.lines.retain(|line| !matches!(line.body, Body::Passport(_)));
    };
    let (holds, seen) = first_check(SMALL, without);
    assert!(!holds && seen == "rang in minutes: ", "{seen}");
}

/// The value falls again, and the check asks whether the alarm still stands.
fn falling() -> String {
    SMALL
        .replace("curve = [[0, 1], [60, 4]]", "curve = [[0, 1], [15, 4], [25, 1]]")
        .replace("alarm-rings", "alarm-stands")
        .replace("from_min = 0\nto_min = 60", "from_min = 20\nto_min = 60")
}

/// Somebody answers the first alarm there was.
fn answered(at: Timestamp) -> Line {
    let entry = DecisionEntry {
        kind: DecisionKind::Ack,
        subject: Some(DecisionSubject::Alarm(1)),
        basis: None,
        occurred_at: at,
        known_seq: 0,
        with: Vec::new(),
        reports: Vec::new(),
        until: None,
        every_min: None,
        sets: None,
        signed: Signed::default(),
    };
    Line { at, body: Body::Decision(Box::new(entry)) }
}

#[test]
fn an_alarm_stands_whatever_the_value_does_until_a_person_answers() {
    let (holds, seen) = first_check(&falling(), |_| {});
    assert!(holds, "{seen}");
    let answer = |written: &mut Written| {
        written.lines.push(answered(written.begins.plus_ms(50 * 60_000)));
        written.lines.sort_by_key(|line| line.at);
    };
    let (holds, seen) = first_check(&falling(), answer);
    // It is looked at each minute.
    assert!(!holds && seen == "closed in minute 51", "{seen}");
}

#[test]
fn a_silent_sensor_that_was_calm_rings_nothing_and_is_shown_as_silent() {
    let calm = SMALL
        .replace(
            "curve = [[0, 1], [60, 4]]",
            "curve = [[0, 1]]\nfaults = [{ kind = \"silent\", from_min = 20 }]",
        )
        .replace("test = \"level\"\ngrade = \"red\"\n", "test = \"silent\"\n");
    let shows =
        calm.replace("alarm-rings", "signal-shows").replace("from_min = 0", "from_min = 15");
    let (holds, seen) = first_check(&shows, |_| {});
    assert!(holds, "{seen}");
    let (holds, seen) = first_check(&shows.replace("to_min = 60\n", "to_min = 20\n"), |_| {});
    assert!(!holds, "{seen}");
    let silent = calm.replace("alarm-rings", "no-alarm").replace("test = \"silent\"\n", "");
    let (holds, seen) = first_check(&silent, |_| {});
    assert!(holds, "{seen}");
}

#[test]
fn a_gauge_beyond_a_level_begins_a_situation_that_is_neither_right_nor_false() {
    let words = words().expect("the lexicons");
    let quiet = SMALL.replace("per_min = [[0, 2], [30, 1]]", "per_min = [[0, 0], [30, 0]]");
    let n = |file: &str| {
        let ready = read("small.toml", file).expect("a scenario");
        let ours = run(&ready, &[1], BEST, &words, &mut |_, _| {}).ours;
        (ours.n_everyday, ours.n_false)
    };
    let (everyday, wrong) = n(&quiet);
    let speaks = quiet.replace("unit = \"m\"", "unit = \"m\"\nhazard = \"power\"");
    assert_eq!(n(&speaks), (everyday + 1, wrong));
}
