//! A remote PMTiles file, read by byte ranges.

use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, ETAG, IF_RANGE, LAST_MODIFIED, RANGE};
use reqwest::{Client, StatusCode, Url};

use super::directory::{self, DirEntry};
use super::header::{HEADER_BYTES, Header, Section, UNPACKED_MAX, unpack};
use crate::source::guard;

/// The first request: header and root directory lie within, by the format's own rule.
const START_BYTES: u64 = 16_384;
/// Tries of one range before giving up.
const TRIES: u32 = 5;
/// A range may take this long: the largest asked for, over a slow line.
const RANGE_TIME_MAX: Duration = Duration::from_mins(3);

/// A remote file with its header.
pub(super) struct Remote {
    client: Client,
    url: Url,
    /// The version all ranges must be of.
    validator: Option<String>,
    start: Vec<u8>,
    /// What it says of itself.
    pub(super) header: Header,
    /// Bytes asked for so far.
    pub(super) asked_bytes: u64,
    /// Requests made so far.
    pub(super) requests: u64,
}

impl Remote {
    /// Opens a file by its address.
    pub(super) async fn open(url: Url) -> Result<Self, String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("--from {url}: give an http or https address"));
        }
        let client = guard::builder()
            .timeout(RANGE_TIME_MAX)
            .build()
            .map_err(|cause| format!("cannot start an HTTP client: {cause}"))?;
        let mut remote = Self {
            client,
            url,
            validator: None,
            start: Vec::new(),
            header: Header::default(),
            asked_bytes: 0,
            requests: 0,
        };
        remote.start = remote.range(Section { offset: 0, length: START_BYTES }, true).await?;
        remote.header =
            Header::read(&remote.start).map_err(|why| format!("{}: {why}", remote.url))?;
        Ok(remote)
    }

    /// The bytes of a section, tried again when the line breaks.
    pub(super) async fn bytes(&mut self, section: Section) -> Result<Vec<u8>, String> {
        if section.length == 0 {
            return Ok(Vec::new());
        }
        if section.end() <= self.start.len() as u64 {
            return Ok(self.start[section.offset as usize..section.end() as usize].to_vec());
        }
        self.range(section, false).await
    }

    async fn range(&mut self, section: Section, first: bool) -> Result<Vec<u8>, String> {
        let mut why = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(250 << attempt)).await;
            }
            match self.range_once(section, first).await {
                Ok(bytes) => return Ok(bytes),
                Err(Broken::Never(why)) => return Err(why),
                Err(Broken::Again(cause)) => why = cause,
            }
        }
        Err(format!("{}: {why}, {TRIES} times in a row", self.url))
    }

    async fn range_once(&mut self, section: Section, first: bool) -> Result<Vec<u8>, Broken> {
        let last = section.end() - 1;
        let mut request = self
            .client
            .get(self.url.clone())
            .header(RANGE, format!("bytes={}-{last}", section.offset));
        if let Some(validator) = &self.validator {
            request = request.header(IF_RANGE, validator);
        }
        self.requests += 1;
        let answer =
            request.send().await.map_err(|cause| Broken::Again(cause.without_url().to_string()))?;
        let never = |why: &str| Broken::Never(format!("{}: {why}", self.url));
        match answer.status() {
            StatusCode::PARTIAL_CONTENT => {}
            StatusCode::OK if !first && self.validator.is_some() => {
                return Err(never("it changed while it was read; run the command again"));
            }
            StatusCode::OK => return Err(never("its server does not serve byte ranges")),
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(Broken::Again(format!("the server answered {status}")));
            }
            status => return Err(never(&format!("the server answered {status}"))),
        }
        let text = |name| {
            answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let range = text(CONTENT_RANGE).unwrap_or_default();
        if !range.starts_with(&format!("bytes {}-", section.offset)) {
            return Err(never("its server answered with another range than asked for"));
        }
        if self.validator.is_none() {
            // A weak validator cannot vouch for bytes.
            self.validator =
                text(ETAG).filter(|tag| !tag.starts_with("W/")).or_else(|| text(LAST_MODIFIED));
        }
        let limit = usize::try_from(section.length).unwrap_or(usize::MAX);
        let bytes = guard::read_body(answer, limit).await.map_err(Broken::Again)?;
        self.asked_bytes += bytes.len() as u64;
        // Only the first request may reach past the end of a small file.
        if !first && bytes.len() as u64 != section.length {
            return Err(Broken::Again("the answer was cut".to_owned()));
        }
        Ok(bytes)
    }

    /// The unpacked bytes of a packed section: metadata or a directory.
    pub(super) async fn unpacked(&mut self, section: Section) -> Result<Vec<u8>, String> {
        if section.length > UNPACKED_MAX {
            return Err(format!(
                "{}: a directory of {} bytes makes no sense",
                self.url, section.length
            ));
        }
        let packed = self.bytes(section).await?;
        unpack(self.header.packing, &packed).map_err(|why| format!("{}: {why}", self.url))
    }

    /// A directory.
    pub(super) async fn directory(&mut self, section: Section) -> Result<Vec<DirEntry>, String> {
        let plain = self.unpacked(section).await?;
        directory::read(&plain).map_err(|why| format!("{}: {why}", self.url))
    }
}

/// Why a range did not come.
enum Broken {
    /// Trying again may help.
    Again(String),
    /// It will not.
    Never(String),
}

const _: () =
    assert!(HEADER_BYTES as u64 <= START_BYTES, "the header lies within the first request");
