//! Strict JSON: duplicate keys, depth and size are checked while reading, and text is borrowed from the body.
//!
//! `serde_json` alone keeps the last of two equal keys, so two readers could understand one report differently.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::BadBody;

/// How deep arrays and objects may nest: a collection of multipolygons needs eight.
pub(super) const DEPTH_MAX: u8 = 32;

/// Beyond this many keys duplicates are sought by sorting, below it by looking back: both without allocation in
/// ordinary reports, and never quadratic.
const KEYS_LOOKED_BACK: usize = 24;

/// A JSON value that borrows its text from the body.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number beyond `i64`.
    Large(u64),
    /// Any other number; always finite.
    Float(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object without duplicate keys, in its own order.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    /// What it is, for messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Large(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Its number, if it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(n) => Some(*n as f64),
            Self::Large(n) => Some(*n as f64),
            Self::Float(n) => Some(*n),
            _ => None,
        }
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, into: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => into.serialize_unit(),
            Self::Bool(value) => into.serialize_bool(*value),
            Self::Int(value) => into.serialize_i64(*value),
            Self::Large(value) => into.serialize_u64(*value),
            Self::Float(value) => into.serialize_f64(*value),
            Self::Text(text) => into.serialize_str(text),
            Self::List(items) => into.collect_seq(items),
            Self::Object(members) => {
                into.collect_map(members.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

/// Bytes of one item, counted while it is read; past the limit the rest is skipped, not kept.
#[derive(Debug)]
pub(super) struct Meter {
    spent: Cell<usize>,
    max: usize,
}

impl Meter {
    /// A meter for one item.
    pub(super) fn new(max: usize) -> Self {
        Self { spent: Cell::new(0), max }
    }

    fn spend(&self, bytes: usize) {
        self.spent.set(self.spent.get().saturating_add(bytes));
    }

    /// Whether the item is larger than allowed.
    pub(super) fn over(&self) -> bool {
        self.spent.get() > self.max
    }
}

/// Reads one value at a depth.
#[derive(Clone, Copy)]
pub(super) struct Value<'m> {
    /// How deep it stands.
    pub(super) depth: u8,
    /// The item's meter.
    pub(super) meter: &'m Meter,
}

impl Value<'_> {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= DEPTH_MAX {
            return Err(E::custom("[too_deep] more than 32 levels of nesting"));
        }
        Ok(Self { depth: self.depth + 1, meter: self.meter })
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Json<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        self.meter.spend(4);
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        self.meter.spend(4);
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        self.meter.spend(2);
        Ok(Json::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        self.meter.spend(2);
        Ok(i64::try_from(value).map_or(Json::Large(value), Json::Int))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json<'de>, E> {
        self.meter.spend(4);
        if !value.is_finite() {
            return Err(E::custom("[number_out_of_range] number out of range"));
        }
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        self.meter.spend(text.len() + 2);
        Ok(Json::Text(Cow::Owned(if self.meter.over() { String::new() } else { text.to_owned() })))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        self.meter.spend(text.len() + 2);
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let inner = self.inner()?;
        let mut list = Vec::new();
        self.meter.spend(2);
        while !self.meter.over() {
            match items.next_element_seed(inner)? {
                Some(item) => list.push(item),
                None => return Ok(Json::List(list)),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::List(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json<'de>, A::Error> {
        let inner = self.inner()?;
        let mut object: Vec<(Cow<'de, str>, Json<'de>)> = Vec::with_capacity(8);
        self.meter.spend(2);
        while !self.meter.over() {
            let Some(key) = members.next_key_seed(Key)? else {
                if object.len() > KEYS_LOOKED_BACK {
                    no_duplicates(&object)?;
                }
                return Ok(Json::Object(object));
            };
            self.meter.spend(key.len() + 4);
            if object.len() <= KEYS_LOOKED_BACK && object.iter().any(|(known, _)| *known == key) {
                return Err(duplicate(&key));
            }
            let value = members.next_value_seed(inner)?;
            object.push((key, value));
        }
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Json::Object(Vec::new()))
    }
}

fn no_duplicates<E: serde::de::Error>(object: &[(Cow<'_, str>, Json<'_>)]) -> Result<(), E> {
    let mut keys: Vec<&str> = object.iter().map(|(key, _)| key.as_ref()).collect();
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(duplicate(pair[0])),
        None => Ok(()),
    }
}

/// The error of a key that stands twice.
pub(super) fn duplicate<E: serde::de::Error>(key: &str) -> E {
    let short: String = key.chars().take(40).collect();
    E::custom(format!("[duplicate_key] the key {short:?} stands twice in one object"))
}

/// Reads one key.
pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }
}

/// Why bytes are not JSON, in a stable word and a sentence that names the place and never the content.
pub(super) fn refusal(error: &serde_json::Error) -> (&'static str, String) {
    const OWN: [&str; 4] = ["duplicate_key", "too_deep", "number_out_of_range", "too_many_items"];
    let text = error.to_string();
    if let Some(rest) = text.strip_prefix('[') {
        for reason in OWN {
            if let Some(told) = rest.strip_prefix(reason) {
                return (reason, told.trim_start_matches(']').trim().to_owned());
            }
        }
    }
    let reason = if text.contains("number out of range") {
        "number_out_of_range"
    } else if text.contains("surrogate") || text.contains("end of hex escape") {
        "lone_surrogate"
    } else if text.contains("recursion limit") {
        "too_deep"
    } else {
        "invalid_json"
    };
    // What many libraries write for a number that is none.
    let hint = if text.contains("expected value") || text.contains("invalid number") {
        "; JSON has no NaN and no Infinity: for no value send nothing"
    } else {
        ""
    };
    (reason, format!("not valid JSON (RFC 8259): {text}{hint}"))
}

/// The same as the refusal of a whole body.
pub(super) fn bad_body(error: &serde_json::Error) -> BadBody {
    match refusal(error) {
        ("too_many_items", detail) => BadBody::TooLarge(detail),
        (reason, detail) => BadBody::Json { reason, detail },
    }
}

/// Reads one document and nothing after it.
pub(super) fn document<'a>(bytes: &'a [u8], meter: &Meter) -> Result<Json<'a>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Value { depth: 0, meter }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// The error that ends reading when a body holds more items than allowed.
pub(super) fn too_many<E: serde::de::Error>(max: usize) -> E {
    E::custom(format!(
        "[too_many_items] more than {max} items in one request; nothing was stored: send them in several requests"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &[u8]) -> &'static str {
        document(text, &Meter::new(1 << 20)).map_or_else(|error| refusal(&error).0, |_| "fine")
    }

    #[test]
    fn what_is_not_strict_json_is_refused_with_its_own_word() {
        assert_eq!(reason(br#"{"a":1,"b":{"c":[]}}"#), "fine");
        assert_eq!(reason(br#"{"a":1,"a":2}"#), "duplicate_key");
        assert_eq!(reason(br#"{"a":1,"\u0061":2}"#), "duplicate_key");
        assert_eq!(reason(br#"{"a":1e400}"#), "number_out_of_range");
        assert_eq!(reason(br#"{"a":NaN}"#), "invalid_json");
        assert_eq!(reason(br#"{"a":Infinity}"#), "invalid_json");
        assert_eq!(reason(br#"{"a":"\ud800"}"#), "lone_surrogate");
        assert_eq!(reason(br#"{"a":"\udc00x"}"#), "lone_surrogate");
        assert_eq!(reason(b"{\"a\":\"\xff\"}"), "invalid_json");
        assert_eq!(reason(br#"{"a":1} x"#), "invalid_json");
        assert_eq!(reason(br#"{"a":1"#), "invalid_json");
    }

    #[test]
    fn a_duplicate_among_many_keys_is_found() {
        let many: Vec<_> = (0..200).map(|n| format!("\"k{n}\":0")).collect();
        assert_eq!(reason(format!("{{{}}}", many.join(",")).as_bytes()), "fine");
        assert_eq!(reason(format!("{{{},\"k3\":1}}", many.join(",")).as_bytes()), "duplicate_key");
    }

    #[test]
    fn the_thirty_third_level_is_refused() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(reason(nested(32).as_bytes()), "fine");
        assert_eq!(reason(nested(33).as_bytes()), "too_deep");
    }

    #[test]
    fn an_item_over_its_limit_is_skipped_not_kept() {
        let meter = Meter::new(1_000);
        let text = format!("[{}]", vec!["0"; 100_000].join(","));
        assert_eq!(document(text.as_bytes(), &meter).expect("JSON"), Json::List(Vec::new()));
        assert!(meter.over());
    }
}
