//! Events of a Mastodon server: statuses, what becomes of them, and their numbers, which hold their moment.

use engine::report::Words;
use serde::Deserialize;
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::time::Timestamp;

use super::Event;
use crate::source::{Draft, words};

/// Bits of a number below its milliseconds.
const NUMBER_BITS: u32 = 16;

/// A frame of the stream: its payload is JSON within a string, or a bare number.
#[derive(Deserialize)]
struct Frame {
    event: String,
    #[serde(default)]
    payload: String,
}

/// A status, as far as anything in it is ours to know.
#[derive(Deserialize)]
pub(super) struct Status {
    id: String,
    created_at: Timestamp,
    edited_at: Option<Timestamp>,
    visibility: String,
    #[serde(default)]
    content: String,
    language: Option<String>,
    url: Option<String>,
    account: Account,
    /// What it passes on, which is somebody else's status and comes by itself.
    reblog: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Account {
    acct: String,
}

/// The number of a moment: those of later statuses are greater.
pub(super) fn number(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or(0) << NUMBER_BITS
}

/// What a status is called here. A withdrawal names no more than its number.
fn name(host: &str, id: &str) -> Option<String> {
    let is_number =
        !id.is_empty() && id.len() <= 20 && id.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("{host}/{id}"))
}

/// A frame: the number of a status that is new, and what it says.
pub(super) fn frame(host: &str, message: &str) -> (Option<u64>, Event) {
    let Ok(Frame { event, payload }) = serde_json::from_str(message) else {
        return (None, Event::Refused("unreadable"));
    };
    match event.as_str() {
        "update" | "status.update" => match serde_json::from_str::<Status>(&payload) {
            Ok(status) => {
                let number = status.id.parse().ok().filter(|_| event == "update");
                (number, said(host, &status))
            }
            Err(_bad) => (None, Event::Refused("unreadable")),
        },
        "delete" => match name(host, payload.trim()) {
            Some(name) => (None, Event::Withdrawn(name)),
            None => (None, Event::Refused("bad_id")),
        },
        _ => (None, Event::Other),
    }
}

/// A page of a timeline, the first said first: the greatest number, and what they say.
pub(super) fn page(host: &str, bytes: &[u8]) -> Option<(Option<u64>, Vec<Event>)> {
    let mut statuses: Vec<Status> = serde_json::from_slice(bytes).ok()?;
    statuses.reverse();
    let last = statuses.iter().filter_map(|status| status.id.parse().ok()).max();
    Some((last, statuses.iter().map(|status| said(host, status)).collect()))
}

fn said(host: &str, status: &Status) -> Event {
    if status.reblog.is_some() {
        return Event::Other;
    }
    if status.visibility != "public" {
        return Event::Refused("not_public");
    }
    let Some(name) = name(host, &status.id) else { return Event::Refused("bad_id") };
    let Some(text) = words::text(&words::of_html(&status.content)) else {
        return Event::Refused("nothing_said");
    };
    let lang = status.language.as_deref().and_then(words::id).filter(|lang| lang.len() <= 35);
    Event::Said(Box::new(Draft {
        observed_at: status.created_at,
        updated_at: Some(status.edited_at.unwrap_or(status.created_at)),
        kind: Kind::Post,
        basis: Basis::Unknown,
        status: None,
        hazard: Hazard::Other,
        severity: Severity::Unknown,
        radius_m: 0,
        place: None,
        words: Words {
            source_id: Some(name),
            text: Some(text),
            lang,
            url: status.url.as_deref().and_then(words::url),
            author: words::line(&status.account.acct),
            ..Words::default()
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(more: &str) -> String {
        format!(
            r#"{{"id":"113535000000000001","created_at":"2026-11-27T20:00:00.000Z","visibility":"public","content":"<p>Aigua al <a href=\"x\">#carrer</a></p><script>x</script>","account":{{"acct":"anna@b.example"}}{more}}}"#
        )
    }

    fn told(event: &str, payload: &str) -> String {
        serde_json::json!({"stream": ["hashtag", "x"], "event": event, "payload": payload})
            .to_string()
    }

    #[test]
    fn a_status_is_text_named_by_server_and_number() {
        let (number, Event::Said(draft)) = frame("m.example", &told("update", &status(""))) else {
            panic!("a status")
        };
        assert_eq!(number, Some(113_535_000_000_000_001));
        assert_eq!(draft.words.text.as_deref(), Some("Aigua al #carrer"));
        assert_eq!(draft.words.source_id.as_deref(), Some("m.example/113535000000000001"));
    }

    #[test]
    fn what_is_not_public_or_passed_on_is_not_taken_and_a_withdrawal_is_a_bare_number() {
        let event = |event: &str, payload: &str| frame("m.example", &told(event, payload)).1;
        let hidden = status("").replace("\"public\"", "\"unlisted\"");
        assert!(matches!(event("update", &hidden), Event::Refused("not_public")));
        let passed_on = status(r#","reblog":{"id":"1"}"#);
        assert!(matches!(event("update", &passed_on), Event::Other));
        assert!(matches!(event("delete", "7"), Event::Withdrawn(name) if name == "m.example/7"));
        assert!(matches!(event("delete", "../7"), Event::Refused("bad_id")));
        assert!(matches!(event("notification", "{}"), Event::Other));
        assert!(matches!(event("update", "{}"), Event::Refused("unreadable")));
        assert!(number(Timestamp(1_795_428_000_000)) > 100_000_000_000_000_000);
    }
}
