//! What holds of components, beside `geo`'s and beside what anyone would write who had all the time in the world.

mod model;
mod property;
mod story;

use super::{Density, Point, PointId, Rule};
use crate::situation::metres::Spot;

fn rule(eps_cm: u32, min_pts: u32) -> Rule {
    Rule::new(eps_cm, min_pts).expect("a rule")
}

fn point(id: u64, x_cm: i32, y_cm: i32, weight: u8) -> Point {
    Point { id: PointId(id), spot: Spot { x_cm, y_cm }, weight }
}

/// `SplitMix64`: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn shuffle<T>(&mut self, things: &mut [T]) {
        for i in (1..things.len()).rev() {
            things.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}
