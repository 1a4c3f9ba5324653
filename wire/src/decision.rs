//! Decisions: what operators decide, and the lines of the log that this leaves.

use serde::{Deserialize, Serialize};

use crate::geo::LngLat;
use crate::grade::vocabulary;
use crate::id::ReportId;
#[cfg(not(target_arch = "wasm32"))]
use crate::rule::RuleBody;
use crate::time::Timestamp;
use crate::view::Mode;
#[cfg(not(target_arch = "wasm32"))]
use crate::zone::ZoneBody;

vocabulary! {
    /// What is decided.
    DecisionKind {
        /// A situation or a report is confirmed; says on what basis.
        Verify = "verify",
        /// A situation or a report is not true; says on what basis.
        Refute = "refute",
        /// A situation or a report is nothing for this room.
        Dismiss = "dismiss",
        /// A situation is taken in hand by who decides.
        Take = "take",
        /// It is given back.
        Release = "release",
        /// Situations are one.
        Merge = "merge",
        /// Reports of a situation are another.
        Split = "split",
        /// A situation stays on top.
        Pin = "pin",
        /// A situation is over.
        Close = "close",
        /// Words about a situation, a report or an alarm.
        Note = "note",
        /// Words about anything, for the log.
        Log = "log",
        /// Where a report belongs.
        Place = "place",
        /// A zone is drawn.
        Zone = "zone",
        /// A rule is armed.
        Rule = "rule",
        /// An alarm is answered.
        Ack = "ack",
        /// An alarm is put off until a moment.
        Shelve = "shelve",
        /// A situation is to be looked at again and again.
        Watch = "watch",
        /// A decision is taken back.
        Undo = "undo",
        /// The plan phase that is in force.
        Phase = "phase",
    } default Log
}

vocabulary! {
    /// Why something is held to be true or not.
    DecisionBasis {
        /// Somebody of ours is on scene.
        OnScene = "on-scene",
        /// A camera shows it.
        Camera = "camera",
        /// An authority says so.
        Official = "official",
        /// Who told it was called back.
        CalledBack = "called-back",
        /// As the text says.
        Other = "other",
    } default Other
}

/// What a decision is about: an object with one name, `{"situation": 17}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionSubject {
    /// A situation, by its number.
    Situation(u64),
    /// A report, by its id.
    Report(ReportId),
    /// An alarm, by its number.
    Alarm(u64),
    /// An earlier decision, by its journal number.
    Decision(u64),
    /// A zone, by its number.
    Zone(u32),
    /// A rule, by its number.
    Rule(u32),
}

/// A decision as it is sent to `POST /api/v1/decisions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    /// What is decided.
    pub kind: DecisionKind,
    /// About what; none for `log` and `phase`, and for a `zone` or `rule` that is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<DecisionSubject>,
    /// Why; `verify` and `refute` need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<DecisionBasis>,
    /// In words. `note`, `log`, `shelve` and `phase` need some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When it was decided; without it when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// The journal number that the screen showed when it was decided; without it the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_seq: Option<u64>,
    /// Live or exercise; live without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Of `merge`: the situations that become part of the subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<u64>,
    /// Of `split`: the reports that are another situation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<ReportId>,
    /// Of `shelve`: until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Of `watch`: how often somebody must look, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_min: Option<u32>,
    /// Of `zone`: the zone as it is from now on. The desk draws none yet: what it never sends would weigh in its first load.
    #[cfg(not(target_arch = "wasm32"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneBody>,
    /// Of `rule`: the rule as it is from now on. As with zones.
    #[cfg(not(target_arch = "wasm32"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleBody>,
    /// Of `zone` and `rule`: the subject is removed.
    #[cfg(not(target_arch = "wasm32"))]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
    /// Of `place`: where the report belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry: Option<LngLat>,
    /// Of `place`: the radius of doubt in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radius_m: Option<u32>,
}

/// A decision as the log tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// Its journal number.
    pub seq: u64,
    /// Live or exercise.
    pub mode: Mode,
    /// When it was entered.
    pub entered_at: Timestamp,
    /// When it was decided.
    pub occurred_at: Timestamp,
    /// The journal number that was known to who decided.
    pub known_seq: u64,
    /// What was decided.
    pub kind: DecisionKind,
    /// About what.
    pub subject: Option<DecisionSubject>,
    /// Why.
    pub basis: Option<DecisionBasis>,
    /// In words.
    pub text: Option<String>,
    /// Who signed it: the name of the operator's login.
    pub by: Option<String>,
    /// The decision that took it back.
    pub taken_back: Option<u64>,
    /// It was decided on reports that turned out not to be true.
    pub refuted: Vec<ReportId>,
}
