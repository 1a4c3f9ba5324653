//! What says that there is something new: the broker of a SensorThings server, or a mailbox at which somebody waits. The source is asked for
//! what it is.
//!
//! A message names neither the Datastream nor the place of what it carries, and what was published while nobody listened is gone. So it is
//! a knock and no more: what is taken comes by the one road that knows where it stopped, and nothing can come twice. Each connection
//! begins with a knock too.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::Packet;
use rumqttc::{AsyncClient, Event, IncomingPacketSizeLimit};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::distrust::distrusted;
use super::supervisor::{backoff, rest};
use super::{SourceConfig, mail, mqtt};
use crate::state::App;

/// Subscriptions under way.
const REQUESTS_MAX: usize = 8;
/// The largest message: an Observation, with what its server puts around it.
const MESSAGE_BYTES_MAX: u32 = 1 << 20;
/// The first pause after the broker failed; they grow as those of a source do.
const PAUSE: Duration = Duration::from_secs(1);

/// Knocks whenever the broker says that there is something new, until `stop`. A source without a broker is never knocked for.
pub(super) async fn run(
    app: &App,
    config: &SourceConfig,
    knock: &Arc<Notify>,
    stop: &CancellationToken,
) {
    if config.mqtt.is_none() && config.kind != "mail" {
        return;
    }
    let id = format!("feed:{}", config.short_name());
    let mut failures = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.sources.until(&app.clock, &id, false) => {}
        }
        let why = tokio::select! {
            () = stop.cancelled() => return,
            () = app.sources.until(&app.clock, &id, true) => continue,
            why = listen(config, knock, &mut failures) => why,
        };
        failures += 1;
        tracing::warn!(source = config.short_name(), why, failures, "what knocks for it failed");
        // Dice of a thread must not be held while waiting.
        let pause = backoff(PAUSE, failures, &mut rand::rng());
        if rest(stop, pause).await {
            return;
        }
    }
}

/// Listens while the connection lasts. Gives why it ended.
async fn listen(config: &SourceConfig, knock: &Notify, failures: &mut u32) -> String {
    match &config.mqtt {
        Some(broker) => subscribed(config, broker, knock, failures).await,
        None => mail::idle(config, knock, failures).await,
    }
}

/// The same at a broker.
async fn subscribed(
    config: &SourceConfig,
    broker: &str,
    knock: &Notify,
    failures: &mut u32,
) -> String {
    let mut options = match mqtt::reach(config, broker) {
        Ok(options) => options,
        Err(why) => return why,
    };
    options
        .set_clean_start(true)
        .set_incoming_packet_size_limit(IncomingPacketSizeLimit::Bytes(MESSAGE_BYTES_MAX));
    let (client, mut events) = AsyncClient::builder(options).capacity(REQUESTS_MAX).build();
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                if let Err(cause) = client.subscribe(topic(config), QoS::AtMostOnce).await {
                    return format!("its topic cannot be subscribed to: {cause}");
                }
            }
            // From here on nothing is missed: what came before is asked for.
            Ok(Event::Incoming(Packet::SubAck(_))) => {
                *failures = 0;
                knock.notify_one();
            }
            Ok(Event::Incoming(Packet::Publish(_))) => knock.notify_one(),
            Ok(Event::Incoming(Packet::Disconnect(_))) => {
                return "it closed the connection".to_owned();
            }
            Ok(_other) => {}
            Err(cause) => {
                let url = config.mqtt.as_deref().unwrap_or_default().parse::<url::Url>().ok();
                let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default();
                return distrusted(&cause, host, config.ca_file.as_deref())
                    .unwrap_or_else(|| format!("it cannot be reached: {cause}"));
            }
        }
    }
}

/// All Observations of the server: its topics are the paths after its address.
fn topic(config: &SourceConfig) -> String {
    let version = config.url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    format!("{version}/Observations")
}
