//! Chance: whether a crowd is more than what is said around it would make by itself.
//!
//! On a busy afternoon three strangers who speak of three matters of one family stand within 300 m of each other many times a
//! day. How many are usual is asked of what is live around and belongs to no situation: it knows the hour, the weather and the
//! quarter, and has to learn nothing.

use wire::geo::LngLat;

use super::breadth::Breadth;
use super::group::{Family, Member};
use crate::limits::{CHANCE_MAX, QUARTERS_ALIKE, SPANS_MS, WITNESS_SHARE};
use crate::place::distance_m;

/// More around than this is no other answer, and the sum must end.
pub(super) const AROUND_MAX: u32 = 1_000;

// The root in the first term of the sum is the power of this.
const _: () = assert!(QUARTERS_ALIKE == 0.5);

/// What is usual around a place, of one family of matters: sources that are live and belong to no situation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Usual {
    /// Near: too far to be of a crowd at the place, and within what is around.
    pub(super) n_near: u32,
    /// In the city beyond, where anybody speaks of anything.
    pub(super) n_city: u32,
    /// The area of that.
    pub(super) city_km2: f64,
}

/// What chance is asked to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// That so many stand beside one.
    Strangers,
    /// The same, where one of them may have been there with it: of an ordinary matter two often tell.
    Witnesses,
}

/// Whether so many others beside one within a span are more than chance. How many speak in a quarter is as the city has it, and
/// quarters differ; what was counted in this one says how. So their number is a negative binomial: Poisson's with a rate that is
/// only as sure as what was counted. Half a report more than were seen in the city, as little as one may know.
pub(super) fn is_more_than_chance(
    n_beside: u32,
    usual: Usual,
    breadth: Breadth,
    asked: Asked,
    span_ms: i64,
) -> bool {
    let (near_m, around_m) = (f64::from(breadth.near_cm()) / 100.0, breadth.around_m());
    let around = around_m * around_m - near_m * near_m;
    let live_ms = SPANS_MS[SPANS_MS.len() - 1];
    let n_near = usual.n_near.min(AROUND_MAX);
    let around_km2 = std::f64::consts::PI * around / 1e6;
    let expected = (f64::from(usual.n_city) + 0.5) / usual.city_km2.max(around_km2) * around_km2;
    let ratio = near_m * near_m / around * span_ms as f64
        / live_ms as f64
        / (1.0 + QUARTERS_ALIKE / expected);
    // By multiplication and a root alone, which are the same on every machine.
    let mut term = (0..n_near).fold(1.0 / (1.0 + ratio).sqrt(), |term, _| term / (1.0 + ratio));
    let mut below = 0.0;
    let mut more = 1.0;
    for n in 0..n_beside {
        below += term;
        term *= (f64::from(n_near) + QUARTERS_ALIKE + f64::from(n)) / f64::from(n + 1) * ratio
            / (1.0 + ratio);
        // With one of them explained otherwise.
        if n + 2 == n_beside {
            more = 1.0 - below;
        }
    }
    let strangers = 1.0 - below;
    match asked {
        Asked::Strangers => strangers <= CHANCE_MAX,
        Asked::Witnesses => strangers + WITNESS_SHARE * more <= CHANCE_MAX,
    }
}

/// What the reports of a group are of; none if nobody said.
pub(super) fn family_of(group: &[Member]) -> Option<Family> {
    group.iter().find_map(|member| member.says).map(Family::of)
}

/// Whether a place lies around another: too far to be of its crowd, and near enough to tell what is usual.
pub(super) fn is_around(middle: LngLat, place: LngLat, breadth: Breadth) -> bool {
    // A degree of latitude is more than 110 km: most are told apart by that alone.
    let is_far = (middle.lat() - place.lat()).abs() > breadth.around_m() / 110_000.0;
    let metres = || distance_m(middle, place);
    !is_far && (f64::from(breadth.near_cm()) / 100.0..=breadth.around_m()).contains(&metres())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many beside one are enough, in a city of a hundred square kilometres.
    fn enough(usual: (u32, u32), asked: Asked, span_ms: i64) -> Option<u32> {
        let (n_near, n_city) = usual;
        let usual = Usual { n_near, n_city, city_km2: 100.0 };
        let is_enough = |n: &u32| is_more_than_chance(*n, usual, Breadth::Street, asked, span_ms);
        (0..100).find(is_enough)
    }

    #[test]
    fn the_more_speak_around_and_the_longer_it_takes_the_more_are_asked_for() {
        let [soon, half_hour, hours] = SPANS_MS;
        let witnesses = |usual, span| enough(usual, Asked::Witnesses, span);
        assert_eq!(witnesses((0, 0), soon), Some(2), "nobody speaks of it: three within minutes");
        assert_eq!(witnesses((2, 10), hours), Some(3));
        assert_eq!(witnesses((6, 40), soon), Some(3));
        assert_eq!(witnesses((30, 200), half_hour), Some(4));
        assert_eq!(
            enough((6, 40), Asked::Strangers, soon),
            Some(2),
            "they are known not to go together"
        );
        for span in SPANS_MS {
            let all: Vec<_> = (0..1_100).step_by(50).map(|n| witnesses((n, n), span)).collect();
            assert!(all.is_sorted() && all.iter().all(Option::is_some), "{all:?}");
        }
    }

    #[test]
    fn what_a_city_says_tells_of_a_quarter_that_says_nothing() {
        let soon = SPANS_MS[0];
        let strangers = |n_city| enough((0, n_city), Asked::Strangers, soon);
        assert_eq!((strangers(0), strangers(200)), (Some(1), Some(2)));
    }
}
