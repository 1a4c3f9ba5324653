//! Posts of a seed: sentences of made-up words with a hazard in most, written as people write, and among them copies
//! with a fifth of their words changed at most.

use wire::grade::Hazard;

/// How many posts back a copy's model may lie.
const REACH: usize = 5_000;

/// Expressions of the lexicons, and what they say.
const SAYS: [(&str, &str, Hazard); 12] = [
    ("aigua fins al genoll", "Aigua fins al GENOLL", Hazard::Flood),
    ("incendi forestal", "#IncendiForestal", Hazard::Wildfire),
    ("fa olor de gas", "fa olor de gas", Hazard::Chemical),
    ("se ha ido la luz", "¡Se ha ido la luz!", Hazard::Power),
    ("arbol caido", "árbol caído", Hazard::Wind),
    ("hay heridos graves", "Hay heridos graves", Hazard::Health),
    ("house on fire", "house on FIRE", Hazard::Fire),
    ("gas leak", "gas-leak", Hazard::Chemical),
    ("heard gunshots", "heard gunshots", Hazard::Violence),
    ("tremblement de terre", "tremblement de terre", Hazard::Earthquake),
    ("inondation", "INONDATION", Hazard::Flood),
    ("eboulement", "éboulement", Hazard::Landslide),
];

/// One post.
#[derive(Clone)]
pub(crate) struct Post {
    /// Its words, made plain by hand.
    pub(crate) words: Vec<String>,
    /// As somebody wrote it.
    pub(crate) written: String,
    /// The hazard that was planted, if it is written as it was.
    pub(crate) hazard: Option<Hazard>,
}

/// A generator of our own, so that a seed gives the same posts everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// The posts of a seed.
pub(crate) fn posts(n: usize, seed: u64) -> Vec<Post> {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut posts: Vec<Post> = Vec::with_capacity(n);
    for number in 0..n {
        let back = dice.below(REACH.min(number.max(1))) + 1;
        let post = match (dice.below(20), number.checked_sub(back)) {
            (0, Some(model)) => again(&mut dice, &posts[model]),
            (1..=4, Some(model)) => edited(&mut dice, &posts[model]),
            _ => fresh(&mut dice),
        };
        posts.push(post);
    }
    posts
}

/// A word that no lexicon has; common ones come often.
fn word(dice: &mut Dice) -> String {
    const SYLLABLES: [&str; 16] = [
        "zo", "ke", "wu", "vix", "qua", "jor", "xil", "bru", "ny", "dak", "wen", "gli", "pux",
        "hob", "zym", "tav",
    ];
    let common = dice.below(4_000);
    let rank = dice.below(common + 1);
    [rank % 16, rank / 16 % 16, rank / 256 % 16].map(|at| SYLLABLES[at]).concat()
}

/// A new post of eight to thirty words, one in ten shorter.
fn fresh(dice: &mut Dice) -> Post {
    let length = if dice.one_in(10) { 2 + dice.below(5) } else { 8 + dice.below(23) };
    let mut words: Vec<String> = (0..length).map(|_| word(dice)).collect();
    let mut written: Vec<String> = words.iter().map(|word| spelt(dice, word)).collect();
    let mut hazard = None;
    if !dice.one_in(4) {
        let (plain, loud, says) = SAYS[dice.below(SAYS.len())];
        let at = dice.below(length);
        words.splice(at..at, plain.split(' ').map(str::to_owned));
        written.insert(at, loud.to_owned());
        hazard = Some(says);
    }
    let link = if dice.one_in(3) { " https://example.org/p/Zo7" } else { "" };
    Post { words, written: written.join(" ") + link, hazard }
}

/// The same words once more, by somebody else.
fn again(dice: &mut Dice, model: &Post) -> Post {
    let written = match dice.below(3) {
        0 => format!("RT @neighbour{}: {}", dice.below(1_000), model.written),
        1 => model.written.to_uppercase().replace("HTTPS://EXAMPLE.ORG/P/ZO7", "").replace('#', ""),
        _ => model.words.join(" "),
    };
    // In capitals a hashtag no longer comes apart, and nothing else tells its words.
    if written.contains("INCENDIFORESTAL") {
        return model.clone();
    }
    Post { written, ..model.clone() }
}

/// A copy with none to a fifth of its words changed, left out or added.
fn edited(dice: &mut Dice, model: &Post) -> Post {
    let mut words = model.words.clone();
    let n_edits = dice.below(words.len() * 21 / 100 + 1);
    for _ in 0..n_edits {
        let at = dice.below(words.len());
        match dice.below(3) {
            0 => words[at] = word(dice),
            1 if words.len() > 1 => drop(words.remove(at)),
            _ => words.insert(at, word(dice)),
        }
    }
    let written: Vec<String> = words.iter().map(|word| spelt(dice, word)).collect();
    // A comma in the middle takes an expression apart.
    Post { words, written: written.join(" "), hazard: None }
}

/// A word as somebody writes it.
fn spelt(dice: &mut Dice, word: &str) -> String {
    match dice.below(8) {
        0 => word.to_uppercase(),
        1 => word.replace('u', "ú").replace('e', "è"),
        2 => format!("{word},"),
        3 => format!("({word})"),
        _ => word.to_owned(),
    }
}
