//! Where each source goes on after a restart. Kept in the database beside the entries it stands for.

use crate::pipeline::Cursor;
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

/// The cursor of a source, to be written with the entries it stands for.
pub(super) fn at(id: &str, cursor: &str) -> Cursor {
    Cursor { name: name(id), value: cursor.to_owned() }
}
