//! Exercises: seeded scenarios the server plays into the mode `exercise`, through the same door as every source.

use tokio_util::sync::CancellationToken;

use crate::state::App;

/// The exercises there are.
pub const NAMES: &[&str] = &["barcelona-storm"];

/// Plays the configured exercise until it ends or `stop`. Does nothing when none is configured.
pub async fn run(app: App, stop: CancellationToken) {
    let _ = (app, stop);
}
