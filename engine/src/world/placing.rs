//! Placing by hand: a person says where a report belongs. That holds against whatever its partner says later, until it is taken
//! back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::decision::DecisionSubject;
use wire::geo::LngLat;
use wire::id::ReportId;

use super::World;
use super::decide::{UNKNOWN_SUBJECT, Undecidable, WRONG_SUBJECT, flaw};
use crate::change::Change;
use crate::decision::{DecisionEntry, Setting};
use crate::limits::PLACED_RADIUS_M_MAX;
use crate::record::Record;
use crate::report::{COARSE_RADIUS_M, coarse, from_coarse};

const NEEDS_PLACE: Undecidable =
    flaw("needs_place", "/geometry", "Say where it belongs: a GeoJSON Point, and radius_m.");
const TOO_WIDE: Undecidable = flaw(
    "too_wide",
    "/radius_m",
    "Give the radius of doubt in metres, at most 50,000: of what lies farther nobody knows the place.",
);

/// A place with the radius of doubt in metres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Spot {
    place: Option<LngLat>,
    radius_m: u32,
}

impl Spot {
    fn of(record: &Record) -> Self {
        Self { place: record.place, radius_m: record.radius_m }
    }

    /// What may stay of it once its report is erased.
    fn erased(self) -> Self {
        Self {
            place: self.place.map(coarse).and_then(from_coarse),
            radius_m: self.radius_m.max(COARSE_RADIUS_M),
        }
    }
}

/// Where people placed a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ByHand {
    /// What its partner says.
    said: Spot,
    /// By the decisions that hold, the oldest first; the last one counts.
    hands: Vec<(u64, Spot)>,
}

/// The reports that people placed.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Placed(BTreeMap<ReportId, ByHand>);

impl Placed {
    /// Whether somebody placed it.
    pub(super) fn holds(&self, id: ReportId) -> bool {
        self.0.contains_key(&id)
    }

    /// A report is gone.
    pub(super) fn forget(&mut self, id: ReportId) {
        self.0.remove(&id);
    }

    /// A report is erased: of every place no more than about a kilometre stays.
    pub(super) fn erase(&mut self, id: ReportId) {
        if let Some(by_hand) = self.0.get_mut(&id) {
            by_hand.said = by_hand.said.erased();
            for (_, spot) in &mut by_hand.hands {
                *spot = spot.erased();
            }
        }
    }

    /// A version of a report as it came from its partner, where people placed it.
    pub(super) fn placed(&mut self, mut record: Record) -> Record {
        if let Some(by_hand) = self.0.get_mut(&record.id) {
            by_hand.said = Spot::of(&record);
            by_hand.put(&mut record);
        }
        record
    }
}

impl ByHand {
    fn put(&self, record: &mut Record) {
        let spot = self.hands.last().map_or(self.said, |(_, spot)| *spot);
        (record.place, record.radius_m) = (spot.place, spot.radius_m);
    }
}

impl World {
    /// Whether a report may be placed so.
    pub(super) fn placeable(&self, entry: &DecisionEntry) -> Result<(), Undecidable> {
        let Some(DecisionSubject::Report(id)) = entry.subject else { return Err(WRONG_SUBJECT) };
        self.ids.find(id, &self.records).ok_or(UNKNOWN_SUBJECT)?;
        match entry.sets.as_deref() {
            Some(Setting::Place(_, radius_m)) if *radius_m <= PLACED_RADIUS_M_MAX => Ok(()),
            Some(Setting::Place(..)) => Err(TOO_WIDE),
            _ => Err(NEEDS_PLACE),
        }
    }

    /// A report belongs there from now on.
    pub(super) fn place(
        &mut self,
        seq: u64,
        id: ReportId,
        entry: &DecisionEntry,
        out: &mut Vec<Change>,
    ) {
        let Some(Setting::Place(place, radius_m)) = entry.sets.as_deref() else { return };
        let Some(slot) = self.ids.find(id, &self.records) else { return };
        let record = &self.records[slot as usize];
        let mut there = Spot { place: Some(*place), radius_m: *radius_m };
        if record.erased {
            there = there.erased();
        }
        let unplaced = || ByHand { said: Spot::of(record), hands: Vec::new() };
        self.placed.0.entry(id).or_insert_with(unplaced).hands.push((seq, there));
        self.put_again(id, out);
    }

    /// A placing holds no longer: the one before it does, or what the partner says.
    pub(super) fn unplace(&mut self, earlier: u64, id: ReportId, out: &mut Vec<Change>) {
        let Some(by_hand) = self.placed.0.get_mut(&id) else { return };
        by_hand.hands.retain(|(seq, _)| *seq != earlier);
        self.put_again(id, out);
        if self.placed.0.get(&id).is_some_and(|by_hand| by_hand.hands.is_empty()) {
            self.placed.forget(id);
        }
    }

    fn put_again(&mut self, id: ReportId, out: &mut Vec<Change>) {
        let Some(slot) = self.ids.find(id, &self.records) else { return };
        let mut record = self.records[slot as usize].clone();
        if let Some(by_hand) = self.placed.0.get(&id) {
            by_hand.put(&mut record);
        }
        self.hold_anew(record, out);
        self.guard_placed(id, out);
    }
}
