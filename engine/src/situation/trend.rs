//! Trend: whether a situation is new, worse, the same, easing or ended, and since when.
//!
//! Counted are independent sources by the moment at which each first spoke, so that copies make nothing worse.

use std::collections::BTreeMap;

use wire::id::ReportId;
use wire::situation::Trend;
use wire::time::Timestamp;

use super::Situation;
use super::voice::Voice;
use crate::limits::{EASING_MS, PACE_MS, WORSE_MIN};

/// How a situation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How it goes.
    pub trend: Trend,
    /// Independent sources that began to speak in the last ten minutes.
    pub n_last: u32,
    /// And in the ten before.
    pub n_before: u32,
    /// When the first live report was observed.
    pub oldest_at: Option<Timestamp>,
    /// When the last was.
    pub newest_at: Option<Timestamp>,
}

/// How a situation goes now, by its live reports, each with the first of its copies.
pub fn pace(situation: &Situation, voices: &[(Voice, ReportId)], now: Timestamp) -> Pace {
    let mut began: BTreeMap<ReportId, Timestamp> = BTreeMap::new();
    for (voice, source) in voices {
        let at = began.entry(*source).or_insert(voice.observed_at);
        *at = (*at).min(voice.observed_at);
    }
    let ago = |at: &Timestamp| now.ms_since(*at);
    let n_in = |from: i64, to: i64| {
        began.values().filter(|at| (from..to).contains(&ago(at))).count() as u32
    };
    // What is ahead of this clock is of this moment.
    let (n_last, n_before) = (n_in(i64::MIN, PACE_MS), n_in(PACE_MS, 2 * PACE_MS));
    let is_quiet = began.values().all(|at| ago(at) >= EASING_MS);
    let trend = if situation.ended_at.is_some() {
        Trend::Ended
    } else if ago(&situation.begun_at) < PACE_MS {
        Trend::New
    } else if n_last >= WORSE_MIN && n_last > n_before {
        Trend::Worse
    } else if is_quiet {
        Trend::Easing
    } else {
        Trend::Same
    };
    let moments = || voices.iter().map(|(voice, _)| voice.observed_at);
    Pace { trend, n_last, n_before, oldest_at: moments().min(), newest_at: moments().max() }
}

#[cfg(test)]
mod tests {
    use wire::geo::LngLat;
    use wire::grade::{Basis, Hazard, Kind, Severity};

    use super::*;
    use crate::situation::SituationId;

    const MINUTE: i64 = 60_000;

    fn at(minute: i64) -> Timestamp {
        Timestamp(1_700_000_000_000 + minute * MINUTE)
    }

    fn post(n: u128, minute: i64) -> Voice {
        Voice {
            id: ReportId(n),
            observed_at: at(minute),
            place: LngLat::new(2.17, 41.4).expect("a place"),
            radius_m: 30,
            is_sensor: false,
            kind: Kind::Post,
            basis: Basis::Unknown,
            hazard: Hazard::Flood,
            heard: None,
            severity: Severity::Minor,
        }
    }

    /// The pace at minute 100 of a situation that began at minute 0, its sources having spoken first so many minutes ago.
    fn of(ago: &[i64]) -> Pace {
        let voice = |(n, ago): (u128, &i64)| {
            let voice = post(n, 100 - ago);
            (voice, voice.id)
        };
        let voices: Vec<_> = (0u128..).zip(ago).map(voice).collect();
        pace(&Situation::new(SituationId(1), at(0), None), &voices, at(100))
    }

    #[test]
    fn more_than_before_is_worse_and_as_many_is_the_same() {
        let worse = of(&[1, 2, 3, 12, 15]);
        assert_eq!((worse.trend, worse.n_last, worse.n_before), (Trend::Worse, 3, 2));
        assert_eq!(of(&[1, 2, 12, 15]).trend, Trend::Same);
        assert_eq!(of(&[1]).trend, Trend::Same, "one more is chance");
        assert_eq!(of(&[1, 2]).trend, Trend::Worse);
        assert_eq!((worse.oldest_at, worse.newest_at), (Some(at(85)), Some(at(99))));
    }

    #[test]
    fn nobody_new_for_twenty_minutes_is_easing() {
        assert_eq!(of(&[20, 50]).trend, Trend::Easing);
        assert_eq!(of(&[19, 50]).trend, Trend::Same);
    }

    #[test]
    fn copies_make_nothing_worse() {
        let situation = Situation::new(SituationId(1), at(0), None);
        let voices = |n: u128| {
            let spoken = of(&[30]);
            assert_eq!(spoken.trend, Trend::Easing);
            (0..n).map(move |n| {
                let voice = post(n, if n == 0 { 70 } else { 99 });
                (voice, ReportId(0))
            })
        };
        let pace = pace(&situation, &voices(1_000).collect::<Vec<_>>(), at(100));
        assert_eq!((pace.trend, pace.n_last), (Trend::Easing, 0));
    }

    #[test]
    fn one_is_new_for_ten_minutes_and_ended_for_good() {
        let begun = |minute| Situation::new(SituationId(1), at(minute), None);
        assert_eq!(pace(&begun(91), &[], at(100)).trend, Trend::New);
        assert_eq!(pace(&begun(90), &[], at(100)).trend, Trend::Easing);
        let ended = Situation { ended_at: Some(at(99)), ..begun(91) };
        assert_eq!(pace(&ended, &[], at(100)).trend, Trend::Ended);
    }
}
