//! A broker of our own: Mosquitto on a free port of loopback, its sessions in a temporary folder, gone with its value.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::authority::Authority;
use crate::wait::PATIENCE;

/// A running broker. What it promised it writes down as often as was asked, as far as Mosquitto does.
#[derive(Debug)]
pub struct Mosquitto {
    place: TempDir,
    program: PathBuf,
    port: u16,
    saves_every: u32,
    /// What else stands in its settings.
    more: String,
    running: Option<Child>,
}

impl Mosquitto {
    /// Starts one that writes down every message at once, or says in one sentence why not.
    pub fn start() -> Result<Self, String> {
        Self::start_saving_every(1)
    }

    /// Starts one that writes down what it holds after so many messages: what came since is gone when it is killed.
    pub fn start_saving_every(saves_every: u32) -> Result<Self, String> {
        Self::start_with(saves_every, &|_tls_port| String::new()).map(|(broker, _)| broker)
    }

    /// Starts one that also listens on an address of TLS, under a certificate of this authority; gives that address.
    pub fn start_vouched_for(authority: &Authority) -> Result<(Self, String), String> {
        let file = |name: &str| authority.file(name).display().to_string();
        let (certificate, key) = (file("server.pem"), file("server.key"));
        let tls = move |port: u16| {
            format!("listener {port} 127.0.0.1\ncertfile {certificate}\nkeyfile {key}\n")
        };
        let (broker, port) = Self::start_with(1, &tls)?;
        Ok((broker, format!("mqtts://127.0.0.1:{port}")))
    }

    fn start_with(saves_every: u32, more: &dyn Fn(u16) -> String) -> Result<(Self, u16), String> {
        let program =
            program().ok_or("Mosquitto is not installed (Debian: apt-get install mosquitto)")?;
        let place = tempfile::Builder::new()
            .prefix("talaia-mqtt-")
            .tempdir()
            .map_err(|cause| format!("no temporary folder: {cause}"))?;
        let free = || TcpListener::bind("127.0.0.1:0").map_err(|cause| format!("no port: {cause}"));
        let number = |free: &TcpListener| {
            free.local_addr().map(|at| at.port()).map_err(|cause| format!("no port: {cause}"))
        };
        let (plain, other) = (free()?, free()?);
        let (port, other_port) = (number(&plain)?, number(&other)?);
        drop((plain, other));
        let more = more(other_port);
        let mut broker = Self { place, program, port, saves_every, more, running: None };
        broker.run()?;
        Ok((broker, other_port))
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Its port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts again after [`Mosquitto::kill`], on the same port and with the same sessions.
    pub fn run(&mut self) -> Result<(), String> {
        let folder = self.place.path().display();
        let settings = format!(
            "listener {} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n\
             autosave_on_changes true\nautosave_interval {}\nmax_queued_messages 0\nuser root\n{}",
            self.port, self.saves_every, self.more
        );
        let file = self.place.path().join("mosquitto.conf");
        std::fs::write(&file, settings).map_err(|cause| format!("no settings: {cause}"))?;
        let child = Command::new(&self.program)
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|cause| format!("{}: {cause}", self.program.display()))?;
        self.running = Some(child);
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if start.elapsed() > PATIENCE {
                return Err(format!("Mosquitto does not listen on {}", self.port));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends it as by a kill.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// A device that publishes these messages on one topic, one after the other, each until it is promised.
    pub fn device(&self, topic: &str, messages: &[String], is_retained: bool) -> Device {
        let mut command = Command::new("mosquitto_pub");
        command.args([
            "-h",
            "127.0.0.1",
            "-p",
            &self.port.to_string(),
            "-q",
            "1",
            "-t",
            topic,
            "-l",
        ]);
        if is_retained {
            command.arg("-r");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child =
            command.spawn().expect("mosquitto_pub (Debian: apt-get install mosquitto-clients)");
        let mut lines = child.stdin.take().expect("its stdin");
        let text = messages.join("\n") + "\n";
        let writing = std::thread::spawn(move || {
            use std::io::Write as _;
            lines.write_all(text.as_bytes())
        });
        Device { child, writing }
    }

    /// Makes it forget the session of a client, as a broker does that is set up anew.
    pub fn forget(&self, client: &str) {
        let port = self.port.to_string();
        let mut command = Command::new("mosquitto_sub");
        command.args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-V",
            "mqttv5",
            "-i",
            client,
            "-t",
            "none",
            "-E",
        ]);
        let ended = command.stdin(Stdio::null()).status().expect("mosquitto_sub");
        assert!(ended.success(), "the session of {client} is not forgotten");
    }

    /// A gateway that is connected and leaves a last will with the broker.
    pub fn gateway(&self, topic: &str, will: &str, is_retained: bool) -> Gateway {
        let port = self.port.to_string();
        // What it says is written line by line, as to a terminal.
        let mut command = Command::new("stdbuf");
        command.args(["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", &port]);
        command.args(["-t", "nothing/is/said/here", "-d"]);
        command.args(["--will-topic", topic, "--will-payload", will, "--will-qos", "1"]);
        if is_retained {
            command.arg("--will-retain");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child =
            command.spawn().expect("mosquitto_sub (Debian: apt-get install mosquitto-clients)");
        // It has left its will once the broker has said yes.
        let said = child.stdout.take().expect("its words");
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(said));
        let is_connected = lines.any(|line| line.is_ok_and(|line| line.contains("CONNACK")));
        assert!(is_connected, "the gateway did not connect");
        Gateway { child }
    }
}

/// A gateway with a last will.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
}

impl Gateway {
    /// Ends it without a word, so that the broker speaks for it.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A device that publishes.
#[derive(Debug)]
pub struct Device {
    child: Child,
    writing: std::thread::JoinHandle<std::io::Result<()>>,
}

impl Device {
    /// Waits until the broker has promised all of it.
    pub fn done(mut self) {
        self.writing.join().expect("a writer").expect("all is written");
        assert!(self.child.wait().expect("a device").success(), "the device did not end well");
    }
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("mosquitto")).find(|file| file.is_file())
}
