//! Alarms: what asks for an answer, since when, and who gave it.

use serde::{Deserialize, Serialize};

use crate::geo::LngLat;
use crate::grade::{Hazard, vocabulary};
#[cfg(not(target_arch = "wasm32"))]
use crate::rule::RuleFiring;
use crate::time::Timestamp;
use crate::view::Mode;

vocabulary! {
    /// How grave, from the gravest; the order of colours that owners of levels use.
    AlarmLevel {
        /// Now: outside every budget.
        Red = "red",
        /// Soon.
        Orange = "orange",
        /// When there is time: never sounds.
        Yellow = "yellow",
    } default Yellow
}

vocabulary! {
    /// What an alarm waits for.
    AlarmState {
        /// Nobody answered yet.
        Unanswered = "unanswered",
        /// Nobody answered in time: a second sound, the next desk, then the webhook.
        Climbing = "climbing",
        /// Somebody answered.
        Answered = "answered",
        /// Put off until a moment.
        Shelved = "shelved",
        /// What raised it is over, and it was answered.
        Over = "over",
    } default Unanswered
}

vocabulary! {
    /// What raised an alarm.
    AlarmCause {
        /// A sensor fell silent above a level or while rising.
        Lost = "lost",
        /// A sensor is beyond a level of its owner.
        Level = "level",
        /// A sensor changes faster than its limit.
        Rate = "rate",
        /// A sensor is far from what is usual.
        Baseline = "baseline",
        /// A sensor fell silent.
        Silent = "silent",
        /// A sensor gives the same value for too long.
        Frozen = "frozen",
        /// A sensor gives values that cannot be.
        Broken = "broken",
        /// Calls, posts and sensors fell together.
        Dark = "dark",
        /// More than usual.
        Unusual = "unusual",
        /// A rule of the room.
        Rule = "rule",
        /// Nobody looked at what was to be looked at.
        Watch = "watch",
        /// An official notice that asks to be read.
        Notice = "notice",
    } default Level
}

/// One alarm as it is at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlarmView {
    /// Its number: never given again.
    pub id: u64,
    /// Live or exercise.
    pub mode: Mode,
    /// The head of the journal as of which this holds.
    pub seq: u64,
    /// How grave.
    pub level: AlarmLevel,
    /// What it waits for.
    pub state: AlarmState,
    /// What raised it.
    pub cause: AlarmCause,
    /// What happens, where the sensor's passport says it.
    pub hazard: Option<Hazard>,
    /// The situation it belongs to.
    pub situation: Option<u64>,
    /// The datastream, as its partner names it.
    pub datastream: Option<String>,
    /// Whose datastream it is.
    pub source: Option<String>,
    /// The readable name of what raised it.
    pub name: String,
    /// Where.
    pub geometry: Option<LngLat>,
    /// The value that raised it, or the last one held.
    pub value: Option<f64>,
    /// When that value was true.
    pub value_at: Option<Timestamp>,
    /// The level or limit that counts, in the datastream's unit.
    pub limit: Option<f64>,
    /// The unit of both.
    pub unit: Option<String>,
    /// Since when it asks.
    pub since: Timestamp,
    /// When what raised it was over; null while it holds.
    pub eased_at: Option<Timestamp>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// By whom: the name of the operator's login.
    pub answered_by: Option<String>,
    /// Of one that is shelved: until when.
    pub shelved_until: Option<Timestamp>,
    /// Whether it makes a sound: grave enough, or within the budget of its level.
    pub sounds: bool,
    /// How often it climbed: 0 at first, 1 to the next desk, 2 to the webhook.
    pub climbed: u8,
    /// Of one that a rule raised: what the rule found. It stands last, so that a desk that does not show it yet may leave it unread:
    /// what it never shows would weigh in its first load.
    #[cfg(not(target_arch = "wasm32"))]
    pub rule: Option<RuleFiring>,
}
