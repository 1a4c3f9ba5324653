//! Counting: what lies in a view's tiles and, by a walk of its own, what lies outside them.

use wire::grade::HazardSet;
use wire::tile::{TileCover, TileId};

use super::{Dot, NONE, Node, ROOT, Slot, Tree};
use crate::morton::{DEPTH, cell, key, prefix, quarter};

/// How a node lies to a cover.
enum Overlap {
    Outside,
    Inside,
    Partly,
}

/// How the square with column `x` and row `y` at `level` lies to the cover.
fn overlap(cover: &TileCover, x: u32, y: u32, level: u8) -> Overlap {
    if level >= cover.z {
        let up = level - cover.z;
        return if cover.contains(TileId { z: cover.z, x: x >> up, y: y >> up }) {
            Overlap::Inside
        } else {
            Overlap::Outside
        };
    }
    let down = cover.z - level;
    let (x0, x1) = (x << down, (x << down) + (1 << down) - 1);
    let (y0, y1) = (y << down, (y << down) + (1 << down) - 1);
    if y1 < cover.y_first || y0 > cover.y_last {
        return Overlap::Outside;
    }
    let rows_inside = y0 >= cover.y_first && y1 <= cover.y_last;
    let meets = |first: u32, last: u32| x1 >= first && x0 <= last;
    let within = |first: u32, last: u32| x0 >= first && x1 <= last;
    let edge = (1 << cover.z) - 1;
    let (some, all) = if cover.x_first <= cover.x_last {
        (meets(cover.x_first, cover.x_last), within(cover.x_first, cover.x_last))
    } else {
        (
            meets(cover.x_first, edge) || meets(0, cover.x_last),
            within(cover.x_first, edge) || within(0, cover.x_last),
        )
    };
    match (some, all && rows_inside) {
        (false, _) => Overlap::Outside,
        (true, true) => Overlap::Inside,
        (true, false) => Overlap::Partly,
    }
}

impl Tree {
    /// Members of one node that pass the filter.
    pub(super) fn count_node(&self, node: u32, dots: &[Dot], hazards: HazardSet) -> u32 {
        match &self.nodes[node as usize] {
            Node::Leaf(members) if hazards == HazardSet::ALL => members.len() as u32,
            Node::Leaf(members) => {
                members.iter().filter(|slot| hazards.contains(dots[**slot as usize].hazard)).count()
                    as u32
            }
            Node::Inner { sums, .. } | Node::Deep { sums, .. } => sums.count(hazards),
        }
    }

    /// How many pass the filter in one tile.
    pub(crate) fn count_tile(&self, dots: &[Dot], hazards: HazardSet, tile: TileId) -> u64 {
        let tile_key = cell(tile.x, tile.y);
        let aim = tile_key << (2 * (DEPTH - tile.z));
        let (mut node, mut level) = (ROOT, 0);
        while level < tile.z {
            match &self.nodes[node as usize] {
                Node::Inner { quarters, .. } => {
                    level += 1;
                    node = quarters[quarter(aim, level)];
                    if node == NONE {
                        return 0;
                    }
                }
                Node::Leaf(members) => {
                    return members
                        .iter()
                        .map(|slot| &dots[*slot as usize])
                        .filter(|dot| hazards.contains(dot.hazard))
                        .filter(|dot| prefix(key(dot.at), tile.z) == tile_key)
                        .count() as u64;
                }
                Node::Deep { .. } => return 0,
            }
        }
        u64::from(self.count_node(node, dots, hazards))
    }

    /// How many pass the filter outside the cover: a walk of its own over the complement.
    pub(crate) fn count_outside(&self, dots: &[Dot], hazards: HazardSet, cover: &TileCover) -> u64 {
        self.outside(ROOT, (0, 0), 0, dots, hazards, cover)
    }

    fn outside(
        &self,
        node: u32,
        (x, y): (u32, u32),
        level: u8,
        dots: &[Dot],
        hazards: HazardSet,
        cover: &TileCover,
    ) -> u64 {
        match overlap(cover, x, y, level) {
            Overlap::Inside => 0,
            Overlap::Outside => u64::from(self.count_node(node, dots, hazards)),
            Overlap::Partly => match &self.nodes[node as usize] {
                Node::Leaf(members) => members
                    .iter()
                    .map(|slot| &dots[*slot as usize])
                    .filter(|dot| hazards.contains(dot.hazard))
                    .filter(|dot| !cover.contains(TileId::of(dot.at, cover.z)))
                    .count() as u64,
                Node::Inner { quarters, .. } => (0u32..)
                    .zip(quarters)
                    .filter(|(_, kid)| **kid != NONE)
                    .map(|(quarter, kid)| {
                        let at = (x << 1 | (quarter & 1), y << 1 | (quarter >> 1));
                        self.outside(*kid, at, level + 1, dots, hazards, cover)
                    })
                    .sum(),
                // Deeper than any tile, so never only partly in one.
                Node::Deep { .. } => 0,
            },
        }
    }

    /// Every member of a tile that passes the filter, in no order.
    pub(crate) fn members_of_tile(
        &self,
        dots: &[Dot],
        hazards: HazardSet,
        tile: TileId,
        into: &mut Vec<Slot>,
    ) {
        let tile_key = cell(tile.x, tile.y);
        let aim = tile_key << (2 * (DEPTH - tile.z));
        let (mut node, mut level) = (ROOT, 0);
        while let Node::Inner { quarters, .. } = &self.nodes[node as usize] {
            if level == tile.z {
                break;
            }
            level += 1;
            node = quarters[quarter(aim, level)];
            if node == NONE {
                return;
            }
        }
        self.gather(node, &mut |slot| {
            let dot = &dots[slot as usize];
            if hazards.contains(dot.hazard) && prefix(key(dot.at), tile.z) == tile_key {
                into.push(slot);
            }
        });
    }

    fn gather(&self, node: u32, each: &mut dyn FnMut(Slot)) {
        match &self.nodes[node as usize] {
            Node::Leaf(members) => members.iter().for_each(|slot| each(*slot)),
            Node::Deep { members, .. } => members.iter().for_each(|(_, _, slot)| each(*slot)),
            Node::Inner { quarters, .. } => {
                for quarter in quarters.iter().filter(|quarter| **quarter != NONE) {
                    self.gather(*quarter, each);
                }
            }
        }
    }
}
