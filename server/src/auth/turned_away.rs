//! Who was turned away because of a key, for the partner who wonders why nothing arrives. Only after a refusal, and never the secret.

use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;

use super::key;
use crate::http::problem::Fault;
use crate::state::App;
use crate::why::KeyTrouble;

/// Remembers a request whose key was refused with this fault.
pub(super) async fn note(headers: &HeaderMap, app: &App, fault: &Fault) {
    // What failed on our side says nothing about a key.
    if fault.problem.status != StatusCode::UNAUTHORIZED.as_u16() {
        return;
    }
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let text = header.and_then(|text| Some(text.split_once(' ')?.1.trim()));
    let id = text.and_then(key::id_of);
    let row = match id {
        Some(id) => app.store.key(id).await.ok().flatten(),
        None => None,
    };
    let presented = text.and_then(key::read);
    let is_proven = row.as_ref().zip(presented.as_ref());
    let is_proven = is_proven.is_some_and(|(row, key)| key.matches(&row.secret_sha256));
    let now = app.clock.now();
    let known = row.as_ref().filter(|_| is_proven);
    let revoked_at = known.and_then(|row| row.revoked_at);
    let ended_at = known.filter(|row| row.has_expired(now)).and_then(|row| row.terms.expires_at);
    let (reason, detail) = match (revoked_at.or(ended_at), &row, text) {
        (Some(at), ..) if revoked_at.is_some() => {
            ("revoked-key", format!("The key was revoked at {at}."))
        }
        (Some(at), ..) => ("expired-key", format!("The key ended by itself at {at}.")),
        (None, Some(_), _) => {
            ("unknown-key", "The key bears the id of one that is known, and another secret: it is mistyped or cut short.".to_owned())
        }
        (None, None, Some(_)) => ("unknown-key", "Nobody here knows the key.".to_owned()),
        (None, None, None) => ("no-key", "The request bore no key.".to_owned()),
    };
    let source = row.as_ref().map(|row| row.source);
    let key_id = row.map(|row| row.id);
    let trouble = KeyTrouble { reason, detail, key_id, is_proven, ..KeyTrouble::default() };
    app.attempts.at_door(source, &trouble);
}
