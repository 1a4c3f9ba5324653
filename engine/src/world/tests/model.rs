//! The World as anyone would write it who had all the time in the world: a map of reports, counted one by one.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wire::cluster::Cluster;
use wire::geo::{LngLat, Mercator};
use wire::grade::{Hazard, HazardSet, Severity, Status};
use wire::id::{ClusterId, ReportId};
use wire::tile::{TileCover, TileId};
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
                // Some of them under a legal hold.
                let id = report(*number).id;
                let body = if number % 3 == 0 { Body::Withdrawn(id) } else { Body::Erased(id) };
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
                    Body::Erased(id) | Body::Withdrawn(id) => {
                        if let Some((_, _, report)) = self.reports.get_mut(id) {
                            report.erase();
                        }
                    }
                    Body::Observation(_)
                    | Body::Canary(_)
                    | Body::Decision(_)
                    | Body::Passport(_)
                    | Body::Works(_)
                    | Body::Will(_)
                    | Body::Advisory(_)
                    | Body::Reread(_) => {}
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

    pub(super) fn passing(
        &self,
        window: Window,
        hazards: HazardSet,
    ) -> impl Iterator<Item = &ReportEntry> {
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

    /// The clusters of a tile, by the rule as it is told in words.
    pub(super) fn tile(&self, window: Window, hazards: HazardSet, tile: TileId) -> Vec<Cluster> {
        let all: Vec<&ReportEntry> =
            self.passing(window, hazards).filter(|report| report.place.is_some()).collect();
        super::rule::clusters(&all, tile)
    }

    /// The reports of a cluster, newest first.
    pub(super) fn leaves(
        &self,
        window: Window,
        hazards: HazardSet,
        tile: TileId,
        id: ClusterId,
    ) -> Vec<ReportId> {
        let all: Vec<&ReportEntry> =
            self.passing(window, hazards).filter(|report| report.place.is_some()).collect();
        let mut members = super::rule::members(&all, tile).remove(&id).unwrap_or_default();
        members.sort_unstable_by_key(|report| std::cmp::Reverse(self.reports[&report.id].0));
        members.into_iter().map(|report| report.id).collect()
    }
}
