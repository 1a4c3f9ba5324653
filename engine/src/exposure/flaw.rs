//! What is wrong with sites, cells and extents: each field with its remedy.

use super::limits::{CELL_DEGREES_MAX, CORNERS_MAX, NAME_BYTES_MAX, PEOPLE_MAX, RADIUS_M_MAX};
use super::{Extent, Flaw, GridCell, Site};
use crate::flaw::Flaws;

impl Site {
    /// Whether it can be counted; otherwise everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Flaw>> {
        let mut flaws = Flaws::default();
        flaws.text(&self.name, "name", NAME_BYTES_MAX);
        people(self.n_people.unwrap_or_default(), &mut flaws);
        flaws.done()
    }
}

impl GridCell {
    /// Whether it can be counted; otherwise everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Flaw>> {
        let mut flaws = Flaws::default();
        let (wide, tall) =
            (self.bounds.east() - self.bounds.west(), self.bounds.north() - self.bounds.south());
        let side = |degrees: f64| degrees > 0.0 && degrees <= CELL_DEGREES_MAX;
        flaws.unless(
            side(wide) && side(tall),
            "bounds",
            format!("give west, south, east, north, above 0 and up to {CELL_DEGREES_MAX} degrees apart; cut a cell at the antimeridian"),
        );
        people(self.n_people, &mut flaws);
        flaws.done()
    }
}

impl Extent<'_> {
    /// Whether it encloses something; otherwise everything that is wrong.
    pub fn check(&self) -> Result<(), Vec<Flaw>> {
        let mut flaws = Flaws::default();
        match self {
            Self::Circle { radius_m, .. } => flaws.unless(
                radius_m.is_finite() && *radius_m > 0.0 && *radius_m <= RADIUS_M_MAX,
                "circle.radius_m",
                format!("give metres above 0, up to {RADIUS_M_MAX}"),
            ),
            Self::Ring(corners) => flaws.unless(
                (4..=CORNERS_MAX).contains(&corners.len()) && corners.first() == corners.last(),
                "ring",
                format!(
                    "give a ring of 3 to {} corners that ends with the one it begins with",
                    CORNERS_MAX - 1
                ),
            ),
        }
        flaws.done()
    }
}

fn people(n_people: u32, flaws: &mut Flaws) {
    flaws.unless(n_people <= PEOPLE_MAX, "n_people", format!("give at most {PEOPLE_MAX} people"));
}
