//! Which view the frames on the line belong to: for a moment after each look they still are of a view before.
//!
//! A tile of another filter looks like one of ours, and counts of another view look like ours. So each view has a
//! number, and the server says where on the line the frames of a number begin.

use std::collections::VecDeque;

use wire::frame::ViewFrame;
use wire::grade::Hazard;
use wire::view::{Mode, View, Window};

/// Views that may wait for their beginning. A map that is dragged without a line asks for more; the oldest are let go,
/// and their frames, if any came, would be of an unknown view.
const WAITING_MAX: usize = 32;

/// What decides which reports a tile holds: tiles are alike only under the same filter.
pub(super) type Filter = (Mode, Window, Option<Vec<Hazard>>);

/// The filter of a view.
pub(super) fn filter_of(view: &View) -> Filter {
    (view.mode, view.window, view.hazards.clone())
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Asked {
    /// The number of the newest view.
    number: u32,
    /// Views whose frames have not begun, the oldest first.
    waiting: VecDeque<(u32, Filter)>,
    /// The view that frames belong to now.
    begun: Option<(u32, Filter)>,
}

impl Asked {
    /// Numbers a view.
    pub(super) fn look(&mut self, view: View) -> ViewFrame {
        self.number = self.number.wrapping_add(1);
        self.waiting.push_back((self.number, filter_of(&view)));
        if self.waiting.len() > WAITING_MAX {
            self.waiting.pop_front();
        }
        ViewFrame { view, number: Some(self.number) }
    }

    /// Another line was opened: the newest view is asked for anew, and nothing of those before it is on the way.
    pub(super) fn line_opened(&mut self, view: Option<&View>) {
        self.begun = None;
        self.waiting = view.map(|view| (self.number, filter_of(view))).into_iter().collect();
    }

    /// From here on frames belong to the view with this number.
    pub(super) fn begin(&mut self, number: u32) {
        if self.begun.as_ref().is_some_and(|(begun, _)| *begun == number) {
            return;
        }
        let at = self.waiting.iter().position(|(waiting, _)| *waiting == number);
        self.begun = at.and_then(|at| self.waiting.drain(..=at).next_back());
    }

    /// Whether frames are of the newest view.
    pub(super) fn is_newest(&self) -> bool {
        self.begun.as_ref().is_some_and(|(number, _)| *number == self.number)
    }

    /// Whether a tile or a report of now is as good as one of the newest view: all views from then to now have one
    /// filter. A choice undone is no such case, for what went while it stood was not told.
    pub(super) fn is_alike(&self) -> bool {
        let newest = self.waiting.back().or(self.begun.as_ref()).map(|(_, filter)| filter);
        self.begun.is_some()
            && self.begun.iter().chain(&self.waiting).all(|(_, filter)| Some(filter) == newest)
    }

    /// Whether frames are of this mode.
    pub(super) fn is_of(&self, mode: Mode) -> bool {
        self.begun.as_ref().is_some_and(|(_, filter)| filter.0 == mode)
    }
}
