//! What a kind of source needs beside a name and an address, in the form that adds one, and what its fields say.

use leptos::prelude::*;
use serde_json::{Map, Value, json};
use web_sys::HtmlFormElement;
use wire::grade::{Hazard, Severity};

use crate::ui::dynamic::live;
use crate::ui::form::value;
use crate::words::{self, Lang, t_string};

/// What the server reads without a setting that this form does not have, the ones asked for most first.
pub const KINDS: [&str; 13] = [
    "cap",
    "rss",
    "gdacs",
    "emsc",
    "usgs",
    "nws",
    "datex",
    "gtfs",
    "sensorthings",
    "cad",
    "mail",
    "jetstream",
    "mastodon",
];
/// Rules of a mailbox that are filled in here: one that needs more is read by the settings.
const RULES: usize = 4;

/// Formats have names of their own, the same in every language.
pub fn kind_word(words: Lang, kind: &str) -> &'static str {
    match kind {
        "cap" => "CAP (Atom, RSS, MeteoAlarm)",
        "rss" => "RSS, Atom, GeoRSS",
        "gdacs" => "GDACS",
        "emsc" => "EMSC (FDSN event)",
        "usgs" => "USGS",
        "nws" => "NWS",
        "datex" => "DATEX II",
        "gtfs" => "GTFS-realtime",
        "sensorthings" => "OGC SensorThings",
        "mail" => t_string!(words, feeds.kind_mail),
        "jetstream" => "Bluesky (Jetstream)",
        "mastodon" => "Mastodon",
        _ => "CAD (CSV, GeoJSON)",
    }
}

/// Whether it is listened to while an operation runs, and not asked.
pub fn is_stream(kind: &str) -> bool {
    matches!(kind, "jetstream" | "mastodon")
}

/// An address of it.
pub fn example(kind: &str) -> &'static str {
    match kind {
        "mail" => "imaps://mail.example",
        "jetstream" => "wss://jetstream1.us-east.bsky.network/subscribe",
        _ => "https://",
    }
}

/// How its address begins.
pub fn scheme(kind: &str) -> &'static str {
    example(kind).split(':').next().unwrap_or_default()
}

/// How often it may be asked, in seconds at the least; none of what is listened to.
pub fn least_s(kind: &str) -> Option<u32> {
    match kind {
        kind if is_stream(kind) => None,
        "mail" => Some(15),
        _ => Some(60),
    }
}

/// Its fields.
pub fn fields(words: Lang, kind: &str) -> AnyView {
    match kind {
        "mail" => mail_fields(words),
        "jetstream" => under(words),
        "mastodon" => view! {
            <label for="add-tags">{live(move || t_string!(words, feeds.add_tags))}</label>
            <input id="add-tags" name="tags" required maxlength="1000" autocomplete="off" spellcheck="false" placeholder="inundacio, dana"/>
            <label for="add-password">{live(move || t_string!(words, feeds.add_token))}</label>
            <input id="add-password" name="password" type="password" required autocomplete="off"/>
            {under(words)}
        }
        .into_any(),
        _ => view! {
            <label for="add-password">{live(move || t_string!(words, feeds.add_password))}</label>
            <input id="add-password" name="password" type="password" autocomplete="off"/>
        }
        .into_any(),
    }
}

/// That posts are kept under an operation alone.
fn under(words: Lang) -> AnyView {
    view! { <p class="soft wide">{live(move || t_string!(words, feeds.add_under))}</p> }.into_any()
}

fn mail_fields(words: Lang) -> AnyView {
    let more = (1..RULES).map(|n| rule(words, n)).collect_view();
    view! {
        <label for="add-user">{live(move || t_string!(words, feeds.add_user))}</label>
        <input id="add-user" name="user" required maxlength="200" autocomplete="off" spellcheck="false"/>
        <label for="add-password">{live(move || t_string!(words, feeds.add_mail_password))}</label>
        <input id="add-password" name="password" type="password" required autocomplete="off"/>
        <label for="add-mailbox">{live(move || t_string!(words, feeds.add_mailbox))}</label>
        <input id="add-mailbox" name="mailbox" maxlength="200" autocomplete="off" spellcheck="false" placeholder="INBOX"/>
        <label for="add-checked">{live(move || t_string!(words, feeds.add_checked))}</label>
        <input id="add-checked" name="authenticated_by" maxlength="200" autocomplete="off" spellcheck="false" placeholder="mx.city.example" aria-describedby="add-checked-note"/>
        <p class="soft wide" id="add-checked-note">{live(move || t_string!(words, feeds.add_checked_note))}</p>
        {rule(words, 0)}
        <details class="wide">
            <summary>{live(move || t_string!(words, feeds.add_more_rules))}</summary>
            {more}
        </details>
    }
    .into_any()
}

/// A rule: whose mail is a notice, and of what.
fn rule(words: Lang, n: usize) -> AnyView {
    let id = |field: &str| format!("add-{field}-{n}");
    let hazards = Hazard::ALL
        .iter()
        .map(|&hazard| view! { <option value=hazard.word()>{live(move || words::hazard(words, hazard))}</option> })
        .collect_view();
    let severities = Severity::ALL
        .iter()
        .map(|&severity| view! { <option value=severity.word()>{live(move || words::severity(words, severity))}</option> })
        .collect_view();
    view! {
        <fieldset class="rule wide">
            <legend>{live(move || t_string!(words, feeds.add_rule))}</legend>
            <label for=id("from")>{live(move || t_string!(words, feeds.add_from))}</label>
            <input id=id("from") name=id("from") required=n == 0 maxlength="320" autocomplete="off" spellcheck="false" placeholder="*@met.example"/>
            <label for=id("subject")>{live(move || t_string!(words, feeds.add_subject))}</label>
            <input id=id("subject") name=id("subject") maxlength="320" autocomplete="off" placeholder="*"/>
            <label for=id("hazard")>{live(move || t_string!(words, card.hazard))}</label>
            <select id=id("hazard") name=id("hazard")>{hazards}</select>
            <label for=id("severity")>{live(move || t_string!(words, feeds.add_severity))}</label>
            <select id=id("severity") name=id("severity")>{severities}</select>
            <label for=id("place")>{live(move || t_string!(words, feeds.add_place))}</label>
            <input id=id("place") name=id("place") maxlength="200" autocomplete="off"/>
        </fieldset>
    }
    .into_any()
}

/// What its fields say, into the settings of a source. What stands in no field of this kind is not said.
pub fn said(form: &HtmlFormElement, kind: &str, body: &mut Map<String, Value>) {
    let mut put = |name: &str, said: Value| drop(body.insert(name.to_owned(), said));
    for name in ["user", "password", "mailbox", "authenticated_by"] {
        let said = value(form, name);
        if !said.is_empty() {
            put(name, json!(said));
        }
    }
    match kind {
        "mail" => {
            let rules: Vec<Value> = (0..RULES).filter_map(|n| notice(form, n)).collect();
            put("notices", json!(rules));
        }
        "mastodon" => {
            let tags = value(form, "tags");
            let tags = tags.split(',').map(|tag| tag.trim().trim_start_matches('#'));
            put("tags", json!(tags.filter(|tag| !tag.is_empty()).collect::<Vec<_>>()));
        }
        _ => {}
    }
}

/// A rule that names a sender.
fn notice(form: &HtmlFormElement, n: usize) -> Option<Value> {
    let said = |field: &str| value(form, &format!("add-{field}-{n}"));
    let from = said("from");
    if from.is_empty() {
        return None;
    }
    let mut rule = Map::from_iter([("from".to_owned(), json!(from))]);
    for field in ["subject", "hazard", "severity", "place"] {
        let said = said(field);
        if !said.is_empty() {
            rule.insert(field.to_owned(), json!(said));
        }
    }
    Some(Value::Object(rule))
}
