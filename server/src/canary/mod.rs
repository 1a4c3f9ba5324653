//! Canaries: every few seconds the server reports to itself, in each mode, over the network and by the door that a partner's
//! reports go through. A canary is an entry like any other, committed with its group, folded into the World and published; sessions
//! tell it in their heartbeats. Where it does not arrive, reports would not either, however alive the sockets are.
//!
//! It is no report: no list, count, ledger or picture holds it, and the numbers people are told do not move by it.

mod post;
mod webhook;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use engine::entry::Body;
use futures_util::future::join_all;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use tokio_util::sync::CancellationToken;
use wire::time::Timestamp;
use wire::view::Mode;

use self::post::Post;
pub use self::post::{KEY, PATH, Refused, Said};
use crate::pipeline::{IntakeError, Submission};
use crate::state::App;
use crate::webhook::Webhook;

/// After a refusal the next canary is tried this soon: as a partner is told to.
const AGAIN: Duration = Duration::from_secs(1);

/// How often the watch looks.
const LOOK: Duration = Duration::from_secs(1);

/// How long a canary may stay away: a whole period late, so that a slow commit is no alarm.
pub fn late_after_ms(canary_ms: u32) -> i64 {
    2 * i64::from(canary_ms)
}

/// How far canaries came that no World and no hub remembers.
#[derive(Debug)]
pub struct Canaries {
    /// Before any came, age counts from here.
    started: Timestamp,
    /// When the newest was said that was acknowledged, by mode; 0 before the first.
    acknowledged: [AtomicI64; 2],
    post: Post,
}

impl Canaries {
    /// Of a server that starts now and listens here.
    pub fn new(started: Timestamp, listens: SocketAddr) -> Result<Self, String> {
        Ok(Self { started, acknowledged: Default::default(), post: Post::new(listens)? })
    }

    /// Whether a request with this key is a canary of this process.
    pub fn is_own(&self, key: &[u8]) -> bool {
        self.post.is_own(key)
    }

    fn acknowledged(&self, mode: Mode) -> &AtomicI64 {
        &self.acknowledged[usize::from(mode == Mode::Exercise)]
    }
}

/// A place on the road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Folded into the World, so on disk.
    World,
    /// Of a flush of the hub: sessions can take it.
    Published,
    /// Answered as a partner's reports are.
    Acknowledged,
}

impl Stage {
    const ALL: [Self; 3] = [Self::World, Self::Published, Self::Acknowledged];

    fn word(self) -> &'static str {
        match self {
            Self::World => "world",
            Self::Published => "published",
            Self::Acknowledged => "acknowledged",
        }
    }

    /// The age of the newest canary of this run that came here.
    fn age_ms(self, app: &App, mode: Mode, now: Timestamp) -> i64 {
        let said_at = match self {
            Self::World => app.worlds.read(mode).canary(),
            Self::Published => app.hub.canary(mode),
            Self::Acknowledged => {
                Some(Timestamp(app.canaries.acknowledged(mode).load(Ordering::Relaxed)))
            }
        };
        let started = app.canaries.started;
        now.ms_since(said_at.unwrap_or(started).max(started)).max(0)
    }
}

/// Says canaries and watches over them until `stop`. Does nothing where the settings say so.
pub async fn run(app: App, stop: CancellationToken) {
    let canary_ms = app.config.limits.canary_ms;
    if canary_ms == 0 {
        return;
    }
    let webhook = app.config.canary_webhook.as_deref().and_then(|address| {
        Webhook::new(address)
            .inspect_err(|cause| tracing::error!(%cause, "the canary's webhook cannot be used"))
            .ok()
    });
    let every = Duration::from_millis(canary_ms.into());
    let said = join_all(Mode::ALL.map(|mode| keep_saying(&app, mode, every)));
    let watched = join_all(Mode::ALL.map(|mode| watch(&app, mode, webhook.as_ref())));
    tokio::select! {
        () = stop.cancelled() => {}
        _never = said => {}
        _never = watched => {}
    }
}

async fn keep_saying(app: &App, mode: Mode, every: Duration) {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        while let Err(cause) = say(app, mode).await {
            tracing::debug!(%mode, %cause, "a canary was not taken");
            sleep(AGAIN).await;
        }
    }
}

/// Says one canary and waits for its acknowledgement, as a partner waits.
pub async fn say(app: &App, mode: Mode) -> Result<(), Refused> {
    let at = app.clock.now();
    app.canaries.post.send(Said { mode, at }).await?;
    app.canaries.acknowledged(mode).store(at.0, Ordering::Relaxed);
    Ok(())
}

/// Takes in one that came, and waits until it is on disk.
pub(crate) async fn take_in(app: &App, said: Said) -> Result<(), IntakeError> {
    app.intake.submit(Submission::own(said.mode, vec![Body::Canary(said.at)])).await?;
    Ok(())
}

/// Tells the log, and who is to be told, when canaries stay away and when they are back; each once.
async fn watch(app: &App, mode: Mode, webhook: Option<&Webhook>) {
    let late_after = late_after_ms(app.config.limits.canary_ms);
    let mut told_late = false;
    loop {
        sleep(LOOK).await;
        let now = app.clock.now();
        let ages = Stage::ALL.map(|stage| (stage, stage.age_ms(app, mode, now)));
        let published_ms = ages[1].1;
        let is_late = published_ms > late_after;
        if is_late == told_late {
            continue;
        }
        told_late = is_late;
        let stuck = ages.iter().find(|(_, age_ms)| *age_ms > late_after);
        let stage = stuck.map_or(Stage::Published, |(stage, _)| *stage).word();
        if is_late {
            tracing::error!(%mode, stage, age_ms = published_ms, "the canary is late: what comes in does not reach the screens");
        } else {
            tracing::warn!(%mode, age_ms = published_ms, "the canary is back");
        }
        if let Some(webhook) = webhook {
            let news = webhook::News {
                event: if is_late { "canary_late" } else { "canary_back" },
                server: &app.config.name,
                mode,
                stage: is_late.then_some(stage),
                at: now,
                age_ms: published_ms,
            };
            // What happens meanwhile is seen at the next look: at most one word is behind.
            news.tell(webhook).await;
        }
    }
}

/// Brings the gauges up to date; called for each answer of `/metrics`.
pub(crate) fn measure(app: &App) {
    if app.config.limits.canary_ms == 0 {
        return;
    }
    let now = app.clock.now();
    for mode in Mode::ALL {
        for stage in Stage::ALL {
            let age_s = stage.age_ms(app, mode, now) as f64 / 1_000.0;
            metrics::gauge!("talaia_canary_age_seconds", "mode" => mode.word(), "stage" => stage.word())
                .set(age_s);
        }
    }
}

#[cfg(test)]
mod tests;
