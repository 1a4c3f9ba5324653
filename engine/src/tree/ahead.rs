//! Looking ahead: what a dot is about to touch is fetched from memory, in several trees side by side.
//!
//! In a large World every node below the first few is waited for, and a way down waits for one after the other. The ways
//! of one dot through the trees of its windows, or of several dots that leave one, have nothing to do with each other: gone
//! down together they wait together.

use super::{Dot, NONE, Node, ROOT, Tree};
use crate::morton::{DEPTH, key, quarter};

/// Ways that are gone down together: about as many as a processor waits for at once.
pub(crate) const AHEAD: usize = 8;

/// Where one way stands.
#[derive(Clone, Copy)]
struct Way<'a> {
    tree: &'a Tree,
    dot: &'a Dot,
    key: u64,
    node: u32,
}

impl Way<'_> {
    /// One level further down; reads something of what changing the node would touch.
    fn step(&mut self, level: u8) -> u64 {
        match &self.tree.nodes[self.node as usize] {
            Node::Inner { quarters, sums } => {
                self.node = quarters[quarter(self.key, level)];
                sums.fetch_of(self.dot.hazard)
            }
            Node::Leaf(members) => {
                self.node = NONE;
                // Two of them lie in one line of the cache.
                members.iter().step_by(2).fold(0, |fetched, member| fetched ^ member.key)
            }
            Node::Deep { sums, .. } => {
                self.node = NONE;
                sums.fetch_of(self.dot.hazard)
            }
        }
    }
}

/// Fetches what up to [`AHEAD`] dots will touch, each in its tree; more than that are left alone.
pub(crate) fn fetch<'a>(dots: impl Iterator<Item = (&'a Tree, &'a Dot)>) {
    let mut ways: [Option<Way<'a>>; AHEAD] = [None; AHEAD];
    for (way, (tree, dot)) in ways.iter_mut().zip(dots) {
        *way = Some(Way { tree, dot, key: key(dot.at), node: ROOT });
    }
    let mut fetched = 0;
    for level in 1..=DEPTH {
        let mut is_done = true;
        for way in &mut ways {
            let Some(open) = way else { continue };
            fetched ^= open.step(level);
            if open.node == NONE {
                *way = None;
            }
            is_done = false;
        }
        if is_done {
            break;
        }
    }
    std::hint::black_box(fetched);
}
