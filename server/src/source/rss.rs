//! Any RSS or Atom feed, with or without places: what an office or the press publishes. Who speaks is said in the settings.

use std::collections::BTreeMap;

use engine::report::Words;
use serde::{Deserialize, Serialize};
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::time::Timestamp;

use super::feed::{Feed, Format};
use super::refusals::Refusals;
use super::syndication::{Item, syndication};
use super::{Draft, FetchError, Fetched, Held, SourceConfig, words, xml};

/// Items of one feed: feeds have ten to a thousand, and one that floods is cut here and told so.
const ITEMS_MAX: usize = 10_000;
/// Times before this are a broken clock's.
pub(super) const YEAR_2000: Timestamp = Timestamp(946_684_800_000);

/// The feed.
pub type Rss = Feed<Syndicated>;

/// See the module.
#[derive(Debug)]
pub struct Syndicated {
    kind: Kind,
}

/// Nothing is remembered: the room itself knows what it holds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Nothing {}

impl Format for Syndicated {
    type Memory = Nothing;

    const DIALECT: &'static str = "rss";
    const NAME: &'static str = "Feed";
    // A feed is asked to stay under 1 MB; with all its texts whole it may be several.
    const BYTES_MAX: usize = 8 << 20;

    fn new(config: &SourceConfig) -> Result<Self, String> {
        Ok(Self { kind: config.speaks_as.unwrap_or(Kind::Press) })
    }

    fn read(
        &self,
        bytes: &[u8],
        _memory: &mut Nothing,
        _held: &dyn Held,
        _now: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let root = xml::read(bytes).map_err(|why| FetchError::Garbled(why.to_string()))?;
        let feed = syndication(&root)
            .ok_or_else(|| FetchError::Garbled("it sends neither RSS nor Atom".to_owned()))?;
        let mut fetched = Fetched { content_at: feed.at, ..Fetched::default() };
        let mut refusals = Refusals::default();
        let lang = feed.lang.as_deref().and_then(words::id).filter(|lang| lang.len() <= 35);
        let mut newest: BTreeMap<String, usize> = BTreeMap::new();
        for (n, item) in feed.items.iter().enumerate() {
            if n >= ITEMS_MAX {
                refusals.add("too_many", item.id, "the feed has more items than are taken at once");
                continue;
            }
            match draft(item, self.kind, lang.as_deref()) {
                Ok(draft) => {
                    // One that stands there twice is one: the first, which is the newer in every feed that we know.
                    let id = draft.words.source_id.clone();
                    let is_new = id.is_none_or(|id| newest.insert(id, n).is_none());
                    if is_new {
                        fetched.drafts.push(draft);
                    } else {
                        refusals.add("twice", item.id, "the feed has this item once more");
                    }
                }
                Err((reason, why)) => refusals.add(reason, item.id, why),
            }
        }
        refusals.settle(&mut fetched);
        Ok(fetched)
    }
}

fn draft(
    item: &Item<'_>,
    kind: Kind,
    lang: Option<&str>,
) -> Result<Draft, (&'static str, &'static str)> {
    let observed_at = item.dated()?;
    let spot = item
        .spot()
        .transpose()
        .map_err(|()| ("bad_coordinates", "its place is not on Earth: latitude comes first"))?;
    let text = item.text().ok_or(("nothing_said", "it has neither a title nor a text"))?;
    Ok(Draft {
        observed_at,
        updated_at: item.updated.and_then(Result::ok),
        kind,
        basis: Basis::Unknown,
        status: None,
        hazard: Hazard::Other,
        severity: Severity::Unknown,
        radius_m: spot.map_or(0, |spot| spot.radius_m),
        place: spot.map(|spot| spot.place),
        words: Words {
            source_id: item.id.and_then(words::id),
            text: Some(text),
            lang: lang.map(str::to_owned),
            place: item.place_name.and_then(words::line),
            author: item.author.and_then(words::line),
            url: item.link.and_then(words::url),
            ..Words::default()
        },
    })
}

impl Item<'_> {
    /// When it was published.
    pub(super) fn dated(&self) -> Result<Timestamp, (&'static str, &'static str)> {
        match &self.published {
            Some(Ok(at)) if *at >= YEAR_2000 => Ok(*at),
            Some(Ok(_)) => Err(("too_old", "it is dated before 2000")),
            Some(Err(())) => Err(("bad_time", "its date is none with a zone")),
            None => Err(("no_time", "it has no date: how fresh it is cannot be known")),
        }
    }

    /// What it says: its title, and its text where that says more.
    pub(super) fn text(&self) -> Option<String> {
        let title = self.title.and_then(|said| words::line(&said.plain()));
        let summary = self.summary.and_then(|said| words::text(&said.plain()));
        match (title, summary) {
            (Some(title), Some(summary)) if summary.starts_with(&title) => Some(summary),
            (Some(title), Some(summary)) => words::text(&format!("{title}\n\n{summary}")),
            (title, summary) => title.or(summary),
        }
    }
}

#[cfg(test)]
#[path = "rss_tests.rs"]
mod tests;
