//! The outermost component: who is signed in, and which page that calls for.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wire::api::SessionBody;
use wire::view::Mode;

use crate::address::Address;
use crate::i18n::I18nContextProvider;
use crate::page::desk::DeskPage;
use crate::page::sign_in::SignInPage;
use crate::session::{NoSession, whoami};
use crate::ui::storage::{forget, recall, remember};
use crate::ui::theme::Theme;
use crate::wiring::current_query;
use crate::words::{lang, recall_language};

/// Remembers that somebody signed in on this machine; the session itself is a cookie no script sees.
const SIGNED_IN: &str = "talaia.signed-in";

/// Mounts the app.
pub fn start() {
    if let Some(starting) = document().get_element_by_id("starting") {
        starting.remove();
    }
    leptos::mount::mount_to_body(|| view! { <I18nContextProvider><Shell/></I18nContextProvider> });
}

/// Where the person is between the door and the desk.
#[derive(Clone, PartialEq)]
enum Stage {
    Asking,
    Door { known: Option<SessionBody>, problem: Option<NoSession> },
    Desk { me: SessionBody, mode: Mode },
}

/// The app.
#[component]
fn Shell() -> impl IntoView {
    provide_context(Theme::remembered());
    recall_language(lang());
    let stage = RwSignal::new(Stage::Asking);
    spawn_local(async move {
        let mode = Address::parse(&current_query()).mode;
        // A machine on which nobody is signed in is not asked: the refusal would stand in its console as an error.
        if mode.is_none() && recall(SIGNED_IN).is_none() {
            stage.set(Stage::Door { known: None, problem: None });
            return;
        }
        stage.set(match (whoami().await, mode) {
            (Ok(me), Some(mode)) => Stage::Desk { me, mode },
            (Ok(me), None) => Stage::Door { known: Some(me), problem: None },
            (Err(NoSession::SignedOut), _) => Stage::Door { known: None, problem: None },
            (Err(problem), _) => Stage::Door { known: None, problem: Some(problem) },
        });
    });
    let enter = Callback::new(move |(me, mode): (SessionBody, Mode)| {
        remember(SIGNED_IN, "yes");
        stage.set(Stage::Desk { me, mode });
    });
    let leave = Callback::new(move |()| {
        forget(SIGNED_IN);
        stage.set(Stage::Door { known: None, problem: None });
    });
    move || match stage.get() {
        Stage::Asking => view! { <p class="starting" role="status">"Talaia"</p> }.into_any(),
        Stage::Door { known, problem } => view! { <SignInPage known problem enter/> }.into_any(),
        Stage::Desk { me, mode } => view! { <DeskPage me mode leave/> }.into_any(),
    }
}
