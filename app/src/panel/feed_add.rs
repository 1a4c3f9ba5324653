//! A source added at the desk, or removed: what an administrator fills in, and what the server says to it.

use gloo_net::http::Request;
use leptos::ev::SubmitEvent;
use leptos::html::{Form, Input};
use leptos::prelude::*;
use serde_json::{Map, Value, json};
use wasm_bindgen_futures::spawn_local;

use crate::desk::{Desk, desk};
use crate::panel::feed_acts::{Chosen, FeedAct, address, told};
use crate::panel::feed_kinds::{
    KINDS, example, fields, is_stream, kind_word, least_s, said as said_of, scheme,
};
use crate::ui::dynamic::{live, part};
use crate::ui::form::value;
use crate::words::{lang, t_string};

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
    let (form, name, private): (NodeRef<Form>, NodeRef<Input>, NodeRef<Input>) =
        (NodeRef::new(), NodeRef::new(), NodeRef::new());
    Effect::new(move |_| {
        if let Some(name) = name.get() {
            let _ = name.focus();
        }
    });
    let kind = RwSignal::new(KINDS[0].to_owned());
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(form) = form.get_untracked() else { return };
        let is_private = private.get_untracked().is_some_and(|tick| tick.checked());
        let kind = kind.get_untracked();
        let body = settings(&form, &kind, desk.mode.word(), is_private);
        let named = body["name"].as_str().unwrap_or_default().to_owned();
        spawn_local(async move {
            let answer = match Request::post("/api/v1/sources").json(&body) {
                Ok(request) => told(words, request.send().await).await,
                Err(_unwritable) => Err(t_string!(words, feeds.away).to_owned()),
            };
            let sentence = match answer {
                Ok(_) => {
                    chosen.try_set(None);
                    if is_stream(&kind) {
                        t_string!(words, feeds.added_stream, name = named).to_string()
                    } else {
                        t_string!(words, feeds.added, name = named).to_string()
                    }
                }
                Err(why) => why,
            };
            said.try_set(sentence);
        });
    };
    let kinds = KINDS
        .map(|kind| view! { <option value=kind>{live(move || kind_word(words, kind))}</option> });
    let of_kind = part(move || {
        let kind = kind.get();
        let interval = least_s(&kind).map(|least_s| view! {
            <label for="add-interval">{live(move || t_string!(words, feeds.add_interval))}</label>
            <input id="add-interval" name="interval_s" type="number" min=least_s.to_string() max="86400" value="60"/>
        });
        Some(view! { {interval}{fields(words, &kind)} })
    });
    view! {
        <form class="feed-act beside" node_ref=form on:submit=add>
            <h3>{live(move || t_string!(words, feeds.add))}</h3>
            <label for="add-kind">{live(move || t_string!(words, feeds.add_kind))}</label>
            <select id="add-kind" name="kind" on:change=move |event| kind.set(event_target_value(&event))>{kinds.into_iter().collect_view()}</select>
            <label for="add-name">{live(move || t_string!(words, feeds.add_name))}</label>
            <input id="add-name" name="name" node_ref=name required maxlength="60" autocomplete="off" spellcheck="false"/>
            <label for="add-url">{live(move || t_string!(words, feeds.add_url, scheme = kind.with(|kind| scheme(kind))).to_string())}</label>
            <input id="add-url" name="url" type="url" required maxlength="2000" autocomplete="off" spellcheck="false" placeholder=live(move || kind.with(|kind| example(kind)))/>
            {of_kind}
            <label class="tick"><input node_ref=private type="checkbox"/>{live(move || t_string!(words, feeds.add_private))}</label>
            <div class="feed-buttons">
                <button class="act" type="submit">{live(move || t_string!(words, feeds.add_now))}</button>
                <button class="act" type="button" on:click=move |_| chosen.set(None)>{live(move || t_string!(words, feeds.add_not))}</button>
            </div>
        </form>
    }
}

/// What the form says, as the settings of a source.
fn settings(form: &web_sys::HtmlFormElement, kind: &str, mode: &str, is_private: bool) -> Value {
    let mut body = Map::from_iter([("mode".to_owned(), json!(mode))]);
    for name in ["kind", "name", "url"] {
        body.insert(name.to_owned(), json!(value(form, name)));
    }
    said_of(form, kind, &mut body);
    if let Ok(interval_s) = value(form, "interval_s").parse::<u64>() {
        body.insert("interval_s".to_owned(), json!(interval_s));
    }
    if is_private {
        body.insert("allow_private".to_owned(), json!(true));
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
