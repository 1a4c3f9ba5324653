//! Pages of `docs/partners`, their blocks run as they stand: who has a key and the page gets a sensor onto the map.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

/// Runs the `sh` blocks of a page in their order, with these variables; gives what each said.
pub async fn run(name: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/partners").join(name);
    let page = std::fs::read_to_string(page).expect("the page");
    let mut told = Vec::new();
    for block in page.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next()) {
        let run = Command::new("bash")
            .args(["-euo", "pipefail", "-c", block])
            .envs(variables.iter().copied())
            .env_remove("http_proxy")
            .env("no_proxy", "127.0.0.1")
            .stdin(Stdio::null())
            .output()
            .await
            .expect("bash runs");
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success(), "{block}\n{said}\n{}", String::from_utf8_lossy(&run.stderr));
        told.push(said);
    }
    told
}
