//! The lock on the data directory: two servers on one journal would both believe to be its one writer.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// The file that is locked; it stays behind, empty.
const FILE: &str = "talaia.lock";

/// Held as long as the server runs; the kernel lets go of it however the process ends.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Said, and not left to the closing: a child of this process that is about to become another program still has the
        // file open for a moment. What cannot be let go here goes with the process.
        let _ = self.file.unlock();
    }
}

/// Why the data directory is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another server has it.
    #[error("another talaia runs on {0}: stop it, or choose another --data-dir")]
    Taken(String),
    /// It cannot be made or written.
    #[error("the data directory {0} cannot be used: {1}")]
    Unusable(String, std::io::Error),
}

impl FolderLock {
    /// Makes the directory if need be (for its owner only) and takes it.
    pub fn take(data_dir: &Path) -> Result<Self, LockError> {
        let shown = data_dir.display().to_string();
        let unusable = |cause| LockError::Unusable(shown.clone(), cause);
        DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(unusable)?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(data_dir.join(FILE))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Taken(shown)),
            Err(TryLockError::Error(cause)) => Err(unusable(cause)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_on_the_same_directory_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = FolderLock::take(dir.path()).expect("free");
        assert!(matches!(FolderLock::take(dir.path()), Err(LockError::Taken(_))));
        // As a child of ours has it until it is another program.
        let inherited = first.file.try_clone().expect("another handle");
        drop(first);
        assert!(FolderLock::take(dir.path()).is_ok());
        drop(inherited);
    }
}
