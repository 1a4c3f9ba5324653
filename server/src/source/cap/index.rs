//! A document that is asked for → one message, or an index (Atom, RSS) and the addresses of the messages that it names.

use std::collections::BTreeMap;

use reqwest::Url;
use wire::time::Timestamp;

use super::super::syndication::{ATOM, Item, syndication};
use super::super::xml;

/// What links to a message say of it.
const TYPES: [&str; 2] = ["application/cap+xml", "application/common-alerting-protocol+xml"];

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The document is a message itself, or means to be one.
    Message,
    /// An index.
    Index(Index),
}

/// See the module.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Its own date.
    pub(super) at: Option<Timestamp>,
    /// The messages in its order, each once.
    pub(super) links: Vec<Listed>,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Where the message is; none where the entry names no address.
    pub(super) address: Option<Url>,
    /// The entry's own name.
    pub(super) id: String,
    /// By what it is known again: another date of the entry is another message at the same address.
    pub(super) mark: String,
}

/// Reads one. `from` is where it was found: addresses may be relative to it.
pub(super) fn read(bytes: &[u8], from: &Url) -> Result<Found, String> {
    if root_name(bytes).is_some_and(|name| name == "alert") {
        return Ok(Found::Message);
    }
    let root = xml::read(bytes).map_err(|why| why.to_string())?;
    let feed = syndication(&root).ok_or("it is neither an index (Atom, RSS) nor a message")?;
    // Several entries may tell of one message, an area or a language each.
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    let mut found: Vec<(Option<Url>, String, Option<Timestamp>)> = Vec::new();
    for item in &feed.items {
        let address = address(item, from);
        let id = item.id.or(item.link).unwrap_or_default().to_owned();
        let key = address.as_ref().map_or_else(|| format!("no {id}"), Url::to_string);
        let date = [item.updated, item.published].into_iter().flatten().flatten().max();
        if let Some((_, _, known)) = at.get(&key).and_then(|n| found.get_mut(*n)) {
            *known = (*known).max(date);
        } else {
            at.insert(key, found.len());
            found.push((address, id, date));
        }
    }
    let links = found.into_iter().map(|(address, id, date)| {
        let named = address.as_ref().map_or(id.as_str(), Url::as_str);
        let mark = mark(named, date);
        Listed { address, id, mark }
    });
    Ok(Found::Index(Index { at: feed.at, links: links.collect() }))
}

fn mark(named: &str, date: Option<Timestamp>) -> String {
    let date = date.map(|at| at.to_string()).unwrap_or_default();
    let digest = blake3::hash(format!("{named}\n{date}").as_bytes());
    // Half of it tells thousands apart.
    digest.to_hex().chars().take(32).collect()
}

/// Where the message of an entry is: the link that says it is one, else what the entry links to.
fn address(item: &Item<'_>, from: &Url) -> Option<Url> {
    let links = item.element.each(ATOM, "link").chain(item.element.each("", "enclosure"));
    let typed = links
        .filter(|link| link.attribute("type").is_some_and(|said| TYPES.contains(&said)))
        .find_map(|link| link.attribute("href").or_else(|| link.attribute("url")));
    let named = typed.or(item.link).or_else(|| item.id.filter(|id| id.starts_with("http")))?;
    from.join(named.trim()).ok()
}

/// The name of a document's first element, without its prefix: said also of one that is broken further on, so that what is wrong with
/// a message is told as of a message.
fn root_name(bytes: &[u8]) -> Option<&str> {
    let mut rest = bytes;
    loop {
        let at = rest.iter().position(|byte| *byte == b'<')?;
        rest = rest.get(at + 1..)?;
        let end = match rest {
            [b'!', b'-', b'-', ..] => rest.windows(3).position(|those| those == b"-->")? + 2,
            [b'!' | b'?', ..] => rest.iter().position(|byte| *byte == b'>')?,
            _ => break,
        };
        rest = rest.get(end + 1..)?;
    }
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    let name = rest.get(..rest.iter().position(ends)?)?;
    let name = std::str::from_utf8(name).ok()?;
    Some(name.rsplit(':').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(text: &str) -> Vec<(Option<String>, String)> {
        let from = "https://met.example/feeds/atom".parse().expect("an address");
        match read(text.as_bytes(), &from) {
            Ok(Found::Index(index)) => index
                .links
                .into_iter()
                .map(|link| (link.address.map(String::from), link.mark))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    fn addresses(text: &str) -> Vec<Option<String>> {
        index(text).into_iter().map(|(address, _)| address).collect()
    }

    #[test]
    fn the_link_that_says_it_is_a_message_is_taken_before_any_other() {
        let atom = "<feed xmlns='http://www.w3.org/2005/Atom'>\
            <entry><id>urn:1</id><link href='https://met.example/page/1'/><link type='application/cap+xml' href='/cap/1'/></entry>\
            <entry><id>urn:2</id><link href='2.cap'/></entry><entry><id>urn:3</id></entry>\
            <entry><id>https://met.example/4</id></entry></feed>";
        let expected = ["https://met.example/cap/1", "https://met.example/feeds/2.cap"];
        let [one, two] = expected.map(|text| Some(text.to_owned()));
        assert_eq!(addresses(atom), [one, two, None, Some("https://met.example/4".to_owned())]);
        let rss = "<rss><channel><item><link>https://met.example/page</link><enclosure type='application/cap+xml' url='https://met.example/a.xml'/></item>\
            <item><guid>b</guid><link>https://met.example/b.xml</link></item></channel></rss>";
        let expected = ["https://met.example/a.xml", "https://met.example/b.xml"];
        assert_eq!(addresses(rss), expected.map(|text| Some(text.to_owned())));
    }

    #[test]
    fn entries_of_one_message_are_one_and_a_new_date_is_a_new_message() {
        let feed = |dates: [&str; 2]| {
            let entry = |n: usize, date: &str| {
                format!(
                    "<entry><id>urn:{n}</id><updated>{date}</updated><link type='application/cap+xml' href='/cap/1'/></entry>"
                )
            };
            let entries: String = (1..).zip(dates).map(|(n, date)| entry(n, date)).collect();
            index(&format!("<feed xmlns='http://www.w3.org/2005/Atom'>{entries}</feed>"))
        };
        let first = feed(["2026-11-27T10:00:00Z", "2026-11-27T10:01:00Z"]);
        assert_eq!(first.len(), 1);
        assert_eq!(first, feed(["2026-11-27T10:01:00Z", "2026-11-27T10:00:00Z"]), "in any order");
        assert_ne!(first, feed(["2026-11-27T10:00:00Z", "2026-11-27T10:02:00Z"]));
    }

    #[test]
    fn what_means_to_be_a_message_is_one_however_broken() {
        let from = "https://met.example/".parse().expect("an address");
        for text in [
            "<alert/>",
            "\u{feff}<?xml version='1.0'?><!-- <feed> --><cap:alert xmlns:cap='x'><",
            "<!DOCTYPE alert [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><alert>",
        ] {
            assert_eq!(read(text.as_bytes(), &from), Ok(Found::Message), "{text}");
        }
        for text in ["", "{}", "<html><alert/></html>", "<alerts/>", "<feed>"] {
            assert!(read(text.as_bytes(), &from).is_err(), "{text}");
        }
    }
}
