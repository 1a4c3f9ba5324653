//! Calling out: when nobody answers an alarm of the live room and it climbs, one address outside is told.
//!
//! A task of its own looks at the World's alarms each second and sends beside it, so that a receiver that is slow or gone holds up
//! neither alarms nor what comes in. An exercise calls nobody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

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
use crate::webhook::Webhook;

/// How often alarms are looked at: a climb is told within a second.
const LOOK: Duration = Duration::from_secs(1);

/// Pauses before the tries after the first: a receiver that restarts within five minutes still gets the word.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(15),
    Duration::from_mins(1),
    Duration::from_mins(3),
];

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
            under_way.spawn(async move {
                let Ok(_place) = places.acquire_owned().await else { return };
                if let Err(why) = webhook.tell(&word, &PAUSES).await {
                    tracing::error!(why, alarm = word.alarm, "the alarms' webhook was not told");
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(id: u64, since: i64, climbed: u8) -> AlarmView {
        AlarmView {
            id,
            mode: Mode::Live,
            seq: 1,
            level: AlarmLevel::Red,
            state: if climbed > 0 { AlarmState::Climbing } else { AlarmState::Unanswered },
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
}
