//! All zones of a room, and which of them cover a place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use wire::geo::LngLat;

use super::index::Index;
use super::limits::ZONES_MAX;
use super::{Flaw, Zone, ZoneId};

/// The zones by number, with the cells that find them.
///
/// What is saved of it are the zones; the cells are made anew.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "BTreeMap<ZoneId, Zone>")]
pub struct Zones {
    zones: BTreeMap<ZoneId, Zone>,
    index: Index,
}

impl Serialize for Zones {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.zones.serialize(to)
    }
}

impl PartialEq for Zones {
    fn eq(&self, other: &Self) -> bool {
        self.zones == other.zones
    }
}

impl From<BTreeMap<ZoneId, Zone>> for Zones {
    fn from(zones: BTreeMap<ZoneId, Zone>) -> Self {
        let mut index = Index::default();
        for (id, zone) in &zones {
            index.insert(*id, zone);
        }
        Self { zones, index }
    }
}

impl Zones {
    /// Sets a zone, in place of the one with this number if there is one; otherwise says all that is wrong with it, and changes
    /// nothing.
    pub fn set(&mut self, id: ZoneId, zone: Zone) -> Result<(), Vec<Flaw>> {
        zone.check()?;
        if !self.zones.contains_key(&id) && self.zones.len() >= ZONES_MAX {
            let remedy = format!("there are {ZONES_MAX} zones already: remove one first");
            return Err(vec![Flaw { field: "id".to_owned(), remedy }]);
        }
        self.remove(id);
        self.index.insert(id, &zone);
        self.zones.insert(id, zone);
        Ok(())
    }

    /// Removes a zone and gives it back.
    pub fn remove(&mut self, id: ZoneId) -> Option<Zone> {
        let zone = self.zones.remove(&id)?;
        self.index.remove(id, &zone);
        Some(zone)
    }

    /// A zone.
    pub fn zone(&self, id: ZoneId) -> Option<&Zone> {
        self.zones.get(&id)
    }

    /// All zones, by number.
    pub fn iter(&self) -> impl Iterator<Item = (ZoneId, &Zone)> {
        self.zones.iter().map(|(id, zone)| (*id, zone))
    }

    /// How many zones there are.
    pub fn n_zones(&self) -> usize {
        self.zones.len()
    }

    /// Fills `hits` with the zones that cover a place, by number: edges and corners belong to a zone, the inside of a hole does not.
    pub fn at(&self, place: LngLat, hits: &mut Vec<ZoneId>) {
        hits.clear();
        let (x, y) = place.e7();
        self.index.find(x, y, hits);
        hits.sort_unstable();
    }
}
