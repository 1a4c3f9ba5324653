//! Messages in, advisories or reasons out.

use wire::geo::LngLat;
use wire::time::Timestamp;

use super::{Refusal, read};

fn alert(body: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?><cap:alert xmlns:cap='urn:oasis:names:tc:emergency:cap:1.2'>{}</cap:alert>",
        body.replace("</", "</cap:").replace('<', "<cap:").replace("<cap:/cap:", "</cap:")
    )
}

const HEAD: &str = "<identifier>1</identifier><sender>a@b</sender><sent>2016-03-10T22:53:16.483</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>";

fn block(area: &str) -> String {
    alert(&format!(
        "{HEAD}<info><category>Met</category><event>Flood</event><urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty><area><areaDesc>x</areaDesc>{area}</area></info>"
    ))
}

fn refused(text: &str) -> Refusal {
    read(text.as_bytes()).expect_err("refused")
}

#[test]
fn latitude_comes_first_and_a_moment_without_a_zone_is_utc() {
    let text = block(
        "<polygon>41.3,2.05 41.4,2.05 41.4,2.15 41.3,2.05</polygon><circle></circle><circle>41,2 1.5</circle>",
    );
    let received = read(text.as_bytes()).expect("understood");
    let advisory = received.advisory;
    assert_eq!(advisory.id.sent, Timestamp(1_457_650_396_483));
    assert!(advisory.sent_without_zone);
    let area = &advisory.blocks[0].areas[0];
    assert_eq!(area.polygons[0][0], LngLat::new(2.05, 41.3).expect("a place"));
    assert_eq!(area.circles.len(), 1);
    assert_eq!(area.circles[0].radius_m, 1_500);
}

#[test]
fn a_refusal_names_the_element_the_value_and_the_remedy() {
    let told = refused(&block("<polygon>141.3,2.05 41.4,2.05 41.4,2.15 141.3,2.05</polygon>"));
    assert_eq!(
        (told.reason, told.path.as_str()),
        ("bad_place", "/alert/info[1]/area[1]/polygon[1]")
    );
    assert!(told.detail.contains("141.3,2.05") && told.detail.contains("latitude first"), "{told}");
    let told = refused(&alert(&HEAD.replace("<scope>Public</scope>", "")));
    assert_eq!((told.reason, told.path.as_str()), ("missing", "/alert/scope"));
}

#[test]
fn document_types_entities_and_depths_are_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY l 'l'><!ENTITY m '&l;&l;'>]><alert>&m;</alert>";
    assert_eq!(refused(bomb).reason, "doctype");
    let named = block("").replace("Flood", "&xxe;");
    assert_eq!(refused(&named).reason, "entity");
    assert_eq!(refused(&"<a>".repeat(100_000)).reason, "too_deep");
    let many: Vec<String> = (0..100_000).map(|n| format!("a{n}='1'")).collect();
    assert_eq!(refused(&format!("<a {}/>", many.join(" "))).reason, "too_many_attributes");
    assert_eq!(refused("<rss/>").reason, "not_cap");
}
