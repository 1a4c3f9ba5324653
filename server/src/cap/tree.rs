//! Text → elements, under limits. No document type, no entity beyond the five that every document has, nothing fetched.
//!
//! Each element knows its namespace and its words; comments, instructions and signatures are passed over.

use quick_xml::NsReader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};

use super::Refusal;
use super::limits::{ATTRIBUTES_MAX, DEPTH_MAX, ELEMENTS_MAX};

/// Signatures are kept with the bytes, and not understood.
const SIGNATURES: &str = "http://www.w3.org/2000/09/xmldsig#";

/// An element.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Element {
    /// Its name without a prefix.
    pub(crate) name: String,
    /// Its namespace, empty where it has none.
    pub(crate) namespace: String,
    /// Its own words, those of its children left out.
    pub(crate) text: String,
    /// What it holds.
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The words, without the space around them.
    pub(crate) fn words(&self) -> &str {
        self.text.trim()
    }

    /// Its children of a name, in their order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child of a name.
    pub(crate) fn first<'a>(&'a self, name: &'a str) -> Option<&'a Self> {
        self.all(name).next()
    }
}

/// The elements on the way to where the reader is.
#[derive(Default)]
struct Way {
    open: Vec<Element>,
    /// How deep within something that is passed over.
    n_passed_over: usize,
    n_elements: usize,
    root: Option<Element>,
}

impl Way {
    fn path(&self) -> String {
        let names: Vec<&str> = self.open.iter().map(|one| one.name.as_str()).collect();
        format!("/{}", names.join("/"))
    }

    fn wrong(&self, reason: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal::new(reason, &self.path(), detail)
    }

    fn enter(&mut self, namespace: &str, start: &BytesStart<'_>) -> Result<(), Refusal> {
        self.n_elements += 1;
        if self.n_elements > ELEMENTS_MAX {
            return Err(self.wrong(
                "too_many_elements",
                format!("the document has more than {ELEMENTS_MAX} elements: send less at once"),
            ));
        }
        if self.open.len() + self.n_passed_over >= DEPTH_MAX {
            return Err(self.wrong("too_deep", format!("elements lie more than {DEPTH_MAX} within each other: a message has five levels")));
        }
        self.check_attributes(start)?;
        if self.n_passed_over > 0 || namespace == SIGNATURES {
            self.n_passed_over += 1;
            return Ok(());
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(
                self.wrong("not_xml", "the document goes on after its end: send one message alone")
            );
        }
        self.open.push(Element {
            name: start.local_name().as_ref().to_owned(),
            namespace: namespace.to_owned(),
            ..Element::default()
        });
        Ok(())
    }

    /// No attribute of a message says anything; too many, or an entity in one, is an attack.
    fn check_attributes(&self, start: &BytesStart<'_>) -> Result<(), Refusal> {
        // Whether one stands twice is asked of few, not of a million with each other.
        for (n, attribute) in start.attributes().with_checks(false).enumerate() {
            if n >= ATTRIBUTES_MAX {
                return Err(self.wrong(
                    "too_many_attributes",
                    format!(
                        "an element has more than {ATTRIBUTES_MAX} attributes: a message needs none"
                    ),
                ));
            }
            attribute.map_err(|cause| {
                self.wrong("not_xml", format!("an attribute cannot be read: {cause}"))
            })?;
        }
        Ok(())
    }

    fn leave(&mut self) {
        if self.n_passed_over > 0 {
            self.n_passed_over -= 1;
            return;
        }
        let Some(done) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(done),
            None => self.root = Some(done),
        }
    }

    fn say(&mut self, words: &str) -> Result<(), Refusal> {
        if self.n_passed_over > 0 {
            return Ok(());
        }
        match self.open.last_mut() {
            Some(element) => element.text.push_str(words),
            None if words.trim().is_empty() => {}
            None => {
                return Err(self.wrong(
                    "not_xml",
                    "there are words outside of the document's element: send one message alone",
                ));
            }
        }
        Ok(())
    }

    fn refer(&mut self, name: &BytesRef<'_>) -> Result<(), Refusal> {
        if name.is_char_ref() {
            let found = name.resolve_char_ref().ok().flatten();
            let found = found.ok_or_else(|| {
                self.wrong("not_xml", "a character is named by a number that is none")
            })?;
            return self.say(found.encode_utf8(&mut [0; 4]));
        }
        let name: &str = name;
        match name {
            "lt" => self.say("<"),
            "gt" => self.say(">"),
            "amp" => self.say("&"),
            "apos" => self.say("'"),
            "quot" => self.say("\""),
            other => {
                let shown: String = other.chars().take(20).collect();
                Err(self.wrong(
                    "entity",
                    format!("&{shown}; is no entity of a message: write the characters themselves"),
                ))
            }
        }
    }
}

/// The element that a document is.
pub(crate) fn parse(text: &str) -> Result<Element, Refusal> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut way = Way::default();
    loop {
        let (namespace, event) = match reader.read_resolved_event() {
            Ok((ResolveResult::Bound(Namespace(name)), event)) => (name.to_owned(), event),
            Ok((ResolveResult::Unbound, event)) => (String::new(), event),
            Ok((ResolveResult::Unknown(prefix), _)) => {
                let prefix: String = prefix.chars().take(20).collect();
                return Err(way.wrong("namespace", format!("the prefix {prefix:?} is bound to no namespace: declare it with xmlns:{prefix}")));
            }
            Err(cause) => {
                let at = reader.error_position();
                return Err(
                    way.wrong("not_xml", format!("at byte {at}: {cause}: send well-formed XML"))
                );
            }
        };
        match event {
            Event::Start(start) => way.enter(&namespace, &start)?,
            Event::Empty(start) => {
                way.enter(&namespace, &start)?;
                way.leave();
            }
            Event::End(_) => way.leave(),
            Event::Text(words) => way.say(&words.xml10_content())?,
            Event::CData(words) => way.say(&words.xml10_content())?,
            Event::GeneralRef(name) => way.refer(&name)?,
            Event::DocType(_) => {
                return Err(way.wrong("doctype", "the document has a document type (<!DOCTYPE …>): leave it out, nothing of it is read"));
            }
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof => break,
        }
    }
    if !way.open.is_empty() || way.n_passed_over > 0 {
        return Err(
            way.wrong("not_xml", "the document ends before its element does: send it whole")
        );
    }
    way.root.ok_or_else(|| {
        Refusal::new("not_xml", "/", "the document has no element: send one CAP message")
    })
}
