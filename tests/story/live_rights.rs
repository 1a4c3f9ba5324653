//! Rights on an open stream: who may look, and that losing the right ends the stream within a second.

use std::time::{Duration, Instant};

use server::control::Request;
use support::live::{Dial, Encoding};
use support::operator::Operator;
use support::town::Town;
use wire::view::{Mode, View};

use crate::views::{city, spread};

/// Promised: closed within a second, and no frame after.
const SOON: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_revoked_key_closes_its_stream_within_a_second() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let mut client = town.live(&partner, Encoding::Json).await;
    client.settle(&city(12.0)).await;
    let start = Instant::now();
    town.act(Request::PartnerRevoke { name: "dispatch".to_owned() }).await;
    let (code, reason) = client.until_closed().await;
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    assert_eq!((code, reason.as_str()), (4401, "unauthorized"));
    assert_eq!(Dial::partner(&partner).try_connect().await.err(), Some(401));
}

#[tokio::test]
async fn a_sign_out_closes_the_stream_of_that_login_only() {
    let town = Town::start().await;
    let password = town.operator("montse", "duty-officer").await;
    let desk = Operator::sign_in(&town.base, "montse", &password).await;
    let wall = Operator::sign_in(&town.base, "montse", &password).await;
    let mut at_desk = Dial::operator(&desk).connect().await;
    let mut at_wall = Dial::operator(&wall).connect().await;
    at_desk.settle(&city(12.0)).await;
    at_wall.settle(&city(12.0)).await;
    let start = Instant::now();
    assert_eq!(desk.sign_out().await.status, 204);
    assert_eq!(at_desk.until_closed().await.0, 4401);
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    town.dispatch().await.report(&spread("a", 3)).await;
    at_wall.until("that the other login goes on", |model| model.shown() == 3).await;
}

#[tokio::test]
async fn a_disabled_operator_is_closed_within_a_second() {
    let town = Town::start().await;
    let officer = town.duty_officer().await;
    let mut client = Dial::operator(&officer).encoding(Encoding::Bin).connect().await;
    client.settle(&city(12.0)).await;
    let start = Instant::now();
    town.act(Request::OperatorDisable { name: "montse".to_owned(), disabled: true }).await;
    assert_eq!(client.until_closed().await.0, 4401);
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[tokio::test]
async fn nobody_without_a_right_gets_in() {
    let town = Town::start().await;
    assert_eq!(Dial::new(&town.base).try_connect().await.err(), Some(401));
    let blind = town.partner("blind", "reports", Mode::Live).await;
    assert_eq!(Dial::partner(&blind).try_connect().await.err(), Some(403));
    let officer = town.duty_officer().await;
    let mut foreign = Dial::operator(&officer);
    foreign.headers.retain(|(name, _)| *name != "origin");
    assert_eq!(foreign.try_connect().await.err(), Some(403), "a cookie without Origin");
    foreign.headers.push(("origin", "https://evil.example".to_owned()));
    assert_eq!(foreign.try_connect().await.err(), Some(403), "a cookie from elsewhere");
}

#[tokio::test]
async fn a_key_may_look_at_its_own_mode_only() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let mut client = town.live(&partner, Encoding::Json).await;
    client.look(&View { mode: Mode::Exercise, ..city(12.0) }).await;
    let (code, reason) = client.until_closed().await;
    assert_eq!(code, 4403);
    assert!(reason.starts_with("forbidden"), "{reason}");
}

#[tokio::test]
async fn the_wall_is_shown_neither_words_nor_sources() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let viewer = town.viewer().await;
    let receipt = partner.report(&spread("a", 10)).await;
    let mut wall = Dial::operator(&viewer).connect().await;
    wall.settle(&View { newest: 20, ..city(12.0) }).await;
    wall.caught_up(receipt.seq).await;
    wall.until("the list", |model| model.reports.len() == 10).await;
    assert!(wall.model.reports.values().all(|report| report.properties.text.is_none()));
    assert!(wall.model.sources.is_empty());
}

#[tokio::test]
async fn a_full_server_says_so_before_the_upgrade() {
    let town = Town::with(|config| config.limits.sessions_max = 2).await;
    let partner = town.dispatch().await;
    let one = town.live(&partner, Encoding::Json).await;
    let _two = town.live(&partner, Encoding::Json).await;
    assert_eq!(Dial::partner(&partner).try_connect().await.err(), Some(503));
    drop(one);
    support::wait::until("a place", || async { Dial::partner(&partner).try_connect().await.ok() })
        .await;
}
