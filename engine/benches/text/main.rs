//! Bench row `text`: what the words of a post say and which posts it copies, beside datasketch's `MinHashLSH`.
//!
//! Both take the same posts one by one. Ours makes each plain, reads it against the lexicons, and folds it; the peer gets words that are
//! plain already, sketches them with 64 numbers, looks them up, compares what it finds exactly, and inserts. The
//! correctness gates come first, against pairs counted by hand: recall and precision of both, and planted hazards read.
//!
//! Two rows with placing follow, see [`placing`].
//!
//! `cargo bench -p talaia-engine --bench text -- [--n 50000] [--rounds 7] [--seed 7] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

mod corpus;
mod peer;
#[path = "../peers/mod.rs"]
#[expect(dead_code, reason = "shared with rows about points")]
mod peers;
mod places;
mod placing;
mod truth;

use std::hint::black_box;
use std::time::{Duration, Instant};

use corpus::Post;
use engine::classify::{Classifier, Lexicon};
use engine::dedupe::{Copies, Item};
use engine::plain::Plain;
use peers::child::Peer;
use peers::row::{Options, Row, Spent, median};
use peers::{Outcome, probes};
use truth::Pair;
use wire::grade::Kind;
use wire::id::ReportId;
use wire::time::Timestamp;

/// Both must find so many of the true pairs, and so many of the pairs they find must be true.
const RECALL: f64 = 0.95;
const PRECISION: f64 = 0.99;

/// What one run of ours took, in milliseconds.
struct Ours {
    spent: Spent,
    words_ms: f64,
}

fn main() -> Outcome<()> {
    let options = Options::read("text", 50_000)?;
    let posts = corpus::posts(options.n, options.seed);
    let plain: Vec<String> = posts.iter().map(|post| post.words.join(" ")).collect();
    println!("text: {} posts, {} rounds", posts.len(), options.rounds);
    let classifier = Classifier::new(Lexicon::bundled()?, true);
    let mut peer = peer::start(&plain, &options.dir()?)?;

    let likeness = gate(&posts, &classifier, &mut peer)?;
    let (mut rounds, mut words_ms) = (Vec::new(), Vec::new());
    let mut comparing_ms = 0.0;
    for round in 0..options.rounds {
        let ours = ours(&posts, &classifier).0;
        let answer = peer.ask("run")?;
        let time = |name: &str| answer[name].as_f64().ok_or("no time");
        let theirs = Spent { wall: time("ms")?, cpu: time("cpu_ms")? };
        comparing_ms = time("comparing_ms")?;
        println!("round {round}: ours {}, peer {theirs}", ours.spent);
        words_ms.push(ours.words_ms);
        rounds.push((ours.spent, theirs));
    }

    let n = posts.len() as f64;
    let per_s = |pick: fn(&(Spent, Spent)) -> f64| {
        n / median(&mut rounds.iter().map(pick).collect::<Vec<f64>>()) * 1e3
    };
    let note = format!(
        "{:.0} posts/s, of the time {:.0} % words; the peer {:.0} posts/s, of its last run {:.0} % exact comparison; {likeness}",
        per_s(|(ours, _)| ours.wall),
        median(&mut words_ms) / n * per_s(|(ours, _)| ours.wall) / 10.0,
        per_s(|(_, peer)| peer.wall),
        comparing_ms / n * per_s(|(_, peer)| peer.wall) / 10.0,
    );
    println!("{note}");
    let row = Row {
        name: "text (datasketch)",
        version: &peer.version,
        work: &format!(
            "{} posts of seed {}, a fifth of them copies with 0-20 % of their words changed, a twentieth \
             reposts: ours plain, lexicons, fold; the peer sketch, lookup, comparison, insert",
            posts.len(),
            options.seed
        ),
        gate: Some(10.0),
        goal: Some(30.0),
        note: &note,
    };
    let mut rows = vec![row.of(&rounds)];
    rows.extend(placing::Placing::new(&posts)?.rows(&options, &rounds, &peer.version)?);
    options.report(&rows)
}

/// One run of ours over all posts, and what it holds then.
fn ours(posts: &[Post], classifier: &Classifier) -> (Ours, Copies) {
    let mut copies = Copies::default();
    let mut words = Duration::ZERO;
    let (start, cpu) = (Instant::now(), probes::cpu_ms());
    for (number, post) in (0_u32..).zip(posts) {
        let begun = Instant::now();
        let text = Plain::of(&post.written);
        black_box(classifier.read(Kind::Post, &text, None));
        words += begun.elapsed();
        let (id, at) = (ReportId(u128::from(number)), Timestamp(i64::from(number)));
        copies.insert(&[Item { id, at, text: Some(&text), post: None, origin: None, url: None }]);
        black_box((copies.source(id), copies.how(id)));
    }
    let wall = start.elapsed().as_secs_f64() * 1e3;
    let spent = Spent { wall, cpu: probes::cpu_ms() - cpu };
    (Ours { spent, words_ms: words.as_secs_f64() * 1e3 }, copies)
}

/// Nothing is timed before both are right; what was found, in words.
fn gate(posts: &[Post], classifier: &Classifier, peer: &mut Peer) -> Outcome<String> {
    for post in posts {
        let Some(hazard) = post.hazard else { continue };
        let reading = classifier.read(Kind::Post, &Plain::of(&post.written), None);
        if !reading.is_some_and(|reading| reading.hazards.contains(&hazard)) {
            return Err(format!("{hazard} is not read in {:?}", post.written).into());
        }
    }
    let pairs = truth::pairs(posts);
    let truth = truth::groups(posts.len(), &pairs);
    let copies = ours(posts, classifier).1;
    let first = |number| copies.source(ReportId(number)).map_or(u32::MAX, |of| of.first.0 as u32);
    let groups: Vec<u32> = (0..posts.len() as u128).map(first).collect();
    let (recall, precision) = truth::found(&pairs, &truth, &groups);
    peer.ask("run")?;
    let theirs: Vec<Pair> = serde_json::from_value(peer.ask("pairs")?["pairs"].take())?;
    let (peer_recall, peer_precision) =
        truth::found(&pairs, &truth, &truth::groups(posts.len(), &theirs));
    let likeness = format!(
        "{} true pairs; recall {recall:.4}, precision {precision:.4}; the peer {peer_recall:.4}, \
         {peer_precision:.4}; {} bytes a post held",
        pairs.len(),
        copies.bytes() / posts.len().max(1),
    );
    println!("{likeness}");
    if recall.min(peer_recall) < RECALL || precision.min(peer_precision) < PRECISION {
        return Err(format!("not the same work: {likeness}").into());
    }
    Ok(likeness)
}
