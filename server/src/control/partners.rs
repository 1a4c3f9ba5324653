//! Acts on partners and their keys.

use wire::view::Mode;

use super::{Done, Refused, check_name};
use crate::auth::{Scopes, UnknownScope, key, lane_id, source_id};
use crate::clock::Clock;
use crate::hub::Hub;
use crate::store::{KeyKind, KeyRow, KeyTerms, SourceRow, Store, box_text};

/// The longest that a replaced key may go on: a quarter is enough for the slowest change of a gateway's settings.
pub(crate) const KEEP_OLD_MAX_MS: i64 = 92 * 86_400_000;

/// All keys of a partner that were not revoked, ended by themselves or not.
async fn keys_of(store: &Store, name: &str) -> Result<Vec<KeyRow>, Refused> {
    let keys = store.keys().await?;
    Ok(keys.into_iter().filter(|key| key.partner == name && key.revoked_at.is_none()).collect())
}

fn unknown(name: &str) -> Refused {
    Refused::Failed(format!(
        "{name:?} has no key in force: talaia partner list names those that do"
    ))
}

async fn make(
    store: &Store,
    clock: &Clock,
    source: &SourceRow,
    name: &str,
    scopes: &str,
    terms: KeyTerms,
) -> Result<String, Refused> {
    let made = key::make(source.mode, terms.kind).map_err(Refused::failed)?;
    let row = KeyRow {
        id: made.id,
        secret_sha256: made.secret_sha256,
        source: source.key,
        partner: name.to_owned(),
        scopes: scopes.to_owned(),
        mode: source.mode,
        created_at: clock.now(),
        revoked_at: None,
        terms,
    };
    store.key_add(&row).await?;
    Ok(made.shown)
}

/// The account of a partner, or of the lane of its test key.
async fn account(
    store: &Store,
    name: &str,
    mode: Mode,
    kind: KeyKind,
) -> Result<SourceRow, Refused> {
    let id = match kind {
        KeyKind::Full => source_id(name),
        KeyKind::Test => lane_id(name),
    };
    Ok(store.source_ensure(&id, name, mode).await?)
}

fn check(terms: &KeyTerms, clock: &Clock) -> Result<(), Refused> {
    if terms.expires_at.is_some_and(|at| at <= clock.now()) {
        return Err(Refused::Usage("a key cannot end in the past: give a later day".to_owned()));
    }
    let none = [terms.requests_per_s, terms.items_per_s].contains(&Some(0))
        || terms.items_per_day == Some(0);
    if none {
        return Err(Refused::Usage("a rate is at least 1".to_owned()));
    }
    Ok(())
}

/// What a key is bound to, in words.
fn bounds(terms: &KeyTerms) -> String {
    let mut words = Vec::new();
    if terms.kind == KeyKind::Test {
        words.push("test lane".to_owned());
    }
    words.extend(terms.area.map(|area| format!("area {}", box_text(area))));
    words.extend(terms.requests_per_s.map(|n| format!("{n} requests/s")));
    words.extend(terms.items_per_s.map(|n| format!("{n} items/s")));
    words.extend(terms.items_per_day.map(|n| format!("{n} items/day")));
    words.join("; ")
}

pub(super) async fn add(
    store: &Store,
    clock: &Clock,
    name: &str,
    scopes: &str,
    mode: Mode,
    terms: KeyTerms,
) -> Result<Done, Refused> {
    check_name(name)?;
    check(&terms, clock)?;
    let scopes: Scopes =
        scopes.parse().map_err(|unknown: UnknownScope| Refused::Usage(unknown.to_string()))?;
    let now = clock.now();
    let there = keys_of(store, name).await?;
    if there.iter().any(|key| key.terms.kind == terms.kind && key.is_in_force(now)) {
        return Err(Refused::Conflict(format!(
            "there is a partner {name:?} with a key in force: rotate or revoke it, or choose another name"
        )));
    }
    let source = account(store, name, mode, terms.kind).await?;
    if source.mode != mode {
        return Err(Refused::Conflict(format!(
            "the partner {name:?} was one of {} before, and stays so: choose another name for {mode}",
            source.mode
        )));
    }
    let bounds = bounds(&terms);
    let end = terms.expires_at.map_or(String::new(), |at| format!("; until {at}"));
    let secret = make(store, clock, &source, name, &scopes.to_string(), terms).await?;
    let bounds = if bounds.is_empty() { bounds } else { format!("; {bounds}") };
    Ok(Done {
        said: Some(format!(
            "Partner {name} ({mode}: {scopes}{bounds}{end}); the key is shown this once:"
        )),
        secret: Some(secret),
        ..Done::default()
    })
}

pub(super) async fn list(store: &Store, clock: &Clock) -> Result<Done, Refused> {
    let header = ["NAME", "MODE", "KEY", "SCOPES", "MADE", "STATE", "DAYS LEFT", "BOUND TO"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let now = clock.now();
    for key in store.keys().await? {
        let state = match (key.revoked_at, key.terms.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) if at <= now => format!("expired {at}"),
            (None, Some(at)) => format!("until {at}"),
            (None, None) => "in force".to_owned(),
        };
        let days = if key.is_in_force(now) { key.days_left(now) } else { None };
        rows.push(vec![
            key.partner,
            key.mode.to_string(),
            key.id,
            key.scopes.replace(' ', ","),
            key.created_at.to_string(),
            state,
            days.map_or(String::new(), |days| days.to_string()),
            bounds(&key.terms),
        ]);
    }
    Ok(Done { rows, ..Done::default() })
}

async fn end(
    store: &Store,
    clock: &Clock,
    hub: Option<&Hub>,
    keys: &[KeyRow],
) -> Result<(), Refused> {
    for key in keys {
        store.key_revoke(&key.id, clock.now()).await?;
        if let Some(hub) = hub {
            hub.revoke(&format!("key:{}", key.id));
        }
    }
    Ok(())
}

/// A new key with the same rights. The old one ends at once, or goes on for `keep_old_ms`; of more than two the oldest end.
pub(super) async fn rotate(
    store: &Store,
    clock: &Clock,
    hub: Option<&Hub>,
    name: &str,
    kind: KeyKind,
    keep_old_ms: i64,
) -> Result<Done, Refused> {
    if !(0..=KEEP_OLD_MAX_MS).contains(&keep_old_ms) {
        return Err(Refused::Usage("--keep-old may be 92 days at most, such as 7d".to_owned()));
    }
    let mut old = keys_of(store, name).await?;
    old.retain(|key| key.terms.kind == kind);
    old.sort_by_key(|key| key.created_at);
    let Some(newest) = old.last().cloned() else { return Err(unknown(name)) };
    let now = clock.now();
    let source = account(store, name, newest.mode, kind).await?;
    let mut terms = newest.terms.clone();
    // As long as the one before was meant to be.
    terms.expires_at = terms.expires_at.map(|at| now.plus_ms(at.ms_since(newest.created_at)));
    let secret = make(store, clock, &source, name, &newest.scopes, terms).await?;
    let said = if keep_old_ms > 0 && newest.is_in_force(now) {
        old.pop();
        let until = now.plus_ms(keep_old_ms);
        store.key_expire(&newest.id, until).await?;
        let until = newest.terms.expires_at.map_or(until, |at| at.min(until));
        format!("The old key of {name} goes on until {until}; the new one is shown this once:")
    } else {
        format!("The old key of {name} is revoked; the new one is shown this once:")
    };
    end(store, clock, hub, &old).await?;
    Ok(Done { said: Some(said), secret: Some(secret), ..Done::default() })
}

pub(super) async fn revoke(
    store: &Store,
    clock: &Clock,
    hub: Option<&Hub>,
    name: &str,
) -> Result<Done, Refused> {
    let keys = keys_of(store, name).await?;
    if keys.is_empty() {
        return Err(unknown(name));
    }
    end(store, clock, hub, &keys).await?;
    Ok(Done::said(match keys.len() {
        1 => format!("The key of {name} is revoked."),
        n => format!("The {n} keys of {name} are revoked."),
    }))
}

/// Ends one key; the partner's other goes on.
pub(super) async fn revoke_one(
    store: &Store,
    clock: &Clock,
    hub: Option<&Hub>,
    id: &str,
) -> Result<Done, Refused> {
    let key = store.key(id).await?.filter(|key| key.revoked_at.is_none());
    let Some(key) = key else {
        return Err(Refused::Conflict(format!("there is no key {id:?} that could be revoked")));
    };
    end(store, clock, hub, std::slice::from_ref(&key)).await?;
    Ok(Done::said(format!("The key {id} of {} is revoked.", key.partner)))
}

/// Bytes of a telephone: a number, a name, hours.
const PHONE_BYTES_MAX: usize = 200;

pub(super) async fn contact(
    store: &Store,
    name: &str,
    webhook: Option<String>,
    phone: Option<String>,
) -> Result<Done, Refused> {
    if let Some(address) = webhook.as_ref().filter(|address| !address.is_empty()) {
        crate::webhook::check(address).map_err(|why| Refused::Usage(format!("--webhook {why}")))?;
    }
    if phone.as_ref().is_some_and(|phone| phone.len() > PHONE_BYTES_MAX || phone.contains('\0')) {
        return Err(Refused::Usage(format!("--phone has at most {PHONE_BYTES_MAX} bytes")));
    }
    let id = source_id(name);
    if !store.sources().await?.iter().any(|source| source.id == id) {
        return Err(Refused::Failed(format!(
            "there is no partner {name:?}: talaia partner list names them"
        )));
    }
    let mut row = store.contacts().await?.remove(&id).unwrap_or_default();
    let filled = |text: String| (!text.is_empty()).then_some(text);
    row.webhook = webhook.map_or(row.webhook, filled);
    row.phone = phone.map_or(row.phone, filled);
    store.contact_set(&id, &row).await?;
    let told = if row.webhook.is_some() { "is told by its webhook" } else { "is told by nobody" };
    Ok(Done::said(format!("{name} {told} when its feed falls silent.")))
}
