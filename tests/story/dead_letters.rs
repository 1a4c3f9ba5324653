//! What was refused, kept for a day, and sent again after its cause was mended.

use std::time::Duration;

use serde_json::{Value, json};
use server::control::Request;
use support::partner::{Answer, GEOJSON, Partner, feature};
use support::town::Town;
use wire::view::Mode;

const JSON: &str = "application/json";
const OBSERVATIONS: &str = "/api/v1/observations";
const LETTERS: &str = "/api/v1/dead-letters";

async fn letters(of: &Partner, query: &str) -> Vec<Value> {
    let page = of.ask(&format!("{LETTERS}{query}")).await.expect_status(200).json();
    page["letters"].as_array().cloned().expect("letters")
}

async fn replay(of: &Partner, body: &Value) -> Answer {
    of.post(&format!("{LETTERS}/replay"), JSON, body.to_string()).await
}

fn value(town: &Town, name: &str, ago_ms: i64, result: &Value, unit: &str) -> Value {
    let at = town.clock.now().plus_ms(-ago_ms);
    json!({"datastream": name, "phenomenon_time": at, "result": result, "unit": unit,
        "geometry": {"type": "Point", "coordinates": [2.17, 41.4]}})
}

#[tokio::test]
async fn a_refused_item_is_told_in_each_form_with_its_reason_and_its_payload() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let bad = feature("r1", 2.17, 141.4, "flood", "Minor");
    let body = json!({"type": "FeatureCollection",
        "features": [feature("r0", 2.17, 41.4, "flood", "Minor"), bad]});
    partner.post("/api/v1/reports", GEOJSON, body.to_string()).await.expect_status(207);
    let lines = "{\"datastream\":\"a\",\"phenomenon_time\":\"2026-11-01T10:00:00Z\",\"result\":null}\nnot json\n";
    partner.post(OBSERVATIONS, "application/x-ndjson", lines).await.expect_status(422);
    let table = "datastream,phenomenon_time,result\nb,2026-11-01T10:00:00Z,1\nb,yesterday,2\n";
    partner.post(OBSERVATIONS, "text/csv", table).await.expect_status(207);
    let all = letters(&partner, "").await;
    let told: Vec<_> = all
        .iter()
        .map(|one| (one["kind"].as_str().expect("a kind"), one["form"].as_str().expect("a form")))
        .collect();
    let expected = [
        ("observation", "csv"),
        ("observation", "json"),
        ("observation", "json"),
        ("report", "json"),
    ];
    assert_eq!(told, expected, "the newest first");
    assert_eq!(all[0]["payload"], "datastream,phenomenon_time,result\nb,yesterday,2\n");
    assert_eq!(all[1]["payload"], "not json");
    assert_eq!(
        (&all[3]["item"], &all[3]["reason"]),
        (&json!("r1"), &json!("latitude_out_of_range"))
    );
    let payload: Value =
        serde_json::from_str(all[3]["payload"].as_str().expect("kept")).expect("JSON");
    assert_eq!(payload["id"], "r1");
    // Page by page, by reason, by datastream; and of a partner nobody else reads.
    assert_eq!(letters(&partner, "?reason=latitude_out_of_range").await.len(), 1);
    assert_eq!(letters(&partner, "?datastream=b").await.len(), 1);
    let page = partner.ask(&format!("{LETTERS}?limit=3")).await.expect_status(200).json();
    let next = page["next"].as_str().expect("a cursor");
    assert_eq!(letters(&partner, &format!("?limit=3&cursor={next}")).await.len(), 1);
    let other = town.partner("other", "reports read", Mode::Live).await;
    assert!(letters(&other, "").await.is_empty());
    other.ask(&format!("{LETTERS}?source=partner:dispatch")).await.expect_status(403);
    let officer = town.duty_officer().await;
    let page = officer.ask(&format!("{LETTERS}?source=partner:dispatch")).await.expect_status(200);
    assert_eq!(page.json()["letters"].as_array().map(Vec::len), Some(4));
    town.viewer().await.ask(LETTERS).await.expect_status(403);
    // Words of people lie on disk as reports do: sealed.
    for file in std::fs::read_dir(town.data_dir()).expect("the directory").flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        assert!(!bytes.windows(9).any(|part| part == b"report r1"), "{}", file.path().display());
    }
}

#[tokio::test]
async fn after_the_fix_what_passes_is_taken_out_once_and_what_does_not_stays() {
    let town = Town::start().await;
    let partner = town.partner("city", "observations read authority", Mode::Live).await;
    partner.observe(&[value(&town, "level", 60_000, &json!(1.0), "m")]).await;
    // A unit of another quantity, and words for a number.
    let wrong = json!([
        value(&town, "level", 50_000, &json!(120), "kg"),
        value(&town, "level", 40_000, &json!("high"), "m"),
    ]);
    partner.post(OBSERVATIONS, JSON, wrong.to_string()).await.expect_status(422);
    assert_eq!(letters(&partner, "").await.len(), 2);
    let body = json!({"source": "partner:city", "reason": "unit_mismatch"});
    // Nothing is mended yet.
    let told = replay(&partner, &body).await.expect_status(200).json();
    assert_eq!((&told["tried"], &told["accepted"]), (&json!(1), &json!(0)));
    assert_eq!(told["rejected"][0]["reason"], "unit_mismatch");
    assert_eq!(letters(&partner, "").await.len(), 2);
    // The datastream was in kilograms all along.
    let passport = json!({"unit": "kg"}).to_string();
    let path = "/api/v1/datastreams/partner:city/level/passport";
    partner.put(path, JSON, passport).await.expect_status(204);
    let told = replay(&partner, &body).await.expect_status(200).json();
    assert_eq!((&told["tried"], &told["accepted"]), (&json!(1), &json!(1)), "{told}");
    let left = letters(&partner, "").await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["reason"], "text_for_number");
    let desk = partner.ask("/api/v1/connections").await.expect_status(200).json();
    assert_eq!(desk["connections"][0]["dialect"], "rest", "what comes again is no dialect");
    // Once: a second time there is nothing to send.
    let told = replay(&partner, &body).await.expect_status(200).json();
    assert_eq!(told["tried"], 0);
    let by_id = json!({"ids": [left[0]["id"]]});
    // What fails again stays, with what is wrong with it now: metres for kilograms.
    let told = replay(&partner, &by_id).await.expect_status(200).json();
    assert_eq!(told["rejected"][0]["reason"], "unit_mismatch");
    assert_eq!(letters(&partner, "?reason=unit_mismatch").await.len(), 1);
    for wrong in [json!({}), json!({"ids": ["x"]}), json!({"all": true})] {
        assert!((400..=422).contains(&replay(&partner, &wrong).await.status), "{wrong}");
    }
    // The account adds up, each passage counted.
    let sources = partner.ask("/api/v1/sources").await.expect_status(200).json();
    let ledger = &sources["sources"][0]["ledger"];
    assert_eq!((&ledger["received"], &ledger["accepted"]), (&json!(6), &json!(2)), "{ledger}");
}

#[tokio::test]
async fn what_comes_again_is_late_and_wakes_nobody() {
    let town = Town::start().await;
    let partner = town.partner("city", "reports observations read authority", Mode::Live).await;
    let officer = town.duty_officer().await;
    let path = "/api/v1/datastreams/partner:city/level/passport";
    let passport = |unit: &str| {
        json!({"hazard": "flood", "unit": unit, "levels": [{"grade": "red", "direction": "rising",
            "value": 3.0, "clear": null, "unit": unit, "owner": "ACA", "document": "Pla",
            "date": "2024-01-01"}]})
        .to_string()
    };
    partner.put(path, JSON, passport("m")).await.expect_status(204);
    let alarms = || async { officer.ask("/api/v1/alarms").await.expect_status(200).body };
    // The control: the same value by the front door rings.
    let quiet = alarms().await;
    let bad = json!([value(&town, "level", 1_000, &json!(9.0), "kg")]);
    partner.post(OBSERVATIONS, JSON, bad.to_string()).await.expect_status(422);
    partner.put(path, JSON, passport("kg")).await.expect_status(204);
    let told =
        replay(&partner, &json!({"reason": "unit_mismatch"})).await.expect_status(200).json();
    assert_eq!(told["accepted"], 1, "{told}");
    assert_eq!(alarms().await, quiet, "late");
    town.pass(Duration::from_secs(1));
    let loud = json!([value(&town, "level", 0, &json!(9.0), "kg")]);
    partner.post(OBSERVATIONS, JSON, loud.to_string()).await.expect_status(201);
    assert_ne!(alarms().await, quiet, "the control");
}

#[tokio::test]
async fn an_observation_of_sensorthings_comes_again_by_its_own_road() {
    let town = Town::start().await;
    let partner = town.partner("bcn", "observations read", Mode::Live).await;
    let thing = json!({"name": "gauge", "description": "", "Datastreams": [{
        "name": "level", "description": "", "properties": {"externalId": "gauge-level"},
        "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": ""},
        "Sensor": {"name": "s", "description": "", "encodingType": "x", "metadata": "y"},
        "ObservedProperty": {"name": "p", "definition": "http://x", "description": ""}}]});
    let made = partner.post("/sta/v1.1/Things", JSON, thing.to_string()).await.expect_status(201);
    let id = made.json()["@iot.id"].clone();
    // No Location yet, so no feature can be made of it.
    let one = json!({"result": 2.5, "Datastream": {"@iot.id": "gauge-level"}}).to_string();
    partner.post("/sta/v1.1/Observations", JSON, one).await.expect_status(400);
    let rows = json!([{"Datastream": {"@iot.id": "gauge-level"}, "components": ["result"],
        "dataArray": [[1.0], ["wet"]]}]);
    partner.post("/sta/v1.1/CreateObservations", JSON, rows.to_string()).await.expect_status(201);
    let all = letters(&partner, "").await;
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all.iter().all(|one| one["form"] == "sensorthings"), "{all:?}");
    assert!(all.iter().all(|one| one["item"] == "gauge-level"), "{all:?}");
    let place = json!({"name": "there", "description": "", "encodingType": "application/geo+json",
        "location": {"type": "Point", "coordinates": [2.17, 41.4]}, "Things": [{"@iot.id": id}]});
    partner.post("/sta/v1.1/Locations", JSON, place.to_string()).await.expect_status(201);
    let told = replay(&partner, &json!({"source": "partner:bcn"})).await.expect_status(200).json();
    assert_eq!((&told["tried"], &told["accepted"]), (&json!(3), &json!(2)), "{told}");
    assert_eq!(told["rejected"][0]["reason"], "not_a_number");
    assert_eq!(letters(&partner, "").await.len(), 1);
    let seen = partner.ask("/sta/v1.1/Observations").await.expect_status(200).json();
    assert_eq!(seen["value"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn letters_leave_after_a_day_the_oldest_first_where_there_are_too_many() {
    let town = Town::with(|config| config.limits.dead_letters_max = 3).await;
    let partner = town.dispatch().await;
    let bad = |n: usize| {
        json!([{"datastream": format!("d{n}"), "phenomenon_time": "soon", "result": 1}]).to_string()
    };
    for n in 0..5 {
        partner.post(OBSERVATIONS, JSON, bad(n)).await.expect_status(422);
    }
    let items: Vec<_> = letters(&partner, "").await.iter().map(|one| one["item"].clone()).collect();
    assert_eq!(items, [json!("d4"), json!("d3"), json!("d2")]);
    town.pass(Duration::from_hours(24));
    assert!(letters(&partner, "").await.is_empty());
    partner.post(OBSERVATIONS, JSON, bad(9)).await.expect_status(422);
    assert_eq!(letters(&partner, "").await.len(), 1);
}

#[tokio::test]
async fn what_was_refused_of_an_erased_report_is_gone_too() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let good = partner.report(&[feature("r1", 2.17, 41.4, "flood", "Minor")]).await;
    assert_eq!(good.accepted, 1);
    let bad = feature("r1", 2.17, 141.4, "flood", "Minor").to_string();
    partner.post("/api/v1/reports", GEOJSON, bad).await.expect_status(422);
    assert_eq!(letters(&partner, "").await.len(), 1);
    let list = partner.ask("/api/v1/reports").await.expect_status(200).json();
    let id = list["features"][0]["id"].as_str().expect("an id").parse().expect("an id");
    let erase = Request::Erase { id };
    let done = server::control::ask(&town.data_dir().join("talaia.sock"), &erase).await;
    assert!(done.expect("asked").is_ok());
    assert!(letters(&partner, "").await.is_empty());
}

#[tokio::test]
async fn a_test_keys_letters_come_again_in_its_lane() {
    let town = Town::start().await;
    let terms = server::store::KeyTerms {
        kind: server::store::KeyKind::Test,
        ..server::store::KeyTerms::default()
    };
    let newcomer = town.partner_bound("new", "observations read", Mode::Live, terms).await;
    let wrong = value(&town, "level", 1_000, &json!(1), "kg");
    newcomer.observe(&[value(&town, "level", 2_000, &json!(1), "m")]).await;
    newcomer.post(OBSERVATIONS, JSON, json!([wrong]).to_string()).await.expect_status(422);
    assert_eq!(letters(&newcomer, "").await.len(), 1);
    let told =
        replay(&newcomer, &json!({"reason": "unit_mismatch"})).await.expect_status(200).json();
    assert_eq!(told["rejected"][0]["reason"], "unit_mismatch");
    // A restart forgets the lane, and with it what contradicted the letter.
    assert_eq!(town.app().store.head().await.expect("a head").0, 0);
}

#[tokio::test]
async fn a_report_that_comes_again_is_late_and_an_item_too_long_is_told_and_not_kept() {
    let town = Town::with(|config| config.limits.dead_letter_bytes_max = 400).await;
    let terms = server::store::KeyTerms {
        area: Some("2.1,41.3,2.2,41.5".parse().expect("a box")),
        ..server::store::KeyTerms::default()
    };
    let partner = town.partner_bound("south", "reports read", Mode::Live, terms).await;
    let out = feature("r1", 2.5, 41.4, "flood", "Extreme");
    partner.post("/api/v1/reports", GEOJSON, out.to_string()).await.expect_status(422);
    let mut long = feature("r2", 2.5, 41.4, "flood", "Extreme");
    long["properties"]["text"] = json!("long ".repeat(200));
    partner.post("/api/v1/reports", GEOJSON, long.to_string()).await.expect_status(422);
    let told = letters(&partner, "").await;
    assert_eq!((&told[0]["item"], &told[0]["payload"]), (&json!("r2"), &Value::Null));
    // The key reaches no further when it asks again; who keeps the room may let it in.
    let body = json!({"source": "partner:south"});
    let again = replay(&partner, &body).await.expect_status(200).json();
    assert_eq!((&again["tried"], &again["accepted"]), (&json!(2), &json!(0)), "{again}");
    let officer = town.duty_officer().await;
    let path = format!("{LETTERS}/replay");
    let send = |who: &support::operator::Operator| {
        let (who, path, body) = (who.clone(), path.clone(), body.to_string());
        async move { who.send(reqwest::Method::POST, &path, Some(body)).await }
    };
    send(&town.viewer().await).await.expect_status(403);
    let again = send(&officer).await.expect_status(200).json();
    assert_eq!(
        (&again["accepted"], &again["rejected"][0]["reason"]),
        (&json!(1), &json!("not_kept"))
    );
    let list = partner.ask("/api/v1/reports").await.expect_status(200).json();
    let seen = &list["features"][0]["properties"];
    assert_eq!((&seen["source_id"], &seen["late"]), (&json!("r1"), &json!(true)), "{list}");
    // A key that may not send the like does not send it again either.
    let left = letters(&partner, "").await;
    assert_eq!(left.len(), 1);
    town.act(Request::PartnerRevoke { name: "south".to_owned() }).await;
    let reader = town.partner("south", "observations read", Mode::Live).await;
    let again = replay(&reader, &body).await.expect_status(200).json();
    assert_eq!(again["tried"], 0);
}
