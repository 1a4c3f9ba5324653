//! Why is my sensor not on the map? Planted faults over plain JSON and CSV, each with the first cross that names it.

use std::time::Duration;

use serde_json::json;
use server::control::Request;
use server::store::{KeyKind, KeyTerms};
use support::partner::{NDJSON, Partner};
use support::town::Town;
use support::wait::until;
use wire::desk::{ErrorCauses, TickName, TickState, Why};
use wire::view::Mode;

use super::{crossed, desk, first, read, send, speaks, value, why};

async fn sensor(town: &Town) -> Partner {
    town.partner("lora", "observations", Mode::Live).await
}

#[tokio::test]
async fn what_is_on_the_map_has_eight_ticks_with_their_times() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    let at = town.clock.now();
    let receipt = lora.observe(&[value("besos", at, 1.0, "m")]).await;
    let told = why(&lora, "besos").await;
    assert_eq!(first(&told), None, "{:?}", told.ticks);
    assert!(told.ticks.iter().all(|tick| tick.at == Some(at)), "{:?}", told.ticks);
    let detail = |name: usize| told.ticks[name].detail.clone().unwrap_or_default();
    assert!(detail(0).contains("partner:lora (rest), in "), "{}", detail(0));
    assert!(detail(1).contains("observations"), "{}", detail(1));
    assert!(detail(3).contains("Gauge besos"), "{}", detail(3));
    assert_eq!(detail(6), format!("number {}", receipt.seq));
    assert_eq!(told.source.as_deref(), Some("partner:lora"));
    // After a restart nothing is remembered but what stands in the journal.
    let mut town = town;
    town.restart().await;
    assert_eq!(first(&why(&lora, "besos").await), None);
}

#[tokio::test]
async fn what_never_came_has_not_arrived_and_names_like_it_are_told() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    lora.observe(&[value("24E124136C123456", town.clock.now(), 1.0, "m")]).await;
    let told = why(&lora, "24e124136c123465").await;
    crossed(&told, "arrived", "nothing_came");
    assert_eq!(told.alike, ["24E124136C123456"]);
    assert!(told.ticks[1..].iter().all(|tick| tick.state == TickState::NotReached));
}

#[tokio::test]
async fn a_wrong_key_and_a_revoked_one_are_named_and_never_shown() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    // The device has the key with a digit wrong.
    let mut key = lora.key.clone();
    key.pop();
    let mistyped = Partner::new(&town.base, &format!("{key}x"));
    send(&mistyped, &[value("besos", town.clock.now(), 1.0, "m")]).await.expect_status(401);
    let told = why(&lora, "besos").await;
    let cross = crossed(&told, "key", "unknown-key");
    assert!(cross.detail.as_ref().is_some_and(|text| text.contains("another secret")), "{cross:?}");
    let secret = lora.key.split('_').nth(3).expect("a secret");
    let all = serde_json::to_string(&told).expect("JSON");
    assert!(!all.contains(secret), "{all}");
    // A sensor that speaks is not made to look broken by whoever knows the id of a key.
    lora.observe(&[value("besos", town.clock.now(), 1.0, "m")]).await;
    town.pass(Duration::from_secs(1));
    send(&mistyped, &[]).await.expect_status(401);
    assert_eq!(first(&why(&lora, "besos").await), None);

    let old = lora.key.clone();
    let kind = KeyKind::Full;
    let rotate = Request::PartnerRotate { name: "lora".to_owned(), kind, keep_old_ms: 0 };
    let new = town.act(rotate).await.expect("a key");
    let lora = Partner::new(&town.base, &new);
    town.pass(Duration::from_secs(1));
    send(&Partner::new(&town.base, &old), &[]).await.expect_status(401);
    crossed(&why(&lora, "besos").await, "key", "revoked-key");
    // Another partner hears nothing of it.
    let other = town.partner("other", "observations", Mode::Live).await;
    crossed(&why(&other, "besos").await, "arrived", "nothing_came");
    let errors = lora.ask("/api/v1/errors").await.expect_status(200).json();
    let counted: Vec<_> = errors["causes"].as_array().expect("causes").clone();
    assert!(
        counted.iter().any(|one| one["reason"] == "revoked-key" && one["counted"] == "requests")
    );
    let none = other.ask("/api/v1/errors").await.expect_status(200).json();
    assert_eq!(none["causes"], json!([]));
}

#[tokio::test]
async fn a_key_nobody_knows_is_told_without_a_name_where_nothing_else_is_known() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    let other = Town::start().await;
    let foreign = sensor(&other).await;
    let stranger = Partner::new(&town.base, &foreign.key);
    send(&stranger, &[value("besos", town.clock.now(), 1.0, "m")]).await.expect_status(401);
    let told = why(&lora, "besos").await;
    crossed(&told, "key", "unknown-key");
    let id = foreign.key.split('_').nth(2).expect("an id");
    assert!(!serde_json::to_string(&told).expect("JSON").contains(id));
}

#[tokio::test]
async fn a_key_without_the_scope_is_named() {
    let town = Town::start().await;
    let reader = town.partner("reader", "read,reports", Mode::Live).await;
    send(&reader, &[value("besos", town.clock.now(), 1.0, "m")]).await.expect_status(403);
    crossed(&why(&reader, "besos").await, "key", "missing-scope");
    let blind = town.partner("blind", "reports", Mode::Live).await;
    blind.ask("/api/v1/why?device=besos").await.expect_status(403);
}

#[tokio::test]
async fn an_allowance_that_is_spent_is_named() {
    let town = Town::with(|config| config.limits.requests_per_s = 3).await;
    let lora = sensor(&town).await;
    let at = town.clock.now();
    lora.observe(&[value("besos", at, 1.0, "m")]).await;
    town.pass(Duration::from_secs(1));
    let mut n_refused = 0;
    while n_refused == 0 {
        let answer = send(&lora, &[value("other", at, 1.0, "m")]).await;
        n_refused += u32::from(answer.status == 429);
    }
    let officer = town.duty_officer().await;
    let told: Why = read(officer.ask("/api/v1/why?device=besos").await);
    crossed(&told, "key", "too-many-requests");
    // More items at once than there is room for in a second.
    let small = Town::with(|config| {
        config.limits.features_max = 5;
        config.limits.reports_per_s = 5;
    })
    .await;
    let lora = sensor(&small).await;
    let many = |n: i64| value("besos", small.clock.now().plus_ms(-n * 1_000), n, "m");
    let all: Vec<_> = (0..5).map(many).collect();
    while send(&lora, &all).await.status != 429 {}
    crossed(&why(&lora, "level").await, "key", "too-many-requests");
}

#[tokio::test]
async fn what_cannot_be_read_is_shown_as_it_came() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    let at = town.clock.now();
    let mut wrong = value("besos", at, "--", "m");
    wrong["result"] = json!(null);
    send(&lora, &[value("other", at, 1.0, "m"), wrong.clone()]).await.expect_status(207);
    let cross = crossed(&why(&lora, "besos").await, "parsed", "missing");
    let payload = cross.payload.expect("what came");
    let shown: serde_json::Value = serde_json::from_str(&payload).expect("the item");
    assert_eq!(shown, wrong);
    assert_eq!(cross.mark.as_deref(), Some("\"result\""));
    assert_eq!(first(&why(&lora, "other").await), None, "the other stands");
    // In lines, and as a table.
    let line = r#"{"datastream":"line","phenomenon_time":"yesterday","result":1}"#;
    lora.post("/api/v1/observations", NDJSON, format!("\n{line}\n")).await.expect_status(422);
    let cross = crossed(&why(&lora, "line").await, "parsed", "bad_time");
    assert_eq!(cross.payload.as_deref(), Some(line));
    let table = "datastream,phenomenon_time,result\nrow,2026-11-23T10:00:00Z,NaN\n";
    lora.post("/api/v1/observations", "text/csv", table).await.expect_status(422);
    let told = why(&lora, "row").await;
    let cross = crossed(&told, "parsed", "number_out_of_range");
    assert!(cross.payload.is_some_and(|text| text.ends_with("row,2026-11-23T10:00:00Z,NaN")));
    // And what is no JSON at all, which names it.
    let cut = r#"[{"datastream":"cut","result":"#;
    lora.post("/api/v1/observations", "application/json", cut).await.expect_status(400);
    let cross = crossed(&why(&lora, "cut").await, "parsed", "invalid_json");
    assert_eq!(cross.payload.as_deref(), Some(cut));
    // A value that came is no longer asked for by what came before it.
    town.pass(Duration::from_secs(1));
    lora.observe(&[value("besos", town.clock.now(), 1.0, "m")]).await;
    assert_eq!(first(&why(&lora, "besos").await), None);
}

#[tokio::test]
async fn a_unit_of_another_quantity_and_one_that_nobody_knows_are_named() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    lora.observe(&[value("rain", town.clock.now(), 1.0, "mm/h")]).await;
    town.pass(Duration::from_secs(1));
    send(&lora, &[value("rain", town.clock.now(), 7.4, "m/s")]).await.expect_status(422);
    let told = why(&lora, "rain").await;
    let cross = crossed(&told, "unit", "unit_mismatch");
    assert!(cross.payload.is_some_and(|text| text.contains("m/s")));
    assert!(told.ticks[3].detail.as_ref().is_some_and(|text| text.contains("Gauge rain")));
    assert_eq!(told.ticks[5].state, TickState::NotReached);
    lora.observe(&[value("odd", town.clock.now(), 7.4, "l/m2h")]).await;
    let told = why(&lora, "odd").await;
    let cross = crossed(&told, "unit", "unknown_unit");
    assert_eq!(cross.mark.as_deref(), Some("l/m2h"));
    assert_eq!(told.ticks[6].state, TickState::Ok, "it is stored all the same");
}

#[tokio::test]
async fn no_place_a_place_outside_and_one_with_its_numbers_swapped_are_named() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    let at = town.clock.now();
    let mut nowhere = value("nowhere", at, 1.0, "m");
    nowhere["geometry"] = json!(null);
    lora.observe(&[nowhere]).await;
    let told = why(&lora, "nowhere").await;
    crossed(&told, "place", "no_place");
    assert_eq!(told.ticks[6].state, TickState::Ok);
    // Among sensors of Barcelona one stands off Somalia.
    let others = ["a", "b", "c"].map(|name| value(name, at, 1.0, "m"));
    lora.observe(&others).await;
    let mut swapped = value("swapped", at, 1.0, "m");
    swapped["geometry"]["coordinates"] = json!([41.42, 2.22]);
    lora.observe(&[swapped.clone()]).await;
    let cross = crossed(&why(&lora, "swapped").await, "place", "swapped_place");
    assert!(cross.remedy.is_some_and(|text| text.contains("[longitude, latitude]")));
    assert_eq!(first(&why(&lora, "a").await), None);
    // Where the server has an area such a value is refused.
    let walled = Town::with(|config| config.area = "1.9,41.2,2.4,41.6".parse().ok()).await;
    let lora = sensor(&walled).await;
    send(&lora, &[swapped]).await.expect_status(422);
    let cross = crossed(&why(&lora, "swapped").await, "place", "outside_area");
    assert!(cross.detail.is_some_and(|text| text.contains("swapping the two would fit")));
    assert!(cross.payload.is_some_and(|text| text.contains("41.42,2.22")));
}

#[tokio::test]
async fn a_clock_an_hour_off_is_named_either_way() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    let now = town.clock.now();
    lora.observe(&[value("ahead", now.plus_ms(3_600_000), 1.0, "m")]).await;
    let cross = crossed(&why(&lora, "ahead").await, "shown", "clock_ahead");
    assert!(cross.detail.is_some_and(|text| text.contains("60 min ahead")));
    // As on the night when clocks go back: what came before it stands in the way.
    lora.observe(&[value("behind", now, 1.0, "m")]).await;
    town.pass(Duration::from_mins(1));
    lora.observe(&[value("behind", town.clock.now().plus_ms(-3_600_000), 1.1, "m")]).await;
    let cross = crossed(&why(&lora, "behind").await, "shown", "clock_behind");
    assert!(cross.remedy.is_some_and(|text| text.contains("time zone")));
}

#[tokio::test]
async fn a_duplicate_and_a_value_that_its_sender_calls_bad_are_named() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    let one = value("besos", town.clock.now(), 1.0, "m");
    let seq = lora.observe(std::slice::from_ref(&one)).await.seq;
    town.pass(Duration::from_secs(10));
    assert_eq!(lora.observe(std::slice::from_ref(&one)).await.folded, 1);
    let cross = crossed(&why(&lora, "besos").await, "disk", "already_known");
    assert!(cross.detail.is_some_and(|text| text.contains(&format!("number {seq}"))));
    town.pass(Duration::from_secs(10));
    let mut bad = value("besos", town.clock.now(), 1.0, "m");
    bad["quality"] = json!("bad");
    lora.observe(&[bad]).await;
    crossed(&why(&lora, "besos").await, "shown", "bad_quality");
}

#[tokio::test]
async fn the_wrong_mode_is_named_by_the_key_and_by_what_speaks_there() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    let mut drill = value("besos", town.clock.now(), 1.0, "m");
    drill["mode"] = json!("exercise");
    send(&lora, &[drill]).await.expect_status(403);
    let cross = crossed(&why(&lora, "besos").await, "key", "wrong_mode");
    assert!(cross.payload.is_some_and(|text| text.contains("exercise")));
    // A device whose key is for the exercise, looked for on the live map.
    let drill = town.partner("drill", "observations", Mode::Exercise).await;
    drill.observe(&[value("pump", town.clock.now(), 1.0, "m")]).await;
    let officer = town.duty_officer().await;
    let told: Why = read(officer.ask("/api/v1/why?device=pump").await);
    let cross = crossed(&told, "key", "wrong-mode");
    assert!(cross.detail.is_some_and(|text| text.contains("exercise")));
    let told: Why = read(officer.ask("/api/v1/why?device=pump&mode=exercise").await);
    assert_eq!(first(&told), None);
    lora.ask("/api/v1/why?device=pump&mode=exercise").await.expect_status(403);
}

#[tokio::test]
async fn works_and_silence_are_named() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    speaks(&town, &lora, &["besos"], 6).await;
    let now = town.clock.now();
    let works = json!({"all": true, "from": now, "to": now.plus_ms(3_600_000), "why": "cleaning",
        "who": "J. Pons"});
    let path = "/api/v1/works";
    lora.post(path, "application/json", works.to_string()).await.expect_status(201);
    let cross = crossed(&why(&lora, "besos").await, "shown", "in_works");
    assert!(cross.detail.is_some_and(|text| text.contains("cleaning (J. Pons)")));
    town.pass(Duration::from_mins(90));
    crossed(&why(&lora, "besos").await, "shown", "silent");
    assert_eq!(desk(&lora).await.sentence.silent, 1);
}

#[tokio::test]
async fn who_asks_sees_its_own_and_what_it_asks_is_checked() {
    let town = Town::start().await;
    let (lora, noise) =
        (sensor(&town).await, town.partner("noise", "observations", Mode::Live).await);
    let at = town.clock.now();
    lora.observe(&[value("one", at, 1.0, "m")]).await;
    town.pass(Duration::from_secs(1));
    noise.observe(&[value("one", town.clock.now(), 1.0, "m")]).await;
    assert_eq!(why(&lora, "one").await.source.as_deref(), Some("partner:lora"));
    lora.ask("/api/v1/why?device=one&source=partner:noise").await.expect_status(404);
    let officer = town.duty_officer().await;
    let told: Why = read(officer.ask("/api/v1/why?device=one").await);
    assert_eq!(told.source.as_deref(), Some("partner:noise"), "the one heard last");
    assert_eq!(told.also_in, ["partner:lora"]);
    let told: Why = read(officer.ask("/api/v1/why?device=one&source=partner:lora").await);
    assert_eq!(told.source.as_deref(), Some("partner:lora"));
    assert_eq!(told.ticks[0].name, TickName::Arrived);
    lora.ask("/api/v1/why").await.expect_status(422);
    lora.ask(&format!("/api/v1/why?device={}", "x".repeat(900))).await.expect_status(422);
    town.viewer().await.ask("/api/v1/why?device=one").await.expect_status(403);
    let nobody = support::operator::Operator::visitor(&town.base);
    nobody.ask("/api/v1/why?device=one").await.expect_status(401);
}

#[tokio::test]
async fn a_key_that_ended_is_told_apart_from_one_that_nobody_knows() {
    let town = Town::start().await;
    let terms =
        KeyTerms { expires_at: Some(town.clock.now().plus_ms(60_000)), ..KeyTerms::default() };
    let lora = town.partner_bound("lora", "observations", Mode::Live, terms).await;
    town.pass(Duration::from_secs(61));
    send(&lora, &[value("besos", town.clock.now(), 1.0, "m")]).await.expect_status(401);
    let kind = KeyKind::Full;
    let rotate = Request::PartnerRotate { name: "lora".to_owned(), kind, keep_old_ms: 0 };
    let new = Partner::new(&town.base, &town.act(rotate).await.expect("a key"));
    let told = why(&new, "besos").await;
    let cross = crossed(&told, "key", "expired-key");
    assert!(cross.remedy.as_ref().is_some_and(|text| text.contains("a new key")), "{cross:?}");
}

#[tokio::test]
async fn what_was_refused_can_be_counted_as_what_can_be_sent_again() {
    let town = Town::start().await;
    let lora = sensor(&town).await;
    let mut bad = value("besos", town.clock.now(), 1.0, "m");
    bad["phenomenon_time"] = json!("yesterday");
    send(&lora, &[bad.clone(), bad]).await.expect_status(422);
    let n = until("letters are written", async || {
        let errors: ErrorCauses = read(lora.ask("/api/v1/errors").await);
        errors.causes.iter().map(|one| one.replayable).find(|n| *n > 0)
    })
    .await;
    assert_eq!(n, 2);
}
