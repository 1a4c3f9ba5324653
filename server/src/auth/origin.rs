//! Acts by cookie need a matching `Origin`: a page of another site must not act in an operator's name.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};

use crate::config::Config;
use crate::http::problem::Fault;

/// Checks the `Origin` of an act by cookie. A missing one is foreign too: browsers send it with every such act.
pub fn check(headers: &HeaderMap, config: &Config) -> Result<(), Fault> {
    let own = own(headers, config);
    let sent = headers.get(ORIGIN).map(HeaderValue::as_bytes);
    match (own, sent) {
        (Some(own), Some(sent)) if own.as_bytes() == sent => Ok(()),
        (None, _) => Err(foreign(
            "This server has no public address: set public_url, or reach it on loopback.",
        )),
        (_, None) => Err(foreign("An act by cookie needs the Origin header; programs use a key.")),
        (_, Some(_)) => Err(foreign("The Origin is not this server's own.")),
    }
}

fn foreign(detail: &str) -> Fault {
    Fault::forbidden("foreign-origin", "The request comes from another site", detail)
}

/// The origin people reach this server at: the configured one, or the `Host` when that is loopback (a foreign name
/// that resolves to loopback is not).
fn own(headers: &HeaderMap, config: &Config) -> Option<String> {
    if let Some(origin) = config.public_origin() {
        return Some(origin);
    }
    let host = headers.get(HOST)?.to_str().ok()?;
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "localhost" | "[::1]").then(|| format!("http://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: &str, origin: Option<&str>, public_url: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().expect("a header"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().expect("a header"));
        }
        let config = Config { public_url: public_url.map(str::to_owned), ..Config::default() };
        check(&headers, &config).is_ok()
    }

    #[test]
    fn only_the_servers_own_origin_passes() {
        assert!(asked("127.0.0.1:8080", Some("http://127.0.0.1:8080"), None));
        assert!(asked("localhost:8080", Some("http://localhost:8080"), None));
        assert!(asked("[::1]:8080", Some("http://[::1]:8080"), None));
        assert!(!asked("127.0.0.1:8080", Some("http://127.0.0.1:8081"), None));
        assert!(!asked("127.0.0.1:8080", Some("http://localhost:8080"), None));
        assert!(!asked("127.0.0.1:8080", Some("https://evil.example"), None));
        assert!(!asked("127.0.0.1:8080", Some("null"), None));
        assert!(!asked("127.0.0.1:8080", None, None));
        assert!(!asked("evil.example:8080", Some("http://evil.example:8080"), None), "rebinding");
        let public = Some("https://room.example/");
        assert!(asked("room.example", Some("https://room.example"), public));
        assert!(!asked("room.example", Some("https://room.example.evil.example"), public));
        assert!(!asked("room.example", Some("http://room.example"), public));
    }
}
