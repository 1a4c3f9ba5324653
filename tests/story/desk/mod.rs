//! The partner desk, as who keeps a city's sensors sees it.

mod connections;
mod keys;
mod told;
mod why;
mod why_roads;
mod works;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use support::partner::{Answer, Partner};
use support::town::Town;
use wire::desk::{Connection, Connections, Tick, TickState, Why};
use wire::time::Timestamp;

/// A value of a gauge with all that a sensor of the map needs.
fn value(datastream: &str, at: Timestamp, result: impl Into<Value>, unit: &str) -> Value {
    json!({"datastream": datastream, "phenomenon_time": at, "result": result.into(), "unit": unit,
        "name": format!("Gauge {datastream}"),
        "geometry": {"type": "Point", "coordinates": [2.22, 41.42]}})
}

fn read<T: DeserializeOwned>(answer: Answer) -> T {
    serde_json::from_value(answer.expect_status(200).json()).expect("what was promised")
}

async fn desk(partner: &Partner) -> Connections {
    let desk: Connections = read(partner.ask("/api/v1/connections").await);
    let said = &desk.sentence;
    let sum = said.speaking + said.late + said.silent + said.lost + said.in_works;
    assert_eq!(said.sensors, sum, "the sentence adds up: {said:?}");
    for one in &desk.connections {
        let day = one.day;
        assert_eq!(day.received, day.accepted + day.folded + day.rejected, "{one:?}");
    }
    desk
}

async fn own(partner: &Partner) -> Connection {
    desk(partner).await.connections.remove(0)
}

async fn why(partner: &Partner, device: &str) -> Why {
    let why: Why = read(partner.ask(&format!("/api/v1/why?device={device}")).await);
    let names: Vec<_> = why.ticks.iter().map(|tick| tick.name).collect();
    assert_eq!(names, wire::desk::TickName::ALL, "eight, in their order");
    why
}

/// The first cross, with its step and reason; all before it are well.
#[track_caller]
fn first(why: &Why) -> Option<(&'static str, String, Tick)> {
    let tick = why.ticks.iter().find(|tick| tick.state != TickState::Ok)?;
    assert_eq!(tick.state, TickState::Cross, "{:?}", why.ticks);
    assert!(tick.detail.is_some() && tick.at.is_some(), "{tick:?}");
    Some((tick.name.word(), tick.reason.clone().expect("a reason"), tick.clone()))
}

#[track_caller]
fn crossed(why: &Why, name: &str, reason: &str) -> Tick {
    let told = first(why);
    assert!(told.is_some(), "all is well: {why:?}");
    let (at, because, tick) = told.expect("a cross");
    assert_eq!((at, because.as_str()), (name, reason), "{tick:?}");
    tick
}

/// Sends observations that may be refused.
async fn send(partner: &Partner, observations: &[Value]) -> Answer {
    let body = Value::from(observations.to_vec()).to_string();
    partner.post("/api/v1/observations", "application/json", body).await
}

/// A value each minute for some minutes, so that its rhythm is known.
async fn speaks(town: &Town, partner: &Partner, names: &[&str], minutes: i64) {
    for minute in 0..minutes {
        town.pass(std::time::Duration::from_mins(1));
        let at = town.clock.now();
        let all: Vec<Value> =
            names.iter().map(|name| value(name, at, minute as f64 / 10.0, "m")).collect();
        partner.observe(&all).await;
    }
}
