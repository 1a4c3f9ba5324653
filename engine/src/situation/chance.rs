//! Chance: whether a crowd is more than what is said around it would make by itself.
//!
//! On a busy afternoon three strangers who speak of three matters of one family stand within 300 m of each other many times a
//! day. How many are usual is asked of what is live around and belongs to no situation: it knows the hour, the weather and the
//! quarter, and has to learn nothing.

use wire::geo::LngLat;

use super::group::{Family, Member};
use crate::limits::{AROUND_M, CHANCE_MAX, NEAR_CM, SPANS_MS};
use crate::place::distance_m;

/// More around than this is no other answer, and the sum must end.
pub(super) const AROUND_MAX: u32 = 1_000;

/// Whether so many others beside one within a span are more than chance, where so many lie around in the whole live window: a negative binomial, which is Poisson's
/// tail with a rate that is only as sure as what was counted. Half a report more than were seen, as little as one may know.
pub(super) fn is_more_than_chance(n_beside: u32, n_around: u32, span_ms: i64) -> bool {
    let near_m = f64::from(NEAR_CM) / 100.0;
    let live_ms = SPANS_MS[SPANS_MS.len() - 1];
    let ratio =
        near_m * near_m / (AROUND_M * AROUND_M - near_m * near_m) * span_ms as f64 / live_ms as f64;
    let n_around = n_around.min(AROUND_MAX);
    // By multiplication and a root alone, which are the same on every machine.
    let mut term = (0..n_around).fold(1.0 / (1.0 + ratio).sqrt(), |term, _| term / (1.0 + ratio));
    let mut below = 0.0;
    for n in 0..n_beside {
        below += term;
        term *=
            (f64::from(n_around) + 0.5 + f64::from(n)) / f64::from(n + 1) * ratio / (1.0 + ratio);
    }
    1.0 - below <= CHANCE_MAX
}

/// What the reports of a group are of; none if nobody said.
pub(super) fn family_of(group: &[Member]) -> Option<Family> {
    group.iter().find_map(|member| member.says).map(Family::of)
}

/// Whether a place lies around another: too far to be of its crowd, and near enough to tell what is usual.
pub(super) fn is_around(middle: LngLat, place: LngLat) -> bool {
    // A degree of latitude is more than 110 km: most are told apart by that alone.
    let is_far = (middle.lat() - place.lat()).abs() > AROUND_M / 110_000.0;
    let metres = || distance_m(middle, place);
    !is_far && (f64::from(NEAR_CM) / 100.0..=AROUND_M).contains(&metres())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many beside one are enough.
    fn enough(n_around: u32, span: usize) -> Option<u32> {
        (0..100).find(|n| is_more_than_chance(*n, n_around, SPANS_MS[span]))
    }

    #[test]
    fn two_beside_one_are_enough_within_minutes_and_more_where_many_speak_or_time_is_long() {
        assert_eq!(enough(0, 0), Some(2));
        assert_eq!(enough(0, 1), Some(2));
        assert_eq!(enough(0, 2), Some(3), "over two hours chance has time");
        assert_eq!(enough(30, 0), Some(3));
        assert_eq!(enough(30, 2), Some(7));
        for span in 0..SPANS_MS.len() {
            let all: Vec<_> = (0..1_100).step_by(50).map(|n| enough(n, span)).collect();
            assert!(all.is_sorted() && all.iter().all(Option::is_some), "{all:?}");
        }
    }
}
