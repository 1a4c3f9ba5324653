//! Placing by hand: it holds against the partner, until it is taken back, and goes with the report.

use wire::decision::{DecisionKind, DecisionSubject};
use wire::geo::LngLat;
use wire::report::ReportFeature;
use wire::view::Mode;

use super::super::World;
use super::room::{decided, set};
use super::{MORNING, SECOND, entry, place, report};
use crate::decision::Setting;
use crate::entry::{Body, Entry};
use crate::report::ReportEntry;
use crate::view::Clearance;

fn says(at: Option<LngLat>, version: i64) -> Body {
    let now = MORNING.plus_ms(version * SECOND);
    let said = ReportEntry { place: at, updated_at: now, content: version as u128, ..report(1) };
    entry(0, now, said).body
}

fn puts(east: f64) -> Body {
    let subject = Some(DecisionSubject::Report(report(1).id));
    set(DecisionKind::Place, subject, Setting::Place(place(2.1 + east, 41.4), 40), MORNING)
}

fn takes_back(seq: u64) -> Body {
    decided(DecisionKind::Undo, DecisionSubject::Decision(seq), MORNING)
}

fn world(bodies: &[Body]) -> World {
    let mut world = World::new(Mode::Live);
    for (seq, body) in (1..).zip(bodies) {
        let recorded_at = MORNING.plus_ms(seq as i64 * SECOND);
        let entry = Entry { seq, recorded_at, mode: Mode::Live, body: body.clone() };
        world.apply(&entry, &mut Vec::new());
    }
    world
}

fn shown(bodies: &[Body]) -> ReportFeature {
    world(bodies).report(report(1).id, Clearance::Desk).expect("held")
}

#[test]
fn a_place_by_hand_holds_against_later_versions_until_it_is_taken_back() {
    let (nowhere, there) = (None, Some(place(2.5, 41.5)));
    let one = shown(&[says(nowhere, 1), puts(0.01)]);
    assert_eq!((one.geometry, one.properties.radius_m), (Some(place(2.11, 41.4)), 40));
    assert_eq!(one.properties.placed_by, Some(wire::report::PlacedBy::Operator));
    let later = shown(&[says(nowhere, 1), puts(0.01), says(there, 3)]);
    assert_eq!(later.geometry, one.geometry, "the partner knows it no better");
    let bodies = [says(nowhere, 1), puts(0.01), says(there, 3), puts(0.02), takes_back(4)];
    assert_eq!(shown(&bodies[..4]).geometry, Some(place(2.12, 41.4)));
    assert_eq!(shown(&bodies).geometry, one.geometry, "what was decided before holds again");
    let bare = shown(&[&bodies[..], &[takes_back(2)]].concat());
    assert_eq!(bare.geometry, there, "what the partner said last");
    assert_ne!(bare.properties.placed_by, Some(wire::report::PlacedBy::Operator));
    let counts = |bodies: &[Body]| world(bodies).checkpoint();
    let saved = World::restore(&counts(&bodies)).expect("restores");
    assert_eq!(saved.checkpoint(), counts(&bodies));
}

#[test]
fn a_place_by_hand_goes_with_its_report_and_a_replay_without_the_keys_is_the_same() {
    let there = Some(place(2.512_345_6, 41.512_345_6));
    let bodies = [says(there, 1), puts(0.012_345_6), Body::Erased(report(1).id), takes_back(2)];
    let keyless = |body: &Body| Body::join(1, &body.split().row, None).expect("joins");
    let replayed: Vec<Body> = bodies[..2].iter().map(keyless).collect();
    let [said, put] = replayed.as_slice() else { unreachable!("two") };
    let again = [said.clone(), put.clone(), bodies[2].clone(), bodies[3].clone()];
    for n in [3, 4] {
        let (erased, replay) = (shown(&bodies[..n]), shown(&again[..n]));
        assert_eq!(erased, replay);
        // Name and words of who placed it went with it, from a checkpoint too.
        let (live, keyless) = (world(&bodies[..n]), world(&again[..n]));
        let restored = World::restore(&live.checkpoint()).expect("restores");
        for one in [&live, &keyless, &restored] {
            let said = one.log_line(2, Clearance::Desk).expect("a line");
            assert_eq!((said.by, said.text), (None, None));
        }
        assert_eq!(erased.properties.radius_m, 1_000);
    }
    assert_eq!(shown(&bodies[..3]).geometry, Some(place(2.11, 41.4)));
    assert_eq!(shown(&bodies).geometry, Some(place(2.51, 41.51)));
}
