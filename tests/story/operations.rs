//! Posts are kept under an operation alone: within its area, words and time, and what is withdrawn there is erased here.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use server::source::SourceConfig;
use support::jetstream::{Jetstream, account_gone, post, withdrawal};
use support::operator::Operator;
use support::partner::{Answer, feature};
use support::town::Town;
use support::wait::until;
use wire::view::Mode;

const PLACES: &str = "\
id,name,alternates,kind,lng,lat,radius_m,population,parent
bcn,Barcelona,,city,2.159,41.389,10000,1620343,
cat,Plaça de Catalunya,,poi,2.170,41.387,150,0,bcn
sol,Plaça del Sol,,poi,2.157,41.401,80,0,bcn
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

/// A standing operation that a plan phase arms and one person started.
async fn started(town: &Town, anna: &Operator, biel: &Operator) {
    let mut wish = wish(town, "standing");
    wish["to"] = json!(town.clock.now().plus_ms(10 * 86_400_000));
    send(anna, "", Some(&wish)).await.expect_status(201);
    send(biel, "/1/approve", None).await.expect_status(200);
    let phase = json!({"kind": "phase", "text": "INUNCAT alert"}).to_string();
    anna.send(Method::POST, "/api/v1/decisions", Some(phase)).await.expect_status(201);
    send(anna, "/1/start", None).await.expect_status(200);
}

#[tokio::test]
async fn what_a_run_kept_that_nobody_ratified_is_taken_back_and_nothing_else() {
    let stream = Jetstream::start().await;
    let mut town = room(&stream).await;
    let (anna, biel) = (town.duty_officer().await, town.signed_in("biel", "duty-officer").await);
    started(&town, &anna, &biel).await;
    // Another one beside it, with words of its own; and a partner, whom no operation concerns.
    let mut fire = wish(&town, "once");
    fire["words"] = json!(["foc"]);
    fire["to"] = json!(town.clock.now().plus_ms(10 * 86_400_000));
    send(&anna, "", Some(&fire)).await.expect_status(201);
    send(&biel, "/2/approve", None).await.expect_status(200);
    let partner = town.dispatch().await;
    let mut call = feature("call", 2.157, 41.401, "flood", "Severe");
    call["properties"]["text"] = json!("aigua, una trucada");
    partner.report(&[call]).await;
    // What was said around the square is evidence.
    let hold = json!({"since": town.clock.now().plus_ms(-3_600_000), "bbox": [2.165, 41.38, 2.175, 41.39], "reason": "court"});
    anna.send(Method::POST, "/api/v1/holds", Some(hold.to_string())).await.expect_status(201);

    listened(&stream, 1).await;
    town.pass(Duration::from_secs(10));
    let now = town.clock.now().0 * 1_000;
    for (n, text) in (0..).zip([
        "aigua a la plaça de Catalunya de Barcelona",
        "aigua a la Plaça del Sol de Barcelona",
        "aigua a Barcelona",
        "aigua i foc a la Plaça del Sol de Barcelona",
        "foc a Barcelona",
    ]) {
        let key = n.to_string();
        stream.say(now + n, post(&format!("did:plc:{n}"), &key, now + n, text));
    }
    assert_eq!(received(&anna, 5).await["accepted"], 5);

    // Half a day later the run is over; until the day is, somebody may still ratify it.
    town.pass(Duration::from_hours(23));
    let anna = town.signed_in("anna", "duty-officer").await;
    town.pass(Duration::from_secs(1));
    assert_eq!(texts(&anna).await.len(), 6);
    // The day ends while nobody runs.
    town.kill().await;
    town.pass(Duration::from_hours(1));
    town.run().await;
    let anna = town.signed_in("clara", "duty-officer").await;
    let stays =
        ["aigua i foc a la Plaça del Sol de Barcelona", "aigua, una trucada", "foc a Barcelona"];
    until("the rest is taken back", async || (texts(&anna).await == stays).then_some(())).await;
    assert_eq!(refused(&anna, "/1/ratify").await, "too_late");
    let told = anna.ask("/api/v1/operations").await.expect_status(200).json();
    assert_eq!(told["operations"][1]["state"], "unratified");
    let holds = anna.ask("/api/v1/holds").await.expect_status(200).json();
    // Of "a Barcelona" nobody knows where it is: it may be there.
    assert_eq!(holds["n_withheld"], 2, "{holds}");
    let line = async |anna: &Operator| {
        let log = anna.ask("/api/v1/log").await.expect_status(200).json();
        let lines = log["lines"].as_array().cloned().unwrap_or_default();
        let ours = |one: &Value| {
            let text = one["text"].as_str().unwrap_or_default();
            text.contains("nobody ratified its run").then(|| (text.to_owned(), one["by"].clone()))
        };
        lines.iter().filter_map(ours).collect::<Vec<_>>()
    };
    let lines = line(&anna).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].0.contains("(3 posts)") && lines[0].0.contains("Llei 4/1997"), "{lines:?}");
    assert_eq!(lines[0].1, Value::Null, "nobody did it");
    // Once: another start finds nothing to do, and says nothing.
    town.restart().await;
    let anna = town.signed_in("dora", "duty-officer").await;
    until("it is done", async || {
        let value = town.app().store.meta("operations").await.expect("a value");
        value.is_some_and(|value| value.contains("\"taken_back\":\"done\"")).then_some(())
    })
    .await;
    assert_eq!(line(&anna).await, lines);
    assert_eq!(texts(&anna).await, stays);
}

#[tokio::test]
async fn what_a_ratified_run_kept_stays() {
    let stream = Jetstream::start().await;
    let town = room(&stream).await;
    let (anna, biel) = (town.duty_officer().await, town.signed_in("biel", "duty-officer").await);
    started(&town, &anna, &biel).await;
    listened(&stream, 1).await;
    town.pass(Duration::from_secs(10));
    let now = town.clock.now().0 * 1_000;
    stream.say(now, post("did:plc:a", "1", now, "aigua a Barcelona"));
    assert_eq!(received(&anna, 1).await["accepted"], 1);
    send(&biel, "/1/ratify", None).await.expect_status(200);
    // A second run, which nobody ratifies, takes nothing of the first with it.
    town.pass(Duration::from_hours(13));
    let anna = town.signed_in("anna", "duty-officer").await;
    send(&anna, "/1/start", None).await.expect_status(200);
    let now = town.clock.now().0 * 1_000;
    stream.say(now, post("did:plc:b", "2", now, "aigua a Barcelona, encara"));
    assert_eq!(received(&anna, 2).await["accepted"], 2);
    town.pass(Duration::from_hours(24));
    let anna = town.signed_in("clara", "duty-officer").await;
    until("the second is taken back", async || {
        (texts(&anna).await == ["aigua a Barcelona"]).then_some(())
    })
    .await;
}

/// With a zone in figures, as the standard asks.
fn cap_time(at: wire::time::Timestamp) -> String {
    format!("{}+00:00", &at.to_string()[..19])
}
