//! What comes and goes in a tick, in an order that does not depend on arrival.

use super::index::Index;
use super::{Point, PointId, Rule, square};

/// What is asked for since the last tick: the points to be, or none.
#[derive(Debug, Default, Clone)]
pub(super) struct Pending(Vec<(PointId, Option<Point>)>);

/// A point that comes or goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// The key of its square.
    pub(super) key: u64,
    pub(super) point: Point,
    pub(super) comes: bool,
}

impl Step {
    /// What it adds to the weight of its spot.
    pub(super) fn weight(&self) -> i32 {
        let weight = i32::from(self.point.weight);
        if self.comes { weight } else { -weight }
    }
}

impl Pending {
    pub(super) fn reserve(&mut self, more: usize) {
        self.0.reserve(more);
    }

    pub(super) fn insert(&mut self, point: Point) {
        self.0.push((point.id, Some(point)));
    }

    pub(super) fn remove(&mut self, id: PointId) {
        self.0.push((id, None));
    }

    /// What of it changes anything, square by square, in the order of the members; enters it in the index.
    pub(super) fn steps(&mut self, rule: Rule, index: &mut Index) -> Vec<Step> {
        // A stable sort keeps what was asked last of an id at the end of its row.
        let mut asked = std::mem::take(&mut self.0);
        asked.sort_by_key(|(id, _)| *id);
        let mut steps = Vec::with_capacity(asked.len());
        let mut step = |point: Point, comes: bool| {
            let key = square(point.spot, rule.side()).key();
            steps.push(Step { key, point, comes });
        };
        let is_first = index.len() == 0;
        if is_first {
            index.reserve(asked.len());
        }
        for (i, (id, point)) in asked.iter().enumerate() {
            if asked.get(i + 1).is_some_and(|(next, _)| next == id) {
                continue;
            }
            let before = if is_first {
                if let Some(point) = point {
                    index.add(*point);
                }
                None
            } else {
                index.set(*id, *point)
            };
            if before == *point {
                continue;
            }
            if let Some(point) = before {
                step(point, false);
            }
            if let Some(point) = point {
                step(*point, true);
            }
        }
        ordered(&steps)
    }
}

/// The steps by squares, and in each in the order of the members. Keys alone are sorted first: they are small.
fn ordered(steps: &[Step]) -> Vec<Step> {
    let mut keys: Vec<(u64, u32)> = steps.iter().map(|step| step.key).zip(0..).collect();
    keys.sort_unstable();
    let mut ordered: Vec<Step> = keys.iter().map(|(_, at)| steps[*at as usize]).collect();
    for row in ordered.chunk_by_mut(|a, b| a.key == b.key) {
        // What goes before what comes: a point may do both on one spot, when its weight changes.
        row.sort_unstable_by_key(|step| (step.point.spot, step.point.id, step.comes));
    }
    ordered
}
