//! The elements of a message → an advisory.

use engine::advisory::{Advisory, AdvisoryId, Block};
use wire::advisory::{AdvisoryScope, AdvisoryStatus, MsgType, Pair};
use wire::grade::{Certainty, Severity, Urgency};

use super::Refusal;
use super::field::{At, moment, shown};
use super::limits::{AREAS_MAX, BLOCKS_MAX, CORNERS_MAX, PAIRS_MAX, REFERENCES_MAX};
use super::place::{self, Left};
use super::tree::Element;

/// The version of a message, by its namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1_0,
    V1_1,
    V1_2,
}

const NAMESPACES: [(&str, Version); 3] = [
    ("urn:oasis:names:tc:emergency:cap:1.2", Version::V1_2),
    ("urn:oasis:names:tc:emergency:cap:1.1", Version::V1_1),
    ("http://www.incident.com/cap/1.0", Version::V1_0),
];

/// The language of an `info` that names none.
const LANGUAGE: &str = "en-US";

/// The sequence of the elements of an alert.
const OF_ALERT: [&str; 16] = [
    "identifier",
    "sender",
    "sent",
    "status",
    "msgType",
    "password",
    "source",
    "scope",
    "restriction",
    "addresses",
    "code",
    "note",
    "references",
    "incidents",
    "info",
    "Signature",
];

/// The same of an info.
const OF_BLOCK: [&str; 22] = [
    "language",
    "category",
    "event",
    "responseType",
    "urgency",
    "severity",
    "certainty",
    "audience",
    "eventCode",
    "effective",
    "onset",
    "expires",
    "senderName",
    "headline",
    "description",
    "instruction",
    "web",
    "contact",
    "parameter",
    "resource",
    "area",
    "Signature",
];

const CATEGORIES: [&str; 12] = [
    "Geo",
    "Met",
    "Safety",
    "Security",
    "Rescue",
    "Fire",
    "Health",
    "Env",
    "Transport",
    "Infra",
    "CBRNE",
    "Other",
];

const RESPONSES: [&str; 9] =
    ["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"];

/// Says what an end is that `expires` is not.
const ENDING: &str = "eventEndingTime";

/// The words of a vocabulary.
macro_rules! words {
    ($name:ident) => {
        $name::ALL.iter().map(|word| word.word()).collect::<Vec<_>>()
    };
}

pub(super) fn read(root: &Element) -> Result<Advisory, Refusal> {
    let version = version(root)?;
    let at = At::new(root, "/alert");
    in_order(&at, &OF_ALERT)?;
    let identifier = at.need("identifier", "give the message a name of its own")?.name()?;
    let sender = at.need("sender", "say who sends it")?.name()?;
    let sent = at.need("sent", "say when it was sent")?;
    let (sent, sent_without_zone) = sent.moment()?;
    let status = at.need("status", "send Actual, Exercise, System, Test or Draft")?;
    let status: AdvisoryStatus = status.word(&words!(AdvisoryStatus))?;
    let msg_type = at.need("msgType", "send Alert, Update, Cancel, Ack or Error")?;
    let msg_type: MsgType = msg_type.word(&words!(MsgType))?;
    let scope = match at.one("scope")? {
        // The first version did not ask for it.
        None if version == Version::V1_0 => AdvisoryScope::default(),
        _ => {
            let scope = at.need("scope", "send Public, Restricted or Private")?;
            scope.word(&words!(AdvisoryScope))?
        }
    };
    let mut references = Vec::new();
    if let Some(found) = at.one("references")? {
        for (triple, n) in found.element.words().split_whitespace().zip(1..) {
            references.push(reference(&found, triple, n)?);
        }
    }
    let mut left = Left { areas: AREAS_MAX, corners: CORNERS_MAX, pairs: PAIRS_MAX };
    let mut blocks = Vec::new();
    for info in at.all("info") {
        if blocks.len() == BLOCKS_MAX {
            return Err(info.wrong(
                "too_many",
                format!("the message has more than {BLOCKS_MAX} info: send it in parts"),
            ));
        }
        blocks.push(block(&info, version, &mut left)?);
    }
    Ok(Advisory {
        id: AdvisoryId { sender, identifier, sent },
        sent_without_zone,
        status,
        msg_type,
        scope,
        references,
        note: at.text("note")?,
        blocks,
    })
}

fn version(root: &Element) -> Result<Version, Refusal> {
    let known = NAMESPACES.iter().find(|(name, _)| *name == root.namespace);
    match known {
        Some((_, version)) if root.name == "alert" => Ok(*version),
        _ => Err(Refusal::new(
            "not_cap",
            "/",
            format!(
                "the document is {} in the namespace {}: send an alert in {}",
                shown(&root.name),
                shown(&root.namespace),
                NAMESPACES.map(|(name, _)| name).join(" or ")
            ),
        )),
    }
}

/// Known elements come in the order that the standard gives them; unknown ones are passed over.
fn in_order(at: &At<'_>, order: &[&str]) -> Result<(), Refusal> {
    let mut last = 0;
    for child in &at.element.children {
        let Some(place) = order.iter().position(|name| *name == child.name) else { continue };
        if place < last {
            let before = order.get(last).copied().unwrap_or_default();
            return Err(Refusal::new(
                "out_of_order",
                &format!("{}/{}", at.path, child.name),
                format!("{} stands after {before}: move it before", child.name),
            ));
        }
        last = place;
    }
    Ok(())
}

/// `sender,identifier,sent`. A sender has no comma; an identifier that has one is still between the first and the last.
fn reference(at: &At<'_>, triple: &str, n: usize) -> Result<AdvisoryId, Refusal> {
    if n > REFERENCES_MAX {
        return Err(
            at.wrong("too_many", format!("more than {REFERENCES_MAX} references: name the newest"))
        );
    }
    let wrong = || {
        at.wrong("bad_reference", format!("reference {n}, {}, is not \"sender,identifier,sent\": send the three of the message that is meant", shown(triple)))
    };
    let (sender, rest) = triple.split_once(',').ok_or_else(wrong)?;
    let (identifier, sent) = rest.rsplit_once(',').ok_or_else(wrong)?;
    let (sent, _) = moment(sent).ok_or_else(wrong)?;
    Ok(AdvisoryId { sender: sender.to_owned(), identifier: identifier.to_owned(), sent })
}

fn block(at: &At<'_>, version: Version, left: &mut Left) -> Result<Block, Refusal> {
    in_order(at, &OF_BLOCK)?;
    let language = at.one("language")?.map(|one| one.name()).transpose()?;
    let several = |name: &'static str, of: &[&str]| {
        let those = at.all(name).filter(|one| !one.element.words().is_empty());
        those.map(|one| known_word(&one, of)).collect::<Result<Vec<String>, Refusal>>()
    };
    let category = several("category", &CATEGORIES)?;
    if category.is_empty() && version != Version::V1_0 {
        at.need("category", &format!("send {}", CATEGORIES.join(", ")))?;
    }
    let grade = |name: &'static str, of: &[&str]| at.need(name, &format!("send {}", of.join(", ")));
    let urgency = grade("urgency", &words!(Urgency))?.word::<Urgency>(&words!(Urgency))?;
    let severity = grade("severity", &words!(Severity))?.word::<Severity>(&words!(Severity))?;
    let certainty = grade("certainty", &words!(Certainty))?;
    // A word of the first version, which the later ones tell to read so.
    let certainty = match certainty.element.words() {
        "Very Likely" => Certainty::Likely,
        _ => certainty.word(&words!(Certainty))?,
    };
    let mut pairs = |name: &'static str| -> Result<Vec<Pair>, Refusal> {
        let mut found = Vec::new();
        for one in at.all(name) {
            let Some(rest) = left.pairs.checked_sub(1) else {
                return Err(one.wrong(
                    "too_many",
                    "the message has too many codes and parameters: send it in parts",
                ));
            };
            left.pairs = rest;
            found.extend(one.pair()?);
        }
        Ok(found)
    };
    let (event_codes, parameters) = (pairs("eventCode")?, pairs("parameter")?);
    let ending = parameters.iter().find(|pair| pair.name == ENDING);
    let ends = ending.and_then(|pair| moment(&pair.value)).map(|(at, _)| at);
    let mut areas = Vec::new();
    for area in at.all("area") {
        areas.push(place::area(&area, left)?);
    }
    Ok(Block {
        language: language.unwrap_or_else(|| LANGUAGE.to_owned()),
        category,
        event: at.need("event", "say what happens")?.element.words().to_owned(),
        response_type: several("responseType", &RESPONSES)?,
        urgency,
        severity,
        certainty,
        effective: at.moment_of("effective")?,
        onset: at.moment_of("onset")?,
        expires: at.moment_of("expires")?,
        ends,
        sender_name: at.text("senderName")?,
        headline: at.text("headline")?,
        description: at.text("description")?,
        instruction: at.text("instruction")?,
        web: at.text("web")?,
        contact: at.text("contact")?,
        event_codes,
        parameters,
        areas,
    })
}

fn known_word(at: &At<'_>, of: &[&str]) -> Result<String, Refusal> {
    let words = at.element.words();
    if of.contains(&words) {
        return Ok(words.to_owned());
    }
    Err(at.wrong(
        "unknown_word",
        format!("{} is none of the words here: send {}", shown(words), of.join(", ")),
    ))
}
