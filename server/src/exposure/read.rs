//! An import as sites and cells: `GeoJSON`, or CSV with a header.

use engine::exposure::{Flaw, GridCell, Register, Site, SiteKind};
use serde::{Deserialize, Deserializer};
use wire::geo::{Bbox, LngLat};

/// One thing that is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Where, such as `features[3].properties.kind` or `row 4, kind`.
    pub at: String,
    /// What to do about it.
    pub remedy: String,
}

/// So many are told at once; the others are like them.
const TOLD_MAX: usize = 20;

/// Some editors begin a file with it; it says nothing.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Understands an import. One without a row or feature would leave nothing of what was there, and is most often a mistake.
pub fn read(bytes: &[u8]) -> Result<Register, Vec<Wrong>> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let table = if first == Some(&b'{') { of_geojson(bytes)? } else { of_csv(bytes)? };
    let Table { sites, cells, site_at, cell_at } = table;
    Register::new(sites, cells).map_err(|flaws| {
        let wrong = |Flaw { field, remedy }: Flaw| Wrong {
            at: place_of(&field, &site_at, &cell_at),
            remedy,
        };
        flaws.into_iter().map(wrong).collect()
    })
}

/// What was read, and where each stood.
#[derive(Default)]
struct Table {
    sites: Vec<Site>,
    cells: Vec<GridCell>,
    site_at: Vec<String>,
    cell_at: Vec<String>,
}

/// `sites[3].name` of the register, where it stood in the import.
fn place_of(field: &str, site_at: &[String], cell_at: &[String]) -> String {
    let lists = [("sites[", site_at), ("cells[", cell_at)];
    let found = lists.into_iter().find_map(|(list, at)| {
        let (index, rest) = field.strip_prefix(list)?.split_once(']')?;
        let at = at.get(index.parse::<usize>().ok()?)?;
        // Of a feature it is a path, of a row a column.
        let rest = if at.ends_with(' ') { rest.trim_start_matches('.') } else { rest };
        Some(format!("{at}{rest}"))
    });
    found.unwrap_or_else(|| field.to_owned())
}

fn wrong(at: impl Into<String>, remedy: impl Into<String>) -> Wrong {
    Wrong { at: at.into(), remedy: remedy.into() }
}

#[derive(Deserialize)]
struct Collection {
    #[serde(rename = "type")]
    tag: Option<String>,
    features: Vec<Understood>,
}

/// Each feature by itself, so that one that is wrong is named and the others are looked at.
struct Understood(Result<Feature, String>);

impl<'de> Deserialize<'de> for Understood {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Self(Feature::deserialize(value).map_err(|cause| cause.to_string())))
    }
}

#[derive(Deserialize)]
struct Feature {
    geometry: Option<Shape>,
    properties: Option<Facts>,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Shape {
    Point(Vec<f64>),
    Polygon(Vec<Vec<Vec<f64>>>),
}

#[derive(Default, Deserialize)]
struct Facts {
    kind: Option<String>,
    name: Option<String>,
    n_people: Option<u32>,
}

fn of_geojson(bytes: &[u8]) -> Result<Table, Vec<Wrong>> {
    let collection: Collection = serde_json::from_slice(bytes).map_err(|cause| {
        let remedy =
            format!("{cause}; send a FeatureCollection of Points (sites) and Polygons (cells)");
        vec![wrong("the file", remedy)]
    })?;
    // Said in so many words, it is meant.
    if collection.features.is_empty() && collection.tag.as_deref() != Some("FeatureCollection") {
        let remedy = "it has no feature: send a FeatureCollection; one without features empties the register";
        return Err(vec![wrong("the file", remedy)]);
    }
    let mut table = Table::default();
    let mut flaws = Vec::new();
    for (index, feature) in collection.features.into_iter().enumerate() {
        let at = format!("features[{index}]");
        let read = feature.0.map_err(|cause| wrong("", cause)).and_then(|feature| {
            let facts = feature.properties.unwrap_or_default();
            match feature.geometry {
                Some(Shape::Point(position)) => {
                    table.sites.push(site(&facts, &position)?);
                    table.site_at.push(at.clone());
                }
                Some(Shape::Polygon(rings)) => {
                    table.cells.push(cell(&facts, &rings)?);
                    table.cell_at.push(at.clone());
                }
                None => return Err(wrong(".geometry", "give a Point or a Polygon")),
            }
            Ok(())
        });
        flaws.extend(read.err().map(|flaw| wrong(format!("{at}{}", flaw.at), flaw.remedy)));
        if flaws.len() >= TOLD_MAX {
            break;
        }
    }
    if flaws.is_empty() { Ok(table) } else { Err(flaws) }
}

fn site(facts: &Facts, position: &[f64]) -> Result<Site, Wrong> {
    let place = match position {
        [lng, lat, ..] => LngLat::new(*lng, *lat).map_err(|cause| cause.to_string()),
        _ => Err("give longitude and latitude".to_owned()),
    };
    let place = place.map_err(|remedy| wrong(".geometry.coordinates", remedy))?;
    let name = facts.name.clone().ok_or_else(|| wrong(".properties.name", "name the site"))?;
    let kind = kind(facts.kind.as_deref()).map_err(|told| wrong(".properties.kind", told))?;
    Ok(Site { kind, name, place, n_people: facts.n_people })
}

fn kind(word: Option<&str>) -> Result<SiteKind, String> {
    match word {
        Some("school") => Ok(SiteKind::School),
        Some("care_home") => Ok(SiteKind::CareHome),
        Some("hospital") => Ok(SiteKind::Hospital),
        Some("underpass") => Ok(SiteKind::Underpass),
        _ => Err("say school, care_home, hospital or underpass".to_owned()),
    }
}

fn cell(facts: &Facts, rings: &[Vec<Vec<f64>>]) -> Result<GridCell, Wrong> {
    let at = ".geometry.coordinates";
    let [ring] = rings else { return Err(wrong(at, "a cell is one ring, without holes")) };
    let span = |axis: usize| {
        let along = || ring.iter().filter_map(move |position| position.get(axis).copied());
        (along().fold(f64::INFINITY, f64::min), along().fold(f64::NEG_INFINITY, f64::max))
    };
    let ((west, east), (south, north)) = (span(0), span(1));
    let is_corner = |position: &Vec<f64>| {
        matches!(position.as_slice(), [lng, lat, ..]
            if [west, east].contains(lng) && [south, north].contains(lat))
    };
    if ring.len() < 4 || !ring.iter().all(is_corner) {
        return Err(wrong(at, "a cell is a box along longitude and latitude"));
    }
    let bounds =
        Bbox::new(west, south, east, north).map_err(|cause| wrong(at, cause.to_string()))?;
    let n_people =
        facts.n_people.ok_or_else(|| wrong(".properties.n_people", "say who lives there"))?;
    Ok(GridCell { bounds, n_people })
}

/// Columns of a row: a site has a kind, a cell has none. A column that is not known may be one that is misspelt.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    lng: Option<f64>,
    #[serde(default)]
    lat: Option<f64>,
    #[serde(default)]
    west: Option<f64>,
    #[serde(default)]
    south: Option<f64>,
    #[serde(default)]
    east: Option<f64>,
    #[serde(default)]
    north: Option<f64>,
    #[serde(default)]
    n_people: Option<u32>,
}

fn of_csv(bytes: &[u8]) -> Result<Table, Vec<Wrong>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let mut table = Table::default();
    let mut flaws = Vec::new();
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        // The header is the first row that people see.
        let at = format!("row {}, ", index + 2);
        let read = match row {
            Ok(row) if row.kind.is_some() => site_of(&row).map(|site| {
                table.sites.push(site);
                table.site_at.push(at.clone());
            }),
            Ok(row) => cell_of(&row).map(|cell| {
                table.cells.push(cell);
                table.cell_at.push(at.clone());
            }),
            Err(cause) => Err(wrong("", cause.to_string())),
        };
        flaws.extend(read.err().map(|flaw| wrong(format!("{at}{}", flaw.at), flaw.remedy)));
        if flaws.len() >= TOLD_MAX {
            break;
        }
    }
    if flaws.is_empty() && table.sites.is_empty() && table.cells.is_empty() {
        let remedy = "it has no row below its header: send it with its line ends (curl --data-binary @FILE, not -d); a FeatureCollection without features empties the register";
        return Err(vec![wrong("the file", remedy)]);
    }
    if flaws.is_empty() { Ok(table) } else { Err(flaws) }
}

fn site_of(row: &Row) -> Result<Site, Wrong> {
    let kind = kind(row.kind.as_deref()).map_err(|told| wrong("kind", told))?;
    let name = row.name.clone().ok_or_else(|| wrong("name", "name the site"))?;
    let (Some(lng), Some(lat)) = (row.lng, row.lat) else {
        return Err(wrong("lng and lat", "say where the site is, in degrees"));
    };
    let place = LngLat::new(lng, lat).map_err(|cause| wrong("lng and lat", cause.to_string()))?;
    Ok(Site { kind, name, place, n_people: row.n_people })
}

fn cell_of(row: &Row) -> Result<GridCell, Wrong> {
    let at = "west, south, east and north";
    let (Some(west), Some(south), Some(east), Some(north)) =
        (row.west, row.south, row.east, row.north)
    else {
        let remedy = "a cell has all four, in degrees; a site has a kind: school, care_home, hospital or underpass";
        return Err(wrong(at, remedy));
    };
    let bounds =
        Bbox::new(west, south, east, north).map_err(|cause| wrong(at, cause.to_string()))?;
    let n_people = row.n_people.ok_or_else(|| wrong("n_people", "say who lives there"))?;
    Ok(GridCell { bounds, n_people })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_and_a_collection_of_the_same_are_the_same_register() {
        let table = "kind,name,lng,lat,n_people,west,south,east,north\n\
            school,Escola A,2.17,41.4,300,,,,\n,,,,120,2.17,41.4,2.18,41.41\n";
        let collection = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","geometry":{"type":"Point","coordinates":[2.17,41.4]},
             "properties":{"kind":"school","name":"Escola A","n_people":300}},
            {"type":"Feature","geometry":{"type":"Polygon","coordinates":
             [[[2.17,41.4],[2.18,41.4],[2.18,41.41],[2.17,41.41],[2.17,41.4]]]},
             "properties":{"n_people":120}}]}"#;
        for bytes in [table.as_bytes(), collection.as_bytes()] {
            let register = read(bytes).expect("a register");
            assert_eq!((register.n_sites(), register.n_cells()), (1, 1));
        }
    }

    #[test]
    fn what_is_no_table_is_refused_and_only_a_collection_that_says_so_is_empty() {
        let header = "kind,name,lng,lat";
        // As `curl -d` sends a table: without its line ends.
        let joined = "kind,name,lng,latschool,Escola A,2.17,41.4";
        for bytes in ["", " \n", header, joined, "[]", "[\n]", "{\"features\":[]}"] {
            let told = read(bytes.as_bytes()).expect_err(bytes);
            assert!(!told.is_empty(), "{bytes}");
        }
        let told = read(joined.as_bytes()).expect_err("no row");
        assert!(told[0].remedy.contains("--data-binary"), "{told:?}");
        let empty = read(br#"{"type":"FeatureCollection","features":[]}"#).expect("meant");
        assert_eq!((empty.n_sites(), empty.n_cells()), (0, 0));
    }

    #[test]
    fn a_mark_before_the_first_byte_changes_nothing() {
        let table = "\u{feff}kind,name,lng,lat\nschool,Escola A,2.17,41.4\n";
        let collection = "\u{feff}{\"features\":[{\"geometry\":{\"type\":\"Point\",\"coordinates\":[2.17,41.4]},\
            \"properties\":{\"kind\":\"school\",\"name\":\"Escola A\"}}]}";
        for bytes in [table, collection] {
            assert_eq!(read(bytes.as_bytes()).expect("a register").n_sites(), 1, "{bytes}");
        }
    }

    #[test]
    fn a_column_that_is_not_known_is_named() {
        let told = read(b"kind,name,lng,lat,people\nschool,A,2,41,300\n").expect_err("misspelt");
        assert!(told[0].remedy.contains("people"), "{told:?}");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_row_or_feature() {
        let at = |bytes: &str| -> Vec<String> {
            read(bytes.as_bytes()).expect_err("wrong").into_iter().map(|one| one.at).collect()
        };
        assert_eq!(
            at("kind,name,lng,lat\nzoo,A,2,41\nschool,,2,41\n"),
            ["row 2, kind", "row 3, name"]
        );
        assert_eq!(at("west,south,east,north,n_people\n2,41,3,42,5\n"), ["row 2, bounds"]);
        let slanted = r#"{"features":[{"geometry":{"type":"Polygon","coordinates":
            [[[2.0,41.0],[2.01,41.005],[2.01,41.01],[2.0,41.0]]]},"properties":{"n_people":1}}]}"#;
        assert_eq!(at(slanted), ["features[0].geometry.coordinates"]);
        let several = r#"{"features":[{"geometry":{"type":"LineString","coordinates":[]}},
            {"geometry":{"type":"Point","coordinates":[2,41]},"properties":{"n_people":-1}},
            {"geometry":null}]}"#;
        assert_eq!(at(several), ["features[0]", "features[1]", "features[2].geometry"]);
        assert_eq!(at("{}"), ["the file"]);
    }
}
