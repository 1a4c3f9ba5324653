//! The vault: what is personal is sealed under a key of its own, and that key is wrapped by the master key.
//!
//! XChaCha20-Poly1305 throughout. Number and report are bound as associated data, so that no sealed part can be moved to
//! another entry. To erase a report is to delete its wrapped keys; nobody can read its payload then, in any copy.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use engine::identity::IdKey;
use rand::RngCore;
use wire::id::ReportId;
use wire::view::Mode;
use zeroize::Zeroizing;

use crate::auth::key::hex;
use crate::store::Sealed;

/// The variable that may hold the master key in place of the file: 64 hexadecimal digits.
pub const MASTER_KEY_VARIABLE: &str = "TALAIA_MASTER_KEY";

/// The master key's file in the data directory.
const FILE: &str = "master.key";

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Why there is no vault.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Not 64 hexadecimal digits.
    #[error("the master key in {0} is not 64 hexadecimal digits: restore it from a backup")]
    BadKey(String),
    /// The file cannot be read or written.
    #[error("the master key file {0} cannot be used: {1}")]
    File(String, std::io::Error),
}

/// Something sealed does not open: damage, or another master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed part does not open")]
pub struct BadSeal;

/// Holds the master key; it never leaves.
pub struct Vault {
    master: XChaCha20Poly1305,
    /// Derived from the master key, so that it is as old and as safe as that one and there is no second file to lose.
    id_secret: Zeroizing<[u8; KEY_BYTES]>,
    proof: String,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl Vault {
    /// The vault of this data directory: the key from the environment, or from the file, made at the first start.
    pub fn open(data_dir: &Path) -> Result<Self, VaultError> {
        if let Ok(text) = std::env::var(MASTER_KEY_VARIABLE) {
            return Self::from_hex(&Zeroizing::new(text), MASTER_KEY_VARIABLE);
        }
        let path = data_dir.join(FILE);
        let shown = path.display().to_string();
        let failed = |error| VaultError::File(shown.clone(), error);
        let mut text = Zeroizing::new(String::new());
        match OpenOptions::new().read(true).open(&path) {
            Ok(mut file) => {
                file.read_to_string(&mut text).map_err(failed)?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
                rand::rng().fill_bytes(key.as_mut_slice());
                *text = hex(key.as_slice());
                let mut file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&path)
                    .map_err(failed)?;
                file.write_all(text.as_bytes()).map_err(failed)?;
                // Before any payload depends on it, the key must be on disk, and so must its name.
                file.sync_all().map_err(failed)?;
                OpenOptions::new()
                    .read(true)
                    .open(data_dir)
                    .and_then(|folder| folder.sync_all())
                    .map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        Self::from_hex(&text, &shown)
    }

    fn from_hex(text: &str, from: &str) -> Result<Self, VaultError> {
        let bad = || VaultError::BadKey(from.to_owned());
        let key = Zeroizing::new(unhex(text.trim()).ok_or_else(bad)?);
        if key.len() != KEY_BYTES {
            return Err(bad());
        }
        let master = XChaCha20Poly1305::new_from_slice(&key).map_err(|_length| bad())?;
        let proof = blake3::derive_key("talaia 2026 proof of the master key", &key);
        let id_secret = Zeroizing::new(blake3::derive_key("talaia 2026 key of derived ids", &key));
        Ok(Self { master, id_secret, proof: hex(&proof) })
    }

    /// A text that only this master key gives and that tells nothing of it: the database keeps it, so that another key
    /// is noticed at the start and not at the first sealed part.
    pub fn proof(&self) -> &str {
        &self.proof
    }

    /// The key of the ids of reports that come without one: the same for as long as the master key is.
    pub fn id_key(&self) -> IdKey {
        IdKey::new(*self.id_secret)
    }

    /// Seals a payload under a fresh key, and wraps that key.
    pub fn seal(&self, seq: u64, report: ReportId, payload: &[u8]) -> Result<Sealed, BadSeal> {
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        rand::rng().fill_bytes(key.as_mut_slice());
        let own = XChaCha20Poly1305::new_from_slice(key.as_slice()).map_err(|_length| BadSeal)?;
        Ok(Sealed {
            payload: close(&own, &bound(b'p', seq, report), payload)?,
            key: close(&self.master, &bound(b'k', seq, report), key.as_slice())?,
        })
    }

    /// Opens a payload.
    pub fn open_payload(
        &self,
        seq: u64,
        report: ReportId,
        sealed: &Sealed,
    ) -> Result<Vec<u8>, BadSeal> {
        let key = Zeroizing::new(open(&self.master, &bound(b'k', seq, report), &sealed.key)?);
        let own = XChaCha20Poly1305::new_from_slice(&key).map_err(|_length| BadSeal)?;
        open(&own, &bound(b'p', seq, report), &sealed.payload)
    }

    /// Seals a refused item under a fresh key, and wraps that key.
    pub fn seal_letter(&self, id: u64, letter: &[u8]) -> Result<Sealed, BadSeal> {
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        rand::rng().fill_bytes(key.as_mut_slice());
        let own = XChaCha20Poly1305::new_from_slice(key.as_slice()).map_err(|_length| BadSeal)?;
        Ok(Sealed {
            payload: close(&own, &bound_letter(b'd', id), letter)?,
            key: close(&self.master, &bound_letter(b'w', id), key.as_slice())?,
        })
    }

    /// Opens a refused item.
    pub fn open_letter(&self, id: u64, sealed: &Sealed) -> Result<Vec<u8>, BadSeal> {
        let key = Zeroizing::new(open(&self.master, &bound_letter(b'w', id), &sealed.key)?);
        let own = XChaCha20Poly1305::new_from_slice(&key).map_err(|_length| BadSeal)?;
        open(&own, &bound_letter(b'd', id), &sealed.payload)
    }

    /// Seals a password that a source signs in with, under a fresh key, and wraps that key.
    pub fn seal_secret(&self, name: &str, secret: &[u8]) -> Result<Sealed, BadSeal> {
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        rand::rng().fill_bytes(key.as_mut_slice());
        let own = XChaCha20Poly1305::new_from_slice(key.as_slice()).map_err(|_length| BadSeal)?;
        Ok(Sealed {
            payload: close(&own, &bound_secret(b's', name), secret)?,
            key: close(&self.master, &bound_secret(b'u', name), key.as_slice())?,
        })
    }

    /// Opens such a password.
    pub fn open_secret(&self, name: &str, sealed: &Sealed) -> Result<Vec<u8>, BadSeal> {
        let key = Zeroizing::new(open(&self.master, &bound_secret(b'u', name), &sealed.key)?);
        let own = XChaCha20Poly1305::new_from_slice(&key).map_err(|_length| BadSeal)?;
        open(&own, &bound_secret(b's', name), &sealed.payload)
    }

    /// Seals one part of a saved World.
    pub fn seal_part(
        &self,
        seq: u64,
        mode: Mode,
        part: u64,
        bytes: &[u8],
    ) -> Result<Vec<u8>, BadSeal> {
        close(&self.master, &bound_part(seq, mode, part), bytes)
    }

    /// Opens one part of a saved World.
    pub fn open_part(
        &self,
        seq: u64,
        mode: Mode,
        part: u64,
        sealed: &[u8],
    ) -> Result<Vec<u8>, BadSeal> {
        open(&self.master, &bound_part(seq, mode, part), sealed)
    }
}

/// Associated data of one entry.
fn bound(what: u8, seq: u64, report: ReportId) -> [u8; 25] {
    let mut data = [0; 25];
    data[0] = what;
    data[1..9].copy_from_slice(&seq.to_be_bytes());
    data[9..].copy_from_slice(&report.0.to_be_bytes());
    data
}

/// Associated data of one refused item.
fn bound_letter(what: u8, id: u64) -> [u8; 9] {
    let mut data = [0; 9];
    data[0] = what;
    data[1..].copy_from_slice(&id.to_be_bytes());
    data
}

/// Associated data of the password of a source.
fn bound_secret(what: u8, name: &str) -> Vec<u8> {
    std::iter::once(what).chain(name.bytes()).collect()
}

/// Associated data of one part.
fn bound_part(seq: u64, mode: Mode, part: u64) -> [u8; 18] {
    let mut data = [0; 18];
    data[0] = b'c';
    data[1..9].copy_from_slice(&seq.to_be_bytes());
    data[9] = u8::from(mode == Mode::Exercise);
    data[10..].copy_from_slice(&part.to_be_bytes());
    data
}

/// Nonce, then ciphertext.
fn close(cipher: &XChaCha20Poly1305, aad: &[u8], msg: &[u8]) -> Result<Vec<u8>, BadSeal> {
    let mut nonce = [0; NONCE_BYTES];
    rand::rng().fill_bytes(&mut nonce);
    let sealed = cipher
        .encrypt(XNonce::from_slice(&nonce), Payload { msg, aad })
        .map_err(|_too_long| BadSeal)?;
    let mut out = Vec::with_capacity(NONCE_BYTES + sealed.len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

fn open(cipher: &XChaCha20Poly1305, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, BadSeal> {
    let (nonce, msg) = sealed.split_at_checked(NONCE_BYTES).ok_or(BadSeal)?;
    cipher.decrypt(XNonce::from_slice(nonce), Payload { msg, aad }).map_err(|_forged| BadSeal)
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use engine::identity::derived_id;

    use super::*;

    fn vault() -> (tempfile::TempDir, Vault) {
        let dir = tempfile::tempdir().expect("a directory");
        let vault = Vault::open(dir.path()).expect("a new vault");
        (dir, vault)
    }

    #[test]
    fn a_payload_opens_only_at_its_own_entry() {
        let (_dir, vault) = vault();
        let sealed = vault.seal(7, ReportId(9), b"words").expect("seals");
        assert_eq!(vault.open_payload(7, ReportId(9), &sealed).as_deref(), Ok(&b"words"[..]));
        assert_eq!(vault.open_payload(8, ReportId(9), &sealed), Err(BadSeal));
        assert_eq!(vault.open_payload(7, ReportId(8), &sealed), Err(BadSeal));
    }

    #[test]
    fn a_letter_opens_only_under_its_own_number() {
        let (_dir, vault) = vault();
        let sealed = vault.seal_letter(7, b"words").expect("seals");
        assert_eq!(vault.open_letter(7, &sealed).as_deref(), Ok(&b"words"[..]));
        assert_eq!(vault.open_letter(8, &sealed), Err(BadSeal));
    }

    #[test]
    fn a_changed_byte_does_not_open() {
        let (_dir, vault) = vault();
        let sealed = vault.seal(1, ReportId(1), b"words").expect("seals");
        for at in 0..sealed.payload.len() {
            let mut bad = sealed.clone();
            bad.payload[at] ^= 1;
            assert_eq!(vault.open_payload(1, ReportId(1), &bad), Err(BadSeal), "byte {at}");
        }
    }

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let (dir, vault) = vault();
        let again = Vault::open(dir.path()).expect("the same vault");
        assert_eq!(vault.proof(), again.proof());
        let id = |vault: &Vault| derived_id(&vault.id_key(), "partner:112", 7);
        assert_eq!(id(&vault), id(&again), "and so are the ids under it");
        let (_other_dir, other) = self::vault();
        assert_ne!(id(&vault), id(&other), "which another server cannot make");
        let mode = std::fs::metadata(dir.path().join(FILE)).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_file_is_refused() {
        let (dir, _vault) = vault();
        std::fs::write(dir.path().join(FILE), "abc").expect("writes");
        assert!(matches!(Vault::open(dir.path()), Err(VaultError::BadKey(_))));
    }

    #[test]
    fn a_part_of_another_place_does_not_open() {
        let (_dir, vault) = vault();
        let sealed = vault.seal_part(5, Mode::Live, 0, b"world").expect("seals");
        assert!(vault.open_part(5, Mode::Live, 0, &sealed).is_ok());
        assert!(vault.open_part(5, Mode::Exercise, 0, &sealed).is_err());
        assert!(vault.open_part(5, Mode::Live, 1, &sealed).is_err());
    }
}
