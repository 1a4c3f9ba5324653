//! The outermost component: who is signed in, and which page that calls for.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wire::api::SessionBody;
use wire::view::Mode;

use crate::address::Address;
use crate::aside::Fetch;
use crate::page::desk::DeskPage;
use crate::session::{NoSession, whoami};
use crate::ui::dynamic::live;
use crate::ui::storage::{forget, remember};
use crate::ui::theme::Theme;
use crate::wiring::current_query;
use crate::words::{Lang, t_string};

/// Remembers that somebody signed in on this machine; the session itself is a cookie no script sees.
const SIGNED_IN: &str = "talaia.signed-in";

/// Mounts the app.
pub fn start(fetch: Fetch) {
    if let Some(starting) = document().get_element_by_id("starting") {
        starting.remove();
    }
    leptos::mount::mount_to_body(move || view! { <Shell fetch/> });
}

/// Where the person is between the door and the desk.
#[derive(Clone, PartialEq)]
enum Stage {
    Asking,
    Unreachable,
    Desk { me: SessionBody, mode: Mode },
}

/// How often a server that does not answer is asked again before there is a desk.
const ASK_EVERY: Duration = Duration::from_secs(3);

/// The app.
#[component]
fn Shell(
    /// Fetches the second file.
    fetch: Fetch,
) -> impl IntoView {
    provide_context(fetch);
    provide_context(Theme::remembered());
    let words = Lang::remembered();
    provide_context(words);
    let stage = RwSignal::new(Stage::Asking);
    ask(stage);
    let leave = Callback::new(move |()| leave());
    move || {
        match stage.get() {
        Stage::Asking => view! { <p class="starting" role="status">"Talaia"</p> }.into_any(),
        Stage::Unreachable => {
            view! { <p class="starting" role="alert">{live(move || t_string!(words, sign_in.unreachable))}</p> }
                .into_any()
        }
        Stage::Desk { me, mode } => view! { <DeskPage me mode leave/> }.into_any(),
    }
    }
}

/// Asks who is signed in, and goes on asking while nobody answers.
fn ask(stage: RwSignal<Stage>) {
    spawn_local(async move {
        match (whoami().await, Address::parse(&current_query()).mode) {
            (Ok(me), Some(mode)) => {
                remember(SIGNED_IN, "yes");
                stage.set(Stage::Desk { me, mode });
            }
            (Err(NoSession::Unreachable), _) => {
                stage.set(Stage::Unreachable);
                set_timeout(move || ask(stage), ASK_EVERY);
            }
            _ => leave(),
        }
    });
}

/// Back to the door, which is a plain page of its own (`public/door.mjs`); the address is kept for the way back in.
fn leave() {
    forget(SIGNED_IN);
    let address = format!("{}#door", current_query());
    let shown = window().history().and_then(|history| {
        history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address))
    });
    // A browser that refuses either step leaves the person at the desk, with the picture.
    if shown.is_ok() {
        let _ = window().location().reload();
    }
}
