//! What a rule asks for.

use serde::{Deserialize, Serialize};
use wire::grade::Hazard;

use super::event::{Event, Said, Stream, Thing};
use super::limits::{CLEAR_DIVISOR, NAME_BYTES_MAX, SOURCES_MAX, SPAN_MS_MAX, WITHIN_MS_MIN};
use super::{Direction, Flaw, Grade};
use crate::flaw::Flaws;
use crate::zone::ZoneId;

/// A rule's number; whoever sets the rule chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleId(pub u32);

/// A rule of the room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// What people call it.
    pub name: String,
    /// How grave it is when it fires.
    pub grade: Grade,
    /// When it fires.
    pub when: When,
}

/// When a rule fires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// So many independent sources speak within a time.
    Sources(Count),
    /// A value is at a number or beyond it for a time.
    Value(Beyond),
    /// Something moves.
    Crossing(Path),
}

/// So many independent sources speak within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// At least so many.
    pub n_min: u32,
    /// Of what; `None` is of anything.
    pub hazard: Option<Hazard>,
    /// Where; `None` is anywhere, and without a place too.
    pub zone: Option<ZoneId>,
    /// Within this time, in milliseconds.
    pub within_ms: i64,
}

/// A value is at a number or beyond it for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beyond {
    /// Of what.
    pub of: Of,
    /// Which side of the number is the danger.
    pub direction: Direction,
    /// The number.
    pub level: f64,
    /// Where it has cleared again, on the calm side of the number.
    pub clear: f64,
    /// How long it must hold, in milliseconds; 0 is at once.
    pub hold_ms: i64,
}

/// Something moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// The zone.
    pub zone: ZoneId,
    /// What; `None` is anything.
    pub thing: Option<Thing>,
    /// How.
    pub moves: Move,
}

/// Whose values a rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// One datastream's.
    Stream(Stream),
    /// Those of every datastream in a zone that speaks in this unit, each on its own.
    Zone {
        /// The zone.
        zone: ZoneId,
        /// The unit.
        unit: String,
    },
}

/// How something moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// It comes in.
    Enters,
    /// It goes out.
    Leaves,
    /// It is in for longer than this, in milliseconds.
    Stays(i64),
}

impl Count {
    /// The count of sources at which it has cleared.
    pub(super) fn n_clear(self) -> u32 {
        self.n_min / CLEAR_DIVISOR
    }
}

impl When {
    /// The zone that it speaks of.
    pub fn zone(&self) -> Option<ZoneId> {
        match self {
            Self::Sources(Count { zone, .. }) => *zone,
            Self::Value(Beyond { of: Of::Zone { zone, .. }, .. })
            | Self::Crossing(Path { zone, .. }) => Some(*zone),
            Self::Value(Beyond { of: Of::Stream(_), .. }) => None,
        }
    }

    /// The hazard that it speaks of.
    pub fn hazard(&self) -> Option<Hazard> {
        match self {
            Self::Sources(Count { hazard, .. }) => *hazard,
            Self::Value(_) | Self::Crossing(_) => None,
        }
    }

    /// Whether an event may change anything for it.
    pub(crate) fn hears(&self, event: &Event) -> bool {
        match (self, &event.said) {
            (Self::Sources(Count { hazard, zone, .. }), Said::Report { hazard: said, .. }) => {
                hazard.is_none_or(|hazard| hazard == *said) && event.is_in(*zone)
            }
            (Self::Value(Beyond { of: Of::Stream(named), .. }), Said::Value { stream, .. }) => {
                named == stream
            }
            // Whether it is still in the zone is news, too.
            (
                Self::Value(Beyond { of: Of::Zone { unit, .. }, .. }),
                Said::Value { unit: said, .. },
            ) => said.as_ref() == Some(unit),
            (Self::Crossing(Path { thing: named, .. }), Said::Seen { thing, .. }) => {
                named.as_ref().is_none_or(|named| named == thing)
            }
            (Self::Sources(_) | Self::Crossing(_), Said::Refuted { .. }) => true,
            _ => false,
        }
    }
}

impl Rule {
    /// Whether it can be set; otherwise everything that is wrong. That its zone exists is for the caller to say
    /// ([`When::zone`]).
    pub fn check(&self) -> Result<(), Vec<Flaw>> {
        let mut flaws = Flaws::default();
        flaws.text(&self.name, "name", NAME_BYTES_MAX);
        let days = SPAN_MS_MAX / 86_400_000;
        match &self.when {
            When::Sources(Count { n_min, within_ms, .. }) => {
                flaws.unless(
                    (1..=SOURCES_MAX).contains(n_min),
                    "when.sources.n_min",
                    format!("ask for 1 to {SOURCES_MAX} sources"),
                );
                flaws.unless(
                    (WITHIN_MS_MIN..=SPAN_MS_MAX).contains(within_ms),
                    "when.sources.within_ms",
                    format!("give milliseconds, from a minute ({WITHIN_MS_MIN}) to {days} days"),
                );
            }
            When::Value(Beyond { of, direction, level, clear, hold_ms }) => {
                flaws.unless(level.is_finite(), "when.value.level", "give a finite number");
                flaws.unless(
                    clear.is_finite() && direction.passes(*level, *clear),
                    "when.value.clear",
                    match direction {
                        Direction::Rising => "clear a rising value below its level",
                        Direction::Falling => "clear a falling value above its level",
                    },
                );
                flaws.unless(
                    (0..=SPAN_MS_MAX).contains(hold_ms),
                    "when.value.hold_ms",
                    format!("give milliseconds, 0 for at once, up to {days} days"),
                );
                match of {
                    Of::Stream(stream) => {
                        flaws.text(&stream.name, "when.value.of.stream.name", NAME_BYTES_MAX);
                    }
                    Of::Zone { unit, .. } => {
                        flaws.text(unit, "when.value.of.zone.unit", NAME_BYTES_MAX);
                    }
                }
            }
            When::Crossing(Path { moves, .. }) => {
                if let Move::Stays(longer_ms) = moves {
                    flaws.unless(
                        (1..=SPAN_MS_MAX).contains(longer_ms),
                        "when.crossing.moves.stays",
                        format!("give milliseconds above 0, up to {days} days"),
                    );
                }
            }
        }
        flaws.done()
    }
}
