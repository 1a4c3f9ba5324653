//! The points of this row: a metropolis with hotspots, and the same with a crowd on one spot.

use super::peers::points::Dice;

/// The middle of the metropolis, in degrees.
const MIDDLE: (f64, f64) = (2.17, 41.4);

/// Its width and height, in degrees.
const SPREAD: (f64, f64) = (0.5, 0.4);

/// The σ of a hotspot, 0.35 km, in degrees of a meridian.
const SIGMA: f64 = 0.35 / 111.195;

/// `metro_N` of the performance page: 200 hotspots, σ 0.35 km, in 0.5° × 0.4°, and 30 % of the points anywhere in it.
pub(crate) fn metro(n: usize, seed: u64) -> Vec<(f64, f64)> {
    let mut dice = Dice::new(seed);
    let anywhere = |dice: &mut Dice| {
        let (x, y) = (dice.unit() - 0.5, dice.unit() - 0.5);
        (MIDDLE.0 + x * SPREAD.0, MIDDLE.1 + y * SPREAD.1)
    };
    let hotspots: Vec<_> = (0..200).map(|_| anywhere(&mut dice)).collect();
    (0..n)
        .map(|_| {
            if dice.unit() < 0.3 {
                return anywhere(&mut dice);
            }
            let (lng, lat) = hotspots[(dice.next() % 200) as usize];
            // Gaussian, by Box and Muller.
            let far = SIGMA * (-2.0 * (1.0 - dice.unit()).ln()).sqrt();
            let turn = std::f64::consts::TAU * dice.unit();
            (lng + far * turn.cos() / lat.to_radians().cos(), lat + far * turn.sin())
        })
        .collect()
}

/// A metropolis of which a tenth was placed by a gazetteer: all on the centroid of the city.
pub(crate) fn centroid(n: usize, seed: u64) -> Vec<(f64, f64)> {
    let mut points = metro(n, seed);
    points[..n / 10].fill(MIDDLE);
    points
}
