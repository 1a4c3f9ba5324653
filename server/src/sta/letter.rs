//! Dead letters of SensorThings: Observations that were refused, one by one, and the road by which one comes again.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::body;
use super::fault;
use super::model::Set;
use super::path::{Key, Path, Tail};
use super::send::{Made, Sending};
use crate::auth::Sender;
use crate::http::problem::Fault;
use crate::letters::{self, Kind, Letter, Written};
use crate::normalise::Reject;
use crate::state::App;

impl Sending {
    /// Keeps one Observation that was refused with its request. What came deep inside another entity is that entity's to mend.
    pub(super) async fn keep_one(&self, path: &Path, value: &Value, fault: &Fault) {
        if self.is_again || path.leads_to() != Set::Observations {
            return;
        }
        let Value::Object(fields) = value else { return };
        let mut fields = fields.clone();
        // The Datastream that the address names stands in the letter.
        if let (false, Some(key)) = (fields.contains_key("Datastream"), &path.key) {
            if path.set != Set::Datastreams {
                return;
            }
            let named = match key {
                Key::Number(id) => json!({"@iot.id": id}),
                Key::Own(external) => json!({"@iot.id": external}),
            };
            fields.insert("Datastream".to_owned(), named);
        }
        let reason = fault.problem.errors.first().map(|one| one.reason.clone());
        let letter = self.letter(
            fields,
            reason.unwrap_or_else(|| fault.problem.kind.clone()),
            fault.problem.detail.clone(),
        );
        self.keep(vec![letter]).await;
    }

    /// The letter of one row of a data array.
    pub(super) fn row_letter(
        &self,
        datastream: &Value,
        components: &[String],
        row: &Value,
        reject: &Reject,
    ) -> Letter {
        let mut fields = Map::new();
        fields.insert("Datastream".to_owned(), datastream.clone());
        let cells = row.as_array().into_iter().flatten();
        for (name, cell) in components.iter().zip(cells) {
            match name.split_once('/') {
                Some((relation, _)) => fields.insert(relation.to_owned(), json!({"@iot.id": cell})),
                None => fields.insert(name.clone(), cell.clone()),
            };
        }
        let detail = format!("{} {}", reject.pointer, reject.detail);
        self.letter(fields, reject.reason.to_owned(), detail.trim().to_owned())
    }

    fn letter(&self, fields: Map<String, Value>, reason: String, detail: String) -> Letter {
        Letter {
            kind: Kind::Observation,
            form: Written::SensorThings,
            reason,
            detail,
            item: fields.get("Datastream").and_then(|named| self.stream_name(named)),
            payload: Some(Value::Object(fields).to_string()),
        }
    }

    /// The datastream's name in the journal, or else what the sender calls it.
    fn stream_name(&self, named: &Value) -> Option<String> {
        let key = body::reference(named)?;
        let graph = self.app.registry.read();
        let (source, mode) = (self.sender.source, self.sender.mode);
        let id = match &key {
            Key::Number(id) => Some(*id),
            Key::Own(external) => graph.external(source, mode, Set::Datastreams, external),
        };
        let one = id.and_then(|id| graph.one(id)).filter(|one| one.source == source);
        one.and_then(|one| one.stream.clone()).or(match key {
            Key::Number(id) => Some(id.to_string()),
            Key::Own(external) => Some(external),
        })
    }

    pub(super) async fn keep(&self, dead: Vec<Letter>) {
        if self.is_again {
            return;
        }
        let Sender { source, source_id, mode, .. } = &self.sender;
        letters::keep(&self.app, (*source, source_id, *mode), dead).await;
    }
}

/// Sends one Observation again; whether it was new.
pub(crate) async fn replay(
    app: &App,
    sender: &Sender,
    payload: Option<&str>,
) -> Result<bool, Fault> {
    let payload = payload.ok_or_else(|| {
        fault::bad("not_kept", "the item was too long to be kept: send it again yourself")
    })?;
    let value: Value = serde_json::from_str(payload).map_err(Fault::internal)?;
    let sending = Sending {
        app: app.clone(),
        sender: sender.clone(),
        now: app.clock.now(),
        is_again: true,
        n_bytes: payload.len(),
    };
    let path = Path { set: Set::Observations, key: None, hops: Vec::new(), tail: Tail::Whole };
    // In a task of its own, as every change of the registry.
    let sending = Arc::new(sending);
    let work = tokio::spawn(async move { sending.create(&path, value).await });
    match work.await.map_err(Fault::internal)?? {
        Made::Observation { is_new, .. } => Ok(is_new),
        Made::Entity { .. } => Ok(true),
    }
}
