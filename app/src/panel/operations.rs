//! Operations: under what posts of social networks are kept. Asked for by one, approved by another; standing ones are armed by a warning.

use gloo_net::http::Request;
use leptos::ev::SubmitEvent;
use leptos::html::{Dialog, Form};
use leptos::prelude::*;
use serde::Deserialize;
use serde_json::json;
use wasm_bindgen_futures::spawn_local;
use wire::geo::Bbox;
use wire::time::Timestamp;

use crate::desk::{Desk, desk};
use crate::panel::feed_acts::{may_steer, told};
use crate::panel::feeds::{closed, follow};
use crate::ui::dynamic::{live, part};
use crate::ui::form::value;
use crate::words::{self, Lang, apart, lang, t_string};

/// How long an operation may be asked for here, in hours.
const LENGTHS_H: [i64; 4] = [4, 12, 48, 720];
/// The most degrees an area may have each way.
const AREA_DEG_MAX: f64 = 5.0;

#[derive(Clone, Deserialize)]
struct Listed {
    operations: Vec<Operation>,
}

#[derive(Clone, Deserialize)]
struct Operation {
    id: u64,
    mode: wire::view::Mode,
    kind: String,
    state: String,
    purpose: String,
    authority: String,
    basis: String,
    words: Vec<String>,
    to: Timestamp,
    approved: Option<Done>,
    runs_until: Option<Timestamp>,
    armed_by: Option<String>,
    runs: Vec<Run>,
}

#[derive(Clone, Deserialize)]
struct Done {
    role: String,
}

#[derive(Clone, Deserialize)]
struct Run {
    ratified: Option<Done>,
}

/// The list, and the form for another.
#[component]
pub fn OperationsDialog(
    /// Whether it is open.
    shown: RwSignal<bool>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let dialog: NodeRef<Dialog> = NodeRef::new();
    follow(dialog, shown);
    let held: RwSignal<Option<Vec<Operation>>> = RwSignal::new(None);
    let said = RwSignal::new(String::new());
    let asks = RwSignal::new(false);
    let look = move || {
        spawn_local(async move {
            let answer = told(words, Request::get("/api/v1/operations").send().await).await;
            match answer {
                Ok(answer) => {
                    let listed = answer.json::<Listed>().await.map(|listed| listed.operations);
                    let of_mode = |mut all: Vec<Operation>| {
                        all.retain(|one| one.mode == desk.mode);
                        all
                    };
                    held.try_set(listed.ok().map(of_mode));
                }
                Err(why) => _ = said.try_set(why),
            }
        });
    };
    // Each act is a line of the log: who reads this list sees what another does.
    Effect::new(move |_| {
        desk.log_moved.track();
        if shown.get() {
            look();
        } else {
            said.set(String::new());
            asks.set(false);
        }
    });
    let act = move |id: u64, act: &'static str| {
        spawn_local(async move {
            let address = format!("/api/v1/operations/{id}/{act}");
            let answer = told(words, Request::post(&address).send().await).await;
            said.try_set(answer.err().unwrap_or_default());
            look();
        });
    };
    let rows = part(move || {
        let operations = held.get()?;
        if operations.is_empty() {
            return Some(
                view! { <p class="soft">{t_string!(words, operations.none)}</p> }.into_any(),
            );
        }
        let rows =
            operations.into_iter().rev().map(|one| row(words, &desk, one, act)).collect_view();
        Some(view! { <ol class="warnings">{rows}</ol> }.into_any())
    });
    let may = may_steer(&desk);
    view! {
        <dialog node_ref=dialog class="sheet narrow" on:close=move |_| closed(dialog, shown) aria-labelledby="operations-title">
            <div class="sheet-head">
                <h2 id="operations-title">{live(move || t_string!(words, operations.title))}</h2>
                <button class="plain" on:click=move |_| shown.set(false)>{live(move || t_string!(words, card.close))}<kbd aria-hidden="true">"Esc"</kbd></button>
            </div>
            <p class="soft">{live(move || t_string!(words, operations.note))}</p>
            <div class="scroll" tabindex="0" role="group" aria-labelledby="operations-title">
                {rows}
                {part(move || asks.get().then(|| view! { <AskForm asks said look/> }))}
            </div>
            <p role="status">{said}</p>
            {part(move || (may && !asks.get()).then(|| view! {
                <div class="feed-buttons"><button class="act" on:click=move |_| asks.set(true)>{live(move || t_string!(words, operations.ask))}</button></div>
            }))}
        </dialog>
    }
}

fn row(
    words: Lang,
    desk: &Desk,
    one: Operation,
    act: impl Fn(u64, &'static str) + Copy + 'static,
) -> AnyView {
    let is_standing = one.kind == "standing";
    let is_running = one.state == "running";
    let now = untrack(|| desk.server_now());
    let waits_for_second =
        is_running && is_standing && one.runs.last().is_some_and(|run| run.ratified.is_none());
    let state = match one.state.as_str() {
        "asked" => t_string!(words, operations.state.asked),
        "running" => t_string!(words, operations.state.running),
        "ended" => t_string!(words, operations.state.ended),
        _ if is_standing => t_string!(words, operations.state.standing),
        _ => t_string!(words, operations.state.ready),
    };
    let until = one.runs_until.map(|until| {
        let time = words::moment(words, until.0, now);
        t_string!(words, warnings.until, time = time).to_string()
    });
    let to =
        t_string!(words, operations.to, time = words::moment(words, one.to.0, now)).to_string();
    let armed = one.armed_by.as_deref().map(|by| {
        let by = named(desk, by);
        t_string!(words, operations.armed, by = by).to_string()
    });
    let id = one.id;
    let button = |word: &'static str, does: &'static str| {
        view! { <button class="act" on:click=move |_| act(id, does)>{word}</button> }.into_any()
    };
    let may = may_steer(desk);
    let mut acts = Vec::new();
    if may && one.state == "asked" {
        acts.push(button(t_string!(words, operations.approve), "approve"));
    }
    if may && is_standing && one.state == "ready" && one.armed_by.is_some() {
        acts.push(button(t_string!(words, operations.start), "start"));
    }
    if may && waits_for_second {
        acts.push(button(t_string!(words, operations.ratify), "ratify"));
    }
    if desk.may_decide() && one.state != "ended" {
        acts.push(button(t_string!(words, operations.end), "end"));
    }
    let approved = one.approved.map(|done| {
        t_string!(words, operations.approved, role = words::role(words, &done.role)).to_string()
    });
    let wanted = one.words.iter().map(|word| apart(word)).collect::<Vec<_>>().join(", ");
    view! {
        <li>
            <div class="words">
                <b>{one.purpose}</b>
                <p>{state}{until.map(|until| format!(" · {until}"))}" · "{to}</p>
                {armed.map(|armed| view! { <p class="warn">{armed}</p> })}
                {waits_for_second.then(|| view! { <p class="warn">{t_string!(words, operations.unratified)}</p> })}
                <p class="soft">{apart(&one.authority).into_owned()}" · "{apart(&one.basis).into_owned()}" · "{wanted}{approved.map(|approved| format!(" · {approved}"))}</p>
                <div class="feed-buttons">{acts}</div>
            </div>
        </li>
    }
    .into_any()
}

/// What arms it: a warning by its headline, anything else as the server calls it.
fn named(desk: &Desk, by: &str) -> String {
    let id = by.strip_prefix("advisory ").and_then(|id| id.parse::<u64>().ok());
    let headline = id.and_then(|id| {
        desk.warnings.with(|warnings| {
            let warning = warnings.features.iter().find(|one| one.id == id)?;
            let said = &warning.properties;
            Some(said.headline.clone().unwrap_or_else(|| said.event.clone()))
        })
    });
    headline.map_or_else(|| by.to_owned(), |headline| format!("{} ({by})", apart(&headline)))
}

/// What is asked for: the area is what the map shows.
#[component]
fn AskForm(
    asks: RwSignal<bool>,
    said: RwSignal<String>,
    look: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let form: NodeRef<Form> = NodeRef::new();
    let ask = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(form) = form.get_untracked() else { return };
        let view = untrack(|| desk.view()).bbox;
        let hours: i64 = value(&form, "hours").parse().unwrap_or(12);
        let to = Timestamp(untrack(|| desk.server_now()) + hours * 3_600_000);
        let body = json!({
            "mode": desk.mode,
            "kind": value(&form, "kind"),
            "purpose": value(&form, "purpose"),
            "authority": value(&form, "authority"),
            "basis": value(&form, "basis"),
            "words": value(&form, "words").split(',').map(str::trim).filter(|word| !word.is_empty()).collect::<Vec<_>>(),
            "area": view,
            "to": to,
        });
        spawn_local(async move {
            let answer = match Request::post("/api/v1/operations").json(&body) {
                Ok(request) => told(words, request.send().await).await,
                Err(_unwritable) => Err(t_string!(words, feeds.away).to_owned()),
            };
            let sentence = match answer {
                Ok(_) => {
                    asks.try_set(false);
                    t_string!(words, operations.asked).to_owned()
                }
                Err(why) => why,
            };
            said.try_set(sentence);
            look();
        });
    };
    let area = live(move || {
        let Bounds { wide, high } = Bounds::of(&desk.view().bbox);
        let too_wide = wide > AREA_DEG_MAX || high > AREA_DEG_MAX;
        if too_wide {
            t_string!(words, operations.too_wide)
        } else {
            t_string!(words, operations.area)
        }
    });
    let lengths = LENGTHS_H.map(|hours| view! { <option value=hours.to_string()>{t_string!(words, feeds.hours, n = hours).to_string()}</option> });
    view! {
        <form class="feed-act" node_ref=form on:submit=ask>
            <label for="op-kind">{live(move || t_string!(words, operations.kind))}</label>
            <select id="op-kind" name="kind">
                <option value="once">{live(move || t_string!(words, operations.once))}</option>
                <option value="standing">{live(move || t_string!(words, operations.standing))}</option>
            </select>
            <label for="op-purpose">{live(move || t_string!(words, operations.purpose))}</label>
            <input id="op-purpose" name="purpose" required maxlength="200" autocomplete="off"/>
            <label for="op-authority">{live(move || t_string!(words, operations.authority))}</label>
            <input id="op-authority" name="authority" required maxlength="200" autocomplete="off"/>
            <label for="op-basis">{live(move || t_string!(words, operations.basis))}</label>
            <input id="op-basis" name="basis" required maxlength="200" autocomplete="off"/>
            <label for="op-words">{live(move || t_string!(words, operations.words))}</label>
            <input id="op-words" name="words" required maxlength="1000" autocomplete="off"/>
            <label for="op-hours">{live(move || t_string!(words, operations.hours))}</label>
            <select id="op-hours" name="hours">{lengths.into_iter().collect_view()}</select>
            <p class="soft">{area}</p>
            <div class="feed-buttons">
                <button class="act" type="submit">{live(move || t_string!(words, operations.ask_now))}</button>
                <button class="act" type="button" on:click=move |_| asks.set(false)>{live(move || t_string!(words, feeds.add_not))}</button>
            </div>
        </form>
    }
}

struct Bounds {
    wide: f64,
    high: f64,
}

impl Bounds {
    fn of(bbox: &Bbox) -> Self {
        let wide = (bbox.east() - bbox.west()).rem_euclid(360.0);
        Self { wide, high: bbox.north() - bbox.south() }
    }
}
