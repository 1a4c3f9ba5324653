//! Sizes and results of a proof.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Whether the proof runs at its full size.
pub(crate) fn is_full() -> bool {
    std::env::var("TALAIA_PROVE").is_ok_and(|size| size == "full")
}

/// The full size, or the small one.
pub(crate) fn sized<T>(full: T, small: T) -> T {
    if is_full() { full } else { small }
}

/// Prints what was measured; at full size keeps it in `docs/proofs/NAME.json`.
pub(crate) fn keep(name: &str, measured: &Value) {
    // Past the harness, which keeps the words of a test that passes to itself.
    drop(writeln!(std::io::stdout(), "{name}: {measured}"));
    if !is_full() {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let folder = root.join("docs/proofs");
    std::fs::create_dir_all(&folder).expect("docs/proofs");
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(root).output();
        output.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default()
    };
    let page = json!({
        "proof": name,
        "date": said("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]),
        "commit": said("git", &["rev-parse", "--short", "HEAD"]),
        "machine": said("uname", &["-srm"]),
        // What else the machine had to do: a figure of a busy one is another figure.
        "load": std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim(),
        "note": std::env::var("TALAIA_PROVE_NOTE").ok(),
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "measured": measured,
    });
    let text = serde_json::to_string_pretty(&page).expect("JSON");
    std::fs::write(folder.join(format!("{name}.json")), text + "\n").expect("the result is kept");
}
