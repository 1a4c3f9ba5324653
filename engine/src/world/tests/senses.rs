//! Sensors: the newest value stands, names are kept, the rhythm is learned.

use wire::time::Timestamp;
use wire::view::Mode;

use super::super::World;
use super::{MINUTE, MORNING, place};
use crate::change::Change;
use crate::entry::{Body, Entry, SourceKey};
use crate::limits::DATASTREAMS_MAX;
use crate::observation::{ObservationEntry, ObservationResult, Quality};

fn level(number: f64, at: Timestamp) -> ObservationEntry {
    ObservationEntry {
        source: SourceKey(1),
        datastream: "besos-level".to_owned(),
        phenomenon_time: at,
        result: ObservationResult::Number(number),
        name: None,
        unit: None,
        place: None,
        clock_ahead: false,
        stated_time: None,
        phenomenon_end: None,
        result_at: None,
        quality: Quality::Unstated,
        raw: None,
        late: false,
    }
}

/// A World that hears observations a minute apart by receipt.
struct Ear {
    world: World,
    seq: u64,
}

impl Ear {
    fn new() -> Self {
        Self { world: World::new(Mode::Live), seq: 0 }
    }

    fn hears(&mut self, observation: ObservationEntry) -> Vec<Change> {
        self.seq += 1;
        let mut changes = Vec::new();
        let recorded_at = MORNING.plus_ms(self.seq as i64 * MINUTE);
        let body = Body::Observation(Box::new(observation));
        let entry = Entry { seq: self.seq, recorded_at, mode: Mode::Live, body };
        self.world.apply(&entry, &mut changes);
        changes
    }
}

#[test]
fn an_older_value_does_not_replace_the_newest() {
    let mut ear = Ear::new();
    assert_eq!(ear.hears(level(1.5, MORNING)).len(), 1);
    assert_eq!(ear.hears(level(9.9, MORNING.plus_ms(-1))), [], "older: nothing changes");
    let seen = ear.world.sensor(0).expect("known");
    assert_eq!((seen.result, seen.phenomenon_time, seen.seq), (Some(1.5), MORNING, 1));
    assert_eq!(ear.world.newest(), Some(MORNING));
    // The same moment again is a correction.
    assert_eq!(ear.hears(level(1.6, MORNING)).len(), 1);
    assert_eq!(ear.world.sensor(0).and_then(|seen| seen.result), Some(1.6));
}

#[test]
fn what_a_later_message_leaves_out_stays() {
    let mut ear = Ear::new();
    let full = ObservationEntry {
        name: Some("Besòs".to_owned()),
        unit: Some("m".to_owned()),
        place: Some(place(2.2, 41.43)),
        ..level(1.0, MORNING)
    };
    ear.hears(full);
    let words = ObservationResult::Text("high".to_owned());
    ear.hears(ObservationEntry { result: words, ..level(0.0, MORNING.plus_ms(MINUTE)) });
    let seen = ear.world.sensor(0).expect("known");
    assert_eq!((seen.name.as_str(), seen.unit.as_deref()), ("Besòs", Some("m")));
    assert_eq!(seen.geometry, Some(place(2.2, 41.43)));
    assert_eq!((seen.result, seen.result_text.as_deref()), (None, Some("high")));
    let home = "2.1,41.3,2.3,41.5".parse().expect("a box");
    assert_eq!(ear.world.sensors_in(&home), [0]);
    let away = "3.1,41.3,3.3,41.5".parse().expect("a box");
    assert!(ear.world.sensors_in(&away).is_empty());
}

#[test]
fn a_sensor_that_moves_is_told_at_both_ends() {
    let mut ear = Ear::new();
    let (from, to) = (place(2.2, 41.43), place(2.3, 41.43));
    ear.hears(ObservationEntry { place: Some(from), ..level(1.0, MORNING) });
    let later = level(1.0, MORNING.plus_ms(MINUTE));
    let changes = ear.hears(ObservationEntry { place: Some(to), ..later });
    let at =
        |place: wire::geo::LngLat| Change::Sensor { index: 0, seq: 2, at: Some(place.mercator()) };
    assert_eq!(changes, [at(from), at(to)]);
}

#[test]
fn the_rhythm_is_the_median_so_one_gap_changes_nothing() {
    let mut ear = Ear::new();
    let mut at = MORNING;
    for pause in [MINUTE, MINUTE] {
        ear.hears(level(1.0, at));
        at = at.plus_ms(pause);
    }
    ear.hears(level(1.0, at));
    assert_eq!(ear.world.sensor(0).expect("known").cadence_ms, None, "two pauses say little");
    for pause in [MINUTE, 600 * MINUTE, MINUTE] {
        at = at.plus_ms(pause);
        ear.hears(level(1.0, at));
    }
    assert_eq!(ear.world.sensor(0).expect("known").cadence_ms, Some(60_000));
    for _ in 0..7 {
        at = at.plus_ms(5 * MINUTE);
        ear.hears(level(1.0, at));
    }
    let cadence = ear.world.sensor(0).expect("known").cadence_ms;
    assert_eq!(cadence, Some(300_000), "and it learns a new one");
}

#[test]
fn a_world_full_of_datastreams_says_so_and_keeps_those_it_has() {
    let mut ear = Ear::new();
    for number in 0..DATASTREAMS_MAX {
        let one = ObservationEntry { datastream: number.to_string(), ..level(1.0, MORNING) };
        ear.hears(one);
    }
    assert!(!ear.world.has_room_for(SourceKey(1), "one more"));
    assert!(ear.world.has_room_for(SourceKey(1), "7"));
    assert_eq!(
        ear.hears(ObservationEntry { datastream: "one more".to_owned(), ..level(1.0, MORNING) }),
        []
    );
    assert_eq!(ear.world.n_sensors() as usize, DATASTREAMS_MAX);
    let known = ObservationEntry { datastream: "7".to_owned(), ..level(2.0, MORNING) };
    assert_eq!(ear.hears(known).len(), 1);
}

/// A value as programs wrote it that knew of no intervals, qualities and raw items.
const WRITTEN_BEFORE: &[u8] =
    b"\x01\x01\x0bbesos-level\x80\x84\xc9\xfd\xc0h\x00\x00\x00\x00\x00\x00\x00\xf4?\x01\x06Bes\xc3\xb2s\x01\x01m\x01\x80\xc6\xfd\x14\xc0\xdd\x8d\x8b\x03\x01";

#[test]
fn a_value_written_before_intervals_and_qualities_still_reads() {
    let first = ObservationEntry {
        name: Some("Besòs".to_owned()),
        unit: Some("m".to_owned()),
        place: Some(place(2.2, 41.43)),
        clock_ahead: true,
        ..level(1.25, MORNING)
    };
    let read = Body::join(1, WRITTEN_BEFORE, None);
    assert_eq!(read, Ok(Body::Observation(Box::new(first))));
}

#[test]
fn what_is_written_of_a_value_reads_as_it_was() {
    let full = ObservationEntry {
        stated_time: Some(MORNING.plus_ms(7)),
        phenomenon_end: Some(MORNING.plus_ms(MINUTE)),
        result_at: Some(MORNING.plus_ms(MINUTE + 1)),
        quality: Quality::Suspect,
        raw: Some("{\"result\":1.25}".to_owned()),
        late: false,
        ..level(1.25, MORNING)
    };
    let body = Body::Observation(Box::new(full));
    let halves = body.split();
    assert_eq!((halves.kind, halves.payload), ("observation", None));
    assert_eq!(Body::join(1, &halves.row, None), Ok(body));
}

#[test]
fn one_that_is_sent_again_is_late_in_the_journal_too() {
    for late in [false, true] {
        let body = Body::Observation(Box::new(ObservationEntry { late, ..level(1.5, MORNING) }));
        let halves = body.split();
        assert_eq!(halves.kind, "observation");
        assert_eq!(Body::join(1, &halves.row, None).expect("joins"), body);
    }
}
