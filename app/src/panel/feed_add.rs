//! A source added at the desk, or removed: what an administrator fills in, and what the server says to it.

use gloo_net::http::Request;
use leptos::ev::SubmitEvent;
use leptos::html::{Form, Input};
use leptos::prelude::*;
use serde_json::{Map, Value, json};
use wasm_bindgen_futures::spawn_local;

use crate::desk::{Desk, desk};
use crate::panel::feed_acts::{Chosen, FeedAct, address, told};
use crate::ui::dynamic::live;
use crate::words::{lang, t_string};

/// What the server reads without a setting that this form does not have, the ones asked for most first.
const KINDS: [&str; 10] =
    ["cap", "rss", "gdacs", "emsc", "usgs", "nws", "datex", "gtfs", "sensorthings", "cad"];

/// Whether this person adds and removes sources.
pub fn may_add(desk: &Desk) -> bool {
    desk.me.with_value(|me| me.role == "administrator")
}

/// The form of a source that is to be added.
#[component]
pub fn AddForm(
    /// What was asked for.
    chosen: RwSignal<Option<Chosen>>,
    /// What became of it, in a sentence.
    said: RwSignal<String>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let (form, name): (NodeRef<Form>, NodeRef<Input>) = (NodeRef::new(), NodeRef::new());
    Effect::new(move |_| {
        if let Some(name) = name.get() {
            let _ = name.focus();
        }
    });
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(form) = form.get_untracked() else { return };
        let body = settings(&form, desk.mode.word());
        let named = body["name"].as_str().unwrap_or_default().to_owned();
        spawn_local(async move {
            let answer = match Request::post("/api/v1/sources").json(&body) {
                Ok(request) => told(words, request.send().await).await,
                Err(_unwritable) => Err(t_string!(words, feeds.away).to_owned()),
            };
            let sentence = match answer {
                Ok(_) => {
                    chosen.try_set(None);
                    t_string!(words, feeds.added, name = named).to_string()
                }
                Err(why) => why,
            };
            said.try_set(sentence);
        });
    };
    let kinds = KINDS.map(|kind| view! { <option value=kind>{kind_word(kind)}</option> });
    view! {
        <form class="feed-act beside" node_ref=form on:submit=add>
            <h3>{live(move || t_string!(words, feeds.add))}</h3>
            <label for="add-kind">{live(move || t_string!(words, feeds.add_kind))}</label>
            <select id="add-kind" name="kind">{kinds.into_iter().collect_view()}</select>
            <label for="add-name">{live(move || t_string!(words, feeds.add_name))}</label>
            <input id="add-name" name="name" node_ref=name required maxlength="60" autocomplete="off" spellcheck="false"/>
            <label for="add-url">{live(move || t_string!(words, feeds.add_url))}</label>
            <input id="add-url" name="url" type="url" required maxlength="2000" autocomplete="off" spellcheck="false"/>
            <label for="add-interval">{live(move || t_string!(words, feeds.add_interval))}</label>
            <input id="add-interval" name="interval_s" type="number" min="60" max="86400" value="60"/>
            <label for="add-password">{live(move || t_string!(words, feeds.add_password))}</label>
            <input id="add-password" name="password" type="password" autocomplete="off"/>
            <label class="tick"><input name="allow_private" type="checkbox"/>{live(move || t_string!(words, feeds.add_private))}</label>
            <div class="feed-buttons">
                <button class="act" type="submit">{live(move || t_string!(words, feeds.add_now))}</button>
                <button class="act" type="button" on:click=move |_| chosen.set(None)>{live(move || t_string!(words, feeds.add_not))}</button>
            </div>
        </form>
    }
}

/// Formats have names of their own, the same in every language.
fn kind_word(kind: &str) -> &'static str {
    match kind {
        "cap" => "CAP (Atom, RSS, MeteoAlarm)",
        "rss" => "RSS, Atom, GeoRSS",
        "gdacs" => "GDACS",
        "emsc" => "EMSC (FDSN event)",
        "usgs" => "USGS",
        "nws" => "NWS",
        "datex" => "DATEX II",
        "gtfs" => "GTFS-realtime",
        "sensorthings" => "OGC SensorThings",
        _ => "CAD (CSV, GeoJSON)",
    }
}

/// What the form says, as the settings of a source.
fn settings(form: &web_sys::HtmlFormElement, mode: &str) -> Value {
    let mut body = Map::from_iter([("mode".to_owned(), json!(mode))]);
    let fields = form.elements();
    for at in 0..fields.length() {
        let Some(field) = fields.item(at) else { continue };
        let text = |name: &str| {
            js_sys::Reflect::get(&field, &name.into()).ok().and_then(|value| value.as_string())
        };
        let (Some(name), Some(value)) = (text("name"), text("value")) else { continue };
        let is_on =
            js_sys::Reflect::get(&field, &"checked".into()).ok().and_then(|on| on.as_bool());
        let value = match name.as_str() {
            "allow_private" if is_on == Some(true) => json!(true),
            "interval_s" => value.parse::<u64>().map_or(Value::Null, |n| json!(n)),
            "kind" | "name" | "url" | "password" if !value.trim().is_empty() => json!(value.trim()),
            _ => continue,
        };
        body.insert(name, value);
    }
    Value::Object(body)
}

/// Asks whether a source that was added here is to be asked no more.
#[component]
pub fn RemoveForm(
    /// Which.
    at: Chosen,
    /// What was asked for.
    chosen: RwSignal<Option<Chosen>>,
    /// What became of it, in a sentence.
    said: RwSignal<String>,
) -> impl IntoView {
    let words = lang();
    let (id, name) = (at.id, at.name.clone());
    let remove = move |_| {
        let (id, name) = (id.clone(), name.clone());
        spawn_local(async move {
            let answer = told(words, Request::delete(&address(&id, "")).send().await).await;
            let sentence = match answer {
                Ok(_) => t_string!(words, feeds.removed, name = name).to_string(),
                Err(why) => why,
            };
            chosen.try_set(None);
            said.try_set(sentence);
        });
    };
    view! {
        <section class="feed-act">
            <h3>{live(move || t_string!(words, feeds.remove_title, name = at.name.as_str()).to_string())}</h3>
            <p>{live(move || t_string!(words, feeds.remove_note))}</p>
            <div class="feed-buttons">
                <button class="act" on:click=remove>{live(move || t_string!(words, feeds.remove))}</button>
                <button class="act" on:click=move |_| chosen.set(None)>{live(move || t_string!(words, feeds.no_act))}</button>
            </div>
        </section>
    }
}

/// Nothing is chosen yet but to add one.
pub fn to_add() -> Chosen {
    Chosen { id: String::new(), name: String::new(), act: FeedAct::Add }
}
