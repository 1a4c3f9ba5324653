//! Partner keys: `tal_<live|ex>_<id>_<secret>_<crc32>`.
//!
//! The prefix lets secret scanners find a leaked key, the checksum tells a mistyped one apart without a query, and
//! the secret has 256 random bits, so a plain SHA-256 at rest cannot be guessed back.

use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use wire::view::Mode;

/// Random bytes of the public part: 2^48 ids, so that a collision among thousands of partners is not met.
const ID_BYTES: usize = 6;
/// Random bytes of the secret part.
const SECRET_BYTES: usize = 32;

/// A new key: what is stored, and the text that is shown once.
pub struct NewKey {
    /// The public part.
    pub id: String,
    /// What is stored of the secret.
    pub secret_sha256: Vec<u8>,
    /// The whole key, for its holder only. This type has no `Debug`.
    pub shown: String,
}

/// A key as presented: well-formed, not yet known to be true.
#[derive(Clone)]
pub struct Presented {
    /// The public part.
    pub id: String,
    secret_sha256: [u8; 32],
}

/// The machine gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes: {0}")]
pub struct NoRandomness(pub String);

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(|cause| NoRandomness(cause.to_string()))?;
    Ok(bytes)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "live",
        Mode::Exercise => "ex",
    }
}

fn crc32(text: &str) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(text.as_bytes());
    format!("{:08x}", crc.sum())
}

/// Makes a key for a mode.
pub fn make(mode: Mode) -> Result<NewKey, NoRandomness> {
    let id = hex(&random::<ID_BYTES>()?);
    let secret = hex(&random::<SECRET_BYTES>()?);
    let body = format!("tal_{}_{id}_{secret}", word(mode));
    let shown = format!("{body}_{}", crc32(&body));
    Ok(NewKey { id, secret_sha256: Sha256::digest(secret.as_bytes()).to_vec(), shown })
}

/// Reads a presented key; `None` when it is not one or was mistyped.
pub fn read(text: &str) -> Option<Presented> {
    let (body, crc) = text.rsplit_once('_')?;
    if crc32(body) != crc {
        return None;
    }
    let mut parts = body.split('_');
    let (Some("tal"), Some("live" | "ex"), Some(id), Some(secret), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let right = id.len() == ID_BYTES * 2 && secret.len() == SECRET_BYTES * 2;
    right.then(|| Presented {
        id: id.to_owned(),
        secret_sha256: Sha256::digest(secret.as_bytes()).into(),
    })
}

/// The public part that a text bears, whether it is a key or a mistyped one.
pub fn id_of(text: &str) -> Option<&str> {
    let mut parts = text.split('_');
    let (Some("tal"), Some("live" | "ex"), Some(id)) = (parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let is_id = id.len() == ID_BYTES * 2 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then_some(id)
}

impl Presented {
    /// Whether its secret is the stored one, in constant time.
    pub fn matches(&self, stored_sha256: &[u8]) -> bool {
        self.secret_sha256.as_slice().ct_eq(stored_sha256).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_a_mistyped_one_is_not() {
        let key = make(Mode::Exercise).expect("random bytes");
        assert!(key.shown.starts_with("tal_ex_"), "its mode is in its name");
        let presented = read(&key.shown).expect("well-formed");
        assert_eq!(presented.id, key.id);
        assert!(presented.matches(&key.secret_sha256));
        let other = make(Mode::Exercise).expect("random bytes");
        assert!(!presented.matches(&other.secret_sha256));
        let mut mistyped = key.shown.into_bytes();
        mistyped[20] = if mistyped[20] == b'0' { b'1' } else { b'0' };
        assert!(read(std::str::from_utf8(&mistyped).expect("text")).is_none());
        for text in ["", "_", "tal_live", "Bearer", "tal_live_x_y_00000000"] {
            assert!(read(text).is_none(), "{text:?}");
        }
    }
}
