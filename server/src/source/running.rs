//! The sources that run: those of the roster, each in a task of its own, begun and ended as the roster changes.

use std::collections::BTreeMap;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::supervisor::{upstream, upstream_runs};
use super::{SourceConfig, mqtt, social};
use crate::state::App;

/// Runs every configured source until `stop`. A source that cannot start is reported and the others run.
pub async fn run(app: App, stop: CancellationToken) {
    let mut running: BTreeMap<String, One> = BTreeMap::new();
    let mut changes = app.roster.changes();
    loop {
        let wanted = app.roster.all();
        // Those that were changed end before they begin anew: no two of one name stand at one cursor.
        let is_over = |one: &One| !wanted.contains(&one.config);
        let over: Vec<String> =
            running.iter().filter(|(_, one)| is_over(one)).map(|(name, _)| name.clone()).collect();
        for one in over.iter().filter_map(|name| running.remove(name)) {
            one.stop.cancel();
            one.ended().await;
        }
        for config in wanted.iter() {
            running
                .entry(config.id())
                .or_insert_with(|| One::begin(app.clone(), config.clone(), stop.child_token()));
        }
        // The sender lives as long as the roster, so waiting for it does not fail.
        tokio::select! {
            () = stop.cancelled() => break,
            _ = changes.changed() => {}
        }
    }
    for one in running.into_values() {
        one.ended().await;
    }
}

/// A source that runs.
struct One {
    config: SourceConfig,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl One {
    fn begin(app: App, config: SourceConfig, stop: CancellationToken) -> Self {
        let (own, own_stop) = (config.clone(), stop.clone());
        let task = tokio::spawn(async move {
            if own.kind == "mqtt" {
                return Box::pin(mqtt::run(app, own, own_stop)).await;
            }
            if social::name_of(&own.kind).is_some() {
                return Box::pin(social::run(app, own, own_stop)).await;
            }
            match upstream(&own, &app.sources) {
                Ok(source) => Box::pin(upstream_runs(app, source, &own, own_stop)).await,
                Err(why) => {
                    tracing::error!(source = own.short_name(), why, "a source cannot start");
                }
            }
        });
        Self { config, stop, task }
    }

    async fn ended(self) {
        if let Err(cause) = self.task.await {
            tracing::error!(source = self.config.short_name(), %cause, "a source broke off");
        }
    }
}
