//! A third of a second of Bluesky as its stream told it, against what another reader made of the same lines.
//!
//! `golden/jetstream.tsv` has a line for each event of a post: what it is, its address, the digest of its text, the moment and the
//! language. It was written with Python's own readers by the rules of `docs/sources.md`, and not with ours.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::source::SourceConfig;
use server::source::social::{Told, told};
use sha2::{Digest as _, Sha256};
use support::jetstream::Jetstream;
use support::town::Town;
use support::wait::until;

const GOLDEN: &str = include_str!("golden/jetstream.tsv");

fn line(told: Told) -> Option<String> {
    match told {
        Told::Said { name, text, at, lang } => {
            let digest = Sha256::digest(text);
            let digest: Vec<String> =
                digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
            let digest = digest.concat();
            Some(format!("said\t{name}\t{digest}\t{}\t{}", at.0, lang.unwrap_or_default()))
        }
        Told::Withdrawn(name) => Some(format!("withdrawn\t{name}\t\t\t")),
        Told::Refused(reason) => Some(format!("{reason}\t\t\t\t")),
        Told::Nothing => None,
    }
}

#[tokio::test]
async fn every_post_of_the_capture_is_read_as_another_reader_did_and_none_is_kept_that_no_operation_covers()
 {
    let Some(file) = crate::recording("bluesky-jetstream/expected_v1.jsonl") else { return };
    let capture = std::fs::read_to_string(file).expect("readable");
    let ours: Vec<String> = capture.lines().filter_map(|event| line(told(event))).collect();
    let golden: Vec<&str> = GOLDEN.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(ours, golden);
    assert_eq!(golden.len(), 18);

    // The same through the whole road, under an operation that looks for other words.
    let stream = Jetstream::start().await;
    let source =
        SourceConfig { allow_private: true, ..SourceConfig::new("jetstream", stream.url.clone()) };
    let town = Town::with(|config| config.sources = vec![source]).await;
    let (anna, biel) = (town.duty_officer().await, town.signed_in("biel", "duty-officer").await);
    let wish = json!({"kind": "once", "purpose": "a capture", "authority": "112", "basis": "a test",
        "area": [1.9, 41.2, 2.3, 41.5], "words": ["inundació"], "to": town.clock.now().plus_ms(3_600_000)});
    anna.send(Method::POST, "/api/v1/operations", Some(wish.to_string())).await.expect_status(201);
    biel.send(Method::POST, "/api/v1/operations/1/approve", None).await.expect_status(200);
    until("it is listened to", async || (!stream.asked().is_empty()).then_some(())).await;
    town.pass(Duration::from_secs(1));
    // Told today, or the network would be asked for nothing of it.
    let now = town.clock.now().0 * 1_000;
    for event in capture.lines() {
        let mut event: Value = serde_json::from_str(event).expect("JSON");
        event["time_us"] = json!(now);
        stream.say(now, event.to_string());
    }
    let told = until("all are received", async || {
        let list = anna.ask("/api/v1/sources").await.expect_status(200).json();
        let ledger = list["sources"][0]["ledger"].clone();
        (ledger["received"] == 17).then_some(ledger)
    })
    .await;
    assert_eq!(told["rejected"], json!({"other_words": 16, "nothing_said": 1}));
    assert_eq!(told["accepted"], 0);
}
