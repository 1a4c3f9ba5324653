//! Clusters: points drawn as one at a zoom. No meaning beyond the screen.

use std::collections::BTreeMap;

use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::grade::{Hazard, Severity};
use crate::id::{ClusterId, ReportId};
use crate::time::Timestamp;

/// How many reports of each severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SeverityCounts {
    /// CAP Extreme.
    #[serde(rename = "Extreme")]
    pub extreme: u32,
    /// CAP Severe.
    #[serde(rename = "Severe")]
    pub severe: u32,
    /// CAP Moderate.
    #[serde(rename = "Moderate")]
    pub moderate: u32,
    /// CAP Minor.
    #[serde(rename = "Minor")]
    pub minor: u32,
    /// Not stated.
    #[serde(rename = "Unknown")]
    pub unknown: u32,
}

impl SeverityCounts {
    /// The counts in the order of [`Severity::ALL`].
    pub fn as_array(&self) -> [u32; 5] {
        [self.extreme, self.severe, self.moderate, self.minor, self.unknown]
    }

    /// From counts in the order of [`Severity::ALL`].
    pub fn from_array([extreme, severe, moderate, minor, unknown]: [u32; 5]) -> Self {
        Self { extreme, severe, moderate, minor, unknown }
    }

    /// The worst severity present and how many have it; `Unknown` ranks below `Minor`.
    pub fn worst(&self) -> (Severity, u32) {
        Severity::ALL
            .iter()
            .zip(self.as_array())
            .find(|(_, n)| *n > 0)
            .map_or((Severity::Unknown, 0), |(severity, n)| (*severity, n))
    }

    /// All of them.
    pub fn sum(&self) -> u64 {
        self.as_array().iter().map(|n| u64::from(*n)).sum()
    }
}

/// How many hazards there are.
const HAZARDS: usize = Hazard::ALL.len();

/// How many reports of each hazard; only hazards that occur are listed.
///
/// A place for each hazard and no list: a picture has thousands of clusters, and a list of each would be asked for and
/// given back one by one.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct HazardCounts([u32; HAZARDS]);

impl HazardCounts {
    /// From counts in the order of [`Hazard::ALL`], those that do not occur included.
    pub fn from_array(counts: [u32; HAZARDS]) -> Self {
        Self(counts)
    }

    /// The hazards that occur, in order, and how many of each.
    pub fn iter(&self) -> impl Iterator<Item = (Hazard, u32)> + use<> {
        Hazard::ALL.iter().copied().zip(self.0).filter(|(_, n)| *n > 0)
    }

    /// How many hazards occur.
    pub fn len(&self) -> usize {
        self.0.iter().filter(|n| **n > 0).count()
    }

    /// Whether none occurs.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; HAZARDS]
    }

    /// All of them.
    pub fn sum(&self) -> u64 {
        self.0.iter().map(|n| u64::from(*n)).sum()
    }
}

impl std::fmt::Debug for HazardCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl FromIterator<(Hazard, u32)> for HazardCounts {
    /// A hazard that comes more than once counts for all of them.
    fn from_iter<I: IntoIterator<Item = (Hazard, u32)>>(counts: I) -> Self {
        let mut all = Self::default();
        for (hazard, n) in counts {
            let own = &mut all.0[hazard.index()];
            *own = own.saturating_add(n);
        }
        all
    }
}

impl Serialize for HazardCounts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            to.collect_map(self.iter().map(|(hazard, n)| (hazard.word(), n)))
        } else {
            // With its length before it, as a list has.
            let mut list = to.serialize_seq(Some(self.len()))?;
            self.iter().try_for_each(|count| list.serialize_element(&count))?;
            list.end()
        }
    }
}

impl<'de> Deserialize<'de> for HazardCounts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let map = BTreeMap::<Hazard, u32>::deserialize(from)?;
            Ok(map.into_iter().collect())
        } else {
            let list = Vec::<(Hazard, u32)>::deserialize(from)?;
            Ok(list.into_iter().collect())
        }
    }
}

/// One cluster of a tile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Stable across updates, panning, clients and restarts.
    pub id: ClusterId,
    /// Where to draw it, longitude in degrees.
    pub lng: f64,
    /// Where to draw it, latitude in degrees.
    pub lat: f64,
    /// How many reports.
    pub n: u32,
    /// The worst severity inside.
    pub worst: Severity,
    /// How many have it.
    pub n_worst: u32,
    /// Counts by severity.
    pub severity: SeverityCounts,
    /// Counts by hazard.
    pub hazard: HazardCounts,
    /// The newest `observed_at` inside.
    pub newest: Timestamp,
    /// The least zoom at which it comes apart; one more than the deepest if it never does.
    pub expansion_zoom: u8,
    /// The report itself, when `n` is 1.
    pub report: Option<ReportId>,
}
