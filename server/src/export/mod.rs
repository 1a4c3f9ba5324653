//! Exports: reports as a table or as features, written while they are read.
//!
//! What is exported is settled first, as a list of ids; then a page after another is asked of the World, so that nobody waits for a
//! reader that is slow, and what was withdrawn meanwhile goes out without its words.

mod cell;
mod limits;
mod table;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use engine::search::Sought;
use engine::view::Clearance;
use engine::world::ReportFilter;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use wire::id::ReportId;
use wire::report::ReportFeature;
use wire::view::Mode;

use crate::pipeline::Worlds;

pub(crate) use cell::harmless;
pub(crate) use limits::{EXPORT_ROWS_MAX, EXPORTS_AT_ONCE};
use limits::{PAGE_ROWS, PAGES_AHEAD, STALL};

/// What an export is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Comma-separated values; `true` begins with a mark by which spreadsheets know UTF-8.
    Csv(bool),
    /// A `FeatureCollection`.
    GeoJson,
}

/// More reports than one export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// Which reports there are to export, the newest first. The World is let go of again and again.
pub(crate) fn settle(
    worlds: &Worlds,
    mode: Mode,
    filter: &ReportFilter,
    sought: Option<&Sought>,
) -> Result<Vec<ReportId>, TooMany> {
    let mut ids = Vec::new();
    let mut below = Some(u64::MAX);
    while let Some(cursor) = below {
        below = worlds.read(mode).ids_below(cursor, filter, sought, &mut ids);
        if ids.len() > EXPORT_ROWS_MAX {
            return Err(TooMany);
        }
    }
    Ok(ids)
}

/// What an export reads.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) worlds: Arc<Worlds>,
    pub(crate) mode: Mode,
    pub(crate) clearance: Clearance,
    pub(crate) form: Form,
    pub(crate) ids: Vec<ReportId>,
    /// Its place among the exports that run at once.
    pub(crate) place: OwnedSemaphorePermit,
}

impl Export {
    /// Writes page after page into the channel, and gives up on a reader that takes nothing.
    pub(crate) fn start(self) -> mpsc::Receiver<io::Result<Bytes>> {
        let (sender, receiver) = mpsc::channel(PAGES_AHEAD);
        tokio::spawn(async move { self.run(&sender).await });
        receiver
    }

    async fn run(self, sender: &mpsc::Sender<io::Result<Bytes>>) {
        let Self { worlds, mode, clearance, form, ids, place } = self;
        let ids = Arc::new(ids);
        let n_pages = ids.len().div_ceil(PAGE_ROWS).max(1);
        let mut n_written = 0;
        for page in 0..n_pages {
            let (worlds, ids) = (Arc::clone(&worlds), Arc::clone(&ids));
            let written = tokio::task::spawn_blocking(move || {
                let from = page * PAGE_ROWS;
                let to = (from + PAGE_ROWS).min(ids.len());
                let world = worlds.read(mode);
                let features: Vec<ReportFeature> =
                    ids[from..to].iter().filter_map(|id| world.report(*id, clearance)).collect();
                drop(world);
                let at =
                    At { n_before: n_written, is_first: page == 0, is_last: page + 1 == n_pages };
                (write(form, &features, at), features.len())
            });
            let (bytes, n) = match written.await {
                Ok((bytes, n)) => (bytes.map(Bytes::from), n),
                Err(died) => (Err(io::Error::other(died)), 0),
            };
            n_written += n;
            let is_last = bytes.is_err();
            // Whoever takes nothing for so long is gone; the end that is missing tells.
            if !matches!(tokio::time::timeout(STALL, sender.send(bytes)).await, Ok(Ok(())))
                || is_last
            {
                break;
            }
        }
        drop(place);
    }
}

/// Where in the export a page stands.
#[derive(Clone, Copy)]
struct At {
    n_before: usize,
    is_first: bool,
    is_last: bool,
}

/// One page. The reports that left since they were settled are not there.
fn write(form: Form, features: &[ReportFeature], at: At) -> io::Result<Vec<u8>> {
    match form {
        Form::Csv(has_mark) => table::write(features, at.is_first, has_mark),
        Form::GeoJson => {
            let mut out = Vec::with_capacity(features.len() * 900 + 64);
            if at.is_first {
                out.extend(b"{\"type\":\"FeatureCollection\",\"features\":[");
            }
            for (index, feature) in features.iter().enumerate() {
                let is_first = at.n_before + index == 0;
                out.extend(if is_first { &b"\n"[..] } else { b",\n" });
                serde_json::to_writer(&mut out, feature)?;
            }
            if at.is_last {
                out.extend(b"\n]}\n");
            }
            Ok(out)
        }
    }
}
