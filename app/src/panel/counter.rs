//! The counter line under the map: every report held is in exactly one of its numbers.

use leptos::prelude::*;

use crate::address::Selection;
use crate::desk::desk;
use crate::ui::dynamic::live;
use crate::words::{self, lang, t_string};

/// The line; on a phone it also turns between map and list.
#[component]
pub fn CounterLine(
    /// Whether the map is in front on a phone.
    map_first: RwSignal<bool>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let number = move |pick: fn(&wire::view::Totals) -> u64, name: &'static str| {
        let n = Memo::new(move |_| desk.totals.get().map(|totals| pick(&totals)));
        view! {
            <b data-count=name data-n=live(move || n.get().map(|n| n.to_string()))>
                {live(move || n.get().map_or_else(|| "–".to_owned(), |n| words::count(words, n)))}
            </b>
        }
    };
    view! {
        <footer class="counter" aria-label=live(move || t_string!(words, count.label))>
            <div class="turn" role="group">
                <button aria-pressed=live(move || map_first.get().to_string()) on:click=move |_| map_first.set(true)>{live(move || t_string!(words, map.label))}</button>
                <button aria-pressed=live(move || (!map_first.get()).to_string()) on:click=move |_| map_first.set(false)>{live(move || if desk.reports_listed.get() { t_string!(words, list.label) } else { t_string!(words, incidents.label) })}</button>
            </div>
            <span>{live(move || t_string!(words, count.here))}" "{number(|t| t.shown, "shown")}</span>
            <span>{live(move || t_string!(words, count.elsewhere))}" "{number(|t| t.elsewhere, "elsewhere")}</span>
            <button class="plain" on:click=move |_| desk.selection.set(Some(Selection::Nowhere))>
                {live(move || t_string!(words, count.unplaced))}" "{number(|t| t.unplaced, "unplaced")}
            </button>
            <span>{live(move || t_string!(words, count.filtered))}" "{number(|t| t.filtered, "filtered")}</span>
            <span>"= "{number(|t| t.total, "total")}</span>
            <span class="window-said">{live(move || words::window(words, desk.window.get()))}</span>
        </footer>
    }
}
