//! Reading again: what another gazetteer tells of reports without a place, and of which it may.

use wire::decision::{DecisionKind, DecisionSubject};
use wire::geo::LngLat;
use wire::report::{PlacedBy, ReportFeature};
use wire::time::Timestamp;
use wire::view::Mode;

use super::super::World;
use super::room::{decided, set};
use super::{MORNING, SECOND, anatomy, entry, place, report};
use crate::decision::Setting;
use crate::entry::{Body, Entry};
use crate::gazetteer::{Gazetteer, table};
use crate::locate::{Context, RereadEntry};
use crate::report::{Private, ReportEntry, Words};
use crate::view::Clearance;

const SQUARE: &str = "name,kind,lng,lat,radius_m\nPlaça del Sol,poi,2.1567891,41.4012345,150\n";

fn gazetteer(table: &str) -> Gazetteer {
    Gazetteer::new("v2", table::read(table).expect("a table")).expect("a gazetteer")
}

fn says(number: u128, at: Option<LngLat>, text: &str, version: i64) -> Body {
    let now = MORNING.plus_ms(version * SECOND);
    let words = Words { text: Some(text.to_owned()), ..Words::default() };
    let said = ReportEntry {
        place: at,
        updated_at: now,
        content: version as u128,
        private: Private::from(words),
        ..report(number)
    };
    entry(0, now, said).body
}

fn unplaced(number: u128, version: i64) -> Body {
    says(number, None, "Foc a la Plaça del Sol", version)
}

fn apply(world: &mut World, body: Body) {
    let seq = world.head() + 1;
    let recorded_at = Timestamp(MORNING.0 + seq as i64 * SECOND);
    world.apply(&Entry { seq, recorded_at, mode: Mode::Live, body }, &mut Vec::new());
}

fn world(bodies: &[Body]) -> World {
    let mut world = World::new(Mode::Live);
    for body in bodies {
        apply(&mut world, body.clone());
    }
    world
}

/// What is read again of it, by this table.
fn read(world: &World, table: &str) -> Vec<RereadEntry> {
    let (gazetteer, context) = (gazetteer(table), Context { area: None });
    let (found, _) = world.unplaced_after(0, 1_000, 1_000);
    found.iter().filter_map(|one| one.read(&gazetteer, &context, &[])).collect()
}

fn shown(world: &World) -> ReportFeature {
    world.report(report(1).id, Clearance::Desk).expect("held")
}

#[test]
fn what_another_gazetteer_tells_places_a_report_and_a_second_time_tells_nothing() {
    let mut live = world(&[unplaced(1, 1)]);
    let told = read(&live, SQUARE);
    assert_eq!(told.len(), 1);
    apply(&mut live, Body::Reread(Box::new(told[0].clone())));
    let one = shown(&live);
    assert_eq!(one.geometry, Some(place(2.156_789_1, 41.401_234_5)));
    assert_eq!((one.properties.radius_m, one.properties.placed_by), (150, Some(PlacedBy::Text)));
    assert_eq!(read(&live, SQUARE), []);
    // What may be two places is told once, and again once it is one.
    let two = "name,kind,lng,lat\nPlaça del Sol,poi,2.1,41.4\nPlaça del Sol,poi,-3.7,40.4\n";
    let mut live = world(&[unplaced(1, 1)]);
    let either = read(&live, two).remove(0);
    assert_eq!(either.place(), None);
    apply(&mut live, Body::Reread(Box::new(either)));
    assert_eq!(shown(&live).properties.placing.map(|told| told.candidates.len()), Some(2));
    assert_eq!(read(&live, two), [], "it tells nothing new");
    let sure = read(&live, SQUARE).remove(0);
    apply(&mut live, Body::Reread(Box::new(sure)));
    assert!(shown(&live).geometry.is_some());
    let restored = World::restore(&live.checkpoint()).expect("restores");
    assert_eq!(anatomy(&restored), anatomy(&live));
    assert_eq!(shown(&restored), shown(&live));
}

#[test]
fn whoever_gave_a_place_is_not_overruled_and_what_came_between_stands() {
    let there = place(2.5, 41.5);
    let subject = || DecisionSubject::Report(report(2).id);
    let by_hand = || set(DecisionKind::Place, Some(subject()), Setting::Place(there, 40), MORNING);
    let bodies = [
        says(1, Some(there), "Foc a la Plaça del Sol", 1),
        unplaced(2, 1),
        by_hand(),
        unplaced(3, 1),
        Body::Erased(report(3).id),
        unplaced(4, 1),
        Body::Withdrawn(report(4).id),
        says(5, None, "", 1),
    ];
    assert_eq!(read(&world(&bodies), SQUARE), []);

    // Read, and then something comes between: it is not appended, and if it is it changes nothing.
    let came = [unplaced(2, 1)];
    let told = read(&world(&came), SQUARE).remove(0);
    assert!(world(&came).is_rereadable(&told));
    let between = [
        says(2, Some(there), "Foc a la Plaça del Sol", 2),
        says(2, None, "Foc", 2),
        by_hand(),
        Body::Erased(report(2).id),
        Body::Withdrawn(report(2).id),
    ];
    for body in between {
        let mut world = world(&[came[0].clone(), body.clone()]);
        assert!(!world.is_rereadable(&told), "{body:?}");
        if matches!(body, Body::Erased(_) | Body::Withdrawn(_)) {
            continue;
        }
        let before = world.report(report(2).id, Clearance::Desk);
        apply(&mut world, Body::Reread(Box::new(told.clone())));
        assert_eq!(world.report(report(2).id, Clearance::Desk), before, "{body:?}");
    }
    // A placing by hand that is taken back gives way to what was read, if that was before it.
    let mut world = world(&came);
    apply(&mut world, Body::Reread(Box::new(told)));
    apply(&mut world, by_hand());
    apply(&mut world, decided(DecisionKind::Undo, DecisionSubject::Decision(3), MORNING));
    let one = world.report(report(2).id, Clearance::Desk).expect("held");
    assert_eq!(one.geometry, Some(place(2.156_789_1, 41.401_234_5)));
}

#[test]
fn reports_are_found_page_by_page_however_many_lie_between() {
    let bodies: Vec<Body> = (0..40_u128)
        .map(|n| match n % 4 {
            0 => unplaced(n, 1),
            _ => says(n, Some(place(2.1, 41.4)), "Foc", 1),
        })
        .collect();
    let world = world(&bodies);
    for (looked, limit) in [(1, 1), (3, 100), (100, 3), (1_000, 1_000)] {
        let (mut found, mut after) = (Vec::new(), 0);
        while let (page, Some(next)) = world.unplaced_after(after, looked, limit) {
            assert!(page.len() <= limit);
            found.extend(page.iter().map(|one| one.seq));
            after = next;
        }
        let all: Vec<u64> = (1..=40).step_by(4).collect();
        assert_eq!(found, all);
    }
}

#[test]
fn what_was_read_again_goes_with_its_report_and_a_replay_without_the_keys_is_the_same() {
    let told = read(&world(&[unplaced(1, 1)]), SQUARE).remove(0);
    let bodies = [unplaced(1, 1), Body::Reread(Box::new(told)), Body::Erased(report(1).id)];
    for body in &bodies[..2] {
        let halves = body.split();
        let again = Body::join(1, &halves.row, halves.payload.as_deref());
        assert_eq!(again.as_ref(), Ok(body), "the same from disk");
        let row = String::from_utf8_lossy(&halves.row).into_owned();
        assert!(!row.contains("Sol"), "no word stands in the row");
    }
    let keyless = |body: &Body| Body::join(1, &body.split().row, None).expect("joins");
    let again = [keyless(&bodies[0]), keyless(&bodies[1]), bodies[2].clone()];
    let (erased, replayed) = (world(&bodies), world(&again));
    assert_eq!(shown(&erased), shown(&replayed));
    assert_eq!(erased.checkpoint(), replayed.checkpoint());
    assert_eq!(shown(&erased).geometry, Some(place(2.16, 41.4)));
    assert_eq!(shown(&erased).properties.radius_m, 1_000);
    assert_eq!(shown(&erased).properties.placing, None);
}
