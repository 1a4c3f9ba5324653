//! One JSON document of many items, read as a stream: each item is understood and dropped before the next is read,
//! so that a body of any allowed size needs the memory of its entries and one item.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::json::{self, Json, Key, Meter, Value};
use super::{BadBody, Batch, Context, Refusal, Reject, observation, report, too_many};

/// How an item becomes an entry.
pub(super) type Understand =
    fn(Json<'_>, u64, &Context<'_>) -> Result<engine::entry::Body, Refusal>;

/// Takes items in, one after the other.
pub(super) struct Intake<'c> {
    context: &'c Context<'c>,
    understand: Understand,
    batch: Batch,
    bad: Option<BadBody>,
}

impl<'c> Intake<'c> {
    pub(super) fn new(context: &'c Context<'c>, understand: Understand) -> Self {
        Self { context, understand, batch: Batch::default(), bad: None }
    }

    /// One item; `None` when it was larger than allowed.
    pub(super) fn item(&mut self, index: u64, item: Option<Json<'_>>) {
        let Some(item) = item else {
            self.batch.refuse(index, None, too_large(self.context));
            return;
        };
        match (self.understand)(item, index, self.context) {
            Ok(body) => self.batch.bodies.push(body),
            Err(Refusal::Item(id, reject)) => self.batch.refuse(index, id, reject),
            Err(Refusal::Body(bad)) => self.bad = self.bad.take().or(Some(bad)),
        }
    }

    /// An item that is no JSON at all.
    pub(super) fn broken(&mut self, index: u64, reject: Reject) {
        self.batch.refuse(index, None, reject);
    }

    /// Items taken so far.
    pub(super) fn len(&self) -> usize {
        self.batch.len()
    }

    /// What was understood.
    pub(super) fn end(self) -> Result<Batch, BadBody> {
        if self.batch.len() > self.context.limits.features_max {
            return Err(too_many(self.context.limits));
        }
        self.bad.map_or(Ok(self.batch), Err)
    }
}

/// The refusal of an item beyond the size limit.
pub(super) fn too_large(context: &Context<'_>) -> Reject {
    Reject::new(
        "too_large",
        "",
        format!("one item may have {} bytes of JSON: shorten it", context.limits.report_bytes_max),
    )
}

/// A Feature or a `FeatureCollection`.
pub(super) fn features(bytes: &[u8], context: &Context<'_>) -> Result<Batch, BadBody> {
    let mut intake = Intake::new(context, report::from_json);
    let meter = Meter::new(context.limits.report_bytes_max);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let root = Root { intake: &mut intake, meter: &meter };
    let (members, streamed) = root
        .deserialize(&mut reader)
        .and_then(|root| reader.end().map(|()| root))
        .map_err(|error| json::bad_body(&error))?;
    let kind = members.iter().find(|(key, _)| key == "type").map(|(_, value)| value);
    match (kind, streamed) {
        (Some(Json::Text(word)), true) if word == "FeatureCollection" => {}
        (Some(Json::Text(word)), false) if word == "Feature" => {
            let whole = (!meter.over()).then_some(Json::Object(members));
            intake.item(0, whole);
        }
        _ if meter.over() => intake.item(0, None),
        (Some(Json::Text(word)), false) if word == "FeatureCollection" => {
            return Err(BadBody::Shape(
                "/features: a FeatureCollection needs an array of features".into(),
            ));
        }
        _ => {
            return Err(BadBody::Shape(
                "/type: the body must be a GeoJSON Feature or FeatureCollection".to_owned(),
            ));
        }
    }
    intake.end()
}

type Members<'de> = Vec<(Cow<'de, str>, Json<'de>)>;

struct Root<'i, 'c> {
    intake: &'i mut Intake<'c>,
    meter: &'i Meter,
}

impl<'de> DeserializeSeed<'de> for Root<'_, '_> {
    type Value = (Members<'de>, bool);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Root<'_, '_> {
    type Value = (Members<'de>, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON Feature or FeatureCollection")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut known: Members<'de> = Vec::with_capacity(8);
        let mut streamed = false;
        while let Some(key) = members.next_key_seed(Key)? {
            if known.iter().any(|(other, _)| *other == key) || (streamed && key == "features") {
                return Err(json::duplicate(&key));
            }
            if key == "features" {
                members.next_value_seed(Items { intake: &mut *self.intake, depth: 1 })?;
                streamed = true;
                continue;
            }
            if known.len() >= ROOT_MEMBERS_MAX {
                return Err(A::Error::custom("more than 256 members beside the features"));
            }
            let value = members.next_value_seed(Value { depth: 1, meter: self.meter })?;
            known.push((key, value));
        }
        Ok((known, streamed))
    }
}

/// Members of the document beside `features`: a feature has four, and foreign members are few.
const ROOT_MEMBERS_MAX: usize = 256;

struct Items<'i, 'c> {
    intake: &'i mut Intake<'c>,
    depth: u8,
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let limits = self.intake.context.limits;
        let mut index = 0_u64;
        loop {
            let meter = Meter::new(limits.report_bytes_max);
            let value = Value { depth: self.depth + 1, meter: &meter };
            let Some(item) = items.next_element_seed(value)? else { return Ok(()) };
            if self.intake.len() >= limits.features_max {
                return Err(json::too_many(limits.features_max));
            }
            self.intake.item(index, (!meter.over()).then_some(item));
            index += 1;
        }
    }
}

/// An observation, or an array of observations.
pub(super) fn observations(bytes: &[u8], context: &Context<'_>) -> Result<Batch, BadBody> {
    let mut intake = Intake::new(context, observation::from_json);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        Items { intake: &mut intake, depth: 0 }
            .deserialize(&mut reader)
            .and_then(|()| reader.end())
            .map_err(|error| json::bad_body(&error))?;
    } else {
        let meter = Meter::new(context.limits.report_bytes_max);
        let item = json::document(bytes, &meter).map_err(|error| json::bad_body(&error))?;
        if !matches!(item, Json::Object(_)) {
            return Err(BadBody::Shape(
                "the body must be an observation or an array of observations".to_owned(),
            ));
        }
        intake.item(0, (!meter.over()).then_some(item));
    }
    intake.end()
}
