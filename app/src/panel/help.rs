//! The keys, and what the symbols mean.

use leptos::html::Dialog;
use leptos::prelude::*;
use wire::grade::Severity;

use crate::map::marks::Rim;
use crate::panel::feeds::follow;
use crate::ui::dynamic::live;
use crate::ui::severity_shape::SeverityShape;
use crate::words::{self, lang, t_string};

/// The help.
#[component]
pub fn HelpDialog(
    /// Whether it is open.
    shown: RwSignal<bool>,
) -> impl IntoView {
    let words = lang();
    let dialog: NodeRef<Dialog> = NodeRef::new();
    follow(dialog, shown);
    view! {
        <dialog node_ref=dialog class="sheet narrow" on:close=move |_| shown.set(false) aria-labelledby="help-title">
            <div class="sheet-head">
                <h2 id="help-title">{live(move || t_string!(words, help.title))}</h2>
                <button class="plain" on:click=move |_| shown.set(false)>{live(move || t_string!(words, card.close))}<kbd aria-hidden="true">"Esc"</kbd></button>
            </div>
            <dl class="keys">
                <dt><kbd>"J"</kbd><kbd>"K"</kbd><kbd>"↓"</kbd><kbd>"↑"</kbd></dt><dd>{live(move || t_string!(words, help.step))}</dd>
                <dt><kbd>"Space"</kbd></dt><dd>{live(move || t_string!(words, help.answer))}</dd>
                <dt><kbd>"Enter"</kbd></dt><dd>{live(move || t_string!(words, help.open))}</dd>
                <dt><kbd>"Esc"</kbd></dt><dd>{live(move || t_string!(words, help.back))}</dd>
                <dt><kbd>"G"</kbd></dt><dd>{live(move || t_string!(words, help.go))}</dd>
                <dt><kbd>"T"</kbd></dt><dd>{live(move || t_string!(words, help.take_it))}</dd>
                <dt><kbd>"C"</kbd><kbd>"X"</kbd></dt><dd>{live(move || t_string!(words, help.confirm))}</dd>
                <dt><kbd>"1"</kbd><kbd>"2"</kbd><kbd>"3"</kbd><kbd>"4"</kbd></dt><dd>{live(move || t_string!(words, help.basis))}</dd>
                <dt><kbd>"Z"</kbd></dt><dd>{live(move || t_string!(words, help.shelve))}</dd>
                <dt><kbd>"V"</kbd></dt><dd>{live(move || t_string!(words, help.list))}</dd>
                <dt><kbd>"Home"</kbd></dt><dd>{live(move || t_string!(words, help.home))}</dd>
                <dt><kbd>"R"</kbd></dt><dd>{live(move || t_string!(words, help.take))}</dd>
                <dt><kbd>"F"</kbd></dt><dd>{live(move || t_string!(words, help.freeze))}</dd>
                <dt><kbd>"O"</kbd></dt><dd>{live(move || t_string!(words, help.sensors))}</dd>
                <dt><kbd>"?"</kbd></dt><dd>{live(move || t_string!(words, help.keys))}</dd>
            </dl>
            <p class="soft">{live(move || t_string!(words, help.off))}</p>
            <h3>{live(move || t_string!(words, help.legend))}</h3>
            <ul class="legend">
                {Severity::ALL.iter().map(|&severity| view! {
                    <li><SeverityShape severity rim=Rim::Filled/>{live(move || words::severity(words, severity))}</li>
                }).collect_view()}
                <li><SeverityShape severity=Severity::Moderate rim=Rim::Dashed/>{live(move || t_string!(words, help.not_checked))}</li>
                <li><SeverityShape severity=Severity::Moderate rim=Rim::Solid/>{live(move || t_string!(words, help.supported))}</li>
                <li><SeverityShape severity=Severity::Moderate rim=Rim::Filled/>{live(move || t_string!(words, help.confirmed))}</li>
            </ul>
            <p class="soft">{live(move || t_string!(words, help.legend_note))}</p>
        </dialog>
    }
}
