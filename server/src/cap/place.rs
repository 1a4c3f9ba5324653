//! Areas: polygons of "lat,lon" pairs, circles of "lat,lon radius-km", codes. Latitude comes first here, and nowhere else.

use engine::advisory::{Area, Circle};
use wire::geo::LngLat;

use super::Refusal;
use super::field::{At, shown};
use super::limits::{CORNERS_MAX, RADIUS_KM_MAX, SHAPES_MAX};

/// Corners of a ring, the last of which is the first.
const CORNERS_MIN: usize = 4;

/// What a message may still have.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) areas: usize,
    pub(super) corners: usize,
    pub(super) pairs: usize,
}

/// An area.
pub(super) fn area(at: &At<'_>, left: &mut Left) -> Result<Area, Refusal> {
    let Some(areas) = left.areas.checked_sub(1) else {
        return Err(at.wrong("too_many", "the message has too many areas: send it in parts"));
    };
    left.areas = areas;
    let name = at.need("areaDesc", "say what people call the area")?.element.words().to_owned();
    let mut area = Area { name, ..Area::default() };
    // Samples have empty ones: they draw nothing.
    let has_words = |one: &At<'_>| !one.element.words().is_empty();
    for one in at.all("polygon").filter(has_words) {
        area.polygons.push(ring(&one, left)?);
    }
    for one in at.all("circle").filter(has_words) {
        area.circles.push(circle(&one)?);
    }
    if area.polygons.len() + area.circles.len() > SHAPES_MAX {
        return Err(at.wrong(
            "too_many",
            format!("the area has more than {SHAPES_MAX} polygons and circles: send it in parts"),
        ));
    }
    for one in at.all("geocode") {
        let Some(pairs) = left.pairs.checked_sub(1) else {
            return Err(one.wrong(
                "too_many",
                "the message has too many codes and parameters: send it in parts",
            ));
        };
        left.pairs = pairs;
        area.geocodes.extend(one.pair()?);
    }
    Ok(area)
}

/// A latitude and a longitude.
fn place(at: &At<'_>, pair: &str) -> Result<LngLat, Refusal> {
    let wrong = |what: &str| {
        at.wrong(
            "bad_place",
            format!(
                "{} {what}: send \"latitude,longitude\" in degrees, latitude first",
                shown(pair)
            ),
        )
    };
    let (lat, lng) = pair.split_once(',').ok_or_else(|| wrong("is no pair"))?;
    let number = |text: &str| {
        text.trim().parse::<f64>().map_err(|_bad| wrong("has something that is no number"))
    };
    let (lat, lng) = (number(lat)?, number(lng)?);
    LngLat::new(lng, lat).map_err(|bad| {
        let swapped = LngLat::new(lat, lng).is_ok();
        let hint = if swapped { " (the other way round it would fit)" } else { "" };
        wrong(&format!("is no place: {bad}{hint}"))
    })
}

fn ring(at: &At<'_>, left: &mut Left) -> Result<Vec<LngLat>, Refusal> {
    let mut corners = Vec::new();
    for pair in at.element.words().split_whitespace() {
        let Some(rest) = left.corners.checked_sub(1) else {
            return Err(at.wrong(
                "too_many",
                format!("the message has more than {CORNERS_MAX} corners: simplify its polygons"),
            ));
        };
        left.corners = rest;
        corners.push(place(at, pair)?);
    }
    if corners.len() < CORNERS_MIN {
        return Err(at.wrong(
            "bad_polygon",
            format!(
                "the polygon has {} pairs: send four at least, the last of which is the first",
                corners.len()
            ),
        ));
    }
    if corners.first() != corners.last() {
        return Err(at.wrong(
            "bad_polygon",
            "the polygon does not end where it begins: repeat its first pair at the end",
        ));
    }
    Ok(corners)
}

fn circle(at: &At<'_>) -> Result<Circle, Refusal> {
    let words = at.element.words();
    let wrong = |what: &str| {
        at.wrong(
            "bad_circle",
            format!(
                "{} {what}: send \"latitude,longitude radius\", the radius in kilometres",
                shown(words)
            ),
        )
    };
    let mut parts = words.split_whitespace();
    let (Some(pair), Some(radius), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong("is no circle"));
    };
    let radius_km: f64 = radius.parse().map_err(|_bad| wrong("has a radius that is no number"))?;
    if !(0.0..=RADIUS_KM_MAX).contains(&radius_km) {
        return Err(wrong("has a radius that is none on the Earth"));
    }
    Ok(Circle { centre: place(at, pair)?, radius_m: (radius_km * 1_000.0).round() as u32 })
}
