//! Trains and tunnels: a client that was away gets what it missed, or is told to start again; never a silent jump.

use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use support::binary::Binary;
use support::live::{Dial, Encoding};
use support::model::Model;
use support::partner::{Partner, feature};
use support::town::Town;
use wire::view::View;

use crate::views::{city, spread};

#[tokio::test]
async fn after_an_absence_only_what_changed_comes() {
    for encoding in [Encoding::Json, Encoding::Bin] {
        let town = Town::start().await;
        let partner = town.dispatch().await;
        partner.report(&spread("a", 1_400)).await;
        let mut client = town.live(&partner, encoding).await;
        client.settle(&city(14.0)).await;
        let (snapshot, model) = (client.bytes, client.lose());
        let receipt = partner.report(&spread("b", 3)).await;
        town.pass(Duration::from_secs(30));
        let dial = Dial::partner(&partner).encoding(encoding).resume(model.cursor.clone());
        let mut client = dial.connect().await.holding(model);
        let cursor = client.model.cursor.clone();
        client.look(&city(14.0)).await;
        client.model.cursor = cursor;
        client.caught_up(receipt.seq).await;
        assert_eq!(client.model.resets, Vec::new());
        assert_eq!(client.model.shown(), 1_403);
        assert!(client.bytes * 10 <= snapshot, "{} of {snapshot} bytes", client.bytes);
    }
}

#[tokio::test]
async fn a_restart_in_between_loses_and_doubles_nothing_and_costs_no_reset() {
    let mut town = Town::start().await;
    let partner = town.dispatch().await;
    partner.report(&spread("a", 700)).await;
    let view = View { newest: 100, ..city(13.0) };
    let mut client = town.live(&partner, Encoding::Bin).await;
    client.settle(&view).await;
    client.until("the list", |model| model.reports.len() == 100).await;
    client.caught_up(700).await;
    let model = client.lose();
    partner.report(&spread("b", 5)).await;
    town.kill_and_restart().await;
    town.pass(Duration::from_secs(20));
    let receipt = partner.report(&spread("c", 5)).await;
    let dial = Dial::partner(&partner).encoding(Encoding::Bin).resume(model.cursor.clone());
    let mut client = dial.connect().await.holding(model);
    client.look(&view).await;
    client.caught_up(receipt.seq).await;
    client.until("the list", |model| model.reports.len() == 110).await;
    assert_eq!(client.model.resets, Vec::new());
    let mut fresh = town.live(&partner, Encoding::Bin).await;
    fresh.settle(&view).await;
    assert!(client.model.tiles == fresh.model.tiles, "the tiles differ");
    assert_eq!(client.model.totals, fresh.model.totals);
    assert_eq!(client.model.shown(), 710);
}

#[tokio::test]
async fn a_cursor_that_cannot_be_served_is_told_so_and_a_snapshot_follows() {
    let town = Town::with(|config| config.limits.live_records_max = 100).await;
    let partner = town.dispatch().await;
    let receipt = partner.report(&spread("a", 300)).await;
    // Three hundred changes overrun a ring of a hundred: a session that came before they are told would be reset again.
    let mut witness = town.live(&partner, Encoding::Bin).await;
    witness.look(&city(12.0)).await;
    witness.caught_up(receipt.seq).await;
    for (epoch, seq, reason) in [
        ("another", 5, "epoch"),
        (&*receipt.epoch, 3, "too-old"),
        (&*receipt.epoch, 5_000, "ahead"),
    ] {
        let dial = Dial::partner(&partner).resume(Some((epoch.to_owned(), seq)));
        let mut client = dial.connect().await;
        client.settle(&city(12.0)).await;
        let reasons: Vec<&str> =
            client.model.resets.iter().map(|reset| reset.reason.as_str()).collect();
        assert_eq!(reasons, [reason]);
        assert_eq!(client.model.resets[0].epoch, receipt.epoch);
        assert_eq!(client.model.shown(), 300);
    }
}

/// Lost at random moments, also in the middle of a snapshot, a client ends with what a fresh one is sent.
#[tokio::test]
async fn a_client_lost_at_random_moments_misses_nothing() {
    let seed: u64 = std::env::var("TALAIA_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| rand::rng().random());
    println!("TALAIA_SEED={seed}");
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let town = Town::with(|config| {
        config.limits.live_flush_ms = 5;
        config.limits.requests_per_s = 10_000;
    })
    .await;
    let partner = town.dispatch().await;
    partner.report(&spread("a", 300)).await;
    let view = city(13.0);
    let mut held = Model::default();
    let mut last = 0;
    for round in 0..40_u32 {
        let encoding = [Encoding::Json, Encoding::Bin][chance.random_range(0..2)];
        let dial = Dial::partner(&partner).encoding(encoding).resume(held.cursor.clone());
        // Without a cursor nothing that is held can be trusted.
        let model = if held.cursor.is_some() { held } else { Model::default() };
        let mut client = dial.connect().await.holding(model);
        let cursor = client.model.cursor.clone();
        client.look(&view).await;
        client.model.cursor = cursor;
        for i in 0..chance.random_range(0..4) {
            let (east, north) =
                (chance.random_range(2.06..2.22), chance.random_range(41.33..41.46));
            let id = format!("r-{}", chance.random_range(0..60));
            let mut report = feature(&id, east, north, "flood", "Minor");
            report["properties"]["text"] = format!("version {round}.{i}").into();
            town.pass(Duration::from_secs(1));
            let body = report.to_string();
            let answer = partner.post("/api/v1/reports", support::partner::GEOJSON, body).await;
            last = answer.expect_status(201).receipt().seq;
        }
        for _ in 0..chance.random_range(1..25) {
            let soon = tokio::time::timeout(Duration::from_millis(20), client.next());
            if soon.await.is_err() {
                break;
            }
        }
        held = client.lose();
    }
    let dial = Dial::partner(&partner).resume(held.cursor.clone());
    let model = if held.cursor.is_some() { held } else { Model::default() };
    let mut client = dial.connect().await.holding(model);
    client.look(&view).await;
    client.caught_up(last).await;
    let mut fresh = town.live(&partner, Encoding::Json).await;
    fresh.settle(&view).await;
    fresh.caught_up(last).await;
    assert!(client.model.tiles == fresh.model.tiles, "the tiles differ, TALAIA_SEED={seed}");
    assert_eq!(client.model.totals, fresh.model.totals, "TALAIA_SEED={seed}");
}

/// Bounded in bytes: what falls out of the memory is answered with a reset, and what is in it without a gap.
#[tokio::test]
async fn a_memory_that_is_full_in_bytes_says_too_old_and_never_leaves_a_gap() {
    const BYTES: u64 = 4_800;
    let dir = tempfile::tempdir().expect("a directory");
    let server =
        Binary::start(dir.path(), &["--set", &format!("limits.live_ring_bytes_max={BYTES}")]);
    let key = server.command(&["partner", "add", "112", "--scope", "reports,read"]);
    let partner = Partner::new(&server.base, &key);
    let mut away = Dial::partner(&partner).connect().await;
    away.settle(&city(12.0)).await;
    let away = away.lose();
    let receipt = partner.report(&spread("a", 300)).await;
    let mut witness = Dial::partner(&partner).connect().await;
    witness.settle(&city(12.0)).await;
    witness.caught_up(receipt.seq).await;
    let near = witness.lose();
    // Fewer than the memory holds.
    let receipt = partner.report(&spread("b", 20)).await;
    let mut fresh = Dial::partner(&partner).connect().await;
    fresh.settle(&city(12.0)).await;
    fresh.caught_up(receipt.seq).await;
    for (model, reasons) in [(away, vec!["too-old"]), (near, vec![])] {
        let dial = Dial::partner(&partner).resume(model.cursor.clone());
        let mut client = dial.connect().await.holding(model);
        client.look(&city(12.0)).await;
        client.caught_up(receipt.seq).await;
        let told: Vec<&str> =
            client.model.resets.iter().map(|reset| reset.reason.as_str()).collect();
        assert_eq!(told, reasons);
        assert!(client.model.tiles == fresh.model.tiles, "the tiles differ: {reasons:?}");
        assert_eq!(client.model.totals, fresh.model.totals);
    }
    let metrics = partner.ask("/metrics").await.expect_status(200).body;
    let gauge = |name: &str| -> u64 {
        let start = format!("{name}{{mode=\"live\"}} ");
        let value = metrics.lines().find_map(|line| line.strip_prefix(&start));
        value.and_then(|value| value.parse().ok()).expect("a gauge")
    };
    let (bytes, records) = (gauge("talaia_live_ring_bytes"), gauge("talaia_live_ring_records"));
    assert!(bytes <= BYTES, "{bytes} of {BYTES}");
    assert!((20..320).contains(&records), "{records} records in {bytes} bytes");
}
