//! What a key is bound to: area, rates, an end, a second key while it is changed, and the lane of a test key.

use std::time::Duration;

use serde_json::{Value, json};
use server::control::Request;
use server::store::{KeyKind, KeyTerms};
use support::live::Encoding;
use support::partner::{Answer, GEOJSON, Partner, feature};
use support::town::Town;
use wire::view::Mode;

const JSON: &str = "application/json";
const DAY: Duration = Duration::from_hours(24);

fn inside() -> KeyTerms {
    KeyTerms { area: Some("2.1,41.3,2.2,41.5".parse().expect("a box")), ..KeyTerms::default() }
}

async fn rotate(town: &Town, name: &str, keep_old: Duration) -> Partner {
    let keep_old_ms = i64::try_from(keep_old.as_millis()).expect("small");
    let name = name.to_owned();
    let request = Request::PartnerRotate { name, kind: KeyKind::Full, keep_old_ms };
    let key = town.act(request).await.expect("a key");
    Partner::new(&town.base, &key)
}

fn ledger(sources: &Value, id: &str) -> Value {
    let all = sources["sources"].as_array().expect("sources");
    let one = all.iter().find(|source| source["id"] == id);
    one.expect("the source")["ledger"].clone()
}

fn reasons(answer: &Answer) -> Vec<String> {
    let rejected = answer.json()["rejected"].as_array().cloned().expect("rejected");
    rejected.iter().map(|one| one["reason"].as_str().expect("a reason").to_owned()).collect()
}

#[tokio::test]
async fn a_key_reaches_as_far_as_its_area_and_what_lies_outside_is_counted_apart() {
    let town = Town::start().await;
    let scopes = "reports observations read";
    let partner = town.partner_bound("south", scopes, Mode::Live, inside()).await;
    let body = json!({"type": "FeatureCollection", "features": [
        feature("in", 2.15, 41.4, "flood", "Minor"), feature("out", 2.5, 41.4, "flood", "Minor"),
    ]});
    let answer = partner.post("/api/v1/reports", GEOJSON, body.to_string()).await;
    assert_eq!(reasons(&answer.expect_status(207)), ["outside_key_area"]);
    let value = |name: &str, lng: f64| {
        json!({"datastream": name, "phenomenon_time": "2026-11-01T10:00:00Z", "result": 1,
            "geometry": {"type": "Point", "coordinates": [lng, 41.4]}})
    };
    let body = json!([value("a", 2.15), value("b", 2.5)]).to_string();
    let answer = partner.post("/api/v1/observations", JSON, body).await.expect_status(207);
    assert_eq!(reasons(&answer), ["outside_key_area"]);
    // A sensor is placed by a Location too, and one that stands outside already is not written to.
    let place = |lng: f64| {
        json!({"name": "there", "description": "", "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [lng, 41.4]}})
    };
    let answer = partner.post("/sta/v1.1/Locations", JSON, place(2.5).to_string()).await;
    assert!(answer.expect_status(400).body.contains("outside_key_area"));
    partner.post("/sta/v1.1/Locations", JSON, place(2.15).to_string()).await.expect_status(201);
    let sources = partner.ask("/api/v1/sources").await.expect_status(200).json();
    let ledger = ledger(&sources, "partner:south");
    assert_eq!(ledger["rejected"]["outside_key_area"], 2);
    assert_eq!(ledger["received"], 4);
}

#[tokio::test]
async fn a_sensor_that_stands_outside_is_not_written_to_by_a_key_that_does_not_reach_there() {
    let town = Town::start().await;
    let wide = town.partner("city", "observations read", Mode::Live).await;
    let value = |minute: u32| {
        json!({"datastream": "far", "phenomenon_time": format!("2026-11-01T10:{minute:02}:00Z"),
            "result": 1})
    };
    let mut placed = value(1);
    placed["geometry"] = json!({"type": "Point", "coordinates": [2.5, 41.4]});
    wide.observe(&[placed]).await;
    wide.observe(&[value(2)]).await;
    // The same partner with a narrower key: its datastreams are the same.
    town.act(Request::PartnerRevoke { name: "city".to_owned() }).await;
    let narrow = town.partner_bound("city", "observations read", Mode::Live, inside()).await;
    let body = json!([value(3)]).to_string();
    let answer = narrow.post("/api/v1/observations", JSON, body).await.expect_status(422);
    assert_eq!(reasons(&answer), ["outside_key_area"]);
}

#[tokio::test]
async fn an_expired_key_says_so_to_its_holder_and_nobody_else_and_its_days_are_told_before() {
    let town = Town::start().await;
    let ends = town.clock.now().plus_ms(2 * 86_400_000 + 1_000);
    let terms = KeyTerms { expires_at: Some(ends), ..KeyTerms::default() };
    let partner = town.partner_bound("gone", "reports read", Mode::Live, terms).await;
    let live = town.live(&partner, Encoding::Json).await;
    let body = feature("r1", 2.17, 41.4, "flood", "Minor").to_string();
    let answer = partner.post("/api/v1/reports", GEOJSON, body.clone()).await.expect_status(201);
    assert_eq!(answer.header("talaia-key-days-left"), "2");
    assert_eq!(answer.header("talaia-key-expires"), ends.to_string());
    town.pass(2 * DAY + Duration::from_secs(1));
    let answer = partner.post("/api/v1/reports", GEOJSON, body).await.expect_status(401);
    let problem = answer.json();
    assert_eq!(problem["type"], "key-expired");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains(&ends.to_string()), "{detail}");
    assert!(detail.contains("new one"), "{detail}");
    partner.ask("/api/v1/reports").await.expect_status(401);
    // Whoever does not know the secret learns nothing of the key.
    let mut parts: Vec<String> = partner.key.split('_').map(str::to_owned).collect();
    parts[3] = "0".repeat(64);
    let forged = support::key_with_checksum(&parts[..4].join("_"));
    let answer = Partner::new(&town.base, &forged).ask("/api/v1/reports").await.expect_status(401);
    assert_eq!(answer.json()["type"], "unauthenticated");
    drop(live);
}

#[tokio::test]
async fn two_keys_open_while_a_partner_changes_over_and_never_three() {
    let town = Town::start().await;
    let first = town.partner("112", "reports read", Mode::Live).await;
    town.pass(Duration::from_secs(1));
    let second = rotate(&town, "112", 7 * DAY).await;
    for key in [&first, &second] {
        key.ask("/api/v1/reports").await.expect_status(200);
    }
    town.pass(Duration::from_secs(1));
    let third = rotate(&town, "112", 7 * DAY).await;
    first.ask("/api/v1/reports").await.expect_status(401);
    second.ask("/api/v1/reports").await.expect_status(200);
    town.pass(7 * DAY);
    assert_eq!(
        second.ask("/api/v1/reports").await.expect_status(401).json()["type"],
        "key-expired"
    );
    third.ask("/api/v1/reports").await.expect_status(200);
    // Without a word about the old key it ends at once, as ever; and revoking ends both kinds.
    town.pass(Duration::from_secs(1));
    let fourth = rotate(&town, "112", Duration::ZERO).await;
    third.ask("/api/v1/reports").await.expect_status(401);
    town.act(Request::PartnerRevoke { name: "112".to_owned() }).await;
    fourth.ask("/api/v1/reports").await.expect_status(401);
}

#[tokio::test]
async fn a_partner_reads_what_is_left_of_its_limits_and_which_one_it_reached() {
    let town = Town::start().await;
    let terms = KeyTerms { items_per_s: Some(5), items_per_day: Some(8), ..KeyTerms::default() };
    let slow = town.partner_bound("slow", "reports read", Mode::Live, terms).await;
    let features = |n: usize, from: usize| {
        let one = |n| feature(&format!("r{n}"), 2.17, 41.4, "flood", "Minor");
        let features: Vec<_> = (from..from + n).map(one).collect();
        json!({"type": "FeatureCollection", "features": features}).to_string()
    };
    let answer = slow.post("/api/v1/reports", GEOJSON, features(4, 0)).await.expect_status(201);
    let policy = answer.header("ratelimit-policy");
    assert!(policy.contains("\"items\";q=5;w=1;qu=\"items\""), "{policy}");
    assert!(policy.contains("\"items-day\";q=8;w=86400"), "{policy}");
    let left = answer.header("ratelimit");
    assert!(left.contains("\"items\";r=1;t="), "{left}");
    assert!(left.contains("\"items-day\";r=4;t="), "{left}");
    // More than is ever free at once: waiting would not help.
    let answer = slow.post("/api/v1/reports", GEOJSON, features(6, 10)).await.expect_status(413);
    assert_eq!(answer.json()["errors"][0]["reason"], "items_per_second");
    let answer = slow.post("/api/v1/reports", GEOJSON, features(5, 20)).await.expect_status(429);
    let problem = answer.json();
    assert_eq!(problem["type"], "too-many-requests");
    assert_eq!(problem["errors"][0]["reason"], "items_per_day");
    let told = problem["errors"][0]["detail"].as_str().expect("a detail");
    assert!(told.contains("8 items a day") && told.contains("free again in"), "{told}");
    let wait_s: i64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=86_400).contains(&wait_s), "{wait_s}");
    // Another partner does not feel it.
    let other = town.partner("other", "reports", Mode::Live).await;
    other.post("/api/v1/reports", GEOJSON, features(5, 20)).await.expect_status(201);
    // And a new day is a new day.
    town.pass(Duration::from_secs(u64::try_from(wait_s).expect("positive")));
    let answer = slow.post("/api/v1/reports", GEOJSON, features(1, 30)).await;
    assert_eq!(answer.expect_status(201).receipt().accepted, 1);
}

#[tokio::test]
async fn a_write_of_sensorthings_tells_the_quota_too() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let thing = json!({"name": "gauge", "description": ""}).to_string();
    let answer = partner.post("/sta/v1.1/Things", JSON, thing).await.expect_status(201);
    assert!(answer.header("ratelimit-policy").contains("\"requests\";q=50;w=1"));
    assert!(answer.header("ratelimit").contains("\"requests\";r=49"));
}

fn test_key() -> KeyTerms {
    KeyTerms { kind: KeyKind::Test, ..KeyTerms::default() }
}

#[tokio::test]
async fn a_test_key_is_answered_as_any_and_the_room_hears_nothing_of_it() {
    let town = Town::start().await;
    let scopes = "reports observations read";
    let newcomer = town.partner_bound("newcomer", scopes, Mode::Live, test_key()).await;
    assert!(newcomer.key.starts_with("tal_test_"));
    let officer = town.duty_officer().await;
    let body = json!({"type": "FeatureCollection", "features": [
        feature("one", 2.17, 41.4, "flood", "Extreme"), {"type": "Feature", "properties": {}},
    ]})
    .to_string();
    let answer = newcomer.post("/api/v1/reports", GEOJSON, body.clone()).await.expect_status(207);
    assert_eq!(answer.header("talaia-lane"), "test");
    let receipt = answer.receipt();
    assert_eq!((receipt.accepted, receipt.folded, receipt.rejected.len()), (1, 0, 1));
    // By the same road: what is known folds, a wrong unit is refused, SensorThings makes entities.
    let again = newcomer.post("/api/v1/reports", GEOJSON, body).await.expect_status(207).receipt();
    assert_eq!((again.accepted, again.folded), (0, 1));
    let value = |minute: u32, unit: &str| {
        json!([{"datastream": "level", "phenomenon_time": format!("2026-11-01T10:{minute:02}:00Z"),
            "result": 1, "unit": unit, "geometry": {"type": "Point", "coordinates": [2.17, 41.4]}}])
        .to_string()
    };
    let path = "/api/v1/observations";
    newcomer.post(path, JSON, value(1, "m")).await.expect_status(201);
    let answer = newcomer.post(path, JSON, value(2, "kg")).await.expect_status(422);
    assert_eq!(reasons(&answer), ["unit_mismatch"]);
    let thing = json!({"name": "gauge", "description": ""}).to_string();
    newcomer.post("/sta/v1.1/Things", JSON, thing).await.expect_status(201);
    // It sees its own lane ...
    let latest = newcomer.ask("/api/v1/sensors/latest").await.expect_status(200).json();
    assert_eq!(latest["sensors"].as_array().map(Vec::len), Some(1));
    let reports = newcomer.ask("/api/v1/reports").await.expect_status(200).json();
    assert_eq!(reports["features"].as_array().map(Vec::len), Some(1));
    let things = newcomer.ask("/sta/v1.1/Things").await.expect_status(200).json();
    assert_eq!(things["value"].as_array().map(Vec::len), Some(1));
    let sources = newcomer.ask("/api/v1/sources").await.expect_status(200).json();
    assert_eq!(sources["sources"].as_array().map(Vec::len), Some(1));
    let ledger = ledger(&sources, "test:newcomer");
    assert_eq!((&ledger["received"], &ledger["accepted"]), (&json!(6), &json!(2)));
    assert_eq!((&ledger["folded"], &ledger["rejected"]["unit_mismatch"]), (&json!(1), &json!(1)));
    let tries = newcomer.ask("/api/v1/test-lane").await.expect_status(200).json();
    assert_eq!(tries["tries"][0]["rejected"]["unit_mismatch"], 1);
    // ... and no room: nothing else of it opens, live included.
    for path in ["/api/v1/situations", "/api/v1/log", "/api/v1/eyes", "/api/v1/live"] {
        assert_eq!(
            newcomer.ask(path).await.expect_status(403).json()["type"],
            "test-lane",
            "{path}"
        );
    }
    // The room sees nothing, in either mode, and no number moved.
    for mode in ["live", "exercise"] {
        let of = |path: &str| format!("{path}?mode={mode}");
        let reports = officer.ask(&of("/api/v1/reports")).await.expect_status(200).json();
        assert_eq!(reports["features"].as_array().map(Vec::len), Some(0));
        let latest = officer.ask(&of("/api/v1/sensors/latest")).await.expect_status(200).json();
        assert_eq!(latest["sensors"].as_array().map(Vec::len), Some(0));
        let alarms = officer.ask(&of("/api/v1/alarms")).await.expect_status(200).body;
        assert!(!alarms.contains("level"), "{alarms}");
        let things = officer.ask(&of("/sta/v1.1/Things")).await.expect_status(200).json();
        assert_eq!(things["value"].as_array().map(Vec::len), Some(0));
    }
    assert!(!officer.ask("/api/v1/sources").await.expect_status(200).body.contains("newcomer"));
    assert_eq!(
        town.app().store.head().await.expect("a head").0,
        0,
        "no journal entry but canaries"
    );
    let lanes = officer.ask("/api/v1/sources?lane=test").await.expect_status(200).json();
    assert_eq!(lanes["sources"][0]["id"], "test:newcomer");
}

#[tokio::test]
async fn lanes_do_not_see_each_other_and_their_account_outlives_a_restart() {
    let mut town = Town::start().await;
    let one = town.partner_bound("one", "reports read", Mode::Live, test_key()).await;
    let two = town.partner_bound("two", "reports read", Mode::Live, test_key()).await;
    one.report(&[feature("a", 2.17, 41.4, "flood", "Minor")]).await;
    let seen = two.ask("/api/v1/reports").await.expect_status(200).json();
    assert_eq!(seen["features"].as_array().map(Vec::len), Some(0));
    town.restart().await;
    let seen = one.ask("/api/v1/reports").await.expect_status(200).json();
    assert_eq!(seen["features"].as_array().map(Vec::len), Some(0), "what was tried is forgotten");
    let sources = one.ask("/api/v1/sources").await.expect_status(200).json();
    assert_eq!(ledger(&sources, "test:one")["accepted"], 1);
    // A partner may have both: they are two accounts, and a key of one kind is none of the other.
    let full = town.partner("one", "reports read", Mode::Live).await;
    full.report(&[feature("a", 2.17, 41.4, "flood", "Minor")]).await;
    assert_eq!(
        full.ask("/api/v1/reports").await.json()["features"].as_array().map(Vec::len),
        Some(1)
    );
    let forged = format!("tal_live_{}", full.key.split_once("_live_").expect("live").1);
    assert_eq!(forged, full.key);
    let as_test = full.key.replacen("tal_live_", "tal_test_", 1);
    let as_test = support::key_with_checksum(as_test.rsplit_once('_').expect("a checksum").0);
    Partner::new(&town.base, &as_test).ask("/api/v1/reports").await.expect_status(401);
}

#[tokio::test]
async fn the_page_of_keys_runs_as_it_stands() {
    let town = Town::start().await;
    let scopes = "observations read";
    let newcomer = town.partner_bound("bcn", scopes, Mode::Live, test_key()).await;
    let partner = town.partner("bcn", scopes, Mode::Live).await;
    let variables = [
        ("TALAIA", town.base.as_str()),
        ("TEST_KEY", newcomer.key.as_str()),
        ("KEY", partner.key.as_str()),
    ];
    let said = support::page::run("keys.md", &variables).await;
    let [tried, seen, left, dead, again] = said.as_slice() else { panic!("{said:?}") };
    assert!(tried.contains("207") && tried.contains("talaia-lane: test"), "{tried}");
    assert!(seen.contains("besos-level") && seen.contains("unit_mismatch"), "{seen}");
    assert!(left.contains("\"items-day\""), "{left}");
    assert!(dead.contains("unit_mismatch") && dead.contains("61"), "{dead}");
    assert!(again.contains("\"tried\":1") && again.contains("unit_mismatch"), "{again}");
}
