//! A report that came without a place gets the one that its words tell.

use wire::geo::Bbox;

use super::{Context, Placing, Said, Spot};
use crate::gazetteer::Gazetteer;
use crate::report::ReportEntry;

impl ReportEntry {
    /// Reads where a report belongs that came without a place. What its sender said stands: a place that came with it is left alone.
    ///
    /// It becomes a point only where its words tell one of a street, a neighbourhood or the like, inside `bounds` and where the room looks:
    /// words in a message must not reach farther than coordinates in it may.
    pub fn read_place(&mut self, gazetteer: &Gazetteer, context: &Context, bounds: Option<Bbox>) {
        if self.place.is_some() || self.erased {
            return;
        }
        let Some(told) = told(self, gazetteer, context) else { return };
        if let Some(spot) = pinned(&told, context, bounds) {
            (self.place, self.radius_m) = (Some(spot.at), spot.radius_m);
        }
        self.private.told = Some(Box::new(told));
    }
}

fn told(report: &ReportEntry, gazetteer: &Gazetteer, context: &Context) -> Option<Placing> {
    let words = &report.private;
    let said = Said {
        text: words.text.as_deref().unwrap_or_default(),
        place: words.place.as_deref(),
        home: None,
    };
    gazetteer.locate(said, context)
}

/// What may stand on the map of it.
fn pinned<'a>(told: &'a Placing, context: &Context, bounds: Option<Bbox>) -> Option<&'a Spot> {
    let is_inside =
        |area: Option<Bbox>, spot: &Spot| area.is_none_or(|area| area.contains(spot.at));
    told.about
        .as_ref()
        .filter(|spot| !spot.is_label())
        .filter(|spot| is_inside(context.area, spot) && is_inside(bounds, spot))
}
