//! Clients in a hurry: they are read more slowly, and nothing else of their session slows down with it.

use std::time::{Duration, Instant};

use server::control::Request;
use support::live::Encoding;
use support::town::Town;
use tokio_tungstenite::tungstenite::Message;
use wire::frame::ClientFrame;
use wire::geo::Bbox;
use wire::view::View;

use crate::views::{city, spread};

/// Views sent on one socket.
const N_VIEWS: u32 = 200;

/// Forty at once, the rest at twenty a second: eight seconds, and twice that on a machine that has other work.
const SANE: Duration = Duration::from_secs(16);

/// The city's west up to a line that moves: each view holds its own number of reports.
fn slice(n: u32) -> View {
    let east = 2.055 + 0.16 * f64::from(n) / f64::from(N_VIEWS);
    View { bbox: Bbox::new(2.05, 41.32, east, 41.47).expect("a box"), ..city(14.0) }
}

#[tokio::test]
async fn two_hundred_views_on_one_socket_each_get_their_totals() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    partner.report(&spread("a", 400)).await;
    let mut client = town.live(&partner, Encoding::Json).await;
    let start = Instant::now();
    for n in 0..N_VIEWS {
        client.settle(&slice(n)).await;
        let totals = client.model.totals.expect("totals");
        assert_eq!(totals.shown, client.model.shown(), "view {n}");
        assert_eq!(totals.shown + totals.elsewhere, 400, "view {n}");
    }
    assert!(start.elapsed() < SANE, "{:?}", start.elapsed());
    assert_eq!(client.closed, None);
}

#[tokio::test]
async fn two_hundred_views_sent_in_one_go_end_with_the_last_one() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    partner.report(&spread("a", 400)).await;
    let mut client = town.live(&partner, Encoding::Bin).await;
    let start = Instant::now();
    for n in 0..N_VIEWS {
        client.send(&ClientFrame::View(slice(n).into())).await;
    }
    // Tiles of the views before it come too; this one's are known by their zoom.
    let last = city(12.0);
    client.look(&last).await;
    let n_tiles = last.cover().expect("a cover").len();
    client
        .until("the last view and its totals", |model| {
            let own = model.tiles.iter().filter(|(tile, _)| tile.z == 12);
            let shown: u64 = own.clone().flat_map(|(_, held)| held).map(|c| u64::from(c.n)).sum();
            let told = model.totals.map(|totals| (totals.shown, totals.elsewhere));
            own.count() as u64 == n_tiles && shown == 400 && told == Some((400, 0))
        })
        .await;
    assert!(start.elapsed() < SANE, "{:?}", start.elapsed());
    assert_eq!(client.closed, None);
}

#[tokio::test]
async fn frames_that_never_rest_are_closed_in_the_end() {
    let town = Town::with(|config| config.limits.live_haste_ms = 500).await;
    let partner = town.dispatch().await;
    let pings = [Message::text(r#"{"type":"ping"}"#), Message::Ping(vec![7].into())];
    for ping in pings {
        let mut client = town.live(&partner, Encoding::Json).await;
        client.flood(&ping, |_model| false).await;
        let (code, reason) = client.closed.clone().expect("closed");
        assert_eq!(code, 4429, "{ping:?}: {reason}");
        assert!(reason.starts_with("too_many_frames: "), "{ping:?}: {reason}");
    }
    town.live(&partner, Encoding::Json).await.settle(&city(12.0)).await;
}

#[tokio::test]
async fn a_client_in_a_hurry_is_still_shown_what_comes_and_still_loses_its_right_within_a_second() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let mut client = town.live(&partner, Encoding::Json).await;
    client.settle(&city(12.0)).await;
    let ping = Message::text(r#"{"type":"ping"}"#);
    let start = Instant::now();
    client.flood(&ping, |_model| start.elapsed() > Duration::from_secs(1)).await;
    let beat = client.model.heartbeat;
    partner.report(&spread("a", 3)).await;
    client.flood(&ping, |model| model.shown() == 3 && model.heartbeat != beat).await;
    assert_eq!(client.closed, None);
    let (revoked_at, ()) = tokio::join!(
        async {
            let request = Request::PartnerRevoke { name: "dispatch".to_owned() };
            town.act(request).await;
            Instant::now()
        },
        client.flood(&ping, |_model| false)
    );
    assert_eq!(client.closed, Some((4401, "unauthorized".to_owned())));
    assert!(revoked_at.elapsed() < Duration::from_secs(1), "{:?}", revoked_at.elapsed());
}
