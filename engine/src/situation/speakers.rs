//! The live reports of one source in the order of time. Nearly every source has one, and a million of those are held.

use std::collections::BTreeSet;

use wire::id::ReportId;
use wire::time::Timestamp;

/// When it was said, and in which report.
pub(super) type Saying = (Timestamp, ReportId);

/// See the module.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Speakers {
    /// One alone.
    One(Saying),
    /// None, or more.
    Many(BTreeSet<Saying>),
}

impl Default for Speakers {
    fn default() -> Self {
        Self::Many(BTreeSet::new())
    }
}

impl Speakers {
    pub(super) fn insert(&mut self, saying: Saying) {
        match self {
            Self::Many(all) if all.is_empty() => *self = Self::One(saying),
            Self::Many(all) => _ = all.insert(saying),
            Self::One(one) if *one == saying => {}
            Self::One(one) => *self = Self::Many(BTreeSet::from([*one, saying])),
        }
    }

    pub(super) fn remove(&mut self, saying: &Saying) {
        match self {
            Self::One(one) if one == saying => *self = Self::default(),
            Self::One(_) => {}
            Self::Many(all) => _ = all.remove(saying),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The earliest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Saying> {
        let (one, many) = match self {
            Self::One(one) => (Some(one), None),
            Self::Many(all) => (None, Some(all)),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_came_is_there_in_the_order_of_time_until_it_goes() {
        let saying = |n: i64| (Timestamp(n), ReportId(n as u128));
        let mut speakers = Speakers::default();
        let mut model = BTreeSet::new();
        // Every order of few comings and goings.
        for step in 0..4_096u32 {
            let (comes, who) = (step % 2 == 0, i64::from(step / 2 % 3));
            let who = (who + i64::from(step / 64)) % 3;
            if comes {
                speakers.insert(saying(who));
                model.insert(saying(who));
            } else {
                speakers.remove(&saying(who));
                model.remove(&saying(who));
            }
            assert!(speakers.iter().eq(&model), "{step}: {speakers:?}");
            assert_eq!(speakers.is_empty(), model.is_empty());
        }
    }
}
