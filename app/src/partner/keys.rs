//! Keys: which open, until when, and bound to what; another in place of one, and the end of one.

use leptos::html::Code;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::key::{KeyBounds, KeyList, KeyState, KeyView, MadeKey, RotateBody};

use super::ask::{Failed, drop_it, tell};
use super::code::copied_from;
use super::desk::{Desk, Followed, Told, desk};
use super::key_form::KeyForm;
use super::page::{SheetHead, focus};
use super::words::{apart, brief, count, failed, lang, said};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::words::Lang;

const DAY_MS: u64 = 86_400_000;
/// For how long the old key may go on.
const KEEP_DAYS: [u64; 4] = [7, 1, 30, 0];

/// What the parts of the dialog share.
#[derive(Clone, Copy)]
pub struct Keys {
    /// The key that was made a moment ago: shown until somebody says that it is kept.
    made: RwSignal<Option<MadeKey>>,
    /// What went wrong.
    problem: RwSignal<Option<String>>,
    list: Followed<KeyList>,
    /// Days that the old one goes on.
    keep_days: RwSignal<u64>,
    /// The key that is about to be ended.
    ending: RwSignal<Option<String>>,
    desk: Desk,
    words: Lang,
}

impl Keys {
    fn ask(self) {
        self.desk.follow(self.list, self.desk.path("/api/v1/keys"));
    }

    /// Takes the answer to a wish for a key.
    pub fn take(self, told: Result<MadeKey, Failed>) -> bool {
        let is_made = told.is_ok();
        match told {
            Ok(made) => {
                self.problem.try_set(None);
                self.made.try_set(Some(made));
                request_animation_frame(|| {
                    focus("made-key");
                    // The form has done its work: the list is what comes next.
                    if let Some(form) = document().get_element_by_id("new-key") {
                        drop(form.remove_attribute("open"));
                    }
                });
                self.ask();
                self.desk.ask_all();
            }
            Err(cause) => {
                self.problem.try_set(Some(failed(self.words, &cause)));
            }
        }
        is_made
    }

    fn rotate(self, id: String) {
        let body = RotateBody { keep_old_ms: self.keep_days.get_untracked() * DAY_MS };
        spawn_local(async move {
            let told = tell(&format!("/api/v1/keys/{id}/rotate"), &body).await;
            self.take(told);
        });
    }

    fn end(self, id: String) {
        self.ending.set(None);
        spawn_local(async move {
            match drop_it(&format!("/api/v1/keys/{id}")).await {
                Ok(()) | Err(Failed::Missing) => drop(self.problem.try_set(None)),
                Err(cause) => drop(self.problem.try_set(Some(failed(self.words, &cause)))),
            }
            self.ask();
            self.desk.ask_all();
        });
    }
}

/// The dialog.
#[component]
pub fn KeySheet() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let keys = Keys {
        made: RwSignal::new(None),
        problem: RwSignal::new(None),
        list: Lasting::signal(Told { value: None, failed: None }),
        keep_days: RwSignal::new(KEEP_DAYS[0]),
        ending: RwSignal::new(None),
        desk,
        words,
    };
    keys.ask();
    let rows = part(move || {
        Some(match keys.list.get() {
            Told { value: Some(list), .. } if list.keys.is_empty() => {
                view! { <p class="soft empty">{said!(words, keys_of.none)}</p> }.into_any()
            }
            Told { value: Some(list), .. } => {
                let (open, ended): (Vec<_>, Vec<_>) =
                    list.keys.into_iter().partition(|key| key.state == KeyState::InForce);
                let n_ended = ended.len() as u64;
                let ended = ended.into_iter().map(|key| row(keys, key)).collect_view();
                view! {
                    <ul class="lines key-list">{open.into_iter().map(|key| row(keys, key)).collect_view()}</ul>
                    {(n_ended > 0).then(|| view! {
                        <details><summary>{said!(words, keys_of.ended, n = count(words, n_ended)).to_string()}</summary><ul class="lines key-list">{ended}</ul></details>
                    })}
                }
                .into_any()
            }
            Told { failed: Some(cause), .. } => {
                view! { <p class="soft empty">{failed(words, &cause)}</p> }.into_any()
            }
            _ => view! { <p class="soft empty">{said!(words, loading)}</p> }.into_any(),
        })
    });
    let keep = move |event| {
        keys.keep_days.set(event_target_value(&event).parse().unwrap_or(KEEP_DAYS[0]));
    };
    let choices = part(move || {
        Some(KEEP_DAYS.map(|days| {
            let text = match days {
                0 => said!(words, keys_of.keep_none).to_owned(),
                1 => said!(words, keys_of.keep_day).to_owned(),
                _ => said!(words, keys_of.keep_days, n = count(words, days)).to_string(),
            };
            view! { <option value=days.to_string()>{text}</option> }
        }))
    });
    view! {
        <SheetHead title=live(move || said!(words, keys_of.heading).to_owned())/>
        <div class="scroll partner-form">
            <Made keys/>
            <p class="problem" role="alert">{keys.problem}</p>
            <details id="new-key" class="new-key">
                <summary>{live(move || said!(words, keys_of.first))}</summary>
                <KeyForm keys/>
            </details>
            <label class="keep-old" for="keep-old">
                {live(move || said!(words, keys_of.keep))}" "
                <select id="keep-old" on:change=keep>{choices}</select>
            </label>
            {rows}
        </div>
    }
}

/// The key that was made: shown this once, until it is put away.
#[component]
fn Made(
    /// The dialog's.
    keys: Keys,
) -> impl IntoView {
    let words = keys.words;
    let frame: NodeRef<Code> = NodeRef::new();
    let copied = RwSignal::new(None::<bool>);
    part(move || {
        let MadeKey { key, .. } = keys.made.get()?;
        copied.set(None);
        let shown = key.clone();
        let copy = move |_| {
            let Some(element) = frame.get_untracked() else { return };
            let text = key.clone();
            spawn_local(async move {
                let is_copied = copied_from(&text, &element).await;
                copied.try_set(Some(is_copied));
            });
        };
        let told = part(move || {
            copied
                .get()
                .map(|is| if is { said!(words, code.copied) } else { said!(words, code.marked) })
        });
        Some(view! {
            <section class="made-key" aria-labelledby="made-key">
                <h3 id="made-key" tabindex="-1">{said!(words, keys_of.made)}</h3>
                <code node_ref=frame tabindex="0">{shown}</code>
                <p class="soft">{said!(words, keys_of.once)}</p>
                <div class="partner-acts">
                    <button type="button" class="act main" on:click=copy>{said!(words, code.copy)}</button>
                    <button type="button" class="act" on:click=move |_| keys.made.set(None)>{said!(words, keys_of.kept)}</button>
                    <span role="status" class="soft">{told}</span>
                </div>
            </section>
        })
    })
}

fn row(keys: Keys, key: KeyView) -> AnyView {
    let words = keys.words;
    let now = keys.desk.now.get_untracked();
    let KeyView {
        id, partner, test, scopes, bounds, created_at, revoked_at, state, days_left, ..
    } = key;
    let open = state == KeyState::InForce;
    let told = match (state, revoked_at, bounds.expires_at) {
        (KeyState::Revoked, Some(at), _) => {
            said!(words, keys_of.revoked_at, time = brief(words, at.0, now)).to_string()
        }
        (KeyState::Expired, _, Some(at)) => {
            said!(words, keys_of.expired_at, time = brief(words, at.0, now)).to_string()
        }
        (_, _, Some(at)) => {
            let days =
                count(words, u64::try_from(days_left.unwrap_or_default()).unwrap_or_default());
            said!(words, keys_of.until, time = brief(words, at.0, now), n = days).to_string()
        }
        _ => said!(words, keys_of.no_end).to_owned(),
    };
    let made = said!(words, keys_of.made_at, time = brief(words, created_at.0, now)).to_string();
    let bound = bound_to(words, &bounds);
    let what = format!("{} {id}", apart(&partner));
    let (to_rotate, to_end, asked) = (id.clone(), StoredValue::new(id.clone()), id.clone());
    let name = StoredValue::new(what);
    let acts = part(move || {
        open.then(|| {
            if keys.ending.with(|ending| ending.as_ref() == Some(&to_end.get_value())) {
                return view! {
                    <button type="button" class="act small danger" on:click=move |_| keys.end(to_end.get_value())>{said!(words, keys_of.revoke_now)}</button>
                    <button type="button" class="act small" on:click=move |_| keys.ending.set(None)>{said!(words, cancel)}</button>
                }
                .into_any();
            }
            let (rotate, ask) = (to_rotate.clone(), asked.clone());
            view! {
                <button type="button" class="act small" aria-label=format!("{}: {}", said!(words, keys_of.rotate), name.get_value()) on:click=move |_| keys.rotate(rotate.clone())>{said!(words, keys_of.rotate)}</button>
                <button type="button" class="act small" aria-label=format!("{}: {}", said!(words, keys_of.revoke), name.get_value()) on:click=move |_| keys.ending.set(Some(ask.clone()))>{said!(words, keys_of.revoke)}</button>
            }
            .into_any()
        })
    });
    view! {
        <li data-key=id.clone() data-state=state.word()>
            <span>
                <b>{apart(&partner).into_owned()}</b>" "{test.then(|| view! { <span class="badge">{said!(words, keys_of.test)}</span>" " })}
                <code>{id.clone()}</code>
                <span class="under">{scopes.join(", ")}{bound.map(|bound| format!(" · {bound}"))}</span>
                <span class="under faint">{format!("{told} · {made}")}</span>
            </span>
            <span class="key-acts">{acts}</span>
        </li>
    }
    .into_any()
}

/// What a key is bound to, in words.
fn bound_to(words: Lang, bounds: &KeyBounds) -> Option<String> {
    let mut told = Vec::new();
    if let Some(area) = bounds.area {
        let (west, south, east, north) = area.into();
        told.push(
            said!(words, keys_of.in_area, area = format!("{west}, {south}, {east}, {north}"))
                .to_string(),
        );
    }
    if let Some(n) = bounds.requests_per_s {
        told.push(said!(words, keys_of.requests_per_s, n = count(words, u64::from(n))).to_string());
    }
    if let Some(n) = bounds.items_per_s {
        told.push(said!(words, keys_of.items_per_s, n = count(words, u64::from(n))).to_string());
    }
    if let Some(n) = bounds.items_per_day {
        told.push(said!(words, keys_of.items_per_day, n = count(words, n)).to_string());
    }
    (!told.is_empty()).then(|| told.join(" · "))
}
