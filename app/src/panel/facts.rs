//! The facts of a report on its card: said, not known, known.

use leptos::prelude::*;
use wire::grade::{Basis, Severity, Status, Verification};
use wire::report::ReportFeature;

use crate::desk::desk;
use crate::map::marks::Rim;
use crate::panel::placing::Told;
use crate::panel::row::head;
use crate::ui::dynamic::{live, part};
use crate::ui::hazard_sign::HazardSign;
use crate::ui::severity_shape::SeverityShape;
use crate::words::{self, Lang, apart, lang, t_string};

/// One line of facts.
#[component]
pub fn Fact(
    /// What it is.
    #[prop(into)]
    name: Signal<String>,
    /// Its value.
    #[prop(into)]
    value: Signal<String>,
) -> impl IntoView {
    view! { <dt>{name}</dt><dd>{value}</dd> }
}

/// A report in full, as far as its reader may see it.
#[component]
pub fn ReportFacts(
    /// The report.
    report: ReportFeature,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let p = report.properties.clone();
    let title = head(&p);
    let (severity, hazard, verification, kind, basis) =
        (p.severity, p.hazard, p.verification, p.kind, p.basis);
    let radius = (p.radius_m > 0 && report.geometry.is_some()).then_some(p.radius_m);
    let observed = p.observed_at.0;
    let fact = move |name: fn(Lang) -> &'static str, value: Option<String>| {
        value.map(|value| view! { <Fact name=move || name(words).to_owned() value=move || value.clone()/> })
    };
    let time = move |name: fn(Lang) -> &'static str, at: i64| {
        view! { <Fact name=move || name(words).to_owned() value=move || words::moment(words, at, desk.now.get())/> }
    };
    let coordinates =
        report.geometry.map(|place| format!("{:.5}, {:.5}", place.lng(), place.lat()));
    let status = p.status;
    let any_unknown = untrack(|| !unknowns(words, &report).is_empty());
    let (known, told) = (report.clone(), report);
    view! {
        <div class="card-head">
            <SeverityShape severity rim=Rim::of(verification)/>
            <div>
                <h2>{live(move || words::hazard(words, hazard))}{title.map(|place| format!(", {}", apart(&place)))}</h2>
                <p>
                    {radius.map(|radius| view! { "±"{live(move || words::count(words, radius.into()))}" m · " })}
                    {live(move || words::severity(words, severity))}" · "
                    <b>{live(move || words::verification(words, verification))}</b>" · "
                    {live(move || words::age(words, desk.server_now() - observed))}
                </p>
            </div>
            <HazardSign hazard/>
        </div>
        {p.text.clone().map(|text| view! {
            <h3>{live(move || t_string!(words, card.said))}</h3>
            <blockquote class="lead" lang=p.lang.clone()>{text}</blockquote>
        })}
        {p.withdrawn.map(|how| view! { <p class="lead">{live(move || words::matters::without_words(words, Some(how)))}</p> })}
        {any_unknown.then(|| view! {
            <div class="unknowns">
                <h3>{live(move || t_string!(words, card.unknown_heading))}</h3>
                <ul>{part(move || Some(unknowns(words, &known).into_iter().map(|line| view! { <li>{line}</li> }).collect_view()))}</ul>
            </div>
        })}
        <Told report=told/>
        {p.late.then(|| view! { <p class="warn">{live(move || t_string!(words, card.late))}</p> })}
        {p.clock_ahead.then(|| view! { <p class="warn">{live(move || t_string!(words, card.clock_ahead))}</p> })}
        <h3>{live(move || t_string!(words, card.facts))}</h3>
        <dl class="facts">
            <Fact name=move || t_string!(words, card.kind).to_owned() value=move || words::kind(words, kind).to_owned()/>
            <Fact name=move || t_string!(words, card.basis).to_owned() value=move || words::basis(words, basis).to_owned()/>
            {status.map(|status| view! {
                <Fact
                    name=move || t_string!(words, card.status).to_owned()
                    value=move || match status {
                        Status::Open => t_string!(words, card.open).to_owned(),
                        Status::Closed => t_string!(words, card.closed).to_owned(),
                    }
                />
            })}
            {fact(|words| t_string!(words, card.case_ref), p.case_ref.clone())}
            {time(|words| t_string!(words, card.observed), observed)}
            {time(|words| t_string!(words, card.received), p.recorded_at.0)}
            {(p.updated_at != p.observed_at).then(|| time(|words| t_string!(words, card.updated), p.updated_at.0))}
            {fact(|words| t_string!(words, card.place), p.place.clone())}
            {fact(|words| t_string!(words, card.coordinates), coordinates)}
            {p.placed_by.map(|by| view! {
                <Fact name=move || t_string!(words, placing.by).to_owned() value=move || words::matters::placed_by(words, by).to_owned()/>
            })}
            {fact(|words| t_string!(words, card.source), Some(p.source.clone()))}
            {fact(|words| t_string!(words, card.source_id), p.source_id.clone())}
            {fact(|words| t_string!(words, card.hazard_original), p.hazard_original.clone())}
            {fact(|words| t_string!(words, card.author), p.author.clone())}
            {p.url.as_deref().map(|url| view! {
                <dt>{live(move || t_string!(words, card.link))}</dt>
                <dd>{link(words, url)}</dd>
            })}
        </dl>
    }
}

/// The address of a report: a link where a browser finds a page of the web there. Where it leads elsewhere than its words begin, by a name
/// before an `@` or letters that look like others, the host is told.
fn link(words: Lang, written: &str) -> AnyView {
    let url = web_sys::Url::new(written).ok();
    let Some(url) = url.filter(|url| matches!(&*url.protocol(), "https:" | "http:")) else {
        return written.to_owned().into_any();
    };
    let host = url.host();
    let rest = written.split_once("://").and_then(|(_, rest)| rest.strip_prefix(&*host));
    let is_said = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
    view! {
        <a href=url.href() target="_blank" rel="noopener noreferrer">{written.to_owned()}</a>
        {(!is_said).then(|| view! { <span class="soft">{live(move || t_string!(words, card.leads_to, host = host.as_str()).to_string())}</span> })}
    }
    .into_any()
}

/// What nobody knows yet of a report: said before what is known, because that is where errors come from.
fn unknowns(words: Lang, report: &ReportFeature) -> Vec<String> {
    let p = &report.properties;
    let mut lines = Vec::new();
    let label = p.placing.as_ref().and_then(|placing| placing.about.as_ref());
    if let Some(label) = label.filter(|label| report.geometry.is_none() && label.is_label) {
        lines.push(t_string!(words, card.unknown_in, name = apart(&label.name)).to_string());
    } else if report.geometry.is_none() {
        lines.push(t_string!(words, card.unknown_place).to_owned());
    } else if p.radius_m > 0 {
        let radius = words::count(words, p.radius_m.into());
        lines.push(t_string!(words, card.unknown_radius, radius = radius).to_string());
    }
    if p.verification == Verification::Unverified {
        lines.push(t_string!(words, card.unknown_checked).to_owned());
    }
    if p.basis == Basis::Unknown {
        lines.push(t_string!(words, card.unknown_basis).to_owned());
    }
    if p.severity == Severity::Unknown {
        lines.push(t_string!(words, card.unknown_severity).to_owned());
    }
    lines
}
