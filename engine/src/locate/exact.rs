//! Where a text says it to a few metres: two streets that cross, a number of a street, coordinates.

use super::Context;
use crate::gazetteer::{Cue, Form, Gazetteer, Mention, PlaceKind, Resolved, Scan, coordinates};
use crate::limits::NAMESAKES_MAX;

/// A house number has at most so many digits.
const NUMBER_DIGITS: usize = 4;

/// A crossing or a number of a street.
pub(super) fn exact(
    gazetteer: &Gazetteer,
    scan: &Scan<'_, '_>,
    context: &Context,
    cities: &[u32],
) -> Option<Resolved> {
    let streets = |mention: &Mention<'_>| -> Vec<u32> {
        let is_street = |at: &u32| {
            gazetteer.place(*at).is_some_and(|place| {
                matches!(place.kind, PlaceKind::Street | PlaceKind::Poi | PlaceKind::Crossing)
            })
        };
        // In a city that the text names, or where the room looks.
        let is_here = |at: &u32| {
            let city = gazetteer.city_of(*at);
            city.is_some_and(|city| cities.contains(&city))
                || gazetteer.place(*at).is_some_and(|place| context.fits(place.at) > 0.5)
        };
        let all = mention.uses.iter().take(NAMESAKES_MAX).filter(|use_| use_.form != Form::Nowhere);
        all.map(|use_| use_.place).filter(is_street).filter(is_here).collect()
    };
    for pair in scan.mentions.windows(2) {
        let (one, other) = (&pair[0], &pair[1]);
        if !is_crossing(gazetteer, scan, one, other) {
            continue;
        }
        // A row that names both.
        let row = one.uses.iter().take(NAMESAKES_MAX).find_map(|use_| {
            let is_both = other.uses.iter().any(|other| other.place == use_.place);
            gazetteer.at_crossing(use_.place).filter(|_| is_both)
        });
        if let Some(found) = row {
            return Some(Resolved { words: (one.first, other.after), ..found });
        }
        let others = streets(other);
        let found = streets(one)
            .into_iter()
            .find_map(|one| others.iter().find_map(|other| gazetteer.crossing(one, *other)));
        if let Some(found) = found {
            return Some(Resolved { words: (one.first, other.after), ..found });
        }
    }
    // A crossing or an address that has a name of its own.
    let named = scan.mentions.iter().find_map(|mention| {
        let mut whole =
            mention.uses.iter().take(NAMESAKES_MAX).filter(|use_| use_.form == Form::Whole);
        let found = whole.find_map(|use_| gazetteer.at_crossing(use_.place))?;
        Some(Resolved { words: (mention.first, mention.after), ..found })
    });
    if named.is_some() {
        return named;
    }
    scan.mentions.iter().find_map(|mention| {
        let (number, after) = number_beside(scan, mention)?;
        let found =
            streets(mention).into_iter().find_map(|street| gazetteer.number(street, number))?;
        Some(Resolved {
            words: (mention.first.min(after.saturating_sub(1)), mention.after.max(after)),
            ..found
        })
    })
}

/// Whether what stands between two streets, or before them, says that they cross.
fn is_crossing(
    gazetteer: &Gazetteer,
    scan: &Scan<'_, '_>,
    one: &Mention<'_>,
    other: &Mention<'_>,
) -> bool {
    let n_between = other.first - one.after;
    // What follows a comma says a place more often than a crossing.
    let has_comma = (one.after..=other.first).any(|at| scan.gap(at).contains([',', ':']));
    if n_between > if has_comma { 1 } else { 5 } {
        return false;
    }
    let is_joined = (one.after..=other.first).all(|at| {
        !scan.gap(at).contains(['.', '!', '?', ';', '\n'])
            || scan.words.get(at.wrapping_sub(1)).is_some_and(|word| word.meaning.way.is_some())
    });
    let between = scan.following(gazetteer, one.after).contains(&Cue::Crossing)
        || scan.before(gazetteer, other.first).1.contains(&Cue::Crossing);
    let is_signed = n_between <= 1
        && (one.after..=other.first)
            .any(|at| scan.gap(at).contains(['/', '&', '+', '×', '-', '–', '#']));
    // "i", "y", "et", "and": only after the word for a crossing, or between two that say that they are streets.
    let is_listed = n_between <= 3
        && (one.after..other.first).all(|at| {
            scan.words[at].meaning.is_particle || matches!(scan.word(at), "and" | "a" | "amb")
        })
        && (scan.before(gazetteer, one.first).1.contains(&Cue::Crossing)
            || one.has_way && other.has_way && n_between > 0);
    is_joined && (between || is_signed || is_listed)
}

/// The number of a house after the name of a street, or before it, and the word after it.
fn number_beside(scan: &Scan<'_, '_>, mention: &Mention<'_>) -> Option<(u32, usize)> {
    let number = |at: usize| {
        let word = scan.words.get(at).map(|_| scan.word(at))?;
        let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
        let is_number =
            !digits.is_empty() && digits.len() <= NUMBER_DIGITS && word.len() - digits.len() <= 1;
        digits.parse::<u32>().ok().filter(|number| is_number && *number > 0)
    };
    let is_sign =
        |at: usize| matches!(scan.word(at), "n" | "no" | "num" | "numero" | "nº" | "number");
    let after = mention.after;
    let joins =
        |at: usize| at < scan.words.len() && !scan.gap(at).contains([';', '!', '?', '\n', ':']);
    if joins(after) {
        if let Some(number) = number(after) {
            return Some((number, after + 1));
        }
        if is_sign(after)
            && let Some(number) = number(after + 1)
        {
            return Some((number, after + 2));
        }
    }
    // "12 rue de la Paix".
    let before = mention.first.checked_sub(1).filter(|_| mention.has_way)?;
    number(before)
        .filter(|_| matches!(scan.gap(mention.first), " " | ", "))
        .map(|number| (number, mention.after))
}

/// Coordinates within a text: a stretch of signs that are digits and marks and read as degrees with at least three decimals each.
pub(super) fn in_text(text: &str) -> Option<(wire::geo::LngLat, std::ops::Range<usize>)> {
    let is_sign = |sign: char| {
        sign.is_ascii_digit()
            || matches!(
                sign,
                '.' | ','
                    | ' '
                    | '-'
                    | '°'
                    | 'º'
                    | '\''
                    | '"'
                    | '′'
                    | '″'
                    | 'N'
                    | 'S'
                    | 'E'
                    | 'W'
                    | 'O'
            )
    };
    let mut start = 0;
    while start < text.len() {
        let rest = &text[start..];
        let begin = rest.find(|sign: char| sign.is_ascii_digit() || sign == '-')?;
        let stretch = &rest[begin..];
        let length = stretch.find(|sign| !is_sign(sign)).unwrap_or(stretch.len());
        let said = stretch[..length].trim_end_matches([' ', ',', '.', '-']);
        let n_points = said.matches('.').count();
        let is_degree = said.contains(['°', 'º']);
        if said.len() >= 12
            && (n_points >= 2 || is_degree)
            && let Some((at, coordinates::Notation::Degrees, radius_m)) = coordinates::parse(said)
            && radius_m <= 100
        {
            let from = start + begin;
            return Some((at, from..from + said.len()));
        }
        let sign = stretch[length..].chars().next().map_or(0, char::len_utf8);
        start += begin + (length + sign).max(1);
    }
    None
}
