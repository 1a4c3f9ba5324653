//! A webhook: one address that the operator set is told in a few words, and never waited for long.

use std::future::Future;
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use serde::Serialize;
use tokio::time::sleep;

use crate::source::guard;

/// Pauses before the tries after the first: a receiver that restarts within five minutes still gets the word.
pub(crate) const PATIENT: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(15),
    Duration::from_mins(1),
    Duration::from_mins(3),
];

/// The address may take this long to answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug)]
pub(crate) struct Webhook {
    client: Client,
    address: Url,
}

/// What is wrong with an address, in one sentence. It may be a secret, so it is not repeated.
pub(crate) fn check(address: &str) -> Result<Url, String> {
    let wanted = "must be an address that begins with https:// (or http:// within the house)";
    let url = Url::parse(address).map_err(|cause| format!("{wanted}: {cause}"))?;
    if matches!(url.scheme(), "https" | "http") { Ok(url) } else { Err(wanted.to_owned()) }
}

/// Tries, and again after each pause until it succeeds; why it never did.
pub(crate) async fn until_taken<Try: Future<Output = Result<(), String>>>(
    pauses: &[Duration],
    attempt: impl Fn() -> Try,
) -> Result<(), String> {
    let mut pauses = pauses.iter();
    loop {
        let Err(why) = attempt().await else { return Ok(()) };
        let Some(pause) = pauses.next() else { return Err(why) };
        sleep(*pause).await;
    }
}

impl Webhook {
    pub(crate) fn new(address: &str) -> Result<Self, String> {
        // The operator set the address, so private ones are meant; a redirect to another was not.
        let client = guard::builder()
            .timeout(ANSWER_MAX)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|cause| cause.to_string())?;
        Ok(Self { client, address: check(address)? })
    }

    /// Sends it, and again after each pause until it is taken; why it never was, without the address.
    pub(crate) async fn tell(
        &self,
        word: &impl Serialize,
        pauses: &[Duration],
    ) -> Result<(), String> {
        until_taken(pauses, || self.tell_once(word)).await
    }

    /// Sends it; why it was not taken, without the address.
    pub(crate) async fn tell_once(&self, word: &impl Serialize) -> Result<(), String> {
        match self.client.post(self.address.clone()).json(word).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("it answers {}", answer.status().as_u16())),
            // Without the address: it may hold a secret.
            Err(cause) => Err(cause.without_url().to_string()),
        }
    }
}
