//! Whether a scenario can be played: each error names the field and the remedy.

use std::collections::BTreeSet;

use engine::signal::Test;
use wire::grade::Severity;

use super::file::{Check, City, Event, Must, Scenario, Sensor, Shares, Texts, That, Voices};
use super::judge::health;

/// A scenario of more than so many days, its history included, is refused: a month of a city is minutes of work.
const DAYS_MAX: f64 = 31.0;
/// A scenario with more reports than this, as far as its rates tell, is refused.
const REPORTS_MAX: f64 = 2_000_000.0;

/// A field and what is wrong with it.
struct Flaws(Vec<String>);

impl Flaws {
    fn add(&mut self, is_wrong: bool, field: impl std::fmt::Display, remedy: &str) {
        if is_wrong {
            self.0.push(format!("{field}: {remedy}"));
        }
    }
}

/// The first thing that is wrong, by field and remedy.
pub(super) fn check(scenario: &Scenario, city: &City, texts: &Texts) -> Result<(), String> {
    let mut flaws = Flaws(Vec::new());
    let days = scenario.lasts_min / 1_440.0 + f64::from(scenario.history_days);
    flaws.add(!is_within(scenario.lasts_min, 1.0, 1e6), "lasts_min", "at least 1, in minutes");
    flaws.add(days > DAYS_MAX, "lasts_min", "with history_days no more than 31 days");
    of_city(&mut flaws, city, texts);
    let mut names = BTreeSet::new();
    for (n, event) in scenario.events.iter().enumerate() {
        flaws.add(
            !names.insert(&event.name),
            format!("events[{n}].name"),
            "each event needs its own",
        );
        of_event(&mut flaws, n, event, texts);
    }
    let mut sensors = BTreeSet::new();
    for (n, sensor) in scenario.sensors.iter().enumerate() {
        flaws.add(
            !sensors.insert(&sensor.name),
            format!("sensors[{n}].name"),
            "each sensor needs its own",
        );
        of_sensor(&mut flaws, n, sensor);
    }
    for (n, copies) in scenario.copies.iter().enumerate() {
        let is_known = names.contains(&copies.of);
        flaws.add(!is_known, format!("copies[{n}].of"), "must name an event of this file");
        flaws.add(!is_share(copies.changed), format!("copies[{n}].changed"), "a share from 0 to 1");
        flaws.add(
            !is_within(copies.over_min, 0.01, 1e5),
            format!("copies[{n}].over_min"),
            "more than 0, in minutes",
        );
    }
    for (n, silence) in scenario.silences.iter().enumerate() {
        place(&mut flaws, &format!("silences[{n}].at"), silence.at);
        flaws.add(
            silence.from_min >= silence.to_min,
            format!("silences[{n}].to_min"),
            "must be later than from_min",
        );
    }
    for (n, check) in scenario.checks.iter().enumerate() {
        of_check(&mut flaws, n, check, scenario);
    }
    flaws.add(
        n_reports(scenario, city, days) > REPORTS_MAX,
        "events",
        "more than two million reports: lower per_min, per_day or copies.n",
    );
    match flaws.0.into_iter().next() {
        Some(flaw) => Err(flaw),
        None => Ok(()),
    }
}

/// About how many reports come of it.
fn n_reports(scenario: &Scenario, city: &City, days: f64) -> f64 {
    let daily: f64 =
        city.background.iter().map(|one| one.per_day.unwrap_or(0.0) * (1.0 + one.witnesses)).sum();
    let voices = scenario.events.iter().flat_map(|event| &event.voices);
    let said: f64 = voices
        .map(|one| {
            let area: f64 = one
                .per_min
                .windows(2)
                .map(|ab| (ab[1][0] - ab[0][0]) * (ab[0][1] + ab[1][1]) / 2.0)
                .sum();
            let again = one.reposts.as_ref().map_or(0.0, |again| again.share * again.n[1]);
            area * (1.0 + again)
        })
        .sum();
    let copies: f64 = scenario.copies.iter().map(|copies| f64::from(copies.n)).sum();
    daily * days + said + copies
}

fn is_within(value: f64, least: f64, most: f64) -> bool {
    value.is_finite() && (least..=most).contains(&value)
}

fn is_share(value: f64) -> bool {
    is_within(value, 0.0, 1.0)
}

fn place(flaws: &mut Flaws, field: &str, at: [f64; 2]) {
    let is_one = wire::geo::LngLat::new(at[0], at[1]).is_ok();
    flaws.add(!is_one, field, "longitude first, then latitude, in degrees");
}

fn shares(flaws: &mut Flaws, field: &str, shares: &Shares, may_be_empty: bool) {
    let is_fine = shares.values().all(|share| share.is_finite() && *share >= 0.0);
    let sum: f64 = shares.values().sum();
    let is_empty = shares.is_empty() && may_be_empty;
    flaws.add(
        !is_fine || !is_empty && sum <= 0.0,
        field,
        "shares are 0 or more, one of them more than 0",
    );
}

fn curve(flaws: &mut Flaws, field: &str, curve: &[[f64; 2]]) {
    let is_rising = curve.windows(2).all(|ab| ab[0][0] < ab[1][0]);
    let is_finite = curve.iter().flatten().all(|value| value.is_finite());
    flaws.add(!is_rising || !is_finite, field, "pairs of minutes and values, the minutes rising");
}

fn of_city(flaws: &mut Flaws, city: &City, texts: &Texts) {
    let [west, south, east, north] = city.bbox;
    let is_box = wire::geo::Bbox::new(west, south, east, north).is_ok() && west < east;
    flaws.add(!is_box, "own_city.bbox", "west, south, east, north, in degrees");
    flaws.add(
        city.rhythm.len() != 24,
        "own_city.rhythm",
        "needs 24 numbers, one for each local hour",
    );
    let is_busy = city.rhythm.iter().all(|hour| is_within(*hour, 0.0, 1e6))
        && city.rhythm.iter().sum::<f64>() > 0.0;
    flaws.add(!is_busy, "own_city.rhythm", "numbers of 0 or more, one of them more than 0");
    flaws.add(
        !is_within(city.weekend, 0.0, 10.0),
        "own_city.weekend",
        "from 0 to 10; 1 is like a working day",
    );
    flaws.add(city.centres.is_empty(), "own_city.centres", "needs one at least");
    flaws.add(city.streets.is_empty(), "own_city.streets", "needs one at least");
    shares(flaws, "own_city.languages", &city.languages, false);
    for (n, centre) in city.centres.iter().enumerate() {
        let field = format!("own_city.centres[{n}]");
        place(flaws, &format!("{field}.at"), centre.at);
        flaws.add(
            !is_within(centre.radius_m, 1.0, 1e5),
            format!("{field}.radius_m"),
            "1 to 100000, in metres",
        );
        flaws.add(!is_within(centre.weight, 0.0, 1e9), format!("{field}.weight"), "0 or more");
    }
    let weight: f64 = city.centres.iter().map(|centre| centre.weight).sum();
    flaws.add(weight <= 0.0, "own_city.centres", "one of them needs a weight of more than 0");
    for (n, voices) in city.background.iter().enumerate() {
        let field = format!("own_city.background[{n}]");
        let per_day = voices.per_day.is_some_and(|rate| is_within(rate, 0.0, 1e6));
        flaws.add(!per_day, format!("{field}.per_day"), "needed, 0 to 1000000 a day");
        flaws.add(voices.hazard.is_none(), format!("{field}.hazard"), "needed: what is spoken of");
        flaws.add(
            !voices.per_min.is_empty(),
            format!("{field}.per_min"),
            "only for events: use per_day",
        );
        of_voices(flaws, &field, voices, texts);
    }
}

fn of_voices(flaws: &mut Flaws, field: &str, voices: &Voices, texts: &Texts) {
    for (name, share) in [
        ("unsure_share", voices.unsure_share),
        ("unplaced_share", voices.unplaced_share),
        ("without_hazard", voices.without_hazard),
        ("without_words", voices.without_words),
    ] {
        flaws.add(!is_share(share), format!("{field}.{name}"), "a share from 0 to 1");
    }
    flaws.add(!is_within(voices.witnesses, 0.0, 1e3), format!("{field}.witnesses"), "0 or more");
    flaws.add(
        !is_within(voices.place_error_m, 0.0, 1e5),
        format!("{field}.place_error_m"),
        "0 to 100000, in metres",
    );
    let [soon, late] = voices.delay_s;
    flaws.add(
        !(is_within(soon, 0.0, 1e6) && soon <= late),
        format!("{field}.delay_s"),
        "least and most, in seconds, 0 or more",
    );
    if let Some([soon, late]) = voices.open_min {
        flaws.add(
            !(is_within(soon, 0.0, 1e6) && soon <= late),
            format!("{field}.open_min"),
            "least and most, in minutes, 0 or more",
        );
    }
    shares(flaws, &format!("{field}.severity"), &voices.severity, true);
    for word in voices.severity.keys().filter(|word| word.parse::<Severity>().is_err()) {
        flaws.add(
            true,
            format!("{field}.severity.{word}"),
            "Extreme, Severe, Moderate, Minor or Unknown",
        );
    }
    shares(flaws, &format!("{field}.languages"), &voices.languages, true);
    if let Some(group) = &voices.texts {
        let is_known =
            texts.get(group).is_some_and(|by_lang| by_lang.values().any(|all| !all.is_empty()));
        flaws.add(!is_known, format!("{field}.texts"), "no such group of texts: write [texts.GROUP], or name one of server/drills/parts/texts.toml");
    }
    if let Some(again) = &voices.reposts {
        flaws.add(!is_share(again.share), format!("{field}.reposts.share"), "a share from 0 to 1");
        flaws.add(
            !is_share(again.changed),
            format!("{field}.reposts.changed"),
            "a share from 0 to 1",
        );
        let [least, most] = again.n;
        flaws.add(
            !(is_within(least, 0.0, 1e5) && least <= most),
            format!("{field}.reposts.n"),
            "least and most, 0 or more",
        );
    }
}

fn of_event(flaws: &mut Flaws, n: usize, event: &Event, texts: &Texts) {
    let field = format!("events[{n}]");
    place(flaws, &format!("{field}.at"), event.at);
    flaws.add(
        !is_within(event.radius_m, 0.0, 1e5),
        format!("{field}.radius_m"),
        "0 to 100000, in metres",
    );
    flaws.add(
        !is_within(event.wander_m, 0.0, 1e5),
        format!("{field}.wander_m"),
        "0 to 100000, in metres",
    );
    flaws.add(
        !is_within(event.lasts_min, 0.01, 1e6),
        format!("{field}.lasts_min"),
        "more than 0, in minutes",
    );
    flaws.add(
        !is_within(event.shift_min, 0.0, 1e6),
        format!("{field}.shift_min"),
        "0 or more, in minutes",
    );
    flaws.add(event.voices.is_empty(), format!("{field}.voices"), "somebody has to speak of it");
    let contradicts = event.truth.situation == Must::Never && event.truth.supported == Must::Must;
    flaws.add(
        contradicts,
        format!("{field}.truth.supported"),
        "what never is a situation cannot have to be supported",
    );
    for step in &event.path {
        place(flaws, &format!("{field}.path"), [step[1], step[2]]);
    }
    let is_rising = event.path.windows(2).all(|ab| ab[0][0] < ab[1][0]);
    flaws.add(
        !is_rising,
        format!("{field}.path"),
        "minutes, longitude, latitude, the minutes rising",
    );
    for (m, voices) in event.voices.iter().enumerate() {
        let field = format!("{field}.voices[{m}]");
        flaws.add(
            voices.per_min.len() < 2,
            format!("{field}.per_min"),
            "needs two pairs at least: minutes after the beginning, voices a minute",
        );
        curve(flaws, &format!("{field}.per_min"), &voices.per_min);
        let is_positive = voices.per_min.iter().all(|pair| pair[1] >= 0.0);
        flaws.add(!is_positive, format!("{field}.per_min"), "voices a minute are 0 or more");
        flaws.add(
            voices.per_day.is_some(),
            format!("{field}.per_day"),
            "only for a city's background: use per_min",
        );
        of_voices(flaws, &field, voices, texts);
    }
}

fn of_sensor(flaws: &mut Flaws, n: usize, sensor: &Sensor) {
    let field = format!("sensors[{n}]");
    place(flaws, &format!("{field}.at"), sensor.at);
    flaws.add(
        !is_within(sensor.every_min, 0.1, 10_080.0),
        format!("{field}.every_min"),
        "0.1 to 10080, in minutes",
    );
    flaws.add(
        sensor.curve.is_empty(),
        format!("{field}.curve"),
        "needs one pair at least: a minute and a value",
    );
    flaws.add(!(1..=5_000).contains(&sensor.count), format!("{field}.count"), "1 to 5000");
    curve(flaws, &format!("{field}.curve"), &sensor.curve);
    for fault in &sensor.faults {
        let ends = fault.to_min.is_none_or(|to| to > fault.from_min);
        flaws.add(!ends, format!("{field}.faults.to_min"), "must be later than from_min");
    }
}

fn of_check(flaws: &mut Flaws, n: usize, check: &Check, scenario: &Scenario) {
    let field = format!("checks[{n}]");
    let (needs_event, needs_sensor) = match check.that {
        That::AlarmRings
        | That::AlarmStands
        | That::NoAlarm
        | That::SignalShows
        | That::SameWithout => (false, true),
        That::RankKept | That::RankRaised | That::NotEnded | That::Supported => (true, false),
        That::Dark | That::NoDark => (false, false),
    };
    let event = check
        .event
        .as_ref()
        .is_some_and(|name| scenario.events.iter().any(|one| one.name == *name));
    flaws.add(needs_event && !event, format!("{field}.event"), "must name an event of this file");
    let sensor = check
        .sensor
        .as_ref()
        .is_some_and(|name| scenario.sensors.iter().any(|one| one.name == *name));
    flaws.add(
        needs_sensor && !sensor,
        format!("{field}.sensor"),
        "must name a sensor of this file",
    );
    let has_time = check.from_min.zip(check.to_min).is_some_and(|(from, to)| from <= to);
    flaws.add(
        check.that != That::SameWithout && !has_time,
        format!("{field}.to_min"),
        "needs from_min and to_min, the second later",
    );
    let rings = matches!(check.that, That::AlarmRings | That::AlarmStands);
    flaws.add(
        rings && check.test.is_some_and(is_yellow),
        format!("{field}.test"),
        "raises no alarm, for it is yellow: ask for signal-shows",
    );
    flaws.add(
        check.that == That::SignalShows && check.test.and_then(health).is_none(),
        format!("{field}.test"),
        "needed: silent, lost, frozen or broken",
    );
    flaws.add(
        check.that == That::RankKept && scenario.copies.is_empty(),
        format!("{field}.that"),
        "compares with the play without copies: write [[copies]]",
    );
    flaws.add(
        check.that == That::Dark && check.at.is_none(),
        format!("{field}.at"),
        "needs a place, longitude first",
    );
}

/// Whether signals of this test are always yellow.
fn is_yellow(test: Test) -> bool {
    matches!(test, Test::Silent | Test::Frozen | Test::Broken | Test::Baseline)
}
