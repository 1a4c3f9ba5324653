//! What is wrong with a passport: the field, and the remedy.

use super::limits::{
    CADENCE_MS_MAX, CORNERS_MAX, HEIGHT_M_MAX, LEVELS_MAX, REACHES_MAX, TEXT_BYTES_MAX, WORKS_MAX,
};
use super::passport::{Cadence, Direction, Footprint, Level, Passport, PlausibleRange, Works};
use crate::flaw::Flaws;

pub use crate::flaw::Flaw;

impl Passport {
    /// Whether a watch can go by it; otherwise everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Flaw>> {
        let mut flaws = Flaws::default();
        if let Some(unit) = &self.unit {
            flaws.text(unit, "unit".to_owned(), TEXT_BYTES_MAX);
        }
        self.check_described(&mut flaws);
        self.check_levels(&mut flaws);
        if let Some(cadence) = self.cadence {
            check_cadence(cadence, &mut flaws);
        }
        if let Some(rate) = self.rate {
            flaws.unless(
                rate.per_hour.is_finite() && rate.per_hour > 0.0,
                "rate.per_hour",
                "give a number above 0; rate.direction says which way counts",
            );
        }
        if let Some(PlausibleRange { min, max }) = self.plausible {
            flaws.unless(min.is_finite(), "plausible.min", "give a finite number");
            flaws.unless(
                max.is_finite() && min < max,
                "plausible.max",
                "give a number above plausible.min",
            );
        }
        flaws.at_most(self.works.len(), WORKS_MAX, "works");
        for (index, works) in self.works.iter().enumerate() {
            check_works(index, works, &mut flaws);
        }
        if let Some(footprint) = &self.footprint {
            check_footprint(footprint, &mut flaws);
        }
        flaws.at_most(self.downstream.len(), REACHES_MAX, "downstream");
        for (index, reach) in self.downstream.iter().enumerate() {
            flaws.text(
                &reach.datastream,
                format!("downstream[{index}].datastream"),
                TEXT_BYTES_MAX,
            );
        }
        flaws.done()
    }

    fn check_described(&self, flaws: &mut Flaws) {
        let words = [
            ("name", &self.name),
            ("datum", &self.datum),
            ("gateway", &self.gateway),
            ("phone", &self.phone),
        ];
        for (field, said) in words {
            if let Some(said) = said {
                flaws.text(said, field, TEXT_BYTES_MAX);
            }
        }
        if let Some(photo) = &self.photo {
            flaws.unless(
                photo.starts_with("https://") && photo.len() <= TEXT_BYTES_MAX,
                "photo",
                format!(
                    "give an address that begins with https://, of at most {TEXT_BYTES_MAX} bytes"
                ),
            );
        }
        let is_height = |height: f64| height.is_finite() && height.abs() <= HEIGHT_M_MAX;
        flaws.unless(
            self.height_m.is_none_or(is_height),
            "height_m",
            format!("give metres from -{HEIGHT_M_MAX} to {HEIGHT_M_MAX}"),
        );
        flaws.unless(
            self.height_m.is_none() || self.datum.is_some(),
            "datum",
            "say what the height is measured from, such as EVRF2007",
        );
    }

    fn check_levels(&self, flaws: &mut Flaws) {
        flaws.at_most(self.levels.len(), LEVELS_MAX, "levels");
        for (index, level) in self.levels.iter().enumerate() {
            self.check_level(index, level, flaws);
            for (other, earlier) in self.levels.iter().enumerate().take(index) {
                check_pair((index, level), (other, earlier), flaws);
            }
        }
    }

    fn check_level(&self, index: usize, level: &Level, flaws: &mut Flaws) {
        let field = |name: &str| format!("levels[{index}].{name}");
        flaws.unless(level.value.is_finite(), field("value"), "give a finite number");
        flaws.unless(
            !level.value.is_finite() || self.usable(level.value).is_some(),
            field("value"),
            "a value outside plausible is broken and never a level: widen plausible",
        );
        flaws.unless(
            self.unit.as_deref() == Some(level.unit.as_str()),
            field("unit"),
            format!(
                "give the level in the datastream's unit, {}",
                self.unit.as_deref().unwrap_or("which the passport must name in unit")
            ),
        );
        match level.clear {
            Some(clear) => flaws.unless(
                clear.is_finite() && level.direction.passes(level.value, clear),
                field("clear"),
                match level.direction {
                    Direction::Rising => "clear a rising level below its value",
                    Direction::Falling => "clear a falling level above its value",
                },
            ),
            None => flaws.unless(
                level.value != 0.0,
                field("clear"),
                "say where a level of 0 is cleared: a share of 0 is no distance",
            ),
        }
        flaws.text(&level.owner, field("owner"), TEXT_BYTES_MAX);
        flaws.text(&level.document, field("document"), TEXT_BYTES_MAX);
        flaws.text(&level.date, field("date"), TEXT_BYTES_MAX);
    }
}

/// Two levels of one direction stand in the order of their grades; of two, the rising one stands above.
fn check_pair(
    (index, level): (usize, &Level),
    (other, earlier): (usize, &Level),
    flaws: &mut Flaws,
) {
    let field = format!("levels[{index}].value");
    if level.direction != earlier.direction {
        let (rising, falling) = match level.direction {
            Direction::Rising => (level, earlier),
            Direction::Falling => (earlier, level),
        };
        flaws.unless(
            rising.value > falling.value,
            field,
            format!("rising levels stand above falling ones; compare levels[{other}].value"),
        );
        return;
    }
    if level.grade == earlier.grade {
        flaws.unless(
            false,
            format!("levels[{index}].grade"),
            format!("levels[{other}] has this grade and direction already: keep one"),
        );
        return;
    }
    let (graver, milder) =
        if level.grade > earlier.grade { (level, earlier) } else { (earlier, level) };
    flaws.unless(
        level.direction.passes(graver.value, milder.value),
        field,
        format!("the graver level lies further out; compare levels[{other}].value"),
    );
}

fn check_cadence(cadence: Cadence, flaws: &mut Flaws) {
    let days = CADENCE_MS_MAX / 86_400_000;
    flaws.unless(
        (1..=CADENCE_MS_MAX).contains(&cadence.by_day_ms),
        "cadence.by_day_ms",
        format!("give the milliseconds between two values, up to {days} days"),
    );
    if let Some(in_alarm_ms) = cadence.in_alarm_ms {
        flaws.unless(
            (1..=cadence.by_day_ms).contains(&in_alarm_ms),
            "cadence.in_alarm_ms",
            "give milliseconds, at most cadence.by_day_ms: in alarm a sensor speaks as often or more",
        );
    }
}

impl Works {
    /// Whether they can be announced; otherwise everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Flaw>> {
        let mut flaws = Flaws::default();
        check_these(self, str::to_owned, &mut flaws);
        flaws.done()
    }
}

fn check_works(index: usize, works: &Works, flaws: &mut Flaws) {
    check_these(works, |name| format!("works[{index}].{name}"), flaws);
}

fn check_these(works: &Works, field: impl Fn(&str) -> String, flaws: &mut Flaws) {
    flaws.unless(works.from < works.to, field("to"), "end the works after they begin");
    flaws.text(&works.why, field("why"), TEXT_BYTES_MAX);
    flaws.text(&works.who, field("who"), TEXT_BYTES_MAX);
}

fn check_footprint(footprint: &Footprint, flaws: &mut Flaws) {
    match footprint {
        Footprint::Circle { radius_m, .. } => flaws.unless(
            radius_m.is_finite() && *radius_m > 0.0,
            "footprint.circle.radius_m",
            "give metres above 0",
        ),
        Footprint::Ring(corners) => flaws.unless(
            (3..=CORNERS_MAX).contains(&corners.len()),
            "footprint.ring",
            format!("give 3 to {CORNERS_MAX} corners"),
        ),
    }
}
