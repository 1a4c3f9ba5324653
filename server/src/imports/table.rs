//! The table of sensors: a header names the columns, one row a datastream.
//!
//! Spreadsheets write what their country writes: where the header is parted by semicolons, a comma in a number is a point.

use std::collections::BTreeSet;

use engine::signal::{Direction, Reach};
use wire::geo::{Bbox, LngLat};
use wire::grade::Hazard;
use wire::import::RejectedRow;

use super::cell::Cell;
use crate::normalise::OUTSIDE_KEY_AREA;

/// Longest id or name of a datastream, in characters: as of an observation.
const NAME_MAX: usize = 200;
/// Longest unit, in characters: as of an observation.
const UNIT_MAX: usize = 40;
/// Longest other text, in characters: a telephone with hours, a document with its page.
const TEXT_MAX: usize = 300;
/// Rows of one table: a city's sensors several times over, and an answer that a browser still shows.
pub(crate) const ROWS_MAX: usize = 10_000;

/// The columns there are (docs/partners/import.md).
const COLUMNS: [&str; 30] = [
    "datastream",
    "name",
    "unit",
    "lng",
    "lat",
    "height_m",
    "datum",
    "hazard",
    "gateway",
    "phone",
    "photo",
    "store_and_forward",
    "cadence",
    "cadence_in_alarm",
    "yellow",
    "orange",
    "red",
    "yellow_clear",
    "orange_clear",
    "red_clear",
    "direction",
    "levels_owner",
    "levels_document",
    "levels_date",
    "min",
    "max",
    "rate_per_hour",
    "rate_direction",
    "footprint_m",
    "downstream",
];

/// What a row says of its datastream.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Said {
    pub(super) name: Cell<String>,
    pub(super) unit: Cell<String>,
    pub(super) place: Cell<LngLat>,
    pub(super) height_m: Cell<f64>,
    pub(super) datum: Cell<String>,
    pub(super) hazard: Cell<Hazard>,
    pub(super) gateway: Cell<String>,
    pub(super) phone: Cell<String>,
    pub(super) photo: Cell<String>,
    pub(super) store_and_forward: Cell<bool>,
    pub(super) cadence_ms: Cell<i64>,
    pub(super) cadence_in_alarm_ms: Cell<i64>,
    /// Yellow, orange, red.
    pub(super) levels: [Cell<f64>; 3],
    pub(super) clears: [Cell<f64>; 3],
    pub(super) direction: Option<Direction>,
    pub(super) owner: Option<String>,
    pub(super) document: Option<String>,
    pub(super) date: Option<String>,
    pub(super) min: Cell<f64>,
    pub(super) max: Cell<f64>,
    pub(super) rate_per_hour: Cell<f64>,
    pub(super) rate_direction: Cell<Direction>,
    pub(super) footprint_m: Cell<f64>,
    pub(super) downstream: Cell<Vec<Reach>>,
}

/// A row that was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its line, the header being line 1.
    pub(crate) line: u64,
    /// Of which datastream.
    pub(crate) datastream: String,
    /// What it says.
    pub(crate) said: Said,
}

/// A table that was read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Table {
    /// The rows.
    pub(crate) rows: Vec<Row>,
    /// Those that were not understood.
    pub(crate) rejected: Vec<RejectedRow>,
}

/// A table of which nothing can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTable {
    /// The header.
    #[error("{0}")]
    Header(String),
    /// Too many rows.
    #[error("a table may have {ROWS_MAX} rows: send it in parts")]
    TooLong,
}

/// Why a cell is not understood.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) column: &'static str,
    pub(super) reason: &'static str,
    pub(super) detail: String,
}

impl Wrong {
    pub(super) fn new(
        column: &'static str,
        reason: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { column, reason, detail: detail.into() }
    }

    pub(super) fn at(self, line: u64) -> RejectedRow {
        let column = (!self.column.is_empty()).then(|| self.column.to_owned());
        RejectedRow { line, column, reason: self.reason.to_owned(), detail: self.detail }
    }
}

impl Table {
    /// The same, with what lies outside the area of a key refused.
    pub(crate) fn within(mut self, area: Option<Bbox>) -> Self {
        let Some(area) = area else { return self };
        let (inside, outside): (Vec<Row>, Vec<Row>) = self
            .rows
            .into_iter()
            .partition(|row| !matches!(row.said.place, Cell::Set(place) if !area.contains(place)));
        self.rows = inside;
        self.rejected.extend(outside.iter().map(|row| {
            let detail = "lies outside the area of this key: ask for one that covers it".to_owned();
            Wrong::new("lng", OUTSIDE_KEY_AREA, detail).at(row.line)
        }));
        self.rejected.sort_by_key(|row| row.line);
        self
    }
}

/// Reads a table. Places must lie in the area, where the server has one.
pub(crate) fn read(bytes: &[u8], area: Option<Bbox>) -> Result<Table, BadTable> {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_european = first.contains(&b';') && !first.contains(&b',');
    let mut table = csv::ReaderBuilder::new()
        .flexible(false)
        .trim(csv::Trim::All)
        .delimiter(if is_european { b';' } else { b',' })
        .from_reader(bytes);
    let header = table.headers().map_err(|cause| {
        BadTable::Header(format!(
            "The first row cannot be read: {}.",
            crate::normalise::csv_told(&cause)
        ))
    })?;
    let places = places(header)?;
    let mut read = Table::default();
    let mut known = BTreeSet::new();
    let mut record = csv::StringRecord::new();
    loop {
        let line = match table.read_record(&mut record) {
            Ok(false) => return Ok(read),
            Ok(true) => record.position().map_or(0, |position| line_of(bytes, position)),
            Err(cause) => {
                let position = cause.position().unwrap_or_else(|| table.position());
                let line = line_of(bytes, position);
                let detail = crate::normalise::csv_told(&cause);
                read.rejected.push(Wrong::new("", "invalid_csv", detail).at(line));
                continue;
            }
        };
        if read.rows.len() + read.rejected.len() == ROWS_MAX {
            return Err(BadTable::TooLong);
        }
        let cells = Cells { record: &record, places: &places, is_european, area };
        match cells.row(line) {
            Ok(row) if !known.insert(row.datastream.clone()) => {
                let detail = "stands in the table already: keep one row";
                read.rejected.push(Wrong::new("datastream", "twice", detail).at(line));
            }
            Ok(row) => read.rows.push(row),
            Err(wrong) => read.rejected.push(wrong.at(line)),
        }
    }
}

/// The line on which a row begins. The reader says where it went on reading, which may be before the end of the line above.
fn line_of(bytes: &[u8], position: &csv::Position) -> u64 {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = bytes.get(at..).unwrap_or_default();
    let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + ends.filter(|byte| **byte == b'\n').count() as u64
}

/// Where each column stands.
fn places(header: &csv::StringRecord) -> Result<Vec<Option<usize>>, BadTable> {
    // A mistyped column would be ignored in silence, and the next import would move nothing.
    if let Some(unknown) = header.iter().find(|column| !COLUMNS.contains(column)) {
        let unknown: String = unknown.chars().take(40).collect();
        return Err(BadTable::Header(format!(
            "{unknown:?} is no column of this table: leave it out. The columns are {}.",
            COLUMNS.join(", ")
        )));
    }
    let twice =
        COLUMNS.iter().find(|name| header.iter().filter(|column| column == *name).count() > 1);
    if let Some(name) = twice {
        return Err(BadTable::Header(format!("The column {name} stands twice: keep one.")));
    }
    let places: Vec<Option<usize>> =
        COLUMNS.iter().map(|name| header.iter().position(|column| column == *name)).collect();
    match places.first() {
        Some(Some(_)) => Ok(places),
        _ => Err(BadTable::Header("The first row must name the column datastream.".to_owned())),
    }
}

/// The cells of a row.
struct Cells<'r> {
    record: &'r csv::StringRecord,
    places: &'r [Option<usize>],
    is_european: bool,
    area: Option<Bbox>,
}

impl Cells<'_> {
    fn row(&self, line: u64) -> Result<Row, Wrong> {
        let Some(datastream) = self.text("datastream", NAME_MAX)? else {
            return Err(Wrong::new("datastream", "missing", "name the datastream"));
        };
        Ok(Row { line, datastream, said: self.said()? })
    }

    fn said(&self) -> Result<Said, Wrong> {
        Ok(Said {
            name: self.words("name", NAME_MAX)?,
            unit: self.words("unit", UNIT_MAX)?,
            place: self.place()?,
            height_m: self.number("height_m")?,
            datum: self.words("datum", TEXT_MAX)?,
            hazard: self.of("hazard", "unknown_hazard", HAZARDS, |text| text.parse().ok())?,
            gateway: self.words("gateway", NAME_MAX)?,
            phone: self.words("phone", TEXT_MAX)?,
            photo: self.words("photo", TEXT_MAX)?,
            store_and_forward: self.of(
                "store_and_forward",
                "wrong_type",
                "must be yes or no",
                yes,
            )?,
            cadence_ms: self.of("cadence", "wrong_type", SPAN, span_ms)?,
            cadence_in_alarm_ms: self.of("cadence_in_alarm", "wrong_type", SPAN, span_ms)?,
            levels: [self.number("yellow")?, self.number("orange")?, self.number("red")?],
            clears: [
                self.number("yellow_clear")?,
                self.number("orange_clear")?,
                self.number("red_clear")?,
            ],
            direction: match self.of("direction", "wrong_type", DIRECTION, direction)? {
                Cell::Set(said) => Some(said),
                _ => None,
            },
            owner: self.text("levels_owner", TEXT_MAX)?,
            document: self.text("levels_document", TEXT_MAX)?,
            date: self.text("levels_date", TEXT_MAX)?,
            min: self.number("min")?,
            max: self.number("max")?,
            rate_per_hour: self.number("rate_per_hour")?,
            rate_direction: self.of("rate_direction", "wrong_type", DIRECTION, direction)?,
            footprint_m: self.number("footprint_m")?,
            downstream: self.of("downstream", "wrong_type", REACH, reaches)?,
        })
    }

    fn cell(&self, column: &str) -> Option<&str> {
        let at = COLUMNS.iter().position(|name| *name == column)?;
        let text = self.places.get(at).copied().flatten().and_then(|at| self.record.get(at));
        text.filter(|text| !text.is_empty())
    }

    fn text(&self, column: &'static str, max: usize) -> Result<Option<String>, Wrong> {
        match self.cell(column) {
            None => Ok(None),
            Some(text) if text.contains('\0') => {
                Err(Wrong::new(column, "nul", "must not contain U+0000"))
            }
            Some(text) if text.chars().count() > max => {
                Err(Wrong::new(column, "too_long", format!("may have {max} characters")))
            }
            Some(text) => Ok(Some(text.to_owned())),
        }
    }

    fn words(&self, column: &'static str, max: usize) -> Result<Cell<String>, Wrong> {
        Ok(match self.text(column, max)? {
            None => Cell::Silent,
            Some(text) if text == REMOVED => Cell::Removed,
            Some(text) => Cell::Set(text),
        })
    }

    fn of<T>(
        &self,
        column: &'static str,
        reason: &'static str,
        detail: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Cell<T>, Wrong> {
        match self.cell(column) {
            None => Ok(Cell::Silent),
            Some(REMOVED) => Ok(Cell::Removed),
            Some(text) => {
                read(text).map(Cell::Set).ok_or_else(|| Wrong::new(column, reason, detail))
            }
        }
    }

    fn number(&self, column: &'static str) -> Result<Cell<f64>, Wrong> {
        let finite = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        self.of(column, "wrong_type", NUMBER, |text| {
            if self.is_european { finite(&text.replace(',', ".")) } else { finite(text) }
        })
    }

    fn place(&self) -> Result<Cell<LngLat>, Wrong> {
        let (lng, lat) = match (self.number("lng")?, self.number("lat")?) {
            (Cell::Silent, Cell::Silent) => return Ok(Cell::Silent),
            (Cell::Removed, Cell::Removed) => return Ok(Cell::Removed),
            (Cell::Set(lng), Cell::Set(lat)) => (lng, lat),
            _ => return Err(Wrong::new("lng", "missing", "give both lng and lat, or neither")),
        };
        let place = LngLat::new(lng, lat).map_err(|cause| {
            Wrong::new("lng", "bad_place", format!("{cause}; longitude is lng, in degrees"))
        })?;
        match self.area {
            Some(area) if !area.contains(place) => {
                let swapped = LngLat::new(lat, lng).is_ok_and(|other| area.contains(other));
                let hint =
                    if swapped { "; with lng and lat swapped it would be inside" } else { "" };
                let detail = format!("lies outside the area of this server{hint}");
                Err(Wrong::new("lng", "outside_area", detail))
            }
            _ => Ok(Cell::Set(place)),
        }
    }
}

/// What takes back what is known.
const REMOVED: &str = "-";
const NUMBER: &str = "must be a number with a point, such as 12.5";
const SPAN: &str = "must be a length of time such as 30s, 10m, 1h or 1d";
const DIRECTION: &str = "must be rising or falling";
const HAZARDS: &str = "must be a hazard of docs/api.md, such as flood";
const REACH: &str = "must be datastreams with minutes, such as \"besos-mouth 35; port 50\"";

fn yes(text: &str) -> Option<bool> {
    match text {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn direction(text: &str) -> Option<Direction> {
    match text {
        "rising" => Some(Direction::Rising),
        "falling" => Some(Direction::Falling),
        _ => None,
    }
}

/// `30s`, `10m`, `1h`, `1d`.
fn span_ms(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let unit_ms = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    let n: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    n.checked_mul(unit_ms).filter(|length_ms| *length_ms > 0)
}

/// `besos-mouth 35; port 50`.
fn reaches(text: &str) -> Option<Vec<Reach>> {
    let one = |part: &str| {
        let (datastream, minutes) = part.trim().rsplit_once(' ')?;
        let minutes = minutes.parse().ok()?;
        Some(Reach { datastream: datastream.trim().to_owned(), minutes })
    };
    text.split(';').filter(|part| !part.trim().is_empty()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(text: &str) -> Vec<(u64, String, String)> {
        let table = read(text.as_bytes(), None).expect("a header");
        let told = |one: RejectedRow| (one.line, one.column.unwrap_or_default(), one.reason);
        table.rejected.into_iter().map(told).collect()
    }

    #[test]
    fn a_spreadsheet_of_a_country_with_decimal_commas_is_read_as_it_is() {
        let plain = read(b"datastream,lng,lat,yellow\nbesos,2.2211,41.4203,1.5\n", None);
        let european = read(b"datastream;lng;lat;yellow\r\nbesos;2,2211;41,4203;1,5\r\n", None);
        assert_eq!(plain, european);
        assert_eq!(plain.expect("a table").rows.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_told_by_line_and_column_and_the_rest_stands() {
        let text = "datastream,lng,lat,cadence,hazard\n\
            a,2.1,41.4,10m,flood\n\
            b,2.1,,10m,\n\
            c,two,41.4,10m,\n\
            ,2.1,41.4,10m,\n\
            a,2.1,41.4,10m,\n\
            d,2.1,41.4,ten,\n\
            e,2.1,41.4,1h,deluge\n\
            f,2.1\n\
            g,200,41.4,1h,\n";
        let wanted = [
            (3, "lng", "missing"),
            (4, "lng", "wrong_type"),
            (5, "datastream", "missing"),
            (6, "datastream", "twice"),
            (7, "cadence", "wrong_type"),
            (8, "hazard", "unknown_hazard"),
            (9, "", "invalid_csv"),
            (10, "lng", "bad_place"),
        ];
        let wanted = wanted.map(|(line, column, why)| (line, column.to_owned(), why.to_owned()));
        assert_eq!(rejected(text), wanted);
    }

    #[test]
    fn a_column_that_nobody_knows_is_refused_and_not_ignored() {
        let bad = read(b"datastream,latitude\nbesos,41.4\n", None);
        assert!(matches!(bad, Err(BadTable::Header(told)) if told.contains("\"latitude\"")));
        let bad = read(b"name,lng\nbesos,2.1\n", None);
        assert!(matches!(bad, Err(BadTable::Header(told)) if told.contains("datastream")));
    }

    #[test]
    fn an_empty_cell_leaves_alone_and_a_dash_takes_back() {
        let table = read(b"datastream,name,phone,downstream\nbesos,,-,mouth 35; port 50\n", None);
        let said = table.expect("a table").rows.remove(0).said;
        assert_eq!((said.name, said.phone), (Cell::Silent, Cell::Removed));
        let reach =
            |datastream: &str, minutes| Reach { datastream: datastream.to_owned(), minutes };
        assert_eq!(said.downstream, Cell::Set(vec![reach("mouth", 35), reach("port", 50)]));
    }

    #[test]
    fn a_place_outside_the_area_says_when_it_would_fit_the_other_way_round() {
        let area = Bbox::new(2.0, 41.0, 2.4, 41.6).ok();
        let table = read(b"datastream,lng,lat\nbesos,41.4,2.2\n", area).expect("a table");
        assert_eq!(table.rejected[0].reason, "outside_area");
        assert!(table.rejected[0].detail.contains("swapped"), "{}", table.rejected[0].detail);
    }
}
