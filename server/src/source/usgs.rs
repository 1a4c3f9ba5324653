//! Earthquakes from the USGS `GeoJSON` summary feeds.
//!
//! An event's preferred id can change while it is reviewed: any of its `ids` that the room already holds is the same
//! report. An event that is deleted, or that vanishes while it still lies inside the feed's span, is closed, not erased.

use std::collections::{BTreeMap, BTreeSet};

use engine::report::Words;
use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity, Status};
use wire::report::ReportFeature;
use wire::time::Timestamp;

use super::draft::closed;
use super::feed::{Feed, Format};
use super::{Draft, FetchError, Fetched, Held, SourceConfig};

/// Events in a feed: a month of a busy year has under 20,000.
const EVENTS_MAX: usize = 100_000;
/// Ids one event may go by; real events have at most a dozen.
const IDS_MAX: usize = 50;
/// Times before this are not the feed's.
const YEAR_2000: Timestamp = Timestamp(946_684_800_000);

/// The feed.
pub type Usgs = Feed<Summary>;

/// A summary of the earthquakes of an hour, a day, a week or a month.
#[derive(Debug)]
pub struct Summary;

/// What is remembered between fetches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Events {
    /// The ids under which the room holds what stood in the last feed, with their times.
    #[serde(default)]
    events: BTreeMap<String, i64>,
}

impl Format for Summary {
    type Memory = Events;

    const DIALECT: &'static str = "usgs";
    const NAME: &'static str = "USGS earthquakes";
    // The largest summary feed, all earthquakes of a month, has about 10 MB.
    const BYTES_MAX: usize = 32 << 20;

    fn new(_config: &SourceConfig) -> Result<Self, String> {
        Ok(Self)
    }

    fn read(
        &self,
        bytes: &[u8],
        memory: &mut Events,
        held: &dyn Held,
        now: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let before = std::mem::take(&mut memory.events);
        read(bytes, &before, &mut memory.events, held, now)
    }
}

#[derive(Deserialize)]
struct Document {
    metadata: Option<Metadata>,
    // Raw first: one event with a wrong type is one refusal, not the end of the feed.
    features: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Metadata {
    generated: Option<i64>,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    geometry: Option<Geometry>,
    properties: Properties,
}

#[derive(Deserialize)]
struct Geometry {
    coordinates: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct Properties {
    mag: Option<f64>,
    place: Option<String>,
    time: i64,
    updated: Option<i64>,
    url: Option<String>,
    status: Option<String>,
    ids: Option<String>,
    title: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Reads a feed. `before` is what stood in the last one; `after` is filled with what stands in this one.
fn read(
    bytes: &[u8],
    before: &BTreeMap<String, i64>,
    after: &mut BTreeMap<String, i64>,
    held: &dyn Held,
    now: Timestamp,
) -> Result<Fetched, FetchError> {
    let feed: Document = serde_json::from_slice(bytes)
        .map_err(|cause| FetchError::Garbled(format!("it sends no GeoJSON feed: {cause}")))?;
    if feed.features.len() > EVENTS_MAX {
        return Err(FetchError::Garbled(format!("it sends more than {EVENTS_MAX} events")));
    }
    let generated = feed.metadata.and_then(|metadata| metadata.generated).map(Timestamp);
    let mut fetched =
        Fetched { content_at: generated.filter(|at| at.ms_since(now) <= 0), ..Fetched::default() };
    let mut unread = false;
    for feature in feed.features {
        match serde_json::from_value::<Event>(feature)
            .map_err(|_cause| "unreadable")
            .and_then(Event::checked)
        {
            Ok(event) => {
                let time = event.properties.time;
                for draft in event.drafts(after, held) {
                    if let Some(id) = &draft.words.source_id {
                        after.insert(id.clone(), time);
                    }
                    fetched.drafts.push(draft);
                }
            }
            Err(reason) => {
                unread = true;
                *fetched.rejected.entry(reason.to_owned()).or_default() += 1;
            }
        }
    }
    // An event that was there, lies inside the span this feed still covers, and is gone, was withdrawn. After an
    // unreadable event nothing is concluded from absence.
    if let (false, Some(oldest)) = (unread, after.values().min().copied()) {
        let gone = before.iter().filter(|(id, time)| **time > oldest && !after.contains_key(*id));
        let gone: BTreeSet<String> = gone.map(|(id, _)| id.clone()).collect();
        for id in gone {
            if let Some(report) =
                held.report(&id).filter(|report| report.properties.status != Some(Status::Closed))
            {
                fetched.drafts.push(closed(&id, report, "Withdrawn by the USGS"));
            }
        }
    }
    Ok(fetched)
}

impl Event {
    fn checked(self) -> Result<Self, &'static str> {
        if self.id.is_empty() || self.id.len() > 100 {
            return Err("bad_id");
        }
        if Timestamp(self.properties.time) < YEAR_2000 {
            return Err("too_old");
        }
        if self.properties.mag.is_some_and(|mag| !(-10.0..=12.0).contains(&mag)) {
            return Err("bad_magnitude");
        }
        match self.place() {
            Some(Ok(_)) => Ok(self),
            Some(Err(())) => Err("bad_coordinates"),
            None => Err("no_place"),
        }
    }

    fn place(&self) -> Option<Result<LngLat, ()>> {
        match self.geometry.as_ref()?.coordinates.as_slice() {
            // Depth is the third and says nothing about where on the map.
            [Some(lng), Some(lat), ..] => Some(LngLat::new(*lng, *lat).map_err(|_bad| ())),
            _ => Some(Err(())),
        }
    }

    /// Every id it goes by, the preferred one first.
    fn ids(&self) -> Vec<String> {
        let mut ids = vec![self.id.clone()];
        for id in self.properties.ids.as_deref().unwrap_or_default().split(',').map(str::trim) {
            if !id.is_empty()
                && id.len() <= 100
                && ids.len() < IDS_MAX
                && !ids.iter().any(|known| known == id)
            {
                ids.push(id.to_owned());
            }
        }
        ids
    }

    /// The report of this event under the id the room holds it by, and closing versions of reports that turned out to
    /// be the same event.
    fn drafts(self, seen: &BTreeMap<String, i64>, held: &dyn Held) -> Vec<Draft> {
        let ids = self.ids();
        let mut kept: Vec<(String, Option<ReportFeature>)> = ids
            .iter()
            .filter_map(|id| match held.report(id) {
                Some(report) => Some((id.clone(), Some(report))),
                None => seen.contains_key(id).then(|| (id.clone(), None)),
            })
            .collect();
        // Of several, the one that came first stays: it is what people have already seen.
        kept.sort_by_key(|(_, report)| {
            report.as_ref().map_or(u64::MAX, |report| report.properties.seq)
        });
        let mut kept = kept.into_iter();
        let id = kept.next().map_or_else(|| self.id.clone(), |(id, _)| id);
        let mut drafts = vec![];
        for (other, report) in kept {
            if let Some(report) =
                report.filter(|report| report.properties.status != Some(Status::Closed))
            {
                drafts.push(closed(
                    &other,
                    report,
                    "Joined to another report of the same earthquake",
                ));
            }
        }
        drafts.insert(0, self.draft(id));
        drafts
    }

    fn draft(self, id: String) -> Draft {
        let place = self.place().and_then(Result::ok);
        let Properties { mag, place: near, time, updated, url, status, title, kind, .. } =
            self.properties;
        let deleted = status.as_deref() == Some("deleted");
        let earthquake = kind.as_deref().is_none_or(|kind| kind == "earthquake");
        let hazard = match kind.as_deref() {
            _ if earthquake => Hazard::Earthquake,
            Some(kind) if kind.contains("blast") || kind.contains("explosion") => Hazard::Explosion,
            Some("landslide") => Hazard::Landslide,
            _ => Hazard::Other,
        };
        Draft {
            observed_at: Timestamp(time),
            updated_at: updated.map(Timestamp),
            kind: Kind::Official,
            basis: Basis::Seen,
            // An earthquake is over when it is reported; only a withdrawn one is said to be closed.
            status: deleted.then_some(Status::Closed),
            hazard,
            severity: if deleted { Severity::Unknown } else { severity(mag, earthquake) },
            radius_m: 0,
            place,
            words: Words {
                source_id: Some(id),
                text: title.or_else(|| mag.map(|mag| format!("M {mag:.1}"))),
                lang: Some("en".to_owned()),
                place: near.map(|near| near.chars().take(200).collect()),
                url: url.filter(|url| url.starts_with("https://")),
                hazard_original: kind.filter(|_| !earthquake),
                ..Words::default()
            },
        }
    }
}

/// The severity of a magnitude: what such an earthquake may do to a town above it. The feed's own `alert` comes later
/// than the event and is often null. The table stands in docs/sources.md.
pub(super) fn severity(mag: Option<f64>, earthquake: bool) -> Severity {
    match mag {
        None => Severity::Unknown,
        // A quarry blast shakes instruments, not towns.
        Some(_) if !earthquake => Severity::Minor,
        Some(mag) if mag >= 7.0 => Severity::Extreme,
        Some(mag) if mag >= 6.0 => Severity::Severe,
        Some(mag) if mag >= 4.5 => Severity::Moderate,
        Some(_) => Severity::Minor,
    }
}

#[cfg(test)]
#[path = "usgs_tests.rs"]
mod tests;
