//! A peer outside this program: a process of its own, which answers each line with a line of JSON.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::Outcome;
use super::row::Spent;

/// See the module.
pub(crate) struct Peer {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// What to do when it does not answer.
    remedy: &'static str,
    pub(crate) version: String,
}

impl Peer {
    /// Starts it and waits until it is ready.
    pub(crate) fn run(command: &mut Command, remedy: &'static str) -> Outcome<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|cause| format!("a peer does not start ({cause}): {remedy}"))?;
        let to = child.stdin.take().ok_or("no stdin")?;
        let from = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        let mut peer = Self { child, to, from, remedy, version: String::new() };
        let ready = peer.answer()?;
        ready["version"].as_str().unwrap_or("unknown").clone_into(&mut peer.version);
        Ok(peer)
    }

    fn answer(&mut self) -> Outcome<Value> {
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            return Err(format!("a peer stopped: {}", self.remedy).into());
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

impl Drop for Peer {
    fn drop(&mut self) {
        // Ours alone, by its own handle.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
