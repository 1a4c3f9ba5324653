//! What stood before a zone was drawn or a rule armed, so that it can be taken back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::decision::DecisionSubject;

use super::World;
use super::decide::{Undecidable, flaw};
use crate::change::Change;
use crate::rule::{Rule, RuleId};
use crate::zone::{Zone, ZoneId};

/// Decisions about zones and rules that can be taken back: weeks of a room that draws all day. What was set before that is set anew.
const STOOD_MAX: usize = 1_000;

/// Corners that are kept for it, of all zones together: 16 MB, the limits of a hundred cities.
const CORNERS_MAX: usize = 1_000_000;

const CHANGED_SINCE: Undecidable = flaw(
    "changed_since",
    "/subject",
    "It was set or removed again later: take that later decision back first; GET /api/v1/log names it.",
);
const TOO_OLD: Undecidable = flaw(
    "too_old",
    "/subject",
    "What stood before this is kept no longer: set the zone or rule anew.",
);

/// What stood under a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Stood {
    /// This zone, or none.
    Zone(Option<Zone>),
    /// This rule, or none.
    Rule(Option<Rule>),
}

/// What stood before the newest decisions about zones and rules, by the number of the decision.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Before {
    by_seq: BTreeMap<u64, Stood>,
    n_corners: usize,
}

impl Stood {
    fn n_corners(&self) -> usize {
        match self {
            Self::Zone(Some(zone)) => zone.n_corners(),
            Self::Zone(None) | Self::Rule(_) => 0,
        }
    }
}

impl Before {
    /// Keeps what stood before a decision; the oldest of too many are kept no longer.
    pub(super) fn keep(&mut self, seq: u64, stood: Stood) {
        self.n_corners += stood.n_corners();
        self.by_seq.insert(seq, stood);
        while (self.by_seq.len() > STOOD_MAX || self.n_corners > CORNERS_MAX)
            && let Some((_, oldest)) = self.by_seq.pop_first()
        {
            self.n_corners -= oldest.n_corners();
        }
    }

    fn take(&mut self, seq: u64) -> Option<Stood> {
        let stood = self.by_seq.remove(&seq)?;
        self.n_corners -= stood.n_corners();
        Some(stood)
    }
}

impl World {
    /// Whether what a decision did to a zone or rule can be taken back now.
    pub(super) fn unsettable(
        &self,
        seq: u64,
        subject: Option<&DecisionSubject>,
    ) -> Result<(), Undecidable> {
        let later = subject.and_then(|subject| self.room.log.about(subject).last());
        if later.is_some_and(|(later, _)| later > seq) {
            return Err(CHANGED_SINCE);
        }
        let stood = self.guarded.before.by_seq.get(&seq).ok_or(TOO_OLD)?;
        let fits = match (subject, stood) {
            (Some(DecisionSubject::Zone(id)), Stood::Zone(zone)) => {
                self.fits_zone(Some(ZoneId(*id)), zone.is_some())
            }
            (Some(DecisionSubject::Rule(id)), Stood::Rule(rule)) => {
                self.fits_rule(Some(RuleId(*id)), rule.as_ref())
            }
            _ => Err(TOO_OLD),
        };
        fits.map_err(|flaw| Undecidable { pointer: "/subject", ..flaw })
    }

    /// What a decision did to a zone or rule is undone: what stood before it stands again.
    pub(super) fn unset(&mut self, seq: u64, subject: &DecisionSubject, out: &mut Vec<Change>) {
        match (subject, self.guarded.before.take(seq)) {
            (DecisionSubject::Zone(id), Some(Stood::Zone(zone))) => {
                self.put_zone(ZoneId(*id), zone);
            }
            (DecisionSubject::Rule(id), Some(Stood::Rule(rule))) => {
                self.put_rule(RuleId(*id), rule, out);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::Part;
    use crate::zone::limits::CORNERS_MAX as ZONE_CORNERS_MAX;

    #[test]
    fn the_oldest_are_kept_no_longer_by_number_and_by_corners() {
        let mut before = Before::default();
        for seq in 0..STOOD_MAX as u64 + 10 {
            before.keep(seq, Stood::Rule(None));
        }
        assert_eq!(
            (before.by_seq.len(), before.by_seq.first_key_value().map(|one| *one.0)),
            (STOOD_MAX, Some(10))
        );
        let corner = wire::geo::LngLat::new(2.0, 41.0).expect("a place");
        let outer = vec![corner; ZONE_CORNERS_MAX];
        let coast =
            Zone { name: "coast".to_owned(), parts: vec![Part { outer, holes: Vec::new() }] };
        for seq in 5_000..5_100 {
            before.keep(seq, Stood::Zone(Some(coast.clone())));
        }
        let n_coasts = CORNERS_MAX / ZONE_CORNERS_MAX;
        assert_eq!((before.by_seq.len(), before.n_corners), (n_coasts, CORNERS_MAX));
        while let Some(seq) = before.by_seq.first_key_value().map(|one| *one.0) {
            before.take(seq);
        }
        assert_eq!(before, Before::default());
    }
}
