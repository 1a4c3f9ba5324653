//! The proxy of a city: CONNECT alone, perhaps with a name and a password, and it remembers for what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    /// Its address.
    pub base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// One that takes everybody, or whoever sends this as the value of `Proxy-Authorization`.
    pub async fn start(signed: Option<&str>) -> Self {
        Self::leading(signed, &[]).await
    }

    /// The same, and it leads some addresses elsewhere, as `("192.175.48.1:443", "127.0.0.1:4000")`.
    pub async fn leading(signed: Option<&str>, elsewhere: &[(&str, &str)]) -> Self {
        let elsewhere = elsewhere.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned()));
        let elsewhere: Arc<BTreeMap<String, String>> = Arc::new(elsewhere.collect());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, signed) = (Arc::clone(&asked), signed.map(str::to_owned));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(
                    stream,
                    Arc::clone(&noted),
                    signed.clone(),
                    Arc::clone(&elsewhere),
                ));
            }
        });
        Self { base, asked }
    }

    /// What it was asked to connect to by whom it takes, each time.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(
    stream: TcpStream,
    asked: Arc<Mutex<Vec<String>>>,
    signed: Option<String>,
    elsewhere: Arc<BTreeMap<String, String>>,
) {
    let mut client = BufReader::new(stream);
    let (mut target, mut by) = (String::new(), None);
    let mut line = String::new();
    while client.read_line(&mut line).await.is_ok_and(|n| n > 2) {
        if let Some(rest) = line.strip_prefix("CONNECT ") {
            target = rest.split(' ').next().unwrap_or_default().to_owned();
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("proxy-authorization")
        {
            by = Some(value.trim().to_owned());
        }
        line.clear();
    }
    let refusal = match () {
        () if target.is_empty() => Some("HTTP/1.1 405 Method Not Allowed\r\n\r\n"),
        () if signed.is_some() && signed != by => {
            Some("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        }
        () => None,
    };
    if let Some(refusal) = refusal {
        let _ = client.write_all(refusal.as_bytes()).await;
        return;
    }
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(target.clone());
    let leads_to = elsewhere.get(&target).unwrap_or(&target);
    let Ok(mut upstream) = TcpStream::connect(leads_to).await else { return };
    if client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_ok() {
        let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
    }
}
