//! The log: what was decided, the newest first. Nothing is ever taken out of it: what was wrong is taken back by a line of its own.

use leptos::prelude::*;
use wire::decision::{DecisionKind, DecisionSubject, LogLine};

use crate::desk::{Desk, desk};
use crate::panel::acts::{BACK, LINE, Place, Question, button};
use crate::panel::row::head;
use crate::panel::situation::SentLine;
use crate::ui::dynamic::{live, part};
use crate::words::{self, Lang, apart, lang, matters, t_string};

/// Lines that can be scrolled back to; three are in sight.
const LINES: usize = 60;

/// The newest lines, and what can be done with the log.
#[component]
pub fn LogStrip() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let lines = move || {
        desk.log_moved.track();
        let newest: Vec<LogLine> =
            desk.picture.with_value(|picture| picture.log().rev().take(LINES).cloned().collect());
        if newest.is_empty() {
            return Some(item(t_string!(words, log.none).to_owned()));
        }
        let items = newest.into_iter().map(|line| told(&desk, words, &line)).collect_view();
        Some(items.into_any())
    };
    view! {
        <section class="log" aria-label=live(move || t_string!(words, log.label))>
            <Question at=Place::Log/>
            <ol tabindex="0">{part(lines)}</ol>
            <div class="log-acts">
                <SentLine subject=None/>
                {desk.may_write().then(|| view! {
                    <button class="act" on:click=move |_| desk.opened.paste.set(true)>{live(move || t_string!(words, paste.title))}</button>
                })}
                {desk.may_write().then(|| button(&desk, words, LINE))}
                {desk.may_decide().then(|| button(&desk, words, BACK))}
            </div>
        </section>
    }
}

fn told(desk: &Desk, words: Lang, line: &LogLine) -> AnyView {
    let on = line.subject.as_ref().map(|on| about(desk, words, on)).unwrap_or_default();
    let mut said = matters::log_line(words, line, &on);
    if line.taken_back.is_some() {
        said = format!("{} · {said}", t_string!(words, log.undone));
    }
    item(said)
}

fn item(said: String) -> AnyView {
    view! { <li>{said}</li> }.into_any()
}

/// What a decision is about, in words.
pub fn about(desk: &Desk, words: Lang, on: &DecisionSubject) -> String {
    let said = desk.picture.with_value(|picture| match on {
        DecisionSubject::Situation(id) => {
            let s = picture.situation(*id)?;
            Some(format!("{}, {}", words::hazard(words, s.hazard), apart(matters::place(words, s))))
        }
        DecisionSubject::Report(id) => {
            head(&picture.report(*id)?.properties).map(|place| apart(&place).into_owned())
        }
        DecisionSubject::Alarm(id) => {
            picture.alarm(*id).map(|alarm| apart(&alarm.name).into_owned())
        }
        DecisionSubject::Zone(id) | DecisionSubject::Rule(id) => Some(id.to_string()),
        DecisionSubject::Decision(seq) => {
            let line = picture.log().find(|line| line.seq == *seq)?;
            let time = matters::minute(line.entered_at.0);
            let mut said = format!("{time} {}", matters::decided(words, line.kind));
            // One step back is enough to know which is meant.
            if let Some(on) = line.subject.as_ref().filter(|_| line.kind != DecisionKind::Undo) {
                said.push(' ');
                said.push_str(&about(desk, words, on));
            }
            Some(said)
        }
    });
    said.unwrap_or_default()
}
