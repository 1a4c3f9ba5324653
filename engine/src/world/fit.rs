//! Whether an observation fits what is known of its datastream: asked by the pipeline before it appends.

use super::World;
use crate::entry::SourceKey;
use crate::observation::{ObservationEntry, ObservationResult, Quality};
use crate::signal::Passport;
use crate::unit::{Bridge, Mismatch};

/// Why an observation is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its datastream would be one too many.
    #[error("the server holds as many datastreams as it has room for: use ids that are there")]
    NoRoom,
    /// Its unit measures something else than the datastream does.
    #[error(
        "{0}: send the value in a unit of {of}, or, if the datastream's unit is wrong, have its passport name another",
        of = .0.wanted_is
    )]
    Unit(#[from] Mismatch),
    /// Words where the datastream gives numbers.
    #[error(
        "this datastream gives numbers: send a number without quotes, and for no value send nothing"
    )]
    TextForNumber,
}

impl Unfit {
    /// The stable word of docs/api.md.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoRoom => "too_many_datastreams",
            Self::Unit(_) => "unit_mismatch",
            Self::TextForNumber => "text_for_number",
        }
    }
}

impl World {
    /// Whether a datastream spoke already.
    pub fn knows(&self, source: SourceKey, datastream: &str) -> bool {
        self.sensors.find(source, datastream).is_some()
    }

    /// Whether an observation may stand already: it is not newer than the newest value of its datastream, or of such quality
    /// that it never was that.
    pub fn is_behind(&self, observation: &ObservationEntry) -> bool {
        let held = self.sensors.find(observation.source, &observation.datastream);
        observation.quality == Quality::Bad
            || held.is_some_and(|(_, one)| observation.phenomenon_time <= one.phenomenon_time)
    }

    /// Whether an observation would be kept and understood.
    pub fn fits(&self, observation: &ObservationEntry) -> Result<(), Unfit> {
        let (source, datastream) = (observation.source, observation.datastream.as_str());
        let held = self.sensors.find(source, datastream).map(|(_, stream)| stream);
        let passport = match held {
            Some(stream) => stream.passport.as_deref(),
            None if !self.sensors.has_room(source, datastream) => return Err(Unfit::NoRoom),
            None => self.sensors.passport_of(source, datastream),
        };
        let given = observation.unit.as_deref().or(held.and_then(|stream| stream.unit.as_deref()));
        let wanted = passport
            .and_then(|passport| passport.unit.as_deref())
            .or(held.and_then(|stream| stream.base_unit.as_deref()));
        if let (Some(given), Some(wanted)) = (given, wanted) {
            Bridge::between(given, wanted)?;
        }
        let is_words = matches!(observation.result, ObservationResult::Text(_));
        // Words of bad quality say why there is no number, and are judged by nobody.
        if is_words
            && observation.quality != Quality::Bad
            && (passport.is_some_and(measures)
                || held.is_some_and(|one| matches!(one.result, ObservationResult::Number(_))))
        {
            return Err(Unfit::TextForNumber);
        }
        Ok(())
    }
}

/// Whether a passport speaks of numbers.
fn measures(passport: &Passport) -> bool {
    passport.unit.is_some()
        || passport.plausible.is_some()
        || passport.rate.is_some()
        || !passport.levels.is_empty()
}
