//! The report table: what a reader must hold, told by the entries alone. It asks neither World nor hub, so that it can
//! judge both.

use std::collections::BTreeMap;

use engine::entry::{Body, Entry};
use wire::cluster::Cluster;
use wire::geo::LngLat;
use wire::grade::{Hazard, Severity};
use wire::id::ReportId;
use wire::tile::TileId;
use wire::time::Timestamp;
use wire::view::{Mode, Totals, View};

/// The newest version of one report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    pub(super) seq: u64,
    pub(super) at: Option<LngLat>,
    pub(super) observed_at: Timestamp,
    pub(super) hazard: Hazard,
    pub(super) severity: Severity,
}

/// What can be counted in a tile, whatever its clusters look like.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Content {
    pub(super) n: u64,
    severity: [u32; 5],
    hazards: BTreeMap<Hazard, u32>,
    newest: Option<Timestamp>,
}

impl Content {
    /// Of the clusters a reader holds.
    pub(super) fn of(clusters: &[Cluster]) -> Self {
        let mut content = Self::default();
        for cluster in clusters {
            content.n += u64::from(cluster.n);
            for (sum, n) in content.severity.iter_mut().zip(cluster.severity.as_array()) {
                *sum += n;
            }
            for (hazard, n) in cluster.hazard.iter() {
                *content.hazards.entry(hazard).or_default() += n;
            }
            content.newest = content.newest.max(Some(cluster.newest));
        }
        content
    }

    fn add(&mut self, row: &Row) {
        self.n += 1;
        for (sum, severity) in self.severity.iter_mut().zip(Severity::ALL) {
            *sum += u32::from(*severity == row.severity);
        }
        *self.hazards.entry(row.hazard).or_default() += 1;
        self.newest = self.newest.max(Some(row.observed_at));
    }
}

/// What one view must show.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) tiles: BTreeMap<TileId, Content>,
    pub(super) reports: BTreeMap<ReportId, u64>,
    pub(super) totals: Totals,
}

/// The newest version of every live report after the first `head` entries.
pub(super) fn rows(entries: &[Entry], head: u64) -> BTreeMap<ReportId, Row> {
    let mut rows = BTreeMap::new();
    for entry in entries.iter().take_while(|entry| entry.seq <= head) {
        let Body::Report(report) = &entry.body else { continue };
        if entry.mode == Mode::Live {
            let row = Row {
                seq: entry.seq,
                at: report.place,
                observed_at: report.observed_at,
                hazard: report.hazard,
                severity: report.severity,
            };
            rows.insert(report.id, row);
        }
    }
    rows
}

/// Where the view shows a row at this moment, if it does.
pub(super) fn tile_of(row: &Row, now: Timestamp, view: &View) -> Option<TileId> {
    let cover = view.cover().expect("a cover");
    let tile = TileId::of(row.at?.mercator(), cover.z);
    (passes(row, now, view) && cover.contains(tile)).then_some(tile)
}

fn passes(row: &Row, now: Timestamp, view: &View) -> bool {
    let in_window =
        view.window.length_ms().is_none_or(|length| row.observed_at >= now.plus_ms(-length));
    in_window && view.hazard_set().contains(row.hazard)
}

/// What the view shows after `head` entries at the moment `now`.
pub(super) fn expected(entries: &[Entry], head: u64, now: Timestamp, view: &View) -> Expected {
    let cover = view.cover().expect("a cover");
    let mut tiles: BTreeMap<TileId, Content> =
        cover.tiles().map(|tile| (tile, Content::default())).collect();
    let (mut reports, mut totals) = (BTreeMap::new(), Totals::default());
    for (id, row) in rows(entries, head) {
        totals.total += 1;
        match (tile_of(&row, now, view), row.at) {
            (Some(tile), _) => {
                totals.shown += 1;
                reports.insert(id, row.seq);
                tiles.entry(tile).or_default().add(&row);
            }
            (None, _) if !passes(&row, now, view) => totals.filtered += 1,
            (None, None) => totals.unplaced += 1,
            (None, Some(_)) => totals.elsewhere += 1,
        }
    }
    Expected { tiles, reports, totals }
}
