//! The tile of a matter: the shape of its severity with the sign of its hazard, as list and map show it. Each is drawn once and copied.

use std::cell::RefCell;
use std::collections::BTreeMap;

use leptos::mount::mount_to;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};
use wire::grade::{Hazard, Severity};

use crate::map::marks::Rim;
use crate::panel::row::Cell;
use crate::ui::hazard_sign::HazardSign;
use crate::ui::severity_shape::SeverityShape;

thread_local! {
    /// The tiles that were drawn so far: a few hundred at most are different.
    static TILES: RefCell<BTreeMap<String, Element>> = RefCell::default();
}

/// Which shape and sign a matter has: the classes of its tile.
pub(crate) fn look(severity: Severity, rim: Rim, hazard: Hazard) -> String {
    format!("{} {} {}", severity.word(), rim.word(), hazard.word())
}

/// The shape and the sign of a matter, as its look names them.
pub(crate) fn tile(look: &str, severity: Severity, rim: Rim, hazard: Hazard) -> Option<Element> {
    TILES.with_borrow_mut(|tiles| {
        if !tiles.contains_key(look) {
            let view = move || view! { <SeverityShape severity rim/><HazardSign hazard/> };
            tiles.insert(look.to_owned(), draw(view)?);
        }
        copy(tiles.get(look)?)
    })
}

/// Puts the tile into its cell, if another one stands there.
pub(super) fn put_tile(shape: &mut Cell, severity: Severity, rim: Rim, hazard: Hazard) {
    let look = look(severity, rim, hazard);
    if shape.said == look {
        return;
    }
    let Some(tile) = tile(&look, severity, rim, hazard) else { return };
    shape.at.set_text_content(None);
    while let Some(part) = tile.first_child() {
        // It moves from the one to the other, and both are ours.
        let _ = shape.at.append_child(&part);
    }
    shape.said = look;
}

/// Draws what never changes, in an element that is on no page.
pub(super) fn draw<V: IntoView>(view: impl FnOnce() -> V + 'static) -> Option<Element> {
    let place: HtmlElement = document().create_element("span").ok()?.unchecked_into();
    mount_to(place.clone(), view).forget();
    Some(place.into())
}

pub(super) fn copy(of: &Element) -> Option<Element> {
    of.clone_node_with_deep(true).ok().map(wasm_bindgen::JsCast::unchecked_into)
}
