//! The harness: a [`town::Town`] (a whole server in this process), a [`binary::Binary`] (the real command as a child),
//! and the people who use it. Stories in `tests/story` speak through these alone, by the public face.
//!
//! A harness fails the test by panicking; every wait has a deadline and says what it waited for.
#![forbid(unsafe_code)]
#![expect(clippy::panic, reason = "a harness fails the test by panicking")]

pub mod authority;
pub mod binary;
pub mod chaos;
pub mod imap;
pub mod jetstream;
pub mod live;
pub mod mastodon;
pub mod model;
pub mod mosquitto;
pub mod operator;
pub mod page;
pub mod partner;
pub mod pmtiles;
pub mod postgres;
pub mod proxy;
pub mod raw;
pub mod town;
pub mod wait;
pub mod week;

/// Chooses the TLS primitives once per process, as `main` does; reqwest wants it before the first client is built.
pub fn crypto() {
    // A second call finds it chosen already, which is what was wanted.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
}

/// An HTTP client that keeps no proxy and follows no redirect: it talks to the address it was given and no other.
pub fn http_client() -> reqwest::Client {
    crypto();
    reqwest::Client::builder()
        .no_proxy()
        // A server that is killed while a request is on its way may leave the client waiting without a connection.
        .timeout(std::time::Duration::from_mins(1))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client without options that can fail")
}

/// A key's text with the checksum that belongs to it: what somebody makes up who knows how keys are written, and no secret.
pub fn key_with_checksum(body: &str) -> String {
    let crc = body.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    });
    format!("{body}_{:08x}", !crc)
}
