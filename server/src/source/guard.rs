//! The guard on requests we make: no private address behind a public name, no endless body, no redirect that was not checked.
//!
//! A name is checked where it is resolved, inside the client, and the client connects to the very addresses that passed: an
//! answer that changes between a check and the request (DNS rebinding) gains nothing. Behind a proxy it is resolved there: what
//! is left to us is to ask beforehand.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Once};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Response, Url};

/// An upstream may take this long to connect.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// An upstream may take this long for the whole answer.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// What we call ourselves.
pub(super) const AGENT: &str = concat!("talaia/", env!("CARGO_PKG_VERSION"));

static PROVIDER: Once = Once::new();

/// A client builder with the process's TLS provider in place.
pub fn builder() -> ClientBuilder {
    PROVIDER.call_once(|| {
        // Fails only when another part of the process was first, with the same provider.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    Client::builder().connect_timeout(CONNECT_MAX).user_agent(AGENT).no_proxy()
}

/// A client for upstreams, to be finished: resolves only to public addresses unless `allow_private`, follows no redirect by itself
/// (the road does, and asks here before each). Behind a proxy the only name that is resolved here is the proxy's own, which stands inside: see [`check_behind_proxy`].
pub(super) fn upstreams(allow_private: bool, is_proxied: bool) -> ClientBuilder {
    let builder = builder().timeout(ANSWER_MAX).redirect(reqwest::redirect::Policy::none());
    if allow_private || is_proxied { builder } else { builder.dns_resolver(PublicOnly::system()) }
}

/// What can be held of an upstream's name that a proxy will resolve: one that leads to a private address from here is not asked
/// for. What leads nowhere from here is the proxy's to answer for, as in a house whose own servers know no names outside.
pub(super) async fn check_behind_proxy(url: &Url) -> Result<(), String> {
    let Some(url::Host::Domain(name)) = url.host() else { return Ok(()) };
    let looked_up = tokio::time::timeout(CONNECT_MAX, tokio::net::lookup_host((name, 0))).await;
    let Ok(Ok(mut found)) = looked_up else { return Ok(()) };
    if found.any(|address| !is_public(address.ip())) {
        return Err(format!(
            "{name} leads to a private address, and the proxy is not asked for it; set allow_private for this source if that is meant"
        ));
    }
    Ok(())
}

/// Whether an upstream's address may be asked at all, with the sentence that says why not. A literal address is never
/// resolved, so it is checked here.
pub fn check_url(url: &Url, allow_private: bool) -> Result<(), String> {
    let host = url.host().ok_or_else(|| format!("{url} names no host"))?;
    let literal = match host {
        url::Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
        url::Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
        url::Host::Domain(_) => None,
    };
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        scheme => {
            return Err(format!(
                "{url}: {scheme} is not taken from an upstream; use https, or set allow_private"
            ));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an upstream's address must not hold a name or password".to_owned());
    }
    match literal {
        Some(ip) if !allow_private && !is_public(ip) => Err(format!(
            "{url} is a private address; set allow_private for this source if that is meant"
        )),
        _ => Ok(()),
    }
}

/// Whether an answer that says "go there" may be followed, with the sentence that says why not. `allow_private` and a password
/// were meant for the one host that is configured, so both stay there.
pub(super) fn check_redirect(
    from: &Url,
    to: &Url,
    allow_private: bool,
    is_signed: bool,
) -> Result<(), String> {
    check_next("redirects", from, to, allow_private || is_signed, allow_private)
}

/// The same of an address that stands in what was fetched.
pub(super) fn check_link(
    from: &Url,
    to: &Url,
    allow_private: bool,
    is_signed: bool,
) -> Result<(), String> {
    check_next("links", from, to, allow_private || is_signed, allow_private)
}

fn check_next(
    how: &str,
    from: &Url,
    to: &Url,
    stays: bool,
    allow_private: bool,
) -> Result<(), String> {
    if stays && from.origin() != to.origin() {
        return Err(format!(
            "it {how} to {}, and a private address or a password is meant for one host: name that address in url",
            to.host_str().unwrap_or("nowhere")
        ));
    }
    check_url(to, allow_private).map_err(|why| format!("it {how} to {why}"))
}

/// Asks where a name leads.
type Lookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Resolves names and gives only public addresses out.
#[derive(Clone)]
struct PublicOnly(Lookup);

impl PublicOnly {
    fn system() -> Self {
        Self(Arc::new(|name| {
            Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
        }))
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.0)(name.as_str().to_owned());
        Box::pin(async move {
            let found = found.await?.into_iter();
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address belongs to the public internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let reserved = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        // Shared by carriers (RFC 6598), protocol assignments, 6to4 relays, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !reserved
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // Addresses that carry an IPv4 address are judged by it: compatible, mapped, NAT64, 6to4.
    let inner = match ip.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    if let Some((high, low)) = inner {
        return is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    }
    let [first, second, ..] = ip.segments();
    // Only global unicast (2000::/3), without documentation, Teredo and benchmarking; NAT64's local prefix lies outside.
    (first & 0xe000) == 0x2000
        && !(first == 0x2001 && (second == 0xdb8 || second < 0x200))
        && !(first == 0x3fff && second < 0x1000)
}

/// Reads an answer up to `limit` bytes, whatever length it claims.
pub async fn read_body(mut answer: Response, limit: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|cause| format!("the answer broke off: {}", cause.without_url()))?
    {
        if body.len() + chunk.len() > limit {
            return Err(format!("the answer is larger than {limit} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
