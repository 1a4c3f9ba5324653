//! An element and the way to it: what it must hold, what it may, and how a refusal names it.

use std::str::FromStr;

use wire::advisory::Pair;
use wire::time::Timestamp;

use super::Refusal;
use super::limits::{NAME_BYTES_MAX, SHOWN_CHARS};
use super::tree::Element;

/// Times before this are no message's: the protocol is younger.
const YEAR_2000: Timestamp = Timestamp(946_684_800_000);

/// An element with its path.
#[derive(Debug, Clone)]
pub(super) struct At<'a> {
    pub(super) element: &'a Element,
    pub(super) path: String,
}

/// What of a value is shown.
pub(super) fn shown(value: &str) -> String {
    let mut shown: String = value.chars().take(SHOWN_CHARS).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

impl<'a> At<'a> {
    pub(super) fn new(element: &'a Element, path: impl Into<String>) -> Self {
        Self { element, path: path.into() }
    }

    pub(super) fn wrong(&self, reason: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal::new(reason, &self.path, detail)
    }

    /// Its children of a name, each with its number.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = At<'a>> + use<'a> {
        let path = self.path.clone();
        let those = self.element.all(name).zip(1..);
        those.map(move |(element, n)| At::new(element, format!("{path}/{name}[{n}]")))
    }

    /// The child of a name, if it is there and has words; it may not stand twice.
    pub(super) fn one(&self, name: &'static str) -> Result<Option<At<'a>>, Refusal> {
        let mut those = self.element.all(name);
        let first = those.next();
        if those.next().is_some() {
            return Err(Refusal::new(
                "stands_twice",
                &format!("{}/{name}", self.path),
                format!("{name} stands there twice: keep one"),
            ));
        }
        let found = first.map(|element| At::new(element, format!("{}/{name}", self.path)));
        Ok(found.filter(|at| !at.element.words().is_empty()))
    }

    /// The child of a name, which must be there.
    pub(super) fn need(&self, name: &'static str, remedy: &str) -> Result<At<'a>, Refusal> {
        if let Some(found) = self.one(name)? {
            return Ok(found);
        }
        let is_there = self.element.first(name).is_some();
        let (reason, what) =
            if is_there { ("empty", "is empty") } else { ("missing", "is missing") };
        Err(Refusal::new(
            reason,
            &format!("{}/{name}", self.path),
            format!("{name} {what}: {remedy}"),
        ))
    }

    /// The words of a child.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        Ok(self.one(name)?.map(|at| at.element.words().to_owned()))
    }

    /// Its words as a short name.
    pub(super) fn name(&self) -> Result<String, Refusal> {
        let words = self.element.words();
        if words.len() > NAME_BYTES_MAX {
            return Err(self.wrong(
                "too_long",
                format!(
                    "{} has {} bytes, at most {NAME_BYTES_MAX} are taken",
                    shown(words),
                    words.len()
                ),
            ));
        }
        Ok(words.to_owned())
    }

    /// Its words as one of a vocabulary.
    pub(super) fn word<T: FromStr>(&self, of: &[&str]) -> Result<T, Refusal> {
        let words = self.element.words();
        words.parse().map_err(|_unknown| {
            self.wrong(
                "unknown_word",
                format!("{} is none of the words here: send {}", shown(words), of.join(", ")),
            )
        })
    }

    /// Its words as a moment, and whether a zone had to be assumed.
    pub(super) fn moment(&self) -> Result<(Timestamp, bool), Refusal> {
        let words = self.element.words();
        moment(words).ok_or_else(|| {
            self.wrong(
                "bad_time",
                format!(
                    "{} is no moment from the year 2000 on: send 2026-11-27T10:00:00+01:00",
                    shown(words)
                ),
            )
        })
    }

    /// The moment of a child.
    pub(super) fn moment_of(&self, name: &'static str) -> Result<Option<Timestamp>, Refusal> {
        self.one(name)?.map(|at| at.moment().map(|(at, _)| at)).transpose()
    }

    /// A `valueName` with its `value`; in 1.0 both stand in one text, `NAME=value`. None where it has no value.
    pub(super) fn pair(&self) -> Result<Option<Pair>, Refusal> {
        let name = self.one("valueName")?;
        let value = self.one("value")?;
        Ok(match (name, value) {
            (Some(name), Some(value)) => {
                Some(Pair { name: name.name()?, value: value.element.words().to_owned() })
            }
            (None, None) => {
                let words = self.element.words();
                let (name, value) = words.split_once('=').unwrap_or(("", words));
                let pair = Pair { name: name.trim().to_owned(), value: value.trim().to_owned() };
                Some(pair).filter(|pair| !pair.value.is_empty())
            }
            _ => None,
        })
    }
}

/// A moment, and whether its zone was assumed: without one it is read as UTC. Fractions are kept to the millisecond.
pub(super) fn moment(words: &str) -> Option<(Timestamp, bool)> {
    let (at, is_assumed) = match words.parse::<Timestamp>() {
        Ok(at) => (at, false),
        Err(_bad) => (format!("{words}Z").parse().ok()?, true),
    };
    (at >= YEAR_2000).then_some((at, is_assumed))
}
