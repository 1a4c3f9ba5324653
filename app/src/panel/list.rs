//! The list of situations, or of the newest reports in view: the map's parallel for keyboard and screen reader. Nothing
//! in it moves under a pointer or a selection.

use std::time::Duration;

use leptos::html::Ol;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{FocusEvent, Node, PointerEvent};

use crate::desk::{Desk, desk};
use crate::model::burst::depth;
use crate::model::{Band, Incident, Row};
use crate::panel::filter::Filter;
use crate::panel::row::{Listed, keep_rows, row_of};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::words::{self, Lang, lang, matters, t_string};

/// What a burst left out is drawn when nothing came for this long.
const FILL_AFTER: Duration = Duration::from_millis(1_500);
/// How high a row is (`public/list.css`).
const ROW_PX: f64 = 84.0;
/// A tap is a click by then.
const TAP_WITHIN: Duration = Duration::from_millis(500);
/// How often a screen reader hears the counts at most.
const SAY_EVERY_S: i64 = 5;

/// The list.
#[component]
pub fn List() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    // When the pointer, the focus or the card leaves, what waited comes in.
    Effect::new(move |before: Option<bool>| {
        let held = desk.list_held();
        if before == Some(true) && !held {
            desk.sync_rows();
        }
        held
    });
    let drawn = drawn_rows(&desk);
    let list: NodeRef<Ol> = NodeRef::new();
    let listed = move || {
        if desk.reports_listed.get() {
            drawn.with(|(_, rows)| rows.iter().cloned().map(Listed::Report).collect())
        } else {
            desk.incidents.with(|incidents| banded(&desk, words, incidents.rows()))
        }
    };
    keep_rows(list, listed, true);
    let waiting = Lasting::memo(move |_| {
        if desk.reports_listed.get() {
            desk.rows.with(crate::model::Rows::waiting)
        } else {
            desk.incidents.with(crate::model::Incidents::waiting)
        }
    });
    let n_reports = Memo::new(move |_| desk.rows.with(|rows| rows.rows().len()));
    let n_incidents = Memo::new(move |_| desk.incidents.with(|incidents| incidents.rows().len()));
    let shown = move || if desk.reports_listed.get() { n_reports.get() } else { n_incidents.get() };
    let said = Memo::new(move |before: Option<&(i64, String)>| {
        let slot = desk.now.get() / (SAY_EVERY_S * 1_000);
        if let Some((last, text)) = before.filter(|(last, _)| *last == slot) {
            return (*last, text.clone());
        }
        let here = untrack(|| desk.totals.get()).map_or(0, |totals| totals.shown);
        let fresh = untrack(|| waiting.get());
        (slot, t_string!(words, live_region, here = here, fresh = fresh).to_string())
    });
    view! {
        <section class="list" id="list" tabindex="-1" aria-label=live(move || if desk.reports_listed.get() { t_string!(words, list.label) } else { t_string!(words, incidents.label) })>
            <div class="turn-list" role="group" aria-label=live(move || t_string!(words, incidents.listed))>
                {turn_button(&desk, false, live(move || format!("{} {}", t_string!(words, incidents.label), words::count(words, n_incidents.get() as u64))))}
                {turn_button(&desk, true, live(move || {
                    let here = desk.totals.get().map(|totals| words::count(words, totals.shown + totals.unplaced));
                    format!("{} {}", t_string!(words, incidents.reports), here.unwrap_or_default())
                }))}
                <kbd aria-hidden="true">"V"</kbd>
            </div>
            <Filter/>
            <div class="band" hidden=live(move || !desk.reports_listed.get())>
                <h2>{live(move || t_string!(words, list.heading))}</h2>
                <span>{live(move || desk.totals.get().map(|totals| {
                    t_string!(words, list.n_of, shown = words::count(words, n_reports.get() as u64), total = words::count(words, totals.shown + totals.unplaced)).to_string()
                }))}</span>
            </div>
            <div class="waiting">
                {part(move || (waiting.get() > 0 || desk.frozen_list.get()).then(|| view! {
                    <button class="take-in" on:click=move |_| desk.take_in()>
                        {move || waiting_words(words, waiting.get())}<kbd aria-hidden="true">"R"</kbd>
                    </button>
                }))}
            </div>
            <ol class="rows" node_ref=list
                on:pointerenter=move |_| turn(desk.pointer_in_list, true)
                on:pointerleave=move |event| leave(desk.pointer_in_list, &event)
                on:focusin=move |event| {
                    turn(desk.focus_in_list, true);
                    if let Some(id) = row_of(&event) {
                        desk.at_row.set(Some(id));
                    }
                }
                on:focusout=move |event| if !stays_inside(&event) { turn(desk.focus_in_list, false) }
                on:click=move |event| if let Some(id) = row_of(&event) {
                    desk.at_row.set(Some(id.clone()));
                    desk.selection.set(Some(id));
                }
            >
                {part(move || (shown() == 0).then(|| view! { <li class="empty">{empty(&desk, words)}</li> }))}
            </ol>
            <p class="unseen" role="status" aria-live="polite">{live(move || said.get().1)}</p>
        </section>
    }
}

/// Half of the switch between incidents and reports.
fn turn_button(desk: &Desk, reports: bool, name: Signal<String>) -> AnyView {
    let listed = desk.reports_listed;
    view! {
        <button aria-pressed=live(move || (listed.get() == reports).to_string()) on:click=move |_| listed.set(reports)>
            {name}
        </button>
    }
    .into_any()
}

/// The rows of situations, each first one of a band under what stands over it.
fn banded(desk: &Desk, words: Lang, rows: &[Incident]) -> Vec<Listed> {
    let mut before: Option<Band> = None;
    let over = |band: Band| {
        let of_band = || rows.iter().filter(|row| row.band == band);
        let mut text = format!("{} {}", matters::band(words, band), of_band().count());
        let look_at = of_band().filter_map(|row| row.situation.look_at).min();
        if let Some(at) = look_at.filter(|_| band == Band::Watched) {
            let left = at.0 - desk.server_now();
            text.push_str(" · ");
            if left > 0 {
                let time = matters::span(left);
                text.push_str(&t_string!(words, incidents.look_in, time = time).to_string());
            } else {
                text.push_str(t_string!(words, incidents.look_now));
            }
        }
        text
    };
    rows.iter()
        .map(|row| {
            let begins = before.replace(row.band) != Some(row.band);
            let text = if begins { over(row.band) } else { String::new() };
            Listed::Incident(row.clone(), text)
        })
        .collect()
}

/// The rows that are drawn: all of them, but in a burst only as many as are in sight, until it has passed or the list is held.
fn drawn_rows(desk: &Desk) -> Memo<(u32, Vec<Row>)> {
    let desk = *desk;
    let fills = RwSignal::new(0_u32);
    // The list is about as high as the map: to ask for its own height would have the page laid out.
    let in_sight = Memo::new(move |_| (desk.size.get().1 / ROW_PX).ceil() as usize + 1);
    let drawn = Memo::new(move |before: Option<&(u32, Vec<Row>)>| {
        let (filled, drawn) = before.map_or((0, [].as_slice()), |(filled, drawn)| (*filled, drawn));
        let (fill, held) = (fills.get(), desk.list_held());
        desk.rows.with(|rows| {
            let all = rows.rows();
            let n =
                if held || fill != filled { all.len() } else { depth(drawn, all, in_sight.get()) };
            (fill, all.get(..n).unwrap_or(all).to_vec())
        })
    });
    let rest: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    let stop =
        move || rest.try_update_value(Option::take).flatten().iter().for_each(TimeoutHandle::clear);
    Effect::new(move |_| {
        stop();
        if drawn.with(|(_, drawn)| drawn.len()) < desk.rows.with(|rows| rows.rows().len()) {
            let fill = move || {
                // The desk may be closed by then.
                let _ = fills.try_update(|fills| *fills += 1);
            };
            rest.set_value(set_timeout_with_handle(fill, FILL_AFTER).ok());
        }
    });
    on_cleanup(stop);
    drawn
}

/// Sets it only when it is another, so that nothing is drawn anew for nothing.
fn turn(flag: Lasting<RwSignal<bool>>, to: bool) {
    if flag.get_untracked() != to {
        flag.set(to);
    }
}

/// The pointer leaves the list. A finger leaves before its tap is a click, which must still find what it pressed.
fn leave(pointer_in_list: Lasting<RwSignal<bool>>, event: &PointerEvent) {
    if event.pointer_type() == "mouse" {
        turn(pointer_in_list, false);
    } else {
        let late = move || {
            // The desk may be closed by then.
            let _ = pointer_in_list.try_set(false);
        };
        set_timeout(late, TAP_WITHIN);
    }
}

/// Whether the focus goes to another place of the same list.
fn stays_inside(event: &FocusEvent) -> bool {
    let list = event.current_target().and_then(|list| list.dyn_into::<Node>().ok());
    let to = event.related_target().and_then(|to| to.dyn_into::<Node>().ok());
    list.is_some_and(|list| to.is_some() && list.contains(to.as_ref()))
}

fn waiting_words(words: Lang, n: usize) -> String {
    if n == 0 {
        return t_string!(words, list.frozen).to_owned();
    }
    let text = words::count(words, n as u64);
    if words::is_single(words, n as u64) {
        t_string!(words, list.fresh_single, n = text).to_string()
    } else {
        t_string!(words, list.fresh_several, n = text).to_string()
    }
}

/// Why there is nothing to list, in numbers, and what to do.
fn empty(desk: &Desk, words: Lang) -> AnyView {
    let Some(totals) = desk.totals.get() else {
        return view! { <p>{live(move || t_string!(words, list.loading))}</p> }.into_any();
    };
    if !desk.reports_listed.get() {
        return view! { <h3>{live(move || t_string!(words, incidents.empty_title))}</h3><p>{live(move || t_string!(words, incidents.empty))}</p> }.into_any();
    }
    if totals.total == 0 {
        return view! { <h3>{live(move || t_string!(words, list.empty_title))}</h3><p>{live(move || t_string!(words, list.empty_nothing))}</p> }.into_any();
    }
    let window = words::window(words, desk.window.get());
    view! {
        <h3>{live(move || t_string!(words, list.empty_title))}</h3>
        <p>
            {t_string!(words, list.empty_window, window = window).to_string()}" "
            {t_string!(words, list.empty_elsewhere, count = words::count(words, totals.elsewhere)).to_string()}" "
            {t_string!(words, list.empty_filtered, count = words::count(words, totals.filtered)).to_string()}
        </p>
        <p>{live(move || t_string!(words, list.empty_remedy))}</p>
    }
    .into_any()
}
