//! The app inside the binary: files as they were built, packed as the browser takes them.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::problem::Fault;

/// What `cargo xtask build` left in `dist/`; empty when the app was not built.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../dist"]
#[allow_missing = true]
struct Dist;

/// Shown when the binary was built without the app.
const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Talaia</title><h1>Talaia</h1>\
<p>This binary was built without the app. Build both with <code>cargo xtask run</code>.</p>\
<p>The API is documented at <a href=/docs>/docs</a>.</p>";

/// Roots that never hold the app: an unknown address below them is an error, not a page.
const NOT_PAGES: [&str; 9] =
    ["api", "live", "sta", "sentilo", "ngsi-ld", "webhooks", "ogc", "feeds", "public"];

/// Everything that is not a route: a file of the app, or one of its pages.
pub(super) async fn serve(request: Request<Body>) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let root = path.split('/').next().unwrap_or_default();
    if NOT_PAGES.contains(&root) {
        let detail = "There is nothing at this address; /docs lists those there are.";
        return Fault::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if !path.is_empty() && Dist::get(path).is_some() {
        return file(path, request.headers());
    }
    // A name with an ending is a file that is missing; anything else is a page of the app.
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.') {
        return StatusCode::NOT_FOUND.into_response();
    }
    let page = page(root);
    if Dist::get(page).is_none() {
        let html = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
        return (html, NOT_BUILT).into_response();
    }
    file(page, request.headers())
}

/// Which page an address opens: the partner desk has a bundle of its own, everything else is the room's.
fn page(root: &str) -> &'static str {
    if root == "partner" { "partner.html" } else { "index.html" }
}

/// Whether the browser takes this packing (a plain reading of the header: `q=0` refuses).
fn takes(headers: &HeaderMap, packing: &str) -> bool {
    let text =
        headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(packing));
        let refused =
            parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
        named && !refused
    })
}

fn file(path: &str, headers: &HeaderMap) -> Response {
    let packed = [("br", "br"), ("gz", "gzip")].into_iter().find_map(|(ending, packing)| {
        takes(headers, packing)
            .then(|| Dist::get(&format!("{path}.{ending}")).map(|file| (file, Some(packing))))
            .flatten()
    });
    let Some((found, packing)) = packed.or_else(|| Dist::get(path).map(|file| (file, None))) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // The packings of one file are different bytes, so each has its own tag (RFC 9110, 8.8.3.3).
    let hash = found.metadata.sha256_hash();
    let tag = format!("\"{}\"", crate::auth::key::hex(&hash[..16]));
    let same = headers.get(IF_NONE_MATCH).is_some_and(|known| {
        known.to_str().is_ok_and(|known| known.split(',').any(|one| one.trim() == tag))
    });
    let body = match found.data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut answer =
        if same { StatusCode::NOT_MODIFIED.into_response() } else { Response::new(body) };
    let out = answer.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(CACHE_CONTROL, HeaderValue::from_static(keep(path)));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(ETAG, tag);
    }
    if let Some(packing) = packing {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(packing));
    }
    answer
}

/// How long a browser may keep a file: for ever when its name holds its hash, else it asks again.
fn keep(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or_default();
    let hashed = name.rsplit_once('.').is_some_and(|(stem, _ending)| {
        stem.split(['-', '_', '.']).any(|part| {
            part.len() == 16
                && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        })
    });
    if hashed { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" | "webmanifest" => "application/json",
        "geojson" => "application/geo+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        "ogg" => "audio/ogg",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_hash_are_kept_and_others_are_asked_for_again() {
        assert!(keep("talaia-app-0123456789abcdef.js").contains("immutable"));
        assert!(keep("talaia-app-0123456789abcdef_bg.wasm").contains("immutable"));
        assert_eq!(keep("talaia-app-123456789abcdef.js"), "no-cache", "a digit is missing");
        assert_eq!(keep("talaia-app-123456789abcde_bg.wasm"), "no-cache", "two are missing");
        assert_eq!(keep("talaia-app-0123456789abcdef0.js"), "no-cache", "no hash of 64 bits");
        assert_eq!(keep("map-20261124.json"), "no-cache", "a date is no hash");
        assert_eq!(keep("index.html"), "no-cache");
        assert_eq!(keep("maplibre-gl-worker.mjs"), "no-cache");
        assert_eq!(media_type("maplibre-gl.mjs"), "text/javascript; charset=utf-8");
        assert_eq!(media_type("app_bg.wasm"), "application/wasm");
    }

    #[test]
    fn the_partner_desk_has_a_page_of_its_own_and_the_room_every_other_address() {
        assert_eq!(page("partner"), "partner.html");
        assert_eq!(page(""), "index.html");
        assert_eq!(page("partners"), "index.html");
    }

    #[test]
    fn a_packing_is_sent_only_to_who_takes_it() {
        let mut headers = HeaderMap::new();
        assert!(!takes(&headers, "br"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br;q=0"));
        assert!(takes(&headers, "gzip"));
        assert!(!takes(&headers, "br"));
    }
}
