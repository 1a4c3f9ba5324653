//! Settings: every option is a flag, a `TALAIA_…` variable and a line of `talaia.toml`; this struct is their sum.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Every setting of a server, with its default.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://…`; the scheme decides.
    pub database: String,
    /// Where the socket, the keys and the first sign-in live.
    pub data_dir: PathBuf,
    /// The address people use, for cookies, Origin checks and links.
    pub public_url: Option<String>,
    /// A PMTiles file or a style URL.
    pub basemap: Option<String>,
    /// The exercise to play, if any.
    pub exercise: Option<String>,
    /// Points outside this box are rejected, if set.
    pub area: Option<wire::geo::Bbox>,
    /// Every limit of the server.
    pub limits: Limits,
}

/// Limits, each with its reason.
#[derive(Debug, Clone)]
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
    /// Submissions waiting for the pipeline before intake answers 503.
    pub submissions_queued_max: usize,
    /// Websocket and event-stream sessions at once.
    pub sessions_max: usize,
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
            submissions_queued_max: 1_024,
            sessions_max: 20_000,
        }
    }
}
