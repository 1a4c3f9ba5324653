//! Stories and properties of the World, beside it so that the pyramids can be compared node by node.

mod again;
mod clusters;
mod guard;
mod lists;
mod model;
mod notice;
mod placing;
mod property;
mod restart;
mod room;
mod rule;
mod same;
mod senses;
mod story;
mod undone;
mod units;
mod unusual;
mod wills;
mod words;

use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity, Status};
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::{Mode, Window};

use super::World;
use crate::entry::{Body, Entry, SourceKey};
use crate::report::{Private, ReportEntry, Words};

/// The morning of every story: 2026-11-23T10:00:00Z.
const MORNING: Timestamp = Timestamp(1_795_428_000_000);
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn place(lng: f64, lat: f64) -> LngLat {
    LngLat::new(lng, lat).expect("a place")
}

/// A plain report of the number, observed and updated in the morning, in Barcelona.
fn report(number: u128) -> ReportEntry {
    ReportEntry {
        // Spread as a hash is, so that the number decides nothing.
        id: ReportId(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
        source: SourceKey(1),
        content: number + 1,
        observed_at: MORNING,
        updated_at: MORNING,
        kind: Kind::Call,
        basis: Basis::Seen,
        status: None,
        hazard: Hazard::Flood,
        severity: Severity::Unknown,
        radius_m: 50,
        clock_ahead: false,
        late: false,
        erased: false,
        place: Some(place(2.1744, 41.4036)),
        private: Private::from(Words {
            text: Some(format!("Aigua al carrer, número {number}")),
            author: Some("@anna".to_owned()),
            ..Words::default()
        }),
    }
}

fn entry(seq: u64, recorded_at: Timestamp, report: ReportEntry) -> Entry {
    Entry { seq, recorded_at, mode: Mode::Live, body: Body::Report(Box::new(report)) }
}

/// Everything about the pyramids and the checkpoint, canonical.
fn anatomy(world: &World) -> (Vec<u8>, Vec<String>, super::Counts) {
    let dumps = Window::ALL.map(|window| {
        let mut dump = String::new();
        let id = |slot: u32| world.records[slot as usize].id.0;
        world.trees[window.index()].dump(&id, &mut dump);
        dump
    });
    (world.checkpoint(), dumps.to_vec(), world.counts.clone())
}

/// The status words as a story writes them.
const OPEN: Option<Status> = Some(Status::Open);
