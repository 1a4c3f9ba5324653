//! The sentence: how many sensors speak, and why the others do not, one line a cause.

use leptos::prelude::*;
use wire::desk::{Cause, CauseKind, Sentence};
use wire::source::SourceHealth;

use super::desk::{Desk, Sheet, desk};
use super::words::{apart, brief, count, failed, is_single, lang, said};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::words::Lang;

/// Causes shown at once: what one reads standing.
const CAUSES: usize = 3;

/// The sentence with its causes, and what one does most.
#[component]
pub fn SentencePanel() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let told = Lasting::memo(move |_: Option<&Option<Sentence>>| {
        desk.connections.with(|told| told.value.as_ref().map(|value| value.sentence.clone()))
    });
    let why_not = Lasting::memo(move |_: Option<&Option<super::ask::Failed>>| {
        desk.connections.with(|told| told.failed.clone().filter(|_| told.value.is_none()))
    });
    let spoken_line = part(move || {
        let Some(sentence) = told.get() else {
            let words = why_not
                .get()
                .map_or_else(|| said!(words, loading).to_owned(), |cause| failed(words, &cause));
            return Some(view! { <p class="sentence soft">{words}</p> }.into_any());
        };
        Some(spoken(words, &sentence))
    });
    let lines = move |rest: bool| {
        part(move || {
            let mut causes = told.with(|told| told.as_ref().map(|one| one.causes.clone()))?;
            let more = causes.split_off(causes.len().min(CAUSES));
            let shown = if rest { more } else { causes };
            Some(shown.into_iter().map(|cause| line(desk, words, cause)).collect_view())
        })
    };
    let n_more = live(move || {
        told.with(|told| {
            let sentence = told.as_ref()?;
            Some(
                sentence.causes.len().saturating_sub(CAUSES) as u64
                    + u64::from(sentence.causes_left_off),
            )
        })
        .unwrap_or_default()
    });
    view! {
        <section class="partner-sentence" aria-label=live(move || said!(words, sentence.label))>
            <div>
                {spoken_line}
                <ul class="causes">{lines(false)}</ul>
                // The frame stays while its lines change: who opened it finds it open.
                <details class="more-causes" hidden=live(move || n_more.get() == 0)>
                    <summary>{live(move || said!(words, sentence.more, n = count(words, n_more.get())).to_string())}</summary>
                    <ul class="causes">{lines(true)}</ul>
                </details>
            </div>
            <div class="partner-acts">
                {desk.may_act().then(|| view! {
                    {opens(desk, Sheet::Works, live(move || said!(words, works.open)), "W")}
                    {opens(desk, Sheet::Import, live(move || said!(words, import.open)), "I")}
                })}
                {desk.may_keep_keys().then(|| opens(desk, Sheet::Keys, live(move || said!(words, keys_of.open)), "K"))}
                {opens(desk, Sheet::Code, live(move || said!(words, code.open)), "C")}
            </div>
        </section>
    }
}

/// A button that opens a dialog, and its key.
fn opens(desk: Desk, sheet: Sheet, name: Signal<&'static str>, key: &'static str) -> AnyView {
    view! {
        <button class="act" on:click=move |_| desk.open.set(Some(sheet.clone()))>{name}<kbd aria-hidden="true">{key}</kbd></button>
    }
    .into_any()
}

fn spoken(words: Lang, sentence: &Sentence) -> AnyView {
    if sentence.sensors == 0 {
        return view! {
            <p class="sentence">{said!(words, sentence.none)}</p>
            <p class="soft">{said!(words, sentence.none_help)}</p>
        }
        .into_any();
    }
    let n = |n: u32| count(words, u64::from(n));
    let speak = said!(words, sentence.speak, n = n(sentence.speaking), all = n(sentence.sensors))
        .to_string();
    let parts: Vec<AnyView> = [
        (sentence.lost, "n-lost", said!(words, sentence.lost, n = n(sentence.lost)).to_string()),
        (
            sentence.silent,
            "n-silent",
            said!(words, sentence.silent, n = n(sentence.silent)).to_string(),
        ),
        (sentence.late, "n-late", said!(words, sentence.late, n = n(sentence.late)).to_string()),
        (
            sentence.broken,
            "n-late",
            said!(words, sentence.broken, n = n(sentence.broken)).to_string(),
        ),
        (
            sentence.in_works,
            "n-works",
            said!(words, sentence.in_works, n = n(sentence.in_works)).to_string(),
        ),
    ]
    .into_iter()
    .filter(|(n, _, _)| *n > 0)
    .map(|(_, class, text)| view! { <b class=class>{text}</b> }.into_any())
    .collect();
    let any = !parts.is_empty();
    let is_well = sentence.late + sentence.silent + sentence.lost == 0;
    let mut told = Vec::new();
    for (at, one) in parts.into_iter().enumerate() {
        if at > 0 {
            told.push(", ".into_any());
        }
        told.push(one);
    }
    view! {
        <p class="sentence">{speak}" "{told}{any.then_some(".")}{is_well.then(|| view! { " "<span class="soft">{said!(words, sentence.well)}</span> })}</p>
    }
    .into_any()
}

fn line(desk: Desk, words: Lang, cause: Cause) -> impl IntoView {
    let now = desk.now.get_untracked();
    let time = brief(words, cause.since.0, now);
    let what = match cause.kind {
        CauseKind::Source => desk.name_of(&cause.source),
        _ => apart(&cause.what).into_owned(),
    };
    let sensors = sensors(words, u64::from(cause.sensors));
    let is_late = cause.status == SourceHealth::Late;
    let text = match (cause.kind, is_late) {
        (CauseKind::Gateway, false) => {
            said!(words, sentence.gateway_silent, time = time, what = what, n = sensors).to_string()
        }
        (CauseKind::Gateway, true) => {
            said!(words, sentence.gateway_late, time = time, what = what, n = sensors).to_string()
        }
        (CauseKind::Source, false) => {
            said!(words, sentence.source_silent, time = time, what = what, n = sensors).to_string()
        }
        (CauseKind::Source, true) => {
            said!(words, sentence.source_late, time = time, what = what, n = sensors).to_string()
        }
        (CauseKind::Sensor, false) => {
            said!(words, sentence.sensor_silent, time = time, what = what).to_string()
        }
        (CauseKind::Sensor, true) => {
            said!(words, sentence.sensor_late, time = time, what = what).to_string()
        }
    };
    let at = |moment: wire::time::Timestamp| brief(words, moment.0, now);
    let told = match (cause.told_at, cause.room_told_at) {
        (Some(partner), Some(room)) => {
            said!(words, sentence.told_both, partner = at(partner), room = at(room)).to_string()
        }
        (Some(partner), None) => {
            said!(words, sentence.told_partner, time = at(partner)).to_string()
        }
        (None, Some(room)) => said!(words, sentence.told_room, time = at(room)).to_string(),
        (None, None) => said!(words, sentence.told_nobody).to_owned(),
    };
    let lost = (cause.lost > 0).then(|| {
        let n = count(words, u64::from(cause.lost));
        view! { <b class="n-lost">{said!(words, sentence.lost_among, n = n).to_string()}" "</b> }
    });
    let first = cause.datastreams.first().cloned();
    let source = cause.source;
    view! {
        <li>
            <span>{text}" "{lost}<span class="soft">{told}</span></span>
            {first.map(|name| {
                let label = format!("{} {}", said!(words, sentence.why), apart(&name));
                view! {
                    <button class="plain small" aria-label=label on:click=move |_| {
                        desk.look_at(&name, Some(source.clone()));
                        super::page::focus("device-heading");
                    }>{said!(words, sentence.why)}</button>
                }
            })}
        </li>
    }
}

fn sensors(words: Lang, n: u64) -> String {
    let told = count(words, n);
    if is_single(words, n) {
        said!(words, sentence.sensors_single, n = told).to_string()
    } else {
        said!(words, sentence.sensors_several, n = told).to_string()
    }
}
