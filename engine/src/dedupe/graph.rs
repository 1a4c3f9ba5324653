//! Which keys belong together: reports join the keys they have, near copies join texts, and what hangs together is a group.
//!
//! Joining is done at once, the smaller group into the larger. When something leaves, the groups it held together are
//! made anew out of what is left: a chain of copies falls apart where its middle link goes.

use super::keys::Key;
use super::near::Near;
use super::sketch::Shingles;
use super::slab::Slab;
use crate::limits::BAND_SCAN_MAX;

/// When a report was observed, and its id: the least of a group is its first.
pub(super) type Moment = (i64, u128);

/// A report, as the keys know it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) moment: Moment,
    /// Its keys' nodes, that of its text first.
    pub(super) nodes: Box<[u32]>,
}

/// A key that reports have.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) key: Key,
    /// The reports that have it.
    pub(super) members: Vec<u32>,
    /// The sketch of its text, if that is long enough.
    pub(super) sketch: Option<u32>,
    pub(super) group: u32,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) nodes: Vec<u32>,
    pub(super) n_reports: u32,
    pub(super) first: Moment,
}

/// No report is later.
const NEVER: Moment = (i64::MAX, u128::MAX);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) members: Slab<Member>,
    pub(super) nodes: Slab<Node>,
    pub(super) near: Near,
    groups: Slab<Group>,
}

impl Graph {
    pub(super) fn group_of(&self, member: u32) -> Option<&Group> {
        self.groups.at(self.slot_of(member)?)
    }

    fn slot_of(&self, member: u32) -> Option<u32> {
        let node = *self.members.at(member)?.nodes.first()?;
        Some(self.nodes.at(node)?.group)
    }

    pub(super) fn n_groups(&self) -> usize {
        self.groups.len()
    }

    /// A node for a key that no report had so far, in a group of its own. Not yet compared: `compare` does that once it has a
    /// member.
    pub(super) fn add_node(&mut self, key: Key, shingles: Option<Shingles>) -> u32 {
        let group = self.groups.insert(Group { nodes: Vec::new(), n_reports: 0, first: NEVER });
        let node = self.nodes.insert(Node { key, members: Vec::new(), sketch: None, group });
        if let Some(group) = self.groups.at_mut(group) {
            group.nodes.push(node);
        }
        if let Some(shingles) = shingles {
            let sketch = self.near.insert(shingles, node);
            if let Some(node) = self.nodes.at_mut(node) {
                node.sketch = Some(sketch);
            }
        }
        node
    }

    /// A report that has these keys; their groups become one.
    pub(super) fn add_member(&mut self, moment: Moment, nodes: &[u32]) -> u32 {
        let member = self.members.insert(Member { moment, nodes: nodes.into() });
        for node in nodes {
            if let Some(node) = self.nodes.at_mut(*node) {
                node.members.push(member);
            }
        }
        self.join_all(nodes);
        if let Some(group) = self.slot_of(member).and_then(|group| self.groups.at_mut(group)) {
            group.n_reports += 1;
            group.first = group.first.min(moment);
        }
        member
    }

    fn join_all(&mut self, nodes: &[u32]) {
        for pair in nodes.windows(2) {
            self.join(pair[0], pair[1]);
        }
    }

    fn join(&mut self, one: u32, two: u32) {
        let group = |node| self.nodes.at(node).map(|node: &Node| node.group);
        let (Some(one), Some(two)) = (group(one), group(two)) else { return };
        let size = |group| self.groups.at(group).map_or(0, |group: &Group| group.nodes.len());
        let (into, from) = if size(one) < size(two) { (two, one) } else { (one, two) };
        if into == from {
            return;
        }
        let Some(gone) = self.groups.remove(from) else { return };
        for node in &gone.nodes {
            if let Some(node) = self.nodes.at_mut(*node) {
                node.group = into;
            }
        }
        if let Some(group) = self.groups.at_mut(into) {
            group.nodes.extend(gone.nodes);
            group.n_reports += gone.n_reports;
            group.first = group.first.min(gone.first);
        }
    }

    /// Joins a text to all older ones it is a near copy of.
    pub(super) fn compare(&mut self, node: u32) {
        self.compare_with(node, BAND_SCAN_MAX, None);
    }

    /// Joins a text to older ones it is a near copy of, so many of each band, or of those only the ones `among` others.
    fn compare_with(&mut self, node: u32, most: usize, among: Option<&[u32]>) {
        let Some(Node { sketch: Some(sketch), group, .. }) = self.nodes.at(node) else { return };
        let (sketch, own) = (*sketch, *group);
        let (mut near, mut known) = (Vec::new(), Vec::new());
        for (other, of) in self.near.older(sketch, most) {
            let Some(group) = self.nodes.at(of).map(|node| node.group) else { continue };
            // What is in the group already, or was joined a moment ago, need not be looked at.
            if group == own
                || known.contains(&group)
                || among.is_some_and(|among| among.binary_search(&of).is_err())
                || !self.near.is_near(sketch, other)
            {
                continue;
            }
            known.push(group);
            near.push(of);
        }
        for other in near {
            self.join(node, other);
        }
    }

    /// Takes reports out, and gives the keys that nobody has any more, by their nodes. The groups they held together are made
    /// anew.
    pub(super) fn remove(&mut self, members: &[u32]) -> Vec<(u32, Key)> {
        let gone: Vec<Member> =
            members.iter().filter_map(|member| self.members.remove(*member)).collect();
        let mut touched: Vec<u32> = gone.iter().flat_map(|member| member.nodes.to_vec()).collect();
        touched.sort_unstable();
        touched.dedup();
        let mut groups: Vec<(u32, bool)> = Vec::new();
        let mut empty = Vec::new();
        for slot in touched {
            let Some(node) = self.nodes.at_mut(slot) else { continue };
            let members = &self.members;
            node.members.retain(|member| members.at(*member).is_some());
            node.members.shrink_to(node.members.len() * 2);
            let (group, vanished) = (node.group, node.members.is_empty());
            groups.push((group, vanished));
            if vanished && let Some(node) = self.nodes.remove(slot) {
                if let Some(sketch) = node.sketch {
                    self.near.remove(sketch);
                }
                empty.push((slot, node.key));
            }
        }
        // A report of several keys may have been what held them together.
        let joint = gone.iter().filter(|member| member.nodes.len() > 1);
        let joint = joint.filter_map(|member| {
            let kept = member.nodes.iter().find_map(|node| self.nodes.at(*node))?;
            Some((kept.group, true))
        });
        groups.extend(joint);
        groups.sort_unstable_by_key(|(group, broken)| (*group, !broken));
        groups.dedup_by_key(|(group, _)| *group);
        for (group, broken) in groups {
            if broken {
                self.make_anew(group);
            } else {
                self.count(group);
            }
        }
        empty
    }

    /// Groups of what is left of one.
    fn make_anew(&mut self, group: u32) {
        let Some(old) = self.groups.remove(group) else { return };
        let mut nodes = old.nodes;
        nodes.retain(|node| self.nodes.at(*node).is_some());
        nodes.sort_unstable();
        for slot in &nodes {
            let alone = Group { nodes: vec![*slot], n_reports: 0, first: NEVER };
            let group = self.groups.insert(alone);
            if let Some(node) = self.nodes.at_mut(*slot) {
                node.group = group;
            }
        }
        for slot in &nodes {
            let joint: Vec<Box<[u32]>> =
                self.first_here(*slot).map(|member| member.nodes.clone()).collect();
            for nodes in &joint {
                self.join_all(nodes);
            }
        }
        // Most often the next of each band join all again; else each is compared with all it may be near to.
        for most in [1, BAND_SCAN_MAX] {
            for slot in &nodes {
                self.compare_with(*slot, most, Some(&nodes));
            }
            let group = |slot: &u32| self.nodes.at(*slot).map(|node| node.group);
            if nodes.iter().all(|slot| group(slot) == nodes.first().and_then(group)) {
                break;
            }
        }
        let mut groups: Vec<u32> =
            nodes.iter().filter_map(|node| Some(self.nodes.at(*node)?.group)).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            self.count(group);
        }
    }

    /// The reports whose first key this is: over all keys of a group, each of its reports once.
    fn first_here(&self, slot: u32) -> impl Iterator<Item = &Member> {
        let members = self.nodes.at(slot).into_iter().flat_map(|node| &node.members);
        let members = members.filter_map(|member| self.members.at(*member));
        members.filter(move |member| member.nodes.first() == Some(&slot))
    }

    /// How many reports a group has, and its first.
    fn count(&mut self, group: u32) {
        let nodes = self.groups.at(group).into_iter().flat_map(|group| &group.nodes);
        let members = nodes.flat_map(|node| self.first_here(*node));
        let (n_reports, first) = members
            .fold((0, NEVER), |(n_reports, first), one| (n_reports + 1, first.min(one.moment)));
        if let Some(group) = self.groups.at_mut(group) {
            (group.n_reports, group.first) = (n_reports, first);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
            && self.nodes.is_empty()
            && self.groups.is_empty()
            && self.near.is_empty()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let member = |nodes: usize| nodes * size_of::<u32>();
        let members = self.members.iter().map(|one| member(one.nodes.len())).sum::<usize>();
        let nodes = self.nodes.iter().map(|one| member(one.members.capacity())).sum::<usize>();
        let groups = self.groups.iter().map(|one| member(one.nodes.capacity())).sum::<usize>();
        let slabs = self.members.heap_bytes() + self.nodes.heap_bytes() + self.groups.heap_bytes();
        members + nodes + groups + slabs + self.near.heap_bytes()
    }
}
