//! Exports: who takes what, streamed; cells that would be formulas; readers that stand still.

use serde_json::{Value, json};
use support::partner::{Answer, GEOJSON, NDJSON};
use support::raw::Raw;
use support::town::Town;

/// What has been used against spreadsheets, and what stands near it.
fn payloads() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for start in [
        "=",
        "+",
        "-",
        "@",
        "\t=",
        "\r=",
        "\n=",
        "|",
        "%",
        "＝",
        "＋",
        "－",
        "＠",
        " =",
        "\u{feff}=",
        "\"=",
        "'=",
    ] {
        for rest in ["1+1", "cmd|' /C calc'!A0", "HYPERLINK(\"http://x\",\"y\")"] {
            all.push(format!("{start}{rest}"));
        }
    }
    for apart in [",", ";", "\t", "\n", "\",", "\";\"", "|", "\r\n", ", ", "; \""] {
        all.push(format!("foc{apart}=1+1"));
        all.push(format!("foc{apart}@SUM(1)"));
    }
    all
}

/// The rows of a table, by the names of their columns.
fn rows(answer: &Answer) -> Vec<Value> {
    let body = answer.body.trim_start_matches('\u{feff}');
    let mut table = csv::Reader::from_reader(body.as_bytes());
    let names = table.headers().expect("names").clone();
    let rows = table.records().map(|row| row.expect("a row"));
    rows.map(|row| {
        names.iter().zip(row.iter()).map(|(name, cell)| (name.to_owned(), json!(cell))).collect()
    })
    .collect()
}

/// Cells that a spreadsheet would run, however it cuts the lines.
fn active(body: &str) -> Vec<String> {
    let mut found = Vec::new();
    for delimiter in *b",;\t|" {
        for quoting in [true, false] {
            let mut table = csv::ReaderBuilder::new();
            table.delimiter(delimiter).quoting(quoting).flexible(true).has_headers(false);
            for row in table.from_reader(body.as_bytes()).records() {
                let row = row.expect("cells");
                let starts = |cell: &&str| {
                    let bare = cell.trim_start_matches(|sign: char| {
                        sign == '"' || sign == '\u{feff}' || sign.is_whitespace()
                    });
                    let is_number = bare.trim_end_matches('"').parse::<f64>().is_ok();
                    bare.starts_with(['=', '+', '-', '@', '％', '＝', '＋', '－', '＠'])
                        && !is_number
                };
                found.extend(row.iter().filter(starts).map(str::to_owned));
            }
        }
    }
    found
}

#[tokio::test]
async fn no_cell_of_an_export_is_a_formula_and_each_tells_what_was_said() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let analyst = town.signed_in("ada", "analyst").await;
    let payloads = payloads();
    assert!(payloads.len() >= 60);
    let reports = payloads.iter().enumerate().map(|(n, payload)| {
        json!({"type": "Feature", "id": format!("={n}{payload}"),
            "geometry": {"type": "Point", "coordinates": [-0.5, -41.0]},
            "properties": {"text": payload, "author": payload, "place": payload, "ref": payload,
                "hazard": payload, "origin": payload}})
    });
    let body = json!({"type": "FeatureCollection", "features": reports.collect::<Vec<_>>()});
    partner.post("/api/v1/reports", GEOJSON, body.to_string()).await.expect_status(201);
    let control = format!("\"a\",\"{}\"\r\n", "foc;=1+1");
    assert!(!active(&control).is_empty(), "the eye of this test sees one");
    let answer = analyst.ask("/api/v1/exports/reports.csv?bom=true").await.expect_status(200);
    assert!(answer.body.starts_with('\u{feff}'));
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(active(&answer.body), Vec::<String>::new());
    let rows = rows(&answer);
    assert_eq!(rows.len(), payloads.len());
    for (row, payload) in rows.iter().rev().zip(&payloads) {
        assert_eq!(
            row["text"].as_str().map(|text| text.replace('\'', "")),
            Some(payload.trim().replace('\'', "")),
            "{row}"
        );
        assert_eq!((&row["lon_deg"], &row["lat_deg"]), (&json!("-0.5"), &json!("-41")));
    }
}

#[tokio::test]
async fn an_export_is_what_the_list_shows_of_those_who_may_and_a_line_of_the_log() {
    let town = Town::start().await;
    let partner = town.dispatch().await;
    let analyst = town.signed_in("ada", "analyst").await;
    let features = (0..1_234).map(|n| {
        let text = if n % 2 == 0 { "foc" } else { "fum" };
        json!({"type": "Feature", "id": format!("r{n}"),
            "geometry": {"type": "Point", "coordinates": [2.17, 41.39]},
            "properties": {"text": format!("{text} número {n}"), "author": "@anna", "hazard": "fire"}})
        .to_string()
    });
    let body = features.collect::<Vec<_>>().join("\n");
    partner.post("/api/v1/reports", NDJSON, body).await.expect_status(201);
    let path = "/api/v1/exports/reports.geojson?q=foc&hazard=fire";
    let answer = analyst.ask(path).await.expect_status(200);
    assert_eq!(answer.header("talaia-rows"), "617");
    assert!(answer.header("content-disposition").contains("reports.geojson"));
    let exported = answer.json();
    let features = exported["features"].as_array().expect("features");
    assert_eq!(features.len(), 617);
    let listed = analyst.ask("/api/v1/reports?q=foc&limit=1000").await.expect_status(200).json();
    assert_eq!(listed["features"], exported["features"]);
    assert_eq!(listed["matched"], 617);
    let log = analyst.ask("/api/v1/log?limit=1").await.expect_status(200).json();
    let line = &log["lines"][0];
    assert_eq!(line["by"], "ada");
    assert_eq!(line["text"], "export reports.geojson: 617 reports, with words; hazard=fire, q=foc");
    // Who may not weigh reports gets no words in bulk, and searching takes what it takes in the list.
    let contributor = town.signed_in("pep", "contributor").await;
    let answer = contributor.ask("/api/v1/exports/reports.csv").await.expect_status(200);
    let bare = rows(&answer);
    assert_eq!(bare.len(), 1_234);
    assert!(
        bare.iter().all(|row| row["text"] == "" && row["author"] == "" && row["hazard"] == "fire")
    );
    assert!(!answer.body.contains("anna"));
    let answer = partner.ask("/api/v1/exports/reports.csv").await.expect_status(200);
    assert!(!answer.body.contains("fum"));
    let log = analyst.ask("/api/v1/log?limit=1").await.expect_status(200).json();
    assert_eq!(log["lines"][0]["by"], "partner:dispatch");
    town.viewer().await.ask("/api/v1/exports/reports.csv?q=foc").await.expect_status(403);
    analyst.ask("/api/v1/exports/reports.csv?cursor=1").await.expect_status(422);
    let none = analyst.ask("/api/v1/exports/reports.geojson?q=nothing").await.expect_status(200);
    assert_eq!(none.json()["features"], json!([]));
    let none = analyst.ask("/api/v1/exports/reports.csv?q=nothing").await.expect_status(200);
    assert_eq!(rows(&none), Vec::<Value>::new());
}

#[tokio::test]
async fn readers_that_stand_still_hold_up_nobody_but_the_next_export() {
    let town = Town::start().await;
    let address = town.base.trim_start_matches("http://").to_owned();
    let partner = town.dispatch().await;
    // Far more than waits in sockets.
    let long = "aigua ".repeat(1_000);
    for part in 0..5 {
        let lines = (0..500).map(|n| {
            json!({"type": "Feature", "id": format!("r{part}-{n}"), "geometry": null,
                "properties": {"place": "Sants", "text": long}})
            .to_string()
        });
        let body = lines.collect::<Vec<_>>().join("\n");
        partner.post("/api/v1/reports", NDJSON, body).await.expect_status(201);
    }
    let password = town.operator("ada", "analyst").await;
    let analyst = support::operator::Operator::sign_in(&town.base, "ada", &password).await;
    let cookie = analyst.cookie.clone().expect("a cookie");
    let mut still = Vec::new();
    for _ in 0..4 {
        let mut raw = Raw::connect(&address).await;
        let ask = format!(
            "GET /api/v1/exports/reports.csv HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n"
        );
        raw.send(ask.as_bytes()).await;
        let head = raw.answer().await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.to_ascii_lowercase().contains("transfer-encoding: chunked"), "{head}");
        still.push(raw);
    }
    let late = json!({"type": "Feature", "id": "late", "geometry": null,
        "properties": {"place": "Sants", "text": "foc"}});
    assert_eq!(partner.report(&[late]).await.accepted, 1, "the room goes on");
    let found = partner.ask("/api/v1/reports?q=foc").await.expect_status(200).json();
    assert_eq!(found["matched"], 1);
    let busy = analyst.ask("/api/v1/exports/reports.csv").await.expect_status(503);
    assert_eq!((busy.json()["type"].clone(), busy.header("retry-after")), (json!("busy"), "5"));
    drop(still);
    support::wait::until("a place", || async {
        let answer = analyst.ask("/api/v1/exports/reports.csv").await;
        (answer.status == 200).then(|| assert_eq!(rows(&answer).len(), 2_501))
    })
    .await;
}
