//! Clients made of bytes, each broken in its own way: each gets the end it deserves, and the server is as it was before.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use support::binary::Binary;
use support::live::{Dial, Encoding};
use support::partner::Partner;
use support::raw::{CLOSE, Ended, FIN, Raw, goodbye, request, unmasked, written};
use support::town::Town;
use support::wait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::live_raw_frames::{Case, Want, frames};
use crate::live_raw_words::words;
use crate::views::{city, spread};

/// Frames and what is said in them, not doors: `live_raw_door.rs` has those.
const N_CASES_MIN: usize = 75;

/// Shorter than the silence after which the server takes a client for dead: that is no end of the case's own.
const IN_TIME: Duration = Duration::from_secs(20);

fn all() -> Vec<Case> {
    [frames(), words()].concat()
}

/// An open websocket.
async fn opened(address: &str, key: &str, compact: bool) -> Raw {
    let mut headers = request(address, key);
    if compact {
        headers.push(("Sec-WebSocket-Protocol", "talaia.v1.bin".to_owned()));
    }
    let mut raw = Raw::connect(address).await;
    raw.send(&written("GET /live HTTP/1.1", &headers)).await;
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

/// Plays a case; what the server did if it was not what the case deserves.
async fn played(address: &str, key: &str, case: &Case) -> Result<(), String> {
    let mut raw = opened(address, key, case.compact).await;
    raw.send(&case.bytes).await;
    if case.ends {
        raw.end().await;
    }
    if case.want == Want::Lives {
        let lives = raw.lives(b"still there?").await;
        return if lives { Ok(()) } else { Err(format!("{}: not alive", case.name)) };
    }
    let ended = raw.ended().await;
    let deserved = match (case.want, &ended) {
        (Want::Refused, Ended::Closed(Some(4400), reason)) => reason.starts_with("bad_request: "),
        (Want::Forbidden, Ended::Closed(Some(4403), reason)) => reason.starts_with("forbidden: "),
        (Want::Answered(code), Ended::Closed(said, _)) => *said == code,
        (Want::Dropped, Ended::Dropped) => true,
        _ => false,
    };
    let otherwise = || format!("{}: {ended:?}, not {:?}", case.name, case.want);
    if deserved { Ok(()) } else { Err(otherwise()) }
}

/// As [`played`], and right away: a case that deserves an end and gets none is not waited for until the server's pings are.
async fn play(address: &str, key: &str, case: &Case) {
    let played = timeout(IN_TIME, played(address, key, case)).await;
    assert_eq!(played.unwrap_or_else(|_late| Err(format!("{}: no end", case.name))), Ok(()));
}

/// The names are what tells cases apart, so they must differ; so must what is sent.
#[test]
fn no_case_is_there_twice() {
    let (mut names, mut sent) = (BTreeSet::new(), BTreeSet::new());
    for case in all() {
        assert!(names.insert(case.name.clone()), "twice: {}", case.name);
        assert!(sent.insert((case.bytes, case.ends, case.compact)), "the same: {}", case.name);
    }
    assert!(names.len() >= N_CASES_MIN, "{} cases", names.len());
    println!("{} cases", names.len());
}

/// Says yes to everybody, and does the same whatever is sent: drops the line, or closes it with 4400.
async fn same_for_all(listener: TcpListener, closes: bool) {
    loop {
        let (mut stream, _) = listener.accept().await.expect("a client");
        tokio::spawn(async move {
            let mut bytes = [0; 4 << 10];
            drop(stream.read(&mut bytes).await);
            drop(stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").await);
            drop(stream.read(&mut bytes).await);
            if closes {
                let reason = goodbye(4400, b"bad_request: all");
                drop(stream.write_all(&unmasked(FIN | CLOSE, &reason)).await);
            }
            drop(stream.shutdown().await);
            // To the end, so that what was said is not lost with what was not read.
            while stream.read(&mut bytes).await.is_ok_and(|n| n > 0) {}
        });
    }
}

/// The control: of two servers that do the same whatever comes, each is found out by every case that deserves another end.
#[tokio::test]
async fn a_server_that_treats_all_alike_is_found_out() {
    for (closes, right) in [(false, Want::Dropped), (true, Want::Refused)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let serving = tokio::spawn(same_for_all(listener, closes));
        for case in all() {
            let found_out = played(&address, "any", &case).await.is_err();
            assert_eq!(found_out, case.want != right, "{}", case.name);
        }
        serving.abort();
    }
}

#[tokio::test]
async fn each_broken_frame_has_its_own_end_and_a_good_client_beside_it_goes_on() {
    let cases = all();
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
        let mut raw = opened(&address, &partner.key, dice.random()).await;
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
