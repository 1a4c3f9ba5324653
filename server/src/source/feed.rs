//! A feed: one document that is asked for again and again. What it holds a [`Format`] reads; the asking is the same for all.

use async_trait::async_trait;
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wire::time::Timestamp;

use super::poll::{Question, Validators, passing, poll};
use super::road::Road;
use super::sign::Signature;
use super::{FetchError, Fetched, Held, Profile, Source, SourceConfig};

/// What a document says, in one of the formats.
pub trait Format: Send + Sync + Sized + std::fmt::Debug {
    /// What is remembered of the last document, beside its validators.
    type Memory: Serialize + DeserializeOwned + Default + Send;

    /// The word for it, in settings and at the desk.
    const DIALECT: &'static str;
    /// The readable name of such a source.
    const NAME: &'static str;
    /// The largest document.
    const BYTES_MAX: usize;

    /// From the settings.
    fn new(config: &SourceConfig) -> Result<Self, String>;

    /// Reads one. `memory` is that of the last, and is left as it is to be kept.
    fn read(
        &self,
        bytes: &[u8],
        memory: &mut Self::Memory,
        held: &dyn Held,
        now: Timestamp,
    ) -> Result<Fetched, FetchError>;
}

/// See the module.
#[derive(Debug)]
pub struct Feed<F> {
    profile: Profile,
    url: Url,
    road: Road,
    config: SourceConfig,
    format: F,
}

impl<F: Format> Feed<F> {
    /// From its settings.
    pub fn new(config: &SourceConfig) -> Result<Self, String> {
        config.check()?;
        let url = config.url.parse().map_err(|cause| format!("{}: {cause}", config.url))?;
        Ok(Self {
            profile: config.profile(F::NAME),
            url,
            road: Road::new(config),
            config: config.clone(),
            format: F::new(config)?,
        })
    }
}

/// What is remembered between fetches.
#[derive(Default, Serialize, Deserialize)]
struct Cursor<M> {
    #[serde(flatten)]
    validators: Validators,
    /// The digest of the last document: many upstreams know no validators, and the same bytes once more say nothing.
    #[serde(default)]
    digest: String,
    #[serde(flatten)]
    memory: M,
}

#[async_trait]
impl<F: Format> Source for Feed<F> {
    fn dialect(&self) -> &'static str {
        F::DIALECT
    }

    fn profile(&self) -> Profile {
        self.profile.clone()
    }

    async fn fetch(
        &mut self,
        cursor: &str,
        held: &dyn Held,
        now: Timestamp,
    ) -> Result<Option<Fetched>, FetchError> {
        // A cursor of an older version is no error: the feed is read whole again and folds.
        let known: Cursor<F::Memory> = serde_json::from_str(cursor).unwrap_or_default();
        let question = Question {
            address: self.url.clone(),
            known: &known.validators,
            bytes_max: F::BYTES_MAX,
            now,
            signature: &Signature::of(&self.config).map_err(passing)?,
        };
        let Some(polled) = poll(&mut self.road, question).await? else { return Ok(None) };
        let digest = blake3::hash(&polled.bytes).to_hex().to_string();
        if digest == known.digest {
            return Ok(None);
        }
        let mut memory = known.memory;
        let mut fetched = self.format.read(&polled.bytes, &mut memory, held, now)?;
        fetched.n_bytes = polled.bytes.len() as u64;
        let next = Cursor { validators: polled.validators, digest, memory };
        fetched.cursor =
            serde_json::to_string(&next).map_err(|cause| FetchError::Garbled(cause.to_string()))?;
        Ok(Some(fetched))
    }
}
