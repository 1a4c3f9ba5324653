//! Find a place: by name, crossing, number, road kilometre or coordinates. The map goes there; what was found is copied as text.

use std::time::Duration;

use gloo_net::http::Request;
use leptos::ev::SubmitEvent;
use leptos::html::{Dialog, Input};
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use wire::place::{PlaceView, PlacesView};

use crate::address::{Camera, Selection};
use crate::desk::{Desk, desk};
use crate::panel::feeds::{closed, follow};
use crate::ui::dynamic::{live, part};
use crate::words::{self, Lang, lang, t_string};

/// Asked when nothing was typed for this long.
const ASK_AFTER: Duration = Duration::from_millis(150);
/// Results in sight: whoever needs more types more.
const FOUND: usize = 8;

/// How the search stands.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    Nothing,
    Waits,
    Failed,
    Found(PlacesView),
}

/// The dialog.
#[component]
pub fn FindDialog(
    /// Whether it is open.
    shown: RwSignal<bool>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let dialog: NodeRef<Dialog> = NodeRef::new();
    let input: NodeRef<Input> = NodeRef::new();
    follow(dialog, shown);
    let told = RwSignal::new(Told::Nothing);
    let copied = RwSignal::new(None::<String>);
    // Answers may overtake each other: only that to the newest question counts.
    let number = StoredValue::new(0_u64);
    let waiting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    let ask = move |said: String| {
        let mine = number.get_value() + 1;
        number.set_value(mine);
        if said.trim().is_empty() {
            told.set(Told::Nothing);
            return;
        }
        if !told.with_untracked(|told| matches!(told, Told::Found(_))) {
            told.set(Told::Waits);
        }
        spawn_local(async move {
            let found = asked(&desk, &said).await;
            // The desk may have been closed while the answer travelled.
            if number.try_get_value() == Some(mine) {
                told.set(found.map_or(Told::Failed, Told::Found));
            }
        });
    };
    let said = move || input.get_untracked().map(|input| input.value()).unwrap_or_default();
    let typed = move |_| {
        copied.set(None);
        if let Some(old) = waiting.try_update_value(Option::take).flatten() {
            old.clear();
        }
        waiting.set_value(set_timeout_with_handle(move || ask(said()), ASK_AFTER).ok());
    };
    let go = move |place: &PlaceView| {
        desk.go_to(look_at(place));
        shown.set(false);
    };
    // Enter goes to the first; one that is still asked about is asked at once.
    let first = move |event: SubmitEvent| {
        event.prevent_default();
        let first = told.with_untracked(|told| match told {
            Told::Found(found) => found.places.first().cloned(),
            _ => None,
        });
        match first {
            Some(place) => go(&place),
            None => ask(said()),
        }
    };
    // What was typed last is marked, so that typing replaces it.
    Effect::new(move |_| {
        if shown.get()
            && let Some(input) = input.get_untracked()
        {
            input.select();
        }
    });
    let rows = part(move || match told.get() {
        Told::Found(found) if !found.places.is_empty() => {
            let rows = found.places.into_iter().map(|place| row(words, place, go, copied));
            Some(view! { <ol class="found">{rows.collect_view()}</ol> }.into_any())
        }
        _ => None,
    });
    let status = move || match told.get() {
        Told::Nothing | Told::Waits => String::new(),
        Told::Failed => t_string!(words, find.failed).to_owned(),
        Told::Found(found) => match (found.places.is_empty(), found.version) {
            (true, None) => t_string!(words, find.no_gazetteer).to_owned(),
            (true, Some(_)) => t_string!(words, find.none).to_owned(),
            (false, _) => copied
                .get()
                .map(|text| t_string!(words, find.copied, text = text).to_string())
                .unwrap_or_default(),
        },
    };
    view! {
        <dialog node_ref=dialog class="sheet narrow find" on:close=move |_| closed(dialog, shown) aria-labelledby="find-title">
            <div class="sheet-head">
                <h2 id="find-title">{live(move || t_string!(words, find.title))}</h2>
                <button class="plain" on:click=move |_| shown.set(false)>{live(move || t_string!(words, card.close))}<kbd aria-hidden="true">"Esc"</kbd></button>
            </div>
            <form on:submit=first>
                <label for="find-said">{live(move || t_string!(words, find.label))}</label>
                <input id="find-said" node_ref=input type="search" maxlength="200" autocomplete="off" spellcheck="false" on:input=typed/>
            </form>
            <div class="scroll">{rows}</div>
            <p class="soft" role="status">{live(status)}</p>
        </dialog>
    }
}

/// One place: a press goes there, another copies it.
fn row(
    words: Lang,
    place: PlaceView,
    go: impl Fn(&PlaceView) + Copy + 'static,
    copied: RwSignal<Option<String>>,
) -> AnyView {
    let text = as_text(&place);
    let (name, within, kind) = (place.name.clone(), place.within.clone(), place.kind.clone());
    let radius_m = place.radius_m;
    // With a report open, who decides says that it belongs there.
    let picked = desk().selection.get_untracked();
    let report = match picked {
        Some(Selection::Report(id)) if desk().may_decide() => Some(id),
        _ => None,
    };
    let (at, desk) = (place.geometry, desk());
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            // Without TLS a browser has no clipboard to give: then nothing is said to be copied.
            if put_into_clipboard(&text).await {
                copied.try_set(Some(text));
            }
        });
    };
    view! {
        <li>
            <button class="place" on:click=move |_| go(&place)>
                <b>{name}</b>
                <span>{within}</span>
                <span class="soft">{live(move || kind_word(words, &kind))}" · ±"{live(move || words::count(words, radius_m.into()))}" m"</span>
            </button>
            {report.map(|id| view! {
                <button class="act" on:click=move |_| { desk.place(id, at, radius_m); desk.opened.finds.set(false); }>{live(move || t_string!(words, placing.here))}</button>
            })}
            <button class="plain" on:click=copy>{live(move || t_string!(words, find.copy))}</button>
        </li>
    }
    .into_any()
}

/// The line that is read out over the radio: name, what it lies in, latitude and longitude as people say them.
fn as_text(place: &PlaceView) -> String {
    let within =
        if place.within.is_empty() { String::new() } else { format!(", {}", place.within) };
    let (lat, lng) = (place.geometry.lat(), place.geometry.lng());
    format!("{}{within} ({lat:.5}, {lng:.5})", place.name)
}

/// So near that the whole of it is seen.
fn look_at(place: &PlaceView) -> Camera {
    // Some 600 pixels across at least, 40 km of them at zoom 9 and half with each step.
    let zoom = 9.0 - (f64::from(place.radius_m.max(50)) / 20_000.0).log2();
    Camera { lng: place.geometry.lng(), lat: place.geometry.lat(), zoom: zoom.clamp(3.0, 17.0) }
}

async fn asked(desk: &Desk, said: &str) -> Option<PlacesView> {
    let near = desk.camera.try_get_untracked()?;
    let said: String = js_sys::encode_uri_component(said).into();
    let address =
        format!("/api/v1/places?q={said}&near={:.4},{:.4}&limit={FOUND}", near.lng, near.lat);
    let answer = Request::get(&address).send().await.ok()?;
    if answer.ok() { answer.json().await.ok() } else { None }
}

async fn put_into_clipboard(text: &str) -> bool {
    let navigator = window().navigator();
    let Ok(clipboard) = js_sys::Reflect::get(&navigator, &"clipboard".into()) else { return false };
    let Ok(write) = js_sys::Reflect::get(&clipboard, &"writeText".into()) else { return false };
    let Some(write) = write.dyn_ref::<js_sys::Function>() else { return false };
    let Ok(promise) = write.call1(&clipboard, &text.into()) else { return false };
    match promise.dyn_into::<js_sys::Promise>() {
        Ok(promise) => JsFuture::from(promise).await.is_ok(),
        Err(_none) => false,
    }
}

/// A kind of place in words.
pub(super) fn kind_word(words: Lang, kind: &str) -> &'static str {
    match kind {
        "coordinates" => t_string!(words, find.coordinates),
        "country" => t_string!(words, find.country),
        "region" => t_string!(words, find.region),
        "city" => t_string!(words, find.city),
        "district" => t_string!(words, find.district),
        "neighbourhood" => t_string!(words, find.neighbourhood),
        "street" => t_string!(words, find.street),
        "road_km" => t_string!(words, find.road_km),
        "crossing" => t_string!(words, find.crossing),
        "address" => t_string!(words, find.address),
        _ => t_string!(words, find.poi),
    }
}
