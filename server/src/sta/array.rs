//! Data arrays (18-088, section 12): many Observations in rows, in and out.

use std::collections::BTreeMap;

use engine::entry::Body;
use serde_json::{Map, Value, json};

use super::body;
use super::draft::Draft;
use super::fault;
use super::graph::Graph;
use super::insert::{Insert, Sent};
use super::model::Set;
use super::read::Reading;
use super::render::address;
use super::send::Sending;
use super::settle::settle;
use crate::http::problem::Fault;
use crate::normalise::Reject;
use crate::pipeline::Tied;
use crate::store::ObservedRow;
use crate::why::{PAYLOAD_BYTES_MAX, RefusedItem, cut};

/// What a column of a data array may be.
const COMPONENTS: [&str; 8] = [
    "phenomenonTime",
    "result",
    "resultTime",
    "resultQuality",
    "validTime",
    "parameters",
    "FeatureOfInterest/id",
    "FeatureOfInterest/@iot.id",
];

/// Of the rows of one request so many refused ones are told one by one.
const REFUSED_MAX: usize = 100;

/// One Datastream's rows, as they are sent.
struct Table {
    datastream: Value,
    components: Vec<String>,
    rows: Vec<Value>,
}

fn tables(value: Value) -> Result<Vec<Table>, Fault> {
    let Value::Array(items) = value else {
        return Err(fault::field(
            "",
            "wrong-type",
            "must be an array of objects with Datastream, components and dataArray",
        ));
    };
    let mut tables = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let wrong = |name: &str, detail: String| {
            fault::field(&format!("/{index}/{name}"), "wrong-type", detail)
        };
        let Value::Object(mut item) = item else {
            return Err(fault::field(&format!("/{index}"), "wrong-type", "must be an object"));
        };
        let Some(Value::Array(named)) = item.remove("components") else {
            return Err(wrong("components", "must be an array of names".to_owned()));
        };
        let mut components = Vec::with_capacity(named.len());
        for name in named {
            let known = name.as_str().filter(|name| COMPONENTS.contains(name));
            let is_twice = known.is_some_and(|name| components.iter().any(|have| have == name));
            match known {
                Some(name) if !is_twice => components.push(name.to_owned()),
                _ => {
                    return Err(wrong(
                        "components",
                        format!("must be each once of {}", COMPONENTS.join(", ")),
                    ));
                }
            }
        }
        if !components.iter().any(|name| name == "result") {
            return Err(wrong("components", "must name result".to_owned()));
        }
        let Some(Value::Array(rows)) = item.remove("dataArray") else {
            return Err(wrong("dataArray", "must be an array of rows".to_owned()));
        };
        let datastream = item.remove("Datastream").unwrap_or_default();
        tables.push(Table { datastream, components, rows });
    }
    Ok(tables)
}

/// One row, as an Observation would be sent.
fn sent(
    insert: &Insert<'_>,
    datastream: i64,
    components: &[String],
    row: &Value,
) -> Result<Sent, Reject> {
    let wrong = |detail: String| Reject::new("wrong_row", "", detail);
    let Value::Array(cells) = row else { return Err(wrong("a row is an array".to_owned())) };
    if cells.len() != components.len() {
        return Err(wrong(format!(
            "has {} values, components name {}",
            cells.len(),
            components.len()
        )));
    }
    let mut fields = Map::new();
    let mut feature = None;
    for (name, cell) in components.iter().zip(cells) {
        if cell.is_null() {
            continue;
        }
        if !name.starts_with("FeatureOfInterest") {
            fields.insert(name.clone(), cell.clone());
            continue;
        }
        let found = body::reference(&json!({"@iot.id": cell}))
            .and_then(|key| insert.find(Set::FeaturesOfInterest, &key, "").ok());
        let none = || {
            Reject::new(
                "unknown_feature",
                "/FeatureOfInterest/id",
                "there is no such FeatureOfInterest of yours",
            )
        };
        feature = Some(found.ok_or_else(none)?);
    }
    Ok(Sent { datastream, feature, fields, at: String::new() })
}

impl Sending {
    /// `POST CreateObservations`: for each row an address, or why there is none.
    pub(super) async fn create_observations(
        &self,
        value: Value,
        root: &str,
    ) -> Result<Value, Fault> {
        let tables = tables(value).inspect_err(|fault| self.unread(fault))?;
        let n: usize = tables.iter().map(|table| table.rows.len()).sum();
        let max = self.app.config.limits.features_max;
        if n > max {
            return Err(Fault::from(crate::normalise::BadBody::TooLarge(format!(
                "more than {max} rows in one request; nothing was stored: send them in several requests"
            ))));
        }
        self.spend(n)?;
        let draw = |graph: &Graph, draft: &mut Draft| Ok(self.rows(graph, draft, &tables));
        let mut drawn = self.app.registry.draw(draw).await?;
        let understood = std::mem::take(&mut drawn.what);
        let devices = tables.iter().flat_map(|table| {
            let device = body::reference(&table.datastream).map(|key| self.device(&key));
            table.rows.iter().map(move |row| (device.clone(), row))
        });
        let mut refused = Vec::new();
        let mut reasons = BTreeMap::new();
        let mut bodies = Vec::with_capacity(n);
        let mut told: Vec<Option<String>> = Vec::with_capacity(n);
        let mut dead = Vec::new();
        let max = self.app.config.limits.dead_letters_max;
        let places = tables.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
        let mut sent = Vec::new();
        for ((row, (device, cells)), place) in understood.into_iter().zip(devices).zip(places) {
            match &row {
                Ok(_) => sent.push(place),
                Err(reject) if dead.len() < max => {
                    let (table, cells) = place;
                    dead.push(self.row_letter(&table.datastream, &table.components, cells, reject));
                }
                Err(_) => {}
            }
            match row {
                Ok(body) => {
                    bodies.push(body);
                    told.push(None);
                }
                Err(reject) => {
                    *reasons.entry(reject.reason.to_owned()).or_insert(0) += 1;
                    if refused.len() < REFUSED_MAX {
                        refused.push(RefusedItem {
                            device,
                            reason: reject.reason.to_owned(),
                            pointer: reject.pointer.clone(),
                            detail: reject.detail.clone(),
                            payload: Some(cut(&cells.to_string(), PAYLOAD_BYTES_MAX)),
                        });
                    }
                    told.push(Some(format!(
                        "error: {} {} ({})",
                        reject.pointer, reject.detail, reject.reason
                    )));
                }
            }
        }
        let tied = Tied { entities: drawn.change(), is_whole: false, ..Tied::default() };
        let outcome = self.submit(bodies, reasons, refused, tied).await?;
        if outcome.has_entities {
            drawn.seen();
        } else {
            drop(drawn);
        }
        for one in &outcome.refused {
            if let Some((table, cells)) = sent.get(one.index)
                && dead.len() < max
            {
                let reject = Reject::new(one.reason, "", one.detail.clone());
                dead.push(self.row_letter(&table.datastream, &table.components, cells, &reject));
            }
        }
        self.keep(dead).await;
        let refused: BTreeMap<usize, String> = outcome
            .refused
            .into_iter()
            .map(|one| (one.index, format!("error: {} ({})", one.detail, one.reason)))
            .collect();
        let mut index = 0;
        let answers = told.into_iter().map(|told| {
            told.unwrap_or_else(|| {
                // One that stood already has the address it had.
                let seq = outcome.numbers.get(index).copied().flatten().unwrap_or_default();
                let refused = refused.get(&index).cloned();
                index += 1;
                refused.unwrap_or_else(|| address(root, Set::Observations, seq as i64))
            })
        });
        Ok(answers.collect::<Vec<_>>().into())
    }

    fn rows(
        &self,
        graph: &Graph,
        draft: &mut Draft,
        tables: &[Table],
    ) -> Vec<Result<Body, Reject>> {
        let context = self.context();
        let mut insert = Insert::new(graph, draft, &context);
        let mut all = Vec::new();
        for table in tables {
            let datastream = body::reference(&table.datastream)
                .ok_or_else(|| "name the Datastream: {\"@iot.id\":1}".to_owned())
                .and_then(|key| {
                    insert.find(Set::Datastreams, &key, "").map_err(|fault| fault.problem.detail)
                });
            let datastream = match datastream {
                Ok(datastream) => datastream,
                Err(detail) => {
                    let reject = Reject::new(
                        "unknown_datastream",
                        "/Datastream",
                        detail.trim_start_matches(": "),
                    );
                    all.extend(table.rows.iter().map(|_| Err(reject.clone())));
                    continue;
                }
            };
            let read: Vec<Result<Sent, Reject>> = table
                .rows
                .iter()
                .map(|row| sent(&insert, datastream, &table.components, row))
                .collect();
            let (mut good, mut places) = (Vec::new(), Vec::new());
            for row in read {
                match row {
                    Ok(sent) => {
                        good.push(sent);
                        places.push(None);
                    }
                    Err(reject) => places.push(Some(reject)),
                }
            }
            let mut understood = settle(&mut insert, &good).into_iter();
            for place in places {
                match place {
                    Some(reject) => all.push(Err(reject)),
                    None => all.extend(understood.next()),
                }
            }
        }
        all
    }
}

/// `$resultFormat=dataArray`: the same Observations in rows, by Datastream.
pub(super) fn grouped(shown: &[Value], rows: &[ObservedRow], reading: &Reading<'_>) -> Vec<Value> {
    let graph = reading.app.registry.read();
    let mut by_stream: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    let mut names: Vec<String> = Vec::new();
    for one in shown {
        for name in one.as_object().into_iter().flat_map(Map::keys) {
            let name = name.strip_prefix("@iot.").unwrap_or(name);
            let is_cell = name == "id" || Set::Observations.property(name).is_some();
            if is_cell && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    for (one, row) in shown.iter().zip(rows) {
        let Some(stream) = graph.stream(row.source, row.mode, &row.datastream) else { continue };
        let cell = |name: &String| {
            let key = if name == "id" { "@iot.id" } else { name };
            one.get(key).cloned().unwrap_or_default()
        };
        by_stream.entry(stream).or_default().push(names.iter().map(cell).collect());
    }
    by_stream
        .into_iter()
        .map(|(stream, cells)| {
            json!({
                "Datastream@iot.navigationLink": reading.datastream(stream),
                "components": names,
                "dataArray@iot.count": cells.len(),
                "dataArray": cells,
            })
        })
        .collect()
}
