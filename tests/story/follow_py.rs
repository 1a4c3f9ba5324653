//! `docs/follow.py`, run as it stands against the real command: it follows, comes back after a break, and holds what the
//! API says.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::binary::Binary;
use support::partner::Partner;
use support::wait;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::broadcast;
use tokio::time::timeout;

use crate::views::spread;

const BBOX: &str = "2.05,41.32,2.23,41.47";
const ZOOM: &str = "13";

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/follow.py")
}

/// A line between the script and the server that can be cut, and remembers what was asked over it.
struct Wire {
    base: String,
    heads: Arc<Mutex<Vec<String>>>,
    cut: broadcast::Sender<()>,
}

impl Wire {
    async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let to = server.trim_start_matches("http://").to_owned();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let (cut, _) = broadcast::channel(1);
        let (asked, cuts) = (Arc::clone(&heads), cut.clone());
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.expect("a client");
                let (to, asked, mut cut) = (to.clone(), Arc::clone(&asked), cuts.subscribe());
                tokio::spawn(async move {
                    // While the server is away the script finds nobody.
                    let Ok(mut far) = TcpStream::connect(to).await else { return };
                    let mut head = vec![0; 4 << 10];
                    let n = near.read(&mut head).await.unwrap_or(0);
                    let text = String::from_utf8_lossy(&head[..n]).to_ascii_lowercase();
                    asked.lock().expect("heads").push(text);
                    drop(far.write_all(&head[..n]).await);
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        Self { base, heads, cut }
    }

    /// The cursor with which the script came the last time.
    fn last_cursor(&self) -> Option<String> {
        let heads = self.heads.lock().expect("heads");
        let mut lines = heads.last()?.lines();
        lines.find_map(|line| line.strip_prefix("last-event-id: ")).map(str::to_owned)
    }

    fn n_asked(&self) -> usize {
        self.heads.lock().expect("heads").len()
    }
}

/// The script at work, and the lines it has printed.
struct Follower {
    _child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Follower {
    fn start(script: &Path, base: &str, key: &str) -> Self {
        let mut child = Command::new("python3")
            .arg(script)
            .args([base, key, BBOX, ZOOM])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python3 is there");
        let said = Arc::<Mutex<Vec<String>>>::default();
        let (out, keep) = (child.stdout.take().expect("a pipe"), Arc::clone(&said));
        tokio::spawn(async move {
            let mut lines = BufReader::new(out).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                keep.lock().expect("lines").push(line);
            }
        });
        Self { _child: child, said }
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().expect("lines").clone()
    }

    /// Waits for the counter line that includes `seq`, without its number.
    async fn counted(&self, seq: u64) -> String {
        let number = |line: &str| line.strip_prefix("seq ")?.split(':').next()?.parse::<u64>().ok();
        wait::until("a counter line", || async {
            let last = self.said().into_iter().rfind(|line| number(line) >= Some(seq))?;
            Some(last.split_once(": ")?.1.to_owned())
        })
        .await
    }
}

/// The counter line as the API's answer would print it.
async fn over_http(partner: &Partner) -> String {
    let path = format!("/api/v1/picture?bbox={BBOX}&zoom={ZOOM}&window=2h");
    let picture = partner.ask(&path).await.expect_status(200).json();
    let features = picture["features"].as_array().expect("features");
    let held: u64 =
        features.iter().map(|cluster| cluster["properties"]["n"].as_u64().expect("n")).sum();
    let totals = &picture["totals"];
    format!(
        "{held} here in {} clusters, {} elsewhere, {} without place, {} filtered",
        features.len(),
        totals["elsewhere"],
        totals["unplaced"],
        totals["filtered"]
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_in_the_documents_follows_comes_back_and_holds_what_the_api_says() {
    let dir = tempfile::tempdir().expect("a directory");
    let running = Binary::start(dir.path(), &[]);
    let base = running.base.clone();
    let port = base.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let key = running.command(&["partner", "add", "112", "--scope", "reports,read"]);
    let partner = Partner::new(&base, &key);
    let receipt = partner.report(&spread("a", 300)).await;
    let wire = Wire::before(&base).await;
    let follower = Follower::start(&script(), &wire.base, &key);
    assert_eq!(follower.counted(receipt.seq).await, over_http(&partner).await);
    assert_eq!(wire.last_cursor(), None, "it came for the first time");

    // The line breaks, and something happens before it is back.
    wire.cut.send(()).expect("a connection");
    let receipt = partner.report(&spread("b", 40)).await;
    assert_eq!(follower.counted(receipt.seq).await, over_http(&partner).await);
    let cursor = wire.last_cursor().expect("it came back with its cursor");
    assert!(cursor.starts_with(&format!("{}:", receipt.epoch.to_ascii_lowercase())), "{cursor}");

    // The server is killed.
    let asked = wire.n_asked();
    let dir_kept = running.kill();
    let _running = Binary::start_on(port, &dir_kept, &[]);
    let receipt = partner.report(&spread("c", 40)).await;
    assert_eq!(follower.counted(receipt.seq).await, over_http(&partner).await);
    assert!(wire.n_asked() > asked && wire.last_cursor().is_some(), "again with its cursor");
    let resets: Vec<_> =
        follower.said().into_iter().filter(|line| line.starts_with("reset")).collect();
    assert_eq!(resets, Vec::<String>::new(), "nothing was lost, so nothing is reset");
}

/// The control: scripts with a mistake in them are found out by the same comparison.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_mistake_is_found_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let running = Binary::start(&dir.path().join("data"), &[]);
    let key = running.command(&["partner", "add", "112", "--scope", "reports,read"]);
    let partner = Partner::new(&running.base, &key);
    let first = partner.report(&spread("a", 300)).await;
    let right = std::fs::read_to_string(script()).expect("the script");
    let mistakes = [
        // Keeps the first content of a tile for ever.
        (
            "tiles[frame[\"z\"], frame[\"x\"], frame[\"y\"]] = frame[\"clusters\"]",
            "tiles.setdefault((frame[\"z\"], frame[\"x\"], frame[\"y\"]), frame[\"clusters\"])",
        ),
        // Comes back with a cursor, and has forgotten what it held.
        ("    if last_id:\n", "    if last_id:\n        tiles.clear()\n"),
    ];
    for (number, (is, becomes)) in mistakes.into_iter().enumerate() {
        let wrong = right.replace(is, becomes);
        assert_ne!(wrong, right, "the script is no longer as this mistake expects it");
        let path = dir.path().join(format!("wrong-{number}.py"));
        std::fs::write(&path, wrong).expect("a script");
        let wire = Wire::before(&running.base).await;
        let follower = Follower::start(&path, &wire.base, &key);
        follower.counted(first.seq).await;
        wire.cut.send(()).expect("a connection");
        // One place only, so that most tiles do not change.
        let receipt = partner.report(&spread(&format!("b{number}"), 1)).await;
        let counted = follower.counted(receipt.seq).await;
        assert_ne!(counted, over_http(&partner).await, "mistake {number}");
    }
}

#[tokio::test]
async fn a_key_that_is_wrong_ends_the_client_with_the_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    let running = Binary::start(dir.path(), &[]);
    let mut command = Command::new("python3");
    command.arg(script()).args([&running.base, "nobody", BBOX, ZOOM]).kill_on_drop(true);
    let ended = timeout(Duration::from_secs(30), command.output()).await;
    let ended = ended.expect("it ends").expect("python3 is there");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && said.starts_with("refused: 401 "), "{said}");
}
