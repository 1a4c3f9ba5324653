//! Planned works: what is announced, and ending or calling off what is over or will not be.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::desk::Works;

use super::ask::drop_it;
use super::desk::{Desk, Told, desk};
use super::words::{apart, brief, count, failed, lang, said};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::words::Lang;

/// Those that go on or are to come.
#[component]
pub fn WorksPanel() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let planned = Lasting::memo(move |_: Option<&Told<Vec<Works>>>| {
        let only = desk.address.with(|address| address.only.clone());
        desk.works.with(|told| {
            let of = |one: &&Works| only.as_ref().is_none_or(|only| *only == one.source);
            let value =
                told.value.as_ref().map(|value| value.works.iter().filter(of).cloned().collect());
            Told { value, failed: told.failed.clone() }
        })
    });
    let problem = RwSignal::new(None::<String>);
    let list = part(move || {
        Some(match planned.get() {
            Told { value: Some(all), .. } if all.is_empty() => {
                view! { <p class="soft empty">{said!(words, works.none)}</p> }.into_any()
            }
            Told { value: Some(all), .. } => {
                let rows = all.into_iter().map(|one| row(desk, words, one, problem)).collect_view();
                view! { <ul class="lines">{rows}</ul><p class="soft">{said!(words, works.quiet)}</p> }.into_any()
            }
            Told { failed: Some(cause), .. } => {
                view! { <p class="soft empty">{failed(words, &cause)}</p> }.into_any()
            }
            _ => view! { <p class="soft empty">{said!(words, loading)}</p> }.into_any(),
        })
    });
    view! {
        <section aria-labelledby="works">
            <h2 id="works" class="kicker">{live(move || said!(words, works.heading))}</h2>
            {list}
            <p class="problem" role="alert">{move || problem.get()}</p>
        </section>
    }
}

fn row(desk: Desk, words: Lang, one: Works, problem: RwSignal<Option<String>>) -> AnyView {
    let Works { id, source, datastreams, all, from, to, why, who, is_now, .. } = one;
    let now = desk.now.get_untracked();
    let is_over = to.0 <= now;
    let source = desk.name_of(&source);
    let what = match (all, datastreams.as_slice()) {
        (true, _) => said!(words, works.all_of, source = source).to_string(),
        (false, [one]) => apart(one).into_owned(),
        (false, several) => {
            said!(words, works.some_of, n = count(words, several.len() as u64), source = source)
                .to_string()
        }
    };
    let line = said!(
        words,
        works.line,
        from = brief(words, from.0, now),
        to = brief(words, to.0, now),
        what = what.clone(),
        why = apart(&why),
        who = apart(&who)
    )
    .to_string();
    let badge = match (is_now, is_over) {
        (true, _) => Some(said!(words, works.now)),
        (false, true) => Some(said!(words, works.over)),
        _ => None,
    };
    let end = move |_| {
        spawn_local(async move {
            let told = drop_it(&desk.path(&format!("/api/v1/works/{id}"))).await;
            problem.try_set(told.err().map(|cause| failed(words, &cause)));
            desk.ask_all();
        });
    };
    let label = said!(words, works.end_what, what = what).to_string();
    let word = if is_now { said!(words, works.end_now) } else { said!(words, works.call_off) };
    view! {
        <li>
            {badge.map(|badge| view! { <b class="badge">{badge}</b>" " })}
            <span>{line}</span>
            {(desk.may_act() && !is_over).then(|| view! {
                <button class="act small" aria-label=label on:click=end>{word}</button>
            })}
        </li>
    }
    .into_any()
}
