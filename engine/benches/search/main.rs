//! Bench row `search`: words looked for in the texts of 200,000 reports, beside a plain scan that folds each text as it comes to it.
//!
//! The peer decomposes (NFKD), drops accents, lowers and cuts into words, and asks for each word. Questions are a rare word, a common one,
//! two, a beginning and a phrase. The correctness gate comes first: equal counts for each question, and again in each round.
//!
//! `cargo bench -p talaia-engine --bench search -- [--n 200000] [--rounds 7] [--seed 7] [--json F]`

#![expect(clippy::print_stdout, reason = "a bench talks to whoever started it")]

#[expect(dead_code, reason = "shared with rows that have other peers")]
#[path = "../peers/mod.rs"]
mod peers;

use std::hint::black_box;
use std::time::Instant;

use engine::entry::SourceKey;
use engine::record::Record;
use engine::report::{Private, ReportEntry, Words};
use engine::search::Sought;
use engine::view::Clearance;
use engine::world::{ReportFilter, World};
use peers::points::Dice;
use peers::row::{Options, Row, Spent};
use peers::{Outcome, probes};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use wire::grade::{Basis, Hazard, Kind, Severity};
use wire::id::ReportId;
use wire::time::Timestamp;
use wire::view::Mode;

/// The moment at which the World stands.
const NOW: Timestamp = Timestamp(1_795_000_000_000);
/// Words of a text: a post.
const N_WORDS: (u64, u64) = (8, 28);
/// What texts are made of: common words often, and numbers that are rare.
const SAID: [&str; 24] = [
    "aigua",
    "al",
    "carrer",
    "de",
    "la",
    "genoll",
    "Inundació",
    "coche",
    "calle",
    "no",
    "es",
    "pot",
    "passar",
    "élèves",
    "école",
    "station",
    "flooding",
    "people",
    "roof",
    "col·lisió",
    "semàfor",
    "bombers",
    "Sants",
    "Gràcia",
];

fn main() -> Outcome<()> {
    let options = Options::read("search", 200_000)?;
    let texts = texts(options.n, options.seed);
    let bytes: usize = texts.iter().map(String::len).sum();
    let start = Instant::now();
    let world = World::from_records(Mode::Live, NOW, records(&texts));
    let built_ms = start.elapsed().as_secs_f64() * 1e3;
    let mut rows = Vec::new();
    for (name, typed, goal) in [
        ("a rare word", "\"n77\"", 20.0),
        ("a common word", "\"aigua\"", 10.0),
        ("two words", "genoll \"école\"", 10.0),
        ("a beginning", "inund", 10.0),
        ("a phrase", "\"aigua al carrer\"", 10.0),
    ] {
        let sought = Sought::of(typed).ok_or("no words")?;
        let ours = || search(&world, &sought);
        let peer = || scan(&texts, typed);
        let n = ours();
        if n != peer() {
            return Err(format!("{typed}: ours finds {n}, the scan {}", peer()).into());
        }
        let mut rounds = Vec::new();
        for round in 0..options.rounds {
            let (n_ours, mine) = timed(ours);
            let (n_peer, theirs) = timed(peer);
            println!("{name}, round {round}: ours {mine}, scan {theirs}");
            if (n_ours, n_peer) != (n, n) {
                return Err(format!("{n_ours} and {n_peer} found, at first {n}").into());
            }
            rounds.push((mine, theirs));
        }
        let note = format!(
            "{n} found; {} MB of texts; the World of them is built in {built_ms:.0} ms, words and all",
            bytes / 1_000_000,
        );
        let row = Row {
            name: &format!("search, {name}"),
            version: "a scan that folds",
            work: &format!("count and the newest hundred of {} reports", texts.len()),
            gate: Some(4.0),
            goal: Some(goal),
            note: &note,
        };
        rows.push(row.of(&rounds));
    }
    options.report(&rows)
}

fn timed(run: impl Fn() -> u64) -> (u64, Spent) {
    let (start, cpu) = (Instant::now(), probes::cpu_ms());
    let n = black_box(run());
    (n, Spent { wall: start.elapsed().as_secs_f64() * 1e3, cpu: probes::cpu_ms() - cpu })
}

fn search(world: &World, sought: &Sought) -> u64 {
    let filter = ReportFilter { limit: 100, ..ReportFilter::default() };
    black_box(world.search(sought, &filter, Clearance::Room)).matched
}

/// The peer: each text folded and cut, each question as it is read by hand.
fn scan(texts: &[String], typed: &str) -> u64 {
    let goes_on = !typed.ends_with('"');
    let pieces: Vec<&str> = typed.split('"').collect();
    let phrases: Vec<Vec<String>> = pieces
        .iter()
        .enumerate()
        .flat_map(|(at, piece)| {
            let words = folded(piece);
            if at % 2 == 1 { vec![words] } else { words.into_iter().map(|one| vec![one]).collect() }
        })
        .filter(|phrase| !phrase.is_empty())
        .collect();
    let n = texts.iter().filter(|text| {
        let words = folded(text);
        phrases.iter().enumerate().all(|(at, phrase)| {
            let is_last = goes_on && at + 1 == phrases.len();
            words.windows(phrase.len()).any(|stretch| {
                let mut pairs = stretch.iter().zip(phrase);
                pairs.all(|(word, one)| if is_last { word.starts_with(one) } else { word == one })
            })
        })
    });
    n.count() as u64
}

fn folded(text: &str) -> Vec<String> {
    let bare: String =
        text.nfkd().filter(|sign| !is_combining_mark(*sign)).flat_map(char::to_lowercase).collect();
    let joined = bare.replace("l·l", "ll");
    joined
        .split(|sign: char| !sign.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn texts(n: usize, seed: u64) -> Vec<String> {
    let mut dice = Dice::new(seed);
    let text = |dice: &mut Dice| {
        let n_words = N_WORDS.0 + dice.next() % (N_WORDS.1 - N_WORDS.0);
        let mut words = Vec::new();
        for _ in 0..n_words {
            match dice.next() % 6 {
                0 => words.push(format!("n{}", dice.next() % 20_000)),
                _ => words.push(SAID[(dice.next() % SAID.len() as u64) as usize].to_owned()),
            }
        }
        words.join(" ")
    };
    (0..n).map(|_| text(&mut dice)).collect()
}

fn records(texts: &[String]) -> Vec<Record> {
    let n = texts.len() as i64;
    let record = |(seq, text): (u64, &String)| {
        let at = NOW.plus_ms(-86_400_000 * (n - seq as i64) / n.max(1));
        let words = Words { text: Some(text.clone()), ..Words::default() };
        let entry = ReportEntry {
            id: ReportId(u128::from(seq)),
            source: SourceKey(1),
            content: u128::from(seq),
            observed_at: at,
            updated_at: at,
            kind: Kind::Call,
            basis: Basis::Seen,
            status: None,
            hazard: Hazard::Flood,
            severity: Severity::Unknown,
            radius_m: 50,
            clock_ahead: false,
            late: false,
            erased: false,
            place: None,
            private: Private::from(words),
        };
        Record::new(seq, at, &entry)
    };
    (1..).zip(texts).map(record).collect()
}
