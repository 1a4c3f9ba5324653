//! A peer from npm: a Node process of its own, which answers each line with a line of JSON.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::Outcome;
use super::row::Spent;

/// See the module.
pub(crate) struct Node {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    pub(crate) version: String,
}

impl Node {
    /// Starts a script of this folder on the points.
    pub(crate) fn start(script: &str, points: &[(f64, f64)], dir: &Path) -> Outcome<Self> {
        let file = dir.join("points.f64");
        let mut bytes = Vec::with_capacity(points.len() * 16);
        for (lng, lat) in points {
            bytes.extend(lng.to_le_bytes());
            bytes.extend(lat.to_le_bytes());
        }
        std::fs::write(&file, bytes)?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(script);
        let mut child = Command::new("node")
            .args(["--expose-gc", "--max-old-space-size=6144"])
            .arg(script)
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|cause| {
                format!("node does not start ({cause}): install Node 20, then npm ci")
            })?;
        let to = child.stdin.take().ok_or("no stdin")?;
        let from = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        let mut node = Self { child, to, from, version: String::new() };
        let ready = node.answer()?;
        ready["version"].as_str().unwrap_or("unknown").clone_into(&mut node.version);
        Ok(node)
    }

    fn answer(&mut self) -> Outcome<Value> {
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            return Err("a peer from npm stopped: is it installed? npm ci".into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    /// Sends a line and waits for the answer.
    pub(crate) fn ask(&mut self, line: &str) -> Outcome<Value> {
        writeln!(self.to, "{line}")?;
        self.to.flush()?;
        self.answer()
    }

    /// The same where the answer is how long it took.
    pub(crate) fn spend(&mut self, line: &str) -> Outcome<Spent> {
        let answer = self.ask(line)?;
        let time = |name: &str| answer[name].as_f64().ok_or("no time");
        Ok(Spent { wall: time("ms")?, cpu: time("cpu_ms")? })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Ours alone, by its own handle.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
