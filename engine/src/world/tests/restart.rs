//! Restarts: what a checkpoint holds, and what it refuses.

use wire::grade::HazardSet;
use wire::tile::TileId;
use wire::time::Timestamp;
use wire::view::{Mode, Window};

use super::super::{BadCheckpoint, World};
use super::{MORNING, SECOND, anatomy, entry, place, report};
use crate::entry::{Body, Entry, SourceKey};
use crate::observation::{ObservationEntry, ObservationResult, Quality};
use crate::record::Record;
use crate::report::ReportEntry;
use crate::view::Clearance;

fn town() -> World {
    let mut world = World::new(Mode::Exercise);
    for seq in 1..100 {
        let one = Entry { mode: Mode::Exercise, ..entry(seq, MORNING, report(u128::from(seq))) };
        world.apply(&one, &mut Vec::new());
    }
    for (seq, minute) in (100..).zip(0..5) {
        let body = Body::Observation(Box::new(ObservationEntry {
            source: SourceKey(2),
            datastream: "rain".to_owned(),
            phenomenon_time: MORNING.plus_ms(minute * 60 * SECOND),
            result: ObservationResult::Number(0.5),
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
        }));
        let one = Entry { seq, recorded_at: MORNING, mode: Mode::Exercise, body };
        world.apply(&one, &mut Vec::new());
    }
    world
}

#[test]
fn a_restored_world_answers_as_the_one_it_came_from() {
    let mut world = town();
    let mut restored = World::restore(&world.checkpoint()).expect("restores");
    assert_eq!(anatomy(&world), anatomy(&restored));
    assert_eq!(world.head(), restored.head());
    assert_eq!(world.newest(), restored.newest());
    assert_eq!(restored.mode(), Mode::Exercise);
    for each in [&mut world, &mut restored] {
        each.name_source(SourceKey(1), "town-hall".to_owned());
    }
    assert_eq!(
        world.report(report(7).id, Clearance::Desk),
        restored.report(report(7).id, Clearance::Desk)
    );
    assert_eq!(world.sensor(0), restored.sensor(0));
    assert!(restored.sensor(0).expect("known").cadence_ms.is_some());
}

#[test]
fn a_checkpoint_that_is_not_whole_is_refused() {
    let bytes = town().checkpoint();
    let cause = |bytes: &[u8]| match World::restore(bytes) {
        Err(BadCheckpoint(cause)) => cause,
        Ok(_) => panic!("restored from broken bytes"),
    };
    assert_eq!(cause(&[]), "too short");
    assert_eq!(cause(&bytes[..bytes.len() - 1]), "the checksum differs");
    for at in [1, bytes.len() / 2, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert_eq!(cause(&flipped), "the checksum differs", "byte {at}");
    }
    let mut newer = bytes;
    newer[0] = 99;
    assert!(cause(&newer).starts_with("version 99"));
}

#[test]
fn a_large_world_built_at_once_is_the_one_grown_one_by_one() {
    // Beyond the size from which two threads build; many on one spot, some without a place.
    let n = 25_000u32;
    let record = |i: u32| {
        let spread = f64::from(i.wrapping_mul(2_654_435_761) >> 12) / f64::from(1 << 20);
        let at = match i % 10 {
            0 => None,
            1..=3 => Some(place(2.1744, 41.4036)),
            _ => Some(place(spread * 300.0 - 150.0, 40.0 + f64::from(i % 977) * 1e-3)),
        };
        let observed_at = MORNING.plus_ms(-i64::from(i) * 7 * SECOND);
        let one = ReportEntry { place: at, observed_at, ..report(u128::from(i)) };
        Record::new(u64::from(i) + 1, MORNING, &one)
    };
    let records: Vec<Record> = (0..n).map(record).collect();
    let built = World::from_records(Mode::Live, MORNING, records.clone());
    let mut grown = World::new(Mode::Live);
    grown.tick(MORNING, &mut Vec::new());
    for record in records {
        grown.head = record.seq;
        grown.hold(record, &mut Vec::new());
    }
    assert_eq!(anatomy(&built), anatomy(&grown));
    let tile = TileId { z: 0, x: 0, y: 0 };
    let count = |world: &World| {
        world.tile(Window::All, HazardSet::ALL, tile).iter().map(|c| c.n).sum::<u32>()
    };
    assert_eq!((count(&built), count(&grown)), (n / 10 * 9, n / 10 * 9));
}

#[test]
fn a_report_stays_under_six_hundred_bytes() {
    let records = (0..20_000u32).map(|i| {
        let at = place(2.0 + f64::from(i % 200) * 2e-3, 41.3 + f64::from(i / 200) * 2e-3);
        let one = ReportEntry { place: Some(at), ..report(u128::from(i)) };
        Record::new(u64::from(i) + 1, MORNING, &one)
    });
    // All of them in all six windows: the dearest case.
    let world = World::from_records(Mode::Live, MORNING, records.collect());
    let each = world.bytes() / 20_000;
    assert!(each < 600, "{each} bytes a report");
}

#[test]
fn an_empty_world_survives_too() {
    let world = World::new(Mode::Live);
    let restored = World::restore(&world.checkpoint()).expect("restores");
    assert_eq!((restored.head(), restored.now()), (0, Timestamp(0)));
}

#[test]
fn the_last_of_its_hazard_in_a_corner_leaves_the_newest_of_the_rest_above() {
    let mut world = World::new(Mode::Live);
    let mut seq = 0;
    let mut tell = |world: &mut World, report: ReportEntry| {
        seq += 1;
        world.apply(&entry(seq, MORNING, report), &mut Vec::new());
    };
    // A corner full of water, its only storm the newest; another storm, older, in the next corner.
    for number in 0..80u32 {
        let spot = place(2.17 + f64::from(number) * 1e-3, 41.40);
        tell(&mut world, ReportEntry { place: Some(spot), ..report(u128::from(number)) });
    }
    let storm = |number, lng, minutes: i64| ReportEntry {
        place: Some(place(lng, 41.40)),
        hazard: wire::grade::Hazard::Storm,
        observed_at: MORNING.plus_ms(minutes * 60 * SECOND),
        ..report(number)
    };
    tell(&mut world, storm(100, 2.2, 0));
    tell(&mut world, storm(101, -70.0, -9));
    tell(&mut world, ReportEntry { place: None, ..storm(100, 2.2, 0) });
    let storms = [wire::grade::Hazard::Storm].into_iter().collect();
    let whole = world.tile(Window::All, storms, TileId { z: 0, x: 0, y: 0 });
    assert_eq!(whole.iter().map(|c| c.newest).max(), Some(MORNING.plus_ms(-9 * 60 * SECOND)));
    let rebuilt = World::restore(&world.checkpoint()).expect("restores");
    assert_eq!(anatomy(&world), anatomy(&rebuilt));
}
