//! The room: from a gauge that passes its level to a decision, as its screens and its log see it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::live::{Dial, Encoding};
use support::operator::Operator;
use support::partner::{GEOJSON, Partner};
use support::town::Town;
use wire::alarm::{AlarmCause, AlarmLevel, AlarmState};
use wire::decision::{DecisionKind, DecisionSubject};
use wire::grade::Verification;
use wire::situation::{SensorWord, SituationView, Trend, Weight};

use crate::views::city;

/// The gauge's passport: red at 150 m³/s, a value each minute.
fn passport() -> String {
    let level = |grade: &str, value: f64| {
        json!({"grade": grade, "direction": "rising", "value": value, "clear": null, "unit": "m3/s",
            "owner": "CHJ", "document": "Pla Inundacions", "date": "2023-05-04"})
    };
    json!({"hazard": "flood", "unit": "m3/s",
        "levels": [level("yellow", 30.0), level("orange", 70.0), level("red", 150.0)],
        "cadence": {"by_day_ms": 60_000, "in_alarm_ms": null},
        "footprint": {"circle": {"centre": {"type": "Point", "coordinates": [2.17, 41.4]},
            "radius_m": 800.0}}})
    .to_string()
}

/// One value of the gauge, true now.
pub(crate) async fn flows(town: &Town, partner: &Partner, value: f64) {
    flows_at(town, partner, "poio", value).await;
}

/// The same of a gauge by its name.
pub(crate) async fn flows_at(town: &Town, partner: &Partner, gauge: &str, value: f64) {
    let at = town.clock.now();
    let observation = json!({"datastream": gauge, "phenomenon_time": at, "result": value,
        "name": "Barranc del Poio", "unit": "m3/s",
        "geometry": {"type": "Point", "coordinates": [2.17, 41.4]}});
    partner.observe(&[observation]).await;
}

pub(crate) async fn admit(town: &Town, partner: &Partner, officer: &Operator) {
    admit_gauge(town, partner, officer, "poio").await;
}

pub(crate) async fn admit_gauge(town: &Town, partner: &Partner, officer: &Operator, gauge: &str) {
    flows_at(town, partner, gauge, 8.0).await;
    let path = format!("/api/v1/datastreams/partner:dispatch/{gauge}/passport");
    officer.send(Method::PUT, &path, Some(passport())).await.expect_status(204);
}

async fn decide(officer: &Operator, decision: Value) -> u64 {
    let answer = officer.send(Method::POST, "/api/v1/decisions", Some(decision.to_string())).await;
    answer.expect_status(201).json()["seq"].as_u64().expect("a number")
}

async fn refused(officer: &Operator, decision: Value, reason: &str) {
    let answer = officer.send(Method::POST, "/api/v1/decisions", Some(decision.to_string())).await;
    let answer = answer.expect_status(422).json();
    assert_eq!(answer["errors"][0]["reason"], reason, "{answer}");
}

async fn situation(officer: &Operator, id: u64) -> SituationView {
    let answer = officer.ask(&format!("/api/v1/situations/{id}")).await.expect_status(200);
    serde_json::from_value(answer.json()).expect("a situation")
}

#[tokio::test]
async fn a_gauge_that_passes_red_is_answered_taken_and_confirmed_within_thirty_seconds() {
    let town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    let mut desk = Dial::operator(&officer).encoding(Encoding::Bin).connect().await;
    desk.settle(&city(12.0)).await;
    admit(&town, &partner, &officer).await;
    town.pass(Duration::from_mins(1));
    flows(&town, &partner, 28.0).await;
    town.pass(Duration::from_mins(1));
    flows(&town, &partner, 264.0).await;
    // The alarm comes at once, not with the next settling.
    desk.until("the alarm", |model| model.alarms.len() == 1).await;
    let alarm = desk.model.alarms[&1].clone();
    assert_eq!((alarm.level, alarm.state), (AlarmLevel::Red, AlarmState::Unanswered));
    assert_eq!((alarm.cause, alarm.sounds), (AlarmCause::Level, true));
    assert_eq!((alarm.value, alarm.limit), (Some(264.0), Some(150.0)));
    assert_eq!(alarm.name, "Barranc del Poio");
    town.pass(Duration::from_secs(2));
    desk.until("its situation", |model| model.alarms[&1].situation.is_some()).await;
    let id = desk.model.alarms[&1].situation.expect("a situation");
    let before = desk.model.situations[&id].clone();
    assert_eq!(before.sources.get(&Weight::Sensor), Some(&1), "{before:?}");
    assert_eq!((before.verification, before.owner), (Verification::Unverified, None));

    let seen = desk.model.cursor.clone().expect("a cursor").1;
    let ack = decide(&officer, json!({"kind": "ack", "subject": {"alarm": 1}})).await;
    let take = decide(&officer, json!({"kind": "take", "subject": {"situation": id}})).await;
    let confirm = decide(
        &officer,
        json!({"kind": "verify", "subject": {"situation": id}, "basis": "official", "text": "CHJ rang",
            "known_seq": seen}),
    )
    .await;
    desk.until("all three are told", |model| model.lines.contains_key(&confirm)).await;
    let line = &desk.model.lines[&confirm];
    assert_eq!((line.kind, line.known_seq), (DecisionKind::Verify, seen));
    assert_eq!((line.by.as_deref(), line.text.as_deref()), (Some("montse"), Some("CHJ rang")));
    assert_eq!(line.subject, Some(DecisionSubject::Situation(id)));
    assert!(desk.model.lines[&ack].seq < desk.model.lines[&take].seq);
    desk.until("it is confirmed", |model| {
        model.situations[&id].verification == Verification::Confirmed
    })
    .await;
    let after = &desk.model.situations[&id];
    assert_eq!(after.owner.as_deref(), Some("montse"));
    assert_eq!(after.checked.as_ref().map(|checked| checked.seq), Some(confirm));
    let answered = &desk.model.alarms[&1];
    assert_eq!(answered.state, AlarmState::Answered);
    assert_eq!(answered.answered_by.as_deref(), Some("montse"));
    let log = officer.ask("/api/v1/log").await.expect_status(200).json();
    let kinds: Vec<&str> =
        log["lines"].as_array().expect("lines").iter().filter_map(|l| l["kind"].as_str()).collect();
    // What is confirmed sets a legal hold, and the log says so.
    assert_eq!(kinds, ["log", "verify", "take", "ack"]);
    let held = log["lines"][0]["text"].as_str().unwrap_or_default();
    assert!(held.contains("hold"), "{held}");
    // Names and words are for the desks.
    let wall = town.viewer().await.ask("/api/v1/log").await.expect_status(200).json();
    for line in &wall["lines"].as_array().expect("lines")[..2] {
        assert_eq!((&line["by"], &line["text"]), (&Value::Null, &Value::Null), "{line}");
    }
}

#[tokio::test]
async fn a_gauge_that_falls_clears_nothing_and_one_that_is_lost_rings_until_a_person_closes() {
    let mut town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    let mut desk = Dial::operator(&officer).encoding(Encoding::Json).connect().await;
    desk.settle(&city(12.0)).await;
    admit(&town, &partner, &officer).await;
    for value in [264.0, 28.7, 2_283.0] {
        town.pass(Duration::from_mins(1));
        flows(&town, &partner, value).await;
    }
    desk.until("it asks again when it is back", |model| {
        model.alarms.get(&1).is_some_and(|alarm| alarm.value == Some(2_283.0))
    })
    .await;
    assert_eq!(desk.model.alarms.len(), 1, "one alarm for one level");
    town.pass(Duration::from_mins(10));
    desk.until("the loss", |model| {
        model.alarms.values().any(|alarm| alarm.cause == AlarmCause::Lost)
    })
    .await;
    let lost = desk.model.alarms.values().find(|alarm| alarm.cause == AlarmCause::Lost);
    let lost = lost.expect("lost").clone();
    assert_eq!((lost.level, lost.value, lost.sounds), (AlarmLevel::Red, Some(2_283.0), true));
    desk.until("nobody answers", |model| {
        model.alarms[&lost.id].state == AlarmState::Climbing && model.alarms[&lost.id].climbed == 2
    })
    .await;
    let id = lost.situation.expect("a situation");
    // Silence is never calm, and nothing ends by itself: not in a day, and not over a restart.
    town.pass(Duration::from_hours(24));
    town.restart().await;
    town.pass(Duration::from_secs(2));
    let officer = town.signed_in("pere", "duty-officer").await;
    let still = situation(&officer, id).await;
    assert_ne!(still.trend, Trend::Ended);
    assert!(still.held_open && still.sensors.iter().any(|one| one.says == SensorWord::Lost));
    decide(&officer, json!({"kind": "close", "subject": {"situation": id}})).await;
    let closed = situation(&officer, id).await;
    assert_eq!(closed.trend, Trend::Ended);
    refused(&officer, json!({"kind": "take", "subject": {"situation": id}}), "ended").await;
}

#[tokio::test]
async fn what_is_not_true_is_flagged_wherever_it_was_used_and_taking_back_is_a_new_line() {
    let town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    let citizen = |id: &str, lng: f64| {
        json!({"type": "Feature", "id": id, "geometry": {"type": "Point", "coordinates": [lng, 41.4]},
            "properties": {"kind": "citizen", "basis": "seen", "hazard": "fire", "severity": "Severe",
                "text": format!("smoke over the roof, as {id} saw it"), "radius_m": 30}})
    };
    let body = json!({"type": "FeatureCollection",
        "features": [citizen("a", 2.17), citizen("b", 2.1703), citizen("c", 2.1706)]});
    partner.post("/api/v1/reports", GEOJSON, body.to_string()).await.expect_status(201);
    town.pass(Duration::from_secs(2));
    let id = support::wait::until("a situation", || async {
        let list = officer.ask("/api/v1/situations").await.json();
        list["situations"][0]["id"].as_u64()
    })
    .await;
    let whole = officer.ask(&format!("/api/v1/situations/{id}")).await.json();
    let report = whole["reports"][0].clone();
    let verify = json!({"kind": "verify", "subject": {"situation": id}, "basis": "called-back"});
    let verified = decide(&officer, verify).await;
    let refute = json!({"kind": "refute", "subject": {"report": report}, "basis": "on-scene"});
    let refuting = decide(&officer, refute).await;
    let line = |log: &Value, seq: u64| {
        let lines = log["lines"].as_array().cloned().unwrap_or_default();
        lines.into_iter().find(|line| line["seq"] == seq).expect("the line")
    };
    let log = officer.ask("/api/v1/log").await.json();
    assert_eq!(line(&log, verified)["refuted"], json!([report]));
    assert_eq!(line(&log, refuting)["refuted"], json!([]));
    assert_eq!(situation(&officer, id).await.n_refuted, 1);
    let undo = json!({"kind": "undo", "subject": {"decision": refuting}});
    let undone = decide(&officer, undo.clone()).await;
    refused(&officer, undo, "taken_back").await;
    let log = officer.ask("/api/v1/log").await.json();
    assert_eq!(line(&log, refuting)["taken_back"], undone);
    assert_eq!(line(&log, verified)["refuted"], json!([]));
    town.pass(Duration::from_secs(2));
    let back = support::wait::until("it speaks again", || async {
        Some(situation(&officer, id).await).filter(|one| one.n_reports == 3)
    })
    .await;
    assert_eq!((back.n_refuted, back.verification), (0, Verification::Confirmed));
}

#[tokio::test]
async fn a_decision_that_says_nothing_here_is_refused_with_the_field_and_the_remedy() {
    let town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    refused(&officer, json!({"kind": "take"}), "wrong_subject").await;
    refused(&officer, json!({"kind": "take", "subject": {"situation": 7}}), "unknown_subject")
        .await;
    refused(&officer, json!({"kind": "ack", "subject": {"alarm": 7}}), "unknown_subject").await;
    refused(&officer, json!({"kind": "log"}), "needs_text").await;
    let ahead = json!({"kind": "log", "text": "x", "occurred_at": "2999-01-01T00:00:00Z"});
    refused(&officer, ahead, "ahead").await;
    refused(&officer, json!({"kind": "zone", "text": "x"}), "missing").await;
    let answer = officer.send(Method::POST, "/api/v1/decisions", Some("{}".to_owned())).await;
    assert_eq!(answer.expect_status(400).json()["type"], "invalid-body");
    // A key decides nothing, a viewer neither, and a contributor only writes.
    let log = json!({"kind": "log", "text": "the room is manned"}).to_string();
    let keyed = partner.post("/api/v1/decisions", "application/json", log.clone()).await;
    keyed.expect_status(403);
    let viewer = town.viewer().await;
    viewer.send(Method::POST, "/api/v1/decisions", Some(log.clone())).await.expect_status(403);
    let contributor = town.signed_in("anna", "contributor").await;
    contributor.send(Method::POST, "/api/v1/decisions", Some(log)).await.expect_status(201);
    let flawed = json!({"unit": "m", "levels": [{"grade": "red", "direction": "rising", "value": 1.0, "unit": "m",
        "owner": "", "document": "d", "date": "2020-01-01"}]});
    let path = "/api/v1/datastreams/partner:dispatch/poio/passport";
    let answer = officer.send(Method::PUT, path, Some(flawed.to_string())).await;
    let answer = answer.expect_status(422).json();
    assert_eq!(answer["errors"][0]["pointer"], "/levels/0/owner", "{answer}");
    partner_may_not(&partner, path).await;
}

/// Levels are set by who answers for them: a key without `authority` does not.
async fn partner_may_not(partner: &Partner, path: &str) {
    partner.ask(path).await.expect_status(404);
}
