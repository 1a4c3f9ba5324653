//! `GET /api/v1/sources`: how fresh each source is, and what became of all it sent.

use axum::Json;
use axum::extract::State;
use wire::api::SourceList;
use wire::source::{SourceHealth, SourceStatus};
use wire::time::Timestamp;

use super::params::Params;
use super::problem::Fault;
use crate::auth::Reader;
use crate::state::App;
use crate::store::SourceRow;

/// Content older than this is late: five minutes, what a duty officer still calls now.
const LATE_MS: i64 = 5 * 60_000;
/// Content older than this is silence.
const SILENT_MS: i64 = 3_600_000;

/// `GET /api/v1/sources`
pub(super) async fn list(
    State(app): State<App>,
    reader: Reader,
    params: Params,
) -> Result<Json<SourceList>, Fault> {
    params.end()?;
    let now = app.clock.now();
    let rows = app.store.sources().await?;
    let seen = rows.into_iter().filter(|row| reader.sees(row.mode));
    Ok(Json(SourceList { sources: seen.map(|row| status(row, now)).collect() }))
}

fn status(row: SourceRow, now: Timestamp) -> SourceStatus {
    let age_ms = row.newest.map(|newest| now.ms_since(newest).max(0));
    let health = match age_ms {
        Some(age_ms) if age_ms < LATE_MS => SourceHealth::Live,
        Some(age_ms) if age_ms < SILENT_MS => SourceHealth::Late,
        _ => SourceHealth::Silent,
    };
    SourceStatus {
        id: row.id,
        name: row.name,
        mode: row.mode,
        status: health,
        content_age_ms: age_ms.and_then(|age_ms| u64::try_from(age_ms).ok()),
        reason: age_ms.is_none().then(|| "nothing received yet".to_owned()),
        ledger: row.ledger,
    }
}
