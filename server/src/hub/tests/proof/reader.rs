//! A client as `docs/live.md` describes it, and the judge beside it who compares what it holds with the table.

use std::collections::{BTreeMap, BTreeSet};

use engine::entry::Entry;
use wire::cluster::Cluster;
use wire::frame::{ServerFrame, TileDelta};
use wire::id::ReportId;
use wire::tile::TileId;
use wire::view::{Totals, View};

use super::line::Sent;
use super::room::Room;
use super::table::{self, Content};
use super::{Fault, Found};

/// A tile as held.
#[derive(Debug, Clone)]
struct HeldTile {
    seq: u64,
    clusters: Vec<Cluster>,
}

/// See the module.
pub(super) struct Reader {
    pub(super) view: View,
    pub(super) compact: bool,
    fault: Fault,
    tiles: BTreeMap<TileId, HeldTile>,
    reports: BTreeMap<ReportId, u64>,
    totals: Option<Totals>,
    /// The epoch of `hello`.
    epoch: String,
    /// Everything up to here it holds.
    pub(super) cursor: Option<(String, u64)>,
    /// The cursor it came with cannot be served: a reset has to come before anything else.
    is_owed_reset: bool,
    /// It came with a cursor that must be served.
    may_not_be_reset: bool,
}

impl Reader {
    pub(super) fn new(view: View, compact: bool, fault: Fault) -> Self {
        Self {
            view,
            compact,
            fault,
            tiles: BTreeMap::new(),
            reports: BTreeMap::new(),
            totals: None,
            epoch: String::new(),
            cursor: None,
            is_owed_reset: false,
            may_not_be_reset: false,
        }
    }

    fn forget(&mut self) {
        self.tiles.clear();
        self.reports.clear();
        (self.totals, self.cursor) = (None, None);
    }

    /// Comes (again): the cursor it comes with. The judge notes what that must lead to.
    pub(super) fn dial(&mut self, room: &Room) -> Option<(String, u64)> {
        if self.cursor.is_none() {
            // Without a cursor nothing that is held can be trusted.
            self.forget();
        }
        let mut cursor = self.cursor.clone();
        if self.fault == Fault::ReaderMixesEpochs {
            // The number of one journal with the name of another: `hello` came, and the reset after it was lost.
            cursor = cursor.map(|(_, seq)| (self.epoch.clone(), seq));
        }
        (self.is_owed_reset, self.may_not_be_reset) = match &cursor {
            None => (false, false),
            Some((epoch, seq)) => {
                // By era and not by the word, so that a restore that keeps its epoch is seen through.
                let is_ours = *epoch == format!("epoch-{}", room.era());
                let served = is_ours && *seq <= room.head();
                let remembered = *seq >= room.remembers_from && room.records_max() > 1_000;
                (!served, served && remembered)
            }
        };
        cursor
    }

    /// Applies a frame, and notes in `found` what is wrong with it.
    pub(super) fn take(&mut self, sent: &Sent, journals: &[Vec<Entry>], found: &mut Found) {
        let is_content = !matches!(
            sent.frame,
            ServerFrame::Hello(_) | ServerFrame::Heartbeat(_) | ServerFrame::Reset(_)
        );
        if self.is_owed_reset && is_content {
            found.silent_resets(|| format!("a cursor that cannot be served got {:?}", sent.frame));
            self.is_owed_reset = false;
        }
        match &sent.frame {
            ServerFrame::Hello(hello) => self.epoch.clone_from(&hello.epoch),
            ServerFrame::Tile(tile) => {
                let held = HeldTile { seq: tile.seq, clusters: tile.clusters.clone() };
                let before = self.tiles.insert(tile.id(), held);
                found.rising("a tile", before.map_or(0, |before| before.seq), tile.seq);
            }
            ServerFrame::Delta(delta) => self.take_delta(delta, found),
            ServerFrame::Report(report) => {
                let before = self.reports.insert(report.feature.id, report.seq).unwrap_or(0);
                found.rising("a report", before, report.seq);
                found.n_redelivered += u64::from(before == report.seq);
            }
            ServerFrame::Gone(gone) => gone.ids.iter().for_each(|id| {
                self.reports.remove(id);
            }),
            ServerFrame::Totals(totals) => {
                let before = self.cursor.as_ref().map_or(0, |(_, seq)| *seq);
                found.rising("a cursor", before, totals.seq);
                self.totals = Some(totals.totals());
                self.reached(totals.seq, sent, journals, found);
            }
            ServerFrame::Heartbeat(heartbeat) => {
                if self.cursor.as_ref().is_some_and(|(_, seq)| heartbeat.seq > *seq) {
                    self.reached(heartbeat.seq, sent, journals, found);
                }
            }
            ServerFrame::Reset(reset) => {
                *found.resets.entry(reset.reason.clone()).or_default() += 1;
                if self.may_not_be_reset {
                    found.needless_resets(|| format!("{reset:?} to a cursor that can be served"));
                }
                self.is_owed_reset = false;
                if self.fault != Fault::ReaderIgnoresReset {
                    self.forget();
                    self.epoch.clone_from(&reset.epoch);
                }
            }
            ServerFrame::Sensor(_) | ServerFrame::Source(_) => {}
        }
    }

    fn take_delta(&mut self, delta: &TileDelta, found: &mut Found) {
        let known_to = self.cursor.as_ref().map_or(0, |(_, seq)| *seq);
        let Some(held) = self.tiles.get_mut(&delta.id()) else {
            return found.gaps(|| format!("a difference to a tile that never came: {delta:?}"));
        };
        if held.seq.max(known_to) < delta.from {
            found.gaps(|| format!("a difference from {} to a tile at {}", delta.from, held.seq));
        }
        found.rising("a tile", held.seq, delta.seq);
        delta.apply_to(&mut held.clusters);
        held.seq = delta.seq;
    }

    /// A frame says that everything up to `seq` was sent: the moment at which the table may be laid beside.
    fn reached(&mut self, seq: u64, sent: &Sent, journals: &[Vec<Entry>], found: &mut Found) {
        self.cursor = Some((self.epoch.clone(), seq));
        found.n_compared += 1;
        if seq != sent.flushed.head {
            found.gaps(|| format!("a cursor of {seq} where {:?} was published", sent.flushed));
        }
        let entries = &journals[sent.era];
        let expected = table::expected(entries, sent.flushed.head, sent.flushed.now, &self.view);
        if self.totals != Some(expected.totals) {
            found.gaps(|| format!("{:?} where the table has {:?}", self.totals, expected.totals));
        }
        for (tile, content) in &expected.tiles {
            let held = self.tiles.get(tile).map(|held| Content::of(&held.clusters));
            let what =
                || format!("at {seq} {tile:?} holds {held:?} where the table has {content:?}");
            match &held {
                Some(held) if held == content => {}
                Some(held) if held.n > content.n => found.doubled(what),
                _ => found.gaps(what),
            }
        }
        if !self.lists_all() {
            return;
        }
        // Reports come from the World as it is when they are sent: it may be further than what was published, and then
        // the next frames tell.
        let (then, later) = (table::rows(entries, seq), table::rows(entries, sent.world.head));
        let shown = |id: &ReportId, now| {
            then.get(id).and_then(|row| table::tile_of(row, now, &self.view)).is_some()
        };
        let ids: BTreeSet<&ReportId> = self.reports.keys().chain(expected.reports.keys()).collect();
        for id in ids {
            let is_steady = then.get(id) == later.get(id)
                && shown(id, sent.flushed.now) == shown(id, sent.world.now);
            let (held, due) = (self.reports.get(id), expected.reports.get(id));
            let what = || format!("at {seq} report {} is held as {held:?}, not {due:?}", id.0);
            match (held, due) {
                _ if !is_steady || held == due => {}
                (Some(_), None) => found.doubled(what),
                _ => found.gaps(what),
            }
        }
    }

    /// Whether the view asks for every report in it.
    fn lists_all(&self) -> bool {
        self.view.newest > 0 || self.view.zoom >= 16.0
    }

    /// In the end everything has come: the cursor stands at the head.
    pub(super) fn settle(&self, room: &Room, found: &mut Found) {
        if self.cursor != Some((room.epoch(), room.head())) {
            found.gaps(|| format!("it ends at {:?}, the journal at {}", self.cursor, room.head()));
        }
        let expected = table::expected(room.journal(), room.head(), room.now, &self.view);
        if self.lists_all() && self.reports != expected.reports {
            found.gaps(|| format!("it ends with {:?}, not {:?}", self.reports, expected.reports));
        }
    }
}
