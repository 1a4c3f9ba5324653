//! Where each source goes on after a restart. Kept in the database beside the entries it stands for.

use super::Profile;
use crate::pipeline::Cursor;
use crate::state::App;
use crate::store::StoreError;

/// Its name among the database's named values. One that was added at the desk begins anew at another address: what is known of the
/// one before says nothing there.
fn name(profile: &Profile) -> String {
    match profile.since {
        None => format!("cursor:{}", profile.id),
        Some(since) => format!("cursor:{}:{}", profile.id, since.0),
    }
}

/// The cursor of a source, empty before the first.
pub(super) async fn load(app: &App, profile: &Profile) -> Result<String, StoreError> {
    Ok(app.store.meta(&name(profile)).await?.unwrap_or_default())
}

/// The cursor of a source, to be written with the entries it stands for.
pub(super) fn at(profile: &Profile, cursor: &str) -> Cursor {
    Cursor { name: name(profile), value: cursor.to_owned() }
}
