//! A row laid over the passport that is there.

use engine::signal::{
    Cadence, Direction, Footprint, Grade, Level, Passport, PlausibleRange, RateLimit,
};
use wire::geo::LngLat;
use wire::import::RejectedRow;

use super::cell::Cell;
use super::table::{Row, Said, Wrong};

/// The grades in the order of their columns, with the columns.
const GRADES: [(Grade, &str); 3] =
    [(Grade::Yellow, "yellow"), (Grade::Orange, "orange"), (Grade::Red, "red")];

/// The columns of the other fields, by how they begin.
const FIELDS: [(&str, &str); 13] = [
    ("name", "name"),
    ("unit", "unit"),
    ("cadence.by", "cadence"),
    ("cadence.in", "cadence_in_alarm"),
    ("rate", "rate_per_hour"),
    ("plausible.min", "min"),
    ("plausible.max", "max"),
    ("footprint", "footprint_m"),
    ("downstream", "downstream"),
    ("gateway", "gateway"),
    ("phone", "phone"),
    ("photo", "photo"),
    ("height_m", "height_m"),
];

/// What a row makes of a passport. `stands` is where the sensor stands now; `has_authority` whether who sends it may say what
/// levels mean, and so whether there is an alarm.
pub(crate) fn over(
    row: &Row,
    known: &Passport,
    stands: Option<LngLat>,
    has_authority: bool,
) -> Result<Passport, RejectedRow> {
    let laid = lay(&row.said, known, stands).and_then(|passport| {
        if !has_authority {
            entitled(known, &passport)?;
        }
        checked(passport)
    });
    laid.map_err(|wrong| wrong.at(row.line))
}

fn lay(said: &Said, known: &Passport, stands: Option<LngLat>) -> Result<Passport, Wrong> {
    let mut passport = known.clone();
    let is_level = said.levels.iter().chain(&said.clears).any(Cell::speaks)
        || said.owner.is_some()
        || said.document.is_some()
        || said.date.is_some();
    said.name.clone().over(&mut passport.name);
    said.unit.clone().over(&mut passport.unit);
    said.place.clone().over(&mut passport.place);
    said.height_m.clone().over(&mut passport.height_m);
    said.datum.clone().over(&mut passport.datum);
    said.hazard.clone().over(&mut passport.hazard);
    said.gateway.clone().over(&mut passport.gateway);
    said.phone.clone().over(&mut passport.phone);
    said.photo.clone().over(&mut passport.photo);
    said.store_and_forward.clone().over(&mut passport.store_and_forward);
    said.downstream.clone().over_list(&mut passport.downstream);
    passport.cadence = cadence(said, passport.cadence)?;
    passport.plausible = plausible(said, passport.plausible)?;
    passport.rate = rate(said, passport.rate)?;
    passport.footprint = footprint(said, &passport, stands)?;
    if is_level {
        levels(said, &mut passport)?;
    }
    Ok(passport)
}

fn cadence(said: &Said, known: Option<Cadence>) -> Result<Option<Cadence>, Wrong> {
    let mut by_day_ms = known.map(|cadence| cadence.by_day_ms);
    let mut in_alarm_ms = known.and_then(|cadence| cadence.in_alarm_ms);
    said.cadence_ms.clone().over(&mut by_day_ms);
    said.cadence_in_alarm_ms.clone().over(&mut in_alarm_ms);
    match (by_day_ms, &said.cadence_in_alarm_ms) {
        (Some(by_day_ms), _) => Ok(Some(Cadence { by_day_ms, in_alarm_ms })),
        (None, Cell::Set(_)) => {
            let detail = "give cadence too: how often it speaks on a calm day";
            Err(Wrong::new("cadence_in_alarm", "missing", detail))
        }
        (None, _) => Ok(None),
    }
}

fn plausible(said: &Said, known: Option<PlausibleRange>) -> Result<Option<PlausibleRange>, Wrong> {
    let (mut min, mut max) = (known.map(|range| range.min), known.map(|range| range.max));
    said.min.clone().over(&mut min);
    said.max.clone().over(&mut max);
    match (min, max) {
        (Some(min), Some(max)) => Ok(Some(PlausibleRange { min, max })),
        (None, None) => Ok(None),
        _ => Err(Wrong::new("min", "missing", "give both min and max, or neither")),
    }
}

fn rate(said: &Said, known: Option<RateLimit>) -> Result<Option<RateLimit>, Wrong> {
    let mut per_hour = known.map(|rate| rate.per_hour);
    let mut direction = known.and_then(|rate| rate.direction);
    said.rate_per_hour.clone().over(&mut per_hour);
    said.rate_direction.clone().over(&mut direction);
    match (per_hour, &said.rate_direction) {
        (Some(per_hour), _) => Ok(Some(RateLimit { per_hour, direction })),
        (None, Cell::Set(_)) => {
            Err(Wrong::new("rate_direction", "missing", "give rate_per_hour too"))
        }
        (None, _) => Ok(None),
    }
}

/// A reach around where it stands; a ring drawn otherwise stays where the table says nothing.
fn footprint(
    said: &Said,
    passport: &Passport,
    stands: Option<LngLat>,
) -> Result<Option<Footprint>, Wrong> {
    let known = passport.footprint.clone();
    match said.footprint_m {
        Cell::Removed => Ok(None),
        Cell::Set(radius_m) => {
            let centre = passport.place.or(stands).ok_or_else(|| {
                let detail = "give lng and lat too: a reach is around a place";
                Wrong::new("footprint_m", "missing", detail)
            })?;
            Ok(Some(Footprint::Circle { centre, radius_m }))
        }
        // The circle goes with the sensor.
        Cell::Silent => Ok(match (known, &said.place) {
            (Some(Footprint::Circle { radius_m, .. }), Cell::Set(centre)) => {
                Some(Footprint::Circle { centre: *centre, radius_m })
            }
            (known, _) => known,
        }),
    }
}

fn levels(said: &Said, passport: &mut Passport) -> Result<(), Wrong> {
    let direction = said.direction.unwrap_or(Direction::Rising);
    for (((grade, column), value), clear) in GRADES.into_iter().zip(&said.levels).zip(&said.clears)
    {
        let at = passport
            .levels
            .iter()
            .position(|level| level.grade == grade && level.direction == direction);
        let known = at.map(|at| passport.levels.remove(at));
        if *value == Cell::Removed {
            continue;
        }
        let is_said = matches!(value, Cell::Set(_));
        let value = match (value, &known) {
            (Cell::Set(value), _) => *value,
            (_, Some(level)) => level.value,
            (_, None) if clear.speaks() => {
                return Err(Wrong::new(column, "missing", "give the level that is cleared there"));
            }
            (_, None) => continue,
        };
        let is_other = known.as_ref().is_none_or(|level| level.value.total_cmp(&value).is_ne());
        let mut clears = known.as_ref().and_then(|level| level.clear).filter(|_| !is_other);
        clear.clone().over(&mut clears);
        let word = |said: &Option<String>, of: fn(&Level) -> &String, column: &'static str| {
            let text = said.clone().or_else(|| known.as_ref().map(|level| of(level).clone()));
            let detail = "say whose level it is, in which document, and of which date";
            text.ok_or_else(|| Wrong::new(column, "missing", detail))
        };
        let level = Level {
            grade,
            direction,
            value,
            clear: clears,
            // A level that the row leaves alone stays in its unit: another unit of the datastream does not make it another level.
            unit: match (&known, is_said) {
                (Some(level), false) => level.unit.clone(),
                _ => passport.unit.clone().unwrap_or_default(),
            },
            owner: word(&said.owner, |level| &level.owner, "levels_owner")?,
            document: word(&said.document, |level| &level.document, "levels_document")?,
            date: word(&said.date, |level| &level.date, "levels_date")?,
        };
        // In the order of the columns, so that saying the same again is no change.
        let place = at.unwrap_or(passport.levels.len()).min(passport.levels.len());
        passport.levels.insert(place, level);
    }
    Ok(())
}

/// Whether a key without authority may make this of a passport.
pub(crate) fn is_entitled(known: Option<&Passport>, passport: &Passport) -> bool {
    entitled(known.unwrap_or(&Passport::default()), passport).is_ok()
}

/// A key without authority says where a sensor stands, what it is called and who answers for it; not what an alarm is.
fn entitled(known: &Passport, passport: &Passport) -> Result<(), Wrong> {
    let guarded = [
        ("yellow", known.levels != passport.levels),
        ("hazard", known.hazard != passport.hazard),
        ("min", known.plausible != passport.plausible),
        ("rate_per_hour", known.rate != passport.rate),
        ("downstream", known.downstream != passport.downstream),
        ("footprint_m", reach(known) != reach(passport)),
        ("cadence", !known.levels.is_empty() && known.cadence != passport.cadence),
        ("unit", !known.levels.is_empty() && known.unit != passport.unit),
    ];
    match guarded.into_iter().find(|(_, differs)| *differs) {
        None => Ok(()),
        Some((column, _)) => Err(Wrong::new(
            column,
            "needs_authority",
            "what an alarm is, is said by a duty officer or by a key with the scope authority: leave the column out",
        )),
    }
}

/// How far it speaks, wherever it stands.
fn reach(passport: &Passport) -> Option<(Option<f64>, usize)> {
    passport.footprint.as_ref().map(|footprint| match footprint {
        Footprint::Circle { radius_m, .. } => (Some(*radius_m), 0),
        Footprint::Ring(corners) => (None, corners.len()),
    })
}

fn checked(passport: Passport) -> Result<Passport, Wrong> {
    match passport.check() {
        Ok(()) => Ok(passport),
        Err(flaws) => Err(flaws.first().map_or_else(
            || Wrong::new("", "invalid_passport", "the passport does not hold together"),
            |flaw| Wrong::new(column(&flaw.field, &passport), "invalid_passport", &*flaw.remedy),
        )),
    }
}

/// The column that a field of the passport comes from.
fn column(field: &str, passport: &Passport) -> &'static str {
    let level = field.strip_prefix("levels[").and_then(|rest| rest.split(']').next());
    if let Some(level) = level.and_then(|index| passport.levels.get(index.parse::<usize>().ok()?)) {
        let named = GRADES.into_iter().find(|(grade, _)| *grade == level.grade);
        return named.map_or("yellow", |(_, column)| column);
    }
    let named = FIELDS.into_iter().find(|(prefix, _)| field.starts_with(prefix));
    named.map_or("datum", |(_, column)| column)
}
