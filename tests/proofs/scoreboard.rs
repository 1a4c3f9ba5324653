//! What the room finds in the scenarios of `docs/drills.md`, beside a naive baseline: the promises over unseen seeds, with the
//! real command.

use serde_json::{Value, json};

use crate::record::{is_full, keep};

/// Plays, and gives what was measured.
fn drill(words: &[&str]) -> Value {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("measured.json");
    let file_word = file.to_str().expect("a path");
    let output = support::binary::run(&[&["drill"], words, &["--json", file_word]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&file).expect("what was measured");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn scoreboard_the_promises_of_the_drills_are_kept() {
    // A scenario of eight events on a tuning seed; at full size every scenario, the twenty seeds of the table.
    let words: &[&str] = if is_full() { &["all"] } else { &["storm", "--seed", "1"] };
    let measured = drill(words);
    let gates = measured["gates"].as_array().expect("gates");
    let broken: Vec<&Value> = gates.iter().filter(|gate| gate["holds"] != true).collect();
    assert!(gates.len() >= 4 && broken.is_empty(), "{broken:#?}");
    // The control: the baseline does not keep the first of them, or anybody would.
    let in_time = gates[0]["baseline"].as_str().and_then(|share| share.parse::<f64>().ok());
    assert!(in_time.expect("a share") < 0.9, "{}", gates[0]);
    keep(
        "scoreboard",
        &json!({
            "made_of": measured["made_of"], "baseline": measured["baseline"],
            "gates": measured["gates"], "rows": measured["rows"],
        }),
    );
}
