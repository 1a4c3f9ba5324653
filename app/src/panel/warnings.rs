//! The official warnings in force: who says what, how grave, until when, in each of its languages, and where.

use leptos::html::Dialog;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wire::advisory::{AdvisoryFeature, AdvisoryGeometry, AdvisoryProperties, Position};
use wire::grade::{Certainty, Urgency};

use crate::address::Camera;
use crate::desk::desk;
use crate::map::marks::Rim;
use crate::map::warnings::in_language;
use crate::panel::feeds::{closed, follow};
use crate::ui::dynamic::live;
use crate::ui::severity_shape::SeverityShape;
use crate::words::{self, Lang, apart, lang, t_string};

/// The list, the gravest first, of those as grave the newest.
#[component]
pub fn WarningsDialog(
    /// Whether it is open.
    shown: RwSignal<bool>,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let dialog: NodeRef<Dialog> = NodeRef::new();
    follow(dialog, shown);
    let rows = move || {
        if !shown.get() {
            return ().into_any();
        }
        let warnings = desk.warnings.get();
        if warnings.features.is_empty() {
            return view! { <p class="soft">{t_string!(words, warnings.none)}</p> }.into_any();
        }
        let mut all = warnings.features.clone();
        all.sort_by_key(|one| (one.properties.severity, std::cmp::Reverse(one.id)));
        let rows = all.into_iter().map(|one| row(words, one, shown)).collect_view();
        view! { <ol class="warnings">{rows}</ol> }.into_any()
    };
    view! {
        <dialog node_ref=dialog class="sheet narrow" on:close=move |_| closed(dialog, shown) aria-labelledby="warnings-title">
            <div class="sheet-head">
                <h2 id="warnings-title">{live(move || t_string!(words, warnings.title))}</h2>
                <button class="plain" on:click=move |_| shown.set(false)>{live(move || t_string!(words, card.close))}<kbd aria-hidden="true">"Esc"</kbd></button>
            </div>
            <div class="scroll" tabindex="0" role="group" aria-labelledby="warnings-title">{rows}</div>
        </dialog>
    }
}

fn row(words: Lang, feature: AdvisoryFeature, shown: RwSignal<bool>) -> AnyView {
    let desk = desk();
    let (id, severity) = (feature.id, feature.properties.severity);
    let languages = feature.properties.languages.clone();
    let camera = feature.geometry.as_ref().and_then(look_at);
    let said = RwSignal::new(feature.properties);
    let choose = move |language: String| {
        spawn_local(async move {
            if let Some(other) = in_language(desk.mode.word(), id, &language).await {
                said.try_set(other.properties);
            }
        });
    };
    let go = camera.map(|camera| {
        view! {
            <button class="act" on:click=move |_| { desk.go_to(camera); shown.set(false); }>{t_string!(words, warnings.go_label)}</button>
        }
    });
    let choices = (languages.len() > 1).then(|| {
        let buttons = languages.into_iter().map(|language| {
            let (own, chosen) = (language.clone(), language.clone());
            let pressed = move || (said.with(|said| said.language == own)).to_string();
            view! { <button class="plain" aria-pressed=pressed on:click=move |_| choose(chosen.clone())>{apart(&language).into_owned()}</button> }
        });
        view! { <div role="group" aria-label=t_string!(words, warnings.languages)>{buttons.collect_view()}</div> }
    });
    // When it was opened: a date or a time of day does not change under the eyes of its reader.
    let now = untrack(|| desk.server_now());
    let texts = move || said.with(|said| texts(words, said, now));
    view! {
        <li>
            <SeverityShape severity rim=Rim::Filled/>
            <div class="words">{texts}{choices}{go}</div>
        </li>
    }
    .into_any()
}

/// Its words in one language.
fn texts(words: Lang, said: &AdvisoryProperties, now: i64) -> AnyView {
    let headline = said.headline.clone().unwrap_or_else(|| said.event.clone());
    let sender = said.sender_name.clone().unwrap_or_else(|| said.sender.clone());
    let grades = format!(
        "{} · {} · {}",
        words::severity(words, said.severity),
        urgency(words, said.urgency),
        certainty(words, said.certainty)
    );
    let end = if said.expires_assumed {
        t_string!(words, warnings.assumed).to_owned()
    } else {
        let time = words::moment(words, said.expires.0, now);
        t_string!(words, warnings.until, time = time).to_string()
    };
    let unplaced: Vec<&str> = said.unplaced.iter().map(|one| one.area.as_str()).collect();
    let unplaced = (!unplaced.is_empty()).then(|| {
        let areas = list(unplaced.into_iter());
        view! { <p class="soft">{t_string!(words, warnings.unplaced, areas = areas).to_string()}</p> }
    });
    let language = said.language.clone();
    view! {
        <b lang=language.clone()>{headline}</b>
        <p>{grades}" · "{end}</p>
        <p class="soft">{t_string!(words, warnings.from, sender = apart(&sender)).to_string()}" · "<span lang=language.clone()>{list(said.areas.iter().map(String::as_str))}</span></p>
        {unplaced}
        {said.description.clone().map(|text| view! { <p lang=language.clone()>{text}</p> })}
        {said.instruction.clone().map(|text| view! { <p lang=language.clone()>{text}</p> })}
    }
    .into_any()
}

/// One after the other, each apart.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(apart).collect::<Vec<_>>().join(", ")
}

fn urgency(words: Lang, urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Immediate => t_string!(words, warnings.urgency.immediate),
        Urgency::Expected => t_string!(words, warnings.urgency.expected),
        Urgency::Future => t_string!(words, warnings.urgency.future),
        Urgency::Past => t_string!(words, warnings.urgency.past),
        Urgency::Unknown => t_string!(words, warnings.urgency.unknown),
    }
}

fn certainty(words: Lang, certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Observed => t_string!(words, warnings.certainty.observed),
        Certainty::Likely => t_string!(words, warnings.certainty.likely),
        Certainty::Possible => t_string!(words, warnings.certainty.possible),
        Certainty::Unlikely => t_string!(words, warnings.certainty.unlikely),
        Certainty::Unknown => t_string!(words, warnings.certainty.unknown),
    }
}

/// So near that the whole of it is seen.
fn look_at(geometry: &AdvisoryGeometry) -> Option<Camera> {
    let corners = corners(geometry);
    let [first, ..] = corners.as_slice() else { return None };
    let around = corners.iter().fold([first[0], first[1], first[0], first[1]], |box_, at| {
        [box_[0].min(at[0]), box_[1].min(at[1]), box_[2].max(at[0]), box_[3].max(at[1])]
    });
    let [west, south, east, north] = around;
    // Some 500 pixels across, of 512 that the world has at zoom 0.
    let zoom = (360.0 / (east - west).max(2.0 * (north - south)).max(0.01)).log2();
    let (lng, lat) = (f64::midpoint(west, east), f64::midpoint(south, north));
    Some(Camera { lng, lat, zoom: zoom.clamp(1.0, 14.0) })
}

fn corners(geometry: &AdvisoryGeometry) -> Vec<Position> {
    match geometry {
        AdvisoryGeometry::MultiPolygon { coordinates } => {
            coordinates.iter().flatten().flatten().copied().collect()
        }
        AdvisoryGeometry::MultiPoint { coordinates } => coordinates.clone(),
        AdvisoryGeometry::GeometryCollection { geometries } => {
            geometries.iter().flat_map(corners).collect()
        }
    }
}
