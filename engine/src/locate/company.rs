//! The company of a name: which places the other names of a text may mean, so that kin are found without comparing each with each.

use std::collections::{BTreeMap, BTreeSet};

use wire::geo::LngLat;

use crate::gazetteer::Gazetteer;
use crate::limits::NAMESAKES_MAX;
use crate::place::distance_m;

/// Two places of a text are near each other within this, in metres.
const KIN_M: f64 = 40_000.0;
/// Places are kept by cells of so many degrees: no smaller than kin are apart, up to where nobody lives.
const CELL: f64 = 0.8;

/// How the places of another name stand to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kin {
    /// It lies in one of them.
    Within,
    /// One of them lies in it, or near it.
    Beside,
    None,
}

/// See the module. Names are known by their order.
#[derive(Debug, Default)]
pub(super) struct Company {
    here: BTreeMap<u32, BTreeSet<usize>>,
    above: BTreeMap<u32, BTreeSet<usize>>,
    cells: BTreeMap<(i32, i32), Vec<(usize, LngLat)>>,
}

impl Company {
    /// Takes in what a name may mean.
    pub(super) fn take(
        &mut self,
        gazetteer: &Gazetteer,
        name: usize,
        places: impl Iterator<Item = u32>,
    ) {
        for at in places.take(NAMESAKES_MAX) {
            let Some(place) = gazetteer.place(at) else { continue };
            self.here.entry(at).or_default().insert(name);
            for above in gazetteer.above(at) {
                self.above.entry(above).or_default().insert(name);
            }
            self.cells.entry(cell(place.at)).or_default().push((name, place.at));
        }
    }

    /// Whether another name than this one has kin of a place.
    pub(super) fn kin(&self, gazetteer: &Gazetteer, name: usize, at: u32) -> Kin {
        let others = |names: Option<&BTreeSet<usize>>| {
            names.is_some_and(|names| names.iter().any(|other| *other != name))
        };
        if gazetteer.above(at).any(|above| others(self.here.get(&above))) {
            return Kin::Within;
        }
        let Some(place) = gazetteer.place(at) else { return Kin::None };
        let (x, y) = cell(place.at);
        let mut around = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y)));
        let is_near = |cell: (i32, i32)| {
            let places = self.cells.get(&cell).map(Vec::as_slice).unwrap_or_default();
            places
                .iter()
                .any(|(other, there)| *other != name && distance_m(place.at, *there) < KIN_M)
        };
        if others(self.above.get(&at)) || around.any(is_near) { Kin::Beside } else { Kin::None }
    }
}

fn cell(at: LngLat) -> (i32, i32) {
    ((at.lng() / CELL).floor() as i32, (at.lat() / CELL).floor() as i32)
}
