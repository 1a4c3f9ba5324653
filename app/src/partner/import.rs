//! Sensors by a table: what waits, and the choice of a file. What it would change is looked at before anything is stored.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use wire::import::ImportDiff;

use super::ask::{Failed, tabulate};
use super::desk::{Sheet, Told, desk};
use super::diff::parts;
use super::page::SheetHead;
use super::words::{brief, failed, lang, said};
use crate::address::encode;
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;

/// What waits for who works here.
#[component]
pub fn ImportPanel() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    if !desk.may_act() {
        return ().into_any();
    }
    let waiting = Lasting::memo(move |_: Option<&Told<Vec<ImportDiff>>>| {
        desk.imports.with(|told| Told {
            value: told.value.as_ref().map(|value| value.imports.clone()),
            failed: told.failed.clone(),
        })
    });
    let list = part(move || {
        Some(match waiting.get() {
            Told { value: Some(imports), .. } if !imports.is_empty() => {
                let rows = imports.into_iter().map(|diff| {
                    let name = diff.import.clone().unwrap_or_default();
                    let time = brief(words, diff.until.0, desk.now.get_untracked());
                    let until = said!(words, import.until, source = desk.name_of(&diff.source), time = time).to_string();
                    view! {
                        <li>
                            <span>{parts(words, &diff).join(", ")}</span>
                            <span class="under faint">{until}</span>
                            <button class="act small" on:click=move |_| desk.open.set(Some(Sheet::Diff(name.clone())))>{said!(words, import.look)}</button>
                        </li>
                    }
                });
                let rows: Vec<_> = rows.collect();
                view! { <ul class="lines">{rows}</ul> }.into_any()
            }
            Told { value: Some(_), .. } => {
                view! { <p class="soft empty">{said!(words, import.none)}</p> }.into_any()
            }
            Told { failed: Some(cause), .. } => {
                view! { <p class="soft empty">{failed(words, &cause)}</p> }.into_any()
            }
            _ => view! { <p class="soft empty">{said!(words, loading)}</p> }.into_any(),
        })
    });
    view! {
        <section aria-labelledby="import">
            <h2 id="import" class="kicker">{live(move || said!(words, import.waiting))}</h2>
            {list}
        </section>
    }
    .into_any()
}

/// The choice of a file.
#[component]
pub fn ImportSheet() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let picked = desk.address.with_untracked(|address| address.only.clone()).unwrap_or_default();
    let source = RwSignal::new(picked);
    let file: NodeRef<Input> = NodeRef::new();
    let is_busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let compare = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if is_busy.get_untracked() {
            return;
        }
        let of = source.get_untracked();
        let chosen =
            file.get_untracked().and_then(|input| input.files()).and_then(|files| files.get(0));
        let chosen = match chosen {
            _ if of.is_empty() => {
                return problem.set(Some(said!(words, import.choose_source).to_owned()));
            }
            None => return problem.set(Some(said!(words, import.choose_file).to_owned())),
            Some(chosen) => chosen,
        };
        is_busy.set(true);
        problem.set(None);
        let path = desk.path(&format!("/api/v1/sensors/import?source={}", encode(&of)));
        spawn_local(async move {
            let text = JsFuture::from(chosen.text()).await.ok().and_then(|text| text.as_string());
            let told: Result<ImportDiff, Failed> = match text {
                Some(text) => tabulate(&path, text).await,
                None => Err(Failed::Refused(said!(words, import.choose_file).to_owned())),
            };
            is_busy.try_set(false);
            match told {
                Ok(ImportDiff { import: Some(name), .. }) => {
                    desk.follow(desk.imports, desk.path("/api/v1/sensors/import"));
                    desk.open.set(Some(Sheet::Diff(name)));
                }
                Ok(_same) => drop(problem.try_set(Some(said!(words, import.nothing).to_owned()))),
                Err(cause) => drop(problem.try_set(Some(failed(words, &cause)))),
            }
        });
    };
    view! {
        <SheetHead title=live(move || said!(words, import.open).to_owned())/>
        <form class="partner-form" on:submit=compare>
            <p class="soft">{live(move || said!(words, import.note))}</p>
            <SourceChoice source id="import-source" label=live(move || said!(words, import.source))/>
            <label class="field" for="import-file">{live(move || said!(words, import.file))}</label>
            <input id="import-file" node_ref=file type="file" accept=".csv,text/csv" required/>
            <p class="problem" role="alert">{move || problem.get()}</p>
            <div class="partner-acts">
                <button type="submit" class="act main" disabled=move || is_busy.get()>
                    {live(move || if is_busy.get() { said!(words, import.comparing) } else { said!(words, import.compare) })}
                </button>
                <a class="plain" href="/docs">{live(move || said!(words, docs))}</a>
            </div>
        </form>
    }
}

/// Whose sensors.
#[component]
pub fn SourceChoice(
    /// What is chosen.
    source: RwSignal<String>,
    /// Its id on the page.
    id: &'static str,
    /// Its label.
    label: Signal<&'static str>,
) -> impl IntoView {
    let desk = desk();
    let sources = Lasting::memo(move |_: Option<&Vec<(String, String)>>| {
        desk.connections.with(|told| {
            let known = told.value.iter().flat_map(|value| &value.connections);
            known.map(|one| (one.id.clone(), one.name.clone())).collect()
        })
    });
    view! {
        <label class="field" for=id>{label}</label>
        <select id=id required on:change=move |event| source.set(event_target_value(&event))>
            <option value="">"–"</option>
            {part(move || Some(sources.get().into_iter().map(|(id, name)| {
                let is_chosen = untrack(|| source.with(|chosen| *chosen == id));
                view! { <option value=id prop:selected=is_chosen>{name}</option> }
            }).collect_view()))}
        </select>
    }
}
