//! Nobody is scored or followed: what is stored, answered and sent is keyed by events, places and times, never by a person.

use serde_json::Value;
use support::operator::Operator;
use support::town::Town;

/// Words of a field that names a person; `by` does as its last word.
const PERSONAL: [&str; 5] = ["owner", "author", "operator", "signed", "user"];

fn is_personal(field: &str) -> bool {
    field.rsplit('_').next() == Some("by") || field.split('_').any(|word| PERSONAL.contains(&word))
}

/// What a shape may be keyed by.
const KEYS: [&str; 5] = ["rejected", "sources", "severity", "hazard", "errors"];

/// Every shape in a document, with the way to it.
fn shapes<'a>(at: &str, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(fields) => {
            found.push((at.to_owned(), value));
            for (name, value) in fields {
                shapes(&format!("{at}/{name}"), value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| shapes(at, item, found)),
        _ => {}
    }
}

/// What a document promises and must not: a number about a person, or a table keyed by one.
fn wrongs(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    shapes("", document, &mut found);
    let mut wrongs = Vec::new();
    for (at, shape) in found {
        let name = at.rsplit('/').next().unwrap_or_default();
        let is_number = matches!(shape["type"].as_str(), Some("integer" | "number"))
            || shape["type"].as_array().is_some_and(|types| {
                types.iter().any(|one| matches!(one.as_str(), Some("integer" | "number")))
            });
        if is_number && is_personal(name) && at.contains("/properties/") {
            wrongs.push(format!("{at}: a number about a person"));
        }
        let is_open =
            shape.get("additionalProperties").is_some_and(|keyed| *keyed != Value::Bool(false));
        if is_open && !KEYS.contains(&name) {
            wrongs.push(format!("{at}: a table keyed by what nobody named"));
        }
    }
    wrongs
}

#[tokio::test]
async fn no_answer_counts_or_ranks_a_person() {
    let town = Town::start().await;
    let visitor = Operator::visitor(&town.base);
    let document = visitor.ask("/openapi.json").await.expect_status(200).json();
    assert!(document["components"]["schemas"]["LogLine"].is_object());
    assert_eq!(wrongs(&document), Vec::<String>::new());
    // The same walk finds what it is for.
    let scored = serde_json::json!({"properties": {
        "n_by": {"type": "integer"},
        "per_desk": {"type": "object", "additionalProperties": {"type": "integer"}}}});
    assert_eq!(wrongs(&scored).len(), 2);
}

#[test]
fn no_frame_names_a_person_but_as_who_signed_one_thing() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/src/frame/snapshots");
    let mut n_frames = 0;
    for file in std::fs::read_dir(folder).expect("the snapshots") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a snapshot");
        let body = text.splitn(3, "---").nth(2).unwrap_or_default();
        let Ok(frame) = serde_json::from_str::<Value>(body) else { continue };
        n_frames += 1;
        let mut found = Vec::new();
        shapes("", &frame, &mut found);
        for (at, shape) in found {
            for (name, value) in shape.as_object().into_iter().flatten() {
                if is_personal(name) {
                    let is_name = value.is_string() || value.is_null();
                    assert!(is_name, "{at}/{name} says more of a person than a name: {value}");
                }
            }
        }
    }
    assert!(n_frames > 10, "{n_frames} frames were read");
}

#[test]
fn no_table_is_keyed_by_a_person_but_the_one_that_lets_people_in() {
    for dialect in ["sqlite", "postgres"] {
        let file = format!("../migrations/{dialect}/0001_first.sql");
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let schema = std::fs::read_to_string(path).expect("the schema");
        let mut table = String::new();
        let mut n_tables = 0;
        for line in schema.lines() {
            if let Some(name) = line.strip_prefix("CREATE TABLE ") {
                table = name.trim_end_matches(" (").to_owned();
                n_tables += 1;
            }
            let column = line.trim().split(' ').next().unwrap_or_default();
            assert!(!is_personal(column) || table == "operator", "{dialect}: {table}.{column}");
        }
        assert!(n_tables > 8, "{dialect}: {n_tables}");
    }
}
