//! Planned works: nobody is late, silent or lost meanwhile, nothing rings, and all of it is the same after a restart.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::partner::Partner;
use support::town::Town;
use support::wait::until;
use wire::desk::{Works, WorksList};
use wire::view::Mode;

use super::{desk, read, speaks, value};

async fn announce(partner: &Partner, body: &Value) -> Works {
    let answer = partner.post("/api/v1/works", "application/json", body.to_string()).await;
    serde_json::from_value(answer.expect_status(201).json()).expect("works")
}

async fn call_off(partner: &Partner, id: u64) -> u16 {
    let request = support::http_client()
        .delete(format!("{}/api/v1/works/{id}", partner.base))
        .header("authorization", format!("Bearer {}", partner.key));
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_gauge_in_works_is_not_silent_rings_no_alarm_and_says_so_after_a_restart_too() {
    let mut town = Town::start().await;
    let (river, officer) = (town.dispatch().await, town.duty_officer().await);
    for name in ["quiet", "cleaned"] {
        let level = json!({"grade": "red", "direction": "rising", "value": 500.0, "clear": null,
            "unit": "m", "owner": "CHJ", "document": "plan", "date": "2026-01-01"});
        let passport = json!({"unit": "m", "levels": [level],
            "cadence": {"by_day_ms": 60_000, "in_alarm_ms": null}});
        let path = format!("/api/v1/datastreams/partner:dispatch/{name}/passport");
        officer.send(Method::PUT, &path, Some(passport.to_string())).await.expect_status(204);
    }
    speaks(&town, &river, &["quiet", "cleaned", "bare"], 5).await;
    let now = town.clock.now();
    let body = json!({"datastreams": ["cleaned", "bare"], "from": now.plus_ms(-1), "to": now.plus_ms(1_800_000),
        "why": "cleaning", "who": "J. Pons"});
    let works = announce(&river, &body).await;
    assert_eq!(
        (works.source.as_str(), works.n_sensors, works.is_now),
        ("partner:dispatch", 2, true)
    );
    // In works a flood that is none: the gauge is lifted out and put down.
    let at = town.clock.now();
    river.observe(&[value("cleaned", at, 900.0, "m")]).await;
    let alarms = || async { officer.ask("/api/v1/alarms").await.expect_status(200).json() };
    assert_eq!(alarms().await["alarms"], json!([]));
    town.pass(Duration::from_mins(10));
    let silent = || async {
        let said = desk(&river).await.sentence;
        (said.in_works, said.silent, said.late, said.lost)
    };
    assert_eq!(silent().await, (2, 1, 0, 0));
    let eyes = officer.ask("/api/v1/eyes").await.expect_status(200).json();
    assert_eq!((&eyes["counts"]["in_works"], &eyes["counts"]["silent"]), (&json!(2), &json!(1)));
    // The same from the journal, and from a checkpoint.
    town.kill_and_restart().await;
    assert_eq!(silent().await, (2, 1, 0, 0));
    town.restart().await;
    assert_eq!(silent().await, (2, 1, 0, 0));
    let list: WorksList = read(river.ask("/api/v1/works").await);
    assert_eq!(list.works.len(), 1);
    assert_eq!((list.works[0].id, list.works[0].who.as_str()), (works.id, "J. Pons"));
    // Called off: what is silent is silent.
    assert_eq!(call_off(&river, works.id).await, 204);
    assert_eq!(call_off(&river, works.id).await, 404);
    let (in_works, silent_now, ..) = silent().await;
    assert_eq!((in_works, silent_now), (0, 3));
    let list: WorksList = read(river.ask("/api/v1/works").await);
    assert_eq!(list.works, []);
}

#[tokio::test]
async fn after_works_a_gauge_that_stays_away_is_silent_and_one_over_its_level_rings() {
    let town = Town::start().await;
    let (river, officer) = (town.dispatch().await, town.duty_officer().await);
    let level = json!({"grade": "red", "direction": "rising", "value": 5.0, "clear": null,
        "unit": "m", "owner": "CHJ", "document": "plan", "date": "2026-01-01"});
    let passport = json!({"unit": "m", "levels": [level],
        "cadence": {"by_day_ms": 60_000, "in_alarm_ms": null}});
    let path = "/api/v1/datastreams/partner:dispatch/poio/passport";
    officer.send(Method::PUT, path, Some(passport.to_string())).await.expect_status(204);
    speaks(&town, &river, &["poio"], 3).await;
    let now = town.clock.now();
    let body =
        json!({"all": true, "from": now, "to": now.plus_ms(600_000), "why": "w", "who": "x"});
    announce(&river, &body).await;
    town.pass(Duration::from_mins(11));
    assert_eq!(desk(&river).await.sentence.in_works, 0);
    river.observe(&[value("poio", town.clock.now(), 9.0, "m")]).await;
    until("it rings", || async {
        let alarms = officer.ask("/api/v1/alarms").await.expect_status(200).json();
        (alarms["alarms"][0]["cause"] == json!("level")).then_some(())
    })
    .await;
    // Beyond its level and silent: lost, and the room was told.
    town.pass(Duration::from_mins(5));
    let told = until("it is lost", || async {
        let told = desk(&river).await;
        (told.sentence.lost == 1 && told.connections[0].room_told_at.is_some()).then_some(told)
    })
    .await;
    assert_eq!(told.sentence.causes[0].lost, 1);
    assert!(told.sentence.causes[0].room_told_at.is_some());
}

#[tokio::test]
async fn works_are_announced_by_who_answers_for_the_sensors_and_hold_together() {
    let town = Town::start().await;
    let lora = town.partner("lora", "observations", Mode::Live).await;
    let other = town.partner("other", "observations", Mode::Live).await;
    let reader = town.partner("reader", "read", Mode::Live).await;
    let officer = town.duty_officer().await;
    let analyst = town.signed_in("anna", "analyst").await;
    lora.observe(&[value("besos", town.clock.now(), 1.0, "m")]).await;
    let now = town.clock.now();
    let good = json!({"source": "partner:lora", "all": true, "from": now, "to": now.plus_ms(60_000),
        "why": "cleaning", "who": "J. Pons"});
    let post = |body: Value| officer.send(Method::POST, "/api/v1/works", Some(body.to_string()));
    let json = "application/json";
    other.post("/api/v1/works", json, good.to_string()).await.expect_status(404);
    let mut own = good.clone();
    own["source"] = json!("partner:reader");
    reader.post("/api/v1/works", json, own.to_string()).await.expect_status(403);
    let answer = analyst.send(Method::POST, "/api/v1/works", Some(good.to_string())).await;
    answer.expect_status(403);
    let works: Works =
        serde_json::from_value(post(good.clone()).await.expect_status(201).json()).expect("works");
    assert_eq!(call_off(&other, works.id).await, 404);
    let seen: WorksList = read(other.ask("/api/v1/works").await);
    assert_eq!(seen.works, []);
    let wrong = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (body, pointer) in [
        (wrong("to", json!(now.plus_ms(-1))), "/to"),
        (wrong("to", json!(now)), "/to"),
        (wrong("to", json!(now.plus_ms(100 * 86_400_000))), "/to"),
        (wrong("who", json!("")), "/who"),
        (wrong("why", json!("x".repeat(2_000))), "/why"),
        (wrong("all", json!(false)), "/datastreams"),
        (wrong("datastreams", json!(["besos"])), "/datastreams"),
    ] {
        let answer = post(body).await.expect_status(422).json();
        assert_eq!(answer["errors"][0]["pointer"], json!(pointer), "{answer}");
    }
    post(wrong("source", json!(null))).await.expect_status(422);
    post(wrong("source", json!("partner:nobody"))).await.expect_status(404);
    post(wrong("mode", json!("exercise"))).await.expect_status(404);
    post(wrong("nonsense", json!(1))).await.expect_status(400);
    officer.send(Method::DELETE, "/api/v1/works/x", None).await.expect_status(404);
    officer.send(Method::DELETE, "/api/v1/works/999999", None).await.expect_status(404);
}
