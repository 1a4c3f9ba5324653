//! A Mastodon server: statuses with some hashtags, told by its stream, and what was missed asked for by their numbers.
//!
//! The stream knows no going on. So it is opened first, then the timelines are read from the last number on disk, then the stream: what
//! comes twice folds.

use futures_util::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::line::{self, Told, passing};
use super::status;
use super::take::{Group, take};
use crate::source::road::Road;
use crate::source::supervisor::Pauses;
use crate::source::{FetchError, SourceConfig, cursor, guard};
use crate::state::App;
use crate::store::SourceRow;

/// Tags of one source: each is a stream of its own there.
pub(in crate::source) const TAGS_MAX: usize = 20;
/// Characters of one.
const TAG_CHARS_MAX: usize = 100;
/// Statuses of a page: as many as such servers give.
const PAGE: usize = 40;
/// Pages of one tag that are asked for after a break: a thousand statuses, of three hundred questions in five minutes.
const PAGES_MAX: usize = 25;
/// A page: statuses with all that hangs on them.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// What is wrong with its tags, in one sentence.
pub(in crate::source) fn check_tags(tags: &[String]) -> Result<(), String> {
    let is_tag = |tag: &String| {
        (1..=TAG_CHARS_MAX).contains(&tag.chars().count())
            && tag.chars().all(|one| one.is_alphanumeric() || one == '_')
    };
    if tags.is_empty() || tags.len() > TAGS_MAX || !tags.iter().all(is_tag) {
        return Err(format!("give 1 to {TAGS_MAX} tags, each of letters and digits, without #"));
    }
    Ok(())
}

/// Listens while the connection lasts. Gives why it ended.
pub(super) async fn listen(
    app: &App,
    row: &SourceRow,
    config: &SourceConfig,
    pauses: &mut Pauses,
) -> FetchError {
    match heard(app, row, config, pauses).await {
        Ok(end) => passing(end),
        Err(cause) => cause,
    }
}

async fn heard(
    app: &App,
    row: &SourceRow,
    config: &SourceConfig,
    pauses: &mut Pauses,
) -> Result<String, FetchError> {
    let profile = config.profile("");
    let known = cursor::load(app, &profile).await.map_err(|cause| passing(cause.to_string()))?;
    let base: url::Url = config.url.parse().map_err(|_bad| passing("its url is no address"))?;
    let host = base.host_str().unwrap_or_default().to_owned();
    let token = config.password().map_err(passing)?;
    let mut streaming = base.join("/api/v1/streaming").map_err(|_bad| passing("no address"))?;
    let scheme = if base.scheme() == "http" { "ws" } else { "wss" };
    streaming.set_scheme(scheme).map_err(|()| passing("its url is no address of the web"))?;
    let mut socket = line::open(config, &streaming, token.as_deref()).await?;
    for tag in &config.tags {
        let wish = json!({"type": "subscribe", "stream": "hashtag", "tag": tag}).to_string();
        let sent = socket.send(Message::text(wish)).await;
        sent.map_err(|cause| passing(format!("the connection broke: {cause}")))?;
    }
    let mut at = begin(app, row, known.parse().ok());
    if let Some(from) = at {
        at = Some(missed(app, row, config, (&base, &host), from).await?);
    }
    pauses.well();
    loop {
        let Told { messages, end } = line::group(&mut socket).await;
        let n_bytes = messages.iter().map(|message| message.len() as u64).sum();
        let before = at;
        let mut events = Vec::with_capacity(messages.len());
        for message in &messages {
            let (number, event) = status::frame(&host, message.as_str());
            at = at.max(number);
            events.push(event);
        }
        let moved = at.filter(|_| at > before).map(|at| cursor::at(&profile, &at.to_string()));
        let group = Group { dialect: "mastodon", events, n_bytes, cursor: moved };
        take(app, row, group).await.map_err(|cause| passing(cause.to_string()))?;
        if let Some(why) = end {
            return Ok(why);
        }
    }
}

/// After which number it goes on: the last on disk, and no earlier than the first operation that runs began.
fn begin(app: &App, row: &SourceRow, known: Option<u64>) -> Option<u64> {
    let since = app.operations.running_since(row.mode, app.clock.now()).map(status::number);
    match (known, since) {
        (Some(known), Some(since)) => Some(known.max(since)),
        (known, since) => since.or(known),
    }
}

/// Reads what was said since a number, tag by tag. Where it goes on is said once all of it is on disk.
async fn missed(
    app: &App,
    row: &SourceRow,
    config: &SourceConfig,
    (base, host): (&url::Url, &str),
    from: u64,
) -> Result<u64, FetchError> {
    let mut road = Road::new(config);
    let token = config.password().map_err(passing)?.unwrap_or_default();
    let mut newest = from;
    for tag in &config.tags {
        let mut after = from;
        for _ in 0..PAGES_MAX {
            let mut url = base.clone();
            url.path_segments_mut()
                .map_err(|()| passing("its url is no address of the web"))?
                .pop_if_empty()
                .extend(["api", "v1", "timelines", "tag", tag]);
            url.query_pairs_mut()
                .append_pair("min_id", &after.to_string())
                .append_pair("limit", &PAGE.to_string());
            let answer = road.ask(url, |request| request.bearer_auth(&token)).await?;
            if !answer.status().is_success() {
                return Err(passing(format!("it answers {}", answer.status())));
            }
            let bytes = guard::read_body(answer, PAGE_BYTES_MAX).await.map_err(passing)?;
            let (last, events) = status::page(host, &bytes)
                .ok_or_else(|| FetchError::Garbled("it tells no statuses".to_owned()))?;
            let n_bytes = bytes.len() as u64;
            let group = Group { dialect: "mastodon", events, n_bytes, cursor: None };
            take(app, row, group).await.map_err(|cause| passing(cause.to_string()))?;
            let Some(last) = last.filter(|last| *last > after) else { break };
            after = last;
            newest = newest.max(last);
        }
    }
    let cursor = Some(cursor::at(&config.profile(""), &newest.to_string()));
    let group = Group { dialect: "mastodon", events: Vec::new(), n_bytes: 0, cursor };
    take(app, row, group).await.map_err(|cause| passing(cause.to_string()))?;
    Ok(newest)
}
