//! Writes dead letters once a second, and lets them go after their day, whether anything comes or not.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::KEPT_MS;
use crate::state::App;

/// How often what waits is written: one sync a second, however much is refused.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// Every so many of these the day is looked at: nobody is shown a letter that is older, so it need not be to the minute.
const SWEEP_EVERY: u64 = 600;

/// Writes and sweeps until `stop`.
pub(crate) async fn run(app: App, stop: CancellationToken) {
    let max = app.config.limits.dead_letters_max;
    let mut tick = tokio::time::interval(FLUSH_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    for round in 0_u64.. {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = tick.tick() => {}
        }
        app.letters.flush(&app.store, max).await;
        if !round.is_multiple_of(SWEEP_EVERY) {
            continue;
        }
        match app.store.letters_sweep(app.clock.now().plus_ms(-KEPT_MS)).await {
            Ok(0) => {}
            Ok(n) => tracing::debug!(n, "dead letters of yesterday are gone"),
            Err(error) => tracing::warn!(%error, "dead letters could not be swept"),
        }
    }
    app.letters.flush(&app.store, max).await;
}
