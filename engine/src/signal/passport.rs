//! The passport of a datastream: what its owner and its partner say about it.

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::grade::Hazard;
use wire::time::Timestamp;

use super::told::Grade;
use crate::place::{distance_m, is_within};

/// Which side of a level is the danger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Greater values are worse.
    Rising,
    /// Smaller values are worse.
    Falling,
}

impl Direction {
    /// Whether `value` is at `level` or on its dangerous side.
    pub(crate) fn reaches(self, value: f64, level: f64) -> bool {
        match self {
            Self::Rising => value >= level,
            Self::Falling => value <= level,
        }
    }

    /// Whether `value` is on the dangerous side of `level`, and not at it.
    pub(crate) fn passes(self, value: f64, level: f64) -> bool {
        match self {
            Self::Rising => value > level,
            Self::Falling => value < level,
        }
    }

    /// The value `by` nearer to the calm side.
    pub(super) fn calmer(self, value: f64, by: f64) -> f64 {
        match self {
            Self::Rising => value - by,
            Self::Falling => value + by,
        }
    }
}

/// A level of the owner, with where it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// What reaching it means.
    pub grade: Grade,
    /// Which side of it is the danger.
    pub direction: Direction,
    /// The level, in `unit`.
    pub value: f64,
    /// Where it is cleared again, in `unit`; `None` leaves it to [`CLEAR_SHARE`](super::limits::CLEAR_SHARE).
    pub clear: Option<f64>,
    /// The unit, which must be the datastream's.
    pub unit: String,
    /// Whose level it is.
    pub owner: String,
    /// The document it stands in.
    pub document: String,
    /// The date of that document.
    pub date: String,
}

/// How often a datastream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cadence {
    /// Between two values on a calm day, in milliseconds.
    pub by_day_ms: i64,
    /// Between two values beyond a level, in milliseconds; `None` is as by day.
    pub in_alarm_ms: Option<i64>,
}

/// How fast a datastream may change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RateLimit {
    /// The change in an hour, in the datastream's unit, positive.
    pub per_hour: f64,
    /// Only changes in this direction count; `None` counts both.
    pub direction: Option<Direction>,
}

/// Planned works, during which nothing is raised and nothing learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Works {
    /// From this moment,
    pub from: Timestamp,
    /// up to and without this one.
    pub to: Timestamp,
    /// What is done.
    pub why: String,
    /// Who answers for it.
    pub who: String,
}

impl Works {
    pub(crate) fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// The values a sensor can give; both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlausibleRange {
    /// The least, in the datastream's unit.
    pub min: f64,
    /// The greatest, in the datastream's unit.
    pub max: f64,
}

/// The area in which a sensor may speak for or against a situation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Footprint {
    /// A circle.
    Circle {
        /// Its middle.
        centre: LngLat,
        /// Its radius, in metres.
        radius_m: f64,
    },
    /// A simple ring; the last corner joins the first.
    Ring(Vec<LngLat>),
}

/// A datastream that what passes here reaches next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Its name.
    pub datastream: String,
    /// The time of travel, in minutes.
    pub minutes: u32,
}

/// What is known about a datastream. An empty one is valid: nothing is judged then but the baseline and frozen values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Passport {
    /// What it speaks for; `None` for one that speaks for no situation.
    pub hazard: Option<Hazard>,
    /// The unit of its values.
    pub unit: Option<String>,
    /// The owner's levels, at most one for each grade and direction.
    pub levels: Vec<Level>,
    /// How often it speaks; `None` for one that speaks only when something changes: it is never silent.
    pub cadence: Option<Cadence>,
    /// How fast it may change.
    pub rate: Option<RateLimit>,
    /// The values it can give; others are broken.
    pub plausible: Option<PlausibleRange>,
    /// Planned works.
    pub works: Vec<Works>,
    /// Where it may speak for or against a situation.
    pub footprint: Option<Footprint>,
    /// What lies downstream.
    pub downstream: Vec<Reach>,
    /// The gateway through which it speaks: those of one gateway fall silent together, and are told as one.
    pub gateway: Option<String>,
    /// Where somebody answers for it: a desk's telephone, no person's.
    pub phone: Option<String>,
    /// A readable name, before the one that messages carry.
    pub name: Option<String>,
    /// Where it was put up. Messages that name a place move it from there.
    pub place: Option<LngLat>,
    /// The height of its zero, in metres above `datum`.
    pub height_m: Option<f64>,
    /// What heights are measured from, such as EVRF2007.
    pub datum: Option<String>,
    /// Whether it keeps what it could not send, and sends it later.
    pub store_and_forward: Option<bool>,
    /// The address of a picture of it.
    pub photo: Option<String>,
}

/// A passport as journals hold it that were written before gateways and telephones were in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FirstPassport {
    hazard: Option<Hazard>,
    unit: Option<String>,
    levels: Vec<Level>,
    cadence: Option<Cadence>,
    rate: Option<RateLimit>,
    plausible: Option<PlausibleRange>,
    works: Vec<Works>,
    footprint: Option<Footprint>,
    downstream: Vec<Reach>,
}

impl From<FirstPassport> for Passport {
    fn from(first: FirstPassport) -> Self {
        let FirstPassport {
            hazard,
            unit,
            levels,
            cadence,
            rate,
            plausible,
            works,
            footprint,
            downstream,
        } = first;
        Self {
            hazard,
            unit,
            levels,
            cadence,
            rate,
            plausible,
            works,
            footprint,
            downstream,
            ..Self::default()
        }
    }
}

impl Passport {
    /// Whether it may speak for or against what is there (law 2 of the room); without a footprint only for where it stands.
    pub(crate) fn covers(&self, at: LngLat) -> bool {
        match &self.footprint {
            None => false,
            Some(Footprint::Circle { centre, radius_m }) => distance_m(*centre, at) <= *radius_m,
            Some(Footprint::Ring(corners)) => is_within(corners, at),
        }
    }

    /// The works that go on at a moment; of several the one that ends last.
    pub(crate) fn works_at(&self, at: Timestamp) -> Option<&Works> {
        self.works.iter().filter(|works| works.holds(at)).max_by_key(|works| works.to)
    }

    /// Whether a value reaches a level.
    pub(crate) fn is_reached(&self, value: f64) -> bool {
        self.reached(value).is_some()
    }

    /// The number, if this datastream can give it.
    pub(super) fn usable(&self, value: f64) -> Option<f64> {
        let can_be = self.plausible.is_none_or(|range| range.min <= value && value <= range.max);
        (value.is_finite() && can_be).then_some(value)
    }

    /// The gravest level that a value reaches.
    pub(super) fn reached(&self, value: f64) -> Option<&Level> {
        let reached =
            self.levels.iter().filter(|level| level.direction.reaches(value, level.value));
        reached.max_by_key(|level| level.grade)
    }
}
