//! A `[[source]]` table of `talaia.toml`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wire::grade::Kind;
use wire::time::Timestamp;
use wire::view::Mode;

use super::mail::{self, NoticeRule};
use super::mqtt::{self, TOPICS_MAX, Topic, WillTopic};
use super::{Profile, Secret, social};
use crate::replay::columns::Columns;

/// An upstream is asked at most this often: what public feeds ask of their readers.
const INTERVAL_S_MIN: u64 = 60;
/// A mailbox is the room's own, and its mail must be seen within a minute.
const MAIL_INTERVAL_S_MIN: u64 = 15;
/// And at least this often: a day.
const INTERVAL_S_MAX: u64 = 86_400;

/// The programs that read upstreams.
pub const KINDS: [&str; 14] = [
    "cad",
    "cap",
    "datex",
    "emsc",
    "gdacs",
    "gtfs",
    "jetstream",
    "mail",
    "mastodon",
    "mqtt",
    "nws",
    "rss",
    "sensorthings",
    "usgs",
];

/// Words of a status that mean closed: a dispatch system has a few.
const CLOSED_MAX: usize = 50;

/// Those of them at which we may sign in.
const SIGNED: [&str; 7] = ["cad", "cap", "datex", "gtfs", "mail", "mastodon", "sensorthings"];

/// A promise of longer than a month says nothing of today.
const CADENCE_S_MAX: u64 = 31 * 86_400;

/// One configured upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// Which program reads it: one of [`KINDS`].
    pub kind: String,
    /// Its short name, unique among the sources; by default its kind.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it is.
    pub url: String,
    /// Seconds between two fetches.
    #[serde(default = "interval_s")]
    pub interval_s: u64,
    /// Seconds within which its content changes, where its owner promises that: later it is late, and at twice that silent.
    #[serde(default)]
    pub cadence_s: Option<u64>,
    /// The mode its reports enter.
    #[serde(default = "live")]
    pub mode: Mode,
    /// Whether a private or plain-http address is meant: for a mirror inside the building.
    #[serde(default)]
    pub allow_private: bool,
    /// Of an RSS or Atom feed: who speaks, such as `official`; the press where nothing is said.
    #[serde(default)]
    pub speaks_as: Option<Kind>,
    /// Of a dispatch system: which of its fields is what, as `ref=number,time=reported,lng=lon,lat=lat,text=type,status=state`.
    #[serde(default)]
    pub fields: Option<String>,
    /// The same: the words of its status that mean closed.
    #[serde(default)]
    pub closed: Vec<String>,
    /// The same: whether it lists what is open, so that what is no longer listed is closed.
    #[serde(default)]
    pub absent_is_closed: bool,
    /// Of a broker: which of its messages are taken, and how they are read.
    #[serde(default)]
    pub topics: Vec<Topic>,
    /// Of a broker: where it says that a device or a gateway is gone.
    #[serde(default)]
    pub wills: Vec<WillTopic>,
    /// Of a mailbox: whose mail is an official notice, and of what.
    #[serde(default)]
    pub notices: Vec<NoticeRule>,
    /// Of a mailbox: its name there, `INBOX` where nothing is said.
    #[serde(default)]
    pub mailbox: Option<String>,
    /// Of a mailbox: our own server that checks where mail comes from, by the name under which it says so (`Authentication-Results`).
    #[serde(default)]
    pub authenticated_by: Option<String>,
    /// Of a Mastodon server: the hashtags that are listened to, without `#`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Of a broker, a mailbox, a SensorThings server or an index of official messages: as whom we sign in.
    #[serde(default)]
    pub user: Option<String>,
    /// The same: a file with the password; of an upstream over HTTP without a user, with the token.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Of a SensorThings server: its broker, which says when there is something new. `user`, `password_file` and `ca_file` hold there too.
    #[serde(default)]
    pub mqtt: Option<String>,
    /// A file with the certificates of the authority that vouches for it, in PEM, where that is the owner's own.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Of an upstream over HTTP: the proxy through which it is asked, `http://proxy.city.example:3128`.
    #[serde(default)]
    pub proxy: Option<String>,
    /// As whom we sign in there.
    #[serde(default)]
    pub proxy_user: Option<String>,
    /// A file with the password for that.
    #[serde(default)]
    pub proxy_password_file: Option<PathBuf>,
    /// An address that is sent a `POST` when the source goes late or silent, and when it speaks again.
    #[serde(default)]
    pub webhook: Option<String>,
    /// Of an upstream over HTTP: how its owner reaches us, told with each question; some ask for that.
    #[serde(default)]
    pub contact: Option<String>,
    /// Who is called when it fails: shown at the partner desk.
    #[serde(default)]
    pub duty_phone: Option<String>,
    /// The password or token, where it was given at the desk and stands in no file.
    #[serde(skip)]
    pub secret: Option<Secret>,
    /// Since when it stands at its address, where it was added at the desk.
    #[serde(skip)]
    pub since: Option<Timestamp>,
}

fn interval_s() -> u64 {
    INTERVAL_S_MIN
}

fn live() -> Mode {
    Mode::Live
}

/// What a file of secrets holds, without the line's end.
fn secret(field: &str, file: Option<&PathBuf>) -> Result<Option<String>, String> {
    let Some(file) = file else { return Ok(None) };
    let secret = std::fs::read_to_string(file)
        .map_err(|cause| format!("{field} {} cannot be read: {cause}", file.display()))?;
    Ok(Some(secret.trim_end().to_owned()))
}

/// What may stand in the header of each question.
fn is_contact(contact: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'(' | b')');
    (1..=100).contains(&contact.len()) && contact.bytes().all(is_plain)
}

/// Host and port, as far as an address names them.
pub(super) fn host_of(url: &url::Url) -> String {
    let host = url.host_str().zip(url.port_or_known_default());
    host.map(|(host, port)| format!("{host}:{port}")).unwrap_or_default()
}

impl SourceConfig {
    /// A source of this kind at this address, and all else as it is where nothing is said.
    pub fn new(kind: &str, url: impl Into<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            name: None,
            url: url.into(),
            interval_s: interval_s(),
            cadence_s: None,
            mode: live(),
            speaks_as: None,
            allow_private: false,
            fields: None,
            closed: Vec::new(),
            absent_is_closed: false,
            topics: Vec::new(),
            wills: Vec::new(),
            notices: Vec::new(),
            mailbox: None,
            authenticated_by: None,
            tags: Vec::new(),
            user: None,
            password_file: None,
            mqtt: None,
            ca_file: None,
            proxy: None,
            proxy_user: None,
            proxy_password_file: None,
            webhook: None,
            contact: None,
            duty_phone: None,
            secret: None,
            since: None,
        }
    }

    /// The password with which we sign in, or the token; read anew each time, so that it may be changed.
    pub(super) fn password(&self) -> Result<Option<String>, String> {
        if let Some(secret) = &self.secret {
            return Ok(Some(secret.words().to_owned()));
        }
        secret("password_file", self.password_file.as_ref())
    }

    /// The password for the proxy.
    pub(super) fn proxy_password(&self) -> Result<Option<String>, String> {
        secret("proxy_password_file", self.proxy_password_file.as_ref())
    }

    /// The certificates of the authority that vouches for it, where that is the owner's own.
    pub(super) fn authority(&self) -> Result<Option<Vec<u8>>, String> {
        let Some(file) = &self.ca_file else { return Ok(None) };
        let read = std::fs::read(file);
        read.map(Some)
            .map_err(|cause| format!("ca_file {} cannot be read: {cause}", file.display()))
    }

    /// The short name.
    pub fn short_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.kind)
    }

    /// Host and port, as far as the address names them.
    pub(crate) fn host(&self) -> String {
        self.url.parse().map(|url| host_of(&url)).unwrap_or_default()
    }

    /// Whether we sign in there: then nothing of it goes to another host.
    pub(super) fn is_signed(&self) -> bool {
        self.user.is_some() || self.has_password()
    }

    fn has_password(&self) -> bool {
        self.password_file.is_some() || self.secret.is_some()
    }

    /// The public id.
    pub fn id(&self) -> String {
        format!("feed:{}", self.short_name())
    }

    /// What the room calls it. A broker is tried again after a second, not after its interval.
    pub(super) fn profile(&self, name: &str) -> Profile {
        let interval_s = if ["jetstream", "mastodon", "mqtt"].contains(&self.kind.as_str()) {
            1
        } else {
            self.interval_s
        };
        Profile {
            id: self.id(),
            // Two feeds of a kind are told apart by the names that their owner gave them.
            name: self.name.as_deref().unwrap_or(name).to_owned(),
            mode: self.mode,
            interval: Duration::from_secs(interval_s),
            cadence: self.cadence_s.map(Duration::from_secs),
            host: self.host(),
            since: self.since,
        }
    }

    /// What is wrong with it, in one sentence.
    pub fn check(&self) -> Result<(), String> {
        let name = self.short_name();
        if !KINDS.contains(&self.kind.as_str()) {
            return Err(format!(
                "source.kind: `{}` is not known; use one of {}",
                self.kind,
                KINDS.join(", ")
            ));
        }
        if self.speaks_as.is_some() && self.kind != "rss" {
            return Err(format!(
                "source.speaks_as of {name}: who speaks there is known; take speaks_as out"
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
        let least = match self.kind.as_str() {
            _ if self.allow_private => 1,
            "mail" => MAIL_INTERVAL_S_MIN,
            _ => INTERVAL_S_MIN,
        };
        if !(least..=INTERVAL_S_MAX).contains(&self.interval_s) {
            return Err(format!(
                "source.interval_s of {name}: {} is outside {least} to {INTERVAL_S_MAX}",
                self.interval_s
            ));
        }
        if self
            .cadence_s
            .is_some_and(|cadence_s| cadence_s < self.interval_s || cadence_s > CADENCE_S_MAX)
        {
            return Err(format!(
                "source.cadence_s of {name}: it must be interval_s ({}) to {CADENCE_S_MAX}: what is asked for less often is not seen to change",
                self.interval_s
            ));
        }
        let url = self.url.parse().map_err(|cause| {
            format!("source.url of {name}: {} is no address: {cause}", self.url)
        })?;
        let checked = match self.kind.as_str() {
            "mqtt" => mqtt::check_url(&url, self.allow_private),
            "mail" => mail::check_url(&url, self.allow_private),
            kind @ ("jetstream" | "mastodon") => social::check_url(kind, &url, self.allow_private),
            _ => super::guard::check_url(&url, self.allow_private),
        };
        checked.map_err(|why| format!("source.url of {name}: {why}"))?;
        if self.contact.as_ref().is_some_and(|contact| !is_contact(contact)) {
            return Err(format!(
                "source.contact of {name}: give an address of 1 to 100 printable ASCII characters, such as ops@city.example"
            ));
        }
        if let Some(webhook) = &self.webhook {
            crate::webhook::check(webhook)
                .map_err(|why| format!("source.webhook of {name}: {why}"))?;
        }
        if let Some(broker) = &self.mqtt {
            self.check_knocking(broker).map_err(|why| format!("source.mqtt of {name}: {why}"))?;
        }
        self.check_fields().map_err(|why| format!("source.{why}"))?;
        self.check_road(&url).map_err(|why| format!("source.{why}"))?;
        self.check_mail().map_err(|why| format!("source.{why}"))?;
        self.check_broker().map_err(|why| format!("source.{why}"))
    }

    /// How a dispatch system is read.
    fn check_fields(&self) -> Result<(), String> {
        let name = self.short_name();
        let is_said = self.fields.is_some() || !self.closed.is_empty() || self.absent_is_closed;
        if self.kind != "cad" {
            let why = "fields, closed and absent_is_closed are a dispatch system's; take them out";
            return if is_said { Err(format!("fields of {name}: {why}")) } else { Ok(()) };
        }
        if self.closed.len() > CLOSED_MAX {
            return Err(format!("closed of {name}: give at most {CLOSED_MAX} words"));
        }
        let fields: Result<Columns, String> = self.fields.as_deref().unwrap_or_default().parse();
        fields.map(drop).map_err(|why| format!("fields of {name}: {why}"))
    }

    /// The broker of a server that is asked.
    fn check_knocking(&self, broker: &str) -> Result<(), String> {
        if self.kind != "sensorthings" {
            return Err(
                "only a SensorThings server has a broker beside it; take mqtt out".to_owned()
            );
        }
        let url = broker.parse().map_err(|cause| format!("{broker} is no address: {cause}"))?;
        mqtt::check_url(&url, self.allow_private)
    }

    /// Whom it trusts, and through what it goes.
    fn check_road(&self, url: &url::Url) -> Result<(), String> {
        let name = self.short_name();
        if self.ca_file.is_some() && ["http", "mqtt", "imap", "ws"].contains(&url.scheme()) {
            return Err(format!(
                "ca_file of {name}: {url} is not encrypted, so nobody vouches for it; use an encrypted address, or take ca_file out"
            ));
        }
        let Some(proxy) = &self.proxy else {
            return match (&self.proxy_user, &self.proxy_password_file) {
                (None, None) => Ok(()),
                _ => Err(format!(
                    "proxy_user of {name}: there is no proxy to sign in at; name it in proxy"
                )),
            };
        };
        if ["jetstream", "mail", "mastodon", "mqtt"].contains(&self.kind.as_str()) {
            return Err(format!(
                "proxy of {name}: a broker, a mailbox and a stream are reached without one; take proxy out"
            ));
        }
        let address: url::Url = proxy
            .parse()
            .map_err(|cause| format!("proxy of {name}: {proxy} is no address: {cause}"))?;
        let is_bare = address.path() == "/" && address.query().is_none();
        if address.scheme() != "http" || address.host_str().is_none_or(str::is_empty) || !is_bare {
            return Err(format!(
                "proxy of {name}: {proxy} is no proxy's address; use http://host:port"
            ));
        }
        if !address.username().is_empty() || address.password().is_some() {
            return Err(format!(
                "proxy of {name}: the address must not hold a name or password; use proxy_user and proxy_password_file"
            ));
        }
        if self.proxy_password_file.is_some() && self.proxy_user.is_none() {
            return Err(format!("proxy_user of {name}: a password needs a user"));
        }
        Ok(())
    }

    fn check_mail(&self) -> Result<(), String> {
        let name = self.short_name();
        if self.kind == "mastodon" {
            social::check_tags(&self.tags).map_err(|why| format!("tags of {name}: {why}"))?;
            if !self.has_password() {
                return Err(format!(
                    "password_file of {name}: such a server tells nobody without a token; name the file that holds it"
                ));
            }
        } else if !self.tags.is_empty() {
            return Err(format!("tags of {name}: tags are a Mastodon server's; take them out"));
        }
        if self.kind != "mail" {
            let has_rules = !self.notices.is_empty();
            if has_rules || self.mailbox.is_some() || self.authenticated_by.is_some() {
                return Err(format!(
                    "notices of {name}: notices, mailbox and authenticated_by are a mailbox's; take them out"
                ));
            }
            return Ok(());
        }
        if self.notices.is_empty() || self.notices.len() > mail::RULES_MAX {
            return Err(format!(
                "notices of {name}: give 1 to {} [[source.notices]] tables",
                mail::RULES_MAX
            ));
        }
        if self.user.is_none() || !self.has_password() {
            return Err(format!("user of {name}: a mailbox needs user and password_file"));
        }
        self.notices.iter().try_for_each(NoticeRule::check)
    }

    fn check_broker(&self) -> Result<(), String> {
        let name = self.short_name();
        if self.kind != "mqtt" {
            if !self.topics.is_empty() || !self.wills.is_empty() {
                return Err(format!(
                    "topics of {name}: topics and wills are a broker's; take them out"
                ));
            }
            if self.is_signed() && !SIGNED.contains(&self.kind.as_str()) {
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
        if self.has_password() && self.user.is_none() {
            return Err(format!("user of {name}: a password needs a user"));
        }
        if self.wills.len() > TOPICS_MAX {
            return Err(format!(
                "wills of {name}: give at most {TOPICS_MAX} [[source.wills]] tables"
            ));
        }
        self.topics.iter().try_for_each(Topic::check)?;
        self.wills.iter().try_for_each(WillTopic::check)
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
#[path = "config_tests.rs"]
mod tests;
