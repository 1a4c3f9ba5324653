//! The named checks of a scenario: what must hold beside the figures.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use engine::signal::Test;
use wire::geo::LngLat;
use wire::source::SourceHealth;
use wire::time::Timestamp;

use super::alarms::Rung;
use super::file::{Check, That};
use super::play::Played;
use super::score::belonging;
use super::write::{MINUTE_MS, Written};

/// A check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Judged {
    /// What was asked.
    pub check: String,
    /// Whether it held.
    pub holds: bool,
    /// What was seen instead, if it did not.
    pub seen: String,
}

/// What has to be looked at while a scenario is played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The moments at which the order of situations has to be known.
    pub orders: BTreeSet<Timestamp>,
    /// From when to when it has to be known what is shown of sensors.
    pub eyes: Vec<RangeInclusive<Timestamp>>,
}

impl Asked {
    /// By these checks.
    pub fn of(written: &Written, checks: &[Check]) -> Self {
        let mut asked = Self::default();
        for check in checks {
            let (from, to) = span(written, check);
            match check.that {
                That::RankKept | That::RankRaised => asked.orders.extend([from, to]),
                That::SignalShows => asked.eyes.push(from..=to),
                _ => {}
            }
        }
        asked
    }
}

fn span(written: &Written, check: &Check) -> (Timestamp, Timestamp) {
    let at =
        |min: Option<f64>| written.begins.plus_ms((min.unwrap_or_default() * MINUTE_MS) as i64);
    (at(check.from_min), at(check.to_min))
}

/// Judges one check. `without` is the same scenario without the sensor it names, or without copies.
pub fn judge(
    written: &Written,
    played: &Played,
    check: &Check,
    without: Option<&Played>,
) -> Judged {
    let (holds, seen) = match check.that {
        That::AlarmRings => rings(written, played, check, true),
        That::NoAlarm => rings(written, played, check, false),
        That::AlarmStands => stands(written, played, check),
        That::SignalShows => shows(written, played, check),
        That::RankKept => rank_kept(written, played, without, check),
        That::RankRaised => rank_raised(written, played, check),
        That::NotEnded => not_ended(written, played, check),
        That::Supported => supported(written, played, check),
        That::Dark | That::NoDark => dark(written, played, check),
        That::SameWithout => {
            let same = without.is_some_and(|other| other.courses == played.courses);
            (same, "situations differ".to_owned())
        }
    };
    Judged { check: words(check), holds, seen: if holds { String::new() } else { seen } }
}

fn words(check: &Check) -> String {
    let that = serde_word(&format!("{:?}", check.that));
    let minutes = check.from_min.zip(check.to_min).map(|(from, to)| format!("minutes {from}-{to}"));
    let test = check.test.map(|test| format!("{test:?}").to_lowercase());
    let parts = [check.event.clone(), check.sensor.clone(), test, minutes];
    std::iter::once(that).chain(parts.into_iter().flatten()).collect::<Vec<_>>().join(" ")
}

/// `AlarmRings` as a file writes it.
fn serde_word(name: &str) -> String {
    let mut word = String::new();
    for (n, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && n > 0 {
            word.push('-');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

fn minute(written: &Written, at: Timestamp) -> f64 {
    (at.ms_since(written.begins) as f64 / MINUTE_MS * 10.0).round() / 10.0
}

/// How a desk is shown that a test spoke which raises no alarm; none of a test that is not shown of a sensor.
pub(super) fn health(test: Test) -> Option<SourceHealth> {
    match test {
        Test::Silent | Test::Lost => Some(SourceHealth::Silent),
        Test::Frozen | Test::Broken => Some(SourceHealth::Broken),
        Test::Level | Test::Baseline | Test::Rate => None,
    }
}

/// The alarms of the sensor that the check means, as they rang. The gravest level is the least.
fn rung<'a>(played: &'a Played, check: &'a Check) -> impl Iterator<Item = &'a Rung> {
    played.alarms.rung.iter().filter(|rung| {
        rung.sensor.is_some()
            && rung.sensor == check.sensor
            && check.test.is_none_or(|test| test.cause() == rung.cause)
            && check.grade.is_none_or(|grade| rung.level <= grade.level())
    })
}

fn rings(written: &Written, played: &Played, check: &Check, wanted: bool) -> (bool, String) {
    let (from, to) = span(written, check);
    let there = rung(played, check).any(|rung| (from..=to).contains(&rung.at));
    let minutes = rung(played, check).map(|rung| minute(written, rung.at).to_string());
    let minutes: Vec<String> = minutes.collect();
    (there == wanted, format!("rang in minutes: {}", minutes.join(", ")))
}

/// An alarm that rang by then is still open at the end: nobody answered or closed it.
fn stands(written: &Written, played: &Played, check: &Check) -> (bool, String) {
    let (from, to) = span(written, check);
    let closed_at = |rung: &Rung| {
        let mut closed = played.alarms.closed.iter();
        closed.find(|(id, at)| *id == rung.alarm && *at <= to).map(|(_, at)| *at)
    };
    let by_then: Vec<_> =
        rung(played, check).filter(|rung| rung.at <= from).map(closed_at).collect();
    let seen = by_then.iter().flatten().next().map_or("had not rung".to_owned(), |at| {
        format!("closed in minute {}", minute(written, *at))
    });
    (by_then.iter().any(Option::is_none), seen)
}

/// It is not shown at first, and then it is.
fn shows(written: &Written, played: &Played, check: &Check) -> (bool, String) {
    let (from, to) = span(written, check);
    let wanted = check.test.and_then(health);
    let own =
        || played.alarms.shown.iter().filter(|one| Some(&one.sensor) == check.sensor.as_ref());
    let is_it = |health: SourceHealth| Some(health) == wanted;
    let at_first = own().rfind(|one| one.at <= from);
    let then = own().any(|one| from < one.at && one.at <= to && is_it(one.health));
    let told = own().map(|one| format!("{:?} in minute {}", one.health, minute(written, one.at)));
    let told: Vec<String> = told.collect();
    (at_first.is_some_and(|one| !is_it(one.health)) && then, format!("shown: {}", told.join(", ")))
}

/// The situations of an event, the first one first.
fn of_event(written: &Written, played: &Played, check: &Check) -> Vec<u64> {
    let is_it = |n: usize| Some(&written.truth[n].name) == check.event.as_ref();
    let all = played.courses.iter();
    all.filter(|(_, looks)| belonging(&written.truth, looks).is_some_and(|(n, _)| is_it(n)))
        .map(|(id, _)| *id)
        .collect()
}

/// The rank of the first of these among the situations of a list, 0 for the top.
fn rank(order: &[u64], own: &BTreeSet<u64>) -> Option<usize> {
    order.iter().position(|id| own.contains(id))
}

/// Whatever else moves the list in that time moves it in the other play as well.
fn rank_kept(
    written: &Written,
    played: &Played,
    without: Option<&Played>,
    check: &Check,
) -> (bool, String) {
    let (from, to) = span(written, check);
    let ranks = |played: &Played| {
        let own: BTreeSet<u64> = of_event(written, played, check).into_iter().collect();
        [from, to].map(|at| rank(played.orders.get(&at).map_or(&[], Vec::as_slice), &own))
    };
    let (with, without) = (ranks(played), without.map(ranks));
    let is_there = with.iter().all(Option::is_some);
    (is_there && Some(with) == without, format!("ranks {with:?}, without copies {without:?}"))
}

fn rank_raised(written: &Written, played: &Played, check: &Check) -> (bool, String) {
    let (from, to) = span(written, check);
    let own: BTreeSet<u64> = of_event(written, played, check).into_iter().collect();
    let order = |at: Timestamp| played.orders.get(&at).cloned().unwrap_or_default();
    let (mut before, mut after) = (order(from), order(to));
    // Only what is there both times: what came and went says nothing of this one.
    let both: BTreeSet<u64> = before.iter().filter(|id| after.contains(id)).copied().collect();
    before.retain(|id| both.contains(id));
    after.retain(|id| both.contains(id));
    let (before, after) = (rank(&before, &own), rank(&after, &own));
    let seen = format!("rank {before:?} before, {after:?} after, of {}", both.len());
    (before.zip(after).is_some_and(|(before, after)| after < before), seen)
}

fn not_ended(written: &Written, played: &Played, check: &Check) -> (bool, String) {
    let (from, to) = span(written, check);
    let own = of_event(written, played, check);
    let is_there =
        own.iter().any(|id| played.courses[id].first().is_some_and(|look| look.at <= from));
    let ended = own.iter().find_map(|id| {
        let looks = &played.courses[id];
        looks
            .iter()
            .find(|look| look.ended && look.merged_into.is_none() && (from..=to).contains(&look.at))
            .map(|look| (id, look.at))
    });
    let seen = match ended {
        Some((id, at)) => format!("situation {id} ended in minute {}", minute(written, at)),
        None => "it was not there".to_owned(),
    };
    (is_there && ended.is_none(), seen)
}

fn supported(written: &Written, played: &Played, check: &Check) -> (bool, String) {
    let (from, to) = span(written, check);
    let own = of_event(written, played, check);
    let looks = own.iter().filter_map(|id| played.courses.get(id));
    let holds = looks.flatten().any(|look| look.supported && (from..=to).contains(&look.at));
    (holds, format!("{} situations, none called supported then", own.len()))
}

fn dark(written: &Written, played: &Played, check: &Check) -> (bool, String) {
    let (from, to) = span(written, check);
    let place = check.at.and_then(|at| LngLat::new(at[0], at[1]).ok());
    let told: Vec<_> =
        played.alarms.dark.iter().filter(|(at, _)| (from..=to).contains(at)).collect();
    let there = told.iter().any(|(_, area)| place.is_none_or(|place| area.contains(place)));
    (there == (check.that == That::Dark), format!("{} dark areas told then", told.len()))
}
