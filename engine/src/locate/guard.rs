//! Which names in a text are places: a word that is a plain word or a person's name too counts only where something says so.

use crate::gazetteer::{Cue, Gazetteer, Mention, Scan};

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
        let n_capitals = inner.iter().filter(|is_capital| **is_capital).count();
        if n_capitals == 0 || n_capitals * 10 > inner.len() * 9 && inner.len() > 3 {
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
        let is_stretch = says(Cue::From) && following.contains(&Cue::Until);
        Self {
            is_led: says(Cue::At) || is_stretch,
            is_marked: scan.is_tag(mention.first) || scan.is_capital(mention.first),
            is_from: says(Cue::From) && !is_stretch,
            is_toward: says(Cue::Toward) && !says(Cue::At),
            is_not: says(Cue::Not),
            is_crossing: says(Cue::Crossing),
        }
    }
}

/// Whether a mention may be a place at all.
pub(super) fn counts(
    gazetteer: &Gazetteer,
    scan: &Scan<'_, '_>,
    mention: &Mention<'_>,
    standing: Standing,
    letters: Letters,
) -> bool {
    if mention.has_way {
        return true;
    }
    let n_words = mention.after - mention.first;
    let meaning = scan.words[mention.first].meaning;
    let (is_common, is_given) =
        (n_words == 1 && meaning.is_common, n_words == 1 && meaning.is_given);
    let is_leading = standing.is_led || standing.is_from || standing.is_toward || standing.is_not;
    if n_words == 1 && is_person(gazetteer, scan, mention, is_leading) {
        return false;
    }
    match letters {
        // Neither case says anything: a single word needs to be led to, or to be nothing else.
        Letters::Flat if is_common || is_given => {
            is_leading && !is_common || scan.is_tag(mention.first)
        }
        Letters::Flat => {
            n_words > 1
                || is_leading
                || scan.is_tag(mention.first)
                || scan.word(mention.first).len() > 4
        }
        Letters::Mixed if !standing.is_marked => n_words > 1 && is_leading,
        Letters::Mixed if is_common => {
            (is_leading || scan.is_tag(mention.first)) && standing.is_marked
        }
        Letters::Mixed if is_given => is_leading || scan.is_tag(mention.first),
        Letters::Mixed if scan.begins(mention.first) => {
            n_words > 1 || scan.word(mention.first).len() > 3
        }
        Letters::Mixed => true,
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
    if before.is_some_and(|at| is_title(at) && scan.word(at).len() > 1) {
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
