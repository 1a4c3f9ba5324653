//! Posts are kept under an operation alone: within its area, words and time, and what is withdrawn there is erased here.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::source::SourceConfig;
use support::jetstream::{Jetstream, account_gone, post, withdrawal};
use support::operator::Operator;
use support::partner::Answer;
use support::town::Town;
use support::wait::until;
use wire::view::Mode;

const PLACES: &str = "\
id,name,alternates,kind,lng,lat,radius_m,population,parent
bcn,Barcelona,,city,2.159,41.389,10000,1620343,
cat,Plaça de Catalunya,,poi,2.170,41.387,150,0,bcn
vlc,València,Valencia,city,-0.376,39.470,9000,792000,
aju,Plaça de l'Ajuntament,,poi,-0.3763,39.4697,150,0,vlc
";

async fn room(stream: &Jetstream) -> Town {
    let source = SourceConfig {
        name: Some("bluesky".to_owned()),
        allow_private: true,
        ..SourceConfig::new("jetstream", stream.url.clone())
    };
    let mut town = Town::with(|config| config.sources = vec![source]).await;
    let (store, now) = (town.app().store.clone(), town.clock.now());
    server::gazette::import(&store, now, PLACES.as_bytes()).await.expect("places");
    town.restart().await;
    town
}

fn wish(town: &Town, kind: &str) -> Value {
    json!({"kind": kind, "purpose": "flood in the city", "authority": "Protecció Civil", "basis": "Llei 4/1997",
        "area": [1.9, 41.2, 2.3, 41.5], "words": ["aigua", "inundació"], "to": town.clock.now().plus_ms(86_400_000)})
}

async fn send(person: &Operator, path: &str, body: Option<&Value>) -> Answer {
    let path = format!("/api/v1/operations{path}");
    person.send(Method::POST, &path, body.map(Value::to_string)).await
}

async fn refused(person: &Operator, path: &str) -> String {
    let answer = send(person, path, None).await.expect_status(409).json();
    answer["errors"][0]["reason"].as_str().unwrap_or_default().to_owned()
}

async fn texts(person: &Operator) -> Vec<String> {
    let list = person.ask("/api/v1/reports?limit=100").await.expect_status(200).json();
    let features = list["features"].as_array().cloned().unwrap_or_default();
    let text = |one: &Value| one["properties"]["text"].as_str().map(str::to_owned);
    let mut texts: Vec<String> = features.iter().filter_map(text).collect();
    texts.sort();
    texts
}

async fn ledger(person: &Operator) -> Value {
    let list = person.ask("/api/v1/sources").await.expect_status(200).json();
    let sources = list["sources"].as_array().cloned().unwrap_or_default();
    let ours = sources.into_iter().find(|one| one["id"] == "feed:bluesky");
    ours.map_or(Value::Null, |one| one["ledger"].clone())
}

async fn received(person: &Operator, n: u64) -> Value {
    until("all are received", async || {
        Some(ledger(person).await).filter(|ledger| ledger["received"] == n)
    })
    .await
}

async fn listened(stream: &Jetstream, times: usize) {
    until("it is listened to", async || (stream.asked().len() >= times).then_some(())).await;
}

#[tokio::test]
async fn only_what_an_operation_covers_is_kept_and_what_is_withdrawn_is_gone() {
    let stream = Jetstream::start().await;
    let mut town = room(&stream).await;
    let (anna, biel) = (town.duty_officer().await, town.signed_in("biel", "duty-officer").await);
    let us = |town: &Town| town.clock.now().0 * 1_000;

    // Asked for is not approved, and whoever asked does not approve.
    let wish = wish(&town, "once");
    let asked = send(&anna, "", Some(&wish)).await.expect_status(201).json();
    assert_eq!(
        (&asked["state"], &asked["asked"]["role"]),
        (&json!("asked"), &json!("duty-officer"))
    );
    assert_eq!(refused(&anna, "/1/approve").await, "same_person");
    assert!(stream.asked().is_empty(), "nobody listens without an operation");
    let runs = send(&biel, "/1/approve", None).await.expect_status(200).json();
    assert_eq!(runs["state"], "running");
    listened(&stream, 1).await;

    town.pass(Duration::from_secs(10));
    let now = us(&town);
    stream
        .say(now, post("did:plc:a", "1", now, "Molta aigua a la plaça de Catalunya de Barcelona"));
    stream.say(
        now + 1,
        post("did:plc:a", "2", now + 1, "Molta aigua a la plaça de l'Ajuntament de València"),
    );
    stream.say(
        now + 2,
        post("did:plc:b", "3", now + 2, "Quin sol a la plaça de Catalunya de Barcelona"),
    );
    stream.say(now + 3, post("did:plc:b", "4", now + 3, "aigua per tot arreu"));
    stream.say(now + 4, post("did:plc:b", "5", now + 4, "INUNDACIO a Barcelona!"));
    stream.say(
        now + 5,
        post("did:plc:c", "6", now - 3_600_000_000, "Aigua a Barcelona, fa una hora"),
    );
    let told = received(&anna, 6).await;
    let why = (
        &told["accepted"],
        &told["rejected"]["outside_operation"],
        &told["rejected"]["other_words"],
    );
    assert_eq!(why, (&json!(2), &json!(3), &json!(1)));
    let catalunya = "Molta aigua a la plaça de Catalunya de Barcelona";
    assert_eq!(texts(&anna).await, ["INUNDACIO a Barcelona!", catalunya]);

    // What comes again folds; what is withdrawn is gone, and stays gone when it is told once more after a crash.
    stream.say(now + 10, withdrawal("did:plc:a", "1", now + 10));
    until("it is gone", async || (texts(&anna).await.len() == 1).then_some(())).await;
    town.kill_and_restart().await;
    listened(&stream, 2).await;
    stream.say(now + 20, post("did:plc:d", "7", now + 20, "aigua a Barcelona"));
    until("the next", async || (texts(&anna).await.len() == 2).then_some(())).await;
    assert_eq!(ledger(&anna).await["accepted"], 3, "known ones fold");
    stream.say(now + 30, account_gone("did:plc:b", now + 30));
    until("theirs is gone", async || (texts(&anna).await == ["aigua a Barcelona"]).then_some(()))
        .await;

    // Ended: what is said is said to nobody; what is held can still be withdrawn.
    send(&anna, "/1/end", None).await.expect_status(200);
    let before = ledger(&anna).await["received"].as_u64().unwrap_or_default();
    stream.say(now + 40, post("did:plc:e", "8", now + 40, "aigua a Barcelona, canary eight"));
    let told = received(&anna, before + 1).await;
    assert_eq!(told["rejected"]["no_operation"], 1);
    stream.say(now + 50, withdrawal("did:plc:d", "7", now + 50));
    until("it is gone", async || texts(&anna).await.is_empty().then_some(())).await;

    // Each act is a line, with who and on what basis; others read no names.
    let log = anna.ask("/api/v1/log").await.expect_status(200).json();
    let lines: Vec<(&str, &str)> = log["lines"].as_array().map_or(Vec::new(), |lines| {
        lines
            .iter()
            .filter_map(|line| Some((line["by"].as_str()?, line["text"].as_str()?)))
            .collect()
    });
    assert!(
        lines.iter().any(|(by, text)| *by == "biel"
            && text.contains("operation 1 approved")
            && text.contains("Llei 4/1997")),
        "{lines:?}"
    );
    let wall = town.viewer().await;
    wall.ask("/api/v1/operations").await.expect_status(403);
    town.stop().await;
    for file in std::fs::read_dir(town.data_dir()).expect("a directory").flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        assert!(
            !bytes.windows(12).any(|some| some == b"canary eight"),
            "{}",
            file.path().display()
        );
    }
}

#[tokio::test]
async fn a_standing_operation_is_armed_by_a_red_warning_in_its_area_started_by_one_and_ratified_by_another()
 {
    let stream = Jetstream::start().await;
    let mut town = room(&stream).await;
    let (anna, biel) = (town.duty_officer().await, town.signed_in("biel", "duty-officer").await);
    let wish = wish(&town, "standing");
    send(&anna, "", Some(&wish)).await.expect_status(201);
    assert_eq!(refused(&anna, "/1/start").await, "not_approved");
    send(&biel, "/1/approve", None).await.expect_status(200);
    assert_eq!(refused(&anna, "/1/start").await, "not_armed");

    // A yellow one beside it and a red one elsewhere arm nothing.
    let aemet = town.partner("aemet", "advisories", Mode::Live).await;
    let warn = async |id: &str, severity: &str, polygon: &str| {
        let (sent, expires) = (town.clock.now(), town.clock.now().plus_ms(86_400_000));
        let cap = format!(
            r#"<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{id}</identifier><sender>aemet.example</sender><sent>{}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><category>Met</category><event>Rain</event><urgency>Immediate</urgency><severity>{severity}</severity><certainty>Likely</certainty><expires>{}</expires><area><areaDesc>there</areaDesc><polygon>{polygon}</polygon></area></info></alert>"#,
            cap_time(sent),
            cap_time(expires)
        );
        let answer = aemet.post("/api/v1/advisories/cap", "application/cap+xml", cap).await;
        assert!(answer.status < 300, "{}", answer.body);
    };
    let (here, elsewhere) =
        ("41.3,2.0 41.3,2.2 41.45,2.2 41.3,2.0", "39.3,-0.5 39.3,-0.3 39.5,-0.3 39.3,-0.5");
    warn("yellow", "Moderate", here).await;
    warn("far", "Extreme", elsewhere).await;
    assert_eq!(refused(&anna, "/1/start").await, "not_armed");
    warn("red", "Severe", here).await;
    let started = send(&anna, "/1/start", None).await.expect_status(200).json();
    assert_eq!(started["state"], "running");
    assert!(started["runs"][0]["armed_by"].as_str().is_some_and(|by| by.starts_with("advisory ")));
    assert_eq!(refused(&anna, "/1/ratify").await, "same_person");
    listened(&stream, 1).await;
    // It lasts over a crash, and ends by itself after twelve hours.
    town.kill_and_restart().await;
    let told = anna.ask("/api/v1/operations").await.expect_status(200).json();
    assert_eq!(told["operations"][0]["state"], "running");
    send(&biel, "/1/ratify", None).await.expect_status(200);
    town.pass(Duration::from_hours(12));
    let (anna, wall) = (town.signed_in("carla", "analyst").await, town.viewer().await);
    let told = anna.ask("/api/v1/operations").await.expect_status(200).json();
    assert_eq!(told["operations"][0]["state"], "ready");
    assert_eq!(send(&wall, "/1/end", None).await.status, 403);
}

/// With a zone in figures, as the standard asks.
fn cap_time(at: wire::time::Timestamp) -> String {
    format!("{}+00:00", &at.to_string()[..19])
}
