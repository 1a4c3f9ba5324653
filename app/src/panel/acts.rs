//! The bar under a situation: what can be decided of it, and the question on what basis.

use leptos::html::{Div, Input};
use leptos::prelude::*;
use wire::decision::{DecisionKind, DecisionSubject};

use crate::decide::{Answer, Asking};
use crate::desk::{Desk, desk};
use crate::panel::log::about;
use crate::panel::situation::SentLine;
use crate::ui::dynamic::{live, part};
use crate::words::{Lang, lang, matters, t_string};

/// What a button of the bar says, its key, and what it does.
pub type Act = (fn(Lang) -> &'static str, &'static str, fn(Desk) -> bool);

const TAKE: Act = (|l| t_string!(l, decide.take), "T", |desk| desk.decide_here(DecisionKind::Take));
const RELEASE: Act =
    (|l| t_string!(l, decide.release), "", |desk| desk.decide_here(DecisionKind::Release));
const CONFIRM: Act = (|l| t_string!(l, decide.confirm), "C", |desk| desk.ask(DecisionKind::Verify));
const REFUTE: Act = (|l| t_string!(l, decide.refute), "X", |desk| desk.ask(DecisionKind::Refute));
const PIN: Act = (|l| t_string!(l, decide.pin), "", |desk| desk.decide_here(DecisionKind::Pin));
const CLOSE: Act = (|l| t_string!(l, decide.close), "", |desk| desk.ask(DecisionKind::Close));
const MERGE: Act = (|l| t_string!(l, decide.merge), "M", |desk| desk.ask(DecisionKind::Merge));
const WATCH: Act = (|l| t_string!(l, decide.watch), "", |desk| desk.ask(DecisionKind::Watch));
/// Takes back what who works here decided last.
pub const BACK: Act = (|l| t_string!(l, log.back), "U", Desk::ask_back);
/// A line for the log, also with a card open. It has no key: `L` is then a note.
pub const LINE: Act = (|l| t_string!(l, log.line), "", Desk::ask_line);
const NOTE: Act = (|l| t_string!(l, decide.note), "L", Desk::ask_words);

/// One button of a bar.
pub fn button(desk: &Desk, words: Lang, act: Act) -> AnyView {
    let (desk, (name, key, run)) = (*desk, act);
    view! {
        <button class="act" on:click=move |_| { run(desk); }>
            {live(move || name(words))}{(!key.is_empty()).then(|| view! { <kbd aria-hidden="true">{key}</kbd> })}
        </button>
    }
    .into_any()
}

/// The bar of the picked situation.
#[component]
pub fn Acts(
    /// Its number.
    id: u64,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let is_mine = Memo::new(move |_| {
        desk.situations_moved.track();
        let owner =
            desk.picture.with_value(|picture| picture.situation(id).and_then(|s| s.owner.clone()));
        desk.me.with_value(|me| owner.as_deref() == Some(me.name.as_str()))
    });
    let subject = Some(DecisionSubject::Situation(id));
    let may = desk.may_decide();
    view! {
        <SentLine subject/>
        {(!may).then(|| view! { <p class="sent">{live(move || t_string!(words, decide.reader))}</p> })}
        {part(move || (may && !is_mine.get()).then(|| button(&desk, words, TAKE)))}
        {part(move || (may && is_mine.get()).then(|| button(&desk, words, RELEASE)))}
        {may.then(|| [CONFIRM, REFUTE, PIN, CLOSE, MERGE, WATCH].map(|act| button(&desk, words, act)).collect_view())}
        {desk.may_write().then(|| button(&desk, words, NOTE))}
    }
}

/// Where a question stands: by what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Over the bar of a situation.
    Card,
    /// Under the strip of alarms.
    Strip,
    /// Over the log.
    Log,
}

fn place_of(asking: &Asking) -> Place {
    match asking.on {
        Some(DecisionSubject::Alarm(_)) => Place::Strip,
        Some(DecisionSubject::Situation(_)) => Place::Card,
        _ => Place::Log,
    }
}

/// The question before a decision that needs a basis, an answer or words.
#[component]
pub fn Question(
    /// Where.
    at: Place,
) -> impl IntoView {
    let desk = desk();
    part(move || {
        let asking = desk.asking.get().filter(|asking| place_of(asking) == at);
        asking.map(|asking| view! { <Asked asking/> })
    })
}

fn title(desk: &Desk, words: Lang, asking: &Asking) -> String {
    match asking.kind {
        DecisionKind::Verify => t_string!(words, decide.ask_confirm),
        DecisionKind::Refute => t_string!(words, decide.ask_refute),
        DecisionKind::Shelve => t_string!(words, decide.ask_shelve),
        DecisionKind::Note => t_string!(words, decide.ask_note),
        DecisionKind::Log => t_string!(words, decide.ask_log),
        DecisionKind::Watch => t_string!(words, decide.ask_watch),
        DecisionKind::Merge => t_string!(words, decide.ask_merge),
        DecisionKind::Split => t_string!(words, decide.ask_split),
        DecisionKind::Undo => {
            let line = asking.on.as_ref().map_or_else(String::new, |on| about(desk, words, on));
            return t_string!(words, decide.ask_undo, line = line).to_string();
        }
        _ => t_string!(words, decide.ask_close),
    }
    .to_owned()
}

fn answer_name(desk: &Desk, words: Lang, answer: Answer) -> String {
    match answer {
        Answer::Basis(basis) => matters::decision_basis(words, basis).to_owned(),
        Answer::Every(0) => t_string!(words, decide.never).to_owned(),
        Answer::Every(n) => t_string!(words, decide.every, n = n).to_string(),
        Answer::With(id) => about(desk, words, &DecisionSubject::Situation(id)),
        Answer::Report(_) => t_string!(words, decide.this_report).to_owned(),
    }
}

#[component]
fn Asked(asking: Asking) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let (place, text): (NodeRef<Div>, NodeRef<Input>) = (NodeRef::new(), NodeRef::new());
    // What is said in words is written at once. Else the keys 1 to 4 answer, which are letters in the field.
    let in_words = matches!(asking.kind, DecisionKind::Note | DecisionKind::Log);
    Effect::new(move |_| {
        // Without the focus the keys work all the same.
        if let Some(text) = text.get().filter(|_| in_words) {
            let _ = text.focus();
        } else if let Some(place) = place.get() {
            let _ = place.focus();
        }
    });
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let said = text.get_untracked().map(|field| field.value()).unwrap_or_default();
        desk.decide_asked(None, &said);
    };
    let answers = asking.answers.clone().into_iter().enumerate().map(|(at, answer)| {
        view! {
            <button class="act" on:click=move |_| { desk.decide_asked(Some(answer), ""); }>
                {live(move || answer_name(&desk, words, answer))}<kbd aria-hidden="true">{at + 1}</kbd>
            </button>
        }
    });
    let answers = answers.collect_view();
    // Where only a key answers there is nothing to write.
    let is_form = asking.answers.is_empty()
        || matches!(asking.kind, DecisionKind::Verify | DecisionKind::Refute);
    view! {
        <div class="question" node_ref=place tabindex="-1" role="group" aria-labelledby="question">
            <h3 id="question">{live(move || title(&desk, words, &asking))}</h3>
            <div class="bases">{answers}</div>
            <form on:submit=send>
                <input node_ref=text hidden=!is_form aria-label=live(move || t_string!(words, decide.words)) placeholder=live(move || t_string!(words, decide.words)) maxlength="400" autocomplete="off"/>
                <button class="act" hidden=!is_form>{live(move || t_string!(words, decide.send))}<kbd aria-hidden="true">"Enter"</kbd></button>
                <button type="button" class="act" on:click=move |_| desk.asking.set(None)>{live(move || t_string!(words, decide.back))}<kbd aria-hidden="true">"Esc"</kbd></button>
            </form>
        </div>
    }
}
