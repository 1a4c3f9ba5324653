//! What is true at each number of a journal, and a server that tells it as `docs/live.md` says: whole tiles or differences,
//! in any order between two counter lines, from a cursor or with a reset.
//!
//! Frames are written as JSON where a program outside would read them, so that this is the contract and not its types.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wire::cluster::{Cluster, HazardCounts, SeverityCounts};
use wire::frame::{Gone, Reset, ServerFrame, Tile, TileDelta, ViewFrame};
use wire::grade::{Hazard, Severity};
use wire::id::{ClusterId, ReportId};
use wire::tile::{TileCover, TileId};
use wire::time::Timestamp;
use wire::view::View;

pub(crate) const ZOOM: u8 = 16;
/// Tiles of the town on a side.
pub(crate) const SIDE: u32 = 6;
/// Its north-western tile.
const CORNER: (u32, u32) = (33_160, 24_470);

/// `SplitMix64`: chance that a number repeats.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }

    /// Once in `n`.
    pub(crate) fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// The tile in this column and row of the town.
fn tile(x: u32, y: u32) -> TileId {
    TileId { z: ZOOM, x: CORNER.0 + x, y: CORNER.1 + y }
}

/// The middle of a tile, in degrees.
fn middle(tile: TileId) -> (f64, f64) {
    let n = f64::from(1_u32 << tile.z);
    let (x, y) = (f64::from(tile.x) + 0.5, f64::from(tile.y) + 0.5);
    let lat = (std::f64::consts::PI * (1.0 - 2.0 * y / n)).sinh().atan().to_degrees();
    (x / n * 360.0 - 180.0, lat)
}

/// A view of these columns and rows, ends included.
pub(crate) fn view((west, east): (u32, u32), (north, south): (u32, u32)) -> View {
    let ((left, top), (right, bottom)) = (middle(tile(west, north)), middle(tile(east, south)));
    let view = json!({"bbox": [left, bottom, right, top], "zoom": 16.2, "mode": "live", "window": "all", "newest": 0});
    serde_json::from_value(view).expect("a view")
}

fn frame(written: Value) -> ServerFrame {
    serde_json::from_value(written).expect("a frame of the contract")
}

/// What is true at one number of the journal.
#[derive(Debug, Clone, Default)]
struct Moment {
    /// The clusters of each tile with how many each holds, and when the tile changed last.
    tiles: BTreeMap<TileId, (u64, BTreeMap<u64, u32>)>,
    /// Where each report stands, and its version.
    reports: BTreeMap<u8, (u64, TileId)>,
    sensors: BTreeMap<u8, u64>,
    sources: BTreeMap<u8, u64>,
}

impl Moment {
    fn changed_at(&self, tile: TileId) -> u64 {
        self.tiles.get(&tile).map_or(0, |(seq, _)| *seq)
    }

    fn clusters(&self, tile: TileId) -> Vec<Cluster> {
        let held = self.tiles.get(&tile).map(|(_, clusters)| clusters);
        held.into_iter().flatten().map(|(key, n)| cluster(tile, *key, *n)).collect()
    }

    fn is_in(&self, id: u8, cover: &TileCover) -> bool {
        self.reports.get(&id).is_some_and(|(_, at)| cover.contains(*at))
    }
}

fn cluster(tile: TileId, key: u64, n: u32) -> Cluster {
    let (lng, lat) = middle(tile);
    let place = u64::from(tile.y - CORNER.1) * u64::from(SIDE) + u64::from(tile.x - CORNER.0);
    Cluster {
        id: ClusterId::new(ZOOM, place * 100 + key),
        lng,
        lat,
        n,
        worst: Severity::Minor,
        n_worst: n,
        severity: SeverityCounts { minor: n, ..SeverityCounts::default() },
        hazard: HazardCounts::from_iter([(Hazard::Flood, n)]),
        newest: Timestamp(0),
        expansion_zoom: ZOOM + 1,
        report: None,
    }
}

fn report(id: u8, seq: u64, at: TileId) -> ServerFrame {
    let (lng, lat) = middle(at);
    let time = "2026-11-25T12:00:00Z";
    let id = wire::id::ReportId(u128::from(id)).to_string();
    frame(json!({"type": "report", "seq": seq, "feature": {
        "type": "Feature", "id": id, "geometry": {"type": "Point", "coordinates": [lng, lat]},
        "properties": {"seq": seq, "mode": "live", "source": "city", "observed_at": time, "updated_at": time,
            "recorded_at": time, "kind": "call", "basis": "seen", "status": null, "hazard": "flood",
            "severity": "Minor", "verification": "unverified", "radius_m": 0, "clock_ahead": false, "late": false},
    }}))
}

/// A journal with all its past, and the server that reads it.
#[derive(Debug)]
pub(crate) struct Town {
    epoch: u64,
    moments: Vec<Moment>,
    /// The least cursor that can be served.
    base: u64,
}

impl Town {
    pub(crate) fn new() -> Self {
        Self { epoch: 1, moments: vec![Moment::default()], base: 0 }
    }

    pub(crate) fn head(&self) -> u64 {
        self.moments.len() as u64 - 1
    }

    fn now(&self) -> &Moment {
        self.moments.last().expect("a first moment")
    }

    /// One more entry.
    pub(crate) fn happen(&mut self, dice: &mut Dice) {
        let (mut now, seq) = (self.now().clone(), self.head() + 1);
        let side = u64::from(SIDE);
        let at = tile(dice.below(side) as u32, dice.below(side) as u32);
        let which = dice.below(40) as u8;
        match dice.below(10) {
            0..4 => {
                let (changed, clusters) = now.tiles.entry(at).or_default();
                *changed = seq;
                let key = dice.below(5);
                if dice.once_in(3) {
                    clusters.remove(&key);
                } else {
                    clusters.insert(key, dice.below(90) as u32 + 1);
                }
            }
            4..7 => drop(now.reports.insert(which, (seq, at))),
            7 => drop(now.reports.remove(&which)),
            8 => drop(now.sensors.insert(which % 4, seq)),
            _ => drop(now.sources.insert(which % 3, seq)),
        }
        self.moments.push(now);
    }

    /// Forgets all but the last changes: older cursors cannot be served.
    pub(crate) fn evict(&mut self, dice: &mut Dice) {
        self.base = self.head() - dice.below(5).min(self.head());
    }

    /// A backup is restored: some of what was told never was, and the journal has another name.
    pub(crate) fn restore(&mut self, dice: &mut Dice) {
        let kept = self.head() - dice.below(10).min(self.head());
        self.moments.truncate(kept as usize + 1);
        self.epoch += 1;
        self.base = kept;
    }

    pub(crate) fn hello(&self) -> ServerFrame {
        frame(
            json!({"type": "hello", "protocol": 1, "epoch": self.epoch.to_string(), "seq": self.head(),
            "server_time": "2026-11-25T12:00:00Z", "modes": ["live"], "heartbeat_ms": 2_000}),
        )
    }

    pub(crate) fn heartbeat(seq: u64) -> ServerFrame {
        frame(
            json!({"type": "heartbeat", "seq": seq, "server_time": "2026-11-25T12:00:01Z", "newest": null}),
        )
    }
}

/// One connection, on the server's side.
#[derive(Debug, Default)]
pub(crate) struct Session {
    resume: Option<(String, u64)>,
    /// What a cursor that cannot be served is answered with.
    reset: Option<Reset>,
    /// The number of the view, until its frames begin.
    number: Option<u32>,
    cover: Option<TileCover>,
    /// The view is another since the last counter line, perhaps with others in between: its reports are listed anew.
    is_new: bool,
    /// The view before the last counter line.
    counted: Option<TileCover>,
    /// Everything of the view up to here was sent.
    pub(crate) sent: Option<u64>,
    /// What the client's tile includes.
    tiles: BTreeMap<TileId, u64>,
}

impl Session {
    pub(crate) fn new(resume: Option<(String, u64)>) -> Self {
        Self { resume, ..Self::default() }
    }

    pub(crate) fn look(&mut self, town: &Town, asked: &ViewFrame) {
        let cover = asked.view.cover().expect("few tiles");
        if let Some((epoch, seq)) = self.resume.take() {
            // A cursor belongs to the first view that comes with it.
            let reason = match seq {
                _ if epoch != town.epoch.to_string() => Some("epoch"),
                ahead if ahead > town.head() => Some("ahead"),
                old if old < town.base => Some("too-old"),
                _ => None,
            };
            self.reset = reason
                .map(|reason| Reset { epoch: town.epoch.to_string(), reason: reason.to_owned() });
            if reason.is_none() {
                self.tiles = cover.tiles().map(|tile| (tile, seq)).collect();
                (self.sent, self.counted) = (Some(seq), Some(cover));
            }
        }
        self.tiles.retain(|tile, _| cover.contains(*tile));
        // Who comes with a cursor has the reports of its first view.
        self.is_new |= self.cover.or(self.counted) != Some(cover);
        self.cover = Some(cover);
        self.number = asked.number;
    }

    /// What the client lacks, and the counter line.
    pub(crate) fn batch(&mut self, town: &Town, dice: &mut Dice) -> Vec<ServerFrame> {
        let Some(cover) = self.cover else { return Vec::new() };
        let (head, now) = (town.head(), town.now());
        let mut frames: Vec<_> = self.reset.take().map(ServerFrame::Reset).into_iter().collect();
        if let Some(number) = self.number.take() {
            frames.push(frame(json!({"type": "view", "number": number})));
        }
        let first = frames.len();
        let new_view = std::mem::take(&mut self.is_new);
        let since = self.sent.unwrap_or(0);
        for tile in cover.tiles() {
            let changed = now.changed_at(tile);
            match self.tiles.get(&tile).copied() {
                Some(from) if from >= changed => continue,
                Some(from) if dice.once_in(2) => {
                    frames.push(difference(&town.moments[from as usize], now, tile, from));
                }
                _ => {
                    let TileId { z, x, y } = tile;
                    let clusters = now.clusters(tile);
                    frames.push(ServerFrame::Tile(Tile { seq: changed, z, x, y, clusters }));
                }
            }
            self.tiles.insert(tile, changed);
        }
        for (id, (seq, place)) in &now.reports {
            if cover.contains(*place) && (new_view || *seq > since) {
                frames.push(report(*id, *seq, *place));
            }
        }
        if let (Some(sent), Some(counted)) = (self.sent, self.counted) {
            // Also what came and went meanwhile: before a break it may have been told that it came.
            let since = &town.moments[sent as usize..];
            let was_in = |id: &u8| since.iter().any(|moment| moment.is_in(*id, &counted));
            let left = |id: &u8| was_in(id) && !now.is_in(*id, &cover);
            let ids: Vec<_> = (0..40).filter(left).map(|id| ReportId(u128::from(id))).collect();
            if !ids.is_empty() {
                frames.push(ServerFrame::Gone(Gone { seq: head, ids }));
            }
        }
        let all = self.sent.is_none();
        for (id, seq) in now.sensors.iter().filter(|(_, seq)| all || **seq > since) {
            frames.push(frame(json!({"type": "sensor", "seq": seq, "sensor": {
                "datastream": id.to_string(), "source": "city", "mode": "live", "name": "rain", "unit": "mm",
                "geometry": null, "result": seq, "result_text": null, "phenomenon_time": "2026-11-25T12:00:00Z",
                "recorded_at": "2026-11-25T12:00:00Z", "cadence_ms": null, "seq": seq}})));
        }
        for (id, seq) in now.sources.iter().filter(|(_, seq)| new_view || **seq > since) {
            frames.push(frame(json!({"type": "source", "seq": seq, "source": {
                "id": id.to_string(), "name": "city", "mode": "live", "status": "live", "content_age_ms": seq,
                "reason": null, "ledger": {"received": 0, "accepted": 0, "folded": 0, "rejected": {}}}})));
        }
        // Each is about something else, so any order is right up to the counter line.
        for at in (first + 1..frames.len()).rev() {
            frames.swap(at, first + dice.below((at - first) as u64 + 1) as usize);
        }
        let n =
            |tile: &TileId| now.clusters(*tile).iter().map(|held| u64::from(held.n)).sum::<u64>();
        let shown: u64 = cover.tiles().map(|tile| n(&tile)).sum();
        let total: u64 = now.tiles.keys().map(n).sum();
        frames.push(frame(json!({"type": "totals", "seq": head, "total": total, "shown": shown,
            "elsewhere": total - shown, "unplaced": 0, "filtered": 0})));
        (self.sent, self.counted) = (Some(head), Some(cover));
        frames
    }
}

fn difference(before: &Moment, now: &Moment, tile: TileId, from: u64) -> ServerFrame {
    let (before, after) = (before.clusters(tile), now.clusters(tile));
    let gone = before.iter().map(|held| held.id).filter(|id| after.iter().all(|is| is.id != *id));
    let put = after.iter().filter(|is| !before.contains(is)).cloned();
    let (gone, put) = (gone.collect(), put.collect());
    let TileId { z, x, y } = tile;
    ServerFrame::Delta(TileDelta { from, seq: now.changed_at(tile), z, x, y, gone, put })
}
