//! Disks that fail. A sync that fails is fatal: nothing is acknowledged on it, the process ends with an error, and the
//! next start is clean. A full disk is not: it is said, nothing is stored, and work goes on when there is space.

use serde_json::json;
use support::partner::{NDJSON, Partner};

use crate::record::{keep, sized};
use crate::server::{Server, Start, everything, lines};

fn inject(what: &str) -> Vec<String> {
    let call = what.split(':').next().unwrap_or_default();
    [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &format!("trace={call}"),
        "-e",
        &format!("inject={what}"),
    ]
    .into_iter()
    .map(str::to_owned)
    .collect()
}

/// Ids acknowledged while posting `n` reports one by one; stops at the first failure to answer.
async fn push(partner: &Partner, from: u64, n: u64) -> (Vec<String>, Vec<u16>) {
    let client = support::http_client();
    let (mut acked, mut refused) = (Vec::new(), Vec::new());
    for id in from..from + n {
        let sent = client
            .post(format!("{}/api/v1/reports", partner.base))
            .header("authorization", format!("Bearer {}", partner.key))
            .header("content-type", NDJSON)
            .body(lines("d", id, 1))
            .send()
            .await;
        match sent.map(|answer| answer.status().as_u16()) {
            Ok(201) => acked.push(format!("d-{id}")),
            Ok(status) => refused.push(status),
            Err(_gone) => break,
        }
    }
    (acked, refused)
}

async fn held(partner: &Partner) -> Vec<String> {
    let mut all: Vec<String> = everything(partner)
        .await
        .iter()
        .map(|feature| feature["properties"]["source_id"].as_str().unwrap_or("?").to_owned())
        .collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sync_errors_end_the_server_and_the_next_start_is_clean() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path(), Start::default()).await;
    let key = server.partner("d").key;
    assert!(server.stop().success());
    let ks = sized(50, 3);
    let mut all_acked: Vec<String> = Vec::new();
    for k in 1..=ks {
        // SQLite may sync by either call; the thread's k-th sync fails and so do all that follow.
        let strace = Some(inject(&format!("fdatasync,fsync:error=EIO:when={}+", k + 1)));
        let Ok(mut server) =
            Server::try_start(dir.path(), Start { strace, ..Start::default() }).await
        else {
            // It failed while starting: that is an end with an error too.
            continue;
        };
        let partner = Partner::new(&server.base, &key);
        let (acked, _) = push(&partner, k * 1_000, 500).await;
        assert!(acked.len() < 500, "k = {k}: the sync never failed");
        let status = server.wait();
        assert!(!status.success(), "k = {k}: ended as if all were well");
        all_acked.extend(acked);
        let server = Server::start(dir.path(), Start::default()).await;
        let held = held(&Partner::new(&server.base, &key)).await;
        for id in &all_acked {
            assert!(held.contains(id), "k = {k}: {id} was acknowledged and is gone");
        }
        assert!(server.stop().success(), "k = {k}: the start after it is not clean");
    }
    keep("sync_errors", &json!({"failed_syncs": ks, "acknowledged": all_acked.len(), "lost": 0}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disk_full_is_said_stores_nothing_and_passes() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path(), Start::default()).await;
    let key = server.partner("d").key;
    assert!(server.stop().success());
    // The thread's writes 60 to 260 find no space.
    let strace = Some(inject("pwrite64:error=ENOSPC:when=60..260"));
    let server = Server::start(dir.path(), Start { strace, ..Start::default() }).await;
    let partner = Partner::new(&server.base, &key);
    let (acked, refused) = push(&partner, 0, 400).await;
    assert!(!refused.is_empty(), "the disk was never full");
    assert!(refused.iter().all(|status| *status == 507), "{refused:?}\n{}", server.log());
    assert_eq!(acked.len() + refused.len(), 400, "it ended:\n{}", server.log());
    assert_eq!(acked.last().map(String::as_str), Some("d-399"), "it did not pass");
    let mut wanted = acked.clone();
    wanted.sort();
    assert_eq!(held(&partner).await, wanted);
    server.kill();
    let server = Server::start(dir.path(), Start::default()).await;
    assert_eq!(held(&Partner::new(&server.base, &key)).await, wanted, "after a restart");
    keep(
        "disk_full",
        &json!({"acknowledged": acked.len(), "refused_507": refused.len(), "lost": 0}),
    );
}
