//! Which names in a text are places: a word that is a plain word or a person's name too counts only where something says so.

use super::Context;
use crate::gazetteer::{Cue, Gazetteer, Mention, Scan};
use crate::limits::NAMESAKES_MAX;

/// A town beside the area: within some twenty kilometres of it.
pub(super) const BESIDE: f64 = 0.4;

/// Between two ends of a stretch stand so many words at most.
pub(super) const STRETCH_WORDS: usize = 4;
/// So many words before a name may say that the author is there: "from my desk in".
const HERE_WORDS: usize = 6;
/// And so many that it is seen: "you can see the smoke coming out behind".
const SEEN_WORDS: usize = 10;

/// Far away, a town of one word that only a word leads to has so many people.
const FAR_ALONE: u64 = 8_000;

/// And one that a sentence begins with.
const FAR_HEADS: u64 = 30_000;

/// What stands around a mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "words around a name say several things at once")]
pub(super) struct Standing {
    /// A word that leads to a place stands before it.
    pub(super) is_led: bool,
    /// It begins with a capital that its sentence does not ask for, or is a hashtag.
    pub(super) is_marked: bool,
    /// Where the author is.
    pub(super) is_from: bool,
    /// Where something goes.
    pub(super) is_toward: bool,
    /// It is said not to be there.
    pub(super) is_not: bool,
    /// Before it stands the word that two streets cross.
    pub(super) is_crossing: bool,
    /// A stretch begins here, or it is one of two that something is between.
    pub(super) is_stretch: bool,
    /// It is the second of two that a stretch lies between.
    pub(super) is_second: bool,
    /// What follows is what only persons do.
    pub(super) speaks: bool,
    /// A club or a crew is called so.
    pub(super) is_group: bool,
    /// What happened is said to have happened there: "incendi d'Igualada".
    pub(super) is_struck: bool,
    /// It is near what is told of: "behind the station".
    pub(super) is_beside: bool,
    /// The text is headed by it, or says how it is there: "El Prat:", "Bath is flooded".
    pub(super) is_told: bool,
    /// The author is there now, as they say.
    pub(super) is_here: bool,
    /// It is seen or heard, from there or from elsewhere.
    pub(super) is_seen: bool,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    /// With capitals where they belong.
    Mixed,
    /// All small, or all capitals: they say nothing.
    Flat,
}

impl Letters {
    pub(super) fn of(scan: &Scan<'_, '_>) -> Self {
        let inner: Vec<bool> = (1..scan.words.len())
            .filter(|at| !scan.begins(*at))
            .map(|at| scan.is_capital(at))
            .collect();
        // Who begins a text small sets no capitals.
        let is_small = scan.written(0).chars().next().is_some_and(char::is_lowercase);
        let n_capitals = inner.iter().filter(|is_capital| **is_capital).count();
        if is_small && n_capitals * 5 < inner.len()
            || n_capitals == 0
            || n_capitals * 10 > inner.len() * 9 && inner.len() > 3
        {
            Self::Flat
        } else {
            Self::Mixed
        }
    }
}

impl Standing {
    pub(super) fn of(gazetteer: &Gazetteer, scan: &Scan<'_, '_>, mention: &Mention<'_>) -> Self {
        let (_, before) = scan.before(gazetteer, mention.first);
        let says = |cue| before.contains(&cue);
        let following = scan.following(gazetteer, mention.after);
        // "From A to B", and "de A fins a B".
        let is_of = mention
            .first
            .checked_sub(1)
            .is_some_and(|at| matches!(scan.word(at), "de" | "del" | "du" | "d" | "des"));
        let is_stretch = (says(Cue::From) || is_of) && following.contains(&Cue::Until);
        let is_led = says(Cue::At) || says(Cue::Between) || says(Cue::Struck) || is_stretch;
        let is_here = (is_led || mention.has_way)
            && scan.has_before(gazetteer, mention.first, HERE_WORDS, Cue::Here);
        // "Desde el hotel en Sants se ve": only who sees is told of so far before.
        let is_from = says(Cue::From)
            || (is_led || mention.has_way)
                && scan.has_before(gazetteer, mention.first, HERE_WORDS, Cue::From)
                && scan.has_after(gazetteer, mention.after, SEEN_WORDS, Cue::Sees);
        let is_seen = scan.has_before(gazetteer, mention.first, SEEN_WORDS, Cue::Sees);
        Self {
            is_led,
            is_marked: scan.is_tag(mention.first)
                || (mention.first..mention.after)
                    .any(|at| scan.is_capital(at) && !scan.words[at].meaning.is_particle),
            is_from: (says(Cue::From) || is_from && !is_seen) && !is_stretch && !says(Cue::Between),
            is_here: is_here && !is_stretch && !is_seen && !says(Cue::Between),
            is_seen,
            is_beside: says(Cue::Beside),
            is_struck: says(Cue::Struck),
            is_told: begins_with(scan, mention)
                && (scan.gap(mention.after).trim_start().starts_with(':')
                    || following.contains(&Cue::State)),
            is_toward: says(Cue::Toward) && !says(Cue::At)
                || scan.gap(mention.first).contains(['➡', '→', '⇒']),
            is_not: says(Cue::Not) || following.contains(&Cue::Fine),
            is_crossing: says(Cue::Crossing),
            is_stretch: is_stretch || says(Cue::Between),
            is_second: is_second(gazetteer, scan, mention),
            speaks: following.contains(&Cue::Speaks),
            is_group: says(Cue::Group) || following.contains(&Cue::Group),
        }
    }
}

/// Whether a sentence begins with it, after its article at most: "El Prat".
fn begins_with(scan: &Scan<'_, '_>, mention: &Mention<'_>) -> bool {
    let is_article = |at: usize| scan.words[at].meaning.is_particle && scan.begins(at);
    scan.begins(mention.first) || mention.first.checked_sub(1).is_some_and(is_article)
}

/// Whether another name before it begins a stretch that it ends: "entre Badal i Plaça de Sants", "de Macià fins a Palau Reial".
fn is_second(gazetteer: &Gazetteer, scan: &Scan<'_, '_>, mention: &Mention<'_>) -> bool {
    let before = scan.mentions.iter().rfind(|other| other.after <= mention.first);
    before.is_some_and(|other| {
        let (_, cues) = scan.before(gazetteer, other.first);
        let is_near = mention.first - other.after <= STRETCH_WORDS
            && !(other.after..=mention.first).any(|at| scan.ends_sentence(at));
        let is_between = cues.contains(&Cue::Between) && other.after < mention.first;
        is_near && (is_between || scan.following(gazetteer, other.after).contains(&Cue::Until))
    })
}

/// How what has a name lies to where the room looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Near {
    /// The room looks nowhere in particular.
    Anywhere,
    /// A street, quarter or point of the room's area.
    Fine,
    /// A town of the area or beside it.
    Town,
    /// Elsewhere; how many live in the largest of that name.
    Far(u64),
}

impl Near {
    pub(super) fn of(gazetteer: &Gazetteer, context: &Context, mention: &Mention<'_>) -> Self {
        if context.area.is_none() {
            return Self::Anywhere;
        }
        let mut near = Self::Far(0);
        for place in mention.whole().take(NAMESAKES_MAX).filter_map(|at| gazetteer.place(at)) {
            let fits = context.fits(place.at);
            match near {
                _ if fits > 0.5 && !place.kind.is_label() => return Self::Fine,
                _ if fits > BESIDE => near = Self::Town,
                Self::Far(most) => near = Self::Far(most.max(place.population)),
                _ => {}
            }
        }
        near
    }
}

/// Whether a mention may be a place at all.
pub(super) fn counts(
    gazetteer: &Gazetteer,
    scan: &Scan<'_, '_>,
    mention: &Mention<'_>,
    (standing, near): (Standing, Near),
    letters: Letters,
) -> bool {
    // What is misspelt may be one's own street, and nothing far away.
    let is_guess = (mention.first..mention.after).any(|at| scan.words[at].is_guess);
    if is_guess && near != Near::Fine {
        return false;
    }
    if mention.has_way || standing.is_second && near == Near::Fine {
        return true;
    }
    let n_words = mention.after - mention.first;
    let is_leading = standing.is_led
        || standing.is_from
        || standing.is_toward
        || standing.is_not
        || standing.is_told && matches!(near, Near::Fine | Near::Town)
        || standing.is_seen && near == Near::Fine;
    if standing.is_group || n_words == 1 && is_person(gazetteer, scan, mention, is_leading) {
        return false;
    }
    if n_words == 1 && standing.speaks && scan.begins(mention.first) {
        return false;
    }
    // "Portishead's first album": what is somebody's is not there.
    let is_owner = scan.word(mention.after) == "s" && matches!(scan.gap(mention.after), "'" | "’");
    let is_far = matches!(near, Near::Far(_));
    if is_owner && (is_far || !is_leading && near != Near::Fine && !scan.begins(mention.first)) {
        return false;
    }
    // "Barcelona 3-1".
    let is_digits = |at: usize| {
        scan.words.get(at).is_some() && scan.word(at).bytes().all(|digit| digit.is_ascii_digit())
    };
    if is_digits(mention.after)
        && is_digits(mention.after + 1)
        && matches!(scan.gap(mention.after + 1).trim(), "-" | "–")
    {
        return false;
    }
    let is_tag = scan.is_tag(mention.first);
    let meaning = scan.words[mention.first].meaning;
    let said = Said {
        is_alone: n_words == 1,
        n_words,
        is_common: n_words == 1 && meaning.is_common,
        is_given: n_words == 1 && meaning.is_given,
        is_leading,
        is_tag,
        is_told: standing.is_told && matches!(near, Near::Fine | Near::Town),
        is_marked: standing.is_marked,
        begins: scan.begins(mention.first),
        n_letters: scan.word(mention.first).len(),
    };
    match (near, letters) {
        (Near::Anywhere | Near::Town, Letters::Flat) => said.flat(4),
        (Near::Anywhere, Letters::Mixed) => said.mixed(),
        (Near::Fine, Letters::Flat) => said.flat(3) || said.is_leading && said.n_letters > 4,
        (Near::Fine, Letters::Mixed) => said.at_home(),
        (Near::Town, Letters::Mixed) => said.mixed() || said.is_small_town(),
        (Near::Far(most), _) => said.far(most, letters),
    }
}

/// What is asked of a name.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "a name is judged by several things at once")]
struct Said {
    is_alone: bool,
    n_words: usize,
    is_common: bool,
    is_given: bool,
    is_leading: bool,
    is_tag: bool,
    is_told: bool,
    is_marked: bool,
    begins: bool,
    n_letters: usize,
}

impl Said {
    /// Neither case says anything: a single word needs to be led to, or to be nothing else and long enough.
    fn flat(self, letters: usize) -> bool {
        if self.is_common || self.is_given {
            return self.is_leading && !self.is_common
                || self.is_tag
                || self.is_told && self.is_marked;
        }
        !self.is_alone || self.is_leading || self.is_tag || self.n_letters > letters
    }

    fn mixed(self) -> bool {
        if !self.is_marked {
            return !self.is_alone && self.is_leading;
        }
        if self.is_common || self.is_given {
            return self.is_leading || self.is_tag;
        }
        !self.begins || !self.is_alone || self.n_letters > 3
    }

    /// The names of one's own streets are known: they need less.
    fn at_home(self) -> bool {
        if !self.is_alone {
            return true;
        }
        let is_other = self.is_common || self.is_given;
        if !self.is_marked {
            return self.is_leading && !is_other && self.n_letters > 3;
        }
        if self.is_common {
            return self.is_leading || self.is_tag || !self.begins;
        }
        self.is_given || !self.begins || self.n_letters > 3
    }

    fn is_small_town(self) -> bool {
        self.is_leading && !self.is_common && !self.is_given && self.n_letters > 4
    }

    /// Elsewhere: only what is led to, or so large that everybody means it.
    fn far(self, most: u64, letters: Letters) -> bool {
        let is_other = self.is_common || self.is_given;
        if letters == Letters::Flat {
            return self.is_leading && !is_other && (most > 50_000 || !self.is_alone);
        }
        self.is_marked
            && (self.is_leading
                && !(self.is_common && most < 100_000)
                && (!self.is_alone || most >= FAR_ALONE)
                || self.is_tag && most > 100_000
                || !self.begins && !is_other && most > 150_000
                || self.begins && !is_other && most > FAR_HEADS && self.n_letters > 5
                || !self.is_alone && self.n_words > 2)
    }
}

/// Whether it is a person's: after a title, before or after another word with a capital that is no place.
fn is_person(
    gazetteer: &Gazetteer,
    scan: &Scan<'_, '_>,
    mention: &Mention<'_>,
    is_leading: bool,
) -> bool {
    let is_title = |at: usize| gazetteer.cues(scan.word(at)).contains(&Cue::Title);
    let in_mention =
        |at: usize| scan.mentions.iter().any(|other| (other.first..other.after).contains(&at));
    let is_name = |at: usize| {
        scan.words
            .get(at)
            .is_some_and(|word| word.meaning.way.is_none() && !word.meaning.is_particle)
            && scan.is_capital(at)
            && !in_mention(at)
            && scan.word(at).len() > 2
            && scan.written(at).chars().skip(1).any(char::is_lowercase)
    };
    let before =
        mention.first.checked_sub(1).filter(|_| matches!(scan.gap(mention.first), " " | ". "));
    if before.is_some_and(|at| {
        is_title(at) && (scan.word(at).len() > 1 || scan.gap(mention.first) == ". ")
    }) {
        return true;
    }
    let is_given = |at: usize| scan.words.get(at).is_some_and(|word| word.meaning.is_given);
    // "Joan Sants": a name right before it that no sentence begins with.
    if before.is_some_and(|at| {
        (is_name(at) && !scan.begins(at) || is_given(at))
            && !is_leading
            && scan.gap(mention.first) == " "
    }) {
        return true;
    }
    // "Victoria Beckham": a person's name before a surname.
    let after = mention.after;
    is_given(mention.first) && after < scan.words.len() && scan.gap(after) == " " && is_name(after)
}
