//! Canary strings in every private field, and every byte of live delivery: a reader is sent those of the fields it is
//! entitled to, by websocket in both encodings, by the event stream and after coming back; of the others not one.

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::Value;
use support::live::{Dial, Encoding, LiveClient};
use support::partner::{GEOJSON, Partner};
use support::town::Town;
use support::wait::PATIENCE;
use wire::geo::Bbox;
use wire::view::{Mode, View, Window};

use crate::canary::{self, FIELDS};

/// Reports there before anybody looks, and as many while they look.
const N: usize = 500;

/// Of those, so many are sent again with other words.
const N_AGAIN: usize = 50;

/// What a viewer may see of the private fields: nothing.
const NOTHING: [&str; 0] = [];

/// What a contributor and a key with `read` may see.
const WORDS: [&str; 6] = ["id", "ref", "text", "lang", "place", "hazard"];

/// What an analyst may see.
const ALL: [&str; 9] = ["id", "ref", "text", "lang", "place", "hazard", "author", "url", "origin"];

struct Reader<'a> {
    who: &'a str,
    dial: Dial,
    mode: Mode,
    may_see: &'a [&'a str],
}

/// All the reports, one by one.
fn view(mode: Mode) -> View {
    let bbox = Bbox::new(1.99, 41.39, 2.11, 41.41).expect("a box");
    View { bbox, zoom: 16.0, mode, window: Window::All, hazards: None, newest: 200 }
}

/// Whether the canaries of a field stand in these bytes. A language's word is short: its whole form is asked for, so that
/// no id of a binary frame looks like one by chance.
fn holds(bytes: &[u8], field: &str) -> bool {
    if field != "lang" {
        return canary::holds(bytes, canary::mark(field));
    }
    let digits = |word: &[u8]| word.iter().all(u8::is_ascii_digit);
    bytes.windows(8).any(|word| &word[..2] == b"xq" && digits(&word[2..6]) && &word[6..] == b"zw")
}

fn judge(who: &str, how: &str, may_see: &[&str], heard: &[u8]) {
    assert!(!heard.is_empty(), "{who} heard nothing {how}");
    for field in FIELDS.into_iter().chain(["id"]) {
        let seen = holds(heard, field);
        assert_eq!(seen, may_see.contains(&field), "{who} {how}: {field} is seen: {seen}");
    }
}

/// An event stream and all it said.
struct Events {
    body: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    heard: Vec<u8>,
}

impl Events {
    async fn open(dial: &Dial, mode: Mode) -> Result<Self, u16> {
        let view = "bbox=1.99,41.39,2.11,41.41&zoom=16&newest=200";
        let address = format!("{}/api/v1/live?{view}&mode={mode}", dial.base);
        let mut request = support::http_client().get(address);
        for (name, value) in &dial.headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.expect("an answer");
        match response.status().as_u16() {
            200 => Ok(Self { body: response.bytes_stream().boxed(), heard: Vec::new() }),
            status => Err(status),
        }
    }

    /// Listens until a cursor says that everything up to `seq` came.
    async fn caught_up(&mut self, seq: u64) {
        let come = |heard: &[u8]| {
            String::from_utf8_lossy(heard)
                .lines()
                .filter_map(|line| line.strip_prefix("id: ")?.rsplit_once(':')?.1.parse().ok())
                .any(|cursor: u64| cursor >= seq)
        };
        while !come(&self.heard) {
            let next = tokio::time::timeout(PATIENCE, self.body.next()).await;
            let chunk = next.expect("events in time").expect("more events").expect("a chunk");
            self.heard.extend_from_slice(&chunk);
        }
    }
}

/// Somebody who looks by all the ways there are.
struct Watch {
    json: LiveClient,
    compact: LiveClient,
    events: Events,
}

impl Watch {
    async fn begin(reader: &Reader<'_>) -> Self {
        let mut sockets = Vec::new();
        for encoding in [Encoding::Json, Encoding::Bin] {
            let mut client = reader.dial.clone().encoding(encoding).connect().await;
            client.heard = Some(Vec::new());
            client.look(&view(reader.mode)).await;
            sockets.push(client);
        }
        let [json, compact] = sockets.try_into().expect("two of them");
        let events = Events::open(&reader.dial, reader.mode).await.expect("an event stream");
        Self { json, compact, events }
    }

    async fn caught_up(&mut self, seq: u64) {
        self.json.caught_up(seq).await;
        self.compact.caught_up(seq).await;
        self.events.caught_up(seq).await;
    }
}

async fn send(partner: &Partner, features: &[Value]) -> u64 {
    let body = serde_json::json!({"type": "FeatureCollection", "features": features}).to_string();
    let answer = partner.post("/api/v1/reports", GEOJSON, body).await.expect_status(201).receipt();
    assert_eq!(answer.accepted, features.len() as u64);
    answer.seq
}

/// A newer version of a report, with other words.
fn again(n: usize) -> Value {
    let mut feature = canary::report(n);
    feature["properties"] = canary::report(5_000 + n)["properties"].clone();
    feature
}

#[tokio::test]
async fn a_canary_is_heard_live_by_the_entitled_and_by_nobody_else() {
    let town = Town::start().await;
    let sender = town.partner("112", "reports read", Mode::Live).await;
    let other = town.partner("beaches", "read", Mode::Live).await;
    let drill = town.partner("drill", "reports read", Mode::Exercise).await;
    let blind = town.partner("blind", "reports", Mode::Live).await;
    let viewer = town.signed_in("vera", "viewer").await;
    let contributor = town.signed_in("carla", "contributor").await;
    let analyst = town.signed_in("anna", "analyst").await;
    let live = |who, dial, may_see| Reader { who, dial, mode: Mode::Live, may_see };
    let readers = [
        live("a viewer", Dial::operator(&viewer), &NOTHING[..]),
        live("a contributor", Dial::operator(&contributor), &WORDS[..]),
        live("the key that sent them", Dial::partner(&sender), &WORDS[..]),
        live("another key with read", Dial::partner(&other), &WORDS[..]),
        live("an analyst", Dial::operator(&analyst), &ALL[..]),
        Reader {
            who: "a key of the exercise",
            dial: Dial::partner(&drill),
            mode: Mode::Exercise,
            may_see: &NOTHING[..],
        },
    ];
    for encoding in [Encoding::Json, Encoding::Bin] {
        let refused = Dial::partner(&blind).encoding(encoding).try_connect().await.err();
        assert_eq!(refused, Some(403), "a key without read");
    }
    assert_eq!(Events::open(&Dial::partner(&blind), Mode::Live).await.err(), Some(403));

    let before = send(&sender, &(0..N).map(canary::report).collect::<Vec<_>>()).await;
    let mut watches = Vec::new();
    for reader in &readers {
        watches.push(Watch::begin(reader).await);
    }
    for watch in &mut watches {
        watch.caught_up(before).await;
    }
    let left: Vec<_> = watches.iter().map(|watch| watch.json.model.cursor.clone()).collect();
    town.pass(std::time::Duration::from_secs(1));
    send(&sender, &(N..2 * N).map(canary::report).collect::<Vec<_>>()).await;
    let after = send(&sender, &(0..N_AGAIN).map(again).collect::<Vec<_>>()).await;
    for ((reader, mut watch), cursor) in readers.iter().zip(watches).zip(left) {
        watch.caught_up(after).await;
        let seen = watch.json.model.reports.len();
        let wanted = if reader.mode == Mode::Live { 2 * N } else { 0 };
        assert_eq!(seen, wanted, "{} sees every report", reader.who);
        let heard = watch.json.heard.as_deref().expect("kept");
        judge(reader.who, "by websocket in JSON", reader.may_see, heard);
        let heard = watch.compact.heard.as_deref().expect("kept");
        judge(reader.who, "by websocket, compact", reader.may_see, heard);
        judge(reader.who, "by the event stream", reader.may_see, &watch.events.heard);

        let mut back = reader.dial.clone().resume(cursor).connect().await;
        back.heard = Some(Vec::new());
        back.look(&view(reader.mode)).await;
        back.caught_up(after).await;
        let heard = back.heard.as_deref().expect("kept");
        judge(reader.who, "after coming back", reader.may_see, heard);
    }
}
