//! What an observation says beside what is understood is kept with it, within a limit, and given to who asks for it.

use serde_json::{Value, json};
use support::partner::{NDJSON, Partner};
use support::town::Town;

/// What each value of a datastream said beside all else, the oldest first.
async fn beside(partner: &Partner, datastream: &str) -> Vec<Option<Value>> {
    let path = format!("/api/v1/datastreams/partner:dispatch/{datastream}/history?raw=true");
    let told = partner.ask(&path).await.expect_status(200).json();
    let values = told["values"].as_array().cloned().unwrap_or_default();
    let read =
        |one: &Value| one["raw"].as_str().map(|raw| serde_json::from_str(raw).expect("JSON"));
    values.iter().map(read).collect()
}

#[tokio::test]
async fn what_a_device_says_of_itself_is_kept_with_its_value_on_each_road() {
    let mut town = Town::start().await;
    let partner = town.dispatch().await;
    let now = town.clock.now();
    let at = |minute: i64| now.plus_ms((minute - 60) * 60_000);
    let said = json!({"battery": 3.61, "rssi": -97, "calibration": {"by": "ACA", "steps": [1, 2]}, "n": 18_446_744_073_709_551_615_u64, "on": true});
    let with = |minute: i64, datastream: Value, more: &Value| {
        let mut one = json!({"datastream": datastream, "phenomenon_time": at(minute), "result": minute, "unit": "cm",
            "quality": "good", "name": "Besòs", "geometry": {"type": "Point", "coordinates": [2.22, 41.42]}, "gone": null});
        one.as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().unwrap_or_default());
        one
    };
    partner.observe(&[with(0, json!("besos"), &said), with(1, json!("besos"), &json!({}))]).await;
    let lines =
        format!("{}\n{}\n", with(2, json!("besos"), &said), with(3, json!("besos"), &json!({})));
    partner.post("/api/v1/observations", NDJSON, lines).await.expect_status(201);
    let table = format!(
        "datastream,phenomenon_time,result,unit,battery,note,battery,geometry\nbesos,{},4,cm,3.61,\"a, b\",x,y\nbesos,{},5,cm,,,,\n",
        at(4),
        at(5)
    );
    partner.post("/api/v1/observations", "text/csv", table).await.expect_status(201);
    // A datastream that goes by a number has its name understood, and nothing beside.
    partner.observe(&[with(6, json!(12), &json!({}))]).await;
    // What is longer than its limit is left out, and the value stands.
    let long = json!({"log": "x".repeat(5_000)});
    partner.observe(&[with(7, json!("besos"), &long)]).await;
    let cells = json!({"battery": "3.61", "note": "a, b"});
    let wanted = [Some(said.clone()), None, Some(said), None, Some(cells), None, None];
    town.kill_and_restart().await;
    assert_eq!(beside(&partner, "besos").await, wanted);
    assert_eq!(beside(&partner, "12").await, [None]);
    // Nobody gets it who did not ask.
    let path = "/api/v1/datastreams/partner:dispatch/besos/history";
    let told = partner.ask(path).await.expect_status(200).body;
    assert!(!told.contains("battery"), "{told}");
    partner.ask(&format!("{path}?raw=perhaps")).await.expect_status(422);
    // Sent again word for word it is known; with another word beside it is another value.
    let again = partner.observe(&[with(1, json!("besos"), &json!({}))]).await;
    assert_eq!((again.accepted, again.folded), (0, 1));
    let other = partner.observe(&[with(1, json!("besos"), &json!({"battery": 3.5}))]).await;
    assert_eq!((other.accepted, other.folded), (1, 0));
}

#[tokio::test]
async fn a_room_that_wants_none_of_it_keeps_none() {
    let town = Town::with(|config| config.limits.raw_bytes_max = 0).await;
    let partner = town.dispatch().await;
    let at = town.clock.now();
    partner
        .observe(&[
            json!({"datastream": "besos", "phenomenon_time": at, "result": 1, "owner": "A. Puig"}),
        ])
        .await;
    assert_eq!(beside(&partner, "besos").await, [None]);
    for entry in std::fs::read_dir(town.data_dir()).expect("a folder").flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        assert!(!bytes.windows(7).any(|seen| seen == b"A. Puig"), "{:?}", entry.path());
    }
}
