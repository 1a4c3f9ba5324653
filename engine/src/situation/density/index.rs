//! From ids to where the points lie.

use hashbrown::HashTable;

use super::grid::mixed;
use super::{Point, PointId};

/// Every point of the cells, as it lies there. Never walked, so its order reaches nothing.
#[derive(Debug, Default, Clone)]
pub(super) struct Index(HashTable<Point>);

/// Ids that follow each other, as those of one time do, lie side by side.
fn hash(id: PointId) -> u64 {
    let mixed = mixed(id.0 >> 4);
    (mixed & !0xf) | (id.0 & 0xf)
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.0.reserve(more, |point| hash(point.id));
    }

    pub(super) fn find(&self, id: PointId) -> Option<Point> {
        self.0.find(hash(id), |point| point.id == id).copied()
    }

    /// Enters a point whose id is not there.
    pub(super) fn add(&mut self, point: Point) {
        self.0.insert_unique(hash(point.id), point, |point| hash(point.id));
    }

    /// Enters the point, or takes the one of this id out; gives the one that was there.
    pub(super) fn set(&mut self, id: PointId, point: Option<Point>) -> Option<Point> {
        match (self.0.find_entry(hash(id), |other| other.id == id), point) {
            (Ok(mut entry), Some(point)) => Some(std::mem::replace(entry.get_mut(), point)),
            (Ok(entry), None) => Some(entry.remove().0),
            (Err(_), Some(point)) => {
                self.add(point);
                None
            }
            (Err(_), None) => None,
        }
    }
}
