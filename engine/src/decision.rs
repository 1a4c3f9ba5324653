//! Decisions: what an operator decided, as the journal keeps it.

use serde::{Deserialize, Serialize};
use wire::decision::{DecisionBasis, DecisionKind, DecisionSubject};
use wire::id::ReportId;
use wire::time::Timestamp;

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

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Who, and in what words.
    pub signed: Signed,
}

impl DecisionEntry {
    /// The same without what is personal, and that.
    pub(crate) fn strip(&self) -> (Self, Signed) {
        let bare = Self { signed: Signed::default(), ..self.clone() };
        (bare, self.signed.clone())
    }

    /// The name under which the personal half of the decision with this journal number is sealed.
    pub fn seal_name(seq: u64) -> ReportId {
        crate::identity::named(b"decision", &seq.to_be_bytes())
    }
}
