//! The first key of a partner: whose, what it may do, and what it is bound to.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::geo::Bbox;
use wire::key::{KeyBounds, MadeKey, NewKeyBody};
use wire::time::Timestamp;

use super::ask::tell;
use super::desk::desk;
use super::keys::Keys;
use super::words::{lang, said};
use crate::ui::dynamic::live;
use crate::words::Lang;

/// What a key may do, and whether most do.
const SCOPES: [(&str, bool); 5] = [
    ("observations", true),
    ("read", true),
    ("reports", false),
    ("advisories", false),
    ("authority", false),
];

fn scope(words: Lang, word: &str) -> &'static str {
    match word {
        "observations" => said!(words, keys_of.s_observations),
        "read" => said!(words, keys_of.s_read),
        "reports" => said!(words, keys_of.s_reports),
        "advisories" => said!(words, keys_of.s_advisories),
        _ => said!(words, keys_of.s_authority),
    }
}

/// A field that may be left empty; an error where it holds what is no such thing.
fn read<T: std::str::FromStr>(field: RwSignal<String>) -> Result<Option<T>, T::Err> {
    let text = field.get_untracked();
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some),
    }
}

/// The form.
#[component]
pub fn KeyForm(
    /// The dialog's.
    keys: Keys,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let empty = || RwSignal::new(String::new());
    let (partner, area, ends) = (empty(), empty(), empty());
    let (requests, items, daily) = (empty(), empty(), empty());
    let test = RwSignal::new(false);
    let scopes = SCOPES.map(|(word, is_usual)| (word, RwSignal::new(is_usual)));
    let is_busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let bounds = move || {
        // As they are read on a map: west, south, east, north, with or without spaces.
        let box_text = area.get_untracked().split([' ', ';']).collect::<String>();
        let area: Option<Bbox> = match box_text.as_str() {
            "" => None,
            corners => Some(corners.parse().ok()?),
        };
        let ends = ends.get_untracked();
        let expires_at: Option<Timestamp> = match ends.as_str() {
            "" => None,
            day => Some(format!("{day}T00:00:00Z").parse().ok()?),
        };
        Some(KeyBounds {
            area,
            requests_per_s: read(requests).ok()?,
            items_per_s: read(items).ok()?,
            items_per_day: read(daily).ok()?,
            expires_at,
        })
    };
    let make = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if is_busy.get_untracked() {
            return;
        }
        let chosen = scopes.into_iter().filter(|(_, on)| on.get_untracked());
        let chosen: Vec<String> = chosen.map(|(word, _)| word.to_owned()).collect();
        let name = partner.get_untracked().trim().to_owned();
        let Some(bounds) = bounds().filter(|_| !name.is_empty() && !chosen.is_empty()) else {
            return problem.set(Some(said!(words, keys_of.fill).to_owned()));
        };
        problem.set(None);
        is_busy.set(true);
        let test = test.get_untracked();
        let body = NewKeyBody { partner: name, mode: desk.mode, scopes: chosen, test, bounds };
        spawn_local(async move {
            let told = tell::<MadeKey>("/api/v1/keys", &body).await;
            is_busy.try_set(false);
            if keys.take(told) {
                partner.try_set(String::new());
            }
        });
    };
    let set = |signal: RwSignal<String>| move |event| signal.set(event_target_value(&event));
    let field = move |id: &'static str,
                      name: Signal<&'static str>,
                      kind: &'static str,
                      hint: &'static str,
                      value: RwSignal<String>| {
        view! {
            <div>
                <label class="field" for=id>{name}</label>
                <input id=id type=kind placeholder=hint spellcheck="false" autocomplete="off" prop:value=value on:input=set(value)/>
            </div>
        }
    };
    view! {
        <form class="partner-form" on:submit=make>
            {field("key-partner", live(move || said!(words, keys_of.partner)), "text", "lora", partner)}
            <fieldset class="scopes">
                <legend class="field">{live(move || said!(words, keys_of.scopes))}</legend>
                {scopes.map(|(word, on)| view! {
                    <label class="choice"><input type="checkbox" prop:checked=on on:change=move |event| on.set(event_target_checked(&event))/>{live(move || scope(words, word))}</label>
                })}
            </fieldset>
            <label class="choice"><input type="checkbox" prop:checked=test on:change=move |event| test.set(event_target_checked(&event))/>{live(move || said!(words, keys_of.to_try))}</label>
            <div class="two">
                {field("key-area", live(move || said!(words, keys_of.area)), "text", "2.05,41.32,2.23,41.47", area)}
                {field("key-ends", live(move || said!(words, keys_of.ends)), "date", "", ends)}
                {field("key-requests", live(move || said!(words, keys_of.l_requests)), "number", "", requests)}
                {field("key-items", live(move || said!(words, keys_of.l_items)), "number", "", items)}
                {field("key-daily", live(move || said!(words, keys_of.l_daily)), "number", "", daily)}
            </div>
            <p class="problem" role="alert">{problem}</p>
            <div class="partner-acts">
                <button type="submit" class="act main" disabled=move || is_busy.get()>
                    {live(move || if is_busy.get() { said!(words, keys_of.making) } else { said!(words, keys_of.make) })}
                </button>
            </div>
        </form>
    }
}
