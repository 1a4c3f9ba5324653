//! Voices: what the layers above space need to know of a live report. None of its words.

use serde::{Deserialize, Serialize};
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::id::ReportId;
use wire::time::Timestamp;

use crate::limits::CROWD_WEIGHT_MIN;

/// A live report as a situation sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// The report.
    pub id: ReportId,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// Where.
    pub place: LngLat,
    /// The radius of doubt in metres.
    pub radius_m: u32,
    /// A sensor speaks, beyond a level of its owner or lost; `kind` and `basis` say nothing then.
    pub is_sensor: bool,
    /// Who speaks.
    pub kind: Kind,
    /// Seen or heard.
    pub basis: Basis,
    /// What happens, as the partner says.
    pub hazard: Hazard,
    /// What its words say happens: advice, asked only where the partner says `other`.
    pub heard: Option<Hazard>,
    /// The partner's claim.
    pub severity: Severity,
}

/// What happens, by what the partner says and by what words say beside it. That people are hurt is what becomes of nearly every
/// matter: words alone that say so name none, and go with what others say there.
pub fn says(hazard: Hazard, heard: Option<Hazard>) -> Option<Hazard> {
    if hazard == Hazard::Other {
        heard.filter(|heard| *heard != Hazard::Health)
    } else {
        Some(hazard)
    }
}

impl Voice {
    /// What happens, as far as anybody said.
    pub fn says(&self) -> Option<Hazard> {
        says(self.hazard, self.heard)
    }

    /// Somebody who was there, or a camera that is (law 5 of the room). Posts and the press are never first hand, whatever
    /// they say of themselves; nor is an authority that does not say that it saw.
    pub fn is_first_hand(&self) -> bool {
        self.is_sensor
            || match self.kind {
                Kind::Unit | Kind::Camera => true,
                Kind::Call | Kind::Citizen | Kind::Contributor | Kind::Official => {
                    self.basis == Basis::Seen
                }
                Kind::Post | Kind::Press => false,
            }
    }

    /// Posts and the press that name nothing, nor do their words: most of what is said in a city.
    pub fn is_talk(&self) -> bool {
        matches!(self.kind, Kind::Post | Kind::Press) && self.says().is_none()
    }

    /// Who says that it is Severe or Extreme, was there or called, and does not say that it only heard of it.
    pub fn is_grave(&self) -> bool {
        let speaks = self.is_first_hand() || self.kind == Kind::Call && self.basis != Basis::Heard;
        speaks && self.severity <= Severity::Severe
    }

    /// For how many it counts as the first of its copies. A unit, a camera, a sensor or an authority that says it is grave needs
    /// nobody beside it.
    pub fn weight(&self) -> u8 {
        let is_known =
            self.is_sensor || matches!(self.kind, Kind::Unit | Kind::Camera | Kind::Official);
        if is_known && self.severity <= Severity::Severe {
            CROWD_WEIGHT_MIN as u8
        } else if self.is_grave() {
            2
        } else {
            1
        }
    }
}
