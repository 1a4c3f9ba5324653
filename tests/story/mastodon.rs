//! Statuses of a Mastodon server: told by its stream, and asked for by number where nobody listened.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::source::SourceConfig;
use support::mastodon::{Mastodon, TOKEN};
use support::operator::Operator;
use support::town::Town;
use support::wait::until;

const PLACES: &str = "\
id,name,alternates,kind,lng,lat,radius_m,population,parent
bcn,Barcelona,,city,2.159,41.389,10000,1620343,
";

async fn texts(person: &Operator) -> Vec<String> {
    let list = person.ask("/api/v1/reports?limit=100").await.expect_status(200).json();
    let features = list["features"].as_array().cloned().unwrap_or_default();
    let text = |one: &Value| one["properties"]["text"].as_str().map(str::to_owned);
    let mut texts: Vec<String> = features.iter().filter_map(text).collect();
    texts.sort();
    texts
}

async fn held(person: &Operator, wanted: &[&str]) {
    until("they are held", async || (texts(person).await == wanted).then_some(())).await;
}

#[tokio::test]
async fn statuses_come_by_the_stream_and_those_that_were_missed_by_their_numbers() {
    let dir = tempfile::tempdir().expect("a directory");
    let network = Mastodon::start().await;
    let token = dir.path().join("token");
    std::fs::write(&token, TOKEN).expect("written");
    let source = SourceConfig {
        allow_private: true,
        password_file: Some(token),
        tags: vec!["dana".to_owned()],
        ..SourceConfig::new("mastodon", network.url.clone())
    };
    let mut town = Town::with(|config| config.sources = vec![source]).await;
    let (store, now) = (town.app().store.clone(), town.clock.now());
    server::gazette::import(&store, now, PLACES.as_bytes()).await.expect("places");
    town.restart().await;
    let (anna, biel) = (town.duty_officer().await, town.signed_in("biel", "duty-officer").await);
    let wish = json!({"kind": "once", "purpose": "flood", "authority": "112", "basis": "a law",
        "area": [1.9, 41.2, 2.3, 41.5], "words": ["aigua"], "to": now.plus_ms(86_400_000)});
    anna.send(Method::POST, "/api/v1/operations", Some(wish.to_string())).await.expect_status(201);
    assert_eq!(network.listeners(), 0, "nobody listens without an operation");
    biel.send(Method::POST, "/api/v1/operations/1/approve", None).await.expect_status(200);
    until("it is listened to", async || (network.listeners() == 1).then_some(())).await;

    town.pass(Duration::from_secs(10));
    let number = |n: u64| ((town.clock.now().0 as u64) << 16) + n;
    let (one, two, three) = (number(1), number(2), number(3));
    network.publish(one, "<p>Aigua a <b>Barcelona</b> 1</p>");
    network.publish(two, "<p>Sol a Barcelona</p>");
    held(&anna, &["Aigua a Barcelona 1"]).await;

    // While nobody listens: what is said is asked for afterwards, from the last number on disk.
    town.kill().await;
    network.publish(three, "<p>Aigua a Barcelona 2</p>");
    town.run().await;
    held(&anna, &["Aigua a Barcelona 1", "Aigua a Barcelona 2"]).await;
    let asked = network.asked();
    assert!(asked.iter().any(|from| *from == one || *from == two), "{asked:?}");
    until("it is listened to again", async || (network.listeners() == 2).then_some(())).await;
    network.withdraw(one);
    held(&anna, &["Aigua a Barcelona 2"]).await;
    network.drop_all();
    until("and again", async || (network.listeners() >= 3).then_some(())).await;
    held(&anna, &["Aigua a Barcelona 2"]).await;
}
