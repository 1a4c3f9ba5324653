//! What an import of passports would change, against what is known now.

use wire::geo::LngLat;
use wire::import::{ImportChanges, LevelTold, LevelsChanged, Moved, OtherChanged, Reworded};

use super::World;
use crate::limits::MOVE_TOLD_M;
use crate::observation::PassportEntry;
use crate::place::distance_m;
use crate::signal::{Direction, Grade, Level, Passport};

/// What an import would change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// What is told of it.
    pub changes: ImportChanges,
    /// Which of the passports change anything, by their places.
    pub kept: Vec<usize>,
}

impl Survey {
    /// Whether both tell the same to who reads them: sensors that are carried about stand elsewhere each minute, so how far
    /// one moves does not count, only that it does.
    pub fn is_told_like(&self, other: &Self) -> bool {
        let plain = |survey: &Self| {
            let mut changes = survey.changes.clone();
            let moved: Vec<String> = changes.moved.drain(..).map(|one| one.datastream).collect();
            (changes, moved)
        };
        self.kept == other.kept && plain(self) == plain(other)
    }
}

impl World {
    /// What these passports would change. Each datastream stands among them once.
    pub fn survey(&self, entries: &[PassportEntry]) -> Survey {
        let mut survey = Survey::default();
        for (index, entry) in entries.iter().enumerate() {
            let is_change = self.survey_one(entry, &mut survey.changes);
            if is_change {
                survey.kept.push(index);
            } else {
                survey.changes.unchanged += 1;
            }
        }
        survey
    }

    fn survey_one(&self, entry: &PassportEntry, out: &mut ImportChanges) -> bool {
        let PassportEntry { source, datastream, passport } = entry;
        let held = self.sensors.find(*source, datastream).map(|(_, stream)| stream);
        let earlier = self.passport(*source, datastream);
        if held.is_none() && earlier.is_none() {
            out.new += 1;
            out.new_datastreams.push(datastream.clone());
            return true;
        }
        let nothing = Passport::default();
        let earlier = earlier.unwrap_or(&nothing);
        let mut columns = others(earlier, passport);
        let mut is_change = false;
        let stands = held.and_then(|stream| stream.place).or(earlier.place);
        if passport.place != earlier.place {
            match moved(stands, passport.place) {
                Move::None => {}
                Move::Little => columns.push("lng"),
                Move::Far { from, to, metres } => {
                    out.moved.push(Moved { datastream: datastream.clone(), from, to, metres });
                    is_change = true;
                }
            }
        }
        let unit = self.unit_of(*source, datastream);
        is_change |= reworded(datastream, unit, passport.unit.as_deref(), &mut out.unit_changed);
        if passport.unit.is_some() != unit.is_some() && passport.unit != earlier.unit {
            columns.push("unit");
        }
        let called = held.and_then(|stream| stream.name.as_deref()).or(earlier.name.as_deref());
        is_change |= reworded(datastream, called, passport.name.as_deref(), &mut out.renamed);
        if passport.name.is_some() != called.is_some() && passport.name != earlier.name {
            columns.push("name");
        }
        if passport.levels != earlier.levels {
            out.levels_changed.push(LevelsChanged {
                datastream: datastream.clone(),
                from: told(&earlier.levels),
                to: told(&passport.levels),
            });
            is_change = true;
        }
        if !columns.is_empty() {
            let columns = columns.into_iter().map(str::to_owned).collect();
            out.other_changed.push(OtherChanged { datastream: datastream.clone(), columns });
            is_change = true;
        }
        is_change
    }
}

enum Move {
    None,
    Little,
    Far { from: LngLat, to: LngLat, metres: u64 },
}

fn moved(from: Option<LngLat>, to: Option<LngLat>) -> Move {
    match (from, to) {
        (Some(from), Some(to)) if from == to => Move::None,
        (Some(from), Some(to)) => {
            let metres = distance_m(from, to);
            if metres > MOVE_TOLD_M {
                Move::Far { from, to, metres: metres.round() as u64 }
            } else {
                Move::Little
            }
        }
        (None, None) => Move::None,
        _ => Move::Little,
    }
}

/// Notes a word that is another; whether it is.
fn reworded(
    datastream: &str,
    from: Option<&str>,
    to: Option<&str>,
    out: &mut Vec<Reworded>,
) -> bool {
    let both = from.zip(to).filter(|(from, to)| from != to);
    out.extend(both.map(|(from, to)| Reworded {
        datastream: datastream.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
    }));
    both.is_some()
}

/// What else differs, by the column of the table.
fn others(from: &Passport, to: &Passport) -> Vec<&'static str> {
    let differs = [
        ("hazard", from.hazard != to.hazard),
        ("cadence", from.cadence != to.cadence),
        ("rate_per_hour", from.rate != to.rate),
        ("min", from.plausible != to.plausible),
        ("footprint_m", from.footprint != to.footprint),
        ("downstream", from.downstream != to.downstream),
        ("height_m", from.height_m != to.height_m),
        ("datum", from.datum != to.datum),
        ("gateway", from.gateway != to.gateway),
        ("phone", from.phone != to.phone),
        ("store_and_forward", from.store_and_forward != to.store_and_forward),
        ("photo", from.photo != to.photo),
    ];
    differs.into_iter().filter_map(|(column, differs)| differs.then_some(column)).collect()
}

fn told(levels: &[Level]) -> Vec<LevelTold> {
    let one = |level: &Level| LevelTold {
        grade: match level.grade {
            Grade::Yellow => "yellow",
            Grade::Orange => "orange",
            Grade::Red => "red",
        }
        .to_owned(),
        direction: match level.direction {
            Direction::Rising => "rising",
            Direction::Falling => "falling",
        }
        .to_owned(),
        value: level.value,
        unit: level.unit.clone(),
    };
    levels.iter().map(one).collect()
}
