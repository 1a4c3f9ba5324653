//! Acts on operators.

use super::{Done, Refused, check_name};
use crate::auth::{Role, UnknownRole, password};
use crate::hub::Hub;
use crate::store::{OperatorRow, Store, StoreError};

fn known_role(word: &str) -> Result<Role, Refused> {
    word.parse().map_err(|unknown: UnknownRole| Refused::Usage(unknown.to_string()))
}

fn whose(name: &str) -> impl Fn(StoreError) -> Refused + '_ {
    move |error| match error {
        StoreError::NotFound => Refused::Failed(format!(
            "there is no operator {name:?}: talaia operator list names them"
        )),
        StoreError::Conflict(_) => {
            Refused::Failed(format!("there is an operator {name:?} already: choose another name"))
        }
        other => other.into(),
    }
}

fn ended(hub: Option<&Hub>, name: &str) {
    if let Some(hub) = hub {
        hub.revoke(&format!("operator:{name}"));
    }
}

pub(super) async fn add(store: &Store, name: &str, role: &str) -> Result<Done, Refused> {
    check_name(name)?;
    let role = known_role(role)?;
    let secret = password::generate().map_err(Refused::failed)?;
    let password_phc = password::hash(secret.clone()).await.map_err(Refused::failed)?;
    let row = OperatorRow {
        name: name.to_owned(),
        role: role.word().to_owned(),
        password_phc,
        disabled: false,
        generation: 1,
    };
    store.operator_add(&row).await.map_err(whose(name))?;
    Ok(Done {
        said: Some(format!("Operator {name} ({role}); the password is shown this once:")),
        secret: Some(secret),
        ..Done::default()
    })
}

pub(super) async fn list(store: &Store) -> Result<Done, Refused> {
    let mut rows = vec![["NAME", "ROLE", "STATE"].map(str::to_owned).to_vec()];
    for row in store.operators().await? {
        let state = if row.disabled { "disabled" } else { "active" };
        rows.push(vec![row.name, row.role, state.to_owned()]);
    }
    Ok(Done { rows, ..Done::default() })
}

pub(super) async fn role(
    store: &Store,
    hub: Option<&Hub>,
    name: &str,
    role: &str,
) -> Result<Done, Refused> {
    let role = known_role(role)?;
    store.operator_set_role(name, role.word()).await.map_err(whose(name))?;
    ended(hub, name);
    Ok(Done::said(format!("{name} is {role} now and signs in again.")))
}

pub(super) async fn password(
    store: &Store,
    hub: Option<&Hub>,
    name: &str,
) -> Result<Done, Refused> {
    let secret = password::generate().map_err(Refused::failed)?;
    let phc = password::hash(secret.clone()).await.map_err(Refused::failed)?;
    store.operator_set_password(name, &phc).await.map_err(whose(name))?;
    ended(hub, name);
    Ok(Done {
        said: Some(format!("The new password of {name} is shown this once:")),
        secret: Some(secret),
        ..Done::default()
    })
}

pub(super) async fn disable(
    store: &Store,
    hub: Option<&Hub>,
    name: &str,
    disabled: bool,
) -> Result<Done, Refused> {
    store.operator_set_disabled(name, disabled).await.map_err(whose(name))?;
    ended(hub, name);
    let state = if disabled { "disabled: the logins have ended" } else { "active again" };
    Ok(Done::said(format!("{name} is {state}.")))
}
