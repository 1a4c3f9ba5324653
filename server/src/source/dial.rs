//! A line to an upstream that is no document: guarded as the road is, encrypted unless its owner says otherwise.
//!
//! A name is looked up once, and the line goes to the very address that passed the guard.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::distrust::distrusted;
use super::{FetchError, SourceConfig, guard};

/// A line is made within it, or not.
const DIAL_MAX: Duration = Duration::from_secs(10);

/// What can be read and written.
pub(super) trait Line: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// What is wrong with an address of these two schemes, the encrypted one first, in one sentence.
pub(super) fn check_url(
    url: &url::Url,
    [encrypted, plain]: [&str; 2],
    allow_private: bool,
) -> Result<(), String> {
    let Some(host) = url.host() else { return Err(format!("{url} names no host")) };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "the address must not hold a name or password; use user and password_file".to_owned()
        );
    }
    let scheme = url.scheme();
    if scheme != encrypted && !(scheme == plain && allow_private) {
        return Err(format!("{url}: {scheme} is not taken; use {encrypted}, or set allow_private"));
    }
    // Of a scheme that the web does not know, a literal address is read as a name.
    let literal = host.to_string().trim_matches(['[', ']']).parse::<IpAddr>().ok();
    match literal {
        Some(ip) if !allow_private && !guard::is_public(ip) => Err(format!(
            "{url} is a private address; set allow_private for this source if that is meant"
        )),
        _ => Ok(()),
    }
}

/// A line to a host.
pub(super) async fn dial(
    config: &SourceConfig,
    (host, port): (&str, u16),
    is_encrypted: bool,
) -> Result<Box<dyn Line>, FetchError> {
    let passing = |why: String| FetchError::Passing { why, retry_after: None };
    let made = tokio::time::timeout(DIAL_MAX, async {
        let stream = connect(host, port, config.allow_private).await?;
        if !is_encrypted {
            let line: Box<dyn Line> = Box::new(stream);
            return Ok(line);
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_wrong| passing(format!("{host} is no name of a host")))?;
        let connector = TlsConnector::from(Arc::new(trust(config).map_err(passing)?));
        let line = connector.connect(name, stream).await.map_err(|cause| {
            passing(
                distrusted(&cause, host, config.ca_file.as_deref())
                    .unwrap_or_else(|| format!("it cannot be reached: {cause}")),
            )
        })?;
        let line: Box<dyn Line> = Box::new(line);
        Ok(line)
    });
    made.await.unwrap_or_else(|_late| {
        Err(passing(format!("it cannot be reached within {} s", DIAL_MAX.as_secs())))
    })
}

async fn connect(host: &str, port: u16, allow_private: bool) -> Result<TcpStream, FetchError> {
    let passing = |why: String| FetchError::Passing { why, retry_after: None };
    let bare = host.trim_matches(['[', ']']);
    let found = tokio::net::lookup_host((bare, port))
        .await
        .map_err(|cause| passing(format!("{host} leads nowhere: {cause}")))?;
    let open: Vec<SocketAddr> =
        found.filter(|address| allow_private || guard::is_public(address.ip())).collect();
    if open.is_empty() {
        return Err(FetchError::Forbidden(format!(
            "{host} has no public address; set allow_private for this source if that is meant"
        )));
    }
    TcpStream::connect(&*open)
        .await
        .map_err(|cause| passing(format!("it cannot be reached: {cause}")))
}

/// Whom we trust there: the authority that its owner names and no other, else the system's.
fn trust(config: &SourceConfig) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| format!("no encryption: {cause}"))?;
    let Some(pem) = config.authority()? else {
        let builder = builder
            .with_platform_verifier()
            .map_err(|cause| format!("the system's certificates cannot be read: {cause}"))?;
        return Ok(builder.with_no_client_auth());
    };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|cause| format!("ca_file: {cause}"))?;
        roots.add(certificate).map_err(|cause| format!("ca_file: {cause}"))?;
    }
    if roots.is_empty() {
        return Err("ca_file holds no certificate; it must be a PEM file".to_owned());
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
