//! Which of the places of one name is meant: by where the room looks, by the other places of the text, and by how many live there.

use wire::geo::LngLat;

use super::company::{Company, Kin};
use super::guard::BESIDE;
use super::{Context, Spot};
use crate::gazetteer::{Gazetteer, PlaceKind};
use crate::limits::{CANDIDATES_MAX, NAMESAKES_MAX};
use crate::place::distance_m;

/// What being in the room's area is worth.
const AREA: f64 = 4.0;
/// What another place of the text is worth that it lies in.
const WITHIN: f64 = 5.0;
/// The same of one that is near.
const KIN: f64 = 2.0;
/// What a part of a city lacks that nothing in the text or the room speaks of.
const LONELY: f64 = 3.0;
/// What a town lacks that its neighbours call by half its name, beside what is called so in full.
const SHORT: f64 = 2.5;
/// What a town lacks that is away from where the room looks.
const AWAY: f64 = 1.6;
/// A list of towns may have a quarter of a city too: they are one place, up to this far apart in metres.
const SAME_M: f64 = 3_000.0;
/// A likelihood below this is none.
const LEAST: f64 = 1.0;

/// A mention's candidates, the likeliest first, with their likelihood from 0 to 1.
pub(super) type Weighed = Vec<(u32, f64)>;

/// Weighs the places of one name among the other names of its text. What is surely a place
/// is one of them, however little speaks for each.
pub(super) fn weigh(
    gazetteer: &Gazetteer,
    context: &Context,
    places: &[(u32, bool)],
    (company, name): (&Company, usize),
    is_sure: bool,
) -> Weighed {
    let worth = |at: u32, is_short: bool| -> Option<f64> {
        let place = gazetteer.place(at)?;
        let fits = context.fits(place.at);
        let kin = match company.kin(gazetteer, name, at) {
            Kin::Within => WITHIN,
            Kin::Beside => KIN,
            Kin::None => 0.0,
        };
        let own = match place.kind {
            PlaceKind::Country => 4.0,
            PlaceKind::Region => 2.5,
            // In a room that looks somewhere a town elsewhere is less likely than its size alone says.
            PlaceKind::City => {
                let away = if context.area.is_some() && fits <= BESIDE { AWAY } else { 0.0 };
                (place.population as f64 + 1.0).log10() * 0.9 - 1.0 - away
            }
            _ if fits < 0.1 && kin == 0.0 => 1.8 - LONELY + parent_size(gazetteer, at),
            _ => 1.8,
        };
        Some(own + AREA * fits + kin - if is_short { SHORT } else { 0.0 })
    };
    let mut weighed: Weighed = places
        .iter()
        .take(NAMESAKES_MAX)
        .filter_map(|(at, is_short)| Some((*at, worth(*at, *is_short)?)))
        .collect();
    weighed.retain(|(_, worth)| is_sure || *worth >= LEAST);
    weighed.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let fine: Vec<LngLat> = weighed
        .iter()
        .filter_map(|(at, _)| gazetteer.place(*at))
        .filter(|place| !place.kind.is_label())
        .map(|place| place.at)
        .collect();
    weighed.retain(|(at, _)| {
        gazetteer.place(*at).is_none_or(|place| {
            !place.kind.is_label() || fine.iter().all(|fine| distance_m(*fine, place.at) > SAME_M)
        })
    });
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
        within: gazetteer.within(at),
        kind: place.kind,
        at: place.at,
        radius_m: place.radius_m,
        weight: (likely * 100.0).round() as u8,
    })
}
