//! Where things are: the repository, the target directory, the tool cache.

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// The one target directory, `CARGO_TARGET_DIR` or `target`.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |chosen| absolute(PathBuf::from(chosen)))
}

/// What xtask itself remembers between two runs; going with `target` it is never stale after a `cargo clean`.
pub(crate) fn memory() -> PathBuf {
    target().join("xtask")
}

/// The built browser half.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// The per-user cache of compiled tools.
pub(crate) fn tools() -> Outcome<PathBuf> {
    if let Some(chosen) = env::var_os("TALAIA_TOOLS") {
        return Ok(absolute(PathBuf::from(chosen)));
    }
    let cache = env::var_os("XDG_CACHE_HOME")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or_else(|| Failure::new("no HOME: set TALAIA_TOOLS to a folder for compiled tools"))?;
    Ok(cache.join("talaia").join("tools"))
}

/// A program found in `PATH`.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn absolute(path: PathBuf) -> PathBuf {
    if path.is_absolute() { path } else { root().join(path) }
}
