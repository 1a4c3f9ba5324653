//! The feed's reader against feeds written by hand.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp(1_517_970_000_000);

#[derive(Default)]
struct Room(HashMap<String, ReportFeature>);

impl Held for Room {
    fn report(&self, id: &str) -> Option<ReportFeature> {
        self.0.get(id).cloned()
    }
}

fn event(id: &str, ids: &str, mag: impl Into<Value>, status: &str) -> Value {
    let mag = mag.into();
    json!({"type": "Feature", "id": id, "geometry": {"type": "Point", "coordinates": [-118.66, 34.49, 26.49]},
        "properties": {"mag": mag, "place": "4km W of Castaic, CA", "time": 1_517_966_773_840_i64,
            "updated": 1_517_966_996_303_i64, "status": status, "ids": ids, "type": "earthquake", "title": "M 2.0 - Castaic",
            "url": "https://earthquake.usgs.gov/earthquakes/eventpage/x"}})
}

fn feed(events: &[Value]) -> Vec<u8> {
    json!({"type": "FeatureCollection", "metadata": {"generated": NOW.0 - 1_000}, "features": events})
        .to_string()
        .into_bytes()
}

fn fetch(
    bytes: &[u8],
    before: &BTreeMap<String, i64>,
    room: &Room,
) -> (Fetched, BTreeMap<String, i64>) {
    let mut after = BTreeMap::new();
    let fetched = read(bytes, before, &mut after, room, NOW).expect("a feed");
    (fetched, after)
}

fn held(id: &str, seq: u64) -> ReportFeature {
    let report = json!({"type": "Feature", "id": "00000000000000000000000000000001",
        "geometry": {"type": "Point", "coordinates": [-118.66, 34.49]},
        "properties": {"seq": seq, "mode": "live", "source": "feed:usgs", "observed_at": "2018-02-07T01:26:13Z",
            "updated_at": "2018-02-07T01:26:13Z", "recorded_at": "2018-02-07T01:26:13Z", "kind": "official", "basis": "seen",
            "status": null, "hazard": "earthquake", "severity": "Minor", "verification": "unverified", "radius_m": 0,
            "clock_ahead": false, "late": false, "source_id": id, "ref": null, "text": "M 2.0 - Castaic", "lang": "en",
            "place": null, "author": null, "url": null, "origin": null, "hazard_original": null}});
    serde_json::from_value(report).expect("a report")
}

fn ids(fetched: &Fetched) -> Vec<&str> {
    fetched.drafts.iter().filter_map(|draft| draft.words.source_id.as_deref()).collect()
}

#[test]
fn an_event_under_a_new_preferred_id_is_the_same_report() {
    let room = Room(HashMap::from([("ci37868143".to_owned(), held("ci37868143", 7))]));
    let (fetched, after) = fetch(
        &feed(&[event("us2000cu", ",us2000cu,ci37868143,", json!(2.1), "reviewed")]),
        &BTreeMap::new(),
        &room,
    );
    assert_eq!(ids(&fetched), ["ci37868143"]);
    assert!(after.contains_key("ci37868143"), "and it is not taken for withdrawn the next time");
}

#[test]
fn two_reports_that_turn_out_to_be_one_earthquake_leave_one_open() {
    let room =
        Room(HashMap::from([("a".to_owned(), held("a", 9)), ("b".to_owned(), held("b", 3))]));
    let (fetched, _) =
        fetch(&feed(&[event("a", ",a,b,", json!(2.1), "reviewed")]), &BTreeMap::new(), &room);
    assert_eq!(ids(&fetched), ["b", "a"], "the one that came first stays");
    assert_eq!(fetched.drafts[0].status, None);
    assert_eq!(fetched.drafts[1].status, Some(Status::Closed));
}

#[test]
fn a_deleted_event_is_closed() {
    let (fetched, _) = fetch(
        &feed(&[event("a", ",a,", json!(5.0), "deleted")]),
        &BTreeMap::new(),
        &Room::default(),
    );
    assert_eq!(fetched.drafts[0].status, Some(Status::Closed));
    assert_eq!(fetched.drafts[0].severity, Severity::Unknown);
}

#[test]
fn an_event_that_vanishes_inside_the_span_is_closed_and_one_that_ages_out_is_not() {
    let room = Room(HashMap::from([
        ("gone".to_owned(), held("gone", 1)),
        ("old".to_owned(), held("old", 2)),
    ]));
    let before = BTreeMap::from([
        ("gone".to_owned(), 1_517_966_800_000),
        ("old".to_owned(), 1_517_000_000_000),
    ]);
    let (fetched, _) = fetch(&feed(&[event("a", ",a,", json!(1.0), "automatic")]), &before, &room);
    assert_eq!(ids(&fetched), ["a", "gone"]);
    assert_eq!(fetched.drafts[1].status, Some(Status::Closed));
    let bad = json!({"type": "Feature", "id": 5});
    let (fetched, _) =
        fetch(&feed(&[event("a", ",a,", json!(1.0), "automatic"), bad]), &before, &room);
    assert_eq!(ids(&fetched), ["a"], "after an unreadable event nothing is concluded from absence");
    assert_eq!(fetched.rejected["unreadable"], 1);
}

#[test]
fn severity_follows_the_table_and_no_magnitude_is_unknown() {
    for (mag, severity) in [
        (json!(null), Severity::Unknown),
        (json!(-0.4), Severity::Minor),
        (json!(4.49), Severity::Minor),
        (json!(4.5), Severity::Moderate),
        (json!(6.0), Severity::Severe),
        (json!(7.0), Severity::Extreme),
    ] {
        let (fetched, _) = fetch(
            &feed(&[event("a", ",a,", mag.clone(), "automatic")]),
            &BTreeMap::new(),
            &Room::default(),
        );
        assert_eq!(fetched.drafts[0].severity, severity, "magnitude {mag}");
    }
}

#[test]
fn what_is_no_event_is_counted_by_its_reason() {
    let mut high = event("a", ",a,", json!(1.0), "automatic");
    high["geometry"]["coordinates"] = json!([-118.0, 91.0, 0.0]);
    let mut nowhere = event("b", ",b,", json!(1.0), "automatic");
    nowhere["geometry"] = Value::Null;
    let mut old = event("c", ",c,", json!(1.0), "automatic");
    old["properties"]["time"] = json!(1_000);
    let (fetched, _) = fetch(&feed(&[high, nowhere, old]), &BTreeMap::new(), &Room::default());
    assert!(fetched.drafts.is_empty());
    let reasons: Vec<_> = fetched.rejected.into_iter().collect();
    assert_eq!(
        reasons,
        [("bad_coordinates".to_owned(), 1), ("no_place".to_owned(), 1), ("too_old".to_owned(), 1)]
    );
}

#[test]
fn a_page_that_is_no_feed_is_an_error_not_an_empty_feed() {
    let error = read(b"<html>", &BTreeMap::new(), &mut BTreeMap::new(), &Room::default(), NOW);
    assert!(matches!(error, Err(FetchError::Garbled(_))));
}
