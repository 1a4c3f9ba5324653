//! A PostgreSQL server of our own: a fresh cluster in a temporary folder, on a unix socket only, gone with its value.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// The role that owns everything in the cluster.
const ROLE: &str = "talaia";

/// A running cluster. `fsync` is on, as in any real one.
#[derive(Debug)]
pub struct Postgres {
    place: TempDir,
    programs: PathBuf,
    as_root: bool,
    databases: AtomicU32,
}

impl Postgres {
    /// Makes a cluster and starts it, or says in one sentence why not.
    pub fn start() -> Result<Self, String> {
        Self::with("")
    }

    /// The same with settings of its own, as options of the server.
    pub fn with(settings: &str) -> Result<Self, String> {
        let programs =
            programs().ok_or("PostgreSQL is not installed (Debian: apt-get install postgresql)")?;
        let as_root = said("id", &["-u"]).as_deref() == Some("0");
        // Under the system's temporary folder: the account `postgres` may not enter a home.
        let place = tempfile::Builder::new()
            .prefix("talaia-pg-")
            .tempdir()
            .map_err(|cause| format!("no temporary folder: {cause}"))?;
        let server = Self { place, programs, as_root, databases: AtomicU32::new(0) };
        let folder = server.folder();
        if as_root {
            run(Command::new("chown").args(["postgres", folder]))?;
        }
        let cluster = server.cluster();
        run(server.program("initdb").args(["--pgdata", &cluster, "--username", ROLE]).args([
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]))?;
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=on {settings}"
        );
        let log = format!("{folder}/log");
        run(server
            .program("pg_ctl")
            .args(["-D", &cluster, "-l", &log, "-o", &options, "-w", "-t", "60", "start"]))
        .map_err(|cause| {
            format!("{cause}\n{}", std::fs::read_to_string(&log).unwrap_or_default())
        })?;
        Ok(server)
    }

    /// The URL of a new, empty database.
    pub fn fresh_database(&self) -> Result<String, String> {
        let name = format!("talaia_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let folder = self.folder();
        run(self.program("createdb").args(["--host", folder, "--username", ROLE, &name]))?;
        Ok(format!("postgres://{ROLE}@localhost/{name}?host={folder}"))
    }

    /// Where its files lie.
    pub fn cluster_folder(&self) -> PathBuf {
        self.cluster().into()
    }

    /// `PostgreSQL 15.18 …`, as the server says it.
    pub fn version(&self) -> String {
        let program = self.programs.join("postgres");
        said(&program.to_string_lossy(), &["--version"]).unwrap_or_default()
    }

    fn folder(&self) -> &str {
        // Made by us from ASCII under the temporary folder.
        self.place.path().to_str().unwrap_or_default()
    }

    fn cluster(&self) -> String {
        format!("{}/cluster", self.folder())
    }

    /// A program of PostgreSQL, which refuses to be started by root.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if self.as_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.place.path()).env("LC_ALL", "C.UTF-8");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let cluster = self.cluster();
        // It may have been stopped by the test itself.
        drop(run(self.program("pg_ctl").args(["-D", &cluster, "-m", "immediate", "-w", "stop"])));
    }
}

/// The folder of the newest installed version's programs.
fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").ok().and_then(|folder| {
        let versions = folder.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
        versions.filter(|bin| bin.join("initdb").is_file()).max()
    });
    debian.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder: &PathBuf| Path::is_file(&folder.join("initdb")))
    })
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn run(command: &mut Command) -> Result<(), String> {
    // pg_ctl hands its output on to the server it starts: a pipe would never end, so nothing is read from it.
    let name = format!("{command:?}");
    let status = command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .status()
        .map_err(|cause| format!("{name}: {cause}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}")) }
}
