//! Rules of the room: what is to be told when something happens, and what they tell.

use serde::{Deserialize, Serialize};

use crate::alarm::AlarmLevel;
use crate::grade::{Hazard, vocabulary};
use crate::id::ReportId;
use crate::time::Timestamp;
use crate::view::Mode;

vocabulary! {
    /// Which side of a number is the danger.
    RuleDirection {
        /// Values above it.
        Rising = "rising",
        /// Values below it.
        Falling = "falling",
    } default Rising
}

vocabulary! {
    /// How a firing turns.
    RuleTurn {
        /// The rule fires.
        Begun = "begun",
        /// A report that made it was refuted.
        Doubted = "doubted",
        /// It holds no longer.
        Ended = "ended",
    } default Begun
}

/// A datastream, as its partner names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleStream {
    /// Whose it is, as `GET /api/v1/sources` names it.
    pub source: String,
    /// What the partner calls it.
    pub name: String,
}

/// Something that moves, or has values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleThing {
    /// A datastream.
    Stream(RuleStream),
    /// A report of a unit that is said again from elsewhere.
    Report(ReportId),
}

/// Whose values a rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleOf {
    /// One datastream's.
    Stream(RuleStream),
    /// Those of every datastream in a zone that speaks in this unit, each on its own.
    Zone {
        /// The zone, by its number.
        zone: u32,
        /// The unit.
        unit: String,
    },
}

/// How something moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleMove {
    /// It comes in.
    Enters,
    /// It goes out.
    Leaves,
    /// It is in for longer than this, in milliseconds.
    Stays(i64),
}

/// When a rule fires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RuleWhen {
    /// So many independent sources speak within a time.
    Sources {
        /// At least so many.
        n_min: u32,
        /// Of what; null is of anything.
        #[serde(default)]
        hazard: Option<Hazard>,
        /// In which zone, by its number; null is anywhere.
        #[serde(default)]
        zone: Option<u32>,
        /// Within this time, in milliseconds.
        within_ms: i64,
    },
    /// A value is at a number or beyond it for a time.
    Value {
        /// Of what.
        of: RuleOf,
        /// Which side of the number is the danger.
        direction: RuleDirection,
        /// The number.
        level: f64,
        /// Where it has cleared again, on the calm side of the number.
        clear: f64,
        /// How long it must hold, in milliseconds; 0 is at once.
        #[serde(default)]
        hold_ms: i64,
    },
    /// Something moves.
    Crossing {
        /// The zone, by its number.
        zone: u32,
        /// What; null is anything.
        #[serde(default)]
        thing: Option<RuleThing>,
        /// How.
        moves: RuleMove,
    },
}

/// A rule as it is armed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleBody {
    /// What people call it.
    pub name: String,
    /// How grave it is when it fires.
    pub level: AlarmLevel,
    /// When it fires.
    pub when: RuleWhen,
}

/// What stands by a rule, or stood when it was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleFiring {
    /// Which rule, by its number.
    pub rule: u32,
    /// Since when, in the room's time.
    pub since: Timestamp,
    /// The zone that the rule speaks of.
    pub zone: Option<u32>,
    /// What moved, or has the value; null for a count of sources.
    pub thing: Option<RuleThing>,
    /// Of a count: how many sources spoke when it began.
    pub n_sources: Option<u32>,
    /// Of a value: the value when it began.
    pub value: Option<f64>,
    /// The reports that made it: one a source, or the one that moved.
    pub reports: Vec<ReportId>,
    /// Those of them that turned out not to be true.
    pub refuted: Vec<ReportId>,
}

/// A rule with what stands by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleView {
    /// Its number: never given again.
    pub id: u32,
    /// Live or exercise.
    pub mode: Mode,
    /// What it asks for.
    #[serde(flatten)]
    pub rule: RuleBody,
    /// What stands.
    pub standing: Vec<RuleFiring>,
}

/// One turn of a rule that was tried against the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleTold {
    /// How it turned.
    pub turn: RuleTurn,
    /// When it would have been known.
    pub at: Timestamp,
    /// The firing.
    #[serde(flatten)]
    pub firing: RuleFiring,
}

/// A rule to be tried, as it is sent to `POST /api/v1/rules/try`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleTrial {
    /// The rule.
    pub rule: RuleBody,
    /// From when on; without it a day before now.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// Until when; without it now.
    #[serde(default)]
    pub to: Option<Timestamp>,
    /// Live or exercise; without it a key's own, and live for an operator.
    #[serde(default)]
    pub mode: Option<Mode>,
}
