//! Deleted upstream: the words are gone everywhere, the count stays; a legal hold keeps them sealed until it is released.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::store::{Store, StoredEntry};
use support::live::Encoding;
use support::operator::Operator;
use support::partner::{GEOJSON, Partner, feature};
use support::town::Town;
use wire::view::{Mode, View, Window};

const WORDS: &str = "CANARYWORDS knee deep at Pujades 12";

fn said(id: &str, lng: f64) -> Value {
    let mut one = feature(id, lng, 41.4, "flood", "Severe");
    one["properties"]["text"] = json!(WORDS);
    one["properties"]["author"] = json!("@canaryauthor");
    one
}

/// What lies sealed in the journal: of each report its payload and its wrapped key.
async fn sealed(store: &Store) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    for stored in store.read_after(0, 1_000).await.expect("a page") {
        if let StoredEntry::Whole(row) = stored
            && row.kind == "report"
            && let Some(sealed) = row.sealed
        {
            parts.extend([sealed.payload, sealed.key]);
        }
    }
    parts
}

/// How many of these stand in some file of the folder: database, write-ahead log, all of it.
fn n_on_disk(folder: &Path, parts: &[Vec<u8>]) -> usize {
    let files = std::fs::read_dir(folder).expect("a folder").filter_map(|file| {
        let path = file.expect("a file").path();
        path.is_file().then(|| std::fs::read(path).expect("reads"))
    });
    let files: Vec<Vec<u8>> = files.collect();
    let is_there =
        |part: &&Vec<u8>| files.iter().any(|file| memchr::memmem::find(file, part).is_some());
    parts.iter().filter(is_there).count()
}

fn close(lng: f64) -> View {
    let bbox = format!("{},41.399,{},41.401", lng - 0.001, lng + 0.001).parse().expect("a box");
    View { bbox, zoom: 17.0, mode: Mode::Live, window: Window::All, hazards: None, newest: 0 }
}

/// Everything that a reader may ask for in which words stand.
async fn everything(partner: &Partner, analyst: &Operator) -> String {
    let mut all = String::new();
    for path in [
        "/api/v1/reports?limit=1000",
        "/api/v1/reports?q=knee",
        "/api/v1/situations",
        "/api/v1/log",
        "/api/v1/alarms",
    ] {
        all.push_str(&analyst.ask(path).await.expect_status(200).body);
    }
    for file in ["reports.csv", "reports.geojson"] {
        let path = format!("/api/v1/exports/{file}");
        all.push_str(&analyst.ask(&path).await.expect_status(200).body);
    }
    all.push_str(&partner.ask("/api/v1/dead-letters").await.expect_status(200).body);
    all
}

#[tokio::test]
async fn what_its_partner_deletes_is_absent_from_files_frames_lists_and_exports() {
    let mut town = Town::start().await;
    let partner = town.dispatch().await;
    let analyst = town.signed_in("ada", "analyst").await;
    let mut screen = town.live(&partner, Encoding::Json).await;
    screen.settle(&close(2.1744)).await;
    partner.report(&[said("a", 2.1744)]).await;
    // A second version, and one that was refused.
    let mut newer = said("a", 2.1745);
    newer["properties"]["severity"] = json!("Extreme");
    town.pass(Duration::from_secs(1));
    partner.report(&[newer]).await;
    let mut bad = said("a", 2.1744);
    bad["geometry"]["coordinates"] = json!([2.0, 141.0]);
    partner.post("/api/v1/reports", GEOJSON, bad.to_string()).await.expect_status(422);
    let other = partner.report(&[said("stays", 2.3)]).await;
    assert_eq!(other.accepted, 1);
    screen
        .until("the words on the screen", |model| {
            model.reports.values().any(|one| one.properties.text.as_deref() == Some(WORDS))
        })
        .await;

    // Each eye of this test sees what it looks for.
    let parts = sealed(&town.app().store).await;
    assert_eq!(parts.len(), 6, "two versions and another, payload and key");
    assert_eq!(n_on_disk(town.data_dir(), &parts), 6, "and all of them are on disk");
    let before = everything(&partner, &analyst).await;
    assert!(before.matches("CANARYWORDS").count() >= 8, "{before}");

    let gone = partner.delete("/api/v1/reports?source_id=a").await.expect_status(200).json();
    assert_eq!(gone["withdrawn"], "gone");
    let again = partner.delete("/api/v1/reports?source_id=a").await.expect_status(200).json();
    assert_eq!(again["withdrawn"], "gone", "the same deletion twice changes nothing");
    partner.delete("/api/v1/reports?source_id=never").await.expect_status(404);
    screen
        .until("the words gone from the screen", |model| {
            model.reports.values().all(|one| one.properties.text.is_none())
        })
        .await;
    // The words of the other report are the measure of what is left.
    partner.delete("/api/v1/reports?source_id=stays").await.expect_status(200);
    let after = everything(&partner, &analyst).await;
    assert!(!after.contains("CANARYWORDS") && !after.contains("canaryauthor"), "{after}");
    assert_eq!(after.matches("1 post, withdrawn").count(), 2);
    let listed = analyst.ask("/api/v1/reports").await.json();
    assert_eq!(listed["features"][0]["properties"]["withdrawn"], "gone");
    let picture = partner.ask("/api/v1/picture?bbox=-180,-85,180,85&zoom=0").await.json();
    assert_eq!(picture["totals"]["total"], 2);
    // A sweep may wait for the one before it.
    let clean = || async { (n_on_disk(town.data_dir(), &parts) == 0).then_some(()) };
    support::wait::until("no key and no payload on disk", clean).await;
    // What came before comes again: it stays deleted, also after a kill.
    assert_eq!(partner.report(&[said("a", 2.1744)]).await.folded, 1);
    town.kill_and_restart().await;
    let after = everything(&partner, &analyst).await;
    assert!(!after.contains("CANARYWORDS"), "{after}");
}

#[tokio::test]
async fn a_batch_may_take_back_and_nobody_takes_back_what_another_sent() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let other = town.partner("other", "reports read", Mode::Live).await;
    partner.report(&[said("a", 2.17), said("b", 2.18)]).await;
    other.report(&[said("a", 2.19)]).await;
    let back = json!({"type": "Feature", "id": "a", "geometry": null,
        "properties": {"status": "deleted"}});
    let nameless =
        json!({"type": "Feature", "geometry": null, "properties": {"status": "withdrawn"}});
    let body = json!({"type": "FeatureCollection", "features": [back, nameless, said("c", 2.2)]});
    let answer =
        partner.post("/api/v1/reports", GEOJSON, body.to_string()).await.expect_status(207);
    let receipt = answer.receipt();
    assert_eq!((receipt.accepted, receipt.folded), (2, 0));
    assert_eq!((receipt.rejected[0].index, receipt.rejected[0].reason.as_str()), (1, "missing"));
    let found = partner.ask("/api/v1/reports?q=canarywords").await.expect_status(200).json();
    assert_eq!(found["matched"], 3, "b and c, and what the other called a");
    let theirs = other.ask("/api/v1/reports?source_id=a&q=knee").await.json();
    let id = theirs["features"][0]["id"].as_str().expect("an id");
    partner.delete(&format!("/api/v1/reports/{id}")).await.expect_status(404);
    let reader = town.partner("reader", "read", Mode::Live).await;
    reader.delete(&format!("/api/v1/reports/{id}")).await.expect_status(403);
    let analyst = town.signed_in("ada", "analyst").await;
    let path = format!("/api/v1/reports/{id}");
    analyst.send(Method::DELETE, &path, None).await.expect_status(403);
    let officer = town.duty_officer().await;
    officer.send(Method::DELETE, &path, None).await.expect_status(422);
    let why = format!("{path}?reason=a%20neighbour%20asked");
    officer.send(Method::DELETE, &why, None).await.expect_status(200);
    let log = officer.ask("/api/v1/log?limit=1").await.json();
    assert_eq!(log["lines"][0]["text"], format!("report {id} is taken back: a neighbour asked"));
    let left = partner.ask("/api/v1/reports?q=canarywords").await.json();
    assert_eq!(left["matched"], 2);
}

async fn post(officer: &Operator, path: &str, body: &Value) -> Value {
    let answer = officer.send(Method::POST, path, Some(body.to_string())).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn a_hold_keeps_what_was_said_in_its_hours_and_area_sealed_until_it_is_released() {
    let mut town = Town::start().await;
    let partner = town.dispatch().await;
    let officer = town.duty_officer().await;
    let analyst = town.signed_in("ada", "analyst").await;
    partner.report(&[said("in", 2.17), said("out", 9.17)]).await;
    let parts = sealed(&town.app().store).await;
    let body = json!({"since": town.clock.now().plus_ms(-3_600_000), "bbox": [2.1, 41.3, 2.2, 41.5],
        "reason": "court order 12/26"});
    analyst.send(Method::POST, "/api/v1/holds", Some(body.to_string())).await.expect_status(403);
    let order = post(&officer, "/api/v1/holds", &body).await;
    let held = partner.delete("/api/v1/reports?source_id=in").await.expect_status(200).json();
    assert_eq!(held["withdrawn"], "held");
    let gone = partner.delete("/api/v1/reports?source_id=out").await.expect_status(200).json();
    assert_eq!(gone["withdrawn"], "gone");
    for _ in 0..2 {
        let after = everything(&partner, &analyst).await;
        assert!(!after.contains("CANARYWORDS"), "nobody reads it: {after}");
        assert!(after.contains("1 post, withdrawn, held"));
        let clean = || async { (n_on_disk(town.data_dir(), &parts) == 2).then_some(()) };
        support::wait::until("what is held is sealed on disk, the rest gone", clean).await;
        town.kill_and_restart().await;
    }
    let holds = analyst.ask("/api/v1/holds").await.expect_status(200).json();
    assert_eq!((&holds["n_withheld"], &holds["holds"][0]["set_by"]), (&json!(1), &json!("montse")));
    let path = format!("/api/v1/holds/{}/release", order["id"]);
    let released = post(&officer, &path, &json!({"reason": "case closed"})).await;
    assert_eq!((&released["n_destroyed"], &released["n_withheld"]), (&json!(1), &json!(0)));
    let twice = officer.send(Method::POST, &path, Some(json!({"reason": "x"}).to_string())).await;
    twice.expect_status(404);
    let clean = || async { (n_on_disk(town.data_dir(), &parts) == 0).then_some(()) };
    support::wait::until("released is destroyed", clean).await;
    let log = officer.ask("/api/v1/log").await.json();
    let said: Vec<&str> = log["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .filter_map(|one| one["text"].as_str())
        .collect();
    assert!(said.contains(&"hold 1 is set: court order 12/26"), "{said:?}");
    assert!(said.contains(&"hold 1 is released: case closed"), "{said:?}");
}

fn citizen(id: &str, lng: f64) -> Value {
    json!({"type": "Feature", "id": id, "geometry": {"type": "Point", "coordinates": [lng, 41.4]},
        "properties": {"kind": "citizen", "basis": "seen", "hazard": "flood", "severity": "Severe",
            "text": format!("{WORDS} {id}"), "radius_m": 30}})
}

/// A town in which three saw a flood and one something far away; the number of the situation.
async fn flooded() -> (Town, Partner, Operator, u64) {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let officer = town.duty_officer().await;
    let seen = [("a", 2.17), ("b", 2.1705), ("c", 2.171), ("far", 3.5)];
    partner.report(&seen.map(|(id, lng)| citizen(id, lng))).await;
    town.pass(Duration::from_secs(2));
    let id = support::wait::until("a situation", || async {
        let all = officer.ask("/api/v1/situations").await.json();
        all["situations"][0]["id"].as_u64()
    })
    .await;
    (town, partner, officer, id)
}

#[tokio::test]
async fn an_incident_that_is_declared_sets_a_hold_on_its_hours_and_area() {
    let (town, partner, officer, id) = flooded().await;
    let decide = async |kind: &str| {
        let body = json!({"kind": kind, "subject": {"situation": id}, "basis": "camera"});
        post(&officer, "/api/v1/decisions", &body).await
    };
    decide("verify").await;
    decide("verify").await;
    let holds = officer.ask("/api/v1/holds").await.expect_status(200).json();
    assert_eq!(holds["holds"].as_array().map(Vec::len), Some(1), "one, however often: {holds}");
    assert_eq!(
        (&holds["holds"][0]["situation"], &holds["holds"][0]["until"]),
        (&json!(id), &Value::Null)
    );
    let fate = async |id: &str| {
        let answer = partner.delete(&format!("/api/v1/reports?source_id={id}")).await;
        answer.expect_status(200).json()["withdrawn"].clone()
    };
    assert_eq!((fate("a").await, fate("far").await), (json!("held"), json!("gone")));
    let log = officer.ask("/api/v1/log").await.json();
    let line = format!("hold 1 is set: situation {id} is confirmed");
    assert!(log["lines"].as_array().expect("lines").iter().any(|one| one["text"] == line), "{log}");
    town.pass(Duration::from_mins(1));
    decide("close").await;
    let holds = officer.ask("/api/v1/holds").await.json();
    assert_ne!(holds["holds"][0]["until"], Value::Null, "its hours end with it");
    town.pass(Duration::from_mins(1));
    partner.report(&[citizen("late", 2.17)]).await;
    assert_eq!((fate("late").await, fate("b").await), (json!("gone"), json!("held")));
}

#[tokio::test]
async fn a_confirmation_that_is_taken_back_leaves_no_hold_unless_another_stands() {
    let (mut town, partner, officer, id) = flooded().await;
    let verify = async || {
        let body = json!({"kind": "verify", "subject": {"situation": id}, "basis": "camera"});
        post(&officer, "/api/v1/decisions", &body).await["seq"].as_u64().expect("a number")
    };
    let undo = async |seq: u64| {
        let body = json!({"kind": "undo", "subject": {"decision": seq}});
        post(&officer, "/api/v1/decisions", &body).await;
    };
    let in_force = async |officer: &Operator| {
        let told = officer.ask("/api/v1/holds").await.expect_status(200).json();
        let holds = told["holds"].as_array().cloned().unwrap_or_default();
        let ids = holds.iter().filter(|one| one["released_at"].is_null());
        let ids: Vec<u64> = ids.filter_map(|one| one["id"].as_u64()).collect();
        (ids, told["n_withheld"].as_u64().expect("a number"))
    };
    let fate = async |id: &str| {
        let answer = partner.delete(&format!("/api/v1/reports?source_id={id}")).await;
        answer.expect_status(200).json()["withdrawn"].clone()
    };
    let (first, second) = (verify().await, verify().await);
    assert_eq!(fate("a").await, "held");
    undo(first).await;
    assert_eq!(in_force(&officer).await, (vec![1], 1), "the second needs it");
    undo(second).await;
    assert_eq!(in_force(&officer).await, (vec![], 0), "and none does: what was kept is destroyed");
    assert_eq!(fate("b").await, "gone");
    let log = officer.ask("/api/v1/log").await.json();
    let line = format!("hold 1 is released: the confirmation of situation {id} was taken back");
    let lines: Vec<&Value> =
        log["lines"].as_array().expect("lines").iter().filter(|one| one["text"] == line).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert_eq!(lines[0]["by"], "montse");

    // What a person ordered stands beside it and goes on, also over a kill.
    let third = verify().await;
    let order = json!({"since": town.clock.now().plus_ms(-3_600_000), "reason": "court order"});
    post(&officer, "/api/v1/holds", &order).await;
    assert_eq!(fate("c").await, "held");
    undo(third).await;
    assert_eq!(in_force(&officer).await, (vec![3], 1), "that of a person keeps it");
    town.kill_and_restart().await;
    assert_eq!(in_force(&officer).await, (vec![3], 1));
}

#[tokio::test]
async fn who_may_not_release_a_hold_lifts_none_by_taking_a_confirmation_back() {
    let (town, partner, officer, id) = flooded().await;
    let body = json!({"kind": "verify", "subject": {"situation": id}, "basis": "camera"});
    let first = post(&officer, "/api/v1/decisions", &body).await["seq"].as_u64().expect("a number");
    let gone = partner.delete("/api/v1/reports?source_id=a").await.expect_status(200).json();
    assert_eq!(gone["withdrawn"], "held");
    let analyst = town.signed_in("ada", "analyst").await;
    let undo = json!({"kind": "undo", "subject": {"decision": first}});
    post(&analyst, "/api/v1/decisions", &undo).await;
    let told = officer.ask("/api/v1/holds").await.expect_status(200).json();
    assert_eq!(told["holds"][0]["released_at"], Value::Null, "an officer releases it");
    assert_eq!(told["n_withheld"], 1);
    post(&officer, "/api/v1/holds/1/release", &json!({"reason": "confirmed in error"})).await;
    let told = officer.ask("/api/v1/holds").await.expect_status(200).json();
    assert_eq!(told["n_withheld"], 0, "and with it what it kept is destroyed");
}
