//! The named checks of a scenario: what must hold beside the figures.

use std::collections::BTreeSet;

use engine::signal::Turn;
use wire::geo::LngLat;
use wire::time::Timestamp;

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

/// The moments at which the order of situations has to be known.
pub fn moments(written: &Written, checks: &[Check]) -> BTreeSet<Timestamp> {
    let ranks =
        checks.iter().filter(|check| matches!(check.that, That::RankKept | That::RankRaised));
    ranks.flat_map(|check| [span(written, check).0, span(written, check).1]).collect()
}

fn span(written: &Written, check: &Check) -> (Timestamp, Timestamp) {
    let at =
        |min: Option<f64>| written.begins.plus_ms((min.unwrap_or_default() * MINUTE_MS) as i64);
    (at(check.from_min), at(check.to_min))
}

/// Judges one check. `without` are the situations of the same scenario without the sensor it names.
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
        That::RankKept | That::RankRaised => ranks(written, played, check),
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

/// When alarms of the sensor rang that the check means.
fn rung(played: &Played, check: &Check) -> Vec<Timestamp> {
    let asked = played.alarms.rung.iter().filter(|rung| {
        Some(&rung.sensor) == check.sensor.as_ref()
            && check.test.is_none_or(|test| test == rung.test)
            && check.grade.is_none_or(|grade| rung.grade >= grade)
            && matches!(rung.turn, Turn::Begun | Turn::Worse)
    });
    asked.map(|rung| rung.at).collect()
}

fn rings(written: &Written, played: &Played, check: &Check, wanted: bool) -> (bool, String) {
    let (from, to) = span(written, check);
    let all = rung(played, check);
    let there = all.iter().any(|at| (from..=to).contains(at));
    let minutes: Vec<String> = all.iter().map(|at| minute(written, *at).to_string()).collect();
    (there == wanted, format!("rang in minutes: {}", minutes.join(", ")))
}

/// An alarm that rang stands until a person closes it, and nobody does: it has to have rung by then.
fn stands(written: &Written, played: &Played, check: &Check) -> (bool, String) {
    let (from, to) = span(written, check);
    let rang = rung(played, check).into_iter().min().is_some_and(|at| at <= from);
    let closed = played
        .alarms
        .closed
        .iter()
        .find(|(sensor, at)| Some(sensor) == check.sensor.as_ref() && *at <= to);
    let seen = closed.map_or("had not rung".to_owned(), |(_, at)| {
        format!("closed in minute {}", minute(written, *at))
    });
    (rang && closed.is_none(), seen)
}

/// The situations of an event, the first one first.
fn of_event(written: &Written, played: &Played, check: &Check) -> Vec<u64> {
    let is_it = |n: usize| Some(&written.truth[n].name) == check.event.as_ref();
    let all = played.courses.iter();
    all.filter(|(_, looks)| belonging(&written.truth, looks).is_some_and(|(n, _)| is_it(n)))
        .map(|(id, _)| *id)
        .collect()
}

fn ranks(written: &Written, played: &Played, check: &Check) -> (bool, String) {
    let (from, to) = span(written, check);
    let own: BTreeSet<u64> = of_event(written, played, check).into_iter().collect();
    let order = |at: Timestamp| played.orders.get(&at).cloned().unwrap_or_default();
    let (before, after) = (order(from), order(to));
    // Only what is there both times: what came and went says nothing of this one.
    let both: BTreeSet<u64> = before.iter().filter(|id| after.contains(id)).copied().collect();
    let rank =
        |order: &[u64]| order.iter().filter(|id| both.contains(id)).position(|id| own.contains(id));
    let seen =
        format!("rank {:?} before, {:?} after, of {}", rank(&before), rank(&after), both.len());
    let holds = match (rank(&before), rank(&after)) {
        (Some(before), Some(after)) if check.that == That::RankKept => before == after,
        (Some(before), Some(after)) => after < before,
        _ => false,
    };
    (holds, seen)
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
