//! How a canary comes in: over the network, to the server's own address, into the queue that bodies of partners wait in. A
//! listener that accepts nothing, or bodies that are read no more, keep it out as they keep partners out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{Client, redirect};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use wire::time::Timestamp;
use wire::view::Mode;

use crate::auth::key;
use crate::source::guard;

/// Where canaries are posted. No part of the API: to anyone else nothing is there.
pub const PATH: &str = "/internal/canary";

/// Carries the secret that only this process knows.
pub const KEY: &str = "x-canary";

/// Longer than a slow commit, and short enough that a connection which is never accepted is tried again.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// What is posted.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Said {
    /// The mode it is for.
    pub mode: Mode,
    /// When it was said.
    pub at: Timestamp,
}

/// Why a canary was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There was no answer.
    #[error("the server does not answer itself: {0}")]
    Silent(#[from] reqwest::Error),
    /// The answer was no.
    #[error("the server answers its canary {0}")]
    Answer(u16),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Post {
    client: Client,
    url: String,
    key: String,
}

impl Post {
    /// To a server that listens here.
    pub(super) fn new(listens: SocketAddr) -> Result<Self, String> {
        let secret = key::random::<32>().map_err(|cause| cause.to_string())?;
        let client = guard::builder()
            .timeout(ANSWER_MAX)
            .redirect(redirect::Policy::none())
            // Each comes by a connection of its own, as a new partner does.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|cause| cause.to_string())?;
        let url = format!("http://{}{PATH}", reachable(listens));
        Ok(Self { client, url, key: key::hex(&secret) })
    }

    /// Whether this came from here.
    pub(super) fn is_own(&self, key: &[u8]) -> bool {
        self.key.as_bytes().ct_eq(key).into()
    }

    pub(super) async fn send(&self, said: Said) -> Result<(), Refused> {
        let post = self.client.post(&self.url).header(KEY, &self.key).json(&said);
        let status = post.send().await?.status();
        if status.is_success() { Ok(()) } else { Err(Refused::Answer(status.as_u16())) }
    }
}

/// An address to reach a listener at from here: one that listens everywhere listens on loopback too.
fn reachable(listens: SocketAddr) -> SocketAddr {
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listens.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_every_address_is_reached_on_loopback() {
        for (listens, reached) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("10.0.0.7:80", "10.0.0.7:80"),
        ] {
            let listens: SocketAddr = listens.parse().expect("an address");
            assert_eq!(reachable(listens).to_string(), reached);
        }
    }
}
