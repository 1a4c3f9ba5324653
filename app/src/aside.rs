//! What the room shows only when somebody asks: the second file of the same program.
//!
//! The room's first file must reach a phone at the scene quickly; lists, dialogs and searches come behind it. There is one way in,
//! [`Entries::here`], called in `main.rs` alone: what only it reaches is cut into a file of its own (`xtask/src/programs.rs`). The file is fetched once
//! the first picture stands, so that it is there before a key asks for it, and stays when the line is lost.

use std::pin::Pin;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::SplitLoaderError;

use crate::desk::{Desk, desk};
use crate::map::warnings::follow_warnings;
use crate::panel::card::Card;
use crate::panel::feeds::FeedsDialog;
use crate::panel::find::FindDialog;
use crate::panel::help::HelpDialog;
use crate::panel::operations::OperationsDialog;
use crate::panel::paste::PasteDialog;
use crate::panel::warnings::WarningsDialog;
use crate::ui::dynamic::{live, part};
use crate::words::{lang, t_string};

/// A file that did not come is asked for again after this long.
const AGAIN_AFTER: Duration = Duration::from_secs(3);

/// The ways into the second file.
#[derive(Clone, Copy)]
pub struct Entries {
    dialogs: fn() -> AnyView,
    card: fn() -> AnyView,
}

/// Fetches the second file: given by the program, which is cut there.
#[derive(Clone, Copy)]
pub struct Fetch(pub fn() -> Coming);

/// The second file, on its way.
pub type Coming = Pin<Box<dyn Future<Output = Result<Entries, SplitLoaderError>>>>;

/// How far the second file has come.
#[derive(Clone, Copy)]
pub enum Aside {
    /// Not yet here.
    Awaited,
    /// It did not come, and is asked for again.
    Missed,
    /// Here.
    Here(Entries),
}

/// The dialogs of the room that are open or closed.
#[derive(Clone, Copy)]
pub struct Opened {
    /// The feeds.
    pub feeds: RwSignal<bool>,
    /// The official warnings.
    pub warnings: RwSignal<bool>,
    /// The search for a place.
    pub finds: RwSignal<bool>,
    /// The keys.
    pub help: RwSignal<bool>,
    /// Operations: under what posts are kept.
    pub operations: RwSignal<bool>,
    /// A link that is pasted.
    pub paste: RwSignal<bool>,
}

impl Opened {
    /// None is open.
    pub fn none() -> Self {
        let closed = || RwSignal::new(false);
        Self {
            feeds: closed(),
            warnings: closed(),
            finds: closed(),
            help: closed(),
            operations: closed(),
            paste: closed(),
        }
    }

    fn any(self) -> bool {
        let Self { feeds, warnings, finds, help, operations, paste } = self;
        [feeds, warnings, finds, help, operations, paste].into_iter().any(|one| one.get())
    }
}

impl Entries {
    /// What is in the second file. Whoever calls this from the first brings all of it back there.
    pub fn here() -> Self {
        Self { dialogs: || view! { <Dialogs/> }.into_any(), card: || view! { <Card/> }.into_any() }
    }
}

#[component]
fn Dialogs() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let Opened { feeds, warnings, finds, help, operations, paste } = desk.opened;
    follow_warnings(&desk, words);
    view! {
        <FeedsDialog shown=feeds/>
        <WarningsDialog shown=warnings/>
        <FindDialog shown=finds/>
        <HelpDialog shown=help/>
        <OperationsDialog shown=operations/>
        <PasteDialog shown=paste/>
    }
}

/// Fetches the second file once the first picture stands, or at once when something in it is asked for.
pub fn follow_aside(desk: Desk) {
    let asked = StoredValue::new(false);
    let by: Fetch = expect_context();
    Effect::new(move |_| {
        let is_wanted = desk.totals.with(Option::is_some)
            || desk.selection.with(Option::is_some)
            || desk.opened.any();
        if is_wanted && !asked.get_value() {
            asked.set_value(true);
            fetch(&desk, by);
        }
    });
}

fn fetch(desk: &Desk, by: Fetch) {
    let desk = *desk;
    spawn_local(async move {
        // The desk may be closed while the file travels.
        match (by.0)().await {
            Ok(entries) => {
                let _ = desk.aside.try_maybe_update(|aside| {
                    *aside = Aside::Here(entries);
                    (true, ())
                });
            }
            Err(_told_in_the_console) => {
                let closed = desk.aside.try_maybe_update(|aside| {
                    *aside = Aside::Missed;
                    (true, ())
                });
                if closed.is_some() {
                    set_timeout(move || fetch(&desk, by), AGAIN_AFTER);
                }
            }
        }
    });
}

/// The dialogs, once they are here; until then a word to whoever opened one.
#[component]
pub fn AsideDialogs() -> impl IntoView {
    let desk = desk();
    part(move || match desk.aside.get() {
        Aside::Here(entries) => Some((entries.dialogs)()),
        _ if desk.opened.any() => {
            Some(view! { <p class="aside-awaited" role="status"><Awaited/></p> }.into_any())
        }
        _ => None,
    })
}

/// The card of what is picked, once it is here; until then a card that says so.
#[component]
pub fn AsideCard() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    part(move || match desk.aside.get() {
        Aside::Here(entries) => Some((entries.card)()),
        _ if desk.selection.with(Option::is_some) => {
            let card = view! {
                <aside class="card" aria-label=live(move || t_string!(words, card.label))>
                    <p class="card-body soft" role="status"><Awaited/></p>
                </aside>
            };
            Some(card.into_any())
        }
        _ => None,
    })
}

#[component]
fn Awaited() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    live(move || match desk.aside.get() {
        Aside::Missed => t_string!(words, aside.missed),
        _ => t_string!(words, aside.awaited),
    })
}
