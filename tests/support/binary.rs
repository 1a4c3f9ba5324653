//! The real `talaia` command, run as a child process.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long the server may take to answer `/readyz`.
const START_PATIENCE: Duration = Duration::from_mins(1);

/// Where the command is: `TALAIA_BIN`, else beside this test in the target directory.
pub fn path() -> PathBuf {
    if let Some(path) = std::env::var_os("TALAIA_BIN") {
        return path.into();
    }
    let own = std::env::current_exe().expect("a test knows its own path");
    let profile = own.ancestors().nth(2).expect("target/PROFILE/deps/test");
    let target = profile.parent().expect("target/PROFILE");
    let candidates = [profile.to_path_buf(), target.join("release"), target.join("debug")];
    candidates
        .iter()
        .map(|folder| folder.join("talaia"))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!("no talaia beside {}: build it, or set TALAIA_BIN", own.display())
        })
}

/// Runs the command to its end.
pub fn run(arguments: &[&str]) -> Output {
    Command::new(path()).args(arguments).output().expect("the command starts")
}

/// A server of its own process.
#[derive(Debug)]
pub struct Binary {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    /// Its data directory.
    pub data_dir: PathBuf,
    log: PathBuf,
}

impl Binary {
    /// Starts `talaia serve` on a free port with its data in `data_dir`, and waits until it is ready.
    pub fn start(data_dir: &Path, arguments: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        Self::start_on(port, data_dir, arguments)
    }

    /// As [`Binary::start`], on this port.
    pub fn start_on(port: u16, data_dir: &Path, arguments: &[&str]) -> Self {
        let listen = format!("127.0.0.1:{port}");
        std::fs::create_dir_all(data_dir).expect("a data directory");
        let log = data_dir.join("server.log");
        let out =
            std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log file");
        let err = out.try_clone().expect("a second handle");
        let child = Command::new(path())
            .args(["serve", "--listen", &listen, "--data-dir"])
            .arg(data_dir)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .expect("the server starts");
        let mut server =
            Self { child, base: format!("http://{listen}"), data_dir: data_dir.to_path_buf(), log };
        server.wait_ready(port);
        server
    }

    fn wait_ready(&mut self, port: u16) {
        let start = Instant::now();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("the server ended at once with {status}:\n{}", self.log());
            }
            if answers_ready(port) {
                return;
            }
            let in_time = start.elapsed() < START_PATIENCE;
            assert!(in_time, "the server was not ready in {START_PATIENCE:?}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All it has said on stdout and stderr.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Runs another `talaia` command against this server's data directory; the last line of its stdout.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = Command::new(path())
            .args(arguments)
            .arg("--data-dir")
            .arg(&self.data_dir)
            .output()
            .expect("the command starts");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "talaia {arguments:?}: {error}");
        BufReader::new(output.stdout.as_slice())
            .lines()
            .map_while(Result::ok)
            .last()
            .unwrap_or_default()
    }

    /// SIGKILL, as a power cut to the process; the data directory stays.
    pub fn kill(mut self) -> PathBuf {
        self.end();
        self.data_dir.clone()
    }

    fn end(&mut self) {
        // Already gone is what was wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        self.end();
    }
}

/// One plain HTTP question, so that this file needs no async runtime.
fn answers_ready(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let question =
        format!("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let timeout = Some(Duration::from_secs(2));
    if stream.set_read_timeout(timeout).is_err() || stream.write_all(question.as_bytes()).is_err() {
        return false;
    }
    let mut answer = String::new();
    // A half answer is judged as it is.
    drop(stream.read_to_string(&mut answer));
    answer.starts_with("HTTP/1.1 200")
}
