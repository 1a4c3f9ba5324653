//! The keys, and what the symbols mean.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos_i18n::t;
use wire::grade::Severity;

use crate::map::marks::Rim;
use crate::panel::feeds::follow;
use crate::ui::severity_shape::SeverityShape;
use crate::words::{self, lang};

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
                <h2 id="help-title">{t!(words, help.title)}</h2>
                <button class="plain" on:click=move |_| shown.set(false)>{t!(words, card.close)}<kbd aria-hidden="true">"Esc"</kbd></button>
            </div>
            <dl class="keys">
                <dt><kbd>"J"</kbd><kbd>"K"</kbd><kbd>"↓"</kbd><kbd>"↑"</kbd></dt><dd>{t!(words, help.step)}</dd>
                <dt><kbd>"Enter"</kbd></dt><dd>{t!(words, help.open)}</dd>
                <dt><kbd>"Esc"</kbd></dt><dd>{t!(words, help.back)}</dd>
                <dt><kbd>"G"</kbd></dt><dd>{t!(words, help.go)}</dd>
                <dt><kbd>"Home"</kbd></dt><dd>{t!(words, help.home)}</dd>
                <dt><kbd>"R"</kbd></dt><dd>{t!(words, help.take)}</dd>
                <dt><kbd>"F"</kbd></dt><dd>{t!(words, help.freeze)}</dd>
                <dt><kbd>"O"</kbd></dt><dd>{t!(words, help.sensors)}</dd>
                <dt><kbd>"?"</kbd></dt><dd>{t!(words, help.keys)}</dd>
            </dl>
            <p class="soft">{t!(words, help.off)}</p>
            <h3>{t!(words, help.legend)}</h3>
            <ul class="legend">
                {Severity::ALL.iter().map(|&severity| view! {
                    <li><SeverityShape severity rim=Rim::Filled/>{move || words::severity(words, severity)}</li>
                }).collect_view()}
                <li><SeverityShape severity=Severity::Moderate rim=Rim::Dashed/>{t!(words, help.not_checked)}</li>
                <li><SeverityShape severity=Severity::Moderate rim=Rim::Solid/>{t!(words, help.supported)}</li>
                <li><SeverityShape severity=Severity::Moderate rim=Rim::Filled/>{t!(words, help.confirmed)}</li>
            </ul>
            <p class="soft">{t!(words, help.legend_note)}</p>
        </dialog>
    }
}
