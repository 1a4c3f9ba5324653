//! Eyes: which datastreams speak as they should, and in which cells of the map the room sees nothing.

use std::collections::BTreeMap;

use wire::eyes::{CellEye, EyeCounts, EyesView, StreamEye};
use wire::geo::LngLat;
use wire::grade::HazardSet;
use wire::source::SourceHealth;
use wire::tile::TileId;
use wire::time::Timestamp;
use wire::view::Window;

use super::World;
use crate::baseline::Block;
use crate::sensors::Datastream;
use crate::signal::Test;
use crate::signal::limits::{
    EYES_MAX, LATE_LEAST_MS, LATE_PERIODS, PERIODS_MAX, UNKNOWN_LATE_MS, UNKNOWN_SILENT_MS,
};

/// The zoom whose tiles are the cells.
const CELL_ZOOM: u8 = 12;

impl World {
    /// What the room sees with at a moment. Sources are known by whoever keeps their ledgers.
    pub fn eyes(&self, now: Timestamp) -> EyesView {
        let mut counts = EyeCounts::default();
        let mut cells: BTreeMap<Block, (LngLat, EyeCounts)> = BTreeMap::new();
        let mut datastreams = Vec::new();
        for stream in self.sensors.streams() {
            let status = health(stream, now);
            let in_works = self.sensors.works_at(stream, now).is_some();
            let count = |counts: &mut EyeCounts| match status {
                SourceHealth::Late | SourceHealth::Silent if in_works => counts.in_works += 1,
                _ => counts.add(status),
            };
            count(&mut counts);
            if let Some(place) = stream.place {
                let cell = cells.entry(Block::wide(place)).or_insert((place, EyeCounts::default()));
                count(&mut cell.1);
            }
            datastreams.push((in_works, std::cmp::Reverse(status), stream));
        }
        let dark = self.unusual_numbers().dark_areas();
        for block in dark.iter().map(|area| area.block) {
            if let Some(middle) = block.middle() {
                cells.entry(block).or_insert((middle, EyeCounts::default()));
            }
        }
        datastreams
            .sort_by(|a, b| (a.0, a.1, a.2.source, &a.2.id).cmp(&(b.0, b.1, b.2.source, &b.2.id)));
        datastreams.truncate(EYES_MAX);
        let eye =
            |(in_works, status, stream): (bool, std::cmp::Reverse<SourceHealth>, &Datastream)| {
                StreamEye {
                    datastream: stream.id.clone(),
                    source: self.source_name(stream.source),
                    name: stream.name.clone().unwrap_or_else(|| stream.id.clone()),
                    geometry: stream.place,
                    status: status.0,
                    newest_at: stream.phenomenon_time,
                    cadence_ms: stream.period_ms().and_then(|period| u64::try_from(period).ok()),
                    in_works,
                    gone_at: stream.gone_at(),
                }
            };
        let cell = |(block, (place, datastreams)): (Block, (LngLat, EyeCounts))| {
            let tile = TileId::of(place.mercator(), CELL_ZOOM);
            let clusters = self.tile(Window::Hours2, HazardSet::ALL, tile);
            let n_reports = clusters.iter().map(|cluster| cluster.n).sum();
            let is_dark = dark.iter().any(|area| area.block == block);
            let speaks = datastreams.live + datastreams.late > 0 || n_reports > 0;
            let no_eyes = is_dark || !speaks;
            CellEye { bbox: block.bbox(), datastreams, n_reports, is_dark, no_eyes }
        };
        EyesView {
            mode: self.mode,
            at: now,
            sources: Vec::new(),
            counts,
            datastreams: datastreams.into_iter().map(eye).collect(),
            cells: cells.into_iter().map(cell).collect(),
        }
    }
}

/// By the age of its newest value against its own rhythm, by what its watch says, and by its last will.
pub(super) fn health(stream: &Datastream, now: Timestamp) -> SourceHealth {
    let standing = stream.watch.iter().flat_map(|watch| watch.standing());
    let tests: Vec<Test> = standing.map(|signal| signal.test).collect();
    let says = |of: &[Test]| tests.iter().any(|test| of.contains(test));
    let age_ms = now.ms_since(stream.phenomenon_time);
    let (late_ms, silent_ms) = match stream.period_ms() {
        Some(period) => (
            period.saturating_mul(LATE_PERIODS).max(LATE_LEAST_MS),
            period.saturating_mul(PERIODS_MAX).max(LATE_LEAST_MS),
        ),
        None => (UNKNOWN_LATE_MS, UNKNOWN_SILENT_MS),
    };
    if stream.gone_at().is_some() || says(&[Test::Silent, Test::Lost]) || age_ms > silent_ms {
        SourceHealth::Silent
    } else if says(&[Test::Broken, Test::Frozen]) {
        SourceHealth::Broken
    } else if age_ms > late_ms {
        SourceHealth::Late
    } else {
        SourceHealth::Live
    }
}
