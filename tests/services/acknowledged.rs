//! Why messages are acknowledged by hand: a reader that lets its library do it loses what it had taken and not yet stored.

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::Packet;
use rumqttc::{
    AckMode, AsyncClient, BrokerSessionResumePolicy, Event, EventLoop, MqttOptions, PublishOptions,
};
use support::mosquitto::Mosquitto;

const TOPIC: &str = "city/besos/level";
/// The message after which nothing more comes.
const LAST: &str = "last";

fn reader(broker: &Mosquitto, mode: AckMode) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new("reader", ("127.0.0.1", broker.port()));
    options
        .set_clean_start(false)
        .set_broker_session_resume_policy(BrokerSessionResumePolicy::AllowBrokerOnly)
        .set_session_expiry_interval(Some(3_600))
        .set_ack_mode(mode);
    AsyncClient::builder(options).capacity(100).build()
}

async fn next(events: &mut EventLoop) -> Packet {
    loop {
        if let Event::Incoming(packet) = events.poll().await.expect("a broker") {
            return packet;
        }
    }
}

/// How many of five messages come again to a reader that had taken them all and is killed before it stored one.
async fn come_again(mode: AckMode) -> usize {
    support::crypto();
    let broker = Mosquitto::start().expect("a broker");
    let (client, mut events) = reader(&broker, mode);
    client.subscribe(TOPIC, QoS::AtLeastOnce).await.expect("subscribed");
    while !matches!(next(&mut events).await, Packet::SubAck(_)) {}
    let messages: Vec<String> = (0..5).map(|n| n.to_string()).collect();
    let device = broker.device(TOPIC, &messages, false);
    let mut taken = 0;
    while taken < messages.len() {
        taken += usize::from(matches!(next(&mut events).await, Packet::Publish(_)));
    }
    device.done();
    // Whatever the library had to say of them is said before this.
    let once = PublishOptions::new(QoS::AtLeastOnce);
    client.publish("said", "all", once).await.expect("published");
    while !matches!(next(&mut events).await, Packet::PubAck(_)) {}
    drop((client, events));
    let (_client, mut events) = reader(&broker, AckMode::Manual);
    while !matches!(next(&mut events).await, Packet::ConnAck(_)) {}
    broker.device(TOPIC, &[LAST.to_owned()], false).done();
    let mut again = 0;
    loop {
        if let Packet::Publish(message) = next(&mut events).await {
            if message.payload == LAST.as_bytes() {
                return again;
            }
            again += 1;
        }
    }
}

#[tokio::test]
async fn what_is_acknowledged_before_it_is_stored_is_lost_with_a_kill_and_what_is_not_comes_again()
{
    assert_eq!(come_again(AckMode::Manual).await, 5);
    // The control: the same reader, with the library's own acknowledgement.
    assert_eq!(come_again(AckMode::Automatic).await, 0);
}
