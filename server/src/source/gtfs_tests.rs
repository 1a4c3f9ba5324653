//! Alerts of public transport, from bytes that are written here as the standard has them.

use super::super::held_tests::{NOBODY, NOW};
use super::*;

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn count(field: u64, number: u64) -> Vec<u8> {
    [varint(field << 3), varint(number)].concat()
}

fn part(field: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn words_of(field: u64, text: &str) -> Vec<u8> {
    let translation = [part(1, text.as_bytes()), part(2, b"ca")].concat();
    part(field, &part(1, &translation))
}

fn seconds_of(at: Timestamp) -> u64 {
    u64::try_from(at.0 / 1_000).expect("after 1970")
}

fn entity(id: &str, alert: &[Vec<u8>]) -> Vec<u8> {
    part(2, &[part(1, id.as_bytes()), part(5, &alert.concat())].concat())
}

fn feed(entities: &[Vec<u8>]) -> Vec<u8> {
    let header = [part(1, b"2.0"), count(2, 0), count(3, seconds_of(NOW) - 60)].concat();
    [part(1, &header), entities.concat()].concat()
}

fn alert(id: &str, title: &str) -> Vec<u8> {
    let period = |from: u64| part(1, &count(1, from));
    let whom = [part(5, &part(2, b"L4")), part(5, &part(5, b"2.433"))].concat();
    let began = seconds_of(NOW) - 3_600;
    entity(
        id,
        &[
            period(began),
            period(began + 86_400),
            whom,
            count(6, 8),
            count(7, 1),
            words_of(8, "https://metro.example/l4"),
            words_of(10, title),
            words_of(11, "Entre Barceloneta i Bogatell"),
        ],
    )
}

fn read(memory: &mut Open, bytes: &[u8]) -> Fetched {
    Alerts.read(bytes, memory, &NOBODY, NOW).expect("a feed")
}

#[test]
fn an_alert_is_a_report_with_its_lines_and_counts_from_when_it_began() {
    let fetched = read(&mut Open::default(), &feed(&[alert("a", "L4 tallada")]));
    assert_eq!(fetched.content_at, Some(NOW.plus_ms(-60_000)));
    let draft = &fetched.drafts[0];
    assert_eq!(draft.observed_at, NOW.plus_ms(-3_600_000), "what is to come has not begun");
    let text = "L4 tallada\n\nEntre Barceloneta i Bogatell\n\n(line L4, stop 2.433)";
    assert_eq!(draft.words.text.as_deref(), Some(text));
    assert_eq!(draft.words.lang.as_deref(), Some("ca"));
    assert_eq!(draft.words.url.as_deref(), Some("https://metro.example/l4"));
    assert_eq!(draft.words.hazard_original.as_deref(), Some("weather"));
    assert_eq!((draft.hazard, draft.severity), (Hazard::Transport, Severity::Moderate));
    assert_eq!((draft.place, draft.status), (None, Some(Status::Open)));
}

#[test]
fn what_is_broken_is_refused_alone_and_then_nothing_is_concluded_from_absence() {
    let mut memory = Open::default();
    let trip = part(2, &[part(1, b"t"), part(3, b"")].concat());
    let feed_of = |entities: &[Vec<u8>]| feed(entities);
    let fetched =
        read(&mut memory, &feed_of(&[alert("a", "x"), trip, alert("a", "x"), alert("b", "y")]));
    assert_eq!((fetched.drafts.len(), fetched.rejected["twice"]), (2, 1));
    let silent = entity("c", &[count(7, 1)]);
    let nameless = entity("", &[words_of(10, "x")]);
    let fetched = read(&mut memory, &feed_of(&[silent, nameless, alert("b", "y")]));
    let reasons: Vec<_> = fetched.rejected.keys().map(String::as_str).collect();
    assert_eq!(reasons, ["bad_id", "nothing_said"]);
    assert!(memory.alerts.contains("a"), "nobody said that it is over");
    read(&mut memory, &feed_of(&[alert("b", "y")]));
    assert!(!memory.alerts.contains("a"));
    for bytes in [&b"<html>"[..], b"", b"{}"] {
        let read = Alerts.read(bytes, &mut memory, &NOBODY, NOW);
        assert!(matches!(read, Err(FetchError::Garbled(_))));
    }
}
