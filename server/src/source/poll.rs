//! The polite question of a feed: only for what changed, in bounded time and size.

use std::time::Duration;

use reqwest::header::{
    ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RETRY_AFTER,
};
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::moment::moment;
use super::road::Road;
use super::sign::Signature;
use super::{FetchError, guard};

/// A whole question, redirects and body included: an upstream that drips holds a source up no longer.
const POLL_MAX: Duration = Duration::from_mins(1);
/// A validator is a word or a date; a longer one is not sent back at each question.
const VALIDATOR_BYTES_MAX: usize = 1_024;

/// By what an upstream knows whether anything changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Validators {
    #[serde(default)]
    pub(super) etag: Option<String>,
    #[serde(default)]
    pub(super) last_modified: Option<String>,
}

impl Validators {
    fn of(headers: &HeaderMap) -> Self {
        let kept = |name| text(headers, name).filter(|value| value.len() <= VALIDATOR_BYTES_MAX);
        Self { etag: kept(ETAG), last_modified: kept(LAST_MODIFIED) }
    }

    fn on(&self, mut request: RequestBuilder) -> RequestBuilder {
        if let Some(etag) = &self.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(date) = &self.last_modified {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
        request
    }
}

/// What stands there now.
#[derive(Debug)]
pub(super) struct Polled {
    pub(super) bytes: Vec<u8>,
    pub(super) validators: Validators,
}

/// What is asked.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) address: Url,
    /// What was answered last.
    pub(super) known: &'a Validators,
    pub(super) bytes_max: usize,
    pub(super) now: Timestamp,
    pub(super) signature: &'a Signature,
}

/// Asks once. `None`: nothing changed since what is known.
pub(super) async fn poll(
    road: &mut Road,
    question: Question<'_>,
) -> Result<Option<Polled>, FetchError> {
    let asked = polled(road, question);
    let late = || passing(format!("it takes longer than {} s", POLL_MAX.as_secs()));
    tokio::time::timeout(POLL_MAX, asked).await.unwrap_or_else(|_late| Err(late()))
}

async fn polled(road: &mut Road, question: Question<'_>) -> Result<Option<Polled>, FetchError> {
    let Question { address, known, bytes_max, now, signature } = question;
    let answer = road.ask(address, |request| known.on(signature.on(request))).await?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED => return Ok(None),
        status => {
            let retry_after = retry_after(answer.headers(), now);
            return Err(FetchError::Passing { why: format!("it answers {status}"), retry_after });
        }
    }
    let validators = Validators::of(answer.headers());
    let bytes = guard::read_body(answer, bytes_max).await.map_err(passing)?;
    Ok(Some(Polled { bytes, validators }))
}

pub(super) fn passing(why: String) -> FetchError {
    FetchError::Passing { why, retry_after: None }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// When an upstream asks to be asked again: in seconds, or as a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let asked = text(headers, RETRY_AFTER)?;
    if let Ok(seconds) = asked.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let ms = moment(&asked)?.ms_since(now);
    u64::try_from(ms).ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_may_ask_for_time_in_seconds_or_by_a_date() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().expect("a moment");
        let after = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().expect("a value"));
            retry_after(&headers, now)
        };
        assert_eq!(after("120"), Some(Duration::from_mins(2)));
        assert_eq!(after("Mon, 23 Nov 2026 10:05:00 GMT"), Some(Duration::from_mins(5)));
        assert_eq!(
            after("Mon, 23 Nov 2026 09:00:00 GMT"),
            None,
            "a date that is over asks for nothing"
        );
        assert_eq!(after("soon"), None);
    }
}
