//! The outermost component of the partner desk: who is signed in, and whether there is a desk.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use wire::api::SessionBody;
use wire::view::Mode;

use super::address::Address;
use super::page::Page;
use super::words::said;
use crate::session::{NoSession, whoami};
use crate::ui::dynamic::live;
use crate::ui::storage::forget;
use crate::ui::theme::Theme;
use crate::wiring::current_query;
use crate::words::Lang;

/// How often a server that does not answer is asked again before there is a desk.
const ASK_EVERY: Duration = Duration::from_secs(3);

/// Mounts the desk.
pub fn start() {
    if let Some(starting) = document().get_element_by_id("starting") {
        starting.remove();
    }
    leptos::mount::mount_to_body(|| view! { <Shell/> });
}

#[derive(Clone, PartialEq)]
enum Stage {
    Asking,
    Unreachable,
    Desk(SessionBody, Mode),
}

#[component]
fn Shell() -> impl IntoView {
    provide_context(Theme::remembered());
    let words = Lang::remembered();
    provide_context(words);
    let stage = RwSignal::new(Stage::Asking);
    ask(stage);
    move || match stage.get() {
        Stage::Asking => view! { <p class="starting" role="status">"Talaia"</p> }.into_any(),
        Stage::Unreachable => {
            view! { <p class="starting" role="alert">{live(move || said!(words, away_first))}</p> }
                .into_any()
        }
        Stage::Desk(me, mode) => view! { <Page me mode/> }.into_any(),
    }
}

fn ask(stage: RwSignal<Stage>) {
    spawn_local(async move {
        match (whoami().await, Address::parse(&current_query()).mode) {
            (Ok(me), Some(mode)) => stage.set(Stage::Desk(me, mode)),
            (Err(NoSession::Unreachable), _) => {
                stage.set(Stage::Unreachable);
                set_timeout(move || ask(stage), ASK_EVERY);
            }
            _ => leave(),
        }
    });
}

/// Back to the door, with the address kept for the way in.
pub fn leave() {
    forget("talaia.signed-in");
    let address = format!("{}#door", current_query());
    let shown = window()
        .history()
        .and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&address)));
    if shown.is_ok() {
        // A browser that refuses leaves what was seen last.
        let _ = window().location().reload();
    }
}
