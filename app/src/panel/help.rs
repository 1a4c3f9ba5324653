//! The keys, and what the symbols mean.

use leptos::html::Dialog;
use leptos::prelude::*;
use wire::grade::Severity;

use crate::map::marks::Rim;
use crate::panel::feeds::{closed, follow};
use crate::ui::dynamic::live;
use crate::ui::severity_shape::SeverityShape;
use crate::words::{self, Lang, lang, t_string};

/// Keys with a space between them, and what they do.
type Does = (&'static str, fn(Lang) -> &'static str);

const KEYS: [Does; 20] = [
    ("J K ↓ ↑", |l| t_string!(l, help.step)),
    ("Space", |l| t_string!(l, help.answer)),
    ("Enter", |l| t_string!(l, help.open)),
    ("Esc", |l| t_string!(l, help.back)),
    ("G", |l| t_string!(l, help.go)),
    ("T", |l| t_string!(l, help.take_it)),
    ("C X", |l| t_string!(l, help.confirm)),
    ("1 2 3 4", |l| t_string!(l, help.basis)),
    ("M S", |l| t_string!(l, help.merge)),
    ("L U", |l| t_string!(l, help.log)),
    ("Z", |l| t_string!(l, help.shelve)),
    ("V", |l| t_string!(l, help.list)),
    ("Home", |l| t_string!(l, help.home)),
    ("R", |l| t_string!(l, help.take)),
    ("F", |l| t_string!(l, help.freeze)),
    ("O", |l| t_string!(l, help.sensors)),
    ("W", |l| t_string!(l, warnings.open)),
    ("/", |l| t_string!(l, find.open)),
    ("Ctrl K", |l| t_string!(l, search.open)),
    ("?", |l| t_string!(l, help.keys)),
];

/// The help.
#[component]
pub fn HelpDialog(
    /// Whether it is open.
    shown: RwSignal<bool>,
) -> impl IntoView {
    let words = lang();
    let dialog: NodeRef<Dialog> = NodeRef::new();
    follow(dialog, shown);
    let keys = KEYS.map(|(keys, does)| {
        let keys = keys.split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view();
        view! { <dt>{keys}</dt><dd>{live(move || does(words))}</dd> }.into_any()
    });
    view! {
        <dialog node_ref=dialog class="sheet narrow" on:close=move |_| closed(dialog, shown) aria-labelledby="help-title">
            <div class="sheet-head">
                <h2 id="help-title">{live(move || t_string!(words, help.title))}</h2>
                <button class="plain" on:click=move |_| shown.set(false)>{live(move || t_string!(words, card.close))}<kbd aria-hidden="true">"Esc"</kbd></button>
            </div>
            <dl class="keys">{keys.into_iter().collect_view()}</dl>
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
