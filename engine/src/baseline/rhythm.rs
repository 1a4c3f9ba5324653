//! The rhythm of a series in the whole city: hours of the week, how counts spread, and how the last hours were.

use serde::{Deserialize, Serialize};

use super::week::{HOURS, PARTS, part};

/// An hour of the day counts as so many expected reports of a flat day.
const DAY_PRIOR: f64 = 20.0;

/// An hour of the week counts as so many expected reports of the hour of the day.
const WEEK_PRIOR: f64 = 20.0;

/// Spread beyond chance before any was seen: one report in five brings another.
const SPREAD_FIRST: f64 = 1.2;

/// That first guess weighs as so many expected reports.
const SPREAD_PRIOR: f64 = 50.0;

/// Less spread than this is never believed, and more than that would make everything usual.
const SPREAD_RANGE: (f64, f64) = (1.05, 6.0);

/// How much the whole city's hours vary beyond that, as the square of a share: a third up or down, before any was seen.
const CITY_FIRST: f64 = 0.1;

/// That first guess weighs as so many hours.
const CITY_PRIOR_HOURS: f64 = 48.0;

/// Hours that say how a day is: long enough for a rain shower, short enough to be over with it.
const LATELY_HOURS: usize = 6;

/// The last hours count as so many expected reports of an ordinary day.
const LATELY_PRIOR: f64 = 10.0;

/// However bad a day is, not more than so many times the usual is expected.
const LATELY_MAX: f64 = 4.0;

/// How counts spread: sums over cells and hours.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Spread {
    /// Of count × (count − 1).
    pub(super) pairs: f64,
    /// Of what is expected, squared.
    pub(super) squares: f64,
    /// Of what is expected.
    pub(super) expected: f64,
}

/// A series over the whole city.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Rhythm {
    /// Hours seen, by hour of the week.
    pub(super) hours: Vec<f64>,
    /// Reports taught, by hour of the week.
    pub(super) counts: Vec<f64>,
    /// By grid.
    pub(super) spread: [Spread; 3],
    /// Σ level² over the cells, by grid; brought up to date each day.
    pub(super) squares: [f64; 3],
    /// Hours seen, none forgotten.
    pub(super) n_hours: u32,
    /// Hours not seen since the last one that surely was.
    pub(super) n_blind: u32,
    /// Square residuals beyond chance, squared expectations and hours of the city.
    pub(super) city: [f64; 3],
    /// Taught and expected in the last hours.
    pub(super) lately: [(f64, f64); LATELY_HOURS],
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            hours: vec![0.0; HOURS],
            counts: vec![0.0; HOURS],
            spread: [Spread::default(); 3],
            squares: [0.0; 3],
            n_hours: 0,
            n_blind: 0,
            city: [0.0; 3],
            lately: [(0.0, 0.0); LATELY_HOURS],
        }
    }
}

impl Rhythm {
    /// Every sum loses weight.
    pub(super) fn fade(&mut self, kept: f64) {
        for sum in self.hours.iter_mut().chain(&mut self.counts).chain(&mut self.city) {
            *sum *= kept;
        }
        for spread in &mut self.spread {
            spread.pairs *= kept;
            spread.squares *= kept;
            spread.expected *= kept;
        }
    }

    /// The last hour against what was usual in it.
    pub(super) fn pass_hour(&mut self, taught: f64, usual: f64) {
        self.lately.rotate_left(1);
        self.lately[LATELY_HOURS - 1] = (taught, usual);
    }
}

/// What follows from a rhythm, made once an hour.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    /// By hour of the week; one in the mean over what was seen.
    pub(super) hours: Vec<f64>,
    /// Hours seen, each times its shape, by part of the week.
    pub(super) parts: [f64; PARTS],
    /// Hours seen.
    pub(super) seen: f64,
    /// Reports an hour in the whole city.
    pub(super) rate: f64,
    /// Variance over mean, by grid.
    pub(super) spread: [f64; 3],
    /// The city's further variance, as the square of a share.
    pub(super) city: f64,
    /// How the last hours were against what is usual, at least one.
    pub(super) lately: f64,
}

impl Shape {
    pub(super) fn of(rhythm: &Rhythm) -> Self {
        let seen: f64 = rhythm.hours.iter().sum();
        let taught: f64 = rhythm.counts.iter().sum();
        let rate = (taught + 1.0) / seen.max(HOURS as f64);
        let mut days = [(DAY_PRIOR, DAY_PRIOR); 24];
        for (hour, (n, of)) in rhythm.counts.iter().zip(&rhythm.hours).enumerate() {
            let day = &mut days[hour % 24];
            *day = (day.0 + n, day.1 + rate * of);
        }
        let mut hours: Vec<f64> = (0..HOURS)
            .map(|hour| {
                let day = days[hour % 24].0 / days[hour % 24].1;
                let usual = rate * day * rhythm.hours[hour];
                day * (WEEK_PRIOR + rhythm.counts[hour]) / (WEEK_PRIOR + usual)
            })
            .collect();
        let sum: f64 = hours.iter().zip(&rhythm.hours).map(|(shape, of)| shape * of).sum();
        if sum > 0.0 {
            for shape in &mut hours {
                *shape *= seen / sum;
            }
        }
        let mut parts = [0.0; PARTS];
        for (hour, shape) in hours.iter().enumerate() {
            parts[part(hour)] += shape * rhythm.hours[hour];
        }
        let spread = rhythm.spread.map(|sums| {
            let beyond = SPREAD_PRIOR * (SPREAD_FIRST - 1.0) + sums.pairs - sums.squares;
            (1.0 + beyond / (SPREAD_PRIOR + sums.expected)).clamp(SPREAD_RANGE.0, SPREAD_RANGE.1)
        });
        let [beyond, squares, n] = rhythm.city;
        // The first guess is about hours such as were seen.
        let typical = if n > 0.0 { squares / n } else { 1.0 };
        let city = (CITY_FIRST * CITY_PRIOR_HOURS * typical + beyond)
            / (CITY_PRIOR_HOURS * typical + squares).max(f64::MIN_POSITIVE);
        let (n, of) = rhythm
            .lately
            .iter()
            .fold((LATELY_PRIOR, LATELY_PRIOR), |sum, hour| (sum.0 + hour.0, sum.1 + hour.1));
        let lately = (n / of).clamp(1.0, LATELY_MAX);
        Self { hours, parts, seen, rate, spread, city: city.clamp(0.01, 1.0), lately }
    }
}
