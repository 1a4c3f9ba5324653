//! What an open session sees: hello, every tile, changes without asking, the same as the picture.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use support::live::{Dial, Encoding};
use support::model::Model;
use support::partner::feature;
use support::town::Town;
use support::wait;
use wire::frame::{ClientFrame, ServerFrame};
use wire::view::{Mode, View, Window};

use crate::views::{city, spread, street};

#[tokio::test]
async fn hello_comes_at_once_and_before_a_view_only_heartbeats() {
    let town = Town::with(|config| config.limits.live_heartbeat_ms = 50).await;
    let partner = town.dispatch().await;
    partner.report(&spread("a", 20)).await;
    let mut client = town.live(&partner, Encoding::Json).await;
    let first = client.next().await;
    assert!(matches!(first, Some(ServerFrame::Hello(_))), "{first:?}");
    let hello = client.model.hello.clone().expect("hello");
    assert_eq!((hello.protocol, hello.modes), (wire::PROTOCOL_VERSION, vec![Mode::Live]));
    partner.report(&spread("b", 20)).await;
    for _ in 0..5 {
        let next = client.next().await;
        assert!(matches!(next, Some(ServerFrame::Heartbeat(_))), "{next:?}");
    }
}

#[tokio::test]
async fn a_ping_frame_is_answered_by_a_heartbeat() {
    let town = Town::with(|config| config.limits.live_heartbeat_ms = 3_600_000).await;
    let partner = town.dispatch().await;
    for encoding in [Encoding::Json, Encoding::Bin] {
        let mut client = town.live(&partner, encoding).await;
        let first = client.next().await;
        assert!(matches!(first, Some(ServerFrame::Hello(_))), "{first:?}");
        client.send(&ClientFrame::Ping).await;
        let answer = client.next().await;
        assert!(matches!(answer, Some(ServerFrame::Heartbeat(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn a_posted_report_reaches_the_map_without_asking() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let mut client = town.live(&partner, Encoding::Json).await;
    client.settle(&city(12.0)).await;
    assert_eq!(client.model.shown(), 0, "every tile came, all empty");
    let receipt = partner.report(&[feature("one", 2.17, 41.4, "flood", "Severe")]).await;
    client.caught_up(receipt.seq).await;
    assert_eq!(client.model.shown(), 1);
    let totals = client.model.totals.expect("totals");
    assert_eq!((totals.total, totals.shown, totals.elsewhere), (1, 1, 0));
}

#[tokio::test]
async fn live_and_picture_show_the_same_clusters_and_totals() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let mut features = spread("a", 500);
    features.push(json!({"type": "Feature", "id": "nowhere", "geometry": null,
        "properties": {"text": "somewhere", "place": "Carrer de Pujades"}}));
    features.push(feature("far", -70.0, -33.0, "flood", "Minor"));
    partner.report(&features).await;
    let mut client = town.live(&partner, Encoding::Json).await;
    for zoom in [3.0, 9.5, 12.0, 14.0] {
        client.settle(&city(zoom)).await;
        let path = format!("/api/v1/picture?bbox=2.05,41.32,2.23,41.47&zoom={zoom}&window=all");
        let picture = partner.ask(&path).await.expect_status(200).json();
        let mut ids: Vec<String> =
            client.model.clusters().iter().map(|cluster| cluster.id.to_string()).collect();
        let listed = picture["features"].as_array().expect("features");
        let mut expected: Vec<String> = listed
            .iter()
            .map(|feature| feature["id"].as_str().expect("an id").to_owned())
            .collect();
        ids.sort_unstable();
        expected.sort_unstable();
        assert_eq!(ids, expected, "zoom {zoom}");
        let totals = client.model.totals.expect("totals");
        assert_eq!(serde_json::to_value(totals).expect("JSON"), picture["totals"], "zoom {zoom}");
        assert_eq!(totals.shown, client.model.shown());
        assert_eq!(
            totals.total,
            totals.shown + totals.elsewhere + totals.unplaced + totals.filtered
        );
        assert_eq!((totals.total, totals.unplaced), (502, 1));
    }
}

#[tokio::test]
async fn json_compact_and_unsaid_say_the_same() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    partner.report(&spread("a", 300)).await;
    let observation = json!({"datastream": "rain-1", "phenomenon_time": town.clock.now().to_string(),
        "result": 4.5, "unit": "mm/h", "name": "Rain", "geometry": {"type": "Point", "coordinates": [2.17, 41.4]}});
    let receipt = partner.observe(&[observation]).await;
    // Sources are told of once a second of the town's clock.
    town.pass(Duration::from_secs(2));
    let mut pictures: Vec<Model> = Vec::new();
    for encoding in [Encoding::Json, Encoding::Bin, Encoding::Unsaid] {
        let mut client = town.live(&partner, encoding).await;
        client.settle(&View { newest: 50, ..city(13.0) }).await;
        client.until("the list", |model| model.reports.len() == 50).await;
        client.caught_up(receipt.seq).await;
        client.until("a sensor", |model| model.sensors.len() == 1).await;
        let all =
            |model: &Model| model.sources.values().any(|source| source.ledger.received == 301);
        client.until("the source with its account", all).await;
        let mut model = client.lose();
        (model.hello, model.heartbeat, model.cursor) = (None, None, None);
        model.sources.values_mut().for_each(|source| source.content_age_ms = None);
        // A JSON reader may miss the last bit of a number.
        for cluster in model.tiles.values_mut().flatten() {
            let round = |degrees: f64| (degrees * 1e9).round() / 1e9;
            (cluster.lng, cluster.lat) = (round(cluster.lng), round(cluster.lat));
        }
        pictures.push(model);
    }
    assert!(pictures[0] == pictures[1], "JSON and compact differ");
    assert!(pictures[0] == pictures[2], "JSON and no subprotocol differ");
}

#[tokio::test]
async fn the_event_stream_carries_the_same_frames() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let receipt = partner.report(&spread("a", 200)).await;
    let mut client = town.live(&partner, Encoding::Json).await;
    client.settle(&city(12.0)).await;
    client.caught_up(receipt.seq).await;
    let address = format!("{}/api/v1/live?bbox=2.05,41.32,2.23,41.47&zoom=12&number=7", town.base);
    let request = || {
        support::http_client()
            .get(&address)
            .header("authorization", format!("Bearer {}", partner.key))
    };
    let response = request().send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut model = Model::default();
    let last_id = read_events(response, &mut model, |model| model.totals.is_some()).await;
    assert!(model.tiles == client.model.tiles, "the tiles differ");
    assert_eq!(model.totals, client.model.totals);
    assert_eq!((model.begun, client.model.begun), (Some(7), None));
    let epoch = model.epoch().expect("hello");
    assert_eq!(last_id, Some(format!("{epoch}:{}", receipt.seq)));
    // And again from there: only what changed.
    let later = partner.report(&[feature("later", 2.17, 41.4, "fire", "Minor")]).await;
    let response =
        request().header("last-event-id", last_id.expect("an id")).send().await.expect("an answer");
    let mut again = Model::default();
    read_events(response, &mut again, |model| {
        model.cursor.as_ref().is_some_and(|(_, seq)| *seq >= later.seq)
    })
    .await;
    assert_eq!((again.tiles.len(), again.resets.len()), (1, 0));
}

async fn read_events(
    response: reqwest::Response,
    model: &mut Model,
    done: impl Fn(&Model) -> bool,
) -> Option<String> {
    let mut body = response.bytes_stream();
    let (mut text, mut last_id) = (String::new(), None);
    while !done(model) {
        let next = tokio::time::timeout(wait::PATIENCE, body.next()).await.expect("events in time");
        let chunk = next.expect("more events").expect("a chunk");
        text.push_str(std::str::from_utf8(&chunk).expect("text"));
        while let Some((event, rest)) = text.split_once("\n\n") {
            for line in event.lines() {
                if let Some(id) = line.strip_prefix("id: ") {
                    last_id = Some(id.to_owned());
                } else if let Some(json) = line.strip_prefix("data: ") {
                    model.apply(&serde_json::from_str(json).expect("a frame"));
                }
            }
            text = rest.to_owned();
        }
    }
    last_id
}

#[tokio::test]
async fn the_window_slides_by_the_clock_and_reports_go() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let mut client = town.live(&partner, Encoding::Json).await;
    client.settle(&View { window: Window::Minutes15, ..street() }).await;
    partner.report(&[feature("one", 2.17, 41.4, "flood", "Severe")]).await;
    client.until("the report", |model| model.reports.len() == 1 && model.shown() == 1).await;
    town.pass(Duration::from_mins(16));
    client.until("that it goes", |model| model.reports.is_empty() && model.shown() == 0).await;
    client
        .until("that the totals say so", |model| {
            model.totals.is_some_and(|totals| totals.filtered == 1 && totals.shown == 0)
        })
        .await;
}

#[tokio::test]
async fn an_exercise_is_never_seen_in_live_nor_live_in_an_exercise() {
    let town = Town::start().await;
    let live = town.dispatch().await;
    let drill = town.partner("drill", "reports read", Mode::Exercise).await;
    let officer = town.duty_officer().await;
    let mut in_live = Dial::operator(&officer).connect().await;
    in_live.settle(&View { newest: 50, ..city(12.0) }).await;
    let mut in_exercise = Dial::operator(&officer).encoding(Encoding::Bin).connect().await;
    in_exercise.settle(&View { mode: Mode::Exercise, newest: 50, ..city(12.0) }).await;
    drill.report(&spread("drill", 40)).await;
    let last = live.report(&spread("live", 7)).await;
    in_live.caught_up(last.seq).await;
    in_exercise.caught_up(last.seq).await;
    in_exercise.until("the list", |model| model.reports.len() == 40).await;
    assert_eq!((in_live.model.shown(), in_exercise.model.shown()), (7, 40));
    let modes = |model: &Model| -> Vec<Mode> {
        let reports = model.reports.values().map(|report| report.properties.mode);
        reports.chain(model.sources.values().map(|source| source.mode)).collect()
    };
    assert!(modes(&in_live.model).iter().all(|mode| *mode == Mode::Live));
    assert!(modes(&in_exercise.model).iter().all(|mode| *mode == Mode::Exercise));
}
