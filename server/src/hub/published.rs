//! What one mode has published: the tiles somebody looks at, the counter lines, and the ring, all of one flush.
//!
//! Sessions read it under a short shared lock; the flush alone writes. What stands here at one moment fits together:
//! the tiles, the counts and the head are of the same World.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use wire::cluster::Cluster;
use wire::frame::{ServerFrame, Tile, TileDelta, TotalsFrame};
use wire::tile::TileId;
use wire::time::Timestamp;
use wire::view::Totals;

use super::encoded::Encoded;
use super::interest::{CountKey, GroupKey};
use super::ring::Ring;
use super::steps::{Difference, Held, Steps, differing};

/// A tile as last published.
#[derive(Debug)]
pub(super) struct Slot {
    /// The flush in which its content last changed.
    pub(super) version: u64,
    /// The journal number it carries.
    pub(super) seq: u64,
    pub(super) frame: Arc<Encoded>,
    steps: Steps,
    /// The last step, made when the first session asks for it.
    last_step: OnceLock<Arc<Encoded>>,
}

impl Slot {
    /// What brings a client of the compact subprotocol from what it holds to now: a delta, nothing, or the whole tile.
    pub(super) fn update_from(&self, held: Option<Held>) -> Option<Arc<Encoded>> {
        let ServerFrame::Tile(tile) = self.frame.frame() else { return None };
        let Some(lacks) = held.and_then(|held| self.steps.since(held)) else {
            return Some(Arc::clone(&self.frame));
        };
        if lacks.ids.is_empty() {
            return None;
        }
        if lacks.ids.len() >= tile.clusters.len() {
            return Some(Arc::clone(&self.frame));
        }
        let make = || Arc::new(Encoded::new(ServerFrame::Delta(delta(tile, &lacks))));
        Some(if lacks.is_last_step { Arc::clone(self.last_step.get_or_init(make)) } else { make() })
    }
}

fn delta(tile: &Tile, lacks: &Difference) -> TileDelta {
    let find = |id| tile.clusters.binary_search_by_key(id, |cluster: &Cluster| cluster.id).ok();
    let (mut gone, mut put) = (Vec::new(), Vec::new());
    for id in &lacks.ids {
        match find(id) {
            Some(at) => put.push(tile.clusters[at].clone()),
            None => gone.push(*id),
        }
    }
    TileDelta { from: lacks.from, seq: tile.seq, z: tile.z, x: tile.x, y: tile.y, gone, put }
}

/// The tiles of one filter at one zoom.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// The greatest version inside: a session that has it need not look further.
    pub(super) version: u64,
    pub(super) tiles: HashMap<TileId, Slot>,
}

/// A counter line as last published.
#[derive(Debug)]
pub(super) struct Count {
    pub(super) totals: Totals,
    pub(super) frame: Arc<Encoded>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Published {
    /// The number of the last flush.
    pub(super) flush: u64,
    /// The head of the journal it includes.
    pub(super) head: u64,
    /// When the newest datum was observed.
    pub(super) newest: Option<Timestamp>,
    /// When the newest canary was said; everything before it is published.
    pub(super) canary: Option<Timestamp>,
    pub(super) groups: BTreeMap<GroupKey, Group>,
    pub(super) counts: HashMap<CountKey, Count>,
    pub(super) ring: Ring,
}

/// A tile made anew.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) group: GroupKey,
    pub(super) tile: TileId,
    /// The number of the newest change inside; `None` if it is only new to the hub.
    pub(super) changed: Option<u64>,
    pub(super) clusters: Vec<Cluster>,
}

/// All that one flush found.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) head: u64,
    pub(super) newest: Option<Timestamp>,
    pub(super) canary: Option<Timestamp>,
    pub(super) gathered: Ring,
    pub(super) tiles: Vec<Fresh>,
    pub(super) counts: Vec<(CountKey, Totals)>,
    pub(super) forgotten: Vec<(GroupKey, TileId)>,
}

impl Published {
    pub(super) fn new(ring: Ring) -> Self {
        Self {
            flush: 0,
            head: 0,
            newest: None,
            canary: None,
            groups: BTreeMap::new(),
            counts: HashMap::new(),
            ring,
        }
    }

    pub(super) fn slot(&self, group: GroupKey, tile: TileId) -> Option<&Slot> {
        self.groups.get(&group)?.tiles.get(&tile)
    }

    /// Takes in what a flush found; afterwards everything here is of that flush.
    pub(super) fn take_in(&mut self, findings: Findings) {
        let before = self.flush;
        self.flush += 1;
        self.head = self.head.max(findings.head);
        self.newest = findings.newest;
        self.canary = findings.canary;
        self.ring.absorb(findings.gathered);
        for fresh in findings.tiles {
            self.put(fresh, before);
        }
        for (group, tile) in findings.forgotten {
            if let Some(group) = self.groups.get_mut(&group) {
                group.tiles.remove(&tile);
            }
        }
        self.groups.retain(|_, group| !group.tiles.is_empty());
        self.counts = findings
            .counts
            .into_iter()
            .map(|(key, totals)| {
                let frame = TotalsFrame::new(self.head, totals);
                let frame = Arc::new(Encoded::new(ServerFrame::Totals(frame)));
                (key, Count { totals, frame })
            })
            .collect();
    }

    fn put(&mut self, fresh: Fresh, before: u64) {
        let complete_from = self.complete_from();
        let group = self.groups.entry(fresh.group).or_default();
        // A tile that is only new to the hub did not change in this flush: a client that resumes and was told that
        // nothing happened here since it left does not need it again.
        let version = if fresh.changed.is_some() { self.flush } else { before };
        let seq = fresh.changed.unwrap_or(self.head);
        let steps = match group.tiles.remove(&fresh.tile) {
            Some(slot) => {
                let ServerFrame::Tile(known) = slot.frame.frame() else { return };
                let ids = differing(&known.clusters, &fresh.clusters);
                if ids.is_empty() {
                    // Touched, and yet the same on the screen: nothing to send.
                    group.tiles.insert(fresh.tile, slot);
                    return;
                }
                let mut steps = slot.steps;
                steps.push(version, slot.seq, seq, ids);
                steps
            }
            None => Steps::start(version, complete_from),
        };
        let TileId { z, x, y } = fresh.tile;
        let tile = Tile { seq, z, x, y, clusters: fresh.clusters };
        let frame = Arc::new(Encoded::new(ServerFrame::Tile(tile)));
        group.version = group.version.max(version);
        let slot = Slot { version, seq, frame, steps, last_step: OnceLock::new() };
        group.tiles.insert(fresh.tile, slot);
    }

    /// The least cursor whose holder knows everything that a tile made now holds: the head, unless time caused changes
    /// under its number, which the holder may have gone before.
    fn complete_from(&self) -> u64 {
        let at_head = |record: &&super::ring::Record| record.seq >= self.head;
        let by_time = self.ring.newest_first().take_while(at_head).any(|record| record.by_time);
        self.head + u64::from(by_time)
    }
}
