//! The matrix: what is wrong with a value, by what it is sent, and what becomes of it.

use std::io::Write as _;

use serde_json::Value;

use super::roads::{HERE, Road, Row};
use super::{Story, more, refusal};

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
enum End {
    /// Its value is refused, with this status where it is alone, this reason and this pointer.
    Item(u16, &'static str, &'static str),
    /// Its body is refused: nobody knows how many values it held.
    Body(u16, &'static str),
    /// The dialect has no words for it.
    NoWords,
}

use End::{Body, Item, NoWords};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    WrongUnit,
    TextForNumber,
    NanLiteral,
    NanInQuotes,
    UnknownDatastream,
    LocalTime,
    Swapped,
    TruncatedGzip,
}

/// In the order of [`Road::ALL`].
const MATRIX: [(Fault, [End; 6]); 8] = [
    (
        Fault::WrongUnit,
        [
            Item(422, "unit_mismatch", ""),
            Item(422, "unit_mismatch", ""),
            Item(422, "unit_mismatch", ""),
            Item(400, "unit_mismatch", ""),
            Item(400, "unit_mismatch", ""),
            Item(201, "unit_mismatch", ""),
        ],
    ),
    (
        Fault::TextForNumber,
        [
            Item(422, "text_for_number", ""),
            Item(422, "text_for_number", ""),
            Item(422, "text_for_number", ""),
            Item(400, "not_a_number", "/result"),
            Item(400, "not_a_number", "/result"),
            Item(201, "not_a_number", "/result"),
        ],
    ),
    (
        Fault::NanLiteral,
        [
            Body(400, "invalid_json"),
            Item(422, "invalid_json", ""),
            Item(422, "number_out_of_range", "/result"),
            Body(400, "invalid_json"),
            Body(400, "invalid_json"),
            Body(400, "invalid_json"),
        ],
    ),
    (
        Fault::NanInQuotes,
        [
            Item(422, "number_out_of_range", "/result"),
            Item(422, "number_out_of_range", "/result"),
            Item(422, "number_out_of_range", "/result"),
            Item(400, "not_a_number", "/result"),
            Item(400, "not_a_number", "/result"),
            Item(201, "not_a_number", "/result"),
        ],
    ),
    (
        // A datastream of plain JSON is made by its first value: there it is unknown only when it has no name.
        Fault::UnknownDatastream,
        [
            Item(422, "missing", "/datastream"),
            Item(422, "missing", "/datastream"),
            Item(422, "missing", "/datastream"),
            Item(400, "unknown-entity", "/Datastream"),
            Item(404, "not-found", ""),
            Item(201, "unknown_datastream", "/Datastream"),
        ],
    ),
    (
        // Half past two in the night in which that hour comes twice.
        Fault::LocalTime,
        [
            Item(422, "bad_time", "/phenomenon_time"),
            Item(422, "bad_time", "/phenomenon_time"),
            Item(422, "bad_time", "/phenomenon_time"),
            Item(400, "bad_time", "/phenomenonTime"),
            Item(400, "bad_time", "/phenomenonTime"),
            Item(201, "bad_time", "/phenomenonTime"),
        ],
    ),
    (
        Fault::Swapped,
        [
            Item(422, "outside_area", "/geometry/coordinates"),
            Item(422, "outside_area", "/geometry/coordinates"),
            Item(422, "outside_area", "/geometry/coordinates"),
            Item(400, "outside_area", "/FeatureOfInterest/feature/coordinates"),
            Item(400, "outside_area", "/FeatureOfInterest/feature/coordinates"),
            // A row names a feature that is there already.
            NoWords,
        ],
    ),
    (
        Fault::TruncatedGzip,
        [
            Body(400, "invalid-gzip"),
            Body(400, "invalid-gzip"),
            Body(400, "invalid-gzip"),
            Body(400, "invalid-gzip"),
            Body(400, "invalid-gzip"),
            Body(400, "invalid-gzip"),
        ],
    ),
];

impl Fault {
    /// A value that stands nowhere yet, with this wrong.
    fn row(self, road: Road) -> Row {
        let good = Row { time: "2026-11-23T10:05:00Z".to_owned(), result: "62", ..Row::good() };
        match self {
            // In SensorThings the unit is the Datastream's.
            Self::WrongUnit if road.is_sensorthings() => Row { datastream: "odd", ..good },
            Self::WrongUnit => Row { unit: "L/s", ..good },
            Self::TextForNumber => Row { result: "\"high\"", ..good },
            Self::NanLiteral => Row { result: "NaN", ..good },
            Self::NanInQuotes => Row { result: "\"NaN\"", ..good },
            Self::UnknownDatastream if road.is_sensorthings() => {
                Row { datastream: "nobody", ..good }
            }
            Self::UnknownDatastream => Row { datastream: "", ..good },
            Self::LocalTime => Row { time: "2026-10-25T02:30:00".to_owned(), ..good },
            Self::Swapped => Row { place: [HERE[1], HERE[0]], ..good },
            Self::TruncatedGzip => good,
        }
    }
}

/// The beginning of a packed body.
fn truncated(body: &str) -> Vec<u8> {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    zip.write_all(body.as_bytes()).expect("packs");
    let mut packed = zip.finish().expect("packs");
    packed.truncate(packed.len() - 9);
    packed
}

impl Story {
    async fn send_faulty(&self, fault: Fault, before: &[Row]) -> support::partner::Answer {
        let (path, kind, body) = self.road.request(before, &fault.row(self.road));
        if fault == Fault::TruncatedGzip {
            let headers = [("content-type", kind), ("content-encoding", "gzip")];
            return self.partner.post_with(&path, &headers, truncated(&body)).await;
        }
        self.partner.post(&path, kind, body).await
    }

    /// One cell of the matrix.
    async fn cell(&self, fault: Fault, end: End) {
        let road = self.road;
        let at = format!("{road:?} {fault:?}");
        let (seen, ledger, causes) = (self.seen().await, self.ledger().await, self.causes().await);
        let answer = self.send_faulty(fault, &[]).await;
        let (wanted, counted) = match end {
            Item(status, reason, pointer) => {
                assert_eq!(answer.status, status, "{at}: {}", answer.body);
                if road == Road::Array {
                    let told = answer.json();
                    let row = told[0].as_str().unwrap_or_default();
                    assert!(row.starts_with("error"), "{at}: {told}");
                    assert!(row.ends_with(&format!("({reason})")), "{at}: {told}");
                    assert!(row.contains(pointer), "{at}: {told}");
                } else {
                    let (because, points, index) = refusal(road, &answer, &at);
                    assert_eq!(
                        (because.as_str(), points.as_str()),
                        (reason, pointer),
                        "{at}: {}",
                        answer.body
                    );
                    let index = (!road.is_sensorthings()).then_some(0).and(index);
                    assert!(road.is_sensorthings() || index == Some(0), "{at}: {}", answer.body);
                }
                (reason, "items")
            }
            Body(status, reason) => {
                assert_eq!(answer.status, status, "{at}: {}", answer.body);
                let (because, ..) = refusal(road, &answer, &at);
                assert_eq!(because, reason, "{at}: {}", answer.body);
                (reason, "requests")
            }
            NoWords => return,
        };
        assert_eq!(self.seen().await, seen, "{at}: something was stored");
        let after = self.ledger().await;
        let n_items = u64::from(counted == "items");
        assert_eq!(after.received, ledger.received + n_items, "{at}: {after:?}");
        assert_eq!((after.accepted, after.folded), (ledger.accepted, ledger.folded), "{at}");
        let one = vec![(wanted.to_owned(), counted.to_owned(), 1)];
        assert_eq!(more(&causes, &self.causes().await), one, "{at}");
        if n_items == 1 {
            let had = ledger.rejected.get(wanted).copied().unwrap_or_default();
            assert_eq!(after.rejected[wanted], had + 1, "{at}: {after:?}");
        }
        if let (Item(_, reason, _), true) = (end, road.has_rows()) {
            self.beside_a_good_row(fault, reason, &at).await;
        }
    }

    /// The same behind a value that stands already: the refusal names the row, and the other is taken for what it is.
    async fn beside_a_good_row(&self, fault: Fault, reason: &str, at: &str) {
        let (seen, ledger) = (self.seen().await, self.ledger().await);
        let answer = self.send_faulty(fault, &[Row::good()]).await;
        let told = answer.json();
        if self.road == Road::Array {
            assert_eq!(answer.status, 201, "{at}: {told}");
            let row = |n: usize| told[n].as_str().unwrap_or_default().to_owned();
            assert!(row(0).contains("/Observations("), "{at}: {told}");
            assert!(row(1).starts_with("error"), "{at}: {told}");
        } else {
            assert_eq!(answer.status, 207, "{at}: {told}");
            assert_eq!(told["folded"], 1, "{at}: {told}");
            assert_eq!(told["rejected"][0]["index"], 1, "{at}: {told}");
            assert_eq!(told["rejected"][0]["reason"], reason, "{at}: {told}");
            assert_eq!(told["rejected"][1], Value::Null, "{at}: {told}");
        }
        assert_eq!(self.seen().await, seen, "{at}: something was stored");
        let after = self.ledger().await;
        assert_eq!(
            (after.received, after.folded, after.rejected[reason]),
            (ledger.received + 2, ledger.folded + 1, ledger.rejected[reason] + 1),
            "{at}"
        );
    }
}

async fn column(road: Road) {
    let story = Story::begin(road).await;
    let place = Road::ALL.iter().position(|one| *one == road).expect("a column");
    for (fault, ends) in MATRIX {
        story.cell(fault, ends[place]).await;
    }
    // After all of it a good value is taken.
    let good = Row { time: "2026-11-23T10:06:00Z".to_owned(), ..Row::good() };
    assert_eq!(story.send(&good).await.status, 201);
}

#[tokio::test]
async fn bad_json_is_told_with_its_pointer_and_stores_nothing() {
    column(Road::Json).await;
}

#[tokio::test]
async fn a_bad_line_is_told_with_its_number_and_stores_nothing() {
    column(Road::Lines).await;
}

#[tokio::test]
async fn a_bad_row_of_a_table_is_told_with_its_number_and_stores_nothing() {
    column(Road::Table).await;
}

#[tokio::test]
async fn a_bad_observation_is_told_in_the_form_of_sensorthings_and_stores_nothing() {
    column(Road::Observations).await;
}

#[tokio::test]
async fn a_bad_observation_of_a_datastream_is_told_in_the_form_of_sensorthings_and_stores_nothing()
{
    column(Road::Nested).await;
}

#[tokio::test]
async fn a_bad_row_of_an_array_is_told_in_its_place_and_stores_nothing() {
    column(Road::Array).await;
}
