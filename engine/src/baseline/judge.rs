//! Which numbers are unusual: each report that comes is a question, and a day has a budget for wrong answers.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wire::grade::Kind;
use wire::time::Timestamp;

use super::dark::Eyes;
use super::finding::{Finding, Reading, Turn};
use super::grid::{Block, Cell, Grid, Key, Series};
use super::limits::{
    CALM_MIN, CALM_P, DAY_LEAST, EARNED_HOURS, FALSE_A_DAY, FINDINGS_MAX, N_LEAST, PERIODS_MIN,
    REACH_MAX,
};
use super::recent::Voice;
use super::tail::Counts;
use super::week::MINUTE_MS;

/// Questions that one report asks: its cell, the four blocks of two sizes that it lies in and the city, in each period.
const TESTS_A_REPORT: f64 = (1 + 4 + 4 + 1) as f64 * PERIODS_MIN.len() as f64;

/// What is unusual now.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Findings {
    pub(super) live: Vec<Finding>,
    n_begun: u64,
    /// Unusual numbers, by the minute, for which the list was full.
    pub(super) n_unlisted: u64,
}

fn count(eyes: Eyes<'_>, series: Series, block: Block, length: i64) -> u64 {
    let cells = block.cells();
    cells.map(|cell| eyes.recent.count(Key { series, cell }, eyes.last, length, eyes.voices)).sum()
}

fn read(eyes: Eyes<'_>, series: Series, block: Block, length: i64) -> Reading {
    let n = count(eyes, series, block, length);
    let usual = eyes.seasonal.expected(series, block, eyes.last, length);
    let p = if n < N_LEAST || (n as f64) <= usual.mean {
        1.0
    } else {
        Counts::new(usual.mean, usual.shape).beside_one().at_least(n - 1)
    };
    Reading {
        block,
        period_min: length as u32,
        until: Timestamp((eyes.last + 1) * MINUTE_MS),
        n,
        expected: usual.mean,
        p,
    }
}

/// Whether what came in the shorter period comes about often enough by chance, whether or not something came.
fn calm(eyes: Eyes<'_>, series: Series, block: Block) -> bool {
    let length = PERIODS_MIN[0];
    let usual = eyes.seasonal.expected(series, block, eyes.last, length);
    let n = count(eyes, series, block, length);
    Counts::new(usual.mean, usual.shape).at_least(n) > CALM_P
}

/// The least likely of the periods.
fn least(eyes: Eyes<'_>, series: Series, block: Block) -> Reading {
    let [short, long] = PERIODS_MIN.map(|length| read(eyes, series, block, length));
    if long.p < short.p { long } else { short }
}

fn mix(eyes: Eyes<'_>, series: Series, reading: &Reading) -> Vec<(Kind, u64)> {
    let length = i64::from(reading.period_min);
    let counts = eyes.recent.mix(series, reading.block, eyes.last, length, eyes.voices);
    let mut mix: Vec<(Kind, u64)> = Kind::ALL
        .iter()
        .map(|kind| (*kind, counts[Voice::of(*kind).index()]))
        .filter(|(_, n)| *n > 0)
        .collect();
    mix.sort_by_key(|(kind, n)| (std::cmp::Reverse(*n), *kind));
    mix
}

impl Findings {
    /// Judges the cells where something came in a minute, and follows what is unusual already.
    pub(super) fn judge(
        &mut self,
        eyes: Eyes<'_>,
        touched: &[(Series, Cell)],
        turns: &mut Vec<Turn>,
    ) {
        let mut questions: BTreeSet<(Series, Block)> = BTreeSet::new();
        for (series, cell) in touched {
            if !eyes.seasonal.has_seen(*series, EARNED_HOURS) {
                continue;
            }
            let coarse = cell.within(Grid::Coarse);
            let blocks = [Block::one(*cell), Block::CITY].into_iter();
            let blocks = blocks.chain(Block::fours(*cell)).chain(Block::fours(coarse));
            questions.extend(blocks.map(|block| (*series, block)));
        }
        let alpha = FALSE_A_DAY / (TESTS_A_REPORT * eyes.seasonal.a_day().max(DAY_LEAST));
        // Most blocks hold one or two, which is no number: nothing has to be expected of them.
        let some = |(series, block): &(Series, Block)| {
            count(eyes, *series, *block, PERIODS_MIN[1]) >= N_LEAST
        };
        let mut unusual: Vec<(Series, Reading)> = questions
            .into_iter()
            .filter(some)
            .map(|(series, block)| (series, least(eyes, series, block)))
            .filter(|(_, reading)| reading.p <= alpha)
            .collect();
        unusual
            .sort_by(|a, b| a.1.p.total_cmp(&b.1.p).then((a.0, a.1.block).cmp(&(b.0, b.1.block))));
        let mut crossed: BTreeSet<u64> = BTreeSet::new();
        for (series, reading) in unusual {
            if let Some(number) = self.enter(eyes, series, reading, turns) {
                crossed.insert(number);
            }
        }
        self.follow(eyes, &crossed, turns);
    }

    /// Enters an unusual number into the finding it belongs to, or begins one; its number.
    fn enter(
        &mut self,
        eyes: Eyes<'_>,
        series: Series,
        reading: Reading,
        turns: &mut Vec<Turn>,
    ) -> Option<u64> {
        let hazard = series.hazard()?;
        let mut live = self.live.iter_mut();
        if let Some(own) = live.find(|one| one.hazard == hazard && one.holds(reading.block)) {
            if !own.reach.contains(&reading.block) && own.reach.len() < REACH_MAX {
                own.reach.push(reading.block);
            }
            if reading.p < own.now.p || reading.until > own.now.until {
                own.now = reading;
            }
            if reading.p < own.peak.p {
                own.peak = reading;
            }
            return Some(own.number);
        }
        if self.live.len() >= FINDINGS_MAX {
            self.n_unlisted += 1;
            return None;
        }
        self.n_begun += 1;
        let finding = Finding {
            number: self.n_begun,
            hazard,
            began: reading.until,
            first: reading,
            peak: reading,
            now: reading,
            mix: mix(eyes, series, &reading),
            reach: vec![reading.block],
            calm_min: 0,
            told: reading.n,
        };
        turns.push(Turn::Began(finding.clone()));
        self.live.push(finding);
        Some(self.n_begun)
    }

    /// Brings every finding up to date; one that is usual again for a while ends.
    fn follow(&mut self, eyes: Eyes<'_>, crossed: &BTreeSet<u64>, turns: &mut Vec<Turn>) {
        self.live.retain_mut(|own| {
            let series = Series::of(own.hazard);
            if crossed.contains(&own.number) {
                own.calm_min = 0;
            } else {
                own.now = least(eyes, series, own.now.block);
                let calm = calm(eyes, series, own.now.block);
                own.calm_min = if calm { own.calm_min + 1 } else { 0 };
            }
            own.mix = mix(eyes, series, &own.now);
            if own.calm_min >= CALM_MIN {
                turns.push(Turn::Ended(own.clone()));
                return false;
            }
            if own.now.n >= own.told.saturating_mul(2) {
                own.told = own.now.n;
                turns.push(Turn::Grew(own.clone()));
            }
            true
        });
    }
}
