//! A `[[source]]` table of `talaia.toml`.

use serde::{Deserialize, Serialize};
use wire::view::Mode;

/// An upstream is asked at most this often: what public feeds ask of their readers.
const INTERVAL_S_MIN: u64 = 60;
/// And at least this often: a day.
const INTERVAL_S_MAX: u64 = 86_400;

/// One configured upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// Which program reads it: `usgs`.
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

    /// What is wrong with it, in one sentence.
    pub fn check(&self) -> Result<(), String> {
        let name = self.short_name();
        if self.kind != "usgs" {
            return Err(format!("source.kind: `{}` is not known; use usgs", self.kind));
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
        super::guard::check_url(&url, self.allow_private)
            .map_err(|why| format!("source.url of {name}: {why}"))
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
        }
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_remedy() {
        assert_eq!(usgs().check(), Ok(()));
        for (wrong, field) in [
            (SourceConfig { kind: "gdacs".to_owned(), ..usgs() }, "source.kind"),
            (SourceConfig { url: "http://127.0.0.1/x".to_owned(), ..usgs() }, "source.url"),
            (SourceConfig { url: "nonsense".to_owned(), ..usgs() }, "source.url"),
            (SourceConfig { interval_s: 5, ..usgs() }, "source.interval_s"),
            (SourceConfig { name: Some("a b".to_owned()), ..usgs() }, "source.name"),
        ] {
            let error = wrong.check().expect_err("wrong");
            assert!(error.starts_with(field), "{error}");
        }
        assert!(SourceConfig::check_all(&[usgs(), usgs()]).is_err());
    }
}
