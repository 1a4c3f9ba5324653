//! The hand that people have on a situation: what follows from the decisions about it that hold.

use wire::decision::{DecisionBasis, DecisionKind};
use wire::time::Timestamp;

use super::decided::Decided;

/// Who said that it is true or not, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) seq: u64,
    pub(crate) is_true: bool,
    pub(crate) basis: DecisionBasis,
    pub(crate) by: Option<String>,
    pub(crate) at: Timestamp,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hand {
    /// Who has it, and since when.
    pub(crate) taken: Option<(Option<String>, Timestamp)>,
    pub(crate) checked: Option<Check>,
    pub(crate) pinned: bool,
    /// When it was closed or dismissed.
    pub(crate) closed_at: Option<Timestamp>,
    /// How often somebody must look, in milliseconds, and when somebody did.
    watched: Option<(i64, Timestamp)>,
}

const MINUTE_MS: i64 = 60_000;

impl Hand {
    /// What follows from these decisions, the oldest first.
    pub(crate) fn of<'a>(decided: impl Iterator<Item = (u64, &'a Decided)>) -> Self {
        let mut hand = Self::default();
        for (seq, decided) in decided {
            hand.take_in(seq, decided);
        }
        hand
    }

    fn take_in(&mut self, seq: u64, decided: &Decided) {
        let Decided { entry, entered_at, .. } = decided;
        // Whoever decides about it looks at it.
        if let Some((_, looked_at)) = &mut self.watched {
            *looked_at = *entered_at;
        }
        let by = || entry.signed.by.clone();
        let check = |is_true| Check {
            seq,
            is_true,
            basis: entry.basis.unwrap_or_default(),
            by: by(),
            at: *entered_at,
        };
        match entry.kind {
            DecisionKind::Take => self.taken = Some((by(), *entered_at)),
            DecisionKind::Release => self.taken = None,
            DecisionKind::Verify => self.checked = Some(check(true)),
            DecisionKind::Refute => self.checked = Some(check(false)),
            DecisionKind::Pin => self.pinned = true,
            DecisionKind::Close | DecisionKind::Dismiss => self.closed_at = Some(*entered_at),
            DecisionKind::Watch => {
                let every_ms = i64::from(entry.every_min.unwrap_or_default()) * MINUTE_MS;
                self.watched = (every_ms > 0).then_some((every_ms, *entered_at));
            }
            _ => {}
        }
    }

    /// When somebody must have looked again.
    pub(crate) fn look_at(&self) -> Option<Timestamp> {
        self.watched.map(|(every_ms, looked_at)| looked_at.plus_ms(every_ms))
    }

    /// Whether somebody has to do with it, so that it does not end by itself.
    pub(crate) fn holds(&self) -> bool {
        let is_checked = self.checked.is_some();
        self.taken.is_some() || is_checked || self.pinned || self.watched.is_some()
    }
}
