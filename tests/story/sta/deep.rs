//! Deep inserts with Observations: entities and values go to disk in one transaction, so that a failed one leaves nothing, at whichever step
//! it fails.

use serde_json::{Value, json};
use server::store::{KeyKind, KeyTerms};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use support::town::Town;
use support::wait::until;
use wire::geo::Bbox;
use wire::view::Mode;

use super::{Sta, datastream, location, noise};

const SETS: [&str; 8] = [
    "Things",
    "Locations",
    "HistoricalLocations",
    "Datastreams",
    "Sensors",
    "ObservedProperties",
    "Observations",
    "FeaturesOfInterest",
];

async fn town() -> Town {
    Town::with(|config| config.limits.requests_per_s = 10_000).await
}

fn observation(minute: u32, result: impl Into<Value>) -> Value {
    json!({"phenomenonTime": format!("2026-11-23T10:{minute:02}:00Z"), "result": result.into()})
}

/// A sound meter with two Datastreams and three Observations in each.
fn meter(name: &str) -> Value {
    let mut thing = noise(name);
    thing["Datastreams"] = json!([datastream("LAeq"), datastream("LAmax")]);
    for n in 0..2 {
        thing["Datastreams"][n]["Observations"] =
            (0..3).map(|minute| observation(minute, minute)).collect();
    }
    thing
}

/// All that can be read of every set.
async fn whole(sta: &Sta) -> Vec<Value> {
    let mut told = Vec::new();
    for set in SETS {
        let page = sta.get(&format!("/{set}?$count=true&$orderby=id")).await.expect_status(200);
        told.push(page.json());
    }
    told.push(sta.get("/Things?$expand=Locations,Datastreams").await.expect_status(200).json());
    told
}

fn rejected(ledger: &Value) -> u64 {
    ledger["rejected"]
        .as_object()
        .map_or(0, |reasons| reasons.values().filter_map(Value::as_u64).sum())
}

#[tokio::test]
async fn a_failed_deep_insert_leaves_nothing_whichever_of_its_observations_is_wrong() {
    let town = town().await;
    let partner = town.dispatch().await;
    let sta = Sta::of(&partner);
    let before = whole(&sta).await;
    let mut n_sent = 0;
    for (field, wrong, reason) in [
        ("result", json!("red"), "not_a_number"),
        ("result", json!("NaN"), "not_a_number"),
        ("result", Value::Null, "missing"),
        ("phenomenonTime", json!("2026-11-23T10:61:00Z"), "bad_time"),
        ("phenomenonTime", json!("2026-10-25T02:30:00"), "bad_time"),
        ("phenomenonTime", json!("1970-01-01T00:00:00Z"), "too_old"),
        ("phenomenonTime", json!("2026-11-23T10:05:00Z/2026-11-23T10:04:00Z"), "bad_time"),
        ("parameters", json!([1]), "wrong_type"),
        ("FeatureOfInterest", json!({"@iot.id": 4_000}), "unknown-entity"),
        ("Sensor", json!({"@iot.id": 1}), "unknown-property"),
    ] {
        let mut body = meter("m");
        body["Datastreams"][1]["Observations"][1][field] = wrong.clone();
        let told = sta.post("/Things", &body).await.expect_status(400).json();
        n_sent += 6;
        assert_eq!(told["errors"][0]["reason"], reason, "{told}");
        let pointer = format!("/Datastreams/1/Observations/1/{field}");
        assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
        assert_eq!(told["code"], 400, "{told}");
        assert_eq!(whole(&sta).await, before, "{field} {wrong}");
    }
    let literal = meter("m").to_string().replacen("\"result\":1", "\"result\":NaN", 1);
    let told = sta.send(reqwest::Method::POST, "/Things", Some(literal)).await;
    assert_eq!(told.expect_status(400).json()["errors"][0]["reason"], "invalid_json");
    assert_eq!(whole(&sta).await, before);
    // Each of them counts, under the cause for which its request failed; of what is no JSON nobody knows how many there were.
    let ledger = partner.ask("/api/v1/sources").await.json()["sources"][0]["ledger"].clone();
    assert_eq!((&ledger["received"], rejected(&ledger)), (&json!(n_sent), n_sent), "{ledger}");
    assert_eq!(ledger["rejected"]["not_a_number"], 12, "{ledger}");
}

#[tokio::test]
async fn what_only_the_journal_can_refuse_undoes_what_the_request_changed() {
    let mut town = town().await;
    let partner = town.dispatch().await;
    let sta = Sta::of(&partner);
    sta.post("/Things", &meter("m")).await.expect_status(201);
    let before = whole(&sta).await;
    let latest = partner.ask("/api/v1/sensors/latest").await.json()["sensors"].clone();
    // Moved, described anew, with one more Datastream, and with a value in metres where decibels stood.
    let mut again = meter("m");
    again["description"] = json!("moved");
    again["Locations"] = json!([location("m", 2.17, 41.41)]);
    let mut third = datastream("LAmin");
    third["Observations"] = json!([observation(1, 40)]);
    again["Datastreams"].as_array_mut().expect("an array").insert(0, third);
    again["Datastreams"][2]["unitOfMeasurement"] =
        json!({"name": "metre", "symbol": "m", "definition": "x"});
    again["Datastreams"][2]["Observations"] = json!([observation(10, 1), observation(11, 2)]);
    let told = sta.post("/Things", &again).await.expect_status(400).json();
    assert_eq!(told["errors"][0]["reason"], "unit_mismatch", "{told}");
    assert_eq!(told["errors"][0]["pointer"], "/Datastreams/2/Observations/0", "{told}");
    assert_eq!(whole(&sta).await, before);
    assert_eq!(partner.ask("/api/v1/sensors/latest").await.json()["sensors"], latest);
    let ledger = partner.ask("/api/v1/sources").await.json()["sources"][0]["ledger"].clone();
    // Six that were new; then one new, three that stood, and two in metres: all six for the one cause.
    assert_eq!(
        (&ledger["received"], &ledger["accepted"], &ledger["rejected"]),
        (&json!(12), &json!(6), &json!({"unit_mismatch": 6})),
        "{ledger}"
    );
    town.kill_and_restart().await;
    assert_eq!(whole(&sta).await, before);
    // A single one that brings its own feature is no different.
    let stream = before[3]["value"][1]["@iot.id"].clone();
    sta.patch(
        &format!("/Datastreams({stream})"),
        &json!({"unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "x"}}),
    )
    .await
    .expect_status(200);
    let before = whole(&sta).await;
    let mut one = observation(20, 1);
    one["FeatureOfInterest"] = json!({"name": "f", "description": "", "encodingType": "application/geo+json",
        "feature": {"type": "Point", "coordinates": [2.1, 41.4]}});
    let path = format!("/Datastreams({stream})/Observations");
    let told = sta.post(&path, &one).await.expect_status(400).json();
    assert_eq!(told["errors"][0]["reason"], "unit_mismatch", "{told}");
    let rows = json!([{"Datastream": {"@iot.id": stream}, "components": ["result"], "dataArray": [[1], [2]]}]);
    let told = sta.post("/CreateObservations", &rows).await.expect_status(201).json();
    assert!(told[1].as_str().is_some_and(|row| row.starts_with("error")), "{told}");
    assert_eq!(whole(&sta).await, before);
}

#[tokio::test]
async fn a_key_that_has_spent_its_day_or_may_not_reach_there_makes_nothing() {
    let town = town().await;
    let area = Bbox::new(2.0, 41.0, 2.1, 41.2).expect("an area");
    for (name, terms, status) in [
        ("spent", KeyTerms { items_per_day: Some(8), ..KeyTerms::default() }, 429),
        ("narrow", KeyTerms { area: Some(area), ..KeyTerms::default() }, 400),
    ] {
        let partner = town.partner_bound(name, "observations read", Mode::Live, terms).await;
        let sta = Sta::of(&partner);
        // Five of the eight that one of them may send a day.
        let spent: Vec<Value> = (0..5)
            .map(|n| json!({"datastream": "x", "result": n, "phenomenon_time": format!("2026-11-23T10:0{n}:00Z")}))
            .collect();
        partner.observe(&spent).await;
        let told = sta.post("/Things", &meter("m")).await.expect_status(status);
        assert_eq!(told.json()["code"], status);
        for set in SETS {
            assert_eq!(sta.count(set).await, 0, "{name}: {set}");
        }
    }
}

async fn hold(town: &Town) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(town.data_dir().join("talaia.db"));
    let mut other = SqliteConnection::connect_with(&options).await.expect("the database opens");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("the lock is free");
    other
}

#[tokio::test]
async fn a_database_that_does_not_answer_and_a_full_queue_leave_nothing_and_all_of_it_comes_later()
{
    let town = Town::with(|config| {
        config.limits.requests_per_s = 10_000;
        config.limits.submissions_queued_max = 1;
    })
    .await;
    let partner = town.dispatch().await;
    let flood = town.partner("flood", "observations read", Mode::Live).await;
    let sta = Sta::of(&partner);
    let other = hold(&town).await;
    // One is on its way to the disk, one waits, and the third hears that there is no room.
    let waiting: Vec<_> = (0..4)
        .map(|n| {
            let flood = flood.clone();
            let body = json!([{"datastream": format!("f-{n}"), "result": 1, "phenomenon_time": "2026-11-23T10:00:00Z"}]);
            tokio::spawn(async move {
                flood.post("/api/v1/observations", "application/json", body.to_string()).await
            })
        })
        .collect();
    until("a full queue", async || {
        waiting.iter().any(tokio::task::JoinHandle::is_finished).then_some(())
    })
    .await;
    let told = sta.post("/Things", &meter("m")).await;
    let kind = told.expect_status(503).json()["reason"].clone();
    assert!(kind == "busy" || kind == "unavailable", "{kind}");
    for one in waiting {
        one.await.expect("an answer").expect_status(503);
    }
    let told = sta.post("/Things", &meter("m")).await.expect_status(503);
    assert_eq!(told.json()["reason"], "unavailable");
    for set in SETS {
        assert_eq!(sta.count(set).await, 0, "{set}");
    }
    other.close().await.expect("lets go");
    sta.post("/Things", &meter("m")).await.expect_status(201);
    assert_eq!((sta.count("Things").await, sta.count("Observations").await), (1, 6));
    sta.post("/Things", &meter("m")).await.expect_status(200);
    assert_eq!((sta.count("Things").await, sta.count("Observations").await), (1, 6));
}

#[tokio::test]
async fn after_a_kill_each_deep_insert_is_there_as_a_whole_or_not_at_all() {
    let mut town = town().await;
    let partner = town.dispatch().await;
    for round in 0..3 {
        let sending: Vec<_> = (0..30)
            .map(|n| {
                let (base, key) = (partner.base.clone(), partner.key.clone());
                tokio::spawn(async move {
                    let body = meter(&format!("m-{round}-{n}")).to_string();
                    let client = support::http_client();
                    let sent = client.post(format!("{base}/sta/v1.1/Things")).bearer_auth(key);
                    let sent = sent.header("content-type", "application/json").body(body);
                    sent.send().await.is_ok_and(|answer| answer.status() == 201)
                })
            })
            .collect();
        // As soon as the first was taken, with the others on their way.
        until("the first", async || {
            sending.iter().any(tokio::task::JoinHandle::is_finished).then_some(())
        })
        .await;
        town.kill_and_restart().await;
        let mut n_acknowledged = 0;
        for one in sending {
            n_acknowledged += u64::from(one.await.expect("an end"));
        }
        let sta = Sta::of(&partner);
        let page = "/Things?$top=1000&$count=true&$expand=Datastreams($expand=Observations($count=true;$top=0))";
        let told = sta.get(page).await.expect_status(200).json();
        let things = told["value"].as_array().expect("an array");
        for thing in things {
            assert_eq!(thing["Datastreams"].as_array().map(Vec::len), Some(2), "{thing}");
            for stream in thing["Datastreams"].as_array().into_iter().flatten() {
                assert_eq!(stream["Observations@iot.count"], 3, "{thing}");
            }
        }
        let n =
            things.iter().filter(|one| one["name"].to_string().contains(&format!("m-{round}-")));
        let n = n.count() as u64;
        assert!(n >= n_acknowledged, "{n} of {n_acknowledged}");
        assert_eq!(sta.count("Observations").await, 6 * things.len() as u64);
    }
}

#[tokio::test]
async fn on_the_lane_of_a_test_key_it_is_the_same() {
    let town = town().await;
    let terms = KeyTerms { kind: KeyKind::Test, ..KeyTerms::default() };
    let partner = town.partner_bound("try", "observations read", Mode::Live, terms).await;
    let sta = Sta::of(&partner);
    sta.post("/Things", &meter("m")).await.expect_status(201);
    let mut again = meter("m");
    again["description"] = json!("changed");
    again["Datastreams"][1]["unitOfMeasurement"] =
        json!({"name": "metre", "symbol": "m", "definition": "x"});
    again["Datastreams"][1]["Observations"] = json!([observation(10, 1)]);
    let told = sta.post("/Things", &again).await.expect_status(400).json();
    assert_eq!(told["errors"][0]["reason"], "unit_mismatch", "{told}");
    let thing = sta.get("/Things").await.expect_status(200).json()["value"][0].clone();
    assert_eq!(thing["description"], "Sound meter");
}
