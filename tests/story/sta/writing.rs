//! What partners write: deep inserts, changes, moves, what is registered again, and what nobody may.

use serde_json::{Value, json};
use support::town::Town;
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

async fn counts(sta: &Sta) -> Vec<u64> {
    let mut counts = Vec::new();
    for set in SETS {
        counts.push(sta.count(set).await);
    }
    counts
}

async fn town() -> Town {
    Town::with(|config| config.limits.requests_per_s = 1_000).await
}

fn with_observations(results: &[Value]) -> Value {
    let mut thing = noise("deep");
    let observations = results.iter().enumerate().map(
        |(n, result)| json!({"phenomenonTime": format!("2026-11-23T10:0{n}:00Z"), "result": result}),
    );
    thing["Datastreams"][0]["Observations"] = observations.collect();
    thing
}

#[tokio::test]
async fn a_deep_insert_is_there_as_a_whole_or_leaves_nothing_behind() {
    let mut town = town().await;
    let partner = town.dispatch().await;
    let sta = Sta::of(&partner);
    let mut no_sensor = noise("a");
    no_sensor["Datastreams"][0].as_object_mut().expect("an object").remove("Sensor");
    let mut bad_unit = noise("b");
    bad_unit["Datastreams"][0]["unitOfMeasurement"] = json!("dB");
    let mut bad_place = noise("c");
    bad_place["Locations"][0]["location"]["coordinates"] = json!([41.4, 200.0]);
    let mut unknown = noise("d");
    unknown["Datastreams"][0]["Sensor"] = json!({"@iot.id": 4_000});
    let no_place = {
        let mut thing = with_observations(&[json!(1)]);
        thing.as_object_mut().expect("an object").remove("Locations");
        thing
    };
    for (body, pointer) in [
        (no_sensor, "/Datastreams/0/Sensor"),
        (bad_unit, "/Datastreams/0/unitOfMeasurement"),
        (bad_place, "/Locations/0/location/coordinates"),
        (unknown, "/Datastreams/0/Sensor"),
        (no_place, "/Datastreams/0/Observations/0/FeatureOfInterest"),
        (with_observations(&[json!(1), json!("NaN")]), "/Datastreams/0/Observations/1/result"),
        (with_observations(&[json!(1), json!("red")]), "/Datastreams/0/Observations/1/result"),
    ] {
        let told = sta.post("/Things", &body).await.expect_status(400).json();
        assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
        assert_eq!(counts(&sta).await, [0; 8], "{pointer}");
    }
    sta.post("/Things", &with_observations(&[json!(1), json!("2.5")])).await.expect_status(201);
    let whole = [1, 1, 1, 1, 1, 1, 2, 1];
    assert_eq!(counts(&sta).await, whole);
    // Refused Observations are in the account, beside the two that were taken.
    let ledger = partner.ask("/api/v1/sources").await.json()["sources"][0]["ledger"].clone();
    assert_eq!((&ledger["received"], &ledger["accepted"]), (&json!(7), &json!(2)), "{ledger}");
    town.kill_and_restart().await;
    assert_eq!(counts(&sta).await, whole);
}

#[tokio::test]
async fn what_is_registered_again_is_the_same_thing_with_what_changed() {
    let town = town().await;
    let sta = Sta::of(&town.dispatch().await);
    let made = sta.post("/Things", &noise("again")).await.expect_status(201);
    let before = counts(&sta).await;
    let again = sta.post("/Things", &noise("again")).await.expect_status(200);
    assert_eq!(again.header("location"), made.header("location"));
    assert_eq!(counts(&sta).await, before);
    let mut changed = noise("again");
    changed["description"] = json!("moved");
    changed["Locations"] = json!([location("again", 2.17, 41.41)]);
    changed["Datastreams"][0]["description"] = json!("10-min");
    changed["Datastreams"].as_array_mut().expect("an array").push(datastream("LAmax"));
    let told = sta.post("/Things", &changed).await.expect_status(200).json();
    assert_eq!(told["description"], "moved");
    let own = told["@iot.selfLink"].as_str().expect("a link");
    let whole = sta
        .get(&format!("{own}?$expand=Datastreams($orderby=name),Locations,HistoricalLocations($expand=Locations)"))
        .await
        .json();
    assert_eq!(whole["Datastreams"][0]["description"], "10-min");
    assert_eq!(whole["Datastreams"][1]["name"], "LAmax");
    // One place now, two in its history.
    assert_eq!(whole["Locations"].as_array().map(Vec::len), Some(1));
    assert_eq!(whole["Locations"][0]["location"]["coordinates"], json!([2.17, 41.41]));
    assert_eq!(whole["HistoricalLocations"].as_array().map(Vec::len), Some(2));
    // By its own id, too: made where it is not, changed where it is.
    let sensor =
        json!({"name": "s", "description": "", "encodingType": "text/plain", "metadata": ""});
    sta.put("/Sensors('s-1')", &sensor).await.expect_status(201);
    sta.put("/Sensors('s-1')", &sensor).await.expect_status(200);
    let mut own = sensor.clone();
    own["properties"] = json!({"externalId": "s-1", "made": 2019});
    sta.put("/Sensors('s-1')", &own).await.expect_status(200);
    assert_eq!(sta.get("/Sensors('s-1')").await.json()["properties"]["made"], 2019);
}

#[tokio::test]
async fn a_sensor_that_moves_measures_there_and_what_it_measured_stays_where_it_was() {
    let town = town().await;
    let sta = Sta::of(&town.dispatch().await);
    let thing = sta.made("/Things", &noise("bus")).await;
    let stream =
        sta.get(&format!("/Things({thing})/Datastreams")).await.json()["value"][0]["@iot.id"]
            .clone();
    let path = format!("/Datastreams({stream})/Observations");
    let first = sta.made(&path, &json!({"result": 1})).await;
    town.pass(std::time::Duration::from_mins(1));
    sta.made(&format!("/Things({thing})/Locations"), &location("depot", 2.2, 41.42)).await;
    town.pass(std::time::Duration::from_mins(1));
    let second = sta.made(&path, &json!({"result": 2})).await;
    for (seq, lng) in [(first, 2.1569), (second, 2.2)] {
        let feature = sta.get(&format!("/Observations({seq})/FeatureOfInterest")).await.json();
        assert_eq!(feature["feature"]["coordinates"][0], lng);
        let id = &feature["@iot.id"];
        let of_it = sta.get(&format!("/FeaturesOfInterest({id})/Observations")).await.json();
        assert_eq!(of_it["value"].as_array().map(Vec::len), Some(1));
    }
    let history =
        sta.get(&format!("/Things({thing})/HistoricalLocations?$count=true")).await.json();
    assert_eq!(history["@iot.count"], 2);
}

#[tokio::test]
async fn a_change_says_what_changes_and_a_deletion_takes_what_cannot_be_without() {
    let town = town().await;
    let sta = Sta::of(&town.dispatch().await);
    let thing = sta.made("/Things", &noise("x")).await;
    let own = format!("/Things({thing})");
    let told = sta.patch(&own, &json!({"description": "new"})).await.expect_status(200).json();
    assert_eq!((&told["name"], &told["description"]), (&json!("x"), &json!("new")));
    sta.patch(&own, &json!({"name": null})).await.expect_status(400);
    sta.patch(&own, &json!({"Datastreams": [datastream("y")]})).await.expect_status(400);
    let told =
        sta.put(&own, &json!({"name": "z", "description": ""})).await.expect_status(200).json();
    assert_eq!(told["properties"], Value::Null);
    sta.put(&own, &json!({"name": "z"})).await.expect_status(400);
    // Operations one by one, all or none.
    let patch = |operations: Value| {
        let (sta, own) = (&sta, own.clone());
        async move { sta.send_as("application/json-patch+json", &own, &operations).await }
    };
    let told = patch(json!([{"op": "test", "path": "/name", "value": "z"},
        {"op": "add", "path": "/properties", "value": {"a": [1]}},
        {"op": "add", "path": "/properties/a/-", "value": 2},
        {"op": "replace", "path": "/description", "value": "patched"},
        {"op": "remove", "path": "/properties/a/0"}]));
    let told = told.await.expect_status(200).json();
    assert_eq!(
        (&told["description"], &told["properties"]),
        (&json!("patched"), &json!({"a": [2]}))
    );
    for wrong in [
        json!({}),
        json!([{"op": "remove", "path": "/name"}]),
        json!([{"op": "add", "path": "/description", "value": ""}, {"op": "test", "path": "/name", "value": "x"}]),
        json!([{"op": "replace", "path": "/nothing/at/all", "value": 1}]),
        json!([{"op": "jump", "path": "/name"}]),
    ] {
        patch(wrong).await.expect_status(400);
    }
    assert_eq!(sta.get(&own).await.json()["description"], "patched");
    // Some programs send the whole entity they read where a link would do.
    let one = sta.get(&format!("{own}/Datastreams?$top=1")).await.json()["value"][0].clone();
    sta.made("/Observations", &json!({"result": 2, "Datastream": one})).await;
    // What was read can be sent back as it came.
    let read = sta.get(&own).await.json();
    sta.put(&own, &read).await.expect_status(200);
    let place = sta.made("/Locations", &location("there", 2.2, 41.42)).await;
    sta.patch(&own, &json!({"Locations": [{"@iot.id": place}]})).await.expect_status(200);
    let places = sta.get(&format!("{own}/Locations")).await.json();
    assert_eq!(places["value"][0]["@iot.id"], place);
    let stream = sta.get(&format!("{own}/Datastreams")).await.json()["value"][0]["@iot.id"].clone();
    let sensor = sta
        .made(
            "/Sensors",
            &json!({"name": "s", "description": "", "encodingType": "x", "metadata": {"a": 1}}),
        )
        .await;
    sta.patch(&format!("/Datastreams({stream})"), &json!({"Sensor": {"id": sensor}}))
        .await
        .expect_status(200);
    let of_it = sta.get(&format!("/Datastreams({stream})/Sensor")).await.json();
    assert_eq!(of_it["@iot.id"], sensor);
    let seq =
        sta.made(&format!("/Datastreams({stream})/Observations"), &json!({"result": 3})).await;
    // What stands in the journal is neither changed nor deleted.
    for refused in [
        sta.delete(&format!("/Observations({seq})")).await,
        sta.patch(&format!("/Observations({seq})"), &json!({"result": 4})).await,
        sta.delete("/Things").await,
        sta.post("", &json!({})).await,
    ] {
        assert_eq!(refused.expect_status(405).json()["code"], 405);
    }
    let feature =
        sta.get(&format!("/Observations({seq})/FeatureOfInterest")).await.json()["@iot.id"].clone();
    sta.delete(&format!("/FeaturesOfInterest({feature})")).await.expect_status(409);
    sta.delete(&own).await.expect_status(200);
    sta.get(&own).await.expect_status(404);
    sta.get(&format!("/Datastreams({stream})")).await.expect_status(404);
    assert_eq!((sta.count("HistoricalLocations").await, sta.count("Observations").await), (0, 0));
    assert_eq!(sta.count("Sensors").await, 2);
    sta.delete(&own).await.expect_status(404);
}

#[tokio::test]
async fn rows_of_an_array_are_taken_or_refused_one_by_one() {
    let town = town().await;
    let partner = town.dispatch().await;
    let sta = Sta::of(&partner);
    let thing = sta.made("/Things", &noise("rows")).await;
    let stream =
        sta.get(&format!("/Things({thing})/Datastreams")).await.json()["value"][0]["@iot.id"]
            .clone();
    let body = json!([
        {"Datastream": {"@iot.id": stream}, "components": ["phenomenonTime", "result", "FeatureOfInterest/id"],
         "dataArray@iot.count": 6, "dataArray": [
            ["2026-11-23T10:20:00-0700", 20, null],
            ["2026-11-23T10:21:00-0700", "21.5", null],
            ["2026-11-23T10:22:00-0700Z", 22, null],
            ["2026-11-23T10:23:00Z", "NaN", null],
            ["2026-11-23T10:24:00Z", 24, 4000],
            ["2026-11-23T10:25:00Z", 25],
         ]},
        {"Datastream": {"id": 4000}, "components": ["result"], "dataArray": [[1]]},
        {"Datastream": {"id": stream}, "components": ["phenomenonTime", "result"],
         "dataArray": [["2026-11-23T11:00:00Z/2026-11-23T12:00:00Z", 26]]},
    ]);
    let told = sta.post("/CreateObservations", &body).await.expect_status(201).json();
    let told: Vec<&str> =
        told.as_array().expect("an array").iter().filter_map(Value::as_str).collect();
    assert_eq!(told.len(), 8, "{told:?}");
    for (index, taken) in [
        (0, Some("20")),
        (1, Some("21.5")),
        (2, None),
        (3, None),
        (4, None),
        (5, None),
        (6, None),
        (7, Some("26")),
    ] {
        match taken {
            Some(result) => {
                let own = sta.get(told[index]).await.expect_status(200).json();
                assert_eq!(own["result"].to_string(), result);
            }
            None => assert!(told[index].starts_with("error"), "{told:?}"),
        }
    }
    let interval = sta.get(told[7]).await.json();
    assert_eq!(interval["phenomenonTime"], "2026-11-23T11:00:00Z/2026-11-23T12:00:00Z");
    let ledger = partner.ask("/api/v1/sources").await.json()["sources"][0]["ledger"].clone();
    let rejected: u64 =
        ledger["rejected"].as_object().expect("reasons").values().filter_map(Value::as_u64).sum();
    assert_eq!(
        (&ledger["received"], &ledger["accepted"], rejected),
        (&json!(8), &json!(3), 5),
        "{ledger}"
    );
    // A unit that cannot be turned into the one before is refused with its own reason, alone and in rows.
    let unit = json!({"unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": ""}});
    sta.patch(&format!("/Datastreams({stream})"), &unit).await.expect_status(200);
    let told =
        sta.post(&format!("/Datastreams({stream})/Observations"), &json!({"result": 1})).await;
    let told = told.expect_status(400).json();
    assert!(told["reason"].as_str().is_some_and(|reason| reason.contains("unit")), "{told}");
    let rows =
        json!([{"Datastream": {"id": stream}, "components": ["result"], "dataArray": [[1]]}]);
    let told = sta.post("/CreateObservations", &rows).await.expect_status(201).json();
    assert!(
        told[0].as_str().is_some_and(|row| row.starts_with("error") && row.contains("unit")),
        "{told}"
    );
    for wrong in [
        json!({}),
        json!([{"Datastream": {"id": stream}, "components": ["time"], "dataArray": []}]),
    ] {
        sta.post("/CreateObservations", &wrong).await.expect_status(400);
    }
    sta.get("/CreateObservations").await.expect_status(404);
}

#[tokio::test]
async fn a_partner_writes_its_own_and_reads_its_mode() {
    let town = town().await;
    let sta = Sta::of(&town.dispatch().await);
    let thing = sta.made("/Things", &noise("mine")).await;
    let own = format!("/Things({thing})");
    let other = Sta::of(&town.partner("harbour", "observations read", Mode::Live).await);
    assert_eq!(other.get(&own).await.expect_status(200).json()["name"], "mine");
    for refused in [
        other.patch(&own, &json!({"description": "theirs"})).await,
        other.delete(&own).await,
        other.post(&format!("{own}/Datastreams"), &datastream("y")).await,
    ] {
        assert_eq!(refused.expect_status(403).json()["reason"], "not-yours");
    }
    // The same id of another partner is another Thing.
    other.post("/Things", &noise("mine")).await.expect_status(201);
    assert_eq!(sta.count("Things").await, 2);
    let exercise = Sta::of(&town.partner("drill", "observations read", Mode::Exercise).await);
    exercise.get(&own).await.expect_status(404);
    assert_eq!(exercise.count("Things").await, 0);
    exercise.post("/Things", &noise("mine")).await.expect_status(201);
    assert_eq!(sta.count("Things").await, 2);
    let told = sta.get("/Things?mode=exercise").await.expect_status(403).json();
    assert_eq!(told["reason"], "wrong-mode");

    let reader = Sta::of(&town.partner("eyes", "read", Mode::Live).await);
    let told = reader.post("/Things", &noise("x")).await.expect_status(403).json();
    assert_eq!((&told["code"], &told["reason"]), (&json!(403), &json!("missing-scope")));
    let writer = Sta::of(&town.partner("hands", "observations", Mode::Live).await);
    writer.post("/Things", &noise("x")).await.expect_status(201);
    writer.get("/Things").await.expect_status(403);
    let nobody = Sta::with(&town.base, "Bearer nothing").get("/Things").await.expect_status(401);
    assert!(nobody.header("www-authenticate").contains("Basic"));
    assert_eq!(nobody.json()["code"], 401);
    // Operators read, in either mode.
    let officer = town.duty_officer().await;
    let read = officer.ask("/sta/v1.1/Things?mode=exercise&$count=true").await.expect_status(200);
    assert_eq!(read.json()["@iot.count"], 1);
    assert_eq!(officer.ask("/sta/v1.0/Things?$count=true").await.json()["@iot.count"], 3);
}

#[tokio::test]
async fn what_is_no_request_of_the_standard_gets_an_error_in_its_form() {
    let town = town().await;
    let partner = town.dispatch().await;
    let sta = Sta::of(&partner);
    let thing = sta.made("/Things", &noise("x")).await;
    for (kind, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "{\"name\":1,\"name\":2}", 400),
        ("application/json", "{\"name\":NaN}", 400),
        ("application/json", "[]", 400),
        ("text/csv", "a,b", 415),
    ] {
        let told = partner.post("/sta/v1.1/Things", kind, body).await.expect_status(status);
        assert_eq!(told.header("content-type"), "application/json");
        assert_eq!(told.json()["code"], status);
    }
    let large = "x".repeat(5 << 20);
    partner.post("/sta/v1.1/Things", "application/json", large).await.expect_status(413);
    let mut huge = noise("huge");
    huge["properties"]["x"] = json!("x".repeat(70_000));
    sta.post("/Things", &huge).await.expect_status(400);
    let wide: Vec<_> = (0..2_001).map(|n| location(&format!("l{n}"), 2.1, 41.4)).collect();
    let mut wide_thing = noise("wide");
    wide_thing["Locations"] = json!(wide);
    assert_eq!(
        sta.post("/Things", &wide_thing).await.expect_status(400).json()["reason"],
        "beyond-limit"
    );
    for ask in [
        "/Things(1",
        "/Things(%ff)",
        "/Things?$top=1&$top=1",
        "/../Things",
        "/$batch",
        "/Things(1)/%00",
    ] {
        let told = sta.get(ask).await;
        assert!((400..500).contains(&told.status), "{ask}: {}", told.status);
    }
    let long = format!("/Things?$filter={}", "a".repeat(9_000));
    sta.get(&long).await.expect_status(400);
    let told = sta.send(reqwest::Method::OPTIONS, &format!("/Things({thing})"), None).await;
    assert_eq!(told.expect_status(405).json()["code"], 405);
}

#[tokio::test]
async fn a_key_as_the_password_of_basic_is_a_key() {
    let town = town().await;
    let partner = town.dispatch().await;
    let client = support::http_client();
    let address = format!("{}/sta/v1.1/Things", partner.base);
    let asked = client
        .get(&address)
        .basic_auth("anybody", Some(&partner.key))
        .send()
        .await
        .expect("an answer");
    assert_eq!(asked.status().as_u16(), 200);
    let asked =
        client.get(&address).basic_auth("anybody", Some("wrong")).send().await.expect("an answer");
    assert_eq!(asked.status().as_u16(), 401);
    // Elsewhere only Bearer is known.
    let elsewhere = format!("{}/api/v1/sources", partner.base);
    let asked = client
        .get(&elsewhere)
        .basic_auth("anybody", Some(&partner.key))
        .send()
        .await
        .expect("an answer");
    assert_eq!(asked.status().as_u16(), 401);
}
