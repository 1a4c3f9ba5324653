//! Calling out: when nobody answers an alarm of the live room and it climbs, one address outside is told.
//!
//! A task of its own looks at the World's alarms each second and sends beside it, so that a receiver that is slow or gone holds up
//! neither alarms nor what comes in. An exercise calls nobody.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use engine::room::AlarmId;
use engine::view::Clearance;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wire::alarm::{AlarmCause, AlarmLevel, AlarmState, AlarmView};
use wire::time::Timestamp;
use wire::view::Mode;

use crate::state::App;
use crate::webhook::{PATIENT, Webhook, until_taken};

/// How often alarms are looked at: a climb is told within a second.
const LOOK: Duration = Duration::from_secs(1);

/// Words on their way at once: a night in which all gauges ring must not open a connection for each.
const TOLD_AT_ONCE: usize = 8;

/// What is sent: nothing personal, only what rang.
#[derive(Debug, Serialize)]
struct CallOut {
    text: String,
    event: &'static str,
    server: String,
    mode: Mode,
    alarm: u64,
    situation: Option<u64>,
    level: AlarmLevel,
    cause: AlarmCause,
    name: String,
    value: Option<f64>,
    limit: Option<f64>,
    unit: Option<String>,
    since: Timestamp,
    /// 1 at the next desk, 2 out of the room.
    climbed: u8,
}

impl CallOut {
    fn of(alarm: &AlarmView, server: &str) -> Self {
        let about = if alarm.name.is_empty() { "the room" } else { &alarm.name };
        let text = format!(
            "Talaia {server} ({}): {} alarm ({}) of {about}, nobody has answered since {}",
            alarm.mode, alarm.level, alarm.cause, alarm.since
        );
        Self {
            text,
            event: "alarm_climbed",
            server: server.to_owned(),
            mode: alarm.mode,
            alarm: alarm.id,
            situation: alarm.situation,
            level: alarm.level,
            cause: alarm.cause,
            name: alarm.name.clone(),
            value: alarm.value,
            limit: alarm.limit,
            unit: alarm.unit.clone(),
            since: alarm.since,
            climbed: alarm.climbed,
        }
    }
}

/// How far each alarm had climbed when it was told last, and since when it asked then.
#[derive(Debug, Default)]
struct Told(BTreeMap<u64, (Timestamp, u8)>);

impl Told {
    /// Those that climbed since the last look. What asks anew starts again; what is no more is forgotten.
    fn news(&mut self, alarms: Vec<AlarmView>) -> Vec<AlarmView> {
        let before = std::mem::take(&mut self.0);
        let mut news = Vec::new();
        for alarm in alarms {
            let known = before.get(&alarm.id).filter(|(since, _)| *since == alarm.since);
            let told = known.map_or(0, |(_, climbed)| *climbed);
            self.0.insert(alarm.id, (alarm.since, alarm.climbed));
            if alarm.state == AlarmState::Climbing && alarm.climbed > told {
                news.push(alarm);
            }
        }
        news
    }
}

/// Tells of each alarm that climbs until `stop`. Does nothing where no address is set.
pub async fn run(app: App, stop: CancellationToken) {
    let Some(address) = app.config.alarm_webhook.as_deref() else { return };
    let webhook = match Webhook::new(address) {
        Ok(webhook) => Arc::new(webhook),
        Err(cause) => {
            tracing::error!(%cause, "the alarms' webhook cannot be used");
            return;
        }
    };
    let places = Arc::new(Semaphore::new(TOLD_AT_ONCE));
    let mut told = Told::default();
    let mut under_way = JoinSet::new();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _tick = looks.tick() => {}
        }
        while under_way.try_join_next().is_some() {}
        let alarms = app.worlds.read(Mode::Live).alarms(Clearance::Wall);
        for alarm in told.news(alarms) {
            let word = CallOut::of(&alarm, &app.config.name);
            let (webhook, places) = (Arc::clone(&webhook), Arc::clone(&places));
            let app = app.clone();
            under_way.spawn(async move {
                let stands = || climbs(&app, &alarm);
                let told = tell(&places, &PATIENT, stands, || webhook.tell_once(&word)).await;
                if let Err(why) = told {
                    tracing::error!(why, alarm = word.alarm, "the alarms' webhook was not told");
                }
            });
        }
    }
}

/// Whether nobody has answered it yet: what was answered and asks anew is another matter, which is told by itself.
fn climbs(app: &App, alarm: &AlarmView) -> bool {
    let now = app.worlds.read(Mode::Live).alarm(AlarmId(alarm.id), Clearance::Wall);
    now.is_some_and(|now| now.state == AlarmState::Climbing && now.since == alarm.since)
}

/// Sends until it is taken, there are no more pauses, or it no longer stands. A place is held only while it sends: who waits
/// for a receiver to come back holds up no other.
async fn tell<Sent: Future<Output = Result<(), String>>>(
    places: &Semaphore,
    pauses: &[Duration],
    stands: impl Fn() -> bool,
    send: impl Fn() -> Sent,
) -> Result<(), String> {
    let attempt = || async {
        let Ok(_place) = places.acquire().await else { return Ok(()) };
        if stands() { send().await } else { Ok(()) }
    };
    until_taken(pauses, attempt).await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use tokio::task::{LocalSet, yield_now};

    use super::*;

    fn alarm(id: u64, since: i64, climbed: u8) -> AlarmView {
        AlarmView {
            id,
            mode: Mode::Live,
            seq: 1,
            level: AlarmLevel::Red,
            state: if climbed > 0 { AlarmState::Climbing } else { AlarmState::Unanswered },
            rule: None,
            cause: AlarmCause::Level,
            hazard: None,
            situation: None,
            datastream: None,
            source: None,
            name: "Poio".to_owned(),
            geometry: None,
            value: None,
            value_at: None,
            limit: None,
            unit: None,
            since: Timestamp(since),
            eased_at: None,
            answered_at: None,
            answered_by: None,
            shelved_until: None,
            sounds: true,
            climbed,
        }
    }

    #[test]
    fn each_climbing_is_told_once_and_again_when_it_asks_anew() {
        let mut told = Told::default();
        let mut n_news = |since, climbed| told.news(vec![alarm(1, since, climbed)]).len();
        assert_eq!([n_news(0, 0), n_news(0, 1), n_news(0, 1), n_news(0, 2)], [0, 1, 0, 1]);
        // Back after an answer, and nobody looked in between.
        assert_eq!([n_news(500, 2), n_news(500, 2)], [1, 0]);
    }

    #[test]
    fn what_was_answered_calls_nobody() {
        let answered = AlarmView { state: AlarmState::Answered, ..alarm(1, 0, 2) };
        assert_eq!(Told::default().news(vec![answered]), []);
    }

    #[tokio::test]
    async fn those_that_wait_for_their_next_try_hold_up_no_other() {
        let n_words = 2 * TOLD_AT_ONCE;
        let (places, n_sent) = (Rc::new(Semaphore::new(TOLD_AT_ONCE)), Rc::new(Cell::new(0)));
        let under_way = LocalSet::new();
        for _ in 0..n_words {
            let (places, n_sent) = (Rc::clone(&places), Rc::clone(&n_sent));
            under_way.spawn_local(async move {
                let send = || async {
                    n_sent.set(n_sent.get() + 1);
                    yield_now().await;
                    Err("it answers 503".to_owned())
                };
                tell(&places, &[Duration::from_hours(1)], || true, send).await
            });
        }
        // Each round lets every one of them go a step; none waits for the clock.
        let rounds = async {
            for _ in 0..100 {
                yield_now().await;
            }
        };
        under_way.run_until(rounds).await;
        assert_eq!(n_sent.get(), n_words);
    }

    #[tokio::test]
    async fn what_was_answered_between_two_tries_is_not_tried_again() {
        let (places, n_sent) = (Semaphore::new(1), Cell::new(0));
        let send = || async {
            n_sent.set(n_sent.get() + 1);
            Err("it answers 503".to_owned())
        };
        let pauses = [Duration::ZERO; 5];
        let told = tell(&places, &pauses, || n_sent.get() < 2, send).await;
        assert_eq!((told, n_sent.get()), (Ok(()), 2));
        let told = tell(&places, &pauses, || true, send).await;
        assert_eq!((told, n_sent.get()), (Err("it answers 503".to_owned()), 2 + 6));
    }
}
