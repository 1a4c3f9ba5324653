//! Ages, as a person reads them.

/// An age in the largest unit that fits: one number is read faster than two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Under a second.
    Now,
    /// Seconds, up to 89.
    Seconds(i64),
    /// Minutes, up to 89.
    Minutes(i64),
    /// Hours, up to 35.
    Hours(i64),
    /// Days.
    Days(i64),
}

/// An age from milliseconds; what lies ahead is now.
pub fn age_of(ms: i64) -> Age {
    let s = ms / 1_000;
    match s {
        ..=0 => Age::Now,
        1..90 => Age::Seconds(s),
        90..5_400 => Age::Minutes((s + 30) / 60),
        5_400..129_600 => Age::Hours((s + 1_800) / 3_600),
        _ => Age::Days((s + 43_200) / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_one_number_in_the_largest_unit_that_fits() {
        assert_eq!(age_of(-5), Age::Now);
        assert_eq!(age_of(20_000), Age::Seconds(20));
        assert_eq!(age_of(119_000), Age::Minutes(2));
        assert_eq!(age_of(3_600_000), Age::Minutes(60));
        assert_eq!(age_of(5_400_000), Age::Hours(2));
        assert_eq!(age_of(200_000_000), Age::Days(2));
    }
}
