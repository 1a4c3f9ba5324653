//! MQTT: a broker of the city that we listen to, its messages mapped to observations (`topic`).
//!
//! ```text
//! broker ─▶ poll (keeps the connection) ─▶ queue ─▶ take (understand, submit, wait for the disk) ─▶ acknowledge
//! ```
//!
//! A message is acknowledged only after it is on disk, and the session is a lasting one: what was not acknowledged when either
//! side died is delivered again, and folds if it is known. The broker may have `UNACKNOWLEDGED_MAX` messages under way, so
//! the queue is bounded by the protocol. A message of quality 0, which nobody promised, is dropped and counted where the
//! queue is full.

mod topic;
mod will;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Packet, Publish, RetainForwardRule, SubscribeFilter};
use rumqttc::{
    AckMode, AsyncClient, BrokerSessionResumePolicy, Event, EventLoop, IncomingPacketSizeLimit,
    MqttOptions, TlsConfiguration, Transport,
};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::sync::CancellationToken;

use super::SourceConfig;
use super::distrust::distrusted;
use super::said::{self, Understood as Taken};
use super::supervisor::{Pauses, account, paced, rest};
use crate::letters::{self, Kind, Letter};
use crate::pipeline::{IntakeError, Submission, Tied};
use crate::state::App;
use crate::store::SourceRow;
use crate::why::{PAYLOAD_BYTES_MAX, RefusedItem, Sent, cut};

pub use topic::{TOPICS_MAX, Topic};
pub use will::WillTopic;

/// Messages a broker may have under way to us: a group commit's worth.
const UNACKNOWLEDGED_MAX: u16 = 1_000;
/// Messages that wait here: those, as many that come again after a break, and as many of quality 0.
const QUEUE_MAX: usize = 4 * UNACKNOWLEDGED_MAX as usize;
/// The largest message: a device's, not a document.
const MESSAGE_BYTES_MAX: u32 = 64 << 10;
/// How long the broker keeps what came while we were away: a weekend.
const SESSION_S: u32 = 3 * 86_400;
/// Seconds without a word after which either side asks whether the other lives.
const KEEP_ALIVE_S: u16 = 15;

/// What is wrong with its address, in one sentence.
pub(super) fn check_url(url: &url::Url, allow_private: bool) -> Result<(), String> {
    match url.scheme() {
        "mqtts" => {}
        "mqtt" if allow_private => {}
        "mqtt" => return Err(format!("{url} is not encrypted; use mqtts, or set allow_private")),
        scheme => return Err(format!("{url}: {scheme} is no broker's; use mqtts://host:8883")),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(format!("{url} names no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "a broker's address must not hold a name or password; use user and password_file"
                .to_owned(),
        );
    }
    Ok(())
}

/// What the room calls a broker.
pub(super) const NAME: &str = "MQTT";

/// Listens until `stop`.
pub(super) async fn run(app: App, config: SourceConfig, stop: CancellationToken) {
    let profile = config.profile(NAME);
    let Some(row) = account(&app, &profile, &stop).await else { return };
    let mut pauses = Pauses::new(&app, profile);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.sources.until(&app.clock, &row.id, false) => {}
        }
        let why = match options(&config) {
            Ok(options) => {
                let (client, events) =
                    AsyncClient::builder(options).capacity(2 * QUEUE_MAX).build();
                let (queue, messages) = mpsc::channel(QUEUE_MAX);
                tokio::select! {
                    () = stop.cancelled() => return,
                    // What is not acknowledged waits at the broker.
                    () = app.sources.until(&app.clock, &row.id, true) => continue,
                    why = poll(events, &client, &config, &queue, &mut pauses) => why,
                    why = take(&app, &row, &config, &client, messages) => why,
                }
            }
            Err(why) => why,
        };
        if rest(&stop, pauses.failed(why, false)).await {
            return;
        }
    }
}

/// How a broker of this source is reached, and as whom.
pub(super) fn reach(config: &SourceConfig, url: &str) -> Result<MqttOptions, String> {
    let url: url::Url = url.parse().map_err(|cause| format!("{url}: {cause}"))?;
    let is_plain = url.scheme() == "mqtt";
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port().unwrap_or(if is_plain { 1883 } else { 8883 });
    let mut options = MqttOptions::new(format!("talaia-{}", config.short_name()), (host, port));
    options.set_keep_alive(KEEP_ALIVE_S);
    if !is_plain {
        let tls = match config.authority()? {
            Some(ca) => TlsConfiguration::Simple { ca, alpn: None, client_auth: None },
            None => TlsConfiguration::try_default_rustls()
                .map_err(|cause| format!("the system's certificates cannot be read: {cause}"))?,
        };
        options.set_transport(Transport::tls_with_config(tls));
    }
    if let Some(user) = &config.user {
        options.set_credentials(user, config.password()?.unwrap_or_default());
    }
    Ok(options)
}

fn options(config: &SourceConfig) -> Result<MqttOptions, String> {
    let mut options = reach(config, &config.url)?;
    options
        .set_clean_start(false)
        // Nothing is published, so nothing of the session is ours to remember: the broker's half is all of it.
        .set_broker_session_resume_policy(BrokerSessionResumePolicy::AllowBrokerOnly)
        .set_session_expiry_interval(Some(SESSION_S))
        .set_receive_maximum(Some(UNACKNOWLEDGED_MAX))
        .set_incoming_packet_size_limit(IncomingPacketSizeLimit::Bytes(MESSAGE_BYTES_MAX))
        .set_ack_mode(AckMode::Manual);
    Ok(options)
}

/// Keeps the connection and hands messages on. Gives why it ended.
async fn poll(
    mut events: EventLoop,
    client: &AsyncClient,
    config: &SourceConfig,
    queue: &mpsc::Sender<Publish>,
    pauses: &mut Pauses,
) -> String {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                let topics = config.topics.iter().map(|topic| topic.filter.as_str());
                let wills = config.wills.iter().map(|will| will.filter.as_str());
                let filters: Vec<SubscribeFilter> = topics.chain(wills).map(filter).collect();
                if let Err(cause) = client.subscribe_many(filters).await {
                    return format!("its topics cannot be subscribed to: {cause}");
                }
                pauses.well();
            }
            Ok(Event::Incoming(Packet::Publish(message))) => match queue.try_send(message) {
                Ok(()) => {}
                Err(TrySendError::Full(message)) if message.qos == QoS::AtMostOnce => {
                    tracing::warn!(
                        source = config.short_name(),
                        "a message of quality 0 was dropped"
                    );
                }
                // Not acknowledged, so it comes again.
                Err(_full_or_closed) => return "more messages came than were agreed".to_owned(),
            },
            Ok(Event::Incoming(Packet::Disconnect(_))) => {
                return "it closed the connection".to_owned();
            }
            Ok(_other) => {}
            Err(cause) => {
                let url = &config.url.parse::<url::Url>().ok();
                let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default();
                return distrusted(&cause, host, config.ca_file.as_deref())
                    .unwrap_or_else(|| format!("it cannot be reached: {cause}"));
            }
        }
    }
}

fn filter(topics: &str) -> SubscribeFilter {
    let mut filter = SubscribeFilter::new(topics.to_owned(), QoS::AtLeastOnce);
    // What a broker retains is the last known and no news: wanted once.
    filter.retain_forward_rule = RetainForwardRule::OnNewSubscribe;
    filter
}

/// Takes messages, group by group, and acknowledges each once it is on disk. Gives why it ended.
async fn take(
    app: &App,
    row: &SourceRow,
    config: &SourceConfig,
    client: &AsyncClient,
    mut messages: mpsc::Receiver<Publish>,
) -> String {
    let mut group = Vec::new();
    while messages.recv_many(&mut group, UNACKNOWLEDGED_MAX.into()).await > 0 {
        loop {
            let (submission, mut dead) = understood(app, row, config, &group);
            // Paused and not refused: nothing is acknowledged meanwhile.
            paced(app, row, submission.bodies.len()).await;
            match app.intake.submit(submission).await {
                Ok(outcome) => {
                    dead.extend(letters::of_refused(outcome.refused));
                    letters::keep(app, (row.key, &row.id, row.mode), dead).await;
                    break;
                }
                Err(IntakeError::Stopped) => return IntakeError::Stopped.to_string(),
                // Nothing is acknowledged meanwhile, so the broker keeps the rest.
                Err(cause) => {
                    app.sources.note(&row.id, |note| note.broken = Some(cause.to_string()));
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        app.sources.note(&row.id, |note| note.broken = None);
        for message in group.drain(..).filter(|message| message.qos != QoS::AtMostOnce) {
            if let Err(cause) = client.ack(&message).await {
                return format!("a message cannot be acknowledged: {cause}");
            }
        }
    }
    "the connection ended".to_owned()
}

/// What a group of messages says, through the same door as a partner's observations.
fn understood(
    app: &App,
    row: &SourceRow,
    config: &SourceConfig,
    group: &[Publish],
) -> (Submission, Vec<Letter>) {
    let now = app.clock.now();
    let received = now.to_string();
    let mut rejected: BTreeMap<String, u64> = BTreeMap::new();
    let mut observations: Vec<Value> = Vec::with_capacity(group.len());
    let mut refused = Vec::new();
    let mut taken = Taken::default();
    for message in group {
        let name = String::from_utf8_lossy(&message.topic);
        if let Some(will) = config.wills.iter().find(|will| will.takes(&name)) {
            match will.read(row.key, &name, &message.payload, message.retain) {
                // What was said before it stands before it.
                Ok(body) => {
                    let before = std::mem::take(&mut observations);
                    taken.add(said::understood(
                        app,
                        row,
                        (Kind::Observation, &before),
                        now,
                        &mut rejected,
                    ));
                    taken.bodies.push(body);
                }
                Err(reason) => {
                    *rejected.entry(reason.to_owned()).or_default() += 1;
                    if refused.len() < REFUSED_MAX {
                        refused.push(unread(None, reason, &name, &message.payload));
                    }
                }
            }
            continue;
        }
        let topic = config.topics.iter().find(|topic| topic.takes(&name));
        let read = topic.ok_or("unknown_topic").and_then(|topic| {
            if message.retain && topic.time.is_none() {
                // The last known value, of nobody knows when.
                return Err("retained_without_time");
            }
            topic.observation(&name, &message.payload, &received)
        });
        match read {
            Ok(observation) => observations.push(observation),
            Err(reason) => {
                *rejected.entry(reason.to_owned()).or_default() += 1;
                if refused.len() < REFUSED_MAX {
                    // A topic that nobody maps is all that is known of its device.
                    let device = topic.map_or_else(|| name.to_string(), |one| one.device(&name));
                    refused.push(unread(Some(device), reason, &name, &message.payload));
                }
            }
        }
    }
    taken.add(said::understood(app, row, (Kind::Observation, &observations), now, &mut rejected));
    refused.append(&mut taken.refused);
    let bytes = group.iter().map(|message| message.payload.len()).sum();
    let sent = Sent { dialect: "mqtt", n_bytes: bytes as u64, refused };
    let submission = Submission {
        source: row.key,
        mode: row.mode,
        bodies: taken.bodies,
        rejected,
        bytes,
        area: None,
        sent: Arc::new(sent),
        tied: Tied::default(),
    };
    (submission, taken.dead)
}

/// Of a group of messages so many refused ones are told one by one.
const REFUSED_MAX: usize = 100;

/// A message that is nothing to us.
fn unread(device: Option<String>, reason: &str, topic: &str, payload: &[u8]) -> RefusedItem {
    RefusedItem {
        device,
        reason: reason.to_owned(),
        pointer: String::new(),
        detail: detail(reason, topic),
        payload: Some(cut(&String::from_utf8_lossy(payload), PAYLOAD_BYTES_MAX)),
    }
}

/// What is wrong with a message, in words.
fn detail(reason: &str, topic: &str) -> String {
    let what = match reason {
        "unknown_topic" => "no [[source.topics]] table takes this topic",
        "retained_without_time" => "a retained message without a time is of nobody knows when",
        "missing" => {
            "it has nothing where the table says that the value, its time or the word stands"
        }
        "bad_time" => "its time cannot be read",
        "unknown_word" => "its word is neither the one for gone nor the one for back",
        _ => "it cannot be read as the table says",
    };
    format!("A message of the topic {topic}: {what}.")
}
