//! Which areas the codes of each scheme stand for, as they were imported last.

use wire::time::Timestamp;

use super::{Store, StoreError, reading, writing};

const READ: &str = "SELECT scheme, codes FROM geocodes ORDER BY scheme";
const WRITE: &str = "INSERT INTO geocodes (scheme, imported_at, codes) VALUES ($1, $2, $3) \
     ON CONFLICT (scheme) DO UPDATE SET imported_at = excluded.imported_at, codes = excluded.codes";

impl Store {
    /// Each scheme with its codes.
    pub async fn geocodes(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        Ok(reading!(self, db => sqlx::query_as(READ).fetch_all(db).await?))
    }

    /// Keeps the codes of a scheme in place of those that were there.
    pub async fn geocodes_set(
        &self,
        scheme: &str,
        at: Timestamp,
        codes: &[u8],
    ) -> Result<(), StoreError> {
        writing!(self, db => sqlx::query(WRITE).bind(scheme).bind(at.0).bind(codes).execute(db).await?.rows_affected());
        Ok(())
    }
}
