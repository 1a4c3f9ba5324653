//! Acts on partners and their keys.

use wire::view::Mode;

use super::{Done, Refused, check_name};
use crate::auth::{Scopes, UnknownScope, key, source_id};
use crate::clock::Clock;
use crate::hub::Hub;
use crate::store::{KeyRow, SourceRow, Store};

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
) -> Result<String, Refused> {
    let made = key::make(source.mode).map_err(Refused::failed)?;
    let row = KeyRow {
        id: made.id,
        secret_sha256: made.secret_sha256,
        source: source.key,
        partner: name.to_owned(),
        scopes: scopes.to_owned(),
        mode: source.mode,
        created_at: clock.now(),
        revoked_at: None,
    };
    store.key_add(&row).await?;
    Ok(made.shown)
}

pub(super) async fn add(
    store: &Store,
    clock: &Clock,
    name: &str,
    scopes: &str,
    mode: Mode,
) -> Result<Done, Refused> {
    check_name(name)?;
    let scopes: Scopes =
        scopes.parse().map_err(|unknown: UnknownScope| Refused::Usage(unknown.to_string()))?;
    if !keys_of(store, name).await?.is_empty() {
        return Err(Refused::Failed(format!(
            "there is a partner {name:?} with a key in force: rotate or revoke it, or choose another name"
        )));
    }
    let source = store.source_ensure(&source_id(name), name, mode).await?;
    if source.mode != mode {
        return Err(Refused::Failed(format!(
            "the partner {name:?} was one of {} before, and stays so: choose another name for {mode}",
            source.mode
        )));
    }
    let secret = make(store, clock, &source, name, &scopes.to_string()).await?;
    Ok(Done {
        said: Some(format!("Partner {name} ({mode}: {scopes}); the key is shown this once:")),
        secret: Some(secret),
        ..Done::default()
    })
}

pub(super) async fn list(store: &Store) -> Result<Done, Refused> {
    let header = ["NAME", "MODE", "KEY", "SCOPES", "MADE", "STATE"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for key in store.keys().await? {
        let state =
            key.revoked_at.map_or_else(|| "in force".to_owned(), |at| format!("revoked {at}"));
        rows.push(vec![
            key.partner,
            key.mode.to_string(),
            key.id,
            key.scopes.replace(' ', ","),
            key.created_at.to_string(),
            state,
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

pub(super) async fn rotate(
    store: &Store,
    clock: &Clock,
    hub: Option<&Hub>,
    name: &str,
) -> Result<Done, Refused> {
    let old = keys_of(store, name).await?;
    let Some(newest) = old.iter().max_by_key(|key| key.created_at) else {
        return Err(unknown(name));
    };
    let source = store.source_ensure(&source_id(name), name, newest.mode).await?;
    let secret = make(store, clock, &source, name, &newest.scopes).await?;
    end(store, clock, hub, &old).await?;
    Ok(Done {
        said: Some(format!("The old key of {name} is revoked; the new one is shown this once:")),
        secret: Some(secret),
        ..Done::default()
    })
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
    Ok(Done::said(format!("The key of {name} is revoked.")))
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
