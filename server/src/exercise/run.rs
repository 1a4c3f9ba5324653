//! One run of an exercise: when it began, how fast it plays, and how scenario time becomes the wall's.

use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::scenario::{BEGIN_MS, END_MS, Event};
use crate::source::Draft;
use crate::state::App;
use crate::store::StoreError;

/// A run. Kept in the database, so that a restart goes on with the same reports.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    /// From 1; part of every id, so that a second run does not touch the first.
    pub(super) number: u32,
    /// When [`BEGIN_MS`] was.
    pub(super) began_at: Timestamp,
    /// How many times faster than the scenario.
    pub(super) speed: f64,
}

impl Run {
    /// The stored run of an exercise.
    pub(super) async fn load(app: &App, name: &str) -> Result<Option<Self>, StoreError> {
        let stored = app.store.meta(&key(name)).await?;
        stored
            .map(|text| {
                serde_json::from_str(&text)
                    .map_err(|cause| StoreError::Corrupt(format!("{}: {cause}", key(name))))
            })
            .transpose()
    }

    /// Stores it as the run of an exercise.
    pub(super) async fn save(&self, app: &App, name: &str) -> Result<(), StoreError> {
        let text =
            serde_json::to_string(self).map_err(|cause| StoreError::Backend(cause.to_string()))?;
        app.store.meta_set(&key(name), &text).await
    }

    /// The moment of the wall at a moment of the scenario. History keeps its own pace; what follows runs at the speed.
    pub(super) fn wall(&self, at_ms: i64) -> Timestamp {
        let after = at_ms - BEGIN_MS;
        self.began_at.plus_ms(if after <= 0 { after } else { (after as f64 / self.speed) as i64 })
    }

    /// The moment of the scenario now.
    pub(super) fn scenario_ms(&self, now: Timestamp) -> i64 {
        let after = now.ms_since(self.began_at);
        if after <= 0 {
            BEGIN_MS
        } else {
            BEGIN_MS.saturating_add((after as f64 * self.speed) as i64)
        }
    }

    /// Whether it is over.
    pub(super) fn ended(&self, now: Timestamp) -> bool {
        self.scenario_ms(now) >= END_MS
    }

    /// The draft of an event in this run: its times on the wall, its ids the run's own.
    pub(super) fn draft(&self, event: &Event) -> Draft {
        let mut draft = event.draft.clone();
        draft.observed_at = self.wall(draft.observed_at.0);
        draft.updated_at = draft.updated_at.map(|at| self.wall(at.0));
        for id in [&mut draft.words.source_id, &mut draft.words.origin].into_iter().flatten() {
            *id = format!("r{}-{id}", self.number);
        }
        draft
    }
}

fn key(name: &str) -> String {
    format!("exercise:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_keeps_its_pace_and_what_follows_runs_at_the_speed() {
        let run = Run { number: 1, began_at: Timestamp(1_000_000_000), speed: 10.0 };
        assert_eq!(run.wall(BEGIN_MS), run.began_at);
        assert_eq!(run.wall(BEGIN_MS - 60_000), run.began_at.plus_ms(-60_000));
        assert_eq!(run.wall(BEGIN_MS + 60_000), run.began_at.plus_ms(6_000));
        assert_eq!(run.scenario_ms(run.began_at.plus_ms(6_000)), BEGIN_MS + 60_000);
        assert!(
            !run.ended(run.began_at.plus_ms(299_000)) && run.ended(run.began_at.plus_ms(300_000))
        );
    }
}
