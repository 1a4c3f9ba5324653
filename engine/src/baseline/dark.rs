//! Dark areas: calls, posts and sensors of an area that fall together while the rest of the city speaks.

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;
use wire::unusual::Channel;

use super::finding::{Blind, DarkArea, Turn, Voicing};
use super::grid::{Block, Cell, Grid, Key, Series};
use super::limits::{
    CALM_MIN, DARK_EXPECTED_LEAST, DARK_PERIODS_MIN, DARK_SHARE, EARNED_HOURS, ELSEWHERE_LEAST,
    FALSE_DARK_A_DAY, LIT_SHARE,
};
use super::recent::{Recent, Voices};
use super::seasonal::Seasonal;
use super::tail::Counts;
use super::week::{DAY, HOUR, MINUTE_MS};

/// A city's hour with a quarter of what is expected teaches nothing, if at least so much is expected: we did not see it.
const BLIND_EXPECTED_LEAST: f64 = 20.0;

/// What is dark, and which channels are blind everywhere.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Darkness {
    pub(super) areas: Vec<DarkArea>,
    pub(super) blind: Vec<Blind>,
    /// Cells where two channels have so much to say that their silence can be told; looked up once an hour.
    eligible: Vec<Cell>,
}

/// What one minute is judged by.
#[derive(Clone, Copy)]
pub(super) struct Eyes<'a> {
    pub(super) seasonal: &'a Seasonal,
    pub(super) recent: &'a Recent,
    pub(super) voices: Voices,
    pub(super) last: i64,
}

impl Eyes<'_> {
    fn now(self) -> Timestamp {
        Timestamp((self.last + 1) * MINUTE_MS)
    }

    fn count(self, series: Series, cell: Cell, length: i64) -> u64 {
        self.recent.count(Key { series, cell }, self.last, length, self.voices)
    }

    fn voicing(self, channel: Channel, block: Block, length: i64) -> Option<Voicing> {
        let series = Series::channel(channel);
        if !self.seasonal.has_seen(series, EARNED_HOURS) {
            return None;
        }
        let usual = self.seasonal.expected(series, block, self.last, length);
        let n = block.cells().map(|cell| self.count(series, cell, length)).sum();
        let p = Counts::new(usual.ordinary, usual.shape).at_most(n);
        Some(Voicing { channel, n, expected: usual.ordinary, p })
    }

    /// A channel at a cell, against what is expected as far as the rest of the city speaks; nothing where too little is
    /// expected to tell silence, or where the rest is silent too.
    fn against_the_rest(self, channel: Channel, cell: Cell, length: i64) -> Option<Voicing> {
        let here = self.voicing(channel, Block::one(cell), length)?;
        let all = self.voicing(channel, Block::CITY, length)?;
        let (n, expected) = (all.n.saturating_sub(here.n) as f64, all.expected - here.expected);
        if expected < DARK_EXPECTED_LEAST || n < expected * ELSEWHERE_LEAST {
            return None;
        }
        let share = (n / expected).min(1.0);
        let series = Series::channel(channel);
        let usual = self.seasonal.expected(series, Block::one(cell), self.last, length);
        let mean = usual.ordinary * share;
        if mean < DARK_EXPECTED_LEAST {
            return None;
        }
        let p = Counts::new(mean, usual.shape).at_most(here.n);
        Some(Voicing { expected: mean, p, ..here })
    }

    /// Every channel that speaks for a cell; nothing where fewer than two do.
    fn channels(self, cell: Cell, length: i64) -> Option<Vec<Voicing>> {
        let judged = Channel::ALL.iter().copied();
        let channels: Vec<Voicing> =
            judged.filter_map(|channel| self.against_the_rest(channel, cell, length)).collect();
        (channels.len() >= 2).then_some(channels)
    }
}

impl Darkness {
    /// Looks up, once an hour, where silence can be told.
    pub(super) fn look_up(&mut self, eyes: Eyes<'_>) {
        let mut cells: Vec<Cell> = Channel::ALL
            .iter()
            .flat_map(|channel| eyes.seasonal.known(Series::channel(*channel), Grid::Wide))
            .collect();
        cells.sort_unstable();
        cells.dedup();
        cells.retain(|cell| {
            let tells = |channel: &&Channel| {
                let ahead = Eyes { last: eyes.last + HOUR, ..eyes };
                let series = Series::channel(**channel);
                let block = Block::one(*cell);
                [eyes, ahead].iter().any(|eyes| {
                    let usual = eyes.seasonal.expected(series, block, eyes.last, HOUR);
                    usual.ordinary >= DARK_EXPECTED_LEAST
                })
            };
            Channel::ALL.iter().filter(tells).count() >= 2
        });
        self.eligible = cells;
    }

    /// Which series had an hour that says something of our own sight: none where too little is expected.
    pub(super) fn sights(eyes: Eyes<'_>) -> Vec<(Series, bool)> {
        let sight = |series: Series| {
            let usual = eyes.seasonal.expected(series, Block::CITY, eyes.last, HOUR);
            let n = eyes.count(series, Cell::CITY, HOUR) as f64;
            let tells = usual.mean >= BLIND_EXPECTED_LEAST;
            tells.then_some((series, n > usual.mean * DARK_SHARE))
        };
        Series::all().filter(|series| *series != Series::ANY).filter_map(sight).collect()
    }

    /// Judges one minute.
    pub(super) fn judge(&mut self, eyes: Eyes<'_>, turns: &mut Vec<Turn>) {
        self.judge_city(eyes, turns);
        let n_tests = self.eligible.len().max(1) * DAY as usize * DARK_PERIODS_MIN.len();
        let alpha = FALSE_DARK_A_DAY / n_tests as f64;
        for cell in &self.eligible {
            let block = Block::one(*cell);
            if self.areas.iter().any(|area| area.block == block) {
                continue;
            }
            let found = DARK_PERIODS_MIN.into_iter().find_map(|length| {
                let channels = eyes.channels(*cell, length)?;
                let fell = |one: &Voicing| (one.n as f64) <= one.expected * DARK_SHARE;
                let worst = channels.iter().map(|one| one.p).fold(0.0, f64::max);
                // That all of several independent numbers are so unlikely is as likely as their product.
                let p = worst.powi(channels.len() as i32);
                (channels.iter().all(fell) && p <= alpha).then_some((length, channels, p))
            });
            if let Some((length, channels, p)) = found {
                let area = DarkArea {
                    block,
                    began: eyes.now(),
                    period_min: length as u32,
                    until: eyes.now(),
                    channels,
                    p,
                    calm_min: 0,
                };
                turns.push(Turn::Dark(area.clone()));
                self.areas.push(area);
            }
        }
        self.follow(eyes, turns);
    }

    /// Brings the areas that are dark up to date, and lets those go that speak again.
    fn follow(&mut self, eyes: Eyes<'_>, turns: &mut Vec<Turn>) {
        let half = DARK_PERIODS_MIN[0];
        self.areas.retain_mut(|area| {
            let now: Vec<Voicing> = area
                .channels
                .iter()
                .filter_map(|old| eyes.voicing(old.channel, area.block, half))
                .collect();
            let speaks = |one: &Voicing| (one.n as f64) >= one.expected * LIT_SHARE && one.n > 0;
            area.calm_min = if now.iter().any(speaks) { area.calm_min + 1 } else { 0 };
            area.until = eyes.now();
            if area.calm_min >= CALM_MIN {
                area.channels = now;
                area.period_min = half as u32;
                turns.push(Turn::Lit(area.clone()));
                return false;
            }
            true
        });
    }

    /// Which channels fell everywhere.
    fn judge_city(&mut self, eyes: Eyes<'_>, turns: &mut Vec<Turn>) {
        for channel in Channel::ALL.iter().copied() {
            let Some(voicing) = eyes.voicing(channel, Block::CITY, DARK_PERIODS_MIN[0]) else {
                continue;
            };
            let n = voicing.n as f64;
            let known = self.blind.iter().position(|blind| blind.voicing.channel == channel);
            let alpha = FALSE_DARK_A_DAY / (DAY as usize * Channel::ALL.len()) as f64;
            match known {
                None if voicing.expected >= DARK_EXPECTED_LEAST
                    && n <= voicing.expected * DARK_SHARE
                    && voicing.p <= alpha =>
                {
                    let blind = Blind { began: eyes.now(), until: eyes.now(), voicing };
                    turns.push(Turn::Blind(blind));
                    self.blind.push(blind);
                }
                Some(at) => {
                    self.blind[at].until = eyes.now();
                    self.blind[at].voicing = voicing;
                    if n > 0.0 && n >= voicing.expected * LIT_SHARE {
                        turns.push(Turn::Seeing(self.blind.remove(at)));
                    }
                }
                None => {}
            }
        }
    }
}
