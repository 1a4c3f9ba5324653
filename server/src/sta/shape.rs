//! Shapes: well-known text of queries and `GeoJSON` of entities, as `geo` knows them. Only valid ones get in, so that asking about them ends well.

use geo::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon, Validation};
use serde_json::Value;
use winnow::ascii::{Caseless, float, multispace0, multispace1};
use winnow::combinator::{alt, delimited, eof, preceded, separated, terminated};
use winnow::prelude::*;

/// Positions of one shape of a query: what the text of a query has room for.
const POSITIONS_MAX: usize = 2_000;

fn position(input: &mut &str) -> ModalResult<Coord<f64>> {
    (float, preceded(multispace1, float))
        .map(|(x, y)| Coord { x, y })
        .verify(|at: &Coord<f64>| at.x.abs() <= 180.0 && at.y.abs() <= 90.0)
        .parse_next(input)
}

fn comma(input: &mut &str) -> ModalResult<()> {
    (multispace0, ',', multispace0).void().parse_next(input)
}

fn line(input: &mut &str) -> ModalResult<LineString<f64>> {
    let within = separated(1..=POSITIONS_MAX, position, comma);
    delimited(('(', multispace0), within, (multispace0, ')')).map(LineString::new).parse_next(input)
}

fn polygon(input: &mut &str) -> ModalResult<Polygon<f64>> {
    delimited(('(', multispace0), separated(1..=POSITIONS_MAX, line, comma), (multispace0, ')'))
        .verify(|rings: &Vec<LineString<f64>>| {
            rings.iter().all(|ring| ring.0.len() > 3 && ring.is_closed())
        })
        .map(|mut rings: Vec<_>| {
            let outer = rings.remove(0);
            Polygon::new(outer, rings)
        })
        .parse_next(input)
}

fn polygons(input: &mut &str) -> ModalResult<MultiPolygon<f64>> {
    delimited(('(', multispace0), separated(1..=POSITIONS_MAX, polygon, comma), (multispace0, ')'))
        .map(MultiPolygon::new)
        .parse_next(input)
}

fn tagged(input: &mut &str) -> ModalResult<Geometry<f64>> {
    let point = delimited(('(', multispace0), position, (multispace0, ')'));
    let shape = alt((
        preceded((Caseless("POINT"), multispace0), point.map(|at| Geometry::Point(Point(at)))),
        preceded((Caseless("LINESTRING"), multispace0), line.map(Geometry::LineString)),
        preceded((Caseless("POLYGON"), multispace0), polygon.map(Geometry::Polygon)),
        preceded((Caseless("MULTIPOLYGON"), multispace0), polygons.map(Geometry::MultiPolygon)),
    ));
    terminated(shape, (multispace0, eof)).parse_next(input)
}

/// A shape of well-known text.
pub(super) fn of_wkt(text: &str) -> Option<Geometry<f64>> {
    tagged.parse(text.trim()).ok().filter(Validation::is_valid)
}

fn pair(value: &Value) -> Option<Coord<f64>> {
    let at = value.as_array()?;
    let (x, y) = (at.first()?.as_f64()?, at.get(1)?.as_f64()?);
    (x.is_finite() && y.is_finite()).then_some(Coord { x, y })
}

fn ring(value: &Value) -> Option<LineString<f64>> {
    value.as_array()?.iter().map(pair).collect::<Option<Vec<_>>>().map(LineString::new)
}

fn rings(value: &Value) -> Option<Polygon<f64>> {
    let mut rings = value.as_array()?.iter().map(ring).collect::<Option<Vec<_>>>()?;
    if rings.is_empty() {
        return None;
    }
    let outer = rings.remove(0);
    Some(Polygon::new(outer, rings))
}

/// The geometry of a `GeoJSON` geometry or feature.
pub(super) fn of_geojson(value: &Value) -> Option<Geometry<f64>> {
    if let Some(geometry) = value.get("geometry") {
        return of_geojson(geometry);
    }
    let coordinates = value.get("coordinates")?;
    let shape = match value.get("type")?.as_str()? {
        "Point" => Geometry::Point(Point(pair(coordinates)?)),
        "LineString" => Geometry::LineString(ring(coordinates)?),
        "Polygon" => Geometry::Polygon(rings(coordinates)?),
        "MultiPolygon" => {
            let all = coordinates.as_array()?.iter().map(rings).collect::<Option<Vec<_>>>()?;
            Geometry::MultiPolygon(MultiPolygon::new(all))
        }
        _ => return None,
    };
    Some(shape).filter(Validation::is_valid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Relate;

    #[test]
    fn text_is_read_with_longitude_first_and_nothing_invalid_gets_in() {
        let square = of_wkt("POLYGON ((2 41, 3 41, 3 42, 2 42, 2 41))").expect("a square");
        assert!(of_wkt("point(2.5 41.5)").expect("a point").relate(&square).is_within());
        for text in [
            "",
            "POINT(2.5)",
            "POINT(200 1)",
            "POINT(inf 1)",
            "POINT(nan 1)",
            "POLYGON((0 0,1 1,0 1))",
            "POLYGON((0 0,2 2,2 0,0 2,0 0))",
            "POINT(1 2) x",
        ] {
            assert!(of_wkt(text).is_none(), "{text}");
        }
    }
}
