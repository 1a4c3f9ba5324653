//! Notices that come by e-mail: official, placed, and ringing until somebody has read them.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use server::source::SourceConfig;
use server::source::mail::NoticeRule;
use support::imap::{Mailbox, PASSWORD, USER};
use support::operator::Operator;
use support::town::Town;
use support::wait::until;
use wire::grade::{Hazard, Severity};

const PLACES: &str = "\
id,name,alternates,kind,lng,lat,radius_m,population,parent
pai,Paiporta,,city,-0.4177,39.4287,2000,25000,
poi,Barranc del Poio,Poio;Rambla del Poyo,poi,-0.4210,39.4300,300,0,pai
";

fn rule() -> NoticeRule {
    NoticeRule {
        from: "*@chj.example".to_owned(),
        subject: "*flow*".to_owned(),
        hazard: Hazard::Flood,
        severity: Severity::Severe,
        rings: None,
        place: None,
        lng: None,
        lat: None,
        radius_m: 0,
    }
}

fn source(mailbox: &Mailbox, dir: &Path, notices: Vec<NoticeRule>) -> SourceConfig {
    let secret = dir.join("mail.password");
    std::fs::write(&secret, format!("{PASSWORD}\n")).expect("written");
    SourceConfig {
        name: Some("notices".to_owned()),
        user: Some(USER.to_owned()),
        password_file: Some(secret),
        allow_private: true,
        // A mailbox that says itself that mail came is not asked again within the story.
        interval_s: 3_600,
        notices,
        ..SourceConfig::new("mail", mailbox.url.clone())
    }
}

async fn room(mailbox: &Mailbox, dir: &Path, change: impl FnOnce(&mut SourceConfig)) -> Town {
    let mut source = source(mailbox, dir, vec![rule()]);
    change(&mut source);
    let mut town = Town::with(|config| config.sources = vec![source]).await;
    let app = town.app();
    server::gazette::import(&app.store, town.clock.now(), PLACES.as_bytes()).await.expect("places");
    town.restart().await;
    town
}

/// The moment, as IMAP writes it.
fn arrival(town: &Town) -> String {
    let said = town.clock.now().to_string();
    let months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months[said[5..7].parse::<usize>().expect("a month") - 1];
    format!("{}-{month}-{} {} +0000", &said[8..10], &said[..4], &said[11..19])
}

fn mail(id: &str, from: &str, subject: &str, body: &str) -> String {
    format!(
        "From: SAIH <{from}>\nTo: <{USER}>\nSubject: {subject}\nMessage-ID: <{id}@chj.example>\n\n{body}\n"
    )
}

fn flow(id: &str) -> String {
    let body = "flow 1,600 m3/s at Poio, rising\n-- \nAnna Canary, tel. 600 123 123";
    mail(id, "saih@chj.example", "Notice: flow at Poio", body)
}

async fn alarms(person: &Operator) -> Vec<Value> {
    let list = person.ask("/api/v1/alarms").await.expect_status(200).json();
    list["alarms"].as_array().cloned().unwrap_or_default()
}

async fn an_alarm(person: &Operator) -> Value {
    until("an alarm", async || alarms(person).await.into_iter().next()).await
}

async fn reports(person: &Operator) -> Vec<Value> {
    let list = person.ask("/api/v1/reports?limit=100").await.expect_status(200).json();
    list["features"].as_array().cloned().unwrap_or_default()
}

async fn ledger(person: &Operator) -> Value {
    let list = person.ask("/api/v1/sources").await.expect_status(200).json();
    let sources = list["sources"].as_array().cloned().unwrap_or_default();
    let ours = sources.into_iter().find(|one| one["id"] == "feed:notices");
    ours.map_or(Value::Null, |one| one["ledger"].clone())
}

#[tokio::test]
async fn a_notice_by_mail_is_official_has_a_place_rings_and_climbs_until_somebody_has_read_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let mailbox = Mailbox::start(true).await;
    let town = room(&mailbox, dir.path(), |_| {}).await;
    let (montse, wall) = (town.duty_officer().await, town.viewer().await);
    until("it waits for mail", async || {
        mailbox.asked().iter().any(|asked| asked == "IDLE").then_some(())
    })
    .await;

    mailbox.deliver(&arrival(&town), &flow("1"));
    let alarm = an_alarm(&montse).await;
    let said = (&alarm["cause"], &alarm["level"], &alarm["state"], &alarm["sounds"]);
    assert_eq!(said, (&json!("notice"), &json!("red"), &json!("unanswered"), &json!(true)));
    assert_eq!((&alarm["hazard"], &alarm["name"]), (&json!("flood"), &json!("Barranc del Poio")));
    assert_eq!(alarm["geometry"]["coordinates"], json!([-0.421, 39.43]));
    let report = reports(&montse).await.remove(0);
    assert_eq!(report["geometry"]["coordinates"], json!([-0.421, 39.43]));
    let told = &report["properties"];
    assert_eq!((&told["kind"], &told["severity"]), (&json!("official"), &json!("Severe")));
    assert!(told["text"].as_str().is_some_and(|text| text.contains("1,600 m3/s at Poio")));
    // What stands under the signature's line is not taken in; and the wall reads neither words nor addresses.
    assert!(!report.to_string().contains("Canary"));
    let seen = Value::from([reports(&wall).await, alarms(&wall).await].concat()).to_string();
    let words = ["1,600", "saih@", "Barranc"];
    assert!(words.iter().all(|word| !seen.contains(word)), "{seen}");

    // Unread for five minutes it climbs, and again after ten.
    town.pass(Duration::from_mins(5));
    let climbing = until("it climbs", async || {
        Some(alarms(&montse).await.remove(0)).filter(|one| one["state"] == "climbing")
    })
    .await;
    assert_eq!(climbing["climbed"], 1);
    town.pass(Duration::from_mins(5));
    until("it climbs again", async || (alarms(&montse).await[0]["climbed"] == 2).then_some(()))
        .await;

    // Who answers has read it, and that is all it asked.
    let id = alarm["id"].as_u64().expect("a number");
    let ack = json!({"kind": "ack", "subject": {"alarm": id}}).to_string();
    let answer = montse.send(reqwest::Method::POST, "/api/v1/decisions", Some(ack)).await;
    assert!(answer.status < 300, "{}", answer.body);
    until("it is over", async || (alarms(&montse).await[0]["state"] == "over").then_some(())).await;
    // Nothing was marked, moved or deleted.
    let words =
        ["LOGIN", "CAPABILITY", "EXAMINE", "UID SEARCH", "UID FETCH", "IDLE", "DONE", "LOGOUT"];
    for asked in mailbox.asked() {
        assert!(words.iter().any(|word| asked.starts_with(word)) || asked.is_empty(), "{asked}");
        assert!(!asked.contains("BODY[]"), "{asked}");
    }
    assert_eq!(mailbox.n_mails(), 1);
}

#[tokio::test]
async fn what_fits_no_rule_is_counted_and_forgotten_and_what_is_known_folds_when_all_is_numbered_anew()
 {
    let dir = tempfile::tempdir().expect("a directory");
    let mailbox = Mailbox::start(false).await;
    let mut town = room(&mailbox, dir.path(), |source| source.interval_s = 1).await;
    let montse = town.duty_officer().await;
    let now = arrival(&town);
    mailbox.deliver(&now, &mail("a", "canary@friend.example", "flow of wine", "a letter"));
    mailbox.deliver(&now, &mail("b", "saih@chj.example", "lunch", "a letter"));
    mailbox.deliver(&now, &flow("1"));
    mailbox.deliver(&now, "Subject: flow\n\nfrom nobody\n");
    until("all are read", async || {
        let ledger = ledger(&montse).await;
        (ledger["received"] == 4).then_some(())
    })
    .await;
    let told = ledger(&montse).await;
    assert_eq!((&told["accepted"], &told["rejected"]["no_rule"]), (&json!(1), &json!(2)));
    assert_eq!(told["rejected"]["unreadable"], 1);
    assert_eq!(reports(&montse).await.len(), 1);

    // Where it goes on stands with what was read: a crash asks for nothing twice.
    town.kill_and_restart().await;
    mailbox.deliver(&now, &flow("2"));
    until("the next", async || (ledger(&montse).await["received"] == 5).then_some(())).await;
    mailbox.number_anew();
    until("all again", async || (ledger(&montse).await["received"] == 10).then_some(())).await;
    let told = ledger(&montse).await;
    assert_eq!((&told["accepted"], &told["folded"]), (&json!(2), &json!(2)));
    assert_eq!(alarms(&montse).await.len(), 2, "and nothing rings again");
    // Of letters that are none of ours nothing is on disk.
    town.stop().await;
    for file in std::fs::read_dir(town.data_dir()).expect("a directory").flatten() {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        let found = bytes.windows(13).any(|some| some == b"canary@friend");
        assert!(!found, "{}", file.path().display());
    }
}

#[tokio::test]
async fn where_our_own_server_vouches_for_senders_one_that_it_does_not_vouch_for_rings_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let mailbox = Mailbox::start(false).await;
    let town = room(&mailbox, dir.path(), |source| {
        source.interval_s = 1;
        source.authenticated_by = Some("mx.city.example".to_owned());
    })
    .await;
    let montse = town.duty_officer().await;
    let now = arrival(&town);
    let vouched = |verdict: &str| {
        format!("Authentication-Results: {verdict} header.from=chj.example\n{}", flow(verdict))
    };
    // The forger may write what he likes below what our server wrote.
    mailbox.deliver(&now, &flow("forged"));
    mailbox.deliver(&now, &vouched("mx.evil.example; dmarc=pass"));
    mailbox.deliver(&now, &vouched("mx.city.example; dmarc=fail"));
    until("they are read", async || (ledger(&montse).await["received"] == 3).then_some(())).await;
    assert_eq!(ledger(&montse).await["rejected"]["unauthenticated"], 3);
    assert!(alarms(&montse).await.is_empty() && reports(&montse).await.is_empty());
    mailbox.deliver(&now, &vouched("mx.city.example; dmarc=pass"));
    assert_eq!(an_alarm(&montse).await["level"], "red");
}

#[tokio::test]
async fn a_paused_mailbox_is_not_asked_and_nothing_rings_until_it_is_let_go_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mailbox, control) = (Mailbox::start(false).await, Mailbox::start(false).await);
    let mut ours = source(&mailbox, dir.path(), vec![rule()]);
    let mut beside = source(&control, dir.path(), vec![]);
    beside.name = Some("control".to_owned());
    beside.notices = vec![NoticeRule { subject: "lunch".to_owned(), ..rule() }];
    for one in [&mut ours, &mut beside] {
        one.interval_s = 1;
    }
    let town = Town::with(|config| config.sources = vec![ours, beside]).await;
    let montse = town.duty_officer().await;
    let n_asked = |of: &Mailbox| of.asked().iter().filter(|one| one.starts_with("LOGIN")).count();
    until("it is asked", async || (n_asked(&mailbox) > 0).then_some(())).await;
    let told = async |act: &str, body: Option<Value>| {
        let path = format!("/api/v1/sources/feed:notices/{act}");
        let answer =
            montse.send(reqwest::Method::POST, &path, body.map(|body| body.to_string())).await;
        assert!(answer.status < 300, "{}", answer.body);
    };
    told("pause", Some(json!({"reason": "it repeats old alerts"}))).await;
    // A question that was under way may still end.
    let rounds = async |n: usize| {
        let before = n_asked(&control);
        until("rounds", async || (n_asked(&control) >= before + n).then_some(())).await;
    };
    rounds(2).await;
    let before = n_asked(&mailbox);
    mailbox.deliver(&arrival(&town), &flow("1"));
    rounds(4).await;
    assert_eq!(n_asked(&mailbox), before, "nobody asks it");
    assert!(alarms(&montse).await.is_empty() && reports(&montse).await.is_empty());
    told("resume", None).await;
    assert_eq!(an_alarm(&montse).await["cause"], "notice");
}
