//! `/openapi.json` and `/docs`: the face described for programs and people, nothing loaded from elsewhere.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// The description, kept by hand beside the routes; tests hold it to them.
pub(super) const OPENAPI: &str = include_str!("openapi.json");
const PAGE: &str = include_str!("docs/page.html");
const SCRIPT: &str = include_str!("docs/page.js");
const STYLE: &str = include_str!("docs/page.css");

/// `GET /openapi.json`
pub(super) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], OPENAPI).into_response()
}

/// `GET /docs`
pub(super) async fn page() -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache")], PAGE)
        .into_response()
}

/// `GET /docs/{file}`
pub(super) async fn file(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "page.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "page.css" => ("text/css; charset=utf-8", STYLE),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> serde_json::Value {
        serde_json::from_str(OPENAPI).expect("openapi.json is JSON")
    }

    /// The addresses that stand in the routing tables, read from their source so that none can be forgotten.
    fn routed() -> Vec<String> {
        let tables = [
            include_str!("mod.rs"),
            include_str!("desk/mod.rs"),
            include_str!("live/mod.rs"),
            include_str!("../basemap/mod.rs"),
            include_str!("../sta/face.rs"),
        ];
        let mut routes = Vec::new();
        for table in tables {
            for piece in table.split(".route(").skip(1) {
                let address =
                    piece.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                routes.extend(address.map(str::to_owned));
            }
        }
        routes
    }

    #[test]
    fn every_route_is_described_and_every_description_is_routed() {
        let description = description();
        let described = description["paths"].as_object().expect("paths");
        let routed = routed();
        assert!(routed.len() > 10, "the tables were read: {routed:?}");
        for address in &routed {
            let file = address.starts_with("/docs/") || address.starts_with("/basemap/");
            assert!(file || described.contains_key(address), "{address} is not in openapi.json");
        }
        for address in described.keys() {
            let known = routed.contains(address)
                || super::super::not_built::ADDRESSES.contains(&address.as_str());
            assert!(known, "{address} is in openapi.json but not routed");
        }
    }

    #[test]
    fn nothing_that_is_routed_is_described_as_not_built() {
        let description = description();
        for address in routed() {
            let Some(methods) = description["paths"][&address].as_object() else { continue };
            for (method, described) in methods {
                let says =
                    |field: &str| described[field].as_str().unwrap_or_default().to_lowercase();
                let is_built = !says("summary").contains("not built")
                    && !says("operationId").contains("notbuilt");
                assert!(is_built, "{method} {address}");
            }
        }
    }

    #[test]
    fn every_reference_of_the_description_resolves() {
        fn walk<'v>(value: &'v serde_json::Value, found: &mut Vec<&'v str>) {
            match value {
                serde_json::Value::Object(members) => {
                    for (key, inner) in members {
                        match inner.as_str() {
                            Some(text) if key == "$ref" => found.push(text),
                            _ => walk(inner, found),
                        }
                    }
                }
                serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
                _ => {}
            }
        }
        let description = description();
        let mut found = Vec::new();
        walk(&description, &mut found);
        assert!(found.len() > 20);
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(description.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }

    #[test]
    fn the_pages_of_the_documentation_ask_nobody_else() {
        for text in [PAGE, SCRIPT, STYLE] {
            assert!(
                !text.contains("http://") && !text.contains("https://") && !text.contains("//cdn")
            );
        }
        assert!(
            !PAGE.contains("<style") && !PAGE.contains(" style="),
            "the policy forbids inline styles"
        );
        assert!(!SCRIPT.contains("innerHTML"));
    }

    #[test]
    fn every_reason_of_the_normalisers_is_in_the_documentation() {
        let documented = include_str!("../../../docs/api.md");
        let sources = [
            include_str!("../normalise/collection.rs"),
            include_str!("../normalise/field.rs"),
            include_str!("../normalise/geometry.rs"),
            include_str!("../normalise/json.rs"),
            include_str!("../normalise/observation.rs"),
            include_str!("../normalise/report.rs"),
            include_str!("../normalise/table.rs"),
        ];
        let reasons = [
            "bad_geometry",
            "bad_radius",
            "bad_time",
            "bad_url",
            "duplicate_key",
            "invalid_csv",
            "invalid_json",
            "latitude_out_of_range",
            "lone_surrogate",
            "longitude_out_of_range",
            "missing",
            "no_place",
            "not_a_feature",
            "nothing_said",
            "nul",
            "number_out_of_range",
            "outside_area",
            "text_too_long",
            "too_deep",
            "too_large",
            "too_long",
            "too_old",
            "unknown_basis",
            "unknown_geometry",
            "unknown_kind",
            "unknown_mode",
            "unknown_severity",
            "unknown_status",
            "wrong_type",
        ];
        for reason in reasons {
            assert!(documented.contains(&format!("`{reason}`")), "{reason} is not in docs/api.md");
            let quoted = format!("\"{reason}\"");
            assert!(
                sources.iter().any(|source| source.contains(&quoted)),
                "{reason} is never given"
            );
        }
    }
}
