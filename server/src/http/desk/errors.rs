//! `GET /api/v1/errors`: what was refused, by source and cause.

use axum::Json;
use axum::extract::State;
use engine::entry::SourceKey;
use wire::desk::{Counted, ErrorCause, ErrorCauses};

use super::super::params::{Params, wrong};
use super::super::problem::Fault;
use crate::auth::DeskUser;
use crate::letters::KEPT_MS;
use crate::state::App;
use crate::store::{HOUR_MS, hour_of};

/// Hours that are told when no others are asked for.
const HOURS: i64 = 24;
/// And at most: a week.
const HOURS_MAX: i64 = 168;

/// `GET /api/v1/errors[?hours=&mode=]`
pub(super) async fn by_cause(
    State(app): State<App>,
    user: DeskUser,
    mut params: Params,
) -> Result<Json<ErrorCauses>, Fault> {
    let hours = params.read("hours", MUST_BE)?.unwrap_or(HOURS);
    let mode = params.mode()?;
    params.end()?;
    if !(1..=HOURS_MAX).contains(&hours) {
        return Err(wrong("hours", &format!("hours must be {MUST_BE}")));
    }
    let mode = user.mode(mode)?;
    let at = app.clock.now();
    let from = hour_of(at).plus_ms(-(hours - 1) * HOUR_MS);
    let rows = app.store.sources().await?;
    let name = |key: SourceKey| {
        let row = rows.iter().find(|row| row.key == key && row.mode == mode);
        row.filter(|row| user.sees(row.key)).map(|row| row.id.clone())
    };
    // What is kept can be sent again once its cause is mended, and is kept for a day.
    let kept = app.store.letters_counted(at.plus_ms(-KEPT_MS)).await?;
    let mut causes = Vec::new();
    for row in app.store.refusals(from, at.plus_ms(HOUR_MS), false).await? {
        let key = row.source()?;
        let Some(source) = name(key) else { continue };
        let (first_at, last_at) = row.span();
        causes.push(ErrorCause {
            source: Some(source),
            reason: row.reason.clone(),
            sample_detail: row.detail.clone(),
            counted: Counted::Items,
            count: row.n()?,
            first_at,
            last_at,
            replayable: kept.get(&(key, row.reason.clone())).copied().unwrap_or_default(),
        });
    }
    app.attempts.door(|door| {
        for (source, reason, count) in door.counts() {
            let whose = source.map(name);
            // A stranger's is for the room alone, and of the live one.
            let is_seen = match &whose {
                Some(named) => named.is_some(),
                None => user.source.is_none() && mode == wire::view::Mode::Live,
            };
            let Some((n, first_at, last_at)) = count.since(from).filter(|_| is_seen) else {
                continue;
            };
            causes.push(ErrorCause {
                source: whose.flatten(),
                reason: reason.to_owned(),
                sample_detail: Some(count.detail.clone()),
                counted: Counted::Requests,
                count: n,
                first_at,
                last_at,
                replayable: 0,
            });
        }
    });
    causes.sort_by(|a, b| (b.count, &a.source, &a.reason).cmp(&(a.count, &b.source, &b.reason)));
    Ok(Json(ErrorCauses { mode, at, from, causes }))
}

const MUST_BE: &str = "a whole number from 1 to 168";
