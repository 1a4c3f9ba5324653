//! `GET /basemap/tiles.pmtiles`: the file by byte ranges. Never compressed: a range is of the bytes on disk.

use std::io::SeekFrom;
use std::time::UNIX_EPOCH;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::auth::Reader;
use crate::http::problem::Fault;
use crate::state::App;

/// What is asked of a file of `size` bytes.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// All of it.
    Whole,
    /// From the first to the last byte, both within.
    Part(u64, u64),
    /// Nothing it has.
    Outside,
}

/// Reads a `Range` header. One range is answered; a list, or what is no byte range, is answered with the whole file,
/// as RFC 9110 allows.
fn asked(range: Option<&str>, size: u64) -> Asked {
    let Some(wanted) = range.and_then(|range| range.trim().strip_prefix("bytes=")) else {
        return Asked::Whole;
    };
    let Some((from, to)) = wanted.split_once('-').filter(|_| !wanted.contains(',')) else {
        return Asked::Whole;
    };
    let number = |text: &str| -> Option<u64> {
        let text = text.trim();
        (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
            // A number too large for the file system is as far as it goes.
            .then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (from.trim(), number(from), to.trim(), number(to)) {
        ("", _, _, Some(0)) => Asked::Outside,
        ("", _, _, Some(n)) if size > 0 => Asked::Part(size.saturating_sub(n), size - 1),
        (_, Some(first), _, _) if first >= size => Asked::Outside,
        (_, Some(first), "", _) => Asked::Part(first, size - 1),
        (_, Some(first), _, Some(end)) if end >= first => Asked::Part(first, end.min(size - 1)),
        _ => Asked::Whole,
    }
}

/// `GET` and `HEAD /basemap/tiles.pmtiles`
pub(super) async fn tiles(
    State(app): State<App>,
    _reader: Reader,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let absent = || {
        Fault::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            "This server has no basemap file.",
        )
    };
    let path = app
        .config
        .basemap
        .as_deref()
        .filter(|setting| !super::is_address(setting))
        .ok_or_else(absent)?;
    let opened = async {
        let file = File::open(path).await?;
        let about = file.metadata().await?;
        Ok::<_, std::io::Error>((file, about))
    };
    let (mut file, about) = opened.await.map_err(|_missing| absent())?;
    if !about.is_file() {
        return Err(absent());
    }
    let size = about.len();
    let modified =
        about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let tag = format!("\"{size:x}-{:x}\"", modified.as_nanos());
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());

    let mut answer = Response::builder()
        .header(ACCEPT_RANGES, "bytes")
        .header(ETAG, &tag)
        .header(CONTENT_TYPE, "application/vnd.pmtiles")
        .header(CACHE_CONTROL, "private, max-age=3600, no-transform");
    let known = text(IF_NONE_MATCH)
        .is_some_and(|tags| tags.trim() == "*" || tags.split(',').any(|one| one.trim() == tag));
    let built = if known {
        answer = answer.status(StatusCode::NOT_MODIFIED);
        answer.body(Body::empty())
    } else {
        // A part of another version than the reader holds would be garbage: If-Range that does not match asks for all.
        let range = text(RANGE).filter(|_| text(IF_RANGE).is_none_or(|held| held == tag));
        match asked(range, size) {
            Asked::Outside => answer
                .status(StatusCode::RANGE_NOT_SATISFIABLE)
                .header(CONTENT_RANGE, format!("bytes */{size}"))
                .body(Body::empty()),
            Asked::Part(first, last) => {
                let length = last - first + 1;
                answer = answer
                    .status(StatusCode::PARTIAL_CONTENT)
                    .header(CONTENT_RANGE, format!("bytes {first}-{last}/{size}"))
                    .header(CONTENT_LENGTH, length);
                if method == Method::HEAD {
                    answer.body(Body::empty())
                } else {
                    file.seek(SeekFrom::Start(first)).await.map_err(|_gone| absent())?;
                    answer.body(Body::from_stream(ReaderStream::with_capacity(
                        file.take(length),
                        64 << 10,
                    )))
                }
            }
            Asked::Whole => {
                answer = answer.header(CONTENT_LENGTH, size);
                if method == Method::HEAD {
                    answer.body(Body::empty())
                } else {
                    answer.body(Body::from_stream(ReaderStream::with_capacity(
                        file.take(size),
                        64 << 10,
                    )))
                }
            }
        }
    };
    let mut answer = built.map_err(|_bad_header| absent())?;
    if answer.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_has_them() {
        for (range, expected) in [
            (None, Asked::Whole),
            (Some("bytes=0-126"), Asked::Part(0, 126)),
            (Some("bytes=100-"), Asked::Part(100, 999)),
            (Some("bytes=-100"), Asked::Part(900, 999)),
            (Some("bytes=-5000"), Asked::Part(0, 999)),
            (Some("bytes=990-5000"), Asked::Part(990, 999)),
            (Some("bytes=0-99999999999999999999999"), Asked::Part(0, 999)),
            (Some("bytes=1000-"), Asked::Outside),
            (Some("bytes=-0"), Asked::Outside),
            (Some("bytes=5-2"), Asked::Whole),
            (Some("bytes=a-b"), Asked::Whole),
            (Some("bytes=0-1,5-6"), Asked::Whole),
            (Some("lines=0-1"), Asked::Whole),
        ] {
            assert_eq!(asked(range, 1_000), expected, "{range:?}");
        }
        assert_eq!(asked(Some("bytes=0-0"), 0), Asked::Outside);
        assert_eq!(asked(Some("bytes=-1"), 0), Asked::Whole);
    }
}
