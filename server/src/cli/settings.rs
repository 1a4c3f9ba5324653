//! Settings from flags, `TALAIA_…` variables and `talaia.toml`, in that order of weight, over the defaults.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile, Provider as _};
use serde::Serialize;

use crate::config::Config;

/// The file that is read when none is named and it is there.
const FILE: &str = "talaia.toml";

/// Where a server keeps its things: enough for the commands that act on one.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub(super) struct Place {
    /// The settings file [default: talaia.toml, if it is there]
    #[arg(long, global = true, env = "TALAIA_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Where the socket, the keys and the first sign-in live [default: var]
    #[arg(long, global = true, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// sqlite:PATH or postgres://… [default: an SQLite file in the data directory]
    #[arg(long, global = true, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
}

/// Every setting of a server as a flag.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct Flags {
    #[command(flatten)]
    #[serde(flatten)]
    place: Place,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<SocketAddr>,
    /// The address people use, such as <https://room.example>
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,
    /// The server's name, which a recording played into live must type
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// A PMTiles file or a style URL
    #[arg(long, value_name = "FILE|URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    basemap: Option<String>,
    /// The exercise to play, or off
    #[arg(long, value_name = "NAME|off")]
    #[serde(skip_serializing_if = "Option::is_none")]
    exercise: Option<String>,
    /// Points outside this box are rejected: west,south,east,north
    #[arg(long, value_name = "BOX", allow_hyphen_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    area: Option<String>,
    /// Is told when a canary is late or back: an address that takes a POST
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    canary_webhook: Option<String>,
    /// Is told when nobody answers an alarm and it climbs: an address that takes a POST
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm_webhook: Option<String>,
    /// Lets other machines ask /metrics
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    metrics_public: bool,
    /// Writes log lines as JSON
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    log_json: bool,
    /// Which log lines are written, such as info or talaia=debug
    #[arg(long, value_name = "LEVELS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<String>,
    /// Any other setting, such as `limits.requests_per_s=100`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    #[serde(skip)]
    set: Vec<String>,
}

/// The settings in force, and where each came from.
#[derive(Debug)]
pub struct Settings {
    /// The settings.
    pub config: Config,
    layers: Figment,
}

/// Why settings cannot be read or served.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A value is wrong.
    #[error("setting {key}{origin}: {cause}")]
    Wrong {
        /// Which.
        key: String,
        /// Where it stands.
        origin: String,
        /// What is wrong.
        cause: String,
    },
    /// The named file is not there.
    #[error("the settings file {0} cannot be read: name another with --config")]
    NoFile(String),
    /// A `--set` without `=`.
    #[error("--set needs KEY=VALUE, such as --set limits.requests_per_s=100, not {0:?}")]
    Set(String),
}

impl Place {
    /// The settings of a command that acts on a server.
    pub(super) fn settings(&self) -> Result<Settings, SettingsError> {
        Flags { place: self.clone(), ..Flags::default() }.settings()
    }
}

impl Flags {
    /// The settings in force.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        let mut layers = Figment::from(Serialized::defaults(Config::default()));
        let known: BTreeSet<String> = layers
            .data()
            .ok()
            .and_then(|all| all.get(&Profile::Default).map(|dict| dict.keys().cloned().collect()))
            .unwrap_or_default();
        match &self.place.config {
            Some(file) if file.is_file() => layers = layers.merge(Toml::file_exact(file)),
            Some(file) => return Err(SettingsError::NoFile(file.display().to_string())),
            None if std::path::Path::new(FILE).is_file() => {
                layers = layers.merge(Toml::file_exact(FILE));
            }
            None => {}
        }
        // The environment is shared with other programs and later versions, so a variable that names no setting is
        // not ours to judge; a wrong value, or a wrong name below a setting, still is.
        let variables = Env::prefixed("TALAIA_").split("__").filter(move |key| {
            let key = key.as_str().to_ascii_lowercase();
            let setting = key.split("__").next().unwrap_or(&key);
            known.contains(setting.split('.').next().unwrap_or(setting))
        });
        layers = layers.merge(variables);
        layers = layers.merge(Serialized::defaults(self));
        for one in &self.set {
            let Some((key, value)) = one.split_once('=') else {
                return Err(SettingsError::Set(one.clone()));
            };
            let value: Value = value.parse().unwrap_or_else(|never| match never {});
            layers = layers.merge(Serialized::default(key.trim(), value));
        }
        let config: Config = layers.extract().map_err(|error| wrong(&error))?;
        Ok(Settings { config: config.tidied(), layers })
    }
}

fn wrong(error: &figment::Error) -> SettingsError {
    // The first of several: each is mended in turn.
    let first = error.clone().into_iter().next().unwrap_or_else(|| error.clone());
    let origin =
        first.metadata.as_ref().map(|found| format!(" ({})", found.name)).unwrap_or_default();
    SettingsError::Wrong { key: first.path.join("."), origin, cause: first.kind.to_string() }
}

impl Settings {
    /// Checks what can be known without starting.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.config.check().map_err(|(key, cause)| SettingsError::Wrong {
            key: key.to_owned(),
            origin: String::new(),
            cause,
        })
    }

    /// Every setting with its origin, one a line; secrets hidden.
    pub fn show(&self) -> String {
        let mut rows = Vec::new();
        if let Ok(all) = self.layers.data()
            && let Some(settings) = all.get(&Profile::Default)
        {
            self.list("", settings, &mut rows);
        }
        super::words::table(&rows)
    }

    fn list(&self, above: &str, settings: &Dict, rows: &mut Vec<Vec<String>>) {
        for (name, value) in settings {
            let key = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
            if let Value::Dict(_, inner) = value {
                self.list(&key, inner, rows);
                continue;
            }
            let origin = match self.layers.find_metadata(&key) {
                Some(found) if found.name.contains("Config") => "default".to_owned(),
                Some(found) if found.name.contains("Flags") || found.name.contains("Value") => {
                    "flag".to_owned()
                }
                Some(found) => found
                    .source
                    .as_ref()
                    .map_or_else(|| found.name.to_string(), |source| format!("{source}")),
                None => "default".to_owned(),
            };
            rows.push(vec![key.clone(), "=".to_owned(), shown(&key, value), format!("# {origin}")]);
        }
    }
}

/// A value as it may be shown: passwords in addresses are hidden.
fn shown(key: &str, value: &Value) -> String {
    let text = match value {
        Value::String(_, text) => text.clone(),
        Value::Empty(..) => "(none)".to_owned(),
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    let secret =
        ["secret", "password", "token", "key", "webhook"].iter().any(|part| key.ends_with(part));
    if secret {
        return "(hidden)".to_owned();
    }
    match text.split_once("://") {
        Some((scheme, rest)) => match rest.split_once('@') {
            Some((_user, host)) => format!("{scheme}://(hidden)@{host}"),
            None => text,
        },
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(line: &[&str]) -> Flags {
        #[derive(Debug, clap::Parser)]
        struct Line {
            #[command(flatten)]
            flags: Flags,
        }
        let words = std::iter::once("serve").chain(line.iter().copied());
        <Line as clap::Parser>::parse_from(words).flags
    }

    #[test]
    fn a_flag_weighs_more_than_the_file_and_the_file_more_than_the_default() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("talaia.toml");
        let text = "listen = \"127.0.0.1:9001\"\nname = \"sala\"\narea = [2.0, 41.3, 2.3, 41.5]\n[limits]\nrequests_per_s = 7\n";
        std::fs::write(&file, text).expect("writes");
        let file = file.display().to_string();
        let settings = flags(&[
            "--config",
            &file,
            "--listen",
            "127.0.0.1:9002",
            "--set",
            "limits.text_bytes_max=99",
        ])
        .settings()
        .expect("settings");
        let config = &settings.config;
        assert_eq!(config.listen.port(), 9002);
        assert_eq!(config.name, "sala");
        assert_eq!(config.limits.requests_per_s, 7);
        assert_eq!(config.limits.text_bytes_max, 99);
        assert_eq!(config.limits.reports_per_s, 20_000);
        assert!((config.area.expect("an area").west() - 2.0).abs() < 1e-9);
        let show = settings.show();
        let line = |key: &str| {
            let found = show.lines().find(|line| line.starts_with(key));
            found.unwrap_or_else(|| panic!("{key} is not in:\n{show}")).to_owned()
        };
        assert!(line("listen").ends_with("# flag"), "{}", line("listen"));
        assert!(line("name").contains("talaia.toml"), "{}", line("name"));
        assert!(line("limits.text_bytes_max").ends_with("# flag"));
        assert!(line("limits.reports_per_s").ends_with("# default"));
    }

    #[test]
    fn the_tables_that_the_pages_show_are_settings_that_can_be_served() {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("talaia.toml");
        for page in ["sources.md", "partners/mqtt.md", "partners/frost.md"] {
            let text = std::fs::read_to_string(docs.join(page)).expect("a page");
            let tables: Vec<&str> = text
                .split("```toml\n")
                .skip(1)
                .filter_map(|rest| rest.split("```").next())
                .collect();
            assert!(!tables.is_empty(), "{page}");
            for table in tables {
                std::fs::write(&file, table).expect("writes");
                let settings = flags(&["--config", &file.display().to_string()]).settings();
                let settings = settings.unwrap_or_else(|error| panic!("{page}: {error}\n{table}"));
                assert_eq!(settings.config.sources.len(), 1, "{page}");
                settings.check().unwrap_or_else(|error| panic!("{page}: {error}\n{table}"));
            }
        }
    }

    #[test]
    fn a_wrong_setting_is_named_and_a_secret_is_hidden() {
        let error = flags(&["--set", "limits.requests_per_s=many"]).settings().expect_err("wrong");
        assert!(error.to_string().contains("limits.requests_per_s"), "{error}");
        let error = flags(&["--set", "limts.requests_per_s=1"]).settings().expect_err("unknown");
        assert!(error.to_string().contains("limts"), "{error}");
        let shown = flags(&["--database", "postgres://anna:s3cret@db/talaia"]).settings();
        let shown = shown.expect("settings").show();
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("@db/talaia"), "{shown}");
        let hook = flags(&["--canary-webhook", "https://chat.example/hooks/s3cret"]).settings();
        let hook = hook.expect("settings");
        hook.check().expect("can be served");
        assert!(!hook.show().contains("s3cret"), "{}", hook.show());
        let wrong = flags(&["--canary-webhook", "chat.example/hooks"]).settings();
        let error = wrong.expect("settings").check().expect_err("no address").to_string();
        assert!(error.contains("canary_webhook") && error.contains("https://"), "{error}");
    }

    #[test]
    fn an_area_may_be_written_as_a_box_and_off_means_no_exercise() {
        let settings =
            flags(&["--area", "-2,41,3,42", "--exercise", "off"]).settings().expect("settings");
        assert!((settings.config.area.expect("an area").west() + 2.0).abs() < 1e-9);
        assert_eq!(settings.config.exercise, None);
        settings.check().expect("can be served");
        let wrong = flags(&["--public-url", "room.example"]).settings().expect("settings");
        assert!(wrong.check().is_err());
    }
}
