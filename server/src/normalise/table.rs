//! Observations as CSV: a header names the columns, one row an observation.

use std::borrow::Cow;

use super::collection::Intake;
use super::json::Json;
use super::{BadBody, Batch, Context, Reject, observation, too_many};

/// The columns that are understood; others are kept beside the value, as JSON keeps members that are not known.
const COLUMNS: [&str; 10] = [
    "datastream",
    "phenomenon_time",
    "result",
    "name",
    "unit",
    "lng",
    "lat",
    "mode",
    "quality",
    "result_time",
];

/// Understands a table.
pub(super) fn observations(bytes: &[u8], context: &Context<'_>) -> Result<Batch, BadBody> {
    let mut table =
        csv::ReaderBuilder::new().flexible(false).trim(csv::Trim::All).from_reader(bytes);
    let header = table.headers().map_err(|cause| shape(&cause))?.clone();
    let columns: Vec<Option<usize>> =
        COLUMNS.iter().map(|name| header.iter().position(|column| column == *name)).collect();
    for (name, column) in COLUMNS.iter().zip(&columns).take(3) {
        if column.is_none() {
            return Err(BadBody::Shape(format!(
                "the table's first row must name the column {name}"
            )));
        }
    }
    let twice =
        COLUMNS.iter().find(|name| header.iter().filter(|column| column == *name).count() > 1);
    if let Some(name) = twice {
        return Err(BadBody::Shape(format!("the column {name} stands twice in the table")));
    }
    let foreign = foreign(&header);
    let mut intake = Intake::new(context, observation::from_json);
    let mut row = csv::StringRecord::new();
    let mut index = 0_u64;
    loop {
        match table.read_record(&mut row) {
            Ok(false) => return intake.end(),
            Ok(true) => match object(&row, &columns) {
                Ok(mut item) => {
                    beside(&mut item, &row, &foreign);
                    intake.item(index, Some(item));
                }
                Err(reject) => intake.broken(index, reject),
            },
            Err(cause) => intake.broken(index, Reject::new("invalid_csv", "", told(&cause))),
        }
        index += 1;
        if intake.len() > context.limits.features_max {
            return Err(too_many(context.limits));
        }
    }
}

/// The other columns, each name once; none that rows made of JSON understand otherwise.
fn foreign(header: &csv::StringRecord) -> Vec<(usize, String)> {
    let mut foreign: Vec<(usize, String)> = Vec::new();
    for (at, name) in header.iter().enumerate() {
        let is_known = COLUMNS.contains(&name) || name == "geometry" || name.is_empty();
        if !is_known && !foreign.iter().any(|(_, known)| known == name) {
            foreign.push((at, name.to_owned()));
        }
    }
    foreign
}

/// Puts the cells of other columns beside what is understood.
fn beside<'r>(item: &mut Json<'r>, row: &'r csv::StringRecord, foreign: &'r [(usize, String)]) {
    let Json::Object(members) = item else { return };
    for (at, name) in foreign {
        if let Some(text) = row.get(*at).filter(|text| !text.is_empty()) {
            members.push((Cow::Borrowed(name), Json::Text(Cow::Borrowed(text))));
        }
    }
}

fn shape(cause: &csv::Error) -> BadBody {
    BadBody::Shape(format!("the table cannot be read: {}", told(cause)))
}

/// The cause without the content of the row.
pub(crate) fn told(cause: &csv::Error) -> String {
    match cause.kind() {
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields where the first row has {expected_len}")
        }
        _ => "not CSV (RFC 4180)".to_owned(),
    }
}

/// A row as the object it stands for, so that rows and objects are understood alike.
fn object<'r>(row: &'r csv::StringRecord, columns: &[Option<usize>]) -> Result<Json<'r>, Reject> {
    let cell = |column: usize| {
        let text = columns.get(column).copied().flatten().and_then(|at| row.get(at));
        text.filter(|text| !text.is_empty())
    };
    let mut members = Vec::with_capacity(COLUMNS.len());
    for column in [0, 1, 3, 4, 7, 8, 9] {
        if let Some(text) = cell(column) {
            members.push((Cow::Borrowed(COLUMNS[column]), Json::Text(Cow::Borrowed(text))));
        }
    }
    if let Some(text) = cell(2) {
        let value = match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Json::Float(number),
            Ok(_) => {
                let detail = "must be a finite number or words; for no value leave the row out";
                return Err(Reject::new("number_out_of_range", "/result", detail));
            }
            Err(_words) => Json::Text(Cow::Borrowed(text)),
        };
        members.push((Cow::Borrowed("result"), value));
    }
    let number = |column: usize| match cell(column) {
        None => Ok(None),
        Some(text) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => {
                Err(Reject::new("wrong_type", &format!("/{}", COLUMNS[column]), "must be degrees"))
            }
        },
    };
    match (number(5)?, number(6)?) {
        (Some(lng), Some(lat)) => members.push((
            Cow::Borrowed("geometry"),
            Json::Object(vec![
                (Cow::Borrowed("type"), Json::Text(Cow::Borrowed("Point"))),
                (
                    Cow::Borrowed("coordinates"),
                    Json::List(vec![Json::Float(lng), Json::Float(lat)]),
                ),
            ]),
        )),
        (None, None) => {}
        _ => return Err(Reject::new("missing", "/lng", "give both lng and lat, or neither")),
    }
    Ok(Json::Object(members))
}
