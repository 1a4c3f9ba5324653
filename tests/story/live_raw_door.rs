//! The door of `/live`, knocked at with requests made of bytes: each is told what is wrong with it, and nothing is left open.

use std::time::{Duration, Instant};

use server::control::Request;
use support::operator::Operator;
use support::partner::Partner;
use support::raw::{FIN, PING, Raw, TEXT, frame, request, written};
use support::town::Town;
use support::wait;
use wire::view::Mode;

type Headers = Vec<(&'static str, String)>;

const LIVE: &str = "GET /live HTTP/1.1";

struct Knock {
    name: &'static str,
    bytes: Vec<u8>,
    /// The status; 0 when the connection ends without an answer.
    status: u16,
}

/// The right request, changed.
fn changed(right: &Headers, change: impl FnOnce(&mut Headers)) -> Headers {
    let mut headers = right.clone();
    change(&mut headers);
    headers
}

fn without(right: &Headers, name: &str) -> Headers {
    changed(right, |headers| headers.retain(|(known, _)| *known != name))
}

fn with(right: &Headers, name: &'static str, value: impl Into<String>) -> Headers {
    let mut headers = without(right, name);
    headers.push((name, value.into()));
    headers
}

/// With the same header again.
fn twice(right: &Headers, name: &'static str) -> Headers {
    let again = right.iter().find(|(known, _)| *known == name).cloned();
    changed(right, |headers| headers.extend(again))
}

/// Requests that are no websocket's.
fn no_websocket(right: &Headers) -> Vec<Knock> {
    let headers = |name, headers: &Headers| (name, LIVE, headers.clone(), 426);
    let all = [
        headers("no Upgrade", &without(right, "Upgrade")),
        headers("another Upgrade", &with(right, "Upgrade", "h2c")),
        headers("no Connection", &without(right, "Connection")),
        headers("another Connection", &with(right, "Connection", "close")),
        headers("no key of the handshake", &without(right, "Sec-WebSocket-Key")),
        headers("no version", &without(right, "Sec-WebSocket-Version")),
        headers("version 12", &with(right, "Sec-WebSocket-Version", "12")),
        headers("version 8 and 13 at once", &with(right, "Sec-WebSocket-Version", "8, 13")),
        headers("version in words", &with(right, "Sec-WebSocket-Version", "thirteen")),
        headers("an empty key of the handshake", &with(right, "Sec-WebSocket-Key", "")),
        headers(
            "a key of the handshake that is too short",
            &with(right, "Sec-WebSocket-Key", "YTpi"),
        ),
        headers(
            "a key of the handshake that is no base64",
            &with(right, "Sec-WebSocket-Key", "*".repeat(24)),
        ),
        headers("two keys of the handshake", &twice(right, "Sec-WebSocket-Key")),
        headers("two versions", &twice(right, "Sec-WebSocket-Version")),
        ("HTTP/1.0", "GET /live HTTP/1.0", right.clone(), 426),
        ("HEAD", "HEAD /live HTTP/1.1", right.clone(), 426),
        ("PUT", "PUT /live HTTP/1.1", with(right, "Content-Length", "0"), 405),
        ("DELETE", "DELETE /live HTTP/1.1", right.clone(), 405),
        ("OPTIONS", "OPTIONS /live HTTP/1.1", right.clone(), 405),
        ("a cursor twice", "GET /live?epoch=a&epoch=b&seq=1 HTTP/1.1", right.clone(), 422),
        (
            "a seq beyond all",
            "GET /live?epoch=a&seq=99999999999999999999 HTTP/1.1",
            right.clone(),
            422,
        ),
        ("POST", "POST /live HTTP/1.1", with(right, "Content-Length", "0"), 405),
        ("a seq that is no number", "GET /live?epoch=a&seq=-1 HTTP/1.1", right.clone(), 422),
        ("half a cursor", "GET /live?seq=1 HTTP/1.1", right.clone(), 422),
        ("an address beside it", "GET /live/x HTTP/1.1", right.clone(), 404),
    ];
    let knock = |(name, line, headers, status): (_, &str, Headers, _)| Knock {
        name,
        bytes: written(line, &headers),
        status,
    };
    all.into_iter().map(knock).collect()
}

/// Requests of those who may not.
fn no_right(right: &Headers, blind: &Partner, gone: &Partner, desk: &Operator) -> Vec<Knock> {
    let key = |key: &str| with(right, "Authorization", format!("Bearer {key}"));
    let cookie = |origin: Option<&str>| {
        let cookie = desk.cookie.clone().expect("a cookie");
        let headers = with(&without(right, "Authorization"), "Cookie", cookie);
        match origin {
            Some(origin) => with(&headers, "Origin", origin),
            None => headers,
        }
    };
    let all = [
        ("no key", without(right, "Authorization"), 401),
        ("an empty key", key(""), 401),
        ("a key nobody has", key("talaia_nobody_has_this"), 401),
        ("a revoked key", key(&gone.key), 401),
        ("a key that may not read", key(&blind.key), 403),
        ("two keys", twice(right, "Authorization"), 401),
        ("another scheme", with(right, "Authorization", "Basic YTpi"), 401),
        ("a cookie nobody has", with(&cookie(Some(&desk.base)), "Cookie", "talaia=nobody"), 401),
        ("a cookie without Origin", cookie(None), 403),
        ("a cookie from elsewhere", cookie(Some("https://evil.example")), 403),
        ("a cookie from a file", cookie(Some("null")), 403),
        ("a cookie from another port", cookie(Some("http://127.0.0.1:1")), 403),
        ("a cookie with an empty Origin", cookie(Some("")), 403),
    ];
    let knock = |(name, headers, status): (_, Headers, _)| Knock {
        name,
        bytes: written(LIVE, &headers),
        status,
    };
    all.into_iter().map(knock).collect()
}

/// Requests that are none.
fn no_request(right: &Headers) -> Vec<Knock> {
    let many = changed(right, |headers| {
        headers.extend((0..500).map(|n| ("X-Many", n.to_string())));
    });
    let long = format!("GET /live?x={} HTTP/1.1", "y".repeat(100_000));
    let text = String::from_utf8(written(LIVE, right)).expect("text");
    let line = |line: &str| format!("{line}\r\n\r\n").into_bytes();
    let all: Vec<(&'static str, Vec<u8>, u16)> = vec![
        ("a header of a megabyte", written(LIVE, &with(right, "X-Huge", "z".repeat(1 << 20))), 431),
        ("five hundred headers", written(LIVE, &many), 431),
        ("an address of 100 kB", written(&long, right), 414),
        ("a header with a zero byte", written(LIVE, &with(right, "X-Zero", "a\0b")), 400),
        ("a header without a colon", text.replace("Host: ", "Host ").into_bytes(), 400),
        ("a header name with a space", text.replace("Host:", "Ho st:").into_bytes(), 400),
        (
            "two lengths",
            text.replace("Host: ", "Content-Length: 1\r\nContent-Length: 2\r\nHost: ").into_bytes(),
            400,
        ),
        (
            "a length that is none",
            text.replace("Host: ", "Content-Length: x\r\nHost: ").into_bytes(),
            400,
        ),
        ("a method that is none", line("G@T /live HTTP/1.1\r\nHost: here"), 400),
        ("a version that is none", line("GET /live HTTP/9.9\r\nHost: here"), 400),
        ("no request", b"\x00\x01\x02\x03\r\n\r\n".to_vec(), 400),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03".to_vec(), 400),
        ("HTTP/2 at once", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), 0),
        ("a websocket frame", frame(FIN | TEXT, b"{\"type\":\"ping\"}"), 400),
    ];
    all.into_iter().map(|(name, bytes, status)| Knock { name, bytes, status }).collect()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn who_knocks_wrongly_is_told_so_and_nothing_stays_open() {
    let town = Town::with(|config| config.limits.requests_per_s = 10_000).await;
    let address = town.base.trim_start_matches("http://").to_owned();
    let partner = town.dispatch().await;
    let blind = town.partner("blind", "reports", Mode::Live).await;
    let gone = town.partner("gone", "reports read", Mode::Live).await;
    town.act(Request::PartnerRevoke { name: "gone".to_owned() }).await;
    let desk = town.duty_officer().await;
    let right = request(&address, &partner.key);
    let mut knocks = no_websocket(&right);
    knocks.extend(no_right(&right, &blind, &gone, &desk));
    knocks.extend(no_request(&right));
    for Knock { name, bytes, status: wanted } in knocks {
        let mut raw = Raw::connect(&address).await;
        raw.send(&bytes).await;
        let answer = raw.answer().await;
        assert_eq!(status(&answer), wanted, "{name}: {answer}");
        if wanted == 426 {
            let answer = answer.to_ascii_lowercase();
            for header in ["upgrade: websocket", "sec-websocket-version: 13"] {
                assert!(answer.contains(&format!("\r\n{header}\r\n")), "{name}: {answer}");
            }
        }
    }
    assert_eq!(town.app().hub.n_sessions(), 0);
    let mut raw = Raw::connect(&address).await;
    raw.send(&written(LIVE, &right)).await;
    assert_eq!(status(&raw.answer().await), 101);
    assert!(raw.lives(b"in").await);
}

#[tokio::test]
async fn odd_but_right_requests_are_let_in() {
    let town = Town::start().await;
    let address = town.base.trim_start_matches("http://").to_owned();
    let partner = town.dispatch().await;
    let right = request(&address, &partner.key);
    let together = [written(LIVE, &right), frame(FIN | PING, b"early")].concat();
    let cases = [
        ("words in capitals", written(LIVE, &with(&right, "Upgrade", "WEBSOCKET"))),
        (
            "two words in Connection",
            written(LIVE, &with(&right, "Connection", "keep-alive, Upgrade")),
        ),
        (
            "a subprotocol nobody knows",
            written(LIVE, &with(&right, "Sec-WebSocket-Protocol", "chat, talaia.v9")),
        ),
        (
            "an extension nobody has",
            written(
                LIVE,
                &with(
                    &right,
                    "Sec-WebSocket-Extensions",
                    "permessage-deflate; server_max_window_bits",
                ),
            ),
        ),
        (
            "a key from another site's page",
            written(LIVE, &with(&right, "Origin", "https://a.example")),
        ),
        ("a frame sent along", together),
    ];
    for (name, bytes) in cases {
        let mut raw = Raw::connect(&address).await;
        raw.send(&bytes).await;
        let answer = raw.answer().await.to_ascii_lowercase();
        assert_eq!(status(&answer), 101, "{name}: {answer}");
        assert!(!answer.contains("sec-websocket-extensions"), "{name}: {answer}");
        assert!(!answer.contains("sec-websocket-protocol"), "{name}: {answer}");
        assert!(raw.lives(b"in").await, "{name}");
    }
    // Byte by byte, as the slowest of lines would.
    let mut raw = Raw::connect(&address).await;
    for byte in written(LIVE, &right) {
        raw.send(&[byte]).await;
    }
    assert_eq!(status(&raw.answer().await), 101, "byte by byte");
}

/// Those who begin a request and do not end it hold a connection for the deadline, and no longer.
#[tokio::test]
async fn who_never_ends_a_request_is_let_go() {
    let town = Town::with(|config| config.limits.header_timeout_ms = 300).await;
    let address = town.base.trim_start_matches("http://").to_owned();
    let partner = town.dispatch().await;
    let whole = written(LIVE, &request(&address, &partner.key));
    for (name, bytes) in
        [("nothing", &b""[..]), ("a word", &whole[..3]), ("half a head", &whole[..whole.len() / 2])]
    {
        let start = Instant::now();
        let mut raw = Raw::connect(&address).await;
        raw.send(bytes).await;
        let answer = raw.answer().await;
        assert!([0, 408].contains(&status(&answer)), "{name}: {answer}");
        assert!(start.elapsed() < Duration::from_secs(5), "{name}: {:?}", start.elapsed());
    }
    // A drop of a header every so often does not prolong it.
    let start = Instant::now();
    let mut raw = Raw::connect(&address).await;
    raw.send(format!("{LIVE}\r\n").as_bytes()).await;
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let dripping = async {
        loop {
            ticks.tick().await;
            raw.send(b"X-Drip: drop\r\n").await;
            if raw.is_heard().await {
                return;
            }
        }
    };
    let ended = tokio::time::timeout(wait::PATIENCE, dripping).await;
    assert!(ended.is_ok(), "still there after {:?}", start.elapsed());
    // Half a request and then no more.
    let mut raw = Raw::connect(&address).await;
    raw.send(&whole[..whole.len() / 2]).await;
    raw.end().await;
    assert!([0, 400].contains(&status(&raw.answer().await)));
    assert_eq!(town.app().hub.n_sessions(), 0);
}
