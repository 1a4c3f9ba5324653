//! Building a tree at once: one radix sort by Morton key, then quarters and sums from below.

use super::leaf::Leaf;
use super::sums::{Adder, Sums};
use super::{BUCKET, Dot, Member, NONE, Node, Slot, Tree};
use crate::morton::{DEPTH, key, prefix};

/// A dot beside its key, in the order of keys: read once from the slab, then walked in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sorted {
    key: u64,
    slot: Slot,
    pub(crate) dot: Dot,
}

/// Bits of a radix pass: 2,048 counters stay in the nearest cache.
const RADIX_BITS: u32 = 11;
const DIGITS: usize = 1 << RADIX_BITS;
const PASSES: usize = (2 * DEPTH as usize).div_ceil(RADIX_BITS as usize);

/// Bits left beside a key in 64: up to a million slots sort as plain numbers, half the bytes to move.
const SLOT_BITS: u32 = 64 - 2 * DEPTH as u32;

/// Every placed dot, ordered by key.
pub(crate) fn sort(dots: &[Dot], slots: impl Iterator<Item = Slot>) -> Vec<Sorted> {
    let placed = slots.filter(|slot| dots[*slot as usize].placed);
    let keyed = placed.map(|slot| (key(dots[slot as usize].at), slot));
    let beside = |(key, slot): (u64, Slot)| Sorted { key, slot, dot: dots[slot as usize] };
    if dots.len() <= 1 << SLOT_BITS {
        let packed = keyed.map(|(key, slot)| key << SLOT_BITS | u64::from(slot)).collect();
        let unpack = |packed: u64| (packed >> SLOT_BITS, (packed & ((1 << SLOT_BITS) - 1)) as Slot);
        let sorted = radix(packed, |packed| packed >> SLOT_BITS);
        sorted.into_iter().map(unpack).map(beside).collect()
    } else {
        radix(keyed.collect(), |(key, _)| key).into_iter().map(beside).collect()
    }
}

/// Sorts by a key of twice [`DEPTH`] bits, the least digit first.
fn radix<T: Copy>(mut items: Vec<T>, key: impl Fn(T) -> u64) -> Vec<T> {
    let digit =
        |item: T, pass: usize| (key(item) >> (RADIX_BITS * pass as u32)) as usize & (DIGITS - 1);
    let mut starts = vec![[0u32; DIGITS]; PASSES];
    for item in &items {
        for (pass, starts) in starts.iter_mut().enumerate() {
            starts[digit(*item, pass)] += 1;
        }
    }
    let mut spare = items.clone();
    for (pass, starts) in starts.iter_mut().enumerate() {
        let mut sum = 0;
        for start in starts.iter_mut() {
            let n = *start;
            *start = sum;
            sum += n;
        }
        for item in &items {
            let start = &mut starts[digit(*item, pass)];
            spare[*start as usize] = *item;
            *start += 1;
        }
        std::mem::swap(&mut items, &mut spare);
    }
    items
}

impl Tree {
    /// The tree of dots in the order of [`sort`]. The same tree as inserting them one by one.
    pub(crate) fn build(sorted: &[Sorted]) -> Self {
        let mut tree = Self { nodes: Vec::with_capacity(sorted.len() / 8 + 1), free: Vec::new() };
        // The root's place, whatever it becomes.
        tree.nodes.push(Node::Leaf(Leaf::EMPTY));
        let root = tree.built(sorted, 0);
        tree.nodes[0] = root;
        tree
    }

    fn built(&mut self, sorted: &[Sorted], level: u8) -> Node {
        if sorted.len() <= BUCKET {
            let member = |item: &Sorted| Member::new(item.slot, &item.dot);
            return Node::Leaf(Leaf::of(sorted.iter().map(member).collect(), level));
        }
        if level == DEPTH {
            let ordered =
                sorted.iter().map(|item| (item.dot.hazard, item.dot.observed_at, item.slot));
            let members: Vec<Member> =
                sorted.iter().map(|item| Member::new(item.slot, &item.dot)).collect();
            let sums = Sums::of(members.iter());
            return Node::Deep { members: ordered.collect(), sums };
        }
        // The quarters lie side by side in the arena: whoever reads one reads the others too.
        let mut quarters = [NONE; 4];
        let mut parts = [&sorted[..0]; 4];
        let mut rest = sorted;
        let first = prefix(sorted[0].key, level) << 2;
        for (quarter, part) in parts.iter_mut().enumerate() {
            let here = first | quarter as u64;
            let end = rest.partition_point(|item| prefix(item.key, level + 1) <= here);
            (*part, rest) = rest.split_at(end);
            if !part.is_empty() {
                quarters[quarter] = self.place(Node::Leaf(Leaf::EMPTY));
            }
        }
        let mut adder = Adder::new();
        for (part, place) in parts.into_iter().zip(quarters).filter(|(_, place)| *place != NONE) {
            let node = self.built(part, level + 1);
            match &node {
                Node::Leaf(members) => members.iter().for_each(|member| adder.member(member)),
                Node::Inner { sums, .. } | Node::Deep { sums, .. } => adder.sums(sums),
            }
            self.nodes[place as usize] = node;
        }
        Node::Inner { quarters, sums: adder.end() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_pairs_sort_alike() {
        // Beyond a million slots keys and slots go as pairs; too many for a test, so the two are compared here.
        let items: Vec<(u64, Slot)> = (0..5_000u64)
            .map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> SLOT_BITS, i as Slot))
            .collect();
        let packed = items.iter().map(|(key, slot)| key << SLOT_BITS | u64::from(*slot)).collect();
        let numbers = radix(packed, |packed: u64| packed >> SLOT_BITS);
        let unpacked: Vec<(u64, Slot)> = numbers
            .into_iter()
            .map(|packed| (packed >> SLOT_BITS, (packed & ((1 << SLOT_BITS) - 1)) as Slot))
            .collect();
        let mut expected = items.clone();
        expected.sort_by_key(|(key, _)| *key);
        assert_eq!(radix(items, |(key, _)| key), expected);
        assert_eq!(unpacked, expected);
    }
}
