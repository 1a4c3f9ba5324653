//! The list of the newest reports in view: the map's parallel for keyboard and screen reader. Nothing in it moves
//! under a pointer or a selection.

use std::time::Duration;

use leptos::prelude::*;
use wire::grade::Severity;

use crate::address::Selection;
use crate::desk::{Desk, desk};
use crate::map::marks::Rim;
use crate::model::{Row, Stacks};
use crate::panel::filter::Filter;
use crate::ui::dynamic::{each, live, part};
use crate::ui::hazard_sign::HazardSign;
use crate::ui::lasting::Lasting;
use crate::ui::severity_shape::SeverityShape;
use crate::words::{self, Lang, lang, t_string};

/// A report that began this much before its newest word says since when.
const SINCE_AFTER_MS: i64 = 120_000;
/// What a burst left out is drawn when nothing came for this long.
const FILL_AFTER: Duration = Duration::from_millis(600);
/// How often a screen reader hears the counts at most.
const SAY_EVERY_S: i64 = 5;

/// The list.
#[component]
pub fn ReportList() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    // When the pointer, the focus or the card leaves, what waited comes in.
    Effect::new(move |before: Option<bool>| {
        let held = desk.list_held();
        if before == Some(true) && !held {
            desk.sync_rows();
        }
        held
    });
    let stacks = drawn_stacks(&desk);
    let waiting = Lasting::memo(move |_| desk.rows.with(crate::model::Rows::waiting));
    let shown = Memo::new(move |_| desk.rows.with(|rows| rows.rows().len()));
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
        <section class="list" id="list" tabindex="-1" aria-label=live(move || t_string!(words, list.label))>
            <Filter/>
            <div class="band">
                <h2>{live(move || t_string!(words, list.heading))}</h2>
                <span>{live(move || desk.totals.get().map(|totals| {
                    t_string!(words, list.n_of, shown = words::count(words, shown.get() as u64), total = words::count(words, totals.shown + totals.unplaced)).to_string()
                }))}</span>
            </div>
            <div class="waiting">
                {part(move || (waiting.get() > 0 || desk.frozen_list.get()).then(|| view! {
                    <button class="take-in" on:click=move |_| desk.take_in()>
                        {move || waiting_words(words, waiting.get())}<kbd aria-hidden="true">"R"</kbd>
                    </button>
                }))}
            </div>
            <ol class="rows"
                on:pointerenter=move |_| desk.in_list.set(true)
                on:pointerleave=move |_| desk.in_list.set(false)
                on:focusin=move |_| desk.in_list.set(true)
                on:focusout=move |_| desk.in_list.set(false)
            >
                {each(move || stacks.with(Stacks::moments), |moment| *moment, move |moment| each(
                    move || stacks.with(|stacks| stacks.rows(moment)),
                    move |row: &Row| (row.report.id, row.report.properties.seq, row.gone, words.locale()),
                    |row| view! { <ReportRow row/> },
                ))}
                {part(move || (shown.get() == 0).then(|| view! { <li class="empty">{empty(&desk, words)}</li> }))}
            </ol>
            <p class="unseen" role="status" aria-live="polite">{live(move || said.get().1)}</p>
        </section>
    }
}

/// The rows that are drawn: all of them, but in a burst only as many as are in sight, until it has passed or the list is held.
fn drawn_stacks(desk: &Desk) -> Lasting<Memo<Stacks>> {
    let desk = *desk;
    let fills = RwSignal::new(0_u32);
    let drawn = Memo::new(move |before: Option<&(u32, Stacks)>| {
        let (filled, stacks) = before.cloned().unwrap_or_default();
        let (fill, held) = (fills.get(), desk.list_held());
        desk.rows.with(|rows| {
            let all = rows.rows();
            let depth = if held || fill != filled { all.len() } else { stacks.depth(all) };
            (fill, stacks.next(all.get(..depth).unwrap_or(all)))
        })
    });
    let rest: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    let stop =
        move || rest.try_update_value(Option::take).flatten().iter().for_each(TimeoutHandle::clear);
    Effect::new(move |_| {
        stop();
        if drawn.with(|(_, stacks)| stacks.drawn()) < desk.rows.with(|rows| rows.rows().len()) {
            let fill = move || {
                // The desk may be closed by then.
                let _ = fills.try_update(|fills| *fills += 1);
            };
            rest.set_value(set_timeout_with_handle(fill, FILL_AFTER).ok());
        }
    });
    on_cleanup(stop);
    Lasting::memo(move |_| drawn.with(|(_, stacks)| stacks.clone()))
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

/// One report, readable in a second. In the list it can be found by its id and is a stop of the keys; elsewhere it is a button.
/// Its words are of the language in which it is drawn: lists have the language in the key of a row.
#[component]
pub(crate) fn ReportRow(row: Row, #[prop(default = true)] in_list: bool) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let Row { report, gone } = row;
    let id = report.id;
    let properties = report.properties.clone();
    let severity = properties.severity;
    // The age is that of the newest word, which is what the order goes by; what began earlier says since when.
    let (observed, newest_word) = (properties.observed_at.0, properties.updated_at.0);
    let age = Memo::new(move |_| words::age(words, desk.server_now() - newest_word));
    let began_earlier = newest_word - observed > SINCE_AFTER_MS;
    let picked = Memo::new(move |_| desk.selection.get() == Some(Selection::Report(id)));
    let stop = move || !in_list || desk.at_row.get() == Some(id) || is_first(&desk, id);
    let tab = move || if stop() { "0" } else { "-1" };
    let (title, source) = (head(&report.properties), source_word(&properties.source));
    let words_said =
        properties.text.clone().unwrap_or_else(|| t_string!(words, list.no_text).to_owned());
    let radius =
        (properties.radius_m > 0 && report.geometry.is_some()).then_some(properties.radius_m);
    let unplaced = report.geometry.is_none();
    let located = title.is_some() || radius.is_some();
    let (hazard, kind, basis, verification) =
        (properties.hazard, properties.kind, properties.basis, properties.verification);
    let (late, clock_ahead) = (properties.late, properties.clock_ahead);
    view! {
        <li>
            <button
                id=in_list.then(|| format!("row-{id}"))
                class=format!("row {}", severity_class(severity))
                class:on=live(move || picked.get())
                class:gone=gone
                data-report=id.to_string()
                aria-current=live(move || picked.get().then_some("true"))
                tabindex=tab
                on:focus=move |_| if in_list { desk.at_row.set(Some(id)) }
                on:click=move |_| desk.selection.set(Some(Selection::Report(id)))
            >
                <span class="tile"><SeverityShape severity rim=Rim::of(verification)/><HazardSign hazard/></span>
                <span class="lines">
                    <span class="line-1">
                        <span class="where">
                            {title.map(|place| view! { <b class="place">{place}</b> })}
                            {radius.map(|radius| view! { <span class="doubt">" ±"{words::count(words, radius.into())}" m"</span> })}
                        </span>
                        <span class="what">
                            {located.then_some(" · ")}
                            <b>{words::hazard(words, hazard)}</b>
                        </span>
                    </span>
                    <span class="line-2">{words_said}</span>
                    <span class="line-3">
                        <span class="unseen">{words::severity(words, severity)}" · "</span>
                        {words::kind(words, kind)}
                        {(basis != wire::grade::Basis::Unknown).then(|| view! { ", "{words::basis(words, basis)} })}
                        " · "<span class="word">{words::verification(words, verification)}</span>
                        {began_earlier.then(|| view! { " · "{t_string!(words, list.since, time = words::moment(words, observed, desk.now.get())).to_string()} })}
                        {late.then(|| view! { " · "{t_string!(words, list.late)} })}
                        {clock_ahead.then(|| view! { " · "{t_string!(words, list.clock_ahead)} })}
                    </span>
                </span>
                <span class="right">
                    <span class="age">{live(move || age.get())}</span>
                    {unplaced.then(|| view! { <span class="tag">{t_string!(words, list.no_place)}</span> })}
                    {gone.then(|| view! { <span class="tag">{t_string!(words, list.gone)}</span> })}
                    <span class="source">{source}</span>
                </span>
            </button>
        </li>
    }
}

/// One row of the list can always be reached by Tab; the keys move from there.
fn is_first(desk: &Desk, id: wire::id::ReportId) -> bool {
    desk.at_row.get().is_none()
        && desk.rows.with(|rows| rows.rows().first().is_some_and(|row| row.report.id == id))
}

/// A source as a row has room for: what follows its last colon.
fn source_word(source: &str) -> String {
    source.rsplit(':').next().unwrap_or_default().to_owned()
}

/// What a report is called: its place in words.
pub fn head(properties: &wire::report::ReportProperties) -> Option<String> {
    properties.place.clone().filter(|place| !place.is_empty())
}

/// The class that colours by severity.
pub fn severity_class(severity: Severity) -> String {
    severity.word().to_lowercase()
}
