//! Acknowledged means on disk: over thousands of acknowledgements a trace of the system calls shows none that left
//! before the sync that follows its row. The same check on `synchronous=NORMAL` must fail.

use std::collections::HashMap;
use std::io::BufReader;

use serde_json::json;
use support::partner::NDJSON;

use crate::record::{keep, sized};
use crate::server::{Server, Start, everything, lines};
use crate::trace::{Judged, arguments, judge};

/// Requests under way at once: groups form, as they do in a real storm.
const AT_ONCE: u64 = 16;

async fn traced(n_acks: u64, env: Vec<(&'static str, &'static str)>) -> Judged {
    let dir = tempfile::tempdir().expect("a directory");
    let trace = dir.path().join("trace");
    let server = Server::start(
        dir.path(),
        Start { strace: Some(arguments(&trace)), env, ..Start::default() },
    )
    .await;
    let partner = server.partner("w");
    let each = n_acks.div_ceil(AT_ONCE);
    let senders: Vec<_> = (0..AT_ONCE)
        .map(|sender| {
            let partner = partner.clone();
            tokio::spawn(async move {
                for n in 0..each {
                    let body = lines(&format!("s{sender}"), n, 1);
                    partner.post("/api/v1/reports", NDJSON, body).await.expect_status(201);
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.expect("a sender");
    }
    let rows: HashMap<[u8; 16], u64> = everything(&partner)
        .await
        .iter()
        .map(|feature| {
            let id = feature["id"].as_str().and_then(|id| u128::from_str_radix(id, 16).ok());
            let seq = feature["properties"]["seq"].as_u64().expect("a seq");
            (id.expect("an id").to_be_bytes(), seq)
        })
        .collect();
    assert_eq!(rows.len() as u64, each * AT_ONCE);
    assert!(server.stop().success(), "an orderly end");
    let file = std::fs::File::open(&trace).expect("a trace");
    judge(BufReader::with_capacity(1 << 20, file), &rows)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ack_order_no_acknowledgement_leaves_before_the_sync_of_its_row() {
    let n_acks = sized(10_000, 320);
    let full = traced(n_acks, Vec::new()).await;
    assert_eq!((full.acks, full.early, full.unseen), (n_acks, 0, 0), "{full:?}");
    assert!(full.syncs > 0, "{full:?}");
    // The control: without syncs the same check must fail, or it proves nothing.
    let normal = traced(sized(1_000, 320), vec![("TALAIA_TEST_SYNCHRONOUS", "normal")]).await;
    assert_eq!(normal.unseen, 0, "{normal:?}");
    assert!(normal.early > 0, "the check does not see a server that does not sync: {normal:?}");
    keep(
        "ack_order",
        &json!({
            "acknowledgements": full.acks, "syncs": full.syncs, "early": full.early,
            "control_synchronous_normal":
                {"acknowledgements": normal.acks, "syncs": normal.syncs, "early": normal.early},
        }),
    );
}
