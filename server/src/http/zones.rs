//! `GET /api/v1/zones`, `GET /api/v1/rules` and `POST /api/v1/rules/try`: what is drawn, what is armed, and what a rule would
//! have told.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bytes::Bytes;
use engine::rule::When;
use wire::api::{CollectionTag, RuleList, RuleTried, ZoneList};
use wire::rule::RuleTrial;

use super::arming;
use super::asked::Asked;
use super::problem::Fault;
use crate::auth::{Reader, too_many};
use crate::state::App;

/// Without another word a rule is tried against a day.
const DAY_MS: i64 = 24 * 3_600_000;
/// Seconds after which another trial may be over.
const TRIAL_WAIT_S: u32 = 1;

/// `GET /api/v1/zones[?mode=]`
pub(super) async fn zones(
    State(app): State<App>,
    Asked { mode, .. }: Asked,
) -> Result<Json<ZoneList>, Fault> {
    // Every corner of every zone is copied.
    let features = tokio::task::spawn_blocking(move || app.worlds.read(mode).zones())
        .await
        .map_err(Fault::internal)?;
    Ok(Json(ZoneList { tag: CollectionTag::FeatureCollection, features }))
}

/// `GET /api/v1/rules[?mode=]`
pub(super) async fn rules(State(app): State<App>, Asked { mode, .. }: Asked) -> Json<RuleList> {
    Json(RuleList { rules: app.worlds.read(mode).rules() })
}

/// `POST /api/v1/rules/try`: changes nothing.
pub(super) async fn try_rule(
    State(app): State<App>,
    reader: Reader,
    bytes: Bytes,
) -> Result<Json<RuleTried>, Fault> {
    let RuleTrial { rule, from, to, mode } = serde_json::from_slice(&bytes).map_err(|cause| {
        let detail = format!("{cause}. docs/api.md shows a rule and how to try it.");
        Fault::new(StatusCode::BAD_REQUEST, "invalid-body", "The body is no rule to try", detail)
    })?;
    let mode = reader.mode(mode)?;
    let rule = arming::armed(&app, rule, mode, "/rule").await?;
    if !matches!(rule.when, When::Sources(_)) {
        return Err(Fault::field(
            "/rule/when",
            "no_past",
            "Past values and positions are not held: only rules about sources can be tried, arm others with level yellow and watch them.",
        ));
    }
    let now = app.clock.now();
    let to = to.unwrap_or(now).min(now);
    let from = from.unwrap_or(to.plus_ms(-DAY_MS));
    if from > to {
        return Err(Fault::field("/from", "after_to", "Name a moment before `to`."));
    }
    let Ok(trial) = Arc::clone(&app.trials).try_acquire_owned() else {
        return Err(too_many("one rule is tried at a time", TRIAL_WAIT_S));
    };
    let tried = tokio::task::spawn_blocking(move || {
        // Held to the end, even when nobody waits for the answer any more.
        let _trial = trial;
        // The World is let go before the rule is tried.
        let taken = app.worlds.read(mode).trial(rule, from, to)?;
        taken.run()
    });
    let (n_reports, turns) = tried.await.map_err(Fault::internal)?.map_err(|flaws| {
        let told = flaws.into_iter().map(|flaw| (arming::pointer(&flaw.field), flaw.remedy));
        arming::faults("/rule", told)
    })?;
    Ok(Json(RuleTried { n_reports, turns }))
}
