//! `talaia serve`: starts the rooms and stops them when asked.

use super::{Failed, Settings, say};
use crate::clock::Clock;
use crate::{control, runtime, telemetry};

/// Runs the server until it is told to stop or its journal fails.
pub(super) async fn serve(settings: Settings) -> Result<(), Failed> {
    settings.check()?;
    let config = settings.config;
    let failed = |cause: &dyn std::fmt::Display| Failed::Work(cause.to_string());
    telemetry::start(&config).map_err(|cause| failed(&cause))?;
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
    running.until_stopped(stop_asked()).await.map_err(|cause| failed(&cause))
}

/// Ends when the process is asked to stop.
async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_no_signals) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
