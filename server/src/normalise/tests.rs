//! Every bad input of the contract, each with its reason and with what stands beside it unharmed.

use engine::entry::Body;
use engine::view::{Clearance, report as view};

use super::*;

/// 2026-11-23T10:00:00Z.
const NOW: Timestamp = Timestamp(1_795_428_000_000);

static ID_KEY: std::sync::LazyLock<IdKey> = std::sync::LazyLock::new(|| IdKey::new([7; 32]));

fn context(limits: &Limits) -> Context<'_> {
    Context {
        source: SourceKey(1),
        source_id: "partner:112",
        id_key: &ID_KEY,
        mode: Mode::Live,
        now: NOW,
        key_area: None,
        area: None,
        limits,
    }
}

fn feature(geometry: &str, properties: &str) -> String {
    format!(r#"{{"type":"Feature","id":"a","geometry":{geometry},"properties":{{{properties}}}}}"#)
}

const HERE: &str = r#"{"type":"Point","coordinates":[2.17,41.4]}"#;

fn take(body: &str) -> Result<Batch, BadBody> {
    reports(body.as_bytes(), Form::Document, &context(&Limits::default()))
}

/// The reason and the pointer of the one refusal.
fn refusal(body: &str) -> (String, String) {
    let batch = take(body).expect("a body that is understood");
    assert!(batch.bodies.is_empty(), "nothing of it enters");
    assert_eq!(batch.rejected.len(), 1);
    assert_eq!(batch.rejected[0].reason, batch.errors[0].reason);
    (batch.errors[0].reason.clone(), batch.errors[0].pointer.clone())
}

fn seen(batch: &Batch) -> Vec<wire::report::ReportFeature> {
    let reports = batch.bodies.iter().filter_map(|body| match body {
        Body::Report(report) => {
            Some(view(report, 1, NOW, Mode::Live, "partner:112", Clearance::Desk))
        }
        _ => None,
    });
    reports.collect()
}

fn one(body: &str) -> wire::report::ReportFeature {
    let batch = take(body).expect("a body that is understood");
    assert!(batch.rejected.is_empty(), "{:?}", batch.rejected);
    seen(&batch).remove(0)
}

#[test]
fn the_report_of_the_contract_enters_whole() {
    let report = one(
        r#"{"type":"Feature","id":"bcn-112-000123","geometry":{"type":"Point","coordinates":[2.1744,41.4036,12.5]},
        "properties":{"observed_at":"2026-11-23T09:58:00Z","updated_at":"2026-11-23T09:59:00Z",
        "text":"Aigua fins al genoll al carrer","lang":"ca","kind":"call","basis":"seen","ref":"CAD-2231",
        "status":"open","hazard":"flood","severity":"Severe","radius_m":50,"place":"Carrer de Pujades, Poblenou",
        "author":"@anna","url":"https://example.org/77","origin":"post-77","mode":"live","foreign":{"x":[1]}}}"#,
    );
    let said = &report.properties;
    assert_eq!(said.source_id.as_deref(), Some("bcn-112-000123"));
    assert_eq!(said.text.as_deref(), Some("Aigua fins al genoll al carrer"));
    assert_eq!(
        (said.kind.word(), said.basis.word(), said.hazard.word()),
        ("call", "seen", "flood")
    );
    assert_eq!((said.severity.word(), said.radius_m), ("Severe", 50));
    assert_eq!(said.observed_at.to_string(), "2026-11-23T09:58:00Z");
    assert_eq!(said.updated_at.to_string(), "2026-11-23T09:59:00Z");
    assert_eq!(said.case_ref.as_deref(), Some("CAD-2231"));
    assert_eq!(said.author.as_deref(), Some("@anna"));
    assert!(!said.clock_ahead && !said.late);
    assert_eq!(report.id, engine::identity::report_id("partner:112", "bcn-112-000123"));
}

#[test]
fn each_wrong_field_is_refused_with_its_pointer() {
    let point = |numbers: &str| format!(r#"{{"type":"Point","coordinates":{numbers}}}"#);
    let said = r#""text":"x""#;
    let cases = [
        (feature(&point("[2.17,91]"), said), "latitude_out_of_range", "/geometry/coordinates"),
        (feature(&point("[181,41]"), said), "longitude_out_of_range", "/geometry/coordinates"),
        (feature(&point("[\"2.17\",41]"), said), "wrong_type", "/geometry/coordinates/0"),
        (feature(&point("[2.17]"), said), "bad_geometry", "/geometry/coordinates"),
        (feature(&point("[2.17,41,\"x\"]"), said), "wrong_type", "/geometry/coordinates/2"),
        (feature("[2.17,41.4]", said), "wrong_type", "/geometry"),
        (
            feature(r#"{"type":"Blob","coordinates":[1,2]}"#, said),
            "unknown_geometry",
            "/geometry/type",
        ),
        (feature(r#"{"coordinates":[1,2]}"#, said), "missing", "/geometry/type"),
        (feature("null", said), "no_place", "/geometry"),
        (feature(HERE, ""), "nothing_said", "/properties/text"),
        (feature(HERE, r#""text":"  ""#), "nothing_said", "/properties/text"),
        (feature(HERE, r#""text":7"#), "wrong_type", "/properties/text"),
        (feature(HERE, r#""text":"a\u0000b""#), "nul", "/properties/text"),
        (feature(HERE, r#""text":"x","author":"\u0000""#), "nul", "/properties/author"),
        (
            feature(HERE, r#""text":"x","observed_at":"1970-01-01T00:00:00Z""#),
            "too_old",
            "/properties/observed_at",
        ),
        (
            feature(HERE, r#""text":"x","observed_at":"yesterday""#),
            "bad_time",
            "/properties/observed_at",
        ),
        (
            feature(HERE, r#""text":"x","observed_at":1795428000"#),
            "wrong_type",
            "/properties/observed_at",
        ),
        (
            feature(HERE, r#""text":"x","updated_at":"1970-01-01T00:00:00Z""#),
            "too_old",
            "/properties/updated_at",
        ),
        (
            feature(HERE, r#""text":"x","severity":"Awful""#),
            "unknown_severity",
            "/properties/severity",
        ),
        (feature(HERE, r#""text":"x","kind":"rumour""#), "unknown_kind", "/properties/kind"),
        (feature(HERE, r#""text":"x","basis":"felt""#), "unknown_basis", "/properties/basis"),
        (feature(HERE, r#""text":"x","status":"ajar""#), "unknown_status", "/properties/status"),
        (feature(HERE, r#""text":"x","radius_m":-1"#), "bad_radius", "/properties/radius_m"),
        (feature(HERE, r#""text":"x","url":"javascript:alert(1)""#), "bad_url", "/properties/url"),
        (feature(HERE, r#""text":"x","mode":"drill""#), "unknown_mode", "/properties/mode"),
    ];
    for (body, reason, pointer) in cases {
        assert_eq!(refusal(&body), (reason.to_owned(), pointer.to_owned()), "{body}");
    }
    let long = "x".repeat(9_000);
    let body = feature(HERE, &format!(r#""text":"{long}""#));
    assert_eq!(refusal(&body).0, "text_too_long");
    let longer = "x".repeat(300_000);
    assert_eq!(refusal(&feature(HERE, &format!(r#""text":"{longer}""#))).0, "too_large");
    let place = "é".repeat(201);
    assert_eq!(
        refusal(&feature("null", &format!(r#""text":"x","place":"{place}""#))).0,
        "too_long"
    );
    let place = "é".repeat(200);
    one(&feature("null", &format!(r#""text":"x","place":"{place}""#)));
}

#[test]
fn a_body_that_is_not_strict_json_is_refused_whole() {
    let good = feature(HERE, r#""text":"x""#);
    let collection =
        |second: &str| format!(r#"{{"type":"FeatureCollection","features":[{good},{second}]}}"#);
    let cases = [
        (collection("{"), "invalid_json"),
        (collection(&feature(HERE, r#""text":"x","radius_m":NaN"#)), "invalid_json"),
        (collection(&feature(HERE, r#""text":"x","radius_m":Infinity"#)), "invalid_json"),
        (collection(&feature(HERE, r#""text":"x","radius_m":1e400"#)), "number_out_of_range"),
        (collection(&feature(HERE, r#""text":"x","text":"y""#)), "duplicate_key"),
        (collection(&feature(HERE, r#""text":"\ud83d""#)), "lone_surrogate"),
        (collection(&format!("{}{}", "[".repeat(40), "]".repeat(40))), "too_deep"),
        (format!("{good}{good}"), "invalid_json"),
        (String::new(), "invalid_json"),
        (
            r#"{"type":"FeatureCollection","type":"Feature","features":[]}"#.to_owned(),
            "duplicate_key",
        ),
        (r#"{"type":"FeatureCollection","features":[],"features":[]}"#.to_owned(), "duplicate_key"),
    ];
    for (body, wanted) in cases {
        match take(&body) {
            Err(BadBody::Json { reason, detail }) => {
                assert_eq!(reason, wanted, "{body}");
                assert!(!detail.is_empty());
            }
            other => panic!("{wanted}: {other:?}"),
        }
    }
    for body in ["[]", "7", r#"{"type":"Topology"}"#, r#"{"type":"FeatureCollection"}"#, "{}"] {
        assert!(matches!(take(body), Err(BadBody::Shape(_) | BadBody::Json { .. })), "{body}");
    }
}

#[test]
fn one_feature_more_than_allowed_refuses_the_body() {
    let limits = Limits { features_max: 3, ..Limits::default() };
    let good = feature(HERE, r#""text":"x""#);
    let body = |n: usize| {
        format!(
            r#"{{"type":"FeatureCollection","features":[{}]}}"#,
            vec![good.as_str(); n].join(",")
        )
    };
    let lines = |n: usize| vec![good.as_str(); n].join("\n");
    let context = context(&limits);
    assert_eq!(reports(body(3).as_bytes(), Form::Document, &context).expect("fits").len(), 3);
    assert!(matches!(
        reports(body(4).as_bytes(), Form::Document, &context),
        Err(BadBody::TooLarge(_))
    ));
    assert_eq!(reports(lines(3).as_bytes(), Form::Lines, &context).expect("fits").len(), 3);
    assert!(matches!(
        reports(lines(4).as_bytes(), Form::Lines, &context),
        Err(BadBody::TooLarge(_))
    ));
}

#[test]
fn a_bad_line_is_one_rejected_index() {
    let limits = Limits::default();
    let good = feature(HERE, r#""text":"x""#);
    let body = format!("{good}\n{{broken\n\r\n{good}\n{{\"a\":1,\"a\":2}}\n");
    let batch = reports(body.as_bytes(), Form::Lines, &context(&limits)).expect("lines");
    assert_eq!(batch.bodies.len(), 2);
    let refused: Vec<_> =
        batch.rejected.iter().map(|item| (item.index, item.reason.as_str())).collect();
    assert_eq!(refused, [(1, "invalid_json"), (4, "duplicate_key")]);
}

#[test]
fn a_sequence_may_have_the_record_separator_or_not() {
    let limits = Limits::default();
    let good = feature(HERE, r#""text":"x""#);
    let spread = good.replace(',', ",\n");
    let with = format!("\u{1e}{spread}\n\u{1e}{good}\n\u{1e}{{broken\n");
    let batch = reports(with.as_bytes(), Form::Sequence, &context(&limits)).expect("a sequence");
    assert_eq!((batch.bodies.len(), batch.rejected.len()), (2, 1));
    assert_eq!(batch.rejected[0].index, 2);
    let without = format!("{good}\n{good}\n");
    let batch = reports(without.as_bytes(), Form::Sequence, &context(&limits)).expect("lines");
    assert_eq!((batch.bodies.len(), batch.rejected.len()), (2, 0));
}

#[test]
fn a_clock_ahead_is_placed_at_receipt_and_flagged() {
    let at = |time: &str| {
        one(&feature(HERE, &format!(r#""text":"x","observed_at":"{time}""#))).properties
    };
    let ahead = at("2099-01-01T00:00:00Z");
    assert!(ahead.clock_ahead);
    assert_eq!(ahead.observed_at, NOW);
    let near = at("2026-11-23T10:04:59Z");
    assert!(!near.clock_ahead);
    assert_eq!(near.observed_at.to_string(), "2026-11-23T10:04:59Z");
    assert!(at("2026-11-23T10:05:01Z").clock_ahead);
    assert!(at("2026-11-23T07:59:00Z").late, "older than two hours on arrival");
    assert_eq!(at("2000-01-01T00:00:00Z").observed_at.0, 946_684_800_000);
}

#[test]
fn an_unknown_hazard_is_other_and_its_word_is_kept() {
    let other = one(&feature(HERE, r#""hazard":"sinkhole""#)).properties;
    assert_eq!(other.hazard.word(), "other");
    assert_eq!(other.hazard_original.as_deref(), Some("sinkhole"));
    let known = one(&feature(HERE, r#""hazard":"FLOOD""#)).properties;
    assert_eq!((known.hazard.word(), known.hazard_original), ("flood", None));
}

#[test]
fn a_point_outside_the_area_is_refused_and_swapped_coordinates_are_hinted_at() {
    let limits = Limits::default();
    let area = wire::geo::Bbox::new(2.0, 41.3, 2.3, 41.5).expect("a box");
    let context = Context { area: Some(area), ..context(&limits) };
    let refuse = |numbers: &str| {
        let body =
            feature(&format!(r#"{{"type":"Point","coordinates":{numbers}}}"#), r#""text":"x""#);
        let batch = reports(body.as_bytes(), Form::Document, &context).expect("understood");
        (batch.rejected[0].reason.clone(), batch.rejected[0].detail.contains("swapping"))
    };
    assert_eq!(refuse("[41.4,2.17]"), ("outside_area".to_owned(), true));
    assert_eq!(refuse("[3.0,41.4]"), ("outside_area".to_owned(), false));
}

#[test]
fn a_shape_becomes_a_place_inside_it_with_its_reach() {
    let polygon = r#"{"type":"Polygon","coordinates":[[[2.0,41.0],[2.1,41.0],[2.1,41.1],[2.0,41.1],[2.0,41.0]]]}"#;
    let report = one(&feature(polygon, r#""text":"x""#));
    let place = report.geometry.expect("a place");
    assert!((2.0..=2.1).contains(&place.lng()) && (41.0..=41.1).contains(&place.lat()));
    assert!((6_000..9_000).contains(&report.properties.radius_m), "{}", report.properties.radius_m);
    let line = r#"{"type":"LineString","coordinates":[[2.0,41.0],[2.0,91.0]]}"#;
    assert_eq!(refusal(&feature(line, r#""text":"x""#)).0, "latitude_out_of_range");
    let open =
        r#"{"type":"Polygon","coordinates":[[[2.0,41.0],[2.1,41.0],[2.1,41.1],[2.0,41.1]]]}"#;
    assert_eq!(refusal(&feature(open, r#""text":"x""#)).0, "bad_geometry");
    let nested =
        r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[2.0,41.0]}]}"#;
    assert_eq!(
        one(&feature(nested, r#""text":"x""#)).geometry.map(wire::geo::LngLat::lng),
        Some(2.0)
    );
}

#[test]
fn naming_the_other_mode_refuses_the_body() {
    let good = feature(HERE, r#""text":"x""#);
    let other = feature(HERE, r#""text":"x","mode":"exercise""#);
    let body = format!(r#"{{"type":"FeatureCollection","features":[{good},{other}]}}"#);
    let wanted = BadBody::WrongMode { index: 1, named: Mode::Exercise, own: Mode::Live };
    assert_eq!(take(&body).expect_err("wrong mode"), wanted);
}

#[test]
fn equal_content_has_equal_hash_whenever_it_comes_and_gets_a_derived_id() {
    let limits = Limits::default();
    let body = format!(
        r#"{{"type":"Feature","geometry":{HERE},"properties":{{"text":"x","observed_at":"2099-01-01T00:00:00Z"}}}}"#
    );
    let at = |now| {
        let context = Context { now, ..context(&limits) };
        let batch = reports(body.as_bytes(), Form::Document, &context).expect("understood");
        match batch.bodies.first() {
            Some(Body::Report(report)) => (report.id, report.content),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(at(NOW), at(NOW.plus_ms(60_000)));
}

fn observe(body: &str, form: Form) -> Result<Batch, BadBody> {
    observations(body.as_bytes(), form, &context(&Limits::default()))
}

#[test]
fn observations_come_as_an_object_an_array_lines_or_a_table() {
    let one = r#"{"datastream":"rain-1","phenomenon_time":"2026-11-23T09:59:00Z","result":12.5,"unit":"mm/h","name":"Pluja","geometry":{"type":"Point","coordinates":[2.17,41.4]}}"#;
    let table = "datastream,phenomenon_time,result,unit,lng,lat\nrain-1,2026-11-23T09:59:00Z,12.5,mm/h,2.17,41.4\n";
    let all = [
        observe(one, Form::Document),
        observe(&format!("[{one}]"), Form::Document),
        observe(one, Form::Lines),
        observe(table, Form::Table),
    ];
    for batch in all {
        let batch = batch.expect("understood");
        assert!(batch.rejected.is_empty(), "{:?}", batch.rejected);
        let Some(Body::Observation(seen)) = batch.bodies.first() else { panic!("an observation") };
        assert_eq!(seen.datastream, "rain-1");
        assert_eq!(seen.result, engine::observation::ObservationResult::Number(12.5));
        assert_eq!(seen.unit.as_deref(), Some("mm/h"));
        assert!(seen.place.is_some());
    }
}

#[test]
fn a_bad_observation_is_refused_and_the_others_stand() {
    let time = r#""phenomenon_time":"2026-11-23T09:59:00Z""#;
    let body = format!(
        r#"[{{"datastream":"a",{time},"result":1}},{{"datastream":"a",{time}}},{{{time},"result":1}},
        {{"datastream":"a","result":1}},{{"datastream":"a",{time},"result":[1]}},7]"#
    );
    let batch = observe(&body, Form::Document).expect("an array");
    assert_eq!(batch.bodies.len(), 1);
    let refused: Vec<_> =
        batch.errors.iter().map(|e| (e.index, e.reason.as_str(), e.pointer.as_str())).collect();
    let wanted = [
        (Some(1), "missing", "/result"),
        (Some(2), "missing", "/datastream"),
        (Some(3), "missing", "/phenomenon_time"),
        (Some(4), "wrong_type", "/result"),
        (Some(5), "wrong_type", ""),
    ];
    assert_eq!(refused, wanted);
    let table = "datastream,phenomenon_time,result\na,2026-11-23T09:59:00Z,NaN\na,2026-11-23T09:59:00Z\na,2026-11-23T09:59:00Z,open\n";
    let batch = observe(table, Form::Table).expect("a table");
    let reasons: Vec<_> = batch.rejected.iter().map(|item| item.reason.as_str()).collect();
    assert_eq!(reasons, ["number_out_of_range", "invalid_csv"]);
    assert_eq!(batch.bodies.len(), 1);
    assert!(matches!(observe("a,b\n1,2\n", Form::Table), Err(BadBody::Shape(_))));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_normaliser_fall_over(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let limits = Limits::default();
        for form in [Form::Document, Form::Lines, Form::Sequence, Form::Table] {
            let _ = reports(&bytes, form, &context(&limits));
            let _ = observations(&bytes, form, &context(&limits));
        }
    }

    #[test]
    fn no_change_of_one_byte_loses_an_item(at in 0_usize..2_000, byte in proptest::num::u8::ANY) {
        let limits = Limits::default();
        let good = feature(HERE, r#""text":"x","hazard":"flood","observed_at":"2026-11-23T09:58:00Z""#);
        let mut body = [good.as_str(); 5].join("\n").into_bytes();
        let at = at % body.len();
        body[at] = byte;
        // A line break more or less changes the number of lines; any other byte must leave five items.
        let lines = body.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
        if let Ok(batch) = reports(&body, Form::Lines, &context(&limits)) {
            proptest::prop_assert_eq!(batch.len(), lines);
        }
    }
}
