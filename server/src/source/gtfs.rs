//! Alerts of public transport (GTFS-realtime): a whole feed each time, in protocol buffers. An alert that stands there no more is over.

use std::collections::BTreeSet;

use engine::report::Words;
use serde::{Deserialize, Serialize};
use wire::grade::{Basis, Hazard, Kind, Severity, Status};
use wire::time::Timestamp;

use super::draft::closed;
use super::feed::{Feed, Format};
use super::protobuf::{Broken, Held as Value, fields};
use super::refusals::Refusals;
use super::{Draft, FetchError, Fetched, Held, SourceConfig, words};

/// Alerts of one feed: a large city has some hundreds.
const ALERTS_MAX: usize = 10_000;
/// Lines and stops that are named in an alert's text: enough to see whom it concerns.
const NAMED_MAX: usize = 10;

/// The feed.
pub type Gtfs = Feed<Alerts>;

/// See the module.
#[derive(Debug)]
pub struct Alerts;

/// What is remembered between fetches.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Open {
    /// The alerts that stood in the last feed.
    #[serde(default)]
    alerts: BTreeSet<String>,
}

impl Format for Alerts {
    type Memory = Open;

    const DIALECT: &'static str = "gtfs";
    const NAME: &'static str = "Public transport";
    // The alerts of a large city in several languages have a megabyte or two.
    const BYTES_MAX: usize = 16 << 20;

    fn new(_config: &SourceConfig) -> Result<Self, String> {
        Ok(Self)
    }

    fn read(
        &self,
        bytes: &[u8],
        memory: &mut Open,
        held: &dyn Held,
        now: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let garbled = |Broken| FetchError::Garbled("it sends no GTFS-realtime feed".to_owned());
        let feed = fields(bytes).map_err(garbled)?;
        let header = feed.iter().find(|(field, _)| *field == 1).map(|(_, value)| *value);
        let Some(Value::Bytes(header)) = header else { return Err(garbled(Broken)) };
        let header = fields(header).map_err(garbled)?;
        let is_whole_feed = number(&header, 2).unwrap_or_default() == 0;
        let at = number(&header, 3).and_then(seconds);
        let mut fetched = Fetched { content_at: at, ..Fetched::default() };
        let (mut refusals, mut is_whole) = (Refusals::default(), is_whole_feed);
        let before = std::mem::take(&mut memory.alerts);
        let entities = feed.iter().filter(|(field, _)| *field == 2);
        for (n, (_, entity)) in entities.enumerate() {
            let read = match entity {
                _ if n >= ALERTS_MAX => Err((None, "too_many", "the feed has more than is taken")),
                Value::Bytes(entity) => alert(entity, at, now),
                Value::Number(_) => Err((None, "unreadable", "an entity is no message")),
            };
            match read {
                Ok(None) => {}
                Ok(Some((id, draft))) => {
                    if !memory.alerts.insert(id.clone()) {
                        refusals.add("twice", Some(&id), "the feed has this alert once more");
                        continue;
                    }
                    fetched.drafts.push(draft);
                }
                Err((id, reason, why)) => {
                    is_whole = false;
                    refusals.add(reason, id.as_deref(), why);
                }
            }
        }
        refusals.settle(&mut fetched);
        let gone: Vec<String> = before.difference(&memory.alerts).cloned().collect();
        for id in gone {
            // Of a part of a feed, or one that could not be read whole, nothing is concluded from absence.
            if !is_whole {
                memory.alerts.insert(id);
                continue;
            }
            let known = held.report(&id);
            let open = known.filter(|one| one.properties.status != Some(Status::Closed));
            fetched.drafts.extend(open.map(|report| closed(&id, report, "Over")));
        }
        Ok(fetched)
    }
}

type Fields<'a> = Vec<(u64, Value<'a>)>;
type Wrong = (Option<String>, &'static str, &'static str);

fn number(of: &Fields<'_>, field: u64) -> Option<u64> {
    of.iter().find_map(|(at, value)| match value {
        Value::Number(number) if *at == field => Some(*number),
        _ => None,
    })
}

fn each<'a>(of: &Fields<'a>, field: u64) -> Vec<&'a [u8]> {
    let those = of.iter().filter_map(|(at, value)| match value {
        Value::Bytes(bytes) if *at == field => Some(*bytes),
        _ => None,
    });
    those.collect()
}

fn text(of: &Fields<'_>, field: u64) -> Option<String> {
    each(of, field).first().and_then(|bytes| std::str::from_utf8(bytes).ok()).map(str::to_owned)
}

fn seconds(number: u64) -> Option<Timestamp> {
    let ms = i64::try_from(number).ok()?.checked_mul(1_000)?;
    (ms >= super::rss::YEAR_2000.0).then_some(Timestamp(ms))
}

/// The words of the first language, and its tag.
fn said(of: &Fields<'_>, field: u64) -> Option<(String, Option<String>)> {
    let translations = each(of, field).first().and_then(|bytes| fields(bytes).ok())?;
    let first = each(&translations, 1).first().and_then(|bytes| fields(bytes).ok())?;
    Some((text(&first, 1)?, text(&first, 2)))
}

/// An entity that is an alert; none where it is a vehicle or a trip.
fn alert(
    bytes: &[u8],
    at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<(String, Draft)>, Wrong> {
    let broken = |Broken| (None, "unreadable", "an entity breaks off");
    let entity = fields(bytes).map_err(broken)?;
    let deleted = number(&entity, 2) == Some(1);
    let Some(alert) = each(&entity, 5).first().copied().filter(|_| !deleted) else {
        return Ok(None);
    };
    let id = text(&entity, 1).as_deref().and_then(words::id);
    let id = id.ok_or((None, "bad_id", "an alert has no id"))?;
    let alert =
        fields(alert).map_err(|Broken| (Some(id.clone()), "unreadable", "it breaks off"))?;
    let title = said(&alert, 10);
    let lang = title.as_ref().and_then(|(_, lang)| lang.clone());
    let lang = lang.as_deref().and_then(words::id).filter(|lang| lang.len() <= 35);
    let title = title.and_then(|(words, _)| words::line(&words));
    let more = said(&alert, 11).and_then(|(words, _)| words::text(&words));
    let parts: Vec<String> = title.into_iter().chain(more).chain(named(&alert)).collect();
    let words = words::text(&parts.join("\n\n"));
    let words = words.ok_or((Some(id.clone()), "nothing_said", "it has no words"))?;
    // What is announced counts from when it was announced.
    let starts = each(&alert, 1).into_iter().filter_map(|period| fields(period).ok());
    let starts = starts.filter_map(|period| number(&period, 1).and_then(seconds));
    let began = starts.filter(|start| *start <= now).max();
    let observed_at = began.or(at).ok_or((
        Some(id.clone()),
        "no_time",
        "neither it nor its feed says when it began",
    ))?;
    let draft = Draft {
        observed_at,
        updated_at: at,
        kind: Kind::Official,
        basis: Basis::Unknown,
        status: Some(Status::Open),
        hazard: Hazard::Transport,
        severity: severity(number(&alert, 14), number(&alert, 7)),
        radius_m: 0,
        place: None,
        words: Words {
            source_id: Some(id.clone()),
            text: Some(words),
            lang,
            url: said(&alert, 8).and_then(|(url, _)| words::url(&url)),
            hazard_original: cause(number(&alert, 6)).map(str::to_owned),
            ..Words::default()
        },
    };
    Ok(Some((id, draft)))
}

/// The lines and stops that it concerns, by their own names in the timetable.
fn named(alert: &Fields<'_>) -> Option<String> {
    let mut names = BTreeSet::new();
    for one in each(alert, 5).into_iter().filter_map(|bytes| fields(bytes).ok()) {
        names.extend(text(&one, 2).map(|line| format!("line {line}")));
        names.extend(text(&one, 5).map(|stop| format!("stop {stop}")));
    }
    let names: Vec<String> = names.into_iter().take(NAMED_MAX).collect();
    (!names.is_empty()).then(|| format!("({})", names.join(", ")))
}

/// As it is graded; else by what it does to whoever travels.
fn severity(level: Option<u64>, effect: Option<u64>) -> Severity {
    match (level, effect) {
        (Some(4), _) => Severity::Severe,
        (Some(3), _) | (None | Some(1), Some(1)) => Severity::Moderate,
        (Some(2), _) | (_, Some(2..=6 | 9 | 11)) => Severity::Minor,
        _ => Severity::Unknown,
    }
}

/// Why, in the words of the standard.
fn cause(number: Option<u64>) -> Option<&'static str> {
    Some(match number? {
        3 => "technical problem",
        4 => "strike",
        5 => "demonstration",
        6 => "accident",
        7 => "holiday",
        8 => "weather",
        9 => "maintenance",
        10 => "construction",
        11 => "police activity",
        12 => "medical emergency",
        _ => return None,
    })
}

#[cfg(test)]
#[path = "gtfs_tests.rs"]
mod tests;
