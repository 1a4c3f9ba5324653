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
    subjectAltName = IP:127.0.0.1, IP:192.175.48.1, DNS:localhost\n";

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
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        for line in [
            format!(
                "req -x509 -config settings -extensions ca -subj /CN=City -days 2 {key} -keyout ca.key -out ca.pem"
            ),
            format!(
                "req -new -config settings -subj /CN=frost {key} -keyout server.key -out server.csr"
            ),
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile settings \
             -extensions server -days 2 -out server.pem"
                .to_owned(),
        ] {
            let mut command = Command::new("openssl");
            command.args(line.split_whitespace()).current_dir(authority.folder.path());
            let ended = command.output().expect("openssl (Debian: apt-get install openssl)");
            let said = String::from_utf8_lossy(&ended.stderr);
            assert!(ended.status.success(), "openssl {line}: {said}");
        }
        authority
    }

    /// A file of it: `ca.pem`, `server.pem` or `server.key`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens a front of TLS before a server, and gives its address.
    pub async fn front(&self, behind: &str) -> String {
        let behind: SocketAddr = behind.trim_start_matches("http://").parse().expect("an address");
        let chain = vec![certificate(&self.file("server.pem"))];
        let key = PrivateKeyDer::from_pem_file(self.file("server.key")).expect("a key");
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
