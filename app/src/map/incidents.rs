//! The situations on the map: their outline, and the tile that the list shows too.

use js_sys::{Array, Float64Array};
use leptos::html::Div;
use leptos::prelude::*;

use crate::desk::Desk;
use crate::map::interop::Facade;
use crate::map::marks::Rim;
use crate::model::Incident;
use crate::panel::row::tile;

/// Situations on the map at most: more symbols than that nobody reads at a glance.
const DRAWN_MAX: usize = 40;

/// Keeps them in step with the list.
pub(super) fn follow_incidents(desk: &Desk, place: NodeRef<Div>) {
    let desk = *desk;
    Effect::new(move |_| {
        // Who lists reports looks at single ones: then nothing stands over their symbols.
        let drawn = if desk.reports_listed.get() {
            Vec::new()
        } else {
            desk.incidents.with(|incidents| drawn(incidents.rows()))
        };
        let quiet = !drawn.is_empty();
        if desk.canvas_ready.get() {
            desk.canvas.with_value(|canvas| {
                if let Some(canvas) = canvas {
                    draw(&drawn, canvas.facade());
                }
            });
        }
        if let Some(place) = place.get() {
            // The name is one that an element can have.
            let _ = place.set_attribute("data-quiet", if quiet { "1" } else { "" });
        }
    });
}

/// Those that have a place, in the order of the list.
fn drawn(rows: &[Incident]) -> Vec<Incident> {
    let placed = rows.iter().filter(|row| row.situation.geometry.is_some() && !row.gone);
    placed.take(DRAWN_MAX).cloned().collect()
}

fn draw(drawn: &[Incident], facade: &Facade) {
    let (ids, places, tiles) = (Array::new(), Array::new(), Array::new());
    for row in drawn {
        let s = &row.situation;
        let (Some(place), rim) = (s.geometry, Rim::of(s.verification)) else { continue };
        let Some((name, drawn)) = tile(s.severity, rim, s.hazard) else { continue };
        drawn.set_class_name(&format!("tile {name}"));
        ids.push(&s.id.to_string().into());
        let mut numbers = vec![place.lng(), place.lat()];
        numbers.extend(s.extent.iter().flatten());
        places.push(&Float64Array::from(numbers.as_slice()));
        tiles.push(&drawn);
    }
    facade.set_incidents(&ids, &places, &tiles);
}
