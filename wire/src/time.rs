//! Moments: milliseconds since 1970 in UTC, RFC 3339 in JSON.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// Why a text is not a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is RFC 3339 with a zone, such as 2026-11-23T10:00:00Z")]
pub struct BadTime;

impl Timestamp {
    /// The moment `ms` milliseconds later (earlier when negative), clamped at the ends of the scale.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// How many milliseconds this moment lies after `earlier`; negative if before.
    pub fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment}"),
            // Only reachable outside the years -9999 to 9999, which no validated input can name.
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let moment: jiff::Timestamp = text.parse().map_err(|_cause| BadTime)?;
        Ok(Self(moment.as_millisecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { to.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            i64::deserialize(from).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_its_text() {
        let moment: Timestamp = "2026-11-23T10:00:00.250+01:00".parse().expect("valid");
        assert_eq!(moment.to_string(), "2026-11-23T09:00:00.25Z");
        assert_eq!(moment.to_string().parse(), Ok(moment));
    }

    #[test]
    fn a_time_without_a_zone_is_refused() {
        assert_eq!("2026-11-23T10:00:00".parse::<Timestamp>(), Err(BadTime));
    }
}
