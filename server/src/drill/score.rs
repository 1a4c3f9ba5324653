//! Scores one run: which situations belong to which events, how soon, and what was wrong. `docs/drills.md` has the rules.

use engine::place::distance_m;
use engine::situation::Family;
use engine::situation::evidence::is_hearsay;
use wire::geo::LngLat;
use wire::grade::Hazard;
use wire::time::Timestamp;

use super::file::Must;
use super::naive::{Alert, Rule};
use super::play::{Look, Played};
use super::write::{Happening, Written};

/// A situation belongs to what happens within so many metres of it, beyond the reach of what happens: a report's place is
/// off by some hundred metres, and a crowd is 300 m wide.
pub const NEAR_M: f64 = 500.0;
/// And up to so long after its end: reports are live for two hours.
pub const AFTER_MS: i64 = 2 * 3_600_000;
/// Detection is in time within this from the first report on, in milliseconds.
pub const IN_TIME_MS: i64 = 120_000;

/// The figures of one side: ours, or the baseline's.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Figures {
    /// Events that had to be found.
    pub n_events: u32,
    /// Of these found.
    pub n_found: u32,
    /// From the first report to the finding, in milliseconds, of those found.
    pub delays_ms: Vec<i64>,
    /// Situations that belong to an event.
    pub n_right: u32,
    /// Situations that belong to nothing.
    pub n_false: u32,
    /// Situations of everyday matters that three or more told of: neither.
    pub n_everyday: u32,
    /// Situations of what may or may not be listed, such as rumours: neither.
    pub n_rumour: u32,
    /// Situations of events or rumours that were called supported and must not be.
    pub n_supported_wrongly: u32,
    /// Events that had to be called supported, and were not.
    pub n_unsupported: u32,
}

impl Figures {
    /// Found within two minutes.
    pub fn n_in_time(&self) -> usize {
        self.delays_ms.iter().filter(|delay| **delay <= IN_TIME_MS).count()
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        self.n_events += other.n_events;
        self.n_found += other.n_found;
        self.delays_ms.extend(&other.delays_ms);
        self.n_right += other.n_right;
        self.n_false += other.n_false;
        self.n_everyday += other.n_everyday;
        self.n_rumour += other.n_rumour;
        self.n_supported_wrongly += other.n_supported_wrongly;
        self.n_unsupported += other.n_unsupported;
    }

    /// Found events of these and of false situations; none where there was neither. An event in many pieces counts once.
    pub fn precision(&self) -> Option<f64> {
        share(self.n_found.into(), (self.n_found + self.n_false).into())
    }

    /// Found of what had to be.
    pub fn recall(&self) -> Option<f64> {
        share(self.n_found.into(), self.n_events.into())
    }

    /// In time of what had to be found.
    pub fn in_time(&self) -> Option<f64> {
        share(self.n_in_time() as u64, self.n_events.into())
    }

    /// The middle delay, in milliseconds.
    pub fn median_ms(&self) -> Option<i64> {
        let mut delays = self.delays_ms.clone();
        delays.sort_unstable();
        delays.get(delays.len() / 2).copied()
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Whether something at a place and moment belongs to what happened; `hazard` is not asked of the baseline.
fn belongs(
    to: &Happening,
    place: LngLat,
    at: Timestamp,
    hazard: Option<Hazard>,
    slack_m: f64,
) -> bool {
    let is_then = to.begins <= at && at <= to.ends.plus_ms(AFTER_MS);
    let is_it = hazard
        .is_none_or(|hazard| to.hazards.iter().any(|own| Family::of(*own) == Family::of(hazard)));
    // What moves was everywhere it has been.
    let is_near = || {
        let been = to.path.iter().filter(|(then, _)| *then <= at).map(|(_, place)| *place);
        been.chain(to.place_at(at))
            .any(|own| distance_m(own, place) <= to.radius_m + NEAR_M + slack_m)
    };
    is_then && is_it && is_near()
}

/// To what a situation belongs, and from when on: events before rumours before everyday matters.
pub fn belonging(truth: &[Happening], looks: &[Look]) -> Option<(usize, Timestamp)> {
    let order = |happening: &Happening| match happening.situation {
        Some(Must::Must) => 0,
        Some(_) => 1,
        None => 2,
    };
    let own = |look: &Look| {
        let place = look.place?;
        let matching = truth
            .iter()
            .enumerate()
            .filter(|(_, one)| belongs(one, place, look.at, Some(look.hazard), 0.0));
        matching
            .min_by(|a, b| {
                let far = |one: &Happening| {
                    one.place_at(look.at).map_or(f64::MAX, |own| distance_m(own, place))
                };
                order(a.1).cmp(&order(b.1)).then(far(a.1).total_cmp(&far(b.1)))
            })
            .map(|(n, _)| (n, look.at))
    };
    looks.iter().filter_map(own).min_by_key(|(n, at)| (order(&truth[*n]), *at))
}

/// The figures of what the room showed from minute 0 on.
pub fn ours(written: &Written, played: &Played) -> Figures {
    let mut figures = Figures::default();
    let mut found: Vec<Option<Timestamp>> = vec![None; written.truth.len()];
    let mut supported = vec![false; written.truth.len()];
    for looks in played.courses.values() {
        // What ended before the scenario began is its history.
        if looks.last().is_some_and(|last| last.at < written.begins) {
            continue;
        }
        let Some((n, at)) = belonging(&written.truth, looks) else {
            // What was born in the history is none of the scenario's either.
            figures.n_false +=
                u32::from(looks.first().is_some_and(|first| first.at >= written.begins));
            continue;
        };
        let happening = &written.truth[n];
        let is_supported = looks.iter().any(|look| look.supported);
        supported[n] |= is_supported;
        // What is supported as another matter is no rumour: a fire that burns where a gas is said to leak. What a rumour may be
        // taken for is one only where that is hearsay itself.
        let is_said = |look: &Look| {
            happening.hazards.first() == Some(&look.hazard)
                || is_hearsay(look.hazard) && happening.hazards.contains(&look.hazard)
        };
        let says_so = looks.iter().any(|look| look.supported && is_said(look));
        figures.n_supported_wrongly += u32::from(says_so && happening.supported == Must::Never);
        found[n] = Some(found[n].map_or(at, |known| known.min(at)));
        match happening.situation {
            Some(Must::Must) => figures.n_right += 1,
            Some(Must::May) => figures.n_rumour += 1,
            Some(Must::Never) => figures.n_false += 1,
            None => {
                figures.n_everyday +=
                    u32::from(looks.first().is_some_and(|first| first.at >= written.begins));
            }
        }
    }
    count(written, &mut figures, &found);
    for (happening, is_supported) in written.truth.iter().zip(supported) {
        figures.n_unsupported += u32::from(happening.supported == Must::Must && !is_supported);
    }
    figures
}

/// The figures of the baseline.
pub fn baselines(written: &Written, alerts: &[Alert], rule: Rule) -> Figures {
    let mut figures = Figures::default();
    let mut found: Vec<Option<Timestamp>> = vec![None; written.truth.len()];
    let slack_m = rule.side_m * std::f64::consts::FRAC_1_SQRT_2;
    for alert in alerts {
        let Some((first, _)) = alert.reached.first() else { continue };
        if *first < written.begins {
            continue;
        }
        let mut owns: Vec<(usize, Timestamp)> = Vec::new();
        for (at, place) in &alert.reached {
            let matching = written
                .truth
                .iter()
                .enumerate()
                .filter(|(_, one)| belongs(one, *place, *at, None, slack_m));
            owns.extend(matching.map(|(n, _)| (n, *at)));
        }
        for (n, at) in &owns {
            // One alert may find several events: the baseline is given that.
            found[*n] = Some(found[*n].map_or(*at, |known: Timestamp| known.min(*at)));
        }
        let of =
            |which: Option<Must>| owns.iter().any(|(n, _)| written.truth[*n].situation == which);
        if of(Some(Must::Must)) {
            figures.n_right += 1;
        } else if of(Some(Must::May)) {
            figures.n_rumour += 1;
        } else if of(None) {
            figures.n_everyday += 1;
        } else {
            figures.n_false += 1;
        }
    }
    count(written, &mut figures, &found);
    figures
}

fn count(written: &Written, figures: &mut Figures, found: &[Option<Timestamp>]) {
    for (happening, found) in written.truth.iter().zip(found) {
        if happening.situation != Some(Must::Must) {
            continue;
        }
        figures.n_events += 1;
        if let Some((found, first)) = found.zip(happening.first_heard) {
            figures.n_found += 1;
            figures.delays_ms.push(found.ms_since(first).max(0));
        }
    }
}
