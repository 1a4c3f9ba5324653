//! Names of places, and posts that speak of them: 70,000 towns of `GeoNames` where the data stand beside the project, else made-up ones.

use std::io::Read as _;
use std::path::Path;

use engine::gazetteer::{Gazetteer, PlaceKind, PlaceRow};
use wire::geo::LngLat;

use crate::corpus::Post;
use crate::peers::Outcome;

/// As many names as the row promises.
const NAMES: usize = 70_000;

/// The towns, and what they are.
pub(crate) struct Towns {
    pub(crate) rows: Vec<PlaceRow>,
    pub(crate) what: &'static str,
}

impl Towns {
    pub(crate) fn read() -> Outcome<Self> {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/data/geonames-cities/cities500.tsv.gz"
        );
        if !Path::new(file).exists() {
            return Ok(Self {
                rows: (0..NAMES).filter_map(made_up).collect(),
                what: "made-up names",
            });
        }
        let mut table = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(file)?).read_to_string(&mut table)?;
        let mut rows: Vec<PlaceRow> = table.lines().skip(1).filter_map(town).collect();
        rows.sort_by(|one, other| {
            other.population.cmp(&one.population).then(one.id.cmp(&other.id))
        });
        rows.truncate(NAMES);
        Ok(Self { rows, what: "the largest towns of GeoNames" })
    }

    pub(crate) fn index(&self) -> Outcome<Gazetteer> {
        Ok(Gazetteer::new("bench", self.rows.clone())?)
    }
}

fn row(id: String, name: String, at: LngLat, population: u64) -> PlaceRow {
    PlaceRow {
        id,
        name,
        alternates: Vec::new(),
        kind: PlaceKind::City,
        at,
        radius_m: None,
        population,
        parent: None,
        line: Vec::new(),
    }
}

fn town(line: &str) -> Option<PlaceRow> {
    let mut cells = line.split('\t');
    let (id, name) = (cells.next()?, cells.next()?);
    let (lat, lng) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
    let population = cells.nth(2)?.parse().ok()?;
    Some(row(id.to_owned(), name.to_owned(), LngLat::new(lng, lat).ok()?, population))
}

fn made_up(number: usize) -> Option<PlaceRow> {
    const SYLLABLES: [&str; 16] = [
        "Ba", "ce", "do", "fir", "gal", "hun", "jat", "kel", "lom", "mir", "nas", "pol", "rit",
        "sul", "tor", "vem",
    ];
    let name = [0, 4, 8, 12, 16].map(|bits| SYLLABLES[number >> bits & 15]).concat();
    let degrees = |step: usize, reach: f64| (number * step % 1_000) as f64 / 1_000.0 * reach;
    // Within a million steps the numbers stay on the globe.
    let at = LngLat::new(degrees(7, 300.0) - 150.0, degrees(13, 120.0) - 60.0);
    Some(row(format!("m{number}"), name, at.ok()?, 1_000 + number as u64))
}

/// The posts, half of them speaking of a town, each town by turns; which one.
pub(crate) fn speaking(posts: &[Post], towns: &Towns) -> Vec<(String, Option<usize>)> {
    let speak = |(number, post): (usize, &Post)| {
        if number % 2 == 1 {
            return (post.written.clone(), None);
        }
        let town = number / 2 * 7 % towns.rows.len();
        (format!("{}. Fum a {}", post.written, towns.rows[town].name), Some(town))
    };
    posts.iter().enumerate().map(speak).collect()
}
