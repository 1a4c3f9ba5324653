//! Login sessions in our own database: tower-sessions asks, the store answers, and of the token only a hash is kept.

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use wire::time::Timestamp;

use super::key::hex;
use crate::store::{SessionRow, Store};

/// The name under which a login stands in the store and is given to `Hub::revoke`: the hash of its token.
pub fn session_name(id: &Id) -> String {
    hex(&Sha256::digest(id.to_string().as_bytes()))
}

/// The part of a record that is stored: all but the token.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    data: std::collections::HashMap<String, serde_json::Value>,
    expiry_date: time::OffsetDateTime,
}

/// Our store as tower-sessions sees it.
#[derive(Debug, Clone)]
pub struct Sessions(pub(super) Store);

fn backend(cause: impl std::fmt::Display) -> Error {
    Error::Backend(cause.to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    /// Ids have 128 random bits: that a new one meets an old one is not to be expected, but is looked for.
    async fn create(&self, record: &mut Record) -> Result<()> {
        while self.0.session(&session_name(&record.id)).await.map_err(backend)?.is_some() {
            record.id = Id::default();
        }
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let kept = Kept { data: record.data.clone(), expiry_date: record.expiry_date };
        let text =
            serde_json::to_string(&kept).map_err(|cause| Error::Encode(cause.to_string()))?;
        let expires_ms = record.expiry_date.unix_timestamp().saturating_mul(1_000);
        self.0
            .session_save(&SessionRow {
                id_sha256: session_name(&record.id),
                record: text,
                expires_at: Timestamp(expires_ms),
            })
            .await
            .map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(row) = self.0.session(&session_name(id)).await.map_err(backend)? else {
            return Ok(None);
        };
        let kept: Kept =
            serde_json::from_str(&row.record).map_err(|cause| Error::Decode(cause.to_string()))?;
        if kept.expiry_date <= time::OffsetDateTime::now_utc() {
            return Ok(None);
        }
        Ok(Some(Record { id: *id, data: kept.data, expiry_date: kept.expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.session_delete(&session_name(id)).await.map_err(backend)
    }
}
