//! Progress on stderr: a bar on a terminal, a plain line now and then elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Tally;

/// A plain line this often, where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The progress of a replay.
pub(super) struct Progress {
    bar: ProgressBar,
    plain: bool,
    total: u64,
    last: Instant,
}

impl Progress {
    /// Over `total` bytes of files.
    pub(super) fn new(total: u64, show: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if show && terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:32} {percent:>3} %  {elapsed} · {msg}")
        {
            bar.set_style(style);
        }
        Self { bar, plain: show && !terminal, total, last: Instant::now() }
    }

    /// So many bytes are read, and so much is answered.
    pub(super) fn set(&mut self, bytes: u64, tally: &Tally) {
        if self.plain {
            if self.last.elapsed() >= LINE_EVERY {
                self.last = Instant::now();
                let percent = (bytes * 100).checked_div(self.total).unwrap_or(100);
                line(&format!("{percent} % read, {}", account(tally)));
            }
        } else if self.bar.position() != bytes {
            self.bar.set_position(bytes);
            self.bar.set_message(account(tally));
        }
    }

    /// The server asked for a pause, or cannot be reached.
    pub(super) fn wait(&mut self, pause: Duration, why: &str) {
        let text = format!("waiting {:.1} s: {why}", pause.as_secs_f64());
        if !self.plain {
            self.bar.set_message(text);
        } else if self.last.elapsed() >= LINE_EVERY {
            self.last = Instant::now();
            line(&text);
        }
    }

    /// All is read and answered.
    pub(super) fn finish(&self, tally: &Tally) {
        self.bar.finish_with_message(account(tally));
    }
}

#[expect(clippy::print_stderr, reason = "progress is for the person who runs the command")]
fn line(text: &str) {
    eprintln!("{text}");
}

fn account(tally: &Tally) -> String {
    format!("{} accepted, {} folded, {} rejected", tally.accepted, tally.folded, tally.n_rejected())
}
