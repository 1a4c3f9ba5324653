//! Counters of reports that no pyramid holds: those without a place, and those outside a window.

use wire::grade::{Hazard, HazardSet};
use wire::view::Window;

use super::WINDOWS;
use crate::tree::Dot;

const HAZARDS: usize = Hazard::ALL.len();

/// Counters by hazard, so that a filter is a sum at read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Counts {
    /// All that are held.
    held: [u64; HAZARDS],
    /// In the window, without a place.
    unplaced: [[u64; HAZARDS]; WINDOWS],
    /// Held, but not in the window.
    outside: [[u64; HAZARDS]; WINDOWS],
}

impl Counts {
    /// Counts a report, as its dot says.
    pub(super) fn add(&mut self, dot: &Dot) {
        self.step(dot, |count| *count += 1);
    }

    /// The inverse.
    pub(super) fn subtract(&mut self, dot: &Dot) {
        self.step(dot, |count| *count -= 1);
    }

    fn step(&mut self, dot: &Dot, step: impl Fn(&mut u64)) {
        let hazard = dot.hazard as usize;
        step(&mut self.held[hazard]);
        for window in 0..WINDOWS {
            let inside = dot.windows & (1 << window) != 0;
            if !inside {
                step(&mut self.outside[window][hazard]);
            } else if !dot.placed {
                step(&mut self.unplaced[window][hazard]);
            }
        }
    }

    /// Pass the filter and have no place.
    pub(super) fn unplaced(&self, window: Window, hazards: HazardSet) -> u64 {
        hazards.iter().map(|hazard| self.unplaced[window.index()][hazard as usize]).sum()
    }

    /// Hidden by the window or the hazard filter.
    pub(super) fn filtered(&self, window: Window, hazards: HazardSet) -> u64 {
        let count = |hazard: Hazard| {
            if hazards.contains(hazard) {
                self.outside[window.index()][hazard as usize]
            } else {
                self.held[hazard as usize]
            }
        };
        Hazard::ALL.iter().map(|hazard| count(*hazard)).sum()
    }
}
