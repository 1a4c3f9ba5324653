//! Small golden stories: a few readable lines in, the expected picture out.

use wire::grade::{Hazard, HazardSet, Severity};
use wire::report::Withdrawn;
use wire::tile::TileId;
use wire::view::{Mode, Window};

use wire::tile::TileCover;
use wire::time::Timestamp;

use super::super::{Verdict, World};
use super::{HOUR, MINUTE, MORNING, OPEN, SECOND, anatomy, entry, place, report};
use crate::change::{Change, Windows};
use crate::entry::{Body, Entry};
use crate::limits::RETENTION_MS;
use crate::report::ReportEntry;
use crate::view::Clearance;

#[test]
fn an_open_report_stays_in_the_open_window_and_a_silent_one_leaves_after_two_hours() {
    let mut world = World::new(Mode::Live);
    let mut out = Vec::new();
    world.apply(&entry(1, MORNING, ReportEntry { status: OPEN, ..report(1) }), &mut out);
    world.apply(&entry(2, MORNING, report(2)), &mut out);
    world.tick(MORNING.plus_ms(2 * HOUR), &mut out);
    assert!(world.windows_of(report(2).id).expect("held").contains(Window::Open));
    world.tick(MORNING.plus_ms(2 * HOUR + 1), &mut out);
    assert!(world.windows_of(report(1).id).expect("held").contains(Window::Open));
    assert!(!world.windows_of(report(2).id).expect("held").contains(Window::Open));
}

#[test]
fn a_cluster_says_the_worst_inside_and_how_many() {
    let mut world = World::new(Mode::Live);
    let severities = [Severity::Minor, Severity::Severe, Severity::Unknown, Severity::Severe];
    for (seq, severity) in (1..).zip(severities) {
        let one = ReportEntry { severity, ..report(u128::from(seq)) };
        world.apply(&entry(seq, MORNING, one), &mut Vec::new());
    }
    let tile = TileId::of(place(2.1744, 41.4036).mercator(), 12);
    let clusters = world.tile(Window::All, HazardSet::ALL, tile);
    let [cluster] = clusters.as_slice() else { panic!("one cluster, not {clusters:?}") };
    assert_eq!((cluster.n, cluster.worst, cluster.n_worst), (4, Severity::Severe, 2));
    assert_eq!(cluster.expansion_zoom, 19, "they share one spot");
    assert_eq!(cluster.hazard, [(Hazard::Flood, 4)].into_iter().collect());
}

#[test]
fn the_verdict_folds_equal_content_and_older_versions() {
    let mut world = World::new(Mode::Live);
    let known = report(1);
    assert_eq!(world.verdict(&known), Verdict::New);
    world.apply(&entry(1, MORNING, known.clone()), &mut Vec::new());
    assert_eq!(world.verdict(&known), Verdict::Same);
    let newer = ReportEntry { content: 99, updated_at: MORNING.plus_ms(MINUTE), ..known.clone() };
    assert_eq!(world.verdict(&newer), Verdict::Replaces);
    let older = ReportEntry { content: 98, updated_at: MORNING.plus_ms(-MINUTE), ..known };
    assert_eq!(world.verdict(&older), Verdict::Older);
}

/// The windows a change names, in words.
fn words(windows: Windows) -> Vec<&'static str> {
    let inside = Window::ALL.into_iter().filter(|window| windows.contains(*window));
    inside.map(Window::word).collect()
}

/// A change in words: when it was caused, what entered, what left, by time or not.
fn told(changes: &[Change]) -> Vec<(u64, Vec<&'static str>, Vec<&'static str>, bool)> {
    let told = changes.iter().map(|change| match change {
        Change::Report { seq, entered, left, by_time, .. } => {
            (*seq, words(*entered), words(*left), *by_time)
        }
        other => panic!("{other:?}: no sensor and no situation in this story"),
    });
    told.collect()
}

#[test]
fn a_quiet_day_is_told_window_by_window() {
    let mut world = World::new(Mode::Live);
    let mut out = Vec::new();
    let seen = ReportEntry { observed_at: MORNING.plus_ms(-50 * MINUTE), ..report(1) };
    world.apply(&entry(1, MORNING, seen), &mut out);
    assert_eq!(told(&out), [(1, vec!["1h", "2h", "24h", "all", "open"], vec![], false)]);
    out.clear();
    world.tick(MORNING.plus_ms(10 * MINUTE), &mut out);
    assert_eq!(told(&out), [], "sixty minutes old is still within the hour");
    world.tick(MORNING.plus_ms(10 * MINUTE + 1), &mut out);
    assert_eq!(told(&out), [(1, vec![], vec!["1h"], true)]);
    out.clear();
    world.tick(MORNING.plus_ms(25 * HOUR), &mut out);
    // Situations are settled right after it left the live window, and so far the clock goes first.
    let settled = (1, vec![], vec!["2h", "open"], true);
    assert_eq!(told(&out), [settled, (1, vec![], vec!["24h"], true)]);
    out.clear();
    world.tick(MORNING.plus_ms(RETENTION_MS - 1), &mut out);
    assert_eq!((told(&out), world.n_reports()), (vec![], 1));
    world.tick(MORNING.plus_ms(RETENTION_MS), &mut out);
    assert_eq!(told(&out), [(1, vec![], vec!["all"], true)]);
    assert_eq!(world.n_reports(), 0);
    assert_eq!(world.report(report(1).id, Clearance::Desk), None);
}

#[test]
fn a_move_is_told_at_both_ends_and_a_new_severity_once() {
    let mut world = World::new(Mode::Live);
    let mut out = Vec::new();
    world.apply(&entry(1, MORNING, report(1)), &mut out);
    out.clear();
    let worse = ReportEntry { severity: Severity::Extreme, ..report(1) };
    world.apply(&entry(2, MORNING, worse.clone()), &mut out);
    let all = Window::ALL.map(Window::word).to_vec();
    assert_eq!(told(&out), [(2, all.clone(), vec![], false)]);
    out.clear();
    let moved = ReportEntry { place: Some(place(2.18, 41.41)), ..worse };
    world.apply(&entry(3, MORNING, moved), &mut out);
    assert_eq!(told(&out), [(3, vec![], all.clone(), false), (3, all, vec![], false)]);
    let ats = out.iter().map(|change| match change {
        Change::Report { at, .. } => at.expect("placed"),
        other => panic!("{other:?}: no sensor and no situation in this story"),
    });
    let ends = [place(2.1744, 41.4036).mercator(), place(2.18, 41.41).mercator()];
    assert_eq!(ats.collect::<Vec<_>>(), ends);
}

#[test]
fn an_erased_report_keeps_its_count_but_no_word_and_no_exact_place() {
    let mut world = World::new(Mode::Live);
    let mut out = Vec::new();
    let before = report(1);
    world.apply(&entry(1, MORNING, before.clone()), &mut out);
    let body = Body::Erased(before.id);
    let erasing = Entry { seq: 2, recorded_at: MORNING, mode: Mode::Live, body };
    out.clear();
    world.apply(&erasing, &mut out);
    assert!(told(&out).iter().all(|(seq, ..)| *seq == 2), "{out:?}");
    let seen = world.report(before.id, Clearance::Desk).expect("counted still");
    assert_eq!((seen.properties.text, seen.properties.author), (None, None));
    assert_eq!(seen.geometry, Some(place(2.17, 41.4)));
    assert!(seen.properties.radius_m >= 1_000);
    assert!(!String::from_utf8_lossy(&world.checkpoint()).contains("Aigua"));

    // No later version brings it back.
    let again = ReportEntry { content: 77, updated_at: MORNING.plus_ms(HOUR), ..before.clone() };
    assert_eq!(world.verdict(&again), Verdict::Same);

    // And a replay from a journal without the payload is the same World.
    let halves = Body::Report(Box::new(before)).split();
    let body = Body::join(1, &halves.row, None).expect("joins");
    let mut replayed = World::new(Mode::Live);
    let bare = Entry { seq: 1, recorded_at: MORNING, mode: Mode::Live, body };
    replayed.apply(&bare, &mut Vec::new());
    replayed.apply(&erasing, &mut Vec::new());
    assert_eq!(anatomy(&world), anatomy(&replayed));
}

#[test]
fn a_report_that_is_held_back_is_read_by_nobody_and_known_as_held_until_it_is_erased() {
    let mut world = World::new(Mode::Live);
    let one = report(1);
    let says = |seq, body| Entry { seq, recorded_at: MORNING, mode: Mode::Live, body };
    world.apply(&entry(1, MORNING, one.clone()), &mut Vec::new());
    let seen = |world: &World| {
        let seen = world.report(one.id, Clearance::Desk).expect("counted still").properties;
        (seen.text, seen.withdrawn)
    };
    assert_eq!(seen(&world).1, None);
    world.apply(&says(2, Body::Withdrawn(one.id)), &mut Vec::new());
    assert_eq!(seen(&world), (None, Some(Withdrawn::Held)));
    assert!(!String::from_utf8_lossy(&world.checkpoint()).contains("Aigua"));
    let restored = World::restore(&world.checkpoint()).expect("opens");
    assert_eq!(restored.withheld().collect::<Vec<_>>(), [one.id]);
    assert_eq!(world.verdict(&ReportEntry { content: 77, ..one.clone() }), Verdict::Same);
    // The journal still opens it, so a replay reads the words and forgets them again.
    world.apply(&says(3, Body::Erased(one.id)), &mut Vec::new());
    assert_eq!(seen(&world), (None, Some(Withdrawn::Gone)));
    assert_eq!(world.withheld().count(), 0);
}

#[test]
fn every_report_of_a_view_is_counted_once_whatever_hides_it() {
    let mut world = World::new(Mode::Live);
    let here = report(1);
    let far = ReportEntry { place: Some(place(-70.0, -33.0)), ..report(2) };
    let nowhere = ReportEntry { place: None, ..report(3) };
    let old = ReportEntry { observed_at: MORNING.plus_ms(-3 * HOUR), ..report(4) };
    let other = ReportEntry { hazard: Hazard::Power, ..report(5) };
    let old_other_nowhere = ReportEntry { place: None, hazard: Hazard::Power, ..old.clone() };
    let old_other_nowhere = ReportEntry { id: report(6).id, ..old_other_nowhere };
    for (seq, one) in (1..).zip([here, far, nowhere, old, other, old_other_nowhere]) {
        world.apply(&entry(seq, MORNING, one), &mut Vec::new());
    }
    let tile = TileId::of(place(2.1744, 41.4036).mercator(), 12);
    let cover =
        TileCover { z: 12, x_first: tile.x, x_last: tile.x, y_first: tile.y, y_last: tile.y };
    let flood = [Hazard::Flood].into_iter().collect();
    let totals = world.totals(Window::Hours2, flood, &cover);
    let counts = (totals.total, totals.shown, totals.elsewhere, totals.unplaced, totals.filtered);
    assert_eq!(counts, (6, 1, 1, 1, 3));
}

#[test]
fn an_entry_of_the_other_mode_only_moves_the_head() {
    let mut world = World::new(Mode::Live);
    let mut out = Vec::new();
    let drill = Entry { mode: Mode::Exercise, ..entry(1, MORNING, report(1)) };
    world.apply(&drill, &mut out);
    assert_eq!((world.head(), world.now(), world.n_reports()), (1, Timestamp(0), 0));
    assert!(out.is_empty());
}

#[test]
fn a_canary_is_remembered_by_its_mode_and_moves_nothing_but_the_time() {
    let mut world = World::new(Mode::Live);
    let mut out = Vec::new();
    world.apply(&entry(1, MORNING, report(1)), &mut out);
    let before = (world.head(), world.n_reports(), world.newest());
    out.clear();
    let said_at = MORNING.plus_ms(SECOND);
    let canary = |seq, mode| Entry {
        seq,
        recorded_at: MORNING.plus_ms(2 * SECOND),
        mode,
        body: Body::Canary(said_at),
    };
    world.apply(&canary(2, Mode::Exercise), &mut out);
    assert_eq!((world.canary(), world.now()), (None, MORNING));
    world.apply(&canary(3, Mode::Live), &mut out);
    assert_eq!((world.canary(), world.now()), (Some(said_at), MORNING.plus_ms(2 * SECOND)));
    assert!(out.is_empty());
    assert_eq!((world.head(), world.n_reports(), world.newest()), before);
    let halves = Body::Canary(said_at).split();
    assert_eq!((halves.kind, &halves.payload), ("canary", &None));
    assert_eq!(Body::join(3, &halves.row, None), Ok(Body::Canary(said_at)));
}

#[test]
fn time_never_goes_backwards() {
    let mut world = World::new(Mode::Live);
    world.tick(MORNING, &mut Vec::new());
    world.tick(MORNING.plus_ms(-HOUR), &mut Vec::new());
    assert_eq!(world.now(), MORNING);
    world.apply(&entry(1, MORNING.plus_ms(-SECOND), report(1)), &mut Vec::new());
    assert_eq!((world.now(), world.n_reports()), (MORNING, 1));
}

#[test]
fn a_report_received_before_the_retention_began_does_not_enter() {
    let mut world = World::new(Mode::Live);
    world.tick(MORNING.plus_ms(RETENTION_MS), &mut Vec::new());
    let mut out = Vec::new();
    world.apply(&entry(1, MORNING, report(1)), &mut out);
    assert_eq!((world.n_reports(), out.len()), (0, 0));
}
