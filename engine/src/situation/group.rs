//! Groups: what of a component belongs together, once time, hazard and what operators decided are asked too.
//!
//! Space alone joins whatever is crowded: a flood and the traffic jam beside it, a fire at noon and one an hour later. Here
//! the members of components are parted by the family of their hazard, by long silences, and by places that hang together no
//! more once the others are gone; then operators' decisions join and part what they name. The answer depends on the members
//! and the decisions alone, in whatever order they come.

use std::collections::BTreeMap;

use wire::grade::Hazard;
use wire::id::ReportId;
use wire::time::Timestamp;

use super::SituationId;
use super::breadth::Breadth;
use super::links::Links;
use super::metres::Spot;
use super::sets::Sets;
use crate::limits::{MIDDLES_MAX, SILENCE_MS};

/// A member of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    /// The report.
    pub(super) id: ReportId,
    /// Where it lies.
    pub(super) spot: Spot,
    /// When it was observed.
    pub(super) observed_at: Timestamp,
    /// What happens, as far as anybody said.
    pub(super) says: Option<Hazard>,
    /// For how many it counts.
    pub(super) weight: u8,
    /// It says that it is grave, and not from hearsay.
    pub(super) is_grave: bool,
    /// It names nothing and may be about anything.
    pub(super) is_talk: bool,
    /// The situation it is in, as of the tick before.
    pub(super) was_in: Option<SituationId>,
}

/// Hazards that are often said of one matter. Reports of one family are one matter where they are near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Water, wind, snow and what they set sliding.
    Weather,
    /// Heat by itself: it has no place.
    Heat,
    /// The ground shook, and what fell.
    Ground,
    /// Fire, explosion, what leaks.
    Fire,
    /// Roads, rail, metro.
    Transport,
    /// Power out.
    Power,
    /// Crowds and violence.
    People,
    /// Health.
    Health,
    /// Nobody said what, or nothing we know.
    Other,
}

impl Family {
    /// The family of a hazard.
    pub fn of(hazard: Hazard) -> Self {
        match hazard {
            Hazard::Flood | Hazard::Storm | Hazard::Wind | Hazard::Snow | Hazard::Landslide => {
                Self::Weather
            }
            Hazard::Heat => Self::Heat,
            Hazard::Earthquake | Hazard::Building => Self::Ground,
            Hazard::Wildfire | Hazard::Fire | Hazard::Explosion | Hazard::Chemical => Self::Fire,
            Hazard::Transport => Self::Transport,
            Hazard::Power => Self::Power,
            Hazard::Crowd | Hazard::Violence => Self::People,
            Hazard::Health => Self::Health,
            Hazard::Other => Self::Other,
        }
    }
}

/// The groups of some components' members: each in the order of time, the group with the earliest member first. A chain of
/// squares that touch, as wide as near is near, hangs together.
pub(super) fn groups(components: &[(Breadth, Vec<Member>)], links: &Links) -> Vec<Vec<Member>> {
    let mut all: Vec<Member> = Vec::new();
    // Of which component each is: distances between components of two planes mean little.
    let mut whole: Vec<usize> = Vec::new();
    let mut sets = Sets::default();
    for (number, (breadth, component)) in components.iter().enumerate() {
        let mut members = component.clone();
        members.sort_unstable_by_key(|member| (member.observed_at, member.id));
        let start = all.len();
        sets.grow(members.len());
        for piece in pieces(&members, breadth.near_cm()) {
            for (a, b) in piece.iter().zip(piece.iter().skip(1)) {
                sets.join(start + a, start + b);
            }
        }
        whole.resize(whole.len() + members.len(), number);
        all.append(&mut members);
    }
    decide(&all, &whole, links, &mut sets);
    let mut found: BTreeMap<usize, Vec<Member>> = BTreeMap::new();
    for (at, member) in all.iter().enumerate() {
        found.entry(sets.root(at)).or_default().push(*member);
    }
    let mut found: Vec<Vec<Member>> = found.into_values().collect();
    for group in &mut found {
        group.sort_unstable_by_key(|member| (member.observed_at, member.id));
    }
    found.sort_unstable_by_key(|group| group.first().map(|member| (member.observed_at, member.id)));
    found
}

/// Who has the most sources around among those of a group that were observed since a moment, and how many. Space asked
/// that of all who live there, whatever they spoke of; here it is asked again of those who are left once they are parted:
/// three on a chain of strangers are no crowd. Who says that something happens and not what bears nobody out: where anybody
/// says what, only those count who do.
pub(super) fn middle(
    group: &[Member],
    since: Timestamp,
    near_cm: u32,
    is_asked: impl Fn(&Member) -> bool,
) -> Option<(&Member, u32)> {
    let near = i64::from(near_cm).pow(2);
    let square = |a: i32, b: i32| (i64::from(a) - i64::from(b)).pow(2);
    let is_named = group.iter().any(|one| one.says.is_some());
    let counts = |one: &&Member| {
        one.weight > 0
            && !one.is_talk
            && one.observed_at >= since
            && one.says.is_some() == is_named
            && is_asked(one)
    };
    // The last ones: a new crowd is among them, however many spoke before.
    let lately: Vec<&Member> = group.iter().rev().filter(counts).take(MIDDLES_MAX).collect();
    let around = |one: &Member| {
        let is_near = |other: &&&Member| {
            square(one.spot.x_cm, other.spot.x_cm) + square(one.spot.y_cm, other.spot.y_cm) <= near
        };
        lately.iter().filter(is_near).count() as u32
    };
    // Of equals the one who spoke last.
    lately
        .iter()
        .map(|one| (*one, around(one)))
        .reduce(|best, one| if one.1 > best.1 { one } else { best })
}

/// The members of one component, in the order of time, parted by family, silence and place.
fn pieces(members: &[Member], near_cm: u32) -> Vec<Vec<usize>> {
    let mut by_family: BTreeMap<Family, (u64, Vec<usize>)> = BTreeMap::new();
    let mut unsaid = Vec::new();
    for (at, member) in members.iter().enumerate() {
        match member.says {
            Some(hazard) => {
                let (weight, ats) = by_family.entry(Family::of(hazard)).or_default();
                *weight += u64::from(member.weight);
                ats.push(at);
            }
            None => unsaid.push(at),
        }
    }
    // Who says that something happens and not what, means what most say there.
    let most =
        by_family.iter().max_by_key(|(family, (weight, _))| (*weight, std::cmp::Reverse(**family)));
    let family = most.map_or(Family::Other, |(family, _)| *family);
    if !unsaid.is_empty() {
        let (_, ats) = by_family.entry(family).or_default();
        ats.extend(unsaid);
        ats.sort_unstable();
    }
    let mut pieces = Vec::new();
    for (_, ats) in by_family.into_values() {
        for run in runs(members, &ats) {
            pieces.extend(near(members, run, near_cm));
        }
    }
    pieces
}

/// Parts what is in the order of time where nobody spoke for long.
fn runs<'a>(members: &[Member], ats: &'a [usize]) -> Vec<&'a [usize]> {
    ats.chunk_by(|a, b| {
        let moment = |at: &usize| members[*at].observed_at;
        moment(b).ms_since(moment(a)) <= SILENCE_MS
    })
    .collect()
}

/// Parts what lies in squares that do not touch.
fn near(members: &[Member], run: &[usize], near_cm: u32) -> Vec<Vec<usize>> {
    let side = near_cm.max(1) as i32;
    let square = |spot: Spot| (spot.x_cm.div_euclid(side), spot.y_cm.div_euclid(side));
    let mut squares: BTreeMap<(i32, i32), Vec<usize>> = BTreeMap::new();
    for at in run {
        squares.entry(square(members[*at].spot)).or_default().push(*at);
    }
    let numbers: BTreeMap<(i32, i32), usize> = squares.keys().copied().zip(0..).collect();
    let mut sets = Sets::default();
    sets.grow(numbers.len());
    for ((x, y), number) in &numbers {
        // Half of the eight: the others ask the same from their side.
        for (right, up) in [(1, -1), (1, 0), (1, 1), (0, 1)] {
            let beside = x.checked_add(right).zip(y.checked_add(up));
            if let Some(other) = beside.and_then(|beside| numbers.get(&beside)) {
                sets.join(*number, *other);
            }
        }
    }
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (ats, number) in squares.values().zip(0..) {
        found.entry(sets.root(number)).or_default().extend(ats);
    }
    found.into_values().collect()
}

/// Joins what operators joined, then parts what they parted. Who is not named goes with the nearest who is.
fn decide(all: &[Member], whole: &[usize], links: &Links, sets: &mut Sets) {
    if links.is_empty() {
        return;
    }
    let at: BTreeMap<ReportId, usize> =
        all.iter().enumerate().map(|(at, member)| (member.id, at)).collect();
    let find = |(a, b): (ReportId, ReportId)| at.get(&a).copied().zip(at.get(&b).copied());
    // Named together, apart from who merely stands there: these may not be parted again by nearness.
    let mut named = Sets::default();
    named.grow(all.len());
    for (a, b) in links.together().filter_map(find) {
        sets.join(a, b);
        named.join(a, b);
    }
    let mut parted: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for (a, b) in links.apart().filter_map(find) {
        if sets.root(a) == sets.root(b) && named.root(a) != named.root(b) {
            parted.entry(sets.root(a)).or_default().push((a, b));
        }
    }
    for (root, pairs) in parted {
        let inside: Vec<usize> = (0..all.len()).filter(|at| sets.root(*at) == root).collect();
        let side = sides(all, whole, &inside, &pairs, &mut named);
        sets.scatter(&inside);
        let mut first: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, side) in inside.iter().zip(side) {
            let first = *first.entry(side).or_insert(*at);
            sets.join(first, *at);
        }
    }
}

/// On which side each stands: the fewest sides that keep every pair apart, given out in the order of time.
fn sides(
    all: &[Member],
    whole: &[usize],
    inside: &[usize],
    pairs: &[(usize, usize)],
    named: &mut Sets,
) -> Vec<usize> {
    let mut apart: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (a, b) in pairs {
        let (a, b) = (named.root(*a), named.root(*b));
        apart.entry(a).or_default().push(b);
        apart.entry(b).or_default().push(a);
    }
    let mut order: Vec<usize> = apart.keys().copied().collect();
    order.sort_unstable_by_key(|at| (all[*at].observed_at, all[*at].id));
    let mut side_of: BTreeMap<usize, usize> = BTreeMap::new();
    for root in order {
        let taken: Vec<usize> =
            apart[&root].iter().filter_map(|other| side_of.get(other).copied()).collect();
        let free = (0..taken.len()).find(|side| !taken.contains(side)).unwrap_or(taken.len());
        side_of.insert(root, free);
    }
    let seeds: Vec<(usize, usize)> = inside
        .iter()
        .filter_map(|at| side_of.get(&named.root(*at)).map(|side| (*at, *side)))
        .collect();
    let nearest = |at: usize| {
        let own = &all[at];
        let rank = |(seed, _): &&(usize, usize)| {
            let elsewhere = whole[*seed] != whole[at];
            let seed = &all[*seed];
            let apart_ms = own.observed_at.ms_since(seed.observed_at).abs();
            (elsewhere, own.spot.distance2_cm2(seed.spot), apart_ms, seed.id)
        };
        seeds.iter().min_by_key(rank).map_or(0, |(_, side)| *side)
    };
    inside
        .iter()
        .map(|at| side_of.get(&named.root(*at)).copied().unwrap_or_else(|| nearest(*at)))
        .collect()
}
