//! `GET /api/v1/datastreams/{source}/{datastream}` and `…/history`: one datastream, and what it said before.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::unit::Bridge;
use wire::sensor::{DatastreamView, History, PastBucket, PastValue};
use wire::time::Timestamp;

use super::asked::Asked;
use super::params::{Params, wrong};
use super::passports::source_key;
use super::problem::Fault;
use super::reports::limit;
use crate::auth::Reader;
use crate::state::App;
use crate::store::{BUCKET_VALUES_MAX, BucketRow, HistoryCursor, ObservationRow, Span};

/// What is told when nothing else is asked: the last day.
const SPAN_MS: i64 = 24 * 3_600_000;

/// The longest stretch: a month; longer ones are added up from these.
const BUCKET_MS_MAX: u64 = 31 * 86_400_000;

const CURSOR: &str = "the `next` of the page before";

/// A length of time as the parameter `bucket` writes it: `30s`, `15m`, `1h`, `7d`.
struct Stretch(u64);

impl FromStr for Stretch {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let unit = text.chars().last().ok_or(())?;
        let unit_ms = match unit {
            's' => 1_000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => return Err(()),
        };
        let n: u64 = text.strip_suffix(unit).ok_or(())?.parse().map_err(|_bad| ())?;
        let length_ms = n.checked_mul(unit_ms).ok_or(())?;
        (1_000..=BUCKET_MS_MAX).contains(&length_ms).then_some(Self(length_ms)).ok_or(())
    }
}

/// Where a page of values ended: moment and number, with a point between.
struct After(HistoryCursor);

impl FromStr for After {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, seq) = text.split_once('.').ok_or(())?;
        let phenomenon_at = Timestamp(at.parse().map_err(|_bad| ())?);
        Ok(Self(HistoryCursor { phenomenon_at, seq: seq.parse().map_err(|_bad| ())? }))
    }
}

/// `GET …/{datastream}[?mode=]`
pub(super) async fn one(
    State(app): State<App>,
    Asked { mode, .. }: Asked,
    Path((source, datastream)): Path<(String, String)>,
) -> Result<Json<DatastreamView>, Fault> {
    let source = source_key(&app, &source, mode).await?;
    let now = app.clock.now();
    let found = app.worlds.read(mode).datastream(source, &datastream, now);
    found.map(Json).ok_or_else(none)
}

/// `GET …/{datastream}/history?from=&to=&bucket=&limit=&cursor=&raw=[&mode=]`
pub(super) async fn history(
    State(app): State<App>,
    reader: Reader,
    Path((source, datastream)): Path<(String, String)>,
    mut params: Params,
) -> Result<Json<History>, Fault> {
    let mode = params.mode()?;
    let to = params.read("to", "a time as RFC 3339")?.unwrap_or_else(|| app.clock.now().plus_ms(1));
    let from: Timestamp =
        params.read("from", "a time as RFC 3339")?.unwrap_or_else(|| to.plus_ms(-SPAN_MS));
    if from >= to {
        return Err(wrong("to", "to must lie after from"));
    }
    let bucket: Option<Stretch> =
        params.read("bucket", "a length from 1s to 31d, such as 30s, 15m, 1h or 7d")?;
    let mode = reader.mode(mode)?;
    let key = source_key(&app, &source, mode).await?;
    let (unit, is_known) = {
        let world = app.worlds.read(mode);
        (world.unit_of(key, &datastream).map(str::to_owned), world.knows(key, &datastream))
    };
    let mut told = History {
        source,
        datastream: datastream.clone(),
        mode,
        from,
        to,
        unit,
        bucket_ms: bucket.as_ref().map(|bucket| bucket.0),
        values: None,
        buckets: None,
        next: None,
    };
    let span = Span { source: key, datastream: &datastream, from, to };
    let is_empty = if let Some(Stretch(bucket_ms)) = bucket {
        let from = params.read("cursor", CURSOR)?.map_or(from, |at| from.max(Timestamp(at)));
        params.end()?;
        let page = app.store.buckets(Span { from, ..span }, bucket_ms, BUCKET_VALUES_MAX).await?;
        if page.rows.is_empty() && page.next.is_some() {
            return Err(wrong(
                "bucket",
                "one stretch holds more values than are read at once: ask for a shorter bucket",
            ));
        }
        let buckets = added(page.rows, told.unit.as_deref());
        told.next = page.next.map(|at| at.0.to_string());
        told.buckets.insert(buckets).is_empty()
    } else {
        let after: Option<After> = params.read("cursor", CURSOR)?;
        let limit = limit(&mut params)?;
        let has_raw = params.read("raw", "true or false")?.unwrap_or(false);
        params.end()?;
        let n = u32::try_from(limit).unwrap_or(u32::MAX);
        let rows = app.store.history(span, after.map(|after| after.0), n).await?;
        told.next = rows
            .last()
            .filter(|_| rows.len() == limit)
            .map(|last| format!("{}.{}", last.phenomenon_at.0, last.seq));
        let values = rows.into_iter().map(|row| value(row, has_raw)).collect();
        told.values.insert(values).is_empty()
    };
    if is_empty && !is_known {
        return Err(none());
    }
    Ok(Json(told))
}

fn none() -> Fault {
    Fault::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "Not found",
        "This source has no such datastream in this mode: GET /api/v1/sensors/latest names them.",
    )
}

fn value(row: ObservationRow, has_raw: bool) -> PastValue {
    PastValue {
        phenomenon_time: row.phenomenon_at,
        phenomenon_end: row.phenomenon_end,
        result_time: row.result_at,
        recorded_at: row.recorded_at,
        result: row.number,
        result_text: row.text,
        unit: row.unit,
        quality: row.quality.word().map(str::to_owned),
        raw: row.raw.filter(|_| has_raw),
        seq: row.seq,
    }
}

/// Buckets in one unit: what came in others of the same quantity is converted and added, what cannot be stands on its own.
fn added(rows: Vec<BucketRow>, unit: Option<&str>) -> Vec<PastBucket> {
    let mut all: BTreeMap<(Timestamp, Option<String>), PastBucket> = BTreeMap::new();
    for row in rows {
        let given = row.unit.as_deref().or(unit);
        let bridge = match (given, unit) {
            (Some(given), Some(wanted)) => {
                Bridge::between(given, wanted).unwrap_or(Bridge::Unknown)
            }
            _ => Bridge::Same,
        };
        let (bridge, unit) = match bridge {
            Bridge::Unknown => (Bridge::Same, given),
            known => (known, unit.or(given)),
        };
        let carry = |number: Option<f64>| number.and_then(|number| bridge.carry(number));
        let one = PastBucket {
            start: row.at,
            unit: unit.map(str::to_owned),
            n: row.n,
            min: carry(row.min),
            mean: carry(row.mean),
            max: carry(row.max),
        };
        let key = (one.start, one.unit.clone());
        match all.get_mut(&key) {
            None => _ = all.insert(key, one),
            Some(held) => join(held, &one),
        }
    }
    all.into_values().collect()
}

fn join(held: &mut PastBucket, other: &PastBucket) {
    let both = |a: Option<f64>, b: Option<f64>, of: fn(f64, f64) -> f64| match (a, b) {
        (Some(a), Some(b)) => Some(of(a, b)),
        (one, None) | (None, one) => one,
    };
    let n = held.n + other.n;
    held.mean = match (held.mean, other.mean) {
        (Some(a), Some(b)) => Some((a * held.n as f64 + b * other.n as f64) / n as f64),
        (one, None) | (None, one) => one,
    };
    held.min = both(held.min, other.min, f64::min);
    held.max = both(held.max, other.max, f64::max);
    held.n = n;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(unit: Option<&str>, n: u64, number: f64) -> BucketRow {
        BucketRow {
            at: Timestamp(0),
            unit: unit.map(str::to_owned),
            n,
            n_all: n,
            min: Some(number),
            mean: Some(number),
            max: Some(number),
        }
    }

    #[test]
    fn buckets_of_one_quantity_are_added_in_one_unit_and_others_stand_apart() {
        let rows = vec![
            row(None, 1, 1.0),
            row(Some("cm"), 3, 200.0),
            row(Some("m"), 1, 4.0),
            row(Some("bananas"), 2, 9.0),
        ];
        let told = added(rows, Some("m"));
        let metres = told.iter().find(|one| one.unit.as_deref() == Some("m")).expect("metres");
        assert_eq!((metres.n, metres.min, metres.max), (5, Some(1.0), Some(4.0)));
        assert_eq!(metres.mean, Some(2.2));
        let other = told.iter().find(|one| one.unit.as_deref() == Some("bananas"));
        assert_eq!(other.map(|one| (one.n, one.mean)), Some((2, Some(9.0))));
        assert_eq!(told.len(), 2);
    }

    #[test]
    fn a_length_of_time_is_read_and_bounded() {
        let read = |text: &str| text.parse::<Stretch>().ok().map(|one| one.0);
        assert_eq!(read("30s"), Some(30_000));
        assert_eq!(read("15m"), Some(900_000));
        assert_eq!(read("7d"), Some(7 * 86_400_000));
        for wrong in ["", "m", "0s", "32d", "-1h", "1w", "99999999999999999999d", "1hh", "5"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
