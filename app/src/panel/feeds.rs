//! The feeds behind the number in the status bar, worst first, each with its account and what may be done with it.

use leptos::html::{Button, Dialog};
use leptos::prelude::*;
use wire::source::{SourceHealth, SourceStatus};

use crate::desk::desk;
use crate::model::order::place;
use crate::panel::feed_acts::{Chosen, FeedAct, FeedActs, go_on, is_asked, may_steer};
use crate::panel::feed_add::{may_add, to_add};
use crate::ui::dynamic::{live, part};
use crate::words::{self, apart, lang, t_string};

/// Opens and closes a dialog with a signal, and tells the signal when the browser closed it.
pub fn follow(dialog: NodeRef<Dialog>, shown: RwSignal<bool>) {
    Effect::new(move |_| {
        let (Some(dialog), open) = (dialog.get(), shown.get()) else { return };
        if open && !dialog.open() {
            // Refused only for a dialog outside the page.
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
}

/// The browser closed a dialog. It tells so a frame late: by then a key may have opened it again.
pub fn closed(dialog: NodeRef<Dialog>, shown: RwSignal<bool>) {
    if dialog.get_untracked().is_none_or(|dialog| !dialog.open()) {
        shown.set(false);
    }
}

/// The feeds.
#[component]
pub fn FeedsDialog(
    /// Whether it is open.
    shown: RwSignal<bool>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let dialog: NodeRef<Dialog> = NodeRef::new();
    follow(dialog, shown);
    let partner = format!("/partner?mode={}", desk.mode.word());
    let close: NodeRef<Button> = NodeRef::new();
    let chosen: RwSignal<Option<Chosen>> = RwSignal::new(None);
    let said = RwSignal::new(String::new());
    let beside = move |other: RwSignal<bool>| {
        shown.set(false);
        other.set(true);
    };
    // A form that goes takes the focus with it: the dialog gets it back.
    Effect::new(move |before: Option<bool>| {
        let is_open = chosen.with(Option::is_some);
        let is_over = before == Some(true) && !is_open && shown.get_untracked();
        if let Some(close) = close.get_untracked().filter(|_| is_over) {
            let _ = close.focus();
        }
        is_open
    });
    // What was asked or told is over when the dialog closes.
    Effect::new(move |_| {
        if !shown.get() {
            chosen.set(None);
            said.set(String::new());
        }
    });
    let ids = Memo::new(move |_| {
        desk.sources_moved.track();
        let mut sources: Vec<SourceStatus> = Vec::new();
        desk.picture.with_value(|picture| {
            for source in picture.sources() {
                let rank =
                    |source: &SourceStatus| (std::cmp::Reverse(source.status), source.name.clone());
                place(&mut sources, source.clone(), rank);
            }
        });
        sources.into_iter().map(|source| source.id).collect::<Vec<_>>()
    });
    // The rows are made anew only where feeds come, go or change places.
    let rows = part(move || {
        let ids = ids.get();
        Some(if ids.is_empty() {
            view! { <tr><td colspan="8">{t_string!(words, feeds.none)}</td></tr> }.into_any()
        } else {
            ids.into_iter().map(|id| view! { <Row id chosen said/> }).collect_view().into_any()
        })
    });
    view! {
        <dialog node_ref=dialog class="sheet" on:close=move |_| closed(dialog, shown) aria-labelledby="feeds-title">
            <div class="sheet-head">
                <h2 id="feeds-title">{live(move || t_string!(words, feeds.title))}</h2>
                <button node_ref=close class="plain" on:click=move |_| shown.set(false)>{live(move || t_string!(words, card.close))}<kbd aria-hidden="true">"Esc"</kbd></button>
            </div>
            <div class="scroll" tabindex="0" role="group" aria-labelledby="feeds-title">
                <table>
                    <thead><tr>
                        <th scope="col">{live(move || t_string!(words, feeds.name))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.state))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.acts))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.age))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.received))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.accepted))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.folded))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.rejected))}</th>
                    </tr></thead>
                    <tbody>
                        {rows}
                    </tbody>
                </table>
                <FeedActs chosen said/>
            </div>
            <p role="status">{said}</p>
            {part(move || chosen.with(Option::is_none).then(|| view! {
                <div class="feed-buttons">
                    {may_add(&desk).then(|| view! { <button class="act" on:click=move |_| chosen.set(Some(to_add()))>{live(move || t_string!(words, feeds.add))}</button> })}
                    {desk.may_decide().then(|| view! { <button class="act" on:click=move |_| beside(desk.opened.operations)>{live(move || t_string!(words, operations.title))}</button> })}
                    {desk.may_write().then(|| view! { <button class="act" on:click=move |_| beside(desk.opened.paste)>{live(move || t_string!(words, paste.title))}</button> })}
                </div>
            }))}
            <p class="soft">{live(move || t_string!(words, feeds.why))}" · "<a href=partner>{live(move || t_string!(words, feeds.partner))}</a></p>
        </dialog>
    }
}

/// One feed. Its row stays while its numbers move, so that a key pressed on one of its buttons reaches it.
#[component]
fn Row(id: String, chosen: RwSignal<Option<Chosen>>, said: RwSignal<String>) -> AnyView {
    let (desk, words) = (desk(), lang());
    let may_act = is_asked(&id) && may_steer(&desk);
    let may_remove = may_add(&desk);
    let own = id.clone();
    let source = Memo::new(move |before: Option<&Option<SourceStatus>>| {
        desk.sources_moved.track();
        let held = desk
            .picture
            .with_value(|picture| picture.sources().find(|source| source.id == own).cloned());
        // One that is gone from the picture leaves with the list.
        held.or_else(|| before.cloned().flatten())
    });
    let of = move |read: fn(&SourceStatus, words::Lang) -> String| {
        live(move || source.with(|source| source.as_ref().map(|source| read(source, words))))
    };
    let class =
        live(move || match source.with(|source| source.as_ref().map(|source| source.status)) {
            Some(SourceHealth::Paused) => "n-paused",
            Some(SourceHealth::Late) => "n-late",
            Some(SourceHealth::Silent) => "n-silent",
            Some(SourceHealth::Broken) => "n-broken",
            Some(SourceHealth::Live) | None => "n-live",
        });
    let name = untrack(|| source.with(|source| source.as_ref().map(|source| source.name.clone())));
    let name = apart(&name.unwrap_or_else(|| id.clone())).into_owned();
    let is_paused = Memo::new(move |_| {
        source
            .with(|source| matches!(source, Some(source) if source.status == SourceHealth::Paused))
    });
    let choose = {
        let (id, name) = (id.clone(), name.clone());
        move |act| {
            said.set(String::new());
            chosen.set(Some(Chosen { id: id.clone(), name: name.clone(), act }));
        }
    };
    let (choose_try, choose_pause, choose_remove) = (choose.clone(), choose.clone(), choose);
    let label = name.clone();
    let stop_or_go = move |_| {
        if is_paused.get_untracked() {
            go_on(words, id.clone(), label.clone(), said);
        } else {
            choose_pause(FeedAct::Pause);
        }
    };
    // Many rows have the same two: a voice says of which feed.
    let (of_try, of_stop, of_end) = (name.clone(), name.clone(), name.clone());
    let end_label =
        live(move || t_string!(words, feeds.remove_title, name = of_end.as_str()).to_string());
    let try_label =
        live(move || t_string!(words, feeds.try_title, name = of_try.as_str()).to_string());
    let stop_label = live(move || {
        let name = of_stop.as_str();
        if is_paused.get() {
            format!("{} {name}", t_string!(words, feeds.go_on))
        } else {
            t_string!(words, feeds.pause_title, name = name).to_string()
        }
    });
    let acts = may_act.then(|| view! {
        <button class="act" aria-label=try_label on:click=move |_| choose_try(FeedAct::Try)>{live(move || t_string!(words, feeds.try_it))}</button>
        <button class="act" aria-label=stop_label on:click=stop_or_go>
            {live(move || if is_paused.get() { t_string!(words, feeds.go_on) } else { t_string!(words, feeds.pause) })}
        </button>
        {may_remove.then(|| view! {
            <button class="act" aria-label=end_label on:click=move |_| choose_remove(FeedAct::Remove)>{live(move || t_string!(words, feeds.remove))}</button>
        })}
    });
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class=class>{of(|source, words| {
                let why = source.reason.as_ref().map(|why| format!(": {}", apart(why))).unwrap_or_default();
                format!("{}{why}", words::health(words, source.status))
            })}</td>
            <td><div class="feed-buttons">{acts}</div></td>
            <td>{of(|source, words| source.content_age_ms.map(|ms| words::age(words, ms as i64)).unwrap_or_default())}</td>
            <td>{of(|source, words| words::count(words, source.ledger.received))}</td>
            <td>{of(|source, words| words::count(words, source.ledger.accepted))}</td>
            <td>{of(|source, words| words::count(words, source.ledger.folded))}</td>
            <td title=of(|source, _| {
                let reasons = source.ledger.rejected.iter().map(|(why, n)| format!("{why} {n}"));
                reasons.collect::<Vec<_>>().join(", ")
            })>{of(|source, words| words::count(words, source.ledger.rejected.values().sum()))}</td>
        </tr>
    }
    .into_any()
}
