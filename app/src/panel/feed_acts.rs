//! What who decides may do with a feed that the server asks: stop it for a while, let it go on, ask it once and see what comes.

use gloo_net::http::{Request, Response};
use leptos::ev::SubmitEvent;
use leptos::html::{Input, Select};
use leptos::prelude::*;
use serde::Deserialize;
use wasm_bindgen_futures::spawn_local;
use wire::report::ReportFeature;
use wire::source::PauseBody;
use wire::time::Timestamp;

use crate::decide::detail_of;
use crate::desk::{Desk, desk};
use crate::panel::feed_add::{AddForm, RemoveForm};
use crate::ui::dynamic::{live, part};
use crate::words::{self, Lang, apart, lang, t_string};

/// Lengths of a pause, in minutes; nought is until somebody lets it go on.
const PAUSES_MIN: [i64; 4] = [15, 60, 240, 0];
/// Reports of a try that are shown: enough to see what a feed says.
const SHOWN: usize = 5;

/// What was asked for, of which feed.
#[derive(Clone, PartialEq)]
pub struct Chosen {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is to be done.
    pub act: FeedAct,
}

/// What may be done with a feed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FeedAct {
    /// Stop it for a while.
    Pause,
    /// Ask it once.
    Try,
    /// Add one.
    Add,
    /// Ask it no more.
    Remove,
}

/// What a try brought.
#[derive(Clone, Deserialize)]
struct Tried {
    ended: String,
    why: Option<String>,
    n_reports: usize,
    reports: Vec<ReportFeature>,
    n_observations: usize,
    rejected: std::collections::BTreeMap<String, u64>,
}

/// Whether this person steers feeds.
pub fn may_steer(desk: &Desk) -> bool {
    desk.me.with_value(|me| matches!(me.role.as_str(), "duty-officer" | "administrator"))
}

/// Whether the server asks this source, so that it can be stopped and tried.
pub fn is_asked(id: &str) -> bool {
    id.starts_with("feed:")
}

/// The question beneath the table, while there is one.
#[component]
pub fn FeedActs(
    /// What was asked for.
    chosen: RwSignal<Option<Chosen>>,
    /// What became of it, in a sentence.
    said: RwSignal<String>,
) -> impl IntoView {
    part(move || {
        let at = chosen.get()?;
        Some(match at.act {
            FeedAct::Pause => view! { <PauseForm at chosen said/> }.into_any(),
            FeedAct::Try => view! { <Trial at chosen/> }.into_any(),
            FeedAct::Add => view! { <AddForm chosen said/> }.into_any(),
            FeedAct::Remove => view! { <RemoveForm at chosen said/> }.into_any(),
        })
    })
}

#[component]
fn PauseForm(
    at: Chosen,
    chosen: RwSignal<Option<Chosen>>,
    said: RwSignal<String>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let (reason, length): (NodeRef<Input>, NodeRef<Select>) = (NodeRef::new(), NodeRef::new());
    Effect::new(move |_| {
        if let Some(reason) = reason.get() {
            let _ = reason.focus();
        }
    });
    let (id, name) = (at.id, at.name.clone());
    let stop = move |event: SubmitEvent| {
        event.prevent_default();
        let reason = reason.get_untracked().map(|input| input.value()).unwrap_or_default();
        let minutes = length.get_untracked().and_then(|length| length.value().parse().ok());
        let until = minutes
            .filter(|minutes: &i64| *minutes > 0)
            .map(|minutes| Timestamp(untrack(|| desk.server_now()) + minutes * 60_000));
        let (id, name) = (id.clone(), name.clone());
        spawn_local(async move {
            let body = PauseBody { until, reason };
            let answer = match Request::post(&address(&id, "pause")).json(&body) {
                Ok(request) => told(words, request.send().await).await,
                Err(_unwritable) => Err(t_string!(words, feeds.away).to_owned()),
            };
            let sentence = match answer {
                Ok(_) => {
                    chosen.try_set(None);
                    t_string!(words, feeds.paused, name = name).to_string()
                }
                Err(why) => why,
            };
            said.try_set(sentence);
        });
    };
    view! {
        <form class="feed-act" on:submit=stop>
            <h3>{live(move || t_string!(words, feeds.pause_title, name = at.name.as_str()).to_string())}</h3>
            <label for="pause-reason">{live(move || t_string!(words, feeds.pause_why))}</label>
            <input id="pause-reason" node_ref=reason required maxlength="500" autocomplete="off"/>
            <label for="pause-length">{live(move || t_string!(words, feeds.pause_until))}</label>
            <select id="pause-length" node_ref=length>
                {PAUSES_MIN.map(|minutes| view! {
                    <option value=minutes.to_string()>{live(move || length_word(words, minutes))}</option>
                }).into_iter().collect_view()}
            </select>
            <div class="feed-buttons">
                <button class="act" type="submit">{live(move || t_string!(words, feeds.pause))}</button>
                <button class="act" type="button" on:click=move |_| chosen.set(None)>{live(move || t_string!(words, feeds.no_act))}</button>
            </div>
        </form>
    }
}

/// How long a pause is, in words.
fn length_word(words: Lang, minutes: i64) -> String {
    match minutes {
        0 => t_string!(words, feeds.open_end).to_owned(),
        minutes if minutes < 60 => t_string!(words, feeds.minutes, n = minutes).to_string(),
        minutes => t_string!(words, feeds.hours, n = minutes / 60).to_string(),
    }
}

#[component]
fn Trial(at: Chosen, chosen: RwSignal<Option<Chosen>>) -> impl IntoView {
    let words = lang();
    let came: RwSignal<Option<Result<Tried, String>>> = RwSignal::new(None);
    let id = at.id;
    spawn_local(async move {
        let answer = told(words, Request::post(&address(&id, "try")).send().await).await;
        let tried = match answer {
            Ok(answer) => {
                answer.json().await.map_err(|_cut| t_string!(words, feeds.away).to_owned())
            }
            Err(why) => Err(why),
        };
        came.try_set(Some(tried));
    });
    let result = part(move || {
        Some(match came.get() {
            None => view! { <p role="status">{t_string!(words, feeds.asks)}</p> }.into_any(),
            Some(Err(why)) => view! { <p class="warn" role="status">{why}</p> }.into_any(),
            Some(Ok(tried)) => shown(words, tried),
        })
    });
    view! {
        <section class="feed-act">
            <h3>{live(move || t_string!(words, feeds.try_title, name = at.name.as_str()).to_string())}</h3>
            {result}
            <div class="feed-buttons">
                <button class="act" on:click=move |_| chosen.set(None)>{live(move || t_string!(words, card.close))}</button>
            </div>
        </section>
    }
}

fn shown(words: Lang, tried: Tried) -> AnyView {
    let ended = match tried.ended.as_str() {
        "read" => t_string!(words, feeds.ended.read),
        "nothing" => t_string!(words, feeds.ended.nothing),
        "forbidden" => t_string!(words, feeds.ended.forbidden),
        "garbled" => t_string!(words, feeds.ended.garbled),
        _ => t_string!(words, feeds.ended.failed),
    };
    let refused = tried.rejected.iter().map(|(why, n)| format!("{why} {n}")).collect::<Vec<_>>();
    let reports = words::count(words, tried.n_reports as u64);
    let values = words::count(words, tried.n_observations as u64);
    let first = tried.reports.into_iter().take(SHOWN).map(|report| {
        let p = report.properties;
        let place = if report.geometry.is_none() { t_string!(words, list.no_place) } else { "" };
        view! { <li>{p.text.as_deref().map(apart).unwrap_or_default().into_owned()}" "<span class="soft">{words::hazard(words, p.hazard)}" "{place}</span></li> }
    });
    view! {
        <p role="status">{ended}{tried.why.map(|why| format!(" {}", apart(&why)))}</p>
        <p>{t_string!(words, feeds.would, reports = reports, values = values).to_string()}</p>
        <ul>{first.collect_view()}</ul>
        {(!refused.is_empty()).then(|| view! { <p>{t_string!(words, feeds.rejected)}": "{refused.join(", ")}</p> })}
        <p class="soft">{t_string!(words, feeds.nothing_stored)}</p>
    }
    .into_any()
}

/// Lets a feed go on.
pub fn go_on(words: Lang, id: String, name: String, said: RwSignal<String>) {
    spawn_local(async move {
        let answer = told(words, Request::post(&address(&id, "resume")).send().await).await;
        let sentence = match answer {
            Ok(_) => t_string!(words, feeds.goes_on, name = name).to_string(),
            Err(why) => why,
        };
        said.try_set(sentence);
    });
}

/// The address of a source, or of an act on it.
pub fn address(id: &str, act: &str) -> String {
    let id: String = js_sys::encode_uri_component(id).into();
    let act = if act.is_empty() { String::new() } else { format!("/{act}") };
    format!("/api/v1/sources/{id}{act}")
}

/// An answer that says yes, or why not in a sentence.
pub async fn told(
    words: Lang,
    answer: Result<Response, gloo_net::Error>,
) -> Result<Response, String> {
    match answer {
        Ok(answer) if answer.ok() => Ok(answer),
        Ok(answer) => {
            let detail = detail_of(&answer.text().await.unwrap_or_default());
            Err(if detail.is_empty() { t_string!(words, feeds.away).to_owned() } else { detail })
        }
        Err(_cause) => Err(t_string!(words, feeds.away).to_owned()),
    }
}
