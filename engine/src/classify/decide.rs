//! From the expressions of a text to what it says: languages first, then denials, then an order of hazards.

use wire::grade::{Hazard, Urgency};

use super::lexicon::{Found, Lexicon, Sense, Use};
use super::{Evidence, Lang, Reading, Says};
use crate::limits::EVIDENCE_MAX;
use crate::plain::Plain;

/// What a plain text says, if anything.
pub(super) fn decide(lexicon: &Lexicon, plain: &Plain, stated: Option<Lang>) -> Option<Reading> {
    let found: Vec<Found<'_>> = lexicon.find(plain).collect();
    let langs = languages(&found, stated);
    let mut words = Vec::new();
    let mut tally = Tally::default();
    let mut denial = Denial::default();
    for Found { stretch, n_words, uses } in &found {
        let meaning = Meaning::of(uses, &langs);
        let denied = denial.over(stretch.start, &meaning, stretch.end);
        for says in meaning.says() {
            if words.len() < EVIDENCE_MAX {
                words.push(Evidence { range: plain.original(stretch), says, denied });
            }
            if !denied {
                tally.add(says, *n_words, stretch.start);
            }
        }
    }
    let (hazards, urgency) = (tally.hazards(), tally.urgency);
    let silent = hazards.is_empty() && urgency.is_none();
    (!silent).then_some(Reading { hazards, urgency, words, langs })
}

/// The languages of most words; none when no word tells one.
fn languages(found: &[Found<'_>], stated: Option<Lang>) -> Vec<Lang> {
    let mut votes = [0; Lang::ALL.len()];
    if let Some(lang) = stated {
        votes[lang as usize] += 1;
    }
    for Found { n_words, uses, .. } in found {
        for (vote, lang) in votes.iter_mut().zip(Lang::ALL) {
            let tells = |one: &Use| one.lang == *lang && !one.wary && one.sense != Sense::Fill;
            *vote += if uses.iter().any(tells) { *n_words } else { 0 };
        }
    }
    let most = votes.iter().copied().max().unwrap_or(0).max(1);
    Lang::ALL.iter().copied().filter(|lang| votes[*lang as usize] == most).collect()
}

/// What an expression means in a text of these languages.
#[derive(Default)]
struct Meaning {
    hazard: Option<Hazard>,
    urgency: Option<Urgency>,
    not: bool,
    fill: bool,
}

impl Meaning {
    fn of(uses: &[Use], langs: &[Lang]) -> Self {
        let own = |one: &&Use| langs.contains(&one.lang);
        let foreign = !uses.iter().any(|one| own(&one));
        let mut meaning = Self::default();
        // Uses of the text's own language, or else of any: a mixed text is common, a false friend is marked.
        let counted = |one: &&Use| own(one) || foreign && (!one.wary || langs.is_empty());
        for one in uses.iter().filter(counted) {
            match one.sense {
                Sense::Figurative => return Self::default(),
                Sense::Hazard(hazard) => meaning.hazard = meaning.hazard.or(Some(hazard)),
                Sense::Urgency(urgency) => meaning.urgency = meaning.urgency.or(Some(urgency)),
                Sense::Not => meaning.not = true,
                Sense::Fill => meaning.fill = true,
                Sense::Speech => {}
            }
        }
        meaning
    }

    fn says(&self) -> impl Iterator<Item = Says> {
        let hazard = self.hazard.map(Says::Hazard);
        hazard.into_iter().chain(self.urgency.map(Says::Urgency))
    }
}

/// How far a denial reaches: over words of `fill`, and over what it denies, to the next hazard after more of them.
#[derive(Default)]
struct Denial {
    /// Where in the plain text its reach ends.
    end: Option<usize>,
    /// What comes next is denied.
    open: bool,
}

impl Denial {
    /// Whether an expression is denied, which is then taken into account.
    fn over(&mut self, start: usize, meaning: &Meaning, end: usize) -> bool {
        let reached = self.end == Some(start);
        let speaks = meaning.hazard.is_some() || meaning.urgency.is_some();
        let denied = speaks && reached && self.open;
        (self.end, self.open) = match (speaks, meaning.not, meaning.fill) {
            (true, ..) => (denied.then_some(end), false),
            (_, true, _) => (Some(end), true),
            (_, _, true) if reached => (Some(end), true),
            _ => (None, false),
        };
        denied
    }
}

/// How many words speak of each hazard, and where the first one stands.
#[derive(Default)]
struct Tally {
    hazards: Vec<(Hazard, u32, usize)>,
    urgency: Option<Urgency>,
}

impl Tally {
    fn add(&mut self, says: Says, n_words: u32, start: usize) {
        match says {
            Says::Urgency(urgency) => {
                self.urgency = Some(self.urgency.map_or(urgency, |before| before.min(urgency)));
            }
            Says::Hazard(hazard) => {
                match self.hazards.iter_mut().find(|(known, ..)| *known == hazard) {
                    Some((_, sum, _)) => *sum += n_words,
                    None => self.hazards.push((hazard, n_words, start)),
                }
            }
        }
    }

    fn hazards(&mut self) -> Vec<Hazard> {
        self.hazards.sort_by_key(|(_, n_words, start)| (std::cmp::Reverse(*n_words), *start));
        self.hazards.iter().map(|(hazard, ..)| *hazard).collect()
    }
}
