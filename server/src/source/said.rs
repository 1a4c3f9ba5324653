//! Observations and reports that a source of ours read, through the same door as a partner's.

use std::collections::BTreeMap;

use engine::entry::Body;
use serde_json::Value;
use wire::time::Timestamp;

use crate::letters::{Kind, Letter, of_body};
use crate::normalise::{self, Context, Form};
use crate::state::App;
use crate::store::SourceRow;
use crate::why::{PAYLOAD_BYTES_MAX, RefusedItem, cut};

/// What observations are.
#[derive(Debug, Default)]
pub(super) struct Understood {
    /// Entries.
    pub(super) bodies: Vec<Body>,
    /// The first of what was refused, with the item as it stands.
    pub(super) refused: Vec<RefusedItem>,
    /// What was refused, as it came.
    pub(super) dead: Vec<Letter>,
}

impl Understood {
    /// What came after it.
    pub(super) fn add(&mut self, after: Self) {
        self.bodies.extend(after.bodies);
        self.refused.extend(after.refused);
        self.dead.extend(after.dead);
    }
}

/// Refused items that are told one by one.
pub(super) const REFUSED_MAX: usize = 100;

/// What a source of ours brings to an understanding: no area, since no key sends it.
pub(super) fn context<'a>(app: &'a App, row: &'a SourceRow, now: Timestamp) -> Context<'a> {
    Context {
        source: row.key,
        source_id: &row.id,
        id_key: &app.id_key,
        mode: row.mode,
        now,
        area: app.config.area,
        key_area: None,
        limits: &app.config.limits,
    }
}

/// What they are, each in the form in which a partner would have sent it; what was refused is added to `rejected` by its reason.
pub(super) fn understood(
    app: &App,
    row: &SourceRow,
    (kind, items): (Kind, &[Value]),
    now: Timestamp,
    rejected: &mut BTreeMap<String, u64>,
) -> Understood {
    let limits = &app.config.limits;
    let context = context(app, row, now);
    let mut understood =
        Understood { bodies: Vec::with_capacity(items.len()), ..Understood::default() };
    let mut refuse = |reason: String, n: u64| *rejected.entry(reason).or_default() += n;
    for part in items.chunks(limits.features_max.max(1)) {
        let read = match kind {
            Kind::Report => {
                let all = serde_json::json!({"type": "FeatureCollection", "features": part});
                let bytes = all.to_string().into_bytes();
                normalise::reports(&bytes, Form::Document, &context).map(|batch| (batch, bytes))
            }
            Kind::Observation | Kind::Advisory => {
                let bytes = serde_json::to_vec(part).unwrap_or_default();
                normalise::observations(&bytes, Form::Document, &context)
                    .map(|batch| (batch, bytes))
            }
        };
        match read {
            Ok((batch, bytes)) => {
                for (reason, n) in batch.reasons() {
                    refuse(reason, n);
                }
                let max = limits.dead_letters_max;
                let dead = of_body(&bytes, Form::Document, kind, &batch.rejected, max);
                understood.dead.extend(dead);
                let told = batch.rejected.iter().zip(&batch.errors);
                let left = REFUSED_MAX.saturating_sub(understood.refused.len());
                understood.refused.extend(told.take(left).map(|(item, error)| {
                    RefusedItem {
                        device: item.id.clone(),
                        reason: item.reason.clone(),
                        pointer: error.pointer.clone(),
                        detail: error.detail.clone(),
                        payload: usize::try_from(item.index)
                            .ok()
                            .and_then(|index| part.get(index))
                            .map(|value| cut(&value.to_string(), PAYLOAD_BYTES_MAX)),
                    }
                }));
                understood.bodies.extend(batch.bodies);
            }
            // JSON we wrote ourselves: counted, so that the account adds up whatever happens.
            Err(_bad) => refuse("unreadable".to_owned(), part.len() as u64),
        }
    }
    understood
}
