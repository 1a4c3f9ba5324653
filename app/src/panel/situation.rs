//! The card of a situation: what is said of it, and first of all what nobody knows.

use std::sync::Arc;

use leptos::prelude::*;
use wire::decision::{DecisionSubject, LogLine};
use wire::situation::{SensorWord, SituationView, Weight};

use crate::address::Selection;
use crate::decide::{Failed, Sent};
use crate::desk::{Desk, desk};
use crate::map::marks::Rim;
use crate::model::order::place;
use crate::panel::leaves::Leaves;
use crate::ui::dynamic::{live, part};
use crate::ui::hazard_sign::HazardSign;
use crate::ui::severity_shape::SeverityShape;
use crate::words::{self, Lang, apart, lang, matters, t_string};

/// What changed longer ago is not said at the top of the card.
const CHANGED_MS: i64 = 10 * 60_000;
/// And no more of it than is read at a glance.
const CHANGED_MAX: usize = 3;

/// One situation.
#[component]
pub fn SituationCard(
    /// Its number.
    id: u64,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    // Once a second is as often as anybody reads; what was decided here shows at once.
    let situation: Memo<Option<Arc<SituationView>>> = Memo::new(move |_| {
        desk.now.track();
        desk.sent.track();
        desk.picture.with_value(|picture| picture.situation(id).cloned())
    });
    let moved = Signal::derive(move || {
        situation
            .get()
            .map(|situation| (situation.n_reports, situation.newest_at.unwrap_or_default()))
    });
    // Ages in it are of seconds at the least.
    let tens = Memo::new(move |_| desk.now.get() / 10_000);
    view! {
        {part(move || {
            let _ = tens.get();
            Some(situation.get().map_or_else(
                || view! { <p class="lead">{t_string!(words, situation.gone)}</p> }.into_any(),
                |situation| facts(&desk, words, &situation),
            ))
        })}
        <Leaves of=Selection::Situation(id) moved/>
        {part(move || situation.get().map(|situation| numbers(words, &situation)))}
    }
}

fn facts(desk: &Desk, words: Lang, s: &SituationView) -> AnyView {
    let now = untrack(|| desk.server_now());
    let mut says = Vec::new();
    if s.radius_m > 0 {
        says.push(format!("±{} m", words::count(words, s.radius_m.into())));
    }
    says.push(words::severity(words, s.severity).to_owned());
    says.push(owner(words, s));
    let unknown = matters::unknowns(words, s);
    let weights = Weight::ALL.iter().filter_map(|weight| {
        let n = s.sources.get(weight).copied().unwrap_or_default();
        // That no unit is there and nobody called is told; of the rest only what there is.
        let is_told = n > 0 || matches!(weight, Weight::Unit | Weight::CallSeen);
        let line = || (matters::weight(words, *weight).to_owned(), words::count(words, n.into()));
        is_told.then(line)
    });
    // Those that cannot see it say nothing: how many they are is enough.
    let (blind, seeing): (Vec<_>, Vec<_>) =
        s.sensors.iter().partition(|sensor| sensor.says == SensorWord::NotSeen);
    let mut sensors: Vec<_> = seeing
        .iter()
        .map(|sensor| (sensor.name.clone(), matters::sensor(words, sensor, now)))
        .collect();
    if !blind.is_empty() {
        let n = words::count(words, blind.len() as u64);
        let says = t_string!(words, situation.s_not_seen, n = n).to_string();
        sensors.push((t_string!(words, situation.others).to_owned(), says));
    }
    let alarms = desk.picture.with_value(|picture| {
        let line = |id: &u64| {
            let alarm = picture.alarm(*id)?;
            let says = matters::alarm_says(words, alarm);
            Some((alarm.name.clone(), format!("{says} · {}", matters::alarm_state(words, alarm))))
        };
        s.alarms.iter().filter_map(line).collect()
    });
    view! {
        <div class="card-head">
            <SeverityShape severity=s.severity rim=Rim::of(s.verification)/>
            <div>
                <h2>{words::hazard(words, s.hazard)}", "{apart(matters::place(words, s)).into_owned()}</h2>
                <p>{says.join(" · ")}</p>
                <p><b>{words::verification(words, s.verification)}</b>{checked(words, s)}</p>
            </div>
            <HazardSign hazard=s.hazard/>
        </div>
        <p class="lead">{sentence(words, s)}</p>
        {lines("changed", t_string!(words, situation.changed), changed(desk, words, s, now))}
        {lines("unknowns", t_string!(words, card.unknown_heading), if unknown.is_empty() {
            vec![t_string!(words, situation.known).to_owned()]
        } else {
            unknown
        })}
        {pairs(t_string!(words, situation.evidence), weights.collect())}
        {pairs(t_string!(words, situation.sensors), sensors)}
        {pairs(t_string!(words, situation.alarms), alarms)}
    }
    .into_any()
}

fn owner(words: Lang, s: &SituationView) -> String {
    match (&s.owner, s.taken_at) {
        (Some(name), at) => {
            let time = at.map_or_else(String::new, |at| matters::minute(at.0));
            t_string!(words, situation.owner, name = apart(name), time = time).to_string()
        }
        // Who sees no names.
        (None, Some(_)) => t_string!(words, situation.somebody).to_owned(),
        (None, None) => t_string!(words, situation.nobody).to_owned(),
    }
}

fn checked(words: Lang, s: &SituationView) -> Option<String> {
    let checked = s.checked.as_ref()?;
    let basis = matters::decision_basis(words, checked.basis);
    let name = checked.by.as_deref().map(apart).unwrap_or_default();
    let time = matters::minute(checked.at.0);
    let said = t_string!(words, situation.checked, basis = basis, name = name, time = time);
    Some(format!(" · {said}"))
}

fn sentence(words: Lang, s: &SituationView) -> String {
    let what = words::hazard(words, s.hazard);
    let time = matters::minute(s.oldest_at.unwrap_or(s.begun_at).0);
    let n = words::count(words, s.n_sources.into());
    let seen = words::count(words, s.n_first_hand.into());
    let said = t_string!(words, situation.sentence, hazard = what, time = time, n = n, seen = seen);
    let mut said = said.clone();
    if let Some(at) = s.ended_at {
        said.push(' ');
        let time = matters::minute(at.0);
        said.push_str(&t_string!(words, situation.ended, time = time).to_string());
    }
    said
}

/// What changed within ten minutes: who began to speak, what was decided, what alarmed.
fn changed(desk: &Desk, words: Lang, s: &SituationView, now: i64) -> Vec<String> {
    let mut said = Vec::new();
    if s.n_last > 0 {
        let n = words::count(words, s.n_last.into());
        let before = words::count(words, s.n_before.into());
        said.push(t_string!(words, situation.more, n = n, before = before).to_string());
    }
    desk.picture.with_value(|picture| {
        let mut told: Vec<(i64, String)> = Vec::new();
        let mut tell = |at: i64, line: String| {
            if now - at < CHANGED_MS {
                place(&mut told, (at, line), |(at, _)| std::cmp::Reverse(*at));
            }
        };
        for alarm in s.alarms.iter().filter_map(|id| picture.alarm(*id)) {
            let (at, says) = (alarm.since.0, matters::alarm_says(words, alarm));
            tell(at, format!("{} {}: {says}", matters::minute(at), apart(&alarm.name)));
        }
        let of_this = |line: &&LogLine| line.subject == Some(DecisionSubject::Situation(s.id));
        for line in picture.log().rev().filter(of_this).take(CHANGED_MAX) {
            tell(line.entered_at.0, matters::log_line(words, line, ""));
        }
        said.extend(told.into_iter().map(|(_, text)| text));
    });
    said.truncate(CHANGED_MAX);
    if said.is_empty() {
        said.push(t_string!(words, situation.nothing_changed).to_owned());
    }
    said
}

/// A heading and lines under it.
fn lines(class: &'static str, title: &'static str, lines: Vec<String>) -> AnyView {
    let items = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    view! { <div class=class><h3>{title}</h3><ul>{items}</ul></div> }.into_any()
}

/// A heading, and names with what is said of each; nothing where there is none.
fn pairs(title: &'static str, pairs: Vec<(String, String)>) -> Option<AnyView> {
    let is_any = !pairs.is_empty();
    let items = pairs
        .into_iter()
        .map(|(name, says)| view! { <dt>{name}</dt><dd>{says}</dd> })
        .collect_view();
    is_any.then(|| view! { <h3>{title}</h3><dl class="facts">{items}</dl> }.into_any())
}

fn numbers(words: Lang, s: &SituationView) -> AnyView {
    let n = words::count(words, s.n_reports.into());
    let mut said = vec![t_string!(words, situation.number, id = s.id, n = n).to_string()];
    if let Some(from) = s.split_from {
        said.push(t_string!(words, situation.split, id = from).to_string());
    }
    if let Some(into) = s.merged_into {
        said.push(t_string!(words, situation.merged, id = into).to_string());
    }
    let why = t_string!(words, situation.why);
    lines("soft", t_string!(words, situation.ids), vec![why.to_owned(), said.join(" · ")])
}

/// What became of the last decision about this, until the picture itself tells.
#[component]
pub fn SentLine(
    /// About what; nothing for what stands in the log alone.
    subject: Option<DecisionSubject>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let said = move || {
        let sent = desk.sent.get();
        if sent.subject() != subject.as_ref() {
            return String::new();
        }
        match sent {
            Sent::Nothing => String::new(),
            Sent::Going(_) => t_string!(words, decide.going).to_owned(),
            Sent::Stands(..) => t_string!(words, decide.stands).to_owned(),
            Sent::Failed(_, cause) => match cause {
                Failed::Away => t_string!(words, decide.away).to_owned(),
                Failed::SignedOut => t_string!(words, decide.signed_out).to_owned(),
                Failed::Forbidden => t_string!(words, decide.forbidden).to_owned(),
                Failed::Refused(detail) => {
                    t_string!(words, decide.refused, detail = apart(&detail)).to_string()
                }
            },
        }
    };
    view! { <p class="sent" role="status">{live(said)}</p> }
}
