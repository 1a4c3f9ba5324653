//! A report that came without a place gets the one that its words tell: on its way in, or once there is another gazetteer.

use wire::geo::{Bbox, LngLat};
use wire::id::ReportId;
use wire::time::Timestamp;

use super::{Context, Placing, Said, Spot};
use crate::entry::SourceKey;
use crate::gazetteer::Gazetteer;
use crate::report::{Private, ReportEntry};

impl ReportEntry {
    /// Reads where a report belongs that came without a place. What its sender said stands: a place that came with it is left alone.
    ///
    /// It becomes a point only where its words tell one of a street, a neighbourhood or the like, inside `bounds` and where the room looks:
    /// words in a message must not reach farther than coordinates in it may.
    pub fn read_place(&mut self, gazetteer: &Gazetteer, context: &Context, bounds: Option<Bbox>) {
        if self.place.is_some() || self.erased {
            return;
        }
        let Some(told) = told(&self.private, gazetteer, context) else { return };
        if let Some(spot) = pinned(&told, context, bounds.as_slice()) {
            (self.place, self.radius_m) = (Some(spot.at), spot.radius_m);
        }
        self.private.told = Some(Box::new(told));
    }
}

/// What the words of a report tell by another gazetteer than the one it was read by when it came.
#[derive(Debug, Clone, PartialEq)]
pub struct RereadEntry {
    /// Which report.
    pub id: ReportId,
    /// The number of the version whose words were read: a newer one was read when it came.
    pub of: u64,
    /// Where it stands from now on, with the radius of doubt in metres. None: what is told is no point.
    pub(crate) spot: Option<(LngLat, u32)>,
    /// What is told. None once the report is erased.
    pub(crate) told: Option<Box<Placing>>,
}

impl RereadEntry {
    /// Where it stands from now on.
    pub fn place(&self) -> Option<LngLat> {
        self.spot.map(|(at, _)| at)
    }
}

/// A report that stands without a place, to be read again.
#[derive(Debug)]
pub struct Unplaced {
    /// Who sent it.
    pub source: SourceKey,
    /// When.
    pub recorded_at: Timestamp,
    pub(crate) id: ReportId,
    pub(crate) seq: u64,
    pub(crate) words: Private,
}

impl Unplaced {
    /// Reads it. None where that tells nothing, or no more than is known already. Which of the keys of its sender it came by nobody knows
    /// any more: a point must lie in the `bounds` of them all.
    pub fn read(
        &self,
        gazetteer: &Gazetteer,
        context: &Context,
        bounds: &[Bbox],
    ) -> Option<RereadEntry> {
        let told = told(&self.words, gazetteer, context)?;
        let spot = pinned(&told, context, bounds).map(|spot| (spot.at, spot.radius_m));
        let is_known = self.words.told.as_deref().is_some_and(|known| known.tells_as(&told));
        let is_news = spot.is_some() || !is_known;
        is_news.then(|| RereadEntry { id: self.id, of: self.seq, spot, told: Some(Box::new(told)) })
    }
}

impl Placing {
    /// Whether it says what another says, by whatever gazetteer.
    fn tells_as(&self, other: &Self) -> bool {
        let Self { method, about, from, candidates, words, is_of_place, version: _ } = self;
        *method == other.method
            && *about == other.about
            && *from == other.from
            && *candidates == other.candidates
            && *words == other.words
            && *is_of_place == other.is_of_place
    }
}

fn told(words: &Private, gazetteer: &Gazetteer, context: &Context) -> Option<Placing> {
    let said = Said {
        text: words.text.as_deref().unwrap_or_default(),
        place: words.place.as_deref(),
        home: None,
    };
    gazetteer.locate(said, context)
}

/// What may stand on the map of it.
fn pinned<'a>(told: &'a Placing, context: &Context, bounds: &[Bbox]) -> Option<&'a Spot> {
    let mut areas = context.area.iter().chain(bounds);
    told.about
        .as_ref()
        .filter(|spot| !spot.is_label())
        .filter(|spot| areas.all(|area| area.contains(spot.at)))
}
