//! Bluesky's Jetstream: a websocket that tells what is posted, edited and withdrawn on the whole network.
//!
//! Where it stands is a moment in microseconds, on disk with what was taken up to it. After a break it is asked to go on some seconds
//! before that, since it does not tell in order; what stands already folds by the post's own address.

use wire::time::Timestamp;

use super::limits::{AHEAD_US, REWIND_US};
use super::line::{self, Told, passing};
use super::take::{Group, take};
use super::{Event, bluesky};
use crate::pipeline::IntakeError;
use crate::source::supervisor::Pauses;
use crate::source::{FetchError, Profile, SourceConfig, cursor};
use crate::state::App;
use crate::store::SourceRow;

/// Listens while the connection lasts. Gives why it ended.
pub(super) async fn listen(
    app: &App,
    row: &SourceRow,
    config: &SourceConfig,
    pauses: &mut Pauses,
) -> FetchError {
    let profile = config.profile("");
    let known = match cursor::load(app, &profile).await {
        Ok(known) => from(app, row, known.parse().ok()),
        Err(cause) => return passing(cause.to_string()),
    };
    let Ok(mut url) = config.url.parse::<url::Url>() else {
        return passing("its url is no address");
    };
    url.query_pairs_mut().append_pair("wantedCollections", bluesky::POSTS);
    if let Some(known) = known {
        let from = known.saturating_sub(REWIND_US).max(0).to_string();
        url.query_pairs_mut().append_pair("cursor", &from);
    }
    let mut socket = match line::open(config, &url, None).await {
        Ok(socket) => socket,
        Err(cause) => return cause,
    };
    pauses.well();
    let mut at = known.unwrap_or_default();
    loop {
        let Told { messages, end } = line::group(&mut socket).await;
        match taken(app, (row, &profile), &messages, at).await {
            Ok(next) => at = next,
            Err(cause) => return passing(cause.to_string()),
        }
        if let Some(why) = end {
            return passing(why);
        }
    }
}

/// From where it is asked to go on: where it stood while something is held that may be withdrawn, else no earlier than the first
/// operation that runs began. Without either, from now.
fn from(app: &App, row: &SourceRow, known: Option<i64>) -> Option<i64> {
    let since = app.operations.running_since(row.mode, app.clock.now());
    let since = since.map(|since| since.0.saturating_mul(1_000));
    match (known, since) {
        (Some(known), _) if app.worlds.read(row.mode).has_words_from(row.key) => Some(known),
        (Some(known), Some(since)) => Some(known.max(since)),
        (None, since) => since,
        (Some(_), None) => None,
    }
}

/// Takes what was told. Gives where it stands then.
async fn taken(
    app: &App,
    (row, profile): (&SourceRow, &Profile),
    messages: &[impl AsRef<str>],
    mut at: i64,
) -> Result<i64, IntakeError> {
    let ahead = app.clock.now().0.saturating_mul(1_000).saturating_add(AHEAD_US);
    let mut n_bytes = 0;
    let mut events = Vec::with_capacity(messages.len());
    let before = at;
    for message in messages {
        let message = message.as_ref();
        n_bytes += message.len() as u64;
        let (moment, event) = bluesky::read(message);
        at = moment.filter(|moment| *moment <= ahead).map_or(at, |moment| at.max(moment));
        if !matches!(event, Event::Other) {
            events.push(event);
        }
    }
    let moved = (at > before).then(|| cursor::at(profile, &at.to_string()));
    take(app, row, Group { dialect: "jetstream", events, n_bytes, cursor: moved }).await?;
    app.sources.note(&row.id, |note| {
        note.content_at = note.content_at.max((at > 0).then_some(Timestamp(at / 1_000)));
    });
    Ok(at)
}
