//! The first start: without an operator nobody could sign in, so `admin` is made and its password kept in a file.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{Refused, operators};
use crate::store::Store;

/// The name of the first operator.
const NAME: &str = "admin";

/// Where the first password is kept.
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("first-sign-in")
}

/// Makes `admin` if there is no operator at all, and gives its password.
pub async fn first_sign_in(store: &Store, data_dir: &Path) -> Result<Option<String>, Refused> {
    if !store.operators().await?.is_empty() {
        return Ok(None);
    }
    let done = operators::add(store, NAME, crate::auth::Role::Administrator.word()).await?;
    let Some(password) = done.secret else { return Ok(None) };
    let path = file(data_dir);
    keep(&path, &password).map_err(|cause| {
        Refused::Failed(format!("the first password cannot be kept in {}: {cause}", path.display()))
    })?;
    Ok(Some(password))
}

fn keep(path: &Path, password: &str) -> std::io::Result<()> {
    // A file left by an earlier database has another password, and its mode may have been changed.
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{password}")?;
    file.sync_all()
}
