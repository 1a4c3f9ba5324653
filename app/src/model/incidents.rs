//! The list of situations: in bands, by what asks first. Nothing moves under a pointer or a selection but what cannot wait.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wire::grade::{Severity, Verification};
use wire::situation::{SituationView, Trend};

use super::order::place;

/// What is not true stays in sight so long, for whoever heard of it meanwhile.
pub const REFUTED_STAYS_MS: i64 = 30 * 60_000;
/// What nobody took for so long says so louder.
pub const NOBODY_AFTER_MS: i64 = 3 * 60_000;
/// Rows at most. Beyond it a list is none any more, and the worst come first.
pub const INCIDENTS_MAX: usize = 200;

/// Where a situation stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// First seen just now, and nobody has it in hand.
    New,
    /// In the reader's own hand.
    Mine,
    /// All else that goes on.
    Open,
    /// Somebody must look at it again at a set time.
    Watched,
    /// Nobody new spoke for a while, or it turned out not to be true.
    Easing,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Incident {
    /// The situation in its newest version.
    pub situation: Arc<SituationView>,
    /// Where it stood when the list moved last.
    pub band: Band,
    /// An alarm of it waits for an answer.
    pub asks: bool,
    /// It ended while the list was held; it is drawn dim until the list moves again.
    pub gone: bool,
}

impl PartialEq for Incident {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &Arc<SituationView>, b: &Arc<SituationView>| Arc::ptr_eq(a, b) || a == b;
        (self.band, self.asks, self.gone) == (other.band, other.asks, other.gone)
            && same(&self.situation, &other.situation)
    }
}

/// Who reads the list, and when, in the server's milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The name of the login.
    pub name: &'a str,
    /// Now.
    pub now: i64,
}

/// The rows, and what waits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Incidents {
    rows: Vec<Incident>,
    waiting: usize,
}

impl Incidents {
    /// Brings the rows up to date. `asking` are the situations of which an alarm waits for an answer. Held, rows keep their
    /// order and places, and what is new waits, unless it is of the top level.
    pub fn sync<'a>(
        &mut self,
        situations: impl Iterator<Item = &'a Arc<SituationView>>,
        asking: &BTreeSet<u64>,
        reader: Reader<'_>,
        held: bool,
    ) {
        let row = |situation: &Arc<SituationView>| {
            let asks = asking.contains(&situation.id);
            let band = band_of(situation, asks, reader.name);
            Incident { situation: Arc::clone(situation), band, asks, gone: false }
        };
        let listed = situations.filter(|situation| is_listed(situation, reader.now)).map(row);
        self.waiting = 0;
        if !held {
            self.rows.clear();
            for row in listed {
                place(&mut self.rows, row, rank);
                self.rows.truncate(INCIDENTS_MAX);
            }
            return;
        }
        let mut fresh = BTreeMap::new();
        fresh.extend(listed.map(|row| (row.situation.id, row)));
        for row in &mut self.rows {
            match fresh.remove(&row.situation.id) {
                Some(now) => *row = Incident { band: row.band, ..now },
                None => row.gone = true,
            }
        }
        for row in fresh.into_values() {
            if row.situation.severity != Severity::Extreme && !row.asks {
                self.waiting += 1;
                continue;
            }
            let key = rank(&row);
            let at = self.rows.iter().position(|other| rank(other) > key);
            self.rows.insert(at.unwrap_or(self.rows.len()), row);
        }
    }

    /// The rows from the top.
    pub fn rows(&self) -> &[Incident] {
        &self.rows
    }

    /// How many new situations wait behind a held list.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// The situation `step` places below the given one (above when negative); from nowhere, the first.
    pub fn beside(&self, from: Option<u64>, step: isize) -> Option<u64> {
        let at = from.and_then(|id| self.rows.iter().position(|row| row.situation.id == id));
        let last = self.rows.len().checked_sub(1)?;
        let to = at.map_or(0, |at| at.saturating_add_signed(step).min(last));
        self.rows.get(to).map(|row| row.situation.id)
    }
}

/// Whether somebody still has to see it.
fn is_listed(situation: &SituationView, now: i64) -> bool {
    if situation.ended_at.is_some() || situation.trend == Trend::Ended {
        return false;
    }
    let refuted_at = situation
        .checked
        .as_ref()
        .filter(|_| situation.verification == Verification::Refuted)
        .map(|checked| checked.at.0);
    refuted_at.is_none_or(|at| now - at < REFUTED_STAYS_MS)
}

fn band_of(situation: &SituationView, asks: bool, me: &str) -> Band {
    let owner = situation.owner.as_deref();
    if !asks {
        if situation.look_at.is_some() {
            return Band::Watched;
        }
        let is_over = situation.verification == Verification::Refuted;
        if is_over || situation.trend == Trend::Easing {
            return Band::Easing;
        }
    }
    match owner {
        Some(name) if name == me => Band::Mine,
        None if asks || situation.trend == Trend::New => Band::New,
        _ => Band::Open,
    }
}

/// What comes first: never what most speak of. The newest word counts by whole minutes, or two rows would change places at each report.
fn rank(row: &Incident) -> impl Ord + use<> {
    let situation = &row.situation;
    let newest_min = situation.newest_at.map_or(0, |at| at.0 / 60_000);
    (
        row.band,
        !row.asks,
        !situation.pinned,
        situation.severity,
        situation.trend != Trend::Worse,
        Reverse(newest_min),
        Reverse(situation.id),
    )
}

/// Two letters for a name, as a row has room for, which writes them large: of its first two words, or the first two of one.
pub fn initials(name: &str) -> String {
    let words = || name.split(|letter: char| !letter.is_alphanumeric()).filter(|w| !w.is_empty());
    if words().nth(1).is_some() {
        words().filter_map(|word| word.chars().next()).take(2).collect()
    } else {
        words().flat_map(str::chars).take(2).collect()
    }
}
