//! What an import would change, to look at and to confirm. What does most harm if it is wrong stands first.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::import::{ImportDiff, Imported, LevelTold};

use super::ask::{Failed, act, drop_it};
use super::desk::desk;
use super::page::SheetHead;
use super::words::{apart, count, failed, grade, is_single, lang, said, value};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::words::Lang;

/// Lines of one list that are shown: what one reads before one confirms.
const SHOWN: usize = 200;

/// The sentence of a diff, in parts.
pub fn parts(words: Lang, diff: &ImportDiff) -> Vec<String> {
    let changes = &diff.changes;
    let n = |n: usize| count(words, n as u64);
    let mut told = Vec::new();
    if changes.new > 0 {
        let n = count(words, changes.new);
        told.push(if is_single(words, changes.new) {
            said!(words, import.new_single, n = n).to_string()
        } else {
            said!(words, import.new_several, n = n).to_string()
        });
    }
    if !changes.moved.is_empty() {
        told.push(said!(words, import.moved, n = n(changes.moved.len())).to_string());
    }
    match changes.unit_changed.as_slice() {
        [] => {}
        [one] => told.push(
            said!(
                words,
                import.unit_single,
                n = n(1),
                from = apart(&one.from),
                to = apart(&one.to),
                name = apart(&one.datastream)
            )
            .to_string(),
        ),
        several => told.push(said!(words, import.unit_several, n = n(several.len())).to_string()),
    }
    if !changes.levels_changed.is_empty() {
        told.push(said!(words, import.levels, n = n(changes.levels_changed.len())).to_string());
    }
    if !changes.renamed.is_empty() {
        told.push(said!(words, import.renamed, n = n(changes.renamed.len())).to_string());
    }
    if !changes.other_changed.is_empty() {
        told.push(said!(words, import.other, n = n(changes.other_changed.len())).to_string());
    }
    if !diff.rejected.is_empty() {
        let many = diff.rejected.len() as u64;
        told.push(if is_single(words, many) {
            said!(words, import.rejected_single, n = count(words, many)).to_string()
        } else {
            said!(words, import.rejected_several, n = count(words, many)).to_string()
        });
    }
    if changes.unchanged > 0 {
        told.push(said!(words, import.unchanged, n = count(words, changes.unchanged)).to_string());
    }
    told
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
enum State {
    Looking,
    Storing,
    Stored(u64),
    Failed(Failed),
}

/// The dialog.
#[component]
pub fn DiffSheet(
    /// The name of the import.
    name: String,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let state = RwSignal::new(State::Looking);
    let at = StoredValue::new(format!("/api/v1/sensors/import/{name}"));
    let of = name;
    // What was looked at stays on screen when it is confirmed and no longer waits.
    let diff = Lasting::memo(move |known: Option<&Option<ImportDiff>>| {
        let found = desk.imports.with(|told| {
            let imports = &told.value.as_ref()?.imports;
            imports.iter().find(|one| one.import.as_deref() == Some(&*of)).cloned()
        });
        found.or_else(|| known.cloned().flatten())
    });
    let confirm = move |_| {
        if state.get_untracked() != State::Looking {
            return;
        }
        state.set(State::Storing);
        spawn_local(async move {
            let told = act::<Imported>(&format!("{}/confirm", at.get_value())).await;
            state.try_set(match told {
                Ok(stored) => State::Stored(stored.stored),
                Err(cause) => State::Failed(cause),
            });
            desk.ask_all();
        });
    };
    let discard = move |_| {
        spawn_local(async move {
            match drop_it(&at.get_value()).await {
                Ok(()) | Err(Failed::Missing) => desk.open.set(None),
                Err(cause) => drop(state.try_set(State::Failed(cause))),
            }
            desk.ask_all();
        });
    };
    let body = part(move || {
        Some(match diff.get() {
            Some(diff) => lists(words, diff),
            None => view! { <p class="soft">{said!(words, loading)}</p> }.into_any(),
        })
    });
    let foot = part(move || {
        Some(match state.get() {
            State::Stored(n) => {
                let told = count(words, n);
                let text = if is_single(words, n) {
                    said!(words, import.stored_single, n = told).to_string()
                } else {
                    said!(words, import.stored_several, n = told).to_string()
                };
                view! { <p class="done">{text}</p> }.into_any()
            }
            State::Failed(Failed::Missing) => {
                view! { <p class="problem">{said!(words, import.gone)}</p> }.into_any()
            }
            State::Failed(cause) => {
                view! { <p class="problem">{failed(words, &cause)}</p> }.into_any()
            }
            State::Storing => {
                view! { <p class="soft">{said!(words, import.confirming)}</p> }.into_any()
            }
            State::Looking => ().into_any(),
        })
    });
    let is_over = live(move || state.get() != State::Looking);
    view! {
        <SheetHead title=live(move || said!(words, import.title).to_owned())/>
        <p class="diff-sentence"><b>{live(move || diff.with(|diff| diff.as_ref().map(|diff| parts(words, diff).join(", "))).unwrap_or_default())}</b></p>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="sheet-title">{body}</div>
        <div class="partner-acts foot">
            <button class="act main" disabled=is_over on:click=confirm>{live(move || said!(words, import.confirm))}</button>
            <button class="act" disabled=is_over on:click=discard>{live(move || said!(words, import.discard))}</button>
            <div role="status">{foot}</div>
        </div>
    }
}

fn lists(words: Lang, diff: ImportDiff) -> AnyView {
    let ImportDiff { changes, rejected, .. } = diff;
    let levels = |levels: &[LevelTold]| {
        let one = |level: &LevelTold| {
            let (grade, n) = (grade(words, &level.grade), value(words, level.value));
            format!("{grade} {n} {}", apart(&level.unit))
        };
        let told: Vec<String> = levels.iter().map(one).collect();
        if told.is_empty() { said!(words, import.no_levels).to_owned() } else { told.join(" · ") }
    };
    let arrow = |from: &str, to: &str| format!("{} → {}", apart(from), apart(to));
    let place = |at: wire::geo::LngLat| format!("{:.5}, {:.5}", at.lng(), at.lat());
    let row = |line: u64| said!(words, import.row, line = line).to_string();
    let rejected = rejected.iter().map(|one| {
        let column = apart(one.column.as_deref().unwrap_or_default());
        (format!("{} {column}", row(one.line)), apart(&one.detail).into_owned())
    });
    let units =
        changes.unit_changed.iter().map(|one| (one.datastream.clone(), arrow(&one.from, &one.to)));
    let moved = changes.moved.iter().map(|one| {
        let metres = said!(words, import.metres, n = count(words, one.metres)).to_string();
        (one.datastream.clone(), format!("{metres}: {}", arrow(&place(one.from), &place(one.to))))
    });
    let leveled = changes
        .levels_changed
        .iter()
        .map(|one| (one.datastream.clone(), arrow(&levels(&one.from), &levels(&one.to))));
    let renamed =
        changes.renamed.iter().map(|one| (one.datastream.clone(), arrow(&one.from, &one.to)));
    let other =
        changes.other_changed.iter().map(|one| (one.datastream.clone(), one.columns.join(", ")));
    let new = changes.new_datastreams.iter().map(|name| (name.clone(), String::new()));
    view! {
        {list(words, said!(words, import.l_rejected), "n-silent", rejected.collect())}
        {list(words, said!(words, import.l_unit), "n-late", units.collect())}
        {list(words, said!(words, import.l_moved), "n-late", moved.collect())}
        {list(words, said!(words, import.l_levels), "", leveled.collect())}
        {list(words, said!(words, import.l_renamed), "", renamed.collect())}
        {list(words, said!(words, import.l_other), "", other.collect())}
        {list(words, said!(words, import.l_new), "", new.collect())}
    }
    .into_any()
}

fn list(
    words: Lang,
    title: &'static str,
    class: &'static str,
    lines: Vec<(String, String)>,
) -> Option<AnyView> {
    if lines.is_empty() {
        return None;
    }
    let n_more = lines.len().saturating_sub(SHOWN);
    let heading = format!("{title} ({})", count(words, lines.len() as u64));
    let rows = lines.into_iter().take(SHOWN).map(
        |(name, what)| view! { <li><b>{apart(&name).into_owned()}</b>" "<span>{what}</span></li> },
    );
    let rows: Vec<_> = rows.collect();
    Some(view! {
        <section class="diff-list">
            <h3 class=class>{heading}</h3>
            <ul>{rows}</ul>
            {(n_more > 0).then(|| view! { <p class="soft">{said!(words, import.shown_of, n = count(words, n_more as u64)).to_string()}</p> })}
        </section>
    }.into_any())
}
