//! Sensors: what a datastream said, the latest of all, units that are converted and those that are refused.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::page;
use support::partner::Partner;
use support::town::Town;
use wire::alarm::AlarmCause;
use wire::api::{AlarmList, SourceList};
use wire::sensor::{DatastreamView, History, LatestSensor, LatestSensors};
use wire::source::SourceHealth;
use wire::time::Timestamp;
use wire::view::Mode;

const LEVEL: &str = "/api/v1/datastreams/partner:dispatch/besos";

fn value(datastream: &str, at: Timestamp, result: impl Into<Value>, unit: &str) -> Value {
    json!({"datastream": datastream, "phenomenon_time": at, "result": result.into(), "unit": unit,
        "name": "Besòs, Sant Adrià", "geometry": {"type": "Point", "coordinates": [2.22, 41.42]}})
}

async fn latest(partner: &Partner, query: &str) -> LatestSensors {
    let answer = partner.ask(&format!("/api/v1/sensors/latest{query}")).await.expect_status(200);
    serde_json::from_value(answer.json()).expect("the latest of all")
}

async fn history(partner: &Partner, query: &str) -> History {
    let answer = partner.ask(&format!("{LEVEL}/history{query}")).await.expect_status(200);
    serde_json::from_value(answer.json()).expect("a history")
}

/// A batch of which this one is refused; gives the reason and the detail.
async fn refused(partner: &Partner, observation: &Value) -> (String, String) {
    let body = json!([observation]).to_string();
    let answer = partner.post("/api/v1/observations", "application/json", body).await;
    let answer = answer.expect_status(422).json();
    let one = |field: &str| answer["rejected"][0][field].as_str().unwrap_or_default().to_owned();
    assert_eq!(answer["errors"][0]["reason"], answer["rejected"][0]["reason"], "{answer}");
    (one("reason"), one("detail"))
}

#[tokio::test]
async fn a_history_is_told_by_values_and_by_stretches_and_outlives_a_kill() {
    let mut town = Town::start().await;
    let partner = town.dispatch().await;
    // Whole stretches of ten minutes, the last one before now.
    let end = town.clock.now().0 / 600_000 * 600_000;
    let start = Timestamp(end - 3 * 600_000);
    let at = |minute: i64| start.plus_ms(minute * 60_000);
    let mut said: Vec<Value> =
        (0..30).map(|n| value("besos", at(n), f64::from(n as u32), "m")).collect();
    said[11] = value("besos", at(11), 1_100.0, "cm");
    said[12]["quality"] = json!("bad");
    said[12]["result"] = json!(9_999.0);
    said[13]["quality"] = json!("suspect");
    said[14]["phenomenon_time"] = json!(format!("{}/{}", at(14), at(15)));
    said[14]["result_time"] = json!(at(15));
    partner.observe(&said).await;
    // The answer was lost, as far as the partner knows: it says all of it again.
    partner.observe(&said).await;
    town.kill_and_restart().await;

    let all = history(&partner, "?limit=1000").await;
    let values = all.values.expect("values");
    assert_eq!((values.len(), all.next, all.unit.as_deref()), (30, None, Some("m")));
    let results: Vec<Option<f64>> = values.iter().map(|one| one.result).collect();
    assert_eq!((results[0], results[11], results[12]), (Some(0.0), Some(1_100.0), Some(9_999.0)));
    assert_eq!(values[11].unit.as_deref(), Some("cm"), "as sent");
    assert_eq!(values[12].quality.as_deref(), Some("bad"));
    assert_eq!(values[13].quality.as_deref(), Some("suspect"));
    assert_eq!((values[14].phenomenon_end, values[14].result_time), (Some(at(15)), Some(at(15))));

    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = history(&partner, &format!("?limit=7{cursor}")).await;
        paged.extend(page.values.expect("values"));
        let Some(next) = page.next else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, values);
    let narrow = history(&partner, &format!("?from={}&to={}", at(3), at(5))).await;
    assert_eq!(narrow.values.expect("values").len(), 2, "the end is not part of it");

    let told = history(&partner, &format!("?bucket=10m&from={start}")).await;
    let buckets = told.buckets.expect("stretches");
    assert_eq!((buckets.len(), told.bucket_ms, told.next), (3, Some(600_000), None));
    let first = &buckets[0];
    assert_eq!((first.start, first.n), (start, 10));
    assert_eq!((first.min, first.mean, first.max), (Some(0.0), Some(4.5), Some(9.0)));
    // 11 came in centimetres and 12 is bad: 10, 11, 13, 14 to 19, all in metres.
    let second = &buckets[1];
    assert_eq!((second.n, second.min, second.max), (9, Some(10.0), Some(19.0)));
    assert_eq!(second.unit.as_deref(), Some("m"));
    assert!((second.mean.expect("a mean") - 133.0 / 9.0).abs() < 1e-9, "{second:?}");
}

#[tokio::test]
async fn a_history_that_cannot_be_told_says_why() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    partner.observe(&[value("besos", town.clock.now(), 1.0, "m")]).await;
    for wrong in [
        "?bucket=0s",
        "?bucket=ten",
        "?bucket=400d",
        "?from=yesterday",
        "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "?limit=1001",
        "?cursor=x",
        "?until=2026-01-01T00:00:00Z",
    ] {
        let answer =
            partner.ask(&format!("{LEVEL}/history{wrong}")).await.expect_status(422).json();
        assert_eq!(answer["errors"][0]["reason"], "bad_parameter", "{wrong}: {answer}");
    }
    for nothing in ["partner:dispatch/other", "partner:nobody/besos"] {
        partner.ask(&format!("/api/v1/datastreams/{nothing}/history")).await.expect_status(404);
        partner.ask(&format!("/api/v1/datastreams/{nothing}")).await.expect_status(404);
    }
    // A key of the other mode sees nothing of this one, and a key that may only send sees nothing at all.
    let drill = town.partner("drill", "observations read", Mode::Exercise).await;
    drill.ask(&format!("{LEVEL}/history")).await.expect_status(404);
    drill.ask(&format!("{LEVEL}/history?mode=live")).await.expect_status(403);
    drill.ask("/api/v1/sensors/latest?mode=live").await.expect_status(403);
    assert_eq!(latest(&drill, "").await.sensors.len(), 0);
    let mute = town.partner("mute", "observations", Mode::Live).await;
    mute.ask(&format!("{LEVEL}/history")).await.expect_status(403);
    mute.ask("/api/v1/sensors/latest").await.expect_status(403);
    town.viewer().await.ask(&format!("{LEVEL}/history?mode=live")).await.expect_status(200);
}

#[tokio::test]
async fn the_latest_of_ten_thousand_datastreams_is_one_call() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let now = town.clock.now();
    let of = |n: u32, at: Timestamp| {
        let place = json!({"type": "Point",
            "coordinates": [2.0 + f64::from(n % 100) / 1_000.0, 41.3 + f64::from(n / 100) / 1_000.0]});
        json!({"datastream": format!("s-{n}"), "phenomenon_time": at, "result": n, "unit": "ºC", "geometry": place})
    };
    let all: Vec<Value> = (0..10_000).map(|n| of(n, now)).collect();
    partner.observe(&all).await;
    let told = latest(&partner, "").await;
    assert_eq!((told.sensors.len(), told.next), (10_000, None));
    let one = &told.sensors[7];
    assert_eq!((one.sensor.datastream.as_str(), one.sensor.result), ("s-7", Some(7.0)));
    assert_eq!((one.sensor.unit.as_deref(), one.unit_known), (Some("ºC"), Some(true)));
    let normal = one.normalised.as_ref().expect("a known unit");
    assert_eq!((normal.unit.as_str(), normal.quantity.as_str()), ("Cel", "temperature"));
    assert_eq!((one.age_ms, one.status), (0, SourceHealth::Live));
    assert_eq!(latest(&partner, "?bbox=2.0,41.3,2.0095,41.3005").await.sensors.len(), 10);
    let page = latest(&partner, "?limit=6000").await;
    let next = page.next.expect("more");
    let rest = latest(&partner, &format!("?limit=6000&cursor={next}")).await;
    assert_eq!((page.sensors.len(), rest.sensors.len(), rest.next), (6_000, 4_000, None));
    for wrong in ["?limit=0", "?limit=10001", "?bbox=1,2,3", "?cursor=-1", "?box=1,2,3,4"] {
        partner.ask(&format!("/api/v1/sensors/latest{wrong}")).await.expect_status(422);
    }
    // Nobody knows their rhythm: late after an hour, silent after a day.
    for (hours, wanted) in [(2, SourceHealth::Late), (30, SourceHealth::Silent)] {
        town.pass(Duration::from_hours(hours));
        let aged = latest(&partner, "?limit=1").await.sensors.remove(0);
        assert_eq!(aged.status, wanted);
    }
}

async fn only(partner: &Partner) -> LatestSensor {
    let mut told = latest(partner, "").await.sensors;
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

#[tokio::test]
async fn a_value_in_another_unit_is_judged_in_the_levels_unit_and_another_quantity_is_refused() {
    let town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    partner.observe(&[value("besos", town.clock.now(), 0.4, "m")]).await;
    let passport = json!({"hazard": "flood", "unit": "m", "levels": [{"grade": "red", "direction": "rising",
        "value": 2.5, "clear": null, "unit": "m", "owner": "ACA", "document": "Pla", "date": "2024-01-01"}]});
    let path = format!("{LEVEL}/passport");
    officer.send(Method::PUT, &path, Some(passport.to_string())).await.expect_status(204);
    let alarms = || async {
        let answer = officer.ask("/api/v1/alarms").await.expect_status(200);
        serde_json::from_value::<AlarmList>(answer.json()).expect("alarms").alarms
    };

    // 40 cm is no 40 m.
    town.pass(Duration::from_mins(1));
    partner.observe(&[value("besos", town.clock.now(), 40.0, "cm")]).await;
    assert_eq!(alarms().await.len(), 0);
    let seen = only(&partner).await;
    assert_eq!((seen.sensor.result, seen.sensor.unit.as_deref()), (Some(40.0), Some("cm")));
    assert_eq!(seen.normalised.map(|one| (one.value, one.unit)), Some((0.4, "m".to_owned())));

    // A flow is no level, whatever its number; the answer names both, and the ledger the reason.
    town.pass(Duration::from_mins(1));
    let (reason, detail) =
        refused(&partner, &value("besos", town.clock.now(), 264.0, "m3/s")).await;
    assert_eq!(reason, "unit_mismatch");
    assert!(detail.contains("m3/s is flow") && detail.contains("m is length"), "{detail}");
    let (reason, _) = refused(&partner, &value("besos", town.clock.now(), "high", "m")).await;
    assert_eq!(reason, "text_for_number");
    for no_number in ["NaN", "Infinity", "-inf"] {
        let (reason, _) =
            refused(&partner, &value("besos", town.clock.now(), no_number, "m")).await;
        assert_eq!(reason, "number_out_of_range", "{no_number}");
    }
    for no_json in ["NaN", "Infinity", "-Infinity"] {
        let body = value("besos", town.clock.now(), 1.5, "m").to_string().replace("1.5", no_json);
        let answer = partner.post("/api/v1/observations", "application/json", body).await;
        let answer = answer.expect_status(400).json();
        let detail = answer["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("for no value send nothing"), "{no_json}: {answer}");
    }
    assert_eq!(only(&partner).await.sensor.result, Some(40.0), "nothing refused is shown");
    assert_eq!(alarms().await.len(), 0);

    // What is flagged as bad is kept, and neither judged nor shown.
    town.pass(Duration::from_mins(1));
    let mut bad = value("besos", town.clock.now(), 999.0, "m");
    bad["quality"] = json!("bad");
    partner.observe(&[bad]).await;
    assert_eq!(only(&partner).await.sensor.result, Some(40.0));
    assert_eq!(alarms().await.len(), 0);
    let kept = history(&partner, "").await.values.expect("values");
    assert_eq!(kept.last().and_then(|one| one.result), Some(999.0));

    // A unit that nobody knows is kept and says so, and no level is judged by it.
    town.pass(Duration::from_mins(1));
    partner.observe(&[value("besos", town.clock.now(), 99.0, "furlongs")]).await;
    let seen = only(&partner).await;
    assert_eq!(
        (seen.sensor.result, seen.unit_known, seen.normalised),
        (Some(99.0), Some(false), None)
    );
    assert_eq!(alarms().await.len(), 0);

    // 264 cm is beyond 2.5 m; the alarm speaks in the unit of the level.
    town.pass(Duration::from_mins(1));
    partner.observe(&[value("besos", town.clock.now(), 264.0, "cm")]).await;
    let raised = alarms().await;
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert_eq!(
        (raised[0].cause, raised[0].value, raised[0].limit),
        (AlarmCause::Level, Some(2.64), Some(2.5))
    );
    assert_eq!(raised[0].unit.as_deref(), Some("m"));

    let told = partner.ask("/api/v1/sources").await.expect_status(200).json();
    let ledger = &told["sources"][0]["ledger"];
    assert_eq!(ledger["rejected"]["unit_mismatch"], 1, "{ledger}");
    assert_eq!(ledger["rejected"]["text_for_number"], 1, "{ledger}");
    let rejected: u64 =
        ledger["rejected"].as_object().expect("reasons").values().filter_map(Value::as_u64).sum();
    assert_eq!(
        ledger["received"].as_u64(),
        Some(ledger["accepted"].as_u64().expect("n") + rejected)
    );
}

#[tokio::test]
async fn the_first_unit_counts_within_one_body_too() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let now = town.clock.now();
    let body = json!([
        value("a", now, 1.0, "m"),
        value("a", now, 2.0, "m3/s"),
        value("a", now, 3.0, "cm")
    ]);
    let answer = partner.post("/api/v1/observations", "application/json", body.to_string()).await;
    let answer = answer.expect_status(207).json();
    assert_eq!(
        (answer["accepted"].as_u64(), answer["rejected"][0]["index"].as_u64()),
        (Some(2), Some(1))
    );
    assert_eq!(answer["rejected"][0]["reason"], "unit_mismatch");
    // By CSV as well, with its own quality.
    let table = format!(
        "datastream,phenomenon_time,result,unit,quality\na,{now},4,m,bad\na,{now},5,kg,\na,{now},6,m,poor\n"
    );
    let answer =
        partner.post("/api/v1/observations", "text/csv", table).await.expect_status(207).json();
    assert_eq!(answer["accepted"], 1);
    assert_eq!(answer["rejected"][0]["reason"], "unit_mismatch", "{answer}");
    assert_eq!(answer["rejected"][1]["reason"], "unknown_quality", "{answer}");
}

#[tokio::test]
async fn a_clock_an_hour_off_is_told_with_the_source() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let offset = || async {
        let answer = partner.ask("/api/v1/sources").await.expect_status(200);
        let told: SourceList = serde_json::from_value(answer.json()).expect("sources");
        told.sources[0].clock_offset_ms
    };
    assert_eq!(offset().await, None);
    for _ in 0..9 {
        town.pass(Duration::from_mins(1));
        let ahead = town.clock.now().plus_ms(3_600_000 - 2_000);
        partner.observe(&[value("besos", ahead, 1.0, "m")]).await;
    }
    assert_eq!(offset().await, Some(-3_598_000), "an hour ahead, two seconds on the way");
    // What is filled in from last week says nothing about the clock of today.
    let old: Vec<Value> = (0..40)
        .map(|n| value("old", town.clock.now().plus_ms((n - 10_000) * 60_000), 1.0, "m"))
        .collect();
    partner.observe(&old).await;
    assert_eq!(offset().await, Some(-3_598_000));
    for n in 0..31 {
        town.pass(Duration::from_secs(10));
        let behind = town.clock.now().plus_ms(-4_000);
        partner.observe(&[value(&format!("mended-{n}"), behind, 1.0, "m")]).await;
    }
    assert_eq!(offset().await, Some(4_000), "the last few count");
}

#[tokio::test]
async fn the_last_places_of_a_sensor_are_told_with_their_times() {
    let mut town = Town::start().await;
    let partner = town.dispatch().await;
    let mut since = Vec::new();
    for n in 0..25 {
        town.pass(Duration::from_mins(1));
        let at = town.clock.now();
        let mut one = value("besos", at, 1.0, "m");
        one["geometry"]["coordinates"] = json!([2.0 + f64::from(n) / 100.0, 41.4]);
        partner.observe(&[one.clone()]).await;
        since.push(at);
        // A few metres are no move.
        town.pass(Duration::from_secs(10));
        one["phenomenon_time"] = json!(town.clock.now());
        one["geometry"]["coordinates"] = json!([2.0 + f64::from(n) / 100.0 + 0.00005, 41.4]);
        partner.observe(&[one]).await;
    }
    town.restart().await;
    let answer = partner.ask(LEVEL).await.expect_status(200);
    let told: DatastreamView = serde_json::from_value(answer.json()).expect("a datastream");
    assert_eq!(told.places.len(), 20, "the last twenty");
    let times: Vec<Timestamp> = told.places.iter().map(|one| one.since).collect();
    assert_eq!(times, since[5..]);
    assert_eq!(told.latest.sensor.datastream, "besos");
}

#[tokio::test]
async fn an_observation_that_comes_again_folds_and_one_that_differs_in_a_word_stands_beside_it() {
    let mut town = Town::start().await;
    let partner = town.partner("river", "observations,read", Mode::Live).await;
    let at = |minute: i64| town.clock.now().plus_ms(-minute * 60_000).to_string();
    let said = |minute: i64, result: f64, quality: &str| {
        let at = at(minute);
        json!({"datastream": "level", "phenomenon_time": at, "result": result, "quality": quality})
    };
    let all = [said(3, 1.0, "good"), said(2, 2.0, "good"), said(1, 3.0, "bad")];
    assert_eq!(partner.observe(&all).await.accepted, 3);
    let again = partner.observe(&all).await;
    assert_eq!((again.accepted, again.folded), (0, 3));
    // Twice in one body, and corrected: the correction is a word of its own.
    let twice =
        [said(0, 4.0, "good"), said(0, 4.0, "good"), said(3, 1.5, "good"), said(2, 2.0, "suspect")];
    let receipt = partner.observe(&twice).await;
    assert_eq!((receipt.accepted, receipt.folded), (3, 1));
    // Nor does a restart make anybody forget.
    let once_more = [said(3, 1.0, "good"), said(3, 1.5, "good"), said(1, 3.0, "bad")];
    town.kill_and_restart().await;
    let again = partner.observe(&once_more).await;
    assert_eq!((again.accepted, again.folded), (0, 3));
}

#[tokio::test]
async fn the_page_for_partners_who_speak_plain_json_and_csv_brings_sensors_onto_the_map() {
    let town = Town::start().await;
    let partner = town.partner("bcn", "observations,read", Mode::Live).await;
    let said = page::run("observations.md", &[("TALAIA", &town.base), ("KEY", &partner.key)]).await;
    let told: Vec<Value> =
        said.iter().map(|said| serde_json::from_str(said).expect("JSON")).collect();
    assert_eq!((told.len(), &told[0]["accepted"], &told[1]["accepted"]), (3, &json!(1), &json!(2)));
    let refused = &told[1]["rejected"][0];
    assert_eq!((&refused["index"], &refused["reason"]), (&json!(2), &json!("bad_time")));
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("phenomenon_time")));
    let latest: LatestSensors = serde_json::from_value(told[2].clone()).expect("the latest");
    let names: Vec<&str> =
        latest.sensors.iter().map(|one| one.sensor.datastream.as_str()).collect();
    assert_eq!(names, ["besos-level", "besos-rain"]);
}
