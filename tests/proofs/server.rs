//! The real command as a child, perhaps under `strace`, and partners that push as fast as it answers.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::binary;
use support::partner::Partner;

/// How long a start or an end may take, under `strace` on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A server of its own process.
pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
    dir: PathBuf,
}

/// How it is started.
#[derive(Default)]
pub(crate) struct Start<'a> {
    /// `strace` with these arguments before the command.
    pub(crate) strace: Option<Vec<String>>,
    /// Variables beside ours.
    pub(crate) env: Vec<(&'a str, &'a str)>,
    /// The port; a free one if there is none.
    pub(crate) port: Option<u16>,
    /// Lines of the section `limits` beside ours.
    pub(crate) limits: &'a str,
    /// Whether those lines, or the server's default, say how many live sessions are let in a second.
    pub(crate) keeps_joins: bool,
    /// Sections of the settings beside `limits`.
    pub(crate) more: &'a str,
}

impl Server {
    /// Starts on a free port with its data in `dir`, without budgets that would slow a proof down.
    pub(crate) async fn start(dir: &Path, start: Start<'_>) -> Self {
        Self::try_start(dir, start).await.expect("the server starts")
    }

    /// As [`Server::start`]; `Err` with the exit status if it ends before it is ready.
    pub(crate) async fn try_start(dir: &Path, start: Start<'_>) -> Result<Self, ExitStatus> {
        let port = start.port.unwrap_or_else(free_port);
        let config = dir.join("talaia.toml");
        let open = "[limits]\nrequests_per_s = 100000\nreports_per_s = 10000000\n";
        let joins = if start.keeps_joins { "" } else { "live_joins_per_s = 100000\n" };
        std::fs::write(&config, format!("{open}{joins}{}\n{}", start.limits, start.more))
            .expect("a configuration");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(dir.join("log"))
            .expect("a log");
        let mut command = match &start.strace {
            Some(arguments) => {
                let mut command = Command::new("strace");
                command.args(arguments).arg(binary::path());
                command
            }
            None => Command::new(binary::path()),
        };
        let listen = format!("127.0.0.1:{port}");
        command
            .args(["serve", "--listen", &listen, "--config"])
            .arg(&config)
            .arg("--data-dir")
            .arg(dir.join("data"))
            .envs(start.env)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a handle"))
            .stderr(log);
        let child = command.spawn().expect("strace and talaia are there");
        let mut server = Self { child, base: format!("http://{listen}"), dir: dir.to_path_buf() };
        let client = support::http_client();
        let begun = Instant::now();
        loop {
            let answer = client.get(format!("{}/readyz", server.base)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait().expect("a child of ours") {
                return Err(status);
            }
            assert!(begun.elapsed() < PATIENCE, "not ready in {PATIENCE:?}:\n{}", server.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A partner with a fresh key.
    pub(crate) fn partner(&self, name: &str) -> Partner {
        self.partner_with(name, &[])
    }

    /// The same with a key that is bound to more.
    pub(crate) fn partner_with(&self, name: &str, terms: &[&str]) -> Partner {
        let output = Command::new(binary::path())
            .args(["partner", "add", name, "--scope", "reports,observations,read"])
            .args(["--mode", "live"])
            .args(terms)
            .arg("--data-dir")
            .arg(self.dir.join("data"))
            .output()
            .expect("the command starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Partner::new(&self.base, said.lines().last().unwrap_or_default())
    }

    /// Does an act by the command on the server's data; gives the last line that it says.
    pub(crate) fn command(&self, arguments: &[&str]) -> String {
        let output = Command::new(binary::path())
            .args(arguments)
            .arg("--data-dir")
            .arg(self.dir.join("data"))
            .output()
            .expect("the command starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.lines().last().unwrap_or_default().to_owned()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    /// Its resident memory.
    pub(crate) fn rss_bytes(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("a process that runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib * 1024.0
    }

    /// Its open sockets.
    pub(crate) fn n_sockets(&self) -> usize {
        let open =
            std::fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("a process that runs");
        let targets = open.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
        targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
    }

    /// The server's own process: under `strace` its only child.
    fn pid(&self) -> u32 {
        let own = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
        let traced = children.ok().and_then(|list| list.split_whitespace().next()?.parse().ok());
        traced.unwrap_or(own)
    }

    fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        // It may have ended by itself, which is what is wanted.
        drop(Command::new("kill").args([signal, &pid]).stderr(Stdio::null()).status());
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.signal("-KILL");
        self.wait();
    }

    /// SIGTERM, and the exit status.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.signal("-TERM");
        self.wait()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal("-KILL");
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A free port below those that the kernel gives to clients: while a server is down, a client that dials a port of that
/// range may be given the same one for itself, and then it speaks with itself.
pub(crate) fn free_port() -> u16 {
    (0..1_000)
        .map(|_| rand::random_range(12_000..32_000))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

/// Lines of reports `PREFIX-FROM` … up to `n` of them.
pub(crate) fn lines(prefix: &str, from: u64, n: u64) -> Vec<u8> {
    let mut body = Vec::new();
    for id in from..from + n {
        let lng = 2.05 + (id % 1_000) as f64 / 10_000.0;
        let lat = 41.32 + (id / 1_000 % 1_000) as f64 / 10_000.0;
        writeln!(
            body,
            r#"{{"type":"Feature","id":"{prefix}-{id}","geometry":{{"type":"Point","coordinates":[{lng},{lat}]}},"properties":{{"text":"aigua {id}","hazard":"flood"}}}}"#
        )
        .expect("memory");
    }
    body
}

/// Every report the partner can see, page by page.
pub(crate) async fn everything(partner: &Partner) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = partner.ask(&format!("/api/v1/reports?limit=1000{cursor}")).await;
        let page = answer.expect_status(200).json();
        all.extend(page["features"].as_array().expect("features").iter().cloned());
        let Some(next) = page["next"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}
