//! Which of the places of one name is meant: by where the room looks, by the other places of the text, and by how many live there.

use super::{Context, Spot};
use crate::gazetteer::{Gazetteer, PlaceKind};
use crate::limits::{CANDIDATES_MAX, NAMESAKES_MAX};
use crate::place::distance_m;

/// What being in the room's area is worth.
const AREA: f64 = 4.0;
/// What another place of the text is worth that it lies in.
const WITHIN: f64 = 5.0;
/// The same of one that is near.
const BESIDE: f64 = 2.0;
/// Two places of a text are near each other within this, in metres.
const BESIDE_M: f64 = 40_000.0;
/// What a part of a city lacks that nothing in the text or the room speaks of.
const LONELY: f64 = 3.0;
/// A likelihood below this is none.
const LEAST: f64 = 1.0;

/// A mention's candidates, the likeliest first, with their likelihood from 0 to 1.
pub(super) type Weighed = Vec<(u32, f64)>;

/// Weighs the places of one name; `others` are the places that the other names of the text may mean. What is said to be a street is some
/// place, however little speaks for each.
pub(super) fn weigh(
    gazetteer: &Gazetteer,
    context: &Context,
    places: &[u32],
    others: &[u32],
    is_street: bool,
) -> Weighed {
    let worth = |at: u32| -> Option<f64> {
        let place = gazetteer.place(at)?;
        let fits = context.fits(place.at);
        let is_above = |other: &u32| gazetteer.above(at).any(|above| above == *other);
        let is_below = |other: &u32| gazetteer.above(*other).any(|above| above == at);
        let is_beside = |other: &u32| {
            gazetteer.place(*other).is_some_and(|other| distance_m(place.at, other.at) < BESIDE_M)
        };
        let kin = if others.iter().any(is_above) {
            WITHIN
        } else if others.iter().any(|other| is_below(other) || is_beside(other)) {
            BESIDE
        } else {
            0.0
        };
        let own = match place.kind {
            PlaceKind::Country => 4.0,
            PlaceKind::Region => 2.5,
            PlaceKind::City => (place.population as f64 + 1.0).log10() * 0.9 - 1.0,
            _ if fits < 0.1 && kin == 0.0 => 1.8 - LONELY + parent_size(gazetteer, at),
            _ => 1.8,
        };
        Some(own + AREA * fits + kin)
    };
    let mut weighed: Weighed =
        places.iter().take(NAMESAKES_MAX).filter_map(|at| Some((*at, worth(*at)?))).collect();
    weighed.retain(|(_, worth)| is_street || *worth >= LEAST);
    weighed.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    weighed.truncate(CANDIDATES_MAX + 1);
    let sum: f64 = weighed.iter().map(|(_, worth)| worth.exp()).sum();
    weighed.iter().map(|(at, worth)| (*at, worth.exp() / sum)).collect()
}

/// A part of a large city is spoken of more often.
fn parent_size(gazetteer: &Gazetteer, at: u32) -> f64 {
    let city = gazetteer.city_of(at).and_then(|city| gazetteer.place(city));
    city.map_or(0.0, |city| (city.population as f64 + 1.0).log10() * 0.3)
}

/// A place as it is told.
pub(super) fn spot(gazetteer: &Gazetteer, at: u32, likely: f64) -> Option<Spot> {
    let place = gazetteer.place(at)?;
    Some(Spot {
        id: place.id.to_string(),
        name: place.name.to_string(),
        kind: place.kind,
        at: place.at,
        radius_m: place.radius_m,
        weight: (likely * 100.0).round() as u8,
    })
}
