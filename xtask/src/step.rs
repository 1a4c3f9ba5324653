//! Running one long thing: say what it is, show that it lives, say how long it took.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome, at};

/// A silent step says that it lives this often: long enough to stay readable, short enough that nobody thinks it hangs.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// Runs `work` under a title, with a heartbeat line and the seconds it took.
pub(crate) fn timed<T>(title: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    println!("▸ {title}");
    let started = Instant::now();
    let (stop, stopped) = mpsc::channel::<()>();
    let result = std::thread::scope(|scope| {
        scope.spawn(move || {
            while let Err(mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(HEARTBEAT) {
                println!("  … {title}: {}", elapsed(started.elapsed()));
                let _ = std::io::stdout().flush();
            }
        });
        let result = work();
        drop(stop);
        result
    });
    let verdict = if result.is_ok() { "done" } else { "FAILED" };
    println!("  {verdict} in {}: {title}", elapsed(started.elapsed()));
    result
}

/// Runs a command under a title with its output streamed.
pub(crate) fn run(title: &str, command: &mut Command) -> Outcome<()> {
    timed(title, || quiet(command))
}

/// Runs a command with its output streamed and no line of our own.
pub(crate) fn quiet(command: &mut Command) -> Outcome<()> {
    let status = at(shown(command), command.status())?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{}: {status}", shown(command))))
    }
}

/// Runs a command; its standard output is streamed and kept. A failing status is an answer, not an error.
pub(crate) fn tee(title: &str, command: &mut Command) -> Outcome<(bool, String)> {
    timed(title, || {
        let mut child = at(shown(command), command.stdout(Stdio::piped()).spawn())?;
        let mut kept = String::new();
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).split(b'\n') {
                let line = at("reading output", line)?;
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                kept.push_str(&line);
                kept.push('\n');
            }
        }
        let status = at(shown(command), child.wait())?;
        Ok((status.success(), kept))
    })
}

/// The standard output of a short command, or nothing where it cannot run or fails.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

/// `7 s`, `2 min 05 s`.
pub(crate) fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}
