//! Incidents of a dispatch system (CAD), as `GeoJSON` or a table: each becomes a call, known by its number, in the form in which a
//! dispatch would have pushed it, and goes the road of what is pushed.

use std::collections::{BTreeMap, BTreeSet};

use engine::limits::CLOCK_AHEAD_MS;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wire::grade::Status;
use wire::time::Timestamp;

use super::draft::closed;
use super::feed::{Feed, Format};
use super::refusals::Refusals;
use super::supervisor::FUTURE;
use super::{FetchError, Fetched, Held, SourceConfig, words};
use crate::replay::columns::{Columns, Drawn, moment};

/// Incidents of one answer: a large state has some hundreds open, a week of it some thousands.
const INCIDENTS_MAX: usize = 20_000;

/// The feed.
pub type Cad = Feed<Incidents>;

/// See the module.
#[derive(Debug)]
pub struct Incidents {
    /// Which of its fields is what; empty where they are called as ours.
    fields: Columns,
    /// The words of its status, in lower case, that mean closed.
    closed: Vec<String>,
    absent_is_closed: bool,
}

/// What is remembered between fetches.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Open {
    /// The numbers that stood in the last answer, and were not closed.
    #[serde(default)]
    open: BTreeSet<String>,
}

impl Format for Incidents {
    type Memory = Open;

    const DIALECT: &'static str = "cad";
    const NAME: &'static str = "Dispatch";
    // An incident with its remarks has a kilobyte or two.
    const BYTES_MAX: usize = 32 << 20;

    fn new(config: &SourceConfig) -> Result<Self, String> {
        let fields = config.fields.as_deref().unwrap_or_default().parse();
        Ok(Self {
            fields: fields.map_err(|why| format!("fields: {why}"))?,
            closed: config.closed.iter().map(|word| word.trim().to_lowercase()).collect(),
            absent_is_closed: config.absent_is_closed,
        })
    }

    fn read(
        &self,
        bytes: &[u8],
        memory: &mut Open,
        held: &dyn Held,
        now: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let rows = self.rows(bytes).map_err(FetchError::Garbled)?;
        let (mut fetched, mut refusals) = (Fetched::default(), Refusals::default());
        let before = std::mem::take(&mut memory.open);
        let (mut seen, mut is_whole) = (BTreeMap::new(), true);
        for (n, row) in rows.into_iter().enumerate() {
            let read = match row {
                _ if n >= INCIDENTS_MAX => Err((
                    None,
                    "too_many",
                    "the answer has more incidents than are taken".to_owned(),
                )),
                Ok(drawn) => self
                    .report(drawn, now)
                    .map_err(|(id, reason, why)| (id, reason, why.to_owned())),
                Err(why) => Err((None, "unreadable", why)),
            };
            match read {
                Ok((id, report)) if seen.insert(id.clone(), n).is_some() => {
                    drop(report);
                    refusals.add("twice", Some(&id), "the answer has this incident once more");
                }
                Ok((id, report)) => {
                    if report["properties"]["status"] != "closed" {
                        memory.open.insert(id);
                    }
                    fetched.reports.push(report);
                }
                Err((id, reason, why)) => {
                    is_whole = false;
                    refusals.add(reason, id.as_deref(), &why);
                }
            }
        }
        refusals.settle(&mut fetched);
        if self.absent_is_closed {
            let gone = before.into_iter().filter(|id| !seen.contains_key(id));
            for id in gone {
                // Where an incident could not be read, nothing is concluded from absence.
                if !is_whole {
                    memory.open.insert(id);
                    continue;
                }
                let known = held.report(&id);
                let open = known.filter(|one| one.properties.status != Some(Status::Closed));
                let draft = open.map(|report| closed(&id, report, "No longer listed"));
                fetched.drafts.extend(draft);
            }
        }
        Ok(fetched)
    }
}

type Incident = (String, Value);
type Wrong = (Option<String>, &'static str, &'static str);

impl Incidents {
    fn rows(&self, bytes: &[u8]) -> Result<Vec<Result<Drawn, String>>, String> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match bytes.trim_ascii_start().first() {
            Some(b'{' | b'[') => self.features(bytes),
            Some(b'<') | None => Err("it sends neither GeoJSON nor a table".to_owned()),
            Some(_) => self.table(bytes),
        }
    }

    fn features(&self, bytes: &[u8]) -> Result<Vec<Result<Drawn, String>>, String> {
        let said: Value = serde_json::from_slice(bytes)
            .map_err(|cause| format!("it sends no GeoJSON of incidents: {cause}"))?;
        let features = match said {
            Value::Array(features) => features,
            Value::Object(mut said) => match said.remove("features") {
                Some(Value::Array(features)) => features,
                _ => return Err("it sends no GeoJSON of incidents: features is missing".to_owned()),
            },
            _ => return Err("it sends no GeoJSON of incidents".to_owned()),
        };
        Ok(features.into_iter().map(|feature| self.feature(feature)).collect())
    }

    fn feature(&self, feature: Value) -> Result<Drawn, String> {
        let Value::Object(mut feature) = feature else {
            return Err("it is no GeoJSON feature".to_owned());
        };
        let mut properties = match feature.remove("properties") {
            Some(Value::Object(properties)) => properties,
            _ => Map::new(),
        };
        let mut drawn = if self.fields.is_empty() {
            let mut at = |name: &str| match properties.remove(name) {
                Some(Value::String(text)) => moment(name, &text).map(Some),
                Some(Value::Number(number)) => moment(name, &number.to_string()).map(Some),
                _ => Ok(None),
            };
            let (time, updated) = (at("observed_at")?, at("updated_at")?);
            Drawn { time, updated, properties, ..Drawn::default() }
        } else {
            let text = |value: &Value| match value {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(flag) => Some(flag.to_string()),
                _ => None,
            };
            let texts =
                properties.iter().filter_map(|(name, value)| Some((name.as_str(), text(value)?)));
            let texts: BTreeMap<&str, String> = texts.collect();
            self.fields.report(|column| texts.get(column).map(String::as_str))?
        };
        if drawn.id.is_none() {
            drawn.id = match feature.remove("id") {
                Some(Value::String(id)) => Some(id),
                Some(Value::Number(id)) => Some(id.to_string()),
                _ => None,
            };
        }
        if drawn.point.is_none()
            && let Some(geometry) = feature.remove("geometry").filter(|shape| !shape.is_null())
        {
            drawn.properties.insert(GEOMETRY.to_owned(), geometry);
        }
        Ok(drawn)
    }

    fn table(&self, bytes: &[u8]) -> Result<Vec<Result<Drawn, String>>, String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let headers = reader.headers().map_err(|cause| cause.to_string())?.clone();
        let names: Vec<&str> = headers.iter().map(str::trim).collect();
        let by_name = || Columns::by_name(&names);
        let columns = if self.fields.is_empty() { by_name() } else { self.fields.clone() };
        let missing = columns.missing(&names);
        if columns.is_empty() || !missing.is_empty() {
            return Err(format!(
                "its table has no column {}: name its columns in fields",
                if missing.is_empty() {
                    "called as a field of a report".to_owned()
                } else {
                    missing.join(", ")
                }
            ));
        }
        let row = |record: Result<csv::StringRecord, csv::Error>| {
            let record = record.map_err(|cause| cause.to_string())?;
            let at = |column: &str| names.iter().position(|name| *name == column);
            columns.report(|column| at(column).and_then(|n| record.get(n)))
        };
        Ok(reader.records().map(row).collect())
    }

    /// As a dispatch would have pushed it.
    fn report(&self, drawn: Drawn, now: Timestamp) -> Result<Incident, Wrong> {
        let Drawn { id, point, time, updated, mut properties } = drawn;
        let number = properties.get("ref").and_then(Value::as_str).map(str::to_owned);
        let said = number.clone().or_else(|| id.clone());
        let name = said.as_deref().and_then(words::id);
        let Some(name) = name else {
            return Err((None, "no_ref", "it has no number by which it is known again"));
        };
        let id = id.as_deref().and_then(words::id).unwrap_or_else(|| name.clone());
        let Some(time) = time else {
            return Err((Some(id), "no_time", "it has no time: name the field in fields"));
        };
        if time.ms_since(now) > CLOCK_AHEAD_MS {
            return Err((Some(id), FUTURE, "it is dated after now: its clock must be set"));
        }
        let status = properties.get("status").and_then(Value::as_str).unwrap_or_default();
        let status = status.trim().to_lowercase();
        let is_closed = status == "closed" || self.closed.contains(&status);
        properties.insert("status".to_owned(), if is_closed { "closed" } else { "open" }.into());
        properties.insert("ref".to_owned(), name.into());
        properties.entry("kind").or_insert_with(|| "call".into());
        properties.insert("observed_at".to_owned(), time.to_string().into());
        if let Some(updated) = updated {
            properties.insert("updated_at".to_owned(), updated.min(now).to_string().into());
        }
        let shape = properties.remove(GEOMETRY);
        let geometry = match point {
            Some(at) => json!({"type": "Point", "coordinates": at}),
            None => shape.unwrap_or_default(),
        };
        let report =
            json!({"type": "Feature", "id": id, "geometry": geometry, "properties": properties});
        Ok((id, report))
    }
}

/// Where a shape waits until its report is written; no property is called so.
const GEOMETRY: &str = "\u{0}geometry";

#[cfg(test)]
mod tests {
    use super::super::held_tests::{NOBODY, NOW};
    use super::*;

    fn incidents(change: impl FnOnce(&mut SourceConfig)) -> Incidents {
        let mut config = SourceConfig::new("cad", "https://cad.example/open.csv");
        change(&mut config);
        Incidents::new(&config).expect("fields")
    }

    const FIELDS: &str = "ref=no,time=reported,lng=lon,lat=lat,text=type,status=state";

    #[test]
    fn a_table_and_a_collection_give_the_same_calls_and_its_words_of_an_end_close_one() {
        let ours = incidents(|config| {
            config.fields = Some(FIELDS.to_owned());
            config.closed = vec!["Cleared".to_owned()];
        });
        let table = "no,reported,lon,lat,type,state\nC-1,2026-11-23T09:00:00Z,2.1,41.4,Flood,Dispatched\n\
            C-2,2026-11-23T09:00:00Z,2.1,41.4,Fire,CLEARED\nC-2,2026-11-23T09:00:00Z,,,Fire,\n,2026-11-23T09:00:00Z,,,x,\n\
            C-3,23/11/2026 09:00,,,x,\nC-4,2026-11-23T11:00:00Z,,,x,\n";
        let mut memory = Open::default();
        let fetched = ours.read(table.as_bytes(), &mut memory, &NOBODY, NOW).expect("a table");
        let told: Vec<_> = fetched
            .reports
            .iter()
            .map(|one| {
                let said = &one["properties"];
                (
                    one["id"].as_str(),
                    said["ref"].as_str(),
                    said["status"].as_str(),
                    said["kind"].as_str(),
                )
            })
            .collect();
        let call = |id, status| (Some(id), Some(id), Some(status), Some("call"));
        assert_eq!(told, [call("C-1", "open"), call("C-2", "closed")]);
        assert_eq!(memory.open.iter().map(String::as_str).collect::<Vec<_>>(), ["C-1"]);
        let reasons: Vec<_> = fetched.rejected.keys().map(String::as_str).collect();
        assert_eq!(reasons, ["future_date", "no_ref", "twice", "unreadable"]);
        let features = json!({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"no": "C-1", "reported": "2026-11-23T09:00:00Z", "type": "Flood", "state": "Dispatched"},
                "geometry": {"type": "Point", "coordinates": [2.1, 41.4]}}]});
        let text = features.to_string();
        let again = ours.read(text.as_bytes(), &mut Open::default(), &NOBODY, NOW).expect("JSON");
        assert_eq!(again.reports, fetched.reports[..1]);
    }

    #[test]
    fn what_is_neither_is_garbled_and_a_wrong_map_is_named() {
        let ours = incidents(|_| {});
        for text in ["", "<html>", "{}", "5,6\n1,2", "[5"] {
            let read = ours.read(text.as_bytes(), &mut Open::default(), &NOBODY, NOW);
            assert!(matches!(read, Err(FetchError::Garbled(_))), "{text}");
        }
        let mut config = SourceConfig::new("cad", "https://cad.example/");
        config.fields = Some("number=no".to_owned());
        assert!(Incidents::new(&config).is_err_and(|why| why.contains("`number`")));
    }
}
