//! The scenarios that come with Talaia, and how a file becomes one: read, filled from the shared parts, checked.

use std::path::Path;

use serde::Deserialize;
use wire::geo::LngLat;

use super::check::check;
use super::file::{City, Scenario, Texts};
use super::instruments::passport;

macro_rules! drills {
    ($($name:literal),+ $(,)?) => {
        /// The scenarios that come with Talaia, by name.
        pub const BOOK: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../drills/", $name, ".toml")))),+];
    };
}

drills!(
    "flash-flood",
    "storm",
    "earthquake",
    "wildfire",
    "stadium-crowd",
    "power-cut",
    "chemical-cloud",
    "quiet-week",
    "phantom-scenes",
    "dam-rumour",
    "ten-thousand-copies",
    "sensor-failure",
    "dark-area",
    "valencia-2024-10-29",
);

/// The cities a file may name.
const CITIES: &[(&str, &str)] = &[("port", include_str!("../../drills/parts/port.toml"))];
/// The texts every file may use.
const TEXTS: &str = include_str!("../../drills/parts/texts.toml");

/// A scenario ready to be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// As the file tells it.
    pub scenario: Scenario,
    /// Its city.
    pub city: City,
    /// Its texts over the shared ones.
    pub texts: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    texts: Texts,
}

fn parse<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|cause| {
        let line =
            cause.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        format!("{what}{line}: {}; docs/drills.md describes every field", cause.message().trim())
    })
}

/// Reads a scenario from its text; `what` names it in errors.
pub fn read(what: &str, text: &str) -> Result<Ready, String> {
    let mut scenario: Scenario = parse(what, text)?;
    let city = match (scenario.own_city.take(), scenario.city.as_deref()) {
        (Some(_), Some(_)) => {
            return Err(format!("{what}: city: name one, or write [own_city], not both"));
        }
        (Some(own), None) => own,
        (None, name) => {
            let known = CITIES.iter().find(|(known, _)| Some(*known) == name);
            let Some((name, text)) = known else {
                let names: Vec<&str> = CITIES.iter().map(|(name, _)| *name).collect();
                return Err(format!(
                    "{what}: city: must be one of {}, or write [own_city]",
                    names.join(", ")
                ));
            };
            parse(name, text)?
        }
    };
    let mut texts = parse::<Shared>("texts.toml", TEXTS)?.texts;
    texts.extend(std::mem::take(&mut scenario.texts));
    check(&scenario, &city, &texts).map_err(|flaw| format!("{what}: {flaw}"))?;
    for (n, sensor) in scenario.sensors.iter().enumerate() {
        let place = LngLat::new(sensor.at[0], sensor.at[1])
            .map_err(|flaw| format!("{what}: sensors[{n}].at: {flaw}"))?;
        let flaws = passport(sensor, place).check();
        if let Some(flaw) = flaws.err().and_then(|flaws| flaws.into_iter().next()) {
            return Err(format!("{what}: sensors[{n}].{flaw}"));
        }
    }
    Ok(Ready { scenario, city, texts })
}

/// The scenarios of a word of the command line: a name, a file, or `all`.
pub fn find(word: &str) -> Result<Vec<Ready>, String> {
    if word == "all" {
        return BOOK.iter().map(|(name, text)| read(name, text)).collect();
    }
    if let Some((name, text)) = BOOK.iter().find(|(name, _)| *name == word) {
        return Ok(vec![read(name, text)?]);
    }
    if !Path::new(word).is_file() {
        let names: Vec<&str> = BOOK.iter().map(|(name, _)| *name).collect();
        return Err(format!("{word}: neither a file nor one of {}, all", names.join(", ")));
    }
    let text = std::fs::read_to_string(word).map_err(|cause| format!("{word}: {cause}"))?;
    Ok(vec![read(word, &text)?])
}
