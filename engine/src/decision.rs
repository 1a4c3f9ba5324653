//! Decisions: what an operator decided, as the journal keeps it.

use serde::{Deserialize, Serialize};
use wire::decision::{DecisionBasis, DecisionKind, DecisionSubject};
use wire::geo::LngLat;
use wire::id::ReportId;
use wire::time::Timestamp;

use crate::rule::Rule;
use crate::zone::Zone;

/// What is personal in a decision: stored apart under a key of its own, and left out of `Debug`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Signed {
    /// Who signs it: the name of the operator's login.
    pub by: Option<String>,
    /// In words.
    pub text: Option<String>,
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signed(..)")
    }
}

/// What a decision sets.
#[derive(Clone, PartialEq)]
pub enum Setting {
    /// The zone as it is from now on.
    Zone(Zone),
    /// The rule as it is from now on.
    Rule(Rule),
    /// Where a report belongs, and the radius of doubt in metres. A place is personal: it is stored apart like the words.
    Place(LngLat, u32),
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Setting(..)")
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionEntry {
    /// What is decided.
    pub kind: DecisionKind,
    /// About what.
    pub subject: Option<DecisionSubject>,
    /// Why.
    pub basis: Option<DecisionBasis>,
    /// When it was decided; not after it was entered.
    pub occurred_at: Timestamp,
    /// The journal number that was known to who decided.
    pub known_seq: u64,
    /// Of a merge: the situations that become part of the subject.
    pub with: Vec<u64>,
    /// Of a split: the reports that are another situation.
    pub reports: Vec<ReportId>,
    /// Of a shelving: until when.
    pub until: Option<Timestamp>,
    /// Of a watch: how often somebody must look, in minutes.
    pub every_min: Option<u32>,
    /// What it sets. Stored beside it ([`crate::entry::Body::split`]), and not kept with the log.
    #[serde(skip)]
    pub sets: Option<Box<Setting>>,
    /// Who, and in what words.
    pub signed: Signed,
}

impl DecisionEntry {
    /// The same without what is personal, and that.
    pub(crate) fn strip(&self) -> (Self, Signed) {
        let bare = Self { signed: Signed::default(), ..self.bare() };
        (bare, self.signed.clone())
    }

    /// The same without what it sets.
    pub(crate) fn bare(&self) -> Self {
        Self {
            kind: self.kind,
            subject: self.subject.clone(),
            basis: self.basis,
            occurred_at: self.occurred_at,
            known_seq: self.known_seq,
            with: self.with.clone(),
            reports: self.reports.clone(),
            until: self.until,
            every_min: self.every_min,
            sets: None,
            signed: self.signed.clone(),
        }
    }

    /// The name under which its personal half is sealed, as the decision with this journal number. A place goes when its report is
    /// erased, and so is sealed with that.
    pub fn seal_name(&self, seq: u64) -> ReportId {
        if let (Some(Setting::Place(..)), Some(DecisionSubject::Report(id))) =
            (self.sets.as_deref(), &self.subject)
        {
            return *id;
        }
        crate::identity::named(b"decision", &seq.to_be_bytes())
    }
}
