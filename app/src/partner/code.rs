//! Code with the partner's own ids: whose, which datastream, in which form and language, and a button that copies it.

use leptos::html::Pre;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, KeyboardEvent};
use wire::desk::Direction;
use wire::geo::LngLat;
use wire::sensor::{LatestSensor, LatestSensors};

use super::desk::{Desk, Followed, Told, desk};
use super::import::SourceChoice;
use super::page::{SheetHead, focus};
use super::snippet::{Form, Language, Subject, snippet};
use super::words::{lang, said};
use crate::address::encode;
use crate::map::interop::copy_text;
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;

/// Datastreams that are offered: what a list under a field can be scrolled through. Others are typed.
const OFFERED: usize = 1_000;
/// The number of a sensor that gave none yet.
const FIRST_RESULT: f64 = 1.0;

/// The dialog.
#[component]
pub fn CodeSheet() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let (source, name) = begins_with(desk);
    let (source, name) = (RwSignal::new(source), RwSignal::new(name));
    let (unit, place) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (form, language) = (RwSignal::new(Form::default()), RwSignal::new(Language::default()));
    let known: Followed<LatestSensors> = Lasting::signal(Told { value: None, failed: None });
    Effect::new(move |before: Option<String>| {
        let of = source.get();
        if before.as_ref() != Some(&of) {
            known.set(Told { value: None, failed: None });
            if !of.is_empty() {
                let path = format!("/api/v1/sensors/latest?limit={OFFERED}&source={}", encode(&of));
                desk.follow(known, desk.path(&path));
            }
        }
        of
    });
    // Another source has other sensors: the first of them, unless one of its own is named already.
    Effect::new(move |_| {
        known.with(|told| {
            let Some(value) = &told.value else { return };
            let is_own =
                value.sensors.iter().any(|one| one.sensor.datastream == name.get_untracked());
            if let Some(first) = value.sensors.first().filter(|_| !is_own) {
                name.set(first.sensor.datastream.clone());
            }
        });
    });
    let sensor = Lasting::memo(move |_: Option<&Option<LatestSensor>>| {
        let name = name.get();
        known.with(|told| {
            told.value.as_ref()?.sensors.iter().find(|one| one.sensor.datastream == name).cloned()
        })
    });
    let code = Lasting::memo(move |_: Option<&String>| {
        let subject =
            subject(desk, &source.get(), &name.get(), sensor.get(), &unit.get(), &place.get());
        snippet(form.get(), language.get(), &subject)
    });
    let options = part(move || {
        let known = known.get().value?;
        let named = known.sensors.into_iter().map(|one| {
            view! { <option value=one.sensor.datastream>{one.sensor.name}</option> }
        });
        Some(named.collect_view())
    });
    let of_its_own = part(move || {
        sensor.get().is_none().then(|| {
            view! {
                <p class="soft">{said!(words, code.unknown)}</p>
                <div class="two">
                    <div>
                        <label class="field" for="code-unit">{said!(words, code.unit)}</label>
                        <input id="code-unit" spellcheck="false" placeholder="cm" prop:value=unit.get_untracked() on:input=move |event| unit.set(event_target_value(&event))/>
                    </div>
                    <div>
                        <label class="field" for="code-place">{said!(words, code.place)}</label>
                        <input id="code-place" inputmode="decimal" placeholder="2.1744, 41.4036" prop:value=place.get_untracked() on:input=move |event| place.set(event_target_value(&event))/>
                    </div>
                </div>
            }
        })
    });
    view! {
        <SheetHead title=live(move || said!(words, code.heading).to_owned())/>
        <div class="scroll partner-form code-sheet">
            <div class="two">
                <div><SourceChoice source id="code-source" label=live(move || said!(words, code.source))/></div>
                <div>
                    <label class="field" for="code-datastream">{live(move || said!(words, code.datastream))}</label>
                    <input id="code-datastream" list="code-datastreams" spellcheck="false" autocomplete="off" prop:value=name on:input=move |event| name.set(event_target_value(&event))/>
                    <datalist id="code-datastreams">{options}</datalist>
                </div>
            </div>
            {of_its_own}
            <div class="code-head">
                <Tabs form/>
                <span class="chips" role="group" aria-label=live(move || said!(words, code.language))>
                    {Language::ALL.map(|one| view! {
                        <button type="button" class="chip" aria-pressed=live(move || (language.get() == one).to_string()) on:click=move |_| language.set(one)>{one.name()}</button>
                    })}
                </span>
            </div>
            <Code code/>
            <p class="soft">{live(move || said!(words, code.key))}</p>
            <p class="soft">{live(move || said!(words, code.repeats))}</p>
            <p class="soft"><a class="link" href="/docs">{live(move || said!(words, code.more))}</a></p>
        </div>
    }
}

/// One tab for each form. Arrow keys go from one to the next.
#[component]
fn Tabs(
    /// What is chosen.
    form: RwSignal<Form>,
) -> impl IntoView {
    let words = lang();
    let step = move |event: KeyboardEvent| {
        let at = Form::ALL.iter().position(|one| *one == form.get_untracked()).unwrap_or_default();
        let n = Form::ALL.len();
        let next = match &*event.key() {
            "ArrowRight" => (at + 1) % n,
            "ArrowLeft" => (at + n - 1) % n,
            "Home" => 0,
            "End" => n - 1,
            _ => return,
        };
        event.prevent_default();
        form.set(Form::ALL[next]);
        focus(tab_id(Form::ALL[next]));
    };
    let tab = move |one: Form| {
        let is_chosen = move || form.get() == one;
        view! {
            <button type="button" role="tab" class="tab" id=tab_id(one) aria-controls="code-panel"
                aria-selected=live(move || is_chosen().to_string()) tabindex=live(move || if is_chosen() { "0" } else { "-1" })
                on:click=move |_| form.set(one)>{one.name()}</button>
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label=live(move || said!(words, code.form)) on:keydown=step>{Form::ALL.map(tab)}</div>
    }
}

fn tab_id(form: Form) -> &'static str {
    match form {
        Form::Json => "code-json",
        Form::Csv => "code-csv",
        Form::SensorThings => "code-sensorthings",
    }
}

/// The code and the button that copies it.
#[component]
fn Code(
    /// What is shown.
    code: Lasting<Memo<String>>,
) -> impl IntoView {
    let words = lang();
    let frame: NodeRef<Pre> = NodeRef::new();
    // Whether it was copied, and which: other code was not.
    let copied = RwSignal::new(None::<(bool, String)>);
    let copy = move |_| {
        let Some(element) = frame.get_untracked() else { return };
        let text = code.get_untracked();
        spawn_local(async move {
            let is_copied = copied_from(&text, &element).await;
            copied.try_set(Some((is_copied, text)));
        });
    };
    let told = part(move || {
        let (is_copied, text) = copied.get()?;
        (text == code.get())
            .then(|| if is_copied { said!(words, code.copied) } else { said!(words, code.marked) })
    });
    view! {
        <div class="code-frame" id="code-panel" role="tabpanel" aria-label=live(move || said!(words, code.text))>
            <pre class="code" node_ref=frame tabindex="0" role="region" aria-label=live(move || said!(words, code.text))>{live(move || code.get())}</pre>
            <div class="partner-acts">
                <button type="button" class="act main" on:click=copy>{live(move || said!(words, code.copy))}</button>
                <span role="status" class="soft">{told}</span>
            </div>
        </div>
    }
}

/// Copies, or marks where it cannot; whether it was copied.
pub(super) async fn copied_from(text: &str, element: &web_sys::Element) -> bool {
    let Some(element) = element.dyn_ref::<HtmlElement>() else { return false };
    // A page without the function has no way to copy, and says so.
    JsFuture::from(copy_text(text, element)).await.is_ok_and(|told| told.is_truthy())
}

/// The source and the datastream that one looks at, else the first that sends to us.
fn begins_with(desk: Desk) -> (String, String) {
    let (only, device) =
        desk.address.with_untracked(|address| (address.only.clone(), address.device.clone()));
    let (name, of) = device.map_or_else(Default::default, |device| (device.name, device.source));
    let of = of.or_else(|| desk.why.with_untracked(|told| told.value.as_ref()?.source.clone()));
    let first = || {
        desk.connections.with_untracked(|told| {
            let all = &told.value.as_ref()?.connections;
            let push = all.iter().filter(|one| one.direction == Direction::Push);
            push.max_by_key(|one| one.n_sensors).map(|one| one.id.clone())
        })
    };
    (of.or(only).or_else(first).unwrap_or_default(), name)
}

/// What the code is about.
fn subject(
    desk: Desk,
    source: &str,
    name: &str,
    sensor: Option<LatestSensor>,
    unit: &str,
    place: &str,
) -> Subject {
    let is_described = desk.connections.with(|told| {
        let all = told.value.iter().flat_map(|value| &value.connections);
        let mut own = all.filter(|one| one.id == source);
        own.any(|one| one.dialect.as_deref() == Some("sensorthings"))
    });
    let base = window().location().origin().unwrap_or_default();
    if let Some(LatestSensor { sensor, .. }) = sensor {
        return Subject {
            base,
            datastream: sensor.datastream,
            name: sensor.name,
            unit: sensor.unit,
            place: sensor.geometry,
            result: sensor.result.unwrap_or(FIRST_RESULT),
            is_described,
        };
    }
    let name = if name.trim().is_empty() { "my-sensor" } else { name.trim() }.to_owned();
    let numbers: Vec<f64> = place.split([',', ' ', ';']).filter_map(|n| n.parse().ok()).collect();
    let place = match numbers[..] {
        [lng, lat] => LngLat::new(lng, lat).ok(),
        _ => None,
    };
    let unit = Some(unit.trim().to_owned()).filter(|unit| !unit.is_empty());
    Subject {
        base,
        datastream: name.clone(),
        name,
        unit,
        place,
        result: FIRST_RESULT,
        is_described: false,
    }
}
