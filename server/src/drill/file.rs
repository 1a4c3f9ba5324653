//! The format of scenario files, as `docs/drills.md` describes it. All of it is read here and checked in `check.rs`.

use std::collections::BTreeMap;

use engine::signal::{Direction, Grade, Test};
use serde::Deserialize;
use wire::grade::{Basis, Hazard, Kind};
use wire::time::Timestamp;

/// Words and how often each is meant: shares of any sum.
pub type Shares = BTreeMap<String, f64>;

/// Texts: by group, by language, templates.
pub type Texts = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// A scenario: a city, what happens in it, who speaks, and the truth to score against.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name, in words joined by hyphens.
    pub name: String,
    /// What it is about, in a sentence or two.
    pub about: String,
    /// The moment of minute 0.
    pub begins: Timestamp,
    /// How long it lasts, in minutes.
    pub lasts_min: f64,
    /// Ordinary days before minute 0, played and not scored.
    #[serde(default)]
    pub history_days: u32,
    /// One of the cities that come with Talaia; else `own_city`.
    pub city: Option<String>,
    /// A city of the file's own.
    pub own_city: Option<City>,
    /// What is published, where the scenario rebuilds something that was.
    #[serde(default)]
    pub facts: Vec<Fact>,
    /// What is assumed where nothing is published.
    #[serde(default)]
    pub assumed: Vec<String>,
    /// Texts beside, or instead of, those that come with Talaia.
    #[serde(default)]
    pub texts: Texts,
    /// What happens.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Crowds of copies.
    #[serde(default)]
    pub copies: Vec<Copies>,
    /// Sensors.
    #[serde(default)]
    pub sensors: Vec<Sensor>,
    /// Areas that fall silent.
    #[serde(default)]
    pub silences: Vec<Silence>,
    /// What must hold beside the figures.
    #[serde(default)]
    pub checks: Vec<Check>,
}

/// A city on an ordinary day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// West, south, east, north, in degrees.
    pub bbox: [f64; 4],
    /// Hours its clock is ahead of UTC.
    pub clock_ahead_h: i8,
    /// How busy each hour of the local day is, from midnight on: 24 numbers of any sum.
    pub rhythm: Vec<f64>,
    /// How busy Saturdays and Sundays are beside working days: 1 is alike.
    #[serde(default = "one")]
    pub weekend: f64,
    /// Where people are.
    pub centres: Vec<Centre>,
    /// Names of streets, for texts.
    pub streets: Vec<String>,
    /// In which languages people write, in shares.
    pub languages: Shares,
    /// What is said on an ordinary day.
    #[serde(default)]
    pub background: Vec<Voices>,
}

/// Where people are.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Centre {
    /// Its name, for texts.
    pub name: String,
    /// Longitude and latitude, in degrees.
    pub at: [f64; 2],
    /// How far it reaches, in metres.
    pub radius_m: f64,
    /// Its share of the people, of any sum.
    pub weight: f64,
}

/// Who speaks, how often and how.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voices {
    /// Who.
    pub kind: Kind,
    /// First hand or heard.
    #[serde(default)]
    pub basis: Basis,
    /// Of what; of the event's hazard where it is left out.
    pub hazard: Option<Hazard>,
    /// In an event: pairs of minutes after its beginning and voices a minute, straight between them, none outside.
    #[serde(default)]
    pub per_min: Vec<[f64; 2]>,
    /// In a city: matters a day.
    pub per_day: Option<f64>,
    /// In a city: how many more speak of the same matter, on average.
    #[serde(default)]
    pub witnesses: f64,
    /// From seeing to our hearing of it, in seconds: least and most.
    #[serde(default = "delay_s")]
    pub delay_s: [f64; 2],
    /// How far the place they name is off, at most, in metres.
    #[serde(default = "place_error_m")]
    pub place_error_m: f64,
    /// The doubt they state, in metres.
    #[serde(default = "radius_m")]
    pub radius_m: u32,
    /// The share whose place is known to the town only: at its centre, with the town's size as doubt.
    #[serde(default)]
    pub unsure_share: f64,
    /// The share that names no place at all.
    #[serde(default)]
    pub unplaced_share: f64,
    /// How grave they say it is, in shares of CAP's words.
    #[serde(default)]
    pub severity: Shares,
    /// The share that comes as `other`: its words have to say what happens.
    #[serde(default)]
    pub without_hazard: f64,
    /// The share of those whose words do not say it either.
    #[serde(default)]
    pub without_words: f64,
    /// Which group of texts; the hazard's where it is left out.
    pub texts: Option<String>,
    /// In which languages, in shares; the city's where it is left out.
    #[serde(default)]
    pub languages: Shares,
    /// Stated as open, and closed after so many minutes, least and most; `[0, 0]` is never closed.
    pub open_min: Option<[f64; 2]>,
    /// Others repeat it.
    pub reposts: Option<Reposts>,
}

/// How posts are repeated.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reposts {
    /// The share that is repeated.
    pub share: f64,
    /// How often, least and most.
    pub n: [f64; 2],
    /// Within so many minutes.
    pub within_min: f64,
    /// The share with a word changed or added.
    #[serde(default)]
    pub changed: f64,
}

/// Something that happens, or is said to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its name, unique in the file.
    pub name: String,
    /// What happens.
    pub hazard: Hazard,
    /// What it may be taken for as well.
    #[serde(default)]
    pub also: Vec<Hazard>,
    /// Longitude and latitude, in degrees.
    pub at: [f64; 2],
    /// Who speaks of it is within so many metres.
    pub radius_m: f64,
    /// The seed moves it by so many metres at most.
    #[serde(default)]
    pub wander_m: f64,
    /// When it begins, in minutes.
    pub begins_min: f64,
    /// The seed lets it begin so many minutes later at most.
    #[serde(default)]
    pub shift_min: f64,
    /// How long it lasts, in minutes.
    pub lasts_min: f64,
    /// Where it goes: minutes after its beginning, longitude, latitude; straight between them.
    #[serde(default)]
    pub path: Vec<[f64; 3]>,
    /// Who speaks of it.
    pub voices: Vec<Voices>,
    /// The truth.
    #[serde(default)]
    pub truth: Truth,
}

/// The truth about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// Whether it has to become a situation.
    #[serde(default)]
    pub situation: Must,
    /// Whether that may be called supported.
    #[serde(default)]
    pub supported: Must,
}

/// What has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Must {
    /// It has to be.
    Must,
    /// Either is right.
    #[default]
    May,
    /// It must not be.
    Never,
}

/// A crowd of copies of the first post of an event.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copies {
    /// The event whose first post is repeated.
    pub of: String,
    /// How many.
    pub n: u32,
    /// From which minute on.
    pub from_min: f64,
    /// Over how many minutes.
    pub over_min: f64,
    /// The share with a word changed or added.
    #[serde(default)]
    pub changed: f64,
}

/// A sensor, or several alike.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensor {
    /// The datastream's name, unique in the file; several are numbered.
    pub name: String,
    /// Longitude and latitude, in degrees.
    pub at: [f64; 2],
    /// Several, spread over so many metres.
    #[serde(default)]
    pub spread_m: f64,
    /// How many.
    #[serde(default = "one_of_them")]
    pub count: u32,
    /// The unit of its values.
    pub unit: String,
    /// What it speaks for; left out where it speaks for no situation.
    pub hazard: Option<Hazard>,
    /// A value each so many minutes.
    pub every_min: f64,
    /// And in alarm.
    pub every_in_alarm_min: Option<f64>,
    /// Its values: minutes and values, straight between them, held outside.
    #[serde(default)]
    pub curve: Vec<[f64; 2]>,
    /// What is added in the course of a day: swing, and the local hour of the most.
    pub daily: Option<[f64; 2]>,
    /// What is added by chance, at most, up or down.
    #[serde(default)]
    pub noise: f64,
    /// The owner's levels.
    #[serde(default)]
    pub levels: Vec<LevelOf>,
    /// The fastest change that is usual, a unit an hour, upwards.
    pub rate_per_hour: Option<f64>,
    /// The least and most it can give.
    pub plausible: Option<[f64; 2]>,
    /// It speaks for what lies within so many metres.
    pub footprint_m: Option<f64>,
    /// What fails.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// A level of a sensor's owner.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelOf {
    /// What reaching it means.
    pub grade: Grade,
    /// Which side is the danger.
    #[serde(default = "rising")]
    pub direction: Direction,
    /// The level.
    pub value: f64,
    /// Where it is cleared.
    pub clear: Option<f64>,
}

/// What fails, from when to when.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// How.
    pub kind: FaultKind,
    /// From which minute on.
    pub from_min: f64,
    /// Up to which; to the end where it is left out.
    pub to_min: Option<f64>,
}

/// How a sensor fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultKind {
    /// It sends nothing.
    Silent,
    /// It repeats its last value.
    Frozen,
    /// It sends -9999.
    Broken,
}

/// An area that falls silent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Longitude and latitude, in degrees.
    pub at: [f64; 2],
    /// How far, in metres.
    pub radius_m: f64,
    /// From which minute on.
    pub from_min: f64,
    /// Up to which.
    pub to_min: f64,
}

/// Something published.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// When, by the local clock.
    pub at: String,
    /// What.
    pub what: String,
    /// Who published it.
    pub from: String,
}

/// Something that must hold; which fields it takes is said in `docs/drills.md`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What.
    pub that: That,
    /// An event's name.
    pub event: Option<String>,
    /// A sensor's name.
    pub sensor: Option<String>,
    /// A test of a sensor.
    pub test: Option<Test>,
    /// At least so grave.
    pub grade: Option<Grade>,
    /// A place, longitude and latitude.
    pub at: Option<[f64; 2]>,
    /// From which minute.
    pub from_min: Option<f64>,
    /// Up to which minute.
    pub to_min: Option<f64>,
}

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum That {
    /// An alarm of a sensor rings between two minutes.
    AlarmRings,
    /// An alarm of a sensor, once rung, stands between two minutes.
    AlarmStands,
    /// No alarm of a sensor rings between two minutes.
    NoAlarm,
    /// A desk comes to be shown between two minutes that a sensor is silent or broken.
    SignalShows,
    /// The rank of an event's situation is at two minutes what it is without the file's copies.
    RankKept,
    /// The rank of an event's situation is better at the second minute, or the first at both.
    RankRaised,
    /// An event's situation is there and not ended between two minutes.
    NotEnded,
    /// An event's situation is called supported at some moment between two minutes.
    Supported,
    /// The area around a place is called dark between two minutes.
    Dark,
    /// No area is called dark between two minutes.
    NoDark,
    /// Situations are the same when this sensor says nothing at all.
    SameWithout,
}

fn one() -> f64 {
    1.0
}

fn one_of_them() -> u32 {
    1
}

fn delay_s() -> [f64; 2] {
    [5.0, 60.0]
}

fn place_error_m() -> f64 {
    60.0
}

fn radius_m() -> u32 {
    50
}

fn rising() -> Direction {
    Direction::Rising
}
