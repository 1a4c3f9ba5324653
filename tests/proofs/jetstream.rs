//! An hour of a network, told at a hundred times its pace, through kill -9 and dropped lines: of what an operation covers nothing is
//! lost and nothing doubled, and of what was withdrawn nothing is left.
//!
//! The events are synthetic, from a grammar with a seed, in the shape of Bluesky's stream: nobody wrote them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};
use support::jetstream::{Jetstream, account_gone, post, withdrawal};
use support::operator::Operator;
use support::partner::Partner;
use wire::time::Timestamp;

use crate::kill::journal;
use crate::record::{keep, sized};
use crate::server::{Server, Start, everything};

const PLACES: &str = "\
id,name,alternates,kind,lng,lat,radius_m,population,parent
bcn,Barcelona,,city,2.159,41.389,10000,1620343,
cat,Plaça de Catalunya,,poi,2.170,41.387,150,0,bcn
vlc,València,Valencia,city,-0.376,39.470,9000,792000,
aju,Plaça de l'Ajuntament,,poi,-0.3763,39.4697,150,0,vlc
";
/// How long it may take until all that was told is taken, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// What is told, and what must be held in the end.
#[derive(Default)]
struct Network {
    told: usize,
    /// Posts that an operation covers, by address: whether they stand.
    covered: BTreeMap<String, bool>,
    by_account: BTreeMap<String, Vec<String>>,
    /// When each account was last told of: of one of them it is told in order.
    last: BTreeMap<String, i64>,
}

impl Network {
    /// A moment after the last of an account.
    fn after(&mut self, did: &str, at: i64) -> i64 {
        let last = self.last.entry(did.to_owned()).or_default();
        *last = at.max(*last + 2_000);
        *last
    }

    /// One more event of the grammar, and its moment.
    fn next(&mut self, dice: &mut ChaCha8Rng, at: i64) -> (i64, String) {
        self.told += 1;
        let n = self.told;
        let did = format!("did:plc:a{}", dice.random_range(0..400));
        let at = self.after(&did, at);
        let rkey = format!("k{n}");
        let event = match dice.random_range(0..100) {
            0..55 => json!({"did": did, "time_us": at, "kind": "commit", "commit": {"operation": "create", "collection": "app.bsky.feed.like", "rkey": rkey, "rev": "r", "record": {}}}).to_string(),
            55..75 => post(&did, &rkey, at, &format!("Quin sol que fa avui {n}")),
            75..80 => post(&did, &rkey, at, &format!("Molta aigua a la plaça de l'Ajuntament de València {n}")),
            80..83 => post(&did, &rkey, at, &format!("aigua per tot arreu {n}")),
            83..95 => {
                let beginning = ["Molta aigua", "Hi ha una inundació", "L'aigua entra"][n % 3];
                let name = format!("at://{did}/app.bsky.feed.post/{rkey}");
                self.covered.insert(name.clone(), true);
                self.by_account.entry(did.clone()).or_default().push(name);
                post(&did, &rkey, at, &format!("{beginning} a la plaça de Catalunya de Barcelona {n}"))
            }
            95..99 => match self.some(dice) {
                Some(name) => {
                    self.covered.insert(name.clone(), false);
                    let mut parts = name.trim_start_matches("at://").split('/');
                    let did = parts.next().unwrap_or_default();
                    let at = self.after(did, at);
                    return (at, withdrawal(did, parts.next_back().unwrap_or_default(), at));
                }
                None => withdrawal(&did, "never", at),
            },
            _ => {
                for name in self.by_account.remove(&did).unwrap_or_default() {
                    self.covered.insert(name, false);
                }
                account_gone(&did, at)
            }
        };
        (at, event)
    }

    fn some(&self, dice: &mut ChaCha8Rng) -> Option<String> {
        let n = self.covered.len();
        (n > 0).then(|| self.covered.keys().nth(dice.random_range(0..n)).cloned())?
    }

    fn standing(&self) -> BTreeSet<String> {
        self.covered.iter().filter(|(_, stands)| **stands).map(|(name, _)| name.clone()).collect()
    }
}

/// Of what should stand: how many are missing, how many are there more than once, and how many are there that were withdrawn or
/// never covered.
fn differences(standing: &BTreeSet<String>, held: &[String]) -> (usize, usize, usize) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in held {
        *counts.entry(name).or_default() += 1;
    }
    let lost = standing.iter().filter(|name| !counts.contains_key(name.as_str())).count();
    let doubled = counts.values().filter(|n| **n > 1).count();
    let left = counts.keys().filter(|name| !standing.contains(**name)).count();
    (lost, doubled, left)
}

#[test]
fn a_lost_a_doubled_and_a_left_post_are_noticed() {
    let standing = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    let held = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(differences(&standing, &held(&["a", "b"])), (0, 0, 0));
    assert_eq!(differences(&standing, &held(&["a"])), (1, 0, 0));
    assert_eq!(differences(&standing, &held(&["a", "b", "b"])), (0, 1, 0));
    assert_eq!(differences(&standing, &held(&["a", "b", "c"])), (0, 0, 1));
}

/// A room with an operation that runs, and who reads it.
struct Room<'a> {
    dir: &'a Path,
    settings: String,
    server: Option<Server>,
    reader: Partner,
}

impl<'a> Room<'a> {
    async fn start(dir: &'a Path, stream: &Jetstream) -> Self {
        let settings = format!(
            "[[source]]\nkind = \"jetstream\"\nurl = \"{}\"\nallow_private = true\n",
            stream.url
        );
        let server = Server::start(dir, Start { more: &settings, ..Start::default() }).await;
        let places = dir.join("places.csv");
        std::fs::write(&places, PLACES).expect("written");
        server.command(&["gazetteer", "import", &places.display().to_string()]);
        let mut people = Vec::new();
        for name in ["anna", "biel"] {
            let password = server.command(&["operator", "add", name, "--role", "duty-officer"]);
            people.push(Operator::sign_in(&server.base, name, &password).await);
        }
        let to = Timestamp(now_us() / 1_000).plus_ms(86_400_000);
        let wish = json!({"kind": "once", "purpose": "a proof", "authority": "112", "basis": "a test",
            "area": [1.9, 41.2, 2.3, 41.5], "words": ["aigua", "inundació"], "to": to});
        let asked = people[0].send(Method::POST, "/api/v1/operations", Some(wish.to_string()));
        asked.await.expect_status(201);
        let approved = people[1].send(Method::POST, "/api/v1/operations/1/approve", None);
        approved.await.expect_status(200);
        let reader = server.partner("reader");
        Self { dir, settings, server: Some(server), reader }
    }

    fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill();
        }
    }

    async fn run(&mut self) {
        let start = Start { more: &self.settings, ..Start::default() };
        let server = Server::start(self.dir, start).await;
        self.reader.base.clone_from(&server.base);
        self.server = Some(server);
    }

    /// The addresses of the posts whose words are held, and how many posts there are at all.
    async fn held(&self) -> (Vec<String>, usize) {
        let all = everything(&self.reader).await;
        let name = |one: &Value| one["properties"]["source_id"].as_str().map(str::to_owned);
        (all.iter().filter_map(name).collect(), all.len())
    }
}

/// Now, in microseconds.
fn now_us() -> i64 {
    server::clock::Clock::System.now().0 * 1_000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_a_network_through_kills_and_dropped_lines_loses_doubles_and_leaves_nothing() {
    // Thirty events a second for an hour; at a hundred times that pace they take thirty-six seconds.
    let (n_events, n_kills) = sized((108_000, 12), (3_000, 2));
    let seed = std::env::var("TALAIA_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    println!("seed {seed}");
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir().expect("a directory");
    let stream = Jetstream::start().await;
    let mut room = Room::start(dir.path(), &stream).await;
    let mut network = Network::default();
    let since = now_us();
    let begun = Instant::now();
    let per_round = n_events / (n_kills + 1);
    let (mut kills, mut drops) = (0, 0);
    for round in 0..=n_kills {
        let mut said = 0;
        while said < per_round {
            for _ in 0..30.min(per_round - said) {
                // A network tells not quite in order; what it tells of before the operation is none of it.
                let at = (now_us() - dice.random_range(0..50_000)).max(since);
                let (at, event) = network.next(&mut dice, at);
                stream.say(at, event);
                said += 1;
            }
            if dice.random_range(0..40) == 0 {
                stream.drop_all();
                drops += 1;
            }
            // Thirty events are a second of it: a hundredth of that.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if round < n_kills {
            room.kill();
            kills += 1;
            room.run().await;
        }
    }
    let told_in = begun.elapsed();
    let standing = network.standing();
    let patience = Instant::now() + PATIENCE;
    let (found, all) = loop {
        let (held, all) = room.held().await;
        let found = differences(&standing, &held);
        if found == (0, 0, 0) || Instant::now() > patience {
            break (found, all);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert_eq!(found, (0, 0, 0), "seed {seed}: lost, doubled, left");
    // What was withdrawn before it was ever taken may have left nothing at all; nothing else may be there.
    assert!(all <= network.covered.len(), "seed {seed}: {all} of {}", network.covered.len());
    // In the journal itself, too: nothing was taken twice and hidden by the World.
    room.kill();
    let (entries, reports) = journal(&dir.path().join("data/talaia.db")).await;
    assert_eq!(entries, reports, "seed {seed}: an entry is doubled in the journal");
    keep(
        "jetstream",
        &json!({
            "seed": seed, "events": network.told, "kills": kills, "drops": drops,
            "covered": network.covered.len(), "standing": standing.len(), "lost": 0, "doubled": 0, "left": 0,
            "told_in_ms": told_in.as_millis() as u64, "settled_in_ms": begun.elapsed().as_millis() as u64,
        }),
    );
}

/// The control: where the network knows no cursor, what was said while the server was away is lost, and the proof sees it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_network_that_knows_no_cursor_what_was_said_meanwhile_is_seen_to_be_lost() {
    let dir = tempfile::tempdir().expect("a directory");
    let stream = Jetstream::forgetful().await;
    let mut room = Room::start(dir.path(), &stream).await;
    let say = |n: usize| {
        let at = now_us();
        let text = format!("Molta aigua a la plaça de Catalunya de Barcelona {n}");
        stream.say(at, post("did:plc:a", &format!("k{n}"), at, &text));
        format!("at://did:plc:a/app.bsky.feed.post/k{n}")
    };
    let listened = async |times: usize| {
        let patience = Instant::now() + PATIENCE;
        while stream.asked().len() < times && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    listened(1).await;
    room.kill();
    let mut standing: BTreeSet<String> = (0..50).map(say).collect();
    room.run().await;
    listened(2).await;
    let last = say(50);
    standing.insert(last.clone());
    let patience = Instant::now() + PATIENCE;
    let held = loop {
        let (held, _) = room.held().await;
        if held.contains(&last) || Instant::now() > patience {
            break held;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(differences(&standing, &held), (50, 0, 0), "lost, doubled, left");
}
