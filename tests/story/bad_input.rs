//! Every bad input has a clear answer, and nothing of it is half-stored.

use std::io::Write as _;

use serde_json::{Value, json};
use support::partner::{Answer, GEOJSON, NDJSON, Partner, feature};
use support::town::Town;
use wire::view::Mode;

const REPORTS: &str = "/api/v1/reports";

/// A town with a partner whose one good report shows that counting works.
struct Story {
    town: Town,
    partner: Partner,
}

impl Story {
    async fn begin() -> Self {
        Self::with(|_config| {}).await
    }

    async fn with(change: impl FnOnce(&mut server::config::Config)) -> Self {
        let town = Town::with(change).await;
        let partner = town.partner("112", "reports,observations,read", Mode::Live).await;
        partner.report(&[feature("good", 2.17, 41.4, "flood", "Severe")]).await;
        Self { town, partner }
    }

    /// How many reports are held: what the bad input must not change.
    async fn held(&self) -> u64 {
        let picture = self
            .partner
            .ask("/api/v1/picture?bbox=-180,-85,180,85&zoom=0")
            .await
            .expect_status(200);
        picture.json()["totals"]["total"].as_u64().expect("a total")
    }

    async fn send(&self, kind: &str, body: impl Into<bytes::Bytes>) -> Answer {
        self.partner.post(REPORTS, kind, body).await
    }

    /// Sends a body that must be refused whole, with this status, type and reason.
    async fn refused_whole(
        &self,
        body: impl Into<bytes::Bytes>,
        status: u16,
        kind: &str,
        reason: &str,
    ) {
        let answer = self.send(GEOJSON, body).await;
        problem(&answer, status, kind);
        if !reason.is_empty() {
            assert_eq!(answer.json()["errors"][0]["reason"], reason, "{}", answer.body);
        }
        assert_eq!(self.held().await, 1, "nothing of it is stored");
    }

    /// Sends one report that must be rejected with this reason and pointer.
    async fn rejected(&self, body: &str, reason: &str, pointer: &str) {
        let answer = self.send(GEOJSON, body.to_owned()).await;
        problem(&answer, 422, "all-rejected");
        let told = answer.json();
        assert_eq!(told["accepted"], 0, "{told}");
        assert_eq!(told["rejected"][0]["index"], 0, "{told}");
        assert_eq!(told["rejected"][0]["reason"], reason, "{told}");
        assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
        assert_eq!(self.held().await, 1, "nothing of it is stored");
    }
}

/// Checks that an answer is a problem of this status and type.
fn problem(answer: &Answer, status: u16, kind: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.body);
    let told = answer.json();
    assert_eq!(told["type"], kind, "{told}");
    assert_eq!(told["status"], status, "{told}");
    assert!(told["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{told}");
}

fn with(geometry: &str, properties: &str) -> String {
    format!(
        r#"{{"type":"Feature","id":"bad","geometry":{geometry},"properties":{{{properties}}}}}"#
    )
}

const HERE: &str = r#"{"type":"Point","coordinates":[2.17,41.4]}"#;

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(plain).expect("packs");
    packer.finish().expect("packs")
}

#[tokio::test]
async fn what_is_not_strict_json_is_refused_whole() {
    let story = Story::begin().await;
    let good = feature("second", 2.17, 41.4, "flood", "Severe");
    let beside = |bad: &str| format!(r#"{{"type":"FeatureCollection","features":[{good},{bad}]}}"#);
    let cases = [
        ("{".to_owned(), "invalid_json"),
        (String::new(), "invalid_json"),
        (beside("nonsense"), "invalid_json"),
        (beside(&with(HERE, r#""text":"x","radius_m":NaN"#)), "invalid_json"),
        (beside(&with(HERE, r#""text":"x","radius_m":-Infinity"#)), "invalid_json"),
        (beside(&with(HERE, r#""text":"x","radius_m":1e400"#)), "number_out_of_range"),
        (beside(&with(HERE, r#""text":"x","text":"y""#)), "duplicate_key"),
        (beside(&with(HERE, r#""text":"\ud800""#)), "lone_surrogate"),
        (beside(&format!("{}{}", "[".repeat(50), "]".repeat(50))), "too_deep"),
    ];
    for (body, reason) in cases {
        story.refused_whole(body, 400, "invalid-json", reason).await;
    }
    let mut latin1 = with(HERE, r#""text":"?""#).into_bytes();
    let at = latin1.iter().position(|byte| *byte == b'?').expect("a mark");
    latin1[at] = 0xE0;
    story.refused_whole(latin1, 400, "invalid-json", "invalid_json").await;
}

#[tokio::test]
async fn a_wrong_field_is_rejected_with_its_pointer() {
    let story = Story::begin().await;
    let point = |numbers: &str| format!(r#"{{"type":"Point","coordinates":{numbers}}}"#);
    story
        .rejected(
            &with(&point("[2.17,91]"), r#""text":"x""#),
            "latitude_out_of_range",
            "/geometry/coordinates",
        )
        .await;
    story.rejected(&with(HERE, r#""text":7"#), "wrong_type", "/properties/text").await;
    story.rejected(&with(HERE, r#""text":"a\u0000b""#), "nul", "/properties/text").await;
    story.rejected(&with("null", r#""text":"x""#), "no_place", "/geometry").await;
    story.rejected(&with(HERE, ""), "nothing_said", "/properties/text").await;
    story
        .rejected(
            &with(HERE, r#""text":"x","observed_at":"1970-01-01T00:00:00Z""#),
            "too_old",
            "/properties/observed_at",
        )
        .await;
    let text = "x".repeat(300_000);
    story.rejected(&with(HERE, &format!(r#""text":"{text}""#)), "too_large", "").await;
    let text = "x".repeat(10_000);
    story
        .rejected(&with(HERE, &format!(r#""text":"{text}""#)), "text_too_long", "/properties/text")
        .await;
    let sources = story.partner.ask("/api/v1/sources").await.expect_status(200).json();
    let ledger = &sources["sources"][0]["ledger"];
    let rejected: u64 =
        ledger["rejected"].as_object().expect("reasons").values().filter_map(Value::as_u64).sum();
    assert_eq!(ledger["received"], 9, "{ledger}");
    assert_eq!(ledger["accepted"], 1, "{ledger}");
    assert_eq!(rejected, 8, "{ledger}");
}

#[tokio::test]
async fn swapped_coordinates_outside_the_area_are_hinted_at() {
    let area = wire::geo::Bbox::new(2.0, 41.3, 2.3, 41.5).expect("a box");
    let story = Story::with(|config| config.area = Some(area)).await;
    let swapped = with(r#"{"type":"Point","coordinates":[41.4,2.17]}"#, r#""text":"x""#);
    let answer = story.send(GEOJSON, swapped).await.expect_status(422);
    let told = answer.json();
    assert_eq!(told["rejected"][0]["reason"], "outside_area", "{told}");
    assert!(
        told["rejected"][0]["detail"].as_str().is_some_and(|detail| detail.contains("swapping")),
        "{told}"
    );
    assert_eq!(story.held().await, 1);
}

#[tokio::test]
async fn a_clock_in_2099_is_placed_at_receipt_and_flagged() {
    let story = Story::begin().await;
    let ahead = with(HERE, r#""text":"x","observed_at":"2099-01-01T00:00:00Z""#);
    story.send(GEOJSON, ahead).await.expect_status(201);
    let list = story.partner.ask(REPORTS).await.expect_status(200).json();
    let report = &list["features"][0]["properties"];
    assert_eq!(report["clock_ahead"], true, "{report}");
    assert_eq!(report["observed_at"], story.town.clock.now().to_string(), "{report}");
}

#[tokio::test]
async fn too_much_is_refused_whole() {
    let story = Story::begin().await;
    let one = with(HERE, r#""text":"x""#);
    let many = format!(
        r#"{{"type":"FeatureCollection","features":[{}]}}"#,
        vec![one.as_str(); 10_001].join(",")
    );
    story.refused_whole(many, 413, "too-large", "").await;
    let lines = vec![one.as_str(); 10_001].join("\n");
    problem(&story.send(NDJSON, lines).await, 413, "too-large");
    let wide = format!("{}{one}", " ".repeat(4 << 20));
    story.refused_whole(wide, 413, "too-large", "").await;
    // The same without a length announced: the running limit holds.
    let chunks = (0..80).map(|_| Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b' '; 64 << 10])));
    let client = support::http_client();
    let sent = client
        .post(format!("{}{REPORTS}", story.town.base))
        .bearer_auth(&story.partner.key)
        .header("content-type", GEOJSON)
        .body(reqwest::Body::wrap_stream(futures_util::stream::iter(chunks)))
        .send()
        .await
        .expect("an answer");
    problem(&Answer::of(sent).await, 413, "too-large");
    assert_eq!(story.held().await, 1);
}

#[tokio::test]
async fn a_bomb_and_a_truncated_gzip_are_refused_whole() {
    let story = Story::begin().await;
    let gz = [("content-type", GEOJSON), ("content-encoding", "gzip")];
    let bomb = gzip(&vec![b' '; 32 << 20]);
    assert!(bomb.len() < 64 << 10, "a bomb is small on the wire");
    problem(&story.partner.post_with(REPORTS, &gz, bomb).await, 413, "too-large");
    let mut cut = gzip(with(HERE, r#""text":"x""#).as_bytes());
    cut.truncate(cut.len() - 10);
    problem(&story.partner.post_with(REPORTS, &gz, cut).await, 400, "invalid-gzip");
    problem(&story.partner.post_with(REPORTS, &gz, "plain").await, 400, "invalid-gzip");
    assert_eq!(story.held().await, 1);
    let whole = gzip(with(HERE, r#""text":"x""#).as_bytes());
    assert_eq!(story.partner.post_with(REPORTS, &gz, whole).await.status, 201);
    assert_eq!(story.held().await, 2, "an honest one enters");
}

#[tokio::test]
async fn one_bad_line_is_one_rejected_index_and_the_others_stand() {
    let story = Story::begin().await;
    let line = |id: &str| feature(id, 2.17, 41.4, "flood", "Severe").to_string();
    let body = format!("{}\n{{broken\n{}\n", line("a"), line("b"));
    let answer = story.send(NDJSON, body).await.expect_status(207);
    let receipt = answer.receipt();
    assert_eq!((receipt.accepted, receipt.folded, receipt.rejected.len()), (2, 0, 1));
    assert_eq!(receipt.rejected[0].index, 1);
    assert_eq!(receipt.rejected[0].reason, "invalid_json");
    assert_eq!(story.held().await, 3);
}

#[tokio::test]
async fn keys_that_are_missing_wrong_revoked_or_without_the_scope_are_told_apart_only_as_far_as_is_safe()
 {
    let story = Story::begin().await;
    let body = with(HERE, r#""text":"x""#);
    let client = support::http_client();
    let bare = client.post(format!("{}{REPORTS}", story.town.base)).header("content-type", GEOJSON);
    let answer = Answer::of(bare.body(body.clone()).send().await.expect("an answer")).await;
    problem(&answer, 401, "unauthenticated");
    assert!(answer.header("www-authenticate").starts_with("Bearer"));

    let revoked = story.town.partner("gone", "reports,read", Mode::Live).await;
    revoked.ask(REPORTS).await.expect_status(200);
    let gone = server::control::Request::PartnerRevoke { name: "gone".to_owned() };
    story.town.act(gone).await;
    let told_revoked = revoked.post(REPORTS, GEOJSON, body.clone()).await;
    problem(&told_revoked, 401, "unauthenticated");

    let mut mistyped = story.partner.clone();
    mistyped.key = mistyped.key.replace("tal_live_", "tal_ex_");
    let told_wrong = mistyped.post(REPORTS, GEOJSON, body.clone()).await;
    problem(&told_wrong, 401, "unauthenticated");
    assert_eq!(
        told_wrong.body, told_revoked.body,
        "a wrong key learns nothing a revoked one does not"
    );

    let reader = story.town.partner("reader", "read", Mode::Live).await;
    problem(&reader.post(REPORTS, GEOJSON, body.clone()).await, 403, "missing-scope");
    problem(
        &reader.post("/api/v1/observations", "application/json", "[]").await,
        403,
        "missing-scope",
    );
    let sender = story.town.partner("sender", "reports", Mode::Live).await;
    problem(&sender.ask(REPORTS).await, 403, "missing-scope");
    assert_eq!(story.held().await, 1);
}

#[tokio::test]
async fn a_report_that_names_the_other_mode_refuses_its_whole_request() {
    let story = Story::begin().await;
    let other = with(HERE, r#""text":"x","mode":"exercise""#);
    problem(&story.send(GEOJSON, other).await, 403, "wrong-mode");
    assert_eq!(story.held().await, 1);
    problem(&story.partner.ask("/api/v1/reports?mode=exercise").await, 403, "wrong-mode");
}

#[tokio::test]
async fn unknown_types_and_encodings_are_refused() {
    let story = Story::begin().await;
    let body = with(HERE, r#""text":"x""#);
    problem(&story.send("text/plain", body.clone()).await, 415, "unsupported-type");
    problem(&story.send("text/csv", body.clone()).await, 415, "unsupported-type");
    problem(&story.partner.post_with(REPORTS, &[], body.clone()).await, 415, "unsupported-type");
    let br = [("content-type", GEOJSON), ("content-encoding", "br")];
    problem(&story.partner.post_with(REPORTS, &br, body.clone()).await, 415, "unsupported-type");
    assert_eq!(story.held().await, 1);
    let charset = "Application/GeoJSON; charset=utf-8".replace("GeoJSON", "geo+json");
    assert_eq!(story.send(&charset, body).await.status, 201);
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused_with_its_pointer() {
    let story = Story::begin().await;
    for body in ["[]", r#"{"type":"Topology"}"#, r#"{"type":"FeatureCollection"}"#, "{}"] {
        let answer = story.send("application/json", body).await;
        assert!(matches!(answer.status, 400 | 422), "{body}: {}", answer.body);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    assert_eq!(story.held().await, 1);
}

#[tokio::test]
async fn the_fifty_first_request_of_a_second_is_told_when_to_come_back() {
    let story = Story::with(|config| config.limits.requests_per_s = 5).await;
    let mut refused = None;
    for _ in 0..20 {
        let answer = story.partner.ask("/api/v1/sources").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let answer = refused.expect("a refusal");
    problem(&answer, 429, "too-many-requests");
    assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|wait_s| wait_s >= 1));
}

#[tokio::test]
async fn more_items_a_second_than_allowed_are_refused_whole() {
    let story = Story::with(|config| {
        config.limits.reports_per_s = 10;
        config.limits.features_max = 10;
    })
    .await;
    let features: Vec<_> =
        (0..10).map(|n| feature(&format!("r{n}"), 2.17, 41.4, "flood", "Minor")).collect();
    let body = json!({"type": "FeatureCollection", "features": features}).to_string();
    let answer = story.send(GEOJSON, body).await;
    problem(&answer, 429, "too-many-requests");
    assert_eq!(story.held().await, 1);
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let story = Story::begin().await;
    let cases = [
        ("/api/v1/picture?zoom=3", "/query/bbox"),
        ("/api/v1/picture?bbox=1,2,3&zoom=3", "/query/bbox"),
        ("/api/v1/picture?bbox=1,2,3,4", "/query/zoom"),
        ("/api/v1/picture?bbox=1,2,3,4&zoom=99", "/query/zoom"),
        ("/api/v1/picture?bbox=1,2,3,4&zoom=NaN", "/query/zoom"),
        ("/api/v1/picture?bbox=-180,-85,180,85&zoom=18", "/query/bbox"),
        ("/api/v1/picture?bbox=1,2,3,4&zoom=3&window=3h", "/query/window"),
        ("/api/v1/picture?bbox=1,2,3,4&zoom=3&hazards=rain", "/query/hazards"),
        ("/api/v1/picture?bbox=1,2,3,4&zoom=3&windw=2h", "/query/windw"),
        ("/api/v1/picture?bbox=1,2,3,4&bbox=1,2,3,4&zoom=3", "/query/bbox"),
        ("/api/v1/reports?limit=0", "/query/limit"),
        ("/api/v1/reports?limit=1001", "/query/limit"),
        ("/api/v1/reports?since=yesterday", "/query/since"),
        ("/api/v1/reports?cursor=abc", "/query/cursor"),
    ];
    for (address, pointer) in cases {
        let answer = story.partner.ask(address).await;
        problem(&answer, 422, "invalid-request");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{address}: {}", answer.body);
    }
}
