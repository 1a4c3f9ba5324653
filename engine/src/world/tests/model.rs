//! The World as anyone would write it who had all the time in the world: a map of reports, counted one by one.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wire::cluster::{Cluster, HazardCounts, SeverityCounts};
use wire::geo::{LngLat, Mercator};
use wire::grade::{Hazard, HazardSet, Severity, Status};
use wire::id::{ClusterId, ReportId};
use wire::tile::{TileCover, TileId, ZOOM_MAX};
use wire::time::Timestamp;
use wire::view::{Mode, Totals, Window};

use super::{DAY, HOUR, MINUTE, MORNING, entry, place, report};
use crate::entry::{Body, Entry};
use crate::limits::RETENTION_MS;
use crate::report::ReportEntry;

/// What happens in a random story.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// A report comes in, new or a new version.
    Report {
        number: u128,
        place: Option<LngLat>,
        hazard: Hazard,
        severity: Severity,
        status: Option<Status>,
        observed_before_ms: i64,
        pause_ms: i64,
    },
    /// A report is erased.
    Erase(u128),
    /// Nothing comes in for a while.
    Tick(i64),
}

/// Where reports fall: many on one spot, many in one city, some anywhere, some nowhere.
fn places() -> impl Strategy<Value = Option<LngLat>> {
    prop_oneof![
        3 => Just(Some(place(2.1744, 41.4036))),
        4 => (0..40i32, 0..40i32).prop_map(|(x, y)| {
            Some(place(2.17 + f64::from(x) * 1e-4, 41.40 + f64::from(y) * 1e-4))
        }),
        2 => (-180.0..=180.0f64, -90.0..=90.0f64).prop_map(|(lng, lat)| Some(place(lng, lat))),
        1 => prop_oneof![
            Just(Some(place(180.0, 0.0))), Just(Some(place(-180.0, 0.0))),
            Just(Some(place(179.999, -17.0))), Just(Some(place(-179.999, -17.0))),
            Just(Some(place(0.0, 90.0))), Just(Some(place(0.0, -90.0))), Just(Some(place(0.0, 0.0))),
        ],
        1 => Just(None),
    ]
}

/// Mostly seconds: the pyramids have to grow deep before the windows slide.
fn pauses() -> impl Strategy<Value = i64> {
    prop_oneof![
        150 => 0..2_000i64,
        4 => 0..20 * MINUTE,
        1 => 0..3 * HOUR,
    ]
}

/// One random act; `numbers` is how many different reports there are.
pub(super) fn acts(numbers: u128) -> impl Strategy<Value = Act> {
    let hazard = prop_oneof![
        Just(Hazard::Flood),
        Just(Hazard::Power),
        Just(Hazard::Other),
        Just(Hazard::Wind),
    ];
    let severity = (0..5u8).prop_map(|index| Severity::from_index(index).expect("five"));
    let status = prop_oneof![
        4 => Just(None), 1 => Just(Some(Status::Open)), 1 => Just(Some(Status::Closed)),
    ];
    let before = prop_oneof![
        6 => 0..10 * MINUTE,
        2 => 0..3 * HOUR,
        1 => 0..40 * DAY,
        1 => -5 * MINUTE..0,
    ];
    let report = (0..numbers, places(), hazard, severity, status, before, pauses()).prop_map(
        |(number, place, hazard, severity, status, observed_before_ms, pause_ms)| Act::Report {
            number,
            place,
            hazard,
            severity,
            status,
            observed_before_ms,
            pause_ms,
        },
    );
    prop_oneof![
        200 => report,
        10 => (0..numbers).prop_map(Act::Erase),
        10 => pauses().prop_map(Act::Tick),
        1 => prop_oneof![Just(26 * HOUR), Just(31 * DAY), Just(29 * DAY)].prop_map(Act::Tick),
    ]
}

/// A long story with many points: the first reports come fast, so that the pyramids grow deep.
pub(super) fn stories(acts_max: usize) -> impl Strategy<Value = Vec<Act>> {
    prop_oneof![
        proptest::collection::vec(acts(400), 1..acts_max),
        proptest::collection::vec(acts(60), 1..acts_max),
    ]
}

/// A story of few reports that are written again and again, on the same spot and elsewhere.
pub(super) fn rewritings(acts_max: usize) -> impl Strategy<Value = Vec<Act>> {
    proptest::collection::vec(acts(6), 1..acts_max)
}

/// One step of a journal: an entry, or time alone.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Entry(Entry),
    Tick(Timestamp),
}

/// The story as a journal with ticks between.
pub(super) fn journal(acts: &[Act]) -> Vec<Step> {
    let mut now = MORNING;
    let mut seq = 0;
    let mut steps = Vec::new();
    for act in acts {
        match act {
            Act::Report {
                number,
                place,
                hazard,
                severity,
                status,
                observed_before_ms,
                pause_ms,
            } => {
                now = now.plus_ms(*pause_ms);
                seq += 1;
                let report = ReportEntry {
                    place: *place,
                    hazard: *hazard,
                    severity: *severity,
                    status: *status,
                    observed_at: now.plus_ms(-observed_before_ms),
                    content: u128::from(seq),
                    ..report(*number)
                };
                steps.push(Step::Entry(entry(seq, now, report)));
            }
            Act::Erase(number) => {
                seq += 1;
                let body = Body::Erased(report(*number).id);
                steps.push(Step::Entry(Entry { seq, recorded_at: now, mode: Mode::Live, body }));
            }
            Act::Tick(ms) => {
                now = now.plus_ms(*ms);
                steps.push(Step::Tick(now));
            }
        }
    }
    steps
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Model {
    now: Timestamp,
    reports: BTreeMap<ReportId, (u64, Timestamp, ReportEntry)>,
}

impl Model {
    pub(super) fn step(&mut self, step: &Step) {
        match step {
            Step::Tick(now) => self.pass(*now),
            Step::Entry(entry) => {
                self.pass(entry.recorded_at);
                match &entry.body {
                    Body::Report(report) => {
                        let held = (entry.seq, entry.recorded_at, (**report).clone());
                        self.reports.insert(report.id, held);
                    }
                    Body::Erased(id) => {
                        if let Some((_, _, report)) = self.reports.get_mut(id) {
                            report.erase();
                        }
                    }
                    Body::Observation(_) => {}
                }
            }
        }
    }

    fn pass(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        let now = self.now;
        self.reports.retain(|_, (_, recorded_at, _)| recorded_at.plus_ms(RETENTION_MS) > now);
    }

    fn inside(&self, window: Window, report: &ReportEntry) -> bool {
        let age_ms = self.now.ms_since(report.observed_at);
        match window {
            Window::Minutes15 => age_ms <= 15 * MINUTE,
            Window::Hour1 => age_ms <= HOUR,
            Window::Hours2 => age_ms <= 2 * HOUR,
            Window::Hours24 => age_ms <= DAY,
            Window::All => true,
            Window::Open => report.status == Some(Status::Open) || age_ms <= 2 * HOUR,
        }
    }

    fn passing(&self, window: Window, hazards: HazardSet) -> impl Iterator<Item = &ReportEntry> {
        self.reports
            .values()
            .map(|(_, _, report)| report)
            .filter(move |report| hazards.contains(report.hazard) && self.inside(window, report))
    }

    pub(super) fn windows_of(&self, id: ReportId) -> Option<u8> {
        let (_, _, report) = self.reports.get(&id)?;
        let bit = |window: Window| u8::from(self.inside(window, report)) << window.index();
        Some(Window::ALL.into_iter().map(bit).sum())
    }

    pub(super) fn places(&self) -> Vec<Mercator> {
        let places = self.reports.values().filter_map(|(_, _, report)| report.place);
        places.map(LngLat::mercator).collect()
    }

    pub(super) fn totals(&self, window: Window, hazards: HazardSet, cover: &TileCover) -> Totals {
        let in_view = |report: &&ReportEntry| {
            let place = report.place.map(LngLat::mercator);
            place.is_some_and(|at| cover.contains(TileId::of(at, cover.z)))
        };
        let passing = || self.passing(window, hazards);
        let placed = passing().filter(|report| report.place.is_some()).count();
        let shown = passing().filter(in_view).count();
        Totals {
            total: self.reports.len() as u64,
            shown: shown as u64,
            elsewhere: (placed - shown) as u64,
            unplaced: passing().filter(|report| report.place.is_none()).count() as u64,
            filtered: (self.reports.len() - passing().count()) as u64,
        }
    }

    /// The newest of a view, by looking at all.
    pub(super) fn newest_in(
        &self,
        window: Window,
        hazards: HazardSet,
        cover: &TileCover,
        limit: usize,
    ) -> Vec<ReportId> {
        let mut found: Vec<(u64, ReportId)> = self
            .passing(window, hazards)
            .filter(|report| {
                let at = report.place.map(LngLat::mercator);
                at.is_some_and(|at| cover.contains(TileId::of(at, cover.z)))
            })
            .map(|report| (self.reports[&report.id].0, report.id))
            .collect();
        found.sort_unstable_by_key(|(seq, _)| std::cmp::Reverse(*seq));
        found.into_iter().take(limit).map(|(_, id)| id).collect()
    }

    /// The clusters of a tile, cell by cell, in 64-bit sums over all reports.
    pub(super) fn tile(&self, window: Window, hazards: HazardSet, tile: TileId) -> Vec<Cluster> {
        let mut cells: BTreeMap<ClusterId, Vec<&ReportEntry>> = BTreeMap::new();
        for report in self.passing(window, hazards) {
            let Some(at) = report.place.map(LngLat::mercator) else { continue };
            if tile.contains(at) {
                let cell = cell_of(at, tile.z);
                cells.entry(ClusterId::new(tile.z, cell)).or_default().push(report);
            }
        }
        cells.into_iter().map(|(id, members)| cluster(id, tile.z, &members)).collect()
    }
}

/// The Morton key of a point's cell, a bit at a time.
fn cell_of(at: Mercator, z: u8) -> u64 {
    (0..u32::from(z) + 3).fold(0, |key, level| {
        let bit = |fixed: u32| u64::from(fixed >> (31 - level) & 1);
        key << 2 | bit(at.y) << 1 | bit(at.x)
    })
}

fn cluster(id: ClusterId, z: u8, members: &[&ReportEntry]) -> Cluster {
    let at = |report: &ReportEntry| report.place.expect("placed").mercator();
    let mean = |axis: fn(Mercator) -> u32| {
        let sum: u64 = members.iter().map(|report| u64::from(axis(at(report)))).sum();
        (sum / members.len() as u64) as u32
    };
    let (lng, lat) = match members {
        [only] => only.place.map(|place| (place.lng(), place.lat())).expect("placed"),
        _ => Mercator { x: mean(|at| at.x), y: mean(|at| at.y) }.lng_lat(),
    };
    let mut severity = [0; 5];
    let mut hazard: BTreeMap<Hazard, u32> = BTreeMap::new();
    for report in members {
        severity[report.severity as usize] += 1;
        *hazard.entry(report.hazard).or_default() += 1;
    }
    let worst = members.iter().map(|report| report.severity).min().expect("someone");
    let apart = |z: u8| {
        let first = cell_of(at(members[0]), z);
        members.iter().any(|report| cell_of(at(report), z) != first)
    };
    Cluster {
        id,
        lng,
        lat,
        n: members.len() as u32,
        worst,
        n_worst: severity[worst as usize],
        severity: SeverityCounts::from_array(severity),
        hazard: HazardCounts(hazard.into_iter().collect()),
        newest: members.iter().map(|report| report.observed_at).max().expect("someone"),
        expansion_zoom: (z + 1..=ZOOM_MAX).find(|z| apart(*z)).unwrap_or(ZOOM_MAX + 1),
        report: if let [only] = members { Some(only.id) } else { None },
    }
}
