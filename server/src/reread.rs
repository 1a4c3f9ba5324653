//! Placing again: after an import of the gazetteer, reports that stand without a place are read by it. What it tells is appended to the
//! journal as what came in was, so that no replay depends on a gazetteer.
//!
//! Who gave a place stands: reports that came with coordinates or that a person placed are not read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::entry::{Body, SourceKey};
use engine::gazetteer::Gazetteer;
use engine::locate::{Context, RereadEntry, Unplaced};
use wire::geo::Bbox;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::pipeline::{IntakeError, Submission};
use crate::state::App;
use crate::store::{KeyKind, KeyRow, StoreError};

/// Reports that are read and appended together: others' come between.
const READ_AT_ONCE: usize = 128;
/// Reports that are looked at under one lock: whoever writes waits some milliseconds for it at most.
const LOOKED_AT_ONCE: usize = 10_000;
/// How often a full intake is asked again: a minute, with its own pauses.
const TRIES: u32 = 60;
/// By which gazetteer all that stands without a place was read last.
const READ_BY: &str = "gazetteer_reread";

/// Why it came to no end. What was read so far stands; the next time goes on.
#[derive(Debug, thiserror::Error)]
pub enum NotReread {
    /// The pipeline took it not.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread ended.
    #[error("the texts could not be read")]
    Lost,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reread {
    /// Reports without a place that were read.
    pub n_read: u64,
    /// Those of which their words tell something new.
    pub n_told: u64,
    /// Those of them that have a place now.
    pub n_placed: u64,
}

/// Where the keys of a source may reach.
#[derive(Default)]
struct Reach(BTreeMap<SourceKey, Vec<KeyRow>>);

impl Reach {
    fn of(keys: Vec<KeyRow>) -> Self {
        let mut reach = Self::default();
        for key in keys.into_iter().filter(|key| key.terms.kind == KeyKind::Full) {
            reach.0.entry(key.source).or_default().push(key);
        }
        reach
    }

    /// The areas of the keys by which a report of that moment may have come.
    fn at(&self, source: SourceKey, at: Timestamp) -> Vec<Bbox> {
        let Some(keys) = self.0.get(&source) else { return Vec::new() };
        let stood = |key: &&KeyRow| {
            let ends = [key.revoked_at, key.terms.expires_at];
            key.created_at <= at && ends.into_iter().flatten().all(|end| at < end)
        };
        let any = keys.iter().any(|key| stood(&key));
        // Letters are sent again by other keys than they came by, and clocks are set.
        let meant = keys.iter().filter(|key| !any || stood(key));
        meant.filter_map(|key| key.terms.area).collect()
    }
}

/// Reads all that stands without a place by the gazetteer in force. One at a time; a second one waits.
pub async fn reread(app: &App) -> Result<Reread, NotReread> {
    let _turn = app.gazette.turn.lock().await;
    let mut told = Reread::default();
    let Some(gazetteer) = app.gazette.now() else { return Ok(told) };
    let reach = Reach::of(app.store.keys().await?);
    for mode in Mode::ALL {
        let mut after = 0;
        loop {
            let page = app.worlds.read(mode).unplaced_after(after, LOOKED_AT_ONCE, READ_AT_ONCE);
            let (unplaced, Some(next)) = page else { break };
            after = next;
            told.n_read += unplaced.len() as u64;
            let entries = read(app, &gazetteer, &reach, unplaced).await?;
            append(app, mode, entries, &mut told).await?;
            tokio::task::yield_now().await;
        }
    }
    app.store.meta_set(READ_BY, gazetteer.version()).await?;
    if told.n_read > 0 {
        let Reread { n_read, n_told, n_placed } = told;
        let version = gazetteer.version();
        tracing::info!(n_read, n_told, n_placed, version, "reports without a place are read again");
    }
    Ok(told)
}

/// The same once after a start, where the last import came while nobody ran, or the last run ended before all was read.
pub(crate) async fn at_start(app: App) {
    let Some(gazetteer) = app.gazette.now() else { return };
    let done = match app.store.meta(READ_BY).await {
        Ok(by) if by.as_deref() == Some(gazetteer.version()) => return,
        Ok(_) => reread(&app).await,
        Err(cause) => Err(cause.into()),
    };
    if let Err(error) = done {
        tracing::warn!(%error, "reports without a place were not all read again");
    }
}

async fn read(
    app: &App,
    gazetteer: &Arc<Gazetteer>,
    reach: &Reach,
    unplaced: Vec<Unplaced>,
) -> Result<Vec<RereadEntry>, NotReread> {
    let bounds = |one: &Unplaced| reach.at(one.source, one.recorded_at);
    let each: Vec<(Unplaced, Vec<Bbox>)> =
        unplaced.into_iter().map(|one| (bounds(&one), one)).map(|(all, one)| (one, all)).collect();
    let (gazette, gazetteer) = (Arc::clone(&app.gazette), Arc::clone(gazetteer));
    let reading = tokio::task::spawn_blocking(move || {
        let each = each.iter().filter_map(|(one, bounds)| {
            let area = gazette.looks_at(bounds.first().copied(), &gazetteer);
            one.read(&gazetteer, &Context { area }, bounds)
        });
        each.collect()
    });
    reading.await.map_err(|_lost| NotReread::Lost)
}

async fn append(
    app: &App,
    mode: Mode,
    entries: Vec<RereadEntry>,
    told: &mut Reread,
) -> Result<(), NotReread> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut tries = 0;
    let outcome = loop {
        let bodies = entries.iter().cloned().map(Box::new).map(Body::Reread).collect();
        match app.intake.submit(Submission::own(mode, bodies)).await {
            Err(IntakeError::Busy { retry_after_s }) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(u64::from(retry_after_s.max(1)))).await;
            }
            done => break done?,
        }
    };
    // One that was refused got its place from somebody else meanwhile.
    let stands = |at: usize| !outcome.refused.iter().any(|refused| refused.index == at);
    told.n_told += outcome.accepted;
    let placed =
        entries.iter().enumerate().filter(|(at, one)| one.place().is_some() && stands(*at));
    told.n_placed += placed.count() as u64;
    Ok(())
}
