//! Chance for scenarios: dice by seed and part, waiting times and counts.

use crate::exercise::dice::Dice;

/// The dice of one part of a scenario.
pub(super) fn dice_of(seed: u64, part: &str) -> Dice {
    // FNV-1a: any fixed spread of bits does, the dice mix them.
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Dice::new(
        part.bytes()
            .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)),
    )
}

/// The time until the next of what comes at a rate a millisecond, in milliseconds.
pub(super) fn gap(dice: &mut Dice, per_ms: f64) -> i64 {
    if per_ms <= 0.0 {
        return i64::MAX / 4;
    }
    let share = 1.0 - dice.real(0.0, 1.0);
    ((-share.ln() / per_ms) as i64).max(1)
}

/// How many, where so many are usual.
pub(super) fn poisson(dice: &mut Dice, mean: f64) -> u32 {
    let limit = (-mean.min(500.0)).exp();
    let mut product = dice.real(0.0, 1.0);
    let mut n = 0;
    while product > limit {
        product *= dice.real(0.0, 1.0);
        n += 1;
    }
    n
}
