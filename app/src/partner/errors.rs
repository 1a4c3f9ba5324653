//! Errors by cause, and playing again what can be after a fix.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
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
    let again = RwSignal::new(None::<Again>);
    let told = part(move || {
        let Again { of, became } = again.get()?;
        let what = match &of.source {
            Some(source) => format!("{}, {}", desk.name_of(source), reason(words, &of.reason)),
            None => reason(words, &of.reason),
        };
        let became = match became {
            None => said!(words, errors.replaying).to_owned(),
            Some(Ok(Replayed { accepted, folded, rejected })) => {
                let (accepted, rejected) =
                    (count(words, accepted + folded), count(words, rejected.len() as u64));
                said!(words, errors.replayed, accepted = accepted, rejected = rejected).to_string()
            }
            Some(Err(cause)) => failed(words, &cause),
        };
        Some(view! { <b>{what}</b>": "{became} })
    });
    let any = Lasting::memo(move |_: Option<&bool>| {
        desk.may_replay()
            && causes.with(|told| told.value.iter().flatten().any(|cause| cause.replayable > 0))
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
                let rows = causes
                    .into_iter()
                    .map(|cause| view! { <CauseRow cause again/> })
                    .collect_view();
                view! { <ul class="errors">{rows}</ul> }.into_any()
            }
        })
    });
    // The month as the ledger counts it, in UTC.
    let ledger = live(move || {
        let date = js_sys::Date::new(&JsValue::from(desk.now.get() as f64));
        let month = format!("{:04}-{:02}", date.get_utc_full_year(), date.get_utc_month() + 1);
        desk.path(&format!("/api/v1/ledger?month={month}"))
    });
    view! {
        <section aria-labelledby="errors">
            <div class="partner-head">
                <h2 id="errors" class="kicker">{live(move || said!(words, errors.heading))}</h2>
                <a class="link" href=ledger download>{live(move || said!(words, errors.ledger))}</a>
            </div>
            <p class="soft again" role="status">{told}</p>
            <p class="soft" id="replay-note" hidden=live(move || !any.get())>{live(move || said!(words, errors.replay_note))}</p>
            {list}
        </section>
    }
}

/// What was sent again, and what became of it: told above the rows, which are made anew when their numbers change.
#[derive(Clone)]
struct Again {
    of: Replay,
    /// None while it is under way.
    became: Option<Result<Replayed, Failed>>,
}

/// One cause.
#[component]
fn CauseRow(
    /// Which.
    cause: ErrorCause,
    /// The panel's.
    again: RwSignal<Option<Again>>,
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
    let body = Replay { source: cause.source.clone(), reason: cause.reason.clone() };
    let replay = move |_| {
        let body = body.clone();
        let is_sending =
            again.with_untracked(|again| again.as_ref().is_some_and(|one| one.became.is_none()));
        if is_sending {
            return;
        }
        again.set(Some(Again { of: body.clone(), became: None }));
        spawn_local(async move {
            let became = Some(tell::<Replayed>("/api/v1/dead-letters/replay", &body).await);
            again.try_set(Some(Again { of: body, became }));
            desk.ask_all();
        });
    };
    let is_replayable = cause.replayable > 0 && desk.may_replay();
    let n = cause.replayable;
    view! {
        <li>
            <div>
                <b>{reason(words, &cause.reason)}</b>
                {is_requests.then(|| view! { " "<span class="soft">{said!(words, errors.requests)}</span> })}
                <span class="under">{span}</span>
                {cause.sample_detail.map(|detail| view! { <span class="under faint">{detail}</span> })}
                {is_replayable.then(|| view! {
                    <span class="replay">
                        <button class="act small" on:click=replay aria-describedby="replay-note">
                            {said!(words, errors.replay, n = count(words, n)).to_string()}
                        </button>
                    </span>
                })}
            </div>
            <b class="n">{count(words, cause.count)}</b>
        </li>
    }
}
