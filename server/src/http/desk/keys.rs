//! `/api/v1/keys`: partners' keys, made, changed over and ended by an administrator; a key sees those of its own partner.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use wire::key::{KeyBounds, KeyList, KeyState, KeyView, MadeKey, NewKeyBody, RotateBody};
use wire::time::Timestamp;

use super::super::params::Params;
use super::super::problem::Fault;
use crate::auth::{DeskUser, key, lane_id, source_id};
use crate::control::{self, KEEP_OLD_MAX_MS, Refused, Request};
use crate::state::App;
use crate::store::{KeyKind, KeyRow, KeyTerms};

/// Keys that no longer open are told for a quarter: whoever asks what became of one asks within it.
const TOLD_MS: i64 = 92 * 86_400_000;
/// And so many at most, the newest: as many partners as a city has, with both keys of each.
const KEYS_MAX: usize = 2_000;
/// Longest public part that is looked for: twelve digits are one.
const ID_BYTES_MAX: usize = 64;

/// `GET /api/v1/keys[?mode=&partner=]`
pub(super) async fn list(
    State(app): State<App>,
    user: DeskUser,
    mut params: Params,
) -> Result<Json<KeyList>, Fault> {
    let mode = params.mode()?;
    let partner = params.text("partner");
    params.end()?;
    let mode = user.mode(mode)?;
    if user.source.is_none() {
        user.may_keep_keys()?;
    }
    let at = app.clock.now();
    let mut keys = app.store.keys().await?;
    keys.retain(|key| {
        let ended_at = key.revoked_at.or(key.terms.expires_at.filter(|end| *end <= at));
        key.mode == mode
            && user.sees(key.source)
            && partner.as_ref().is_none_or(|partner| *partner == key.partner)
            && ended_at.is_none_or(|ended_at| at.ms_since(ended_at) < TOLD_MS)
    });
    keys.sort_by_key(|key| std::cmp::Reverse(key.created_at));
    keys.truncate(KEYS_MAX);
    // By partner; of each the newest first still.
    keys.sort_by(|a, b| a.partner.cmp(&b.partner));
    Ok(Json(KeyList { mode, at, keys: keys.into_iter().map(|key| told(key, at)).collect() }))
}

fn told(key: KeyRow, at: Timestamp) -> KeyView {
    let days_left = key.days_left(at).filter(|_| key.is_in_force(at));
    let state = match key.revoked_at {
        Some(_) => KeyState::Revoked,
        None if key.is_in_force(at) => KeyState::InForce,
        None => KeyState::Expired,
    };
    let test = key.terms.kind == KeyKind::Test;
    let KeyTerms { kind: _, area, requests_per_s, items_per_s, items_per_day, expires_at } =
        key.terms;
    KeyView {
        id: key.id,
        source: if test { lane_id(&key.partner) } else { source_id(&key.partner) },
        partner: key.partner,
        mode: key.mode,
        test,
        scopes: key.scopes.split_whitespace().map(str::to_owned).collect(),
        bounds: KeyBounds { area, requests_per_s, items_per_s, items_per_day, expires_at },
        created_at: key.created_at,
        revoked_at: key.revoked_at,
        state,
        days_left,
    }
}

/// `POST /api/v1/keys`: the key is in this answer, and nowhere after.
pub(super) async fn make(
    State(app): State<App>,
    user: DeskUser,
    bytes: Bytes,
) -> Result<(StatusCode, Json<MadeKey>), Fault> {
    user.may_keep_keys()?;
    let body: NewKeyBody = read(
        &bytes,
        "A key is {\"partner\":\"bcn\",\"mode\":\"live\",\"scopes\":[\"observations\",\"read\"]}.",
    )?;
    let NewKeyBody { partner, mode, scopes, test, bounds } = body;
    if scopes.is_empty() {
        let detail = "name at least one of reports, observations, advisories, read, authority";
        return Err(Fault::field("/scopes", "missing", detail));
    }
    let KeyBounds { area, requests_per_s, items_per_s, items_per_day, expires_at } = bounds;
    let kind = if test { KeyKind::Test } else { KeyKind::Full };
    let terms = KeyTerms { kind, area, requests_per_s, items_per_s, items_per_day, expires_at };
    let scopes = scopes.join(" ");
    let request = Request::PartnerAdd { name: partner, scopes, mode, terms };
    made(&app, request).await
}

/// `POST /api/v1/keys/{id}/rotate`: another with the same rights; the old one goes on for as long as is said.
pub(super) async fn rotate(
    State(app): State<App>,
    user: DeskUser,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<MadeKey>), Fault> {
    user.may_keep_keys()?;
    let body: RotateBody = read(&bytes, "A change of keys is {\"keep_old_ms\":604800000}.")?;
    let keep_old_ms = i64::try_from(body.keep_old_ms).unwrap_or(i64::MAX);
    if keep_old_ms > KEEP_OLD_MAX_MS {
        let detail = "the old key may go on for 92 days at most";
        return Err(Fault::field("/keep_old_ms", "too_long", detail));
    }
    let key = known(&app, &id).await?;
    let request = Request::PartnerRotate { name: key.partner, kind: key.terms.kind, keep_old_ms };
    made(&app, request).await
}

/// `DELETE /api/v1/keys/{id}`: it opens nothing within a second, and open connections of it end.
pub(super) async fn revoke(
    State(app): State<App>,
    user: DeskUser,
    Path(id): Path<String>,
) -> Result<StatusCode, Fault> {
    user.may_keep_keys()?;
    let key = known(&app, &id).await?;
    act(&app, Request::KeyRevoke { id: key.id }).await?;
    tracing::info!(key = %id, "a key was revoked");
    Ok(StatusCode::NO_CONTENT)
}

async fn made(app: &App, request: Request) -> Result<(StatusCode, Json<MadeKey>), Fault> {
    let done = act(app, request).await?;
    let shown = done.secret.ok_or_else(|| Fault::internal("a key that was made is not told"))?;
    let read = key::read(&shown).ok_or_else(|| Fault::internal("a key that was made is none"))?;
    let id = read.id;
    tracing::info!(key = %id, "a key was made");
    Ok((StatusCode::CREATED, Json(MadeKey { id, key: shown })))
}

async fn act(app: &App, request: Request) -> Result<control::Done, Fault> {
    control::act(&app.store, &app.clock, Some(&app.hub), request).await.map_err(|refused| {
        match refused {
            Refused::Usage(detail) => Fault::field("", "bad_key", detail),
            Refused::Conflict(detail) => {
                let title = "Another key stands against it";
                Fault::new(StatusCode::CONFLICT, "key-conflict", title, detail)
            }
            Refused::Failed(cause) => Fault::internal(cause),
        }
    })
}

/// A key that was not revoked yet.
async fn known(app: &App, id: &str) -> Result<KeyRow, Fault> {
    // What cannot be one is not asked for: a database may refuse the text itself.
    let is_id = id.len() <= ID_BYTES_MAX && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let key = if is_id { app.store.key(id).await? } else { None };
    key.filter(|key| key.revoked_at.is_none()).ok_or_else(|| {
        let detail = "There is no such key, or it was revoked: GET /api/v1/keys names them.";
        Fault::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    })
}

fn read<T: DeserializeOwned>(bytes: &[u8], such: &str) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|cause| {
        let detail = format!("{cause}. {such}");
        Fault::new(
            StatusCode::BAD_REQUEST,
            "invalid-body",
            "The body is not what is asked for",
            detail,
        )
    })
}
