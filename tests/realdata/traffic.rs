//! A week of 207 loop detectors: five days to learn, two in which faults are put in and must be found.

use std::collections::BTreeMap;
use std::ops::Range;

use engine::observation::ObservationResult;
use engine::signal::{Cadence, Direction, Grade, Level, Passport, Test, Transition, Turn, Watch};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use support::week::{self, PERIOD_MS, ROWS, SENSORS};
use wire::time::Timestamp;

const A_DAY: usize = 288;
/// Rows of the days to learn from.
const LEARN: usize = 5 * A_DAY;
/// Detectors nearest to one, whose traffic is its own in a way.
const NEIGHBOURS: usize = 5;
/// Rows a standstill lasts: two hours.
const STANDSTILL: usize = 24;
/// Rows that silence lasts, and that are left at least when a detector freezes: six hours.
const FAULT: usize = 72;

/// The recording, and the nearest sensors of each.
struct Week {
    speeds: Vec<Vec<f64>>,
    near: Vec<Vec<usize>>,
}

fn read() -> Option<Week> {
    crate::recording("metr-la-traffic/los_speed.csv.gz")?;
    let week = week::Week::recorded()?;
    let distance = |one: usize, two: usize| {
        let ((lng_1, lat_1), (lng_2, lat_2)) = (week.places[one], week.places[two]);
        (lat_1 - lat_2).hypot((lng_1 - lng_2) * lat_1.to_radians().cos())
    };
    let near = (0..SENSORS).map(|sensor| {
        let mut others: Vec<usize> = (0..SENSORS).filter(|other| *other != sensor).collect();
        others.sort_by(|one, two| distance(sensor, *one).total_cmp(&distance(sensor, *two)));
        others.truncate(NEIGHBOURS);
        others
    });
    let near = near.collect();
    Some(Week { speeds: week.speeds, near })
}

fn at(row: usize) -> Timestamp {
    Timestamp(week::Week::at_ms(row))
}

/// A passport that says no more than that a value comes each five minutes.
fn plain() -> Passport {
    Passport {
        unit: Some("mph".to_owned()),
        cadence: Some(Cadence { by_day_ms: PERIOD_MS, in_alarm_ms: None }),
        ..Passport::default()
    }
}

/// Plays rows into a watch; no value is one that did not come. Ticks each minute.
fn play(
    watch: &mut Watch,
    passport: &Passport,
    rows: impl Iterator<Item = (usize, Option<f64>)>,
) -> Vec<Transition> {
    let mut told = Vec::new();
    for (row, value) in rows {
        if let Some(value) = value {
            told.extend(watch.observe(
                passport,
                &ObservationResult::Number(value),
                at(row),
                at(row),
            ));
        }
        for minute in 1..5 {
            told.extend(watch.tick(passport, at(row).plus_ms(minute * 60_000)));
        }
    }
    told
}

fn row_of(moment: Timestamp) -> usize {
    (moment.ms_since(at(0)) / PERIOD_MS) as usize
}

/// Mean and standard deviation of a sensor around a time of day, in the days to learn from.
fn usual(speeds: &[f64], row: usize) -> (f64, f64) {
    let of_day = row % A_DAY;
    let near = |other: usize| {
        let apart = (other % A_DAY).abs_diff(of_day);
        apart.min(A_DAY - apart) <= 6
    };
    let values: Vec<f64> = (0..LEARN).filter(|other| near(*other)).map(|row| speeds[row]).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (mean, (variance / values.len() as f64).sqrt())
}

/// Whether all neighbours are within three sigmas of what they were at this time of day, from half an hour before.
fn neighbours_calm(week: &Week, sensor: usize, row: usize) -> bool {
    week.near[sensor].iter().all(|near| {
        let speeds = &week.speeds[*near];
        (row.saturating_sub(6)..=row).all(|row| {
            let (mean, sigma) = usual(speeds, row);
            (speeds[row] - mean).abs() <= 3.0 * sigma.max(1e-9)
        })
    })
}

/// The seed of where faults begin.
fn seed() -> u64 {
    let asked = std::env::var("TALAIA_SEED").ok().and_then(|seed| seed.parse().ok());
    asked.unwrap_or(20_120_301)
}

/// What five days taught a watch of each detector.
fn learned(week: &Week) -> Vec<Watch> {
    let learn = |speeds: &Vec<f64>| {
        let mut watch = Watch::default();
        play(&mut watch, &plain(), (0..LEARN).map(|row| (row, Some(speeds[row]))));
        watch
    };
    week.speeds.iter().map(learn).collect()
}

#[test]
fn a_week_of_traffic_without_faults_raises_few_signals() {
    let Some(week) = read() else {
        return;
    };
    let mut by_test: BTreeMap<(Test, &str), usize> = BTreeMap::new();
    let mut n_false_most = 0;
    for (sensor, mut watch) in learned(&week).into_iter().enumerate() {
        let rows = (LEARN..ROWS).map(|row| (row, Some(week.speeds[sensor][row])));
        let told = play(&mut watch, &plain(), rows);
        let mut n_false = 0;
        for turn in told.iter().filter(|turn| turn.turn == Turn::Begun) {
            let calm = neighbours_calm(&week, sensor, row_of(turn.at));
            let place = if calm { "neighbours as ever" } else { "neighbours out too" };
            *by_test.entry((turn.signal.test, place)).or_default() += 1;
            n_false += usize::from(calm);
        }
        n_false_most = n_false_most.max(n_false);
    }
    let n_signals: usize = by_test.values().sum();
    println!(
        "{SENSORS} detectors, two days: {by_test:?}; false ones of one detector: {n_false_most}"
    );
    // Two days are two sevenths of a week; this counts true ones too.
    assert!(n_signals * 7 <= SENSORS * 2, "more than one a stream and week: {by_test:?}");
    assert!(n_false_most <= 1, "{n_false_most} false ones of one detector in two days");
}

/// The longest run of a value in the days to learn from, in rows.
fn longest_run(speeds: &[f64], value: f64) -> usize {
    let runs = speeds[..LEARN].split(|speed| speed.total_cmp(&value).is_ne());
    runs.map(<[f64]>::len).max().unwrap_or_default()
}

/// The turn of a test within a fault, or what of it stood already when the fault began.
fn found(told: &[Transition], test: Test, fault: &Range<usize>) -> Option<Timestamp> {
    let mut before_end =
        told.iter().filter(|turn| turn.signal.test == test && turn.at < at(fault.end));
    before_end.next_back().filter(|turn| turn.turn != Turn::Ended).map(|turn| turn.at)
}

#[test]
fn faults_put_into_a_week_of_traffic_are_found() {
    let Some(week) = read() else {
        return;
    };
    let seed = seed();
    println!("seed {seed}: TALAIA_SEED={seed} repeats it");
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let (mut n_soon, mut rows_to_frozen) = (0, Vec::new());
    for (sensor, (speeds, learned)) in week.speeds.iter().zip(learned(&week)).enumerate() {
        let mut begin = || dice.random_range(LEARN + 12..ROWS - FAULT);
        let without = |fault: &Range<usize>| {
            let fault = fault.clone();
            (LEARN..ROWS).map(move |row| (row, (!fault.contains(&row)).then_some(speeds[row])))
        };

        // What is frozen stays so until somebody mends it, and nobody does before the week is over.
        let fault = begin()..ROWS;
        let stuck = |row: usize| if fault.contains(&row) { fault.start } else { row };
        let rows = (LEARN..ROWS).map(|row| (row, Some(speeds[stuck(row)])));
        let told = play(&mut learned.clone(), &plain(), rows);
        let Some(moment) = found(&told, Test::Frozen, &fault) else {
            let (value, hour) = (speeds[fault.start], fault.start % A_DAY / 12);
            panic!("detector {sensor} is frozen at {value} mph from {hour} o'clock, and not found")
        };
        let rows_to = row_of(moment).saturating_sub(fault.start);
        rows_to_frozen.push(rows_to);
        if rows_to < FAULT {
            n_soon += 1;
        } else {
            // Six hours at a value where this detector has stayed for hours are not far longer than that.
            let (value, hour) = (speeds[fault.start], fault.start % A_DAY / 12);
            let longest = longest_run(speeds, value);
            println!(
                "detector {sensor} at {value} mph from {hour} o'clock: found after {rows_to} periods; it stayed there \
                 for {longest} before"
            );
            assert!(longest * 4 >= FAULT, "a run of {longest} before, and not found in six hours");
        }

        let start = begin();
        let fault = start..start + FAULT;
        let due = at(fault.start - 1).plus_ms(3 * PERIOD_MS);
        let told = play(&mut learned.clone(), &plain(), without(&fault));
        assert_eq!(found(&told, Test::Silent, &fault), Some(due));

        let start = begin();
        let fault = start..start + FAULT;
        let due = at(fault.start - 1).plus_ms(3 * PERIOD_MS);
        // A level of its owner that the last value before the fault has just fallen under.
        let level = Level {
            grade: Grade::Red,
            direction: Direction::Falling,
            value: speeds[fault.start - 1] + 0.01,
            clear: None,
            unit: "mph".to_owned(),
            owner: "owner".to_owned(),
            document: "limits".to_owned(),
            date: "2012-02-01".to_owned(),
        };
        let passport = Passport { levels: vec![level], ..plain() };
        assert_eq!(passport.check(), Ok(()));
        let told = play(&mut learned.clone(), &passport, without(&fault));
        assert_eq!(found(&told, Test::Lost, &fault), Some(due));
    }
    rows_to_frozen.sort_unstable();
    println!(
        "of {SENSORS} each: silent {SENSORS}, lost {SENSORS}, frozen {}, of which {n_soon} within six hours; to frozen a \
         median of {} and at most {} periods",
        rows_to_frozen.len(),
        rows_to_frozen[rows_to_frozen.len() / 2],
        rows_to_frozen[rows_to_frozen.len() - 1],
    );
    assert!((SENSORS - n_soon) * 100 <= SENSORS, "only {n_soon} of {SENSORS} within six hours");
}

#[test]
fn a_standstill_is_unusual_where_none_was_before() {
    let Some(week) = read() else {
        return;
    };
    let seed = seed();
    println!("seed {seed}: TALAIA_SEED={seed} repeats it");
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut n_found = 0;
    for (speeds, mut watch) in week.speeds.iter().zip(learned(&week)) {
        let start = dice.random_range(LEARN + 12..ROWS - STANDSTILL);
        let jam = start..start + STANDSTILL;
        let shown = |row: usize| {
            if jam.contains(&row) { 2.0 + (row % 7) as f64 * 0.4 } else { speeds[row] }
        };
        let rows = (LEARN..ROWS).map(|row| (row, Some(shown(row))));
        let told = play(&mut watch, &plain(), rows);
        n_found += usize::from(found(&told, Test::Baseline, &jam).is_some());
    }
    println!("of {SENSORS} standstills: {n_found} unusual");
    // The others were within three sigmas of it in the five days before.
    assert!(n_found * 3 >= SENSORS, "{n_found}");
}
