//! GDACS: disasters of the world, as an RSS feed with names of its own. A new version of an event is a higher episode or version.

use std::collections::BTreeMap;

use engine::report::Words;
use serde::{Deserialize, Serialize};
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::time::Timestamp;

use super::feed::{Feed, Format};
use super::moment::moment;
use super::refusals::Refusals;
use super::syndication::{Item, syndication};
use super::{Draft, FetchError, Fetched, Held, SourceConfig, words, xml};

const GDACS: &str = "http://www.gdacs.org";
/// Events of one feed: a month has some hundreds.
const EVENTS_MAX: usize = 10_000;

/// The feed.
pub type Gdacs = Feed<Alerts>;

/// See the module.
#[derive(Debug)]
pub struct Alerts;

/// What is remembered between fetches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Episodes {
    /// The episode and version of each event that stood in the last feed.
    #[serde(default)]
    episodes: BTreeMap<String, (u32, u32)>,
}

impl Format for Alerts {
    type Memory = Episodes;

    const DIALECT: &'static str = "gdacs";
    const NAME: &'static str = "GDACS";
    // The feed of a month has under 2 MB.
    const BYTES_MAX: usize = 8 << 20;

    fn new(_config: &SourceConfig) -> Result<Self, String> {
        Ok(Self)
    }

    fn read(
        &self,
        bytes: &[u8],
        memory: &mut Episodes,
        _held: &dyn Held,
        now: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let root = xml::read(bytes).map_err(|why| FetchError::Garbled(why.to_string()))?;
        let feed =
            syndication(&root).ok_or_else(|| FetchError::Garbled("it sends no RSS".to_owned()))?;
        let mut fetched = Fetched { content_at: feed.at, ..Fetched::default() };
        let mut refusals = Refusals::default();
        let before = std::mem::take(&mut memory.episodes);
        for (n, item) in feed.items.iter().enumerate() {
            if n >= EVENTS_MAX {
                refusals.add(
                    "too_many",
                    item.id,
                    "the feed has more events than are taken at once",
                );
                continue;
            }
            let read = event(item, now).and_then(|(id, episode, draft)| {
                let known = before.get(&id).max(memory.episodes.get(&id)).copied();
                memory.episodes.insert(id, known.unwrap_or(episode).max(episode));
                if known > Some(episode) {
                    return Err(("older_episode", "a later episode of this event is known"));
                }
                Ok(draft)
            });
            match read {
                Ok(draft) => fetched.drafts.push(draft),
                Err((reason, why)) => refusals.add(reason, item.id, why),
            }
        }
        refusals.settle(&mut fetched);
        Ok(fetched)
    }
}

type Event = (String, (u32, u32), Draft);

fn event(item: &Item<'_>, now: Timestamp) -> Result<Event, (&'static str, &'static str)> {
    let said = |name| item.element.words(GDACS, name);
    let spot = match item.spot() {
        Some(spot) => spot.map_err(|()| ("bad_coordinates", "its place is not on Earth"))?,
        // Its box is that of the map GDACS draws, a thousand kilometres wide whatever happens.
        None => return Err(("no_place", "it has no point")),
    };
    let kind = said("eventtype");
    let id = match (kind, said("eventid")) {
        (Some(kind), Some(number)) => format!("{kind}{number}"),
        _ => item.id.unwrap_or_default().to_owned(),
    };
    let id = words::id(&id).ok_or(("bad_id", "it names no event"))?;
    let number = |name| said(name).and_then(|text| text.parse().ok()).unwrap_or_default();
    let (hazard, hazard_original) = hazard(kind);
    let text = item.text().ok_or(("nothing_said", "it has neither a title nor a text"))?;
    let draft = Draft {
        observed_at: observed_at(item, now)?,
        // An event is what the newest feed says of it.
        updated_at: said("datemodified").and_then(moment),
        kind: Kind::Official,
        basis: Basis::Unknown,
        status: None,
        hazard,
        severity: severity(said("alertlevel")),
        radius_m: spot.radius_m,
        place: Some(spot.place),
        words: Words {
            source_id: Some(id.clone()),
            text: Some(text),
            lang: Some("en".to_owned()),
            place: said("country").and_then(words::line),
            url: item.link.and_then(words::url),
            hazard_original,
            ..Words::default()
        },
    };
    Ok((id, (number("episodeid"), number("version")), draft))
}

/// The last moment an event speaks of; one that is forecast has not been seen yet, and counts from when it was published.
fn observed_at(item: &Item<'_>, now: Timestamp) -> Result<Timestamp, (&'static str, &'static str)> {
    let until = item.element.words(GDACS, "todate").and_then(moment);
    match until.filter(|at| *at >= super::rss::YEAR_2000 && *at <= now) {
        Some(at) => Ok(at),
        None => item.dated(),
    }
}

/// The hazard of a two-letter kind; where it is none of ours, its name.
fn hazard(kind: Option<&str>) -> (Hazard, Option<String>) {
    let named = match kind {
        Some("EQ") => return (Hazard::Earthquake, None),
        Some("TC") => return (Hazard::Storm, None),
        Some("FL") => return (Hazard::Flood, None),
        Some("WF") => return (Hazard::Wildfire, None),
        Some("VO") => Some("volcano"),
        Some("DR") => Some("drought"),
        Some("TS") => Some("tsunami"),
        other => other,
    };
    (Hazard::Other, named.and_then(words::line))
}

/// GDACS weighs what people there may need from outside: green little, orange much, red all.
fn severity(level: Option<&str>) -> Severity {
    match level.map(str::to_ascii_lowercase).as_deref() {
        Some("red") => Severity::Extreme,
        Some("orange") => Severity::Severe,
        Some("green") => Severity::Minor,
        _ => Severity::Unknown,
    }
}

#[cfg(test)]
#[path = "gdacs_tests.rs"]
mod tests;
