//! Words for what the wire says in codes, and numbers and times by the browser's own `Intl`.

mod apart;
pub mod matters;

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::{Array, Date, Function, Intl, JsString, Number, Object, Reflect};
use leptos::prelude::*;
use leptos_i18n::Locale as _;
use wasm_bindgen::{JsCast as _, JsValue};
use wire::grade::{Basis, Hazard, Kind, Severity, Verification};
use wire::source::SourceHealth;
use wire::view::{Mode, Window};

use crate::i18n::Locale;
use crate::model::{Age, age_of};
use crate::ui::lasting::Lasting;
use crate::ui::storage::{recall, remember};

pub use apart::apart;

/// The name under which the language is remembered.
const LANGUAGE: &str = "talaia.language";

/// The words of the language in force. Copied freely; reading a word inside a view follows a change of language.
#[derive(Clone, Copy)]
pub struct Lang(Lasting<RwSignal<Locale>>);

impl Lang {
    /// What was chosen on this machine, else the first of the browser's languages that there are words in, as at the door.
    pub fn remembered() -> Self {
        let known = |tag: String| tag.get(..2)?.parse().ok();
        let of_browser = || {
            let asked = leptos::prelude::window().navigator().languages();
            asked.iter().find_map(|tag| tag.as_string().and_then(known))
        };
        let locale = recall(LANGUAGE).and_then(known).or_else(of_browser).unwrap_or_default();
        let lang = Self(Lasting::signal(locale));
        lang.write();
        lang
    }

    /// The language in force.
    pub fn locale(self) -> Locale {
        self.0.get()
    }

    /// Puts a language in force and remembers it.
    pub fn choose(self, chosen: Locale) {
        self.0.set(chosen);
        self.write();
        remember(LANGUAGE, chosen.as_str());
    }

    fn write(self) {
        if let Some(root) = document().document_element() {
            // A page without a root element cannot be.
            let _ = root.set_attribute("lang", self.0.get_untracked().as_str());
        }
    }
}

/// A word of the language in force: `t_string!(words, card.close)`.
macro_rules! t_string {
    ($words:expr, $($what:tt)+) => {
        leptos_i18n::td_string!($words.locale(), $($what)+)
    };
}
pub(crate) use t_string;

/// The language of the surrounding component.
pub fn lang() -> Lang {
    expect_context()
}

/// The tag that `Intl` wants.
fn tag(lang: Lang) -> &'static str {
    match lang.locale() {
        // English words with the day first and 24 hours: what a European room reads.
        Locale::en => "en-GB",
        Locale::ca => "ca",
    }
}

/// A severity.
pub fn severity(lang: Lang, severity: Severity) -> &'static str {
    match severity {
        Severity::Extreme => t_string!(lang, severity.extreme),
        Severity::Severe => t_string!(lang, severity.severe),
        Severity::Moderate => t_string!(lang, severity.moderate),
        Severity::Minor => t_string!(lang, severity.minor),
        Severity::Unknown => t_string!(lang, severity.unknown),
    }
}

/// A hazard.
pub fn hazard(lang: Lang, hazard: Hazard) -> &'static str {
    match hazard {
        Hazard::Flood => t_string!(lang, hazard.flood),
        Hazard::Storm => t_string!(lang, hazard.storm),
        Hazard::Wind => t_string!(lang, hazard.wind),
        Hazard::Snow => t_string!(lang, hazard.snow),
        Hazard::Heat => t_string!(lang, hazard.heat),
        Hazard::Earthquake => t_string!(lang, hazard.earthquake),
        Hazard::Landslide => t_string!(lang, hazard.landslide),
        Hazard::Wildfire => t_string!(lang, hazard.wildfire),
        Hazard::Fire => t_string!(lang, hazard.fire),
        Hazard::Explosion => t_string!(lang, hazard.explosion),
        Hazard::Chemical => t_string!(lang, hazard.chemical),
        Hazard::Building => t_string!(lang, hazard.building),
        Hazard::Transport => t_string!(lang, hazard.transport),
        Hazard::Power => t_string!(lang, hazard.power),
        Hazard::Crowd => t_string!(lang, hazard.crowd),
        Hazard::Violence => t_string!(lang, hazard.violence),
        Hazard::Health => t_string!(lang, hazard.health),
        Hazard::Other => t_string!(lang, hazard.other),
    }
}

/// Who speaks.
pub fn kind(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::Call => t_string!(lang, kind.call),
        Kind::Unit => t_string!(lang, kind.unit),
        Kind::Official => t_string!(lang, kind.official),
        Kind::Camera => t_string!(lang, kind.camera),
        Kind::Citizen => t_string!(lang, kind.citizen),
        Kind::Post => t_string!(lang, kind.post),
        Kind::Press => t_string!(lang, kind.press),
        Kind::Contributor => t_string!(lang, kind.contributor),
    }
}

/// Seen or heard.
pub fn basis(lang: Lang, basis: Basis) -> &'static str {
    match basis {
        Basis::Seen => t_string!(lang, basis.seen),
        Basis::Heard => t_string!(lang, basis.heard),
        Basis::Unknown => t_string!(lang, basis.unknown),
    }
}

/// What the room knows.
pub fn verification(lang: Lang, verification: Verification) -> &'static str {
    match verification {
        Verification::Unverified => t_string!(lang, verification.unverified),
        Verification::Unverifiable => t_string!(lang, verification.unverifiable),
        Verification::Supported => t_string!(lang, verification.supported),
        Verification::Confirmed => t_string!(lang, verification.confirmed),
        Verification::Refuted => t_string!(lang, verification.refuted),
    }
}

/// A window.
pub fn window(lang: Lang, window: Window) -> &'static str {
    match window {
        Window::Minutes15 => t_string!(lang, window.m15),
        Window::Hour1 => t_string!(lang, window.h1),
        Window::Hours2 => t_string!(lang, window.h2),
        Window::Hours24 => t_string!(lang, window.h24),
        Window::All => t_string!(lang, window.all),
        Window::Open => t_string!(lang, window.open),
    }
}

/// A mode.
pub fn mode(lang: Lang, mode: Mode) -> &'static str {
    match mode {
        Mode::Live => t_string!(lang, status.live),
        Mode::Exercise => t_string!(lang, status.exercise),
    }
}

/// A source's health.
pub fn health(lang: Lang, health: SourceHealth) -> &'static str {
    match health {
        SourceHealth::Live => t_string!(lang, status.n_live),
        SourceHealth::Paused => t_string!(lang, status.n_paused),
        SourceHealth::Late => t_string!(lang, status.n_late),
        SourceHealth::Silent => t_string!(lang, status.n_silent),
        SourceHealth::Broken => t_string!(lang, status.n_broken),
    }
}

/// A role; one that this version does not know is shown as it came.
pub fn role(lang: Lang, role: &str) -> String {
    match role {
        "viewer" => t_string!(lang, role.viewer).to_owned(),
        "contributor" => t_string!(lang, role.contributor).to_owned(),
        "analyst" => t_string!(lang, role.analyst).to_owned(),
        "duty-officer" => t_string!(lang, role.duty_officer).to_owned(),
        "administrator" => t_string!(lang, role.administrator).to_owned(),
        other => other.to_owned(),
    }
}

/// An age, from milliseconds.
pub fn age(lang: Lang, ms: i64) -> String {
    age_in(lang, age_of(ms))
}

/// An age.
pub fn age_in(lang: Lang, age: Age) -> String {
    match age {
        Age::Now => t_string!(lang, age.now).to_owned(),
        Age::Seconds(n) => t_string!(lang, age.s, n = n).to_string(),
        Age::Minutes(n) => t_string!(lang, age.min, n = n).to_string(),
        Age::Hours(n) => t_string!(lang, age.h, n = n).to_string(),
        Age::Days(n) => t_string!(lang, age.d, n = n).to_string(),
    }
}

/// A whole number with the language's thousands mark.
pub fn count(lang: Lang, n: u64) -> String {
    // Catalan leaves four digits ungrouped by default; a room compares numbers by their length.
    format_number(tag(lang), n as f64, "useGrouping", || "always".into())
}

/// What the language writes between thousands.
pub fn thousands_separator(lang: Lang) -> String {
    count(lang, 1_000).chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// Whether the language speaks of this many as of one, by the browser's own plural rules.
pub fn is_single(lang: Lang, n: u64) -> bool {
    let rules = Intl::PluralRules::new(&Array::of1(&JsValue::from_str(tag(lang))), &Object::new());
    rules.select(n as f64) == "one"
}

/// A measured value, with at most two decimals.
pub fn value(lang: Lang, value: f64) -> String {
    format_number(tag(lang), value, "maximumFractionDigits", || JsValue::from(2))
}

thread_local! {
    /// Formats by language and option: to make one takes a hundred times as long as to use it. There are two a language.
    static FORMATS: RefCell<BTreeMap<(&'static str, &'static str), Function>> = RefCell::default();
}

fn format_number(tag: &'static str, n: f64, option: &'static str, is: fn() -> JsValue) -> String {
    let format = FORMATS.with_borrow_mut(|formats| {
        let make = || {
            let options = Object::new();
            // Setting a property of a plain object cannot fail.
            let _ = Reflect::set(&options, &option.into(), &is());
            Intl::NumberFormat::new(&Array::of1(&JsValue::from_str(tag)), &options).format()
        };
        formats.entry((tag, option)).or_insert_with(make).clone()
    });
    let text = format.call1(&JsValue::NULL, &Number::from(n));
    text.ok().and_then(|text| text.as_string()).unwrap_or_else(|| n.to_string())
}

/// A time of day, `18:41:07`. `utc` for the second clock.
pub fn clock(ms: i64, utc: bool) -> String {
    let date = Date::new(&JsValue::from(ms as f64));
    let (h, m, s) = if utc {
        (date.get_utc_hours(), date.get_utc_minutes(), date.get_utc_seconds())
    } else {
        (date.get_hours(), date.get_minutes(), date.get_seconds())
    };
    format!("{h:02}:{m:02}:{s:02}")
}

/// A moment: time of day alone when it is less than twelve hours off, else with its date.
pub fn moment(lang: Lang, ms: i64, now: i64) -> String {
    if (now - ms).abs() < 12 * 3_600_000 {
        return clock(ms, false);
    }
    let date = Date::new(&JsValue::from(ms as f64));
    let options = Object::new();
    let _ = Reflect::set(&options, &"dateStyle".into(), &"medium".into());
    let _ = Reflect::set(&options, &"timeStyle".into(), &"medium".into());
    let text: JsString = date.to_locale_string(tag(lang), options.unchecked_ref());
    String::from(text)
}
