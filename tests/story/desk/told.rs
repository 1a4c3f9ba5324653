//! The partner hears first: at the moment of late, once for each fall, and once when it speaks again.

use std::time::Duration;

use serde_json::{Value, json};
use server::control::Request;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{own, speaks};

async fn words(receiver: &MockServer) -> Vec<Value> {
    let requests = receiver.received_requests().await.expect("kept");
    requests.iter().map(|one| one.body_json().expect("JSON")).collect()
}

async fn at_least(receiver: &MockServer, n: usize) -> Vec<Value> {
    until("the partner is told", || async {
        let words = words(receiver).await;
        (words.len() >= n).then_some(words)
    })
    .await
}

#[tokio::test]
async fn a_feed_that_goes_late_is_told_once_and_again_when_it_speaks_whatever_restarts() {
    let receiver = MockServer::start().await;
    // It fails once, as one does that is being restarted.
    let busy = Mock::given(method("POST")).respond_with(ResponseTemplate::new(503));
    busy.up_to_n_times(1).mount(&receiver).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&receiver).await;
    let mut town = Town::start().await;
    let lora = town.partner("lora", "observations", Mode::Live).await;
    let contact = |webhook: &str| Request::PartnerContact {
        name: "lora".to_owned(),
        webhook: Some(webhook.to_owned()),
        phone: Some("Sensalia 24 h".to_owned()),
    };
    town.act(contact(&format!("{}/hooks/s3cret", receiver.uri()))).await;
    speaks(&town, &lora, &["a", "b"], 6).await;
    let one = own(&lora).await;
    assert!(one.is_told && one.told_at.is_none());
    assert_eq!(one.duty_phone.as_deref(), Some("Sensalia 24 h"));
    let fell_at = town.clock.now();
    // Two periods and a little: late, and not yet silent.
    town.pass(Duration::from_secs(130));
    let told = at_least(&receiver, 2).await;
    assert_eq!(told[0], told[1], "the same word again");
    let word = &told[1];
    assert_eq!((&word["event"], &word["source"]), (&json!("feed_late"), &json!("partner:lora")));
    assert_eq!((&word["n_sensors"], &word["n_speaking"]), (&json!(2), &json!(0)));
    assert_eq!(word["since"], json!(fell_at.plus_ms(60_000)));
    assert!(word["text"].as_str().is_some_and(|text| text.contains("lora is late")), "{word}");
    let at = until("it is written down", || async { own(&lora).await.told_at }).await;
    assert!(at >= fell_at);
    let cause = super::desk(&lora).await.sentence.causes.remove(0);
    assert_eq!(cause.told_at, Some(at));
    // It goes on, and the server restarts: nobody is told twice.
    town.restart().await;
    town.pass(Duration::from_mins(5));
    assert_eq!(own(&lora).await.told_at, Some(at));
    speaks(&town, &lora, &["a", "b"], 1).await;
    let told = at_least(&receiver, 3).await;
    assert_eq!(told[2]["event"], json!("feed_back"));
    assert_eq!(told.len(), 3, "{told:?}");
    until("it is forgotten", || async { own(&lora).await.told_at.is_none().then_some(()) }).await;
    // A second fall, after ten minutes, is another one.
    speaks(&town, &lora, &["a", "b"], 12).await;
    town.pass(Duration::from_mins(3));
    let told = at_least(&receiver, 4).await;
    assert!(told[3]["event"].as_str().is_some_and(|event| event.starts_with("feed_")));
    assert_ne!(told[3]["since"], told[1]["since"]);
}

#[tokio::test]
async fn an_exercise_and_a_feed_in_works_tell_nobody() {
    let receiver = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&receiver).await;
    let town = Town::start().await;
    let drill = town.partner("drill", "observations", Mode::Exercise).await;
    let works = town.partner("works", "observations", Mode::Live).await;
    let last = town.partner("last", "observations", Mode::Live).await;
    for name in ["drill", "works", "last"] {
        let webhook = Some(format!("{}/{name}", receiver.uri()));
        town.act(Request::PartnerContact { name: name.to_owned(), webhook, phone: None }).await;
    }
    speaks(&town, &drill, &["a"], 6).await;
    speaks(&town, &works, &["a"], 6).await;
    let now = town.clock.now();
    let body =
        json!({"all": true, "from": now, "to": now.plus_ms(86_400_000), "why": "w", "who": "x"});
    works.post("/api/v1/works", "application/json", body.to_string()).await.expect_status(201);
    speaks(&town, &last, &["a"], 6).await;
    town.pass(Duration::from_mins(30));
    // The one that is told shows that the others were looked at.
    at_least(&receiver, 1).await;
    let requests = receiver.received_requests().await.expect("kept");
    let paths: Vec<&str> = requests.iter().map(|one| one.url.path()).collect();
    assert_eq!(paths, ["/last"]);
}
