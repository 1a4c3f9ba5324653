//! Logs and metrics. Never a key, a cookie, a body, a query or a personal word: only what is named here and in the
//! calls to `tracing`, which a test reads with canaries.

use std::sync::{Mutex, OnceLock, PoisonError};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Config;

/// Libraries whose spans carry operators' names or sessions are heard only when they fail.
const QUIET: &str =
    "axum_login=error,tower_sessions=error,tower_sessions_core=error,hyper=warn,sqlx=warn";

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter does not parse.
    #[error("log: {0}: write levels such as info or talaia=debug")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Logging runs already.
    #[error("logging runs already")]
    Twice,
    /// The recorder of metrics could not be installed.
    #[error("metrics: {0}")]
    Metrics(String),
}

/// Starts logging to stderr as the settings say.
pub fn start(config: &Config) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = if config.log_json {
        let lines = tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr);
        registry.with(lines).try_init()
    } else {
        let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let lines = tracing_subscriber::fmt::layer().with_ansi(colours);
        registry.with(lines.with_writer(std::io::stderr)).try_init()
    };
    started.map_err(|_already| TelemetryError::Twice)
}

/// The one recorder of the process.
fn recorder() -> Result<&'static PrometheusHandle, TelemetryError> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    static INSTALLING: Mutex<()> = Mutex::new(());
    if let Some(handle) = HANDLE.get() {
        return Ok(handle);
    }
    let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = HANDLE.get() {
        return Ok(handle);
    }
    let handle = PrometheusBuilder::new()
        .install_recorder()
        .map_err(|cause| TelemetryError::Metrics(cause.to_string()))?;
    Ok(HANDLE.get_or_init(|| handle))
}

/// Starts counting; called once at start, harmless twice.
pub fn start_metrics() -> Result<(), TelemetryError> {
    recorder().map(drop)
}

/// All counters in Prometheus's text format.
pub fn metrics_text() -> Result<String, TelemetryError> {
    let handle = recorder()?;
    handle.run_upkeep();
    Ok(handle.render())
}
