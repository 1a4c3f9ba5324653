//! Words of the partner desk, beside those it shares with the room.

use wire::desk::{TickName, TickState};

use super::ask::Failed;
use super::i18n::Locale;
use crate::words::{self, Lang};

pub use crate::words::{age, apart, clock, count, health, is_single, lang, moment, value};

/// The language in force, for the desk's own words.
pub fn locale(words: Lang) -> Locale {
    match words.locale() {
        crate::i18n::Locale::en => Locale::en,
        crate::i18n::Locale::ca => Locale::ca,
    }
}

/// A word of the language in force: `said!(words, works.heading)`.
macro_rules! said {
    ($words:expr, $($what:tt)+) => {
        leptos_i18n::td_string!($crate::partner::words::locale($words), $($what)+)
    };
}
pub(crate) use said;

/// What happened instead of an answer.
pub fn failed(words: Lang, cause: &Failed) -> String {
    match cause {
        Failed::Away => said!(words, away_first).to_owned(),
        Failed::SignedOut => said!(words, signed_out).to_owned(),
        Failed::Forbidden(detail) if detail.is_empty() => said!(words, forbidden).to_owned(),
        Failed::Missing => said!(words, not_built).to_owned(),
        Failed::Conflict => said!(words, import.conflict).to_owned(),
        Failed::Forbidden(detail) | Failed::Refused(detail) => {
            said!(words, refused, detail = apart(detail)).to_string()
        }
    }
}

/// So many sensors.
pub fn sensors(words: Lang, n: u64) -> String {
    let told = count(words, n);
    if is_single(words, n) {
        said!(words, connections.sensors_single, n = told).to_string()
    } else {
        said!(words, connections.sensors_several, n = told).to_string()
    }
}

/// A moment without its seconds, with the day where it is not today's.
pub fn brief(words: Lang, ms: i64, now: i64) -> String {
    let told = moment(words, ms, now);
    match told.rsplit_once(':') {
        Some((minutes, seconds)) if seconds.len() == 2 => minutes.to_owned(),
        _ => told,
    }
}

/// A length of time that is no age: a cadence.
pub fn span(words: Lang, ms: i64) -> String {
    age(words, ms.max(1_000))
}

/// A step.
pub fn tick(words: Lang, name: TickName) -> &'static str {
    match name {
        TickName::Arrived => said!(words, device.arrived),
        TickName::Key => said!(words, device.key),
        TickName::Parsed => said!(words, device.parsed),
        TickName::Device => said!(words, device.device),
        TickName::Unit => said!(words, device.unit),
        TickName::Place => said!(words, device.place),
        TickName::Disk => said!(words, device.disk),
        TickName::Shown => said!(words, device.shown),
    }
}

/// How a step went.
pub fn tick_state(words: Lang, state: TickState) -> &'static str {
    match state {
        TickState::Ok => said!(words, device.ok),
        TickState::Cross => said!(words, device.cross),
        TickState::NotReached => said!(words, device.not_reached),
    }
}

/// Why something was refused; a word that has no sentence is shown as it is.
pub fn reason(words: Lang, reason: &str) -> String {
    let told = match reason.replace('-', "_").as_str() {
        "unit_mismatch" => said!(words, reason.unit_mismatch),
        "unknown_unit" => said!(words, reason.unknown_unit),
        "text_for_number" => said!(words, reason.text_for_number),
        "wrong_type" => said!(words, reason.wrong_type),
        "missing" => said!(words, reason.missing),
        "bad_time" => said!(words, reason.bad_time),
        "bad_place" => said!(words, reason.bad_place),
        "outside_area" => said!(words, reason.outside_area),
        "too_long" => said!(words, reason.too_long),
        "invalid_json" => said!(words, reason.invalid_json),
        "invalid_csv" => said!(words, reason.invalid_csv),
        "number_out_of_range" => said!(words, reason.number_out_of_range),
        "too_many_datastreams" => said!(words, reason.too_many_datastreams),
        "unauthenticated" => said!(words, reason.unauthenticated),
        "missing_scope" => said!(words, reason.missing_scope),
        "wrong_mode" => said!(words, reason.wrong_mode),
        "too_many_requests" | "too_many" => said!(words, reason.too_many),
        _ => return apart(&reason.replace('_', " ")).into_owned(),
    };
    told.to_owned()
}

/// The grade of a level.
pub fn grade(words: Lang, grade: &str) -> String {
    match grade {
        "yellow" => said!(words, passport.yellow).to_owned(),
        "orange" => said!(words, passport.orange).to_owned(),
        "red" => said!(words, passport.red).to_owned(),
        other => other.to_owned(),
    }
}

/// A hazard by its word on the wire.
pub fn hazard(lang: Lang, word: &str) -> String {
    word.parse().map_or_else(
        |_unknown| apart(word).into_owned(),
        |known| words::hazard(lang, known).to_owned(),
    )
}
