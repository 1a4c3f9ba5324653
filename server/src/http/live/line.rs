//! The outgoing half of a websocket: what its session has to say, written as far as the socket takes it, never waiting.
//!
//! Two may write: the delivery, which goes through all lines when something was published (`delivery.rs`), and the
//! connection's own task (`socket.rs`), which alone waits. Long messages are written from where they lie, many in one
//! call; only short ones (`bundle.rs`), and what the websocket library says itself (pongs, closes), are copied.

use std::collections::VecDeque;
use std::io::{ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, Bytes};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::beats::Beats;
use super::bundle::messages;
use crate::hub::limits::{FRAMES_A_WRITE, UNSENT_BYTES_MAX};
use crate::hub::{Encoded, Encoding, Seat, Session};
use crate::pipeline::Worlds;

/// Up to this much may wait before a session is asked for more: with one batch on top it stays under the promised
/// [`UNSENT_BYTES_MAX`].
const FULL_BYTES: usize = UNSENT_BYTES_MAX / 4;

/// Messages that are together no longer than this are copied into one piece: the kernel takes it in far fewer steps than
/// pieces from several places.
const COPIED_BYTES: usize = 1_024;

/// A queue that grew beyond this is given back once it is empty: most lines need two places.
const PLACES_KEPT: usize = 8;

/// How a line stands after it was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Everything was taken.
    Clear,
    /// The socket takes no more for now; since then.
    Blocked(Instant),
    /// It is broken or was ended.
    Over,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    encoding: Encoding,
    seat: Seat,
    out: Mutex<Out>,
    /// Wakes the connection's task when the delivery left something for it to wait for.
    left: Notify,
}

#[derive(Debug)]
struct Out {
    session: Session,
    unsent: VecDeque<Bytes>,
    unsent_bytes: usize,
    /// The message in front was begun: it must be ended before anything else may be said.
    begun: bool,
    blocked_since: Option<Instant>,
    over: bool,
    /// When the next heartbeat must be said.
    beat_due: Instant,
}

impl Line {
    pub(super) fn new(
        stream: TcpStream,
        encoding: Encoding,
        seat: Seat,
        session: Session,
        beat_due: Instant,
    ) -> Self {
        let out = Out {
            session,
            unsent: VecDeque::new(),
            unsent_bytes: 0,
            begun: false,
            blocked_since: None,
            over: false,
            beat_due,
        };
        Self { stream, encoding, seat, out: Mutex::new(out), left: Notify::new() }
    }

    // Poisoned: a writer panicked; what it left is a queue of whole messages all the same.
    fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it waits for its socket, or is over.
    pub(super) fn standing(&self) -> Standing {
        self.out().standing()
    }

    /// Sends what the session has to say. Called by the delivery: it never waits, and leaves a line that is blocked to the
    /// connection's task.
    pub(super) fn deliver(&self, worlds: &Worlds, beats: &mut Beats) {
        let mut out = self.out();
        if !out.is_open() || self.seat.is_revoked() {
            return;
        }
        if out.send_all(&self.stream, self.encoding, worlds, Some(beats)) != Standing::Clear {
            self.left.notify_one();
        }
    }

    /// Says a heartbeat if one is due. Who takes nothing is told nothing: it would only wait behind what waits already.
    pub(super) fn beat(&self, beats: &mut Beats) {
        let mut out = self.out();
        if !beats.is_due(out.beat_due) || !out.is_open() || self.seat.is_revoked() {
            return;
        }
        let beat = out.heartbeat(beats).message(self.encoding).clone();
        if out.say(&self.stream, beat) != Standing::Clear {
            self.left.notify_one();
        }
    }

    /// Sends on, blocked or not.
    pub(super) fn send_on(&self, worlds: &Worlds) {
        let mut out = self.out();
        if !out.over && !self.seat.is_revoked() {
            out.send_all(&self.stream, self.encoding, worlds, None);
        }
    }

    /// Says a frame that the session makes, before anything it has not said yet.
    pub(super) fn say(&self, frame: impl FnOnce(&Session) -> Encoded) {
        let mut out = self.out();
        let frame = frame(&out.session).message(self.encoding).clone();
        out.say(&self.stream, frame);
    }

    /// Says a message of the websocket's own.
    pub(super) fn say_raw(&self, message: &'static [u8]) {
        self.out().say(&self.stream, Bytes::from_static(message));
    }

    /// Says what the websocket library has to say. Bounded by the budget of what a client may send: each of its pings is
    /// answered once.
    pub(super) fn say_copied(&self, said: &[u8]) {
        self.out().say(&self.stream, Bytes::copy_from_slice(said));
    }

    /// Where the websocket library reads from.
    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Does something with the session, then sends what it has to say.
    pub(super) fn ask<T>(&self, worlds: &Worlds, ask: impl FnOnce(&mut Session) -> T) -> T {
        let mut out = self.out();
        let answer = ask(&mut out.session);
        if out.is_open() {
            out.send_all(&self.stream, self.encoding, worlds, None);
        }
        answer
    }

    /// No frame of the session any more: only what was begun is ended, and a close may follow.
    pub(super) fn end(&self) {
        let mut out = self.out();
        out.over = true;
        let kept = usize::from(out.begun);
        out.unsent.truncate(kept);
        out.unsent_bytes = out.unsent.iter().map(Bytes::len).sum();
    }

    /// Resolves when the delivery left something to wait for.
    pub(super) async fn left(&self) {
        self.left.notified().await;
    }

    /// Resolves when the socket may take more.
    pub(super) async fn writable(&self) {
        // A socket that cannot even be asked shows its error with the next write.
        let _broken_shows_later = self.stream.writable().await;
    }

    /// Writes out what is left to say; false while the socket does not take all of it.
    pub(super) fn drained(&self) -> bool {
        let mut out = self.out();
        out.write(&self.stream);
        out.unsent.is_empty()
    }

    /// Resolves when the rights behind this connection ended. It borrows nothing, so that a connection registers once.
    pub(super) fn revoked(&self) -> impl Future<Output = ()> + use<> {
        self.seat.revoked()
    }
}

impl Out {
    fn standing(&self) -> Standing {
        match (self.over, self.blocked_since) {
            (true, _) => Standing::Over,
            (false, Some(since)) => Standing::Blocked(since),
            (false, None) => Standing::Clear,
        }
    }

    fn push(&mut self, message: Bytes) {
        self.unsent_bytes += message.len();
        self.unsent.push_back(message);
    }

    fn push_batch(&mut self, encoding: Encoding, batch: &[Arc<Encoded>]) {
        for message in messages(batch, encoding) {
            self.push(message.bytes());
        }
    }

    /// Whether it takes more.
    fn is_open(&self) -> bool {
        !self.over && self.blocked_since.is_none()
    }

    fn say(&mut self, stream: &TcpStream, message: Bytes) -> Standing {
        self.push(message);
        self.write(stream)
    }

    fn heartbeat(&mut self, beats: &mut Beats) -> Arc<Encoded> {
        self.beat_due = beats.next_due();
        beats.frame(|server_time| self.session.heartbeat(server_time))
    }

    /// Takes batch after batch until nothing is left to send now: what is small goes out in one write.
    /// A heartbeat that is due soon goes with the last.
    fn send_all(
        &mut self,
        stream: &TcpStream,
        encoding: Encoding,
        worlds: &Worlds,
        mut beats: Option<&mut Beats>,
    ) -> Standing {
        loop {
            while self.unsent.len() < FRAMES_A_WRITE && self.unsent_bytes < FULL_BYTES {
                let Some(mut batch) = self.session.next_batch(worlds) else {
                    return self.write(stream);
                };
                let all = self.session.has_taken_all();
                if all
                    && let Some(beats) = &mut beats
                    && beats.is_due(self.beat_due)
                {
                    batch.push(self.heartbeat(beats));
                }
                if all && self.unsent.is_empty() {
                    return self.write_batch(stream, encoding, &batch);
                }
                self.push_batch(encoding, &batch);
                if all {
                    return self.write(stream);
                }
            }
            match self.write(stream) {
                Standing::Clear => {}
                standing => return standing,
            }
        }
    }

    /// Writes the only batch there is: a short one in one piece, and without a place in the queue if it is taken whole.
    fn write_batch(
        &mut self,
        stream: &TcpStream,
        encoding: Encoding,
        batch: &[Arc<Encoded>],
    ) -> Standing {
        let mut piece = [0; COPIED_BYTES];
        let mut length = 0;
        for message in messages(batch, encoding) {
            let end = length + message.len();
            if let Some(mut place) = piece.get_mut(length..end) {
                message.put(&mut place);
            }
            length = end;
        }
        // Nothing taken, for whatever reason, is what is tried again from the queue. The runtime is not asked before
        // whether the socket is ready: nearly every socket is, and what it knows of each lies far away in memory.
        let socket = SockRef::from(stream);
        let taken = piece.get(..length).map_or(0, |piece| socket.send(piece).unwrap_or(0));
        if taken < length {
            self.push_batch(encoding, batch);
            self.took(taken);
            return self.write(stream);
        }
        self.blocked_since = None;
        self.standing()
    }

    /// Writes until all is written or the socket takes no more.
    fn write(&mut self, stream: &TcpStream) -> Standing {
        while !self.unsent.is_empty() {
            match self.write_once(stream) {
                Ok(taken) => self.took(taken),
                Err(busy) if busy.kind() == ErrorKind::WouldBlock => {
                    let since = *self.blocked_since.get_or_insert_with(Instant::now);
                    return if self.over { Standing::Over } else { Standing::Blocked(since) };
                }
                Err(_broken) => {
                    self.over = true;
                    self.unsent = VecDeque::new();
                    self.unsent_bytes = 0;
                    return Standing::Over;
                }
            }
        }
        self.blocked_since = None;
        if self.unsent.capacity() > PLACES_KEPT {
            self.unsent = VecDeque::new();
        }
        self.standing()
    }

    /// One call: a message alone goes as one piece.
    fn write_once(&self, stream: &TcpStream) -> std::io::Result<usize> {
        if let (Some(message), 1) = (self.unsent.front(), self.unsent.len()) {
            return stream.try_write(message);
        }
        let mut slices = [IoSlice::new(&[]); FRAMES_A_WRITE];
        let n = slices.len().min(self.unsent.len());
        for (slice, message) in slices.iter_mut().zip(&self.unsent) {
            *slice = IoSlice::new(message);
        }
        stream.try_write_vectored(&slices[..n])
    }

    fn took(&mut self, mut bytes: usize) {
        self.unsent_bytes -= bytes;
        while let Some(front) = self.unsent.front_mut() {
            if bytes < front.len() {
                self.begun |= bytes > 0;
                front.advance(bytes);
                return;
            }
            bytes -= front.len();
            self.unsent.pop_front();
            self.begun = false;
            // A whole message was taken: the patience with this client begins anew.
            self.blocked_since = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::view::Clearance;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;
    use wire::time::Timestamp;
    use wire::view::Mode;

    use super::*;
    use crate::hub::Hub;

    /// More than the kernel takes at once, so that it stops inside a message.
    const LARGE: usize = 8 << 20;

    /// A close with the code 4001.
    const GOODBYE: &[u8] = &[0x88, 2, 0x0F, 0xA1];

    async fn line() -> (Line, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (client, served) = tokio::join!(TcpStream::connect(address), listener.accept());
        let hub = Arc::new(Hub::default());
        let seat = hub.enter("key:a", None).expect("a place");
        let modes = vec![Mode::Live];
        let session = Session::new(hub, "e".into(), Clearance::Room, modes, None);
        let (stream, _) = served.expect("a connection");
        let line = Line::new(stream, Encoding::Json, seat, session, Instant::now());
        (line, client.expect("a connection"))
    }

    /// A binary message that carries its number and is as long as `length` says.
    fn message(number: u8, length: usize) -> &'static [u8] {
        let mut bytes = vec![0x82, 127];
        bytes.extend((length as u64).to_be_bytes());
        bytes.resize(bytes.len() + length, number);
        Box::leak(bytes.into_boxed_slice())
    }

    /// Everything the client is sent once the line is written out and closed, as the number of each message; a close is 255.
    async fn heard(line: Line, mut client: TcpStream) -> Vec<u8> {
        let writing = async {
            while !line.drained() {
                line.writable().await;
            }
            drop(line);
        };
        let mut bytes = Vec::new();
        let ((), read) = tokio::join!(writing, client.read_to_end(&mut bytes));
        read.expect("an end in order");
        let (mut rest, mut numbers) = (bytes.as_slice(), Vec::new());
        while let [first, length, after @ ..] = rest {
            if *first == 0x88 {
                assert_eq!(rest, GOODBYE, "nothing follows a close");
                numbers.push(255);
                break;
            }
            assert_eq!(
                (*first, *length),
                (0x82, 127),
                "a message begins where the one before ends"
            );
            let (length, after) = after.split_at(8);
            let length = u64::from_be_bytes(length.try_into().expect("eight bytes")) as usize;
            assert!(after.len() >= length, "a message was not ended");
            let (payload, after) = after.split_at(length);
            assert!(payload.iter().all(|byte| *byte == payload[0]), "another message within it");
            numbers.push(payload[0]);
            rest = after;
        }
        numbers
    }

    #[tokio::test]
    async fn a_message_that_was_begun_is_ended_before_the_close_and_no_other_is_sent() {
        let (line, client) = line().await;
        for number in 1..=4 {
            line.say_raw(message(number, if number == 1 { 10 } else { LARGE }));
        }
        assert!(line.out().begun, "the kernel took a part of a message");
        assert!(matches!(line.standing(), Standing::Blocked(_)));
        let cut = 4 - line.out().unsent.len() as u8 + 1;
        line.end();
        line.say_raw(GOODBYE);
        let until_cut: Vec<u8> = (1..=cut).chain([255]).collect();
        assert_eq!(heard(line, client).await, until_cut);
    }

    #[tokio::test]
    async fn a_message_that_was_not_begun_is_not_sent_before_the_close() {
        let (line, client) = line().await;
        line.say_raw(message(1, 10));
        line.out().push(Bytes::from_static(message(2, 10)));
        line.end();
        line.say_raw(GOODBYE);
        assert_eq!(heard(line, client).await, [1, 255]);
    }

    #[tokio::test]
    async fn a_heartbeat_is_said_when_it_is_due_and_then_not_before_the_next() {
        let (line, mut client) = line().await;
        let every = std::time::Duration::from_secs(2);
        let mut beats = Beats::new(every, Instant::now(), Timestamp(0));
        line.beat(&mut beats);
        line.beat(&mut beats);
        beats.turn(Instant::now() + every, Timestamp(2_000));
        line.beat(&mut beats);
        drop(line);
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.expect("an end in order");
        let heard = String::from_utf8_lossy(&heard);
        assert_eq!(heard.matches("heartbeat").count(), 2, "{heard}");
    }

    #[tokio::test]
    async fn what_waits_is_counted_to_the_byte_however_it_is_taken() {
        let (line, _client) = line().await;
        let mut out = line.out();
        for number in 1..=3 {
            out.push(Bytes::from_static(message(number, 20)));
        }
        for (taken, left, begun) in [(7, 83, true), (23, 60, false), (31, 29, true), (29, 0, false)]
        {
            out.took(taken);
            let bytes: usize = out.unsent.iter().map(Bytes::len).sum();
            assert_eq!((out.unsent_bytes, bytes, out.begun), (left, left, begun), "after {taken}");
        }
    }
}
