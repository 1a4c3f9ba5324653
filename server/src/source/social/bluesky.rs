//! Events of Bluesky's Jetstream (its first version): posts, what becomes of them, and of their accounts.

use engine::report::Words;
use serde::Deserialize;
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::time::Timestamp;

use super::Event;
use crate::source::{Draft, words};

/// What is asked for.
pub(super) const POSTS: &str = "app.bsky.feed.post";

/// An event, as far as anything in it is ours to know.
#[derive(Deserialize)]
struct Told {
    did: String,
    time_us: i64,
    kind: String,
    commit: Option<Commit>,
    account: Option<Account>,
}

#[derive(Deserialize)]
struct Commit {
    operation: String,
    collection: String,
    rkey: String,
    record: Option<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    text: String,
    #[serde(rename = "createdAt")]
    created_at: Option<String>,
    #[serde(default)]
    langs: Vec<String>,
}

#[derive(Deserialize)]
struct Account {
    active: bool,
}

/// The moment of an event in microseconds, and what it says.
pub(super) fn read(message: &str) -> (Option<i64>, Event) {
    let Ok(Told { did, time_us, kind, commit, account }) = serde_json::from_str(message) else {
        return (None, Event::Refused("unreadable"));
    };
    let event = match (kind.as_str(), commit, account) {
        ("commit", Some(commit), _) if commit.collection == POSTS => post(&did, time_us, commit),
        // Deleted, suspended, taken down or put to rest: in each case nobody is to see them.
        ("account", _, Some(Account { active: false })) => {
            Event::AllWithdrawn(format!("at://{did}/"), Timestamp(time_us / 1_000))
        }
        _ => Event::Other,
    };
    (Some(time_us), event)
}

fn post(did: &str, time_us: i64, commit: Commit) -> Event {
    let Commit { operation, rkey, record, .. } = commit;
    let Some(name) = words::id(&format!("at://{did}/{POSTS}/{rkey}")) else {
        return Event::Refused("bad_id");
    };
    if operation == "delete" {
        return Event::Withdrawn(name);
    }
    let Some(Record { text, created_at, langs }) = record else {
        return Event::Refused("unreadable");
    };
    let Some(text) = words::text(&text) else { return Event::Refused("nothing_said") };
    let told = Timestamp(time_us / 1_000);
    // What its author's machine says, where that is not after the network knew it.
    let stated = created_at.and_then(|stated| stated.parse::<Timestamp>().ok());
    let lang = langs.first().and_then(|lang| words::id(lang)).filter(|lang| lang.len() <= 35);
    Event::Said(Box::new(Draft {
        observed_at: stated.map_or(told, |stated| stated.min(told)),
        updated_at: Some(told),
        kind: Kind::Post,
        basis: Basis::Unknown,
        status: None,
        hazard: Hazard::Other,
        severity: Severity::Unknown,
        radius_m: 0,
        place: None,
        words: Words {
            url: words::url(&format!("https://bsky.app/profile/{did}/post/{rkey}")),
            source_id: Some(name),
            text: Some(text),
            lang,
            author: words::line(did),
            ..Words::default()
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(operation: &str, collection: &str, record: &str) -> String {
        format!(
            r#"{{"did":"did:plc:a","time_us":1783175888085434,"kind":"commit","commit":{{"rev":"r","operation":"{operation}","collection":"{collection}","rkey":"k"{record}}}}}"#
        )
    }

    #[test]
    fn a_post_is_named_by_its_address_and_dated_no_later_than_the_network_knew_it() {
        let record = r#","record":{"text":"Aigua al carrer","createdAt":"2036-01-01T00:00:00Z","langs":["ca"]}"#;
        let (at, Event::Said(draft)) = read(&commit("create", POSTS, record)) else {
            panic!("a post")
        };
        assert_eq!(at, Some(1_783_175_888_085_434));
        assert_eq!(draft.observed_at, Timestamp(1_783_175_888_085));
        assert_eq!(draft.words.source_id.as_deref(), Some("at://did:plc:a/app.bsky.feed.post/k"));
        assert_eq!(draft.words.lang.as_deref(), Some("ca"));
    }

    #[test]
    fn what_is_withdrawn_is_told_and_all_else_is_nothing_to_us() {
        let (_, gone) = read(&commit("delete", POSTS, ""));
        assert!(
            matches!(gone, Event::Withdrawn(name) if name == "at://did:plc:a/app.bsky.feed.post/k")
        );
        let account = |active: bool| {
            format!(
                r#"{{"did":"did:plc:a","time_us":1,"kind":"account","account":{{"active":{active},"did":"did:plc:a","seq":1}}}}"#
            )
        };
        assert!(
            matches!(read(&account(false)).1, Event::AllWithdrawn(all, Timestamp(0)) if all == "at://did:plc:a/")
        );
        assert!(matches!(read(&account(true)).1, Event::Other));
        assert!(matches!(read(&commit("create", "app.bsky.feed.like", "")).1, Event::Other));
        assert!(matches!(read("{").1, Event::Refused("unreadable")));
        assert!(matches!(
            read(&commit("create", POSTS, r#","record":{"text":" "}"#)).1,
            Event::Refused("nothing_said")
        ));
    }
}
