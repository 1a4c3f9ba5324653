//! Connections, the sentence above them, errors by cause, and the ledger by the month.

use std::time::Duration;

use serde_json::{Value, json};
use server::store::KeyTerms;
use support::partner::Partner;
use support::town::Town;
use wire::desk::{CauseKind, Connections, Direction, ErrorCauses};
use wire::source::SourceHealth;
use wire::view::Mode;

use super::{desk, own, read, send, speaks, value};

#[tokio::test]
async fn a_connection_balances_to_the_unit_and_says_why_most_was_refused() {
    let mut town = Town::start().await;
    let lora = town.partner("lora", "observations", Mode::Live).await;
    let at = town.clock.now();
    assert_eq!(own(&lora).await.status, SourceHealth::Silent, "nothing yet is not green");
    let good: Vec<Value> =
        (0..7).map(|n| value("besos", at.plus_ms(-n * 60_000), n, "m")).collect();
    lora.observe(&good).await;
    lora.observe(&good[..3]).await;
    let mut late = value("besos", at, 1.0, "m");
    late["phenomenon_time"] = json!("yesterday");
    let mut no_result = value("besos", at, 1.0, "m");
    no_result["result"] = json!(null);
    send(&lora, &[late.clone(), late, no_result]).await.expect_status(422);
    let one = own(&lora).await;
    let day = one.day;
    assert_eq!((day.received, day.accepted, day.folded, day.rejected), (13, 7, 3, 3));
    assert!(day.bytes > 500, "{day:?}");
    let top = one.top_reason.clone().expect("a reason");
    assert_eq!((top.reason.as_str(), top.n), ("bad_time", 2));
    assert_eq!((one.id.as_str(), one.n_sensors), ("partner:lora", 1));
    assert_eq!((one.direction, one.dialect.as_deref()), (Direction::Push, Some("rest")));
    assert_eq!((one.status, one.newest_age_ms), (SourceHealth::Live, Some(0)));
    // The whole account and the hours of the day are one.
    let sources = town.partner("reader", "read", Mode::Live).await;
    let list = sources.ask("/api/v1/sources").await.expect_status(200).json();
    assert_eq!(list["sources"][0]["ledger"]["received"], json!(13));
    // Nor does a kill part them.
    town.kill_and_restart().await;
    assert_eq!(own(&lora).await.day, day);
    let errors: ErrorCauses = read(lora.ask("/api/v1/errors?hours=1").await);
    let told: Vec<(&str, u64)> =
        errors.causes.iter().map(|one| (one.reason.as_str(), one.count)).collect();
    assert_eq!(told, [("bad_time", 2), ("missing", 1)]);
    assert!(errors.causes[0].sample_detail.is_some(), "{errors:?}");
    assert_eq!(errors.causes[0].source.as_deref(), Some("partner:lora"));
    // What is older than a day is no part of it.
    town.pass(Duration::from_hours(25));
    assert_eq!(own(&lora).await.day.received, 0);
    let none: ErrorCauses = read(lora.ask("/api/v1/errors").await);
    assert_eq!(none.causes, []);
    let week: ErrorCauses = read(lora.ask("/api/v1/errors?hours=168").await);
    assert_eq!(week.causes.len(), 2);
    for wrong in ["hours=0", "hours=169", "hours=x", "other=1"] {
        lora.ask(&format!("/api/v1/errors?{wrong}")).await.expect_status(422);
    }
}

#[tokio::test]
async fn fourteen_that_fell_together_are_one_line_and_a_key_sees_its_own() {
    let town = Town::start().await;
    let lora = town.partner("lora", "observations", Mode::Live).await;
    let noise = town.partner("noise", "observations", Mode::Live).await;
    let names: Vec<String> = (0..14).map(|n| format!("d{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    speaks(&town, &lora, &names, 6).await;
    let fell_at = town.clock.now();
    speaks(&town, &noise, &["meter"], 10).await;
    let told = desk(&lora).await;
    let said = &told.sentence;
    assert_eq!((said.sensors, said.speaking, said.silent), (14, 0, 14), "{said:?}");
    assert_eq!((said.causes.len(), said.causes_left_off), (1, 0));
    let cause = &said.causes[0];
    assert_eq!((cause.kind, cause.sensors), (CauseKind::Source, 14));
    assert_eq!((cause.what.as_str(), cause.since), ("partner:lora", fell_at.plus_ms(60_000)));
    assert_eq!(told.connections.len(), 1);
    assert_eq!(told.connections[0].status, SourceHealth::Silent);
    assert_eq!(told.connections[0].cadence_ms, Some(60_000));
    let officer = town.duty_officer().await;
    let all: Connections = read(officer.ask("/api/v1/connections").await);
    let order: Vec<(&str, SourceHealth)> =
        all.connections.iter().map(|one| (one.id.as_str(), one.status)).collect();
    let red_first = [("partner:lora", SourceHealth::Silent), ("partner:noise", SourceHealth::Live)];
    assert_eq!(order, red_first);
    assert_eq!((all.sentence.sensors, all.sentence.speaking), (15, 1));
    town.viewer().await.ask("/api/v1/connections").await.expect_status(403);
    lora.ask("/api/v1/connections?mode=exercise").await.expect_status(403);
    lora.ask("/api/v1/connections?x=1").await.expect_status(422);
}

#[tokio::test]
async fn those_of_one_gateway_are_one_line_whether_a_passport_or_a_thing_names_it() {
    let town = Town::start().await;
    let lora = town.partner("lora", "observations,read,authority", Mode::Live).await;
    speaks(&town, &lora, &["a", "b", "c"], 6).await;
    for (name, gateway) in [("a", "Torrent-2"), ("b", "Torrent-2"), ("c", "Poblenou")] {
        let passport = json!({"gateway": gateway, "phone": "Sensalia 24 h",
            "cadence": {"by_day_ms": 60_000, "in_alarm_ms": null}});
        let path = format!("/api/v1/datastreams/partner:lora/{name}/passport");
        put(&lora, &path, &passport).await;
    }
    speaks(&town, &lora, &["a", "b", "c"], 1).await;
    speaks(&town, &lora, &["c"], 3).await;
    let told = desk(&lora).await;
    let causes = &told.sentence.causes;
    assert_eq!(causes.len(), 1, "{causes:?}");
    assert_eq!((causes[0].kind, causes[0].what.as_str()), (CauseKind::Gateway, "Torrent-2"));
    assert_eq!((causes[0].sensors, told.sentence.late), (2, 2));
    assert_eq!(causes[0].datastreams, ["a", "b"]);
    let one = &told.connections[0];
    assert_eq!(one.duty_phone.as_deref(), Some("Sensalia 24 h"));
    assert_eq!(one.status, SourceHealth::Late, "one of three speaks");
}

async fn put(partner: &support::partner::Partner, path: &str, body: &Value) {
    let request = support::http_client()
        .put(format!("{}{path}", partner.base))
        .header("authorization", format!("Bearer {}", partner.key))
        .body(body.to_string());
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 204);
}

#[tokio::test]
async fn a_month_of_the_ledger_balances_row_by_row_and_is_no_formula() {
    let town = Town::start().await;
    let lora = town.partner("+lora", "observations", Mode::Live).await;
    let noise = town.partner("noise", "observations", Mode::Live).await;
    for n in 0..3 {
        let at = town.clock.now();
        lora.observe(&[value("besos", at, n, "m"), value("poio", at, n, "m")]).await;
        let mut wrong = value("besos", at, 1.0, "m");
        wrong["result"] = json!(null);
        send(&lora, &[wrong]).await.expect_status(422);
        noise.observe(&[value("meter", at, n, "dB")]).await;
        town.pass(Duration::from_mins(1));
    }
    let month = town.clock.now().to_string()[..7].to_owned();
    let answer = lora.ask(&format!("/api/v1/ledger?month={month}")).await.expect_status(200);
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert!(answer.header("content-disposition").contains(&month));
    let mut rows = csv(&answer.body);
    let header = "day,source,name,mode,received,accepted,joined,rejected,bytes,reasons";
    assert_eq!(rows.remove(0).join(","), header);
    let mut sum = 0;
    for row in &rows {
        let n = |at: usize| row[at].parse::<u64>().expect("a number");
        assert_eq!(n(4), n(5) + n(6) + n(7), "{row:?}");
        assert_eq!((row[1].as_str(), row[2].as_str()), ("partner:+lora", "'+lora"), "no formula");
        assert!(row[0].starts_with(&month) && row[9].starts_with("missing "), "{row:?}");
        sum += n(4);
    }
    assert_eq!(sum, 9, "{rows:?}");
    let officer = town.duty_officer().await;
    let all = officer.ask(&format!("/api/v1/ledger?month={month}")).await.expect_status(200);
    assert!(csv(&all.body).len() > rows.len() + 1, "{}", all.body);
    let empty = lora.ask("/api/v1/ledger?month=2020-02").await.expect_status(200);
    assert_eq!(csv(&empty.body).len(), 1);
    for wrong in ["", "?month=2026", "?month=2026-13", "?month=2026-11&x=1"] {
        lora.ask(&format!("/api/v1/ledger{wrong}")).await.expect_status(422);
    }
}

/// Cells; none of ours holds a quotation mark or a comma.
fn csv(text: &str) -> Vec<Vec<String>> {
    let row = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().map(row).collect()
}

#[tokio::test]
async fn the_days_that_a_key_has_left_are_those_of_the_one_that_ends_last() {
    let town = Town::start().await;
    let ends = |days: i64| KeyTerms {
        expires_at: Some(town.clock.now().plus_ms(days * 86_400_000 + 60_000)),
        ..KeyTerms::default()
    };
    let left = async |partner: &Partner| {
        let desk: Connections = read(partner.ask("/api/v1/connections").await);
        desk.connections[0].key_days_left
    };
    let old = town.partner_bound("loops", "observations", Mode::Live, ends(3)).await;
    assert_eq!(left(&old).await, Some(3));
    let other = town.partner("doors", "observations", Mode::Live).await;
    assert_eq!(left(&other).await, None, "it goes on until somebody revokes it");
}
