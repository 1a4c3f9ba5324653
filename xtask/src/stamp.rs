//! "Nothing changed since": a hash over the content of files, kept in a small file.
//!
//! By content, not by time: a fresh checkout or a `git switch` there and back touches every file and changes none.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher as _;
use std::path::{Path, PathBuf};

use crate::failure::{Outcome, at};
use crate::paths;

/// Hash of the paths and contents of files and folders; what does not exist counts as absent.
pub(crate) fn of(inputs: &[PathBuf]) -> Outcome<String> {
    let mut files = Vec::new();
    for input in inputs {
        collect(input, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in &files {
        let name = file.strip_prefix(paths::root()).unwrap_or(file).to_string_lossy();
        hasher.write(name.as_bytes());
        let content = at(file.display(), fs::read(file))?;
        hasher.write_u64(content.len() as u64);
        hasher.write(&content);
    }
    Ok(format!("{:016x}-{}", hasher.finish(), files.len()))
}

/// Hash of one content.
pub(crate) fn of_bytes(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    format!("{:016x}-{}", hasher.finish(), content.len())
}

/// Every file under a path, the path itself included.
pub(crate) fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Outcome<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if path.is_dir() {
        for entry in at(path.display(), fs::read_dir(path))? {
            collect(&at(path.display(), entry)?.path(), files)?;
        }
    }
    Ok(())
}

/// Whether the stamp of that name holds this value.
pub(crate) fn is(name: &str, value: &str) -> bool {
    fs::read_to_string(file(name)).is_ok_and(|kept| kept == value)
}

/// Keeps the value under that name.
pub(crate) fn keep(name: &str, value: &str) -> Outcome<()> {
    let file = file(name);
    if let Some(folder) = file.parent() {
        at(folder.display(), fs::create_dir_all(folder))?;
    }
    at(file.display(), fs::write(&file, value))
}

fn file(name: &str) -> PathBuf {
    paths::memory().join(format!("{name}.stamp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_and_a_new_file_change_the_stamp() {
        let folder = std::env::temp_dir().join(format!("talaia-stamp-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a"), "one").unwrap();
        let before = of(std::slice::from_ref(&folder)).unwrap();
        assert_eq!(before, of(std::slice::from_ref(&folder)).unwrap());
        fs::write(folder.join("a"), "two").unwrap();
        let changed = of(std::slice::from_ref(&folder)).unwrap();
        fs::write(folder.join("b"), "").unwrap();
        let added = of(std::slice::from_ref(&folder)).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_ne!(before, changed);
        assert_ne!(changed, added);
    }
}
