//! `POST /api/v1/reports/links`: a link that a contributor pastes, who watches what we may not read. Nothing is fetched from there.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bytes::Bytes;
use engine::report::Words;
use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

use super::problem::Fault;
use crate::auth::{Reader, Role};
use crate::pipeline::{Submission, Tied};
use crate::source::{Draft, words};
use crate::state::App;
use crate::why::Sent;

/// What is seen there, in characters: a few sentences in the contributor's own words.
const SEEN_CHARS_MAX: usize = 2_000;
/// The doubt about a place that somebody points at, at most.
const RADIUS_MAX_M: u32 = 20_000;
/// Earlier ones that are told: enough to see that it is old.
const BEFORE_MAX: usize = 10;

/// A link.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    url: String,
    /// What is seen there, in the contributor's words.
    seen: String,
    #[serde(default)]
    mode: Option<Mode>,
    #[serde(default)]
    basis: Basis,
    #[serde(default)]
    hazard: Hazard,
    #[serde(default)]
    severity: Severity,
    /// In words.
    #[serde(default)]
    place: Option<String>,
    #[serde(default)]
    geometry: Option<LngLat>,
    #[serde(default)]
    radius_m: u32,
    /// When it was published, as it says there.
    #[serde(default)]
    published_at: Option<Timestamp>,
    /// The hash of the picture there, made by whoever looks at it.
    #[serde(default)]
    image: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize)]
pub(super) struct Pasted {
    id: ReportId,
    seq: u64,
    /// It was known word for word.
    folded: bool,
    /// Where the same address, or the same picture, came before: the newest first.
    seen_before: Vec<Before>,
}

#[derive(Debug, Serialize)]
struct Before {
    id: ReportId,
    by: &'static str,
    received_at: Timestamp,
}

/// `POST /api/v1/reports/links`: answered once it is on disk.
pub(super) async fn paste(
    State(app): State<App>,
    reader: Reader,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Pasted>), Fault> {
    let name = contributor(&reader)?;
    let link: Link = serde_json::from_slice(&bytes).map_err(|cause| {
        let detail = format!(
            "{cause}. A link is {{\"url\":\"https://…\",\"seen\":\"water up to the knees\",\"basis\":\"seen\",\"place\":\"Carrer Major\"}}."
        );
        Fault::new(StatusCode::BAD_REQUEST, "invalid-body", "The body is not a link", detail)
    })?;
    let mode = reader.mode(Some(link.mode.unwrap_or(Mode::Live)))?;
    let draft = draft(link, &name, app.clock.now())?;
    let url = draft.words.url.clone().unwrap_or_default();
    let image = draft.words.origin.clone();
    let before = app.worlds.read(mode).published(&url, image.as_deref());
    let (source, called) = match mode {
        Mode::Live => ("room:contributors", "Contributors"),
        Mode::Exercise => ("room:contributors-exercise", "Contributors (exercise)"),
    };
    let row = app.store.source_ensure(source, called, mode).await?;
    let body = draft.body(&row, &app.id_key, app.clock.now());
    let engine::entry::Body::Report(report) = &body else {
        return Err(Fault::internal("a link is no report"));
    };
    let id = report.id;
    let outcome = app
        .intake
        .submit(Submission {
            source: row.key,
            mode,
            bodies: vec![body],
            rejected: BTreeMap::new(),
            bytes: bytes.len(),
            area: None,
            sent: Arc::new(Sent { n_bytes: bytes.len() as u64, ..Sent::default() }),
            tied: Tied::default(),
        })
        .await?;
    let seen_before = before.into_iter().take(BEFORE_MAX);
    let seen_before = seen_before.map(|one| Before {
        id: one.id,
        by: if one.is_picture { "image" } else { "url" },
        received_at: one.received_at,
    });
    let pasted = Pasted {
        id,
        seq: outcome.seq,
        folded: outcome.folded > 0,
        seen_before: seen_before.collect(),
    };
    Ok((StatusCode::CREATED, Json(pasted)))
}

fn draft(link: Link, name: &str, now: Timestamp) -> Result<Draft, Fault> {
    let Link { url, seen, basis, hazard, severity, place, geometry, radius_m, .. } = link;
    let url = words::url(&url).ok_or_else(|| {
        let detail = "must be the address of a page, https://…, without a name or password in it";
        Fault::field("/url", "bad_url", detail)
    })?;
    let seen = words::text(&seen).ok_or_else(|| {
        Fault::field("/seen", "missing", "say in your own words what is seen there")
    })?;
    if seen.chars().count() > SEEN_CHARS_MAX {
        let detail = format!("may have {SEEN_CHARS_MAX} characters: say what counts");
        return Err(Fault::field("/seen", "too_long", detail));
    }
    if radius_m > RADIUS_MAX_M {
        let detail = format!("may be {RADIUS_MAX_M} at most: leave out a place that is not known");
        return Err(Fault::field("/radius_m", "too_large", detail));
    }
    if link.published_at.is_some_and(|at| at > now) {
        return Err(Fault::field("/published_at", "ahead", "name a moment that has come"));
    }
    let image = match link.image {
        None => None,
        Some(hash) => Some(picture(&hash).ok_or_else(|| {
            let detail = "a hash is 16 to 128 hexadecimal digits";
            Fault::field("/image", "bad_hash", detail)
        })?),
    };
    // Each contributor's word for itself: the same address makes them copies of one source all the same.
    let named = blake3::hash(format!("{url} {name}").as_bytes()).to_hex()[..32].to_owned();
    Ok(Draft {
        observed_at: link.published_at.unwrap_or(now),
        updated_at: Some(now),
        kind: Kind::Contributor,
        basis,
        status: None,
        hazard,
        severity,
        radius_m,
        place: geometry,
        words: Words {
            source_id: Some(named),
            text: Some(seen),
            place: place.as_deref().and_then(words::line),
            // Who can be asked about it: of the author there nothing is known here.
            author: words::line(name),
            url: Some(url),
            origin: image,
            ..Words::default()
        },
    })
}

/// A hash as it is compared.
fn picture(hash: &str) -> Option<String> {
    let hash = hash.trim().to_ascii_lowercase();
    let is_hash =
        (16..=128).contains(&hash.len()) && hash.bytes().all(|one| one.is_ascii_hexdigit());
    is_hash.then(|| format!("image:{hash}"))
}

fn contributor(reader: &Reader) -> Result<String, Fault> {
    let (Some(role), Some(name)) = (reader.role, reader.principal.strip_prefix("operator:")) else {
        return Err(Fault::forbidden(
            "operators-only",
            "Keys do not paste links",
            "A link is pasted by a person: sign in with POST /api/v1/session; a program sends POST /api/v1/reports.",
        ));
    };
    if role < Role::Contributor {
        return Err(Fault::forbidden(
            "role-too-low",
            "The role may not do this",
            format!("Links are pasted by contributors and above; yours is {role}."),
        ));
    }
    Ok(name.to_owned())
}
