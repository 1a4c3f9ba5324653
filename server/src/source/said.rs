//! Observations that a source of ours read, through the same door as a partner's.

use std::collections::BTreeMap;

use engine::entry::Body;
use serde_json::Value;
use wire::time::Timestamp;

use crate::letters::{Kind, Letter, of_body};
use crate::normalise::{self, Context, Form};
use crate::state::App;
use crate::store::SourceRow;

/// What they are, each in the form of `POST /api/v1/observations`; what was refused is added to `rejected` by its
/// reason, and to `dead` as it came.
pub(super) fn bodies(
    app: &App,
    row: &SourceRow,
    observations: &[Value],
    now: Timestamp,
    rejected: &mut BTreeMap<String, u64>,
    dead: &mut Vec<Letter>,
) -> Vec<Body> {
    let limits = &app.config.limits;
    let context = Context {
        source: row.key,
        source_id: &row.id,
        id_key: &app.id_key,
        mode: row.mode,
        now,
        area: app.config.area,
        key_area: None,
        limits,
    };
    let mut bodies = Vec::with_capacity(observations.len());
    let mut refuse = |reason: String, n: u64| *rejected.entry(reason).or_default() += n;
    for part in observations.chunks(limits.features_max.max(1)) {
        let bytes = serde_json::to_vec(part).unwrap_or_default();
        match normalise::observations(&bytes, Form::Document, &context) {
            Ok(batch) => {
                for (reason, n) in batch.reasons() {
                    refuse(reason, n);
                }
                let (kind, max) = (Kind::Observation, limits.dead_letters_max);
                dead.extend(of_body(&bytes, Form::Document, kind, &batch.rejected, max));
                bodies.extend(batch.bodies);
            }
            // JSON we wrote ourselves: counted, so that the account adds up whatever happens.
            Err(_bad) => refuse("unreadable".to_owned(), part.len() as u64),
        }
    }
    bodies
}
