//! Zones and rules through the public face: what is drawn, what is armed, what fires once, and what outlives a restart.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::binary::{Binary, run};
use support::live::{Dial, Encoding};
use support::operator::Operator;
use support::partner::{GEOJSON, Partner};
use support::town::Town;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::alarm::{AlarmCause, AlarmLevel, AlarmState};
use wire::decision::DecisionKind;
use wire::view::Mode;

use crate::views::city;

fn square(name: &str) -> Value {
    json!({"name": name, "geometry": {"type": "Polygon", "coordinates":
        [[[2.16, 41.39], [2.18, 41.39], [2.18, 41.41], [2.16, 41.41], [2.16, 41.39]]]}})
}

fn crowd(zone: u64) -> Value {
    json!({"name": "Flood in Poblenou", "level": "red", "when":
        {"sources": {"n_min": 3, "hazard": "flood", "zone": zone, "within_ms": 1_800_000}}})
}

/// A word about water; posts of one text are copies.
fn said(id: &str, kind: &str, text: &str, lng: f64) -> Value {
    json!({"type": "Feature", "id": id,
        "properties": {"kind": kind, "basis": "seen", "hazard": "flood", "severity": "Moderate",
            "text": text, "radius_m": 30},
        "geometry": {"type": "Point", "coordinates": [lng, 41.4]}})
}

async fn send(town: &Town, partner: &Partner, reports: &[Value]) {
    let body = json!({"type": "FeatureCollection", "features": reports}).to_string();
    partner.post("/api/v1/reports", GEOJSON, body).await.expect_status(201);
    town.pass(Duration::from_secs(2));
}

async fn decide(officer: &Operator, decision: Value) -> Value {
    let answer = officer.send(Method::POST, "/api/v1/decisions", Some(decision.to_string())).await;
    answer.expect_status(201).json()
}

async fn refused(officer: &Operator, decision: Value) -> Value {
    let answer = officer.send(Method::POST, "/api/v1/decisions", Some(decision.to_string())).await;
    answer.expect_status(422).json()["errors"][0].clone()
}

/// A zone and a rule about it, armed.
async fn armed(officer: &Operator) -> (u64, u64) {
    let told = decide(officer, json!({"kind": "zone", "zone": square("Poblenou")})).await;
    let zone = told["subject"]["zone"].as_u64().expect("a number");
    let told = decide(officer, json!({"kind": "rule", "rule": crowd(zone)})).await;
    (zone, told["subject"]["rule"].as_u64().expect("a number"))
}

async fn asked(officer: &Operator, path: &str) -> Value {
    officer.ask(path).await.expect_status(200).json()
}

#[tokio::test]
async fn a_rule_about_three_sources_in_a_zone_fires_once_whoever_repeats_them_and_outlives_a_restart()
 {
    let mut town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    let mut desk = Dial::operator(&officer).encoding(Encoding::Bin).connect().await;
    desk.settle(&city(12.0)).await;
    let (zone, rule) = armed(&officer).await;

    let post = "Aigua fins al genoll al carrer de Pujades, no es pot passar de cap manera";
    send(&town, &partner, &[said("a", "call", "water", 2.17)]).await;
    send(&town, &partner, &[said("p1", "post", post, 2.171), said("p2", "post", post, 2.172)])
        .await;
    send(&town, &partner, &[said("out", "call", "water", 2.19)]).await;
    let rules = asked(&officer, "/api/v1/rules").await;
    assert_eq!(
        rules["rules"][0]["standing"],
        json!([]),
        "a copy counts no more than a place outside"
    );
    send(&town, &partner, &[said("b", "call", "it rises", 2.173)]).await;
    desk.until("the alarm", |model| model.alarms.len() == 1).await;
    let alarm = desk.model.alarms.values().next().expect("one").clone();
    assert_eq!((alarm.cause, alarm.level), (AlarmCause::Rule, AlarmLevel::Red));
    assert_eq!((alarm.name.as_str(), alarm.sounds), ("Flood in Poblenou", true));
    assert_eq!((alarm.value, alarm.limit), (Some(3.0), Some(3.0)));
    let fired = alarm.rule.clone().expect("what the rule found");
    assert_eq!((u64::from(fired.rule), fired.zone.map(u64::from)), (rule, Some(zone)));
    assert_eq!((fired.n_sources, fired.reports.len()), (Some(3), 3));

    // More of the same, and one that comes again: nothing asks anew.
    decide(&officer, json!({"kind": "ack", "subject": {"alarm": alarm.id}})).await;
    for n in 0..4 {
        send(&town, &partner, &[said(&format!("c{n}"), "call", "water", 2.174)]).await;
    }
    let alarms = asked(&officer, "/api/v1/alarms").await["alarms"].clone();
    assert_eq!(alarms.as_array().map(Vec::len), Some(1), "{alarms}");
    assert_eq!(alarms[0]["state"], "answered");

    // A report of it turns out not to be true.
    let report = fired.reports[0];
    let refute = json!({"kind": "refute", "subject": {"report": report}, "basis": "called-back"});
    decide(&officer, refute).await;
    desk.until("the alarm is flagged", |model| {
        model.alarms[&alarm.id].rule.as_ref().is_some_and(|rule| rule.refuted == [report])
    })
    .await;

    let before: Vec<Value> = {
        let mut told = Vec::new();
        for path in ["/api/v1/zones", "/api/v1/rules", "/api/v1/log"] {
            told.push(asked(&officer, path).await);
        }
        told
    };
    assert_eq!(before[0]["features"][0]["properties"]["name"], "Poblenou");
    assert_eq!(before[1]["rules"][0]["standing"].as_array().map(Vec::len), Some(1));
    town.restart().await;
    for (path, before) in ["/api/v1/zones", "/api/v1/rules", "/api/v1/log"].iter().zip(&before) {
        assert_eq!(&asked(&officer, path).await, before, "{path}");
    }
    send(&town, &partner, &[said("d", "call", "water", 2.174)]).await;
    let alarms = asked(&officer, "/api/v1/alarms").await["alarms"].clone();
    assert_eq!(alarms.as_array().map(Vec::len), Some(1), "it still stands: {alarms}");

    // What is over half an hour later, and was answered, is over; the next three are another firing.
    town.pass(Duration::from_mins(31));
    send(&town, &partner, &[said("e", "call", "water", 2.174)]).await;
    let state = asked(&officer, "/api/v1/alarms").await["alarms"][0]["state"].clone();
    assert_eq!(state, AlarmState::Over.word());
    let (up, inside) = (said("f", "call", "up", 2.17), said("g", "call", "in", 2.171));
    send(&town, &partner, &[up, inside]).await;
    while asked(&officer, "/api/v1/alarms").await["alarms"].as_array().map(Vec::len) != Some(2) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_zone_or_rule_that_is_wrong_is_told_the_field_and_the_remedy() {
    let town = Town::start().await;
    let officer = town.duty_officer().await;
    let mut open = square("open");
    open["geometry"]["coordinates"][0].as_array_mut().expect("a ring").pop();
    let told = refused(&officer, json!({"kind": "zone", "zone": open})).await;
    assert_eq!(told["pointer"], "/zone/geometry/coordinates/0");
    assert_eq!(told["detail"], "end the ring with the corner it begins with");
    let mut nowhere = square("nowhere");
    nowhere["geometry"]["coordinates"][0][1] = json!([41.39, 2_160.0]);
    let told = refused(&officer, json!({"kind": "zone", "zone": nowhere})).await;
    assert_eq!(told["pointer"], "/zone/geometry/coordinates/0/1");
    let bow_tie = json!({"name": "bow tie", "geometry": {"type": "MultiPolygon", "coordinates":
        [[[[2.0, 41.0], [2.1, 41.1], [2.1, 41.0], [2.0, 41.1], [2.0, 41.0]]]]}});
    let told = refused(&officer, json!({"kind": "zone", "zone": bow_tie})).await;
    assert_eq!(told["pointer"], "/zone/geometry/coordinates/0/0");
    let told = refused(&officer, json!({"kind": "zone"})).await;
    assert_eq!((&told["pointer"], &told["reason"]), (&json!("/zone"), &json!("missing")));

    let told = refused(&officer, json!({"kind": "rule", "rule": crowd(7)})).await;
    assert_eq!(told["pointer"], "/rule/when/sources/zone");
    let (zone, rule) = armed(&officer).await;
    let mut hasty = crowd(zone);
    hasty["when"]["sources"]["within_ms"] = json!(5);
    let told = refused(&officer, json!({"kind": "rule", "rule": hasty})).await;
    assert_eq!(told["pointer"], "/rule/when/sources/within_ms");
    assert!(told["detail"].as_str().is_some_and(|told| told.contains("60000")), "{told}");
    let stranger = json!({"name": "level", "level": "orange", "when": {"value": {
        "of": {"stream": {"source": "nobody", "name": "poio"}}, "direction": "rising",
        "level": 150.0, "clear": 120.0}}});
    let told = refused(&officer, json!({"kind": "rule", "rule": stranger})).await;
    assert_eq!(told["pointer"], "/rule/when/value/of/stream/source");

    // A zone that a rule speaks of stays.
    let away = json!({"kind": "zone", "subject": {"zone": zone}, "remove": true});
    assert_eq!(refused(&officer, away.clone()).await["reason"], "zone_in_use");
    decide(&officer, json!({"kind": "rule", "subject": {"rule": rule}, "remove": true})).await;
    decide(&officer, away).await;
    assert_eq!(asked(&officer, "/api/v1/zones").await["features"], json!([]));
    // A number is never given again.
    let (again, _) = armed(&officer).await;
    assert_eq!(again, zone + 1);
    let viewer = town.viewer().await;
    let body = json!({"kind": "zone", "zone": square("mine")}).to_string();
    viewer.send(Method::POST, "/api/v1/decisions", Some(body)).await.expect_status(403);
}

#[tokio::test]
async fn a_rule_is_tried_against_what_came_before_it_is_armed() {
    let town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    let told = decide(&officer, json!({"kind": "zone", "zone": square("Poblenou")})).await;
    let zone = told["subject"]["zone"].as_u64().expect("a number");
    for n in 0..4 {
        send(&town, &partner, &[said(&format!("c{n}"), "call", "water", 2.174)]).await;
    }
    let tried = async |rule: Value| {
        let body = json!({"rule": rule}).to_string();
        officer.send(Method::POST, "/api/v1/rules/try", Some(body)).await
    };
    let told = tried(crowd(zone)).await.expect_status(200).json();
    assert_eq!(told["n_reports"], 4);
    assert_eq!(told["turns"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(
        (&told["turns"][0]["turn"], &told["turns"][0]["n_sources"]),
        (&json!("begun"), &json!(3))
    );
    let moves = json!({"name": "in", "level": "red", "when": {"crossing": {"zone": zone, "moves": "enters"}}});
    let told = tried(moves).await.expect_status(422).json();
    assert_eq!(told["errors"][0]["reason"], "no_past");
    assert_eq!(asked(&officer, "/api/v1/rules").await["rules"], json!([]));
    assert_eq!(asked(&officer, "/api/v1/alarms").await["alarms"], json!([]));
    let log = asked(&officer, "/api/v1/log").await;
    assert_eq!(log["lines"][0]["kind"], DecisionKind::Zone.word());
}

#[tokio::test]
async fn a_rule_is_tried_in_the_mode_of_the_key_and_one_at_a_time() {
    let town = Town::start().await;
    let trainer = town.partner("trainer", "read", Mode::Exercise).await;
    let anywhere = json!({"name": "flood", "level": "red", "when":
        {"sources": {"n_min": 3, "within_ms": 1_800_000}}});
    let tried = async || {
        let body = json!({"rule": anywhere}).to_string();
        trainer.post("/api/v1/rules/try", "application/json", body).await
    };
    tried().await.expect_status(200);
    let trial = Arc::clone(&town.app().trials).try_acquire_owned().expect("nobody tries one");
    let refused = tried().await.expect_status(429);
    assert_eq!(refused.header("retry-after"), "1");
    drop(trial);
    tried().await.expect_status(200);
}

#[tokio::test]
async fn posts_whose_words_name_the_flood_fire_the_rule_and_its_trial() {
    let town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    let (zone, _) = armed(&officer).await;
    let unsaid = |id: &str, kind: &str, text: &str| {
        let mut one = said(id, kind, text, 2.17);
        one["properties"]["hazard"] = json!("other");
        one
    };
    let words = ["Aigua fins al genoll a Pujades", "Garatge ple d'aigua", "Entra aigua per tot"];
    for (n, text) in words.into_iter().enumerate() {
        send(&town, &partner, &[unsaid(&format!("c{n}"), "call", text)]).await;
    }
    assert_eq!(asked(&officer, "/api/v1/alarms").await["alarms"], json!([]), "calls are not read");
    for (n, text) in words.into_iter().enumerate() {
        send(&town, &partner, &[unsaid(&format!("p{n}"), "post", text)]).await;
    }
    while asked(&officer, "/api/v1/alarms").await["alarms"].as_array().map(Vec::len) != Some(1) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let body = json!({"rule": crowd(zone)}).to_string();
    let tried = officer.send(Method::POST, "/api/v1/rules/try", Some(body)).await;
    let told = tried.expect_status(200).json();
    assert_eq!(told["n_reports"], 6);
    assert_eq!(told["turns"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(told["turns"][0]["n_sources"], 3);
}

#[tokio::test]
async fn a_zone_that_was_drawn_anew_is_taken_back_by_a_duty_officer_step_by_step() {
    let mut town = Town::start().await;
    let officer = town.duty_officer().await;
    let analyst = town.signed_in("anna", "analyst").await;
    let (zone, _) = armed(&officer).await;
    let draw = async |name: &str| {
        let decision = json!({"kind": "zone", "subject": {"zone": zone}, "zone": square(name)});
        decide(&officer, decision).await["seq"].as_u64().expect("a number")
    };
    let (second, third) = (draw("second").await, draw("third").await);
    let undo = |seq: u64| json!({"kind": "undo", "subject": {"decision": seq}});
    let body = Some(undo(third).to_string());
    let told = analyst.send(Method::POST, "/api/v1/decisions", body).await.expect_status(403);
    assert_eq!(told.json()["type"].as_str().map(|word| word.ends_with("role-too-low")), Some(true));
    let told = refused(&officer, undo(second)).await;
    assert_eq!((&told["pointer"], &told["reason"]), (&json!("/subject"), &json!("changed_since")));
    let name = async || {
        let zones = asked(&officer, "/api/v1/zones").await;
        zones["features"][0]["properties"]["name"].clone()
    };
    decide(&officer, undo(third)).await;
    assert_eq!(name().await, "second");
    town.restart().await;
    decide(&officer, undo(second)).await;
    assert_eq!(name().await, "Poblenou");
    assert_eq!(refused(&officer, undo(second)).await["reason"], "taken_back");
}

#[tokio::test]
async fn a_person_places_a_report_that_nobody_could_place_and_the_situation_follows() {
    let mut town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    let nowhere = json!({"type": "Feature", "id": "n", "geometry": null,
        "properties": {"kind": "call", "basis": "seen", "hazard": "flood", "severity": "Severe",
            "text": "water", "place": "by the old mill"}});
    let near = [said("a", "call", "water", 2.17), said("b", "call", "it rises", 2.1705)];
    send(&town, &partner, &[nowhere, near[0].clone(), near[1].clone()]).await;
    let reports = asked(&officer, "/api/v1/reports?limit=10").await;
    let features = reports["features"].as_array().expect("reports");
    let unplaced = features.iter().find(|one| one["geometry"].is_null()).expect("one");
    let id = unplaced["id"].clone();
    let put = json!({"kind": "place", "subject": {"report": id}, "radius_m": 25,
        "geometry": {"type": "Point", "coordinates": [2.1702, 41.4]}});
    let told = refused(&officer, json!({"kind": "place", "subject": {"report": id}})).await;
    assert_eq!((&told["pointer"], &told["reason"]), (&json!("/geometry"), &json!("needs_place")));
    decide(&officer, put).await;
    town.pass(Duration::from_secs(2));
    let path = format!("/api/v1/reports/{}", id.as_str().expect("an id"));
    let placed = asked(&officer, &path).await;
    assert_eq!(placed["geometry"]["coordinates"], json!([2.1702, 41.4]));
    assert_eq!(placed["properties"]["placed_by"], "operator");
    while asked(&officer, "/api/v1/situations").await["situations"][0]["n_reports"] != 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    town.restart().await;
    assert_eq!(asked(&officer, &path).await, placed);
    assert_eq!(asked(&officer, "/api/v1/log").await["lines"][0]["kind"], "place");
}

#[tokio::test]
async fn who_is_exposed_in_a_situation_is_counted_from_what_was_imported() {
    let mut town = Town::start().await;
    let (partner, officer) = (town.dispatch().await, town.duty_officer().await);
    let near = [("a", 2.17), ("b", 2.1705), ("c", 2.171)];
    let near = near.map(|(id, lng)| said(id, "call", &format!("water {id}"), lng));
    send(&town, &partner, &near).await;
    let id = loop {
        let told = asked(&officer, "/api/v1/situations").await;
        if let Some(id) = told["situations"][0]["id"].as_u64() {
            break id;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let path = format!("/api/v1/situations/{id}/exposure");
    let nobody = asked(&officer, &path).await;
    assert_eq!(nobody["register"], json!({"n_sites": 0, "n_cells": 0}), "nobody knows");
    let table = "kind,name,lng,lat,n_people,west,south,east,north\n\
        school,Escola A,2.1704,41.4,300,,,,\nschool,Escola B,2.3,41.4,200,,,,\n\
        ,,,,5000,2.165,41.395,2.175,41.405\n";
    let put = async |table: &str| {
        officer.send(Method::PUT, "/api/v1/exposure", Some(table.to_owned())).await
    };
    put(table).await.expect_status(200);
    let told = put("kind,name,lng,lat\nzoo,A,2,41\n").await.expect_status(422).json();
    let detail = told["errors"][0]["detail"].as_str().unwrap_or_default().to_owned();
    assert!(detail.starts_with("row 2, kind: say school"), "{detail}");
    let zoo = r#"{"features":[{"geometry":{"type":"Point","coordinates":[2,41]},
        "properties":{"kind":"zoo","name":"A"}}]}"#;
    let told = put(zoo).await.expect_status(422).json();
    let told = (&told["errors"][0]["index"], &told["errors"][0]["pointer"]);
    assert_eq!(told, (&json!(0), &json!("/properties/kind")));
    let told = put("").await.expect_status(422).json();
    assert!(
        told["errors"][0]["detail"].as_str().is_some_and(|told| told.contains("--data-binary"))
    );
    let viewer = town.viewer().await;
    let mine = viewer.send(Method::PUT, "/api/v1/exposure", Some(table.to_owned())).await;
    mine.expect_status(403);
    let exposed = asked(&officer, &path).await;
    assert_eq!(
        exposed["register"],
        json!({"n_sites": 2, "n_cells": 1}),
        "what is wrong changed nothing"
    );
    let kinds = exposed["kinds"].as_array().expect("kinds");
    assert_eq!((kinds.len(), &kinds[0]["n_sites"]), (1, &json!(1)), "{exposed}");
    assert_eq!(kinds[0]["sites"][0]["name"], "Escola A");
    let n_people = exposed["n_people"].as_u64().expect("people");
    assert!((1..5_000).contains(&n_people), "a part of the cell: {n_people}");
    assert_eq!(exposed["cells"][0]["n_people"], n_people);
    town.restart().await;
    assert_eq!(asked(&officer, &path).await, exposed);
}

#[tokio::test]
async fn a_register_that_cannot_be_read_keeps_no_server_from_starting() {
    let mut town = Town::start().await;
    let officer = town.duty_officer().await;
    town.stop().await;
    std::fs::write(town.data_dir().join("exposure"), "{\"features\": [").expect("written");
    town.run().await;
    let told = officer.ask("/api/v1/exposure").await.expect_status(503).json();
    assert!(told["type"].as_str().is_some_and(|kind| kind.ends_with("register-unread")), "{told}");
    let table = "kind,name,lng,lat\nhospital,Clínic,2.15,41.389\n".to_owned();
    officer.send(Method::PUT, "/api/v1/exposure", Some(table)).await.expect_status(200);
    assert_eq!(asked(&officer, "/api/v1/exposure").await, json!({"n_sites": 1, "n_cells": 0}));
}

#[tokio::test]
async fn who_may_not_import_is_told_so_before_the_import_comes() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let host = partner.base.trim_start_matches("http://");
    let mut line = TcpStream::connect(host).await.expect("a line");
    let key = &partner.key;
    let head = format!(
        "PUT /api/v1/exposure HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
         content-type: text/csv\r\ncontent-length: 1000000\r\n\r\n"
    );
    line.write_all(head.as_bytes()).await.expect("sent");
    let mut status = [0; 12];
    line.read_exact(&mut status).await.expect("an answer");
    assert_eq!(String::from_utf8_lossy(&status), "HTTP/1.1 403");
}

#[tokio::test]
async fn an_import_by_command_reaches_the_running_server() {
    let dir = tempfile::tempdir().expect("a directory");
    let data_dir = dir.path().display().to_string();
    let server = Binary::start(dir.path(), &[]);
    let key = server.command(&["partner", "add", "112", "--scope", "reports,read"]);
    let partner = Partner::new(&server.base, &key);
    let file = dir.path().join("sites.csv");
    std::fs::write(&file, "kind,name,lng,lat\nhospital,Clínic,2.15,41.389\n").expect("written");
    let file = file.display().to_string();
    let told = run(&["exposure", "import", &file, "--data-dir", &data_dir]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let register = partner.ask("/api/v1/exposure").await.expect_status(200).json();
    assert_eq!(register, json!({"n_sites": 1, "n_cells": 0}));
}
