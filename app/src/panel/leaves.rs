//! The reports of a cluster, newest first, page by page: every number opens the list behind it.

use std::sync::Arc;
use std::time::Duration;

use gloo_net::http::Request;
use leptos::html::Ol;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wire::api::ReportPage;
use wire::cluster::Cluster;
use wire::id::ClusterId;

use crate::address::Selection;
use crate::desk::{Desk, desk};
use crate::model::Row;
use crate::panel::row::{keep_rows, row_of};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::words::{lang, t_string};

/// Reports a page.
const PAGE: usize = 50;
/// A cluster that changes all the time is asked for again this often at most.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// How the asking stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    Waits,
    Done,
    Failed,
}

/// The list of a cluster's reports; it follows the cluster as it grows.
#[component]
pub(crate) fn Leaves(
    id: ClusterId,
    #[prop(into)] cluster: Signal<Option<Cluster>>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let reports: RwSignal<Vec<Row>> = RwSignal::new(Vec::new());
    let next: RwSignal<Option<String>> = RwSignal::new(None);
    let asking = Lasting::signal(Asking::Done);
    let ask = move |from: Option<String>| {
        asking.set(Asking::Waits);
        spawn_local(async move {
            let page = fetch(&desk, id, from.as_deref()).await;
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
        });
    };
    // A cluster may change ten times a second; one later look is enough for all of them.
    let due = StoredValue::new(false);
    let moved = Memo::new(move |_| cluster.get().map(|cluster| (cluster.n, cluster.newest)));
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
    keep_rows(list, move || reports.get(), false);
    view! {
        <h3>{live(move || t_string!(words, card.leaves))}</h3>
        <ol class="leaves" node_ref=list on:click=move |event| if let Some(id) = row_of(&event) {
            desk.selection.set(Some(Selection::Report(id)));
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

async fn fetch(desk: &Desk, id: ClusterId, from: Option<&str>) -> Option<ReportPage> {
    let window = desk.window.try_get_untracked()?;
    let mut address = format!(
        "/api/v1/reports?cluster={id}&mode={}&window={}&limit={PAGE}",
        desk.mode.word(),
        window.word()
    );
    if let Some(hazards) = desk.hazards.try_get_untracked()? {
        let words: Vec<&str> = hazards.iter().map(wire::grade::Hazard::word).collect();
        address.push_str("&hazards=");
        address.push_str(&words.join(","));
    }
    if let Some(from) = from {
        address.push_str("&cursor=");
        address.push_str(from);
    }
    let answer = Request::get(&address).send().await.ok()?;
    if answer.ok() { answer.json().await.ok() } else { None }
}
