//! Which view the frames on the line belong to: for a moment after each look they still are of a view before.
//!
//! A tile of another filter looks like one of ours, and counts of another view look like ours. So each view has a
//! number, and the server says where on the line the frames of a number begin.

use std::collections::VecDeque;

use wire::frame::ViewFrame;
use wire::geo::LngLat;
use wire::grade::Hazard;
use wire::tile::{TileCover, TileId};
use wire::view::{Mode, View, Window};

/// Views that may wait for their beginning. A map that is dragged without a line asks for more; the oldest are let go,
/// and their frames, if any came, would be of an unknown view.
const WAITING_MAX: usize = 32;

/// What decides which reports a tile holds: tiles are alike only under the same filter.
type Filter = (Mode, Window, Option<Vec<Hazard>>);

/// The filter of a view.
pub(super) fn filter_of(view: &View) -> Filter {
    (view.mode, view.window, view.hazards.clone())
}

/// A view that was asked for.
#[derive(Debug, Clone, PartialEq)]
struct Look {
    number: u32,
    filter: Filter,
    cover: Option<TileCover>,
}

impl Look {
    fn new(number: u32, view: &View) -> Self {
        Self { number, filter: filter_of(view), cover: view.cover().ok() }
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Asked {
    /// The number of the newest view.
    number: u32,
    /// Views whose frames have not begun, the oldest first.
    waiting: VecDeque<Look>,
    /// The view that frames belong to now.
    begun: Option<Look>,
}

impl Asked {
    /// Numbers a view.
    pub(super) fn look(&mut self, view: View) -> ViewFrame {
        self.number = self.number.wrapping_add(1);
        self.waiting.push_back(Look::new(self.number, &view));
        if self.waiting.len() > WAITING_MAX {
            self.waiting.pop_front();
        }
        ViewFrame { view, number: Some(self.number) }
    }

    /// Another line was opened: the newest view is asked for anew, and nothing of those before it is on the way.
    pub(super) fn line_opened(&mut self, view: Option<&View>) {
        self.begun = None;
        self.waiting = view.map(|view| Look::new(self.number, view)).into_iter().collect();
    }

    /// From here on frames belong to the view with this number.
    pub(super) fn begin(&mut self, number: u32) {
        if self.begun.as_ref().is_some_and(|begun| begun.number == number) {
            return;
        }
        let at = self.waiting.iter().position(|waiting| waiting.number == number);
        self.begun = at.and_then(|at| self.waiting.drain(..=at).next_back());
    }

    /// Whether frames are of the newest view.
    pub(super) fn is_newest(&self) -> bool {
        self.begun.as_ref().is_some_and(|begun| begun.number == self.number)
    }

    /// Whether tiles and reports of now are as good as those of the newest view: all views from then to now have one
    /// filter. A choice undone is no such case, for what went while it stood was not told.
    pub(super) fn is_alike(&self) -> bool {
        self.begun
            .as_ref()
            .is_some_and(|begun| self.waiting.iter().all(|waiting| waiting.filter == begun.filter))
    }

    /// Whether each of these views shows the place. Of a place that one of them left out nobody said what went from it.
    pub(super) fn shows(&self, place: LngLat) -> bool {
        let at = place.mercator();
        self.begun
            .iter()
            .chain(&self.waiting)
            .all(|look| look.cover.is_some_and(|cover| cover.contains(TileId::of(at, cover.z))))
    }

    /// Whether frames are of this mode.
    pub(super) fn is_of(&self, mode: Mode) -> bool {
        self.begun.as_ref().is_some_and(|begun| begun.filter.0 == mode)
    }
}
