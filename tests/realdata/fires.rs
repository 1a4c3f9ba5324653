//! Thirty-eight days of dispatch incidents over California, the fires of October 2017 among them: what becomes a possible
//! incident of more than one, by the same World that a server keeps.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::Range;

use engine::change::{Change, Matter};
use engine::entry::{Body, Entry, SourceKey};
use engine::report::{Private, ReportEntry, Words};
use engine::situation::SituationId;
use engine::view::Clearance;
use engine::world::World;
use wire::geo::LngLat;
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

const MINUTE_MS: i64 = 60_000;
/// Los Angeles in October.
const OFFSET_MS: i64 = -7 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

struct Row {
    at: Timestamp,
    place: LngLat,
    hazard: Hazard,
    severity: Severity,
    text: String,
}

/// What a dispatcher's word is in ours.
fn hazard(word: &str) -> (Hazard, Severity) {
    let word = word.to_lowercase();
    let says = |needle: &str| word.contains(needle);
    if says("report of fire") {
        (Hazard::Wildfire, Severity::Severe)
    } else if says("car fire") {
        (Hazard::Fire, Severity::Moderate)
    } else if says("fatality") {
        (Hazard::Transport, Severity::Extreme)
    } else if says("collision") {
        (Hazard::Transport, Severity::Moderate)
    } else if says("flood") {
        (Hazard::Flood, Severity::Severe)
    } else if says("slide") {
        (Hazard::Landslide, Severity::Severe)
    } else if says("wind") {
        (Hazard::Wind, Severity::Moderate)
    } else if says("hazmat") {
        (Hazard::Chemical, Severity::Extreme)
    } else {
        (Hazard::Transport, Severity::Minor)
    }
}

fn read() -> Option<Vec<Row>> {
    let file = crate::recording("chp-incidents-2017/incidents.csv.gz")?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).expect("readable"))
        .read_to_string(&mut text)
        .expect("gzip");
    let mut rows: Vec<Row> = Vec::new();
    for line in csv::Reader::from_reader(text.as_bytes()).records() {
        let line = line.expect("a row");
        let degree = |index: usize| line[index].parse::<f64>().ok();
        let Some((lat, lng)) = degree(4).zip(degree(5)) else { continue };
        let Ok(place) = LngLat::new(lng, lat) else { continue };
        let (hazard, severity) = hazard(&line[2]);
        let at = line[6].parse().expect("a time");
        rows.push(Row { at, place, hazard, severity, text: line[2].to_owned() });
    }
    rows.sort_by_key(|row| row.at);
    Some(rows)
}

/// What one possible incident came to.
#[derive(Debug, Clone)]
struct Grown {
    day: i64,
    hazard: Hazard,
    severity: Severity,
    n_sources: u32,
    place: Option<LngLat>,
}

fn play(rows: &[Row]) -> BTreeMap<SituationId, Grown> {
    let mut world = World::new(Mode::Live);
    let mut grown: BTreeMap<SituationId, Grown> = BTreeMap::new();
    let mut changes = Vec::new();
    let mut now = rows[0].at;
    for (seq, row) in (1u64..).zip(rows) {
        while now.plus_ms(MINUTE_MS) < row.at {
            now = now.plus_ms(MINUTE_MS);
            world.tick(now, &mut changes);
            note(&world, &mut changes, &mut grown);
        }
        let private = Private::from(Words { text: Some(row.text.clone()), ..Words::default() });
        let report = ReportEntry {
            id: ReportId(u128::from(seq)),
            source: SourceKey(1),
            content: u128::from(seq),
            observed_at: row.at,
            updated_at: row.at,
            kind: Kind::Call,
            basis: Basis::Unknown,
            status: None,
            hazard: row.hazard,
            severity: row.severity,
            radius_m: 50,
            clock_ahead: false,
            late: false,
            erased: false,
            place: Some(row.place),
            private,
        };
        let body = Body::Report(Box::new(report));
        world.apply(&Entry { seq, recorded_at: row.at, mode: Mode::Live, body }, &mut changes);
        note(&world, &mut changes, &mut grown);
    }
    grown
}

fn note(world: &World, changes: &mut Vec<Change>, grown: &mut BTreeMap<SituationId, Grown>) {
    for change in changes.drain(..) {
        let Change::Matter { matter: Matter::Situation(id), .. } = change else { continue };
        let Some(one) = world.situation(id, Clearance::Wall) else { continue };
        let day = one.begun_at.plus_ms(OFFSET_MS).0.div_euclid(DAY_MS);
        let known = grown.entry(id).or_insert(Grown {
            day,
            hazard: one.hazard,
            severity: one.severity,
            n_sources: 0,
            place: one.geometry,
        });
        if one.n_sources > known.n_sources {
            *known = Grown {
                day,
                hazard: one.hazard,
                severity: known.severity.min(one.severity),
                n_sources: one.n_sources,
                place: one.geometry,
            };
        }
    }
}

/// Monday 16 to Sunday 22 October 2017 in Los Angeles: a week without a large fire in the file.
const WEEK: Range<i64> = 17_455..17_462;
/// The three days of the account, in Los Angeles.
const FIRES: Range<i64> = 17_449..17_452;

fn day_of(at: Timestamp) -> i64 {
    at.plus_ms(OFFSET_MS).0.div_euclid(DAY_MS)
}

/// What `docs/accounts/california-2017.md` says, counted again.
#[test]
fn a_month_of_a_state_is_what_its_account_says() {
    let Some(rows) = read() else { return };
    let grown = play(&rows);
    let is_fire = |hazard: Hazard| matches!(hazard, Hazard::Wildfire | Hazard::Fire);
    let in_days = |days: &Range<i64>| {
        let days = days.clone();
        let grown: Vec<&Grown> = grown.values().filter(|one| days.contains(&one.day)).collect();
        grown
    };
    let n_rows = |days: &Range<i64>, fires: bool| {
        let inside = rows.iter().filter(|row| days.contains(&day_of(row.at)));
        inside.filter(|row| !fires || is_fire(row.hazard)).count()
    };
    let week = in_days(&WEEK);
    let grave = week.iter().filter(|one| one.severity <= Severity::Severe).count();
    let large = week.iter().filter(|one| one.n_sources >= 5).count();
    let in_city = |one: &&&Grown| {
        one.place.is_some_and(|at| {
            (-118.67..-118.15).contains(&at.lng()) && (33.70..34.34).contains(&at.lat())
        })
    };
    let city = week.iter().filter(in_city).count();
    let fires = in_days(&FIRES);
    let of_fire = fires.iter().filter(|one| is_fire(one.hazard)).count();
    let told = [
        n_rows(&WEEK, false),
        week.len(),
        grave,
        large,
        city,
        n_rows(&FIRES, false),
        n_rows(&FIRES, true),
        fires.len(),
        of_fire,
    ];
    let account = [22_758, 219, 13, 39, 80, 10_179, 599, 118, 4];
    assert_eq!(told, account, "the account is to be written anew");
}
