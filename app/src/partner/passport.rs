//! The passport as the server gives it, as far as the desk shows it. What this version does not know is left out.

use serde::Deserialize;
use wire::geo::LngLat;

/// See the module.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Passport {
    /// What it speaks for.
    pub hazard: Option<String>,
    /// Its levels.
    pub levels: Vec<Level>,
    /// How often it speaks.
    pub cadence: Option<Cadence>,
    /// Where it may speak.
    pub footprint: Option<Footprint>,
    /// What lies downstream.
    pub downstream: Vec<Reach>,
    /// The height of its zero.
    pub height_m: Option<f64>,
    /// Above what.
    pub datum: Option<String>,
    /// What carries its messages.
    pub gateway: Option<String>,
    /// Where somebody answers.
    pub phone: Option<String>,
    /// Whether it sends later what it could not send.
    pub store_and_forward: Option<bool>,
    /// A picture of it.
    pub photo: Option<String>,
}

/// A level.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Level {
    /// `yellow`, `orange`, `red`.
    pub grade: String,
    /// `rising`, `falling`.
    pub direction: String,
    /// The level.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Whose it is.
    pub owner: String,
    /// Where it is written.
    pub document: String,
    /// Of which date.
    pub date: String,
}

/// How often it speaks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Cadence {
    /// On a calm day.
    pub by_day_ms: i64,
    /// Beyond a level.
    pub in_alarm_ms: Option<i64>,
}

/// Where it may speak.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Footprint {
    /// A circle.
    Circle {
        /// Its middle.
        centre: LngLat,
        /// Its radius.
        radius_m: f64,
    },
    /// A ring.
    Ring(Vec<LngLat>),
}

/// What it reaches.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Reach {
    /// The datastream.
    pub datastream: String,
    /// The time of travel.
    pub minutes: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passport_of_a_later_version_is_read_as_far_as_it_is_known() {
        let text = r#"{"unit":"cm","colour":"blue","cadence":{"by_day_ms":600000,"in_alarm_ms":null},
            "footprint":{"circle":{"centre":{"type":"Point","coordinates":[2.1,41.4]},"radius_m":300}},
            "levels":[{"grade":"red","direction":"rising","value":60.0,"clear":null,"unit":"cm",
                "owner":"Hydrology","document":"INUNCAT","date":"2022-03-12"}]}"#;
        let passport: Passport = serde_json::from_str(text).expect("a passport");
        assert_eq!(passport.levels[0].grade, "red");
        assert!(matches!(passport.footprint, Some(Footprint::Circle { radius_m: 300.0, .. })));
    }
}
