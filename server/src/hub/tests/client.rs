//! A client of these tests: takes batches, keeps what they say.

use std::collections::BTreeMap;

use wire::cluster::Cluster;
use wire::frame::ServerFrame;
use wire::id::ReportId;
use wire::report::ReportFeature;
use wire::tile::TileId;
use wire::view::{Totals, View};

use super::{EPOCH, Rig};
use crate::hub::{Encoding, Session};

/// See the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Held {
    pub(super) tiles: BTreeMap<TileId, Vec<Cluster>>,
    pub(super) reports: BTreeMap<ReportId, ReportFeature>,
    pub(super) totals: Option<Totals>,
}

pub(super) struct Client {
    pub(super) session: Session,
    pub(super) view: View,
    pub(super) held: Held,
    pub(super) cursor: Option<u64>,
    pub(super) resets: Vec<String>,
    pub(super) n_tiles: usize,
    pub(super) bytes: usize,
    pub(super) encoding: Encoding,
}

impl Client {
    pub(super) fn look(rig: &Rig, view: &View, encoding: Encoding) -> Self {
        Self::start(rig, view, None, Held::default(), encoding)
    }

    /// Comes again with what it held, as a browser does after a tunnel.
    pub(super) fn again(self, rig: &Rig) -> Self {
        let Self { view, held, cursor, session, encoding, .. } = self;
        drop(session);
        Self::start(rig, &view, cursor, held, encoding)
    }

    pub(super) fn start(
        rig: &Rig,
        view: &View,
        cursor: Option<u64>,
        held: Held,
        encoding: Encoding,
    ) -> Self {
        let compact = encoding == Encoding::Bin;
        let mut session = rig.session(cursor.map(|seq| (EPOCH, seq))).compact(compact);
        session.look(view.clone()).expect("a view that can be served");
        // Without a cursor nothing that is held can be trusted.
        let held = if cursor.is_some() { held } else { Held::default() };
        let (resets, view) = (Vec::new(), view.clone());
        Self { session, view, held, cursor, resets, n_tiles: 0, bytes: 0, encoding }
    }

    pub(super) fn pan(&mut self, view: &View) {
        let cover = view.cover().expect("a cover");
        let same = self.view.window == view.window && self.view.hazards == view.hazards;
        self.held.tiles.retain(|tile, _| cover.contains(*tile));
        // Outside the view nobody says when a report goes.
        self.held.reports.retain(|_, report| {
            report.geometry.is_some_and(|at| cover.contains(TileId::of(at.mercator(), cover.z)))
        });
        if !same {
            self.held = Held::default();
        }
        self.view = view.clone();
        // A cursor belongs to a view: until this one's totals there is none.
        self.cursor = None;
        self.session.look(view.clone()).expect("a view that can be served");
    }

    /// Takes at most `n` batches; whether there may be more.
    pub(super) fn take(&mut self, rig: &Rig, n: usize) -> bool {
        for _ in 0..n {
            let Some(batch) = self.session.next_batch(&rig.worlds) else { return false };
            for frame in batch {
                self.bytes += frame.payload(self.encoding).len();
                self.apply(frame.frame());
            }
        }
        true
    }

    pub(super) fn drain(&mut self, rig: &Rig) {
        while self.take(rig, 1) {}
        if self.cursor.is_some() {
            self.cursor = self.cursor.max(Some(self.session.heartbeat(rig.now()).seq));
        }
    }

    fn apply(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Tile(tile) => {
                self.n_tiles += 1;
                self.held.tiles.insert(tile.id(), tile.clusters.clone());
            }
            ServerFrame::Delta(delta) => {
                let clusters = self.held.tiles.get_mut(&delta.id());
                delta.apply_to(clusters.expect("a difference to a tile that is held"));
            }
            ServerFrame::Report(report) => {
                self.held.reports.insert(report.feature.id, report.feature.clone());
            }
            ServerFrame::Gone(gone) => {
                for id in &gone.ids {
                    self.held.reports.remove(id);
                }
            }
            ServerFrame::Totals(totals) => {
                self.held.totals = Some(totals.totals());
                self.cursor = Some(totals.seq);
            }
            ServerFrame::Reset(reset) => {
                self.held = Held::default();
                self.cursor = None;
                self.resets.push(reset.reason.clone());
            }
            _ => {}
        }
    }

    /// Reports in the tiles of the view: what a client keeps on screen.
    pub(super) fn picture(&self) -> Held {
        let mut held = self.held.clone();
        let cover = self.view.cover().expect("a cover");
        held.reports.retain(|_, report| {
            report.geometry.is_some_and(|at| cover.contains(TileId::of(at.mercator(), cover.z)))
        });
        held
    }

    pub(super) fn shown(&self) -> u64 {
        self.held.tiles.values().flatten().map(|cluster| u64::from(cluster.n)).sum()
    }
}
