//! A client as `docs/live.md` describes it, and the judge beside it who compares what it holds with the table.

use std::collections::{BTreeMap, BTreeSet};

use engine::entry::Entry;
use wire::cluster::Cluster;
use wire::frame::{ServerFrame, TileDelta, ViewFrame};
use wire::geo::LngLat;
use wire::grade::HazardSet;
use wire::id::ReportId;
use wire::tile::{TileCover, TileId};
use wire::view::{Mode, Totals, View, Window};

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

/// A report as held: its version and its place.
#[derive(Debug, Clone, Copy)]
struct HeldReport {
    seq: u64,
    at: LngLat,
}

/// Under which tiles of two views are alike.
type Filter = (Mode, Window, HazardSet);

fn filter_of(view: &View) -> Filter {
    (view.mode, view.window, view.hazard_set())
}

fn cover_of(view: &View) -> TileCover {
    view.cover().expect("a cover")
}

/// Whether a view asks for every report in it.
fn lists_all(view: &View) -> bool {
    view.newest > 0 || view.zoom >= 16.0
}

/// See the module.
pub(super) struct Reader {
    view: View,
    /// Its number of the view.
    number: u32,
    /// The view that frames belong to now.
    begun: Option<u32>,
    /// Every view it asked for.
    asked: BTreeMap<u32, View>,
    pub(super) compact: bool,
    fault: Fault,
    tiles: BTreeMap<TileId, HeldTile>,
    reports: BTreeMap<ReportId, HeldReport>,
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
            asked: [(0, view.clone())].into(),
            view,
            number: 0,
            begun: None,
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

    /// Looks elsewhere: keeps what the new view shows too, as far as somebody told when it went.
    pub(super) fn look(&mut self, view: View) {
        let cover = cover_of(&view);
        if filter_of(&self.view) == filter_of(&view) {
            self.tiles.retain(|tile, _| cover.contains(*tile));
        } else {
            self.forget();
        }
        self.reports.retain(|_, held| cover.contains(TileId::of(held.at.mercator(), cover.z)));
        (self.totals, self.cursor) = (None, None);
        self.number += 1;
        if !lists_all(&view) {
            self.reports.clear();
        }
        self.asked.insert(self.number, view.clone());
        self.view = view;
    }

    /// What it asks the server for.
    pub(super) fn asked(&self) -> ViewFrame {
        ViewFrame { view: self.view.clone(), number: Some(self.number) }
    }

    /// Whether frames are of its view.
    fn is_newest(&self) -> bool {
        self.begun == Some(self.number) || self.fault == Fault::ReaderMixesViews
    }

    /// Whether a tile is as good as one of its view: all views from that of the tile to its own have one filter and
    /// hold it.
    fn holds_tile(&self, tile: TileId) -> bool {
        self.since_begun(|view| cover_of(view).contains(tile))
    }

    /// The same for a report that these views list.
    fn lists_at(&self, at: LngLat) -> bool {
        self.since_begun(|view| {
            let cover = cover_of(view);
            lists_all(view) && cover.contains(TileId::of(at.mercator(), cover.z))
        })
    }

    fn since_begun(&self, holds: impl Fn(&View) -> bool) -> bool {
        let filter = filter_of(&self.view);
        let is_alike = |view: &View| filter_of(view) == filter && holds(view);
        match self.begun {
            Some(begun) if !self.is_newest() => {
                self.asked.range(begun..).all(|(_, view)| is_alike(view))
            }
            _ => self.is_newest() && holds(&self.view),
        }
    }

    /// Whether a frame says nothing about its view: it is of one before.
    fn is_of_another(&self, frame: &ServerFrame) -> bool {
        match frame {
            ServerFrame::Tile(tile) => !self.holds_tile(tile.id()),
            ServerFrame::Delta(delta) => {
                let is_held = self.tiles.contains_key(&delta.id());
                !self.holds_tile(delta.id()) || !(is_held || self.is_newest())
            }
            ServerFrame::Report(_) | ServerFrame::Gone(_) => !self.since_begun(lists_all),
            ServerFrame::Totals(_) => !self.is_newest(),
            _ => false,
        }
    }

    /// Comes (again): the cursor it comes with. The judge notes what that must lead to.
    pub(super) fn dial(&mut self, room: &Room) -> Option<(String, u64)> {
        if self.cursor.is_none() {
            // Without a cursor nothing that is held can be trusted.
            self.forget();
        }
        self.begun = None;
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
            ServerFrame::Hello(_)
                | ServerFrame::View(_)
                | ServerFrame::Heartbeat(_)
                | ServerFrame::Reset(_)
        );
        if self.is_owed_reset && is_content {
            found.silent_resets(|| format!("a cursor that cannot be served got {:?}", sent.frame));
            self.is_owed_reset = false;
        }
        if self.is_of_another(&sent.frame) {
            found.n_of_another += 1;
            return;
        }
        match &sent.frame {
            ServerFrame::View(begin) => self.begun = Some(begin.number),
            ServerFrame::Hello(hello) => self.epoch.clone_from(&hello.epoch),
            ServerFrame::Tile(tile) => {
                let held = HeldTile { seq: tile.seq, clusters: tile.clusters.clone() };
                let before = self.tiles.insert(tile.id(), held);
                found.rising("a tile", before.map_or(0, |before| before.seq), tile.seq);
            }
            ServerFrame::Delta(delta) => self.take_delta(delta, found),
            ServerFrame::Report(report) => {
                let at = report.feature.geometry.expect("a report with a place");
                if !self.lists_at(at) {
                    // Elsewhere in a view before; here an older version of it may have been.
                    self.reports.remove(&report.feature.id);
                    return;
                }
                let held = HeldReport { seq: report.seq, at };
                let before = self.reports.insert(report.feature.id, held);
                let before = before.map_or(0, |before| before.seq);
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
            ServerFrame::Sensor(_)
            | ServerFrame::Situation(_)
            | ServerFrame::Alarm(_)
            | ServerFrame::Log(_)
            | ServerFrame::Advisory(_)
            | ServerFrame::Source(_) => {}
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
        if !lists_all(&self.view) {
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
            let (held, due) =
                (self.reports.get(id).map(|held| &held.seq), expected.reports.get(id));
            let what = || format!("at {seq} report {} is held as {held:?}, not {due:?}", id.0);
            match (held, due) {
                _ if !is_steady || held == due => {}
                (Some(_), None) => found.doubled(what),
                _ => found.gaps(what),
            }
        }
    }

    /// In the end everything has come: the cursor stands at the head.
    pub(super) fn settle(&self, room: &Room, found: &mut Found) {
        if self.cursor != Some((room.epoch(), room.head())) {
            found.gaps(|| format!("it ends at {:?}, the journal at {}", self.cursor, room.head()));
        }
        let expected = table::expected(room.journal(), room.head(), room.now, &self.view);
        let held: BTreeMap<ReportId, u64> =
            self.reports.iter().map(|(id, held)| (*id, held.seq)).collect();
        if lists_all(&self.view) && held != expected.reports {
            found.gaps(|| format!("it ends with {held:?}, not {:?}", expected.reports));
        }
    }
}
