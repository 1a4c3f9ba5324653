//! The Common Alerting Protocol, 1.0 to 1.2: bytes from outside → one advisory, or what is wrong with them.
//!
//! Nothing here stores, waits or asks for the time. Document types and entities are refused where they begin; nothing is ever
//! fetched. What is refused names the element, what stood there, and the remedy.

mod alert;
mod decode;
mod field;
mod limits;
mod place;
#[cfg(test)]
mod tests;
mod tree;

use engine::advisory::Advisory;
use sha2::{Digest as _, Sha256};

pub use limits::BYTES_MAX;
use tree::parse;

/// One message as it was received.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// What it says.
    pub advisory: Advisory,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
}

/// Why a message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {detail}")]
pub struct Refusal {
    /// A stable word, listed in docs/cap.md.
    pub reason: &'static str,
    /// The element: `/alert/info[2]/area[1]/polygon[1]`.
    pub path: String,
    /// What stood there, and the remedy.
    pub detail: String,
}

impl Refusal {
    pub(crate) fn new(reason: &'static str, path: &str, detail: impl Into<String>) -> Self {
        Self { reason, path: path.to_owned(), detail: detail.into() }
    }
}

/// Understands one message.
pub fn read(bytes: &[u8]) -> Result<Received, Refusal> {
    if bytes.len() > BYTES_MAX {
        return Err(Refusal::new(
            "too_large",
            "/alert",
            format!(
                "the message has {} bytes, at most {BYTES_MAX} are taken: leave out what is embedded in resource/derefUri",
                bytes.len()
            ),
        ));
    }
    let text = decode::text(bytes)?;
    let root = parse(&text)?;
    let advisory = alert::read(&root)?;
    Ok(Received { advisory, digest: Sha256::digest(bytes).into() })
}
