//! The peer from `PyPI`: a Python process in an environment of its own, made once beside the results.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peers::Outcome;
use crate::peers::child::Peer;

const REMEDY: &str =
    "install Python 3.11 or newer with its venv module, and see that pip reaches PyPI";

/// What the peer needs and has no say in.
const NEEDED: [&str; 2] = ["numpy==2.4.6", "scipy==1.17.1"];

/// Starts it on the posts, plain and one a line.
pub(crate) fn start(plain: &[String], dir: &Path) -> Outcome<Peer> {
    let file = dir.join("posts.txt");
    std::fs::write(&file, plain.join("\n") + "\n")?;
    let script = own("peer.py");
    Peer::run(Command::new(python(dir)?).arg(script).arg(&file), REMEDY)
}

fn own(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/text").join(file)
}

/// The interpreter of the environment. Its last file is written when all is installed.
fn python(dir: &Path) -> Outcome<PathBuf> {
    let place = dir.join("text-peer");
    let (python, done) = (place.join("bin/python"), place.join("installed"));
    let wanted = std::fs::read_to_string(own("requirements.txt"))? + &NEEDED.join("\n");
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    run(Command::new(&python)
        .args(install)
        .args(["--require-hashes", "-r"])
        .arg(own("requirements.txt")))?;
    run(Command::new(&python).args(install).arg("--only-binary=:all:").args(NEEDED))?;
    std::fs::write(done, wanted)?;
    Ok(python)
}

fn run(command: &mut Command) -> Outcome<()> {
    let status = command.status().map_err(|cause| format!("{command:?}: {cause}: {REMEDY}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}: {REMEDY}").into()) }
}
