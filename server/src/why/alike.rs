//! Names that are like one: what somebody meant who mistyped it.

use super::limits::ALIKE_MAX;

/// Signs that may differ between two names of the same length.
const OTHERS_MAX: usize = 2;

/// Those of the names that are like it, the nearest first.
pub(crate) fn alike(name: &str, mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    let wanted = bare(name);
    let mut near: Vec<(usize, String)> =
        names.into_iter().filter_map(|one| Some((distance(&wanted, &bare(&one))?, one))).collect();
    near.sort();
    near.truncate(ALIKE_MAX);
    near.into_iter().map(|(_, name)| name).collect()
}

/// Letters and digits in one case.
fn bare(name: &str) -> Vec<char> {
    name.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How far two names are from each other; none where they are not alike.
fn distance(a: &[char], b: &[char]) -> Option<usize> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    if a == b {
        return Some(0);
    }
    if a.len() == b.len() {
        let others = a.iter().zip(b).filter(|(a, b)| a != b).count();
        return (others <= OTHERS_MAX && others < a.len()).then_some(others);
    }
    let (long, short) = if a.len() > b.len() { (a, b) } else { (b, a) };
    let holds = short.len() > 2 && long.windows(short.len()).any(|part| part == short);
    // One sign is missing or too many.
    let start = long.iter().zip(short).take_while(|(a, b)| a == b).count();
    let is_one_off = long.len() == short.len() + 1 && long[start + 1..] == short[start..];
    match (is_one_off, holds) {
        (true, _) => Some(1),
        (false, true) => Some(OTHERS_MAX + long.len() - short.len()),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_finds_the_one_that_was_meant() {
        let names = || ["24E124136C123456", "besos-level", "besos-rain", "x"].map(str::to_owned);
        let told = |name: &str| alike(name, names().to_vec());
        assert_eq!(told("24e124136c123465"), ["24E124136C123456"], "two digits swapped");
        assert_eq!(told("24e12413c123456"), ["24E124136C123456"], "one is missing");
        assert_eq!(told("besos level"), ["besos-level"]);
        assert_eq!(told("besos"), ["besos-rain", "besos-level"]);
        assert_eq!(told("llobregat"), Vec::<String>::new());
        assert_eq!(told("--"), Vec::<String>::new());
    }
}
