//! Where an address or a picture was seen before: asked when somebody pastes a link, and found by going through what is held.

use wire::id::ReportId;
use wire::time::Timestamp;

use super::World;
use crate::dedupe::address;

/// A report that has the same address, or goes back to the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Which.
    pub id: ReportId,
    /// The picture is the same, whatever the address.
    pub is_picture: bool,
    /// When it was received.
    pub received_at: Timestamp,
}

impl World {
    /// The reports of an address, or with this origin, the newest first.
    pub fn published(&self, url: &str, origin: Option<&str>) -> Vec<Published> {
        let wanted = address(url);
        let held = self.by_seq.values().rev().map(|slot| &self.records[*slot as usize]);
        held.filter_map(|record| {
            let is_picture = origin.is_some() && record.origin() == origin;
            let is_there = wanted.is_some() && record.url().and_then(address) == wanted;
            (is_picture || is_there).then_some(Published {
                id: record.id,
                is_picture: is_picture && !is_there,
                received_at: record.recorded_at,
            })
        })
        .collect()
    }
}
