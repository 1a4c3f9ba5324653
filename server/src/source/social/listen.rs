//! Listening to a network: while an operation runs, and while something of it is held that may be withdrawn.

use tokio_util::sync::CancellationToken;

use super::limits::LOOK;
use super::{jetstream, mastodon, name_of};
use crate::source::supervisor::{Pauses, account, rest};
use crate::source::{FetchError, SourceConfig};
use crate::state::App;
use crate::store::SourceRow;

/// Listens until `stop`.
pub(in crate::source) async fn run(app: App, config: SourceConfig, stop: CancellationToken) {
    let is_mastodon = config.kind == "mastodon";
    let profile = config.profile(name_of(&config.kind).unwrap_or_default());
    let Some(row) = account(&app, &profile, &stop).await else { return };
    // What it keeps may have to be taken back once it is no source any more.
    if let Err(cause) = app.operations.heard_from(&app.store, row.key).await {
        tracing::warn!(source = row.id, %cause, "it is not remembered that this source brings posts");
    }
    let mut pauses = Pauses::new(&app, profile);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.sources.until(&app.clock, &row.id, false) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = wanted(&app, &row, true) => {}
        }
        let listened = async {
            if is_mastodon {
                mastodon::listen(&app, &row, &config, &mut pauses).await
            } else {
                jetstream::listen(&app, &row, &config, &mut pauses).await
            }
        };
        let why = tokio::select! {
            () = stop.cancelled() => return,
            () = app.sources.until(&app.clock, &row.id, true) => continue,
            () = wanted(&app, &row, false) => continue,
            why = listened => why,
        };
        let is_lasting = matches!(why, FetchError::Forbidden(_));
        if rest(&stop, pauses.failed(why.to_string(), is_lasting)).await {
            return;
        }
    }
}

/// Waits until it is listened to, or no longer.
async fn wanted(app: &App, row: &SourceRow, is_wanted: bool) {
    loop {
        let runs = app.operations.is_any_running(row.mode, app.clock.now());
        if (runs || app.worlds.read(row.mode).has_words_from(row.key)) == is_wanted {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}
