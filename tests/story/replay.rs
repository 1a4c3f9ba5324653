//! A recorded file played as a partner.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use server::clock::Clock;
use server::replay::{Args, Speed, Tally, play};
use support::partner::Partner;
use support::town::Town;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wire::view::Mode;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const ROWS: &str = "id,when,x,y,what\n\
    a1,2017-10-10T05:10:09Z,-121.42,38.61,1125-Traffic Hazard\n\
    a2,2017-10-10T05:10:19Z,-121.97,38.88,FIRE-Report of Fire\n\
    a3,2017-10-10T05:10:29Z,,,no place at all\n\
    a4,2017-10-10T05:10:39Z,-121.34,99,latitude of another world\n\
    a5,yesterday,-121.34,38.68,no time\n";

struct File {
    path: PathBuf,
    _dir: tempfile::TempDir,
}

fn gzip(text: &str) -> File {
    let dir = tempfile::tempdir().expect("temp dir");
    let path = dir.path().join("rows.csv.gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).expect("packed");
    std::fs::write(&path, gzip.finish().expect("packed")).expect("written");
    File { path, _dir: dir }
}

fn args(file: &File, to: &str, key: &str) -> Args {
    Args {
        files: vec![file.path.clone()],
        to: to.to_owned(),
        key: key.to_owned(),
        format: None,
        map: "id=id,time=when,lng=x,lat=y,text=what".parse().expect("valid"),
        hazards: None,
        speed: Speed::Max,
        shift: false,
        mode: Mode::Exercise,
        into: None,
    }
}

async fn run(args: &Args) -> (Tally, Result<(), String>) {
    support::crypto();
    play(args, &Clock::System, false).await
}

#[tokio::test]
async fn every_row_is_answered_for_and_playing_again_only_folds() {
    let town = Town::start().await;
    let partner = town.partner("chp", "reports,read", Mode::Exercise).await;
    let file = gzip(ROWS);
    let (tally, ended) = run(&args(&file, &town.base, &partner.key)).await;
    assert_eq!(ended, Ok(()));
    assert_eq!((tally.accepted, tally.folded, tally.n_rejected()), (2, 0, 3), "{tally:?}");
    assert_eq!(tally.rejected["unreadable"], 1, "the time that is none: {tally:?}");
    let (tally, ended) = run(&args(&file, &town.base, &partner.key)).await;
    assert_eq!(ended, Ok(()));
    assert_eq!((tally.accepted, tally.folded, tally.n_rejected()), (0, 2, 3), "{tally:?}");
    let list = partner.ask("/api/v1/reports").await.expect_status(200).json();
    assert_eq!(list["features"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_table_names_hazards_and_a_shift_ends_the_recording_now() {
    let town = Town::start().await;
    let partner = town.partner("chp", "reports,read", Mode::Exercise).await;
    let file = gzip(ROWS);
    let table = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(table.path(), "report of fire\twildfire\tSevere\n").expect("written");
    let args = Args {
        hazards: Some(table.path().to_owned()),
        shift: true,
        ..args(&file, &town.base, &partner.key)
    };
    support::crypto();
    let (_, ended) = play(&args, &town.clock, false).await;
    assert_eq!(ended, Ok(()));
    let list = partner.ask("/api/v1/reports?hazard=wildfire").await.expect_status(200).json();
    let burning = &list["features"][0]["properties"];
    assert_eq!(burning["severity"], "Severe");
    // The newest readable time, thirty seconds after the first, became now; the fire was twenty before it.
    let at: wire::time::Timestamp =
        burning["observed_at"].as_str().expect("a time").parse().expect("a time");
    assert_eq!(town.clock.now().ms_since(at), 20_000);
}

#[tokio::test]
async fn a_recording_enters_live_only_under_the_name_of_the_server() {
    let town = Town::with(|config| config.name = "room-one".to_owned()).await;
    let partner = town.partner("chp", "reports,read", Mode::Live).await;
    let file = gzip(ROWS);
    let live = |into: Option<&str>| Args {
        mode: Mode::Live,
        into: into.map(str::to_owned),
        ..args(&file, &town.base, &partner.key)
    };
    let (tally, ended) = run(&live(None)).await;
    assert!(ended.expect_err("refused").contains("--into") && tally.answered() == 0);
    let (tally, ended) = run(&live(Some("room-two"))).await;
    assert!(ended.expect_err("refused").contains("room-one") && tally.answered() == 0);
    // An exercise is never posted with a key of the live mode, whatever the command says.
    let (tally, ended) = run(&args(&file, &town.base, &partner.key)).await;
    assert_eq!(tally.accepted, 0, "{ended:?} {tally:?}");
    let why = ended.expect_err("refused");
    assert!(why.contains("wrong-mode"), "{why}");
    let (tally, ended) = run(&live(Some("room-one"))).await;
    assert_eq!((ended, tally.accepted), (Ok(()), 2));
}

#[tokio::test]
async fn a_wrong_key_or_a_missing_scope_ends_it_with_a_sentence() {
    let town = Town::start().await;
    let file = gzip(ROWS);
    let (_, ended) = run(&args(&file, &town.base, "tal_ex_nobody")).await;
    assert!(ended.expect_err("refused").contains("401"));
    let reader: Partner = town.partner("reader", "read", Mode::Exercise).await;
    let (_, ended) = run(&args(&file, &town.base, &reader.key)).await;
    assert!(ended.expect_err("refused").contains("403"));
}

/// Answers the first requests with a script, then takes everything.
struct Script {
    n: Arc<AtomicUsize>,
    first: Vec<ResponseTemplate>,
}

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let n = self.n.fetch_add(1, Ordering::SeqCst);
        if let Some(answer) = self.first.get(n) {
            return answer.clone();
        }
        let mut text = String::new();
        std::io::Read::read_to_string(
            &mut flate2::read::GzDecoder::new(&request.body[..]),
            &mut text,
        )
        .expect("gzip");
        let accepted = text.lines().count();
        ResponseTemplate::new(201)
            .set_body_json(json!({"epoch": "e", "seq": accepted, "accepted": accepted, "folded": 0, "rejected": []}))
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again_no_sooner_than_it_wants_with_the_same_bytes() {
    let server = MockServer::start().await;
    let problem = |kind: &str, status: u16| json!({"type": kind, "title": "t", "status": status, "detail": "later"});
    let first = vec![
        ResponseTemplate::new(429)
            .insert_header("retry-after", "1")
            .set_body_json(problem("too-many", 429)),
        ResponseTemplate::new(503)
            .insert_header("retry-after", "1")
            .set_body_json(problem("busy", 503)),
    ];
    Mock::given(any()).respond_with(Script { n: Arc::default(), first }).mount(&server).await;
    let began = Instant::now();
    let file = gzip(ROWS);
    let (tally, ended) = run(&args(&file, &server.uri(), "k")).await;
    assert_eq!(ended, Ok(()));
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!((tally.accepted, tally.sent_again), (4, 2));
    let bodies: Vec<_> = server
        .received_requests()
        .await
        .expect("recorded")
        .into_iter()
        .map(|one| one.body)
        .collect();
    assert!(
        bodies.len() == 3 && bodies.windows(2).all(|pair| pair[0] == pair[1]),
        "the same bytes each time"
    );
}

#[tokio::test]
async fn a_batch_too_large_for_the_server_is_halved_until_it_fits() {
    let server = MockServer::start().await;
    let large = ResponseTemplate::new(413)
        .set_body_json(json!({"type": "too-large", "title": "t", "status": 413, "detail": "less"}));
    Mock::given(any())
        .respond_with(Script { n: Arc::default(), first: vec![large] })
        .mount(&server)
        .await;
    let file = gzip(ROWS);
    let (tally, ended) = run(&args(&file, &server.uri(), "k")).await;
    assert_eq!((ended, tally.accepted), (Ok(()), 4));
    assert_eq!(server.received_requests().await.expect("recorded").len(), 3);
}

#[tokio::test]
async fn a_receipt_that_does_not_add_up_is_an_error_and_not_a_success() {
    let server = MockServer::start().await;
    let short = ResponseTemplate::new(201)
        .set_body_json(json!({"epoch": "e", "seq": 1, "accepted": 1, "folded": 0, "rejected": []}));
    Mock::given(any()).respond_with(short).mount(&server).await;
    let file = gzip(ROWS);
    let (_, ended) = run(&args(&file, &server.uri(), "k")).await;
    assert!(ended.expect_err("three rows have no answer").contains("1 of 4"));
}

#[tokio::test]
async fn a_line_that_breaks_before_the_answer_is_tried_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let answering = tokio::spawn(async move {
        for n in 0..3 {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut seen = Vec::new();
            let mut buffer = [0; 4_096];
            // The head and its body come in one or two packets; the zero-length read is the end.
            while !seen.windows(4).any(|four| four == b"\r\n\r\n") {
                let read = stream.read(&mut buffer).await.expect("bytes");
                assert!(read > 0);
                seen.extend_from_slice(&buffer[..read]);
            }
            if n == 2 {
                let body =
                    json!({"epoch": "e", "seq": 4, "accepted": 4, "folded": 0, "rejected": []})
                        .to_string();
                let head = format!(
                    "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await.expect("written");
                // Drains what is left, so that closing does not reset the answer away.
                stream.shutdown().await.expect("shut");
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
            }
        }
    });
    let file = gzip(ROWS);
    let (tally, ended) = run(&args(&file, &format!("http://{address}"), "k")).await;
    answering.await.expect("the server's side");
    assert_eq!((ended, tally.accepted, tally.sent_again), (Ok(()), 4, 2));
}

#[tokio::test]
async fn the_rhythm_of_the_recording_is_kept_at_its_speed() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(Script { n: Arc::default(), first: vec![] })
        .mount(&server)
        .await;
    let began = Instant::now();
    // Thirty seconds of recording at twenty times the speed are one and a half.
    let file = gzip(ROWS);
    let args = Args { speed: Speed::Times(20.0), ..args(&file, &server.uri(), "k") };
    let (tally, ended) = run(&args).await;
    assert_eq!((ended, tally.accepted), (Ok(()), 4));
    assert!(began.elapsed() >= Duration::from_millis(1_400), "{:?}", began.elapsed());
    let requests = server.received_requests().await.expect("recorded");
    assert_eq!(requests.len(), 4, "each row went when it was due");
}
