//! Which posts are copies, counted by hand, and how well that is found.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::corpus::Post;

/// A pair of posts, the earlier first.
pub(crate) type Pair = (u32, u32);

/// Every pair of posts with the same words, or with eight words or more and four fifths of their runs of three.
pub(crate) fn pairs(posts: &[Post]) -> Vec<Pair> {
    let mut first: HashMap<&[String], u32> = HashMap::new();
    let mut at: HashMap<&[String], Vec<u32>> = HashMap::new();
    let mut sizes = vec![0; posts.len()];
    let mut pairs = Vec::new();
    for (number, post) in (0..).zip(posts) {
        let known = *first.entry(&post.words).or_insert(number);
        if known != number {
            pairs.push((known, number));
            continue;
        }
        if post.words.len() < 8 {
            continue;
        }
        let runs: HashSet<&[String]> = post.words.windows(3).collect();
        sizes[number as usize] = runs.len();
        let mut shared: BTreeMap<u32, usize> = BTreeMap::new();
        for run in &runs {
            let others = at.entry(run).or_default();
            for other in others.iter() {
                *shared.entry(*other).or_default() += 1;
            }
            others.push(number);
        }
        for (other, n_shared) in shared {
            if 5 * n_shared >= 4 * (runs.len() + sizes[other as usize] - n_shared) {
                pairs.push((other, number));
            }
        }
    }
    pairs
}

/// The least number that a post is joined to; shortens the way there.
fn top(above: &mut [u32], mut one: u32) -> u32 {
    while above[one as usize] != one {
        above[one as usize] = above[above[one as usize] as usize];
        one = above[one as usize];
    }
    one
}

/// The group of each post, by the least number in it.
pub(crate) fn groups(n: usize, pairs: &[Pair]) -> Vec<u32> {
    let mut above: Vec<u32> = (0..n as u32).collect();
    for (one, two) in pairs {
        let (one, two) = (top(&mut above, *one), top(&mut above, *two));
        above[one.max(two) as usize] = one.min(two);
    }
    (0..n as u32).map(|one| top(&mut above, one)).collect()
}

/// The share of true pairs that are in one group, and of pairs in one group that belong in one.
pub(crate) fn found(pairs: &[Pair], truth: &[u32], groups: &[u32]) -> (f64, f64) {
    let together = |(one, two): &&Pair| groups[*one as usize] == groups[*two as usize];
    let recall = pairs.iter().filter(together).count() as f64 / pairs.len().max(1) as f64;
    let both: Vec<(u32, u32)> = groups.iter().copied().zip(truth.iter().copied()).collect();
    let (said, right) = (pairs_within(groups), pairs_within(&both));
    (recall, right as f64 / said.max(1) as f64)
}

/// Pairs of posts with equal marks.
fn pairs_within<T: Eq + std::hash::Hash>(marks: &[T]) -> usize {
    let mut n: HashMap<&T, usize> = HashMap::new();
    for mark in marks {
        *n.entry(mark).or_default() += 1;
    }
    n.into_values().map(|n| n * (n - 1) / 2).sum()
}
