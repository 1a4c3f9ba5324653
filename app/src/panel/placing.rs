//! Placing: what the words of a report tell of where it belongs, one press for what else they may mean, and the list of those without a place.

use leptos::prelude::*;
use wire::decision::DecisionSubject;
use wire::id::ReportId;
use wire::report::{ReportFeature, ToldPlace};

use crate::address::Selection;
use crate::desk::desk;
use crate::panel::find::kind_word;
use crate::panel::leaves::Leaves;
use crate::panel::situation::SentLine;
use crate::ui::dynamic::live;
use crate::words::{self, Lang, apart, lang, t_string};

/// What the words of a report tell of its place, and where else it may belong.
#[component]
pub fn Told(
    /// The report.
    report: ReportFeature,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let ReportFeature { id, geometry, properties, .. } = report;
    let placing = properties.placing;
    let from = placing.as_ref().and_then(|placing| placing.from.clone());
    let mut others = placing.as_ref().map(|placing| placing.candidates.clone()).unwrap_or_default();
    // A point that its words told and that is not drawn, because it lies outside, may be drawn by hand.
    let about = placing.and_then(|placing| placing.about);
    others.splice(0..0, about.filter(|about| geometry.is_none() && !about.is_label));
    let may = desk.may_decide();
    let rows = others.into_iter().map(|place| candidate(words, id, place, may)).collect_view();
    let has_rows = geometry.is_none() || !rows.is_empty();
    view! {
        {from.map(|from| view! {
            <p class="soft">{live(move || t_string!(words, placing.from, name = apart(&from.name)).to_string())}</p>
        })}
        {has_rows.then(|| view! {
            <h3>{live(move || t_string!(words, placing.heading))}</h3>
            <ol class="found">{rows}</ol>
            {may.then(|| view! {
                <button class="act" on:click=move |_| desk.opened.finds.set(true)>{live(move || t_string!(words, placing.find))}<kbd aria-hidden="true">"/"</kbd></button>
            })}
        })}
        <SentLine subject=Some(DecisionSubject::Report(id))/>
    }
}

/// One place that the words may mean: who decides presses, and it is there.
fn candidate(words: Lang, id: ReportId, place: ToldPlace, may: bool) -> AnyView {
    let desk = desk();
    let ToldPlace { name, within, kind, is_label, geometry, radius_m, weight, id: _ } = place;
    let put = move |_| desk.place(id, geometry, radius_m);
    view! {
        <li>
            <span class="place">
                <b>{name}</b>
                {(!within.is_empty()).then(|| view! { <span>{within}</span> })}
                <span class="soft">{live(move || kind_word(words, &kind))}" · ±"{live(move || words::count(words, radius_m.into()))}" m · "{weight}" %"</span>
            </span>
            {(may && !is_label).then(|| view! {
                <button class="act" on:click=put>{live(move || t_string!(words, placing.here))}</button>
            })}
        </li>
    }
    .into_any()
}

/// The reports that nobody knows the place of: a list that is seen, so that none is forgotten.
#[component]
pub fn NowhereCard() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let n = Memo::new(move |_| desk.totals.get().map(|totals| totals.unplaced));
    // The totals tell how many there are and not when the newest was said.
    let moved = Signal::derive(move || {
        n.get().map(|n| (u32::try_from(n).unwrap_or(u32::MAX), wire::time::Timestamp(0)))
    });
    view! {
        <h2>{live(move || t_string!(words, placing.nowhere))}" "{live(move || n.get().map(|n| words::count(words, n)))}</h2>
        <p class="lead">{live(move || t_string!(words, placing.nowhere_note))}</p>
        <Leaves of=Selection::Nowhere moved/>
    }
}
