//! Passwords: Argon2id, off the async threads, and the same work for a name that does not exist.

use argon2::{Argon2, PasswordHasher, PasswordVerifier};

use super::key::{NoRandomness, random};

/// Letters of a generated password: none that is mistaken for another when read aloud or from paper.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789+";
/// Characters of a generated password: 5 bits each, so 100 bits.
const LENGTH: usize = 20;
/// Longest password taken: Argon2 would take more, but nobody types it.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Shortest password an operator may choose (NIST SP 800-63B asks for eight at least).
pub const PASSWORD_CHARS_MIN: usize = 12;

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// No random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Argon2 failed.
    #[error("password hashing failed: {0}")]
    Hash(String),
    /// The worker was stopped.
    #[error("password hashing was interrupted")]
    Interrupted,
}

/// A password of 100 random bits in four groups.
pub fn generate() -> Result<String, NoRandomness> {
    let bytes = random::<LENGTH>()?;
    let mut text = String::with_capacity(LENGTH + 3);
    for (position, byte) in bytes.iter().enumerate() {
        if position > 0 && position % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    Ok(text)
}

/// The PHC string of a password (Argon2id, OWASP's first recommendation, which is the crate's default).
pub fn hash_now(password: &str) -> Result<String, PasswordError> {
    let salt = random::<16>()?;
    let phc = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|cause| PasswordError::Hash(cause.to_string()))?;
    Ok(phc.to_string())
}

/// The same, off the async threads.
pub async fn hash(password: String) -> Result<String, PasswordError> {
    tokio::task::spawn_blocking(move || hash_now(&password))
        .await
        .map_err(|_stopped| PasswordError::Interrupted)?
}

/// Whether the password fits. Without a stored hash the same work is done and the answer is no, so that time tells
/// nobody which names exist.
pub async fn verify(password: String, phc: Option<String>) -> Result<bool, PasswordError> {
    tokio::task::spawn_blocking(move || match phc {
        Some(phc) => {
            Ok(Argon2::default().verify_password(password.as_bytes(), phc.as_str()).is_ok())
        }
        None => hash_now(&password).map(|_same_work| false),
    })
    .await
    .map_err(|_stopped| PasswordError::Interrupted)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits() {
        let password = generate().expect("random bytes");
        assert_eq!(password.len(), LENGTH + 3);
        let phc = hash(password.clone()).await.expect("hashes");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify(password.clone(), Some(phc.clone())).await.expect("checks"));
        assert!(!verify("other".to_owned(), Some(phc)).await.expect("checks"));
        assert!(!verify(password, None).await.expect("checks"));
    }
}
