//! The line between a session and its reader: frames under way, which may be held, lost with the connection, or overtake
//! each other where the contract allows it.

use std::collections::VecDeque;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use wire::frame::{ServerFrame, ViewFrame};
use wire::tile::TileId;

use super::room::{Moment, Room};
use crate::hub::{Encoded, Session};

/// A frame with what was true when it was sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) frame: ServerFrame,
    pub(super) era: usize,
    /// What was published when the session last looked: time may have gone on since under the same number, and what it
    /// causes counts as news to whoever holds that number.
    pub(super) flushed: Moment,
    /// How far the World was then.
    pub(super) world: Moment,
}

/// See the module.
#[derive(Default)]
pub(super) struct Line {
    /// The server's end; `None` when it is gone.
    pub(super) session: Option<Session>,
    pub(super) flight: VecDeque<Sent>,
    /// What was published when the session last looked.
    read: Option<Moment>,
    /// Views on their way to the session.
    views: VecDeque<ViewFrame>,
    /// The reader has not noticed that the other end is gone: half-open.
    pub(super) unnoticed: bool,
    /// Frames that fit on the line: a full one holds the session back, as a full socket does.
    capacity: usize,
}

impl Line {
    /// Dials; the view is sent at once and arrives some time.
    pub(super) fn open(room: &Room, session: Session, view: ViewFrame, capacity: usize) -> Self {
        let mut line = Self { capacity, views: [view].into(), ..Self::default() };
        line.put(room, &session.hello(room.now));
        line.session = Some(session);
        line
    }

    /// Whether the reader knows that nothing more will come.
    pub(super) fn is_broken(&self) -> bool {
        self.session.is_none() && self.flight.is_empty() && !self.unnoticed
    }

    /// The reader looks elsewhere; that arrives some time too, if the line holds.
    pub(super) fn ask(&mut self, view: ViewFrame) {
        if !self.is_broken() {
            self.views.push_back(view);
        }
    }

    fn put(&mut self, room: &Room, frame: &Encoded) {
        let world = Moment { head: room.head(), now: room.now };
        let (frame, era) = (frame.frame().clone(), room.era());
        let flushed = self.read.unwrap_or(room.flushed);
        self.flight.push_back(Sent { frame, era, flushed, world });
    }

    /// The session sends at most `n` batches, as far as there is room.
    pub(super) fn serve(&mut self, room: &Room, n: usize) -> bool {
        let Some(mut session) = self.session.take() else { return false };
        // One at a time, so that some views are answered and some overtaken.
        if let Some(view) = self.views.pop_front() {
            session.look(view).expect("a view that can be served");
        }
        let mut sent = false;
        for _ in 0..n {
            if self.flight.len() >= self.capacity {
                break;
            }
            self.read = Some(room.flushed);
            let Some(batch) = session.next_batch(&room.worlds) else { break };
            for frame in &batch {
                self.put(room, frame);
            }
            sent = true;
        }
        self.session = Some(session);
        sent
    }

    pub(super) fn heartbeat(&mut self, room: &Room) {
        if self.flight.len() < self.capacity
            && let Some(session) = &self.session
        {
            let beat = session.heartbeat(room.now);
            self.put(room, &Encoded::new(ServerFrame::Heartbeat(beat)));
        }
    }

    /// The server's end is gone, and a part of what was under way with it.
    pub(super) fn cut(&mut self, chance: &mut ChaCha8Rng) -> Option<Session> {
        let arrives = chance.random_range(0..=self.flight.len());
        self.flight.truncate(arrives);
        self.session.take()
    }

    /// Tiles overtake each other: each replaces another place, so the contract does not care.
    pub(super) fn shuffle(&mut self, chance: &mut ChaCha8Rng) {
        for _ in 0..self.flight.len() {
            let at = chance.random_range(1..=self.flight.len()) - 1;
            let (one, other) = (self.tile_at(at), self.tile_at(at + 1));
            if one.is_some() && other.is_some() && one != other {
                self.flight.swap(at, at + 1);
            }
        }
    }

    /// What the contract does not allow: the counter line overtakes the tiles it counts.
    pub(super) fn let_totals_overtake(&mut self) {
        for at in 1..self.flight.len() {
            let is_totals = matches!(self.flight[at].frame, ServerFrame::Totals(_));
            if is_totals && self.tile_at(at - 1).is_some() {
                self.flight.swap(at - 1, at);
            }
        }
    }

    fn tile_at(&self, at: usize) -> Option<TileId> {
        match &self.flight.get(at)?.frame {
            ServerFrame::Tile(tile) => Some(tile.id()),
            ServerFrame::Delta(delta) => Some(delta.id()),
            _ => None,
        }
    }
}
