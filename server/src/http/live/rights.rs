//! Rights of those who are connected, asked for again and again: a key revoked or a login ended by another program on the
//! same database is noticed too. Once for each principal, not for each connection: two hundred screens of one room are one.

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::auth::Reader;
use crate::hub::limits::RECHECK;
use crate::state::App;

/// Looks until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let mut ticks = interval(RECHECK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        for (principal, login) in app.hub.principals() {
            if !Reader::holds(&principal, login.as_deref(), &app).await {
                app.hub.revoke(login.as_deref().unwrap_or(&principal));
            }
        }
    }
}
