//! What joins, what does not, and what is left when something goes.

use super::*;
use crate::dedupe::Source;
use crate::limits::COPY_WINDOW_MS;

const LONG: &str = "the river has burst its banks at the old bridge and water is in the houses";
const EDITED: &str = "the river has burst its banks at the old bridge and water is in the cellars";
const OTHER: &str = "smoke over the hills behind the station since noon and nobody has come so far";

fn of(items: &[Item<'_>]) -> Copies {
    let mut copies = Copies::default();
    copies.insert(items);
    copies
}

fn source(copies: &Copies, id: u128) -> Source {
    copies.source(ReportId(id)).unwrap()
}

#[test]
fn the_same_words_are_one_source_however_they_are_written() {
    let copies = of(&[said(1, "Foc al pis!"), said(2, "FOC al pis"), said(3, "foc al terrat")]);
    assert_eq!(source(&copies, 2), Source { first: ReportId(1), n_reports: 2 });
    assert_eq!(how(&copies, 1), How::First);
    assert_eq!(how(&copies, 2), How::Exact { of: ReportId(1) });
    assert_eq!(source(&copies, 3).n_reports, 1);
    assert_eq!((copies.n_reports(), copies.n_sources()), (3, 2));
}

#[test]
fn a_post_and_its_repost_are_one_source() {
    let post = Item { post: Some("net:77"), ..said(1, "Foc al pis de dalt") };
    let repost = Item { origin: Some("net:77"), ..said(2, "mireu aixo") };
    let sibling = Item { origin: Some("net:77"), ..said(3, "quina por") };
    let copies = of(&[post, repost, sibling]);
    assert_eq!(group(&copies, 3), [1, 2, 3]);
    assert_eq!(how(&copies, 2), How::Repost { of: ReportId(1) });
    // Reposts of a post that nobody sent us.
    let copies = of(&[repost, sibling]);
    assert_eq!(group(&copies, 2), [2, 3]);
}

#[test]
fn two_reports_at_one_address_are_one_source_and_a_bare_host_is_none() {
    let at = |id, url, text| Item { url: Some(url), ..said(id, text) };
    let copies = of(&[
        at(1, "https://news.example/a/1", "foc a sants"),
        at(2, "http://www.news.example/a/1/", "incendi al barri de sants"),
        at(3, "https://news.example/", "inundacio"),
        at(4, "https://news.example/", "vent fort"),
    ]);
    assert_eq!(all(&copies, 1..5), [vec![1, 2], vec![3], vec![4]]);
    assert_eq!(how(&copies, 2), How::Repost { of: ReportId(1) });
}

#[test]
fn a_near_copy_tells_how_alike_it_is_and_to_which() {
    let copies = of(&[said(1, LONG), said(2, OTHER), said(3, EDITED)]);
    assert_eq!(all(&copies, 1..4), [vec![1, 3], vec![2]]);
    let How::Near { of, similarity } = how(&copies, 3) else { panic!("{:?}", how(&copies, 3)) };
    // Sixteen words, fourteen runs; the last word is another one, so thirteen are shared of fifteen.
    assert_eq!((of, similarity.n_shared, similarity.n_all), (ReportId(1), 13, 15));
    assert!((similarity.ratio() - 0.866_7).abs() < 0.001);
}

#[test]
fn a_short_text_folds_by_the_same_words_alone() {
    let copies =
        of(&[said(1, "a b c d e f g"), said(2, "a b c d e f g x"), said(3, "a b c d e f g")]);
    assert_eq!(all(&copies, 1..4), [vec![1, 3], vec![2]]);
}

#[test]
fn a_report_without_words_or_links_stands_alone() {
    let empty = |id| Item { text: None, ..said(id, "") };
    let copies = of(&[empty(1), empty(2), said(3, "@veina https://t.example/x"), said(4, "…")]);
    assert_eq!(copies.n_sources(), 4);
}

#[test]
fn a_group_falls_apart_where_its_link_is_erased() {
    let link = Item { origin: Some("net:1"), ..said(2, LONG) };
    let post = Item { post: Some("net:1"), ..said(3, OTHER) };
    let mut copies = of(&[said(1, EDITED), link, post]);
    assert_eq!(group(&copies, 1), [1, 2, 3]);
    copies.remove(&[ReportId(2)]);
    assert_eq!(all(&copies, 1..4), [vec![1], vec![3]]);
    assert_eq!(source(&copies, 1).n_reports, 1);
    assert_eq!(copies.source(ReportId(2)), None);
}

#[test]
fn when_the_first_goes_the_next_one_stands_for_the_group() {
    let mut copies = of(&[said(1, LONG), said(2, LONG), said(3, EDITED)]);
    copies.remove(&[ReportId(1)]);
    assert_eq!(source(&copies, 3), Source { first: ReportId(2), n_reports: 2 });
    assert_eq!(how(&copies, 2), How::First);
    assert!(matches!(how(&copies, 3), How::Near { of: ReportId(2), .. }));
}

#[test]
fn nothing_is_kept_of_an_erased_report() {
    let everything = |id, text| Item {
        post: Some("net:1"),
        origin: Some("net:2"),
        url: Some("https://news.example/a"),
        ..said(id, text)
    };
    let mut copies = of(&[everything(1, LONG), said(2, OTHER)]);
    let before = of(&[said(2, OTHER)]);
    copies.remove(&[ReportId(1)]);
    assert_eq!(copies.how(ReportId(1)), None);
    copies.insert(&[said(3, LONG), Item { post: Some("net:1"), ..said(4, "x") }, said(5, EDITED)]);
    assert_eq!(all(&copies, 1..6), [vec![2], vec![3, 5], vec![4]]);
    copies.remove(&[ReportId(3), ReportId(4), ReportId(5)]);
    assert_eq!(copies.n_sources(), before.n_sources());
    copies.remove(&[ReportId(2)]);
    assert!(copies.is_empty() && !before.is_empty());
    assert_eq!((copies.n_reports(), copies.n_sources()), (0, 0));
}

#[test]
fn after_a_day_the_same_words_are_news_again() {
    let at = |id, ms| Item { at: Timestamp(ms), ..said(id, LONG) };
    let mut copies = of(&[at(1, 0), at(2, COPY_WINDOW_MS)]);
    copies.tick(Timestamp(COPY_WINDOW_MS));
    assert_eq!(group(&copies, 2), [1, 2]);
    copies.tick(Timestamp(COPY_WINDOW_MS + 1));
    assert_eq!(group(&copies, 2), [2]);
    // What comes late, from before the window, joins nothing; and a clock that steps back opens it no further.
    copies.tick(Timestamp(0));
    copies.insert(&[at(3, 0)]);
    assert_eq!(copies.source(ReportId(3)), None);
    assert_eq!(copies.n_reports(), 1);
}

#[test]
fn beyond_the_limit_the_oldest_go_and_are_counted() {
    let mut copies = Copies::with_limit(2);
    copies.insert(&[said(3, LONG), said(1, LONG), said(2, LONG)]);
    assert_eq!((copies.n_reports(), copies.n_evicted()), (2, 1));
    assert_eq!(group(&copies, 3), [2, 3]);
}

#[test]
fn a_new_version_takes_the_place_of_the_old_one() {
    let mut copies = of(&[said(1, LONG), said(2, EDITED)]);
    copies.insert(&[said(2, OTHER)]);
    assert_eq!(all(&copies, 1..3), [vec![1], vec![2]]);
    // Of two in one call the later.
    let late = Item { at: Timestamp(99_000), ..said(2, LONG) };
    copies.insert(&[late, said(2, OTHER)]);
    assert_eq!(group(&copies, 2), [1, 2]);
    assert_eq!(copies.n_reports(), 2);
}

#[test]
fn a_crowd_of_copies_comes_and_goes() {
    let texts: Vec<String> =
        (0..400).map(|n| format!("{LONG} says neighbour {}", n % 40)).collect();
    let items: Vec<_> =
        texts.iter().enumerate().map(|(n, text)| said(n as u128 + 1, text)).collect();
    let mut copies = of(&items);
    assert_eq!(source(&copies, 400), Source { first: ReportId(1), n_reports: 400 });
    for n in 1..400 {
        copies.remove(&[ReportId(n)]);
        assert_eq!(source(&copies, 400).n_reports, 400 - n as u32);
        assert_eq!(source(&copies, 400).first, ReportId(n + 1));
    }
}

#[test]
fn what_is_held_of_texts_is_not_told_to_a_log() {
    assert_eq!(format!("{:?}", of(&[said(1, LONG)])), "Copies(1 reports)");
}
