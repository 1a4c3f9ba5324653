//! What the root document claims of the standard, claim by claim.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::town::Town;

use super::{Sta, datastream, location, noise};

const SENSING: &str = "http://www.opengis.net/spec/iot_sensing/1.1/req/";

/// A claim about reading: a request, its status, and what stands where in its answer.
const READ: [(&str, &str, u16, &str, &str); 16] = [
    ("datamodel", "/Datastreams?$top=1", 200, "/value/0/unitOfMeasurement/symbol", "dB(A)"),
    (
        "resource-path/resource-path-to-entities",
        "/Things('b')/Datastreams",
        200,
        "/value/0/name",
        "LAeq",
    ),
    ("resource-path/resource-path-to-entities", "/Things('b')/name", 200, "/name", "b"),
    ("request-data/status-code", "/Things(4000000)", 404, "/type", "error"),
    ("request-data/query-status-code", "/Things?$search=b", 400, "/reason", "unknown-option"),
    (
        "request-data/order",
        "/Things?$select=name&$top=1&$skip=1&$orderby=name&$filter=name ne 'a'",
        200,
        "/value/0/name",
        "c",
    ),
    (
        "request-data/expand",
        "/Things?$filter=name eq 'b'&$expand=Datastreams/Sensor",
        200,
        "/value/0/Datastreams/0/Sensor/name",
        "TA120",
    ),
    ("request-data/select", "/Things('b')?$select=name", 200, "/name", "b"),
    ("request-data/orderby", "/Things?$orderby=name desc", 200, "/value/0/name", "c"),
    ("request-data/top", "/Things?$orderby=name&$top=1", 200, "/value/0/name", "a"),
    ("request-data/skip", "/Things?$orderby=name&$skip=2", 200, "/value/0/name", "c"),
    (
        "request-data/built-in-filter-operations",
        "/Observations?$filter=result add 1 gt 3 and not (result eq 3)",
        200,
        "/value/0/result",
        "4",
    ),
    (
        "request-data/built-in-filter-operations",
        "/Observations?$filter=result mod 2 eq 1 and result mul 2 ge 6",
        200,
        "/value/0/result",
        "3",
    ),
    (
        "request-data/built-in-query-functions",
        "/Things?$filter=startswith(tolower(name),'b') and length(name) eq 1",
        200,
        "/value/0/name",
        "b",
    ),
    (
        "request-data/built-in-query-functions",
        "/Observations?$filter=minute(phenomenonTime) eq 2 and round(result) eq 2",
        200,
        "/value/0/result",
        "2",
    ),
    (
        "request-data/built-in-query-functions",
        "/Locations?$filter=st_within(location,geography'POLYGON((2 41,3 41,3 42,2 42,2 41))')&$orderby=name",
        200,
        "/value/0/name",
        "a",
    ),
];

fn text(value: Option<&Value>) -> String {
    value.map_or_else(String::new, |value| {
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    })
}

#[tokio::test]
async fn each_claim_of_the_root_document_holds_and_nothing_else_is_claimed() {
    let town = Town::with(|config| config.limits.requests_per_s = 1_000).await;
    let sta = Sta::of(&town.dispatch().await);
    let settings = sta.get("").await.expect_status(200).json()["serverSettings"].clone();
    let claims = settings["conformance"].as_array().expect("an array").iter();
    let claimed: BTreeSet<String> = claims
        .map(|uri| {
            uri.as_str()
                .and_then(|uri| uri.strip_prefix(SENSING))
                .expect("a requirement")
                .to_owned()
        })
        .collect();
    let mut shown: BTreeSet<&str> = BTreeSet::new();

    // Writing: nested, tied to what is there, in rows.
    let mut deep = noise("b");
    deep["Datastreams"][0]["Observations"] = (1..=4)
        .map(|n| json!({"phenomenonTime": format!("2026-11-23T10:0{n}:00Z"), "result": n}))
        .collect();
    let made = sta.post("/Things", &deep).await.expect_status(201);
    assert!(
        made.header("location").contains("/Things("),
        "the status and the address of a deep insert"
    );
    shown.extend([
        "create-update-delete/deep-insert",
        "create-update-delete/deep-insert-status-code",
    ]);
    for name in ["a", "c"] {
        let body = json!({"name": name, "description": ""});
        sta.made("/Things", &body).await;
        sta.made("/Locations", &location(name, 2.1, 41.4)).await;
    }
    shown.insert("create-update-delete/create-entity");
    let (sensors, properties) =
        (sta.get("/Sensors").await.json(), sta.get("/ObservedProperties").await.json());
    let mut tied = datastream("tied");
    tied["Sensor"] = json!({"@iot.id": sensors["value"][0]["@iot.id"]});
    tied["ObservedProperty"] = json!({"@iot.id": properties["value"][0]["@iot.id"]});
    let id = sta.made("/Things('b')/Datastreams", &tied).await;
    assert_eq!(sta.get(&format!("/Datastreams({id})/Sensor")).await.json()["name"], "TA120");
    assert_eq!(sta.count("Sensors").await, 1);
    shown.insert("create-update-delete/link-to-existing-entities");
    sta.made("/Things('b')/Locations", &location("there", 2.2, 41.42)).await;
    let history = sta.get("/Things('b')/HistoricalLocations?$count=true").await.json();
    assert_eq!(history["@iot.count"], 2);
    shown.insert("create-update-delete/historical-location-auto-creation");
    let rows = json!([{"Datastream": {"@iot.id": id}, "components": ["phenomenonTime", "result"],
        "dataArray": [["2026-11-23T09:00:00Z", -1], ["2026-11-23T09:01:00Z", -2]]}]);
    sta.post("/CreateObservations", &rows).await.expect_status(201);
    let told =
        sta.get(&format!("/Datastreams({id})/Observations?$resultFormat=dataArray")).await.json();
    assert_eq!(told["value"][0]["dataArray@iot.count"], 2, "{told}");
    shown.insert("data-array/data-array");

    for (claim, ask, status, pointer, wanted) in READ {
        let answer = sta.get(ask).await.expect_status(status).json();
        assert_eq!(text(answer.pointer(pointer)), wanted, "{claim}: {ask}: {answer}");
        shown.insert(claim);
    }
    let counted = sta.get("/Things?$count=true&$top=1").await.json();
    assert_eq!(counted["@iot.count"], 3);
    shown.insert("request-data/count");
    let next = sta.follow(&counted["@iot.nextLink"]).await;
    assert_eq!(next["value"].as_array().map(Vec::len), Some(1));
    shown.insert("request-data/pagination");

    let shown: BTreeSet<String> = shown.into_iter().map(str::to_owned).collect();
    assert_eq!(claimed, shown, "each claim has its case, and each case its claim");
    // What holds in part says so, and is as it says.
    let parts = settings["conformanceInPart"].as_object().expect("an object");
    assert!(
        parts.keys().all(|uri| !claimed.iter().any(|one| uri.ends_with(one.as_str()))),
        "{settings}"
    );
    sta.get("/Things?$filter=Datastreams/Observations/result gt 1").await.expect_status(400);
    let seq = sta.get("/Observations?$top=1").await.json()["value"][0]["@iot.id"].clone();
    sta.delete(&format!("/Observations({seq})")).await.expect_status(405);
    sta.patch(&format!("/Observations({seq})"), &json!({"result": 2})).await.expect_status(405);
    // What is not there is claimed nowhere.
    for word in ["multi-datastream", "batch", "mqtt"] {
        assert!(!settings.to_string().contains(word), "{word}");
    }
    sta.get("/MultiDatastreams").await.expect_status(404);
}
