//! A city that exists in numbers only: cells as busy as chance made them, nights and weekends, and reports that bring others.

use wire::geo::{LngLat, Mercator};
use wire::grade::{Hazard, Kind};
use wire::time::Timestamp;

use crate::baseline::{Turn, Unusual};

/// Cells along one side.
pub(super) const SIDE: u32 = 30;

/// Minutes in a week.
pub(super) const WEEK: i64 = 7 * 24 * 60;

/// A Monday, at midnight: minutes since 1970.
pub(super) const MONDAY: i64 = 4 * 24 * 60 + 2_900 * WEEK;

/// Reports a day in the mean.
pub(super) const HAZARDS: [(Hazard, f64); 3] =
    [(Hazard::Transport, 700.0), (Hazard::Flood, 250.0), (Hazard::Fire, 40.0)];

/// A small generator of our own, so that a seed gives the same city everywhere.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(crate::mix::number(seed))
    }

    pub(super) fn unit(&mut self) -> f64 {
        self.0 = crate::mix::number(self.0);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Sum of twelve less six: near enough to normal for a city.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    pub(super) fn poisson(&mut self, mean: f64) -> u32 {
        let (mut n, mut left) = (0, (-mean).exp());
        let mut unit = self.unit();
        while unit > left && n < 1_000 {
            unit -= left;
            n += 1;
            left *= mean / f64::from(n);
        }
        n
    }
}

/// The city.
pub(super) struct City {
    pub(super) dice: Dice,
    /// Summed shares of the cells, by hazard.
    shares: Vec<Vec<f64>>,
    /// One report in so many brings another within ten minutes.
    pub(super) brings: f64,
    /// How much days differ.
    pub(super) days: f64,
    today: f64,
    /// How many times more than usual there is of everything.
    pub(super) busy: f64,
}

impl City {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let shares = HAZARDS.iter().map(|_| {
            let mut sum = 0.0;
            let weights: Vec<f64> = (0..SIDE * SIDE)
                .map(|_| {
                    sum += dice.normal().exp();
                    sum
                })
                .collect();
            weights.iter().map(|weight| weight / sum).collect()
        });
        let shares = shares.collect();
        Self { dice, shares, brings: 0.15, days: 0.1, today: 1.0, busy: 1.0 }
    }

    /// The middle of a cell, or a place in it.
    pub(super) fn place(cell: u32, dx: f64, dy: f64) -> LngLat {
        let corner = (16_600 + cell % SIDE, 12_240 + cell / SIDE);
        let at = |cell: u32, inside: f64| (f64::from(cell) + inside) * f64::from(1_u32 << 17);
        let at = Mercator { x: at(corner.0, dx) as u32, y: at(corner.1, dy) as u32 };
        let (lng, lat) = at.lng_lat();
        LngLat::new(lng, lat).unwrap()
    }

    /// What an hour of the week is to the mean one.
    pub(super) fn rhythm(minute: i64) -> f64 {
        let hour = (minute / 60 % 24) as f64;
        let day = 1.0 + 0.7 * ((hour - 15.0) / 24.0 * std::f64::consts::TAU).cos();
        let weekend = matches!(minute / 1_440 % 7, 2 | 3);
        if weekend { day * 0.7 } else { day * 1.12 }
    }

    /// The reports of a minute: cell, hazard, minute.
    pub(super) fn minute(&mut self, minute: i64) -> Vec<(u32, Hazard, i64)> {
        if minute % 1_440 == 0 {
            self.today = (self.dice.normal() * self.days).exp();
        }
        let mut reports = Vec::new();
        for (index, (hazard, a_day)) in HAZARDS.iter().enumerate() {
            let mean = a_day / 1_440.0 * Self::rhythm(minute) * self.today * self.busy;
            for _ in 0..self.dice.poisson(mean / (1.0 + self.brings)) {
                let unit = self.dice.unit();
                let cell = self.shares[index].partition_point(|share| *share < unit) as u32;
                reports.push((cell, *hazard, minute));
                if self.dice.unit() < self.brings {
                    reports.push((cell, *hazard, minute + (self.dice.unit() * 10.0) as i64));
                }
            }
        }
        reports
    }

    /// Plays minutes into the numbers; all that was told.
    pub(super) fn play(
        &mut self,
        unusual: &mut Unusual,
        minutes: std::ops::Range<i64>,
    ) -> Vec<Turn> {
        let mut turns = Vec::new();
        for minute in minutes {
            for (cell, hazard, at) in self.minute(minute) {
                let place = Self::place(cell, self.dice.unit(), self.dice.unit());
                let kind = if self.dice.unit() < 0.6 { Kind::Call } else { Kind::Post };
                unusual.add(place, hazard, kind, Timestamp(at * 60_000), 1);
            }
            turns.extend(unusual.close(Timestamp((minute + 1) * 60_000)));
        }
        turns
    }
}

/// The findings that began.
pub(super) fn begun(turns: &[Turn]) -> Vec<&crate::baseline::Finding> {
    turns
        .iter()
        .filter_map(|turn| match turn {
            Turn::Began(finding) => Some(finding),
            _ => None,
        })
        .collect()
}
