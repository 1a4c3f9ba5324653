//! The history of a datastream as a chart, and the same numbers as a table. The chart's code comes when there is one to draw.

use js_sys::{Array, Float64Array};
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use wire::sensor::{History, PastBucket};

use super::address::Span;
use super::desk::{Desk, Followed, Told, desk};
use super::passport::Level;
use super::words::{apart, brief, count, failed, lang, said, value};
use crate::map::interop::{Chart, ChartModule, load_chart};
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::ui::theme::Theme;
use crate::words::Lang;

/// Chart and table.
#[component]
pub fn HistoryPanel(
    /// The address of the datastream.
    at: String,
    /// The owner's levels, drawn across.
    levels: Signal<Vec<Level>>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let told: Followed<History> = Lasting::signal(Told { value: None, failed: None });
    let path = StoredValue::new(at);
    let span = Lasting::memo(move |_: Option<&Span>| desk.address.with(|address| address.span));
    Effect::new(move |_| {
        desk.asked.track();
        let span = span.get();
        let to = untrack(|| desk.now.get());
        let from = to - span.ms();
        let query = format!("history?bucket={}&from={}", span.bucket(), moment(from));
        desk.follow(told, desk.path(&format!("{}/{query}", path.get_value())));
    });
    let buckets = Lasting::memo(move |_: Option<&Option<(Vec<PastBucket>, Option<String>)>>| {
        told.with(|told| {
            let history = told.value.as_ref()?;
            let with = |one: &&PastBucket| one.mean.is_some();
            let buckets = history.buckets.iter().flatten().filter(with).cloned().collect();
            Some((buckets, history.unit.clone()))
        })
    });
    let choice = move |one: Span| {
        let pressed = live(move || (span.get() == one).to_string());
        view! {
            <button class="chip" aria-pressed=pressed on:click=move |_| desk.go(|address| address.span = one)>
                {live(move || match one {
                    Span::Hour => said!(words, history.h1),
                    Span::Day => said!(words, history.h24),
                    Span::Week => said!(words, history.d7),
                })}
            </button>
        }
    };
    let rows = part(move || {
        let (buckets, unit) = buckets.get()?;
        Some(table(desk, words, buckets, unit))
    });
    let is_empty =
        live(move || buckets.with(|told| told.as_ref().is_none_or(|(all, _)| all.is_empty())));
    let empty = part(move || {
        let text = match (buckets.get(), told.with(|told| told.failed.clone())) {
            (Some((buckets, _)), _) if buckets.is_empty() => said!(words, history.empty).to_owned(),
            (Some(_), _) => return None,
            (None, Some(super::ask::Failed::Missing)) => said!(words, history.empty).to_owned(),
            (None, Some(cause)) => failed(words, &cause),
            (None, None) => said!(words, loading).to_owned(),
        };
        Some(view! { <p class="soft empty">{text}</p> })
    });
    view! {
        <section class="history" aria-labelledby="history">
            <div class="partner-head">
                <h3 id="history" class="kicker">{live(move || said!(words, history.heading))}</h3>
                <span class="chips" role="group" aria-label=live(move || said!(words, history.span))>{Span::ALL.map(choice)}</span>
            </div>
            <div class="chart-frame">
                <Drawn buckets levels/>
                {empty}
            </div>
            // The frame stays while its rows change: who opened it finds it open.
            <details class="numbers" hidden=is_empty>
                <summary>{live(move || said!(words, history.table))}</summary>
                <div class="table-frame" tabindex="0" role="region" aria-label=live(move || said!(words, history.table))>{rows}</div>
            </details>
        </section>
    }
}

type Buckets = Lasting<Memo<Option<(Vec<PastBucket>, Option<String>)>>>;

/// The chart. Its place is kept whether there is one or not, so that nothing moves when it comes.
#[component]
fn Drawn(
    /// The numbers.
    buckets: Buckets,
    /// Across.
    levels: Signal<Vec<Level>>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let theme: Theme = expect_context();
    let element: NodeRef<Div> = NodeRef::new();
    let chart: StoredValue<Option<Chart>, LocalStorage> = StoredValue::new_local(None);
    let turn = StoredValue::new(0_u32);
    let is_broken = RwSignal::new(false);
    let clear = move || {
        if let Some(chart) = chart.try_update_value(Option::take).flatten() {
            chart.remove_chart();
        }
    };
    Effect::new(move |_| {
        let (Some(element), told, levels) = (element.get(), buckets.get(), levels.get()) else {
            return;
        };
        let (_theme, language) = (theme.is_day(), words.locale());
        turn.update_value(|turn| *turn += 1);
        let mine = turn.get_value();
        let Some((buckets, unit)) = told.filter(|(buckets, _)| !buckets.is_empty()) else {
            clear();
            return;
        };
        let language = match language {
            crate::i18n::Locale::en => "en-GB",
            crate::i18n::Locale::ca => "ca",
        };
        spawn_local(async move {
            let drawn = draw(&element, &buckets, unit, &levels, language).await;
            match drawn {
                // What was asked for since draws its own.
                Ok(next) if turn.try_get_value() == Some(mine) => {
                    clear();
                    chart.set_value(Some(next));
                    is_broken.set(false);
                }
                Ok(late) => late.remove_chart(),
                Err(_cause) => drop(is_broken.try_set(true)),
            }
        });
    });
    on_cleanup(move || {
        turn.update_value(|turn| *turn += 1);
        clear();
    });
    let label = live(move || {
        buckets
            .get()
            .map(|(buckets, unit)| summary(desk, words, &buckets, unit.as_deref()))
            .unwrap_or_default()
    });
    view! {
        <div node_ref=element class="chart" role="img" aria-label=label></div>
        {part(move || is_broken.get().then(|| view! { <p class="soft empty">{said!(words, history.failed)}</p> }))}
    }
}

async fn draw(
    element: &web_sys::HtmlDivElement,
    buckets: &[PastBucket],
    unit: Option<String>,
    levels: &[Level],
    language: &str,
) -> Result<Chart, JsValue> {
    let module: ChartModule = JsFuture::from(load_chart()).await?.unchecked_into();
    let column = |of: fn(&PastBucket) -> Option<f64>| {
        let numbers: Vec<f64> = buckets.iter().map(|one| of(one).unwrap_or(f64::NAN)).collect();
        Float64Array::from(numbers.as_slice())
    };
    let times = column(|one| Some(one.start.0 as f64 / 1_000.0));
    let values: Vec<f64> = levels.iter().map(|level| level.value).collect();
    let tones = Array::new();
    for level in levels {
        let tone = match level.grade.as_str() {
            "red" => "extreme",
            "orange" => "severe",
            _ => "moderate",
        };
        tones.push(&JsValue::from_str(tone));
    }
    let drawn = module.draw(
        element,
        &times,
        &column(|one| one.min),
        &column(|one| one.mean),
        &column(|one| one.max),
        &unit.unwrap_or_default(),
        &Float64Array::from(values.as_slice()),
        &tones,
        language,
    );
    Ok(JsFuture::from(drawn).await?.unchecked_into())
}

/// What the chart shows, in words.
fn summary(desk: Desk, words: Lang, buckets: &[PastBucket], unit: Option<&str>) -> String {
    let (Some(first), Some(newest)) = (buckets.first(), buckets.last()) else {
        return String::new();
    };
    let now = desk.now.get_untracked();
    let least = buckets.iter().filter_map(|one| one.min).fold(f64::INFINITY, f64::min);
    let greatest = buckets.iter().filter_map(|one| one.max).fold(f64::NEG_INFINITY, f64::max);
    said!(
        words,
        history.chart,
        from = brief(words, first.start.0, now),
        to = brief(words, newest.start.0, now),
        min = value(words, least),
        max = value(words, greatest),
        mean = value(words, newest.mean.unwrap_or(f64::NAN)),
        unit = apart(unit.unwrap_or_default())
    )
    .to_string()
}

fn table(desk: Desk, words: Lang, buckets: Vec<PastBucket>, unit: Option<String>) -> AnyView {
    let now = desk.now.get_untracked();
    let unit = unit.unwrap_or_default();
    let number = move |n: Option<f64>| n.map_or_else(|| "–".to_owned(), |n| value(words, n));
    let rows = buckets.into_iter().rev().map(move |one| {
        view! {
            <tr>
                <th scope="row">{brief(words, one.start.0, now)}</th>
                <td class="n">{count(words, one.n)}</td>
                <td class="n">{number(one.min)}</td>
                <td class="n">{number(one.mean)}</td>
                <td class="n">{number(one.max)}</td>
            </tr>
        }
    });
    let rows: Vec<_> = rows.collect();
    let head = |text: &'static str| view! { <th scope="col" class="n">{text}" "<span class="faint">{unit.clone()}</span></th> };
    view! {
        <table>
            <thead><tr>
                <th scope="col">{said!(words, history.time)}</th>
                <th scope="col" class="n">{said!(words, history.n)}</th>
                {head(said!(words, history.min))}{head(said!(words, history.mean))}{head(said!(words, history.max))}
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// A moment as the server reads it.
fn moment(ms: i64) -> String {
    js_sys::Date::new(&JsValue::from(ms as f64)).to_iso_string().into()
}
