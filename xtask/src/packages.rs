//! npm packages from the lock file, without install scripts, once for each lock file.

use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::{paths, stamp, step};

/// The oldest Node the tests and build scripts are written for.
const NODE_MAJOR_MIN: u32 = 20;

/// `node_modules` as the lock file says.
pub(crate) fn ensure() -> Outcome<()> {
    node()?;
    let root = paths::root();
    let wanted = stamp::of(&[root.join("package.json"), root.join("package-lock.json")])?;
    // The stamp lives in the target directory, the packages beside it: both must be there.
    if root.join("node_modules/.package-lock.json").is_file() && stamp::is("npm", &wanted) {
        return Ok(());
    }
    step::run(
        "npm packages from package-lock.json",
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(root),
    )?;
    stamp::keep("npm", &wanted)
}

/// Node itself cannot be installed for the user: it says so.
pub(crate) fn node() -> Outcome<()> {
    let version = step::ask(Command::new("node").arg("--version"))
        .ok_or_else(|| Failure::new("Node is missing: install Node 20 or newer (https://nodejs.org, or your system's packages), then run this again"))?;
    match major(&version) {
        Some(found) if found >= NODE_MAJOR_MIN => Ok(()),
        _ => Err(Failure::new(format!(
            "Node is {version}; Talaia needs {NODE_MAJOR_MIN} or newer: install it, then run this again"
        ))),
    }
}

fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("nonsense"), None);
    }
}
