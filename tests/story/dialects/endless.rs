//! Bodies without an end: one that never stops coming is cut by its size, one that stops in the middle by its time.

use support::partner::Answer;
use support::wait::PATIENCE;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::roads::{Road, Row};
use super::{Story, more, refusal};

/// What no server takes in of a body that has no end: it reads on for a while, so that its sender sees the answer.
const TAKEN_BYTES_MAX: usize = 64 << 20;

impl Story {
    /// A request in chunks of which the head is sent.
    async fn dial(&self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let (path, kind, _) = self.road.request(&[], &Row::good());
        let host = self.partner.base.trim_start_matches("http://");
        let line = TcpStream::connect(host).await.expect("connects");
        let (reader, mut writer) = line.into_split();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Type: {kind}\r\n\
             Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
            self.partner.key
        );
        writer.write_all(head.as_bytes()).await.expect("the head");
        (reader, writer)
    }
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// The answer, read to the end of its body.
async fn answer(mut reader: OwnedReadHalf) -> Answer {
    let mut told = Vec::new();
    let whole = async {
        let mut piece = [0; 4_096];
        loop {
            let text = String::from_utf8_lossy(&told).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && let Some(n) = head.lines().find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
                })
                && body.len() >= n
            {
                return text;
            }
            match reader.read(&mut piece).await {
                Ok(n) if n > 0 => told.extend_from_slice(&piece[..n]),
                _ => return text,
            }
        }
    };
    let text = tokio::time::timeout(PATIENCE, whole).await.expect("an answer");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    let mut headers = reqwest::header::HeaderMap::new();
    for line in head.lines().skip(1) {
        let (name, value) = line.split_once(": ").expect("a header");
        let name: reqwest::header::HeaderName = name.parse().expect("a name");
        headers.insert(name, value.parse().expect("a value"));
    }
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
    Answer { status, headers, body: body.to_owned() }
}

/// A value that may be repeated without end: whole rows where the road has them.
fn rows(road: Road) -> (Vec<u8>, Vec<u8>) {
    let (_, _, body) = road.request(&[Row::good()], &Row::good());
    let (first, more) = match road {
        Road::Json => (body.trim_end_matches(']').to_owned(), ",1".to_owned()),
        Road::Lines => (format!("{body}\n"), format!("{body}\n")),
        Road::Table => (body, "besos,2026-11-23T10:00:00Z,61.5,cm,2.22,41.42\n".to_owned()),
        _ => (body, " ".to_owned()),
    };
    (first.into_bytes(), more.repeat((16 << 10) / more.len() + 1).into_bytes())
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_by_its_size_and_stores_nothing() {
    for road in Road::ALL {
        let story = Story::begin(road).await;
        let (seen, ledger, causes) =
            (story.seen().await, story.ledger().await, story.causes().await);
        let (reader, mut writer) = story.dial().await;
        let answered = tokio::spawn(answer(reader));
        let (first, more_rows) = rows(road);
        let (mut next, mut n_taken) = (chunk(&first), 0);
        while !answered.is_finished() && writer.write_all(&next).await.is_ok() {
            n_taken += next.len();
            assert!(n_taken < TAKEN_BYTES_MAX, "{road:?}: it is read without end");
            next = chunk(&more_rows);
        }
        let told = answered.await.expect("an answer");
        assert_eq!(told.status, 413, "{road:?}: {}", told.body);
        assert_eq!(refusal(road, &told, "endless").0, "too-large", "{road:?}");
        assert_eq!(story.seen().await, seen, "{road:?}");
        assert_eq!(story.ledger().await, ledger, "{road:?}");
        let one = vec![("too-large".to_owned(), "requests".to_owned(), 1)];
        assert_eq!(more(&causes, &story.causes().await), one, "{road:?}");
    }
}

#[tokio::test]
async fn a_body_that_stops_in_the_middle_is_cut_by_its_time_and_stores_nothing() {
    for road in Road::ALL {
        // In the first bytes, and after more than are read before a place is taken.
        for n_chunks in [1, 3] {
            let story = Story::begin(road).await;
            let (seen, ledger, causes) =
                (story.seen().await, story.ledger().await, story.causes().await);
            let (reader, mut writer) = story.dial().await;
            let (first, more_rows) = rows(road);
            writer.write_all(&chunk(&first)).await.expect("a chunk");
            for _ in 1..n_chunks {
                writer.write_all(&chunk(&more_rows)).await.expect("a chunk");
            }
            let told = answer(reader).await;
            assert_eq!(told.status, 408, "{road:?}: {}", told.body);
            assert_eq!(refusal(road, &told, "stalled").0, "timeout", "{road:?}");
            assert_eq!(story.seen().await, seen, "{road:?}");
            assert_eq!(story.ledger().await, ledger, "{road:?}");
            let one = vec![("timeout".to_owned(), "requests".to_owned(), 1)];
            assert_eq!(more(&causes, &story.causes().await), one, "{road:?}");
        }
    }
}
