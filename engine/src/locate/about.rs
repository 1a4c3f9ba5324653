//! From the names in a text to what it is about: crossings, numbers and kilometres first, then the smallest place that is sure.

use super::company::Company;
use super::guard::{self, Letters, Near, Standing};
use super::weigh::{Weighed, spot, weigh};
use super::{Context, Method, Placing, Said, Spot};
use crate::gazetteer::{
    Cue, Form, Gazetteer, Mention, PlaceKind, Resolved, Scan, Use, coordinates,
};
use crate::limits::{CANDIDATES_MAX, NAMESAKES_MAX, PLACED_NAMES_MAX};
use crate::place::distance_m;

/// Below this likelihood a place is one of several, and only what they share is told.
const SURE: f64 = 0.6;
/// Between two ends of a stretch stand so many words at most.
const STRETCH_WORDS: usize = 4;
/// A stretch is drawn as one circle up to this radius, in metres.
const TOGETHER_M: f64 = 2_500.0;
/// Far away, of fewer people than this nobody speaks by a bare name.
const FAR_POPULATION: u64 = 3_000;
/// And a name of so many words is that of a town, however small.
const FAR_WORDS: usize = 3;
/// A house number has at most so many digits.
const NUMBER_DIGITS: usize = 4;

/// One name that counts.
struct Read<'g> {
    mention: Mention<'g>,
    standing: Standing,
    weighed: Weighed,
    /// Away from where the room looks.
    is_far: bool,
}

/// Where a report belongs by its words; none if they say nothing.
pub fn locate(gazetteer: &Gazetteer, said: Said<'_>, context: &Context) -> Option<Placing> {
    let by_place = said.place.and_then(|place| read(gazetteer, place, context, true));
    let by_text = read(gazetteer, said.text, context, false);
    let mut placing = match (by_place, by_text) {
        // What stands in the field for the place says what it is about, unless the text says it closer in the same city.
        (Some(place), Some(text)) if place.about.is_some() => {
            if is_closer(gazetteer, &text, &place) {
                text
            } else {
                Placing { from: text.from, ..place }
            }
        }
        (place, text) => text.filter(|text| text.about.is_some() || place.is_none()).or(place)?,
    };
    if let Some(home) = said.home.and_then(|home| read(gazetteer, home, context, true)) {
        placing.from = home.about.or(placing.from);
    }
    Some(placing)
}

fn is_closer(gazetteer: &Gazetteer, text: &Placing, place: &Placing) -> bool {
    let (Some(text), Some(place)) = (&text.about, &place.about) else { return false };
    text.radius_m < place.radius_m
        && gazetteer.named(&place.id).is_some()
        && distance_m(text.at, place.at) <= f64::from(place.radius_m) + f64::from(text.radius_m)
}

/// Reads one text. What is `all_place` is nothing but a place: every name counts.
fn read(gazetteer: &Gazetteer, text: &str, context: &Context, all_place: bool) -> Option<Placing> {
    let placing = |about, from, candidates, words| Placing {
        method: Method::Text,
        about,
        from,
        candidates,
        words,
        is_of_place: all_place,
        version: gazetteer.version().to_owned(),
    };
    if let Some((at, range)) = in_text(text) {
        let about = Spot {
            id: String::new(),
            name: gazetteer.called(at),
            within: String::new(),
            kind: PlaceKind::Poi,
            at,
            radius_m: 50,
            weight: 100,
        };
        let words = vec![(range.start as u32, range.end as u32)];
        return Some(Placing {
            method: Method::Coordinates,
            ..placing(Some(about), None, Vec::new(), words)
        });
    }
    let may = |use_: &Use| may_be_meant(gazetteer, context, *use_);
    let scan = gazetteer.scan_for(text, &may);
    let roads = gazetteer.roads_in(&scan);
    if scan.mentions.is_empty() && roads.is_empty() {
        return None;
    }
    let names = names(gazetteer, context, &scan, all_place);
    let cities: Vec<u32> = names
        .iter()
        .filter_map(|read| read.weighed.first())
        .filter_map(|(at, _)| gazetteer.city_of(*at))
        .collect();
    let exact = roads.into_iter().next().or_else(|| exact(gazetteer, &scan, context, &cities));
    let from = names.iter().find(|read| read.standing.is_from).and_then(|read| {
        read.weighed.first().and_then(|(at, likely)| spot(gazetteer, *at, *likely))
    });
    if let Some(found) = exact {
        let at = found.place;
        let id = gazetteer.place(at).map(|place| place.id.to_string()).unwrap_or_default();
        let about = Spot {
            id,
            name: found.name,
            within: gazetteer.within(at),
            kind: found.kind,
            at: found.at,
            radius_m: found.radius_m,
            weight: 100,
        };
        return Some(placing(
            Some(about),
            from,
            Vec::new(),
            vec![range(&scan, found.words.0, found.words.1)],
        ));
    }
    let abouts: Vec<&Read<'_>> = names
        .iter()
        .filter(|read| !(read.standing.is_from || read.standing.is_toward || read.standing.is_not))
        .collect();
    let (mut about, candidates, words) = choose(gazetteer, &scan, &abouts);
    // Who writes from a street and names no other place writes of it.
    if about.is_none() && candidates.is_empty() {
        about = from.clone().filter(|from| !from.is_label());
    }
    (about.is_some() || from.is_some() || !candidates.is_empty())
        .then(|| placing(about, from, candidates, words))
}

/// The names of a text that count, with what each may mean.
fn names<'g>(
    gazetteer: &Gazetteer,
    context: &Context,
    scan: &Scan<'g, '_>,
    all_place: bool,
) -> Vec<Read<'g>> {
    let letters = if all_place { Letters::Flat } else { Letters::of(scan) };
    let counted =
        scan.mentions.iter().filter(|mention| !mention.is_nowhere()).filter_map(|mention| {
            let standing = Standing::of(gazetteer, scan, mention);
            let near = Near::of(gazetteer, context, mention);
            (all_place || guard::counts(gazetteer, scan, mention, (standing, near), letters))
                .then_some((*mention, standing))
        });
    let counted: Vec<(Mention<'g>, Standing)> = counted.take(PLACED_NAMES_MAX).collect();
    let mut company = Company::default();
    for (nth, (mention, _)) in counted.iter().enumerate() {
        company.take(gazetteer, nth, mention.whole());
    }
    let read = |(nth, (mention, standing)): (usize, &(Mention<'g>, Standing))| {
        let is_meant =
            |use_: &&Use| use_.form != Form::Bare && may_be_meant(gazetteer, context, **use_);
        let meant = mention.uses.iter().filter(is_meant);
        let places: Vec<(u32, bool)> =
            meant.map(|use_| (use_.place, use_.form == Form::Short)).collect();
        let is_sure = mention.has_way || mention.after - mention.first >= FAR_WORDS;
        let weighed = weigh(gazetteer, context, &places, (&company, nth), is_sure);
        let first = weighed.first().and_then(|(at, _)| gazetteer.place(*at))?;
        let is_far = context.area.is_some() && context.fits(first.at) <= guard::BESIDE;
        Some(Read { mention: *mention, standing: *standing, weighed, is_far })
    };
    counted.iter().enumerate().filter_map(read).collect()
}

/// Beside where the room looks every name counts; far from it a hamlet is more likely a word.
fn may_be_meant(gazetteer: &Gazetteer, context: &Context, use_: Use) -> bool {
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

type Chosen = (Option<Spot>, Vec<Spot>, Vec<(u32, u32)>);

/// What a text is about, of the names that say so.
fn choose(gazetteer: &Gazetteer, scan: &Scan<'_, '_>, names: &[&Read<'_>]) -> Chosen {
    let size = |read: &Read<'_>| {
        read.weighed
            .first()
            .and_then(|(at, _)| gazetteer.place(*at))
            .map_or(u32::MAX, |place| place.radius_m)
    };
    let is_label = |read: &Read<'_>| {
        read.weighed
            .first()
            .and_then(|(at, _)| gazetteer.place(*at))
            .is_none_or(|place| place.kind.is_label())
    };
    let is_open = |read: &Read<'_>| read.weighed.first().is_none_or(|(_, likely)| *likely < SURE);
    // What is here before what is far, a point before a label, what something is said to be at before what is only named; then the
    // smallest; then the first.
    let rank = |read: &&&Read<'_>| {
        let Standing { is_stretch, is_led, .. } = read.standing;
        (
            read.is_far,
            is_label(read),
            is_open(read),
            !is_stretch,
            !is_led,
            size(read),
            read.mention.first,
        )
    };
    let Some(best) = names.iter().min_by_key(rank) else { return (None, Vec::new(), Vec::new()) };
    let best = finer(gazetteer, names, best);
    let words = vec![range(scan, best.mention.first, best.mention.after)];
    let spots: Vec<Spot> =
        best.weighed.iter().filter_map(|(at, likely)| spot(gazetteer, *at, *likely)).collect();
    let Some((at, likely)) = best.weighed.first().copied() else { return (None, spots, words) };
    let rest = || {
        spots
            .iter()
            .skip(1)
            .filter(|spot| spot.weight > 0)
            .take(CANDIDATES_MAX)
            .cloned()
            .collect::<Vec<Spot>>()
    };
    if likely < SURE {
        return (None, spots, words);
    }
    let about = spots.first().cloned();
    if is_label(best) {
        return (about, rest(), words);
    }
    // A stretch from one to another, or something between two: a circle over both.
    if best.standing.is_stretch
        && let Some(both) = middle(gazetteer, names, best, at)
    {
        return (Some(both), rest(), words);
    }
    (about, rest(), words)
}

/// What a text names within the place that was chosen: the finest wins.
fn finer<'r, 'g>(
    gazetteer: &Gazetteer,
    names: &[&'r Read<'g>],
    best: &'r Read<'g>,
) -> &'r Read<'g> {
    let place = |read: &Read<'_>| read.weighed.first().and_then(|(at, _)| gazetteer.place(*at));
    let Some(whole) = place(best).filter(|place| !place.kind.is_label()) else { return best };
    let inner = names.iter().filter(|read| {
        place(read).is_some_and(|part| {
            part.kind > whole.kind
                && part.radius_m < whole.radius_m
                && distance_m(part.at, whole.at) <= f64::from(whole.radius_m)
        })
    });
    let size = |read: &&&Read<'_>| (place(read).map(|part| part.radius_m), read.mention.first);
    inner.min_by_key(size).copied().unwrap_or(best)
}

/// The middle of a stretch, if the two ends are near enough to be one circle.
fn middle(gazetteer: &Gazetteer, names: &[&Read<'_>], best: &Read<'_>, at: u32) -> Option<Spot> {
    let next = names.iter().find(|read| {
        read.mention.first >= best.mention.after
            && read.mention.first - best.mention.after <= STRETCH_WORDS
    })?;
    let there = gazetteer.place(next.weighed.first()?.0).filter(|there| !there.kind.is_label())?;
    let here = gazetteer.place(at)?;
    let radius_m =
        distance_m(here.at, there.at) / 2.0 + f64::from(here.radius_m.min(there.radius_m));
    let lng = f64::midpoint(here.at.lng(), there.at.lng());
    let lat = f64::midpoint(here.at.lat(), there.at.lat());
    let both = spot(gazetteer, at, 1.0)?;
    (radius_m <= TOGETHER_M).then_some(())?;
    let name = format!("{} – {}", here.name, there.name);
    Some(Spot {
        name,
        at: wire::geo::LngLat::new(lng, lat).ok()?,
        radius_m: radius_m as u32,
        ..both
    })
}

/// A crossing or a number of a street.
fn exact(
    gazetteer: &Gazetteer,
    scan: &Scan<'_, '_>,
    context: &Context,
    cities: &[u32],
) -> Option<Resolved> {
    let streets = |mention: &Mention<'_>| -> Vec<u32> {
        let is_street =
            |at: &u32| gazetteer.place(*at).is_some_and(|place| place.kind == PlaceKind::Street);
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
        let others = streets(other);
        let found = streets(one)
            .into_iter()
            .find_map(|one| others.iter().find_map(|other| gazetteer.crossing(one, *other)));
        if let Some(found) = found {
            return Some(Resolved { words: (one.first, other.after), ..found });
        }
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
    if n_between > 5 {
        return false;
    }
    let is_joined = (one.after..=other.first).all(|at| {
        !scan.gap(at).contains(['.', '!', '?', ';', '\n'])
            || scan.words.get(at.wrapping_sub(1)).is_some_and(|word| word.meaning.way.is_some())
    });
    let between = scan.following(gazetteer, one.after).contains(&Cue::Crossing)
        || scan.before(gazetteer, other.first).1.contains(&Cue::Crossing);
    let is_signed = n_between <= 1
        && (one.after..=other.first).any(|at| scan.gap(at).contains(['/', '&', '+']));
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

fn range(scan: &Scan<'_, '_>, first: usize, after: usize) -> (u32, u32) {
    let start = scan.words.get(first).map_or(0, |word| word.start);
    let end =
        after.checked_sub(1).and_then(|last| scan.words.get(last)).map_or(start, |word| word.end);
    (start as u32, end as u32)
}

/// Coordinates within a text: a stretch of signs that are digits and marks and read as degrees with at least three decimals each.
fn in_text(text: &str) -> Option<(wire::geo::LngLat, std::ops::Range<usize>)> {
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
