//! The bar under a situation: what can be decided of it, and the question on what basis.

use leptos::html::{Div, Input};
use leptos::prelude::*;
use wire::decision::{DecisionKind, DecisionSubject};

use crate::decide::BASES;
use crate::desk::{Desk, desk};
use crate::panel::situation::SentLine;
use crate::ui::dynamic::{live, part};
use crate::words::{Lang, lang, matters, t_string};

/// What a button of the bar says, its key, and what it does.
type Act = (fn(Lang) -> &'static str, &'static str, fn(Desk) -> bool);

const TAKE: Act = (|l| t_string!(l, decide.take), "T", |desk| desk.decide_here(DecisionKind::Take));
const RELEASE: Act =
    (|l| t_string!(l, decide.release), "", |desk| desk.decide_here(DecisionKind::Release));
const CONFIRM: Act = (|l| t_string!(l, decide.confirm), "C", |desk| desk.ask(DecisionKind::Verify));
const REFUTE: Act = (|l| t_string!(l, decide.refute), "X", |desk| desk.ask(DecisionKind::Refute));
const PIN: Act = (|l| t_string!(l, decide.pin), "", |desk| desk.decide_here(DecisionKind::Pin));
const CLOSE: Act = (|l| t_string!(l, decide.close), "", |desk| desk.ask(DecisionKind::Close));

fn button(desk: &Desk, words: Lang, act: Act) -> AnyView {
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
    let subject = DecisionSubject::Situation(id);
    let may = desk.may_decide();
    view! {
        <SentLine subject/>
        {(!may).then(|| view! { <p class="sent">{live(move || t_string!(words, decide.reader))}</p> })}
        {part(move || (may && !is_mine.get()).then(|| button(&desk, words, TAKE)))}
        {part(move || (may && is_mine.get()).then(|| button(&desk, words, RELEASE)))}
        {may.then(|| [CONFIRM, REFUTE, PIN, CLOSE].map(|act| button(&desk, words, act)).collect_view())}
    }
}

/// The question before a decision that needs a basis or words: over the bar of a situation, or under the strip of alarms.
#[component]
pub fn Question(
    /// Under the strip.
    of_alarm: bool,
) -> impl IntoView {
    let desk = desk();
    part(move || {
        let asking = desk.asking.get().filter(|asking| asking.alarm.is_some() == of_alarm);
        asking.map(|asking| view! { <Asked kind=asking.kind/> })
    })
}

#[component]
fn Asked(kind: DecisionKind) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let (place, text): (NodeRef<Div>, NodeRef<Input>) = (NodeRef::new(), NodeRef::new());
    // The keys 1 to 4 answer from here; in the field they are letters.
    Effect::new(move |_| {
        if let Some(place) = place.get() {
            // Without the focus the keys work all the same.
            let _ = place.focus();
        }
    });
    let needs_basis = matches!(kind, DecisionKind::Verify | DecisionKind::Refute);
    let title = move || match kind {
        DecisionKind::Verify => t_string!(words, decide.ask_confirm),
        DecisionKind::Refute => t_string!(words, decide.ask_refute),
        DecisionKind::Shelve => t_string!(words, decide.ask_shelve),
        _ => t_string!(words, decide.ask_close),
    };
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let said = text.get_untracked().map(|field| field.value()).unwrap_or_default();
        desk.decide_asked(None, &said);
    };
    let bases = needs_basis.then(|| {
        BASES
            .iter()
            .enumerate()
            .map(|(at, &basis)| {
                view! {
                    <button class="act" on:click=move |_| { desk.decide_asked(Some(basis), ""); }>
                        {live(move || matters::decision_basis(words, basis))}<kbd aria-hidden="true">{at + 1}</kbd>
                    </button>
                }
            })
            .collect_view()
    });
    view! {
        <div class="question" node_ref=place tabindex="-1" role="group" aria-labelledby="question">
            <h3 id="question">{live(title)}</h3>
            <div class="bases">{bases}</div>
            <form on:submit=send>
                <input node_ref=text aria-label=live(move || t_string!(words, decide.words)) placeholder=live(move || t_string!(words, decide.words)) maxlength="400" autocomplete="off"/>
                <button class="act">{live(move || t_string!(words, decide.send))}<kbd aria-hidden="true">"Enter"</kbd></button>
                <button type="button" class="act" on:click=move |_| desk.asking.set(None)>{live(move || t_string!(words, decide.back))}<kbd aria-hidden="true">"Esc"</kbd></button>
            </form>
        </div>
    }
}
