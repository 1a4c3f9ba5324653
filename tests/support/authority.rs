//! A city that vouches for itself: an authority made for one test, and a front of TLS before a server that speaks plain HTTP.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What a certificate of the authority is, and what one of a server.
const SETTINGS: &str = "[req]\ndistinguished_name = dn\n[dn]\n\
    [ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\n\
    [server]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\n\
    subjectAltName = IP:127.0.0.1, IP:192.175.48.1, DNS:localhost\n\
    [elsewhere]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\n\
    subjectAltName = DNS:elsewhere.example\n";

/// How a key is made.
const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

/// An address of the public internet where nobody answers questions of this kind: a server stands there only by way of a
/// [`crate::proxy::Proxy`] that leads it to loopback.
pub const OUTSIDE: &str = "192.175.48.1:443";

/// An authority and one server on loopback that it vouches for. The files go with it.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
}

impl Authority {
    /// Makes one with the `openssl` program.
    pub fn new() -> Self {
        let folder =
            tempfile::Builder::new().prefix("talaia-ca-").tempdir().expect("a temporary folder");
        let authority = Self { folder };
        std::fs::write(authority.file("settings"), SETTINGS).expect("a file");
        authority.openssl(&format!(
            "req -x509 -config settings -extensions ca -subj /CN=City -days 2 {KEY} -keyout ca.key -out ca.pem"
        ));
        authority.certify("server");
        authority
    }

    fn openssl(&self, line: &str) {
        let mut command = Command::new("openssl");
        command.args(line.split_whitespace()).current_dir(self.folder.path());
        let ended = command.output().expect("openssl (Debian: apt-get install openssl)");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "openssl {line}: {said}");
    }

    /// Makes out a certificate by a section of the settings.
    fn certify(&self, name: &str) {
        self.openssl(&format!(
            "req -new -config settings -subj /CN=frost {KEY} -keyout {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile settings -extensions {name} -days 2 -out {name}.pem"
        ));
    }

    /// A file of it: `ca.pem`, `server.pem` or `server.key`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens a front of TLS before a server, and gives its address.
    pub async fn front(&self, behind: &str) -> String {
        self.front_as("server", behind).await
    }

    /// The same, with a certificate that is made out to `elsewhere.example`.
    pub async fn misnamed_front(&self, behind: &str) -> String {
        self.certify("elsewhere");
        self.front_as("elsewhere", behind).await
    }

    async fn front_as(&self, name: &str, behind: &str) -> String {
        let (_, behind) = behind.split_once("://").unwrap_or_default();
        let behind = behind.split('/').next().unwrap_or_default();
        let behind: SocketAddr = behind.parse().expect("an address");
        let chain = vec![certificate(&self.file(&format!("{name}.pem")))];
        let key = PrivateKeyDer::from_pem_file(self.file(&format!("{name}.key"))).expect("a key");
        let config = rustls::ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(chain, key).expect("a server's settings");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Who does not trust us hangs up; that is what some tests are about.
                    let Ok(mut outside) = acceptor.accept(stream).await else { return };
                    let Ok(mut inside) = TcpStream::connect(behind).await else { return };
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        format!("https://{address}")
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn certificate(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).expect("a certificate")
}
