//! Last wills: topics on which a broker says that a device or a gateway is gone, and on which it says that it is back.

use engine::entry::{Body, SourceKey};
use engine::will::{Whom, WillEntry};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::topic::{self, Reason};

/// A `[[source.wills]]` table of `talaia.toml`. One of `datastream`, `prefix` and `gateway` says for whom the will speaks, in words with
/// `{N}` for the Nth level of the topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WillTopic {
    /// Which topics: MQTT's own filters, as in `[[source.topics]]`.
    pub filter: String,
    /// Where the word stands, a JSON pointer; empty where the message is nothing but the word.
    #[serde(default)]
    pub word: String,
    /// The word that says it is gone.
    #[serde(default = "offline")]
    pub gone: String,
    /// The word that says it is back.
    #[serde(default = "online")]
    pub back: String,
    /// One datastream.
    #[serde(default)]
    pub datastream: Option<String>,
    /// All datastreams whose ids begin so.
    #[serde(default)]
    pub prefix: Option<String>,
    /// All datastreams whose passports name this gateway.
    #[serde(default)]
    pub gateway: Option<String>,
}

fn offline() -> String {
    "offline".to_owned()
}

fn online() -> String {
    "online".to_owned()
}

impl WillTopic {
    /// What is wrong with it, in one sentence.
    pub(in crate::source) fn check(&self) -> Result<(), String> {
        let Self { filter, word, gone, back, datastream, prefix, gateway } = self;
        if !topic::is_filter(filter) {
            return Err(format!(
                "wills.filter: `{filter}` is no filter of topics; use levels, `+` for one of them, `#` at the end"
            ));
        }
        if !word.is_empty() && !word.starts_with('/') {
            return Err(format!(
                "wills.word of {filter}: `{word}` is no JSON pointer; begin it with a slash"
            ));
        }
        if gone == back || gone.is_empty() {
            return Err(format!(
                "wills.gone of {filter}: `{gone}` must be a word, and another one than `back`"
            ));
        }
        let whom = [datastream, prefix, gateway].map(Option::as_deref);
        let said: Vec<&str> = whom.into_iter().flatten().collect();
        if said.len() != 1 || said.iter().any(|words| words.is_empty()) {
            return Err(format!(
                "wills.datastream of {filter}: say for whom it speaks, with one of datastream, prefix and gateway"
            ));
        }
        Ok(())
    }

    /// Whether it takes a topic.
    pub(super) fn takes(&self, topic: &str) -> bool {
        rumqttc::mqttbytes::matches(topic, &self.filter)
    }

    /// For whom a message on this topic speaks.
    pub(super) fn whom(&self, topic: &str) -> Whom {
        let filled = |words: &String| topic::filled(words, topic);
        match (&self.datastream, &self.prefix, &self.gateway) {
            (Some(datastream), ..) => Whom::Datastream(filled(datastream)),
            (None, Some(prefix), _) => Whom::Prefix(filled(prefix)),
            (None, None, gateway) => {
                Whom::Gateway(gateway.as_ref().map(filled).unwrap_or_default())
            }
        }
    }

    /// What a message says.
    pub(super) fn read(
        &self,
        source: SourceKey,
        topic: &str,
        payload: &[u8],
        is_kept: bool,
    ) -> Result<Body, Reason> {
        let text = std::str::from_utf8(payload).map_err(|_bytes| "unreadable")?;
        let word = if self.word.is_empty() {
            text.trim().to_owned()
        } else {
            let message: Value = serde_json::from_str(text).map_err(|_no_json| "unreadable")?;
            match message.pointer(&self.word) {
                None | Some(Value::Null) => return Err("missing"),
                Some(Value::String(word)) => word.clone(),
                // `false` and `0` are words too.
                Some(other) => other.to_string(),
            }
        };
        let is_gone = word == self.gone;
        if !is_gone && word != self.back {
            return Err("unknown_word");
        }
        let whom = self.whom(topic);
        Ok(Body::Will(Box::new(WillEntry { source, whom, is_gone, is_kept })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> WillTopic {
        WillTopic {
            filter: "city/+/status".to_owned(),
            word: String::new(),
            gone: offline(),
            back: online(),
            datastream: None,
            prefix: Some("{2}-".to_owned()),
            gateway: None,
        }
    }

    fn will(source: u32, whom: Whom, is_gone: bool) -> Body {
        let source = SourceKey(source);
        Body::Will(Box::new(WillEntry { source, whom, is_gone, is_kept: false }))
    }

    #[test]
    fn a_word_says_who_is_gone_and_who_is_back() {
        let read = |table: &WillTopic, payload: &str| {
            table.read(SourceKey(7), "city/g1/status", payload.as_bytes(), false)
        };
        let all = || Whom::Prefix("g1-".to_owned());
        assert_eq!(read(&status(), "offline\n"), Ok(will(7, all(), true)));
        assert_eq!(read(&status(), "online"), Ok(will(7, all(), false)));
        for other in ["", "ONLINE", "null"] {
            assert_eq!(read(&status(), other), Err("unknown_word"), "{other}");
        }
        let inside = WillTopic {
            word: "/up".to_owned(),
            gone: "false".to_owned(),
            back: "true".to_owned(),
            prefix: None,
            gateway: Some("{2}".to_owned()),
            ..status()
        };
        let gateway = || Whom::Gateway("g1".to_owned());
        assert_eq!(read(&inside, r#"{"up":false}"#), Ok(will(7, gateway(), true)));
        assert_eq!(read(&inside, r#"{"up":"true"}"#), Ok(will(7, gateway(), false)));
        assert_eq!(read(&inside, r#"{"down":1}"#), Err("missing"));
        assert_eq!(read(&inside, "offline"), Err("unreadable"));
    }

    #[test]
    fn a_wrong_table_is_named_with_its_remedy() {
        assert_eq!(status().check(), Ok(()));
        let both = WillTopic { datastream: Some("{2}".to_owned()), ..status() };
        for (wrong, word) in [
            (WillTopic { filter: "a/#/b".to_owned(), ..status() }, "wills.filter"),
            (WillTopic { word: "up".to_owned(), ..status() }, "wills.word"),
            (WillTopic { back: offline(), ..status() }, "wills.gone"),
            (WillTopic { prefix: None, ..status() }, "wills.datastream"),
            (WillTopic { prefix: Some(String::new()), ..status() }, "wills.datastream"),
            (both, "wills.datastream"),
        ] {
            let error = wrong.check().expect_err("is wrong");
            assert!(error.starts_with(word), "{error}");
        }
    }
}
