//! A link that somebody saw on a network we may not read: its address, what is seen there, and whether the picture was seen before.

use std::fmt::Write as _;

use gloo_net::http::Request;
use js_sys::{ArrayBuffer, Function, Promise, Reflect, Uint8Array};
use leptos::ev::SubmitEvent;
use leptos::html::{Dialog, Form, Input};
use leptos::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;
use wire::grade::{Basis, Hazard, Severity};
use wire::id::ReportId;

use crate::address::Selection;
use crate::desk::desk;
use crate::panel::feed_acts::told;
use crate::panel::feeds::{closed, follow};
use crate::ui::dynamic::{live, part};
use crate::ui::form::value;
use crate::words::{self, lang, t_string};

/// What the server says to a link.
#[derive(Clone, Deserialize)]
struct Pasted {
    id: ReportId,
    seen_before: Vec<Before>,
}

#[derive(Clone, Deserialize)]
struct Before {
    id: ReportId,
    by: String,
}

/// The form.
#[component]
pub fn PasteDialog(
    /// Whether it is open.
    shown: RwSignal<bool>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let dialog: NodeRef<Dialog> = NodeRef::new();
    let (form, url, picture): (NodeRef<Form>, NodeRef<Input>, NodeRef<Input>) =
        (NodeRef::new(), NodeRef::new(), NodeRef::new());
    follow(dialog, shown);
    let said = RwSignal::new(String::new());
    let pasted: RwSignal<Option<Pasted>> = RwSignal::new(None);
    Effect::new(move |_| {
        if shown.get()
            && let Some(url) = url.get_untracked()
        {
            said.set(String::new());
            pasted.set(None);
            let _ = url.focus();
        }
    });
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(form) = form.get_untracked() else { return };
        let mut body = Map::from_iter([("mode".to_owned(), json!(desk.mode))]);
        for name in ["url", "seen", "basis", "hazard", "severity", "place"] {
            let value = value(&form, name);
            if !value.is_empty() {
                body.insert(name.to_owned(), Value::String(value));
            }
        }
        let file = picture
            .get_untracked()
            .and_then(|picture| picture.files())
            .and_then(|files| files.get(0));
        spawn_local(async move {
            if let Some(file) = file {
                // Without TLS a browser makes no digest: then the picture is not compared, and that is said.
                let Some(digest) = digest(file).await else {
                    said.try_set(t_string!(words, paste.no_digest).to_owned());
                    return;
                };
                body.insert("image".to_owned(), Value::String(digest));
            }
            let answer = match Request::post("/api/v1/reports/links").json(&Value::Object(body)) {
                Ok(request) => told(words, request.send().await).await,
                Err(_unwritable) => Err(t_string!(words, feeds.away).to_owned()),
            };
            let sentence = match answer {
                Ok(answer) => {
                    pasted.try_set(answer.json().await.ok());
                    form.reset();
                    t_string!(words, paste.stored).to_owned()
                }
                Err(why) => why,
            };
            said.try_set(sentence);
        });
    };
    let open = move |id: ReportId| {
        desk.selection.set(Some(Selection::Report(id)));
        shown.set(false);
    };
    let before = part(move || {
        let Pasted { id, seen_before } = pasted.get()?;
        let rows = seen_before.into_iter().map(|before| {
            let how = if before.by == "image" { t_string!(words, paste.same_picture) } else { t_string!(words, paste.same_address) };
            view! { <li>{how}" "<button class="act" on:click=move |_| open(before.id)>{t_string!(words, paste.open)}</button></li> }
        });
        let rows = rows.collect_view();
        Some(view! {
            {(!rows.is_empty()).then(|| view! { <h3>{t_string!(words, paste.seen_before)}</h3><ul class="seen-before">{rows}</ul> })}
            <button class="act" on:click=move |_| open(id)>{t_string!(words, paste.open_own)}</button>
        })
    });
    view! {
        <dialog node_ref=dialog class="sheet narrow" on:close=move |_| closed(dialog, shown) aria-labelledby="paste-title">
            <div class="sheet-head">
                <h2 id="paste-title">{live(move || t_string!(words, paste.title))}</h2>
                <button class="plain" on:click=move |_| shown.set(false)>{live(move || t_string!(words, card.close))}<kbd aria-hidden="true">"Esc"</kbd></button>
            </div>
            <div class="scroll" tabindex="0" role="group" aria-labelledby="paste-title">
                <form class="feed-act" node_ref=form on:submit=send>
                    <label for="paste-url">{live(move || t_string!(words, paste.url))}</label>
                    <input id="paste-url" node_ref=url name="url" type="url" required maxlength="2000" autocomplete="off" spellcheck="false"/>
                    <label for="paste-seen">{live(move || t_string!(words, paste.seen))}</label>
                    <input id="paste-seen" name="seen" required maxlength="2000" autocomplete="off"/>
                    <label for="paste-place">{live(move || t_string!(words, paste.place))}</label>
                    <input id="paste-place" name="place" maxlength="200" autocomplete="off"/>
                    <Grades/>
                    <label for="paste-picture">{live(move || t_string!(words, paste.picture))}</label>
                    <input id="paste-picture" node_ref=picture type="file" accept="image/*"/>
                    <p class="soft">{live(move || t_string!(words, paste.picture_note))}</p>
                    <div class="feed-buttons"><button class="act" type="submit">{live(move || t_string!(words, paste.send))}</button></div>
                </form>
            </div>
            <p role="status">{said}</p>
            {before}
        </dialog>
    }
}

/// What may be said of it beside its words.
#[component]
fn Grades() -> impl IntoView {
    let words = lang();
    let unsaid = || view! { <option value="">{t_string!(words, paste.unsaid)}</option> };
    let option = |value: &'static str, word: Signal<&'static str>| {
        view! { <option value=value>{word}</option> }.into_any()
    };
    let grades = Basis::ALL
        .iter()
        .map(|&basis| option(basis.word(), live(move || words::basis(words, basis))))
        .collect_view();
    let hazards = Hazard::ALL
        .iter()
        .map(|&hazard| option(hazard.word(), live(move || words::hazard(words, hazard))))
        .collect_view();
    let severities = Severity::ALL
        .iter()
        .map(|&severity| option(severity.word(), live(move || words::severity(words, severity))))
        .collect_view();
    view! {
        <label for="paste-basis">{live(move || t_string!(words, card.basis))}</label>
        <select id="paste-basis" name="basis">{unsaid()}{grades}</select>
        <label for="paste-hazard">{live(move || t_string!(words, card.hazard))}</label>
        <select id="paste-hazard" name="hazard">{unsaid()}{hazards}</select>
        <label for="paste-severity">{live(move || t_string!(words, card.severity))}</label>
        <select id="paste-severity" name="severity">{unsaid()}{severities}</select>
    }
}

/// SHA-256 of a file, in hexadecimal digits; none where the browser makes none.
async fn digest(file: File) -> Option<String> {
    let bytes = JsFuture::from(file.array_buffer()).await.ok()?;
    let crypto = Reflect::get(&window(), &"crypto".into()).ok()?;
    let subtle = Reflect::get(&crypto, &"subtle".into()).ok()?;
    let digest = Reflect::get(&subtle, &"digest".into()).ok()?.dyn_into::<Function>().ok()?;
    let asked =
        digest.call2(&subtle, &"SHA-256".into(), &bytes).ok()?.dyn_into::<Promise>().ok()?;
    let made = JsFuture::from(asked).await.ok()?.dyn_into::<ArrayBuffer>().ok()?;
    let mut hex = String::new();
    for byte in Uint8Array::new(&made).to_vec() {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Some(hex)
}
