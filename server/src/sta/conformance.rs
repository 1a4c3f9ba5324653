//! What of the standard is there (18-088, annex A), requirement by requirement: claimed is what holds as a whole, and what holds in part says
//! which part. More than one result in a Datastream, batch requests and MQTT are claimed nowhere.

use serde_json::{Map, Value, json};

/// Where the requirements of the standard have their names.
const SENSING: &str = "http://www.opengis.net/spec/iot_sensing/1.1/req/";

/// What holds.
const HOLDS: [&str; 20] = [
    "datamodel",
    "resource-path/resource-path-to-entities",
    "request-data/status-code",
    "request-data/query-status-code",
    "request-data/order",
    "request-data/expand",
    "request-data/select",
    "request-data/orderby",
    "request-data/top",
    "request-data/skip",
    "request-data/count",
    "request-data/built-in-filter-operations",
    "request-data/built-in-query-functions",
    "request-data/pagination",
    "create-update-delete/create-entity",
    "create-update-delete/link-to-existing-entities",
    "create-update-delete/deep-insert",
    "create-update-delete/deep-insert-status-code",
    "create-update-delete/historical-location-auto-creation",
    "data-array/data-array",
];

/// Why Observations are an exception: they are facts of the journal.
const NOT_OBSERVATIONS: &str =
    "of all sets but Observations, which stand in the journal as they came: 405";

/// What holds in part.
const IN_PART: [(&str, &str); 5] = [
    (
        "request-data/filter",
        "properties of Observations are asked of Observations only, not from another set",
    ),
    ("create-update-delete/update-entity", NOT_OBSERVATIONS),
    ("create-update-delete/update-entity-put", NOT_OBSERVATIONS),
    ("create-update-delete/update-entity-jsonpatch", NOT_OBSERVATIONS),
    ("create-update-delete/delete-entity", NOT_OBSERVATIONS),
];

/// `serverSettings` of the root document.
pub(super) fn settings() -> Value {
    let holds: Vec<String> = HOLDS.iter().map(|name| format!("{SENSING}{name}")).collect();
    let in_part: Map<String, Value> =
        IN_PART.iter().map(|(name, part)| (format!("{SENSING}{name}"), json!(part))).collect();
    json!({"conformance": holds, "conformanceInPart": in_part})
}
