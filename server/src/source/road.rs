//! The road to an upstream over HTTP: whom it trusts, through which proxy it goes, and why it did not get there.
//!
//! The client is made when it is first needed and again after a failure, so that an authority's file that comes late, or is
//! renewed, needs no restart.

use std::error::Error;
use std::fmt::Write as _;

use reqwest::header::LOCATION;
use reqwest::{Client, Proxy, RequestBuilder, Response, Url};

use super::distrust::distrusted;
use super::{FetchError, SourceConfig, guard};

/// A feed moves to a new address now and then, by way of one in between; more hops lead in a circle.
const REDIRECTS_MAX: usize = 3;

/// Why there is no answer, in a sentence for the board of sources.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAnswer {
    /// We did not ask: the guard forbids it.
    #[error("{0}")]
    Forbidden(String),
    /// We asked, or could not.
    #[error("{0}")]
    Failed(String),
}

impl From<NoAnswer> for FetchError {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::Forbidden(why) => Self::Forbidden(why),
            NoAnswer::Failed(why) => Self::Passing { why, retry_after: None },
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Road {
    config: SourceConfig,
    client: Option<Client>,
}

impl Road {
    pub(super) fn new(config: &SourceConfig) -> Self {
        Self { config: config.clone(), client: None }
    }

    /// Asks for what stands at an address, and where that says "go there", there: each hop passes the guard like the first.
    pub(super) async fn ask(
        &mut self,
        address: Url,
        with: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, NoAnswer> {
        let mut at = address;
        guard::check_url(&at, self.config.allow_private).map_err(NoAnswer::Forbidden)?;
        for _ in 0..=REDIRECTS_MAX {
            let answer = self.hop(at.clone(), &with).await?;
            let Some(next) = redirect(&answer, &at).map_err(NoAnswer::Failed)? else {
                return Ok(answer);
            };
            guard::check_redirect(&at, &next, self.config.allow_private, self.config.is_signed())
                .map_err(NoAnswer::Forbidden)?;
            at = next;
        }
        Err(NoAnswer::Failed(format!(
            "it redirects more than {REDIRECTS_MAX} times: name the last address in url"
        )))
    }

    async fn hop(
        &mut self,
        address: Url,
        with: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, NoAnswer> {
        if self.config.proxy.is_some() && !self.config.allow_private {
            guard::check_behind_proxy(&address).await.map_err(NoAnswer::Forbidden)?;
        }
        let client = match self.client.take() {
            Some(client) => client,
            None => client(&self.config).map_err(NoAnswer::Failed)?,
        };
        let answer = with(client.get(address)).send().await;
        let answer = answer.map_err(|cause| NoAnswer::Failed(self.why(&cause)))?;
        self.client = Some(client);
        Ok(answer)
    }

    fn why(&self, cause: &reqwest::Error) -> String {
        let host = cause.url().and_then(Url::host_str).unwrap_or_default();
        if let Some(why) = distrusted(cause, host, self.config.ca_file.as_deref()) {
            return why;
        }
        let mut why = "it cannot be reached".to_owned();
        if let Some(proxy) = &self.config.proxy {
            // Writing into a string cannot fail.
            let _ = write!(why, " through the proxy {}", proxy.trim_end_matches('/'));
        }
        let _ = write!(why, ": {}", innermost(cause));
        why
    }
}

/// Where an answer sends us, if it does.
fn redirect(answer: &Response, at: &Url) -> Result<Option<Url>, String> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let next = location.and_then(|location| at.join(location).ok());
    next.map(Some).ok_or_else(|| "it redirects without an address".to_owned())
}

/// A client for this source alone.
fn client(config: &SourceConfig) -> Result<Client, String> {
    let mut builder = guard::upstreams(config.allow_private, config.proxy.is_some());
    if let Some(contact) = &config.contact {
        builder = builder.user_agent(format!("{} ({contact})", guard::AGENT));
    }
    if let Some(file) = &config.ca_file {
        let wrong = |cause: String| format!("ca_file {}: {cause}", file.display());
        let pem = config.authority()?.unwrap_or_default();
        let authority = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|cause| wrong(innermost(&cause)))?;
        if authority.is_empty() {
            return Err(wrong("it holds no certificate; it must be a PEM file".to_owned()));
        }
        // As with a broker: whoever names its own authority trusts no other.
        builder = builder.tls_certs_only(authority);
    }
    if let Some(address) = &config.proxy {
        let mut proxy = Proxy::all(address).map_err(|cause| format!("proxy {address}: {cause}"))?;
        if let Some(user) = &config.proxy_user {
            let password = config.proxy_password()?.unwrap_or_default();
            proxy = proxy.basic_auth(user, &password);
        }
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|cause| format!("cannot start an HTTP client: {}", innermost(&cause)))
}

/// The innermost cause, which names what went wrong; the outer ones repeat the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_proxy_is_not_asked_for_a_name_that_leads_inside() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let proxy = Some(format!("http://{}", listener.local_addr().expect("an address")));
        let guarded =
            SourceConfig { proxy, ..SourceConfig::new("usgs", "https://localhost:1/feed") };
        assert_eq!(guarded.check(), Ok(()), "a name says nothing before it is looked up");
        let address: Url = guarded.url.parse().expect("an address");
        let ask = async |config: &SourceConfig| {
            Road::new(config).ask(address.clone(), |request| request).await
        };
        let refused = ask(&guarded).await.expect_err("refused");
        assert!(matches!(refused, NoAnswer::Forbidden(_)), "{refused:?}");
        let why = refused.to_string();
        assert!(why.contains("private address") && why.contains("allow_private"), "{why}");
        // Where a private address is meant, the proxy is asked: so it would have been.
        let meant = SourceConfig { allow_private: true, ..guarded.clone() };
        let asked = tokio::join!(ask(&meant), async {
            let (stream, _) = listener.accept().await.expect("a question");
            let mut line = [0; 19];
            let mut stream = stream;
            tokio::io::AsyncReadExt::read_exact(&mut stream, &mut line).await.expect("a line");
            line
        });
        assert_eq!(&asked.1, b"CONNECT localhost:1");
        let why = asked.0.expect_err("it hung up").to_string();
        assert!(why.contains("through the proxy http://127.0.0.1"), "{why}");
    }
}
