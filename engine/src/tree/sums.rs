//! The sums of a node, by hazard so that a filter is a sum at read. Integers only: exactly invertible, in any order.

use wire::geo::Mercator;
use wire::grade::{Hazard, HazardSet, Severity};
use wire::time::Timestamp;

use super::{Dot, Member};

/// How many hazards there are.
pub(crate) const HAZARDS: usize = Hazard::ALL.len();

/// What the reports of one hazard add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HazardSum {
    hazard: Hazard,
    severity: [u32; 5],
    x: u64,
    y: u64,
    newest: Timestamp,
}

impl HazardSum {
    const fn none(hazard: Hazard) -> Self {
        Self { hazard, severity: [0; 5], x: 0, y: 0, newest: Timestamp(i64::MIN) }
    }

    fn n(&self) -> u32 {
        self.severity.iter().sum()
    }

    fn add(&mut self, severity: Severity, at: Mercator, observed_at: Timestamp) {
        self.severity[severity as usize] += 1;
        self.x += u64::from(at.x);
        self.y += u64::from(at.y);
        self.newest = self.newest.max(observed_at);
    }
}

/// The sums of one node: only hazards that occur, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sums {
    n: u32,
    /// Of all hazards together: what most readers ask for, without a look at each hazard.
    x: u64,
    y: u64,
    all: Box<Tally>,
    by_hazard: Vec<HazardSum>,
}

impl Sums {
    /// The sums of some members.
    pub(super) fn of<'a>(members: impl Iterator<Item = &'a Member>) -> Self {
        let mut adder = Adder::new();
        for member in members {
            adder.member(member);
        }
        adder.end()
    }

    pub(super) fn n(&self) -> u32 {
        self.n
    }

    pub(super) fn add(&mut self, dot: &Dot) {
        self.n += 1;
        self.x += u64::from(dot.at.x);
        self.y += u64::from(dot.at.y);
        self.all.one(dot.hazard, dot.severity, dot.observed_at);
        match self.by_hazard.binary_search_by_key(&dot.hazard, |sum| sum.hazard) {
            Ok(index) => self.by_hazard[index].add(dot.severity, dot.at, dot.observed_at),
            Err(index) => {
                let mut sum = HazardSum::none(dot.hazard);
                sum.add(dot.severity, dot.at, dot.observed_at);
                self.by_hazard.insert(index, sum);
            }
        }
    }

    /// The exact inverse of [`Self::add`], but for `newest` where others of its hazard stay: its caller mends that.
    pub(super) fn subtract(&mut self, dot: &Dot) {
        let Ok(index) = self.by_hazard.binary_search_by_key(&dot.hazard, |sum| sum.hazard) else {
            debug_assert!(false, "a dot that was never added was subtracted");
            return;
        };
        self.n -= 1;
        self.x -= u64::from(dot.at.x);
        self.y -= u64::from(dot.at.y);
        self.all.less_one(dot.hazard, dot.severity);
        let sum = &mut self.by_hazard[index];
        sum.severity[dot.severity as usize] -= 1;
        sum.x -= u64::from(dot.at.x);
        sum.y -= u64::from(dot.at.y);
        if sum.n() == 0 {
            self.by_hazard.remove(index);
            self.mend_newest_of_all(dot.observed_at);
        }
    }

    /// The newest of all once more, if it was this moment that is of its hazard no longer.
    fn mend_newest_of_all(&mut self, gone: Timestamp) {
        if self.all.newest == gone {
            let newest = self.by_hazard.iter().map(|sum| sum.newest).max();
            self.all.newest = newest.unwrap_or(Timestamp(i64::MIN));
        }
    }

    pub(super) fn newest(&self, hazard: Hazard) -> Option<Timestamp> {
        let index = self.by_hazard.binary_search_by_key(&hazard, |sum| sum.hazard).ok()?;
        Some(self.by_hazard[index].newest)
    }

    pub(super) fn set_newest(&mut self, hazard: Hazard, newest: Option<Timestamp>) {
        if let Ok(index) = self.by_hazard.binary_search_by_key(&hazard, |sum| sum.hazard)
            && let Some(newest) = newest
        {
            let gone = std::mem::replace(&mut self.by_hazard[index].newest, newest);
            self.mend_newest_of_all(gone);
        }
    }

    /// Something from either end of what is kept elsewhere, so that it is fetched from memory.
    pub(super) fn fetch(&self) -> u64 {
        u64::from(self.all.n) ^ self.all.newest.0 as u64
    }

    /// The same, and of the sums of a hazard.
    pub(super) fn fetch_of(&self, hazard: Hazard) -> u64 {
        // Nearly every hazard that occurs at all stands near its number.
        let at = (hazard as usize).min(self.by_hazard.len().saturating_sub(1));
        self.fetch() ^ self.by_hazard.get(at).map_or(0, |sum| sum.x)
    }

    /// How many of the set.
    pub(super) fn count(&self, hazards: HazardSet) -> u32 {
        if hazards == HazardSet::ALL {
            return self.n;
        }
        self.of_set(hazards).map(HazardSum::n).sum()
    }

    /// How many of the set, and the sums of their places.
    pub(super) fn spot(&self, hazards: HazardSet) -> Spot {
        if hazards == HazardSet::ALL {
            return Spot { n: self.n, x: self.x, y: self.y };
        }
        self.of_set(hazards).fold(Spot::default(), |spot, sum| Spot {
            n: spot.n + sum.n(),
            x: spot.x + sum.x,
            y: spot.y + sum.y,
        })
    }

    fn of_set(&self, hazards: HazardSet) -> impl Iterator<Item = &HazardSum> {
        self.by_hazard.iter().filter(move |sum| hazards.contains(sum.hazard))
    }

    /// Adds the sums of the set to a tally.
    pub(super) fn tally(&self, hazards: HazardSet, into: &mut Tally) {
        if hazards == HazardSet::ALL {
            into.add(&self.all);
            return;
        }
        for sum in self.of_set(hazards) {
            let n = sum.n();
            into.n += n;
            into.hazard[sum.hazard as usize] += n;
            into.present |= 1 << sum.hazard as u32;
            for severity in 0..5 {
                into.severity[severity] += sum.severity[severity];
            }
            into.newest = into.newest.max(sum.newest);
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<Tally>() + self.by_hazard.capacity() * size_of::<HazardSum>()
    }
}

/// Sums in the making: one place for each hazard, so that adding needs no search.
pub(super) struct Adder {
    x: u64,
    y: u64,
    all: Tally,
    by_hazard: [HazardSum; HAZARDS],
}

impl Adder {
    pub(super) fn new() -> Self {
        let mut by_hazard = [HazardSum::none(Hazard::Other); HAZARDS];
        for (sum, hazard) in by_hazard.iter_mut().zip(Hazard::ALL) {
            sum.hazard = *hazard;
        }
        Self { x: 0, y: 0, all: Tally::default(), by_hazard }
    }

    pub(super) fn member(&mut self, member: &Member) {
        let Member { at, observed_at, hazard, severity, .. } = *member;
        self.x += u64::from(at.x);
        self.y += u64::from(at.y);
        self.all.one(hazard, severity, observed_at);
        self.by_hazard[hazard as usize].add(severity, at, observed_at);
    }

    pub(super) fn sums(&mut self, other: &Sums) {
        self.x += other.x;
        self.y += other.y;
        self.all.add(&other.all);
        for sum in &other.by_hazard {
            let own = &mut self.by_hazard[sum.hazard as usize];
            for severity in 0..5 {
                own.severity[severity] += sum.severity[severity];
            }
            own.x += sum.x;
            own.y += sum.y;
            own.newest = own.newest.max(sum.newest);
        }
    }

    pub(super) fn end(&self) -> Sums {
        let present = self.all.present;
        let mut by_hazard = Vec::with_capacity(present.count_ones() as usize);
        let occurs = |sum: &&HazardSum| present & (1 << sum.hazard as u32) != 0;
        by_hazard.extend(self.by_hazard.iter().filter(occurs));
        Sums { n: self.all.n, x: self.x, y: self.y, all: Box::new(self.all.clone()), by_hazard }
    }
}

/// How many, and the sums of their places: what decides which cells are drawn as one, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spot {
    pub(crate) n: u32,
    pub(super) x: u64,
    pub(super) y: u64,
}

impl Spot {
    pub(super) fn member(&mut self, member: &Member) {
        self.n += 1;
        self.x += u64::from(member.at.x);
        self.y += u64::from(member.at.y);
    }

    /// The mean, rounded down, so that it lies in any square that holds them all.
    pub(super) fn mean(&self) -> Mercator {
        if self.n <= 1 {
            return Mercator { x: self.x as u32, y: self.y as u32 };
        }
        let n = u64::from(self.n);
        Mercator { x: (self.x / n) as u32, y: (self.y / n) as u32 }
    }
}

/// The counts of some hazards together: what a cluster is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) n: u32,
    /// The hazards that occur, one bit each.
    present: u32,
    /// By [`Severity::index`].
    pub(crate) severity: [u32; Severity::ALL.len()],
    /// By [`Hazard::index`].
    pub(crate) hazard: [u32; HAZARDS],
    pub(crate) newest: Timestamp,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            n: 0,
            present: 0,
            severity: [0; Severity::ALL.len()],
            hazard: [0; HAZARDS],
            newest: Timestamp(i64::MIN),
        }
    }
}

impl Tally {
    /// Counts one report.
    pub(super) fn one(&mut self, hazard: Hazard, severity: Severity, observed_at: Timestamp) {
        self.n += 1;
        self.present |= 1 << hazard as u32;
        self.severity[severity as usize] += 1;
        self.hazard[hazard as usize] += 1;
        self.newest = self.newest.max(observed_at);
    }

    /// Counts some reports by what they add up to.
    pub(super) fn many(
        &mut self,
        n: u32,
        severity: [u8; Severity::ALL.len()],
        hazard: &[u8; HAZARDS],
        newest: Timestamp,
    ) {
        self.n += n;
        for (own, other) in self.severity.iter_mut().zip(severity) {
            *own += u32::from(other);
        }
        for (index, (own, other)) in (0u32..).zip(self.hazard.iter_mut().zip(hazard)) {
            *own += u32::from(*other);
            self.present |= u32::from(*other > 0) << index;
        }
        self.newest = self.newest.max(newest);
    }

    /// The inverse, but for `newest`.
    fn less_one(&mut self, hazard: Hazard, severity: Severity) {
        self.n -= 1;
        self.severity[severity as usize] -= 1;
        self.hazard[hazard as usize] -= 1;
        if self.hazard[hazard as usize] == 0 {
            self.present &= !(1 << hazard as u32);
        }
    }

    /// Counts all of another.
    fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.present |= other.present;
        for (own, other) in self.severity.iter_mut().zip(other.severity) {
            *own += other;
        }
        for (own, other) in self.hazard.iter_mut().zip(other.hazard) {
            *own += other;
        }
        self.newest = self.newest.max(other.newest);
    }
}
