//! Observations as rows beside the journal: made from entries, and filled in where an older program wrote the entries alone.

use engine::entry::{Body, Entry};
use engine::observation::ObservationResult;

use super::decode;
use crate::store::{AppendError, ObservationRow, Store, StoreError};
use crate::vault::Vault;

/// Up to which entry the journal was looked through: what lies before need not be looked at again.
const LOOKED_TO: &str = "observations_looked_to";

/// Entries of one page.
const PAGE: u32 = 1_000;

/// How often a long filling says how far it is, in rows.
const TOLD_EVERY: u64 = 200_000;

/// The row of an entry, if it is an observation.
pub(crate) fn observed(entry: &Entry) -> Option<ObservationRow> {
    let Body::Observation(observation) = &entry.body else { return None };
    let (number, text) = match &observation.result {
        ObservationResult::Number(number) => (Some(*number), None),
        ObservationResult::Text(text) => (None, Some(text.clone())),
    };
    Some(ObservationRow {
        seq: entry.seq,
        source: observation.source,
        mode: entry.mode,
        datastream: observation.datastream.clone(),
        phenomenon_at: observation.phenomenon_time,
        phenomenon_end: observation.phenomenon_end,
        result_at: observation.result_at,
        recorded_at: entry.recorded_at,
        number,
        text,
        unit: observation.unit.clone(),
        quality: observation.quality,
        raw: observation.raw.clone(),
    })
}

/// Fills in the rows that are missing at the end: all after an upgrade from a program that wrote none, or after the table was
/// emptied; usually nothing. To be called before the pipeline appends, since rows are missing at the end alone only as long as
/// nothing new is written. Gives how many it wrote.
pub(crate) async fn fill_observations(
    store: &Store,
    vault: &Vault,
    head: u64,
) -> Result<u64, StoreError> {
    let last = store.last_observation().await?;
    // A table that ends before what was looked through has lost rows: then nothing that was noted holds.
    let looked_to: Option<(u64, u64)> = store.meta(LOOKED_TO).await?.and_then(|text| {
        let (to, last) = text.split_once(' ')?;
        Some((to.parse().ok()?, last.parse().ok()?))
    });
    let mut after = match looked_to {
        Some((to, last_then)) if last_then <= last => last.max(to),
        _ => last,
    };
    let mut n_filled = 0;
    loop {
        let page = store.observations_after(after, PAGE).await?;
        let Some(end) = page.last().map(|entry| entry.row().seq) else { break };
        let mut rows = Vec::with_capacity(page.len());
        for stored in &page {
            rows.extend(observed(&decode(vault, stored)?));
        }
        store.observations_fill(&rows).await.map_err(cause)?;
        let before = n_filled;
        n_filled += rows.len() as u64;
        after = end;
        if n_filled / TOLD_EVERY > before / TOLD_EVERY {
            tracing::info!(
                n_filled,
                at = end,
                head,
                "observations of an older journal are filled in"
            );
        }
    }
    let last = store.last_observation().await?;
    store.meta_set(LOOKED_TO, &format!("{head} {last}")).await?;
    if n_filled > 0 {
        tracing::info!(n_filled, "observations are filled in from the journal");
    }
    Ok(n_filled)
}

fn cause(error: AppendError) -> StoreError {
    match error {
        AppendError::Before(cause) | AppendError::Commit(cause) => cause,
    }
}
