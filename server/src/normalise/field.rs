//! Fields of one item: taken by name, checked for their type, every refusal with its pointer.

use std::borrow::Cow;

use wire::time::Timestamp;

use super::json::Json;
use super::{Context, Reject};
use engine::limits::CLOCK_AHEAD_MS;

/// 2000-01-01T00:00:00Z: before it no report of this room can have been observed; a 1970 is a broken clock.
const YEAR_2000: Timestamp = Timestamp(946_684_800_000);

/// The members of an object, each taken once. What is left over is foreign.
pub(super) struct Fields<'a> {
    members: Vec<(Cow<'a, str>, Json<'a>)>,
    /// The pointer of the object itself.
    at: &'static str,
}

impl<'a> Fields<'a> {
    /// The members of an object that stands at `at`.
    pub(super) fn of(value: Json<'a>, at: &'static str) -> Result<Self, Reject> {
        match value {
            Json::Object(members) => Ok(Self { members, at }),
            other => Err(Reject::new(
                "wrong_type",
                at,
                format!("must be an object, not {}", other.name()),
            )),
        }
    }

    /// No members.
    pub(super) fn none(at: &'static str) -> Self {
        Self { members: Vec::new(), at }
    }

    /// A member that is there and not null.
    pub(super) fn take(&mut self, key: &str) -> Option<Json<'a>> {
        let position = self.members.iter().position(|(known, _)| known == key)?;
        let (_, value) = self.members.swap_remove(position);
        (value != Json::Null).then_some(value)
    }

    /// A string that stays where it is.
    pub(super) fn look(&self, key: &str) -> Option<&str> {
        self.members.iter().find_map(|(known, value)| match value {
            Json::Text(text) if known == key => Some(text.trim()),
            _ => None,
        })
    }

    /// What nobody took, as JSON of at most so many bytes; none where nothing is left, or more.
    pub(super) fn rest(mut self, bytes_max: usize) -> Option<String> {
        self.members.retain(|(_, value)| *value != Json::Null);
        if self.members.is_empty() || bytes_max == 0 {
            return None;
        }
        let text = serde_json::to_string(&Json::Object(self.members)).ok()?;
        (text.len() <= bytes_max).then_some(text)
    }

    fn pointer(&self, key: &str) -> String {
        format!("{}/{key}", self.at)
    }

    /// A refusal of the member.
    pub(super) fn refuse(
        &self,
        key: &str,
        reason: &'static str,
        detail: impl Into<String>,
    ) -> Reject {
        Reject { reason, pointer: self.pointer(key), detail: detail.into() }
    }

    fn wrong(&self, key: &str, wanted: &str, found: &Json<'_>) -> Reject {
        self.refuse(key, "wrong_type", format!("must be {wanted}, not {}", found.name()))
    }

    /// A string without NUL, trimmed; blank is absent.
    pub(super) fn text(&mut self, key: &str) -> Result<Option<Cow<'a, str>>, Reject> {
        match self.take(key) {
            None => Ok(None),
            Some(Json::Text(text)) => {
                self.clean(key, &text)?;
                Ok(trimmed(text))
            }
            Some(other) => Err(self.wrong(key, "a string", &other)),
        }
    }

    /// Refuses NUL, which the databases and many readers cut at.
    fn clean(&self, key: &str, text: &str) -> Result<(), Reject> {
        if text.as_bytes().contains(&0) {
            return Err(self.refuse(key, "nul", "must not contain U+0000: remove it"));
        }
        Ok(())
    }

    /// A string of at most `max` characters.
    pub(super) fn short(&mut self, key: &str, max: usize) -> Result<Option<String>, Reject> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        // Bytes bound characters from above, so most texts need no count.
        if text.len() > max && text.chars().count() > max {
            return Err(self.refuse(
                key,
                "too_long",
                format!("may have {max} characters: shorten it"),
            ));
        }
        Ok(Some(text.into_owned()))
    }

    /// A string of at most `max` bytes.
    pub(super) fn long(&mut self, key: &str, max: usize) -> Result<Option<String>, Reject> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        if text.len() > max {
            return Err(self.refuse(
                key,
                "text_too_long",
                format!("has {} bytes of UTF-8, {max} are taken: shorten it", text.len()),
            ));
        }
        Ok(Some(text.into_owned()))
    }

    /// A string or a whole number, as a string: the ids of `GeoJSON`.
    pub(super) fn id(&mut self, key: &str, max: usize) -> Result<Option<String>, Reject> {
        let whole = match self.members.iter().find(|(known, _)| known == key) {
            Some((_, Json::Int(n))) => Some(n.to_string()),
            Some((_, Json::Large(n))) => Some(n.to_string()),
            Some((_, Json::Float(n))) => Some(n.to_string()),
            _ => None,
        };
        if whole.is_some() { Ok(whole) } else { self.short(key, max) }
    }

    /// A word of a vocabulary, in any case.
    pub(super) fn word<W>(
        &mut self,
        key: &str,
        reason: &'static str,
        all: &[W],
        word: fn(W) -> &'static str,
    ) -> Result<Option<W>, Reject>
    where
        W: Copy,
    {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let found = all.iter().copied().find(|known| word(*known).eq_ignore_ascii_case(&text));
        found.map(Some).ok_or_else(|| {
            let words: Vec<_> = all.iter().map(|known| word(*known)).collect();
            self.refuse(key, reason, format!("must be one of {}", words.join(", ")))
        })
    }

    /// A number.
    pub(super) fn number(&mut self, key: &str) -> Result<Option<f64>, Reject> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => match value.number() {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(key, "a number", &value)),
            },
        }
    }

    /// A moment as stated.
    pub(super) fn moment(&mut self, key: &str) -> Result<Option<Timestamp>, Reject> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        stated(&text).map(Some).map_err(|(reason, detail)| self.refuse(key, reason, detail))
    }
}

/// A moment in words, not before 2000.
pub(super) fn stated(text: &str) -> Result<Timestamp, (&'static str, &'static str)> {
    let moment: Timestamp = text.parse().map_err(|_bad| {
        ("bad_time", "must be RFC 3339 with a zone, such as 2026-11-23T10:00:00Z")
    })?;
    if moment < YEAR_2000 {
        return Err(("too_old", "is before 2000: set the sender's clock"));
    }
    Ok(moment)
}

/// The moment as it enters: more than five minutes ahead of receipt it is placed at receipt. Says whether it was.
pub(super) fn placed(stated: Timestamp, context: &Context<'_>) -> (Timestamp, bool) {
    if stated.ms_since(context.now) > CLOCK_AHEAD_MS {
        (context.now, true)
    } else {
        (stated, false)
    }
}

fn trimmed(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let core = text.trim();
    if core.is_empty() {
        None
    } else if core.len() == text.len() {
        Some(text)
    } else {
        Some(match text {
            Cow::Borrowed(whole) => Cow::Borrowed(whole.trim()),
            Cow::Owned(_) => Cow::Owned(core.to_owned()),
        })
    }
}
