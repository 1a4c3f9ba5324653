//! What the tests of formats share: a room that holds nothing, and a moment.

use wire::report::ReportFeature;
use wire::time::Timestamp;

use super::Held;

/// 2026-11-23T10:00:00Z.
pub(super) const NOW: Timestamp = Timestamp(1_795_428_000_000);

/// Holds nothing.
pub(super) struct Nobody;

pub(super) const NOBODY: Nobody = Nobody;

impl Held for Nobody {
    fn report(&self, _id: &str) -> Option<ReportFeature> {
        None
    }
}
