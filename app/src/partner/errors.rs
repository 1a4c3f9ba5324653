//! Errors by cause, and playing again what can be after a fix.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use wire::desk::{Counted, ErrorCause};

use super::ask::{Failed, tell};
use super::desk::{Told, desk};
use super::words::{brief, count, failed, lang, reason, said};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;

/// Which refused items come down the road again.
#[derive(Clone, Serialize)]
struct Replay {
    source: Option<String>,
    reason: String,
}

/// What became of them.
#[derive(Clone, Deserialize)]
struct Replayed {
    accepted: u64,
    folded: u64,
    rejected: Vec<IgnoredAny>,
}

/// The causes, the most frequent first; only those of a connection where one is picked.
#[component]
pub fn ErrorsPanel() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let causes = Lasting::memo(move |_: Option<&Told<Vec<ErrorCause>>>| {
        let only = desk.address.with(|address| address.only.clone());
        desk.errors.with(|told| {
            let of = |one: &&ErrorCause| only.is_none() || one.source == only;
            let value =
                told.value.as_ref().map(|value| value.causes.iter().filter(of).cloned().collect());
            Told { value, failed: told.failed.clone() }
        })
    });
    let list = part(move || {
        let Told { value, failed: cause } = causes.get();
        Some(match value {
            None => {
                let text = cause.map_or_else(
                    || said!(words, loading).to_owned(),
                    |cause| failed(words, &cause),
                );
                view! { <p class="soft empty">{text}</p> }.into_any()
            }
            Some(causes) if causes.is_empty() => {
                let only = desk.address.with(|address| address.only.clone());
                let text = only.map_or_else(
                    || said!(words, errors.none).to_owned(),
                    |only| said!(words, errors.none_of, name = desk.name_of(&only)).to_string(),
                );
                view! { <p class="soft empty">{text}</p> }.into_any()
            }
            Some(causes) => {
                let rows =
                    causes.into_iter().map(|cause| view! { <CauseRow cause/> }).collect_view();
                view! { <ul class="errors">{rows}</ul> }.into_any()
            }
        })
    });
    view! {
        <section aria-labelledby="errors">
            <h2 id="errors" class="kicker">{live(move || said!(words, errors.heading))}</h2>
            {list}
        </section>
    }
}

/// One cause.
#[component]
fn CauseRow(
    /// Which.
    cause: ErrorCause,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let now = desk.now.get_untracked();
    let source = cause
        .source
        .as_ref()
        .map_or_else(|| said!(words, errors.unknown_source).to_owned(), |id| desk.name_of(id));
    let first = brief(words, cause.first_at.0, now);
    let last = brief(words, cause.last_at.0, now);
    let span = said!(words, errors.span, source = source, first = first, last = last).to_string();
    let is_requests = cause.counted == Counted::Requests;
    let state = RwSignal::new(None::<Result<Option<Replayed>, Failed>>);
    let body = Replay { source: cause.source.clone(), reason: cause.reason.clone() };
    let replay = move |_| {
        let body = body.clone();
        state.set(Some(Ok(None)));
        spawn_local(async move {
            let told = tell::<Replayed>("/api/v1/dead-letters/replay", &body).await;
            state.try_set(Some(told.map(Some)));
            desk.ask_all();
        });
    };
    let is_replayable = cause.replayable > 0 && desk.may_act();
    let n = cause.replayable;
    let told = part(move || {
        Some(match state.get()? {
            Ok(None) => said!(words, errors.replaying).to_owned(),
            Ok(Some(Replayed { accepted, folded, rejected })) => {
                let (accepted, rejected) =
                    (count(words, accepted + folded), count(words, rejected.len() as u64));
                said!(words, errors.replayed, accepted = accepted, rejected = rejected).to_string()
            }
            Err(cause) => failed(words, &cause),
        })
    });
    view! {
        <li>
            <div>
                <b>{reason(words, &cause.reason)}</b>
                {is_requests.then(|| view! { " "<span class="soft">{said!(words, errors.requests)}</span> })}
                <span class="under">{span}</span>
                {cause.sample_detail.map(|detail| view! { <span class="under faint">{detail}</span> })}
                {is_replayable.then(|| view! {
                    <span class="replay">
                        <button class="act small" on:click=replay title=said!(words, errors.replay_note)>
                            {said!(words, errors.replay, n = count(words, n)).to_string()}
                        </button>
                        <span role="status" class="soft">{told}</span>
                    </span>
                })}
            </div>
            <b class="n">{count(words, cause.count)}</b>
        </li>
    }
}
