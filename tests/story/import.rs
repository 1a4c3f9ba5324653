//! Sensors by a table: what it would change is told before anything is stored, and stored in one go once it is confirmed.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::store::{KeyKind, KeyTerms};
use support::operator::Operator;
use support::page;
use support::partner::{Answer, Partner};
use support::town::Town;
use wire::geo::Bbox;
use wire::import::{ImportDiff, ImportList, Imported};
use wire::sensor::DatastreamView;
use wire::view::Mode;

const IMPORT: &str = "/api/v1/sensors/import";
const TWO: &str = "datastream,name,unit,lng,lat,phone\n\
    besos,Besòs,m,2.2211,41.4203,Sensalia\n\
    rain,Rain,mm/h,2.2211,41.4203,Sensalia\n";

async fn send(partner: &Partner, table: &str) -> Answer {
    partner.post(IMPORT, "text/csv", table.to_owned()).await
}

async fn compared(partner: &Partner, table: &str) -> ImportDiff {
    let answer = send(partner, table).await.expect_status(201);
    serde_json::from_value(answer.json()).expect("a diff")
}

async fn confirm(partner: &Partner, diff: &ImportDiff) -> Answer {
    let name = diff.import.as_deref().expect("it waits");
    partner.post(&format!("{IMPORT}/{name}/confirm"), "text/plain", "").await
}

async fn stored(partner: &Partner, table: &str) -> Imported {
    let diff = compared(partner, table).await;
    let answer = confirm(partner, &diff).await.expect_status(200);
    serde_json::from_value(answer.json()).expect("what was stored")
}

async fn passport(partner: &Partner, datastream: &str) -> Value {
    let path = format!("/api/v1/datastreams/partner:dispatch/{datastream}/passport");
    partner.ask(&path).await.expect_status(200).json()
}

async fn refused(partner: &Partner, table: &str) -> Vec<(u64, String, String)> {
    let answer = send(partner, table).await.expect_status(422).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let one = |error: &Value| {
        (
            error["index"].as_u64().unwrap_or_default(),
            text(&error["pointer"]),
            text(&error["reason"]),
        )
    };
    errors.iter().map(one).collect()
}

#[tokio::test]
async fn a_table_says_what_it_would_change_and_stores_it_once_it_is_confirmed() {
    let mut town = Town::start().await;
    let partner = town.dispatch().await;
    let spoken = json!({"datastream": "besos", "phenomenon_time": town.clock.now(), "result": 1.5, "unit": "m",
        "name": "Besòs, Sant Adrià", "geometry": {"type": "Point", "coordinates": [2.2300, 41.4203]}});
    partner.observe(&[spoken]).await;

    let diff = compared(&partner, TWO).await;
    assert_eq!(diff.sentence, "1 new, 1 moved > 50 m, 1 renamed, 1 changed otherwise");
    assert_eq!(diff.changes.new_datastreams, ["rain"]);
    let moved = &diff.changes.moved[0];
    assert_eq!((moved.datastream.as_str(), moved.metres / 10), ("besos", 74), "{moved:?}");
    assert_eq!(diff.changes.other_changed[0].columns, ["phone"]);
    let path = "/api/v1/datastreams/partner:dispatch/besos/passport";
    partner.ask(path).await.expect_status(404);

    let told = confirm(&partner, &diff).await.expect_status(200).json();
    assert_eq!(told["stored"], 2);
    confirm(&partner, &diff).await.expect_status(404);
    town.kill_and_restart().await;
    assert_eq!(passport(&partner, "besos").await["phone"], "Sensalia");
    let seen = partner.ask("/api/v1/datastreams/partner:dispatch/besos").await.expect_status(200);
    let seen: DatastreamView = serde_json::from_value(seen.json()).expect("a datastream");
    assert_eq!(seen.latest.sensor.name, "Besòs");
    assert_eq!(seen.places.len(), 2, "where it stood before is kept");
    assert_eq!(seen.latest.sensor.geometry, Some(moved.to));

    // One that never spoke stands where it was put up as soon as it does.
    let first = json!({"datastream": "rain", "phenomenon_time": town.clock.now(), "result": 7.4, "unit": "mm/h"});
    partner.observe(&[first]).await;
    let seen = partner.ask("/api/v1/datastreams/partner:dispatch/rain").await.expect_status(200);
    let seen: DatastreamView = serde_json::from_value(seen.json()).expect("a datastream");
    assert!(seen.latest.sensor.geometry.is_some());

    let same = send(&partner, TWO).await.expect_status(200).json();
    assert_eq!((&same["import"], &same["unchanged"]), (&Value::Null, &json!(2)));
    let other = compared(&partner, "datastream,unit,phone\nbesos,cm,-\n").await;
    assert_eq!(other.sentence, "1 unit changed m → cm, 1 changed otherwise");
    confirm(&partner, &other).await.expect_status(200);
    assert_eq!(passport(&partner, "besos").await["phone"], Value::Null);
    assert_eq!(
        passport(&partner, "besos").await["name"],
        "Besòs",
        "an empty cell takes nothing back"
    );
}

#[tokio::test]
async fn an_import_is_refused_once_what_it_was_compared_with_has_changed() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let admin = town.duty_officer().await;
    stored(&partner, TWO).await;
    let late = compared(&partner, "datastream,phone\nbesos,Hydrology\n").await;
    let path = "/api/v1/datastreams/partner:dispatch/besos/passport?mode=live";
    let body = json!({"unit": "m", "gateway": "Torrent-2"}).to_string();
    admin.send(Method::PUT, path, Some(body)).await.expect_status(204);
    let answer = confirm(&partner, &late).await.expect_status(409).json();
    assert_eq!(answer["type"], "conflict");
    assert_eq!(passport(&partner, "besos").await["gateway"], "Torrent-2");
    assert_eq!(passport(&partner, "besos").await["phone"], Value::Null, "nothing of it was stored");
}

#[tokio::test]
async fn an_import_waits_for_who_made_it_and_for_an_hour() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let admin = town.duty_officer().await;
    let diff = compared(&partner, TWO).await;
    let name = diff.import.clone().expect("it waits");
    let foreign = admin.send(Method::POST, &format!("{IMPORT}/{name}/confirm"), None).await;
    foreign.expect_status(404);
    let listed: ImportList =
        serde_json::from_value(partner.ask(IMPORT).await.expect_status(200).json())
            .expect("a list");
    assert_eq!(listed.imports, std::slice::from_ref(&diff));
    let none: ImportList =
        serde_json::from_value(admin.ask(IMPORT).await.expect_status(200).json()).expect("a list");
    assert!(none.imports.is_empty(), "it is not theirs");
    town.pass(Duration::from_hours(1));
    confirm(&partner, &diff).await.expect_status(404);

    let again =
        by_hand(&admin, "?source=partner:dispatch&mode=live", TWO).await.expect_status(201).json();
    let name = again["import"].as_str().expect("it waits");
    admin.send(Method::DELETE, &format!("{IMPORT}/{name}"), None).await.expect_status(204);
    admin.send(Method::DELETE, &format!("{IMPORT}/{name}"), None).await.expect_status(404);
}

async fn by_hand(person: &Operator, query: &str, table: &str) -> Answer {
    let cookie = person.cookie.clone().unwrap_or_default();
    let request = reqwest::Client::new()
        .post(format!("{}{IMPORT}{query}", person.base))
        .header("cookie", cookie)
        .header("origin", &person.base)
        .header("content-type", "text/csv")
        .body(table.to_owned());
    Answer::of(request.send().await.expect("an answer")).await
}

#[tokio::test]
async fn what_an_alarm_is_takes_authority() {
    let town = Town::start().await;
    let plain = town.dispatch().await;
    let levels = "datastream,unit,hazard,orange,red,levels_owner,levels_document,levels_date\n\
        besos,m,flood,2.5,3.5,Hydrology,INUNCAT,2022-03-12\n";
    assert_eq!(
        refused(&plain, levels).await,
        [(2, "/yellow".to_owned(), "needs_authority".to_owned())]
    );
    let admin = town.duty_officer().await;
    let query = "?source=partner:dispatch&mode=live";
    let diff = by_hand(&admin, query, levels).await.expect_status(201).json();
    let path = format!("{IMPORT}/{}/confirm", diff["import"].as_str().expect("it waits"));
    admin.send(Method::POST, &path, None).await.expect_status(200);
    let told = passport(&plain, "besos").await;
    assert_eq!(
        (&told["levels"][1]["value"], &told["levels"][1]["grade"]),
        (&json!(3.5), &json!("red"))
    );
    // Where it stands the plain key may say, and no less of what is known is there afterwards.
    stored(&plain, "datastream,lng,lat\nbesos,2.2211,41.4203\n").await;
    assert_eq!(passport(&plain, "besos").await["levels"], told["levels"]);
    // Another unit would forget what the levels mean, another cadence when it is lost.
    assert_eq!(refused(&plain, "datastream,cadence\nbesos,1d\n").await[0].2, "needs_authority");
    assert_eq!(refused(&plain, "datastream,unit\nbesos,cm\n").await[0].2, "needs_authority");
    let both = "datastream,unit,red\nbesos,cm,350\n";
    let diff = by_hand(&admin, query, both).await.expect_status(422).json();
    assert_eq!(
        diff["errors"][0]["reason"], "invalid_passport",
        "orange is in metres still: {diff}"
    );
}

#[tokio::test]
async fn a_table_that_is_no_table_and_who_may_not_are_told_so() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    partner.post(IMPORT, "application/json", "[]").await.expect_status(415);
    let answer =
        send(&partner, "datastream,latitude\nbesos,41.4\n").await.expect_status(422).json();
    assert_eq!(answer["errors"][0]["reason"], "wrong_shape", "{answer}");
    let answer = send(&partner, "").await.expect_status(422).json();
    assert_eq!(answer["errors"][0]["reason"], "wrong_shape", "{answer}");
    let many = (0..10_001).fold("datastream\n".to_owned(), |text, n| text + &format!("s{n}\n"));
    send(&partner, &many).await.expect_status(413);
    assert_eq!(
        refused(&partner, "datastream,lng,lat\nbesos,2.1,\nrain,400,41\n").await,
        [
            (2, "/lng".to_owned(), "missing".to_owned()),
            (3, "/lng".to_owned(), "bad_place".to_owned())
        ]
    );
    let mixed = compared(&partner, "datastream,lng,lat\nbesos,2.1,41.4\nrain,400,41\n").await;
    assert_eq!((mixed.sentence.as_str(), mixed.rejected[0].line), ("1 new, 1 rejected", 3));
    partner.post(&format!("{IMPORT}/nothing/confirm"), "text/plain", "").await.expect_status(404);
    partner.post(&format!("{IMPORT}?mode=exercise"), "text/csv", TWO).await.expect_status(403);
    partner
        .post(&format!("{IMPORT}?source=partner:nobody"), "text/csv", TWO)
        .await
        .expect_status(404);

    let reporter = town.partner("reporter", "reports,read", Mode::Exercise).await;
    send(&reporter, TWO).await.expect_status(403);
    let visitor = Operator::visitor(&town.base);
    by_hand(&visitor, "?source=partner:dispatch&mode=live", TWO).await.expect_status(401);
    let analyst = town.signed_in("analyst", "analyst").await;
    by_hand(&analyst, "?source=partner:dispatch&mode=live", TWO).await.expect_status(403);
    let admin = town.duty_officer().await;
    by_hand(&admin, "?mode=live", TWO).await.expect_status(422);
}

#[tokio::test]
async fn the_page_on_imports_runs_as_it_stands() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let told = page::run("import.md", &[("TALAIA", &town.base), ("KEY", &partner.key)]).await;
    assert!(told[0].contains("\"sentence\":\"2 new, 1 rejected\""), "{}", told[0]);
    assert!(told[1].contains("\"stored\":2"), "{}", told[1]);
    assert!(told[2].contains("\"coordinates\":[2.2211,41.4203]"), "{}", told[2]);
}

#[tokio::test]
async fn a_key_puts_sensors_up_in_its_area_alone_and_a_test_key_none() {
    let town = Town::start().await;
    let terms = KeyTerms { area: Bbox::new(2.0, 41.0, 2.3, 41.42).ok(), ..KeyTerms::default() };
    let bound = town.partner_bound("bound", "observations", Mode::Live, terms).await;
    let two = "datastream,lng,lat\nin,2.2,41.41\nout,2.2,41.43\n";
    let diff = compared(&bound, two).await;
    assert_eq!(diff.changes.new_datastreams, ["in"]);
    let told = (diff.rejected[0].line, diff.rejected[0].reason.as_str());
    assert_eq!(told, (3, "outside_key_area"));
    let terms = KeyTerms { kind: KeyKind::Test, ..KeyTerms::default() };
    let newcomer = town.partner_bound("newcomer", "observations", Mode::Live, terms).await;
    let answer = send(&newcomer, TWO).await.expect_status(403).json();
    assert!(answer["type"].to_string().contains("test-lane"), "{answer}");
}
