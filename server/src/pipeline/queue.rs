//! What waits for the pipeline: a line for each source, bounded in bytes and number, taken in fair turn.
//!
//! One that floods fills its own line and no other's, and whoever comes with one value passes those who come with ten thousand. What
//! the server itself says, decisions and canaries, goes first: it is little, and people wait for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::entry::SourceKey;
use tokio::sync::Notify;

use super::{Ask, IntakeError};
use crate::config::Limits;

/// One source may hold this part of what may wait: with four that flood at once the rest still has room to come in, since they are
/// taken in turn.
const SHARES: usize = 4;
/// Rows that a source may have in one turn: more than most send at once, and a tenth of a group.
const TURN_ROWS: usize = 200;
/// Places beyond the bound for what the server itself says: a room that decides while partners flood.
const OWN_PLACES: usize = 64;
/// When to come again, in seconds: a full queue is taken in less.
const RETRY_AFTER_S: u32 = 1;
/// What an entry takes in memory beside its words.
const ENTRY_BYTES: usize = 512;

/// The size of one that waits.
#[derive(Debug, Clone, Copy)]
struct Size {
    rows: usize,
    bytes: usize,
    /// What it takes of its line's turn, in rows.
    cost: usize,
}

impl Size {
    fn of(ask: &Ask) -> Self {
        match ask {
            Ask::Batch(submission, _) => {
                let rows = submission.bodies.len();
                let bytes = submission.bytes.saturating_add(rows * ENTRY_BYTES);
                Self { rows, bytes, cost: rows.max(1) }
            }
            // A whole turn: it has a transaction to itself, and everything before it is settled first.
            Ask::Withdraw(withdrawal, _) => {
                let rows = withdrawal.ids.len();
                Self { rows, bytes: rows * ENTRY_BYTES, cost: rows.max(TURN_ROWS) }
            }
        }
    }
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<(Ask, Size)>,
    bytes: usize,
    /// Rows that it may have before the next one's turn.
    credit: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: BTreeMap<SourceKey, Line>,
    /// Whose turn it is, and who comes after.
    turns: VecDeque<SourceKey>,
    /// Rows that were taken out and are not on disk yet.
    taken: BTreeMap<SourceKey, u64>,
    n: usize,
    bytes: usize,
    is_closed: bool,
}

/// The queue of the pipeline.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    came: Notify,
    n_max: usize,
    bytes_max: usize,
}

impl Queue {
    /// An empty one, and its one taker.
    pub(crate) fn new(limits: &Limits) -> (Arc<Self>, Taker) {
        let queue = Arc::new(Self {
            waiting: Mutex::default(),
            came: Notify::new(),
            n_max: limits.submissions_queued_max.max(1),
            bytes_max: limits.queued_bytes_max.max(1),
        });
        (Arc::clone(&queue), Taker(queue))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing is let in any more.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// How many rows of each source are not on disk yet: those in its line, and those that are being written.
    pub(super) fn waiting(&self) -> BTreeMap<SourceKey, u64> {
        let waiting = self.lock();
        let mut rows = waiting.taken.clone();
        for (source, line) in &waiting.lines {
            let n: usize = line.waiting.iter().map(|(_, size)| size.rows).sum();
            *rows.entry(*source).or_default() += n as u64;
        }
        rows
    }

    /// Puts one into the line of its source, or says when to come again.
    pub(super) fn put(&self, source: SourceKey, ask: Ask) -> Result<(), IntakeError> {
        let size = Size::of(&ask);
        let mut waiting = self.lock();
        if waiting.is_closed {
            return Err(IntakeError::Stopped);
        }
        let busy = Err(IntakeError::Busy { retry_after_s: RETRY_AFTER_S });
        let is_own = source == SourceKey::SERVER;
        let n_max = if is_own { self.n_max + OWN_PLACES } else { self.n_max };
        let is_full = waiting.n >= n_max
            // One alone is taken however large it is: a body's own limit bounds it.
            || (!is_own && waiting.n > 0 && waiting.bytes + size.bytes > self.bytes_max);
        if is_full {
            return busy;
        }
        if !is_own
            && let Some(line) = waiting.lines.get(&source)
            && (line.waiting.len() >= self.n_max.div_ceil(SHARES)
                || line.bytes + size.bytes > self.bytes_max / SHARES)
        {
            return busy;
        }
        waiting.n += 1;
        waiting.bytes += size.bytes;
        let waiting = &mut *waiting;
        let line = waiting.lines.entry(source).or_insert_with(|| {
            waiting.turns.push_back(source);
            Line::default()
        });
        line.bytes += size.bytes;
        if matches!(&ask, Ask::Batch(submission, _) if submission.tied.entities.is_some()) {
            // Until it is written no other changes the registry, of whatever partner: it does not wait for its own flood.
            line.waiting.push_front((ask, size));
        } else {
            line.waiting.push_back((ask, size));
        }
        self.came.notify_one();
        Ok(())
    }
}

impl Waiting {
    /// The next in turn, if it has at most `rows` rows.
    fn take(&mut self, rows: Option<usize>) -> Option<Ask> {
        if self.lines.contains_key(&SourceKey::SERVER) {
            self.turns.retain(|source| *source != SourceKey::SERVER);
            self.turns.push_front(SourceKey::SERVER);
            return self.take_of(SourceKey::SERVER, rows);
        }
        loop {
            let source = *self.turns.front()?;
            let is_alone = self.turns.len() == 1;
            let line = self.lines.get_mut(&source)?;
            let cost = line.waiting.front().map_or(0, |(_, size)| size.cost);
            if is_alone || line.credit >= cost {
                line.credit = line.credit.saturating_sub(cost);
                return self.take_of(source, rows);
            }
            line.credit += TURN_ROWS;
            self.turns.rotate_left(1);
        }
    }

    /// The first of this line, which stands at the front of the turns.
    fn take_of(&mut self, source: SourceKey, rows: Option<usize>) -> Option<Ask> {
        let line = self.lines.get_mut(&source)?;
        let (_, size) = line.waiting.front()?;
        if rows.is_some_and(|rows| size.rows > rows) {
            // It waits for the next group, and has not lost its turn.
            line.credit = line.credit.saturating_add(size.cost);
            return None;
        }
        let (ask, size) = line.waiting.pop_front()?;
        line.bytes -= size.bytes;
        self.n -= 1;
        // What the server itself says is nobody's backlog.
        if source != SourceKey::SERVER {
            *self.taken.entry(source).or_default() += size.rows as u64;
        }
        self.bytes -= size.bytes;
        if line.waiting.is_empty() {
            self.lines.remove(&source);
            self.turns.pop_front();
        }
        Some(ask)
    }
}

/// The one who takes from the queue. When it goes, whoever waits hears that the server takes nothing more.
#[derive(Debug)]
pub(crate) struct Taker(Arc<Queue>);

impl Taker {
    /// The next in turn, as soon as there is one with at most so many rows; none once the queue is closed and empty.
    pub(super) async fn next(&mut self, rows: Option<usize>) -> Option<Ask> {
        loop {
            {
                let mut waiting = self.0.lock();
                if let Some(ask) = waiting.take(rows) {
                    return Some(ask);
                }
                if waiting.is_closed && waiting.n == 0 {
                    return None;
                }
            }
            self.0.came.notified().await;
        }
    }

    /// The next in turn, if there is one with at most so many rows.
    pub(super) fn try_next(&mut self, rows: Option<usize>) -> Option<Ask> {
        self.0.lock().take(rows)
    }

    /// So many rows of each source are on disk, or were refused.
    pub(super) fn landed(&mut self, rows: &BTreeMap<SourceKey, u64>) {
        let taken = &mut self.0.lock().taken;
        for (source, n) in rows {
            let left = taken.get(source).copied().unwrap_or_default().saturating_sub(*n);
            if left > 0 {
                taken.insert(*source, left);
            } else {
                taken.remove(source);
            }
        }
    }

    /// Lets nothing more in.
    pub(super) fn close(&mut self) {
        self.0.lock().is_closed = true;
        self.0.came.notify_one();
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        // Dropped with what waits: the answers' senders, which is how those who wait learn of it.
        *waiting = Waiting { is_closed: true, ..Waiting::default() };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use engine::entry::Body;
    use tokio::sync::oneshot;
    use wire::time::Timestamp;
    use wire::view::Mode;

    use super::super::{Submission, Tied};
    use super::*;

    fn batch(source: u32, rows: usize, bytes: usize) -> Ask {
        let bodies = (0..rows).map(|_| Body::Canary(Timestamp(0))).collect();
        let (answer, _outcome) = oneshot::channel();
        let submission = Submission {
            source: SourceKey(source),
            mode: Mode::Live,
            bodies,
            rejected: BTreeMap::new(),
            bytes,
            area: None,
            sent: std::sync::Arc::default(),
            tied: Tied::default(),
        };
        Ask::Batch(submission, answer)
    }

    fn put(queue: &Queue, source: u32, rows: usize, bytes: usize) -> Result<(), IntakeError> {
        queue.put(SourceKey(source), batch(source, rows, bytes))
    }

    fn order(taker: &mut Taker) -> Vec<u32> {
        let mut order = Vec::new();
        while let Some(Ask::Batch(submission, _)) = taker.try_next(None) {
            order.push(submission.source.0);
        }
        order
    }

    #[test]
    fn one_value_passes_those_who_come_with_thousands_and_the_server_passes_all() {
        let (queue, mut taker) = Queue::new(&Limits::default());
        for _ in 0..3 {
            put(&queue, 1, 10_000, 0).expect("taken");
        }
        put(&queue, 2, 1, 0).expect("taken");
        put(&queue, 3, 1, 0).expect("taken");
        put(&queue, SourceKey::SERVER.0, 1, 0).expect("taken");
        let order = order(&mut taker);
        assert_eq!(order.len(), 6);
        assert_eq!(order[0], SourceKey::SERVER.0);
        let mut quick = order[1..3].to_vec();
        quick.sort_unstable();
        assert_eq!(quick, [2, 3], "{order:?}");
    }

    #[test]
    fn equal_ones_are_taken_turn_by_turn() {
        let (queue, mut taker) = Queue::new(&Limits::default());
        for _ in 0..4 {
            put(&queue, 1, TURN_ROWS, 0).expect("taken");
        }
        for _ in 0..4 {
            put(&queue, 2, TURN_ROWS, 0).expect("taken");
        }
        let order = order(&mut taker);
        let first = order[..4].iter().filter(|source| **source == 2).count();
        assert_eq!(first, 2, "{order:?}");
    }

    #[test]
    fn one_that_floods_fills_its_own_line_and_no_others() {
        let limits = Limits { submissions_queued_max: 8, ..Limits::default() };
        let (queue, _taker) = Queue::new(&limits);
        let n_in = (0..50).filter(|_| put(&queue, 1, 1, 0).is_ok()).count();
        assert_eq!(n_in, 2);
        assert_eq!(put(&queue, 2, 1, 0), Ok(()));
        // And the same by bytes.
        let limits = Limits { queued_bytes_max: 40_000, ..Limits::default() };
        let (queue, mut taker) = Queue::new(&limits);
        let n_in = (0..50).filter(|_| put(&queue, 1, 1, 4_000).is_ok()).count();
        assert_eq!(n_in, 2);
        assert_eq!(put(&queue, 2, 1, 4_000), Ok(()));
        // One alone is taken however large it is, and what was taken out makes room.
        assert_eq!(order(&mut taker).len(), 3);
        assert_eq!(put(&queue, 1, 1, 1_000_000), Ok(()));
        assert!(put(&queue, 2, 1, 1).is_err(), "the server's own bound is reached");
        order(&mut taker);
        assert_eq!(put(&queue, 2, 1, 1), Ok(()));
    }

    #[test]
    fn what_is_being_written_waits_until_it_landed() {
        let (queue, mut taker) = Queue::new(&Limits::default());
        put(&queue, 1, 30, 0).expect("taken");
        put(&queue, 1, 5, 0).expect("taken");
        put(&queue, 2, 7, 0).expect("taken");
        let rows = |source: u32| queue.waiting().get(&SourceKey(source)).copied();
        assert_eq!((rows(1), rows(2), rows(3)), (Some(35), Some(7), None));
        // A group of all three, which is not on disk yet.
        order(&mut taker);
        assert_eq!((rows(1), rows(2)), (Some(35), Some(7)));
        put(&queue, 2, 1, 0).expect("taken");
        assert_eq!(rows(2), Some(8));
        taker.landed(&BTreeMap::from([(SourceKey(1), 35), (SourceKey(2), 7)]));
        assert_eq!((rows(1), rows(2)), (None, Some(1)));
    }

    #[test]
    fn one_that_brings_entities_does_not_wait_for_its_own_flood() {
        let (queue, mut taker) = Queue::new(&Limits::default());
        for _ in 0..3 {
            put(&queue, 1, TURN_ROWS, 0).expect("taken");
        }
        let Ask::Batch(mut submission, answer) = batch(1, 7, 0) else { return };
        submission.tied.entities = Some(Box::default());
        queue.put(SourceKey(1), Ask::Batch(submission, answer)).expect("taken");
        let Some(Ask::Batch(first, _)) = taker.try_next(None) else { unreachable!("it waits") };
        assert_eq!(first.bodies.len(), 7);
    }

    #[test]
    fn what_does_not_fit_into_a_group_keeps_its_turn() {
        let (queue, mut taker) = Queue::new(&Limits::default());
        put(&queue, 1, 500, 0).expect("taken");
        assert!(taker.try_next(Some(499)).is_none());
        assert!(taker.try_next(Some(500)).is_some());
    }

    #[test]
    fn a_closed_queue_takes_nothing_and_one_without_taker_neither() {
        let (queue, mut taker) = Queue::new(&Limits::default());
        put(&queue, 1, 1, 0).expect("taken");
        taker.close();
        assert_eq!(put(&queue, 1, 1, 0), Err(IntakeError::Stopped));
        assert!(taker.try_next(None).is_some(), "what came in time is still there");
        drop(taker);
        assert_eq!(put(&queue, 1, 1, 0), Err(IntakeError::Stopped));
    }
}
