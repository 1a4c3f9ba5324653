//! What is wrong with a `[[source]]` is told with its remedy.

use super::*;

fn usgs() -> SourceConfig {
    let feed = "https://earthquake.usgs.gov/earthquakes/feed/v1.0/summary/all_day.geojson";
    SourceConfig::new("usgs", feed)
}

fn mqtt() -> SourceConfig {
    let topic = Topic {
        filter: "city/+/level".to_owned(),
        datastream: "{2}".to_owned(),
        result: String::new(),
        time: None,
        unit: None,
        name: None,
        lng: None,
        lat: None,
    };
    let url = "mqtts://broker.example:8883".to_owned();
    SourceConfig { topics: vec![topic], ..SourceConfig::new("mqtt", url) }
}

fn frost(broker: &str) -> SourceConfig {
    let mqtt = Some(broker.to_owned());
    SourceConfig { mqtt, ..SourceConfig::new("sensorthings", "https://frost.example/v1.1") }
}

fn proxied(proxy: &str) -> SourceConfig {
    SourceConfig { proxy: Some(proxy.to_owned()), ..usgs() }
}

#[test]
fn a_wrong_setting_is_named_with_its_remedy() {
    assert_eq!((usgs().check(), mqtt().check()), (Ok(()), Ok(())));
    assert_eq!(proxied("http://proxy.example:3128").check(), Ok(()));
    assert_eq!(frost("mqtts://broker.example").check(), Ok(()));
    let plain = "mqtt://broker.example".to_owned();
    for (wrong, field) in [
        (SourceConfig { kind: "oracle".to_owned(), ..usgs() }, "source.kind"),
        (SourceConfig { url: "http://127.0.0.1/x".to_owned(), ..usgs() }, "source.url"),
        (SourceConfig { url: "nonsense".to_owned(), ..usgs() }, "source.url"),
        (SourceConfig { interval_s: 5, ..usgs() }, "source.interval_s"),
        (SourceConfig { cadence_s: Some(5), ..usgs() }, "source.cadence_s"),
        (SourceConfig { speaks_as: Some(Kind::Press), ..usgs() }, "source.speaks_as"),
        (SourceConfig { name: Some("a b".to_owned()), ..usgs() }, "source.name"),
        (SourceConfig { url: plain, ..mqtt() }, "source.url"),
        (SourceConfig { topics: Vec::new(), ..mqtt() }, "source.topics"),
        (SourceConfig { topics: mqtt().topics, ..usgs() }, "source.topics"),
        (SourceConfig { password_file: Some("p".into()), ..mqtt() }, "source.user"),
        (SourceConfig { mqtt: Some("mqtts://b.example".to_owned()), ..usgs() }, "source.mqtt"),
        (frost("mqtt://broker.example"), "source.mqtt"),
        (frost("broker"), "source.mqtt"),
        (proxied("https://proxy.example"), "source.proxy of"),
        (proxied("http://u:p@proxy.example"), "source.proxy of"),
        (proxied("http://proxy.example/x"), "source.proxy of"),
        (proxied("nonsense"), "source.proxy of"),
        (
            SourceConfig { proxy: proxied("http://proxy.example").proxy, ..mqtt() },
            "source.proxy of",
        ),
        (SourceConfig { proxy_user: Some("u".to_owned()), ..usgs() }, "source.proxy_user"),
        (
            SourceConfig {
                proxy_password_file: Some("p".into()),
                ..proxied("http://proxy.example")
            },
            "source.proxy_user",
        ),
        (
            SourceConfig {
                ca_file: Some("ca.pem".into()),
                allow_private: true,
                ..SourceConfig::new("usgs", "http://127.0.0.1/feed")
            },
            "source.ca_file",
        ),
    ] {
        let error = wrong.check().expect_err("wrong");
        assert!(error.starts_with(field), "{error}");
    }
    assert!(SourceConfig::check_all(&[usgs(), usgs()]).is_err());
}
