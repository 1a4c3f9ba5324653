//! Where two streets cross, where a number of a street is, and where a kilometre of a road.

use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{Coord, Line};
use wire::geo::LngLat;

use super::near::{along, between};
use super::{Gazetteer, PlaceKind, Scan};
use crate::place::distance_m;

/// Two lines cross where they come as near as this, in metres: points on them are taken 60 m apart.
const CROSSES_M: f64 = 75.0;
/// A degree of latitude in metres, a little less than it is anywhere.
const DEGREE_M: f64 = 110_000.0;
/// Between mileposts farther apart than this nothing is guessed: in tenths of a kilometre.
const BETWEEN_POSTS_MAX: u32 = 100;
/// A number farther than this from the nearest that is known says only the street.
const NUMBERS_APART_MAX: u32 = 60;
/// Words between a road and its kilometre.
const ROAD_WORDS: usize = 6;

/// A point that was worked out, and how.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resolved {
    pub(crate) at: LngLat,
    pub(crate) radius_m: u32,
    pub(crate) kind: PlaceKind,
    /// In words.
    pub(crate) name: String,
    /// The place that it is, or on which it lies.
    pub(crate) place: u32,
    /// Its words: from the first, and the one after.
    pub(crate) words: (usize, usize),
}

impl Gazetteer {
    /// A crossing that has a row.
    pub(crate) fn at_crossing(&self, at: u32) -> Option<Resolved> {
        let place = self.place(at).filter(|place| place.kind == PlaceKind::Crossing)?;
        Some(Resolved {
            at: place.at,
            radius_m: place.radius_m,
            kind: PlaceKind::Crossing,
            name: place.name.to_string(),
            place: at,
            words: (0, 0),
        })
    }

    /// Where two streets cross.
    pub(crate) fn crossing(&self, one: u32, other: u32) -> Option<Resolved> {
        let (street, with) = (self.place(one)?, self.place(other)?);
        if one == other || self.city_of(one) != self.city_of(other) {
            return None;
        }
        let name = format!("{} / {}", street.name, with.name);
        let resolved = |at, radius_m, place| Resolved {
            at,
            radius_m,
            kind: PlaceKind::Crossing,
            name,
            place,
            words: (0, 0),
        };
        if let Some(at) = self.crossings.get(&(one.min(other), one.max(other))) {
            let place = self.place(*at)?;
            return Some(resolved(place.at, place.radius_m, *at));
        }
        if let Some(at) = meet(&street.line, &with.line) {
            return Some(resolved(at, 100, one));
        }
        // Lines are drawn by hand and often end short of each other.
        let (mut least, mut nearest) = (CROSSES_M, None);
        let line: Vec<LngLat> = along(&with.line).collect();
        for here in along(&street.line) {
            for there in &line {
                // Most are too far apart by their latitude alone.
                if (here.lat() - there.lat()).abs() * DEGREE_M > least {
                    continue;
                }
                let apart = distance_m(here, *there);
                if apart <= least
                    && let Some(middle) = between(here, *there, 0.5)
                {
                    (least, nearest) = (apart, Some(middle));
                }
            }
        }
        nearest.map(|at| resolved(at, (least + 50.0) as u32, one))
    }

    /// Where a number of a street is.
    pub(crate) fn number(&self, street: u32, number: u32) -> Option<Resolved> {
        let known = self.numbers.get(&street)?;
        let of_side = || known.iter().filter(|(other, _)| other % 2 == number % 2);
        let below = of_side().rfind(|(other, _)| *other <= number);
        let above = of_side().find(|(other, _)| *other >= number);
        let name = format!("{} {number}", self.place(street)?.name);
        let resolved = |at, radius_m| Resolved {
            at,
            radius_m,
            kind: PlaceKind::Address,
            name,
            place: street,
            words: (0, 0),
        };
        let spot = |at: &u32| self.place(*at).map(|place| place.at);
        match (below, above) {
            (Some((low, from)), Some((high, to))) if high - low <= NUMBERS_APART_MAX => {
                let share =
                    if high == low { 0.0 } else { f64::from(number - low) / f64::from(high - low) };
                let (from, to) = (spot(from)?, spot(to)?);
                let radius_m =
                    if high == low { 30 } else { 30 + (distance_m(from, to) / 4.0) as u32 };
                Some(resolved(between(from, to, share)?, radius_m))
            }
            (Some((near, at)), None) | (None, Some((near, at)))
                if near.abs_diff(number) <= NUMBERS_APART_MAX / 2 =>
            {
                Some(resolved(spot(at)?, 30 + 5 * near.abs_diff(number)))
            }
            _ => None,
        }
    }

    /// Where a kilometre of a road is, in tenths.
    pub(crate) fn road_km(&self, road: &str, tenths: u32) -> Option<Resolved> {
        let posts = self.roads.get(road)?;
        let below = posts.iter().rfind(|(other, _)| *other <= tenths);
        let above = posts.iter().find(|(other, _)| *other >= tenths);
        let (low, from) = below.or(above)?;
        let (high, to) = above.or(below)?;
        let (here, there) = (self.place(*from)?, self.place(*to)?);
        let name = format!("{} km {}", road.to_uppercase(), f64::from(tenths) / 10.0);
        let resolved = |at, radius_m| Resolved {
            at,
            radius_m,
            kind: PlaceKind::RoadKm,
            name,
            place: *from,
            words: (0, 0),
        };
        if low == high {
            let off = low.abs_diff(tenths);
            // Beyond the last post it goes on, for a kilometre.
            return (off <= 10).then(|| resolved(here.at, here.radius_m + off * 100));
        }
        if high - low > BETWEEN_POSTS_MAX {
            return None;
        }
        let share = f64::from(tenths - low) / f64::from(high - low);
        let at = between(here.at, there.at, share)?;
        // Roads bend: a quarter of the way between the posts.
        Some(resolved(at, here.radius_m + (high - low) * 25))
    }

    /// The kilometres of roads that a text names.
    pub(crate) fn roads_in(&self, scan: &Scan<'_, '_>) -> Vec<Resolved> {
        let marks = (0..scan.words.len())
            .filter(|at| scan.words[*at].meaning.is_km || is_km_with_number(scan.word(*at)));
        marks.filter_map(|mark| self.road_at(scan, mark)).collect()
    }

    fn road_at(&self, scan: &Scan<'_, '_>, mark: usize) -> Option<Resolved> {
        let glued = scan.word(mark).trim_start_matches(char::is_alphabetic);
        let (whole, mut after) =
            if glued.is_empty() { (scan.word(mark + 1), mark + 2) } else { (glued, mark + 1) };
        let whole: u32 = whole.parse().ok().filter(|km| *km <= 9_999)?;
        let mut tenths = whole * 10;
        if matches!(scan.gap(after), "." | "," | "+" | "'") && after < scan.words.len() {
            let digits = scan.word(after);
            let is_decimal =
                digits.bytes().all(|digit| digit.is_ascii_digit()) && digits.len() <= 3;
            if let Some(tenth) =
                digits.chars().next().and_then(|digit| digit.to_digit(10)).filter(|_| is_decimal)
            {
                tenths += tenth;
                after += 1;
            }
        }
        let before = (mark.saturating_sub(ROAD_WORDS)..mark).rev();
        for at in before.chain(after..(after + ROAD_WORDS).min(scan.words.len())) {
            let joined = format!("{}{}", scan.word(at), scan.word(at + 1));
            for (road, end) in [(scan.word(at), at + 1), (joined.as_str(), at + 2)] {
                if end > mark && at < mark {
                    continue;
                }
                if let Some(found) =
                    self.roads.contains_key(road).then(|| self.road_km(road, tenths)).flatten()
                {
                    return Some(Resolved { words: (at.min(mark), end.max(after)), ..found });
                }
            }
        }
        None
    }
}

/// Where two lines meet, the first along the first one.
fn meet(one: &[LngLat], other: &[LngLat]) -> Option<LngLat> {
    let coord = |at: LngLat| Coord { x: at.lng(), y: at.lat() };
    let stretches = |line: &[LngLat]| -> Vec<Line<f64>> {
        let ends = line.windows(2);
        ends.map(|ends| Line::new(coord(ends[0]), coord(ends[1]))).collect()
    };
    let others = stretches(other);
    let met = stretches(one).into_iter().find_map(|here| {
        others.iter().find_map(|there| match line_intersection(here, *there)? {
            LineIntersection::SinglePoint { intersection, .. } => Some(intersection),
            // One runs along the other: they are one street there.
            LineIntersection::Collinear { .. } => None,
        })
    })?;
    LngLat::new(met.x, met.y).ok()
}

fn is_km_with_number(word: &str) -> bool {
    let number = word.strip_prefix("km").or_else(|| word.strip_prefix("pk"));
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    })
}
