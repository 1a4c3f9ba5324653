//! Counting: what lies in a view's tiles and, by a walk of its own, what lies outside them.

use wire::grade::HazardSet;
use wire::tile::{TileCover, TileId};

use super::{Member, NONE, Node, ROOT, Slot, Tree};
use crate::morton::{DEPTH, cell, prefix, quarter};

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
    pub(super) fn count_node(&self, node: u32, hazards: HazardSet) -> u32 {
        match &self.nodes[node as usize] {
            Node::Leaf(members) if hazards == HazardSet::ALL => members.len() as u32,
            Node::Leaf(members) => {
                members.iter().filter(|member| hazards.contains(member.hazard)).count() as u32
            }
            Node::Inner { sums, .. } | Node::Deep { sums, .. } => sums.count(hazards),
        }
    }

    /// How many pass the filter in one tile.
    pub(crate) fn count_tile(&self, hazards: HazardSet, tile: TileId) -> u64 {
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
                        .filter(|member| hazards.contains(member.hazard))
                        .filter(|member| prefix(member.key, tile.z) == tile_key)
                        .count() as u64;
                }
                Node::Deep { .. } => return 0,
            }
        }
        u64::from(self.count_node(node, hazards))
    }

    /// How many pass the filter outside the cover: a walk of its own over the complement.
    pub(crate) fn count_outside(&self, hazards: HazardSet, cover: &TileCover) -> u64 {
        self.outside(ROOT, (0, 0), 0, hazards, cover)
    }

    fn outside(
        &self,
        node: u32,
        (x, y): (u32, u32),
        level: u8,
        hazards: HazardSet,
        cover: &TileCover,
    ) -> u64 {
        match overlap(cover, x, y, level) {
            Overlap::Inside => 0,
            Overlap::Outside => u64::from(self.count_node(node, hazards)),
            Overlap::Partly => match &self.nodes[node as usize] {
                Node::Leaf(members) => members
                    .iter()
                    .filter(|member| hazards.contains(member.hazard))
                    .filter(|member| !cover.contains(TileId::of(member.at, cover.z)))
                    .count() as u64,
                Node::Inner { quarters, .. } => (0u32..)
                    .zip(quarters)
                    .filter(|(_, kid)| **kid != NONE)
                    .map(|(quarter, kid)| {
                        let at = (x << 1 | (quarter & 1), y << 1 | (quarter >> 1));
                        self.outside(*kid, at, level + 1, hazards, cover)
                    })
                    .sum(),
                // Deeper than any tile, so never only partly in one.
                Node::Deep { .. } => 0,
            },
        }
    }

    /// Every member of a tile that passes the filter, in no order.
    pub(crate) fn members_of_tile(&self, hazards: HazardSet, tile: TileId, into: &mut Vec<Slot>) {
        let tile_key = cell(tile.x, tile.y);
        let aim = tile_key << (2 * (DEPTH - tile.z));
        let (mut node, mut level) = (ROOT, 0);
        while level < tile.z {
            match &self.nodes[node as usize] {
                Node::Inner { quarters, .. } => {
                    level += 1;
                    node = quarters[quarter(aim, level)];
                    if node == NONE {
                        return;
                    }
                }
                Node::Leaf(members) => {
                    let inside = |member: &&Member| {
                        hazards.contains(member.hazard) && prefix(member.key, tile.z) == tile_key
                    };
                    into.extend(members.iter().filter(inside).map(|member| member.slot));
                    return;
                }
                Node::Deep { .. } => return,
            }
        }
        self.gather(node, hazards, into);
    }

    /// Every member of a node that passes the filter, in no order.
    pub(super) fn gather(&self, node: u32, hazards: HazardSet, into: &mut Vec<Slot>) {
        match &self.nodes[node as usize] {
            Node::Leaf(members) => into.extend(
                members.iter().filter(|member| hazards.contains(member.hazard)).map(|m| m.slot),
            ),
            Node::Deep { members, .. } => into.extend(
                members.iter().filter(|(hazard, _, _)| hazards.contains(*hazard)).map(|m| m.2),
            ),
            Node::Inner { quarters, .. } => {
                for quarter in quarters.iter().filter(|quarter| **quarter != NONE) {
                    self.gather(*quarter, hazards, into);
                }
            }
        }
    }
}
