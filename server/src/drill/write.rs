//! Writes a scenario out: from its file and a seed every entry in the order of receipt, and the truth about it.
//!
//! Each part of a file has dice of its own, so that one sensor or event more changes nothing of the others.

use std::collections::BTreeMap;

use engine::entry::Body;
use wire::geo::LngLat;
use wire::grade::Hazard;
use wire::time::Timestamp;

use super::book::Ready;
use super::chance::{dice_of, gap, poisson};
use super::file::{Event, Must, Voices};
use super::instruments::{self, Instrument};
use super::speech::Speaker;
use crate::exercise::dice::Dice;

/// A minute, in milliseconds.
pub(super) const MINUTE_MS: f64 = 60_000.0;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Something that reaches the room.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it is received.
    pub at: Timestamp,
    /// What it says.
    pub body: Body,
}

/// What is true of something that happened, or was said to.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// Its name; of everyday matters a number.
    pub name: String,
    /// What it is and may be taken for.
    pub hazards: Vec<Hazard>,
    /// Where it goes: moments and places.
    pub path: Vec<(Timestamp, LngLat)>,
    /// How far it reaches, in metres.
    pub radius_m: f64,
    /// From when to when.
    pub begins: Timestamp,
    /// Up to when.
    pub ends: Timestamp,
    /// Whether it has to become a situation; `None` for everyday matters, which are no part of the score.
    pub situation: Option<Must>,
    /// Whether that may be called supported.
    pub supported: Must,
    /// When the first report of it was received.
    pub first_heard: Option<Timestamp>,
}

impl Happening {
    /// Where it is at a moment.
    pub fn place_at(&self, at: Timestamp) -> Option<LngLat> {
        let after = self.path.iter().position(|(then, _)| *then > at);
        let (to, from) = match after {
            Some(0) => return self.path.first().map(|(_, place)| *place),
            Some(n) => (self.path.get(n)?, self.path.get(n - 1)?),
            None => return self.path.last().map(|(_, place)| *place),
        };
        let share = at.ms_since(from.0) as f64 / to.0.ms_since(from.0).max(1) as f64;
        let between = |a: f64, b: f64| a + (b - a) * share;
        LngLat::new(between(from.1.lng(), to.1.lng()), between(from.1.lat(), to.1.lat())).ok()
    }
}

/// A scenario written out.
#[derive(Debug, Clone)]
pub struct Written {
    /// Every entry, in the order of receipt.
    pub lines: Vec<Line>,
    /// The truth.
    pub truth: Vec<Happening>,
    /// The sensors.
    pub instruments: Vec<Instrument>,
    /// Minute 0.
    pub begins: Timestamp,
    /// The end.
    pub ends: Timestamp,
}

/// What is left out of a scenario, to see what it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without<'a> {
    /// Nothing.
    Nothing,
    /// A sensor, by its name in the file: nobody knows of it, and it says nothing.
    Sensor(&'a str),
    /// The crowds of copies.
    Copies,
}

/// Writes a scenario out, but for what is left out.
pub fn write(ready: &Ready, seed: u64, without: Without<'_>) -> Written {
    let scenario = &ready.scenario;
    let begins = scenario.begins;
    let from = begins.plus_ms(-i64::from(scenario.history_days) * DAY_MS);
    let ends = begins.plus_ms((scenario.lasts_min * MINUTE_MS) as i64);
    let mut speaker = Speaker::new(ready);
    let mut truth = Vec::new();
    for (n, voices) in ready.city.background.iter().enumerate() {
        background(&mut speaker, &mut truth, n, voices, seed, from, ends);
    }
    for event in &scenario.events {
        truth.push(happen(&mut speaker, event, seed, begins));
    }
    let mut spoken = speaker.spoken;
    for copies in scenario.copies.iter().filter(|_| without != Without::Copies) {
        let first = spoken
            .iter()
            .filter(|one| one.of.as_deref() == Some(copies.of.as_str()) && one.is_post())
            .min_by_key(|one| one.at);
        if let Some(first) = first.cloned() {
            let mut dice = dice_of(seed, &format!("copies {}", copies.of));
            let start = begins.plus_ms((copies.from_min * MINUTE_MS) as i64);
            for n in 0..copies.n {
                let at = start.plus_ms((dice.real(0.0, copies.over_min) * MINUTE_MS) as i64);
                let copy = first.repeated(&mut dice, n, at, copies.changed);
                spoken.push(copy);
            }
        }
    }
    let silent = |place: Option<LngLat>, at: Timestamp| {
        let min = at.ms_since(begins) as f64 / MINUTE_MS;
        scenario.silences.iter().any(|silence| {
            (silence.from_min..silence.to_min).contains(&min)
                && place
                    .zip(LngLat::new(silence.at[0], silence.at[1]).ok())
                    .is_some_and(|(a, b)| engine::place::distance_m(a, b) <= silence.radius_m)
        })
    };
    let mut lines: Vec<Line> = Vec::with_capacity(spoken.len());
    let mut first_heard: BTreeMap<String, Timestamp> = BTreeMap::new();
    for one in spoken.into_iter().filter(|one| !silent(one.place, one.at)) {
        if let Some(of) = &one.of {
            let first = first_heard.entry(of.clone()).or_insert(one.at);
            *first = (*first).min(one.at);
        }
        one.entries(&mut lines);
    }
    for happening in &mut truth {
        happening.first_heard = first_heard.get(&happening.name).copied();
    }
    let mut all = Vec::new();
    for sensor in &scenario.sensors {
        let is_there = without != Without::Sensor(&sensor.name);
        instruments::write(sensor, ready, seed, from, ends, |instrument, values| {
            let heard = |line: &Line| is_there && !silent(Some(instrument.place), line.at);
            // Before its first value, as whoever connects a sensor does.
            lines.extend(is_there.then(|| instrument.admitted(from)));
            lines.extend(values.into_iter().filter(heard));
            truth.extend(instrument.matter(ends));
            all.push(instrument);
        });
    }
    lines.retain(|line| line.at < ends);
    // Stable: what comes at the same moment keeps the order it was written in.
    lines.sort_by_key(|line| line.at);
    Written { lines, truth, instruments: all, begins, ends }
}

/// How busy the hour of a moment is beside the mean of a working day.
fn busy(ready: &Ready, at: Timestamp) -> f64 {
    let local = at.0 + i64::from(ready.city.clock_ahead_h) * HOUR_MS;
    let hour = local.div_euclid(HOUR_MS).rem_euclid(24) as usize;
    // 1 January 1970 was a Thursday.
    let weekday = (local.div_euclid(DAY_MS) + 3).rem_euclid(7);
    let rhythm = &ready.city.rhythm;
    let mean = rhythm.iter().sum::<f64>() / 24.0;
    let share = rhythm.get(hour).copied().unwrap_or(mean) / mean;
    if weekday >= 5 { share * ready.city.weekend } else { share }
}

fn background(
    speaker: &mut Speaker<'_>,
    truth: &mut Vec<Happening>,
    n: usize,
    voices: &Voices,
    seed: u64,
    from: Timestamp,
    ends: Timestamp,
) {
    let mut dice = dice_of(seed, &format!("background {n}"));
    let (Some(per_day), Some(hazard)) = (voices.per_day, voices.hazard) else { return };
    let peak =
        (0..168).map(|hour| busy(speaker.ready, Timestamp(hour * HOUR_MS))).fold(0.0, f64::max);
    let mut at = from;
    let mut number = 0;
    loop {
        at = at.plus_ms(gap(&mut dice, per_day * peak / DAY_MS as f64));
        if at >= ends {
            return;
        }
        if !dice.chance(busy(speaker.ready, at) / peak) {
            continue;
        }
        let Some((lng, lat)) = somewhere(speaker.ready, &mut dice) else { return };
        let name = format!("everyday {n}-{number}");
        number += 1;
        let more = poisson(&mut dice, voices.witnesses);
        let mut weight = 0;
        for m in 0..=more {
            let later = if m == 0 { 0 } else { dice.between(0, 10 * 60_000) };
            let id = format!("{name}-{m}");
            weight += speaker.say(
                &mut dice,
                voices,
                hazard,
                (lng, lat, 0.0),
                at.plus_ms(later),
                &id,
                Some(&name),
            );
        }
        // Three who tell of one matter tell the truth, and it is none that the scenario asks for.
        if weight >= engine::limits::CROWD_WEIGHT_MIN {
            truth.extend(LngLat::new(lng, lat).ok().map(|place| Happening {
                name,
                hazards: vec![hazard],
                path: vec![(at, place)],
                radius_m: 0.0,
                begins: at,
                ends: at.plus_ms(HOUR_MS),
                situation: None,
                supported: Must::May,
                first_heard: None,
            }));
        }
    }
}

/// A place where people are.
fn somewhere(ready: &Ready, dice: &mut Dice) -> Option<(f64, f64)> {
    let centres: Vec<(f64, usize)> =
        ready.city.centres.iter().enumerate().map(|(n, centre)| (centre.weight, n)).collect();
    let centre = ready.city.centres.get(dice.weighted(&centres)?)?;
    Some(dice.around(centre.at[0], centre.at[1], centre.radius_m))
}

fn happen(speaker: &mut Speaker<'_>, event: &Event, seed: u64, zero: Timestamp) -> Happening {
    let mut dice = dice_of(seed, &format!("event {}", event.name));
    let (lng, lat) = dice.around(event.at[0], event.at[1], event.wander_m);
    let (east, north) = (lng - event.at[0], lat - event.at[1]);
    let begins =
        zero.plus_ms(((event.begins_min + dice.real(0.0, event.shift_min)) * MINUTE_MS) as i64);
    let after = |min: f64| begins.plus_ms((min * MINUTE_MS) as i64);
    let mut path: Vec<(Timestamp, LngLat)> = event
        .path
        .iter()
        .filter_map(|step| {
            Some((after(step[0]), LngLat::new(step[1] + east, step[2] + north).ok()?))
        })
        .collect();
    if path.is_empty() {
        path.extend(LngLat::new(lng, lat).ok().map(|place| (begins, place)));
    }
    let mut hazards = vec![event.hazard];
    hazards.extend(&event.also);
    let happening = Happening {
        name: event.name.clone(),
        hazards,
        path,
        radius_m: event.radius_m,
        begins,
        ends: after(event.lasts_min),
        situation: Some(event.truth.situation),
        supported: event.truth.supported,
        first_heard: None,
    };
    for (n, voices) in event.voices.iter().enumerate() {
        let mut dice = dice_of(seed, &format!("event {} {n}", event.name));
        let hazard = voices.hazard.unwrap_or(event.hazard);
        for (m, min) in moments(&mut dice, &voices.per_min).into_iter().enumerate() {
            let Some(place) = happening.place_at(after(min)) else { continue };
            let id = format!("{}-{n}-{m}", event.name);
            let near = (place.lng(), place.lat(), event.radius_m);
            speaker.say(&mut dice, voices, hazard, near, after(min), &id, Some(&event.name));
        }
    }
    happening
}

/// The moments of voices that come at a rate, in minutes: by thinning of a steady one.
fn moments(dice: &mut Dice, per_min: &[[f64; 2]]) -> Vec<f64> {
    let peak = per_min.iter().map(|pair| pair[1]).fold(0.0, f64::max);
    let (Some(first), Some(last)) = (per_min.first(), per_min.last()) else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = first[0];
    if peak <= 0.0 {
        return found;
    }
    loop {
        at += gap(dice, peak / MINUTE_MS) as f64 / MINUTE_MS;
        if at >= last[0] {
            return found;
        }
        if dice.chance(instruments::along(per_min, at) / peak) {
            found.push(at);
        }
    }
}
