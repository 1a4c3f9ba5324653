//! The card: what is known, and first of all what is not, of the report, cluster or sensor that is picked.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wire::cluster::Cluster;
use wire::decision::DecisionSubject;
use wire::grade::Severity;
use wire::id::{ClusterId, ReportId};
use wire::report::ReportFeature;

use crate::address::Selection;
use crate::decide::Sent;
use crate::desk::desk;
use crate::map::canvas::{sensor_is_late, sensor_value};
use crate::map::marks::Rim;
use crate::model::order::place;
use crate::model::picture::SensorKey;
use crate::panel::acts::{Acts, Place, Question};
use crate::panel::facts::{Fact, ReportFacts};
use crate::panel::leaves::{Leaves, report};
use crate::panel::placing::NowhereCard;
use crate::panel::search::SearchCard;
use crate::panel::situation::SituationCard;
use crate::ui::dynamic::{live, part};
use crate::ui::hazard_sign::HazardSign;
use crate::ui::severity_shape::SeverityShape;
use crate::words::{self, apart, lang, t_string};

/// The card, when something is picked.
#[component]
pub fn Card() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let close = move |_| desk.selection.set(None);
    move || {
        desk.selection.get().map(|selection| {
            let situation = match selection {
                Selection::Situation(id) => Some(id),
                _ => None,
            };
            let has_place = !matches!(selection, Selection::Nowhere | Selection::Search);
            view! {
                <aside class="card" aria-label=live(move || t_string!(words, card.label))>
                    <div class="card-body" tabindex="0">
                        {match selection {
                            Selection::Situation(id) => view! { <SituationCard id/> }.into_any(),
                            Selection::Report(id) => view! { <ReportCard id/> }.into_any(),
                            Selection::Cluster(id) => view! { <ClusterCard id/> }.into_any(),
                            Selection::Sensor(source, datastream) => view! { <SensorCard key=(source, datastream)/> }.into_any(),
                            Selection::Nowhere => view! { <NowhereCard/> }.into_any(),
                            Selection::Search => view! { <SearchCard/> }.into_any(),
                        }}
                    </div>
                    {situation.is_some().then(|| view! { <Question at=Place::Card/> })}
                    <div class="acts" class:many=situation.is_some()>
                        {situation.map(|id| view! { <Acts id/> })}
                        {has_place.then(|| view! { <button class="act" on:click=move |_| desk.go_to_selection()>{live(move || t_string!(words, card.go))}<kbd aria-hidden="true">"G"</kbd></button> })}
                        <button class="act" on:click=close>{live(move || t_string!(words, card.close))}<kbd aria-hidden="true">"Esc"</kbd></button>
                    </div>
                </aside>
            }
        })
    }
}

/// One report. What the picture does not hold is asked for once.
#[component]
fn ReportCard(id: ReportId) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let fetched: RwSignal<Option<ReportFeature>> = RwSignal::new(None);
    let missing = RwSignal::new(false);
    let held = Memo::new(move |_| {
        desk.reports_moved.track();
        desk.picture.with_value(|picture| picture.report(id).cloned())
    });
    if held.get_untracked().is_none() {
        spawn_local(async move {
            let report = report(id).await;
            // The card may have been closed while the answer travelled.
            let _ = missing.try_set(report.is_none());
            let _ = fetched.try_set(report);
        });
    }
    // One that the picture does not hold is asked for again once it was placed.
    Effect::new(move |_| {
        let sent = desk.sent.get();
        let is_placed =
            matches!(sent, Sent::Stands(Some(DecisionSubject::Report(on)), _) if on == id);
        if is_placed && held.get_untracked().is_none() {
            spawn_local(async move {
                if let Some(again) = report(id).await {
                    let _ = fetched.try_set(Some(again));
                }
            });
        }
    });
    // A report that left the picture while it is read stays readable.
    let last: StoredValue<Option<ReportFeature>> = StoredValue::new(None);
    let report = Memo::new(move |_| {
        let now = held.get().or_else(|| fetched.get());
        if now.is_some() {
            last.set_value(now.clone());
        }
        now.or_else(|| last.get_value())
    });
    move || match report.get() {
        Some(report) => view! { <ReportFacts report/> }.into_any(),
        None if missing.get() => {
            view! { <p class="lead">{live(move || t_string!(words, card.not_held))}</p> }.into_any()
        }
        None => {
            view! { <p class="lead">{live(move || t_string!(words, list.loading))}</p> }.into_any()
        }
    }
}

/// A cluster: its counts, worst first.
#[component]
fn ClusterCard(id: ClusterId) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let cluster = Memo::new(move |_| {
        desk.clusters_moved.track();
        desk.picture.with_value(|picture| picture.cluster(id).cloned())
    });
    let facts = move || match cluster.get() {
        None => view! { <p class="lead">{live(move || t_string!(words, card.gone_cluster))}</p> }
            .into_any(),
        Some(cluster) => {
            let n = words::count(words, cluster.n.into());
            let title = if words::is_single(words, cluster.n.into()) {
                t_string!(words, card.cluster_single, n = n).to_string()
            } else {
                t_string!(words, card.cluster_several, n = n).to_string()
            };
            let newest = cluster.newest.0;
            view! {
                <div class="card-head">
                    <SeverityShape severity=cluster.worst rim=Rim::Dashed/>
                    <div>
                        <h2>{title}</h2>
                        <p>{words::severity(words, cluster.worst)}" "{words::count(words, cluster.n_worst.into())}" / "{words::count(words, cluster.n.into())}</p>
                    </div>
                </div>
                <p class="lead">{live(move || t_string!(words, card.cluster_note))}</p>
                {counts(words, &cluster)}
                <h3>{live(move || t_string!(words, card.newest))}</h3>
                <p>{words::moment(words, newest, desk.now.get_untracked())}</p>
                <p class="soft">{if cluster.expansion_zoom > wire::tile::ZOOM_MAX {
                    t_string!(words, card.never_apart).to_owned()
                } else {
                    t_string!(words, card.apart, zoom = cluster.expansion_zoom).to_string()
                }}</p>
            }
            .into_any()
        }
    };
    view! {
        {facts}
        <Leaves of=Selection::Cluster(id) moved=live(move || cluster.get().map(|cluster| (cluster.n, cluster.newest)))/>
    }
}

fn counts(words: words::Lang, cluster: &Cluster) -> impl IntoView + use<> {
    let whole = f64::from(cluster.n.max(1));
    let bar = move |n: u32| format!("{:.1}%", f64::from(n) / whole * 100.0);
    let severities = Severity::ALL
        .iter()
        .zip(cluster.severity.as_array())
        .filter(|(_, n)| *n > 0)
        .map(|(&severity, n)| {
            view! {
                <li class=severity.word().to_ascii_lowercase()>
                    <SeverityShape severity rim=Rim::Dashed/>
                    <span>{words::severity(words, severity)}</span>
                    <span class="bar"><i style:width=bar(n)></i></span>
                    <b>{words::count(words, n.into())}</b>
                </li>
            }
        })
        .collect_view();
    let mut hazards = Vec::new();
    for line in cluster.hazard.iter() {
        place(&mut hazards, line, |(hazard, n)| (std::cmp::Reverse(*n), *hazard));
    }
    let hazards = hazards
        .into_iter()
        .map(|(hazard, n)| {
            view! {
                <li>
                    <HazardSign hazard/>
                    <span>{words::hazard(words, hazard)}</span>
                    <span class="bar"><i style:width=bar(n)></i></span>
                    <b>{words::count(words, n.into())}</b>
                </li>
            }
        })
        .collect_view();
    view! {
        <h3>{live(move || t_string!(words, card.by_severity))}</h3>
        <ul class="counts">{severities}</ul>
        <h3>{live(move || t_string!(words, card.by_hazard))}</h3>
        <ul class="counts">{hazards}</ul>
    }
}

/// A sensor: its latest value and how old it is.
#[component]
fn SensorCard(key: SensorKey) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let name = key.1.clone();
    let sensor = Memo::new(move |_| {
        desk.sensors_moved.track();
        desk.picture.with_value(|picture| picture.sensor(&key).cloned())
    });
    move || {
        let Some(sensor) = sensor.get() else {
            return view! { <h2>{name.clone()}</h2><p class="lead">{live(move || t_string!(words, list.loading))}</p> }
                .into_any();
        };
        let at = sensor.phenomenon_time.0;
        let value = sensor_value(words, &sensor)
            .unwrap_or_else(|| t_string!(words, card.no_value).to_owned());
        let cadence = sensor.cadence_ms.map(|ms| {
            t_string!(words, card.every, span = words::age(words, ms as i64)).to_string()
        });
        let place = sensor.geometry.map(|place| format!("{:.5}, {:.5}", place.lng(), place.lat()));
        let checked = sensor.clone();
        view! {
            <div class="card-head">
                <svg class="shape" viewBox="0 0 36 36" aria-hidden="true"><rect x="7" y="7" width="22" height="22" class="square"/></svg>
                <div><h2>{sensor.name.clone()}</h2><p>{live(move || t_string!(words, card.sensor))}" · "{apart(&sensor.datastream).into_owned()}</p></div>
            </div>
            <p class="value">{value}</p>
            {sensor.gone_at.map(|gone| view! { <p class="warn">{live(move || t_string!(words, card.sensor_gone, moment = words::moment(words, gone.0, desk.now.get())).to_string())}</p> })}
            {part(move || (checked.gone_at.is_none() && sensor_is_late(&checked, desk.server_now())).then(|| view! { <p class="warn">{live(move || t_string!(words, card.sensor_late))}</p> }))}
            <dl class="facts">
                <Fact name=move || t_string!(words, card.value_age).to_owned() value=move || words::age(words, desk.server_now() - at)/>
                <Fact name=move || t_string!(words, card.observed).to_owned() value=move || words::moment(words, at, desk.now.get())/>
                {cadence.map(|cadence| view! { <Fact name=move || t_string!(words, card.cadence).to_owned() value=move || cadence.clone()/> })}
                <Fact name=move || t_string!(words, card.source).to_owned() value=move || sensor.source.clone()/>
                {place.map(|place| view! { <Fact name=move || t_string!(words, card.coordinates).to_owned() value=move || place.clone()/> })}
            </dl>
        }
        .into_any()
    }
}
