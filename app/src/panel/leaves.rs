//! The reports of a cluster or a situation, newest first, page by page: every number opens the list behind it.

use std::sync::Arc;
use std::time::Duration;

use gloo_net::http::Request;
use leptos::html::Ol;
use leptos::prelude::*;
use serde::Deserialize;
use wasm_bindgen_futures::spawn_local;
use wire::id::ReportId;
use wire::report::ReportFeature;
use wire::time::Timestamp;

use crate::address::Selection;
use crate::desk::{Desk, desk};
use crate::model::Row;
use crate::panel::row::{Listed, keep_rows, row_of};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::words::{lang, t_string};

/// Reports a page.
const PAGE: usize = 50;
/// And where each is asked for by itself.
const FEW: usize = 12;
/// A cluster that changes all the time is asked for again this often at most.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// What a list holds: where its reports lie, and how many there are behind all its pages, if the server counted them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    pub(super) places: Vec<(f64, f64)>,
    pub(super) matched: Option<u64>,
}

/// A page, and how many there are on all.
#[derive(Deserialize)]
struct Page {
    features: Vec<ReportFeature>,
    next: Option<String>,
    #[serde(default)]
    matched: Option<u64>,
}

/// How the asking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    Waits,
    Done,
    Failed,
}

/// The list of its reports. It follows as it grows: `moved` is how many there are, and when the newest was said.
#[component]
pub(crate) fn Leaves(
    of: Selection,
    moved: Signal<Option<(u32, Timestamp)>>,
    /// Told what the list holds.
    #[prop(optional)]
    found: Option<RwSignal<Found>>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let reports: RwSignal<Vec<Row>> = RwSignal::new(Vec::new());
    let next: RwSignal<Option<String>> = RwSignal::new(None);
    let asking = Lasting::signal(Asking::Done);
    let of = StoredValue::new(of);
    let ask = move |from: Option<String>| {
        let of = of.get_value();
        asking.set(Asking::Waits);
        spawn_local(async move {
            let page = match of {
                Selection::Situation(id) => page_of(&desk, id, from.as_deref()).await,
                _ => fetch(&desk, &of, from.as_deref()).await,
            };
            // The card may have been closed while the answer travelled.
            if asking.try_set(page.as_ref().map_or(Asking::Failed, |_| Asking::Done)).is_some() {
                return;
            }
            let Some(page) = page else { return };
            reports.update(|held| {
                if from.is_none() {
                    held.clear();
                }
                let row = |report| Row { report: Arc::new(report), gone: false };
                held.extend(page.features.into_iter().map(row));
            });
            next.set(page.next);
            if let Some(found) = found {
                let places = reports.with_untracked(|held| {
                    let place = |row: &Row| row.report.geometry.map(|at| (at.lng(), at.lat()));
                    held.iter().filter_map(place).collect()
                });
                found.set(Found { places, matched: page.matched });
            }
        });
    };
    // A cluster may change ten times a second; one later look is enough for all of them.
    let due = StoredValue::new(false);
    let moved = Memo::new(move |_| moved.get());
    Effect::new(move |before: Option<()>| {
        if moved.get().is_none() {
            return;
        }
        if before.is_none() {
            ask(None);
        } else if !due.get_value() {
            due.set_value(true);
            let later = move || {
                // The card may be closed by then.
                if due.try_update_value(|due| *due = false).is_none() {
                    return;
                }
                // Further pages were opened to be read: they stay until the card is opened again.
                let first_page = reports.try_with_untracked(Vec::len).is_some_and(|n| n <= PAGE);
                if first_page && asking.try_get_untracked() == Some(Asking::Done) {
                    ask(None);
                }
            };
            set_timeout(later, AGAIN_AFTER);
        }
    });
    let more = move |_| ask(next.get_untracked());
    let list: NodeRef<Ol> = NodeRef::new();
    keep_rows(list, move || reports.get().into_iter().map(Listed::Report).collect(), false);
    view! {
        <h3>{live(move || t_string!(words, card.leaves))}</h3>
        <ol class="leaves" node_ref=list on:click=move |event| if let Some(id) = row_of(&event) {
            desk.selection.set(Some(id));
        }>
        </ol>
        {part(move || match asking.get() {
            Asking::Waits if reports.with(Vec::is_empty) => Some(view! { <p class="soft">{live(move || t_string!(words, list.loading))}</p> }.into_any()),
            Asking::Failed => Some(view! {
                <p class="warn">{live(move || t_string!(words, card.leaves_failed))}</p>
                <button class="act" on:click=move |_| ask(None)>{live(move || t_string!(words, card.leaves_again))}</button>
            }.into_any()),
            Asking::Waits | Asking::Done if next.with(Option::is_some) => Some(view! {
                <button class="act" disabled=move || asking.get() == Asking::Waits on:click=more>{live(move || t_string!(words, card.leaves_more))}</button>
            }.into_any()),
            Asking::Waits | Asking::Done => None,
        })}
    }
}

async fn fetch(desk: &Desk, of: &Selection, from: Option<&str>) -> Option<Page> {
    let from = from.map(|from| format!("&cursor={from}")).unwrap_or_default();
    let address = match of {
        Selection::Search => {
            format!("/api/v1/reports?{}&limit={PAGE}{from}", super::search::query(desk))
        }
        of => format!("{}{from}", of_view(desk, of)?),
    };
    let answer = Request::get(&address).send().await.ok()?;
    if answer.ok() { answer.json().await.ok() } else { None }
}

/// The list of a part of the view, which its window and its hazards narrow.
fn of_view(desk: &Desk, of: &Selection) -> Option<String> {
    let window = desk.window.try_get_untracked()?;
    let mut address = format!(
        "/api/v1/reports?{}&mode={}&window={}&limit={PAGE}",
        of.to_string().replacen(':', "=", 1),
        desk.mode.word(),
        window.word()
    );
    if let Some(hazards) = desk.hazards.try_get_untracked()? {
        let words: Vec<&str> = hazards.iter().map(wire::grade::Hazard::word).collect();
        address.push_str("&hazards=");
        address.push_str(&words.join(","));
    }
    Some(address)
}

/// Of a situation, the ids of its reports in the order of time; of all else it says, the picture knows more.
#[derive(Deserialize)]
struct Members {
    reports: Vec<ReportId>,
}

/// A page of a situation's reports: those that the picture holds, and each other asked for by itself. `from` is how many were shown.
async fn page_of(desk: &Desk, id: u64, from: Option<&str>) -> Option<Page> {
    let address = format!("/api/v1/situations/{id}?mode={}", desk.mode.word());
    let answer = Request::get(&address).send().await.ok()?;
    let members: Members = if answer.ok() { answer.json().await.ok()? } else { return None };
    let shown = from.and_then(|from| from.parse().ok()).unwrap_or(0);
    let mut features = Vec::new();
    for id in members.reports.iter().rev().skip(shown).take(FEW) {
        let held = desk.picture.try_with_value(|picture| picture.report(*id).cloned())?;
        let report = match held {
            Some(report) => Some(report),
            None => report(*id).await,
        };
        // One that went meanwhile, or that may not be read, is left out.
        features.extend(report);
    }
    let after = shown + FEW;
    let next = (after < members.reports.len()).then(|| after.to_string());
    Some(Page { features, next, matched: None })
}

/// One report, asked of the server.
pub(super) async fn report(id: ReportId) -> Option<ReportFeature> {
    let answer = Request::get(&format!("/api/v1/reports/{id}")).send().await.ok()?;
    if answer.ok() { answer.json().await.ok() } else { None }
}
