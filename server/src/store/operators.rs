//! Operators.

use super::{OperatorRow, Store, StoreError, reading, writing};

const ADD: &str = "INSERT INTO operator (name, role, password_phc, disabled, generation) \
     VALUES ($1, $2, $3, $4, $5)";
const ONE: &str =
    "SELECT name, role, password_phc, disabled, generation FROM operator WHERE name = $1";
const ALL: &str =
    "SELECT name, role, password_phc, disabled, generation FROM operator ORDER BY name";
const SET_ROLE: &str = "UPDATE operator SET role = $2, generation = generation + 1 WHERE name = $1";
const SET_PASSWORD: &str =
    "UPDATE operator SET password_phc = $2, generation = generation + 1 WHERE name = $1";
const SET_DISABLED: &str =
    "UPDATE operator SET disabled = $2, generation = generation + 1 WHERE name = $1";

type Raw = (String, String, String, i64, i64);

fn row((name, role, password_phc, disabled, generation): Raw) -> OperatorRow {
    OperatorRow { name, role, password_phc, disabled: disabled != 0, generation }
}

impl Store {
    /// Adds an operator; `Conflict` when the name is taken.
    pub async fn operator_add(&self, operator: &OperatorRow) -> Result<(), StoreError> {
        let added = writing!(self, db => sqlx::query(ADD)
            .bind(&operator.name)
            .bind(&operator.role)
            .bind(&operator.password_phc)
            .bind(i64::from(operator.disabled))
            .bind(operator.generation)
            .execute(db)
            .await
            .map(|_done| ()));
        added.map_err(|error| match error.into() {
            StoreError::Conflict(_) => StoreError::Conflict("an operator of this name"),
            other => other,
        })
    }

    /// One operator.
    pub async fn operator(&self, name: &str) -> Result<Option<OperatorRow>, StoreError> {
        let found: Option<Raw> =
            reading!(self, db => sqlx::query_as(ONE).bind(name).fetch_optional(db).await?);
        Ok(found.map(row))
    }

    /// All operators by name.
    pub async fn operators(&self) -> Result<Vec<OperatorRow>, StoreError> {
        let all: Vec<Raw> = reading!(self, db => sqlx::query_as(ALL).fetch_all(db).await?);
        let mut all: Vec<_> = all.into_iter().map(row).collect();
        // The databases collate differently; we do not.
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// Changes a role and raises the generation; `NotFound`.
    pub async fn operator_set_role(&self, name: &str, role: &str) -> Result<(), StoreError> {
        let n = writing!(self, db => sqlx::query(SET_ROLE)
            .bind(name).bind(role).execute(db).await?.rows_affected());
        found(n)
    }

    /// Changes a password and raises the generation; `NotFound`.
    pub async fn operator_set_password(&self, name: &str, phc: &str) -> Result<(), StoreError> {
        let n = writing!(self, db => sqlx::query(SET_PASSWORD)
            .bind(name).bind(phc).execute(db).await?.rows_affected());
        found(n)
    }

    /// Disables or enables, and raises the generation; `NotFound`.
    pub async fn operator_set_disabled(
        &self,
        name: &str,
        disabled: bool,
    ) -> Result<(), StoreError> {
        let n = writing!(self, db => sqlx::query(SET_DISABLED)
            .bind(name).bind(i64::from(disabled)).execute(db).await?.rows_affected());
        found(n)
    }
}

/// An update that touched nothing had nothing to touch.
pub(super) fn found(rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}
