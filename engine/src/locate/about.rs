//! From the names in a text to what it is about: crossings, numbers and kilometres first, then the smallest place that is sure.

use super::exact::{exact, in_text};
use super::guard::{STRETCH_WORDS, Standing};
use super::names::{Read, may_be_meant, names};
use super::weigh::{Weighed, spot};
use super::{Context, Method, Placing, Said, Spot};
use crate::gazetteer::{Gazetteer, PlaceKind, Scan, Use};
use crate::limits::CANDIDATES_MAX;
use crate::place::distance_m;

/// Below this likelihood a place is one of several, and only what they share is told.
const SURE: f64 = 0.6;
/// And below this it is none of them.
const OPEN: f64 = 0.1;
/// A stretch is drawn as one circle up to this radius, in metres.
const TOGETHER_M: f64 = 2_500.0;

/// Where a report belongs by its words; none if they say nothing.
pub fn locate(gazetteer: &Gazetteer, said: Said<'_>, context: &Context) -> Option<Placing> {
    let by_place = said.place.and_then(|place| read(gazetteer, place, context, true));
    let by_text = read(gazetteer, said.text, context, false);
    let mut placing = match (by_place, by_text) {
        // What stands in the field for the place says what it is about, unless the text says it closer in the same city.
        (Some(place), Some(text)) if place.about.is_some() => {
            if is_closer(gazetteer, &text, &place) {
                text
            } else {
                Placing { from: text.from, ..place }
            }
        }
        (place, text) => text.filter(|text| text.about.is_some() || place.is_none()).or(place)?,
    };
    if let Some(home) = said.home.and_then(|home| read(gazetteer, home, context, true)) {
        placing.from = home.about.or(placing.from);
    }
    Some(placing)
}

fn is_closer(gazetteer: &Gazetteer, text: &Placing, place: &Placing) -> bool {
    let (Some(text), Some(place)) = (&text.about, &place.about) else { return false };
    text.radius_m < place.radius_m
        && gazetteer.named(&place.id).is_some()
        && distance_m(text.at, place.at) <= f64::from(place.radius_m) + f64::from(text.radius_m)
}

/// Reads one text. What is `all_place` is nothing but a place: every name counts.
fn read(gazetteer: &Gazetteer, text: &str, context: &Context, all_place: bool) -> Option<Placing> {
    let placing = |about, from, candidates, words| Placing {
        method: Method::Text,
        about,
        from,
        candidates,
        words,
        is_of_place: all_place,
        version: gazetteer.version().to_owned(),
    };
    if let Some((at, range)) = in_text(text) {
        let about = Spot {
            id: String::new(),
            name: gazetteer.called(at),
            within: String::new(),
            kind: PlaceKind::Poi,
            at,
            radius_m: 50,
            weight: 100,
        };
        let words = vec![(range.start as u32, range.end as u32)];
        return Some(Placing {
            method: Method::Coordinates,
            ..placing(Some(about), None, Vec::new(), words)
        });
    }
    let may = |use_: &Use| may_be_meant(gazetteer, context, *use_);
    let scan = gazetteer.scan_for(text, &may);
    let roads = gazetteer.roads_in(&scan);
    if scan.mentions.is_empty() && roads.is_empty() {
        return None;
    }
    let names = names(gazetteer, context, &scan, all_place);
    let cities: Vec<u32> = names
        .iter()
        .filter_map(|read| read.weighed.first())
        .filter_map(|(at, _)| gazetteer.city_of(*at))
        .collect();
    let exact = roads.into_iter().next().or_else(|| exact(gazetteer, &scan, context, &cities));
    let is_from = |read: &&Read<'_>| read.standing.is_from || read.standing.is_here;
    let from = names.iter().find(is_from).and_then(|read| {
        read.weighed.first().and_then(|(at, likely)| spot(gazetteer, *at, *likely))
    });
    if let Some(found) = exact {
        let at = found.place;
        let id = gazetteer.place(at).map(|place| place.id.to_string()).unwrap_or_default();
        let about = Spot {
            id,
            name: found.name,
            within: gazetteer.within(at),
            kind: found.kind,
            at: found.at,
            radius_m: found.radius_m,
            weight: 100,
        };
        return Some(placing(
            Some(about),
            from,
            Vec::new(),
            vec![range(&scan, found.words.0, found.words.1)],
        ));
    }
    let told: Vec<&Read<'_>> = names
        .iter()
        .filter(|read| !(read.standing.is_from || read.standing.is_toward || read.standing.is_not))
        .collect();
    // Who is somewhere and tells of another place writes of that one; who tells of none writes of where they are.
    let is_of_here =
        told.iter().all(|read| read.standing.is_here || read.is_around(gazetteer, &told));
    let abouts: Vec<&Read<'_>> =
        told.iter().filter(|read| is_of_here || !read.standing.is_here).copied().collect();
    let (mut about, candidates, words) = choose(gazetteer, &scan, &abouts);
    // The city of a place that something starts from says less than that place.
    let is_in = |city: &Spot, part: &Spot| {
        let above = gazetteer.row_of(&part.id).into_iter().flat_map(|at| gazetteer.above(at));
        above.filter_map(|at| gazetteer.place(at)).any(|place| *place.id == *city.id)
    };
    if let (Some(city), Some(part)) = (&about, &from)
        && city.is_label()
        && is_in(city, part)
    {
        about.clone_from(&from);
    }
    // Who writes from a street and names no other place writes of it.
    if about.is_none() && candidates.is_empty() {
        about = from.clone().filter(|from| !from.is_label());
    }
    (about.is_some() || from.is_some() || !candidates.is_empty())
        .then(|| placing(about, from, candidates, words))
}

type Chosen = (Option<Spot>, Vec<Spot>, Vec<(u32, u32)>);

/// What a text is about, of the names that say so.
fn choose(gazetteer: &Gazetteer, scan: &Scan<'_, '_>, names: &[&Read<'_>]) -> Chosen {
    let size = |read: &Read<'_>| {
        read.weighed
            .first()
            .and_then(|(at, _)| gazetteer.place(*at))
            .map_or(u32::MAX, |place| place.radius_m)
    };
    let is_label = |read: &Read<'_>| {
        read.weighed
            .first()
            .and_then(|(at, _)| gazetteer.place(*at))
            .is_none_or(|place| place.kind.is_label())
    };
    let is_open = |read: &Read<'_>| read.weighed.first().is_none_or(|(_, likely)| *likely < SURE);
    // "Roda de premsa a Sants de l'incendi d'Igualada": unless the text says it closer within.
    let city = |read: &Read<'_>| read.weighed.first().and_then(|(at, _)| gazetteer.city_of(*at));
    let is_struck = |read: &Read<'_>| {
        read.standing.is_struck
            && !names.iter().any(|other| !is_label(other) && city(other) == city(read))
    };
    // "A Malilla, darrere de la Fe": what it is behind says it no closer.
    let is_quarter = |read: &&&Read<'_>| {
        let first = read.weighed.first().and_then(|(at, _)| gazetteer.place(*at));
        read.standing.is_led
            && !read.standing.is_beside
            && first.is_some_and(|place| place.kind == PlaceKind::Neighbourhood)
    };
    let has_quarter = names.iter().any(|read| is_quarter(&read));
    // What is here before what is far, a point before a label, what something is said to be at before what is only named; then the
    // smallest; then the first.
    let rank = |read: &&&Read<'_>| {
        let Standing { is_stretch, is_led, .. } = read.standing;
        (
            !is_struck(read),
            read.is_far,
            is_label(read),
            is_open(read),
            !is_stretch,
            !is_led,
            has_quarter && read.standing.is_beside,
            size(read),
            read.mention.first,
        )
    };
    let Some(best) = names.iter().min_by_key(rank) else { return (None, Vec::new(), Vec::new()) };
    let best = finer(gazetteer, names, best);
    let words = vec![range(scan, best.mention.first, best.mention.after)];
    let spots: Vec<Spot> =
        best.weighed.iter().filter_map(|(at, likely)| spot(gazetteer, *at, *likely)).collect();
    let Some((at, likely)) = best.weighed.first().copied() else { return (None, spots, words) };
    let rest = || {
        spots
            .iter()
            .skip(1)
            .filter(|spot| spot.weight > 0)
            .take(CANDIDATES_MAX)
            .cloned()
            .collect::<Vec<Spot>>()
    };
    if likely < SURE {
        // A quarter and the district of its name are one place to those who name them.
        return match one_place(gazetteer, &best.weighed) {
            Some(at) => (spot(gazetteer, at, 1.0), spots, words),
            None => (None, spots, words),
        };
    }
    let about = spots.first().cloned();
    if is_label(best) {
        return (about, rest(), words);
    }
    // A stretch from one to another, or something between two: a circle over both.
    if best.standing.is_stretch
        && let Some(both) = middle(gazetteer, names, best, at)
    {
        return (Some(both), rest(), words);
    }
    (about, rest(), words)
}

/// The smallest of places that are one in another, if together they are sure.
fn one_place(gazetteer: &Gazetteer, weighed: &Weighed) -> Option<u32> {
    let likely: Vec<(u32, f64)> =
        weighed.iter().filter(|(_, likely)| *likely > OPEN).copied().collect();
    let sum: f64 = likely.iter().map(|(_, likely)| likely).sum();
    let places = || likely.iter().filter_map(|(at, _)| Some((*at, gazetteer.place(*at)?)));
    let (_, largest) = places().max_by_key(|(_, place)| place.radius_m)?;
    let are_near = places().all(|(_, place)| {
        !place.kind.is_label() && distance_m(place.at, largest.at) <= f64::from(largest.radius_m)
    });
    let (smallest, _) = places().min_by_key(|(_, place)| place.radius_m)?;
    (are_near && sum >= SURE).then_some(smallest)
}

/// What a text names within the place that was chosen: the finest wins.
fn finer<'r, 'g>(
    gazetteer: &Gazetteer,
    names: &[&'r Read<'g>],
    best: &'r Read<'g>,
) -> &'r Read<'g> {
    let place = |read: &Read<'_>| read.weighed.first().and_then(|(at, _)| gazetteer.place(*at));
    let Some(whole) = place(best).filter(|place| !place.kind.is_label()) else { return best };
    let is_behind =
        |read: &&&Read<'_>| whole.kind == PlaceKind::Neighbourhood && read.standing.is_beside;
    let inner = names.iter().filter(|read| !is_behind(read)).filter(|read| {
        place(read).is_some_and(|part| {
            part.kind > whole.kind
                && part.radius_m < whole.radius_m
                && distance_m(part.at, whole.at) <= f64::from(whole.radius_m)
        })
    });
    let size = |read: &&&Read<'_>| (place(read).map(|part| part.radius_m), read.mention.first);
    inner.min_by_key(size).copied().unwrap_or(best)
}

/// The middle of a stretch, if the two ends are near enough to be one circle.
fn middle(gazetteer: &Gazetteer, names: &[&Read<'_>], best: &Read<'_>, at: u32) -> Option<Spot> {
    let next = names.iter().find(|read| {
        read.mention.first >= best.mention.after
            && read.mention.first - best.mention.after <= STRETCH_WORDS
    })?;
    let there = gazetteer.place(next.weighed.first()?.0).filter(|there| !there.kind.is_label())?;
    let here = gazetteer.place(at)?;
    let radius_m =
        distance_m(here.at, there.at) / 2.0 + f64::from(here.radius_m.min(there.radius_m));
    let lng = f64::midpoint(here.at.lng(), there.at.lng());
    let lat = f64::midpoint(here.at.lat(), there.at.lat());
    let both = spot(gazetteer, at, 1.0)?;
    (radius_m <= TOGETHER_M).then_some(())?;
    let name = format!("{} – {}", here.name, there.name);
    Some(Spot {
        name,
        at: wire::geo::LngLat::new(lng, lat).ok()?,
        radius_m: radius_m as u32,
        ..both
    })
}

fn range(scan: &Scan<'_, '_>, first: usize, after: usize) -> (u32, u32) {
    let start = scan.words.get(first).map_or(0, |word| word.start);
    let end =
        after.checked_sub(1).and_then(|last| scan.words.get(last)).map_or(start, |word| word.end);
    (start as u32, end as u32)
}
