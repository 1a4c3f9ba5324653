//! Notices: a partner hears that its feed went late or silent at the moment it does, before the room's alarm, and once more when it
//! speaks again.
//!
//! A task of its own looks at the live World each second and sends beside it. What fell and who was told stands in the database, so
//! that a restart tells nobody twice. A mailer there is none: whoever wants e-mail has a webhook turned into it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::entry::SourceKey;
use engine::world::SourceSensors;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wire::source::SourceHealth;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::desk;
use crate::http::problem::Fault;
use crate::state::App;
use crate::store::{ContactRow, SourceRow, ToldRow};
use crate::webhook::{PATIENT, Webhook, until_taken};

/// How often feeds are looked at: a fall is told within a second.
const LOOK: Duration = Duration::from_secs(1);

/// Words on their way at once: a night in which all feeds fall must not open a connection for each.
const TOLD_AT_ONCE: usize = 8;

/// A feed that falls again within ten minutes after it was told is not told again until they are over: it flaps, and its partner knows.
const AGAIN_MS: i64 = 10 * 60_000;

/// What is sent. Nothing personal: a feed, and how it is.
#[derive(Debug, Clone, Serialize)]
struct Notice {
    text: String,
    /// `feed_late`, `feed_silent` or `feed_back`.
    event: &'static str,
    server: String,
    mode: Mode,
    source: String,
    name: String,
    /// When the first value that is missing should have come.
    since: Timestamp,
    /// Now, by the server's clock.
    at: Timestamp,
    newest_at: Option<Timestamp>,
    cadence_ms: Option<i64>,
    /// Sensors that spoke, and of them those that do.
    n_sensors: u32,
    n_speaking: u32,
}

/// What is to be done about a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It fell at this moment.
    Fell(Timestamp),
    /// It fell before, and its partner is still to be told.
    Owed(ToldRow),
    /// It speaks again.
    Back(ToldRow),
    /// Nothing.
    No,
}

fn turn(status: SourceHealth, since: Timestamp, before: Option<ToldRow>) -> Turn {
    let fell = matches!(status, SourceHealth::Late | SourceHealth::Silent);
    match before {
        None if fell => Turn::Fell(since),
        Some(before) if fell && before.told_at.is_none() => Turn::Owed(before),
        Some(before) if !fell => Turn::Back(before),
        _ => Turn::No,
    }
}

/// All that is remembered between looks.
struct Watcher {
    app: App,
    places: Arc<Semaphore>,
    told: BTreeMap<SourceKey, ToldRow>,
    /// Sources about which a word is on its way.
    busy: Arc<Mutex<BTreeSet<SourceKey>>>,
    /// When each was last told that it fell.
    told_at: BTreeMap<SourceKey, Timestamp>,
    under_way: JoinSet<()>,
}

/// Tells partners until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let mut watcher = Watcher {
        app,
        places: Arc::new(Semaphore::new(TOLD_AT_ONCE)),
        told: BTreeMap::new(),
        busy: Arc::default(),
        told_at: BTreeMap::new(),
        under_way: JoinSet::new(),
    };
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _tick = looks.tick() => {}
        }
        while watcher.under_way.try_join_next().is_some() {}
        if let Err(fault) = watcher.look().await {
            tracing::warn!(
                cause = fault.problem.detail,
                "partners could not be told of their feeds"
            );
        }
    }
}

impl Watcher {
    async fn look(&mut self) -> Result<(), Fault> {
        let at = self.app.clock.now();
        let rows = self.app.store.sources().await?;
        self.told = self.app.store.told().await?;
        let sources = desk::world(&self.app, Mode::Live, None, at).await?.sources;
        let contacts = desk::contacts(&self.app).await?;
        for row in rows.iter().filter(|row| row.mode == Mode::Live) {
            // Without a rhythm nobody knows when it is late.
            let Some(sensors) = sources.get(&row.key).filter(|one| one.cadence_ms.is_some()) else {
                continue;
            };
            // Its partner is not told of a quiet that is ours.
            if self.app.sources.paused(&row.id, at).is_some() {
                continue;
            }
            let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner).contains(&row.key);
            if busy {
                continue;
            }
            let contact = contacts.get(&row.id).cloned().unwrap_or_default();
            self.weigh(row, sensors, &contact, at).await?;
        }
        Ok(())
    }

    async fn weigh(
        &mut self,
        row: &SourceRow,
        sensors: &SourceSensors,
        contact: &ContactRow,
        at: Timestamp,
    ) -> Result<(), Fault> {
        let status = desk::status(SourceHealth::Live, sensors);
        let newest = sensors.newest_at.unwrap_or(at);
        let since = newest.plus_ms(sensors.cadence_ms.unwrap_or_default());
        let before = self.told.get(&row.key).copied();
        let word = || notice(&self.app, row, sensors, (status, since, at));
        let fell = match turn(status, since, before) {
            Turn::No => return Ok(()),
            Turn::Fell(since) => {
                let fell = ToldRow { since, told_at: None };
                self.app.store.told_set(row.key, fell).await?;
                fell
            }
            Turn::Owed(before) => before,
            Turn::Back(before) => {
                self.app.store.told_drop(row.key).await?;
                if before.told_at.is_some() && contact.webhook.is_some() {
                    let word = Notice { since: before.since, ..word() };
                    self.send(row, word, contact, None);
                }
                return Ok(());
            }
        };
        let last = self.told_at.get(&row.key);
        if contact.webhook.is_none() || last.is_some_and(|last| at.ms_since(*last) < AGAIN_MS) {
            return Ok(());
        }
        let word = Notice { since: fell.since, ..word() };
        self.told_at.insert(row.key, at);
        self.send(row, word, contact, Some(fell));
        Ok(())
    }

    /// Sends beside the looks. Of a fall it is written down when it was taken.
    fn send(&mut self, row: &SourceRow, word: Notice, contact: &ContactRow, fell: Option<ToldRow>) {
        let Some(address) = contact.webhook.clone() else { return };
        let (app, places, busy) =
            (self.app.clone(), Arc::clone(&self.places), Arc::clone(&self.busy));
        let key = row.key;
        busy.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        self.under_way.spawn(async move {
            let told = match Webhook::new(&address) {
                Ok(webhook) => {
                    // A place is held only while it sends: who waits for a receiver to come back holds up no other.
                    let attempt = || async {
                        let Ok(_place) = places.acquire().await else { return Ok(()) };
                        webhook.tell_once(&word).await
                    };
                    until_taken(&PATIENT, attempt).await
                }
                Err(why) => Err(why),
            };
            match (told, fell) {
                (Ok(()), Some(fell)) => {
                    let row = ToldRow { told_at: Some(app.clock.now()), ..fell };
                    if let Err(error) = app.store.told_set(key, row).await {
                        tracing::warn!(%error, "it could not be written down that a partner was told");
                    }
                }
                (Ok(()), None) => {}
                (Err(why), _) => {
                    tracing::error!(why, source = word.source, "a partner's webhook was not told");
                }
            }
            busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        });
    }
}

fn notice(
    app: &App,
    row: &SourceRow,
    sensors: &SourceSensors,
    (status, since, at): (SourceHealth, Timestamp, Timestamp),
) -> Notice {
    let server = app.config.name.clone();
    let (event, said) = match status {
        SourceHealth::Late => ("feed_late", "is late"),
        SourceHealth::Silent => ("feed_silent", "is silent"),
        SourceHealth::Live | SourceHealth::Paused | SourceHealth::Broken => {
            ("feed_back", "speaks again")
        }
    };
    let n_out = sensors.n - sensors.n_in_works;
    let text = format!(
        "Talaia {server}: {} {said}; {} of {n_out} sensors speak, the first value is missing since {since}",
        row.name, sensors.n_speaking
    );
    Notice {
        text,
        event,
        server,
        mode: row.mode,
        source: row.id.clone(),
        name: row.name.clone(),
        since,
        at,
        newest_at: sensors.newest_at,
        cadence_ms: sensors.cadence_ms,
        n_sensors: sensors.n,
        n_speaking: sensors.n_speaking,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_is_told_once_and_its_end_once() {
        let (now, later) = (Timestamp(10), Timestamp(20));
        let owed = ToldRow { since: now, told_at: None };
        let told = ToldRow { told_at: Some(now), ..owed };
        assert_eq!(turn(SourceHealth::Live, now, None), Turn::No);
        assert_eq!(turn(SourceHealth::Late, now, None), Turn::Fell(now));
        assert_eq!(turn(SourceHealth::Late, later, Some(owed)), Turn::Owed(owed));
        assert_eq!(turn(SourceHealth::Silent, later, Some(told)), Turn::No);
        assert_eq!(turn(SourceHealth::Live, later, Some(told)), Turn::Back(told));
        assert_eq!(turn(SourceHealth::Live, later, Some(owed)), Turn::Back(owed));
    }
}
