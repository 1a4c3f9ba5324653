//! The ring: what changed, in order, as far back as the memory allows. Resuming reads it; nothing else remembers.
//!
//! A record is 48 bytes and names what changed, never its content: that is asked of the World when it is sent, so a
//! client that was away gets each thing once, as it is now.

use std::collections::VecDeque;

use engine::change::{Change, Matter, Windows};
use wire::geo::Mercator;
use wire::grade::{Hazard, Severity};
use wire::id::ReportId;

use super::LiveLimits;

/// What a ring takes with its first record.
const RECORDS_AT_FIRST: usize = 16;

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A report.
    Report { id: ReportId, hazard: Hazard, entered: Windows, left: Windows },
    /// A datastream, by its number in the World.
    Sensor(u32),
    /// A matter of the room.
    Matter(Matter),
}

/// One change, remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// The journal number that caused it; the head of the journal when time caused it. Never falls along the ring.
    pub(super) seq: u64,
    /// Where, if it has a place.
    pub(super) at: Option<Mercator>,
    pub(super) what: What,
    /// Time caused it, not an entry.
    pub(super) by_time: bool,
}

impl Record {
    pub(super) fn of(change: &Change) -> Self {
        match *change {
            Change::Report { id, seq, at, hazard, entered, left, by_time, .. } => {
                Self { seq, at, what: What::Report { id, hazard, entered, left }, by_time }
            }
            Change::Sensor { index, seq, at } => {
                Self { seq, at, what: What::Sensor(index), by_time: false }
            }
            // Most are settled when time passes, under the number of the last entry.
            Change::Matter { matter, seq } => {
                Self { seq, at: None, what: What::Matter(matter), by_time: true }
            }
        }
    }
}

impl Record {
    /// Whether a client that holds everything up to `seq` may lack this.
    pub(super) fn is_news_after(&self, seq: u64) -> bool {
        self.seq > seq || (self.by_time && self.seq == seq)
    }
}

/// Whether a change must not wait for the next flush.
pub(super) fn is_urgent(change: &Change) -> bool {
    matches!(
        change,
        Change::Report { severity: Severity::Extreme, by_time: false, .. }
            | Change::Matter {
                matter: Matter::Alarm(_) | Matter::Line(_) | Matter::Advisory(_),
                ..
            }
    )
}

/// See the module.
#[derive(Debug)]
pub(super) struct Ring {
    records: VecDeque<Record>,
    /// The running number of `records[0]`.
    first: u64,
    /// The least cursor that can be served; `None` until the ring was told where it starts.
    base: Option<u64>,
    records_max: usize,
}

impl Ring {
    /// One that holds as many records, and takes as many bytes, as it may.
    pub(super) fn within(limits: &LiveLimits) -> Self {
        Self::new(limits.records_max.min(limits.ring_bytes_max / size_of::<Record>()))
    }

    pub(super) fn new(records_max: usize) -> Self {
        Self { records: VecDeque::new(), first: 0, base: None, records_max: records_max.max(1) }
    }

    /// Every change after the entry `seq` will be in the ring.
    pub(super) fn start_at(&mut self, seq: u64) {
        self.base.get_or_insert(seq);
    }

    pub(super) fn push(&mut self, mut record: Record) {
        let newest = self.records.back().map_or(0, |last| last.seq);
        record.seq = record.seq.max(newest);
        // Untold, the ring is complete from its own first record on.
        self.base.get_or_insert(record.seq);
        if self.records.len() >= self.records_max
            && let Some(evicted) = self.records.pop_front()
        {
            self.first += 1;
            // Time may have caused several records under one number, so that number is not complete any more.
            self.base = self.base.map(|base| base.max(evicted.seq + 1));
        }
        if self.records.len() == self.records.capacity() {
            // Left to itself it would double, over what it may take.
            let more = self.records.len().max(RECORDS_AT_FIRST);
            self.records.reserve_exact(more.min(self.records_max - self.records.len()));
        }
        self.records.push_back(record);
    }

    /// The memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.records.capacity() * size_of::<Record>()
    }

    /// The least cursor that can be served.
    #[cfg(test)]
    fn base(&self) -> Option<u64> {
        self.base
    }

    /// The running number of the record after the newest.
    pub(super) fn end(&self) -> u64 {
        self.first + self.records.len() as u64
    }

    /// Where to read on for a client that holds everything up to `seq`; `None` if that is too old.
    ///
    /// Reading starts *at* `seq`: time causes changes under the number of the head, and the client may have gone between
    /// two of them. [`Record::is_news_after`] then leaves out what it must have.
    pub(super) fn resume(&self, seq: u64) -> Option<u64> {
        let base = self.base?;
        let before = self.records.partition_point(|record| record.seq < seq);
        (seq >= base).then_some(self.first + before as u64)
    }

    /// The records from `from` on; `None` if some of them are gone.
    pub(super) fn since(&self, from: u64) -> Option<impl Iterator<Item = &Record>> {
        let skip = usize::try_from(from.checked_sub(self.first)?).ok()?;
        Some(self.records.range(skip.min(self.records.len())..))
    }

    /// Takes in what was gathered elsewhere; everything before it that this ring lacks is gone.
    pub(super) fn absorb(&mut self, gathered: Ring) {
        if gathered.first > 0 {
            // Some of what was gathered fell out before it came here: what stands here ends before a gap.
            let base = gathered.base;
            self.first = self.end() + gathered.first;
            self.records.clear();
            self.base = base;
        }
        if let Some(base) = gathered.base {
            self.start_at(base);
        }
        for record in gathered.records {
            self.push(record);
        }
    }

    /// Takes the records out, leaving a ring that goes on after them.
    pub(super) fn take(&mut self) -> Ring {
        let next = Self::new(self.records_max);
        std::mem::replace(self, next)
    }

    /// Whether records fell out.
    pub(super) fn has_gap(&self) -> bool {
        self.first > 0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.iter()
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().rev()
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: u64) -> Record {
        Record { seq, at: None, what: What::Sensor(seq as u32), by_time: false }
    }

    fn seqs(ring: &Ring, from: u64) -> Option<Vec<u64>> {
        ring.since(from).map(|records| records.map(|record| record.seq).collect())
    }

    #[test]
    fn a_cursor_within_the_ring_gets_all_that_follows_and_its_own_number_again() {
        let mut ring = Ring::new(100);
        ring.start_at(2);
        [3, 4, 4, 7].map(record).into_iter().for_each(|record| ring.push(record));
        assert_eq!(ring.resume(4).and_then(|from| seqs(&ring, from)), Some(vec![4, 4, 7]));
        assert_eq!(ring.resume(2).and_then(|from| seqs(&ring, from)), Some(vec![3, 4, 4, 7]));
        assert_eq!(ring.resume(7).and_then(|from| seqs(&ring, from)), Some(vec![7]));
        assert_eq!(ring.resume(9).and_then(|from| seqs(&ring, from)), Some(vec![]));
        assert_eq!(ring.resume(1), None, "before the start");
    }

    #[test]
    fn a_full_ring_forgets_the_oldest_and_says_so() {
        let mut ring = Ring::new(3);
        ring.start_at(0);
        [1, 2, 2, 3, 4].map(record).into_iter().for_each(|record| ring.push(record));
        assert_eq!(ring.len(), 3);
        // One of the two records of entry 2 is gone, so 2 is not complete.
        assert_eq!(ring.base(), Some(3));
        assert_eq!(ring.resume(2), None);
        assert_eq!(ring.resume(3).and_then(|from| seqs(&ring, from)), Some(vec![3, 4]));
        assert_eq!(seqs(&ring, 0), None, "a reader behind the ring is told");
    }

    #[test]
    fn a_ring_takes_no_more_bytes_than_it_may_and_forgets_the_oldest_for_it() {
        let limits =
            LiveLimits { ring_bytes_max: 1_000 * size_of::<Record>() + 1, ..LiveLimits::default() };
        let (mut ring, mut gathered) = (Ring::within(&limits), Ring::within(&limits));
        ring.start_at(0);
        for round in 0..40 {
            for seq in 1..=100 {
                gathered.push(record(round * 100 + seq));
                assert!(gathered.bytes() <= limits.ring_bytes_max, "{}", gathered.bytes());
            }
            ring.absorb(gathered.take());
            assert!(ring.bytes() <= limits.ring_bytes_max, "{} in {round}", ring.bytes());
        }
        assert_eq!((ring.len(), ring.base()), (1_000, Some(3_001)));
        assert_eq!(ring.resume(3_000), None, "too old, and told so");
        let held = ring.resume(3_001).and_then(|from| seqs(&ring, from));
        assert_eq!(held, Some((3_001..=4_000).collect()), "without a gap");
    }

    #[test]
    fn what_was_gathered_joins_in_order_and_a_gap_moves_the_base() {
        let mut ring = Ring::new(10);
        ring.start_at(0);
        let mut gathered = Ring::new(2);
        [1, 2].map(record).into_iter().for_each(|record| gathered.push(record));
        ring.absorb(gathered.take());
        assert_eq!(ring.resume(1).and_then(|from| seqs(&ring, from)), Some(vec![1, 2]));
        let reader = ring.end();
        [3, 4, 5, 6].map(record).into_iter().for_each(|record| gathered.push(record));
        ring.absorb(gathered.take());
        assert_eq!(ring.resume(2), None);
        assert_eq!(ring.resume(5).and_then(|from| seqs(&ring, from)), Some(vec![5, 6]));
        assert_eq!(seqs(&ring, reader), None, "a reader before the gap is told");
    }

    #[test]
    fn numbers_never_fall_along_the_ring() {
        let mut ring = Ring::new(10);
        [5, 4, 6].map(record).into_iter().for_each(|record| ring.push(record));
        assert_eq!(seqs(&ring, 0), Some(vec![5, 5, 6]));
    }
}
