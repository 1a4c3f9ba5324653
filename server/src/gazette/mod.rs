//! The gazetteer in force: imported as one file, kept in the database, read when the server starts. Reports that come without a place are
//! read by it on their way in, before they stand in the queue: what it told is in the journal, so that no replay depends on it.

mod geojson;

use std::sync::{Arc, PoisonError, RwLock};

use engine::entry::Body;
use engine::gazetteer::table::BadLine;
use engine::gazetteer::{Gazetteer, GazetteerError, table};
use engine::locate::Context;
use sha2::{Digest as _, Sha256};
use wire::geo::Bbox;
use wire::time::Timestamp;

use crate::pipeline::Submission;
use crate::store::{Store, StoreError};

pub use geojson::BadFeature;

/// Bytes of an import: the streets of a region, or every town of a continent.
pub const IMPORT_BYTES_MAX: usize = 64 << 20;

/// Why an import was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Too large, or no text.
    #[error("{0}")]
    Form(&'static str),
    /// A line.
    #[error(transparent)]
    Line(#[from] BadLine),
    /// A feature.
    #[error(transparent)]
    Feature(#[from] BadFeature),
    /// A row.
    #[error(transparent)]
    Row(#[from] GazetteerError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// So many reports are read between two turns of the other requests.
const READ_AT_ONCE: usize = 128;

/// See the module.
#[derive(Debug, Default)]
pub struct Gazette {
    held: RwLock<Option<Arc<Gazetteer>>>,
    /// Where the room looks: a name means what is there before anything else.
    area: Option<Bbox>,
    /// Whose turn it is to read again what stands without a place.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

impl Gazette {
    /// None yet, for a room that looks at an area.
    pub fn new(area: Option<Bbox>) -> Self {
        Self { area, ..Self::default() }
    }

    /// Reads the places of the reports that came without one.
    pub(crate) async fn read_places(&self, submission: &mut Submission) {
        let Some(gazetteer) = self.now() else { return };
        let context = Context { area: self.looks_at(submission.area, &gazetteer) };
        for some in submission.bodies.chunks_mut(READ_AT_ONCE) {
            for body in some {
                if let Body::Report(report) = body {
                    report.read_place(&gazetteer, &context, submission.area);
                }
            }
            tokio::task::yield_now().await;
        }
    }

    /// Where the room looks, for what comes by a key of this area.
    pub(crate) fn looks_at(&self, of_key: Option<Bbox>, gazetteer: &Gazetteer) -> Option<Bbox> {
        self.area.or(of_key).or_else(|| gazetteer.home())
    }

    /// The gazetteer; none where nothing was imported.
    pub fn now(&self) -> Option<Arc<Gazetteer>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads what the database has. What cannot be read keeps no server from starting: it runs without.
    pub async fn load(&self, store: &Store) -> Result<Option<Arc<Gazetteer>>, ImportError> {
        let Some((version, body)) = store.gazetteer().await? else { return Ok(None) };
        let read = tokio::task::spawn_blocking(move || index(&version, &body)).await;
        let gazetteer = Arc::new(read.unwrap_or(Err(ImportError::Form("it could not be read")))?);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&gazetteer));
        Ok(Some(gazetteer))
    }
}

fn index(version: &str, body: &[u8]) -> Result<Gazetteer, ImportError> {
    if body.len() > IMPORT_BYTES_MAX {
        return Err(ImportError::Form("an import has at most 64 MiB: leave out what is far away"));
    }
    let text = std::str::from_utf8(body)
        .map_err(|_bad| ImportError::Form("an import is text in UTF-8: save it so"))?;
    let rows = if geojson::is_it(text) { geojson::read(text)? } else { table::read(text)? };
    Ok(Gazetteer::new(version, rows)?)
}

/// Keeps an import in the database once it makes an index; the index. Its version is the beginning of its digest.
pub async fn import(store: &Store, now: Timestamp, body: &[u8]) -> Result<Gazetteer, ImportError> {
    let digest = Sha256::digest(body);
    let beginning = digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let gazetteer = index(&format!("{beginning:016x}"), body)?;
    store.gazetteer_set(gazetteer.version(), now, body).await?;
    Ok(gazetteer)
}
