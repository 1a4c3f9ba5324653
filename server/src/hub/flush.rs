//! The flush: from changes to frames. Gathers what happened, asks the World once for each tile somebody looks at and
//! that changed, counts, and publishes all of it together.
//!
//! Nothing here is per session: ten thousand browsers on one city cost one encoding of each changed tile.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use engine::world::World;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wire::tile::TileId;
use wire::view::Mode;

use super::interest::GroupKey;
use super::limits::URGENT_FLUSH;
use super::published::{Findings, Fresh, Published};
use super::ring::{Ring, What};
use super::{Hub, Side};
use crate::pipeline::Worlds;
use crate::state::App;

/// Flushes both modes until `stop`, then tells every session that the server goes away.
pub async fn run(app: App, stop: CancellationToken) {
    let both = async {
        tokio::join!(
            pace(&app.hub, &app.worlds, Mode::Live),
            pace(&app.hub, &app.worlds, Mode::Exercise)
        )
    };
    tokio::select! {
        _ended = both => {}
        () = stop.cancelled() => {}
    }
    app.hub.stop();
}

/// Flushes one mode: at once after a quiet time, every [`super::LiveLimits::flush`] under load, sooner when it is urgent.
async fn pace(hub: &Arc<Hub>, worlds: &Arc<Worlds>, mode: Mode) {
    let side = hub.side(mode);
    loop {
        let started = Instant::now();
        let (hub_here, worlds_here) = (Arc::clone(hub), Arc::clone(worlds));
        // Asking the World takes milliseconds of computing under a lock: not on a thread that serves sockets.
        let flushed = tokio::task::spawn_blocking(move || hub_here.flush(mode, &worlds_here)).await;
        if let Err(cause) = flushed {
            tracing::error!(%cause, %mode, "a flush failed; the next one tries again");
        }
        side.wake.notified().await;
        wait_from(started, URGENT_FLUSH).await;
        tokio::select! {
            () = wait_from(started, hub.limits().flush) => {}
            () = side.urgent.notified() => {}
        }
    }
}

async fn wait_from(started: Instant, span: Duration) {
    tokio::time::sleep_until(started + span).await;
}

impl Hub {
    /// Publishes what the replay told, before anybody is let in: a cursor that comes earlier would find an empty memory
    /// and be called too old.
    pub fn open(&self, worlds: &Worlds) {
        for mode in Mode::ALL {
            // Already told when the journal was replayed; without a replay the ring starts here.
            self.start_at(mode, worlds.read(mode).head());
            self.flush(mode, worlds);
        }
        self.joins.open(std::time::Instant::now());
    }

    /// Publishes what happened in one mode since the last flush. Called by [`run`]; tests call it to be deterministic.
    pub fn flush(&self, mode: Mode, worlds: &Worlds) {
        let side = self.side(mode);
        side.flush(&worlds.read(mode));
        let published = side.published();
        let (bytes, n) = (published.ring.bytes(), published.ring.len());
        drop(published);
        metrics::gauge!("talaia_live_ring_bytes", "mode" => mode.word()).set(bytes as f64);
        metrics::gauge!("talaia_live_ring_records", "mode" => mode.word()).set(n as f64);
    }
}

impl Side {
    /// `world` is read-locked by the caller, so that what was gathered and what the World says cannot drift apart.
    fn flush(&self, world: &World) {
        let mut gathered = self.gathered();
        let (head, canary) = (gathered.head, gathered.canary);
        let ring = gathered.ring.take();
        drop(gathered);
        let findings = {
            let published = self.published();
            let touched = touched(&published, &ring, head);
            let round = self.interest.round(|group, tile| published.slot(*group, *tile).is_some());
            let changed = touched.into_iter().map(|((group, tile), seq)| (group, tile, Some(seq)));
            let missing = round
                .tiles
                .into_iter()
                .map(|(group, tile)| (group, tile, touched_new(&ring, group, tile, head)));
            let tiles = changed
                .chain(missing)
                .map(|(group, tile, changed)| Fresh {
                    group,
                    tile,
                    changed,
                    clusters: world.tile(group.window, group.hazards, tile),
                })
                .collect();
            let counts = round
                .counts
                .into_iter()
                .map(|key| (key, world.totals(key.window, key.hazards, &key.cover)))
                .collect();
            let forgotten = round.forgotten;
            let newest = world.newest();
            Findings { head, newest, canary, gathered: ring, tiles, counts, forgotten }
        };
        self.shared().forget_changed(&findings.gathered);
        let mut published = self.published_to_write();
        published.take_in(findings);
        let flush = published.flush;
        drop(published);
        tracing::trace!(flush, "flushed");
        self.version.send_modify(|version| *version += 1);
    }
}

/// The published tiles that the changes touch, each with the newest number that did.
fn touched(published: &Published, ring: &Ring, head: u64) -> HashMap<(GroupKey, TileId), u64> {
    let mut touched = HashMap::new();
    for (key, group) in &published.groups {
        if ring.has_gap() {
            // Not everything that changed is known: make all of them anew.
            touched.extend(group.tiles.keys().map(|tile| ((*key, *tile), head)));
            continue;
        }
        for record in ring.iter() {
            let Some(tile) = record.touches(*key) else { continue };
            if group.tiles.contains_key(&tile) {
                // Numbers never fall along the ring, so the last one stands.
                touched.insert((*key, tile), record.seq);
            }
        }
    }
    touched
}

/// The newest number of this flush that touches a tile the hub does not hold yet.
fn touched_new(ring: &Ring, group: GroupKey, tile: TileId, head: u64) -> Option<u64> {
    if ring.has_gap() {
        return Some(head);
    }
    let touches = |record: &&super::ring::Record| record.touches(group) == Some(tile);
    ring.iter().filter(touches).last().map(|record| record.seq)
}

impl super::ring::Record {
    /// The tile of this filter and zoom that the record changes, if it does.
    pub(super) fn touches(&self, group: GroupKey) -> Option<TileId> {
        match self.what {
            What::Report { hazard, entered, left, .. } => {
                let windows = engine::change::Windows(entered.0 | left.0);
                let counts = windows.contains(group.window) && group.hazards.contains(hazard);
                self.at.filter(|_| counts).map(|at| TileId::of(at, group.z))
            }
            What::Sensor(_) | What::Matter(_) => None,
        }
    }
}
