//! Official messages that an authority lists: an index (Atom, RSS) whose links are asked for one by one, or one address that is a message.
//!
//! A message is asked for once. What is left of an index when a turn is over stands in the cursor, with what was taken: a crash goes on
//! where it was, and an index that repeats itself costs nobody anything.

mod index;
mod limits;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use self::index::{Found, Listed};
use self::limits::{
    AGAIN_MS, INDEX_BYTES_MAX, LINK_MAX, LINKS_MAX, MESSAGES_MAX, TRIES_MAX, TURN_BYTES_MAX,
    TURN_MAX,
};
use super::config::host_of;
use super::poll::{Polled, Question, Validators, passing, poll};
use super::road::Road;
use super::sign::Signature;
use super::supervisor::BACKOFF_MAX;
use super::{Board, FetchError, Fetched, Held, Message, Profile, Source, SourceConfig, guard};
use crate::cap::BYTES_MAX;

/// See the module.
#[derive(Debug)]
pub struct Cap {
    profile: Profile,
    url: Url,
    road: Road,
    config: SourceConfig,
    /// Whose turn it is at each host.
    board: Arc<Board>,
    /// When the index was asked for last.
    asked_at: Option<Timestamp>,
}

/// What is remembered between fetches.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Cursor {
    #[serde(flatten)]
    validators: Validators,
    /// The digest of the last index: many upstreams know no validators.
    #[serde(default)]
    digest: String,
    /// What stands in the index and was taken, or refused for good.
    #[serde(default)]
    seen: BTreeSet<String>,
    /// What stands in the index and is still to be asked for.
    #[serde(default)]
    left: Vec<Link>,
}

/// A message that is to be asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Link {
    address: String,
    mark: String,
    #[serde(default)]
    tries: u32,
    /// Not before this moment.
    #[serde(default)]
    after: Option<Timestamp>,
}

impl Link {
    fn is_due(&self, now: Timestamp) -> bool {
        self.after.is_none_or(|after| after <= now)
    }
}

impl Cursor {
    fn has_due(&self, now: Timestamp) -> bool {
        self.left.iter().any(|link| link.is_due(now))
    }
}

impl Cap {
    /// From its settings.
    pub fn new(config: &SourceConfig, board: Arc<Board>) -> Result<Self, String> {
        config.check()?;
        let url = config.url.parse().map_err(|cause| format!("{}: {cause}", config.url))?;
        Ok(Self {
            profile: config.profile("Official messages"),
            url,
            road: Road::new(config),
            config: config.clone(),
            board,
            asked_at: None,
        })
    }

    async fn ask(
        &mut self,
        address: Url,
        known: &Validators,
        bytes_max: usize,
        now: Timestamp,
    ) -> Result<Option<Polled>, FetchError> {
        let signature = &Signature::of(&self.config).map_err(passing)?;
        poll(&mut self.road, Question { address, known, bytes_max, now, signature }).await
    }

    /// Asks for the index, and lays what is new in it before what is left of the last.
    async fn ask_index(
        &mut self,
        at: &mut Cursor,
        fetched: &mut Fetched,
        now: Timestamp,
    ) -> Result<(), FetchError> {
        let asked = self.ask(self.url.clone(), &at.validators, INDEX_BYTES_MAX, now).await?;
        let Some(Polled { bytes, validators }) = asked else { return Ok(()) };
        let digest = blake3::hash(&bytes).to_hex().to_string();
        if digest == at.digest {
            return Ok(());
        }
        fetched.n_bytes += bytes.len() as u64;
        match index::read(&bytes, &self.url).map_err(FetchError::Garbled)? {
            Found::Message => {
                *at = Cursor::default();
                fetched.messages.push(Message { name: self.url.to_string(), said: Ok(bytes) });
            }
            Found::Index(index) => {
                fetched.content_at = index.at;
                at.lay_in(index.links, &mut fetched.messages);
            }
        }
        at.validators = validators;
        at.digest = digest;
        Ok(())
    }

    /// Asks for as many messages as a turn has time and room for; whether one has to wait for its host.
    async fn ask_links(&mut self, at: &mut Cursor, fetched: &mut Fetched, now: Timestamp) -> bool {
        let begun = Instant::now();
        let mut bytes = 0;
        for _ in 0..MESSAGES_MAX {
            let Some(time) = TURN_MAX.checked_sub(begun.elapsed()) else { break };
            let Some(n) = at.left.iter().position(|link| link.is_due(now)) else { break };
            if bytes >= TURN_BYTES_MAX {
                break;
            }
            let mut link = at.left.remove(n);
            let said = match self.take(&link, time, now).await {
                Taken::Bytes(message) => {
                    bytes += message.len();
                    fetched.n_bytes += message.len() as u64;
                    Ok(message)
                }
                Taken::Never(reason, why) => Err((reason, why)),
                Taken::Later(why) if link.tries + 1 >= TRIES_MAX => {
                    let why = format!("asked for {TRIES_MAX} times: {why}");
                    Err(("not_fetched", why))
                }
                Taken::Later(_why) => {
                    link.after = Some(now.plus_ms(AGAIN_MS << link.tries));
                    link.tries += 1;
                    at.left.push(link);
                    continue;
                }
                // Its host has no time for us: that is none of its tries.
                Taken::NoTurn => {
                    at.left.insert(n, link);
                    return true;
                }
            };
            at.seen.insert(link.mark);
            fetched.messages.push(Message { name: link.address, said });
        }
        false
    }

    /// One message.
    async fn take(&mut self, link: &Link, time: Duration, now: Timestamp) -> Taken {
        let Ok(address) = link.address.parse::<Url>() else {
            return Taken::Never("bad_address", format!("{} is no address", link.address));
        };
        let is_signed = self.config.is_signed();
        let checked = guard::check_link(&self.url, &address, self.config.allow_private, is_signed);
        if let Err(why) = checked {
            return Taken::Never("forbidden_address", why);
        }
        let host = host_of(&address);
        match self.board.hosts.turn_within(&host, Instant::now(), time) {
            Ok(wait) => tokio::time::sleep(wait).await,
            Err(_wait) => return Taken::NoTurn,
        }
        let none = Validators::default();
        let asked = self.ask(address, &none, BYTES_MAX, now);
        match tokio::time::timeout(LINK_MAX, asked).await {
            Ok(Ok(Some(polled))) => Taken::Bytes(polled.bytes),
            Ok(Ok(None)) => Taken::Later("it says that nothing changed".to_owned()),
            Ok(Err(FetchError::Forbidden(why))) => Taken::Never("forbidden_address", why),
            Ok(Err(FetchError::Garbled(why))) => Taken::Later(why),
            Ok(Err(FetchError::Passing { why, retry_after })) => {
                if let Some(asked_for) = retry_after {
                    let until = Instant::now() + asked_for.min(BACKOFF_MAX);
                    self.board.hosts.hold(&host, until);
                }
                Taken::Later(why)
            }
            Err(_late) => Taken::Later(format!("it takes longer than {} s", LINK_MAX.as_secs())),
        }
    }
}

/// What became of a message.
enum Taken {
    Bytes(Vec<u8>),
    Never(&'static str, String),
    Later(String),
    NoTurn,
}

impl Cursor {
    /// What an index names that was not taken yet, in its order; what it names no more is forgotten.
    fn lay_in(&mut self, listed: Vec<Listed>, messages: &mut Vec<Message>) {
        let before = std::mem::take(&mut self.left).into_iter();
        let mut before: BTreeMap<_, _> = before.map(|link| (link.mark.clone(), link)).collect();
        let mut seen = BTreeSet::new();
        for (n, Listed { address, id, mark }) in listed.into_iter().enumerate() {
            if self.seen.contains(&mark) || seen.contains(&mark) {
                seen.insert(mark);
                continue;
            }
            let known = before.remove(&mark);
            let refused = match (&address, n < LINKS_MAX) {
                (None, _) => Some(("no_link", "the entry links to no message".to_owned())),
                (_, false) => {
                    Some(("too_many", format!("the index has more than {LINKS_MAX} messages")))
                }
                (Some(_), true) => None,
            };
            match (refused, address) {
                (None, Some(address)) => self.left.push(known.unwrap_or(Link {
                    address: address.into(),
                    mark,
                    tries: 0,
                    after: None,
                })),
                (refused, address) => {
                    // Told once, and known from then on.
                    let name = address.map_or(id, String::from);
                    messages.extend(refused.map(|why| Message { name, said: Err(why) }));
                    seen.insert(mark);
                }
            }
        }
        self.seen = seen;
    }
}

#[async_trait]
impl Source for Cap {
    fn dialect(&self) -> &'static str {
        "cap"
    }

    fn profile(&self) -> Profile {
        self.profile.clone()
    }

    async fn fetch(
        &mut self,
        cursor: &str,
        _held: &dyn Held,
        now: Timestamp,
    ) -> Result<Option<Fetched>, FetchError> {
        // A cursor of an older version is no error: all is asked for again and folds.
        let mut at: Cursor = serde_json::from_str(cursor).unwrap_or_default();
        let mut fetched = Fetched::default();
        // While much is left the index has its turn all the same: the newest is asked for before the rest.
        let interval_ms = i64::try_from(self.profile.interval.as_millis()).unwrap_or(i64::MAX);
        let is_turn = self.asked_at.is_none_or(|asked| now.ms_since(asked) >= interval_ms);
        if is_turn || !at.has_due(now) {
            self.ask_index(&mut at, &mut fetched, now).await?;
            self.asked_at = Some(now);
        }
        let is_held_up = self.ask_links(&mut at, &mut fetched, now).await;
        fetched.has_more = at.has_due(now) && !is_held_up;
        fetched.cursor =
            serde_json::to_string(&at).map_err(|cause| FetchError::Garbled(cause.to_string()))?;
        let is_nothing = fetched.messages.is_empty() && fetched.cursor == cursor;
        Ok((!is_nothing).then_some(fetched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(name: &str) -> Listed {
        let address = format!("https://met.example/{name}").parse().ok();
        Listed { address, id: name.to_owned(), mark: name.to_owned() }
    }

    fn left(at: &Cursor) -> Vec<&str> {
        at.left.iter().map(|link| link.mark.as_str()).collect()
    }

    #[test]
    fn what_was_taken_is_not_asked_for_again_and_the_newest_comes_before_the_rest() {
        let (mut at, mut messages) = (Cursor::default(), Vec::new());
        at.lay_in(vec![listed("b"), listed("a")], &mut messages);
        assert_eq!(left(&at), ["b", "a"]);
        let taken = at.left.remove(0);
        at.seen.insert(taken.mark);
        at.left[0].tries = 3;
        at.lay_in(vec![listed("c"), listed("b"), listed("a")], &mut messages);
        assert_eq!(left(&at), ["c", "a"]);
        assert_eq!(at.left[1].tries, 3, "how often it was tried is not forgotten");
        at.lay_in(vec![listed("b")], &mut messages);
        assert!(left(&at).is_empty() && at.seen.len() == 1, "what an index names no more is gone");
        assert!(messages.is_empty());
    }

    #[test]
    fn an_entry_without_a_link_and_one_too_many_are_told_once() {
        let (mut at, mut messages) = (Cursor::default(), Vec::new());
        let none = Listed { address: None, ..listed("none") };
        let many = || {
            let names = (0..LINKS_MAX).map(|n| listed(&n.to_string()));
            std::iter::once(none.clone()).chain(names).collect::<Vec<_>>()
        };
        for _ in 0..2 {
            at.lay_in(many(), &mut messages);
        }
        let told: Vec<_> =
            messages.iter().map(|one| one.said.as_ref().map_err(|why| why.0)).collect();
        assert_eq!(told, [Err("no_link"), Err("too_many")]);
        assert_eq!(at.left.len(), LINKS_MAX - 1);
    }
}
