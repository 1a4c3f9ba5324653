//! The document of the API against the real command: Schemathesis asks every address as six who may do different things, and no answer
//! is a server error or one that the document does not declare.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use reqwest::header::{CONTENT_TYPE, ORIGIN, SET_COOKIE};
use serde_json::json;
use support::binary;

use crate::record::{keep, sized};
use crate::server::{Server, Start};

const REMEDY: &str =
    "install Python 3.11 or newer with its venv module, and see that pip reaches PyPI";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Who asks, and the header that says so.
struct Identity {
    name: &'static str,
    header: String,
    /// What `GET /api/v1/sources` answers it, before and after: that it was let in all the time, or never.
    sources: u16,
}

/// The program, in an environment of its own beside the build's other files. Its last file is written when all is installed.
fn schemathesis() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis");
    let wanted = include_str!("requirements.txt");
    let (program, done) = (place.join("bin/schemathesis"), place.join("installed"));
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return program;
    }
    let run = |command: &mut Command| {
        let ended = command.stdin(Stdio::null()).output();
        let is_well = ended.as_ref().is_ok_and(|output| output.status.success());
        assert!(is_well, "{command:?}: {ended:?}: {REMEDY}");
    };
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place));
    let file = place.join("requirements.txt");
    std::fs::write(&file, wanted).expect("a file");
    run(Command::new(place.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .arg("-r")
        .arg(&file));
    std::fs::write(done, wanted).expect("a file");
    program
}

/// The last line that a command of the binary says: a key or a password.
fn secret(dir: &Path, words: &[&str]) -> String {
    let output = Command::new(binary::path())
        .args(words)
        .arg("--data-dir")
        .arg(dir.join("data"))
        .output()
        .expect("the command starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
}

async fn signed_in(base: &str, name: &str, password: &str) -> String {
    let answer = support::http_client()
        .post(format!("{base}/api/v1/session"))
        .header(CONTENT_TYPE, "application/json")
        .header(ORIGIN, base)
        .body(json!({"name": name, "password": password}).to_string())
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 204);
    let cookie = answer.headers()[SET_COOKIE].to_str().expect("text");
    format!("Cookie: {}", cookie.split(';').next().unwrap_or_default())
}

async fn identities(server: &Server, dir: &Path) -> Vec<Identity> {
    let operator = async |name: &str, role: &str| {
        let password = secret(dir, &["operator", "add", name, "--role", role]);
        signed_in(&server.base, name, &password).await
    };
    let key = |words: &[&str]| {
        let words: Vec<&str> = ["partner", "add"].iter().chain(words).copied().collect();
        format!("Authorization: Bearer {}", secret(dir, &words))
    };
    let of = |name, header, sources| Identity { name, header, sources };
    vec![
        of("viewer", operator("vera", "viewer").await, 200),
        of("partner", key(&["full", "--scope", "reports,observations,read,authority"]), 200),
        of("reader", key(&["reader", "--scope", "read"]), 200),
        of("newcomer", key(&["newcomer", "--scope", "reports,observations,read", "--test"]), 200),
        of("nobody", "X-Nobody: 1".to_owned(), 401),
        // The last, since it may revoke the keys of all others, and does.
        of("administrator", operator("chief", "administrator").await, 200),
    ]
}

async fn sources(base: &str, header: &str) -> u16 {
    let (name, value) = header.split_once(": ").expect("a header");
    let asked = support::http_client().get(format!("{base}/api/v1/sources")).header(name, value);
    asked.send().await.expect("an answer").status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_a_server_error_or_undeclared_whoever_asks() {
    let program = schemathesis();
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::start(dir.path(), Start::default()).await;
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src/http/openapi.json");
    let seed: u32 = rand::random();
    println!("seed {seed}");
    let begun = Instant::now();
    let mut told = Vec::new();
    for one in identities(&server, dir.path()).await {
        assert_eq!(sources(&server.base, &one.header).await, one.sources, "{}", one.name);
        let output = Command::new(&program)
            .arg("run")
            .arg(&document)
            .args(["--url", &server.base, "--header", &one.header])
            .args(["--header", &format!("Origin: {}", server.base)])
            .args(["--checks", CHECKS, "--warnings", "off", "--continue-on-failure"])
            .args(["--phases", sized("coverage,fuzzing", "coverage")])
            .args(["--max-examples", sized("100", "1"), "--seed", &seed.to_string()])
            .args(["--suppress-health-check", "all"])
            // To sign out would make everybody nobody.
            .args(["--exclude-operation-id", "signOut"])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .output()
            .expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "seed {seed}, {}:\n{text}", one.name);
        assert_eq!(sources(&server.base, &one.header).await, one.sources, "{} after", one.name);
        let cases = text.lines().skip_while(|line| !line.starts_with("Test cases:")).nth(1);
        let n = cases.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        assert!(n.is_some_and(|n| n > 1_000), "{}: too little was asked:\n{text}", one.name);
        told.push(json!({"who": one.name, "asked": n}));
    }
    keep(
        "openapi",
        &json!({
            "seed": seed, "checks": CHECKS, "identities": told, "failed": 0,
            "seconds": begun.elapsed().as_secs(),
        }),
    );
}
