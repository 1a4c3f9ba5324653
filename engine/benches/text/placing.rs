//! The rows with placing: all that is done for a post, beside datasketch; and placing alone, beside one pass of aho-corasick for the same
//! names over the same bytes, which tells no place, no doubt and no reason.

use std::hint::black_box;
use std::time::Instant;

use aho_corasick::{AhoCorasick, MatchKind};
use engine::gazetteer::Gazetteer;
use engine::locate::{Context, Said};
use serde_json::Value;

use crate::corpus::Post;
use crate::peers::row::{Options, Row, Spent, median};
use crate::peers::{Outcome, probes};
use crate::places::{Towns, speaking};

/// So many of the planted towns must be told, or others of their name.
const TOLD: f64 = 0.9;
/// Posts a second on one core that the whole pass with placing must reach, and that it aims at.
const PER_S: (f64, f64) = (20_000.0, 100_000.0);

/// Posts with towns in them, and the index of their names.
pub(crate) struct Placing {
    towns: Towns,
    index: Gazetteer,
    posts: Vec<(String, Option<usize>)>,
}

impl Placing {
    pub(crate) fn new(posts: &[Post]) -> Outcome<Self> {
        let towns = Towns::read()?;
        let (index, posts) = (towns.index()?, speaking(posts, &towns));
        Ok(Self { towns, index, posts })
    }

    /// Places all posts; how many were told a place.
    fn run(&self) -> (Spent, usize) {
        let (start, cpu) = (Instant::now(), probes::cpu_ms());
        let told = self.posts.iter().filter(|(text, _)| self.told(text).is_some()).count();
        (spent(start, cpu), black_box(told))
    }

    fn told(&self, text: &str) -> Option<engine::locate::Placing> {
        self.index.locate(Said { text, ..Said::default() }, &Context::default())
    }

    /// What was planted is told; in words.
    fn gate(&self) -> Outcome<String> {
        let planted = || self.posts.iter().filter_map(|(text, town)| Some((text, (*town)?)));
        let is_told = |(text, town): &(&String, usize)| {
            let name = &self.towns.rows[*town].name;
            let spots = self.told(text).map(|told| told.about.into_iter().chain(told.candidates));
            spots.is_some_and(|mut spots| spots.any(|spot| spot.name == *name))
        };
        let share = planted().filter(is_told).count() as f64 / planted().count().max(1) as f64;
        if share < TOLD {
            return Err(format!("only {share:.3} of the planted towns are told").into());
        }
        Ok(format!("{:.1} % of the planted towns told", share * 100.0))
    }

    /// The rows. `words` are the rounds of the row without placing, ours and datasketch's, over as many posts.
    pub(crate) fn rows(
        &self,
        options: &Options,
        words: &[(Spent, Spent)],
        version: &str,
    ) -> Outcome<Vec<Value>> {
        let told = self.gate()?;
        let names: Vec<String> =
            self.towns.rows.iter().map(|row| row.name.to_lowercase()).collect();
        let peer = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&names)?;
        let (mut alone, mut whole) = (Vec::new(), Vec::new());
        for (ours, datasketch) in words {
            let (placing, _) = self.run();
            let (start, cpu) = (Instant::now(), probes::cpu_ms());
            for (text, _) in &self.posts {
                black_box(peer.find_iter(&text.to_lowercase()).count());
            }
            alone.push((placing, spent(start, cpu)));
            let both = Spent { wall: ours.wall + placing.wall, cpu: ours.cpu + placing.cpu };
            whole.push((both, *datasketch));
        }
        let n = self.posts.len() as f64;
        let per_s = |rounds: &[(Spent, Spent)]| {
            n / median(&mut rounds.iter().map(|(ours, _)| ours.wall).collect::<Vec<f64>>()) * 1e3
        };
        let names = format!("{} names ({})", self.towns.rows.len(), self.towns.what);
        let work = format!(
            "{} posts of seed {}, half of them with a town",
            self.posts.len(),
            options.seed
        );
        let note = format!(
            "{:.0} posts/s with placing over {names}, gate {}, goal {}; {told}",
            per_s(&whole),
            PER_S.0,
            PER_S.1
        );
        let with_placing = Row {
            name: "text with placing (datasketch)",
            version,
            work: &format!(
                "{work}: as in the row text, and the place told; the peer tells no place"
            ),
            gate: Some(10.0),
            goal: Some(30.0),
            note: &note,
        };
        let alone_note = format!("{:.0} posts/s placed", per_s(&alone));
        let placing = Row {
            name: "placing (aho-corasick)",
            version: "aho-corasick 1.1",
            work: &format!(
                "{work}: ours the place with its doubt and reasons, the peer one pass for {names}"
            ),
            gate: Some(0.5),
            goal: Some(0.8),
            note: &alone_note,
        };
        let mut rows = vec![with_placing.of(&whole), placing.of(&alone)];
        // The gate of this row is a number of posts as well.
        if per_s(&whole) < PER_S.0 {
            rows[0]["holds"] = false.into();
        }
        Ok(rows)
    }
}

fn spent(start: Instant, cpu: f64) -> Spent {
    Spent { wall: start.elapsed().as_secs_f64() * 1e3, cpu: probes::cpu_ms() - cpu }
}
