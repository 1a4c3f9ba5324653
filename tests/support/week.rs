//! A week of 207 loop detectors, a value each five minutes: the public recording beside the project where it is there, else one
//! made up in its shape.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Detectors.
pub const SENSORS: usize = 207;
/// Values of each.
pub const ROWS: usize = 2_016;
/// Between two values of one.
pub const PERIOD_MS: i64 = 5 * 60_000;
/// Midnight in Los Angeles on 2012-03-01, the first row.
pub const START_MS: i64 = 1_330_588_800_000;

/// See the module.
#[derive(Debug)]
pub struct Week {
    /// Whether it was recorded, or made up.
    pub is_recorded: bool,
    /// What the city calls each detector.
    pub ids: Vec<String>,
    /// Longitude and latitude of each.
    pub places: Vec<(f64, f64)>,
    /// Miles per hour, by detector and row.
    pub speeds: Vec<Vec<f64>>,
}

impl Week {
    /// The recording, or what stands in for it.
    pub fn any() -> Self {
        Self::recorded().unwrap_or_else(Self::made_up)
    }

    /// The recording, if it is here.
    pub fn recorded() -> Option<Self> {
        let folder: PathBuf =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/metr-la-traffic");
        let speeds = std::fs::File::open(folder.join("los_speed.csv.gz")).ok()?;
        let places = std::fs::read_to_string(folder.join("sensor_locations.csv")).ok()?;
        let mut text = String::new();
        flate2::read::GzDecoder::new(speeds).read_to_string(&mut text).expect("gzip");
        let mut lines = text.lines();
        let ids: Vec<String> =
            lines.next().expect("a header").split(',').map(str::to_owned).collect();
        let mut speeds = vec![Vec::with_capacity(ROWS); ids.len()];
        for line in lines {
            for (sensor, speed) in speeds.iter_mut().zip(line.split(',')) {
                sensor.push(speed.trim().parse::<f64>().expect("a speed"));
            }
        }
        assert_eq!((speeds.len(), speeds[0].len()), (SENSORS, ROWS));
        let by_id: BTreeMap<&str, (f64, f64)> = places
            .lines()
            .skip(1)
            .map(|line| {
                let fields: Vec<&str> = line.trim().split(',').collect();
                let degree = |index: usize| fields[index].parse::<f64>().expect("degrees");
                (fields[0], (degree(2), degree(1)))
            })
            .collect();
        let places = ids.iter().map(|id| by_id[id.as_str()]).collect();
        Some(Self { is_recorded: true, ids, places, speeds })
    }

    /// Waves of a day, no two detectors alike.
    fn made_up() -> Self {
        let speed = |sensor: usize, row: usize| {
            let hour = (row % 288) as f64 / 12.0;
            let wave = (hour / 24.0 * std::f64::consts::TAU + sensor as f64).sin();
            ((60.0 + 8.0 * wave) * 1_000.0 + (row + sensor) as f64).round() / 1_000.0
        };
        let of = |sensor| (0..ROWS).map(|row| speed(sensor, row)).collect();
        let place = |sensor: usize| {
            let (east, north) = ((sensor % 15) as f64, (sensor / 15) as f64);
            (-118.5 + east * 0.02, 34.0 + north * 0.02)
        };
        Self {
            is_recorded: false,
            ids: (0..SENSORS).map(|sensor| (700_000 + sensor).to_string()).collect(),
            places: (0..SENSORS).map(place).collect(),
            speeds: (0..SENSORS).map(of).collect(),
        }
    }

    /// When the value of a row was measured, in milliseconds.
    pub fn at_ms(row: usize) -> i64 {
        START_MS + row as i64 * PERIOD_MS
    }
}
