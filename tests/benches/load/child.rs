//! A part of the bench in a process of its own: this very program, started again with a role, spoken to in lines.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// See the module.
#[derive(Debug)]
pub(crate) struct Part {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Part {
    /// Starts this program again as `role` and waits for its first line.
    pub(crate) fn start(role: &str, arguments: &[String]) -> (Self, String) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(role)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let asks = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut part = Self { child, asks, answers };
        let first = part.line();
        (part, first)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// One line there, one line back.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        writeln!(self.asks, "{line}").unwrap();
        self.line()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "a part of the bench ended");
        line.trim_end().to_owned()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Already gone is what was wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// In the part: answers each line of stdin by `answer`, until stdin ends.
pub(crate) async fn serve(mut answer: impl AsyncFnMut(&str) -> String) {
    use tokio::io::AsyncBufReadExt as _;
    let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        say(&answer(&line).await);
    }
}

/// In the part: one line to whoever started it.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}
