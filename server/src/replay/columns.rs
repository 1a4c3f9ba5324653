//! Columns: which field of a recorded row becomes which field of a report.

use std::str::FromStr;

use serde_json::{Map, Value, json};
use wire::time::Timestamp;

/// A field of a report that a column can feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Longitude in degrees.
    Lng,
    /// Latitude in degrees.
    Lat,
    /// When it was observed.
    Time,
    /// When it was last changed.
    Updated,
    /// The partner's own id.
    Id,
    /// The radius of doubt in metres.
    Radius,
    /// A property that goes through under this name.
    Property(&'static str),
}

/// The words `--map` knows on the left of `=`, with what they feed.
const WORDS: &[(&str, Field)] = &[
    ("lng", Field::Lng),
    ("lat", Field::Lat),
    ("time", Field::Time),
    ("updated", Field::Updated),
    ("id", Field::Id),
    ("radius", Field::Radius),
    ("text", Field::Property("text")),
    ("hazard", Field::Property("hazard")),
    ("severity", Field::Property("severity")),
    ("place", Field::Property("place")),
    ("kind", Field::Property("kind")),
    ("basis", Field::Property("basis")),
    ("ref", Field::Property("ref")),
    ("status", Field::Property("status")),
    ("lang", Field::Property("lang")),
    ("author", Field::Property("author")),
    ("url", Field::Property("url")),
    ("origin", Field::Property("origin")),
];

/// The parsed `--map`: report fields and the columns that feed them, in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns(Vec<(Field, String)>);

impl FromStr for Columns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut columns = Vec::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (word, column) = pair
                .split_once('=')
                .ok_or_else(|| format!("`{pair}` is not FIELD=COLUMN, such as lng=longitude"))?;
            let (word, column) = (word.trim(), column.trim());
            let Some((_, field)) = WORDS.iter().find(|(known, _)| *known == word) else {
                let known: Vec<&str> = WORDS.iter().map(|(known, _)| *known).collect();
                return Err(format!(
                    "`{word}` is no field of a report; use one of {}",
                    known.join(", ")
                ));
            };
            if columns.iter().any(|(earlier, _)| earlier == field) {
                return Err(format!("`{word}` is mapped twice"));
            }
            columns.push((*field, column.to_owned()));
        }
        Ok(Self(columns))
    }
}

impl Columns {
    /// Whether nothing was mapped.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The columns that are named but not among `headers`.
    pub fn missing<'a>(&'a self, headers: &[&str]) -> Vec<&'a str> {
        self.0
            .iter()
            .map(|(_, column)| column.as_str())
            .filter(|column| !headers.contains(column))
            .collect()
    }

    /// Columns called like the fields themselves: what a CSV without `--map` is read by.
    pub fn by_name(headers: &[&str]) -> Self {
        Self(
            WORDS
                .iter()
                .filter(|(word, _)| headers.contains(word))
                .map(|(word, field)| (*field, (*word).to_owned()))
                .collect(),
        )
    }

    /// One report from a row, whose cells are asked for by column name.
    pub fn report<'a>(&self, cell: impl Fn(&str) -> Option<&'a str>) -> Result<Drawn, String> {
        let mut drawn = Drawn::default();
        let (mut lng, mut lat) = (None, None);
        for (field, column) in &self.0 {
            let Some(text) = cell(column).map(str::trim).filter(|text| !text.is_empty()) else {
                continue;
            };
            match field {
                Field::Lng => lng = Some(number(column, text)?),
                Field::Lat => lat = Some(number(column, text)?),
                Field::Radius => {
                    let radius = number(column, text)?;
                    drawn
                        .properties
                        .insert("radius_m".to_owned(), json!(radius.round().max(0.0) as u64));
                }
                Field::Time => drawn.time = Some(moment(column, text)?),
                Field::Updated => {
                    let updated = moment(column, text)?;
                    drawn.updated = Some(updated);
                }
                Field::Id => drawn.id = Some(text.to_owned()),
                Field::Property(name) => {
                    drawn.properties.insert((*name).to_owned(), Value::String(text.to_owned()));
                }
            }
        }
        drawn.point = match (lng, lat) {
            (Some(lng), Some(lat)) => Some([lng, lat]),
            (None, None) => None,
            _ => return Err("only one of longitude and latitude is filled in".to_owned()),
        };
        Ok(drawn)
    }
}

/// What a row said, before times are moved and hazards looked up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drawn {
    /// The id, if there is one.
    pub id: Option<String>,
    /// Longitude and latitude.
    pub point: Option<[f64; 2]>,
    /// When it was observed.
    pub time: Option<Timestamp>,
    /// When it was last changed.
    pub updated: Option<Timestamp>,
    /// The rest.
    pub properties: Map<String, Value>,
}

fn number(column: &str, text: &str) -> Result<f64, String> {
    // A decimal comma is common in European exports and cannot mean anything else inside one cell.
    text.replace(',', ".")
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .ok_or_else(|| format!("column {column} holds no number"))
}

/// RFC 3339, or seconds or milliseconds since 1970 as digits.
pub fn moment(column: &str, text: &str) -> Result<Timestamp, String> {
    if let Ok(number) = text.parse::<i64>() {
        // Seconds reach eleven digits only in the year 5138; milliseconds had twelve already in 1973.
        return Ok(Timestamp(if number.abs() < 100_000_000_000 {
            number.saturating_mul(1_000)
        } else {
            number
        }));
    }
    text.parse().map_err(|_bad| {
        format!("column {column} holds no time with a zone, such as 2026-11-23T10:00:00Z")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_becomes_a_report_by_the_map() {
        let columns: Columns =
            "id=incident,lng=lon,lat=lat,time=seen,text=type".parse().expect("valid");
        let row = [
            ("incident", "A1"),
            ("lon", "-121,5"),
            ("lat", "38.6"),
            ("seen", "2017-10-10T05:10:09Z"),
            ("type", "Hail"),
        ];
        let drawn = columns
            .report(|name| row.iter().find(|(known, _)| *known == name).map(|(_, text)| *text))
            .expect("readable");
        assert_eq!(drawn.id.as_deref(), Some("A1"));
        assert_eq!(drawn.point, Some([-121.5, 38.6]));
        assert_eq!(drawn.time, Some(Timestamp(1_507_612_209_000)));
        assert_eq!(drawn.properties["text"], "Hail");
    }

    #[test]
    fn an_unknown_field_of_the_map_is_named_with_what_would_fit() {
        let error = "longitude=lon".parse::<Columns>().expect_err("unknown");
        assert!(error.contains("`longitude`") && error.contains("lng"), "{error}");
    }

    #[test]
    fn half_a_place_is_refused_rather_than_guessed() {
        let columns: Columns = "lng=x,lat=y".parse().expect("valid");
        assert!(columns.report(|name| (name == "x").then_some("2.1")).is_err());
    }

    #[test]
    fn seconds_and_milliseconds_are_told_apart() {
        assert_eq!(moment("t", "1507612209"), Ok(Timestamp(1_507_612_209_000)));
        assert_eq!(moment("t", "1507612209000"), Ok(Timestamp(1_507_612_209_000)));
        assert!(
            moment("t", "2017-10-09T21:57:00").is_err(),
            "a time without a zone is not guessed"
        );
    }
}
