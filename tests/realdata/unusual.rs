//! 122,068 dispatch incidents through the baseline: findings a day in ordinary weeks, and the first days of the recording.

use std::io::Read as _;

use engine::baseline::{Finding, Turn, Unusual};
use wire::geo::LngLat;
use wire::grade::{Hazard, Kind};
use wire::time::Timestamp;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 1_440 * MINUTE_MS;

/// When the clocks of California were put back.
const CLOCK_CHANGE: &str = "2017-11-05T09:00:00Z";

/// An incident: when it came, when it was reported, where, what.
struct Incident {
    came_ms: i64,
    observed_ms: i64,
    place: LngLat,
    hazard: Hazard,
}

fn moment(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("a time").0
}

/// The hazard of an incident's type.
fn hazard(kind: &str) -> Hazard {
    let kind = kind.to_lowercase();
    let words = [
        ("car fire", Hazard::Fire),
        ("report of fire", Hazard::Wildfire),
        ("flood", Hazard::Flood),
        ("slide", Hazard::Landslide),
        ("wind", Hazard::Wind),
        ("hazmat", Hazard::Chemical),
        ("spill", Hazard::Chemical),
        ("collision", Hazard::Transport),
        ("trfc collision", Hazard::Transport),
        ("hit and run", Hazard::Transport),
        ("traffic hazard", Hazard::Transport),
        ("fatality", Hazard::Transport),
    ];
    words.iter().find(|(word, _)| kind.contains(word)).map_or(Hazard::Other, |(_, hazard)| *hazard)
}

/// The columns of a line; some are in quotes and hold commas.
fn columns(line: &str) -> Vec<String> {
    let (mut columns, mut quoted) = (vec![String::new()], false);
    for sign in line.chars() {
        match sign {
            '"' => quoted = !quoted,
            ',' if !quoted => columns.push(String::new()),
            _ => columns.last_mut().expect("a column").push(sign),
        }
    }
    columns
}

fn incidents(file: &std::path::Path) -> Vec<Incident> {
    let mut text = String::new();
    let packed = std::fs::File::open(file).expect("the recording opens");
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).expect("text");
    let change_ms = moment(CLOCK_CHANGE);
    let mut incidents: Vec<Incident> = text
        .lines()
        .skip(1)
        .map(|line| {
            let row = columns(line);
            let local_ms = moment(&format!("{}Z", row[1]));
            // Seven hours behind UTC in summer, eight after; of the hour that is there twice the first is taken.
            let summer_ms = local_ms + 7 * 3_600_000;
            let observed_ms = if summer_ms < change_ms { summer_ms } else { summer_ms + 3_600_000 };
            Incident {
                came_ms: moment(&row[6]),
                observed_ms,
                place: LngLat::new(
                    row[5].parse().expect("a longitude"),
                    row[4].parse().expect("a latitude"),
                )
                .expect("a place"),
                hazard: hazard(&row[2]),
            }
        })
        .collect();
    incidents.sort_by_key(|incident| incident.came_ms);
    incidents
}

/// Plays what came from one moment to another, so much later than it was; the findings that began.
fn play(
    unusual: &mut Unusual,
    incidents: &[Incident],
    (from, to): (&str, &str),
    later_ms: i64,
) -> Vec<Finding> {
    let (from_ms, to_ms) = (moment(from), moment(to));
    let mut next = incidents.partition_point(|incident| incident.came_ms < from_ms);
    let mut found = Vec::new();
    let mut now_ms = from_ms;
    while now_ms < to_ms {
        now_ms += MINUTE_MS;
        unusual.set_clock(if now_ms > moment(CLOCK_CHANGE) { -8 } else { -7 });
        while let Some(one) = incidents.get(next).filter(|one| one.came_ms < now_ms) {
            let at = Timestamp(one.observed_ms + later_ms);
            unusual.add(one.place, one.hazard, Kind::Call, at, 1);
            next += 1;
        }
        for turn in unusual.close(Timestamp(now_ms + later_ms)) {
            if let Turn::Began(finding) = turn {
                found.push(finding);
            }
        }
    }
    found
}

/// A finding in a line, its time as it is in the recording.
fn line(finding: &Finding, later_ms: i64) -> String {
    let first = finding.first;
    format!(
        "{} {}: {} in {} min, {:.2} expected",
        Timestamp(finding.began.0 - later_ms),
        finding.hazard,
        first.n,
        first.period_min,
        first.expected
    )
}

#[test]
fn ordinary_weeks_of_california_have_at_most_one_finding_a_day() {
    let Some(file) = crate::recording("chp-incidents-2017/incidents.csv.gz") else { return };
    let incidents = incidents(&file);
    assert_eq!(incidents.len(), 122_068);
    let mut unusual = Unusual::default();
    let learned = ("2017-10-10T05:00:00Z", "2017-10-24T05:00:00Z");
    assert!(play(&mut unusual, &incidents, learned, 0).is_empty(), "nothing is said too soon");
    let judged = ("2017-10-24T05:00:00Z", "2017-11-17T05:00:00Z");
    let found = play(&mut unusual, &incidents, judged, 0);
    for one in &found {
        println!("{}", line(one, 0));
    }
    println!("{} findings in 24 days", found.len());
    assert!(found.len() <= 24, "{}", found.len());
}

#[test]
fn wildfire_is_found_in_the_first_days_of_the_recording() {
    let Some(file) = crate::recording("chp-incidents-2017/incidents.csv.gz") else { return };
    let incidents = incidents(&file);
    let mut unusual = Unusual::default();
    play(&mut unusual, &incidents, ("2017-10-17T00:00:00Z", "2017-11-14T00:00:00Z"), 0);
    let fires = ("2017-10-10T05:00:00Z", "2017-10-13T07:00:00Z");
    let found = play(&mut unusual, &incidents, fires, 35 * DAY_MS);
    for one in &found {
        println!("{}", line(one, 35 * DAY_MS));
    }
    println!("{} findings in three days", found.len());
    assert!(found.iter().any(|one| one.hazard == Hazard::Wildfire), "{found:?}");
}
