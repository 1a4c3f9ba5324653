//! `talaia replay`: plays a recorded file as a partner, through the same door as every partner.
//!
//! A thread reads rows and writes them as report lines; the player keeps the recording's rhythm, gathers what is due
//! into a batch, and sends one batch at a time, so the order of an id's versions is the order of the file.

pub mod columns;
mod feature;
pub mod hazards;
mod pace;
mod post;
mod progress;
mod rows;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::sync::mpsc;
use wire::time::Timestamp;
use wire::view::Mode;

use columns::Columns;
use feature::{Line, Writer};
use hazards::Hazards;
use pace::Pace;
use post::Door;
pub use post::Tally;
use progress::Progress;
pub use rows::Format;
use rows::Recording;

use crate::clock::Clock;

/// Rows read ahead of what is being sent: two full batches.
const ROWS_AHEAD: usize = 10_000;
/// Rows in a batch at full speed: half the server's default limit, so that a batch is never the largest allowed.
const BATCH_ROWS: usize = 5_000;
/// Bytes in a batch before packing: half the server's default limit of an unpacked body.
const BATCH_BYTES: usize = 8 << 20;

/// Plays a recorded file (gzip too) as a partner, keeping its rhythm.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Recorded files, played one after the other
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The server, such as <http://127.0.0.1:8080>
    #[arg(long, value_name = "URL")]
    pub to: String,
    /// The partner's key, with the scope reports
    #[arg(long, value_name = "K", env = "TALAIA_KEY", hide_env_values = true)]
    pub key: String,
    /// How the files are written; by default told by their names
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Which column is which field: lng=…,lat=…,time=…,id=…,text=…,hazard=… (also severity, place, kind, basis, ref,
    /// status, lang, radius, updated, author, url, origin)
    #[arg(long, default_value = "", value_name = "FIELD=COLUMN,…")]
    pub map: Columns,
    /// A table of pattern, hazard and, if wished, severity that names the hazard of a text
    #[arg(long, value_name = "F")]
    pub hazards: Option<PathBuf>,
    /// How many times faster than recorded, or max
    #[arg(long, default_value = "1", value_name = "N|max")]
    pub speed: Speed,
    /// Moves all times so that the recording ends now
    #[arg(long)]
    pub shift: bool,
    /// The mode to play into; live also needs --into
    #[arg(long, default_value = "exercise", value_parser = parse_mode)]
    pub mode: Mode,
    /// The name of the server a live replay is meant for, as /healthz says it
    #[arg(long, value_name = "SERVER-NAME")]
    pub into: Option<String>,
}

/// How fast to play.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// This many times faster than recorded.
    Times(f64),
    /// As fast as the server takes it.
    Max,
}

impl std::str::FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        text.trim_end_matches('x')
            .parse::<f64>()
            .ok()
            .filter(|speed| speed.is_finite() && *speed > 0.0)
            .map(Self::Times)
            .ok_or_else(|| "give a number above 0, such as 10, or max".to_owned())
    }
}

fn parse_mode(text: &str) -> Result<Mode, String> {
    match text {
        "exercise" => Ok(Mode::Exercise),
        "live" => Ok(Mode::Live),
        _ => Err("give exercise or live".to_owned()),
    }
}

/// Plays, printing progress to stderr and the account to stdout. `Err` is a sentence for stderr and exit code 1.
#[expect(clippy::print_stdout, reason = "the account is what the command is for")]
pub async fn run(args: &Args) -> Result<(), String> {
    let started = Instant::now();
    let (tally, ended) = play(args, &Clock::System, true).await;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "accepted {} · folded {} · rejected {} · {} rows in {seconds:.1} s · {:.0} reports/s",
        tally.accepted,
        tally.folded,
        tally.n_rejected(),
        tally.answered(),
        tally.answered() as f64 / seconds.max(0.001),
    );
    for (reason, n) in &tally.rejected {
        println!(
            "rejected {n} {reason}: {}",
            tally.examples.get(reason).map_or("", String::as_str)
        );
    }
    if tally.sent_again > 0 {
        println!("sent again {} (what had already arrived counts as folded)", tally.sent_again);
    }
    ended
}

/// Plays and says what became of every row, and why it stopped early if it did.
pub async fn play(args: &Args, clock: &Clock, show: bool) -> (Tally, Result<(), String>) {
    let mut tally = Tally::default();
    let ended = play_into(args, clock, show, &mut tally).await;
    (tally, ended)
}

async fn play_into(
    args: &Args,
    clock: &Clock,
    show: bool,
    tally: &mut Tally,
) -> Result<(), String> {
    let door = Door::new(&args.to, &args.key)?;
    if args.mode == Mode::Live {
        let into = args.into.as_deref().ok_or(
            "a replay into live needs --into SERVER-NAME, so that a recording never reaches a live room by mistake",
        )?;
        let name = door.server_name().await?;
        if name != into {
            return Err(format!("the server calls itself {name}, not {into}; nothing was sent"));
        }
    }
    let hazards = args.hazards.as_deref().map(Hazards::read).transpose()?.unwrap_or_default();
    let recording =
        Recording { files: args.files.clone(), format: args.format, columns: args.map.clone() };
    let shift_ms = if args.shift { shift(recording.clone(), clock.now()).await? } else { 0 };
    let writer = Writer { hazards, shift_ms, mode: args.mode };

    let read = Arc::new(AtomicU64::new(0));
    let mut progress = Progress::new(recording.bytes(), show);
    let (give, mut rows) = mpsc::channel::<Result<Line, String>>(ROWS_AHEAD);
    let reader = {
        let read = Arc::clone(&read);
        tokio::task::spawn_blocking(move || {
            recording.each(&read, |row| {
                let line = row.and_then(|drawn| writer.line(drawn));
                give.blocking_send(line).is_ok()
            })
        })
    };

    let mut pace = Pace::new(args.speed);
    let mut batch: Vec<Line> = Vec::with_capacity(BATCH_ROWS);
    let mut bytes = 0;
    let mut next = rows.recv().await;
    while let Some(row) = next.take() {
        match row {
            Ok(line) => {
                // What is due is gathered; before waiting for a later row, what was gathered is sent.
                if let Some(due) = pace.due(line.time) {
                    if !batch.is_empty() {
                        door.send(&batch, tally, &mut |pause, why| progress.wait(pause, why))
                            .await?;
                        batch.clear();
                        bytes = 0;
                    }
                    progress.set(read.load(Ordering::Relaxed), tally);
                    tokio::time::sleep_until(due.into()).await;
                }
                bytes += line.json.len() + 1;
                batch.push(line);
            }
            Err(detail) => tally.reject("unreadable", detail),
        }
        if batch.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
            door.send(&batch, tally, &mut |pause, why| progress.wait(pause, why)).await?;
            batch.clear();
            bytes = 0;
        }
        progress.set(read.load(Ordering::Relaxed), tally);
        next = rows.recv().await;
    }
    door.send(&batch, tally, &mut |pause, why| progress.wait(pause, why)).await?;
    progress.finish(tally);
    reader.await.map_err(|_cause| "the reading thread died".to_owned())?
}

/// How far to move all times so that the newest is now.
async fn shift(recording: Recording, now: Timestamp) -> Result<i64, String> {
    let newest = tokio::task::spawn_blocking(move || {
        let mut newest: Option<Timestamp> = None;
        recording
            .each(&Arc::default(), |row| {
                newest = newest.max(row.ok().and_then(|drawn| drawn.time));
                true
            })
            .map(|()| newest)
    })
    .await
    .map_err(|_cause| "the reading thread died".to_owned())??;
    newest
        .map(|newest| now.ms_since(newest))
        .ok_or_else(|| "--shift needs times: add time=COLUMN to --map".to_owned())
}
