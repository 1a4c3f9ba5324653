//! An import as GeoJSON: a collection of features whose properties are called as the columns of the table. `docs/placing.md` names them.

use engine::gazetteer::{PlaceKind, PlaceRow, table};
use engine::place::{distance_m, middle};
use geo::{Coord, Geometry, LineString, MultiLineString, MultiPolygon, Polygon};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use wire::geo::LngLat;

/// One thing that is wrong, in which feature, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFeature {
    /// The file as a whole.
    #[error("it is no GeoJSON FeatureCollection of places: {0}")]
    File(String),
    /// A feature.
    #[error("feature {n}{name}: {remedy}")]
    Feature {
        /// Counted from 1.
        n: usize,
        /// What it is called, if it is.
        name: String,
        /// What to do about it.
        remedy: String,
    },
}

/// Whether a file is meant as GeoJSON.
pub(super) fn is_it(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
}

/// Understands an import.
pub(super) fn read(text: &str) -> Result<Vec<PlaceRow>, BadFeature> {
    let text = text.trim_start_matches('\u{feff}');
    let file: File =
        serde_json::from_str(text).map_err(|cause| BadFeature::File(cause.to_string()))?;
    if file.tag != "FeatureCollection" {
        let said = format!("its type is {}: put the places into the features of one", file.tag);
        return Err(BadFeature::File(said));
    }
    let rows = (1..).zip(file.features).map(|(n, Understood(read))| {
        let mut row = read.map_err(|(name, remedy)| {
            let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
            BadFeature::Feature { n, name, remedy }
        })?;
        if row.id.is_empty() {
            row.id = format!("feature-{n}");
        }
        Ok(row)
    });
    rows.collect()
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    tag: String,
    features: Vec<Understood>,
}

/// Each by itself and at once: as text it takes a tenth of what it takes as values.
struct Understood(Result<PlaceRow, (Option<String>, String)>);

impl<'de> Deserialize<'de> for Understood {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let name = value.pointer("/properties/name").and_then(Value::as_str).map(str::to_owned);
        let feature = Feature::deserialize(value).map_err(|cause| cause.to_string());
        Ok(Self(feature.and_then(Feature::row).map_err(|remedy| (name, remedy))))
    }
}

#[derive(Deserialize)]
struct Feature {
    id: Option<Value>,
    #[serde(default)]
    properties: Option<Facts>,
    geometry: Option<Shape>,
}

#[derive(Default, Deserialize)]
struct Facts {
    #[serde(alias = "geonameid")]
    id: Option<Value>,
    name: Option<String>,
    kind: Option<String>,
    #[serde(alias = "alternatenames")]
    alternates: Option<Names>,
    radius_m: Option<Value>,
    population: Option<Value>,
    parent: Option<Value>,
}

/// As in the table, or one by one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    Said(String),
    Listed(Vec<String>),
}

type Position = Vec<f64>;

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Shape {
    Point(Position),
    LineString(Vec<Position>),
    MultiLineString(Vec<Vec<Position>>),
    Polygon(Vec<Vec<Position>>),
    MultiPolygon(Vec<Vec<Vec<Position>>>),
}

/// Where a shape lies, how far it reaches, and along where, if it is a line.
struct Spot {
    at: LngLat,
    radius_m: Option<u32>,
    line: Vec<LngLat>,
}

impl Feature {
    fn row(self) -> Result<PlaceRow, String> {
        let facts = self.properties.unwrap_or_default();
        let shape = self.geometry.ok_or(
            "it has no geometry: draw a Point, a line or a Polygon, or leave the feature out",
        )?;
        let is_line = matches!(shape, Shape::LineString(_) | Shape::MultiLineString(_));
        let kind = match facts.kind.as_deref().map(str::trim).filter(|word| !word.is_empty()) {
            Some(word) => table::kind(word)?,
            None if is_line => PlaceKind::Street,
            None => PlaceKind::City,
        };
        let Spot { at, radius_m, line } = shape.spot()?;
        let name = facts.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let said = whole(facts.radius_m, "radius_m", "give whole metres")?;
        let said = said.map(|metres| u32::try_from(metres).unwrap_or(u32::MAX));
        Ok(PlaceRow {
            id: word(facts.id.or(self.id)).unwrap_or_default(),
            name: name.ok_or("name is empty: name the place in its properties")?.to_owned(),
            alternates: match facts.alternates {
                None => Vec::new(),
                Some(Names::Said(names)) => table::names(&names),
                Some(Names::Listed(names)) => table::names(&names.join("|")),
            },
            kind,
            at,
            radius_m: said.or(radius_m),
            population: whole(
                facts.population,
                "population",
                "give whole people, or leave it out",
            )?
            .unwrap_or(0),
            parent: word(facts.parent),
            line: if kind == PlaceKind::Street { table::street(line)? } else { Vec::new() },
        })
    }
}

/// A word that may be written as a number.
fn word(value: Option<Value>) -> Option<String> {
    let said = match value? {
        Value::String(said) => said.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(said).filter(|said| !said.is_empty())
}

fn whole(value: Option<Value>, name: &str, remedy: &str) -> Result<Option<u64>, String> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let read = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    // Programs write whole numbers with a point.
    let rounded = || value.as_f64().filter(|n| *n >= 0.0).map(|n| n.round() as u64);
    let said = || format!("{name} is {value}: {remedy}");
    read.or_else(rounded).map(Some).ok_or_else(said)
}

impl Shape {
    fn spot(self) -> Result<Spot, String> {
        let shape = match self {
            Self::Point(at) => {
                return Ok(Spot { at: place(&at)?, radius_m: None, line: Vec::new() });
            }
            Self::LineString(line) => return of_lines(vec![line]),
            Self::MultiLineString(lines) => return of_lines(lines),
            Self::Polygon(rings) => Geometry::Polygon(polygon(rings)?),
            Self::MultiPolygon(parts) => {
                let parts: Result<Vec<_>, _> = parts.into_iter().map(polygon).collect();
                Geometry::MultiPolygon(MultiPolygon(parts?))
            }
        };
        let (at, radius_m) = middle(&shape).map_err(|flaw| flaw.to_string())?;
        Ok(Spot { at, radius_m: Some(radius_m), line: Vec::new() })
    }
}

fn place(position: &[f64]) -> Result<LngLat, String> {
    let [lng, lat, ..] = position else {
        return Err("a position is [longitude, latitude] in degrees".to_owned());
    };
    LngLat::new(*lng, *lat)
        .map_err(|bad| format!("{bad}: positions are longitude first, then latitude, in degrees"))
}

fn coord(position: &Position) -> Result<Coord<f64>, String> {
    place(position).map(|at| Coord { x: at.lng(), y: at.lat() })
}

fn polygon(rings: Vec<Vec<Position>>) -> Result<Polygon<f64>, String> {
    let mut rings = rings.into_iter().map(|ring| {
        let corners = ring.iter().map(coord).collect::<Result<Vec<_>, _>>()?;
        if corners.len() < 4 {
            return Err(
                "a ring needs four positions or more, the last equal to the first".to_owned()
            );
        }
        Ok(LineString(corners))
    });
    let outer = rings.next().ok_or("a Polygon needs an outer ring")??;
    Ok(Polygon::new(outer, rings.collect::<Result<_, String>>()?))
}

/// A street: all its parts say where it lies, the longest that hangs together says along where.
fn of_lines(parts: Vec<Vec<Position>>) -> Result<Spot, String> {
    let mut lines = Vec::with_capacity(parts.len());
    for part in parts {
        let line: Vec<LngLat> = part.iter().map(|at| place(at)).collect::<Result<_, _>>()?;
        if line.len() < 2 {
            return Err("a line needs two positions or more".to_owned());
        }
        lines.push(line);
    }
    let coords = |line: &Vec<LngLat>| {
        LineString(line.iter().map(|at| Coord { x: at.lng(), y: at.lat() }).collect())
    };
    let shape = Geometry::MultiLineString(MultiLineString(lines.iter().map(coords).collect()));
    let (at, radius_m) = middle(&shape).map_err(|flaw| flaw.to_string())?;
    let long_m =
        |line: &[LngLat]| -> f64 { line.windows(2).map(|ends| distance_m(ends[0], ends[1])).sum() };
    let longest = joined(lines)?.into_iter().max_by(|a, b| long_m(a).total_cmp(&long_m(b)));
    Ok(Spot { at, radius_m: Some(radius_m), line: longest.unwrap_or_default() })
}

/// A street comes in this many parts at most: each is laid at each.
const PARTS_MAX: usize = 500;

/// Parts whose ends meet become one.
fn joined(mut parts: Vec<Vec<LngLat>>) -> Result<Vec<Vec<LngLat>>, String> {
    if parts.len() > PARTS_MAX {
        return Err(format!(
            "it has {} parts, at most {PARTS_MAX} are taken: join them, or cut it in two",
            parts.len()
        ));
    }
    let mut whole = Vec::new();
    while let Some(mut line) = parts.pop() {
        while let Some(at) = parts.iter().position(|part| meets(&line, part)) {
            let mut part = parts.swap_remove(at);
            if line.first() == part.first() || line.first() == part.last() {
                line.reverse();
            }
            if line.last() == part.last() {
                part.reverse();
            }
            line.extend(part.into_iter().skip(1));
        }
        whole.push(line);
    }
    Ok(whole)
}

fn meets(a: &[LngLat], b: &[LngLat]) -> bool {
    [a.first(), a.last()].iter().any(|end| *end == b.first() || *end == b.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(features: &str) -> Result<Vec<PlaceRow>, BadFeature> {
        read(&format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#))
    }

    fn feature(geometry: &str, properties: &str) -> String {
        format!(r#"{{"type":"Feature","geometry":{geometry},"properties":{properties}}}"#)
    }

    const POINT: &str = r#"{"type":"Point","coordinates":[2.17,41.387,12]}"#;

    #[test]
    fn properties_are_the_columns_and_a_shape_gives_its_middle_and_what_covers_it() {
        let square = r#"{"type":"Polygon","coordinates":[[[2.0,41.0],[2.2,41.0],[2.2,41.2],[2.0,41.2],[2.0,41.0]]]}"#;
        let islands = r#"{"type":"MultiPolygon","coordinates":[[[[2.0,41.0],[2.2,41.0],[2.2,41.2],[2.0,41.0]]],[[[3.0,41.0],[3.001,41.0],[3.001,41.001],[3.0,41.0]]]]}"#;
        let rows = file(&[
            feature(POINT, r#"{"id":7,"name":" Plaça de Catalunya ","kind":"poi","alternates":"Plaza Cataluña|Catalonia Square","population":"12","parent":1,"wheelchair":true}"#),
            feature(square, r#"{"name":"Square","kind":"district","alternates":["One","Two"]}"#),
            feature(square, r#"{"name":"Said","kind":"district","radius_m":300.0}"#),
            feature(islands, r#"{"name":"Islands"}"#),
        ].join(","))
        .expect("rows");
        let first = &rows[0];
        assert_eq!((first.id.as_str(), first.name.as_str()), ("7", "Plaça de Catalunya"));
        assert_eq!((first.population, first.parent.as_deref()), (12, Some("1")));
        assert_eq!((first.radius_m, first.alternates.len(), first.at.lng()), (None, 2, 2.17));
        let reach_m = |row: &PlaceRow, lng: f64, lat: f64| {
            distance_m(row.at, LngLat::new(lng, lat).expect("a place"))
        };
        let square = &rows[1];
        assert_eq!((square.id.as_str(), square.alternates.len()), ("feature-2", 2));
        assert!((square.at.lng() - 2.1).abs() < 1e-6 && (square.at.lat() - 41.1).abs() < 1e-6);
        let radius_m = f64::from(square.radius_m.expect("a radius"));
        let corner_m = reach_m(square, 2.0, 41.0);
        assert!((corner_m..corner_m + 1.5).contains(&radius_m), "{radius_m} of {corner_m}");
        assert_eq!(rows[2].radius_m, Some(300), "what it says of itself goes before");
        let far_m = reach_m(&rows[3], 3.001, 41.001);
        assert!(f64::from(rows[3].radius_m.expect("a radius")) >= far_m, "all parts are covered");
        assert_eq!(rows[3].kind, PlaceKind::City);
    }

    #[test]
    fn a_line_is_a_street_and_its_parts_are_joined_where_they_meet() {
        let line = r#"{"type":"LineString","coordinates":[[2.0,41.0],[2.01,41.0],[2.02,41.0]]}"#;
        let parts = r#"{"type":"MultiLineString","coordinates":[[[2.02,41.0],[2.01,41.0]],[[2.0,41.0],[2.01,41.0]],[[2.03,41.0],[2.02,41.0]],[[2.5,41.0],[2.501,41.0]]]}"#;
        let rows = file(
            &[
                feature(line, r#"{"name":"Carrer Major"}"#),
                feature(parts, r#"{"name":"Carrer Llarg"}"#),
                feature(line, r#"{"name":"Riera","kind":"poi"}"#),
            ]
            .join(","),
        )
        .expect("rows");
        assert_eq!((rows[0].kind, rows[0].line.len()), (PlaceKind::Street, 3));
        assert!((rows[0].at.lat() - 41.0).abs() < 1e-6);
        let lngs: Vec<f64> = rows[1].line.iter().map(|at| at.lng()).collect();
        let there = [2.0, 2.01, 2.02, 2.03];
        let back = [2.03, 2.02, 2.01, 2.0];
        assert!(lngs == there || lngs == back, "{lngs:?}");
        assert!(rows[1].radius_m > Some(30_000), "all parts say where it lies");
        assert!(rows[2].line.is_empty() && rows[2].radius_m.is_some());
    }

    #[test]
    fn what_is_wrong_is_named_by_its_feature_with_the_remedy() {
        let told = |features: &str| file(features).expect_err("wrong").to_string();
        let good = feature(POINT, r#"{"name":"A"}"#);
        let second = |geometry: &str, properties: &str| {
            told(&format!("{good},{}", feature(geometry, properties)))
        };
        for (geometry, properties, said) in [
            (
                POINT,
                r#"{"name":"B","kind":"place"}"#,
                "feature 2 (B): kind is place: say one of country",
            ),
            (POINT, r#"{"name":" "}"#, "name is empty"),
            (POINT, "null", "feature 2: name is empty"),
            (
                POINT,
                r#"{"name":"B","population":"many"}"#,
                "population is \"many\": give whole people",
            ),
            (POINT, r#"{"name":"B","radius_m":-4}"#, "radius_m is -4: give whole metres"),
            ("null", r#"{"name":"B"}"#, "feature 2 (B): it has no geometry"),
            (
                r#"{"type":"Point","coordinates":[41.0]}"#,
                r#"{"name":"B"}"#,
                "[longitude, latitude]",
            ),
            (r#"{"type":"Point","coordinates":[2.0,141.0]}"#, r#"{"name":"B"}"#, "longitude first"),
            (
                r#"{"type":"MultiPoint","coordinates":[]}"#,
                r#"{"name":"B"}"#,
                "feature 2 (B): unknown variant `MultiPoint`",
            ),
            (r#"{"type":"Polygon","coordinates":[]}"#, r#"{"name":"B"}"#, "an outer ring"),
            (
                r#"{"type":"Polygon","coordinates":[[[2,41],[2,42],[2,41]]]}"#,
                r#"{"name":"B"}"#,
                "four positions",
            ),
            (r#"{"type":"LineString","coordinates":[[2,41]]}"#, r#"{"name":"B"}"#, "two positions"),
            (
                r#"{"type":"LineString","coordinates":[[2,41],[2,43]]}"#,
                r#"{"name":"B"}"#,
                "over 222 km",
            ),
        ] {
            let told = second(geometry, properties);
            assert!(told.contains(said), "{told} lacks {said}");
        }
        assert!(read("{").expect_err("cut off").to_string().contains("FeatureCollection"));
        let alone = r#"{"type":"Feature","features":[]}"#;
        assert!(read(alone).expect_err("one").to_string().contains("its type is Feature"));
    }
}
