//! An alarm that nobody answers leaves the room by its webhook: once for each climbing, whatever the receiver does.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::town::Town;
use support::wait::until;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::room::{admit, admit_gauge, flows, flows_at};

/// What the receiver was sent.
async fn words(receiver: &MockServer) -> Vec<Value> {
    let requests = receiver.received_requests().await.expect("kept");
    requests.iter().map(|one| one.body_json().expect("JSON")).collect()
}

async fn at_least(receiver: &MockServer, n: usize) -> Vec<Value> {
    until("the webhook is told", || async {
        let words = words(receiver).await;
        (words.len() >= n).then_some(words)
    })
    .await
}

#[tokio::test]
async fn an_alarm_that_nobody_answers_is_told_once_for_each_climbing_and_again_where_it_was_not_taken()
 {
    let receiver = MockServer::start().await;
    // It fails once, as one does that is being restarted.
    let busy = Mock::given(method("POST")).respond_with(ResponseTemplate::new(503));
    busy.up_to_n_times(1).mount(&receiver).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&receiver).await;
    let address = format!("{}/hooks/s3cret", receiver.uri());
    let town = Town::with(|config| config.alarm_webhook = Some(address)).await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    admit(&town, &partner, &officer).await;
    town.pass(Duration::from_mins(1));
    flows(&town, &partner, 264.0).await;
    town.pass(Duration::from_secs(61));
    // The refused one and the same again.
    let first = at_least(&receiver, 2).await;
    assert_eq!(first[0], first[1], "the same word again");
    assert_eq!(
        (&first[1]["event"], &first[1]["climbed"], &first[1]["level"], &first[1]["cause"]),
        (&json!("alarm_climbed"), &json!(1), &json!("red"), &json!("level"))
    );
    assert_eq!(
        (&first[1]["name"], &first[1]["value"]),
        (&json!("Barranc del Poio"), &json!(264.0))
    );
    assert!(first[1]["text"].as_str().is_some_and(|text| text.contains("Barranc del Poio")));
    town.pass(Duration::from_mins(1));
    let second = at_least(&receiver, 3).await;
    assert_eq!((&second[2]["climbed"], &second[2]["alarm"]), (&json!(2), &json!(1)));
    assert!(!second.iter().any(|word| word.to_string().contains("montse")), "nobody is named");
    // Answered: nothing more leaves the room, however long it stands.
    let ack = json!({"kind": "ack", "subject": {"alarm": 1}}).to_string();
    officer.send(Method::POST, "/api/v1/decisions", Some(ack)).await.expect_status(201);
    flows(&town, &partner, 263.0).await;
    // Another gauge climbs twice meanwhile: by then the alarms were looked at, the answered one among them.
    admit_gauge(&town, &partner, &officer, "besos").await;
    town.pass(Duration::from_mins(1));
    flows_at(&town, &partner, "besos", 264.0).await;
    for n_words in [4, 5] {
        town.pass(Duration::from_secs(61));
        at_least(&receiver, n_words).await;
    }
    let told = words(&receiver).await;
    let later: Vec<(&Value, &Value)> =
        told[3..].iter().map(|word| (&word["alarm"], &word["climbed"])).collect();
    assert_eq!(later, [(&json!(2), &json!(1)), (&json!(2), &json!(2))]);
}

#[tokio::test]
async fn a_receiver_that_never_answers_holds_up_neither_alarms_nor_what_comes_in() {
    let receiver = MockServer::start().await;
    let mute = ResponseTemplate::new(204).set_delay(Duration::from_hours(1));
    Mock::given(method("POST")).respond_with(mute).mount(&receiver).await;
    let address = receiver.uri();
    let town = Town::with(|config| config.alarm_webhook = Some(address)).await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    admit(&town, &partner, &officer).await;
    town.pass(Duration::from_mins(1));
    flows(&town, &partner, 264.0).await;
    town.pass(Duration::from_secs(61));
    at_least(&receiver, 1).await;
    town.pass(Duration::from_mins(1));
    flows(&town, &partner, 265.0).await;
    // The first word is still on its way.
    let words = at_least(&receiver, 2).await;
    assert!(words.iter().any(|word| word["climbed"] == 2), "{words:?}");
}
