//! Topics: which messages of a broker are taken, and where in them the value, its time and its place stand.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Most topics of one source: a city has a few dozen kinds of devices.
pub const TOPICS_MAX: usize = 100;

/// A `[[source.topics]]` table of `talaia.toml`. Fields that begin with a slash are JSON pointers into the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Which topics: MQTT's own filters, with `+` for one level and `#` at the end.
    pub filter: String,
    /// The datastream's id: words, with `{N}` for the Nth level of the topic, from 1.
    pub datastream: String,
    /// Where the value stands; empty where the message is nothing but the value.
    #[serde(default)]
    pub result: String,
    /// Where its moment stands: RFC 3339 with a zone, or seconds or milliseconds since 1970. Without one it is receipt.
    #[serde(default)]
    pub time: Option<String>,
    /// The unit of all values.
    #[serde(default)]
    pub unit: Option<String>,
    /// The datastream's readable name: words, with `{N}` as above.
    #[serde(default)]
    pub name: Option<String>,
    /// Where the longitude stands; with `lat`.
    #[serde(default)]
    pub lng: Option<String>,
    /// Where the latitude stands; with `lng`.
    #[serde(default)]
    pub lat: Option<String>,
}

/// Why a message is not an observation: the reason in the account.
pub(super) type Reason = &'static str;

impl Topic {
    /// What is wrong with it, in one sentence.
    pub(in crate::source) fn check(&self) -> Result<(), String> {
        let Self { filter, datastream, .. } = self;
        if !is_filter(filter) {
            return Err(format!(
                "topics.filter: `{filter}` is no filter of topics; use levels, `+` for one of them, `#` at the end"
            ));
        }
        if datastream.is_empty() {
            return Err(format!(
                "topics.datastream of {filter}: say how its datastreams are called"
            ));
        }
        let pointers =
            [Some(&self.result), self.time.as_ref(), self.lng.as_ref(), self.lat.as_ref()];
        for pointer in pointers.into_iter().flatten() {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                return Err(format!(
                    "topics of {filter}: `{pointer}` is no JSON pointer; begin it with a slash"
                ));
            }
        }
        if self.lng.is_some() != self.lat.is_some() {
            return Err(format!("topics of {filter}: give both lng and lat, or neither"));
        }
        Ok(())
    }

    /// Whether it speaks of this topic.
    pub(super) fn takes(&self, topic: &str) -> bool {
        rumqttc::mqttbytes::matches(topic, &self.filter)
    }

    /// The datastream that a topic speaks of.
    pub(super) fn device(&self, topic: &str) -> String {
        filled(&self.datastream, topic)
    }

    /// A message as the observation it is, in the form of `POST /api/v1/observations`.
    pub(super) fn observation(
        &self,
        topic: &str,
        payload: &[u8],
        received: &str,
    ) -> Result<Value, Reason> {
        let text = std::str::from_utf8(payload).map_err(|_not_text| "unreadable")?;
        let is_bare = self.result.is_empty() && self.time.is_none() && self.lng.is_none();
        let message: Value = match serde_json::from_str(text) {
            Ok(message) => message,
            // A word such as `open` is a value too.
            Err(_no_json) if is_bare => Value::String(text.trim().to_owned()),
            Err(_no_json) => return Err("unreadable"),
        };
        let mut observation = Map::new();
        observation.insert("datastream".to_owned(), json!(filled(&self.datastream, topic)));
        let result = message.pointer(&self.result).filter(|value| !value.is_null());
        let result = result.ok_or("missing")?;
        // A number in quotes is the habit of half the devices there are.
        let number = result.as_str().and_then(|words| words.trim().parse::<f64>().ok());
        let result = number
            .filter(|number| number.is_finite())
            .map_or(result.clone(), |number| json!(number));
        observation.insert("result".to_owned(), result);
        let moment = match &self.time {
            Some(pointer) => {
                moment(message.pointer(pointer).ok_or("missing")?).ok_or("bad_time")?
            }
            None => json!(received),
        };
        observation.insert("phenomenon_time".to_owned(), moment);
        if let Some(unit) = &self.unit {
            observation.insert("unit".to_owned(), json!(unit));
        }
        if let Some(name) = &self.name {
            observation.insert("name".to_owned(), json!(filled(name, topic)));
        }
        if let (Some(lng), Some(lat)) = (&self.lng, &self.lat) {
            let number = |pointer: &str| {
                let value = message.pointer(pointer)?;
                value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
            };
            // A device that does not know where it is says so by leaving it out.
            if let (Some(lng), Some(lat)) = (number(lng), number(lat)) {
                let geometry = json!({ "type": "Point", "coordinates": [lng, lat] });
                observation.insert("geometry".to_owned(), geometry);
            }
        }
        if let Some(rest) = self.rest(message) {
            observation.insert("message".to_owned(), rest);
        }
        Ok(Value::Object(observation))
    }

    /// What a message says beside what the table names.
    fn rest(&self, mut message: Value) -> Option<Value> {
        let pointers =
            [Some(&self.result), self.time.as_ref(), self.lng.as_ref(), self.lat.as_ref()];
        for pointer in pointers.into_iter().flatten() {
            if let Some(named) = message.pointer_mut(pointer) {
                named.take();
            }
        }
        pruned(message)
    }
}

/// A value without what is null or empty; none where nothing is left.
fn pruned(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => {
            let rest: Map<String, Value> =
                members.into_iter().filter_map(|(key, one)| Some((key, pruned(one)?))).collect();
            (!rest.is_empty()).then_some(Value::Object(rest))
        }
        Value::Array(items) if items.iter().all(Value::is_null) => None,
        other => Some(other),
    }
}

/// Whether this is a filter of topics.
pub(super) fn is_filter(filter: &str) -> bool {
    let levels: Vec<&str> = filter.split('/').collect();
    let is_whole = levels.iter().enumerate().all(|(at, level)| match *level {
        "#" => at + 1 == levels.len(),
        "+" => true,
        words => !words.contains(['+', '#']),
    });
    !filter.is_empty() && is_whole && rumqttc::mqttbytes::valid_filter(filter)
}

/// Words with the levels of a topic in them.
pub(super) fn filled(words: &str, topic: &str) -> String {
    let levels = (1..).zip(topic.split('/'));
    levels.fold(words.to_owned(), |words, (n, level)| words.replace(&format!("{{{n}}}"), level))
}

/// Seconds since 1970 reach this in the year 5138; milliseconds did in 1973.
const SECONDS_MAX: f64 = 1e11;

fn moment(value: &Value) -> Option<Value> {
    let since_1970 = match value {
        Value::String(words) => match words.trim().parse::<f64>() {
            Ok(number) => number,
            // Whether it is a time is asked where all times are.
            Err(_words) => return Some(value.clone()),
        },
        other => other.as_f64()?,
    };
    let ms = if since_1970.abs() < SECONDS_MAX { since_1970 * 1_000.0 } else { since_1970 };
    let moment = jiff::Timestamp::from_millisecond(ms as i64).ok()?;
    Some(json!(moment.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic() -> Topic {
        Topic {
            filter: "city/+/+/level".to_owned(),
            datastream: "{2}-{3}".to_owned(),
            result: "/v".to_owned(),
            time: Some("/at".to_owned()),
            unit: Some("cm".to_owned()),
            name: Some("Level {3}".to_owned()),
            lng: Some("/gps/0".to_owned()),
            lat: Some("/gps/1".to_owned()),
        }
    }

    #[test]
    fn a_message_becomes_the_observation_it_is() {
        let read = |payload: &str| {
            topic().observation("city/besos/p7/level", payload.as_bytes(), "2026-11-23T10:00:09Z")
        };
        let whole = read(r#"{"v":"123.5","at":1795428000,"gps":[2.2,"41.4"],"up":{"rssi":-97}}"#)
            .expect("is one");
        let expected = json!({
            "datastream": "besos-p7", "name": "Level p7", "unit": "cm", "result": 123.5,
            "phenomenon_time": "2026-11-23T10:00:00Z",
            "geometry": { "type": "Point", "coordinates": [2.2, 41.4] },
            "message": { "up": { "rssi": -97 } },
        });
        assert_eq!(whole, expected);
        let in_ms = read(r#"{"v":1,"at":1795428000000}"#).expect("is one");
        assert_eq!(in_ms["phenomenon_time"], "2026-11-23T10:00:00Z");
        assert!(in_ms.get("geometry").is_none());
        for (payload, reason) in [
            ("{", "unreadable"),
            (r#"{"at":1}"#, "missing"),
            (r#"{"v":null,"at":1}"#, "missing"),
            (r#"{"v":1}"#, "missing"),
            (r#"{"v":1,"at":[]}"#, "bad_time"),
        ] {
            assert_eq!(read(payload), Err(reason), "{payload}");
        }
        assert_eq!(topic().observation("t", b"\xff", ""), Err("unreadable"));
    }

    #[test]
    fn a_message_may_be_nothing_but_the_value() {
        let bare = Topic {
            filter: "doors/#".to_owned(),
            datastream: "{2}".to_owned(),
            result: String::new(),
            time: None,
            unit: None,
            name: None,
            lng: None,
            lat: None,
        };
        let read = |payload: &str| {
            let read = bare.observation("doors/north", payload.as_bytes(), "2026-11-23T10:00:00Z");
            read.expect("is one")["result"].clone()
        };
        assert_eq!((read("7.5"), read("open\n")), (json!(7.5), json!("open")));
        // What is no finite number stays words, which a datastream of numbers refuses.
        assert_eq!(read("NaN"), json!("NaN"));
        assert!(bare.takes("doors/north") && bare.takes("doors/a/b") && !bare.takes("door/north"));
    }

    #[test]
    fn a_wrong_table_is_named_with_its_remedy() {
        assert_eq!(topic().check(), Ok(()));
        for (wrong, word) in [
            (Topic { filter: "a/#/b".to_owned(), ..topic() }, "topics.filter"),
            (Topic { filter: "a/b+".to_owned(), ..topic() }, "topics.filter"),
            (Topic { datastream: String::new(), ..topic() }, "topics.datastream"),
            (Topic { result: "v".to_owned(), ..topic() }, "JSON pointer"),
            (Topic { lat: None, ..topic() }, "both lng and lat"),
        ] {
            let error = wrong.check().expect_err("is wrong");
            assert!(error.contains(word), "{error}");
        }
    }
}
