//! Find a place: what somebody types who looks for one, and what a point is called.

use wire::geo::LngLat;

use super::{Form, Gazetteer, PlaceKind, Scan, coordinates, lexis};
use crate::limits::{FOUND_MAX, NAMESAKES_MAX};
use crate::place::distance_m;

/// Pairs of streets of a search that are looked at for a crossing: a search names two, of a few namesakes each.
const CROSSED_MAX: usize = 400;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// Its name, or the coordinates.
    pub name: String,
    /// What it lies in, the smallest first, a comma between.
    pub within: String,
    /// Where.
    pub at: LngLat,
    /// The radius of doubt in metres.
    pub radius_m: u32,
    /// Its id in the gazetteer, if it has one.
    pub id: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitKind {
    /// Coordinates that were typed.
    Coordinates(coordinates::Notation),
    /// A place, or a point worked out from places.
    Place(PlaceKind),
}

impl HitKind {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Coordinates(_) => "coordinates",
            Self::Place(kind) => kind.word(),
        }
    }
}

impl Gazetteer {
    /// What somebody means who types this; what is nearer to `from` comes first.
    pub fn find(&self, said: &str, from: Option<LngLat>, limit: usize) -> Vec<Hit> {
        let limit = limit.min(FOUND_MAX);
        if let Some((at, notation, radius_m)) = coordinates::parse(said) {
            let name = format!("{:.5}, {:.5}", at.lat(), at.lng());
            let kind = HitKind::Coordinates(notation);
            return vec![Hit { kind, name, within: self.called(at), at, radius_m, id: None }];
        }
        let scan = self.scan(said);
        let mut hits: Vec<Hit> =
            self.roads_in(&scan).into_iter().map(|road| self.worked_out(road)).collect();
        hits.extend(self.crossings_in(&scan).into_iter().map(|crossing| self.worked_out(crossing)));
        hits.extend(self.numbers_in(&scan).into_iter().map(|number| self.worked_out(number)));
        let mut named: Vec<u32> = scan
            .mentions
            .iter()
            .flat_map(|mention| mention.uses.iter().take(NAMESAKES_MAX))
            .filter(|use_| use_.form != Form::Nowhere)
            .map(|use_| use_.place)
            .collect();
        if named.is_empty() {
            named = self.beginning(&lexis::plain(said)).collect();
        }
        named.sort_unstable();
        named.dedup();
        // A place that lies in another one that was typed is what was meant: "Gràcia, Barcelona".
        let inner: Vec<u32> = named
            .iter()
            .copied()
            .filter(|at| self.above(*at).any(|above| named.binary_search(&above).is_ok()))
            .collect();
        let worth = |at: &u32| {
            let Some(place) = self.place(*at) else { return 0.0 };
            let near = from.map_or(0.0, |from| 4.0 / (1.0 + distance_m(from, place.at) / 20_000.0));
            let is_inner = inner.binary_search(at).is_ok();
            near + (place.population as f64 + 1.0).log10() / 2.0 + if is_inner { 8.0 } else { 0.0 }
        };
        named.sort_by(|one, other| worth(other).total_cmp(&worth(one)).then(one.cmp(other)));
        hits.extend(named.into_iter().filter_map(|at| self.hit(at)));
        let mut seen: Vec<(LngLat, String)> = Vec::new();
        hits.retain(|hit| {
            let mark = (hit.at, hit.name.clone());
            let is_new = !seen.contains(&mark);
            seen.push(mark);
            is_new
        });
        hits.truncate(limit);
        hits
    }

    /// The crossings that a search or text names: two streets with a word or sign between, or none.
    fn crossings_in(&self, scan: &Scan<'_, '_>) -> Vec<super::Resolved> {
        let mut found = Vec::new();
        let (mut tried, mut crossed) = (std::collections::BTreeSet::new(), 0);
        for pair in scan.mentions.windows(2) {
            let streets = |at: usize| {
                pair[at].uses.iter().take(NAMESAKES_MAX).filter(|use_| use_.form != Form::Nowhere)
            };
            let both =
                streets(0).flat_map(|one| streets(1).map(move |other| (one.place, other.place)));
            let is_new = |pair: &(u32, u32)| tried.insert(*pair);
            let few: Vec<(u32, u32)> = both.filter(is_new).take(CROSSED_MAX - crossed).collect();
            crossed += few.len();
            found.extend(few.into_iter().filter_map(|(one, other)| self.crossing(one, other)));
        }
        found.dedup_by(|one, other| one.at == other.at);
        found
    }

    fn numbers_in(&self, scan: &Scan<'_, '_>) -> Vec<super::Resolved> {
        let mut found = Vec::new();
        for mention in &scan.mentions {
            let Ok(number) = scan.word(mention.after).parse() else { continue };
            let streets =
                mention.uses.iter().take(NAMESAKES_MAX).filter(|use_| use_.form != Form::Nowhere);
            found.extend(streets.filter_map(|use_| self.number(use_.place, number)));
        }
        found
    }

    /// Places with a name that begins so.
    fn beginning(&self, said: &str) -> impl Iterator<Item = u32> {
        let from = self.names.partition_point(|(name, _)| **name < *said);
        let begins = move |(name, _): &&(Box<str>, u32)| name.starts_with(said);
        let said_any = !said.is_empty();
        self.names
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(begins)
            .filter(move |_| said_any)
            .take(NAMESAKES_MAX)
            .map(|(_, at)| *at)
    }

    fn worked_out(&self, found: super::Resolved) -> Hit {
        Hit {
            kind: HitKind::Place(found.kind),
            within: self.within(found.place),
            name: found.name,
            at: found.at,
            radius_m: found.radius_m,
            id: None,
        }
    }

    fn hit(&self, at: u32) -> Option<Hit> {
        let place = self.place(at)?;
        Some(Hit {
            kind: HitKind::Place(place.kind),
            name: place.name.to_string(),
            within: self.within(at),
            at: place.at,
            radius_m: place.radius_m,
            id: Some(place.id.to_string()),
        })
    }

    /// The names of what it lies in, the smallest first.
    pub(crate) fn within(&self, at: u32) -> String {
        let names: Vec<&str> =
            self.above(at).filter_map(|at| self.place(at)).map(|place| &*place.name).collect();
        names.join(", ")
    }

    /// What a point is called: the street or landmark, the neighbourhood, the city.
    pub fn called(&self, at: LngLat) -> String {
        let near = self.near(at);
        let names: Vec<&str> = near
            .iter()
            .filter_map(|near| self.place(near.place))
            .map(|place| &*place.name)
            .collect();
        names.join(", ")
    }

    /// What is near a point, as hits.
    pub fn around(&self, at: LngLat) -> Vec<(Hit, f64)> {
        let hits = self.near(at).into_iter();
        hits.filter_map(|near| Some((self.hit(near.place)?, near.distance_m))).collect()
    }
}
