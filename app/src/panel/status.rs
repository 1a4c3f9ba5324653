//! The status bar: mode, clocks, the line and the age of the newest datum, feeds, who works here.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wire::api::SessionBody;
use wire::source::SourceHealth;
use wire::view::Mode;

use crate::address::Selection;
use crate::desk::desk;
use crate::i18n::Locale;
use crate::model::Standing;
use crate::panel::sound::SoundButton;
use crate::session::sign_out;
use crate::ui::dynamic::live;
use crate::ui::theme::Theme;
use crate::words::{self, apart, lang, t_string};

/// The status bar.
#[component]
pub fn StatusBar(
    /// Who works here.
    me: SessionBody,
    /// Goes back to the door.
    leave: Callback<()>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let standing = Memo::new(move |_| desk.standing());
    let state_class = move || match standing.get() {
        Standing::Live => "line live",
        Standing::Connecting => "line connecting",
        Standing::Behind => "line behind",
        Standing::Offline { .. } => "line offline",
    };
    let state_word = move || match standing.get() {
        Standing::Live => t_string!(words, status.state_live).to_owned(),
        Standing::Connecting => t_string!(words, status.state_connecting).to_owned(),
        Standing::Behind => t_string!(words, status.state_behind).to_owned(),
        Standing::Offline { since } => {
            format!("{} {}", t_string!(words, status.state_offline), words::clock(since, false))
        }
    };
    let newest = move || {
        let age = desk.newest.get().map(|at| words::age(words, desk.server_now() - at));
        age.map_or_else(
            || t_string!(words, status.newest_none).to_owned(),
            |age| t_string!(words, status.newest, age = age).to_string(),
        )
    };
    let leave_now = move |_| {
        spawn_local(async move {
            // Without an answer the person stays signed in, and sees why on the next act.
            if sign_out().await.is_ok() {
                leave.run(());
            }
        });
    };
    let SessionBody { name, role, .. } = me;
    view! {
        <header class="status">
            <span class="mode" class:drill=desk.mode == Mode::Exercise>{live(move || words::mode(words, desk.mode))}</span>
            <span class="state" aria-live="polite">
                <span class=state_class><i class="dot" aria-hidden="true"></i><b>{state_word}</b></span>
            </span>
            <span class="newest" title=live(move || t_string!(words, status.newest_title))>{newest}</span>
            <span class="clocks">
                <b class="clock">{live(move || words::clock(desk.now.get(), false))}</b>
                <span class="utc">{live(move || words::clock(desk.now.get(), true)[..5].to_owned())}" "{live(move || t_string!(words, status.utc))}</span>
            </span>
            <button class="plain feeds" on:click=move |_| desk.opened.feeds.set(true)>{live(move || t_string!(words, status.feeds))}" "<FeedCounts/></button>
            <span class="me"><b>{apart(&name).into_owned()}</b><span class="role">{live(move || words::role(words, &role))}</span></span>
            <LanguageChoice/>
            <SoundButton/>
            <ThemeButton/>
            <button class="plain" on:click=move |_| desk.selection.set(Some(Selection::Search)) aria-label=live(move || t_string!(words, search.title)) title="Ctrl K"><svg viewBox="0 0 16 16" aria-hidden="true" class="sign"><circle cx="7" cy="7" r="4.5"/><path d="M10.5 10.5 14 14"/></svg></button>
            <button class="plain" on:click=move |_| desk.opened.finds.set(true) aria-label=live(move || t_string!(words, find.title))><kbd>"/"</kbd></button>
            <button class="plain" on:click=move |_| desk.opened.help.set(true) aria-label=live(move || t_string!(words, status.help))><kbd>"?"</kbd></button>
            <button class="plain" on:click=leave_now>{live(move || t_string!(words, status.sign_out))}</button>
        </header>
    }
}

/// How many feeds are live, paused, late, silent, broken. What is not well is said even at one.
#[component]
fn FeedCounts() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    move || {
        desk.sources_moved.track();
        let mut counts = [0u64; 5];
        desk.picture.with_value(|picture| {
            for source in picture.sources() {
                let at = match source.status {
                    SourceHealth::Live => 0,
                    SourceHealth::Paused => 1,
                    SourceHealth::Late => 2,
                    SourceHealth::Silent => 3,
                    SourceHealth::Broken => 4,
                };
                if let Some(count) = counts.get_mut(at) {
                    *count += 1;
                }
            }
        });
        if counts.iter().sum::<u64>() == 0 {
            return view! { <span>{t_string!(words, status.feeds_none)}</span> }.into_any();
        }
        let healths = [
            SourceHealth::Live,
            SourceHealth::Paused,
            SourceHealth::Late,
            SourceHealth::Silent,
            SourceHealth::Broken,
        ];
        let classes = ["n-live", "n-paused", "n-late", "n-silent", "n-broken"];
        healths
            .into_iter()
            .zip(counts)
            .zip(classes)
            .filter(|((health, n), _)| *n > 0 || *health == SourceHealth::Live)
            .map(|((health, n), class)| {
                view! { <span class=class><b>{words::count(words, n)}</b>" "{words::health(words, health)}" "</span> }
            })
            .collect_view()
            .into_any()
    }
}

/// The language.
#[component]
pub fn LanguageChoice() -> impl IntoView {
    let words = lang();
    let choose = move |event| {
        let chosen = if event_target_value(&event) == "ca" { Locale::ca } else { Locale::en };
        words.choose(chosen);
    };
    let now = move |which: Locale| words.locale() == which;
    view! {
        <select class="language" aria-label=live(move || t_string!(words, status.language)) on:change=choose>
            <option value="en" prop:selected=live(move || now(Locale::en)) lang="en">"English"</option>
            <option value="ca" prop:selected=live(move || now(Locale::ca)) lang="ca">"Català"</option>
        </select>
    }
}

/// Night or day.
#[component]
pub fn ThemeButton() -> impl IntoView {
    let words = lang();
    let theme: Theme = expect_context();
    let name = move || {
        if theme.is_day() {
            t_string!(words, status.theme_to_night)
        } else {
            t_string!(words, status.theme_to_day)
        }
    };
    view! {
        <button type="button" class="plain theme" on:click=move |_| theme.toggle() aria-label=name title=name>
            <svg viewBox="0 0 16 16" aria-hidden="true" class="sign">
                <circle cx="8" cy="8" r="6"/><path d="M8 2a6 6 0 0 1 0 12z" class="full"/>
            </svg>
        </button>
    }
}
