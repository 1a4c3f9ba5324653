//! Chance by a seed: the same on every machine and in every version.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A seeded source of chance.
#[derive(Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// From a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A whole number of `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        if low >= high { low } else { self.0.random_range(low..=high) }
    }

    /// A number of `low..high`.
    pub(crate) fn real(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.random::<f64>()
    }

    /// True this often.
    pub(crate) fn chance(&mut self, of_one: f64) -> bool {
        self.0.random::<f64>() < of_one
    }

    /// One of a list.
    pub(crate) fn pick<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        if all.is_empty() {
            return None;
        }
        all.get(self.0.random_range(0..all.len())).copied()
    }

    /// One of a list with weights.
    pub(crate) fn weighted<T: Copy>(&mut self, all: &[(f64, T)]) -> Option<T> {
        let sum: f64 = all.iter().map(|(weight, _)| weight).sum();
        let mut left = self.real(0.0, sum);
        for (weight, value) in all {
            left -= weight;
            if left < 0.0 {
                return Some(*value);
            }
        }
        all.last().map(|(_, value)| *value)
    }

    /// A point some metres away, usually near.
    pub(crate) fn around(&mut self, lng: f64, lat: f64, metres: f64) -> (f64, f64) {
        let angle = self.real(0.0, std::f64::consts::TAU);
        let far = metres * self.real(0.0, 1.0).sqrt();
        (lng + far * angle.cos() / 83_300.0, lat + far * angle.sin() / 111_100.0)
    }
}
