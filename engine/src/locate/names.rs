//! The names of a text that count, each with the places that it may mean.

use super::Context;
use super::company::Company;
use super::guard::{self, Letters, Near, Standing};
use super::weigh::{Weighed, weigh};
use crate::gazetteer::{Cue, Form, Gazetteer, Mention, PlaceKind, Scan, Use};
use crate::limits::{NAMESAKES_MAX, PLACED_NAMES_MAX};

/// Far away, of fewer people than this nobody speaks by a bare name.
const FAR_POPULATION: u64 = 3_000;
/// And a name of so many words is that of a town, however small.
const FAR_WORDS: usize = 3;

/// One name that counts.
pub(super) struct Read<'g> {
    pub(super) mention: Mention<'g>,
    pub(super) standing: Standing,
    pub(super) weighed: Weighed,
    /// Away from where the room looks.
    pub(super) is_far: bool,
}

impl Read<'_> {
    /// A town that holds another place of the text where its author is.
    pub(super) fn is_around(&self, gazetteer: &Gazetteer, others: &[&Read<'_>]) -> bool {
        let first = |read: &Read<'_>| read.weighed.first().map(|(at, _)| *at);
        first(self).is_some_and(|town| {
            gazetteer.place(town).is_some_and(|place| place.kind.is_label())
                && others.iter().any(|read| {
                    read.standing.is_here
                        && first(read)
                            .is_some_and(|here| gazetteer.above(here).any(|above| above == town))
                })
        })
    }
}

/// The names of a text that count, with what each may mean.
pub(super) fn names<'g>(
    gazetteer: &Gazetteer,
    context: &Context,
    scan: &Scan<'g, '_>,
    all_place: bool,
) -> Vec<Read<'g>> {
    let letters = if all_place { Letters::Flat } else { Letters::of(scan) };
    let mut told = 0;
    let mut before: Option<(usize, Standing)> = None;
    let counted =
        scan.mentions.iter().filter(|mention| !mention.is_nowhere()).filter_map(|mention| {
            // It is the region of the name before.
            if mention.first < told {
                return None;
            }
            let mut standing = Standing::of(gazetteer, scan, mention);
            // "Vers Givors et Saint-Étienne": what is said of one is said of both.
            if let Some((after, first)) = before
                && is_listed(scan, after, mention.first)
            {
                standing.is_toward |= first.is_toward;
                standing.is_not |= first.is_not;
            }
            before = Some((mention.after, standing));
            let near = Near::of(gazetteer, context, mention);
            let (of_region, after) = of_region(gazetteer, scan, mention);
            told = after;
            let is_meant = all_place
                || !of_region.is_empty()
                || guard::counts(gazetteer, scan, mention, (standing, near), letters);
            is_meant.then_some((*mention, standing, of_region))
        });
    let counted: Vec<(Mention<'g>, Standing, Vec<u32>)> = counted.take(PLACED_NAMES_MAX).collect();
    let mut company = Company::default();
    for (nth, (mention, ..)) in counted.iter().enumerate() {
        company.take(gazetteer, nth, mention.whole());
    }
    let read =
        |(nth, (mention, standing, of_region)): (usize, &(Mention<'g>, Standing, Vec<u32>))| {
            let is_meant =
                |use_: &&Use| use_.form != Form::Bare && may_be_meant(gazetteer, context, **use_);
            let meant = mention.uses.iter().filter(is_meant);
            let mut places: Vec<(u32, bool)> =
                meant.map(|use_| (use_.place, use_.form == Form::Short)).collect();
            if !of_region.is_empty() {
                places = of_region.iter().map(|at| (*at, false)).collect();
            }
            let is_sure = mention.has_way
                || mention.after - mention.first >= FAR_WORDS
                || !of_region.is_empty();
            let weighed = weigh(gazetteer, context, &places, (&company, nth), is_sure);
            let first = weighed.first().and_then(|(at, _)| gazetteer.place(*at))?;
            let is_far = context.area.is_some() && context.fits(first.at) <= guard::BESIDE;
            Some(Read { mention: *mention, standing: *standing, weighed, is_far })
        };
    let names = counted.iter().enumerate().filter_map(read);
    names.filter(|read| !is_journey(gazetteer, scan, read)).collect()
}

/// Whether nothing but "and" or a comma stands between two names.
fn is_listed(scan: &Scan<'_, '_>, after: usize, first: usize) -> bool {
    let is_joined = |at: usize| {
        matches!(scan.word(at), "and" | "et" | "i" | "y" | "e" | "or" | "ou" | "o" | "ni" | "nor")
    };
    (after == first && scan.gap(first).trim() == ",")
        || first == after + 1 && is_joined(after) && scan.gap(first) == " "
}

/// "Barcelona - Girona", "Swindon to Cardiff": from one town to another, and nothing at either.
fn is_journey(gazetteer: &Gazetteer, scan: &Scan<'_, '_>, read: &Read<'_>) -> bool {
    let is_town = |mention: &Mention<'_>| {
        mention.whole().take(NAMESAKES_MAX).any(|at| {
            gazetteer
                .place(at)
                .is_some_and(|place| place.kind.is_label() && place.population >= FAR_POPULATION)
        })
    };
    let is_dash = |at: usize| matches!(scan.gap(at).trim(), "-" | "–" | "→" | "➡" | "➡️" | ">");
    let goes = |one: &Mention<'_>, other: &Mention<'_>| {
        let by_dash =
            one.after == other.first && is_dash(other.first) && (is_town(one) || is_town(other));
        let by_word = one.after + 1 == other.first
            && scan.following(gazetteer, one.after).contains(&Cue::Until)
            && is_town(one)
            && is_town(other);
        (by_dash || by_word) && !Standing::of(gazetteer, scan, one).is_led
    };
    let mention = &read.mention;
    let before = scan.mentions.iter().rfind(|other| other.after <= mention.first);
    let behind = scan.mentions.iter().find(|other| other.first >= mention.after);
    before.is_some_and(|one| goes(one, mention)) || behind.is_some_and(|other| goes(mention, other))
}

/// The towns of a name that lie where the words behind it say: "Valencia (Carabobo)".
fn of_region(
    gazetteer: &Gazetteer,
    scan: &Scan<'_, '_>,
    mention: &Mention<'_>,
) -> (Vec<u32>, usize) {
    let (regions, after) = gazetteer.regions_behind(scan, mention.after);
    let is_in = |at: &u32| {
        gazetteer.place(*at).is_some_and(|place| {
            place.kind == PlaceKind::City && regions.iter().any(|region| region.holds(place.at))
        })
    };
    if regions.is_empty() {
        return (Vec::new(), mention.after);
    }
    let towns: Vec<u32> = mention.whole().filter(is_in).take(NAMESAKES_MAX).collect();
    let after = if towns.is_empty() { mention.after } else { after };
    (towns, after)
}

/// Beside where the room looks every name counts; far from it a hamlet is more likely a word.
pub(super) fn may_be_meant(gazetteer: &Gazetteer, context: &Context, use_: Use) -> bool {
    if use_.form == Form::Nowhere || context.area.is_none() && use_.form != Form::Short {
        return true;
    }
    let n_words = |name: &str| name.split([' ', '-']).count();
    gazetteer.place(use_.place).is_some_and(|place| {
        // A name of several words is no plain word, however small what it names.
        context.fits(place.at) > guard::BESIDE
            || use_.form != Form::Short
                && (n_words(&place.name) >= FAR_WORDS
                    || place.kind < PlaceKind::City
                    || place.kind == PlaceKind::City && place.population >= FAR_POPULATION)
    })
}
