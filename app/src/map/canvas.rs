//! The map panel: keeps the canvas in step with the desk. It reads signals and calls the facade; it decides nothing.
#![expect(
    clippy::large_types_passed_by_value,
    reason = "a desk is a bundle of handles, copied as one"
)]

use std::collections::BTreeSet;

use gloo_net::http::Request;
use js_sys::{Array, BigUint64Array, Float64Array, Object, Reflect};
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlElement;
use wire::cluster::Cluster;
use wire::id::ReportId;

use crate::address::{Camera, Selection};
use crate::desk::{Desk, desk};
use crate::map::incidents::follow_incidents;
use crate::map::interop::{Facade, MapModule, load_map};
use crate::map::marks::Marks;
use crate::model::picture::SensorKey;
use crate::ui::dynamic::{live, part};
use crate::ui::theme::Theme;
use crate::words::{self, Lang, lang, t_string};

/// From this zoom on single reports show their radius of doubt.
const STREET_ZOOM: f64 = 16.0;
/// From this zoom on all sensors are drawn; further out only those that need a look, or all of them by hand.
const SENSOR_ZOOM: f64 = 14.0;
/// A sensor is late after this many of its usual pauses: one lost value is noise, three are silence.
const LATE_AFTER_PAUSES: u64 = 3;
/// What the map draws when the server does not say: nothing but the room's own symbols.
const NO_BASEMAP: &str = r#"{"kind":"none"}"#;

/// The map as the desk holds it: the facade, and the closures the browser calls for as long as it lives.
#[derive(Clone)]
pub struct Canvas {
    facade: std::rc::Rc<Facade>,
    _listeners: std::rc::Rc<Listeners>,
}

struct Listeners {
    _moved: Closure<dyn FnMut(Float64Array, bool)>,
    _picked: Closure<dyn FnMut(String, String)>,
    _sized: Closure<dyn FnMut(f64, f64)>,
    _problem: Closure<dyn FnMut(String)>,
}

impl Canvas {
    /// Calls the map.
    pub(crate) fn facade(&self) -> &Facade {
        &self.facade
    }

    /// Moves the camera there.
    pub fn go_to(&self, camera: Camera) {
        self.facade.go_to(camera.lng, camera.lat, camera.zoom);
    }
}

/// Whether a sensor's value is older than its rhythm promises, or its last will says that it is gone.
pub fn sensor_is_late(sensor: &wire::sensor::SensorView, server_now: i64) -> bool {
    let age = server_now.saturating_sub(sensor.phenomenon_time.0).max(0) as u64;
    sensor.gone_at.is_some()
        || sensor.cadence_ms.is_some_and(|cadence| age > cadence.saturating_mul(LATE_AFTER_PAUSES))
}

/// A sensor's value in words.
pub fn sensor_value(words: Lang, sensor: &wire::sensor::SensorView) -> Option<String> {
    let value = sensor
        .result
        .map(|value| words::value(words, value))
        .or_else(|| sensor.result_text.clone())?;
    // UCUM's unit of a plain count is "1": behind a number it would be read as one more digit.
    let unit = sensor.unit.as_ref().filter(|unit| *unit != "1");
    let value = words::apart(&value);
    Some(unit.map_or_else(
        || value.clone().into_owned(),
        |unit| format!("{value} {}", words::apart(unit)),
    ))
}

/// The map.
#[component]
pub fn MapPanel() -> impl IntoView {
    let (desk, words) = (desk(), lang());
    let theme: Theme = expect_context();
    let place: NodeRef<Div> = NodeRef::new();
    let failed: RwSignal<Option<String>> = RwSignal::new(None);
    let started = StoredValue::new(false);
    let marks = StoredValue::new(Marks::default());

    Effect::new(move |_| {
        let Some(element) = place.get() else { return };
        if started.get_value() {
            return;
        }
        started.set_value(true);
        let element: HtmlElement = element.unchecked_into();
        watch_size(desk, &element);
        spawn_local(async move {
            match make(desk, &element, theme).await {
                Ok(canvas) => {
                    desk.canvas.set_value(Some(canvas));
                    desk.canvas_ready.set(true);
                }
                Err(cause) => failed.set(Some(cause)),
            }
        });
    });
    on_cleanup(move || {
        if let Some(Some(canvas)) = desk.canvas.try_update_value(Option::take) {
            canvas.facade.remove();
        }
    });

    Effect::new(move |_| {
        desk.clusters_moved.track();
        desk.reports_moved.track();
        with_canvas(desk, &|facade| draw_clusters(desk, words, marks, facade));
    });
    follow_incidents(&desk, place);
    let nearer_than = |zoom: f64| Memo::new(move |_| desk.camera.get().zoom >= zoom);
    let (street, close) = (nearer_than(STREET_ZOOM), nearer_than(SENSOR_ZOOM));
    follow_doubt(desk, street);
    // Lateness grows with time alone, so the sensors are looked at again every ten seconds.
    let grown = Memo::new(move |_| desk.now.get() / 10_000);
    Effect::new(move |_| {
        desk.sensors_moved.track();
        let all = desk.all_sensors.get() || close.get();
        let picked = desk.selection.get();
        grown.track();
        with_canvas(desk, &|facade| draw_sensors(desk, words, all, picked.as_ref(), facade));
    });
    follow_selected(desk);
    Effect::new(move |before: Option<&'static str>| {
        let word = theme.word();
        if before.is_some_and(|before| before != word) {
            with_canvas(desk, &|facade| facade.set_theme(word));
        }
        word
    });

    let zoom_by = move |by: f64| {
        let camera = desk.camera.get_untracked();
        desk.go_to(Camera { zoom: (camera.zoom + by).clamp(0.0, 20.0), ..camera });
    };
    view! {
        <section class="map-panel" role="region" aria-label=live(move || t_string!(words, map.label))>
            <div class="map" node_ref=place></div>
            <div class="map-note" role="status">
                {part(move || failed.get().map(|cause| view! { <p>{t_string!(words, map.failed, cause = cause).to_string()}</p> }.into_any())
                    .or_else(|| (!desk.canvas_ready.get()).then(|| view! { <p>{live(move || t_string!(words, map.loading))}</p> }.into_any())))}
            </div>
            <div class="map-tools">
                <button class="tool" on:click=move |_| desk.all_sensors.update(|all| *all = !*all)
                    aria-pressed=live(move || desk.all_sensors.get().to_string())>
                    {live(move || t_string!(words, map.sensors))}<kbd aria-hidden="true">"O"</kbd>
                </button>
                <button class="tool" on:click=move |_| desk.go_to(desk.home.get_untracked())>
                    {live(move || t_string!(words, map.home))}<kbd aria-hidden="true">"Home"</kbd>
                </button>
                <button class="tool square" on:click=move |_| zoom_by(1.0) aria-label=live(move || t_string!(words, map.zoom_in))>"+"</button>
                <button class="tool square" on:click=move |_| zoom_by(-1.0) aria-label=live(move || t_string!(words, map.zoom_out))>"−"</button>
            </div>
        </section>
    }
}

/// The size decides what the view asks for, with a map or without one.
fn watch_size(desk: Desk, element: &HtmlElement) {
    let measure = {
        let element = element.clone();
        move || {
            let size = (f64::from(element.client_width()), f64::from(element.client_height()));
            if size.0 > 0.0 && size.1 > 0.0 && size != desk.size.get_untracked() {
                desk.size.set(size);
            }
        }
    };
    measure();
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
}

async fn make(desk: Desk, element: &HtmlElement, theme: Theme) -> Result<Canvas, String> {
    let said = |cause: JsValue| cause.as_string().unwrap_or_else(|| format!("{cause:?}"));
    let basemap = match Request::get("/api/v1/basemap").send().await {
        Ok(answer) if answer.ok() => {
            answer.text().await.unwrap_or_else(|_cause| NO_BASEMAP.to_owned())
        }
        _ => NO_BASEMAP.to_owned(),
    };
    let module: MapModule = JsFuture::from(load_map()).await.map_err(said)?.unchecked_into();
    let moved = Closure::<dyn FnMut(Float64Array, bool)>::new(
        move |numbers: Float64Array, _rested: bool| {
            if let [lng, lat, zoom, ..] = numbers.to_vec()[..] {
                let turned = (lng + 180.0).rem_euclid(360.0) - 180.0;
                desk.camera.set(Camera { lng: turned, lat, zoom });
            }
        },
    );
    let picked = Closure::<dyn FnMut(String, String)>::new(move |what: String, id: String| {
        desk.selection.set(pick(desk, &what, &id));
    });
    let sized = Closure::<dyn FnMut(f64, f64)>::new(move |width: f64, height: f64| {
        if (width, height) != desk.size.get_untracked() {
            desk.size.set((width, height));
        }
    });
    let problem = Closure::<dyn FnMut(String)>::new(|cause: String| {
        leptos::logging::warn!("map: {cause}");
    });
    let camera = desk.camera.get_untracked();
    let options = Object::new();
    let set = |name: &str, value: &JsValue| {
        // Setting a property of a plain object cannot fail.
        let _ = Reflect::set(&options, &JsValue::from_str(name), value);
    };
    set("lng", &camera.lng.into());
    set("lat", &camera.lat.into());
    set("zoom", &camera.zoom.into());
    set("theme", &untrack(|| theme.word()).into());
    set("onMove", moved.as_ref());
    set("onPick", picked.as_ref());
    set("onSize", sized.as_ref());
    set("onProblem", problem.as_ref());
    let facade =
        JsFuture::from(module.create_map(element, &options, &basemap)).await.map_err(said)?;
    Ok(Canvas {
        facade: std::rc::Rc::new(facade.unchecked_into()),
        _listeners: std::rc::Rc::new(Listeners {
            _moved: moved,
            _picked: picked,
            _sized: sized,
            _problem: problem,
        }),
    })
}

/// What a click means. A symbol that stands for one report opens that report.
fn pick(desk: Desk, what: &str, id: &str) -> Option<Selection> {
    match what {
        "incident" => id.parse().ok().map(Selection::Situation),
        "cluster" => {
            let id = id.parse().ok()?;
            let alone = desk
                .picture
                .with_value(|picture| picture.cluster(id).and_then(|cluster| cluster.report));
            Some(alone.map_or(Selection::Cluster(id), Selection::Report))
        }
        "sensor" => id.split_once('/').map(|(source, datastream)| {
            Selection::Sensor(source.to_owned(), datastream.to_owned())
        }),
        _ => None,
    }
}

/// Calls the map, once it is there.
fn with_canvas(desk: Desk, act: &dyn Fn(&Facade)) {
    if desk.canvas_ready.get() {
        desk.canvas.with_value(|canvas| canvas.iter().for_each(|canvas| act(&canvas.facade)));
    }
}

/// Circles of doubt follow what changes while there are any.
fn follow_doubt(desk: Desk, street: Memo<bool>) {
    Effect::new(move |before: Option<bool>| {
        let street = street.get();
        let picked = match desk.selection.get() {
            Some(Selection::Report(id)) => Some(id),
            _ => None,
        };
        let none = !street && picked.is_none();
        if none && before == Some(true) {
            return true;
        }
        desk.reports_moved.track();
        desk.clusters_moved.track();
        with_canvas(desk, &|facade| draw_doubt(desk, street, picked, facade));
        none
    });
}

/// The ring follows what is picked; most changes leave it where it is.
fn follow_selected(desk: Desk) {
    Effect::new(move |before: Option<Option<(f64, f64)>>| {
        desk.reports_moved.track();
        desk.clusters_moved.track();
        let ready = desk.canvas_ready.get();
        let at = desk.selected_place().filter(|_| ready);
        if before.flatten() != at {
            with_canvas(desk, &|facade| {
                let numbers = at.map_or_else(Vec::new, |(lng, lat)| vec![lng, lat]);
                facade.set_selected(&Float64Array::from(numbers.as_slice()));
            });
        }
        at
    });
}

fn draw_clusters(desk: Desk, words: Lang, marks: StoredValue<Marks>, facade: &Facade) {
    desk.picture.with_value(|picture| {
        // Half a view would show its missing tiles as calm: what was drawn stays until all of it is there.
        if !picture.settled() {
            return;
        }
        let checked = |cluster: &Cluster| {
            cluster
                .report
                .and_then(|id| picture.report(id))
                .map(|report| report.properties.verification)
        };
        let Some(delta) = marks.try_update_value(|marks| marks.delta(picture.clusters(), checked))
        else {
            return;
        };
        let mut numbers = Vec::with_capacity(delta.put.len() * 6);
        for (_, mark) in &delta.put {
            numbers.extend([
                mark.lng,
                mark.lat,
                f64::from(mark.n),
                f64::from(mark.n_worst),
                mark.worst.index() as f64,
                mark.rim.index() as f64,
            ]);
        }
        let ids: Vec<u64> = delta.put.iter().map(|(id, _)| id.0).collect();
        let dropped: Vec<u64> = delta.drop.iter().map(|id| id.0).collect();
        facade.set_clusters(
            &BigUint64Array::from(ids.as_slice()),
            &Float64Array::from(numbers.as_slice()),
            &BigUint64Array::from(dropped.as_slice()),
            &words::thousands_separator(words),
        );
    });
}

fn draw_doubt(desk: Desk, street: bool, picked: Option<ReportId>, facade: &Facade) {
    desk.picture.with_value(|picture| {
        let alone = if street { picture.drawn_alone() } else { BTreeSet::new() };
        let ids = Array::new();
        let mut numbers = Vec::new();
        for report in picture.reports() {
            let drawn = alone.contains(&report.id) || picked == Some(report.id);
            let Some(place) = report.geometry.filter(|_| drawn && report.properties.radius_m > 0)
            else {
                continue;
            };
            ids.push(&report.id.to_string().into());
            numbers.extend([place.lng(), place.lat(), f64::from(report.properties.radius_m)]);
        }
        facade.set_doubt(&ids, &Float64Array::from(numbers.as_slice()));
    });
}

fn draw_sensors(desk: Desk, words: Lang, all: bool, picked: Option<&Selection>, facade: &Facade) {
    let server_now = untrack(|| desk.server_now());
    let is_picked = |(source, datastream): &SensorKey| matches!(picked, Some(Selection::Sensor(at, which)) if at == source && which == datastream);
    let (ids, states, labels) = (Array::new(), Array::new(), Array::new());
    let mut numbers = Vec::new();
    desk.picture.with_value(|picture| {
        for (key, sensor) in picture.sensors() {
            let late = sensor_is_late(sensor, server_now);
            let Some(place) = sensor.geometry.filter(|_| all || late || is_picked(key)) else {
                continue;
            };
            let (source, datastream) = key;
            ids.push(&format!("{source}/{datastream}").into());
            states.push(&if late { "late" } else { "fresh" }.into());
            let value = sensor_value(words, sensor).unwrap_or_default();
            labels.push(&format!("{}\n{value}", sensor.name).into());
            numbers.extend([place.lng(), place.lat()]);
        }
    });
    facade.set_sensors(&ids, &Float64Array::from(numbers.as_slice()), &states, &labels);
}
