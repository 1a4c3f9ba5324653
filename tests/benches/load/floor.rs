//! The floor: one thread that writes ready-made bytes into raw sockets and does nothing else. No framework goes below it.
//!
//! `floor N BYTES`: says its port, then that all N are there; answers a number of batches by writing each to every socket.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::child::{self, Part};
use crate::swarm::Swarm;

/// A running floor with a swarm of plain sockets.
#[derive(Debug)]
pub(crate) struct Floor {
    part: Part,
    pub(crate) swarm: Swarm,
}

impl Floor {
    pub(crate) fn start(n: usize, batch_bytes: u64) -> Self {
        let (mut part, at) = Part::start("floor", &[n.to_string(), batch_bytes.to_string()]);
        let swarm = Swarm::start(&format!("http://127.0.0.1:{at}"), "raw", n, "");
        assert_eq!(part.ask("there?"), "there");
        Self { part, swarm }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.part.pid()
    }

    /// Writes this many batches to every socket, `gap` apart.
    pub(crate) fn send(&mut self, batches: usize, gap: Duration) {
        assert_eq!(self.part.ask(&format!("{batches} {}", gap.as_millis())), "sent");
    }
}

/// The role itself.
pub(crate) async fn run(arguments: &[String]) {
    let [n, bytes] = arguments else { panic!("floor N BYTES") };
    let (n, batch): (usize, Vec<u8>) = (n.parse().unwrap(), vec![7; bytes.parse().unwrap()]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    child::say(&listener.local_addr().unwrap().port().to_string());
    let mut sockets: Vec<TcpStream> = (0..n)
        .map(|_| {
            let (socket, _from) = listener.accept().unwrap();
            socket.set_nodelay(true).unwrap();
            socket
        })
        .collect();
    child::serve(async |line| {
        let Some((batches, gap)) = line.split_once(' ') else { return "there".to_owned() };
        let (batches, gap): (usize, u64) = (batches.parse().unwrap(), gap.parse().unwrap());
        for _ in 0..batches {
            for socket in &mut sockets {
                socket.write_all(&batch).unwrap();
            }
            std::thread::sleep(Duration::from_millis(gap));
        }
        "sent".to_owned()
    })
    .await;
}
