//! The passport of the device that is asked for: raw beside normalised value, levels with owner and document, where it stood,
//! and its history.

use leptos::prelude::*;
use wire::geo::LngLat;
use wire::sensor::{DatastreamView, LatestSensor, LatestSensors};

use super::address::Device;
use super::ask::Failed;
use super::desk::{Desk, Followed, Told, desk};
use super::history::HistoryPanel;
use super::kin::{Kin, kin};
use super::passport::{Cadence, Footprint, Passport};
use super::words::{age, apart, brief, grade, hazard, lang, said, span, value};
use crate::address::encode;
use crate::ui::dynamic::{live, part};
use crate::ui::lasting::Lasting;
use crate::words::Lang;

/// Datastreams of the source that are looked through for battery and signal.
const LOOKED_THROUGH: usize = 1_000;
/// They change by the day: each sixth time that all is asked, which is a minute, they are.
const ASKED_EACH: u64 = 6;

/// The passport, once it is known of which source the device is.
#[component]
pub fn SensorPanel() -> impl IntoView {
    let desk = desk();
    let which = Lasting::memo(move |_: Option<&Option<Device>>| {
        let asked = desk.address.with(|address| address.device.clone())?;
        let told = desk.why.with(|told| told.value.as_ref().and_then(|why| why.source.clone()));
        Some(Device { source: Some(asked.source.or(told)?), ..asked })
    });
    part(move || {
        let Device { name, source } = which.get()?;
        let source = source?;
        Some(view! { <Sensor source datastream=name/> })
    })
}

/// One datastream.
#[component]
fn Sensor(
    /// Its source.
    source: String,
    /// Its name.
    datastream: String,
) -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let at = format!("/api/v1/datastreams/{}/{}", segment(&source), segment(&datastream));
    let seen: Followed<DatastreamView> = Lasting::signal(Told { value: None, failed: None });
    let passport: Followed<Passport> = Lasting::signal(Told { value: None, failed: None });
    let path = StoredValue::new(at.clone());
    let around: Followed<LatestSensors> = Lasting::signal(Told { value: None, failed: None });
    let of_source = encode(&source);
    Effect::new(move |before: Option<u64>| {
        let n = desk.asked.get();
        let is_due = before.is_none_or(|before| n >= before + ASKED_EACH);
        if is_due {
            let query = format!("limit={LOOKED_THROUGH}&source={of_source}");
            desk.follow(around, desk.path(&format!("/api/v1/sensors/latest?{query}")));
        }
        before.filter(|_| !is_due).unwrap_or(n)
    });
    let own = StoredValue::new(datastream);
    let kins = Lasting::memo(move |_: Option<&Vec<(Kin, String, i64)>>| {
        let name =
            seen.with(|told| told.value.as_ref().map(|view| view.latest.sensor.name.clone()));
        let told = |one: &LatestSensor| {
            let by_id = kin(&own.get_value(), &one.sensor.datastream);
            let by_name = || kin(name.as_deref()?, &one.sensor.name);
            let number = value(words, one.sensor.result?);
            let unit = one.sensor.unit.as_deref().map(apart).unwrap_or_default();
            let said = format!("{number} {unit}").trim_end().to_owned();
            Some((by_id.or_else(by_name)?, said, one.sensor.phenomenon_time.0))
        };
        around.with(|all| all.value.iter().flat_map(|all| &all.sensors).filter_map(told).collect())
    });
    // As often as the rest is asked, and after an import.
    Effect::new(move |_| {
        desk.asked.track();
        desk.follow(seen, desk.path(&path.get_value()));
        desk.follow(passport, desk.path(&format!("{}/passport", path.get_value())));
    });
    let latest = Lasting::memo(move |_: Option<&Option<LatestSensor>>| {
        let told = seen.with(|told| told.value.as_ref().map(|view| view.latest.clone()));
        told.map(|latest| LatestSensor { age_ms: 0, ..latest })
    });
    let stood = Lasting::memo(move |_: Option<&Vec<wire::sensor::StoodAt>>| {
        seen.with(|told| told.value.as_ref().map(|view| view.places.clone())).unwrap_or_default()
    });
    let levels = Signal::derive(move || {
        passport
            .with(|told| told.value.as_ref().map(|passport| passport.levels.clone()))
            .unwrap_or_default()
    });
    let facts = part(move || {
        let Told { value, failed } = passport.get();
        let learned = latest.with(|latest| latest.as_ref().and_then(|one| one.sensor.cadence_ms));
        match (value, failed) {
            (Some(passport), _) => Some(facts(words, &passport, learned)),
            (None, Some(Failed::Missing)) => {
                Some(view! { <p class="soft">{said!(words, passport.none)}</p> }.into_any())
            }
            _ => None,
        }
    });
    view! {
        <section class="passport" aria-labelledby="passport">
            <h3 id="passport" class="kicker">{live(move || said!(words, passport.heading))}</h3>
            {part(move || Some(values(words, latest.get())))}
            {part(move || health_of(desk, words, kins.get()))}
            {facts}
            {part(move || places(desk, words, stood.get()))}
        </section>
        <HistoryPanel at levels/>
    }
}

/// Battery and signal, with the age of what was said; nothing where no datastream says so.
fn health_of(desk: Desk, words: Lang, kins: Vec<(Kin, String, i64)>) -> Option<AnyView> {
    if kins.is_empty() {
        return None;
    }
    let rows = kins.into_iter().map(|(kin, said, at)| {
        let label = match kin {
            Kin::Battery => said!(words, passport.battery),
            Kin::Signal => said!(words, passport.signal),
        };
        let old = live(move || age(words, desk.now.get() - at));
        view! { <div><dt>{label}</dt><dd><b>{said}</b>" "<span class="soft">{old}</span></dd></div> }
    });
    Some(view! { <dl class="values">{rows.collect_view()}</dl> }.into_any())
}

/// A part of a path: what a query may hold as it is, a path may not.
fn segment(text: &str) -> String {
    encode(text).replace('/', "%2F")
}

/// Raw beside normalised.
fn values(words: Lang, latest: Option<LatestSensor>) -> AnyView {
    let Some(LatestSensor { sensor, normalised, unit_known, quality, .. }) = latest else {
        return view! { <p class="soft">{said!(words, passport.no_value)}</p> }.into_any();
    };
    let raw =
        sensor.result.map(|number| value(words, number)).or(sensor.result_text).unwrap_or_default();
    let (raw, unit) = (apart(&raw), apart(sensor.unit.as_deref().unwrap_or_default()));
    let (raw, unit) = (raw.into_owned(), unit.into_owned());
    view! {
        <dl class="values">
            <div><dt>{said!(words, passport.raw)}</dt><dd><b>{raw}</b>" "{unit}</dd></div>
            {normalised.map(|one| view! {
                <div><dt>{said!(words, passport.normalised)}</dt><dd><b>{value(words, one.value)}</b>" "{one.unit}</dd></div>
            })}
        </dl>
        {(unit_known == Some(false)).then(|| view! { <p class="n-late">{said!(words, passport.unit_unknown)}</p> })}
        {quality.map(|word| view! { <p class="soft">{said!(words, passport.quality, word = apart(&word)).to_string()}</p> })}
    }
    .into_any()
}

fn facts(words: Lang, passport: &Passport, learned_ms: Option<u64>) -> AnyView {
    let mut rows: Vec<(&'static str, AnyView)> = Vec::new();
    let levels = passport.levels.iter().map(|level| {
        let direction = match level.direction.as_str() {
            "falling" => said!(words, passport.falling),
            _ => said!(words, passport.rising),
        };
        let class = format!("level {}", level.grade);
        let from = [&level.owner, &level.document, &level.date].map(|said| apart(said)).join(", ");
        view! {
            <li><b class=class>{grade(words, &level.grade)}</b>" "{value(words, level.value)}" "{apart(&level.unit).into_owned()}" "{direction}<span class="under faint">{from}</span></li>
        }
    });
    let levels: Vec<_> = levels.collect();
    rows.push((
        said!(words, passport.levels),
        if levels.is_empty() {
            said!(words, passport.no_levels).into_any()
        } else {
            view! { <ul>{levels}</ul> }.into_any()
        },
    ));
    let cadence = match (&passport.cadence, learned_ms) {
        (Some(Cadence { by_day_ms, in_alarm_ms: Some(alarm) }), _) => Some(
            said!(
                words,
                passport.in_alarm,
                span = span(words, *by_day_ms),
                alarm = span(words, *alarm)
            )
            .to_string(),
        ),
        (Some(Cadence { by_day_ms, in_alarm_ms: None }), _) => {
            Some(said!(words, passport.by_day, span = span(words, *by_day_ms)).to_string())
        }
        (None, Some(learned)) => {
            Some(said!(words, passport.learned, span = span(words, learned as i64)).to_string())
        }
        (None, None) => None,
    };
    let mut text = |label: &'static str, text: Option<String>| {
        if let Some(text) = text {
            rows.push((label, text.into_any()));
        }
    };
    text(said!(words, passport.cadence), cadence);
    text(said!(words, passport.hazard), passport.hazard.as_deref().map(|word| hazard(words, word)));
    let height = passport.height_m.map(|m| {
        let datum = passport.datum.as_deref().map(apart).unwrap_or_default();
        said!(words, passport.height_of, m = value(words, m), datum = datum).to_string()
    });
    text(said!(words, passport.height), height);
    let footprint = passport.footprint.as_ref().map(|footprint| match footprint {
        Footprint::Circle { radius_m, .. } => {
            said!(words, passport.within, m = value(words, *radius_m)).to_string()
        }
        Footprint::Ring(corners) => said!(words, passport.area, n = corners.len()).to_string(),
    });
    text(said!(words, passport.footprint), footprint);
    let reach = |one: &super::passport::Reach| {
        said!(words, passport.reach, what = apart(&one.datastream), minutes = one.minutes)
            .to_string()
    };
    let downstream: Vec<String> = passport.downstream.iter().map(reach).collect();
    text(
        said!(words, passport.downstream),
        (!downstream.is_empty()).then(|| downstream.join(", ")),
    );
    text(said!(words, passport.gateway), passport.gateway.clone());
    text(said!(words, passport.phone), passport.phone.clone());
    let yes = |yes: bool| {
        if yes { said!(words, passport.yes) } else { said!(words, passport.no) }.to_owned()
    };
    text(said!(words, passport.store_and_forward), passport.store_and_forward.map(yes));
    if let Some(photo) = passport.photo.clone() {
        // It lies on a host of the partner: nothing is fetched from there unless somebody goes.
        let link = view! { <a href=photo target="_blank" rel="noreferrer noopener">{said!(words, passport.photo_open)}</a> };
        rows.push((said!(words, passport.photo), link.into_any()));
    }
    let rows = rows
        .into_iter()
        .map(|(label, text)| view! { <div><dt>{label}</dt><dd>{text}</dd></div> })
        .collect_view();
    view! { <dl class="facts">{rows}</dl> }.into_any()
}

/// Where it stood, newest first; nothing while it never moved.
fn places(desk: Desk, words: Lang, places: Vec<wire::sensor::StoodAt>) -> Option<AnyView> {
    if places.len() < 2 {
        return None;
    }
    let now = desk.now.get_untracked();
    let shown = |at: LngLat| format!("{:.5}, {:.5}", at.lng(), at.lat());
    let rows = places.into_iter().rev().map(|stood| {
        let time = brief(words, stood.since.0, now);
        view! { <li>{said!(words, passport.stood_at, place = shown(stood.geometry), time = time).to_string()}</li> }
    });
    let rows: Vec<_> = rows.collect();
    Some(view! {
        <details class="stood"><summary>{said!(words, passport.stood)}</summary><ol>{rows}</ol></details>
    }.into_any())
}
