//! Identities: what is stable across replays, restarts and machines.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A report's identity: a stable 128-bit hash of the source and the source's own id.
///
/// In JSON 32 lower-case hexadecimal digits; in the binary form 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ReportId(pub u128);

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 hexadecimal digits")]
pub struct BadId;

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for ReportId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let plain = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !plain {
            return Err(BadId);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_bad| BadId)
    }
}

impl Serialize for ReportId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            to.collect_str(self)
        } else {
            self.0.to_le_bytes().serialize(to)
        }
    }
}

impl<'de> Deserialize<'de> for ReportId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(from).map(|bytes| Self(u128::from_le_bytes(bytes)))
        }
    }
}

/// A cluster's identity: its zoom and the key of its seed cell, so it survives updates, panning and restarts.
///
/// In JSON 16 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ClusterId(pub u64);

impl ClusterId {
    /// The id of the cell `key` (its Morton code) at `zoom`.
    pub fn new(zoom: u8, key: u64) -> Self {
        Self((u64::from(zoom) << 56) | (key & 0x00ff_ffff_ffff_ffff))
    }

    /// The zoom at which this cluster is drawn.
    pub fn zoom(self) -> u8 {
        (self.0 >> 56) as u8
    }

    /// The Morton code of its seed cell.
    pub fn key(self) -> u64 {
        self.0 & 0x00ff_ffff_ffff_ffff
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for ClusterId {
    type Err = BadClusterId;

    fn from_str(text: &str) -> Result<Self, BadClusterId> {
        let plain = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !plain {
            return Err(BadClusterId);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_bad| BadClusterId)
    }
}

/// Why a text is not a cluster id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cluster id is 16 hexadecimal digits")]
pub struct BadClusterId;

impl Serialize for ClusterId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { to.serialize_u64(self.0) }
    }
}

impl<'de> Deserialize<'de> for ClusterId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            u64::deserialize(from).map(Self)
        }
    }
}
