//! The page: who and when, the sentence, connections with errors and works, and the device beside them.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use wire::api::SessionBody;
use wire::view::Mode;

use super::ask::Failed;
use super::code::CodeSheet;
use super::connections::ConnectionsPanel;
use super::desk::{Desk, Sheet, desk};
use super::device::DevicePanel;
use super::diff::DiffSheet;
use super::errors::ErrorsPanel;
use super::import::{ImportPanel, ImportSheet};
use super::keys::KeySheet;
use super::sentence::SentencePanel;
use super::shell::leave;
use super::words::{clock, lang, said};
use super::works::WorksPanel;
use super::works_form::WorksSheet;
use crate::panel::status::{LanguageChoice, ThemeButton};
use crate::session::sign_out;
use crate::ui::dynamic::{live, part};
use crate::words::{mode as mode_word, t_string};

/// The field that asks for a device.
pub const DEVICE_FIELD: &str = "device";

/// The desk of one person in one mode.
#[component]
pub fn Page(
    /// Who works here.
    me: SessionBody,
    /// Live or exercise.
    mode: Mode,
) -> impl IntoView {
    let words = lang();
    let desk = Desk::new(mode, me);
    provide_context(desk);
    desk.live();
    keys(desk);
    view! {
        <div class="partner" class:drill=mode == Mode::Exercise>
            <a class="skip" href="#connections">{live(move || said!(words, skip))}</a>
            <Bar/>
            <SentencePanel/>
            <main class="partner-main">
                <ConnectionsPanel/>
                <div class="partner-pair">
                    <ErrorsPanel/>
                    <div class="partner-column">
                        <ImportPanel/>
                        <WorksPanel/>
                    </div>
                </div>
            </main>
            <DevicePanel/>
            <Sheets/>
        </div>
    }
}

/// Mode, clocks, whether the server answers, and the person.
#[component]
fn Bar() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let me = desk.me.with_value(|me| me.name.clone());
    let room = format!("/?mode={}", desk.mode.word());
    let out = move |_| {
        spawn_local(async move {
            if sign_out().await.is_ok() {
                leave();
            }
        });
    };
    view! {
        <header class="partner-bar">
            <span class="mode" class:drill=desk.mode == Mode::Exercise>{live(move || mode_word(words, desk.mode))}</span>
            <h1>{live(move || said!(words, title))}</h1>
            <span class="answered" role="status"><Answered/></span>
            <b class="clock">{live(move || clock(desk.now.get(), false))}</b>
            <span class="utc">{live(move || clock(desk.now.get(), true)[..5].to_owned())}" "{live(move || t_string!(words, status.utc))}</span>
            <nav class="ways">
                <a class="plain" href=room>{live(move || said!(words, room))}</a>
                <a class="plain" href="/docs">{live(move || said!(words, docs))}</a>
            </nav>
            <b class="me">{me}</b>
            <LanguageChoice/>
            <ThemeButton/>
            <button class="plain" on:click=out>{live(move || t_string!(words, status.sign_out))}</button>
        </header>
    }
}

/// As of when what is shown holds, or since when there is no answer.
#[component]
fn Answered() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let failed = crate::ui::lasting::Lasting::memo(move |_: Option<&Option<Failed>>| {
        desk.connections.with(|told| told.failed.clone())
    });
    part(move || {
        let at = desk.answered.get().map(|at| clock(at, false));
        Some(match (failed.get(), at) {
            (Some(Failed::SignedOut), _) => view! {
                <span class="away">{said!(words, signed_out)}</span>
                <button class="plain" on:click=move |_| leave()>{said!(words, sign_in)}</button>
            }
            .into_any(),
            (Some(Failed::Away), Some(time)) => {
                view! { <span class="away">{said!(words, away, time = time).to_string()}</span> }
                    .into_any()
            }
            (Some(Failed::Away), None) => {
                view! { <span class="away">{said!(words, away_first)}</span> }.into_any()
            }
            (_, Some(time)) => {
                view! { <span>{said!(words, as_of, time = time).to_string()}</span> }.into_any()
            }
            (_, None) => view! { <span>{said!(words, loading)}</span> }.into_any(),
        })
    })
}

/// The dialogs. One is open at a time.
#[component]
fn Sheets() -> impl IntoView {
    let desk = desk();
    let dialog: NodeRef<Dialog> = NodeRef::new();
    Effect::new(move |_| {
        let (Some(dialog), sheet) = (dialog.get(), desk.open.get()) else { return };
        let open = sheet.is_some();
        if open {
            // Also where one gives way to another: what had the focus is gone by then.
            request_animation_frame(|| focus("sheet-title"));
        }
        if open && !dialog.open() {
            // Refused only for a dialog outside the page.
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog node_ref=dialog class="sheet partner-sheet" aria-labelledby="sheet-title" on:close=move |_| desk.open.set(None)>
            {part(move || desk.open.get().map(|sheet| match sheet {
                Sheet::Import => view! { <ImportSheet/> }.into_any(),
                Sheet::Diff(name) => view! { <DiffSheet name/> }.into_any(),
                Sheet::Works => view! { <WorksSheet/> }.into_any(),
                Sheet::Code => view! { <CodeSheet/> }.into_any(),
                Sheet::Keys => view! { <KeySheet/> }.into_any(),
            }))}
        </dialog>
    }
}

/// The head of a dialog.
#[component]
pub fn SheetHead(
    /// What it is about.
    #[prop(into)]
    title: Signal<String>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    view! {
        <div class="sheet-head">
            <h2 id="sheet-title" tabindex="-1">{title}</h2>
            <button type="button" class="plain" on:click=move |_| desk.open.set(None)>
                {live(move || said!(words, close))}<kbd aria-hidden="true">"Esc"</kbd>
            </button>
        </div>
    }
}

/// Single keys, off inside text.
fn keys(desk: Desk) {
    let listener = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let in_text =
            target.is_some_and(|on| matches!(&*on.tag_name(), "INPUT" | "TEXTAREA" | "SELECT"));
        let chord = event.ctrl_key() || event.alt_key() || event.meta_key();
        if chord || desk.open.with_untracked(Option::is_some) {
            return;
        }
        match (&*event.key(), in_text) {
            ("/", false) => focus(DEVICE_FIELD),
            ("i" | "I", false) if desk.may_act() => desk.open.set(Some(Sheet::Import)),
            ("w" | "W", false) if desk.may_act() => desk.open.set(Some(Sheet::Works)),
            ("c" | "C", false) => desk.open.set(Some(Sheet::Code)),
            ("k" | "K", false) if desk.may_keep_keys() => desk.open.set(Some(Sheet::Keys)),
            ("r" | "R", false) => desk.ask_all(),
            ("Escape", _) if desk.address.with_untracked(|address| address.device.is_some()) => {
                desk.look_at("", None);
                focus(DEVICE_FIELD);
            }
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || listener.remove());
}

/// Moves the focus.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id).and_then(|at| at.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // An element that cannot take the focus leaves it where it is.
        let _ = element.focus();
    }
}
