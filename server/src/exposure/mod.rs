//! Exposure: the register of who is where, as it was imported. One file in the data directory, the same for live and exercise;
//! replaced as a whole.

mod read;

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use engine::exposure::Register;

pub use read::{Wrong, read};

/// Bytes of an import: a region's schools and its census grid.
pub const IMPORT_BYTES_MAX: usize = 64 << 20;

/// Its name in the data directory.
const FILE: &str = "exposure";

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
    register: RwLock<Arc<Register>>,
}

impl Exposure {
    /// What the data directory has; an empty register where nothing was imported.
    pub fn open(data_dir: &Path) -> Result<Self, ImportError> {
        let path = data_dir.join(FILE);
        let register = RwLock::new(Arc::new(load(&path)?));
        Ok(Self { path, register })
    }

    /// The register.
    pub fn register(&self) -> Arc<Register> {
        Arc::clone(&self.register.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps an import in place of what was there, once it is on disk.
    pub fn import(&self, bytes: &[u8]) -> Result<Arc<Register>, ImportError> {
        let register = Arc::new(keep(&self.path, bytes)?);
        self.put(&register);
        Ok(register)
    }

    /// Reads again what is on disk, after somebody else imported.
    pub fn reload(&self) -> Result<Arc<Register>, ImportError> {
        let register = Arc::new(load(&self.path)?);
        self.put(&register);
        Ok(register)
    }

    fn put(&self, register: &Arc<Register>) {
        *self.register.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(register);
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

/// Written beside its place, then moved there: at no moment is half of it there.
fn keep(path: &Path, bytes: &[u8]) -> Result<Register, ImportError> {
    let register = read(bytes).map_err(ImportError::Wrong)?;
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    Ok(register)
}
