//! Files that cannot be played say why; the same seed is the same play; the promises hold on tuning seeds.

mod room;

use super::book::{BOOK, find, read};
use super::gates::gates;
use super::naive::BEST;
use super::run::{Row, run};
use super::seeds::{TABLE, TUNING};
use super::words;
use super::write::{Without, write};

/// A scenario that is small and right.
const SMALL: &str = r#"
name = "small"
about = "Water in a street."
begins = "2026-10-14T15:00:00Z"
lasts_min = 60
city = "port"

[[events]]
name = "street"
hazard = "flood"
at = [2.15, 41.40]
radius_m = 80
begins_min = 10
lasts_min = 30
truth = { situation = "must", supported = "must" }
[[events.voices]]
kind = "call"
basis = "seen"
per_min = [[0, 2], [30, 1]]

[[sensors]]
name = "gauge"
at = [2.15, 41.40]
unit = "m"
every_min = 5
curve = [[0, 1], [60, 4]]
levels = [{ grade = "red", value = 3 }]

[[checks]]
that = "alarm-rings"
sensor = "gauge"
test = "level"
grade = "red"
from_min = 0
to_min = 60
"#;

#[test]
fn a_file_that_cannot_be_played_names_the_field_and_the_remedy() {
    let cases = [
        ("hazard = \"flood\"", "hazard = \"flod\"", "flod"),
        ("radius_m = 80", "radius = 80", "unknown field `radius`"),
        ("kind = \"call\"", "kind = \"caller\"", "caller"),
        ("city = \"port\"", "city = \"atlantis\"", "city: must be one of port"),
        (
            "at = [2.15, 41.40]\nradius_m",
            "at = [41.40, 200.0]\nradius_m",
            "events[0].at: longitude first",
        ),
        (
            "per_min = [[0, 2], [30, 1]]",
            "per_min = [[30, 2], [0, 1]]",
            "events[0].voices[0].per_min",
        ),
        ("lasts_min = 60\n", "lasts_min = 600000\n", "lasts_min: with history_days"),
        ("unit = \"m\"", "unit = \"\"", "sensors[0].unit"),
        (
            "that = \"alarm-rings\"\nsensor = \"gauge\"",
            "that = \"alarm-rings\"\nsensor = \"gage\"",
            "checks[0].sensor",
        ),
        ("lasts_min = 30\n", "lasts_min = 30\ncolour = 1\n", "line 15"),
        (
            "[[events.voices]]",
            "[[copies]]\nof = \"nothing\"\nn = 3\nfrom_min = 1\nover_min = 1\n[[events.voices]]",
            "copies[0].of",
        ),
        ("test = \"level\"", "test = \"silent\"", "checks[0].test: raises no alarm"),
        (
            "that = \"alarm-rings\"\nsensor = \"gauge\"\ntest = \"level\"",
            "that = \"signal-shows\"\nsensor = \"gauge\"\ntest = \"level\"",
            "checks[0].test: needed: silent",
        ),
    ];
    read("small.toml", SMALL).expect("the small one is right");
    for (right, wrong, told) in cases {
        assert!(SMALL.contains(right), "{right}");
        let error = read("small.toml", &SMALL.replacen(right, wrong, 1)).expect_err(wrong);
        assert!(error.starts_with("small.toml") && error.contains(told), "{wrong}: {error}");
    }
}

#[test]
fn a_seed_is_the_same_play_and_another_is_another() {
    let ready = read("small.toml", SMALL).expect("a scenario");
    let told = |seed| format!("{:?}", write(&ready, seed, Without::Nothing).lines);
    assert_eq!(told(1), told(1));
    assert_ne!(told(1), told(2));
    let written = write(&ready, 1, Without::Nothing);
    assert!(written.lines.is_sorted_by_key(|line| line.at));
}

#[test]
fn a_sensor_that_says_nothing_changes_nothing_else() {
    let ready = read("small.toml", SMALL).expect("a scenario");
    let reports = |without| {
        let lines = write(&ready, 3, without).lines;
        let reports =
            lines.into_iter().filter(|line| matches!(line.body, engine::entry::Body::Report(_)));
        format!("{:?}", reports.collect::<Vec<_>>())
    };
    assert_eq!(reports(Without::Nothing), reports(Without::Sensor("gauge")));
}

#[test]
fn tuning_and_table_seeds_never_meet() {
    assert!(TUNING.end() < TABLE.start());
    assert_eq!(TABLE.count(), 20);
}

#[test]
fn every_scenario_that_comes_with_talaia_can_be_played_and_is_called_as_its_file() {
    assert!(BOOK.len() >= 13);
    for (name, _) in BOOK {
        let ready = find(name).expect("a scenario");
        assert_eq!(ready.first().map(|ready| ready.scenario.name.as_str()), Some(*name));
    }
    let error = find("no-such").expect_err("there is none");
    assert!(error.contains("quiet-week"), "{error}");
}

/// The small scoreboard: two scenarios that take little time, on two tuning seeds.
#[test]
fn the_promises_hold_in_small_in_a_storm_and_a_power_cut() {
    let words = words().expect("the lexicons");
    let seeds: Vec<u64> = TUNING.take(2).collect();
    let play = |name: &&str| {
        let ready = find(name).expect("a scenario").remove(0);
        run(&ready, &seeds, BEST, &words, &mut |_, _| {})
    };
    let rows: Vec<Row> = ["storm", "power-cut"].iter().map(play).collect();
    let broken: Vec<_> = gates(&rows).into_iter().filter(|gate| !gate.holds).collect();
    assert!(broken.is_empty(), "seeds {seeds:?}: {broken:#?}");
}

#[test]
fn copies_do_not_change_the_rank_and_three_strangers_and_a_gauge_do() {
    let (name, text) =
        BOOK.iter().find(|(name, _)| *name == "ten-thousand-copies").expect("a scenario");
    let fewer = text.replace("n = 10000", "n = 300");
    assert_ne!(*text, fewer);
    let ready = read(name, &fewer).expect("a scenario");
    let row = run(&ready, &[1, 2], BEST, &words().expect("the lexicons"), &mut |_, _| {});
    assert_eq!(row.checks.len(), 4);
    assert!(row.checks.iter().all(|tally| tally.n_held == tally.n), "{:#?}", row.checks);
}

#[test]
fn an_event_nobody_tells_of_is_missed_and_a_check_that_fails_says_what_was_seen() {
    let words = words().expect("the lexicons");
    let quiet = SMALL
        .replace("per_min = [[0, 2], [30, 1]]", "per_min = [[0, 0], [30, 0]]")
        .replace("to_min = 60", "to_min = 5");
    let ready = read("quiet.toml", &quiet).expect("a scenario");
    let row = run(&ready, &[1], BEST, &words, &mut |_, _| {});
    assert_eq!((row.ours.n_events, row.ours.n_found), (1, 0));
    let broken: Vec<_> =
        gates(std::slice::from_ref(&row)).into_iter().filter(|gate| !gate.holds).collect();
    assert_eq!(broken.len(), 3, "in time, recall, the alarm: {broken:#?}");
    let seen = row.checks.first().and_then(|tally| tally.seen.first()).expect("what was seen");
    assert!(seen.1.contains("rang in minutes"), "{seen:?}");
}
