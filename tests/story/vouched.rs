//! A mailbox and a network's stream over TLS: heard where their certificate is to be trusted, and else told why not, with the host and what
//! to do.

use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Value, json};
use server::source::SourceConfig;
use server::source::mail::NoticeRule;
use support::authority::Authority;
use support::imap::{Mailbox, PASSWORD, USER};
use support::jetstream::{Jetstream, post};
use support::operator::Operator;
use support::town::Town;
use support::wait::until;
use wire::grade::{Hazard, Severity};

const PLACES: &str = "\
id,name,alternates,kind,lng,lat,radius_m,population,parent
bcn,Barcelona,,city,2.159,41.389,10000,1620343,
cat,Plaça de Catalunya,,poi,2.170,41.387,150,0,bcn
";

/// A room that hears this source, with an operation that covers it.
async fn room(source: SourceConfig) -> (Town, Operator) {
    let mut town = Town::with(|config| config.sources = vec![source]).await;
    let (store, now) = (town.app().store.clone(), town.clock.now());
    server::gazette::import(&store, now, PLACES.as_bytes()).await.expect("places");
    town.restart().await;
    let (anna, biel) = (town.duty_officer().await, town.signed_in("biel", "duty-officer").await);
    let wish = json!({"kind": "once", "purpose": "flood", "authority": "Protecció Civil", "basis": "Llei 4/1997",
        "area": [1.9, 41.2, 2.3, 41.5], "words": ["aigua"], "to": town.clock.now().plus_ms(86_400_000)});
    let path = "/api/v1/operations";
    anna.send(Method::POST, path, Some(wish.to_string())).await.expect_status(201);
    biel.send(Method::POST, &format!("{path}/1/approve"), None).await.expect_status(200);
    (town, anna)
}

/// A mailbox that is read at this address.
fn mailbox(url: &str, dir: &Path, ca_file: Option<PathBuf>) -> SourceConfig {
    let secret = dir.join("mail.password");
    std::fs::write(&secret, format!("{PASSWORD}\n")).expect("written");
    let rule = NoticeRule {
        from: "*@chj.example".to_owned(),
        subject: "*".to_owned(),
        hazard: Hazard::Flood,
        severity: Severity::Severe,
        rings: None,
        place: None,
        lng: None,
        lat: None,
        radius_m: 0,
    };
    SourceConfig {
        name: Some("line".to_owned()),
        user: Some(USER.to_owned()),
        password_file: Some(secret),
        allow_private: true,
        interval_s: 1,
        notices: vec![rule],
        ca_file,
        ..SourceConfig::new("mail", url)
    }
}

/// A stream that is listened to at this address.
fn stream(url: &str, ca_file: Option<PathBuf>) -> SourceConfig {
    SourceConfig {
        name: Some("line".to_owned()),
        allow_private: true,
        ca_file,
        ..SourceConfig::new("jetstream", url)
    }
}

async fn the_source(person: &Operator) -> Value {
    let list = person.ask("/api/v1/sources").await.expect_status(200).json();
    let sources = list["sources"].as_array().cloned().unwrap_or_default();
    sources.into_iter().find(|one| one["id"] == "feed:line").unwrap_or_default()
}

/// Why the source is broken, once it says so in these words.
async fn broken(person: &Operator, words: &str) -> String {
    until(words, async || {
        let source = the_source(person).await;
        let why = source["reason"].as_str().unwrap_or_default();
        (source["status"] == "broken" && why.contains(words)).then(|| why.to_owned())
    })
    .await
}

async fn accepted(person: &Operator, n: u64) {
    until("what it says", async || {
        (the_source(person).await["ledger"]["accepted"] == n).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_over_tls_is_read_with_its_authority_and_no_password_goes_to_another() {
    let dir = tempfile::tempdir().expect("a directory");
    let (city, other) = (Authority::new(), Authority::new());
    let letters = Mailbox::start(true).await;
    let url = city.front(&letters.url).await.replace("https://", "imaps://");

    // By the system's certificates nobody vouches for it.
    let (_town, anna) = room(mailbox(&url, dir.path(), None)).await;
    let why = broken(&anna, "is not to be trusted").await;
    assert!(why.contains("127.0.0.1") && why.contains("UnknownIssuer"), "{why}");
    assert!(why.contains("name its authority's file in ca_file"), "{why}");

    // The file of another authority, and then its own, while we run.
    let file = dir.path().join("city-ca.pem");
    std::fs::copy(other.file("ca.pem"), &file).expect("a file");
    let (town, anna) = room(mailbox(&url, dir.path(), Some(file.clone()))).await;
    let why = broken(&anna, "is not to be trusted").await;
    assert!(
        why.contains("127.0.0.1") && why.contains("city-ca.pem is not of the authority"),
        "{why}"
    );
    assert_eq!(letters.asked(), Vec::<String>::new(), "nothing was said to a stranger");
    std::fs::copy(city.file("ca.pem"), &file).expect("a file");
    until("it waits for mail", async || {
        letters.asked().iter().any(|asked| asked == "IDLE").then_some(())
    })
    .await;
    letters.deliver(
        "28-Nov-2026 10:00:00 +0000",
        &format!("From: <saih@chj.example>\nTo: <{USER}>\nSubject: flow\nMessage-ID: <1@chj.example>\n\n1,600 m3/s\n"),
    );
    accepted(&anna, 1).await;
    drop(town);
}

#[tokio::test]
async fn a_mailbox_whose_certificate_is_made_out_to_another_host_is_told_by_both_names() {
    let dir = tempfile::tempdir().expect("a directory");
    let city = Authority::new();
    let letters = Mailbox::start(true).await;
    let url = city.misnamed_front(&letters.url).await.replace("https://", "imaps://");
    let (_town, anna) = room(mailbox(&url, dir.path(), Some(city.file("ca.pem")))).await;
    let why = broken(&anna, "is made out to").await;
    assert!(why.contains("the certificate of 127.0.0.1 is made out to elsewhere.example"), "{why}");
    assert!(why.contains("have it made out to 127.0.0.1"), "{why}");
    assert_eq!(letters.asked(), Vec::<String>::new(), "nothing was said to a stranger");
}

#[tokio::test]
async fn a_stream_over_tls_is_heard_with_its_authority_and_not_without() {
    let dir = tempfile::tempdir().expect("a directory");
    let (city, other) = (Authority::new(), Authority::new());
    let network = Jetstream::start().await;
    let url = format!("{}/subscribe", city.front(&network.url).await.replace("https://", "wss://"));

    let (_town, anna) = room(stream(&url, None)).await;
    let why = broken(&anna, "is not to be trusted").await;
    assert!(why.contains("127.0.0.1") && why.contains("UnknownIssuer"), "{why}");
    assert!(why.contains("name its authority's file in ca_file"), "{why}");

    let file = dir.path().join("city-ca.pem");
    std::fs::copy(other.file("ca.pem"), &file).expect("a file");
    let (town, anna) = room(stream(&url, Some(file.clone()))).await;
    let why = broken(&anna, "is not to be trusted").await;
    assert!(
        why.contains("127.0.0.1") && why.contains("city-ca.pem is not of the authority"),
        "{why}"
    );
    assert_eq!(network.asked(), Vec::<String>::new(), "nobody listened");
    std::fs::copy(city.file("ca.pem"), &file).expect("a file");
    until("it is listened to", async || (!network.asked().is_empty()).then_some(())).await;
    let now = town.clock.now().0 * 1_000;
    network
        .say(now, post("did:plc:a", "1", now, "Molta aigua a la plaça de Catalunya de Barcelona"));
    accepted(&anna, 1).await;
}

#[tokio::test]
async fn a_stream_whose_certificate_is_made_out_to_another_host_is_told_by_both_names() {
    let city = Authority::new();
    let network = Jetstream::start().await;
    let front = city.misnamed_front(&network.url).await.replace("https://", "wss://");
    let (_town, anna) =
        room(stream(&format!("{front}/subscribe"), Some(city.file("ca.pem")))).await;
    let why = broken(&anna, "is made out to").await;
    assert!(why.contains("the certificate of 127.0.0.1 is made out to elsewhere.example"), "{why}");
    assert!(why.contains("have it made out to 127.0.0.1"), "{why}");
    assert_eq!(network.asked(), Vec::<String>::new(), "nobody listened");
}
