//! The feed's reader against a feed written by hand.

use super::super::held_tests::{NOBODY, NOW};
use super::*;

fn item(kind: &str, id: &str, episode: u32, level: &str, rest: &str) -> String {
    format!(
        "<item><title>{level} alert</title><guid>{kind}{id}</guid><link>https://www.gdacs.org/report</link>\
         <pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate><g:eventtype>{kind}</g:eventtype><g:eventid>{id}</g:eventid>\
         <g:episodeid>{episode}</g:episodeid><g:version>1</g:version><g:alertlevel>{level}</g:alertlevel>\
         <g:country>Spain</g:country>{rest}</item>"
    )
}

const POINT: &str = "<r:point>41.3 2.05</r:point>";

/// The names have other prefixes than those of GDACS: only their namespaces count.
fn fetch(items: &[String], memory: &mut Episodes) -> Fetched {
    let feed = format!(
        "\u{feff}<?xml version='1.0'?><rss xmlns:g='http://www.gdacs.org' xmlns:r='http://www.georss.org/georss'><channel>\
         <pubDate>Mon, 23 Nov 2026 09:59:00 GMT</pubDate>{}</channel></rss>",
        items.concat()
    );
    Alerts.read(feed.as_bytes(), memory, &NOBODY, NOW).expect("a feed")
}

#[test]
fn an_event_is_an_official_report_and_its_level_a_severity() {
    for (kind, level, hazard, severity) in [
        ("EQ", "Green", Hazard::Earthquake, Severity::Minor),
        ("TC", "Orange", Hazard::Storm, Severity::Severe),
        ("FL", "Red", Hazard::Flood, Severity::Extreme),
        ("WF", "", Hazard::Wildfire, Severity::Unknown),
        ("DR", "Green", Hazard::Other, Severity::Minor),
    ] {
        let fetched = fetch(&[item(kind, "7", 1, level, POINT)], &mut Episodes::default());
        let draft = &fetched.drafts[0];
        assert_eq!(
            (draft.hazard, draft.severity, draft.kind),
            (hazard, severity, Kind::Official),
            "{kind}"
        );
        assert_eq!(draft.words.source_id, Some(format!("{kind}7")));
        assert_eq!(draft.words.hazard_original.as_deref(), (kind == "DR").then_some("drought"));
        assert_eq!(draft.place.map(|at| (at.lng(), at.lat())), Some((2.05, 41.3)));
    }
}

#[test]
fn an_event_is_of_the_last_moment_it_speaks_of_and_a_forecast_of_when_it_was_published() {
    let at = |rest: &str| {
        let fetched = fetch(&[item("TC", "7", 1, "Red", rest)], &mut Episodes::default());
        fetched.drafts[0].observed_at.to_string()
    };
    let until = |date: &str| format!("{POINT}<g:todate>{date}</g:todate>");
    assert_eq!(at(&until("Mon, 23 Nov 2026 09:00:00 GMT")), "2026-11-23T09:00:00Z");
    assert_eq!(at(&until("Tue, 24 Nov 2026 09:00:00 GMT")), "2026-11-23T08:00:00Z");
    assert_eq!(at(POINT), "2026-11-23T08:00:00Z");
}

#[test]
fn an_older_episode_does_not_come_back_and_a_box_is_no_place() {
    let mut memory = Episodes::default();
    assert_eq!(fetch(&[item("TC", "7", 3, "Red", POINT)], &mut memory).drafts.len(), 1);
    let stale = fetch(&[item("TC", "7", 2, "Green", POINT)], &mut memory);
    assert_eq!((stale.drafts.len(), stale.rejected["older_episode"]), (0, 1));
    let again = fetch(&[item("TC", "7", 2, "Green", POINT)], &mut memory);
    assert_eq!(again.drafts.len(), 0, "what is known stays known while it stands in the feed");
    assert_eq!(fetch(&[item("TC", "7", 4, "Green", POINT)], &mut memory).drafts.len(), 1);
    let boxed = fetch(&[item("TC", "8", 1, "Red", "<g:bbox>55 81 -46 -20</g:bbox>")], &mut memory);
    assert_eq!((boxed.drafts.len(), boxed.rejected["no_place"]), (0, 1));
}
