//! What was last known of a situation, for when none of its reports is live any more.

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::grade::{Hazard, Severity};

use crate::report::{COARSE_RADIUS_M, coarse, from_coarse};

/// See the module. The place is kept to about a kilometre only: a finer one belongs to reports, and goes with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastSeen {
    pub(crate) hazard: Hazard,
    /// The worst that was ever weighed.
    pub(crate) worst: Severity,
    near: (i16, i16),
    radius_m: u32,
}

impl LastSeen {
    pub(crate) fn new(hazard: Hazard, severity: Severity, at: LngLat, radius_m: u32) -> Self {
        Self { hazard, worst: severity, near: coarse(at), radius_m }
    }

    /// The same after more was seen.
    pub(crate) fn and(self, newer: Self) -> Self {
        Self { worst: self.worst.min(newer.worst), ..newer }
    }

    /// About where it was, and how far from there at most.
    pub(crate) fn place(&self) -> (Option<LngLat>, u32) {
        (from_coarse(self.near), self.radius_m.max(COARSE_RADIUS_M))
    }
}
