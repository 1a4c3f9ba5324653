//! The report a row becomes on the wire: its time moved, its hazard looked up, its mode named.

use serde_json::{Map, Value, json};
use wire::time::Timestamp;
use wire::view::Mode;

use super::columns::Drawn;
use super::hazards::Hazards;
use super::rows::GEOMETRY;

/// How rows become reports.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    /// The hazard table.
    pub hazards: Hazards,
    /// Added to every time, with `--shift`.
    pub shift_ms: i64,
    /// Named on every report, so that a key of the other mode is refused and never misused.
    pub mode: Mode,
}

/// One line of a batch and when it plays.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The recorded time, before any shift.
    pub time: Option<Timestamp>,
    /// The feature as one line of JSON, without the line feed.
    pub json: Vec<u8>,
}

impl Writer {
    /// The line of a row.
    pub(super) fn line(&self, row: Drawn) -> Result<Line, String> {
        let Drawn { id, point, time, updated, mut properties } = row;
        if !properties.contains_key("hazard") {
            let found = properties
                .get("text")
                .and_then(Value::as_str)
                .and_then(|text| self.hazards.of(text));
            if let Some((hazard, severity)) = found {
                properties.insert("hazard".to_owned(), json!(hazard.word()));
                if let Some(severity) = severity {
                    properties.entry("severity").or_insert_with(|| json!(severity.word()));
                }
            }
        }
        for (name, moment) in [("observed_at", time), ("updated_at", updated)] {
            if let Some(moment) = moment {
                properties
                    .insert(name.to_owned(), json!(moment.plus_ms(self.shift_ms).to_string()));
            }
        }
        properties.insert("mode".to_owned(), json!(self.mode));
        let recorded = properties.remove(GEOMETRY);
        let geometry = match point {
            Some(coordinates) => json!({"type": "Point", "coordinates": coordinates}),
            None => recorded.unwrap_or(Value::Null),
        };
        let mut feature = Map::new();
        feature.insert("type".to_owned(), json!("Feature"));
        if let Some(id) = id {
            feature.insert("id".to_owned(), json!(id));
        }
        feature.insert("geometry".to_owned(), geometry);
        feature.insert("properties".to_owned(), Value::Object(properties));
        let json = serde_json::to_vec(&feature).map_err(|cause| cause.to_string())?;
        Ok(Line { time, json })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_moves_what_is_sent_and_keeps_the_rhythm() {
        let writer = Writer { hazards: Hazards::default(), shift_ms: 1_000, mode: Mode::Exercise };
        let row = Drawn { time: Some(Timestamp(1_507_612_209_000)), ..Drawn::default() };
        let line = writer.line(row).expect("line");
        let sent: Value = serde_json::from_slice(&line.json).expect("JSON");
        assert_eq!(sent["properties"]["observed_at"], "2017-10-10T05:10:10Z");
        assert_eq!(sent["properties"]["mode"], "exercise");
        assert_eq!(line.time, Some(Timestamp(1_507_612_209_000)));
    }

    #[test]
    fn a_hazard_the_row_names_is_kept() {
        let hazards = Hazards::parse("rain,flood,Severe").expect("valid");
        let writer = Writer { hazards, shift_ms: 0, mode: Mode::Exercise };
        let with = |properties: Value| {
            let Value::Object(properties) = properties else { unreachable!("an object") };
            let line = writer.line(Drawn { properties, ..Drawn::default() }).expect("line");
            serde_json::from_slice::<Value>(&line.json).expect("JSON")["properties"]["hazard"]
                .clone()
        };
        assert_eq!(with(json!({"text": "Heavy Rain", "hazard": "storm"})), "storm");
        assert_eq!(with(json!({"text": "Heavy Rain"})), "flood");
    }
}
