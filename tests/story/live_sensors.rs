//! A screen that joins has the latest value of every datastream in its view with its first frames, and afterwards only what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use support::live::{Dial, Encoding, LiveClient};
use support::partner::Partner;
use support::town::Town;
use wire::frame::ServerFrame;
use wire::sensor::{LatestSensors, SensorView};
use wire::time::Timestamp;
use wire::view::{Mode, View};

use crate::views::city;

/// More than a batch of a session, so that the first frames take several.
const SENSORS: usize = 650;
/// What one datastream in a frame may take, bundled: a name, a unit, a place and some numbers.
const SENSOR_BYTES_MAX: usize = 200;

fn value(n: usize, at: Timestamp, result: f64) -> Value {
    let place = [2.06 + (n % 40) as f64 * 0.004, 41.33 + (n / 40) as f64 * 0.004];
    json!({"datastream": format!("level-{n:03}"), "name": format!("Collector {n}"), "unit": "cm",
        "phenomenon_time": at, "result": result, "geometry": {"type": "Point", "coordinates": place}})
}

/// Two values of each: what a screen is sent is the newest, and not whatever came last.
async fn plant(town: &Town, partner: &Partner, now: Timestamp) {
    let newest: Vec<Value> = (0..SENSORS).map(|n| value(n, now, n as f64)).collect();
    let older: Vec<Value> = (0..SENSORS).map(|n| value(n, now.plus_ms(-600_000), -1.0)).collect();
    partner.observe(&newest).await;
    let seq = partner.observe(&older).await.seq;
    // A screen that joins while the hub has not told of them yet may be sent one twice, which changes nothing and is not counted here.
    let mut witness = town.live(partner, Encoding::Bin).await;
    witness.look(&city(12.0)).await;
    witness.caught_up(seq).await;
}

/// Looks, and gives the datastreams of all frames up to the first totals.
async fn first_frames(client: &mut LiveClient, view: &View) -> Vec<SensorView> {
    client.look(view).await;
    client.model.totals = None;
    let from = client.frames.len();
    client.until("the first totals", |model| model.totals.is_some()).await;
    sensors(&client.frames[from..])
}

fn sensors(frames: &[ServerFrame]) -> Vec<SensorView> {
    let sensor = |frame: &ServerFrame| match frame {
        ServerFrame::Sensor(sensor) => Some(sensor.sensor.clone()),
        _ => None,
    };
    frames.iter().filter_map(sensor).collect()
}

/// What `GET /api/v1/sensors/latest` says of the box, page by page.
async fn latest(partner: &Partner, query: &str) -> BTreeMap<String, SensorView> {
    let (mut all, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let path = format!("/api/v1/sensors/latest?limit=500{query}{cursor}");
        let page = partner.ask(&path).await.expect_status(200).json();
        let page: LatestSensors = serde_json::from_value(page).expect("the latest of all");
        all.extend(page.sensors.into_iter().map(|one| (one.sensor.datastream.clone(), one.sensor)));
        match page.next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn a_screen_that_joins_has_the_latest_of_its_view_before_its_first_totals() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    plant(&town, &partner, town.clock.now()).await;
    // One of somebody else, in another city.
    let other = town.partner("other", "observations read", Mode::Live).await;
    let mut far = value(0, town.clock.now(), 1.0);
    far["geometry"]["coordinates"] = json!([-0.37, 39.47]);
    other.observe(&[far]).await;
    let known = latest(&partner, "&source=partner:dispatch").await;
    assert_eq!(known.len(), SENSORS);
    assert_eq!(latest(&partner, "&source=partner:other").await.len(), 1);
    partner.ask("/api/v1/sensors/latest?source=partner:nobody").await.expect_status(404);
    for encoding in [Encoding::Json, Encoding::Bin] {
        let mut client = town.live(&partner, encoding).await;
        let (bytes, messages) = (client.bytes, client.messages);
        let told = first_frames(&mut client, &city(12.0)).await;
        let held: BTreeMap<String, SensorView> =
            told.iter().map(|one| (one.datastream.clone(), one.clone())).collect();
        assert_eq!(told.len(), SENSORS, "each once");
        assert!(held == known, "the frames and the latest of all differ");
        if encoding == Encoding::Bin {
            // Together, and not a message for each of them.
            let (bytes, messages) = (client.bytes - bytes, client.messages - messages);
            assert!(messages <= SENSORS / 20, "{messages} messages");
            assert!(bytes <= SENSORS * SENSOR_BYTES_MAX, "{bytes} bytes");
        }
    }
}

#[tokio::test]
async fn afterwards_only_what_changed_in_the_view_comes() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let now = town.clock.now();
    plant(&town, &partner, now).await;
    // The west of the city alone.
    let mut view = city(12.0);
    view.bbox = wire::geo::Bbox::new(2.05, 41.32, 2.10, 41.47).expect("a box");
    let mut client = town.live(&partner, Encoding::Bin).await;
    let told = first_frames(&mut client, &view).await;
    assert!(
        !told.is_empty() && told.iter().all(|one| one.geometry.is_some_and(|at| at.lng() <= 2.10))
    );
    let from = client.frames.len();
    town.pass(Duration::from_mins(1));
    let at = now.plus_ms(60_000);
    // In the view; outside it; in the view, and older than what is known.
    let receipt = partner
        .observe(&[value(0, at, 71.5), value(39, at, 72.5), value(2, now.plus_ms(-900_000), 73.5)])
        .await;
    // A report in the view brings totals that include all of them.
    client
        .until("the new value", |model| {
            let key = ("partner:dispatch".to_owned(), "level-000".to_owned());
            model.sensors.get(&key).is_some_and(|one| one.result == Some(71.5))
        })
        .await;
    let feature = support::partner::feature("one", 2.07, 41.34, "flood", "Minor");
    let seq = partner.report(&[feature]).await.seq;
    assert!(seq > receipt.seq);
    client.caught_up(seq).await;
    let changed = sensors(&client.frames[from..]);
    let changed: Vec<_> = changed.iter().map(|one| (&*one.datastream, one.result)).collect();
    assert_eq!(changed, [("level-000", Some(71.5))]);
    // Away and back: what is held is not sent again, and what was missed is.
    let model = client.lose();
    let receipt = partner.observe(&[value(1, at, 80.0)]).await;
    let dial = Dial::partner(&partner).encoding(Encoding::Bin).resume(model.cursor.clone());
    let mut client = dial.connect().await.holding(model);
    let cursor = client.model.cursor.clone();
    client.look(&view).await;
    client.model.cursor = cursor;
    client.caught_up(receipt.seq).await;
    let missed = sensors(&client.frames);
    let missed: Vec<_> = missed.iter().map(|one| (&*one.datastream, one.result)).collect();
    assert_eq!(missed, [("level-001", Some(80.0))]);
    // Another view: those that are new to it.
    let east = first_frames(&mut client, &city(12.0)).await;
    assert_eq!(told.len() + east.len(), SENSORS);
    assert!(east.iter().any(|one| one.result == Some(72.5)), "with what they said meanwhile");
}

#[tokio::test]
async fn a_screen_is_sent_the_sensors_of_its_mode_alone() {
    let town = Town::start().await;
    let (partner, now) = (town.dispatch().await, town.clock.now());
    let drill = town.partner("drill", "observations read", Mode::Exercise).await;
    partner.observe(&[value(1, now, 1.0)]).await;
    drill.observe(&[value(2, now, 2.0)]).await;
    let exercise = View { mode: Mode::Exercise, ..city(12.0) };
    let names = |told: Vec<SensorView>| -> BTreeSet<String> {
        told.into_iter().map(|one| one.datastream).collect()
    };
    let only = |name: &str| BTreeSet::from([name.to_owned()]);
    let mut client = town.live(&partner, Encoding::Bin).await;
    assert_eq!(names(first_frames(&mut client, &city(12.0)).await), only("level-001"));
    let mut client = town.live(&drill, Encoding::Bin).await;
    assert_eq!(names(first_frames(&mut client, &exercise).await), only("level-002"));
    // A duty officer may look at both, one at a time, and nothing of the other stays.
    let officer = town.duty_officer().await;
    let mut client = Dial::operator(&officer).encoding(Encoding::Bin).connect().await;
    assert_eq!(names(first_frames(&mut client, &city(12.0)).await), only("level-001"));
    assert_eq!(names(first_frames(&mut client, &exercise).await), only("level-002"));
}
