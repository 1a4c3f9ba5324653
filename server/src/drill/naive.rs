//! The naive baseline: reports counted by square of the map, and an alert where there are more than so many lately.
//!
//! It names no hazard and is not asked for one. Squares that touch are one alert, as anybody would draw them.

use std::collections::{BTreeMap, VecDeque};

use engine::entry::Body;
use wire::geo::LngLat;
use wire::grade::Status;
use wire::time::Timestamp;

use super::write::Written;

/// What the baseline is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The side of a square, in metres.
    pub side_m: f64,
    /// How far back it counts, in minutes.
    pub window_min: i64,
    /// An alert needs more reports than this.
    pub k: usize,
}

/// The best of [`all_rules`] on the tuning seeds of the scenarios that come with Talaia: `talaia drill all --tune`.
pub const BEST: Rule = Rule { side_m: 1_000.0, window_min: 60, k: 15 };

/// The rules that are tried.
pub fn all_rules() -> Vec<Rule> {
    let mut rules = Vec::new();
    for side_m in [250.0, 500.0, 1_000.0] {
        for window_min in [10, 30, 60] {
            for k in [2, 3, 4, 5, 7, 10, 15] {
                rules.push(Rule { side_m, window_min, k });
            }
        }
    }
    rules
}

/// An alert: each square of it, and when that one was reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Middles of squares, in the order in which they were reached.
    pub reached: Vec<(Timestamp, LngLat)>,
}

type Square = (i32, i32);

/// Alerts of a scenario, in order.
pub fn alerts(written: &Written, rule: Rule) -> Vec<Alert> {
    let mut lately: BTreeMap<Square, VecDeque<Timestamp>> = BTreeMap::new();
    let mut active: BTreeMap<Square, usize> = BTreeMap::new();
    let mut found: Vec<Alert> = Vec::new();
    for line in &written.lines {
        let Body::Report(report) = &line.body else { continue };
        let Some(place) = report.place.filter(|_| report.status != Some(Status::Closed)) else {
            continue;
        };
        let oldest = line.at.plus_ms(-rule.window_min * 60_000);
        let square = square_of(place, rule.side_m);
        let times = lately.entry(square).or_default();
        times.push_back(line.at);
        active.retain(|square, _| {
            let Some(times) = lately.get_mut(square) else { return false };
            while times.front().is_some_and(|at| *at < oldest) {
                times.pop_front();
            }
            times.len() > rule.k
        });
        let times = lately.entry(square).or_default();
        while times.front().is_some_and(|at| *at < oldest) {
            times.pop_front();
        }
        if times.len() <= rule.k || active.contains_key(&square) {
            continue;
        }
        let beside = (-1..=1).flat_map(|x| (-1..=1).map(move |y| (square.0 + x, square.1 + y)));
        let alert = beside.filter_map(|one| active.get(&one).copied()).min();
        let alert = alert.unwrap_or_else(|| {
            found.push(Alert { reached: Vec::new() });
            found.len() - 1
        });
        active.insert(square, alert);
        if let Some(alert) = found.get_mut(alert) {
            alert.reached.extend(middle(square, rule.side_m).map(|place| (line.at, place)));
        }
    }
    found
}

/// Metres of a degree of latitude; of longitude it is scaled by the row's own latitude.
const DEGREE_M: f64 = 111_195.0;

fn square_of(place: LngLat, side_m: f64) -> Square {
    let row = (place.lat() * DEGREE_M / side_m).floor();
    ((place.lng() * across_m(row, side_m) / side_m).floor() as i32, row as i32)
}

fn across_m(row: f64, side_m: f64) -> f64 {
    // By whole degrees, so that squares of neighbouring rows lie over each other.
    let lat = (row * side_m / DEGREE_M).floor() + 0.5;
    DEGREE_M * lat.to_radians().cos()
}

fn middle((x, y): Square, side_m: f64) -> Option<LngLat> {
    let row = f64::from(y);
    let lat = (row + 0.5) * side_m / DEGREE_M;
    LngLat::new((f64::from(x) + 0.5) * side_m / across_m(row, side_m), lat).ok()
}
