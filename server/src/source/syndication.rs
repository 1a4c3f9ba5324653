//! RSS 2.0, RSS 1.0 and Atom as one list of items, with the places that `GeoRSS` and its relatives give them. No item is judged here.

use wire::time::Timestamp;

use super::moment::moment;
use super::spot::{Spot, around, lat_lng_pairs};
use super::xml::Element;

pub(super) const ATOM: &str = "http://www.w3.org/2005/Atom";
const RSS_1: &str = "http://purl.org/rss/1.0/";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
const GEORSS: &str = "http://www.georss.org/georss";
const GML: &str = "http://www.opengis.net/gml";
const W3C_GEO: &str = "http://www.w3.org/2003/01/geo/wgs84_pos#";

/// A feed.
#[derive(Debug)]
pub(super) struct Syndication<'a> {
    /// Its own date, as it states it.
    pub(super) at: Option<Timestamp>,
    pub(super) lang: Option<String>,
    pub(super) items: Vec<Item<'a>>,
}

/// One item, as it is written.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) element: &'a Element,
    pub(super) id: Option<&'a str>,
    pub(super) title: Option<Said<'a>>,
    pub(super) summary: Option<Said<'a>>,
    pub(super) author: Option<&'a str>,
    pub(super) link: Option<&'a str>,
    pub(super) published: Option<Result<Timestamp, ()>>,
    pub(super) updated: Option<Result<Timestamp, ()>>,
    pub(super) place_name: Option<&'a str>,
}

/// Words, and whether they hold markup.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    pub(super) words: &'a str,
    pub(super) is_html: bool,
}

impl Said<'_> {
    /// The words without markup.
    pub(super) fn plain(self) -> String {
        if self.is_html { super::words::of_html(self.words) } else { self.words.to_owned() }
    }
}

/// The items of a document; none where it is no such feed.
pub(super) fn syndication(root: &Element) -> Option<Syndication<'_>> {
    match (root.space.as_str(), root.name.as_str()) {
        ("", "rss") => {
            let channel = root.child("", "channel")?;
            Some(rss(channel, channel, ""))
        }
        (_, "RDF") => Some(rss(root.child(RSS_1, "channel")?, root, RSS_1)),
        (ATOM, "feed") => Some(atom(root)),
        _ => None,
    }
}

fn rss<'a>(channel: &'a Element, holder: &'a Element, space: &'a str) -> Syndication<'a> {
    let date = |name| channel.words(space, name).and_then(moment);
    Syndication {
        at: date("lastBuildDate").max(date("pubDate")),
        lang: channel.words(space, "language").map(str::to_owned),
        items: holder.each(space, "item").map(|item| of_rss(item, space)).collect(),
    }
}

fn stated(words: Option<&str>) -> Option<Result<Timestamp, ()>> {
    words.map(|words| moment(words).ok_or(()))
}

fn of_rss<'a>(item: &'a Element, space: &'a str) -> Item<'a> {
    let html = |words| Said { words, is_html: true };
    let link = item.words(space, "link");
    Item {
        element: item,
        id: item.words(space, "guid").or(link),
        title: item.words(space, "title").map(html),
        summary: item
            .words(space, "description")
            .or_else(|| item.words(CONTENT, "encoded"))
            .map(html),
        author: item.words(DC, "creator"),
        link,
        published: stated(item.words(space, "pubDate").or_else(|| item.words(DC, "date"))),
        updated: stated(item.words(ATOM, "updated")),
        place_name: item.words(GEORSS, "featurename").or_else(|| item.words(GEORSS, "featureName")),
    }
}

fn atom(feed: &Element) -> Syndication<'_> {
    Syndication {
        at: feed.words(ATOM, "updated").and_then(moment),
        lang: feed.attribute_in("http://www.w3.org/XML/1998/namespace", "lang").map(str::to_owned),
        items: feed.each(ATOM, "entry").map(of_atom).collect(),
    }
}

fn of_atom(entry: &Element) -> Item<'_> {
    let said = |name| {
        let element = entry.child(ATOM, name)?;
        let kind = element.attribute("type").unwrap_or("text");
        // XHTML is markup in the tree: its words alone are taken, as the elements have them.
        let words = match kind {
            "xhtml" => element.all().find_map(|inner| inner.own_words())?,
            _ => element.own_words()?,
        };
        Some(Said { words, is_html: kind.contains("html") && kind != "xhtml" })
    };
    let links = entry.each(ATOM, "link");
    let link = links
        .filter(|link| link.attribute("rel").is_none_or(|rel| rel == "alternate"))
        .find_map(|link| link.attribute("href"));
    let updated = stated(entry.words(ATOM, "updated"));
    Item {
        element: entry,
        id: entry.words(ATOM, "id").or(link),
        title: said("title"),
        summary: said("summary").or_else(|| said("content")),
        author: entry.child(ATOM, "author").and_then(|author| author.words(ATOM, "name")),
        link,
        published: stated(entry.words(ATOM, "published")).or(updated),
        updated,
        place_name: entry
            .words(GEORSS, "featurename")
            .or_else(|| entry.words(GEORSS, "featureName")),
    }
}

impl Item<'_> {
    /// Where it is, as `GeoRSS`, the W3C's points or GML say it; an error where what they say is no place on Earth.
    pub(super) fn spot(&self) -> Option<Result<Spot, ()>> {
        let shape = self.shape()?;
        let spot = shape.and_then(|points| around(&points).ok_or(()));
        let radius = self.element.words(GEORSS, "radius").and_then(|text| text.parse::<f64>().ok());
        Some(spot.map(|mut spot| {
            if let Some(radius_m) =
                radius.filter(|radius_m| (0.0..=20_037_508.0).contains(radius_m))
            {
                spot.radius_m = spot.radius_m.max(radius_m.ceil() as u32);
            }
            spot
        }))
    }

    fn shape(&self) -> Option<Result<Vec<wire::geo::LngLat>, ()>> {
        let item = self.element;
        // Simple first: whoever writes both writes the same twice.
        for name in ["point", "line", "polygon", "box"] {
            if let Some(words) = item.words(GEORSS, name) {
                return Some(lat_lng_pairs(words).ok_or(()));
            }
        }
        if let Some(shape) = item.child(GEORSS, "where") {
            let written = shape.all().find(|inner| {
                inner.space.starts_with(GML)
                    && ["pos", "posList"].contains(&inner.name.as_str())
                    && inner.own_words().is_some()
            })?;
            return Some(lat_lng_pairs(&written.text).ok_or(()));
        }
        let point = item.child(W3C_GEO, "Point").unwrap_or(item);
        let (lat, lng) = (point.words(W3C_GEO, "lat")?, point.words(W3C_GEO, "long")?);
        Some(lat_lng_pairs(&format!("{lat} {lng}")).ok_or(()))
    }
}
