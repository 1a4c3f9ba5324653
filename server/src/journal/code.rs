//! Entries to rows, and rows to entries.

use engine::entry::{Body, Entry, SourceKey};
use sha2::{Digest, Sha256};

use crate::store::{Appended, StoreError, StoredEntry};
use crate::vault::Vault;

/// An entry as it goes to disk: row, hash, sealed payload.
pub(crate) fn encode(
    vault: &Vault,
    source: SourceKey,
    entry: &Entry,
) -> Result<Appended, StoreError> {
    // What is personal is sealed under the name of what it belongs to.
    let report = match &entry.body {
        Body::Report(report) => Some(report.id),
        Body::Erased(id) | Body::Withdrawn(id) => Some(*id),
        // With the key of the report its own goes, too.
        Body::Reread(reread) => Some(reread.id),
        Body::Decision(decision) => Some(decision.seal_name(entry.seq)),
        Body::Observation(_)
        | Body::Canary(_)
        | Body::Passport(_)
        | Body::Works(_)
        | Body::Will(_)
        | Body::Advisory(_) => None,
    };
    let halves = entry.body.split();
    let sealed = match (halves.payload, report) {
        (Some(payload), Some(report)) => {
            let sealed = vault.seal(entry.seq, report, &payload);
            Some(sealed.map_err(|cause| StoreError::Backend(cause.to_string()))?)
        }
        _ => None,
    };
    let mut row = Appended {
        seq: entry.seq,
        recorded_at: entry.recorded_at,
        mode: entry.mode,
        source,
        kind: halves.kind.to_owned(),
        report,
        row: halves.row,
        row_sha256: [0; 32],
        sealed,
    };
    row.row_sha256 = hash(&row);
    Ok(row)
}

/// A row as an entry again, its hash checked.
pub(crate) fn decode(vault: &Vault, stored: &StoredEntry) -> Result<Entry, StoreError> {
    let row = stored.row();
    let corrupt = |what: &str| StoreError::Corrupt(format!("journal entry {}: {what}", row.seq));
    if hash(row) != row.row_sha256 {
        return Err(corrupt("its row does not match its hash"));
    }
    let payload = match (&row.sealed, row.report) {
        (Some(sealed), Some(report)) => Some(
            vault
                .open_payload(row.seq, report, sealed)
                .map_err(|_seal| corrupt("its payload does not open"))?,
        ),
        _ => None,
    };
    let body = Body::join(row.seq, &row.row, payload.as_deref())
        .map_err(|cause| StoreError::Corrupt(cause.to_string()))?;
    Ok(Entry { seq: row.seq, recorded_at: row.recorded_at, mode: row.mode, body })
}

/// SHA-256 over every column of the row, lengths first where they vary.
fn hash(row: &Appended) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(row.seq.to_be_bytes());
    hash.update(row.recorded_at.0.to_be_bytes());
    hash.update([u8::from(row.mode == wire::view::Mode::Exercise)]);
    hash.update(row.source.0.to_be_bytes());
    hash.update((row.kind.len() as u64).to_be_bytes());
    hash.update(row.kind.as_bytes());
    hash.update([u8::from(row.report.is_some())]);
    hash.update(row.report.unwrap_or_default().0.to_be_bytes());
    hash.update(&row.row);
    hash.finalize().into()
}
