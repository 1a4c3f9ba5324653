//! Median and MAD, the middle and the spread that a few wild values do not move.

/// From a MAD to the sigma of a bell curve with that MAD.
pub(super) const SIGMA_OF_MAD: f64 = 1.4826;

/// The median, and the median distance from it; `None` of nothing. Reorders the values.
pub(super) fn median_and_mad(values: &mut [f64]) -> Option<(f64, f64)> {
    let median = median(values)?;
    let mut distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
    self::median(&mut distances).map(|mad| (median, mad))
}

/// The middle value, the mean of the two middle ones of an even number; `None` of nothing. Reorders the values.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(half.checked_sub(1)?)?;
    Some(lower + (upper - lower) / 2.0)
}
