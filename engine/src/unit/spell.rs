//! How units are written: many ways, of which one form is made before the table is asked.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::table::{UNITS, Unit};

/// Longest text that is looked at, in bytes: no unit has more, and a document is none.
const TEXT_BYTES_MAX: usize = 80;

/// Units by their plain spellings, and by the same in lower case where that leaves no doubt.
struct Index {
    exact: BTreeMap<String, &'static Unit>,
    /// `None` where two units differ by case alone, such as mW and MW.
    folded: BTreeMap<String, Option<&'static Unit>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index { exact: BTreeMap::new(), folded: BTreeMap::new() };
    for unit in UNITS {
        for spelling in std::iter::once(&unit.code).chain(unit.spellings) {
            let plain = plain(spelling);
            let folded = index.folded.entry(plain.to_lowercase()).or_insert(Some(unit));
            if folded.is_some_and(|other| other.code != unit.code) {
                *folded = None;
            }
            index.exact.entry(plain).or_insert(unit);
        }
    }
    index
});

/// The unit that is written so.
pub(super) fn read(text: &str) -> Option<&'static Unit> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let plain = plain(text);
    if let Some(unit) = INDEX.exact.get(&plain) {
        return Some(unit);
    }
    // UCUM: what stands in braces is an annotation of the unit 1.
    if plain.starts_with('{') && plain.ends_with('}') && plain.len() > 2 {
        return INDEX.exact.get("1").copied();
    }
    INDEX.folded.get(&plain.to_lowercase()).copied().flatten()
}

/// One way to write it: no spaces, `u` for micro, digits for raised ones, `.` for times, `/` for what is divided by.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.trim().chars() {
        match sign {
            'º' | '˚' => plain.push('°'),
            'µ' | 'μ' => plain.push('u'),
            '⁰' => plain.push('0'),
            '¹' => plain.push('1'),
            '²' => plain.push('2'),
            '³' => plain.push('3'),
            '⁻' | '−' | '–' => plain.push('-'),
            '∕' | '⁄' => plain.push('/'),
            '·' | '⋅' | '*' | '×' | ' ' | '\u{a0}' | '_' => plain.push('.'),
            '^' => {}
            other => plain.push(other),
        }
    }
    // A space beside another sign parts nothing.
    let mut tight = String::with_capacity(plain.len());
    for sign in plain.chars() {
        let after = tight.chars().last();
        let joins = |sign: char| matches!(sign, '/' | '(' | ')' | '°' | '.' | '[' | '{');
        if sign == '.' && after.is_none_or(joins) {
            continue;
        }
        if joins(sign) && sign != '.' && after == Some('.') {
            tight.pop();
        }
        tight.push(sign);
    }
    while tight.ends_with('.') {
        tight.pop();
    }
    divided(&tight)
}

/// `m3.s-1` as `m3/s`: a negative power behind a point is what is divided by.
fn divided(text: &str) -> String {
    let Some((first, rest)) = text.split_once('.') else { return text.to_owned() };
    let mut all = first.to_owned();
    for part in rest.split('.') {
        match part.split_once('-') {
            Some((base, power)) if base.chars().all(char::is_alphabetic) && !base.is_empty() => {
                all.push('/');
                all.push_str(base);
                if power != "1" {
                    all.push_str(power);
                }
            }
            _ => {
                all.push('.');
                all.push_str(part);
            }
        }
    }
    all
}
