//! Search: reports by their words, grade, time and place, in a list that follows, ringed on the map, and given out as a file.

use leptos::ev::SubmitEvent;
use leptos::html::{Form, Input};
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use std::time::Duration;
use wire::grade::{Hazard, Kind, Verification};
use wire::time::Timestamp;
use wire::view::Window;

use crate::address::{Selection, decode, encode};
use crate::desk::{Desk, desk};
use crate::panel::leaves::{Found, Leaves};
use crate::ui::dynamic::{live, part};
use crate::ui::form::value;
use crate::words::{self, lang, t_string};

/// Asked when nothing was typed for this long.
const ASK_AFTER: Duration = Duration::from_millis(250);
/// How far back a search looks: all that is held, or less.
const WINDOWS: [Window; 4] = [Window::All, Window::Hours24, Window::Hours2, Window::Minutes15];
/// Where: anywhere, in the view of the moment it is asked, or nowhere.
const IN_VIEW: &str = "view";

/// What the server is asked, of what the form says. The view is put in as it is now.
pub(super) fn query(desk: &Desk) -> String {
    let said = desk.search.get_untracked();
    let mut asked = vec![format!("mode={}", desk.mode.word())];
    for (name, value) in pairs(&said) {
        if (name, value.as_str()) == ("place", IN_VIEW) {
            let bbox = untrack(|| desk.view().bbox);
            let [west, south, east, north] = [bbox.west(), bbox.south(), bbox.east(), bbox.north()];
            asked.push(format!("bbox={west},{south},{east},{north}"));
        } else {
            asked.push(format!("{name}={}", encode(&value)));
        }
    }
    asked.join("&")
}

/// The parts of a query.
fn pairs(said: &str) -> impl Iterator<Item = (&str, String)> {
    said.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name, decode(value)))
}

/// The card of the search.
#[component]
pub fn SearchCard() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let (form, input): (NodeRef<Form>, NodeRef<Input>) = (NodeRef::new(), NodeRef::new());
    let found = RwSignal::new(Found::default());
    let waiting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    let read = move || {
        if let Some(form) = form.get_untracked() {
            desk.search.set(said(&form));
        }
    };
    let changed = move |_| {
        if let Some(old) = waiting.try_update_value(Option::take).flatten() {
            old.clear();
        }
        waiting.set_value(set_timeout_with_handle(read, ASK_AFTER).ok());
    };
    let now = move |event: SubmitEvent| {
        event.prevent_default();
        read();
    };
    // What was typed last is marked, so that typing replaces it.
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _ = input.focus();
            input.select();
        }
    });
    ring_what_is(&desk, found);
    let before = desk.search.get_untracked();
    let was = move |name: &str| {
        pairs(&before).find(|(n, _)| *n == name).map(|(_, value)| value).unwrap_or_default()
    };
    let choice = |name: &'static str,
                  label: Signal<&'static str>,
                  options: Vec<(&'static str, Signal<&'static str>)>| {
        let chosen = was(name);
        view! {
            <label>{label}
                <select name=name on:change=changed>
                    {options.into_iter().map(|(value, word)| view! { <option value=value selected=value == chosen>{word}</option> }).collect_view()}
                </select>
            </label>
        }
        .into_any()
    };
    let any = live(move || t_string!(words, search.any));
    let all = |rest: Vec<(&'static str, Signal<&'static str>)>| {
        std::iter::once(("", any)).chain(rest).collect::<Vec<_>>()
    };
    let kinds = Kind::ALL.iter().map(|&kind| (kind.word(), live(move || words::kind(words, kind))));
    let hazards = Hazard::ALL
        .iter()
        .map(|&hazard| (hazard.word(), live(move || words::hazard(words, hazard))));
    let checks = Verification::ALL
        .iter()
        .map(|&check| (check.word(), live(move || words::verification(words, check))));
    let windows = WINDOWS.map(|window| {
        (
            if window == Window::All { "" } else { window.word() },
            live(move || words::window(words, window)),
        )
    });
    let places = vec![
        ("", live(move || t_string!(words, search.anywhere))),
        (IN_VIEW, live(move || t_string!(words, search.in_view))),
        ("none", live(move || t_string!(words, list.no_place))),
    ];
    let typed = was("q");
    let has_asked = move || desk.search.with(|said| !said.is_empty());
    let list = part(move || {
        has_asked().then(|| {
            let moved = Signal::derive(move || {
                let n = desk.reports_moved.get();
                Some((u32::try_from(n % u64::from(u32::MAX)).unwrap_or_default(), Timestamp(0)))
            });
            view! { <Leaves of=Selection::Search moved found/> }
        })
    });
    let told = move || match (has_asked(), found.with(|found| found.matched)) {
        (false, _) => t_string!(words, search.how).to_owned(),
        (true, Some(n)) => t_string!(words, search.matched, n = words::count(words, n)).to_string(),
        (true, None) => String::new(),
    };
    view! {
        <h2>{live(move || t_string!(words, search.title))}</h2>
        <form class="search" node_ref=form on:submit=now>
            <label for="search-said">{live(move || t_string!(words, search.label))}</label>
            <input id="search-said" node_ref=input name="q" type="search" maxlength="200" autocomplete="off" spellcheck="false" value=typed on:input=changed/>
            <div class="search-choices">
                {choice("kind", live(move || t_string!(words, card.kind)), all(kinds.collect()))}
                {choice("hazard", live(move || t_string!(words, search.hazard)), all(hazards.collect()))}
                {choice("verification", live(move || t_string!(words, search.checked)), all(checks.collect()))}
                {choice("window", live(move || t_string!(words, window.label)), windows.into_iter().collect())}
                {choice("place", live(move || t_string!(words, search.place)), places)}
            </div>
        </form>
        <p class="soft" role="status">{live(told)}</p>
        {list}
        {part(move || has_asked().then(|| view! { <Exports/> }))}
    }
}

/// All that is found, as a file. The server writes a line of the log about each.
#[component]
fn Exports() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let address = move |file: &'static str| {
        live(move || {
            desk.search.track();
            desk.camera.track();
            let bom = if file == "reports.csv" { "&bom=true" } else { "" };
            format!("/api/v1/exports/{file}?{}{bom}", query(&desk))
        })
    };
    view! {
        <p class="exports">
            <a class="act" href=address("reports.csv") download>{live(move || t_string!(words, search.csv))}</a>
            <a class="act" href=address("reports.geojson") download>{live(move || t_string!(words, search.geojson))}</a>
        </p>
        <p class="soft">{live(move || t_string!(words, search.logged))}</p>
    }
}

/// What the form says, as a query; empty where it says nothing.
fn said(form: &web_sys::HtmlFormElement) -> String {
    let parts = ["q", "kind", "hazard", "verification", "window", "place"]
        .map(|name| (name, value(form, name)));
    let said = parts.iter().filter(|(_, said)| !said.is_empty());
    said.map(|(name, said)| format!("{name}={}", encode(said))).collect::<Vec<_>>().join("&")
}

/// Rings on the map where the reports of the list lie, for as long as the card is open.
fn ring_what_is(desk: &Desk, found: RwSignal<Found>) {
    let desk = *desk;
    let ring = move |places: &[f64]| {
        desk.canvas.try_with_value(|canvas| {
            if let Some(canvas) = canvas {
                canvas.facade().set_found(&js_sys::Float64Array::from(places));
            }
        });
    };
    Effect::new(move |_| {
        desk.canvas_ready.track();
        let places: Vec<f64> =
            found.with(|found| found.places.iter().flat_map(|(lng, lat)| [*lng, *lat]).collect());
        ring(&places);
    });
    on_cleanup(move || ring(&[]));
}
