//! Official messages through the public face: what is understood, what is refused and why, and what is in force.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use server::store::KeyTerms;
use support::binary::run;
use support::live::{Dial, Encoding};
use support::partner::{Answer, Partner};
use support::town::Town;
use wire::advisory::AdvisoryState;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::views::city;

const DOOR: &str = "/api/v1/advisories/cap";
const LIST: &str = "/api/v1/advisories";
const CAP: &str = "application/cap+xml";
const HOUR_MS: i64 = 3_600_000;
/// A square of a tenth of a degree, latitude first.
const SQUARE: &str = "<polygon>41.30,2.10 41.40,2.10 41.40,2.20 41.30,2.20 41.30,2.10</polygon>";

/// A message before it is written.
#[derive(Clone)]
struct Message {
    identifier: String,
    sent: Timestamp,
    status: &'static str,
    msg_type: &'static str,
    scope: &'static str,
    references: String,
    blocks: String,
}

fn block(language: &str, event: &str, expires: Timestamp, drawn: &str) -> String {
    format!(
        "<info><language>{language}</language><category>Met</category><event>{event}</event><urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty><expires>{expires}</expires><senderName>Met</senderName><headline>{event}!</headline><area><areaDesc>Delta</areaDesc>{drawn}</area></info>"
    )
}

impl Message {
    fn new(town: &Town, identifier: &str) -> Self {
        let now = town.clock.now();
        Self {
            identifier: identifier.to_owned(),
            sent: now,
            status: "Actual",
            msg_type: "Alert",
            scope: "Public",
            references: String::new(),
            blocks: block("en", "Flood", now.plus_ms(6 * HOUR_MS), SQUARE),
        }
    }

    fn status(mut self, status: &'static str) -> Self {
        self.status = status;
        self
    }

    /// Of another kind, about another message, sent a while after it.
    fn about(mut self, msg_type: &'static str, other: &Self, after_ms: i64) -> Self {
        self.msg_type = msg_type;
        self.sent = other.sent.plus_ms(after_ms);
        self.references = format!("met@example.org,{},{}", other.identifier, other.sent);
        self
    }

    fn xml(&self) -> String {
        let Self { identifier, sent, status, msg_type, scope, references, blocks } = self;
        let references = match references.as_str() {
            "" => String::new(),
            some => format!("<references>{some}</references>"),
        };
        format!(
            "<?xml version='1.0' encoding='UTF-8'?><alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>{identifier}</identifier><sender>met@example.org</sender><sent>{sent}</sent><status>{status}</status><msgType>{msg_type}</msgType><scope>{scope}</scope>{references}{blocks}</alert>"
        )
    }

    async fn send(&self, partner: &Partner) -> Answer {
        partner.post(DOOR, CAP, self.xml()).await
    }

    /// Sends it and expects it to be taken; its number.
    async fn taken(&self, partner: &Partner) -> u64 {
        let answer = self.send(partner).await.expect_status(201).json();
        answer["seq"].as_u64().expect("a number")
    }
}

async fn met(town: &Town, name: &str, mode: Mode) -> Partner {
    town.partner(name, "advisories read", mode).await
}

async fn list(partner: &Partner, query: &str) -> Vec<Value> {
    let page = partner.ask(&format!("{LIST}{query}")).await.expect_status(200).json();
    page["features"].as_array().cloned().expect("features")
}

fn identifiers(features: &[Value]) -> Vec<&str> {
    let mut names: Vec<&str> =
        features.iter().filter_map(|one| one["properties"]["identifier"].as_str()).collect();
    names.sort_unstable();
    names
}

async fn state(partner: &Partner, seq: u64) -> String {
    let one = partner.ask(&format!("{LIST}/{seq}")).await.expect_status(200).json();
    one["properties"]["state"].as_str().expect("a state").to_owned()
}

#[tokio::test]
async fn a_warning_is_on_disk_before_it_is_acknowledged_and_in_the_picture_at_once() {
    let mut town = Town::start().await;
    let partner = met(&town, "met", Mode::Live).await;
    let mut live = town.live(&partner, Encoding::Json).await;
    live.settle(&city(12.0)).await;
    let mut packed = town.live(&partner, Encoding::Bin).await;
    packed.settle(&city(12.0)).await;

    let mut message = Message::new(&town, "one");
    let ends = town.clock.now().plus_ms(6 * HOUR_MS);
    let circle = "<circle>41.5,2.5 2</circle>";
    message.blocks = block("ca", "Inundació", ends, &format!("{SQUARE}{circle}"))
        + &block("es-ES", "Inundación", ends, &format!("{SQUARE}{circle}"));
    let receipt = message.send(&partner).await.expect_status(201).receipt();
    assert_eq!((receipt.accepted, receipt.folded), (1, 0));
    // Sent again it is the same message; changed under the same name it is none.
    let again = message.send(&partner).await.expect_status(201).receipt();
    assert_eq!((again.accepted, again.folded), (0, 1));
    let mut other = message.clone();
    other.blocks = block("ca", "Neu", ends, SQUARE);
    let told = other.send(&partner).await.expect_status(422).json();
    assert_eq!(told["errors"][0]["reason"], "same_name_other_words", "{told}");

    for line in [&mut live, &mut packed] {
        line.until("the warning", |model| {
            model
                .advisories
                .values()
                .any(|one| one.event == "Inundació" && one.sender == "met@example.org")
        })
        .await;
    }

    // Latitude came first, longitude leaves first; both languages are one advisory with two shapes.
    let all = list(&partner, "").await;
    assert_eq!(all.len(), 1, "{all:?}");
    let one = &all[0];
    let shapes = one["geometry"]["coordinates"].as_array().expect("areas");
    assert_eq!((one["geometry"]["type"].as_str(), shapes.len()), (Some("MultiPolygon"), 2));
    assert_eq!(shapes[0][0][0], serde_json::json!([2.1, 41.3]));
    let said = &one["properties"];
    assert_eq!(said["languages"], serde_json::json!(["ca", "es-ES"]));
    assert_eq!(
        (said["language"].as_str(), said["event"].as_str()),
        (Some("ca"), Some("Inundació"))
    );
    assert_eq!(
        (said["urgency"].as_str(), said["severity"].as_str(), said["certainty"].as_str()),
        (Some("Immediate"), Some("Severe"), Some("Likely"))
    );
    let spanish = list(&partner, "?lang=fr,es").await;
    assert_eq!(spanish[0]["properties"]["event"], "Inundación");
    // The square, the circle, and neither.
    for (bbox, n) in
        [("2.15,41.35,2.3,41.5", 1), ("2.51,41.5,2.6,41.6", 1), ("2.21,41.3,2.3,41.4", 0)]
    {
        assert_eq!(list(&partner, &format!("?bbox={bbox}")).await.len(), n, "{bbox}");
    }
    let query = "?polygon=2.0,41.3%202.11,41.3%202.0,41.4";
    assert_eq!(list(&partner, query).await.len(), 1, "a corner of the square");
    let query = "?polygon=2.0,41.3%202.05,41.3%202.0,41.4";
    assert!(list(&partner, query).await.is_empty());
    partner.ask(&format!("{LIST}?polygon=2.0,41.3")).await.expect_status(422);

    town.kill_and_restart().await;
    assert_eq!(list(&partner, "").await, all, "as it was");
    let again = message.send(&partner).await.expect_status(201).receipt();
    assert_eq!((again.accepted, again.folded), (0, 1), "known after a kill");
    let ledger = partner.account("partner:met", "the account", |ledger| ledger.received == 4).await;
    assert_eq!((ledger.accepted, ledger.folded, ledger.rejected.values().sum::<u64>()), (1, 2, 1));
}

#[tokio::test]
async fn what_is_refused_names_the_element_what_stood_there_and_the_remedy() {
    let town = Town::start().await;
    let partner = met(&town, "met", Mode::Live).await;
    let good = Message::new(&town, "good").xml();
    let deep = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
    let bomb = format!(
        "<!DOCTYPE alert [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{}",
        good.split_once("?>").expect("a declaration").1
    );
    let swap = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let sent = format!("<sent>{}</sent>", town.clock.now());
    let cases: Vec<(String, &str, &str, &str)> = vec![
        (bomb, "doctype", "/", "leave it out"),
        (swap("Flood", "&xxe;"), "entity", "/alert/info/event", "write the characters themselves"),
        (swap("<info>", &format!("{deep}<info>")), "too_deep", "/alert/a/", "five levels"),
        (swap("<scope>Public</scope>", ""), "missing", "/alert/scope", "send Public"),
        (swap(">Actual<", ">Live<"), "unknown_word", "/alert/status", "\"Live\""),
        (swap(">Severe<", ">Bad<"), "unknown_word", "/alert/info[1]/severity", "send Extreme"),
        (swap(&sent, "<sent>yesterday</sent>"), "bad_time", "/alert/sent", "\"yesterday\""),
        (
            swap("41.30,2.10 41.40", "141.30,2.10 41.40"),
            "bad_place",
            "/alert/info[1]/area[1]/polygon[1]",
            "latitude first",
        ),
        (
            swap(" 41.30,2.10<", "<"),
            "bad_polygon",
            "/alert/info[1]/area[1]/polygon[1]",
            "repeat its first pair",
        ),
        (
            swap("<polygon>", "<circle>41,2</circle><polygon>"),
            "bad_circle",
            "/alert/info[1]/area[1]/circle[1]",
            "radius in kilometres",
        ),
        (
            swap("<info>", "<references>only-a-name</references><info>"),
            "bad_reference",
            "/alert/references",
            "sender,identifier,sent",
        ),
        (swap("cap:1.2", "cap:9.9"), "not_cap", "/", "cap:1.2"),
        (swap("</alert>", ""), "not_xml", "/alert", "send it whole"),
        (String::new(), "not_xml", "/", "send one CAP message"),
    ];
    let n = cases.len() as u64;
    for (xml, reason, path, remedy) in cases {
        let answer = partner.post(DOOR, CAP, xml.clone()).await.expect_status(422);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let told = answer.json();
        let error = &told["errors"][0];
        assert_eq!(error["reason"], reason, "{xml}\n{told}");
        let pointer = error["pointer"].as_str().expect("a pointer");
        assert!(pointer.starts_with(path), "{reason}: {pointer}");
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains(remedy)), "{told}");
        assert_eq!(told["accepted"], 0);
    }
    let ledger = partner.account("partner:met", "all counted", |ledger| ledger.received == n).await;
    assert_eq!(ledger.rejected.values().sum::<u64>(), n);
    assert!(list(&partner, "?all=true").await.is_empty());

    partner.post(DOOR, "application/json", good.clone()).await.expect_status(415);
    partner.post(DOOR, CAP, "x".repeat(5 << 20)).await.expect_status(413);
    let long = swap("<info>", &format!("<note>{}</note><info>", "x".repeat(3 << 20)));
    let told = partner.post(DOOR, CAP, long).await.expect_status(422).json();
    assert_eq!(told["errors"][0]["reason"], "too_large");
    let other = town.partner("gauges", "observations read", Mode::Live).await;
    let told = other.post(DOOR, CAP, good.clone()).await.expect_status(403).json();
    assert_eq!(told["type"], "missing-scope");

    // A key that is bound to an area draws nowhere else.
    let area = "2.1,41.3,2.15,41.5".parse().expect("an area");
    let terms = KeyTerms { area: Some(area), ..KeyTerms::default() };
    let bound = town.partner_bound("town", "advisories read", Mode::Live, terms).await;
    let told = bound.post(DOOR, CAP, good.clone()).await.expect_status(422).json();
    assert_eq!(told["errors"][0]["reason"], "outside_key_area");
    assert_eq!(told["errors"][0]["pointer"], "/alert/info[1]/area[1]");

    // A moment without a zone is taken as UTC, and says so.
    let bare = town.clock.now().to_string();
    let zoneless = good.replacen(
        &format!("<sent>{bare}"),
        &format!("<sent>{}", bare.trim_end_matches('Z')),
        1,
    );
    partner.post(DOOR, CAP, zoneless).await.expect_status(201);
    let all = list(&partner, "").await;
    assert_eq!(all[0]["properties"]["sent_without_zone"], true);
    assert_eq!(all[0]["properties"]["sent"].as_str(), Some(bare.as_str()));
}

#[tokio::test]
async fn in_whatever_order_messages_come_the_same_is_in_force() {
    let town = Town::start().await;
    let partner = met(&town, "met", Mode::Live).await;
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for (n, order) in orders.iter().enumerate() {
        let first = Message::new(&town, &format!("first-{n}"));
        let second = Message::new(&town, &format!("second-{n}")).about("Update", &first, 60_000);
        let mut last = Message::new(&town, &format!("last-{n}")).about("Cancel", &second, 120_000);
        last.blocks = String::new();
        let messages = [first, second, last];
        let mut seqs = [0; 3];
        for at in order {
            seqs[*at] = messages[*at].taken(&partner).await;
        }
        let states = [
            state(&partner, seqs[0]).await,
            state(&partner, seqs[1]).await,
            state(&partner, seqs[2]).await,
        ];
        assert_eq!(states, ["superseded", "cancelled", "message"], "{order:?}");
        let one = partner.ask(&format!("{LIST}/{}", seqs[1])).await.json();
        assert_eq!(one["properties"]["successor"], seqs[2]);
    }
    assert!(list(&partner, "").await.is_empty(), "nothing is in force");

    // An Ack and an Error end nothing; they are told with what they speak of.
    let kept = Message::new(&town, "kept");
    let seq = kept.taken(&partner).await;
    for (identifier, msg_type) in [("ack", "Ack"), ("error", "Error")] {
        let mut reply = Message::new(&town, identifier).about(msg_type, &kept, 1_000);
        reply.blocks = String::new();
        reply.taken(&partner).await;
    }
    // Nor does what another partner sends, whatever it names.
    let other = met(&town, "other", Mode::Live).await;
    let mut foreign = Message::new(&town, "foreign").about("Cancel", &kept, 1_000);
    foreign.blocks = String::new();
    foreign.taken(&other).await;
    let all = list(&partner, "").await;
    assert_eq!(identifiers(&all), ["kept"]);
    assert_eq!(all[0]["id"], seq);
    let replies = all[0]["properties"]["replies"].as_array().expect("replies");
    let kinds: Vec<&str> = replies.iter().filter_map(|one| one["msg_type"].as_str()).collect();
    assert_eq!(kinds.len(), 2);
    assert!(kinds.contains(&"Ack") && kinds.contains(&"Error"), "{kinds:?}");
}

#[tokio::test]
async fn a_warning_ends_by_the_time_of_the_room_and_every_screen_is_told() {
    let town = Town::start().await;
    let partner = met(&town, "met", Mode::Live).await;
    let mut live = town.live(&partner, Encoding::Json).await;
    live.settle(&city(12.0)).await;
    let seq = Message::new(&town, "short").taken(&partner).await;
    let state_is = |state: AdvisoryState| {
        move |model: &support::model::Model| {
            model.advisories.get(&seq).is_some_and(|one| one.state == state)
        }
    };
    live.until("the warning", state_is(AdvisoryState::Live)).await;
    town.pass(Duration::from_mins(6 * 60 - 1));
    assert_eq!(list(&partner, "").await.len(), 1, "a minute before its end");
    town.pass(Duration::from_secs(61));
    live.until("its end", state_is(AdvisoryState::Expired)).await;
    assert!(list(&partner, "").await.is_empty());
    let past = list(&partner, "?all=true").await;
    assert_eq!(past[0]["properties"]["state"], "expired");

    // One that names no end holds for a day from when it was sent.
    let mut open = Message::new(&town, "open");
    let expires = format!("<expires>{}</expires>", town.clock.now().plus_ms(6 * HOUR_MS));
    open.blocks = open.blocks.replace(&expires, "");
    open.taken(&partner).await;
    let all = list(&partner, "").await;
    assert_eq!(all[0]["properties"]["expires_assumed"], true);
    let day = town.clock.now().plus_ms(24 * HOUR_MS).to_string();
    assert_eq!(all[0]["properties"]["expires"].as_str(), Some(day.as_str()));
}

#[tokio::test]
async fn exercises_and_tests_never_stand_among_actual_warnings() {
    let town = Town::start().await;
    let partner = met(&town, "met", Mode::Live).await;
    let drill = met(&town, "school", Mode::Exercise).await;
    let mut live = town.live(&partner, Encoding::Json).await;
    live.settle(&city(12.0)).await;

    let told = Message::new(&town, "drill").status("Exercise").send(&partner).await;
    let told = told.expect_status(422).json();
    assert_eq!(told["errors"][0]["reason"], "wrong_mode");
    assert!(told["errors"][0]["detail"].as_str().is_some_and(|detail| {
        detail.contains("/alert/status") && detail.contains("key of the mode exercise")
    }));
    Message::new(&town, "drill").status("Exercise").taken(&drill).await;
    for status in ["Test", "System", "Draft"] {
        Message::new(&town, status).status(status).taken(&partner).await;
    }
    let actual = Message::new(&town, "actual");
    actual.taken(&partner).await;
    // A Cancel that is a test calls off nothing.
    let mut trial = Message::new(&town, "trial").status("Test").about("Cancel", &actual, 1_000);
    trial.blocks = String::new();
    let last = trial.taken(&partner).await;

    live.caught_up(last).await;
    let heard: Vec<&str> = live.model.advisories.values().map(|one| one.status.word()).collect();
    assert_eq!(heard, ["Actual"], "no frame tells of the others");
    assert_eq!(identifiers(&list(&partner, "").await), ["actual"]);
    assert_eq!(identifiers(&list(&partner, "?all=true").await), ["actual"]);
    for status in ["Test", "System", "Draft"] {
        assert_eq!(identifiers(&list(&partner, &format!("?status={status}")).await), [status]);
    }
    assert!(list(&partner, "?status=Exercise&all=true").await.is_empty());
    assert_eq!(identifiers(&list(&drill, "").await), ["drill"]);
    partner.ask(&format!("{LIST}?mode=exercise")).await.expect_status(403);

    // Whoever comes to the room later is told the same.
    let officer = town.duty_officer().await;
    let mut later = Dial::operator(&officer).connect().await;
    later.settle(&city(12.0)).await;
    later.until("the warning", |model| model.advisories.len() == 1).await;
    let page = officer.ask(&format!("{LIST}?mode=exercise")).await.expect_status(200).json();
    assert_eq!(page["features"][0]["properties"]["status"], "Exercise");
    assert_eq!(page["features"][0]["properties"]["mode"], "exercise");
    officer.send(Method::POST, DOOR, Some(actual.xml())).await.expect_status(401);

    // What is not for all is not on the wall.
    let mut inner = Message::new(&town, "inner");
    inner.scope = "Restricted";
    let seq = inner.taken(&partner).await;
    let wall = town.viewer().await;
    wall.ask(&format!("{LIST}/{seq}")).await.expect_status(404);
    let seen = wall.ask(LIST).await.expect_status(200).json();
    assert_eq!(identifiers(seen["features"].as_array().expect("features")), ["actual"]);
    officer.ask(&format!("{LIST}/{seq}")).await.expect_status(200);
}

#[tokio::test]
async fn codes_are_places_once_their_table_is_imported() {
    let mut town = Town::start().await;
    let partner = met(&town, "met", Mode::Live).await;
    let mut coded = Message::new(&town, "coded");
    let code = |value: &str| {
        format!("<geocode><valueName>emma_id</valueName><value>{value}</value></geocode>")
    };
    let ends = town.clock.now().plus_ms(HOUR_MS);
    coded.blocks = block("ca", "Neu", ends, &(code("ES001") + &code("ES999")));
    coded.taken(&partner).await;
    let unplaced = list(&partner, "?unplaced=true").await;
    assert!(unplaced[0]["geometry"].is_null());
    let reason =
        |one: &Value| one["properties"]["unplaced"][0]["reason"].as_str().map(str::to_owned);
    assert_eq!(
        reason(&unplaced[0]).as_deref(),
        Some("no table of emma_id was imported: talaia geocodes import")
    );

    let import = async |table: &str| {
        let file = town.data_dir().join("codes.geojson");
        std::fs::write(&file, table).expect("a file");
        let (file, dir) = (file.display().to_string(), town.data_dir().display().to_string());
        let ran = tokio::task::spawn_blocking(move || {
            run(&["geocodes", "import", &file, "--data-dir", &dir])
        });
        let ran = ran.await.expect("it ran");
        let told = [ran.stdout, ran.stderr].concat();
        (ran.status.success(), String::from_utf8_lossy(&told).into_owned())
    };
    let ring = "[[2.1,41.3],[2.2,41.3],[2.2,41.4],[2.1,41.3]]";
    let table = |code: &str, ring: &str| {
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"type":"EMMA_ID","code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}]}}"#
        )
    };
    for (wrong, remedy) in [
        ("{}".to_owned(), "FeatureCollection"),
        (table("", ring), "feature 1: give the code"),
        (table("ES001", "[[2.1,41.3],[2.2,141.3],[2.2,41.4]]"), "feature 1: a ring needs"),
    ] {
        let (is_taken, told) = import(&wrong).await;
        assert!(!is_taken && told.contains(remedy), "{told}");
    }
    let (is_taken, told) = import(&table("ES001", ring)).await;
    assert!(is_taken && told.contains("1 codes of EMMA_ID are kept"), "{told}");
    let placed = list(&partner, "?bbox=2.15,41.3,2.16,41.31").await;
    assert_eq!(identifiers(&placed), ["coded"], "by the running server");
    assert_eq!(reason(&placed[0]).as_deref(), Some("not in the table: emma_id ES999"));
    town.restart().await;
    assert_eq!(list(&partner, "?bbox=2.15,41.3,2.16,41.31").await, placed, "and by the next");
}
