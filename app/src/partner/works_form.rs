//! Announcing works: whose sensors, from when to when, why and by whom.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use wire::desk::{Works, WorksBody};
use wire::time::Timestamp;

use super::ask::tell;
use super::desk::desk;
use super::import::SourceChoice;
use super::page::SheetHead;
use super::words::{failed, lang, said};
use crate::ui::dynamic::live;

/// The dialog.
#[component]
pub fn WorksSheet() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let (only, device) =
        desk.address.with_untracked(|address| (address.only.clone(), address.device.clone()));
    let asked = device.map(|device| (device.name, device.source));
    let (name, of) = asked.map_or_else(Default::default, |(name, source)| (name, source));
    let source = RwSignal::new(of.or(only).unwrap_or_default());
    let which = RwSignal::new(name);
    let from = RwSignal::new(local(desk.now.get_untracked()));
    let to = RwSignal::new(local(desk.now.get_untracked() + 2 * 3_600_000));
    let (why, who) =
        (RwSignal::new(String::new()), RwSignal::new(desk.me.with_value(|me| me.name.clone())));
    let is_busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let announce = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if is_busy.get_untracked() {
            return;
        }
        let datastreams: Vec<String> = which
            .get_untracked()
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        let ends = (moment(&from.get_untracked()), moment(&to.get_untracked()));
        let (source, why, who) = (source.get_untracked(), why.get_untracked(), who.get_untracked());
        let is_filled = !source.is_empty() && !why.trim().is_empty() && !who.trim().is_empty();
        let (Some(from), Some(to)) = ends else {
            return problem.set(Some(said!(words, works.fill).to_owned()));
        };
        if !is_filled || from >= to {
            return problem.set(Some(said!(words, works.fill).to_owned()));
        }
        let all = datastreams.is_empty();
        let body = WorksBody {
            source: Some(source),
            datastreams,
            all,
            from,
            to,
            why,
            who,
            mode: Some(desk.mode),
        };
        is_busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let told = tell::<Works>("/api/v1/works", &body).await;
            is_busy.try_set(false);
            match told {
                Ok(_announced) => {
                    desk.open.set(None);
                    desk.ask_all();
                }
                Err(cause) => drop(problem.try_set(Some(failed(words, &cause)))),
            }
        });
    };
    let set = |signal: RwSignal<String>| move |event| signal.set(event_target_value(&event));
    view! {
        <SheetHead title=live(move || said!(words, works.open).to_owned())/>
        <form class="partner-form" on:submit=announce>
            <SourceChoice source id="works-source" label=live(move || said!(words, works.source))/>
            <label class="field" for="works-which">{live(move || said!(words, works.which))}</label>
            <textarea id="works-which" rows="3" spellcheck="false" prop:value=which on:input=set(which)></textarea>
            <div class="two">
                <div>
                    <label class="field" for="works-from">{live(move || said!(words, works.from))}</label>
                    <input id="works-from" type="datetime-local" required prop:value=from on:input=set(from)/>
                </div>
                <div>
                    <label class="field" for="works-to">{live(move || said!(words, works.to))}</label>
                    <input id="works-to" type="datetime-local" required prop:value=to on:input=set(to)/>
                </div>
            </div>
            <label class="field" for="works-why">{live(move || said!(words, works.why))}</label>
            <input id="works-why" required maxlength="300" prop:value=why on:input=set(why)/>
            <label class="field" for="works-who">{live(move || said!(words, works.who))}</label>
            <input id="works-who" required maxlength="300" prop:value=who on:input=set(who)/>
            <p class="soft">{live(move || said!(words, works.quiet))}</p>
            <p class="problem" role="alert">{move || problem.get()}</p>
            <div class="partner-acts">
                <button type="submit" class="act main" disabled=move || is_busy.get()>
                    {live(move || if is_busy.get() { said!(words, works.announcing) } else { said!(words, works.announce) })}
                </button>
            </div>
        </form>
    }
}

/// A moment as a field for local times holds it.
fn local(ms: i64) -> String {
    let date = js_sys::Date::new(&JsValue::from(ms as f64));
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes()
    )
}

/// The moment that such a field names.
fn moment(text: &str) -> Option<Timestamp> {
    let ms = js_sys::Date::new(&JsValue::from_str(text)).get_time();
    ms.is_finite().then_some(Timestamp(ms as i64))
}
