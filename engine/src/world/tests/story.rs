//! Small golden stories: a few readable lines in, the expected picture out.

use wire::grade::{Hazard, HazardSet, Severity};
use wire::tile::TileId;
use wire::view::{Mode, Window};

use super::super::{Verdict, World};
use super::{HOUR, MINUTE, MORNING, OPEN, entry, place, report};
use crate::report::ReportEntry;

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
    assert_eq!(cluster.hazard.0, [(Hazard::Flood, 4)]);
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
