//! The guard against every spelling of the inside that we know, and against names that change their mind.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::SourceConfig;
use super::super::road::Road;
use super::*;

/// Addresses that are not the public internet, as somebody may write them into a setting or a redirect.
const INSIDE: &[&str] = &[
    // IPv4 as everybody writes it: this host, private, link-local, carriers, protocols, tests, benchmarks, multicast, reserved.
    "https://0.0.0.0/",
    "https://0.1.2.3/",
    "https://10.0.0.1/",
    "https://10.255.255.254/",
    "https://100.64.0.1/",
    "https://100.127.255.254/",
    "https://127.0.0.1/",
    "https://127.0.0.2/",
    "https://127.255.255.254/",
    "https://169.254.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.254/",
    "https://192.0.0.8/",
    "https://192.0.0.170/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://192.168.0.1/",
    "https://192.168.255.254/",
    "https://198.18.0.1/",
    "https://198.19.255.254/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    // What a cloud tells its machines.
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/v2/credentials",
    "https://100.100.100.200/latest/meta-data/",
    "https://192.0.0.192/opc/v1/instance/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[fd20:ce::254]/computeMetadata/v1/",
    "https://[fe80::a9fe:a9fe]/latest/",
    "https://[::ffff:169.254.169.254]/latest/",
    // IPv4 in every other spelling: one number, short, octal, hexadecimal, mixed, with a dot behind, full width, escaped.
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0177.0.0.1/",
    "https://0x7f.0.0.1/",
    "https://0x7f.1/",
    "https://0177.0x0.0.1/",
    "https://127.0.0.1./",
    "https://127.0.0.1:8443/",
    "https://0/",
    "https://0x0/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://3232235521/",
    "https://0xc0.0xa8.0.1/",
    "https://10.1/",
    "https://167772161/",
    "https://\u{ff11}\u{ff12}\u{ff17}.0.0.1/",
    "https://\u{2460}\u{2461}\u{2466}.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://127\u{3002}0\u{3002}0\u{3002}1/",
    // IPv6: this host, link-local, site-local, unique local, multicast, discard, documentation, segment routing.
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "https://[fe80::1]/",
    "https://[febf::1]/",
    "https://[fec0::1]/",
    "https://[fc00::1]/",
    "https://[fd12:3456:789a::1]/",
    "https://[ff02::1]/",
    "https://[ff0e::1]/",
    "https://[100::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff:1::1]/",
    "https://[5f00::1]/",
    // Teredo, benchmarking, ORCHID.
    "https://[2001:0:7f00:1::1]/",
    "https://[2001:2::1]/",
    "https://[2001:10::1]/",
    // IPv4 inside IPv6: mapped, compatible, translated, NAT64 and its local prefix, 6to4.
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:192.168.1.1]/",
    "https://[::127.0.0.1]/",
    "https://[::7f00:1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[64:ff9b:1::808:808]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a00:1::1]/",
    "https://[2002:c0a8:101::1]/",
    "https://[2002:a9fe:a9fe::1]/",
    // Names that lead to this host.
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    // Other schemes, and names before the host.
    "http://earthquake.usgs.gov/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/",
    "https://public.example@127.0.0.1/",
    "https://user:word@public.example/",
];

#[tokio::test]
async fn every_spelling_of_the_inside_is_refused_and_nobody_inside_is_asked() {
    assert!(INSIDE.len() >= 80, "{} addresses", INSIDE.len());
    let canary = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = canary.local_addr().expect("an address").port();
    let mut road = Road::new(&SourceConfig::new("usgs", "https://earthquake.usgs.gov/"));
    for text in INSIDE {
        // What the parser of addresses does not take never becomes a request.
        let Ok(mut url) = text.parse::<Url>() else { continue };
        // Where there is a listener, so that one that slips through is seen and not only refused by chance.
        let _ = url.set_port(Some(port));
        let asked = road.ask(url.clone(), |request| request).await;
        assert!(asked.is_err(), "{text} was asked");
    }
    let knocked = std::future::poll_fn(|context| {
        std::task::Poll::Ready(canary.poll_accept(context).is_ready())
    });
    assert!(!knocked.await, "somebody inside was asked");
}

#[test]
fn public_addresses_are_taken_in_every_family() {
    for text in [
        "https://8.8.8.8/",
        "https://137.227.0.1/",
        "https://100.128.0.1/",
        "https://172.32.0.1/",
        "https://[2600:1f18::1]/",
        "https://[2001:4860:4860::8888]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[64:ff9b::808:808]/",
        "https://earthquake.usgs.gov/feed",
    ] {
        assert_eq!(check_url(&text.parse().expect("a URL"), false), Ok(()), "{text}");
    }
    let check = |text: &str, private| check_url(&text.parse().expect("a URL"), private);
    assert!(check("http://127.0.0.1:8080/feed", true).is_ok());
    assert!(check("https://u:p@127.0.0.1/", true).is_err());
}

fn at(text: &str) -> SocketAddr {
    SocketAddr::new(text.parse().expect("an address"), 0)
}

/// A name server that gives one list of addresses after the other, and the last one for ever.
fn scripted(answers: Vec<Vec<&'static str>>) -> (PublicOnly, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let lookup = move |_name: String| -> BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> {
        let turn = counted.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        let found = answers[turn].iter().map(|text| at(text)).collect();
        Box::pin(async move { Ok(found) })
    };
    (PublicOnly(Arc::new(lookup)), asked)
}

async fn resolved(resolver: &PublicOnly) -> Result<Vec<SocketAddr>, String> {
    let name: Name = "rebind.example".parse().expect("a name");
    resolver.resolve(name).await.map(Iterator::collect).map_err(|cause| cause.to_string())
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_refused_when_it_leads_inside() {
    let (resolver, _) = scripted(vec![vec!["8.8.8.8"], vec!["127.0.0.1"]]);
    assert_eq!(resolved(&resolver).await, Ok(vec![at("8.8.8.8")]));
    let why = resolved(&resolver).await.expect_err("inside");
    assert!(why.contains("no public address"), "{why}");
    // Of a name that leads to both, only what passed is connected to.
    let (resolver, _) = scripted(vec![vec!["10.0.0.1", "8.8.8.8", "::1", "169.254.169.254"]]);
    assert_eq!(resolved(&resolver).await, Ok(vec![at("8.8.8.8")]));
    for inside in
        ["10.0.0.1", "::1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"]
    {
        let (resolver, _) = scripted(vec![vec![inside]]);
        assert!(resolved(&resolver).await.is_err(), "{inside}");
    }
}

#[tokio::test]
async fn the_client_asks_the_guard_at_each_connection_and_connects_nowhere_else() {
    let canary = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = canary.local_addr().expect("an address").port();
    let (resolver, asked) = scripted(vec![vec!["127.0.0.1"]]);
    let client = builder().dns_resolver(resolver).build().expect("a client");
    for n in 1..=3 {
        let answer = client.get(format!("https://rebind.example:{port}/")).send().await;
        assert!(answer.is_err(), "it was asked");
        assert_eq!(asked.load(Ordering::SeqCst), n, "each connection looks again");
    }
    let knocked = std::future::poll_fn(|context| {
        std::task::Poll::Ready(canary.poll_accept(context).is_ready())
    });
    assert!(!knocked.await, "a name led inside");
}

#[test]
fn a_redirect_is_checked_like_an_address_and_private_or_signed_ones_stay_at_home() {
    let check = |from: &str, to: &str, private, signed| {
        check_redirect(&from.parse().expect("a URL"), &to.parse().expect("a URL"), private, signed)
    };
    let public = "https://feeds.example/rss";
    assert_eq!(check(public, "https://www.feeds.example/rss", false, false), Ok(()));
    assert_eq!(check(public, "https://feeds.example/new", false, true), Ok(()));
    assert_eq!(check("http://10.0.0.1/a", "http://10.0.0.1/b", true, false), Ok(()));
    for (from, to, private, signed) in [
        (public, "http://feeds.example/rss", false, false),
        (public, "https://127.0.0.1/", false, false),
        (public, "https://[::ffff:10.0.0.1]/", false, false),
        (public, "file:///etc/passwd", false, false),
        (public, "https://a:b@feeds.example/", false, false),
        (public, "https://other.example/", false, true),
        ("http://10.0.0.1/a", "http://10.0.0.2/", true, false),
        ("http://10.0.0.1/a", "http://10.0.0.1:81/", true, false),
        ("http://10.0.0.1/a", "https://public.example/", true, false),
    ] {
        assert!(check(from, to, private, signed).is_err(), "{from} to {to}");
    }
}
