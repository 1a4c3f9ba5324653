//! What moves enters and leaves once, however its place trembles.

use proptest::prelude::*;
use wire::time::Timestamp;

use super::*;

/// A metre in units of 1e-7 degree of a meridian.
const METRE: f64 = 89.932;

/// A square kilometre on the equator, its western edge at zero, and a smaller zone in its middle.
fn town() -> Zones {
    let mut zones = Zones::default();
    zones.set(ZoneId(1), square(0, 0, 90_000)).expect("a zone");
    zones.set(ZoneId(2), square(40_000, 40_000, 9_000)).expect("a zone");
    zones
}

/// A position so many metres inside of the western edge.
fn inside_m(metres: f64) -> LngLat {
    e7((metres * METRE) as i32, 45_000)
}

#[test]
fn a_thing_enters_when_covered_and_leaves_when_clearly_outside() {
    let (zones, mut presence) = (town(), Presence::default());
    let mut seen = |metres, at| presence.seen(&zones, inside_m(metres), Timestamp(at));
    assert_eq!(seen(-100.0, 1), []);
    assert_eq!(seen(0.0, 2), [Crossing::Entered(ZoneId(1))]);
    assert_eq!(seen(-29.0, 3), []);
    assert_eq!(seen(500.0, 4), [Crossing::Entered(ZoneId(2))]);
    let both = [
        Crossing::Left(Stay { zone: ZoneId(1), since: Timestamp(2) }),
        Crossing::Left(Stay { zone: ZoneId(2), since: Timestamp(4) }),
    ];
    assert_eq!(seen(-31.0, 5), both);
    assert_eq!(seen(-20.0, 6), [], "near is not in");
    assert_eq!(presence.stays(), []);
}

#[test]
fn a_position_that_is_not_newer_shows_nothing() {
    let (zones, mut presence) = (town(), Presence::default());
    presence.seen(&zones, inside_m(5.0), Timestamp(10));
    assert_eq!(presence.seen(&zones, inside_m(-500.0), Timestamp(9)), []);
    assert_eq!(presence.seen(&zones, inside_m(-500.0), Timestamp(10)), []);
    assert_eq!(presence.stays(), [Stay { zone: ZoneId(1), since: Timestamp(10) }]);
    assert_eq!(presence.seen_at(), Some(Timestamp(10)));
}

#[test]
fn a_zone_that_is_gone_is_left_with_the_next_position() {
    let (mut zones, mut presence) = (town(), Presence::default());
    presence.seen(&zones, inside_m(5.0), Timestamp(1));
    zones.remove(ZoneId(1));
    let left = Crossing::Left(Stay { zone: ZoneId(1), since: Timestamp(1) });
    assert_eq!(presence.seen(&zones, inside_m(5.0), Timestamp(2)), [left]);
}

proptest! {
    #[test]
    fn a_place_that_trembles_at_an_edge_enters_once_and_never_leaves(
        metres in proptest::collection::vec(-29.0..29.0f64, 1..60),
    ) {
        let (zones, mut presence) = (town(), Presence::default());
        let mut crossings = Vec::new();
        for (at, metres) in metres.iter().enumerate() {
            crossings.extend(presence.seen(&zones, inside_m(*metres), Timestamp(at as i64)));
        }
        let inside = metres.iter().any(|metres| (metres * METRE) as i32 >= 0);
        prop_assert_eq!(crossings.len(), usize::from(inside));
    }

    #[test]
    fn crossings_add_up_to_where_it_is(
        path in proptest::collection::vec((-500.0..1_500.0f64, 0..90_000i32), 1..60),
        saved in 0..60usize,
    ) {
        let (zones, mut presence) = (town(), Presence::default());
        let mut inside = std::collections::BTreeMap::new();
        for (at, (metres, y)) in path.iter().enumerate() {
            let time = Timestamp(at as i64);
            for crossing in presence.seen(&zones, e7((metres * METRE) as i32, *y), time) {
                match crossing {
                    Crossing::Entered(zone) => prop_assert_eq!(inside.insert(zone, time), None),
                    Crossing::Left(stay) => prop_assert_eq!(inside.remove(&stay.zone), Some(stay.since)),
                }
            }
            if at == saved {
                let bytes = postcard::to_stdvec(&presence).expect("bytes");
                presence = postcard::from_bytes(&bytes).expect("a presence");
            }
        }
        let stays: Vec<_> = presence.stays().iter().map(|stay| (stay.zone, stay.since)).collect();
        prop_assert_eq!(stays, inside.into_iter().collect::<Vec<_>>());
    }
}
