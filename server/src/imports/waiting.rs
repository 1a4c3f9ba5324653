//! Imports that wait to be confirmed: bounded, each for who made it, and lost without harm.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use engine::observation::PassportEntry;
use engine::signal::Passport;
use engine::world::Survey;
use wire::import::ImportDiff;
use wire::time::Timestamp;

/// How long an import can be confirmed: who looks at a diff looks now, and the sensors go on.
pub(crate) const IMPORT_MS: i64 = 3_600_000;
/// Imports that wait at once, of all: some hundred megabytes at most, and more than offices that import on one day.
const WAITING_MAX: usize = 64;
/// Imports of one that wait at once: who compares two tables; the oldest gives way.
const OF_ONE_MAX: usize = 4;
/// Bytes of tables that wait at once, of all: four of the largest body that is taken.
const BYTES_MAX: usize = 16 << 20;

/// An import that waits.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    /// Who made it.
    pub(crate) principal: String,
    /// What would be stored.
    pub(crate) entries: Vec<PassportEntry>,
    /// The passports against which it was compared.
    pub(crate) known: Vec<Option<Passport>>,
    /// What it would change.
    pub(crate) survey: Survey,
    /// What was answered.
    pub(crate) diff: ImportDiff,
    /// How long its table was.
    pub(crate) n_bytes: usize,
}

/// No more imports can wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRoom;

/// Imports by their names, in the order in which they were made.
#[derive(Debug, Default)]
pub struct Waiting(Mutex<BTreeMap<(Timestamp, String), Import>>);

impl Waiting {
    /// Keeps one under the name in its diff.
    pub(crate) fn keep(&self, import: Import, now: Timestamp) -> Result<(), NoRoom> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, one| one.diff.until > now);
        let of_one: Vec<_> = held
            .iter()
            .filter(|(_, one)| one.principal == import.principal)
            .map(|(key, _)| key.clone())
            .collect();
        let over = (of_one.len() + 1).saturating_sub(OF_ONE_MAX);
        for key in of_one.into_iter().take(over) {
            held.remove(&key);
        }
        let n_bytes: usize = held.values().map(|one| one.n_bytes).sum();
        if held.len() >= WAITING_MAX || n_bytes + import.n_bytes > BYTES_MAX {
            return Err(NoRoom);
        }
        let name = import.diff.import.clone().unwrap_or_default();
        held.insert((now, name), import);
        Ok(())
    }

    /// Those of one that wait, newest first.
    pub(crate) fn of(&self, principal: &str, now: Timestamp) -> Vec<ImportDiff> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = held.values().filter(|one| one.principal == principal && one.diff.until > now);
        theirs.rev().map(|one| one.diff.clone()).collect()
    }

    /// One that waits; none for who did not make it, and none once its time is over.
    pub(crate) fn look(&self, name: &str, principal: &str, now: Timestamp) -> Option<Import> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = held.iter().find(|((_, one), import)| {
            one == name && import.principal == principal && import.diff.until > now
        });
        found.map(|(_, import)| import.clone())
    }

    /// Takes one out; none for who did not make it, and none once its time is over.
    pub(crate) fn take(&self, name: &str, principal: &str, now: Timestamp) -> Option<Import> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = held
            .iter()
            .find(|((_, one), import)| {
                one == name && import.principal == principal && import.diff.until > now
            })
            .map(|(key, _)| key.clone())?;
        held.remove(&key)
    }
}

#[cfg(test)]
mod tests {
    use wire::import::ImportChanges;
    use wire::view::Mode;

    use super::*;

    fn import(name: &str, principal: &str, n_bytes: usize, made: Timestamp) -> Import {
        Import {
            principal: principal.to_owned(),
            entries: Vec::new(),
            known: Vec::new(),
            survey: Survey::default(),
            diff: ImportDiff {
                import: Some(name.to_owned()),
                source: "partner:city".to_owned(),
                mode: Mode::Live,
                until: made.plus_ms(IMPORT_MS),
                sentence: String::new(),
                changes: ImportChanges::default(),
                rejected: Vec::new(),
            },
            n_bytes,
        }
    }

    #[test]
    fn the_fifth_import_of_one_makes_the_oldest_give_way_and_no_other_of_anybody() {
        let waiting = Waiting::default();
        let now = Timestamp(1_000);
        assert_eq!(waiting.keep(import("other", "operator:b", 1, now), now), Ok(()));
        for (n, name) in ["one", "two", "three", "four", "five"].into_iter().enumerate() {
            let now = now.plus_ms(n as i64);
            assert_eq!(waiting.keep(import(name, "operator:a", 1, now), now), Ok(()));
        }
        let names: Vec<_> =
            waiting.of("operator:a", now).into_iter().filter_map(|diff| diff.import).collect();
        assert_eq!(names, ["five", "four", "three", "two"]);
        assert!(waiting.take("other", "operator:a", now).is_none(), "it is somebody else's");
        assert!(waiting.take("other", "operator:b", now).is_some());
        assert!(waiting.take("other", "operator:b", now).is_none(), "it is taken once");
    }

    #[test]
    fn what_waits_is_bounded_in_number_and_bytes_and_in_time() {
        let waiting = Waiting::default();
        let now = Timestamp(1_000);
        assert_eq!(waiting.keep(import("large", "operator:a", BYTES_MAX, now), now), Ok(()));
        assert_eq!(waiting.keep(import("small", "operator:b", 1, now), now), Err(NoRoom));
        let later = now.plus_ms(IMPORT_MS);
        assert!(waiting.take("large", "operator:a", later).is_none(), "its hour is over");
        for n in 0..WAITING_MAX {
            let one = import(&format!("one-{n}"), &format!("operator:{n}"), 1, later);
            assert_eq!(waiting.keep(one, later), Ok(()));
        }
        assert_eq!(waiting.keep(import("more", "operator:more", 1, later), later), Err(NoRoom));
    }
}
