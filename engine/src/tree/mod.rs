//! The additive pyramid of one window: a quadtree over Morton keys whose shape and sums depend only on its members.
//!
//! A node with at most [`BUCKET`] members is a plain list of them; above that it has up to four quarters and the sums
//! of everything below. Entering adds, leaving subtracts, all in integers, so any history of the same members ends in
//! the same tree: incremental = rebuilt, bit for bit. At the deepest level members that fall together stay together.
//! Whoever changes a dot takes it out first and puts it back after: the sums hold what the dot said on entering.

mod ahead;
mod build;
mod cells;
mod clumps;
mod count;
mod leaf;
mod merge;
mod rounds;
mod sums;

use std::collections::BTreeSet;

use wire::geo::Mercator;
use wire::grade::{Hazard, Severity};
use wire::time::Timestamp;

use crate::morton::{DEPTH, key, quarter};
use leaf::Leaf;
use sums::Sums;

pub(crate) use ahead::{AHEAD, fetch};
pub(crate) use build::{Sorted, sort};
pub(crate) use clumps::{Clump, Room};
#[cfg(test)]
pub(crate) use merge::REACH_PX;

/// Members a node holds as a plain list: where scanning them costs about as much as one more node.
pub(crate) const BUCKET: usize = 32;

/// No node there.
const NONE: u32 = u32::MAX;

/// The root's place in the arena.
const ROOT: u32 = 0;

/// The number of a report in the slab.
pub(crate) type Slot = u32;

/// What the pyramid needs to know of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dot {
    /// Where it is drawn; meaningless when not `placed`.
    pub(crate) at: Mercator,
    pub(crate) observed_at: Timestamp,
    pub(crate) hazard: Hazard,
    pub(crate) severity: Severity,
    /// The windows it is in, one bit each.
    pub(crate) windows: u8,
    pub(crate) placed: bool,
}

/// A report in a list: all that reading needs, side by side, so that a list is read without a look at the slab.
#[derive(Debug, Clone, Copy)]
struct Member {
    /// The key of `at`: a list is read by it more often than it is written.
    key: u64,
    at: Mercator,
    observed_at: Timestamp,
    slot: Slot,
    hazard: Hazard,
    severity: Severity,
}

impl Member {
    fn new(slot: Slot, dot: &Dot) -> Self {
        let Dot { at, observed_at, hazard, severity, .. } = *dot;
        Self { key: key(at), at, observed_at, slot, hazard, severity }
    }

    /// Where it stands in a list.
    fn order(&self) -> (u64, Slot) {
        (self.key, self.slot)
    }
}

/// One node of the arena.
#[derive(Debug, Clone)]
enum Node {
    /// At most [`BUCKET`] members.
    Leaf(Leaf),
    /// More than that, in quarters.
    Inner { quarters: [u32; 4], sums: Sums },
    /// More than that at the deepest level, ordered so that the newest of a hazard is found at once.
    Deep { members: BTreeSet<(Hazard, Timestamp, Slot)>, sums: Sums },
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    free: Vec<u32>,
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self { nodes: vec![Node::Leaf(Leaf::EMPTY)], free: Vec::new() }
    }

    /// Puts a dot in.
    pub(crate) fn insert(&mut self, slot: Slot, dots: &[Dot]) {
        let dot = &dots[slot as usize];
        let key = key(dot.at);
        let (mut node, mut level) = (ROOT, 0);
        loop {
            match &mut self.nodes[node as usize] {
                Node::Inner { quarters, sums } => {
                    sums.add(dot);
                    level += 1;
                    let quarter = quarter(key, level);
                    if quarters[quarter] == NONE {
                        let leaf = Leaf::of(vec![Member::new(slot, dot)], level);
                        let leaf = self.place(Node::Leaf(leaf));
                        if let Node::Inner { quarters, .. } = &mut self.nodes[node as usize] {
                            quarters[quarter] = leaf;
                        }
                        return;
                    }
                    node = quarters[quarter];
                }
                Node::Leaf(leaf) => {
                    leaf.insert(Member::new(slot, dot), level);
                    if leaf.len() > BUCKET {
                        let leaf = std::mem::replace(leaf, Leaf::EMPTY);
                        self.nodes[node as usize] = self.grown(&leaf, level);
                    }
                    return;
                }
                Node::Deep { members, sums } => {
                    sums.add(dot);
                    members.insert((dot.hazard, dot.observed_at, slot));
                    return;
                }
            }
        }
    }

    /// The node for more than a bucket of members, which are in order.
    fn grown(&mut self, members: &[Member], level: u8) -> Node {
        let sums = Sums::of(members.iter());
        if level == DEPTH {
            let ordered = members.iter().map(|m| (m.hazard, m.observed_at, m.slot));
            return Node::Deep { members: ordered.collect(), sums };
        }
        let mut quarters = [NONE; 4];
        let side = |member: &Member| quarter(member.key, level + 1);
        for part in members.chunk_by(|a, b| side(a) == side(b)) {
            let node = if part.len() > BUCKET {
                self.grown(part, level + 1)
            } else {
                Node::Leaf(Leaf::of(part.to_vec(), level + 1))
            };
            quarters[side(&part[0])] = self.place(node);
        }
        Node::Inner { quarters, sums }
    }

    /// Takes a dot out. It must be in, and say what it said on entering.
    pub(crate) fn remove(&mut self, slot: Slot, dots: &[Dot]) {
        let dot = &dots[slot as usize];
        let key = key(dot.at);
        let mut path = [NONE; DEPTH as usize + 1];
        let (mut node, mut level) = (ROOT, 0usize);
        loop {
            path[level] = node;
            match &mut self.nodes[node as usize] {
                Node::Inner { quarters, sums } => {
                    sums.subtract(dot);
                    if sums.n() as usize <= BUCKET {
                        let quarters = *quarters;
                        let mut members = Vec::with_capacity(BUCKET + 1);
                        for quarter in quarters {
                            self.dissolve(quarter, dots, &mut members);
                        }
                        members.retain(|member| member.slot != slot);
                        self.nodes[node as usize] = Node::Leaf(Leaf::of(members, level as u8));
                        break;
                    }
                    level += 1;
                    node = quarters[quarter(key, level as u8)];
                    if node == NONE {
                        // Not in: only a broken caller gets here, and nothing may be read past the arena.
                        debug_assert!(false, "a dot that is not in was taken out");
                        return;
                    }
                }
                Node::Leaf(leaf) => {
                    leaf.remove(slot, level as u8);
                    if leaf.is_empty() && level > 0 {
                        self.release(node);
                        let quarter = quarter(key, level as u8);
                        if let Node::Inner { quarters, .. } =
                            &mut self.nodes[path[level - 1] as usize]
                        {
                            quarters[quarter] = NONE;
                        }
                    }
                    break;
                }
                Node::Deep { members, sums } => {
                    sums.subtract(dot);
                    members.remove(&(dot.hazard, dot.observed_at, slot));
                    if members.len() <= BUCKET {
                        let leaf = Leaf::of(listed(members, dots), level as u8);
                        self.nodes[node as usize] = Node::Leaf(leaf);
                    } else {
                        let newest = newest_of(members, dot.hazard);
                        sums.set_newest(dot.hazard, newest);
                    }
                    break;
                }
            }
        }
        self.mend_newest(&path[..level], dot);
    }

    /// After a removal: where the removed dot was the newest, the next newest takes its place, from below upwards.
    fn mend_newest(&mut self, path: &[u32], gone: &Dot) {
        for node in path.iter().rev() {
            let Node::Inner { quarters, sums } = &self.nodes[*node as usize] else { continue };
            match sums.newest(gone.hazard) {
                // The last of its hazard here, but perhaps not above.
                None => continue,
                Some(newest) if newest == gone.observed_at => {}
                // A newer one is left here, so it stands for every node above as well.
                Some(_) => return,
            }
            let newest = quarters
                .iter()
                .filter(|quarter| **quarter != NONE)
                .filter_map(|quarter| match &self.nodes[*quarter as usize] {
                    Node::Leaf(members) => members
                        .iter()
                        .filter(|member| member.hazard == gone.hazard)
                        .map(|member| member.observed_at)
                        .max(),
                    Node::Inner { sums, .. } | Node::Deep { sums, .. } => sums.newest(gone.hazard),
                })
                .max();
            if let Node::Inner { sums, .. } = &mut self.nodes[*node as usize] {
                sums.set_newest(gone.hazard, newest);
            }
        }
    }

    /// Frees a subtree, keeping its members in order.
    fn dissolve(&mut self, node: u32, dots: &[Dot], into: &mut Vec<Member>) {
        if node == NONE {
            return;
        }
        match self.release(node) {
            Node::Leaf(leaf) => into.extend(leaf.into_members()),
            Node::Deep { members, .. } => into.extend(listed(&members, dots)),
            Node::Inner { quarters, .. } => {
                for quarter in quarters {
                    self.dissolve(quarter, dots, into);
                }
            }
        }
    }

    fn place(&mut self, node: Node) -> u32 {
        if let Some(index) = self.free.pop() {
            self.nodes[index as usize] = node;
            return index;
        }
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    fn release(&mut self, node: u32) -> Node {
        self.free.push(node);
        std::mem::replace(&mut self.nodes[node as usize], Node::Leaf(Leaf::EMPTY))
    }

    /// Bytes of heap in use, for the figures.
    pub(crate) fn heap_bytes(&self) -> usize {
        let own = self.nodes.capacity() * size_of::<Node>() + self.free.capacity() * 4;
        let below = self.nodes.iter().map(|node| match node {
            Node::Leaf(leaf) => leaf.heap_bytes(),
            Node::Inner { sums, .. } => sums.heap_bytes(),
            Node::Deep { members, sums } => members.len() * 24 + sums.heap_bytes(),
        });
        own + below.sum::<usize>()
    }

    /// The shape and every sum in one canonical order, for tests: equal trees and only they dump equal.
    #[cfg(test)]
    pub(crate) fn dump(&self, id: &dyn Fn(Slot) -> u128, out: &mut String) {
        self.dump_node(ROOT, id, out);
    }

    #[cfg(test)]
    fn dump_node(&self, node: u32, id: &dyn Fn(Slot) -> u128, out: &mut String) {
        use std::fmt::Write as _;
        if node == NONE {
            out.push('-');
            return;
        }
        let sorted = |members: &mut dyn Iterator<Item = Slot>| {
            let mut ids: Vec<u128> = members.map(id).collect();
            ids.sort_unstable();
            ids
        };
        match &self.nodes[node as usize] {
            Node::Leaf(leaf) => {
                let ids = sorted(&mut leaf.iter().map(|member| member.slot));
                let _ = write!(out, "L{ids:?}{:?}", leaf.held());
            }
            Node::Deep { members, sums } => {
                let ids = sorted(&mut members.iter().map(|(_, _, slot)| *slot));
                let _ = write!(out, "D{ids:?}{sums:?}");
            }
            Node::Inner { quarters, sums } => {
                let _ = write!(out, "I{sums:?}(");
                for quarter in quarters {
                    self.dump_node(*quarter, id, out);
                }
                out.push(')');
            }
        }
    }
}

/// The members of the deepest level as a list: they share their key, so slots alone order them.
fn listed(members: &BTreeSet<(Hazard, Timestamp, Slot)>, dots: &[Dot]) -> Vec<Member> {
    let member =
        |(_, _, slot): &(Hazard, Timestamp, Slot)| Member::new(*slot, &dots[*slot as usize]);
    let mut list: Vec<Member> = members.iter().map(member).collect();
    list.sort_unstable_by_key(|member| member.slot);
    list
}

/// The newest of a hazard in an ordered set.
fn newest_of(members: &BTreeSet<(Hazard, Timestamp, Slot)>, hazard: Hazard) -> Option<Timestamp> {
    let all = (hazard, Timestamp(i64::MIN), 0)..=(hazard, Timestamp(i64::MAX), Slot::MAX);
    members.range(all).next_back().map(|(_, newest, _)| *newest)
}
