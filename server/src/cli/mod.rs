//! The `talaia` command line: reads the words, calls the rooms, tells the outcome.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage. Errors are one sentence on stderr; what a script needs (a key, a
//! generated password) stands alone on the last line of stdout.

mod keys;
mod people;
mod serve;
mod settings;
mod words;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::control::Request;

pub use settings::{Flags, Settings, SettingsError};
pub(crate) use words::table;

/// A live map for crisis rooms.
#[derive(Debug, Parser)]
#[command(name = "talaia", version, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server with the app inside.
    Serve(Flags),
    /// Keeps the people who sign in.
    Operator {
        #[command(subcommand)]
        act: people::OperatorAct,
        #[command(flatten)]
        flags: settings::Place,
    },
    /// Keeps the organisations that send and read with keys.
    Partner {
        #[command(subcommand)]
        act: people::PartnerAct,
        #[command(flatten)]
        flags: settings::Place,
    },
    /// Destroys the personal part of a report for good; its count stays.
    Erase {
        /// The report's id, as Talaia gives it
        id: String,
        #[command(flatten)]
        flags: settings::Place,
    },
    /// Keeps who is where: schools and the like, and a census grid.
    Exposure {
        #[command(subcommand)]
        act: ExposureAct,
        #[command(flatten)]
        flags: settings::Place,
    },
    /// Keeps the names of places.
    Gazetteer {
        #[command(subcommand)]
        act: GazetteerAct,
        #[command(flatten)]
        flags: settings::Place,
    },
    /// Keeps the areas of codes.
    Geocodes {
        #[command(subcommand)]
        act: GeocodesAct,
        #[command(flatten)]
        flags: settings::Place,
    },
    /// Plays a recorded file (gzip too) as a partner, keeping its rhythm.
    Replay(crate::replay::Args),
    /// Plays scenarios and scores the picture beside a naive baseline.
    Drill(crate::drill::command::Args),
    /// Gets a map to stand under the map.
    Basemap {
        #[command(subcommand)]
        act: BasemapAct,
    },
    /// Shows and checks the settings.
    Config {
        #[command(subcommand)]
        act: ConfigAct,
    },
}

#[derive(Debug, Subcommand)]
enum ExposureAct {
    /// Imports a GeoJSON or CSV file in place of what was imported before.
    Import {
        /// The file
        file: std::path::PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum GazetteerAct {
    /// Imports a table or `GeoJSON` (docs/placing.md names its columns) in place of what was imported before.
    Import {
        /// The file
        file: std::path::PathBuf,
    },
    /// Reads again the reports that stand without a place; an import does so by itself.
    Rerun,
}

#[derive(Debug, Subcommand)]
enum GeocodesAct {
    /// Imports `GeoJSON` (docs/cap.md names its properties) in place of what was known of its schemes.
    Import {
        /// The file; gzip too
        file: std::path::PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum BasemapAct {
    /// Downloads a city's extract from a remote `PMTiles` file by ranges.
    Get(crate::basemap::get::Args),
}

#[derive(Debug, Subcommand)]
enum ConfigAct {
    /// Says whether the settings can be served.
    Check(Flags),
    /// Shows every setting in force and where it came from; secrets are hidden.
    Show(Flags),
}

/// Why a command ended without its work done.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The words were wrong: exit code 2.
    Usage(String),
    /// The work failed: exit code 1.
    Work(String),
}

impl From<SettingsError> for Failed {
    fn from(error: SettingsError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    let line = Line::parse();
    // Two crypto libraries may be linked; the choice is made once, before anything speaks TLS.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            return told(&Failed::Work(format!("the threads could not be started: {cause}")));
        }
    };
    match runtime.block_on(run(line.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => told(&failed),
    }
}

async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::Serve(flags) => serve::serve(flags.settings()?).await,
        Command::Operator { act, flags } => {
            let request = act.request()?;
            people::act(flags.settings()?.config, request).await
        }
        Command::Partner { act, flags } => {
            let request = act.request()?;
            people::act(flags.settings()?.config, request).await
        }
        Command::Erase { id, flags } => {
            let id = id.parse().map_err(|bad: wire::id::BadId| Failed::Usage(bad.to_string()))?;
            people::act(flags.settings()?.config, Request::Erase { id }).await
        }
        Command::Exposure { act: ExposureAct::Import { file }, flags } => {
            people::import_exposure(flags.settings()?.config, &file).await
        }
        Command::Gazetteer { act: GazetteerAct::Import { file }, flags } => {
            people::import_gazetteer(flags.settings()?.config, &file).await
        }
        Command::Gazetteer { act: GazetteerAct::Rerun, flags } => {
            people::act(flags.settings()?.config, Request::GazetteerRerun).await
        }
        Command::Geocodes { act: GeocodesAct::Import { file }, flags } => {
            people::import_geocodes(flags.settings()?.config, &file).await
        }
        Command::Replay(args) => crate::replay::run(&args).await.map_err(Failed::Work),
        Command::Drill(args) => drill(args).await,
        Command::Basemap { act: BasemapAct::Get(args) } => {
            crate::basemap::get::run(&args).await.map_err(Failed::Work)
        }
        Command::Config { act: ConfigAct::Check(flags) } => {
            let settings = flags.settings()?;
            settings.check()?;
            say("The settings can be served.")
        }
        Command::Config { act: ConfigAct::Show(flags) } => say(&flags.settings()?.show()),
    }
}

/// Plays on a thread of its own: it computes, and waits by sleeping.
async fn drill(args: crate::drill::command::Args) -> Result<(), Failed> {
    use crate::drill::command::{NotPlayed, drill};
    let played = tokio::task::spawn_blocking(move || drill(&args, &mut |line| say(line).is_ok()));
    match played.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(NotPlayed::Usage(why))) => Err(Failed::Usage(why)),
        Ok(Err(NotPlayed::Work(why))) => Err(Failed::Work(why)),
        Err(cause) => Err(Failed::Work(format!("the drill stopped: {cause}"))),
    }
}

/// Writes a line to stdout; a closed pipe ends the command quietly.
pub(crate) fn say(text: &str) -> Result<(), Failed> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failed::Work(format!("stdout cannot be written: {cause}")))
        }
        _ => Ok(()),
    }
}

fn told(failed: &Failed) -> ExitCode {
    let (text, code) = match failed {
        Failed::Usage(text) => (text, 2),
        Failed::Work(text) => (text, 1),
    };
    // Nothing is left to tell it to if stderr is closed.
    let _ = writeln!(std::io::stderr(), "talaia: {}", words::sentence(text));
    ExitCode::from(code)
}
