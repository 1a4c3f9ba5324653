//! Situations and alarms in words: what a row, a card and the strip say of them.

use wire::alarm::{AlarmCause, AlarmLevel, AlarmState, AlarmView};
use wire::decision::{DecisionBasis, DecisionKind, LogLine};
use wire::report::{PlacedBy, Withdrawn};
use wire::situation::{SensorSays, SensorWord, SituationView, Trend, Unknown, Weight};

use super::{Lang, age, apart, clock, count, hazard, t_string, value};
use crate::model::Band;

/// The hour and minute of a moment.
pub fn minute(at: i64) -> String {
    clock(at, false)[..5].to_owned()
}

/// Minutes and seconds that something takes, `04:10`.
pub fn span(ms: i64) -> String {
    let s = (ms / 1_000).max(0);
    format!("{:02}:{:02}", s / 60, s % 60)
}

/// A band of the list.
pub fn band(lang: Lang, band: Band) -> &'static str {
    match band {
        Band::New => t_string!(lang, incidents.fresh),
        Band::Mine => t_string!(lang, incidents.mine),
        Band::Open => t_string!(lang, incidents.open),
        Band::Watched => t_string!(lang, incidents.watched),
        Band::Easing => t_string!(lang, incidents.easing),
    }
}

/// How it goes: `▲ WORSE +6 in 10 min · since 17:52`.
pub fn trend(lang: Lang, situation: &SituationView, now: i64) -> String {
    let mut line = match situation.trend {
        Trend::New => t_string!(lang, incidents.t_new),
        Trend::Worse => t_string!(lang, incidents.t_worse),
        Trend::Same => t_string!(lang, incidents.t_same),
        Trend::Easing => t_string!(lang, incidents.t_easing),
        Trend::Ended => t_string!(lang, incidents.t_ended),
    }
    .to_owned();
    if situation.n_last > 0 {
        let n = count(lang, situation.n_last.into());
        line.push_str(&t_string!(lang, incidents.plus, n = n).to_string());
    }
    if let (Trend::Easing, Some(newest)) = (situation.trend, situation.newest_at) {
        let age = age(lang, now - newest.0);
        line.push_str(&t_string!(lang, incidents.nothing_for, age = age).to_string());
    } else {
        let time = minute(situation.oldest_at.unwrap_or(situation.begun_at).0);
        line.push_str(&t_string!(lang, incidents.since, time = time).to_string());
    }
    line
}

/// What speaks for it, by weight: calls and units always, all else where there is some.
pub fn evidence(lang: Lang, situation: &SituationView) -> String {
    let n = |weights: &[Weight]| weights.iter().filter_map(|w| situation.sources.get(w)).sum();
    let mut parts = Vec::new();
    let mut add = |n: u32, always: bool, say: fn(Lang, String) -> String| {
        if n > 0 || always {
            parts.push(say(lang, count(lang, n.into())));
        }
    };
    add(n(&[Weight::CallSeen, Weight::Call]), true, |_, n| format!("☎ {n}"));
    add(n(&[Weight::Unit]), true, |l, n| t_string!(l, incidents.units, n = n).to_string());
    add(n(&[Weight::Camera]), false, |l, n| t_string!(l, incidents.cameras, n = n).to_string());
    add(n(&[Weight::Sensor]), false, |l, n| t_string!(l, incidents.sensors, n = n).to_string());
    let lost = situation.sensors.iter().filter(|sensor| sensor.says == SensorWord::Lost).count();
    add(lost as u32, false, |l, n| t_string!(l, incidents.lost, n = n).to_string());
    add(n(&[Weight::Official]), false, |l, n| t_string!(l, incidents.officials, n = n).to_string());
    add(n(&[Weight::Seen, Weight::Heard]), false, |l, n| {
        t_string!(l, incidents.citizens, n = n).to_string()
    });
    add(n(&[Weight::Press]), false, |l, n| t_string!(l, incidents.press, n = n).to_string());
    add(n(&[Weight::Post]), false, |l, n| t_string!(l, incidents.posts, n = n).to_string());
    parts.join(" · ")
}

/// Who speaks with this weight.
pub fn weight(lang: Lang, weight: Weight) -> &'static str {
    match weight {
        Weight::Unit => t_string!(lang, weight.unit),
        Weight::CallSeen => t_string!(lang, weight.call_seen),
        Weight::Camera => t_string!(lang, weight.camera),
        Weight::Sensor => t_string!(lang, weight.sensor),
        Weight::Official => t_string!(lang, weight.official),
        Weight::Seen => t_string!(lang, weight.seen),
        Weight::Call => t_string!(lang, weight.call),
        Weight::Heard => t_string!(lang, weight.heard),
        Weight::Press => t_string!(lang, weight.press),
        Weight::Post => t_string!(lang, weight.post),
    }
}

/// Where it is, in words; else the sensor that speaks for it, which has a name where a place has none.
pub fn place(lang: Lang, situation: &SituationView) -> &str {
    let speaks =
        |sensor: &&SensorSays| matches!(sensor.says, SensorWord::Supports | SensorWord::Lost);
    let sensor = || situation.sensors.iter().find(speaks).map(|sensor| sensor.name.as_str());
    let named = situation.place.as_deref().or_else(sensor);
    named.unwrap_or_else(|| t_string!(lang, incidents.possible))
}

/// What nobody knows of it. A lost sensor is named.
pub fn unknowns(lang: Lang, situation: &SituationView) -> Vec<String> {
    let mut lines = Vec::new();
    for unknown in &situation.unknown {
        match unknown {
            Unknown::NobodyOnScene => lines.push(t_string!(lang, situation.u_scene).to_owned()),
            Unknown::NothingFirstHand => lines.push(t_string!(lang, situation.u_hand).to_owned()),
            Unknown::NoCamera => lines.push(t_string!(lang, situation.u_camera).to_owned()),
            Unknown::NoCalls => lines.push(t_string!(lang, situation.u_calls).to_owned()),
            Unknown::SensorLost => {
                let before = lines.len();
                let lost = |sensor: &&SensorSays| sensor.says == SensorWord::Lost;
                for sensor in situation.sensors.iter().filter(lost) {
                    let time = sensor.value_at.map_or_else(String::new, |at| minute(at.0));
                    let name = apart(&sensor.name);
                    let line = t_string!(lang, situation.u_sensor, name = name, time = time);
                    lines.push(line.clone());
                }
                if lines.len() == before {
                    lines.push(t_string!(lang, situation.u_sensors).to_owned());
                }
            }
        }
    }
    if situation.radius_m > 0 {
        let radius = count(lang, situation.radius_m.into());
        lines.push(t_string!(lang, card.unknown_radius, radius = radius).to_string());
    }
    if situation.n_refuted > 0 {
        let n = count(lang, situation.n_refuted.into());
        lines.push(t_string!(lang, situation.u_refuted, n = n).to_string());
    }
    lines
}

fn measured(lang: Lang, number: f64, unit: Option<&str>) -> String {
    let number = value(lang, number);
    unit.map_or_else(|| number.clone(), |unit| format!("{number} {}", apart(unit)))
}

/// What a sensor says of a situation: `LOST · 210 m away · 28.7 m³/s · 12 min old`.
pub fn sensor(lang: Lang, sensor: &SensorSays, now: i64) -> String {
    let mut parts = vec![match sensor.says {
        SensorWord::Supports => t_string!(lang, situation.s_supports).to_owned(),
        SensorWord::Lost => t_string!(lang, situation.s_lost).to_owned(),
        SensorWord::Normal => t_string!(lang, situation.s_normal).to_owned(),
        // Many are told as one line.
        SensorWord::NotSeen => t_string!(lang, situation.s_not_seen, n = 1).to_string(),
    }];
    let away = count(lang, sensor.distance_m.into());
    parts.push(t_string!(lang, situation.away, n = away).to_string());
    if let Some(number) = sensor.value {
        parts.push(measured(lang, number, sensor.unit.as_deref()));
    }
    if let Some(at) = sensor.value_at {
        let age = age(lang, now - at.0);
        parts.push(t_string!(lang, situation.old, age = age).to_string());
    }
    parts.join(" · ")
}

/// On what basis.
pub fn decision_basis(lang: Lang, basis: DecisionBasis) -> &'static str {
    match basis {
        DecisionBasis::OnScene => t_string!(lang, decide.on_scene),
        DecisionBasis::Camera => t_string!(lang, decide.camera),
        DecisionBasis::Official => t_string!(lang, decide.official),
        DecisionBasis::CalledBack => t_string!(lang, decide.called_back),
        DecisionBasis::Other => t_string!(lang, decide.other),
    }
}

/// What happens, by an alarm.
pub fn alarm_hazard(lang: Lang, alarm: &AlarmView) -> &'static str {
    alarm.hazard.map_or_else(|| t_string!(lang, alarm.plain), |what| hazard(lang, what))
}

/// What it says: `264 m³/s, red 150`. Its age is not in it: that would be read out each second.
pub fn alarm_says(lang: Lang, alarm: &AlarmView) -> String {
    let mut parts = Vec::new();
    let cause = match alarm.cause {
        AlarmCause::Level => None,
        AlarmCause::Notice => Some(t_string!(lang, alarm.c_notice)),
        AlarmCause::Lost => Some(t_string!(lang, alarm.c_lost)),
        AlarmCause::Rate => Some(t_string!(lang, alarm.c_rate)),
        AlarmCause::Baseline => Some(t_string!(lang, alarm.c_baseline)),
        AlarmCause::Silent => Some(t_string!(lang, alarm.c_silent)),
        AlarmCause::Frozen => Some(t_string!(lang, alarm.c_frozen)),
        AlarmCause::Broken => Some(t_string!(lang, alarm.c_broken)),
        AlarmCause::Dark => Some(t_string!(lang, alarm.c_dark)),
        AlarmCause::Unusual => Some(t_string!(lang, alarm.c_unusual)),
        AlarmCause::Rule => Some(t_string!(lang, alarm.c_rule)),
        AlarmCause::Watch => Some(t_string!(lang, alarm.c_watch)),
    };
    parts.extend(cause.map(str::to_owned));
    if let Some(number) = alarm.value {
        let said = measured(lang, number, alarm.unit.as_deref());
        parts.push(if cause.is_some() {
            t_string!(lang, alarm.last, value = said).to_string()
        } else {
            said
        });
    }
    if let Some(limit) = alarm.limit {
        let n = value(lang, limit);
        parts.push(match alarm.level {
            AlarmLevel::Red => t_string!(lang, alarm.red, n = n).to_string(),
            AlarmLevel::Orange => t_string!(lang, alarm.orange, n = n).to_string(),
            AlarmLevel::Yellow => t_string!(lang, alarm.yellow, n = n).to_string(),
        });
    }
    parts.join(", ")
}

/// How an alarm stands.
pub fn alarm_state(lang: Lang, alarm: &AlarmView) -> String {
    match alarm.state {
        AlarmState::Unanswered | AlarmState::Climbing => {
            t_string!(lang, alarm.unanswered).to_owned()
        }
        AlarmState::Answered => {
            let name = alarm.answered_by.as_deref().map(apart).unwrap_or_default();
            let time = alarm.answered_at.map_or_else(String::new, |at| minute(at.0));
            t_string!(lang, alarm.answered, name = name, time = time).to_string()
        }
        AlarmState::Shelved => {
            let time = alarm.shelved_until.map_or_else(String::new, |at| minute(at.0));
            t_string!(lang, alarm.shelved, time = time).to_string()
        }
        AlarmState::Over => t_string!(lang, alarm.over).to_owned(),
    }
}

/// What was decided.
pub fn decided(lang: Lang, kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Verify => t_string!(lang, log.verify),
        DecisionKind::Refute => t_string!(lang, log.refute),
        DecisionKind::Dismiss => t_string!(lang, log.dismiss),
        DecisionKind::Take => t_string!(lang, log.take),
        DecisionKind::Release => t_string!(lang, log.release),
        DecisionKind::Merge => t_string!(lang, log.merge),
        DecisionKind::Split => t_string!(lang, log.split),
        DecisionKind::Pin => t_string!(lang, log.pin),
        DecisionKind::Close => t_string!(lang, log.close),
        DecisionKind::Note => t_string!(lang, log.note),
        DecisionKind::Log => t_string!(lang, log.log),
        DecisionKind::Place => t_string!(lang, log.place),
        DecisionKind::Zone => t_string!(lang, log.zone),
        DecisionKind::Rule => t_string!(lang, log.rule),
        DecisionKind::Ack => t_string!(lang, log.ack),
        DecisionKind::Shelve => t_string!(lang, log.shelve),
        DecisionKind::Watch => t_string!(lang, log.watch),
        DecisionKind::Undo => t_string!(lang, log.undo),
        DecisionKind::Phase => t_string!(lang, log.phase),
    }
}

/// A line of the log: `18:34 MS confirmed · on scene: "words" · Flood, Paiporta`. `about` is what it is about, in words; what somebody
/// wrote stands before it, where a line is cut last.
pub fn log_line(lang: Lang, line: &LogLine, about: &str) -> String {
    let who = line.by.as_deref().map(apart).unwrap_or_default();
    let time = minute(line.entered_at.0);
    let mut said = format!("{time} {who} {}", decided(lang, line.kind));
    if let Some(basis) = line.basis {
        said.push_str(" · ");
        said.push_str(decision_basis(lang, basis));
    }
    if let Some(text) = &line.text {
        said.push_str(": ");
        said.push_str(&apart(text));
    }
    if !about.is_empty() {
        said.push_str(" · ");
        said.push_str(about);
    }
    said
}

/// Who or what says where it is.
pub fn placed_by(words: Lang, by: PlacedBy) -> &'static str {
    match by {
        PlacedBy::Sender => t_string!(words, placing.sender),
        PlacedBy::Text => t_string!(words, placing.text),
        PlacedBy::Coordinates => t_string!(words, placing.coordinates),
        PlacedBy::Operator => t_string!(words, placing.operator),
    }
}

/// Why a report has no words.
pub fn without_words(words: Lang, withdrawn: Option<Withdrawn>) -> &'static str {
    match withdrawn {
        None => t_string!(words, list.no_text),
        Some(Withdrawn::Gone) => t_string!(words, list.withdrawn),
        Some(Withdrawn::Held) => t_string!(words, list.withdrawn_held),
    }
}
