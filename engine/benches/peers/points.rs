//! The points: seeded synthetic cities, or the recorded incidents.

use std::io::Read as _;

use engine::entry::SourceKey;
use engine::record::Record;
use engine::report::{Private, ReportEntry, Words, report_id};
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::time::Timestamp;

/// The moment the picture is built: 2026-11-23T10:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp(1_795_428_000_000);

/// `SplitMix64`: small, seeded, the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Gaussian, by Box and Muller.
    fn gauss(&mut self) -> f64 {
        let (a, b) = (1.0 - self.unit(), self.unit());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

/// `city_N` of the performance page: 300 Zipf-weighted Gaussian cities, σ 0.15°, 5 % uniform noise.
pub(crate) fn cities(n: usize, seed: u64) -> Vec<(f64, f64)> {
    let mut dice = Dice::new(seed);
    let centres: Vec<(f64, f64)> =
        (0..300).map(|_| (dice.unit() * 340.0 - 170.0, dice.unit() * 120.0 - 60.0)).collect();
    let mut sum = 0.0;
    let weights: Vec<f64> = (1..=300u32)
        .map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        })
        .collect();
    (0..n)
        .map(|_| {
            if dice.unit() < 0.05 {
                return (dice.unit() * 360.0 - 180.0, dice.unit() * 170.0 - 85.0);
            }
            let pick = dice.unit() * sum;
            let city = weights.partition_point(|weight| *weight < pick).min(299);
            let (lng, lat) = centres[city];
            let lng = (lng + 0.15 * dice.gauss()).clamp(-180.0, 180.0);
            (lng, (lat + 0.15 * dice.gauss()).clamp(-85.0, 85.0))
        })
        .collect()
}

/// The columns `lat` and `lon` of a gzipped CSV such as the recorded incidents.
pub(crate) fn recorded(path: &str) -> Result<Vec<(f64, f64)>, Box<dyn std::error::Error>> {
    let unzip = std::process::Command::new("gzip")
        .args(["-dc", path])
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    let mut text = String::new();
    unzip.stdout.ok_or("no output")?.read_to_string(&mut text)?;
    let mut lines = text.lines();
    let header = columns(lines.next().ok_or("an empty file")?);
    let column = |name: &str| header.iter().position(|h| h == name).ok_or("no such column");
    let (lng, lat) = (column("lon")?, column("lat")?);
    Ok(lines
        .filter_map(|line| {
            let columns = columns(line);
            let degrees = |at: usize| columns.get(at)?.parse::<f64>().ok();
            Some((degrees(lng)?, degrees(lat)?))
        })
        .collect())
}

/// The columns of one CSV line, quotes understood.
fn columns(line: &str) -> Vec<String> {
    let mut columns = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => columns.push(String::new()),
            c => columns.last_mut().into_iter().for_each(|column| column.push(c)),
        }
    }
    columns
}

/// The points as the product holds them: ids, grades, times over the thirty days of retention in order of arrival, and a short text.
pub(crate) fn records(points: &[(f64, f64)], seed: u64) -> Vec<Record> {
    let month_ms = engine::limits::RETENTION_MS;
    let n = points.len().max(1) as i64;
    let mut dice = Dice::new(seed);
    (0i64..)
        .zip(points)
        .map(|(i, place)| {
            let seq = i as u64 + 1;
            let observed_at = NOW.plus_ms(-month_ms + (month_ms - 1) * (i + 1) / n);
            Record::new(seq, observed_at, &report(seq, *place, observed_at, &mut dice))
        })
        .collect()
}

/// A report of this number, with random grades and a short text.
pub(crate) fn report(
    number: u64,
    (lng, lat): (f64, f64),
    observed_at: Timestamp,
    dice: &mut Dice,
) -> ReportEntry {
    let content = u128::from(dice.next());
    let mut pick = |n: usize| (dice.next() % n as u64) as u8;
    ReportEntry {
        id: report_id("bench", &format!("bench-{}", number - 1)),
        source: SourceKey(1),
        content,
        observed_at,
        updated_at: observed_at,
        kind: Kind::Call,
        basis: Basis::Seen,
        status: None,
        hazard: Hazard::from_index(pick(Hazard::ALL.len())).unwrap_or_default(),
        severity: Severity::from_index(pick(5)).unwrap_or_default(),
        radius_m: 50,
        clock_ahead: false,
        late: false,
        erased: false,
        place: LngLat::new(lng, lat).ok(),
        private: Private::from(Words {
            text: Some("Aigua fins al genoll al carrer, no es pot passar".to_owned()),
            ..Words::default()
        }),
    }
}
