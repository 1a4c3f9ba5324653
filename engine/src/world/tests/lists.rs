//! Lists: pages, filters, searches, and what each reader may read of them.

use proptest::prelude::*;
use wire::grade::{Hazard, HazardSet, Kind, Verification};
use wire::id::ReportId;
use wire::tile::{TileCover, TileId};
use wire::view::{Mode, Window};

use super::super::{ReportFilter, World};
use super::model::{Model, Step, journal, stories};
use super::{HOUR, MORNING, entry, place, report};
use crate::limits::{PAGE_MAX, SCAN_MAX};
use crate::report::{Private, ReportEntry, Words};
use crate::search::Sought;
use crate::view::Clearance;

/// A World of numbered reports, the number being the seq.
fn town(n: u64) -> World {
    let mut world = World::new(Mode::Live);
    for seq in 1..=n {
        world.apply(&entry(seq, MORNING, report(u128::from(seq))), &mut Vec::new());
    }
    world
}

fn seqs(world: &World, filter: &ReportFilter) -> (Vec<u64>, Option<u64>) {
    let (page, next) = world.reports(filter, Clearance::Room);
    (page.iter().map(|feature| feature.properties.seq).collect(), next)
}

#[test]
fn pages_follow_each_other_without_gap_or_overlap() {
    let world = town(25);
    let mut filter = ReportFilter { limit: 10, ..ReportFilter::default() };
    let mut all = Vec::new();
    let mut pages = 0;
    loop {
        let (page, next) = seqs(&world, &filter);
        assert!(page.len() <= 10);
        all.extend(page);
        pages += 1;
        filter.before_seq = next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(all, (1..=25).rev().collect::<Vec<_>>());
    assert_eq!(pages, 3);
    assert_eq!(seqs(&town(10), &ReportFilter { limit: 10, ..ReportFilter::default() }).1, None);
}

#[test]
fn a_page_is_never_longer_than_the_limit_of_all_pages() {
    let world = town(PAGE_MAX as u64 + 5);
    let (page, next) = seqs(&world, &ReportFilter { limit: usize::MAX, ..ReportFilter::default() });
    assert_eq!((page.len(), next), (PAGE_MAX, Some(6)));
    assert_eq!(seqs(&world, &ReportFilter::default()), (vec![], None), "none asked for");
}

#[test]
fn a_rare_report_hands_back_a_cursor_instead_of_holding_up_the_room() {
    let n = SCAN_MAX as u64 + 10;
    let world = town(n);
    let only = ReportFilter { kind: Some(Kind::Press), limit: 10, ..ReportFilter::default() };
    assert_eq!(seqs(&world, &only), (vec![], Some(11)));
    let rest = ReportFilter { before_seq: Some(11), ..only };
    assert_eq!(seqs(&world, &rest), (vec![], None));
}

#[test]
fn a_search_finds_all_pages_what_it_found_and_counts_it() {
    let world = town(SCAN_MAX as u64 + 10);
    let found = |typed: &str, before_seq, limit| {
        let filter = ReportFilter { before_seq, limit, ..ReportFilter::default() };
        let sought = Sought::of(typed).expect("words");
        let found = world.search(&sought, &filter, Clearance::Room);
        let seqs: Vec<u64> = found.features.iter().map(|one| one.properties.seq).collect();
        (seqs, found.next, found.matched)
    };
    assert_eq!(found("\"número 3\"", None, 10), (vec![3], None, 1));
    assert_eq!(found("NUMERO", None, 2).2, SCAN_MAX as u64 + 10);
    let all = "\"numero 5000";
    assert_eq!(found(all, None, 4), (vec![50_009, 50_008, 50_007, 50_006], Some(50_006), 11));
    assert_eq!(found(all, Some(50_001), 4), (vec![50_000, 5_000], None, 11));
    assert_eq!(found("NO SUCH WORD", None, 10), (vec![], None, 0));
}

#[test]
fn each_filter_leaves_only_what_it_names() {
    let mut world = World::new(Mode::Live);
    let words = |text: &str, spot: &str| {
        Private::from(Words {
            text: Some(text.to_owned()),
            place: Some(spot.to_owned()),
            source_id: Some(format!("id-{text}")),
            ..Words::default()
        })
    };
    let reports = [
        ReportEntry { hazard: Hazard::Fire, private: words("FOC", "Sants"), ..report(1) },
        ReportEntry { kind: Kind::Unit, private: words("aigua", "GRÀCIA"), ..report(2) },
        ReportEntry { observed_at: MORNING.plus_ms(-HOUR), private: words("c", "d"), ..report(3) },
        ReportEntry { place: Some(place(-70.0, -33.0)), private: words("e", "f"), ..report(4) },
        ReportEntry { place: None, private: words("g", "h"), ..report(5) },
    ];
    for (seq, one) in (1..).zip(reports) {
        world.apply(&entry(seq, MORNING, one), &mut Vec::new());
    }
    let ask = |filter: ReportFilter| seqs(&world, &ReportFilter { limit: 10, ..filter }).0;
    let none = ReportFilter::default;
    assert_eq!(ask(ReportFilter { hazard: Some(Hazard::Fire), ..none() }), [1]);
    assert_eq!(ask(ReportFilter { kind: Some(Kind::Unit), ..none() }), [2]);
    assert_eq!(ask(ReportFilter { since: Some(MORNING), ..none() }), [5, 4, 2, 1]);
    assert_eq!(ask(ReportFilter { until: Some(MORNING), ..none() }), [3]);
    let home = "2,41,3,42".parse().ok();
    assert_eq!(ask(ReportFilter { bbox: home, ..none() }), [3, 2, 1]);
    assert_eq!(ask(ReportFilter { source_id: Some("id-e".to_owned()), ..none() }), [4]);
    assert_eq!(ask(ReportFilter { is_placed: Some(false), ..none() }), [5]);
    assert_eq!(ask(ReportFilter { is_placed: Some(true), ..none() }), [4, 3, 2, 1]);
    assert_eq!(ask(ReportFilter { window: Some(Window::Minutes15), ..none() }), [5, 4, 2, 1]);
    let hazards = Some([Hazard::Fire].into_iter().collect());
    assert_eq!(ask(ReportFilter { hazards, ..none() }), [1]);
    let unknown = Some(Verification::Unverified);
    assert_eq!(ask(ReportFilter { verification: unknown, ..none() }), [5, 4, 3, 2, 1]);
    let found = |typed: &str, clearance| {
        let all = ReportFilter { limit: 10, ..none() };
        let found = world.search(&Sought::of(typed).expect("words"), &all, clearance);
        found.features.iter().map(|one| one.properties.seq).collect::<Vec<_>>()
    };
    assert_eq!(found("foc", Clearance::Room), [1]);
    assert_eq!(found("gràcia", Clearance::Room), [2]);
    assert_eq!(ask(ReportFilter { before_seq: Some(3), ..none() }), [2, 1]);

    // A wall may not read words, so it may not guess them either.
    assert!(found("foc", Clearance::Wall).is_empty());
    let hunch = ReportFilter { source_id: Some("id-e".to_owned()), limit: 10, ..none() };
    assert!(world.reports(&hunch, Clearance::Wall).0.is_empty());
}

#[test]
fn each_reader_is_given_what_its_clearance_allows_and_no_more() {
    let canary = |name: &str| Some(format!("canary-{name}"));
    let words = Words {
        source_id: canary("source_id"),
        case_ref: canary("case_ref"),
        text: canary("text"),
        lang: canary("lang"),
        place: canary("place"),
        author: canary("author"),
        url: canary("url"),
        origin: canary("origin"),
        hazard_original: canary("hazard_original"),
    };
    let mut world = World::new(Mode::Live);
    let one = ReportEntry { private: Private::from(words), ..report(1) };
    world.apply(&entry(1, MORNING, one), &mut Vec::new());
    let seen = |clearance| {
        let feature = world.report(report(1).id, clearance).expect("held");
        serde_json::to_string(&feature).expect("writes").matches("canary-").count()
    };
    assert_eq!(seen(Clearance::Wall), 0);
    assert_eq!(seen(Clearance::Room), 6);
    assert_eq!(seen(Clearance::Desk), 9);
    let room = world.report(report(1).id, Clearance::Room).expect("held").properties;
    assert_eq!((room.author, room.url, room.origin), (None, None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_newest_of_a_view_are_those_found_by_looking_at_all(
        acts in stories(400), z in 0..=18u8, limit in 0..30usize,
    ) {
        let mut world = World::new(Mode::Live);
        let mut model = Model::default();
        for step in journal(&acts) {
            model.step(&step);
            match step {
                Step::Entry(entry) => world.apply(&entry, &mut Vec::new()),
                Step::Tick(now) => world.tick(now, &mut Vec::new()),
            }
        }
        let tile = TileId::of(place(2.1744, 41.4036).mercator(), z);
        let cover = TileCover { z, x_first: tile.x, x_last: tile.x, y_first: tile.y, y_last: tile.y };
        let flood: HazardSet = [Hazard::Flood].into_iter().collect();
        for (window, hazards) in [(Window::All, HazardSet::ALL), (Window::Hour1, flood)] {
            let by_hand: Vec<ReportId> = model.newest_in(window, hazards, &cover, limit);
            prop_assert_eq!(&world.newest_in(window, hazards, &cover, limit), &by_hand);
            prop_assert_eq!(&world.reports_of_tile(window, hazards, tile, limit), &by_hand);
        }
    }
}

#[test]
fn the_newest_of_a_crowded_view_are_the_last_to_come() {
    // More than are gathered and sorted: found by walking from the newest instead.
    let world = town(5_000);
    let cover = TileCover { z: 0, x_first: 0, x_last: 0, y_first: 0, y_last: 0 };
    let newest = world.newest_in(Window::All, HazardSet::ALL, &cover, 3);
    assert_eq!(newest, [5_000, 4_999, 4_998].map(|number| report(number).id));
}
