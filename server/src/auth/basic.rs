//! Basic authentication with a partner's key as the password, for clients that know nothing else: it becomes the header that all others send.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::http::problem::Fault;

/// Puts `Bearer KEY` in the place of `Basic base64(anybody:KEY)`.
pub(crate) fn basic_as_bearer(headers: &mut HeaderMap) -> Result<(), Fault> {
    if headers.get_all(AUTHORIZATION).iter().count() != 1 {
        return Ok(());
    }
    let Some(text) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        return Ok(());
    };
    let Some((scheme, packed)) = text.split_once(' ') else { return Ok(()) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(());
    }
    let wrong = || {
        Fault::unauthenticated(
            "Send Authorization: Basic with any name and the key as its password, or Bearer KEY.",
        )
    };
    let plain = STANDARD.decode(packed.trim()).map_err(|_bad| wrong())?;
    let plain = String::from_utf8(plain).map_err(|_bad| wrong())?;
    let (_, key) = plain.split_once(':').ok_or_else(wrong)?;
    let bearer = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_bad| wrong())?;
    headers.insert(AUTHORIZATION, bearer);
    Ok(())
}
