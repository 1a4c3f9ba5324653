//! "Why is my sensor not on the map?": a device, eight ticks, and the first cross with what to do.

use leptos::prelude::*;
use wire::desk::{Tick, TickState, Why};

use super::ask::Failed;
use super::desk::{Desk, Told, desk};
use super::page::DEVICE_FIELD;
use super::sensor::SensorPanel;
use super::words::{apart, brief, failed, lang, said, tick, tick_state};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::words::Lang;

/// What is shown of the answer: when it was given goes by itself.
type Shown = Told<Why>;

/// The panel.
#[component]
pub fn DevicePanel() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let text = RwSignal::new(String::new());
    // The address is the truth: a link and the way back fill the field.
    Effect::new(move |_| {
        let name = desk.address.with(|address| address.device.as_ref().map(|one| one.name.clone()));
        text.set(name.unwrap_or_default());
    });
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = text.get_untracked();
        let same = desk.address.with_untracked(|address| {
            address.device.as_ref().is_some_and(|device| device.name == name.trim())
        });
        if same {
            desk.ask_why();
        } else {
            desk.look_at(&name, None);
        }
    };
    let why = Lasting::memo(move |_: Option<&Shown>| {
        desk.why.with(|told| {
            let value = told.value.clone().map(|why| Why { at: wire::time::Timestamp(0), ..why });
            Told { value, failed: told.failed.clone() }
        })
    });
    let is_asked = Lasting::memo(move |_: Option<&bool>| {
        desk.address.with(|address| address.device.is_some())
    });
    let answer = part(move || {
        if !is_asked.get() {
            return Some(view! { <p class="soft">{said!(words, device.hint)}</p> }.into_any());
        }
        let Told { value, failed: cause } = why.get();
        Some(match (value, cause) {
            (Some(why), _) => ticks(desk, words, why),
            (None, Some(cause)) => nothing(words, &cause),
            (None, None) => view! { <p class="soft">{said!(words, device.asking)}</p> }.into_any(),
        })
    });
    view! {
        <aside class="partner-device" aria-labelledby="device-heading">
            <h2 id="device-heading" class="kicker" tabindex="-1">{live(move || said!(words, device.heading))}</h2>
            <form class="ask-device" on:submit=ask role="search">
                <label class="unseen" for=DEVICE_FIELD>{live(move || said!(words, device.label))}</label>
                <input
                    id=DEVICE_FIELD
                    type="search"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="200"
                    placeholder=live(move || said!(words, device.label))
                    prop:value=text
                    on:input=move |event| text.set(event_target_value(&event))
                />
                <button type="submit" class="act">{live(move || said!(words, device.ask))}</button>
            </form>
            <div aria-live="polite">{answer}</div>
            <SensorPanel/>
            <p class="partner-keys soft" aria-hidden="true">{live(move || said!(words, keys))}</p>
        </aside>
    }
}

fn nothing(words: Lang, cause: &Failed) -> AnyView {
    view! { <p class="problem">{failed(words, cause)}</p> }.into_any()
}

fn ticks(desk: Desk, words: Lang, why: Why) -> AnyView {
    let Why { ticks, also_in, alike, name, source, remembered_since, .. } = why;
    let now = desk.now.get_untracked();
    let first = ticks.iter().position(|tick| tick.state == TickState::Cross);
    let is_well = ticks.iter().all(|tick| tick.state == TickState::Ok);
    let name = name.map(|name| apart(&name).into_owned());
    let whose = [name, source.clone().map(|source| desk.name_of(&source))];
    let whose: Vec<String> = whose.into_iter().flatten().collect();
    let rows = ticks
        .into_iter()
        .enumerate()
        .map(|(at, one)| row(desk, words, one, first == Some(at), now))
        .collect_view();
    let others = also_in.into_iter().filter(|id| source.as_ref() != Some(id)).map(|id| {
        let shown = desk.name_of(&id);
        view! {
            <button class="chip" on:click=move |_| {
                let name = desk.address.with_untracked(|address| address.device.as_ref().map(|one| one.name.clone()));
                desk.look_at(&name.unwrap_or_default(), Some(id.clone()));
            }>{shown}</button>
        }
    });
    let others: Vec<_> = others.collect();
    let alike: Vec<_> = alike
        .into_iter()
        .map(|name| {
            let to = name.clone();
            view! { <button class="chip" on:click=move |_| desk.look_at(&to, None)>{apart(&name).into_owned()}</button> }
        })
        .collect();
    view! {
        {(!whose.is_empty()).then(|| view! { <p class="whose">{whose.join(" · ")}</p> })}
        <ol class="ticks">{rows}</ol>
        {is_well.then(|| view! { <p class="soft">{said!(words, device.all_well)}</p> })}
        {(!alike.is_empty()).then(|| view! { <p class="chips">{said!(words, device.alike)}" "{alike}</p> })}
        {(!others.is_empty()).then(|| view! { <p class="chips">{said!(words, device.also_in)}" "{others}</p> })}
        {first.is_some().then(|| {
            let time = brief(words, remembered_since.0, now);
            view! { <p class="soft">{said!(words, device.since, time = time).to_string()}</p> }
        })}
    }
    .into_any()
}

fn row(desk: Desk, words: Lang, one: Tick, is_first: bool, now: i64) -> AnyView {
    let Tick { name, state, at, detail, remedy, payload, mark, .. } = one;
    let class = match (state, is_first) {
        (TickState::Ok, _) => "tick ok",
        (TickState::Cross, true) => "tick bad first",
        (TickState::Cross, false) => "tick bad",
        (TickState::NotReached, _) => "tick off",
    };
    let shape = match state {
        TickState::Ok => "M3 8.500l3.500 3.500L13 4.500",
        TickState::Cross => "M3.500 3.500l9 9M12.500 3.500l-9 9",
        TickState::NotReached => "M8 5a3 3 0 1 0 .010 0",
    };
    let text = match (&detail, state) {
        (None, TickState::Ok) => String::new(),
        (None, state) => tick_state(words, state).to_owned(),
        (Some(detail), _) => apart(detail).into_owned(),
    };
    let time = at.map(|at| brief(words, at.0, now));
    let payload = payload.map(|payload| {
        let marked = mark
            .as_deref()
            .and_then(|mark| payload.find(mark).map(|from| (from, from + mark.len())));
        let inside = match marked {
            Some((from, to)) => {
                let (before, marked, after) = (
                    payload[..from].to_owned(),
                    payload[from..to].to_owned(),
                    payload[to..].to_owned(),
                );
                view! { {before}<mark>{marked}</mark>{after} }.into_any()
            }
            None => payload.into_any(),
        };
        view! {
            <p class="under">{said!(words, device.payload)}</p>
            <pre tabindex="0" role="region" aria-label=said!(words, device.payload)>{inside}</pre>
        }
    });
    let remedy = remedy.map(
        |remedy| view! { <p class="remedy"><b>{said!(words, device.remedy)}": "</b>{apart(&remedy).into_owned()}</p> },
    );
    view! {
        <li class=class data-tick=name.word() data-state=state.word()>
            <svg class="sign" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d=shape/></svg>
            <b>{tick(words, name)}<span class="unseen">": "{tick_state(words, state)}</span></b>
            <div>
                <p>{time.map(|time| view! { <span class="at">{time}</span>" " })}{text}</p>
                {remedy}
                {payload}
                {is_first.then(|| view! {
                    <button class="act" on:click=move |_| desk.ask_all()>{said!(words, device.again)}<kbd aria-hidden="true">"R"</kbd></button>
                })}
            </div>
        </li>
    }
    .into_any()
}
