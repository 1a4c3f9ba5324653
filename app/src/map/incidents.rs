//! The situations on the map: their outline, and the tile that the list shows too.

use js_sys::{Array, Float64Array};
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::desk::Desk;
use crate::map::interop::Facade;
use crate::map::marks::Rim;
use crate::model::Incident;
use crate::panel::tile::{look, tile};

/// Situations on the map at most: more symbols than that nobody reads at a glance.
const DRAWN_MAX: usize = 40;

/// Keeps them in step with the list. What is drawn as it was is not drawn again: a situation is told anew with each report in it.
pub(super) fn follow_incidents(desk: &Desk, place: NodeRef<Div>) {
    let desk = *desk;
    Effect::new(move |before: Option<Vec<Incident>>| {
        let before = before.unwrap_or_default();
        // Who lists reports looks at single ones: then nothing stands over their symbols.
        let next = if desk.reports_listed.get() {
            Vec::new()
        } else {
            desk.incidents.with(|incidents| drawn(incidents.rows()))
        };
        if let Some(place) = place.get() {
            // The name is one that an element can have.
            let _ = place.set_attribute("data-quiet", if next.is_empty() { "" } else { "1" });
        }
        if !desk.canvas_ready.get() {
            return before;
        }
        let is_same = |(a, b): (&Incident, &Incident)| {
            a.situation.id == b.situation.id && looks_alike(a, b) && stands_alike(a, b)
        };
        if before.len() != next.len() || !before.iter().zip(&next).all(is_same) {
            desk.canvas.with_value(|canvas| {
                if let Some(canvas) = canvas {
                    draw(&before, &next, canvas.facade());
                }
            });
        }
        next
    });
}

/// Those that have a place, in the order of the list.
fn drawn(rows: &[Incident]) -> Vec<Incident> {
    let placed = rows.iter().filter(|row| row.situation.geometry.is_some() && !row.gone);
    placed.take(DRAWN_MAX).cloned().collect()
}

/// Whether one tile does for both.
fn looks_alike(a: &Incident, b: &Incident) -> bool {
    let look = |row: &Incident| {
        let s = &row.situation;
        (s.severity, s.verification, s.hazard)
    };
    look(a) == look(b)
}

/// Whether one place and outline do for both.
fn stands_alike(a: &Incident, b: &Incident) -> bool {
    let (a, b) = (&a.situation, &b.situation);
    a.geometry == b.geometry && a.extent == b.extent
}

/// Tells the map which there are, and of each what is new in it.
fn draw(before: &[Incident], next: &[Incident], facade: &Facade) {
    let (ids, places, tiles) = (Array::new(), Array::new(), Array::new());
    for row in next {
        let s = &row.situation;
        let known = before.iter().find(|known| known.situation.id == s.id);
        let alike = known.is_some_and(|known| looks_alike(known, row));
        let tile_now = if alike {
            JsValue::UNDEFINED
        } else {
            let rim = Rim::of(s.verification);
            let look = look(s.severity, rim, s.hazard);
            let Some(tile) = tile(&look, s.severity, rim, s.hazard) else { continue };
            tile.set_class_name(&format!("tile {look}"));
            tile.into()
        };
        ids.push(&s.id.to_string().into());
        tiles.push(&tile_now);
        // The colour of an outline is that of its tile.
        let stays = alike && known.is_some_and(|known| stands_alike(known, row));
        let place_now = s.geometry.filter(|_| !stays).map_or(JsValue::UNDEFINED, |place| {
            let mut numbers = vec![place.lng(), place.lat()];
            numbers.extend(s.extent.iter().flatten());
            Float64Array::from(numbers.as_slice()).into()
        });
        places.push(&place_now);
    }
    facade.set_incidents(&ids, &places, &tiles);
}
