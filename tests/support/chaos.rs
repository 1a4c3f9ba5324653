//! A line that breaks: a TCP proxy before a server, which splits, stalls, cuts in the middle of a frame and goes half-open.
//!
//! Each connection draws its fate from the proxy's seed and its own number.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

/// A half-open connection stays like that for this long.
const LIMBO: Duration = Duration::from_secs(3);

/// How bad the line is.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// The shortest life of a connection.
    pub life_ms_min: u64,
    /// The longest.
    pub life_ms_max: u64,
    /// The longest pause in the middle of it.
    pub stall_ms_max: u64,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// Both ends are told: a reset.
    Reset,
    /// Both ends are told: the stream ends, perhaps in the middle of a frame.
    End,
    /// The server's end is gone; the client hears nothing more.
    ClientWaits,
    /// The client's end is gone; the server is read no more.
    ServerWaits,
}

/// See the module. Dropping it ends every connection.
#[derive(Debug)]
pub struct Chaos {
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    /// Connections it broke so far.
    pub n_broken: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Chaos {
    /// Before the server at `base`.
    pub async fn before(base: &str, seed: u64, weather: Weather) -> Self {
        let to: SocketAddr =
            base.trim_start_matches("http://").parse().expect("the address of a server");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own = format!("http://{}", listener.local_addr().expect("an address"));
        let n_broken = Arc::new(AtomicU64::new(0));
        let broken = Arc::clone(&n_broken);
        let accepting = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            for number in 0_u64.. {
                let Ok((near, _)) = listener.accept().await else { continue };
                let chance = ChaCha8Rng::seed_from_u64(seed ^ number.wrapping_mul(0x9E37_79B9));
                open.spawn(carry(near, to, chance, weather, Arc::clone(&broken)));
                while open.try_join_next().is_some() {}
            }
        });
        Self { base: own, n_broken, accepting }
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(
    near: TcpStream,
    to: SocketAddr,
    mut chance: ChaCha8Rng,
    weather: Weather,
    n_broken: Arc<AtomicU64>,
) {
    let Ok(far) = TcpStream::connect(to).await else { return };
    for end in [&near, &far] {
        // A broken option is a broken line, which is what we are.
        drop(end.set_nodelay(true));
    }
    let life = chance.random_range(weather.life_ms_min..=weather.life_ms_max);
    let end = Instant::now() + Duration::from_millis(life);
    let fate = match chance.random_range(0..10) {
        0..5 => Fate::Reset,
        5..8 => Fate::End,
        8 => Fate::ClientWaits,
        _ => Fate::ServerWaits,
    };
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = far.into_split();
    let (up, down) = (ChaCha8Rng::seed_from_u64(chance.random()), chance);
    let carried = async {
        tokio::select! {
            () = copy(&mut near_in, &mut far_out, up, weather) => {}
            () = copy(&mut far_in, &mut near_out, down, weather) => {}
        }
    };
    if timeout_at(end, carried).await.is_ok() {
        // One of the ends went by itself.
        return;
    }
    n_broken.fetch_add(1, Ordering::Relaxed);
    let (Ok(near), Ok(far)) = (near_in.reunite(near_out), far_in.reunite(far_out)) else { return };
    match fate {
        Fate::Reset => {
            reset(&near);
            reset(&far);
        }
        Fate::End => {}
        Fate::ClientWaits => {
            reset(&far);
            drop(far);
            sleep(LIMBO).await;
            drop(near);
        }
        Fate::ServerWaits => {
            reset(&near);
            drop(near);
            sleep(LIMBO).await;
            drop(far);
        }
    }
}

/// Dropped after this, it ends with a reset.
fn reset(stream: &TcpStream) {
    drop(stream.set_zero_linger());
}

/// Copies in pieces of any size, with a pause now and then, until one of the ends is gone.
async fn copy(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    mut chance: ChaCha8Rng,
    weather: Weather,
) {
    let mut piece = vec![0; 16 << 10];
    loop {
        let most = if chance.random_ratio(1, 4) { chance.random_range(1..64) } else { piece.len() };
        let n = match from.read(&mut piece[..most]).await {
            Ok(0) | Err(_) => return,
            Ok(n) => n,
        };
        if chance.random_ratio(1, 30) {
            sleep(Duration::from_millis(chance.random_range(0..=weather.stall_ms_max))).await;
        }
        if to.write_all(&piece[..n]).await.is_err() {
            return;
        }
    }
}
