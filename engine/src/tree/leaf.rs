//! Leaves: short lists of members, and what they add up to, so that a cell that holds a whole list is read without a look
//! at it.

use std::ops::Deref;

use wire::grade::Severity;
use wire::time::Timestamp;

use super::sums::{HAZARDS, Spot, Tally};
use super::{BUCKET, Member, Slot};
use crate::morton::{DEPTH, quarter};

/// At most [`BUCKET`] members, in the order of their keys.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    members: Vec<Member>,
    held: Held,
}

// One more than a bucket, for a moment, and each count is a byte.
const _: () = assert!(BUCKET < u8::MAX as usize);

/// What the members add up to. Small enough to lie in the node itself, beside the list's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    x: u64,
    y: u64,
    newest: Timestamp,
    severity: [u8; Severity::ALL.len()],
    hazard: [u8; HAZARDS],
    /// Which quarters of the leaf's square hold something, one bit each in the order of keys.
    quarters: u8,
}

impl Held {
    const NOTHING: Self = Self {
        x: 0,
        y: 0,
        newest: Timestamp(i64::MIN),
        severity: [0; Severity::ALL.len()],
        hazard: [0; HAZARDS],
        quarters: 0,
    };

    fn add(&mut self, member: &Member, level: u8) {
        self.x += u64::from(member.at.x);
        self.y += u64::from(member.at.y);
        self.severity[member.severity as usize] += 1;
        self.hazard[member.hazard as usize] += 1;
        self.add_last(member, level);
    }

    /// What cannot be taken back from the sums alone.
    fn add_last(&mut self, member: &Member, level: u8) {
        self.newest = self.newest.max(member.observed_at);
        self.quarters |= 1 << quarter(member.key, DEPTH.min(level + 1));
    }
}

impl Leaf {
    pub(super) const EMPTY: Self = Self { members: Vec::new(), held: Held::NOTHING };

    /// Of members in order; their square is at this level.
    pub(super) fn of(members: Vec<Member>, level: u8) -> Self {
        let mut held = Held::NOTHING;
        for member in &members {
            held.add(member, level);
        }
        Self { members, held }
    }

    pub(super) fn insert(&mut self, member: Member, level: u8) {
        self.held.add(&member, level);
        let place = self.members.partition_point(|other| other.order() < member.order());
        self.members.insert(place, member);
    }

    /// Takes a member out, if it is in.
    pub(super) fn remove(&mut self, slot: Slot, level: u8) {
        let Some(index) = self.members.iter().position(|member| member.slot == slot) else {
            return;
        };
        let gone = self.members.remove(index);
        self.held.x -= u64::from(gone.at.x);
        self.held.y -= u64::from(gone.at.y);
        self.held.severity[gone.severity as usize] -= 1;
        self.held.hazard[gone.hazard as usize] -= 1;
        (self.held.newest, self.held.quarters) = (Held::NOTHING.newest, 0);
        for member in &self.members {
            self.held.add_last(member, level);
        }
    }

    pub(super) fn into_members(self) -> Vec<Member> {
        self.members
    }

    /// How many, and the sums of their places.
    pub(super) fn spot(&self) -> Spot {
        Spot { n: self.members.len() as u32, x: self.held.x, y: self.held.y }
    }

    /// Which quarters of its square hold something.
    pub(super) fn quarters(&self) -> u8 {
        self.held.quarters
    }

    /// Counts all members.
    pub(super) fn tally(&self, into: &mut Tally) {
        let Held { newest, severity, hazard, .. } = &self.held;
        into.many(self.members.len() as u32, *severity, hazard, *newest);
    }

    /// Bytes of heap in use.
    pub(super) fn heap_bytes(&self) -> usize {
        self.members.capacity() * size_of::<Member>()
    }

    /// What the members add up to, for tests.
    #[cfg(test)]
    pub(super) fn held(&self) -> &Held {
        &self.held
    }
}

impl Deref for Leaf {
    type Target = [Member];

    fn deref(&self) -> &[Member] {
        &self.members
    }
}
