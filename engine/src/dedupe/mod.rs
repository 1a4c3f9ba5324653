//! Which reports are copies of each other: a group of copies is one independent source, however often it is repeated.
//!
//! A report joins others by the same plain text, by the post it is or goes back to, by the address it was published at, or because
//! its text is a near copy: four fifths of their runs of three words are the same. What hangs together is a group; its
//! first report stands for it. How copies are folded is told in `docs/words.md`.

mod graph;
mod keys;
mod near;
mod sketch;
mod slab;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use hashbrown::HashTable;
use wire::id::ReportId;
use wire::time::Timestamp;

pub(crate) use keys::address;
pub use sketch::Similarity;

use crate::limits::{COPIES_MAX, COPY_WINDOW_MS};
use crate::plain::Plain;
use graph::{Graph, Member, Moment, Node};
use keys::{Key, Why};
use sketch::Shingles;

/// What the fold needs to know of a report.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Its identity.
    pub id: ReportId,
    /// When it was observed.
    pub at: Timestamp,
    /// What was said.
    pub text: Option<&'a Plain>,
    /// What others call this post when they go back to it. Where ids of several networks meet, theirs comes first in it.
    pub post: Option<&'a str>,
    /// The post it goes back to, in the same form.
    pub origin: Option<&'a str>,
    /// Where it was published.
    pub url: Option<&'a str>,
}

/// How a report came into its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It is the first of its group.
    First,
    /// The same words as another report.
    Exact {
        /// The earliest with these words.
        of: ReportId,
    },
    /// The same post or the same address as another report.
    Repost {
        /// The earliest of them.
        of: ReportId,
    },
    /// Nearly the same words.
    Near {
        /// The earliest report with the words that are most alike.
        of: ReportId,
        /// How alike.
        similarity: Similarity,
    },
}

/// A report's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The earliest report, among equals the one with the least id: it stands for the group.
    pub first: ReportId,
    /// Reports in the group, the first included.
    pub n_reports: u32,
}

/// The reports of the last day, by what makes them copies.
///
/// Whatever the order within one call, the same reports give the same groups.
#[derive(Default)]
pub struct Copies {
    graph: Graph,
    ids: HashTable<u32>,
    keys: HashTable<u32>,
    order: BTreeSet<Moment>,
    /// Nothing before this moment is held, in milliseconds.
    horizon_ms: Option<i64>,
    n_evicted: u64,
    limit: Option<usize>,
    /// Those left in groups that lost a report by age or by number.
    stirred: BTreeSet<ReportId>,
}

// By hand: what is said of texts must not reach a log by accident.
impl std::fmt::Debug for Copies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Copies({} reports)", self.n_reports())
    }
}

impl Copies {
    /// Nothing held; at most so many reports in place of [`COPIES_MAX`].
    pub fn with_limit(n_reports_max: usize) -> Self {
        Self { limit: Some(n_reports_max), ..Self::default() }
    }

    /// Takes in reports; one that is known already is taken as a new version, and of several in one call the latest. Those older than the window are left out, and beyond
    /// the limit the oldest go.
    pub fn insert(&mut self, items: &[Item<'_>]) {
        let known: Vec<ReportId> =
            items.iter().map(|item| item.id).filter(|id| self.slot(*id).is_some()).collect();
        self.remove(&known);
        let mut sorted: Vec<&Item<'_>> = items.iter().collect();
        sorted.sort_by_key(|item| {
            (moment(item), item.text.map(Plain::text), item.post, item.origin, item.url)
        });
        for item in sorted {
            if self.slot(item.id).is_some() {
                self.remove(&[item.id]);
            }
            if self.horizon_ms.is_none_or(|horizon| item.at.0 >= horizon) {
                self.take(item);
            }
        }
        let over = self.n_reports().saturating_sub(self.limit.unwrap_or(COPIES_MAX));
        self.n_evicted += over as u64;
        self.remove_oldest(over);
    }

    /// What is older than the window by this time is forgotten.
    pub fn tick(&mut self, now: Timestamp) {
        let horizon = now.0.saturating_sub(COPY_WINDOW_MS);
        self.horizon_ms = Some(self.horizon_ms.map_or(horizon, |before| before.max(horizon)));
        let early = self.order.range(..(horizon, 0)).count();
        self.remove_oldest(early);
    }

    /// Forgets reports, and all that was kept of their texts.
    pub fn remove(&mut self, ids: &[ReportId]) {
        let mut slots: Vec<u32> = ids.iter().filter_map(|id| self.slot(*id)).collect();
        if slots.is_empty() {
            return;
        }
        slots.sort_unstable();
        slots.dedup();
        for slot in &slots {
            let Some(moment) = self.graph.members.at(*slot).map(|member| member.moment) else {
                continue;
            };
            self.order.remove(&moment);
            if let Ok(entry) = self.ids.find_entry(id_hash(moment.1), |known| known == slot) {
                entry.remove();
            }
        }
        for (node, key) in self.graph.remove(&slots) {
            if let Ok(entry) = self.keys.find_entry(key_hash(&key), |known| *known == node) {
                entry.remove();
            }
        }
    }

    /// A report's group; nothing for one that is not held.
    pub fn source(&self, id: ReportId) -> Option<Source> {
        let group = self.graph.group_of(self.slot(id)?)?;
        Some(Source { first: ReportId(group.first.1), n_reports: group.n_reports })
    }

    /// The reports of a report's group, the first of them first.
    pub fn members(&self, id: ReportId) -> Vec<ReportId> {
        let nodes = self.slot(id).and_then(|slot| self.graph.group_of(slot));
        let nodes = nodes.into_iter().flat_map(|group| &group.nodes);
        let mut moments: Vec<Moment> =
            nodes.flat_map(|node| self.holders(*node)).map(|member| member.moment).collect();
        moments.sort_unstable();
        moments.dedup();
        moments.into_iter().map(|(_, id)| ReportId(id)).collect()
    }

    /// How a report came into its group: by the surest way there is, and from an earlier report if one is alike.
    pub fn how(&self, id: ReportId) -> Option<How> {
        let slot = self.slot(id)?;
        let member = self.graph.members.at(slot)?;
        let group = self.graph.group_of(slot)?;
        if group.first == member.moment {
            return Some(How::First);
        }
        let others = |why| {
            let nodes = member.nodes.iter().filter_map(|node| self.graph.nodes.at(*node));
            let alike = nodes.filter(move |node| node.key.0 == why);
            alike.filter_map(|node| self.earliest(node, Some(member.moment))).min()
        };
        if let Some((_, of)) = others(Why::Text).filter(|other| *other < member.moment) {
            return Some(How::Exact { of: ReportId(of) });
        }
        let by_key = others(Why::Post).into_iter().chain(others(Why::Url)).min();
        if let Some((_, of)) = by_key.filter(|other| *other < member.moment) {
            return Some(How::Repost { of: ReportId(of) });
        }
        let near = self.nearest(member, &group.nodes);
        let late = by_key.map(|(_, of)| How::Repost { of: ReportId(of) });
        near.or(late).or(others(Why::Text).map(|(_, of)| How::Exact { of: ReportId(of) }))
    }

    /// The text of the group that is most like a report's, of the earlier ones if one of them is near.
    fn nearest(&self, member: &Member, nodes: &[u32]) -> Option<How> {
        let own = self.graph.nodes.at(*member.nodes.first()?)?.sketch?;
        let shingles = self.graph.near.shingles(own)?;
        let mut best: Option<((bool, u64), Moment, Similarity)> = None;
        for node in nodes.iter().filter_map(|node| self.graph.nodes.at(*node)) {
            let Some(sketch) = node.sketch.filter(|sketch| *sketch != own) else { continue };
            let Some(similarity) =
                self.graph.near.shingles(sketch).and_then(|other| shingles.near(other))
            else {
                continue;
            };
            let Some(moment) = self.earliest(node, None) else { continue };
            // A share of all in billionths: an order without fractions.
            let share =
                u64::from(similarity.n_shared) * 1_000_000_000 / u64::from(similarity.n_all.max(1));
            let rank = (moment < member.moment, share);
            if best.is_none_or(|(most, first, _)| rank > most || rank == most && moment < first) {
                best = Some((rank, moment, similarity));
            }
        }
        best.map(|(_, (_, of), similarity)| How::Near { of: ReportId(of), similarity })
    }

    /// Reports held.
    pub fn n_reports(&self) -> usize {
        self.order.len()
    }

    /// Independent sources among them: groups.
    pub fn n_sources(&self) -> usize {
        self.graph.n_groups()
    }

    /// Reports that went before their time because the limit was reached.
    pub fn n_evicted(&self) -> u64 {
        self.n_evicted
    }

    /// Bytes of memory, counted.
    pub fn bytes(&self) -> usize {
        // A B-tree's nodes are full to two thirds on the whole.
        let order = self.order.len() * size_of::<Moment>() * 3 / 2;
        let tables = self.ids.allocation_size() + self.keys.allocation_size();
        order + tables + self.graph.heap_bytes()
    }

    /// Whether nothing is kept of any report.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
            && self.ids.is_empty()
            && self.keys.is_empty()
            && self.graph.is_empty()
    }

    fn slot(&self, id: ReportId) -> Option<u32> {
        let same =
            |slot: &u32| self.graph.members.at(*slot).is_some_and(|one| one.moment.1 == id.0);
        self.ids.find(id_hash(id.0), same).copied()
    }

    fn holders(&self, node: u32) -> impl Iterator<Item = &Member> {
        let slots = self.graph.nodes.at(node).into_iter().flat_map(|node| &node.members);
        slots.filter_map(|slot| self.graph.members.at(*slot))
    }

    /// The earliest of those that have a key, but for one.
    fn earliest(&self, node: &Node, but: Option<Moment>) -> Option<Moment> {
        let members = node.members.iter().filter_map(|slot| self.graph.members.at(*slot));
        members.map(|member| member.moment).filter(|moment| Some(*moment) != but).min()
    }

    fn take(&mut self, item: &Item<'_>) {
        let mut fresh = None;
        let mut nodes = Vec::new();
        for key in keys::keys(item) {
            let same = |node: &u32| self.graph.nodes.at(*node).is_some_and(|node| node.key == key);
            let known = self.keys.find(key_hash(&key), same).copied();
            let node = known.unwrap_or_else(|| {
                let text = key.0 == Why::Text;
                let node =
                    self.graph.add_node(key, item.text.filter(|_| text).and_then(Shingles::of));
                let hash =
                    |node: &u32| self.graph.nodes.at(*node).map_or(0, |node| key_hash(&node.key));
                self.keys.insert_unique(key_hash(&key), node, hash);
                fresh = if text { Some(node) } else { fresh };
                node
            });
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        let moment = moment(item);
        let slot = self.graph.add_member(moment, &nodes);
        let members = &self.graph.members;
        let hash = |slot: &u32| members.at(*slot).map_or(0, |member| id_hash(member.moment.1));
        self.ids.insert_unique(id_hash(moment.1), slot, hash);
        self.order.insert(moment);
        if let Some(node) = fresh {
            self.graph.compare(node);
        }
    }

    /// Those whose group lost a report by age or by number since this was last asked: they may have another source now.
    pub fn take_stirred(&mut self) -> BTreeSet<ReportId> {
        std::mem::take(&mut self.stirred)
    }

    fn remove_oldest(&mut self, n_reports: usize) {
        let oldest: Vec<ReportId> =
            self.order.iter().take(n_reports).map(|(_, id)| ReportId(*id)).collect();
        let groups: BTreeSet<ReportId> = oldest
            .iter()
            .filter_map(|id| self.source(*id))
            .filter(|source| source.n_reports > 1)
            .map(|source| source.first)
            .collect();
        for first in groups {
            let members = self.members(first);
            self.stirred.extend(members);
        }
        self.remove(&oldest);
    }
}

fn moment(item: &Item<'_>) -> Moment {
    (item.at.0, item.id.0)
}

/// Ids and keys are hashes already.
fn id_hash(id: u128) -> u64 {
    crate::mix::number((id >> 64) as u64 ^ id as u64)
}

fn key_hash((why, hash): &Key) -> u64 {
    crate::mix::number((hash >> 64) as u64 ^ *hash as u64 ^ *why as u64)
}
