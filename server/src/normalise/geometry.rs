//! `GeoJSON` geometry → one place with a radius of doubt.

use engine::place::{BadGeometry, interior};
use geo::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};
use wire::geo::{BadPlace, LngLat};

use super::field::Fields;
use super::json::Json;
use super::{Context, Reject};

const AT: &str = "/geometry";
/// The reason of a place that the key does not reach.
pub(crate) const OUTSIDE_KEY_AREA: &str = "outside_key_area";

/// The place and the radius to the farthest vertex (0 for a point).
pub(super) fn place(value: Json<'_>, context: &Context<'_>) -> Result<(LngLat, u32), Reject> {
    let mut fields = Fields::of(value, AT)?;
    let Some(kind) = fields.text("type")? else {
        return Err(fields.refuse("type", "missing", "a geometry needs a type, such as Point"));
    };
    let (place, radius_m) = if kind == "Point" {
        let position = position(&coordinates(&mut fields)?)?;
        (lng_lat(position, context)?, 0)
    } else {
        let shape = shape(&kind, &mut fields)?;
        interior(&shape).map_err(|flaw| of_flaw(&flaw))?
    };
    match context.area {
        Some(area) if !area.contains(place) => {
            return Err(outside(place, area, "outside_area", "this server"));
        }
        _ => {}
    }
    match context.key_area {
        Some(area) if !area.contains(place) => {
            Err(outside(place, area, OUTSIDE_KEY_AREA, "this key"))
        }
        _ => Ok((place, radius_m)),
    }
}

fn of_flaw(flaw: &BadGeometry) -> Reject {
    let reason = match flaw {
        BadGeometry::Position(cause) => reason_of(*cause),
        BadGeometry::Empty | BadGeometry::TooManyVertices { .. } | BadGeometry::Invalid(_) => {
            "bad_geometry"
        }
    };
    Reject::new(reason, "/geometry/coordinates", flaw.to_string())
}

fn reason_of(cause: BadPlace) -> &'static str {
    match cause {
        BadPlace::NotFinite => "number_out_of_range",
        BadPlace::Longitude => "longitude_out_of_range",
        BadPlace::Latitude => "latitude_out_of_range",
    }
}

fn lng_lat(at: Coord<f64>, context: &Context<'_>) -> Result<LngLat, Reject> {
    LngLat::new(at.x, at.y).map_err(|cause| {
        let swapped = LngLat::new(at.y, at.x).ok();
        let fits =
            swapped.is_some_and(|place| context.area.is_none_or(|area| area.contains(place)));
        let hint = if fits { "; longitude comes first: swapping the two would fit" } else { "" };
        Reject::new(reason_of(cause), "/geometry/coordinates", format!("{cause}{hint}"))
    })
}

fn outside(place: LngLat, area: wire::geo::Bbox, reason: &'static str, whose: &str) -> Reject {
    let swapped = LngLat::new(place.lat(), place.lng()).is_ok_and(|place| area.contains(place));
    let hint = if swapped { "; longitude comes first: swapping the two would fit" } else { "" };
    Reject::new(
        reason,
        "/geometry/coordinates",
        format!(
            "lies outside the area of {whose} ({},{},{},{}){hint}",
            area.west(),
            area.south(),
            area.east(),
            area.north()
        ),
    )
}

fn bad(detail: &str) -> Reject {
    Reject::new("bad_geometry", "/geometry/coordinates", detail)
}

fn coordinates<'a>(fields: &mut Fields<'a>) -> Result<Json<'a>, Reject> {
    fields.take("coordinates").ok_or_else(|| bad("a geometry needs coordinates"))
}

fn position(value: &Json<'_>) -> Result<Coord<f64>, Reject> {
    let Json::List(numbers) = value else {
        return Err(Reject::new(
            "wrong_type",
            "/geometry/coordinates",
            format!("a position is an array of numbers, not {}", value.name()),
        ));
    };
    // A third number is the altitude, which is ignored; it must be a number all the same.
    let mut plain = [0.0; 2];
    for (index, number) in numbers.iter().enumerate() {
        let Some(n) = number.number() else {
            return Err(Reject::new(
                "wrong_type",
                &format!("/geometry/coordinates/{index}"),
                format!("must be a number, not {}", number.name()),
            ));
        };
        if let Some(slot) = plain.get_mut(index) {
            *slot = n;
        }
    }
    if numbers.len() < 2 {
        return Err(bad("a position is longitude, latitude"));
    }
    Ok(Coord { x: plain[0], y: plain[1] })
}

fn list<'v, 'a>(value: &'v Json<'a>) -> Result<&'v [Json<'a>], Reject> {
    match value {
        Json::List(items) => Ok(items),
        _ => Err(bad("the arrays of positions do not nest as this type needs")),
    }
}

fn line(value: &Json<'_>) -> Result<LineString<f64>, Reject> {
    list(value)?.iter().map(position).collect::<Result<Vec<_>, _>>().map(LineString::new)
}

fn polygon(value: &Json<'_>) -> Result<Polygon<f64>, Reject> {
    let mut rings = list(value)?.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    if rings.is_empty() {
        return Err(bad("a polygon needs an outer ring"));
    }
    if rings.iter().any(|ring| ring.0.len() < 4 || !ring.is_closed()) {
        return Err(bad("a ring needs four positions or more, the last equal to the first"));
    }
    let outer = rings.remove(0);
    Ok(Polygon::new(outer, rings))
}

fn shape(kind: &str, fields: &mut Fields<'_>) -> Result<Geometry<f64>, Reject> {
    if kind == "GeometryCollection" {
        let Some(members) = fields.take("geometries") else {
            return Err(bad("a GeometryCollection needs geometries"));
        };
        let Json::List(members) = members else { return Err(bad("geometries must be an array")) };
        let mut shapes = Vec::with_capacity(members.len());
        for member in members {
            let mut inner = Fields::of(member, AT)?;
            let Some(kind) = inner.text("type")? else {
                return Err(inner.refuse("type", "missing", "a geometry needs a type"));
            };
            shapes.push(shape(&kind, &mut inner)?);
        }
        return Ok(Geometry::GeometryCollection(GeometryCollection(shapes)));
    }
    let known = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"];
    if !known.contains(&kind) {
        return Err(Reject::new(
            "unknown_geometry",
            "/geometry/type",
            "must be a GeoJSON geometry type, such as Point",
        ));
    }
    let value = coordinates(fields)?;
    Ok(match kind {
        "Point" => Geometry::Point(Point(position(&value)?)),
        "MultiPoint" => Geometry::MultiPoint(MultiPoint(
            list(&value)?.iter().map(|at| position(at).map(Point)).collect::<Result<_, _>>()?,
        )),
        "LineString" => Geometry::LineString(line(&value)?),
        "MultiLineString" => Geometry::MultiLineString(MultiLineString(
            list(&value)?.iter().map(line).collect::<Result<_, _>>()?,
        )),
        "Polygon" => Geometry::Polygon(polygon(&value)?),
        _ => Geometry::MultiPolygon(MultiPolygon(
            list(&value)?.iter().map(polygon).collect::<Result<_, _>>()?,
        )),
    })
}
