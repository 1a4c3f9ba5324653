//! Two sets of seeds that never meet: what is tuned is tuned on one, what is shown comes from the other.

use std::ops::RangeInclusive;

/// Seeds on which thresholds may be chosen, and on which the tests run.
pub const TUNING: RangeInclusive<u64> = 1..=6;

/// Seeds of the table: nothing is ever chosen on them.
pub const TABLE: RangeInclusive<u64> = 1_001..=1_020;
