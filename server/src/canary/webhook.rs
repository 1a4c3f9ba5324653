//! What the webhook of the canaries is told.

use std::time::Duration;

use serde::Serialize;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::webhook::Webhook;

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

impl News<'_> {
    pub(super) async fn tell(&self, webhook: &Webhook) {
        let said = if self.event == "canary_late" {
            "the canary is late: reports may not reach the screens"
        } else {
            "the canary is back"
        };
        let text = format!("Talaia {} ({}): {said}", self.server, self.mode);
        if let Err(why) = webhook.tell(&Told { text, news: self }, &PAUSES).await {
            tracing::warn!(why, event = self.event, "the canary's webhook was not told");
        }
    }
}
