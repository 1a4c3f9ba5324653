//! The official warnings in force: asked for when a frame tells that they changed, drawn as outlines, and kept for the list.

use std::sync::Arc;
use std::time::Duration;

use gloo_net::http::Request;
use js_sys::Array;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wire::advisory::{AdvisoryFeature, AdvisoryPage};

use crate::desk::Desk;
use crate::words::Lang;

/// Several often change at once: they are asked for once nothing changed for this long.
const ASK_AFTER: Duration = Duration::from_millis(300);
/// After an answer that failed they are asked for again.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// Pages at most: of some 40 MB of areas no map can be read.
const PAGES_MAX: usize = 10;

/// What was told last.
#[derive(Debug, Default)]
pub struct Warnings {
    /// Each page as it came: the map reads it itself.
    pages: Vec<String>,
    /// All of them.
    pub features: Vec<AdvisoryFeature>,
}

/// Keeps list and map in step with what the frames tell.
pub fn follow_warnings(desk: &Desk, words: Lang) {
    let desk = *desk;
    let waiting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    // Answers may overtake each other: only that to the newest question counts.
    let number = StoredValue::new(0_u64);
    let again = RwSignal::new(0_u64);
    Effect::new(move |_| {
        desk.advisories_moved.track();
        again.track();
        let language = words.locale().to_string();
        if let Some(old) = waiting.try_update_value(Option::take).flatten() {
            old.clear();
        }
        let mine = number.get_value() + 1;
        number.set_value(mine);
        let ask = move || {
            spawn_local(async move {
                let told = asked(desk.mode.word(), &language).await;
                if number.try_get_value() != Some(mine) {
                    return;
                }
                match told {
                    Some(warnings) => desk.warnings.set(Arc::new(warnings)),
                    None => set_timeout(move || _ = again.try_update(|n| *n += 1), AGAIN_AFTER),
                }
            });
        };
        waiting.set_value(set_timeout_with_handle(ask, ASK_AFTER).ok());
    });
    Effect::new(move |_| {
        let warnings = desk.warnings.get();
        if !desk.canvas_ready.get() {
            return;
        }
        desk.canvas.with_value(|canvas| {
            if let Some(canvas) = canvas {
                let pages: Array = warnings.pages.iter().map(|page| page.as_str().into()).fold(
                    Array::new(),
                    |pages, page: wasm_bindgen::JsValue| {
                        pages.push(&page);
                        pages
                    },
                );
                canvas.facade().set_warnings(&pages);
            }
        });
    });
}

async fn asked(mode: &str, language: &str) -> Option<Warnings> {
    let mut warnings = Warnings::default();
    let mut cursor = String::new();
    while warnings.pages.len() < PAGES_MAX {
        let address = format!("/api/v1/advisories?mode={mode}&lang={language}&limit=1000{cursor}");
        let answer = Request::get(&address).send().await.ok()?;
        let text = if answer.ok() { answer.text().await.ok()? } else { return None };
        let page: AdvisoryPage = serde_json::from_str(&text).ok()?;
        warnings.features.extend(page.features);
        warnings.pages.push(text);
        match page.next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    Some(warnings)
}

/// One of them in another of its languages.
pub async fn in_language(mode: &str, id: u64, language: &str) -> Option<AdvisoryFeature> {
    let language: String = js_sys::encode_uri_component(language).into();
    let address = format!("/api/v1/advisories/{id}?mode={mode}&lang={language}");
    let answer = Request::get(&address).send().await.ok()?;
    if answer.ok() { answer.json().await.ok() } else { None }
}
