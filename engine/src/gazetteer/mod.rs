//! The gazetteer: places with their names, matched against a text in one pass, asked by name, and by where they are.
//!
//! Made once from rows, and then only read. It knows nothing of reports: [`crate::locate`] decides what a text is about.

mod build;
pub mod coordinates;
mod find;
mod lexis;
mod near;
mod nearly;
mod place;
mod regions;
mod resolve;
mod scan;
pub mod table;
#[cfg(test)]
mod tests;

use hashbrown::HashTable;

pub use find::{Hit, HitKind};
pub(crate) use lexis::{Cue, PHRASE_WORDS_MAX};
pub use near::Near;
pub use place::{Place, PlaceKind, PlaceRow};
pub(crate) use regions::Region;
pub(crate) use resolve::Resolved;
pub(crate) use scan::{Mention, Scan};

use lexis::Lexis;
use wire::geo::{Bbox, LngLat};

/// Why rows make no gazetteer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GazetteerError {
    /// A line of the words about places.
    #[error("words about places: {file}, line {line}: {why}")]
    Words {
        /// Its file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A row.
    #[error("row {row} ({id}): {why}")]
    Row {
        /// Counted from 1.
        row: usize,
        /// Its id.
        id: String,
        /// What is wrong, and the remedy.
        why: String,
    },
    /// More rows than fit.
    #[error("more than {} places: leave out what is far away", crate::limits::PLACES_MAX)]
    TooMany,
}

/// What a word means to the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a word")]
pub(crate) struct Meaning {
    /// The token that names are spelt in; 0 for none.
    pub(crate) token: u32,
    /// A kind of thoroughfare, if the sign follows that it needs.
    pub(crate) way: Option<lexis::Way>,
    pub(crate) is_particle: bool,
    pub(crate) is_km: bool,
    /// A plain word too, or a person's name.
    pub(crate) is_common: bool,
    pub(crate) is_given: bool,
}

/// How a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// As it is.
    Whole,
    /// A town as its neighbours call it, without what tells it from others: counts only near it.
    Short,
    /// A thoroughfare without its kind: counts only beside a number or another street.
    Bare,
    /// No place, though it looks like one.
    Nowhere,
}

/// One use of a spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Use {
    pub(crate) place: u32,
    pub(crate) form: Form,
}

/// Around the outermost of one's own places, in degrees: some two kilometres.
const HOME_EDGE: f64 = 0.02;
/// Farther apart than this they are several cities.
const HOME_M_MAX: f64 = 150_000.0;

/// A milepost of a road: tenths of a kilometre, and its place.
type Milepost = (u32, u32);

/// See the module.
pub struct Gazetteer {
    version: String,
    places: Vec<Place>,
    /// By the hash of the id.
    ids: HashTable<u32>,
    lexis: Lexis,
    spelt: Vec<(Box<str>, Meaning)>,
    words: HashTable<u32>,
    nearly: nearly::Nearly,
    /// The node after each token at the start of a name; 0 for none.
    roots: Vec<u32>,
    /// The node after a node and a token.
    edges: HashTable<(u32, u32, u32)>,
    /// Where the uses of each node begin in `uses`, and of the next.
    ends: Vec<u32>,
    uses: Vec<Use>,
    /// By the name of the road without signs.
    roads: std::collections::BTreeMap<String, Vec<Milepost>>,
    /// House numbers on a street, in order.
    numbers: std::collections::BTreeMap<u32, Vec<(u32, u32)>>,
    /// Two streets, the smaller first, and where they cross.
    crossings: std::collections::BTreeMap<(u32, u32), u32>,
    /// Plain names in order, for the beginning of one.
    names: Vec<(Box<str>, u32)>,
    near: near::Index,
    regions: regions::Regions,
    home: Option<Bbox>,
}

// By hand: a whole index in a log helps nobody.
impl std::fmt::Debug for Gazetteer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gazetteer({} places, {})", self.places.len(), self.version)
    }
}

impl Gazetteer {
    /// Which import it was made of.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many places it has.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The places, in the order of their rows.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Where its streets, quarters and points lie, if that is one city or region: whoever imported them looks there.
    pub fn home(&self) -> Option<Bbox> {
        self.home
    }

    pub(crate) fn place(&self, at: u32) -> Option<&Place> {
        self.places.get(at as usize)
    }

    /// The place with an id.
    pub fn named(&self, id: &str) -> Option<&Place> {
        self.place(self.row_of(id)?)
    }

    pub(crate) fn row_of(&self, id: &str) -> Option<u32> {
        let is_it = |at: &u32| self.place(*at).is_some_and(|place| *place.id == *id);
        self.ids.find(crate::mix::text(id), is_it).copied()
    }

    /// What the words behind a name say that it lies in, and the word after them.
    pub(crate) fn regions_behind(&self, scan: &Scan<'_, '_>, after: usize) -> (&[Region], usize) {
        self.regions.behind(scan, after)
    }

    pub(crate) fn cues(&self, phrase: &str) -> &[Cue] {
        self.lexis.cues(phrase)
    }

    /// The place that it lies in, and those that this lies in, the nearest first.
    pub(crate) fn above(&self, at: u32) -> impl Iterator<Item = u32> {
        let parent = |at: &u32| self.place(*at).and_then(|place| place.parent);
        // A chain that loops is refused when it is built; the bound is for rows that nobody checked.
        std::iter::successors(parent(&at), parent).take(crate::limits::PARENTS_MAX)
    }

    /// The city that it is, or lies in.
    pub(crate) fn city_of(&self, at: u32) -> Option<u32> {
        std::iter::once(at)
            .chain(self.above(at))
            .find(|at| self.place(*at).is_some_and(|place| place.kind == PlaceKind::City))
    }

    fn meaning(&self, word: &str) -> Meaning {
        let same =
            |slot: &u32| self.spelt.get(*slot as usize).is_some_and(|(spelt, _)| **spelt == *word);
        let found = self.words.find(crate::mix::text(word), same);
        found
            .and_then(|slot| self.spelt.get(*slot as usize))
            .map_or(Meaning::default(), |(_, meaning)| *meaning)
    }

    /// The node after another and a token.
    fn step(&self, node: u32, token: u32) -> Option<u32> {
        let hash = edge_hash(node, token);
        self.edges.find(hash, |(from, by, _)| (*from, *by) == (node, token)).map(|(_, _, to)| *to)
    }

    fn root(&self, token: u32) -> Option<u32> {
        self.roots.get(token as usize).copied().filter(|node| *node != 0)
    }

    fn uses(&self, node: u32) -> &[Use] {
        let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
        self.uses.get(end(node as usize)..end(node as usize + 1)).unwrap_or_default()
    }
}

/// The box of all that is no label, unless that is wider than one region.
fn home(places: &[Place]) -> Option<Bbox> {
    let mut fine = places.iter().filter(|place| !place.kind.is_label()).map(|place| place.at);
    let first = fine.next()?;
    let start = (first.lng(), first.lat(), first.lng(), first.lat());
    let (west, south, east, north) = fine.fold(start, |(west, south, east, north), at| {
        (west.min(at.lng()), south.min(at.lat()), east.max(at.lng()), north.max(at.lat()))
    });
    let corner = |lng, lat| LngLat::new(lng, lat).ok();
    let across_m = crate::place::distance_m(corner(west, south)?, corner(east, north)?);
    let (west, south) = (west - HOME_EDGE, south - HOME_EDGE);
    let home = Bbox::new(west, south, east + HOME_EDGE, north + HOME_EDGE).ok()?;
    (across_m <= HOME_M_MAX).then_some(home)
}

fn edge_hash(node: u32, token: u32) -> u64 {
    crate::mix::number(u64::from(node) << 32 | u64::from(token))
}
