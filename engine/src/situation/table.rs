//! Tables by names that are hashes already, with the same order of nothing on every machine: they are asked and never
//! walked through where that could be seen.

use std::hash::{BuildHasher, Hasher};

use crate::mix;

/// A table by the id of a report or a point.
pub(super) type Table<K, V> = hashbrown::HashMap<K, V, Mixed>;

/// Hashes without a seed of the run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mixed;

impl BuildHasher for Mixed {
    type Hasher = Mix;

    fn build_hasher(&self) -> Mix {
        Mix(0)
    }
}

/// What came of the numbers so far.
#[derive(Debug)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix::number(self.0 ^ number);
    }

    fn write_u128(&mut self, number: u128) {
        self.write_u64((number >> 64) as u64 ^ number as u64);
    }
}
