//! Settings: every option is a flag, a `TALAIA_…` variable and a line of `talaia.toml`; this struct is their sum.
//!
//! Who reads them from where is `cli::settings`; here are their names, defaults and reasons.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};

/// Every setting of a server, with its default.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://…`; the scheme decides. Empty: an SQLite file in the data directory.
    pub database: String,
    /// Where the socket, the keys and the first sign-in live.
    pub data_dir: PathBuf,
    /// The address people use, for cookies, Origin checks and links.
    pub public_url: Option<String>,
    /// The server's name: shown to people, and typed by who plays a recording into live.
    pub name: String,
    /// A PMTiles file or a style URL.
    pub basemap: Option<String>,
    /// The exercise to play, if any.
    pub exercise: Option<String>,
    /// How many times faster than real time the exercise plays.
    pub exercise_speed: f64,
    /// Whether words of reports may say what happens where their partner does not: advice, never for calls and units.
    pub words: bool,
    /// The upstreams we read, each a `[[source]]`.
    #[serde(rename = "source")]
    pub sources: Vec<crate::source::SourceConfig>,
    /// Whether administrators may add sources inside the building at the desk: what they name is asked from here.
    pub desk_sources_private: bool,
    /// Points outside this box are rejected, if set.
    #[serde(deserialize_with = "area")]
    pub area: Option<wire::geo::Bbox>,
    /// An address that is sent a `POST` when a canary is late, and when it is back.
    pub canary_webhook: Option<String>,
    /// An address that is sent a `POST` each time an alarm of the live room climbs because nobody answers.
    pub alarm_webhook: Option<String>,
    /// Whether `/metrics` answers other machines too.
    pub metrics_public: bool,
    /// Whether log lines are JSON.
    pub log_json: bool,
    /// Which log lines are written, as `tracing` filters are: `info`, `talaia=debug`.
    pub log: String,
    /// Every limit of the server.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database: String::new(),
            data_dir: PathBuf::from("var"),
            public_url: None,
            name: "talaia".to_owned(),
            basemap: None,
            exercise: None,
            exercise_speed: 1.0,
            words: true,
            sources: Vec::new(),
            desk_sources_private: false,
            area: None,
            canary_webhook: None,
            alarm_webhook: None,
            metrics_public: false,
            log_json: false,
            log: "info".to_owned(),
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// The database's URL: the one set, or the SQLite file in the data directory.
    pub fn database_url(&self) -> String {
        if self.database.is_empty() {
            format!("sqlite:{}", self.data_dir.join("talaia.db").display())
        } else {
            self.database.clone()
        }
    }

    /// The socket through which commands act on the running server.
    pub fn socket(&self) -> PathBuf {
        self.data_dir.join("talaia.sock")
    }

    /// The same with words that mean nothing set taken out.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        self.exercise = self.exercise.filter(|name| name != "off" && !name.is_empty());
        self.canary_webhook = self.canary_webhook.filter(|address| !address.is_empty());
        self.alarm_webhook = self.alarm_webhook.filter(|address| !address.is_empty());
        self.basemap = self.basemap.filter(|basemap| !basemap.is_empty());
        self.public_url = self
            .public_url
            .map(|url| url.trim_end_matches('/').to_owned())
            .filter(|url| !url.is_empty());
        self
    }

    /// What is wrong with it, as the setting's name and a sentence.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if let Some(url) = &self.public_url
            && !url.starts_with("https://")
            && !url.starts_with("http://")
        {
            let wanted =
                "must begin with https:// (or http:// for trials), such as https://room.example";
            return Err(("public_url", wanted.to_owned()));
        }
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if !self.database.is_empty() && !known.iter().any(|start| self.database.starts_with(start))
        {
            return Err(("database", "must be sqlite:PATH or postgres://…".to_owned()));
        }
        let webhooks =
            [("canary_webhook", &self.canary_webhook), ("alarm_webhook", &self.alarm_webhook)];
        for (setting, address) in webhooks {
            if let Some(address) = address {
                crate::webhook::check(address).map_err(|cause| (setting, cause))?;
            }
        }
        crate::source::SourceConfig::check_all(&self.sources).map_err(|cause| ("source", cause))?;
        let limits = &self.limits;
        let counts = [
            ("limits.body_bytes_max", limits.body_bytes_max),
            ("limits.unpacked_bytes_max", limits.unpacked_bytes_max),
            ("limits.unpack_ratio_max", limits.unpack_ratio_max),
            ("limits.features_max", limits.features_max),
            ("limits.report_bytes_max", limits.report_bytes_max),
            ("limits.text_bytes_max", limits.text_bytes_max),
            ("limits.requests_per_s", limits.requests_per_s as usize),
            ("limits.reports_per_s", limits.reports_per_s as usize),
            ("limits.submissions_queued_max", limits.submissions_queued_max),
            ("limits.queued_bytes_max", limits.queued_bytes_max),
            ("limits.dead_letters_max", limits.dead_letters_max),
            ("limits.dead_letter_bytes_max", limits.dead_letter_bytes_max),
            ("limits.sessions_max", limits.sessions_max),
            ("limits.live_joins_per_s", limits.live_joins_per_s as usize),
            ("limits.live_heartbeat_ms", limits.live_heartbeat_ms as usize),
            ("limits.live_records_max", limits.live_records_max),
            ("limits.live_ring_bytes_max", limits.live_ring_bytes_max),
            ("limits.live_write_deadline_ms", limits.live_write_deadline_ms as usize),
            ("limits.live_haste_ms", limits.live_haste_ms as usize),
            ("limits.connections_max", limits.connections_max),
            ("limits.body_stall_ms", limits.body_stall_ms as usize),
            ("limits.group_rows_max", limits.group_rows_max),
        ];
        match counts.into_iter().find(|(_, n)| *n == 0) {
            Some((name, _)) => Err((name, "must be at least 1".to_owned())),
            None => Ok(()),
        }
    }

    /// Whether people reach the server by https: then cookies are `Secure` and HSTS is sent.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Scheme, host and port of the public address, as browsers write an `Origin`.
    pub fn public_origin(&self) -> Option<String> {
        let url = self.public_url.as_ref()?;
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        Some(format!("{scheme}://{}", host.strip_suffix(default_port).unwrap_or(&host)))
    }
}

/// A box as an array of four numbers or as text, the way a flag or a variable writes it.
fn area<'de, D: Deserializer<'de>>(from: D) -> Result<Option<wire::geo::Bbox>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Numbers(wire::geo::Bbox),
    }
    match Option::<Written>::deserialize(from)? {
        None => Ok(None),
        Some(Written::Numbers(area)) => Ok(Some(area)),
        Some(Written::Text(text)) if text.is_empty() => Ok(None),
        Some(Written::Text(text)) => text.parse().map(Some).map_err(serde::de::Error::custom),
    }
}

/// Limits, each with its reason.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// A body on the wire: what a city's nightly export fits in.
    pub body_bytes_max: usize,
    /// A body unpacked: four times the wire limit.
    pub unpacked_bytes_max: usize,
    /// Unpacked ÷ packed: beyond it is a bomb.
    pub unpack_ratio_max: usize,
    /// Features in one request.
    pub features_max: usize,
    /// One report's JSON.
    pub report_bytes_max: usize,
    /// One report's text.
    pub text_bytes_max: usize,
    /// Requests a second a partner.
    pub requests_per_s: u32,
    /// Reports a second a partner.
    pub reports_per_s: u32,
    /// Requests at once after a rest; 0: as many as in a second.
    pub requests_burst: u32,
    /// Reports at once after a rest; 0: as many as in a second, or as one request may hold.
    pub reports_burst: u32,
    /// Requests a day a partner, from midnight in UTC; 0: as many as the second allows.
    pub requests_per_day: u64,
    /// Reports and observations a day a partner; 0: as many as the second allows. Six hundred a second all day: more than any
    /// city's sensors say, and what a disk of half a terabyte takes for two weeks.
    pub reports_per_day: u64,
    /// Submissions waiting for the pipeline before intake answers 503; one source has a quarter at most.
    pub submissions_queued_max: usize,
    /// Bytes that wait for the pipeline before intake answers 503; one source has a quarter at most. Two seconds of the
    /// fastest disk.
    pub queued_bytes_max: usize,
    /// Refused items of one source that are kept for a day: enough to see the pattern and to send again an hour's.
    pub dead_letters_max: usize,
    /// One such item: what is longer is told and not kept.
    pub dead_letter_bytes_max: usize,
    /// What an observation says beside what is understood is kept with it up to so many bytes of JSON, 4 KiB at most: what a device tells
    /// of itself, not a document. 0 keeps nothing.
    pub raw_bytes_max: usize,
    /// Websocket and event-stream sessions at once.
    pub sessions_max: usize,
    /// Sessions let in a second, after a burst of five seconds' worth: two thousand clients that come back after a restart
    /// are back within forty seconds, and no second has a tenth of them.
    pub live_joins_per_s: u32,
    /// Changes are gathered this long before frames are made: half of what a hand notices.
    pub live_flush_ms: u64,
    /// A heartbeat comes this often: two missed ones and a client may say so within five seconds.
    pub live_heartbeat_ms: u32,
    /// A canary is said this often in each mode, and a picture that lacks one for twice as long is called frozen: what a
    /// room may miss before it knows. Zero: no canaries.
    pub canary_ms: u32,
    /// Changes a mode remembers for resuming: an hour at a hundred changes a second.
    pub live_records_max: usize,
    /// And the memory it takes for that; what is short of the two decides.
    pub live_ring_bytes_max: usize,
    /// A client may take this long to take one frame before it is closed: a stalled browser, not a slow line.
    pub live_write_deadline_ms: u64,
    /// A client may send more frames than its share without a rest for this long before it is closed: over a thousand
    /// frames, which no hand and no patient program sends.
    pub live_haste_ms: u64,
    /// Connections at once: every session, and as many again for requests.
    pub connections_max: usize,
    /// How long a client may take to send a request's head: slower ones only hold a connection.
    pub header_timeout_ms: u64,
    /// A body that brings less than 8 KiB in this time only holds a connection: slower than the slowest mobile line.
    pub body_stall_ms: u64,
    /// Entries of one group commit: one sync is shared by this many, and no group keeps others waiting for long.
    pub group_rows_max: usize,
    /// How often time passes for the Worlds: windows slide this smoothly.
    pub tick_ms: u64,
    /// Entries between two checkpoints: what a start replays at most in quiet times, within a second.
    pub checkpoint_entries: u64,
    /// The longest a changed World stays without a checkpoint.
    pub checkpoint_ms: i64,
    /// Entries between two checkpoints that are kept for ever: where a look into the past begins its replay.
    pub checkpoint_keep_entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 4 << 20,
            unpacked_bytes_max: 16 << 20,
            unpack_ratio_max: 100,
            features_max: 10_000,
            report_bytes_max: 64 << 10,
            text_bytes_max: 8 << 10,
            requests_per_s: 50,
            reports_per_s: 20_000,
            requests_burst: 0,
            reports_burst: 0,
            requests_per_day: 0,
            reports_per_day: 50_000_000,
            submissions_queued_max: 1_024,
            queued_bytes_max: 64 << 20,
            dead_letters_max: 2_000,
            dead_letter_bytes_max: 16 << 10,
            raw_bytes_max: engine::limits::RAW_BYTES_MAX,
            sessions_max: 20_000,
            live_joins_per_s: 80,
            live_flush_ms: 100,
            live_heartbeat_ms: 2_000,
            canary_ms: 10_000,
            live_records_max: 500_000,
            live_ring_bytes_max: 24 << 20,
            live_write_deadline_ms: 10_000,
            live_haste_ms: 60_000,
            connections_max: 40_000,
            header_timeout_ms: 10_000,
            body_stall_ms: 10_000,
            group_rows_max: 2_000,
            tick_ms: 250,
            checkpoint_entries: 20_000,
            checkpoint_ms: 5 * 60_000,
            checkpoint_keep_entries: 320_000,
        }
    }
}
