//! Where each source goes on after a restart. Kept in the database beside the entries it stands for.

use crate::state::App;
use crate::store::StoreError;

/// Its name among the database's named values.
fn name(id: &str) -> String {
    format!("cursor:{id}")
}

/// The cursor of a source, empty before the first.
pub(super) async fn load(app: &App, id: &str) -> Result<String, StoreError> {
    Ok(app.store.meta(&name(id)).await?.unwrap_or_default())
}

/// Moves the cursor of a source. Only after the entries it stands for are on disk.
pub(super) async fn save(app: &App, id: &str, cursor: &str) -> Result<(), StoreError> {
    app.store.meta_set(&name(id), cursor).await
}
