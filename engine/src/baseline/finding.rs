//! What is found: numbers that are unusual, from when to when, and what the room is told of them.

use serde::{Deserialize, Serialize};
use wire::grade::{Hazard, Kind};
use wire::time::Timestamp;
use wire::unusual::Channel;

use super::grid::Block;

/// A count against what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Where.
    pub block: Block,
    /// In how many minutes.
    pub period_min: u32,
    /// Until when.
    pub until: Timestamp,
    /// Independent sources counted.
    pub n: u64,
    /// How many are expected there in such a period.
    pub expected: f64,
    /// How likely so many are where nothing is unusual, as it is used for control: of the reports beside one that came.
    /// Screens show the counts and never this number (law 12).
    pub p: f64,
}

/// An unusual number of reports of a hazard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its number, in the order of beginning.
    pub number: u64,
    /// Of what.
    pub hazard: Hazard,
    /// When it began.
    pub began: Timestamp,
    /// What made it begin.
    pub first: Reading,
    /// The least likely so far.
    pub peak: Reading,
    /// As it is now; stays as it was last when it has ended.
    pub now: Reading,
    /// Who spoke, in the block and period of `now`, most first.
    pub mix: Vec<(Kind, u64)>,
    /// All blocks that were unusual in it.
    pub(super) reach: Vec<Block>,
    /// Minutes in a row in which nothing was unusual any more.
    pub(super) calm_min: u32,
    /// What was told last.
    pub(super) told: u64,
}

impl Finding {
    /// Whether what is unusual at a block is part of it.
    pub(super) fn holds(&self, block: Block) -> bool {
        let everywhere = self.first.block.is_everywhere();
        everywhere == block.is_everywhere()
            && (everywhere || self.reach.iter().any(|own| own.touches(block)))
    }
}

/// How a channel of an area speaks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Voicing {
    /// Which.
    pub channel: Channel,
    /// What came.
    pub n: u64,
    /// What is expected, as far as the rest of the city speaks now.
    pub expected: f64,
    /// How likely so few are.
    pub p: f64,
}

/// An area from which nobody reaches us.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DarkArea {
    /// Where.
    pub block: Block,
    /// When it was found.
    pub began: Timestamp,
    /// In how many minutes.
    pub period_min: u32,
    /// Until when.
    pub until: Timestamp,
    /// Every channel that has earned a baseline there.
    pub channels: Vec<Voicing>,
    /// As likely as this where nothing is unusual, as it is used for control.
    pub p: f64,
    /// Minutes in a row in which a channel spoke again.
    pub(super) calm_min: u32,
}

/// A channel that fell in the whole city at once: our own eyes, and no area.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Blind {
    /// Since when.
    pub began: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The channel with its numbers of the last hour, everywhere.
    pub voicing: Voicing,
}

/// What a minute changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// An unusual number.
    Began(Finding),
    /// Twice as many as when it was told last.
    Grew(Finding),
    /// Usual again, for a while.
    Ended(Finding),
    /// Calls, posts and sensors fell together.
    Dark(DarkArea),
    /// A dark area speaks again.
    Lit(DarkArea),
    /// A channel fell everywhere.
    Blind(Blind),
    /// It speaks again.
    Seeing(Blind),
}
