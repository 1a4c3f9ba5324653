//! From ids to where the points lie.

use hashbrown::HashTable;

use super::grid::mixed;
use super::{Point, PointId};

/// Every point of the cells, as it lies there. Never walked, so its order reaches nothing.
#[derive(Debug, Default, Clone)]
pub(super) struct Index(HashTable<Point>);

impl Index {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.0.reserve(more, |point| mixed(point.id.0));
    }

    pub(super) fn find(&self, id: PointId) -> Option<Point> {
        self.0.find(mixed(id.0), |point| point.id == id).copied()
    }

    /// Enters the point, or takes the one of this id out; gives the one that was there.
    pub(super) fn set(&mut self, id: PointId, point: Option<Point>) -> Option<Point> {
        match (self.0.find_entry(mixed(id.0), |other| other.id == id), point) {
            (Ok(mut entry), Some(point)) => Some(std::mem::replace(entry.get_mut(), point)),
            (Ok(entry), None) => Some(entry.remove().0),
            (Err(_), Some(point)) => {
                self.0.insert_unique(mixed(id.0), point, |point| mixed(point.id.0));
                None
            }
            (Err(_), None) => None,
        }
    }
}
