//! Window and hazards: what the view asks for. What they hide is counted, never dropped in silence.

use leptos::prelude::*;
use wire::grade::{Hazard, HazardSet};
use wire::view::Window;

use crate::desk::desk;
use crate::ui::dynamic::live;
use crate::ui::hazard_sign::HazardSign;
use crate::words::{self, lang, t_string};

/// The windows in the order of a list: the default first, then by length.
const WINDOWS: [Window; 6] =
    [Window::Open, Window::Minutes15, Window::Hour1, Window::Hours2, Window::Hours24, Window::All];

/// The bar over the list.
#[component]
pub fn Filter() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let choose = move |event| {
        if let Ok(window) = event_target_value(&event).parse() {
            desk.window.set(window);
        }
    };
    let toggle = move |hazard: Hazard| {
        desk.hazards.update(|set| {
            // From "all", the first tick means "only this".
            let next = set.map_or(1 << hazard as u8, |set| set.0 ^ (1 << hazard as u8));
            *set = (next != 0 && HazardSet(next) != HazardSet::ALL).then_some(HazardSet(next));
        });
    };
    let on = move |hazard: Hazard| desk.hazards.get().is_some_and(|set| set.contains(hazard));
    let summary = move || {
        desk.hazards.get().map_or_else(
            || t_string!(words, filter.all).to_owned(),
            |set| match set.iter().collect::<Vec<_>>().as_slice() {
                [only] => words::hazard(words, *only).to_owned(),
                several => t_string!(words, filter.n_shown, count = several.len()).to_string(),
            },
        )
    };
    view! {
        <div class="filter">
            <select class="window" aria-label=live(move || t_string!(words, window.label)) on:change=choose>
                {WINDOWS.into_iter().map(|window| view! {
                    <option value=window.word() prop:selected=live(move || desk.window.get() == window)>
                        {live(move || words::window(words, window))}
                    </option>
                }).collect_view()}
            </select>
            <details class="hazards" class:active=live(move || desk.hazards.get().is_some())>
                <summary>{summary}</summary>
                <div class="hazard-choice" role="group" aria-label=live(move || t_string!(words, filter.label))>
                    <p>{live(move || t_string!(words, filter.only))}</p>
                    <button class="plain" disabled=live(move || desk.hazards.get().is_none()) on:click=move |_| desk.hazards.set(None)>
                        {live(move || t_string!(words, filter.clear))}
                    </button>
                    {Hazard::ALL.iter().map(|&hazard| view! {
                        <button class="chip" aria-pressed=live(move || on(hazard).to_string()) on:click=move |_| toggle(hazard)>
                            <HazardSign hazard/>{live(move || words::hazard(words, hazard))}
                        </button>
                    }).collect_view()}
                </div>
            </details>
        </div>
    }
}
