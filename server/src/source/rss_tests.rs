//! The feed's reader against feeds written by hand.

use super::super::held_tests::{NOBODY, NOW};
use super::*;

fn fetch(feed: &str) -> Fetched {
    let format = Syndicated { kind: Kind::Official };
    format.read(feed.as_bytes(), &mut Nothing {}, &NOBODY, NOW).expect("a feed")
}

fn rss(items: &str) -> String {
    format!(
        "<rss version='2.0' xmlns:georss='http://www.georss.org/georss' xmlns:geo='http://www.w3.org/2003/01/geo/wgs84_pos#' \
         xmlns:gml='http://www.opengis.net/gml'><channel><language>ca</language>\
         <lastBuildDate>Mon, 23 Nov 2026 09:59:00 GMT</lastBuildDate>{items}</channel></rss>"
    )
}

const DATE: &str = "<pubDate>Mon, 23 Nov 2026 10:30:00 +0100</pubDate>";

#[test]
fn an_item_of_rss_is_a_report_with_its_place_and_without_its_markup() {
    let feed = rss(&format!(
        "<item><title>Tall a la C-31</title><description>&lt;p&gt;Per &lt;b&gt;inundació&lt;/b&gt;&lt;/p&gt;</description>\
         <guid>a-1</guid><link>https://transit.example/1</link>{DATE}<georss:point>41.3 2.05</georss:point></item>"
    ));
    let fetched = fetch(&feed);
    let draft = &fetched.drafts[0];
    assert_eq!(draft.words.text.as_deref(), Some("Tall a la C-31\n\nPer inundació"));
    assert_eq!(
        (draft.words.source_id.as_deref(), draft.words.lang.as_deref()),
        (Some("a-1"), Some("ca"))
    );
    assert_eq!(draft.words.url.as_deref(), Some("https://transit.example/1"));
    assert_eq!(
        (draft.kind, draft.place.map(|at| (at.lng(), at.lat()))),
        (Kind::Official, Some((2.05, 41.3)))
    );
    assert_eq!(draft.observed_at, "2026-11-23T09:30:00Z".parse().expect("a moment"));
    assert_eq!(fetched.content_at, "2026-11-23T09:59:00Z".parse().ok());
}

#[test]
fn places_are_read_in_every_form_that_feeds_use() {
    for (shape, expected) in [
        ("<georss:point>41.3, 2.05</georss:point>", Some((2.05, 41.3))),
        ("<georss:box>41 2 42 3</georss:box>", Some((2.5, 41.5))),
        ("<georss:polygon>41 2 41 3 42 3 42 2 41 2</georss:polygon>", Some((2.5, 41.5))),
        ("<geo:lat>41.3</geo:lat><geo:long>2.05</geo:long>", Some((2.05, 41.3))),
        (
            "<geo:Point><geo:lat>41.3</geo:lat><geo:long>2.05</geo:long></geo:Point>",
            Some((2.05, 41.3)),
        ),
        (
            "<georss:where><gml:Point><gml:pos>41.3 2.05</gml:pos></gml:Point></georss:where>",
            Some((2.05, 41.3)),
        ),
        ("", None),
    ] {
        let fetched = fetch(&rss(&format!("<item><title>x</title>{DATE}{shape}</item>")));
        let place = fetched.drafts[0].place.map(|at| (at.lng(), at.lat()));
        assert_eq!(place, expected, "{shape}");
    }
    let swapped = fetch(&rss(&format!(
        "<item><title>x</title>{DATE}<georss:point>139.7 35.6</georss:point></item>"
    )));
    assert_eq!(swapped.rejected["bad_coordinates"], 1);
}

#[test]
fn an_entry_of_atom_is_known_by_its_id_and_keeps_both_dates() {
    let feed = "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='es'><updated>2026-11-23T09:58:00Z</updated>\
        <entry><id>urn:x:1</id><title type='html'>Corte &amp;amp; desvío</title><summary>a &lt;b&gt; c</summary>\
        <link rel='edit' href='https://no.example/'/><link href='https://a.example/1'/><author><name>Protección Civil</name></author>\
        <published>2026-11-23T09:00:00Z</published><updated>2026-11-23T09:30:00Z</updated></entry></feed>";
    let fetched = fetch(feed);
    let draft = &fetched.drafts[0];
    assert_eq!(draft.words.text.as_deref(), Some("Corte & desvío\n\na <b> c"), "text is no markup");
    assert_eq!(
        (draft.words.source_id.as_deref(), draft.words.author.as_deref()),
        (Some("urn:x:1"), Some("Protección Civil"))
    );
    assert_eq!(draft.words.url.as_deref(), Some("https://a.example/1"));
    assert_eq!(draft.observed_at, "2026-11-23T09:00:00Z".parse().expect("a moment"));
    assert_eq!(draft.updated_at, "2026-11-23T09:30:00Z".parse().ok());
}

#[test]
fn what_is_hostile_is_text_and_what_is_no_item_is_counted() {
    let feed = rss(&format!(
        "<item><title>&lt;img src=x onerror=alert(1)&gt;\u{202e}Foc</title><link>javascript:alert(1)</link><guid>h</guid>{DATE}</item>\
         <item><title>no date</title></item><item><title>x</title><pubDate>yesterday</pubDate></item>\
         <item>{DATE}</item><item><title>x</title><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate></item>\
         <item><title>again</title><guid>h</guid>{DATE}</item>"
    ));
    let fetched = fetch(&feed);
    assert_eq!(fetched.drafts.len(), 1);
    let words = &fetched.drafts[0].words;
    assert_eq!((words.text.as_deref(), words.url.as_deref()), (Some("Foc"), None));
    let reasons: Vec<_> =
        fetched.rejected.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
    assert_eq!(
        reasons,
        [("bad_time", 1), ("no_time", 1), ("nothing_said", 1), ("too_old", 1), ("twice", 1)]
    );
}

#[test]
fn a_page_that_is_no_feed_or_brings_a_dtd_is_an_error_and_not_an_empty_feed() {
    let format = Syndicated { kind: Kind::Press };
    for text in [
        "<html/>",
        "nothing",
        "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss>&x;</rss>",
    ] {
        let read = format.read(text.as_bytes(), &mut Nothing {}, &NOBODY, NOW);
        assert!(matches!(read, Err(FetchError::Garbled(_))), "{text}");
    }
}

#[test]
fn a_feed_that_floods_is_cut_and_told_so() {
    let items: String = (0..ITEMS_MAX + 7)
        .map(|n| format!("<item><title>{n}</title>{DATE}</item>"))
        .collect::<Vec<_>>()
        .concat();
    let fetched = fetch(&rss(&items));
    assert_eq!((fetched.drafts.len(), fetched.rejected["too_many"]), (ITEMS_MAX, 7));
}
