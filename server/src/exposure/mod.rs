//! Exposure: the register of who is where, as it was imported. One file in the data directory, the same for live and exercise;
//! replaced as a whole.

mod read;

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::UNIX_EPOCH;

use engine::exposure::Register;
use uuid::Uuid;
use wire::time::Timestamp;

pub use read::{Wrong, read};

/// Bytes of an import: a region's schools and its census grid.
pub const IMPORT_BYTES_MAX: usize = 64 << 20;

/// Its name in the data directory.
const FILE: &str = "exposure";

/// The end of the name of what is on its way there.
const NEW: &str = ".new";

/// What was written so long ago and did not get there never will: a command may import while a server starts, but is done in seconds.
const LEFT_MS: i64 = 3_600_000;

/// Why an import was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// What is wrong with it.
    #[error("{}", told(.0))]
    Wrong(Vec<Wrong>),
    /// The disk.
    #[error("the file of the register cannot be kept: {0}")]
    Disk(#[from] io::Error),
}

fn told(wrong: &[Wrong]) -> String {
    wrong.iter().map(|one| format!("{}: {}", one.at, one.remedy)).collect::<Vec<_>>().join("; ")
}

/// The register in force.
#[derive(Debug)]
pub struct Exposure {
    path: PathBuf,
    /// One at a time writes the file or reads it again, so that memory has what the disk has.
    changing: Mutex<()>,
    register: RwLock<Option<Arc<Register>>>,
}

impl Exposure {
    /// What the data directory has; an empty register where nothing was imported. What cannot be read keeps no server from
    /// starting: it runs without a register.
    ///
    /// What tries left that were cut short is taken away, `now` being the moment.
    pub fn open(data_dir: &Path, now: Timestamp) -> Self {
        if let Err(cause) = sweep(data_dir, now) {
            tracing::warn!(%cause, path = %data_dir.display(), "what is left of imports that were cut short stays");
        }
        let path = data_dir.join(FILE);
        let loaded = load(&path).inspect_err(|cause| {
            tracing::error!(%cause, path = %path.display(), "who is where cannot be read: import it again");
        });
        let register = RwLock::new(loaded.ok().map(Arc::new));
        Self { path, changing: Mutex::new(()), register }
    }

    /// The register; none where the file of it could not be read.
    pub fn register(&self) -> Option<Arc<Register>> {
        self.register.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps an import in place of what was there, once it is on disk.
    pub fn import(&self, bytes: &[u8]) -> Result<Arc<Register>, ImportError> {
        self.change(|path| keep(path, bytes))
    }

    /// Reads again what is on disk, after somebody else imported.
    pub fn reload(&self) -> Result<Arc<Register>, ImportError> {
        self.change(load)
    }

    fn change(
        &self,
        to: impl FnOnce(&Path) -> Result<Register, ImportError>,
    ) -> Result<Arc<Register>, ImportError> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let register = Arc::new(to(&self.path)?);
        let mut current = self.register.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::clone(&register));
        Ok(register)
    }
}

fn load(path: &Path) -> Result<Register, ImportError> {
    match std::fs::read(path) {
        Ok(bytes) => read(&bytes).map_err(ImportError::Wrong),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Register::default()),
        Err(cause) => Err(cause.into()),
    }
}

/// Keeps an import in a data directory, for a server to read.
pub fn import_into(data_dir: &Path, bytes: &[u8]) -> Result<Register, ImportError> {
    keep(&data_dir.join(FILE), bytes)
}

/// Takes away what imports left that were cut short.
fn sweep(data_dir: &Path, now: Timestamp) -> io::Result<()> {
    for entry in std::fs::read_dir(data_dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let middle = name.to_str().and_then(|name| name.strip_prefix(FILE)?.strip_suffix(NEW));
        let is_try = middle.and_then(|name| name.strip_prefix('.')).map(Uuid::try_parse);
        if !matches!(is_try, Some(Ok(_))) {
            continue;
        }
        let written = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let written_ms = i64::try_from(written.as_millis()).unwrap_or(i64::MAX);
        if now.0.saturating_sub(written_ms) > LEFT_MS {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Written beside its place, then moved there: at no moment is half of it there.
fn keep(path: &Path, bytes: &[u8]) -> Result<Register, ImportError> {
    if bytes.len() > IMPORT_BYTES_MAX {
        let remedy =
            format!("an import has at most {IMPORT_BYTES_MAX} bytes: leave out what is far away");
        return Err(ImportError::Wrong(vec![Wrong { at: "the file".to_owned(), remedy }]));
    }
    let register = read(bytes).map_err(ImportError::Wrong)?;
    // A name of its own: the server and a command may import at the same moment.
    let beside = path.with_extension(format!("{}{NEW}", Uuid::now_v7().simple()));
    let moved = write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    if moved.is_err() {
        // The cause is told; what is left of the try is worth nothing.
        let _ = std::fs::remove_file(&beside);
    }
    moved?;
    // The move, too, must outlive a power cut.
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(register)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(n_sites: usize) -> String {
        let rows = (0..n_sites).map(|n| format!("school,Escola {n},2.17,41.4\n"));
        std::iter::once("kind,name,lng,lat\n".to_owned()).chain(rows).collect()
    }

    fn files(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).expect("a directory");
        entries.map(|one| one.expect("a file").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn imports_at_the_same_moment_leave_one_of_them_whole_in_memory_as_on_disk() {
        let dir = tempfile::tempdir().expect("a directory");
        let exposure = Exposure::open(dir.path(), Timestamp(0));
        std::thread::scope(|scope| {
            for n in 1..=8 {
                let (exposure, dir) = (&exposure, dir.path());
                scope.spawn(move || {
                    // Half of them come from a command, which then tells the server.
                    let bytes = table(n * 500);
                    if n % 2 == 0 {
                        exposure.import(bytes.as_bytes()).expect("kept");
                    } else {
                        import_into(dir, bytes.as_bytes()).expect("kept");
                        exposure.reload().expect("read");
                    }
                });
            }
        });
        let on_disk = load(&dir.path().join(FILE)).expect("whole");
        assert_eq!(on_disk.n_sites() % 500, 0);
        assert_eq!(exposure.register().expect("one").n_sites(), on_disk.n_sites());
        assert_eq!(files(dir.path()), [FILE], "nothing is left beside it");
    }

    #[test]
    fn a_try_that_fails_leaves_nothing_beside_the_register() {
        let dir = tempfile::tempdir().expect("a directory");
        let occupied = dir.path().join(FILE);
        std::fs::create_dir_all(occupied.join("inner")).expect("in the way");
        let told = import_into(dir.path(), table(1).as_bytes()).expect_err("no place");
        assert!(matches!(told, ImportError::Disk(_)), "{told}");
        assert_eq!(files(dir.path()), [FILE]);
    }

    #[test]
    fn what_cannot_be_read_is_no_register_until_the_next_import() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join(FILE), "{\"features\": [").expect("written");
        let exposure = Exposure::open(dir.path(), Timestamp(0));
        assert!(exposure.register().is_none());
        exposure.import(table(1).as_bytes()).expect("kept");
        assert_eq!(exposure.register().expect("one").n_sites(), 1);
    }

    #[test]
    fn what_a_crash_left_of_an_import_is_gone_at_the_next_start_and_nothing_else_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let left = format!("{FILE}.{}{NEW}", Uuid::now_v7().simple());
        import_into(dir.path(), table(3).as_bytes()).expect("kept");
        let others = ["exposure.old.new", "exposure-notes.txt", "journal"];
        for name in others.iter().copied().chain([left.as_str()]) {
            std::fs::write(dir.path().join(name), "half").expect("written");
        }
        let is_left = || dir.path().join(&left).exists();
        Exposure::open(dir.path(), Timestamp(0));
        assert!(is_left(), "a command may be at it");
        let exposure = Exposure::open(dir.path(), Timestamp(i64::MAX));
        assert!(!is_left());
        assert_eq!(files(dir.path()).len(), 1 + others.len());
        assert_eq!(exposure.register().expect("one").n_sites(), 3);
    }

    #[test]
    fn an_import_beyond_the_limit_is_not_even_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let told = import_into(dir.path(), &vec![0; IMPORT_BYTES_MAX + 1]).expect_err("too much");
        assert!(told.to_string().contains("67108864 bytes"), "{told}");
        assert!(files(dir.path()).is_empty());
    }
}
