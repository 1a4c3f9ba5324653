//! The webhook of the canaries: one address that the operator set is told in a few words, and never waited for long.

use std::time::Duration;

use reqwest::{Client, Url, redirect};
use serde::Serialize;
use tokio::time::sleep;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::source::guard;

/// The address may take this long to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Pauses before the second and third try: whoever restarts gets the word, and nobody is hammered.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// What is sent.
#[derive(Debug, Serialize)]
pub(super) struct News<'a> {
    /// `canary_late` or `canary_back`.
    pub(super) event: &'static str,
    /// The server's name.
    pub(super) server: &'a str,
    /// Live or exercise.
    pub(super) mode: Mode,
    /// Where the canary did not come any more.
    pub(super) stage: Option<&'static str>,
    /// Now, by the server's clock.
    pub(super) at: Timestamp,
    /// How long ago the newest canary was said that came through.
    pub(super) age_ms: i64,
}

/// The same with a sentence, which is what chat services show.
#[derive(Serialize)]
struct Told<'a> {
    text: String,
    #[serde(flatten)]
    news: &'a News<'a>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Webhook {
    client: Client,
    address: Url,
}

/// What is wrong with an address, in one sentence. It may be a secret, so it is not repeated.
pub(crate) fn check(address: &str) -> Result<Url, String> {
    let wanted = "must be an address that begins with https:// (or http:// within the house)";
    let url = Url::parse(address).map_err(|cause| format!("{wanted}: {cause}"))?;
    if matches!(url.scheme(), "https" | "http") { Ok(url) } else { Err(wanted.to_owned()) }
}

impl Webhook {
    pub(super) fn new(address: &str) -> Result<Self, String> {
        // The operator set the address, so private ones are meant; a redirect to another was not.
        let client = guard::builder()
            .timeout(ANSWER_MAX)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|cause| cause.to_string())?;
        Ok(Self { client, address: check(address)? })
    }

    pub(super) async fn tell(&self, news: &News<'_>) {
        let said = if news.event == "canary_late" {
            "the canary is late: reports may not reach the screens"
        } else {
            "the canary is back"
        };
        let text = format!("Talaia {} ({}): {said}", news.server, news.mode);
        let told = Told { text, news };
        let mut pauses = PAUSES.iter();
        loop {
            let why = match self.client.post(self.address.clone()).json(&told).send().await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => format!("it answers {}", answer.status().as_u16()),
                // Without the address: it may hold a secret.
                Err(cause) => cause.without_url().to_string(),
            };
            let Some(pause) = pauses.next() else {
                tracing::warn!(why, event = news.event, "the canary's webhook was not told");
                return;
            };
            sleep(*pause).await;
        }
    }
}
