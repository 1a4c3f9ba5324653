//! A `[[source]]` table of `talaia.toml`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wire::view::Mode;

use super::Profile;
use super::mqtt::{self, TOPICS_MAX, Topic};

/// An upstream is asked at most this often: what public feeds ask of their readers.
const INTERVAL_S_MIN: u64 = 60;
/// And at least this often: a day.
const INTERVAL_S_MAX: u64 = 86_400;

/// One configured upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// Which program reads it: `usgs`, `mqtt`, `sensorthings`.
    pub kind: String,
    /// Its short name, unique among the sources; by default its kind.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it is.
    pub url: String,
    /// Seconds between two fetches.
    #[serde(default = "interval_s")]
    pub interval_s: u64,
    /// The mode its reports enter.
    #[serde(default = "live")]
    pub mode: Mode,
    /// Whether a private or plain-http address is meant: for a mirror inside the building.
    #[serde(default)]
    pub allow_private: bool,
    /// Of a broker: which of its messages are taken, and how they are read.
    #[serde(default)]
    pub topics: Vec<Topic>,
    /// Of a broker, or a SensorThings server: as whom we sign in.
    #[serde(default)]
    pub user: Option<String>,
    /// The same: a file with the password; of a SensorThings server without a user, with the token.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Of a broker: a file with the certificates of the authority that vouches for it, where that is the owner's own.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// An address that is sent a `POST` when the source goes late or silent, and when it speaks again.
    #[serde(default)]
    pub webhook: Option<String>,
    /// Who is called when it fails: shown at the partner desk.
    #[serde(default)]
    pub duty_phone: Option<String>,
}

fn interval_s() -> u64 {
    INTERVAL_S_MIN
}

fn live() -> Mode {
    Mode::Live
}

impl SourceConfig {
    /// The short name.
    pub fn short_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.kind)
    }

    /// What the room calls it. A broker is tried again after a second, not after its interval.
    pub(super) fn profile(&self, name: &str) -> Profile {
        let interval_s = if self.kind == "mqtt" { 1 } else { self.interval_s };
        Profile {
            id: format!("feed:{}", self.short_name()),
            name: name.to_owned(),
            mode: self.mode,
            interval: Duration::from_secs(interval_s),
        }
    }

    /// What is wrong with it, in one sentence.
    pub fn check(&self) -> Result<(), String> {
        let name = self.short_name();
        if !["usgs", "mqtt", "sensorthings"].contains(&self.kind.as_str()) {
            return Err(format!(
                "source.kind: `{}` is not known; use usgs, mqtt or sensorthings",
                self.kind
            ));
        }
        if name.is_empty()
            || name.len() > 64
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Err(format!(
                "source.name: `{name}` must be 1 to 64 letters, digits and hyphens"
            ));
        }
        // A feed inside the building is its owner's to ask as often as they like.
        let least = if self.allow_private { 1 } else { INTERVAL_S_MIN };
        if !(least..=INTERVAL_S_MAX).contains(&self.interval_s) {
            return Err(format!(
                "source.interval_s of {name}: {} is outside {least} to {INTERVAL_S_MAX}",
                self.interval_s
            ));
        }
        let url = self.url.parse().map_err(|cause| {
            format!("source.url of {name}: {} is no address: {cause}", self.url)
        })?;
        let checked = match self.kind.as_str() {
            "mqtt" => mqtt::check_url(&url, self.allow_private),
            _ => super::guard::check_url(&url, self.allow_private),
        };
        checked.map_err(|why| format!("source.url of {name}: {why}"))?;
        if let Some(webhook) = &self.webhook {
            crate::webhook::check(webhook)
                .map_err(|why| format!("source.webhook of {name}: {why}"))?;
        }
        self.check_broker().map_err(|why| format!("source.{why}"))
    }

    fn check_broker(&self) -> Result<(), String> {
        let name = self.short_name();
        if self.kind != "mqtt" {
            if !self.topics.is_empty() || self.ca_file.is_some() {
                return Err(format!(
                    "topics of {name}: topics and ca_file are a broker's; take them out"
                ));
            }
            if self.kind == "usgs" && (self.user.is_some() || self.password_file.is_some()) {
                return Err(format!(
                    "user of {name}: nobody signs in there; take user and password_file out"
                ));
            }
            return Ok(());
        }
        if self.topics.is_empty() || self.topics.len() > TOPICS_MAX {
            return Err(format!(
                "topics of {name}: give 1 to {TOPICS_MAX} [[source.topics]] tables"
            ));
        }
        if self.password_file.is_some() && self.user.is_none() {
            return Err(format!("user of {name}: a password needs a user"));
        }
        self.topics.iter().try_for_each(Topic::check)
    }

    /// Checks all of them, and that no two share a name.
    pub fn check_all(sources: &[Self]) -> Result<(), String> {
        for (index, source) in sources.iter().enumerate() {
            source.check()?;
            if sources[..index].iter().any(|earlier| earlier.short_name() == source.short_name()) {
                return Err(format!(
                    "source.name: two sources are called {}; give one of them a name",
                    source.short_name()
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usgs() -> SourceConfig {
        SourceConfig {
            kind: "usgs".to_owned(),
            name: None,
            url: "https://earthquake.usgs.gov/earthquakes/feed/v1.0/summary/all_day.geojson"
                .to_owned(),
            interval_s: 60,
            mode: Mode::Live,
            allow_private: false,
            topics: Vec::new(),
            user: None,
            password_file: None,
            ca_file: None,
            webhook: None,
            duty_phone: None,
        }
    }

    fn mqtt() -> SourceConfig {
        let topic = Topic {
            filter: "city/+/level".to_owned(),
            datastream: "{2}".to_owned(),
            result: String::new(),
            time: None,
            unit: None,
            name: None,
            lng: None,
            lat: None,
        };
        let url = "mqtts://broker.example:8883".to_owned();
        SourceConfig { kind: "mqtt".to_owned(), url, topics: vec![topic], ..usgs() }
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_remedy() {
        assert_eq!((usgs().check(), mqtt().check()), (Ok(()), Ok(())));
        let plain = "mqtt://broker.example".to_owned();
        for (wrong, field) in [
            (SourceConfig { kind: "gdacs".to_owned(), ..usgs() }, "source.kind"),
            (SourceConfig { url: "http://127.0.0.1/x".to_owned(), ..usgs() }, "source.url"),
            (SourceConfig { url: "nonsense".to_owned(), ..usgs() }, "source.url"),
            (SourceConfig { interval_s: 5, ..usgs() }, "source.interval_s"),
            (SourceConfig { name: Some("a b".to_owned()), ..usgs() }, "source.name"),
            (SourceConfig { url: plain, ..mqtt() }, "source.url"),
            (SourceConfig { topics: Vec::new(), ..mqtt() }, "source.topics"),
            (SourceConfig { topics: mqtt().topics, ..usgs() }, "source.topics"),
            (SourceConfig { password_file: Some("p".into()), ..mqtt() }, "source.user"),
        ] {
            let error = wrong.check().expect_err("wrong");
            assert!(error.starts_with(field), "{error}");
        }
        assert!(SourceConfig::check_all(&[usgs(), usgs()]).is_err());
    }
}
