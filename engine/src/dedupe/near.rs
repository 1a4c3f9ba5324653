//! The sketches of all texts, by band: which texts may be near copies of one.
//!
//! Texts that share a band hang in one chain, the newest first. The chains hold slots alone; a band's key is computed
//! again from the runs when a text leaves.

use hashbrown::HashTable;

use super::sketch::{BANDS, Shingles};
use super::slab::Slab;

const NONE: u32 = u32::MAX;

/// The neighbours of a text in one band.
#[derive(Debug, Clone, Copy)]
struct Link {
    newer: u32,
    older: u32,
}

#[derive(Debug)]
struct Kept {
    shingles: Shingles,
    node: u32,
    links: [Link; BANDS],
}

/// The newest text of a chain.
#[derive(Debug)]
struct Head {
    key: u64,
    band: u8,
    slot: u32,
}

impl Head {
    fn is_of(&self, band: usize, key: u64) -> bool {
        usize::from(self.band) == band && self.key == key
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Near {
    kept: Slab<Kept>,
    /// The newest of each chain, under its band and the key of that.
    heads: HashTable<Head>,
    bytes: usize,
}

impl Near {
    /// Keeps a text for a node.
    pub(super) fn insert(&mut self, shingles: Shingles, node: u32) -> u32 {
        let keys = shingles.bands();
        self.bytes += shingles.heap_bytes();
        let links = [Link { newer: NONE, older: NONE }; BANDS];
        let slot = self.kept.insert(Kept { shingles, node, links });
        for (band, key) in keys.iter().enumerate() {
            let chained = self.heads.find_mut(*key, |head| head.is_of(band, *key));
            let older = chained.map_or(NONE, |head| std::mem::replace(&mut head.slot, slot));
            if older == NONE {
                let head = Head { key: *key, band: band as u8, slot };
                self.heads.insert_unique(*key, head, |head| head.key);
            }
            self.link(slot, band, |link| link.older = older);
            self.link(older, band, |link| link.newer = slot);
        }
        slot
    }

    /// Forgets a text: its runs, its sketch and its place in every chain.
    pub(super) fn remove(&mut self, slot: u32) {
        let Some(Kept { shingles, links, .. }) = self.kept.remove(slot) else { return };
        self.bytes -= shingles.heap_bytes();
        for (band, (key, Link { newer, older })) in
            shingles.bands().into_iter().zip(links).enumerate()
        {
            self.link(newer, band, |link| link.older = older);
            self.link(older, band, |link| link.newer = newer);
            if newer == NONE
                && let Ok(mut head) = self.heads.find_entry(key, |head| head.is_of(band, key))
            {
                match older {
                    NONE => drop(head.remove()),
                    older => head.get_mut().slot = older,
                }
            }
        }
    }

    fn link(&mut self, slot: u32, band: usize, change: impl FnOnce(&mut Link)) {
        if let Some(kept) = self.kept.at_mut(slot) {
            change(&mut kept.links[band]);
        }
    }

    /// Slots and nodes of older texts that share a band, at most so many of each; some more than once.
    pub(super) fn older(&self, slot: u32, most: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..BANDS).flat_map(move |band| {
            let next = move |slot: u32| {
                let older = self.kept.at(slot)?.links[band].older;
                Some((older, self.kept.at(older)?.node))
            };
            std::iter::successors(next(slot), move |(slot, _)| next(*slot)).take(most)
        })
    }

    /// The runs of a text.
    pub(super) fn shingles(&self, slot: u32) -> Option<&Shingles> {
        self.kept.at(slot).map(|kept| &kept.shingles)
    }

    /// Whether two texts are near copies.
    pub(super) fn is_near(&self, one: u32, two: u32) -> bool {
        match (self.shingles(one), self.shingles(two)) {
            (Some(one), Some(two)) => one.near(two).is_some(),
            _ => false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.heads.is_empty() && self.bytes == 0
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.kept.heap_bytes() + self.heads.allocation_size() + self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::BAND_SCAN_MAX;
    use crate::plain::Plain;

    fn shingles(text: &str) -> Shingles {
        Shingles::of(&Plain::of(text)).unwrap()
    }

    #[test]
    fn a_text_looks_at_the_newest_of_its_bands_and_at_no_more_than_the_limit() {
        let mut near = Near::default();
        let alike = || shingles("a form letter that everyone fills in the same way");
        let slots: Vec<u32> = (0..300).map(|node| near.insert(alike(), node)).collect();
        let seen: Vec<u32> = near.older(slots[299], BAND_SCAN_MAX).map(|(_, node)| node).collect();
        assert_eq!(seen.len(), BANDS * BAND_SCAN_MAX);
        assert_eq!((seen[0], seen[BAND_SCAN_MAX - 1]), (298, 299 - BAND_SCAN_MAX as u32));
        assert_eq!(near.older(slots[0], BAND_SCAN_MAX).count(), 0);
    }

    #[test]
    fn chains_close_over_what_leaves_at_either_end_and_in_the_middle() {
        let mut near = Near::default();
        let alike = || shingles("one two three four five six seven eight");
        let slots: Vec<u32> = (0..5).map(|node| near.insert(alike(), node)).collect();
        for gone in [4, 2, 0] {
            near.remove(slots[gone]);
        }
        let older = |near: &Near, slot| {
            near.older(slot, BAND_SCAN_MAX).map(|(_, node)| node).collect::<Vec<_>>()
        };
        assert_eq!(older(&near, slots[3]), [1; BANDS]);
        let new = near.insert(alike(), 9);
        assert_eq!(older(&near, new)[..2], [3, 1]);
        for slot in [slots[1], slots[3], new] {
            near.remove(slot);
        }
        assert!(near.is_empty());
    }
}
