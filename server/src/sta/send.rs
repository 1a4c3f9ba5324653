//! What partners send: entities into the registry, Observations into the journal, acknowledged when both are on disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::entry::{Body, SourceKey};
use serde_json::Value;
use wire::desk::TickName;
use wire::time::Timestamp;
use wire::view::Mode;

use super::body;
use super::draft::Draft;
use super::fault;
use super::graph::Graph;
use super::insert::{From, Insert};
use super::model::Set;
use super::path::{Key, Path};
use super::settle::settle;
use super::walk::{self, End, Walker};
use crate::auth::Sender;
use crate::http::problem::Fault;
use crate::letters;
use crate::normalise::Context;
use crate::pipeline::{Outcome, Submission, Tied};
use crate::state::App;
use crate::why::{BodyRefusal, Items, PAYLOAD_BYTES_MAX, RefusedItem, Sent, cut};

/// A partner's request under way.
#[derive(Clone)]
pub(super) struct Sending {
    pub(super) app: App,
    pub(super) sender: Sender,
    pub(super) now: Timestamp,
    /// A dead letter that comes again: late, and kept where it is should it be refused once more.
    pub(super) is_again: bool,
    /// Bytes of the body.
    pub(super) n_bytes: usize,
}

/// What this road is called at the partner desk.
pub(super) const DIALECT: &str = "sensorthings";

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Entity { set: Set, id: i64, is_new: bool },
    Observation { seq: u64, is_new: bool },
}

/// What a body becomes.
struct Parsed {
    root: Option<(Set, i64, bool)>,
    entries: Vec<Body>,
    /// Where in the body each of them stands.
    at: Vec<String>,
}

impl Sending {
    /// Who walks to what this one may change.
    pub(super) fn walker(&self) -> Walker {
        Walker { mode: self.sender.mode, source: Some(self.sender.source) }
    }

    pub(super) fn context(&self) -> Context<'_> {
        let config = &self.app.config;
        Context {
            source: self.sender.source,
            source_id: &self.sender.source_id,
            id_key: &self.app.id_key,
            mode: self.sender.mode,
            now: self.now,
            area: config.area,
            key_area: self.sender.area,
            limits: &config.limits,
        }
    }

    /// Spends items of the partner's budget.
    pub(super) fn spend(&self, n: usize) -> Result<(), Fault> {
        self.sender.spend_items(n, &self.app).inspect_err(|fault| {
            self.sender.turned_away("too-many-requests", &fault.problem.detail);
        })
    }

    /// What is told of a body that was refused.
    fn refused(&self, path: &Path, value: &Value, fault: &Fault) -> RefusedItem {
        let error = fault.problem.errors.first();
        let named = path.key.as_ref().filter(|_| path.set == Set::Datastreams).cloned();
        let named = named.or_else(|| body::reference(value.get("Datastream")?));
        RefusedItem {
            device: named.map(|key| self.device(&key)),
            reason: fault.problem.kind.clone(),
            pointer: error.map(|error| error.pointer.clone()).unwrap_or_default(),
            detail: error.map_or(&fault.problem.detail, |error| &error.detail).clone(),
            payload: Some(cut(&value.to_string(), PAYLOAD_BYTES_MAX)),
        }
    }

    /// Remembers a body of which no row could be read.
    pub(super) fn unread(&self, fault: &Fault) {
        let problem = &fault.problem;
        let (tick, items) = (TickName::Parsed, &Items::None);
        let refusal = BodyRefusal { tick, reason: &problem.kind, detail: &problem.detail, items };
        self.app.attempts.body(self.sender.source, DIALECT, refusal);
    }

    /// The name in the journal of a Datastream, or as it was asked for where there is none.
    pub(super) fn device(&self, key: &Key) -> String {
        let graph = self.app.registry.read();
        let id = walk::named(&graph, self.walker(), Set::Datastreams, key).ok();
        let stream = id.and_then(|id| graph.one(id)?.stream.clone());
        stream.unwrap_or_else(|| match key {
            Key::Number(number) => number.to_string(),
            Key::Own(own) => own.clone(),
        })
    }

    /// Hands Observations to the pipeline, with what was refused, for the account, and with the entities they are tied to.
    pub(super) async fn submit(
        &self,
        bodies: Vec<Body>,
        rejected: BTreeMap<String, u64>,
        refused: Vec<RefusedItem>,
        tied: Tied,
    ) -> Result<Outcome, Fault> {
        let (source, mode): (SourceKey, Mode) = (self.sender.source, self.sender.mode);
        for (reason, n) in &rejected {
            metrics::counter!("talaia_items_rejected_total", "mode" => mode.word(), "reason" => reason.clone())
                .increment(*n);
        }
        let (bytes, area) = (self.n_bytes, self.sender.area);
        let sent = Arc::new(Sent { dialect: DIALECT, n_bytes: bytes as u64, refused });
        let submission = Submission { source, mode, bodies, rejected, bytes, area, sent, tied };
        Ok(self.app.intake.submit(submission).await?)
    }

    /// Creates what a POST to a set holds.
    pub(super) async fn create(&self, path: &Path, value: Value) -> Result<Made, Fault> {
        self.spend(n_observations(path.leads_to(), &value))?;
        let n_sent = AtomicUsize::new(0);
        let registry = &self.app.registry;
        let draw =
            |graph: &Graph, draft: &mut Draft| self.draw(graph, draft, path, &value, &n_sent);
        let mut drawn = match registry.draw(draw).await {
            Ok(drawn) => drawn,
            Err(fault) => {
                // Refused with their request, and counted all the same.
                let n = n_sent.load(Ordering::Relaxed) as u64;
                if n > 0 {
                    let reason = fault.problem.kind.clone();
                    let refused = vec![self.refused(path, &value, &fault)];
                    let rejected = BTreeMap::from([(reason, n)]);
                    self.submit(Vec::new(), rejected, refused, Tied::default()).await?;
                    self.keep_one(path, &value, &fault).await;
                }
                return Err(fault);
            }
        };
        let entries = std::mem::take(&mut drawn.what.entries);
        if entries.is_empty() {
            return match drawn.written(&self.app.store).await?.root {
                Some((set, id, is_new)) => Ok(Made::Entity { set, id, is_new }),
                None => Err(Fault::internal("an Observation was sent and none was taken")),
            };
        }
        // Entities and Observations go to disk in one transaction, all of them or none, and the entities are seen after it. Where it
        // is not known whether it came to its end the server stops, and reads at its next start what is there.
        let tied = Tied { entities: drawn.change(), is_whole: true, ..Tied::default() };
        let outcome = self.submit(entries, BTreeMap::new(), Vec::new(), tied).await?;
        if let Some(one) = outcome.refused.first() {
            let at = drawn.what.at.get(one.index).map(String::as_str).unwrap_or_default();
            let fault = fault::field(at, one.reason, one.detail.clone());
            drop(drawn);
            self.keep_one(path, &value, &fault).await;
            return Err(fault);
        }
        match drawn.seen().root {
            Some((set, id, is_new)) => Ok(Made::Entity { set, id, is_new }),
            // One that stood already is the one that was meant.
            None => match outcome.numbers.first().copied().flatten() {
                Some(seq) => Ok(Made::Observation { seq, is_new: outcome.accepted > 0 }),
                None => Err(Fault::internal("an Observation was sent and none was taken")),
            },
        }
    }

    fn draw(
        &self,
        graph: &Graph,
        draft: &mut Draft,
        path: &Path,
        value: &Value,
        n_sent: &AtomicUsize,
    ) -> Result<Parsed, Fault> {
        let context = self.context();
        let set = path.leads_to();
        n_sent.store(n_observations(set, value), Ordering::Relaxed);
        let from = self.from(graph, path)?;
        let mut insert = Insert::new(graph, draft, &context);
        let id = if set == Set::Observations {
            let (datastream, feature) = match from {
                Some((relation, id)) if relation.to == Set::FeaturesOfInterest => (None, Some(id)),
                Some((_, id)) => (Some(id), None),
                None => (None, None),
            };
            insert.observation(value.clone(), datastream, feature, "")?;
            None
        } else {
            Some(insert.entity(set, value.clone(), from, "", false)?)
        };
        insert.move_things();
        let taken = std::mem::take(&mut insert.sent);
        let mut entries = Vec::with_capacity(taken.len());
        for (entry, one) in settle(&mut insert, &taken).into_iter().zip(&taken) {
            let mut entry = entry.map_err(|reject| body::of_reject(&one.at, &reject))?;
            if self.is_again {
                letters::silence(&mut entry);
            }
            entries.push(entry);
        }
        let root = id.map(|id| (set, id, draft.is_new(id)));
        let at = taken.into_iter().map(|one| one.at).collect();
        Ok(Parsed { root, entries, at })
    }

    /// What a path says that a new entity hangs on: an entity of the partner's own.
    fn from(&self, graph: &Graph, path: &Path) -> Result<Option<From>, Fault> {
        let Some((last, before)) = path.hops.split_last() else {
            return match &path.key {
                None => Ok(None),
                Some(_) => Err(fault::not_allowed(
                    "An entity is created in its set, such as POST Things: to change this one send PATCH or PUT.",
                )),
            };
        };
        if last.key.is_some() || !last.relation.is_many {
            return Err(fault::not_allowed(
                "An entity is created in its set, such as POST Things: to change this one send PATCH or PUT.",
            ));
        }
        let Some(key) = path.key.as_ref().filter(|_| path.set != Set::Observations) else {
            return Err(fault::not_allowed("Nothing is created there: create it in its own set."));
        };
        let walker = self.walker();
        let start = walk::named(graph, walker, path.set, key)?;
        let End::One(set, id) = walk::on(graph, walker, (path.set, start), before)? else {
            return Err(fault::not_allowed("Nothing is created there: create it in its own set."));
        };
        self.owns(graph, id)?;
        let inverse = match last.relation.to {
            // An Observation has two relations by which it hangs on something.
            Set::Observations if set == Set::FeaturesOfInterest => {
                Set::Observations.relation("FeatureOfInterest")
            }
            Set::Observations => Set::Observations.relation("Datastream"),
            _ => last.relation.inverse(),
        };
        Ok(inverse.map(|relation| (relation, id)))
    }

    /// Refuses what is another partner's.
    pub(super) fn owns(&self, graph: &Graph, id: i64) -> Result<(), Fault> {
        match graph.one(id) {
            Some(one) if one.source == self.sender.source => Ok(()),
            Some(one) => {
                let detail = format!(
                    "The {} {id} is another partner's: only that one changes it.",
                    one.set.one()
                );
                Err(Fault::forbidden("not-yours", "Another partner's", detail))
            }
            None => Err(fault::not_found(format!("There is no entity {id}."))),
        }
    }
}

/// How many Observations a body holds, however deep.
fn n_observations(set: Set, value: &Value) -> usize {
    fn nested(value: &Value) -> usize {
        match value {
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| match (name.as_str(), value) {
                    ("Observations", Value::Array(items)) => items.len(),
                    ("properties" | "parameters", _) => 0,
                    (_, value) => nested(value),
                })
                .sum(),
            Value::Array(items) => items.iter().map(nested).sum(),
            _ => 0,
        }
    }
    nested(value) + usize::from(set == Set::Observations)
}
