//! Clients that do not behave: each gets the close code that says what to mend, and the server goes on.

use std::time::Duration;

use serde_json::json;
use support::live::{Encoding, LiveClient};
use support::partner::Partner;
use support::town::Town;
use tokio_tungstenite::tungstenite::Message;
use wire::frame::ClientFrame;

use crate::views::{city, spread};

async fn closed(
    town: &Town,
    partner: &Partner,
    encoding: Encoding,
    send: Message,
) -> (u16, String) {
    let mut client = town.live(partner, encoding).await;
    client.send_raw(send).await;
    client.until_closed().await
}

#[tokio::test]
async fn what_is_not_a_frame_is_closed_with_the_reason() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let text = |text: &str| Message::text(text.to_owned());
    let view = |change: serde_json::Value| {
        let mut view =
            json!({"type": "view", "bbox": [2.0, 41.0, 2.1, 41.1], "zoom": 12, "mode": "live"});
        for (key, value) in change.as_object().expect("an object") {
            view[key] = value.clone();
        }
        Message::text(view.to_string())
    };
    let cases = [
        ("not JSON", Encoding::Json, text("hello")),
        ("empty", Encoding::Json, text("")),
        ("unknown type", Encoding::Json, text(r#"{"type":"eval"}"#)),
        ("binary on JSON", Encoding::Json, Message::binary(vec![65])),
        ("text on compact", Encoding::Bin, text(r#"{"type":"ping"}"#)),
        ("unknown tag", Encoding::Bin, Message::binary(vec![7, 7, 7])),
        ("empty compact", Encoding::Bin, Message::binary(Vec::new())),
        ("zoom 99", Encoding::Json, view(json!({"zoom": 99}))),
        ("zoom in words", Encoding::Json, view(json!({"zoom": "twelve"}))),
        ("too many tiles", Encoding::Json, view(json!({"zoom": 18}))),
        ("latitude 91", Encoding::Json, view(json!({"bbox": [2, 41, 3, 91]}))),
        ("south over north", Encoding::Json, view(json!({"bbox": [2, 42, 3, 41]}))),
        ("unknown window", Encoding::Json, view(json!({"window": "3h"}))),
        ("unknown hazard", Encoding::Json, view(json!({"hazards": ["lava"]}))),
        ("newest 201", Encoding::Json, view(json!({"newest": 201}))),
        ("a message of 100 kB", Encoding::Json, text(&"x".repeat(100_000))),
    ];
    for (case, encoding, message) in cases {
        let (code, reason) = closed(&town, &partner, encoding, message).await;
        assert_eq!(code, 4400, "{case}: {reason}");
        assert!(reason.starts_with("bad_request: "), "{case}: {reason}");
    }
    let mut client = town.live(&partner, Encoding::Json).await;
    client.settle(&city(12.0)).await;
}

/// A client that never reads is closed, and meanwhile the others are served.
#[tokio::test]
async fn a_client_that_takes_nothing_is_closed_as_too_slow() {
    let town = Town::with(|config| config.limits.live_write_deadline_ms = 500).await;
    let partner = town.dispatch().await;
    partner.report(&spread("a", 1_400)).await;
    let mut stalled = town.live(&partner, Encoding::Json).await;
    let mut healthy = town.live(&partner, Encoding::Json).await;
    healthy.settle(&city(14.0)).await;
    // The kernel's buffers take some megabytes first: ask for the whole city in all its zooms again and again.
    let start = std::time::Instant::now();
    let mut n = 0_u32;
    loop {
        assert!(start.elapsed() < Duration::from_mins(1), "never closed after {n} views");
        let view = city(if n.is_multiple_of(2) { 14.0 } else { 13.9 });
        stalled.send(&ClientFrame::View(view.into())).await;
        n += 1;
        tokio::time::sleep(Duration::from_millis(60)).await;
        if town.app().hub.n_sessions() == 1 {
            break;
        }
    }
    let receipt = partner.report(&spread("b", 10)).await;
    healthy.caught_up(receipt.seq).await;
    assert_eq!(healthy.model.shown(), 1_410);
    let (code, _) = stalled.until_closed().await;
    assert!([4008, 1006].contains(&code), "{code}");
}

#[tokio::test]
async fn a_server_that_stops_says_that_it_goes_away() {
    let mut town = Town::start().await;
    let partner = town.dispatch().await;
    let mut client: LiveClient = town.live(&partner, Encoding::Json).await;
    client.settle(&city(12.0)).await;
    let ((), (code, reason)) = tokio::join!(town.stop(), client.until_closed());
    assert_eq!((code, reason.as_str()), (4001, "going_away"));
}
