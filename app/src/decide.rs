//! Deciding: what is asked before, how it is sent, and what the screen says of it until the picture itself does.

use gloo_net::http::Request;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wire::api::Decided;
use wire::decision::{DecisionBasis, DecisionBody, DecisionKind, DecisionSubject};
use wire::time::Timestamp;

use crate::address::Selection;
use crate::desk::Desk;

/// What is being decided of the picked situation, before it is said on what basis or why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// Confirm, not true, close; or shelve an alarm.
    pub kind: DecisionKind,
    /// Which alarm, of shelving.
    pub alarm: Option<u64>,
}

/// Why a decision was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// No answer came.
    Away,
    /// The session ended.
    SignedOut,
    /// The role may not.
    Forbidden,
    /// The server's own words.
    Refused(String),
}

/// What became of the last decision of this desk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sent {
    /// Nothing waits.
    #[default]
    Nothing,
    /// On its way.
    Going(DecisionSubject),
    /// It stands in the journal under this number, and the picture does not tell it yet.
    Stands(DecisionSubject, u64),
    /// It was not taken.
    Failed(DecisionSubject, Failed),
}

impl Sent {
    /// About what it is.
    pub fn subject(&self) -> Option<&DecisionSubject> {
        match self {
            Self::Nothing => None,
            Self::Going(subject) | Self::Stands(subject, _) | Self::Failed(subject, _) => {
                Some(subject)
            }
        }
    }
}

/// How long an alarm is put off: no longer than a watch looks away.
const SHELVED_MS: i64 = 30 * 60_000;

/// The bases in the order of their keys.
pub const BASES: [DecisionBasis; 4] = [
    DecisionBasis::OnScene,
    DecisionBasis::Camera,
    DecisionBasis::Official,
    DecisionBasis::CalledBack,
];

/// A decision without a basis or words.
pub fn plain(kind: DecisionKind, subject: DecisionSubject) -> DecisionBody {
    DecisionBody {
        kind,
        subject: Some(subject),
        basis: None,
        text: None,
        occurred_at: None,
        known_seq: None,
        mode: None,
        with: Vec::new(),
        reports: Vec::new(),
        until: None,
        every_min: None,
        zone: None,
        rule: None,
        remove: false,
        geometry: None,
        radius_m: None,
    }
}

impl Desk {
    /// Whether the role of who works here decides.
    pub fn may_decide(self) -> bool {
        self.me.with_value(|me| {
            matches!(me.role.as_str(), "analyst" | "duty-officer" | "administrator")
        })
    }

    /// The picked situation.
    pub fn picked_situation(self) -> Option<u64> {
        match self.selection.get_untracked() {
            Some(Selection::Situation(id)) => Some(id),
            _ => None,
        }
    }

    /// Decides something about the picked situation. False if none is picked, or the role may not.
    pub fn decide_here(self, kind: DecisionKind) -> bool {
        let Some(id) = self.picked_situation().filter(|_| self.may_decide()) else { return false };
        self.decide(plain(kind, DecisionSubject::Situation(id)));
        true
    }

    /// Asks for basis or words first.
    pub fn ask(self, kind: DecisionKind) -> bool {
        let may = self.picked_situation().is_some() && self.may_decide();
        if may {
            self.asking.set(Some(Asking { kind, alarm: None }));
        }
        may
    }

    /// What is asked is decided, on this basis and with these words.
    pub fn decide_asked(self, basis: Option<DecisionBasis>, text: &str) -> bool {
        let Some(asking) = self.asking.get_untracked() else { return false };
        let on = self.picked_situation().map(DecisionSubject::Situation);
        let Some(subject) = asking.alarm.map(DecisionSubject::Alarm).or(on) else { return false };
        let text = text.trim();
        let needs_basis = matches!(asking.kind, DecisionKind::Verify | DecisionKind::Refute);
        if basis.is_some() && !needs_basis {
            return false;
        }
        let needs_words = needs_basis || asking.kind == DecisionKind::Shelve;
        if text.is_empty() && basis.is_none() && needs_words {
            return false;
        }
        self.asking.set(None);
        self.decide(DecisionBody {
            basis: basis.or_else(|| needs_basis.then_some(DecisionBasis::Other)),
            text: (!text.is_empty()).then(|| text.to_owned()),
            until: (asking.kind == DecisionKind::Shelve)
                .then(|| Timestamp(untrack(|| self.server_now()) + SHELVED_MS)),
            ..plain(asking.kind, subject)
        });
        true
    }

    /// Sends a decision. What became of it is in [`Desk::sent`]; what it changed comes as any other word does.
    pub fn decide(self, body: DecisionBody) {
        let Some(subject) = body.subject.clone() else { return };
        let known_seq = self.picture.with_value(|picture| picture.cursor().map(|at| at.seq));
        let body = DecisionBody {
            known_seq,
            mode: Some(self.mode),
            occurred_at: Some(Timestamp(untrack(|| self.server_now()))),
            ..body
        };
        self.sent.set(Sent::Going(subject.clone()));
        spawn_local(async move {
            let next = match post(&body).await {
                Ok(seq) => Sent::Stands(subject, seq),
                Err(cause) => Sent::Failed(subject, cause),
            };
            // The desk may be closed by then.
            if self.sent.try_set(next).is_none() {
                self.look_at_sent();
            }
        });
    }

    /// Once the picture tells what was decided, nothing more needs to be said of it.
    pub fn look_at_sent(self) {
        let is_told = self.sent.with_untracked(|sent| match sent {
            Sent::Stands(subject, seq) => {
                self.picture.with_value(|picture| picture.tells(subject, *seq))
            }
            _ => false,
        });
        if is_told {
            self.sent.set(Sent::Nothing);
        }
    }
}

async fn post(body: &DecisionBody) -> Result<u64, Failed> {
    let request = Request::post("/api/v1/decisions").json(body);
    let answer = match request {
        Ok(request) => request.send().await.map_err(|_cause| Failed::Away)?,
        Err(_unwritable) => return Err(Failed::Away),
    };
    if answer.ok() {
        return answer.json::<Decided>().await.map(|told| told.seq).map_err(|_cause| Failed::Away);
    }
    Err(match answer.status() {
        401 => Failed::SignedOut,
        403 => Failed::Forbidden,
        _ => Failed::Refused(detail_of(&answer.text().await.unwrap_or_default())),
    })
}

/// The sentence of a problem; of anything else nothing.
fn detail_of(problem: &str) -> String {
    let parsed = js_sys::JSON::parse(problem).ok();
    let detail = parsed.and_then(|object| js_sys::Reflect::get(&object, &"detail".into()).ok());
    detail.and_then(|detail| detail.as_string()).unwrap_or_default()
}
