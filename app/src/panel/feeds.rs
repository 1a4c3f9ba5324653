//! The feeds behind the number in the status bar, worst first, each with its account.

use leptos::html::Dialog;
use leptos::prelude::*;
use wire::source::{SourceHealth, SourceStatus};

use crate::desk::desk;
use crate::model::order::place;
use crate::ui::dynamic::live;
use crate::words::{self, lang, t_string};

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
    let rows = move || {
        desk.sources_moved.track();
        let mut sources = Vec::new();
        desk.picture.with_value(|picture| {
            for source in picture.sources() {
                let rank =
                    |source: &SourceStatus| (std::cmp::Reverse(source.status), source.name.clone());
                place(&mut sources, source.clone(), rank);
            }
        });
        if sources.is_empty() {
            return view! { <tr><td colspan="7">{t_string!(words, feeds.none)}</td></tr> }
                .into_any();
        }
        sources
            .into_iter()
            .map(|source| {
                let ledger = source.ledger;
                let rejected: u64 = ledger.rejected.values().sum();
                let class = match source.status {
                    SourceHealth::Live => "n-live",
                    SourceHealth::Paused => "n-paused",
                    SourceHealth::Late => "n-late",
                    SourceHealth::Silent => "n-silent",
                    SourceHealth::Broken => "n-broken",
                };
                let reasons: Vec<String> = ledger.rejected.iter().map(|(why, n)| format!("{why} {n}")).collect();
                let age = source.content_age_ms.map(|ms| words::age(words, ms as i64));
                view! {
                    <tr>
                        <th scope="row">{source.name}</th>
                        <td class=class>{words::health(words, source.status)}{source.reason.map(|why| format!(": {why}"))}</td>
                        <td>{age}</td>
                        <td>{words::count(words, ledger.received)}</td>
                        <td>{words::count(words, ledger.accepted)}</td>
                        <td>{words::count(words, ledger.folded)}</td>
                        <td title=reasons.join(", ")>{words::count(words, rejected)}</td>
                    </tr>
                }
            })
            .collect_view()
            .into_any()
    };
    view! {
        <dialog node_ref=dialog class="sheet" on:close=move |_| shown.set(false) aria-labelledby="feeds-title">
            <div class="sheet-head">
                <h2 id="feeds-title">{live(move || t_string!(words, feeds.title))}</h2>
                <button class="plain" on:click=move |_| shown.set(false)>{live(move || t_string!(words, card.close))}<kbd aria-hidden="true">"Esc"</kbd></button>
            </div>
            <div class="scroll" tabindex="0" role="group" aria-labelledby="feeds-title">
                <table>
                    <thead><tr>
                        <th scope="col">{live(move || t_string!(words, feeds.name))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.state))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.age))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.received))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.accepted))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.folded))}</th>
                        <th scope="col">{live(move || t_string!(words, feeds.rejected))}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="soft">{live(move || t_string!(words, feeds.why))}" · "<a href=partner>{live(move || t_string!(words, feeds.partner))}</a></p>
        </dialog>
    }
}
