//! SensorThings on both databases: the same requests get the same answers, also after a restart.

use serde_json::{Value, json};
use server::clock::Clock;
use server::config::Config;
use server::control::{self, Request};
use server::runtime;
use support::partner::{Answer, Partner};
use support::postgres::Postgres;
use wire::time::Timestamp;
use wire::view::Mode;

const ASKED: [&str; 12] = [
    "Things?$expand=Locations,Datastreams($expand=Observations($orderby=result desc;$top=2;$count=true))",
    "Observations?$filter=phenomenonTime ge 2026-11-23T10:01:00Z and result lt 5&$count=true",
    "Observations?$filter=phenomenonTime lt 2026-11-23T10:03:00Z&$orderby=phenomenonTime desc",
    "Observations?$orderby=resultTime desc,id&$select=id,resultTime",
    "Observations?$orderby=result&$select=result",
    "Observations?$filter=Datastream/Thing/name eq 'one' and parameters/n eq 2",
    "Observations?$filter=id gt 2&$top=2&$skip=1",
    "Observations?$resultFormat=dataArray&$select=result",
    "FeaturesOfInterest?$expand=Observations($top=1)",
    "HistoricalLocations?$expand=Thing,Locations",
    "Datastreams?$filter=name eq 'b' or Thing/properties/externalId eq 'one'",
    "Locations?$filter=st_within(location,geography'POLYGON((2 41,3 41,3 42,2 42,2 41))')",
];

async fn post(partner: &Partner, address: &str, body: &Value) -> Answer {
    partner.post(&format!("/sta/v1.1/{address}"), "application/json", body.to_string()).await
}

/// What a server on this database answers, without its own address.
async fn told(database: &str) -> Vec<String> {
    support::crypto();
    let dir = tempfile::tempdir().expect("a directory");
    let mut config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: dir.path().to_path_buf(),
        database: database.to_owned(),
        public_url: Some("http://room.example".to_owned()),
        ..Config::default()
    };
    config.limits.canary_ms = 0;
    let clock = Clock::manual(Timestamp(1_795_600_000_000));
    let running = runtime::start(config.clone(), clock.clone()).await.expect("starts");
    let request = Request::PartnerAdd {
        name: "bcn".to_owned(),
        scopes: "observations read".to_owned(),
        mode: Mode::Live,
        terms: server::store::KeyTerms::default(),
    };
    let app = &running.app;
    let made = control::act(&app.store, &app.clock, Some(&app.hub), request).await.expect("a key");
    let key = made.secret.expect("a key");
    let partner = Partner::new(&format!("http://{}", running.addr), &key);
    let stream = |name: &str| {
        json!({"name": name, "description": "", "observationType": "x",
            "unitOfMeasurement": {"name": null, "symbol": "m", "definition": null},
            "Sensor": {"name": "s", "description": "", "encodingType": "x", "metadata": "x"},
            "ObservedProperty": {"name": "p", "description": "", "definition": "x"}})
    };
    let thing = json!({"name": "one", "description": "ü", "properties": {"externalId": "one"},
        "Locations": [{"name": "here", "description": "", "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [2.1, 41.4]}}],
        "Datastreams": [stream("a"), stream("b"), stream("words")]});
    post(&partner, "Things", &thing).await.expect_status(201);
    post(&partner, "Things", &thing).await.expect_status(200);
    let streams = partner.ask("/sta/v1.1/Datastreams").await.json();
    let ids: Vec<i64> = (0..3).filter_map(|n| streams["value"][n]["@iot.id"].as_i64()).collect();
    for n in 0..6 {
        let sent = json!({"phenomenonTime": format!("2026-11-23T10:0{n}:00Z"), "result": n, "parameters": {"n": n},
            "resultTime": (n % 2 == 0).then_some("2026-11-23T11:00:00Z")});
        post(&partner, &format!("Datastreams({})/Observations", ids[n % 2]), &sent)
            .await
            .expect_status(201);
    }
    let words =
        json!({"phenomenonTime": "2026-11-23T10:06:00Z/2026-11-23T10:08:00Z", "result": "open"});
    post(&partner, &format!("Datastreams({})/Observations", ids[2]), &words)
        .await
        .expect_status(201);
    let mut answers = Vec::new();
    for ask in ASKED {
        let answer = partner.ask(&format!("/sta/v1.1/{}", ask.replace(' ', "%20"))).await;
        answers.push(answer.expect_status(200).body);
    }
    let before = answers.clone();
    running.stop().await.expect("an orderly end");
    let running = runtime::start(config, clock).await.expect("starts again");
    let partner = Partner::new(&format!("http://{}", running.addr), &key);
    for (ask, before) in ASKED.into_iter().zip(before) {
        let answer = partner.ask(&format!("/sta/v1.1/{}", ask.replace(' ', "%20"))).await;
        assert_eq!(answer.expect_status(200).body, before, "{ask}");
    }
    running.stop().await.expect("an orderly end");
    answers
}

#[tokio::test]
async fn both_databases_answer_sensorthings_alike() {
    let postgres = Postgres::start().expect("a PostgreSQL");
    let url = postgres.fresh_database().expect("a database");
    let (there, here) = (told(&url).await, told("").await);
    for ((ask, there), here) in ASKED.into_iter().zip(there).zip(here) {
        assert_eq!(there, here, "{ask}");
    }
}
