//! Clients made of bytes, each broken in its own way: each gets the end it deserves, and the server is as it was before.

use rand::{Rng, SeedableRng};
use support::binary::Binary;
use support::live::{Dial, Encoding};
use support::partner::Partner;
use support::raw::{Ended, Raw, request, written};
use support::town::Town;
use support::wait;

use crate::live_raw_frames::{Case, Want, all};
use crate::views::{city, spread};

/// Frames, not doors: `live_raw_door.rs` has those.
const N_CASES_MIN: usize = 75;

/// An open websocket.
async fn opened(address: &str, key: &str) -> Raw {
    let mut raw = Raw::connect(address).await;
    raw.send(&written("GET /live HTTP/1.1", &request(address, key))).await;
    let answer = raw.answer().await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    raw
}

/// A town that lets in as many as come.
async fn roomy() -> Town {
    Town::with(|config| {
        config.limits.requests_per_s = 10_000;
        config.limits.live_joins_per_s = 10_000;
    })
    .await
}

async fn play(address: &str, key: &str, case: &Case) {
    let name = &case.name;
    let mut raw = opened(address, key).await;
    raw.send(&case.bytes).await;
    if case.ends {
        raw.end().await;
    }
    if case.want == Want::Lives {
        assert!(raw.lives(b"still there?").await, "{name}: not alive");
        return;
    }
    let ended = raw.ended().await;
    let deserved = match (case.want, &ended) {
        (Want::Refused, Ended::Closed(Some(4400), reason)) => reason.starts_with("bad_request: "),
        (Want::Answered(code), Ended::Closed(said, _)) => *said == code,
        (Want::Dropped, Ended::Dropped) => true,
        _ => false,
    };
    assert!(deserved, "{name}: {ended:?}, not {:?}", case.want);
}

#[tokio::test]
async fn each_broken_frame_has_its_own_end_and_a_good_client_beside_it_goes_on() {
    let cases = all();
    assert!(cases.len() >= N_CASES_MIN, "{} cases", cases.len());
    let town = roomy().await;
    let partner = town.dispatch().await;
    let address = town.base.trim_start_matches("http://").to_owned();
    let mut healthy = town.live(&partner, Encoding::Bin).await;
    healthy.settle(&city(12.0)).await;
    for (n, case) in cases.iter().enumerate() {
        play(&address, &partner.key, case).await;
        if n.is_multiple_of(25) {
            let receipt = partner.report(&spread(&format!("r{n}"), 5)).await;
            healthy.caught_up(receipt.seq).await;
        }
    }
    wait::until("only the good client is left", || async {
        (town.app().hub.n_sessions() == 1).then_some(())
    })
    .await;
    assert_eq!(healthy.closed, None);
}

/// Streams of dice after the upgrade, then silence: whatever they say, they end.
#[tokio::test]
async fn no_bytes_at_all_bring_a_session_down_with_more_than_itself() {
    let seed = rand::rng().random();
    println!("seed {seed}");
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let town = roomy().await;
    let partner = town.dispatch().await;
    let address = town.base.trim_start_matches("http://").to_owned();
    for _ in 0..100 {
        let mut bytes = vec![0; dice.random_range(1..2_000)];
        dice.fill(bytes.as_mut_slice());
        let mut raw = opened(&address, &partner.key).await;
        raw.send(&bytes).await;
        raw.end().await;
        // With a close or without: dice decide that too.
        drop(raw.ended().await);
    }
    town.live(&partner, Encoding::Json).await.settle(&city(12.0)).await;
}

/// Kilobytes of the process in memory.
fn resident_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

async fn n_sessions(partner: &Partner) -> String {
    let metrics = partner.ask("/metrics").await.expect_status(200).body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("talaia_live_sessions "));
    line.unwrap_or("none").to_owned()
}

/// Growth that is no leak: a session that stayed would hold some 20 kB, and there are hundreds.
const GROWTH_KB_MAX: u64 = 4 << 10;

#[tokio::test]
async fn after_hundreds_of_broken_clients_the_server_holds_what_it_held() {
    let dir = tempfile::tempdir().expect("a directory");
    let lifted = ["limits.requests_per_s=10000", "limits.live_joins_per_s=10000"];
    let server = Binary::start(dir.path(), &["--set", lifted[0], "--set", lifted[1]]);
    let key = server.command(&["partner", "add", "112", "--scope", "reports,read"]);
    let partner = Partner::new(&server.base, &key);
    let address = server.base.trim_start_matches("http://").to_owned();
    let cases = all();
    let round = || async {
        for case in &cases {
            play(&address, &key, case).await;
        }
        wait::until("nobody is left", || async {
            (n_sessions(&partner).await == "0").then_some(())
        })
        .await;
    };
    // The first rounds fill caches and the allocator's pools.
    round().await;
    round().await;
    let before = resident_kb(server.pid());
    for _ in 0..4 {
        round().await;
    }
    let after = resident_kb(server.pid());
    println!("resident: {before} kB before, {after} kB after {} clients", 4 * cases.len());
    assert!(after < before + GROWTH_KB_MAX, "{before} kB, then {after} kB");
    Dial::partner(&partner).connect().await.settle(&city(12.0)).await;
}
