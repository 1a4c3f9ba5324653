//! XML as strangers send it: read whole into a small tree, with nothing in it that can grow or reach outside.
//!
//! A DTD is refused, and with it every entity but the five of XML and numbers of characters: there is nothing to expand and nothing
//! to fetch. Names are told apart by their namespace and not by the prefix that a sender chose. Reads CAP as well as feeds.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

/// Elements within elements: real feeds have about ten.
pub const DEPTH_MAX: usize = 64;
/// Elements of one document: the longest feed that we know has twenty thousand.
pub const ELEMENTS_MAX: usize = 200_000;
/// Attributes of one element: real ones have under twenty, and looking for doubles costs by their square.
const ATTRIBUTES_MAX: usize = 64;

/// An element, its words, and what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// The namespace; empty where there is none.
    pub space: String,
    /// The name in it.
    pub name: String,
    /// Attributes by namespace and name, their words unescaped.
    pub attributes: Vec<(String, String, String)>,
    /// Its own words, those of the elements in it left out.
    pub text: String,
    /// The elements in it, in order.
    pub children: Vec<Element>,
}

/// Why a document is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadXml {
    /// Not UTF-8.
    #[error("it is not UTF-8: send it as UTF-8")]
    NotUtf8,
    /// It brings a DTD, which may hold anything.
    #[error("it has a DTD (<!DOCTYPE>), which is not taken: send it without")]
    Dtd,
    /// It names an entity that is not XML's own.
    #[error("it names the entity &{0}; which is not XML's own: write the character itself")]
    Entity(String),
    /// More elements within elements than anybody needs.
    #[error("it is nested deeper than {DEPTH_MAX} elements")]
    TooDeep,
    /// More elements than anybody needs.
    #[error("it has more than {ELEMENTS_MAX} elements")]
    TooMany,
    /// An element with more attributes than anybody needs.
    #[error("an element has more than {ATTRIBUTES_MAX} attributes")]
    TooManyAttributes,
    /// No XML.
    #[error("it is no well-formed XML at byte {at}: {why}")]
    Broken {
        /// Where.
        at: u64,
        /// In the words of the reader.
        why: String,
    },
    /// It ends too early, or has nothing in it.
    #[error("it has no element, or ends within one")]
    Unfinished,
}

impl Element {
    /// The first child of this name in a namespace.
    pub fn child(&self, space: &str, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name && child.space == space)
    }

    /// All children of this name in a namespace.
    pub fn each<'a>(&'a self, space: &'a str, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name && child.space == space)
    }

    /// The trimmed words of the first child of this name; none where they are blank.
    pub fn words(&self, space: &str, name: &str) -> Option<&str> {
        self.child(space, name).and_then(Self::own_words)
    }

    /// Its own words, trimmed; none where they are blank.
    pub fn own_words(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    /// An attribute without a namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attribute_in("", name)
    }

    /// An attribute in a namespace.
    pub fn attribute_in(&self, space: &str, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(at, called, _)| at == space && called == name);
        found.map(|(_, _, value)| value.as_str())
    }

    /// This element and all in it, the outer before the inner.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        let mut left = vec![self];
        std::iter::from_fn(move || {
            let next = left.pop()?;
            left.extend(next.children.iter().rev());
            Some(next)
        })
    }

    fn opened(
        resolver: &NamespaceResolver,
        start: &BytesStart<'_>,
        at: u64,
    ) -> Result<Self, BadXml> {
        let (space, name) = resolver.resolve_element(start.name());
        let mut element = Self {
            space: bound(&space, at)?,
            name: name.into_inner().to_owned(),
            ..Self::default()
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|cause| broken(at, cause))?;
            if element.attributes.len() == ATTRIBUTES_MAX {
                return Err(BadXml::TooManyAttributes);
            }
            let key = attribute.key;
            if key.as_namespace_binding().is_some() {
                continue;
            }
            let (space, name) = resolver.resolve_attribute(key);
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|cause| broken(at, cause))?;
            let name = name.into_inner().to_owned();
            element.attributes.push((bound(&space, at)?, name, value.into_owned()));
        }
        Ok(element)
    }
}

/// The name of a namespace.
fn bound(space: &ResolveResult<'_>, at: u64) -> Result<String, BadXml> {
    match space {
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Bound(space) => Ok(space.into_inner().to_owned()),
        ResolveResult::Unknown(prefix) => {
            Err(broken(at, format!("nothing says what {prefix}: is")))
        }
    }
}

fn broken(at: u64, why: impl std::fmt::Display) -> BadXml {
    BadXml::Broken { at, why: why.to_string() }
}

/// Reads a document.
pub fn read(bytes: &[u8]) -> Result<Element, BadXml> {
    let text = std::str::from_utf8(bytes).map_err(|_bad| BadXml::NotUtf8)?;
    // Some begin with a byte order mark.
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}').trim_start());
    let config = reader.config_mut();
    config.check_end_names = true;
    config.expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut n_elements = 0;
    loop {
        let event = reader.read_event();
        let at = reader.error_position().max(reader.buffer_position());
        match event.map_err(|cause| broken(at, cause))? {
            Event::Start(start) => {
                if root.is_some() {
                    return Err(broken(at, "a second document begins"));
                }
                n_elements += 1;
                if n_elements > ELEMENTS_MAX {
                    return Err(BadXml::TooMany);
                }
                if open.len() == DEPTH_MAX {
                    return Err(BadXml::TooDeep);
                }
                open.push(Element::opened(reader.resolver(), &start, at)?);
            }
            Event::End(_) => {
                let Some(done) = open.pop() else { return Err(BadXml::Unfinished) };
                match open.last_mut() {
                    Some(outer) => outer.children.push(done),
                    None => root = Some(done),
                }
            }
            Event::Text(text) => said(&mut open, &text.xml10_content(), at)?,
            Event::CData(text) => said(&mut open, &text.xml10_content(), at)?,
            Event::GeneralRef(name) => {
                let character = name.resolve_char_ref().map_err(|cause| broken(at, cause))?;
                if let Some(character) = character {
                    said(&mut open, character.encode_utf8(&mut [0; 4]), at)?;
                } else {
                    let name = name.xml10_content();
                    let stands_for = resolve_predefined_entity(&name)
                        .ok_or_else(|| BadXml::Entity(name.chars().take(40).collect()))?;
                    said(&mut open, stands_for, at)?;
                }
            }
            Event::DocType(_) => return Err(BadXml::Dtd),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::Empty(_) => {}
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return Err(BadXml::Unfinished);
    }
    root.ok_or(BadXml::Unfinished)
}

/// Words within the innermost open element; outside of all only blanks may stand.
fn said(open: &mut [Element], words: &str, at: u64) -> Result<(), BadXml> {
    match open.last_mut() {
        Some(element) => element.text.push_str(words),
        None if words.trim().is_empty() => {}
        None => return Err(broken(at, "words stand outside of the document")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> BadXml {
        read(text.as_bytes()).expect_err("it must be refused")
    }

    #[test]
    fn names_are_told_apart_by_namespace_and_words_come_as_they_were_meant() {
        let text = "\u{feff}<?xml version=\"1.0\"?>\n<!-- a feed --><rss xmlns:g=\"urn:geo\" xmlns=\"urn:d\">\
            <g:point a=\"1 &amp; 2\" g:b='x'> 41.4 2.1 </g:point><point/>\
            <t>a &lt;b&gt; &#x41;&#66;<![CDATA[ <i>c</i> &amp;]]></t></rss>";
        let root = read(text.as_bytes()).expect("XML");
        assert_eq!((root.space.as_str(), root.name.as_str()), ("urn:d", "rss"));
        let point = root.child("urn:geo", "point").expect("the point");
        assert_eq!(point.own_words(), Some("41.4 2.1"));
        assert_eq!(
            (point.attribute("a"), point.attribute_in("urn:geo", "b")),
            (Some("1 & 2"), Some("x"))
        );
        assert_eq!(root.words("urn:d", "point"), None, "blank is absent");
        assert_eq!(root.words("urn:d", "t"), Some("a <b> AB <i>c</i> &amp;"));
        let names: Vec<_> = root.all().map(|element| element.name.as_str()).collect();
        assert_eq!(names, ["rss", "point", "point", "t"]);
    }

    #[test]
    fn what_can_grow_or_reach_outside_is_refused() {
        let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>";
        assert_eq!(refused(laughs), BadXml::Dtd);
        assert_eq!(refused("<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><r/>"), BadXml::Dtd);
        assert_eq!(refused("<?xml version='1.0'?>\n<!doctype html><r/>"), BadXml::Dtd);
        assert_eq!(refused("<r>&xxe;</r>"), BadXml::Entity("xxe".to_owned()));
        assert!(matches!(refused("<r a='&xxe;'/>"), BadXml::Broken { .. }));
        let deep = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
        assert!(read(deep(DEPTH_MAX).as_bytes()).is_ok());
        assert_eq!(refused(&deep(DEPTH_MAX + 1)), BadXml::TooDeep);
        let wide = |n: usize| format!("<r>{}</r>", "<a/>".repeat(n));
        assert!(read(wide(ELEMENTS_MAX - 1).as_bytes()).is_ok());
        assert_eq!(refused(&wide(ELEMENTS_MAX)), BadXml::TooMany);
        let many: String =
            (0..=ATTRIBUTES_MAX).map(|n| format!(" a{n}='x'")).collect::<Vec<_>>().concat();
        assert_eq!(refused(&format!("<r{many}/>")), BadXml::TooManyAttributes);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for text in [
            "",
            "  ",
            "words",
            "<r>",
            "<a><b></a></b>",
            "<r/><s/>",
            "<r/>words",
            "<p:r/>",
            "<r a=1/>",
            "<r a='1' a='2'/>",
            "<r>&#0;</r>",
            "<r>&#xd800;</r>",
            "</r>",
        ] {
            let why = refused(text);
            assert!(!matches!(why, BadXml::Dtd | BadXml::NotUtf8), "{text}: {why}");
        }
        assert_eq!(read(b"<r>\xff</r>"), Err(BadXml::NotUtf8));
    }
}
