//! The door: name, password, and where to work. Live and exercise are chosen here and nowhere else (law 11).

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_i18n::t_string;
use wasm_bindgen_futures::spawn_local;
use wire::api::SessionBody;
use wire::view::Mode;

use crate::address::Address;
use crate::panel::status::{LanguageChoice, ThemeButton};
use crate::session::{NoSession, sign_in};
use crate::ui::dynamic::live;
use crate::ui::storage::{recall, remember};
use crate::wiring::{current_query, focus};
use crate::words::{Lang, lang};

/// The sign-in page.
#[component]
pub fn SignInPage(
    /// Who is signed in already, and only has to choose where to work.
    known: Option<SessionBody>,
    /// What went wrong before.
    problem: Option<NoSession>,
    /// Goes to the desk.
    enter: Callback<(SessionBody, Mode)>,
) -> impl IntoView {
    let words = lang();
    let name = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let remembered =
        Address::parse(&current_query()).mode.or_else(|| recall("talaia.mode")?.parse().ok());
    let mode = RwSignal::new(remembered.unwrap_or(Mode::Live));
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(problem);
    let me = StoredValue::new(known.clone());

    let open_desk = move |me: SessionBody| {
        let mode = mode.get_untracked();
        remember("talaia.mode", mode.word());
        enter.run((me, mode));
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(me) = me.get_value() {
            open_desk(me);
            return;
        }
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer =
                sign_in(name.get_untracked().trim().to_owned(), password.get_untracked()).await;
            busy.set(false);
            match answer {
                Ok(me) => open_desk(me),
                Err(cause) => {
                    password.set(String::new());
                    problem.set(Some(cause));
                    focus("password");
                }
            }
        });
    };
    let choice = move |which: Mode| {
        let checked = move || mode.get() == which;
        view! {
            <label class="choice" class:on=checked>
                <input type="radio" name="mode" value=which.word() prop:checked=checked on:change=move |_| mode.set(which)/>
                <b>{live(move || mode_word(words, which))}</b>
                <span>{live(move || match which {
                    Mode::Live => t_string!(words, sign_in.live_note),
                    Mode::Exercise => t_string!(words, sign_in.exercise_note),
                })}</span>
            </label>
        }
    };
    let fields = known.is_none().then(|| view! {
        <label class="field" for="name">{live(move || t_string!(words, sign_in.name))}</label>
        <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required
            autofocus bind:value=name/>
        <label class="field" for="password">{live(move || t_string!(words, sign_in.password))}</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required
            bind:value=password aria-describedby="problem"/>
    });
    let note = known.is_some().then(
        || view! { <p class="note">{live(move || t_string!(words, sign_in.continue_note))}</p> },
    );
    let button = move || match (&known, busy.get()) {
        (Some(me), _) => t_string!(words, sign_in.continue_as, name = me.name.clone()).to_string(),
        (None, true) => t_string!(words, sign_in.busy).to_owned(),
        (None, false) => t_string!(words, sign_in.submit).to_owned(),
    };
    view! {
        <main class="door" class:drill=live(move || mode.get() == Mode::Exercise)>
            <form on:submit=submit>
                <div class="brand"><img src="/icon.svg" alt="" width="40" height="40"/>
                    <div><h1>"Talaia"</h1><p>{live(move || t_string!(words, tagline))}</p></div>
                </div>
                {note}
                {fields}
                <fieldset>
                    <legend class="field">{live(move || t_string!(words, sign_in.mode))}</legend>
                    <div class="choices">{choice(Mode::Live)}{choice(Mode::Exercise)}</div>
                </fieldset>
                <button type="submit" class="main" aria-disabled=live(move || busy.get().to_string())>{button}</button>
                <p id="problem" class="problem" role="alert">{live(move || problem.get().map(|cause| explain(words, &cause)))}</p>
                <div class="door-foot"><LanguageChoice/><ThemeButton/></div>
            </form>
        </main>
    }
}

/// The word of a mode.
pub fn mode_word(words: Lang, mode: Mode) -> &'static str {
    match mode {
        Mode::Live => t_string!(words, status.live),
        Mode::Exercise => t_string!(words, status.exercise),
    }
}

fn explain(words: Lang, cause: &NoSession) -> String {
    match cause {
        NoSession::SignedOut => t_string!(words, sign_in.wrong).to_owned(),
        NoSession::TooMany => t_string!(words, sign_in.many).to_owned(),
        NoSession::Unreachable => t_string!(words, sign_in.unreachable).to_owned(),
        NoSession::Refused(detail) => {
            t_string!(words, sign_in.refused, detail = detail.clone()).to_string()
        }
    }
}
