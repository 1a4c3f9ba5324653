//! An independent SensorThings client, from the Python package index and unchanged, as a partner's author uses it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use support::town::Town;
use wire::view::Mode;

const REMEDY: &str = "the independent SensorThings client needs Python 3.9 or newer with its venv module (Debian: apt-get install python3-venv), \
     and pip that reaches PyPI the first time";

/// Python with the library, in an environment of its own beside the build's other files. Its last file is written when all is installed.
fn python() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sensorthings-client");
    let wanted = include_str!("client/requirements.txt");
    let (program, done) = (place.join("bin/python"), place.join("installed"));
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return program;
    }
    let run = |command: &mut Command| {
        let ended = command.stdin(Stdio::null()).output();
        let is_well = ended.as_ref().is_ok_and(|output| output.status.success());
        assert!(is_well, "{REMEDY}. {command:?}: {ended:?}");
    };
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place));
    let file = place.join("requirements.txt");
    std::fs::write(&file, wanted).expect("a file");
    run(Command::new(&program)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .arg("-r")
        .arg(&file));
    std::fs::write(done, wanted).expect("a file");
    program
}

#[tokio::test]
async fn a_client_library_of_others_registers_sends_reads_changes_and_deletes() {
    let python = tokio::task::spawn_blocking(python).await.expect("an environment");
    let town = Town::start().await;
    let partner = town.partner("aca", "observations read", Mode::Live).await;
    let ended = tokio::process::Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("services/client/partner.py"))
        .env("SERVER", &town.base)
        .env("KEY", &partner.key)
        .env_remove("http_proxy")
        .env_remove("HTTP_PROXY")
        .env("no_proxy", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("python runs");
    let told = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success(), "{told}\n{}", String::from_utf8_lossy(&ended.stderr));
    let told: Value =
        serde_json::from_str(told.lines().last().unwrap_or_default()).expect("what it left");
    // What it sent is a sensor of the room.
    let latest = partner.ask("/api/v1/sensors/latest").await.expect_status(200).json();
    let besos = latest["sensors"].as_array().and_then(|all| {
        all.iter().find(|one| one["name"].as_str().is_some_and(|name| name.contains("Besòs")))
    });
    let besos = besos.expect("on the map");
    assert_eq!(besos["result"].as_f64(), told["newest"].as_f64(), "{latest}");
    assert_eq!(besos["unit"], "cm", "{latest}");
    let ledger = partner.ledger("partner:aca").await.expect("an account");
    assert_eq!((ledger.received, ledger.accepted), (27, 26), "{ledger:?}");
}
