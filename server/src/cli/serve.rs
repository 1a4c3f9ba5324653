//! `talaia serve`: starts the rooms and stops them when asked.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Failed, Settings, say};
use crate::clock::Clock;
use crate::{control, runtime, telemetry};

/// Runs the server until it is told to stop or its journal fails.
pub(super) async fn serve(settings: Settings) -> Result<(), Failed> {
    settings.check()?;
    let config = settings.config;
    let failed = |cause: &dyn std::fmt::Display| Failed::Work(cause.to_string());
    telemetry::start(&config).map_err(|cause| failed(&cause))?;
    let stop = StopSignals::listen().map_err(|cause| failed(&cause))?;
    let running = runtime::start(config, Clock::System).await.map_err(|cause| failed(&cause))?;
    let app = running.app.clone();
    say(&format!("Talaia listens on http://{}", running.addr))?;
    let first = control::first_sign_in(&app.store, &app.config.data_dir).await;
    if let Some(password) = first.map_err(|cause| failed(&cause))? {
        say(&format!(
            "Sign in as admin with this password (kept in {}):\n{password}",
            control::first_sign_in_file(&app.config.data_dir).display()
        ))?;
    }
    running.until_stopped(stop.asked()).await.map_err(|cause| failed(&cause))
}

/// The signals that ask the process to stop, listened to from before the start: one that comes while the journal is
/// replayed ends the server in order too.
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Ends when the process is asked to stop.
    async fn asked(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
