//! The week through the city's broker: server and broker are killed in turns. The city's gateway sends again what it sent shortly
//! before a broken connection, as a broker that is killed forgets what it had not written down yet; what stands already folds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::Packet;
use rumqttc::{AsyncClient, Event, MqttOptions, PublishOptions};
use serde_json::json;
use support::mosquitto::Mosquitto;
use support::partner::Partner;
use support::week::Week;
use wire::source::Ledger;

use super::{Part, Wrong, balances, held, wrong};
use crate::record::{keep, sized};
use crate::server::{Server, Start, free_port};

/// Messages after which the broker writes down what it holds.
const SAVED_EVERY: u32 = 500;
/// Messages that the gateway keeps and sends again: more than the broker forgets and may have under way.
const KEPT: usize = 4_000;
/// Messages that the gateway is ahead of what stands, so that both are killed in the middle of it.
const AHEAD: usize = 500;
/// Without anything new for so long it has failed.
const PATIENCE: Duration = Duration::from_mins(2);

/// The city's gateway: publishes one value after the other, by row, until the broker has promised each.
async fn gateway(at: u16, week: Arc<Week>, part: Part, standing: Arc<AtomicUsize>) {
    let mut promised = 0;
    while promised < part.n() {
        let from = usize::saturating_sub(promised, KEPT);
        promised = from + connection(at, (&week, part), from, &standing).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Publishes from here on; gives how many were promised when the connection broke.
async fn connection(
    at: u16,
    (week, part): (&Arc<Week>, Part),
    from: usize,
    standing: &Arc<AtomicUsize>,
) -> usize {
    let options = MqttOptions::new("gateway", ("127.0.0.1", at));
    let (client, mut events) = AsyncClient::builder(options).capacity(100).build();
    let (said, standing) = (Arc::clone(week), Arc::clone(standing));
    let publishing = tokio::spawn(async move {
        for n in from..part.n() {
            while n > standing.load(Ordering::Relaxed) + AHEAD {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let (row, sensor) = (n / part.sensors, n % part.sensors);
            let (topic, value) = (topic(&said, sensor), message(&said, sensor, row));
            let options = PublishOptions::new(QoS::AtLeastOnce);
            if client.publish(topic, value, options).await.is_err() {
                return;
            }
        }
        // Stays, as the connection ends with it.
        std::future::pending::<()>().await;
    });
    let mut promised = 0;
    while from + promised < part.n() {
        match events.poll().await {
            Ok(Event::Incoming(Packet::PubAck(_))) => promised += 1,
            Ok(_other) => {}
            Err(_broken) => break,
        }
    }
    publishing.abort();
    promised
}

/// The broker as a source of the room.
fn settings(broker: &Mosquitto) -> String {
    format!(
        "[[source]]\nkind = \"mqtt\"\nname = \"roads\"\nurl = \"{}\"\nallow_private = true\n\
         [[source.topics]]\nfilter = \"roads/+/speed\"\ndatastream = \"{{2}}\"\nresult = \"/speed\"\n\
         time = \"/at\"\nunit = \"mph\"\n",
        broker.url()
    )
}

fn topic(week: &Week, sensor: usize) -> String {
    format!("roads/{}/speed", week.ids[sensor])
}

fn message(week: &Week, sensor: usize, row: usize) -> String {
    json!({"speed": week.speeds[sensor][row], "at": Week::at_ms(row)}).to_string()
}

/// A broker keeps nothing for whom it does not know: the first value is said until it is heard.
async fn connected(broker: &Mosquitto, reader: &Partner, week: &Week) {
    let begun = Instant::now();
    while reader.ledger("feed:roads").await.is_none_or(|account| account.accepted == 0) {
        assert!(begun.elapsed() < PATIENCE, "the broker is not heard");
        broker.device(&topic(week, 0), &[message(week, 0, 0)], false).done();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The account once so much is accepted.
async fn accepted(reader: &Partner, n: usize, seed: u64, standing: &AtomicUsize) -> Ledger {
    let (mut last, mut since) = (0, Instant::now());
    loop {
        if let Some(account) = reader.ledger("feed:roads").await {
            standing.store(account.accepted as usize, Ordering::Relaxed);
            if account.accepted >= n as u64 {
                return account;
            }
            if account.received > last {
                (last, since) = (account.received, Instant::now());
            }
            assert!(since.elapsed() < PATIENCE, "seed {seed}: nothing new after {account:?}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_through_a_broker_stands_once_in_spite_of_kills_of_both() {
    support::crypto();
    let (part, kills) = (Part::sized(), sized(6, 2));
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let week = Arc::new(Week::any());
    let mut broker = Mosquitto::start_saving_every(SAVED_EVERY).expect("a broker");
    let more = settings(&broker);
    let dir = tempfile::tempdir().expect("a directory");
    let own = free_port();
    let start = || Start { port: Some(own), more: &more, ..Start::default() };
    let mut server = Server::start(dir.path(), start()).await;
    let key = server.partner("reader").key;
    let reader = Partner::new(&server.base, &key);
    connected(&broker, &reader, &week).await;
    let begun = Instant::now();
    let standing = Arc::new(AtomicUsize::new(0));
    let sending =
        tokio::spawn(gateway(broker.port(), Arc::clone(&week), part, Arc::clone(&standing)));
    for kill in 1..=kills {
        accepted(&reader, part.n() * kill / (kills + 1), seed, &standing).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..200))).await;
        if kill % 2 == 0 {
            broker.kill();
            broker.run().expect("a broker");
        } else {
            server.kill();
            server = Server::start(dir.path(), start()).await;
        }
    }
    let account = accepted(&reader, part.n(), seed, &standing).await;
    sending.await.expect("the gateway ends");
    let seconds = begun.elapsed().as_secs_f64();
    balances(&account, part);
    server.kill();
    let found = wrong(&week, part, &held(&dir.path().join("data")).await);
    assert_eq!(found, Wrong::default(), "seed {seed}");
    keep(
        "week_broker",
        &json!({
            "seed": seed, "recorded": week.is_recorded, "observations": part.n(), "kills": kills,
            "received": account.received, "folded": account.folded,
            "lost": found.lost, "doubled": found.doubled, "invented": found.invented,
            "seconds": seconds.round(), "per_s": (part.n() as f64 / seconds).round(),
        }),
    );
}
