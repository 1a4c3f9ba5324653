//! Deciding: what is asked before, how it is sent, and what the screen says of it until the picture itself does.

use gloo_net::http::Request;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wire::api::Decided;
use wire::decision::{DecisionBasis, DecisionBody, DecisionKind, DecisionSubject};
use wire::geo::LngLat;
use wire::id::ReportId;
use wire::latitude::width;
use wire::time::Timestamp;

use crate::address::Selection;
use crate::desk::Desk;
use crate::model::log::newest_to_go_back;
use crate::model::order::place;
use crate::panel::row::matter_at;

/// What is being decided, before it is said on what basis, with what or why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// What.
    pub kind: DecisionKind,
    /// About what; nothing for a line of the log.
    pub on: Option<DecisionSubject>,
    /// What the keys 1 to 4 answer. They stay what they were when it was asked.
    pub answers: Vec<Answer>,
}

impl Asking {
    /// Asks in words alone.
    pub fn of(kind: DecisionKind, on: DecisionSubject) -> Self {
        Self { kind, on: Some(on), answers: Vec::new() }
    }
}

/// One answer that is a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// On this basis.
    Basis(DecisionBasis),
    /// Somebody must look so often, in minutes; 0 ends it.
    Every(u32),
    /// It is one with this situation.
    With(u64),
    /// This report is another.
    Report(ReportId),
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
    Going(Option<DecisionSubject>),
    /// It stands in the journal under this number, and the picture does not tell it yet.
    Stands(Option<DecisionSubject>, u64),
    /// It was not taken.
    Failed(Option<DecisionSubject>, Failed),
}

impl Sent {
    /// About what it is; nothing of what stands in the log alone.
    pub fn subject(&self) -> Option<&DecisionSubject> {
        match self {
            Self::Nothing => None,
            Self::Going(subject) | Self::Stands(subject, _) | Self::Failed(subject, _) => {
                subject.as_ref()
            }
        }
    }
}

/// How long an alarm is put off: no longer than a watch looks away.
const SHELVED_MS: i64 = 30 * 60_000;

/// The bases in the order of their keys.
const BASES: [DecisionBasis; 4] = [
    DecisionBasis::OnScene,
    DecisionBasis::Camera,
    DecisionBasis::Official,
    DecisionBasis::CalledBack,
];
/// How often somebody must look, in minutes.
const WATCHES: [u32; 4] = [15, 30, 60, 0];
/// As many as there are keys.
const ANSWERS_MAX: usize = 4;

/// The report of an open card on which the focus stands.
fn marked_report() -> Option<ReportId> {
    match matter_at(&document().active_element()?)? {
        Selection::Report(id) => Some(id),
        _ => None,
    }
}

/// A decision of this kind, and nothing more said of it.
pub fn plain(kind: DecisionKind) -> DecisionBody {
    DecisionBody {
        kind,
        subject: None,
        basis: None,
        text: None,
        occurred_at: None,
        known_seq: None,
        mode: None,
        with: Vec::new(),
        reports: Vec::new(),
        until: None,
        every_min: None,
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

    /// Whether it writes notes and lines of the log.
    pub fn may_write(self) -> bool {
        self.may_decide() || self.me.with_value(|me| me.role == "contributor")
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
        let subject = Some(DecisionSubject::Situation(id));
        self.decide(DecisionBody { subject, ..plain(kind) });
        true
    }

    /// A report belongs there, with this radius of doubt.
    pub fn place(self, id: ReportId, geometry: LngLat, radius_m: u32) {
        let subject = Some(DecisionSubject::Report(id));
        let (geometry, radius_m) = (Some(geometry), Some(radius_m));
        self.decide(DecisionBody { subject, geometry, radius_m, ..plain(DecisionKind::Place) });
    }

    /// Asks for basis, answer or words first.
    pub fn ask(self, kind: DecisionKind) -> bool {
        let Some(id) = self.picked_situation().filter(|_| self.may_decide()) else { return false };
        let answers: Vec<Answer> = match kind {
            DecisionKind::Verify | DecisionKind::Refute => BASES.map(Answer::Basis).into(),
            DecisionKind::Watch => WATCHES.map(Answer::Every).into(),
            DecisionKind::Merge => self.nearest_to(id),
            DecisionKind::Split => marked_report().map(Answer::Report).into_iter().collect(),
            _ => Vec::new(),
        };
        if answers.is_empty() && matches!(kind, DecisionKind::Merge | DecisionKind::Split) {
            return false;
        }
        let on = DecisionSubject::Situation(id);
        self.asking.set(Some(Asking { answers, ..Asking::of(kind, on) }));
        true
    }

    /// Asks for a note on the picked situation, or else for a line of the log.
    pub fn ask_words(self) -> bool {
        self.ask_words_on(self.picked_situation().map(DecisionSubject::Situation))
    }

    /// Asks for a line of the log, whatever is picked.
    pub fn ask_line(self) -> bool {
        self.ask_words_on(None)
    }

    fn ask_words_on(self, on: Option<DecisionSubject>) -> bool {
        let kind = if on.is_some() { DecisionKind::Note } else { DecisionKind::Log };
        let may = self.may_write();
        if may {
            self.asking.set(Some(Asking { kind, on, answers: Vec::new() }));
        }
        may
    }

    /// Asks whether the newest decision of who works here is to be taken back.
    pub fn ask_back(self) -> bool {
        let mine = || {
            self.picture.with_value(|picture| {
                self.me.with_value(|me| newest_to_go_back(picture.log().rev(), &me.name))
            })
        };
        let Some(seq) = mine().filter(|_| self.may_decide()) else { return false };
        self.asking.set(Some(Asking::of(DecisionKind::Undo, DecisionSubject::Decision(seq))));
        true
    }

    /// The situations of the list that lie nearest to this one.
    fn nearest_to(self, id: u64) -> Vec<Answer> {
        let Some(here) = self.picture.with_value(|picture| picture.situation(id)?.geometry) else {
            return Vec::new();
        };
        let mut near: Vec<(u64, u64)> = Vec::new();
        self.incidents.with_untracked(|incidents| {
            for row in incidents.rows().iter().filter(|row| row.situation.id != id && !row.gone) {
                if let Some(there) = row.situation.geometry {
                    let east = (there.lng() - here.lng()) * width(here.lat());
                    // Whole micro-degrees are near enough to know who is nearest.
                    let north = there.lat() - here.lat();
                    let away = (east * east + north * north).sqrt() * 1e6;
                    place(&mut near, (away as u64, row.situation.id), |(away, _)| *away);
                    near.truncate(ANSWERS_MAX);
                }
            }
        });
        near.into_iter().map(|(_, id)| Answer::With(id)).collect()
    }

    /// What is asked is decided, with this answer and these words.
    pub fn decide_asked(self, answer: Option<Answer>, text: &str) -> bool {
        let Some(asking) = self.asking.get_untracked() else { return false };
        let text = text.trim();
        let needs_basis = matches!(asking.kind, DecisionKind::Verify | DecisionKind::Refute);
        let needs_answer = !asking.answers.is_empty() && !needs_basis;
        let needs_words = needs_basis
            || matches!(asking.kind, DecisionKind::Shelve | DecisionKind::Note | DecisionKind::Log);
        if answer.is_none() && (needs_answer || needs_words && text.is_empty()) {
            return false;
        }
        self.asking.set(None);
        let mut body = DecisionBody {
            subject: asking.on,
            text: (!text.is_empty()).then(|| text.to_owned()),
            basis: needs_basis.then_some(DecisionBasis::Other),
            ..plain(asking.kind)
        };
        match answer {
            Some(Answer::Basis(basis)) => body.basis = Some(basis),
            Some(Answer::Every(minutes)) => body.every_min = Some(minutes),
            Some(Answer::With(id)) => body.with = vec![id],
            Some(Answer::Report(id)) => body.reports = vec![id],
            None => {}
        }
        if asking.kind == DecisionKind::Shelve {
            body.until = Some(Timestamp(untrack(|| self.server_now()) + SHELVED_MS));
        }
        self.decide(body);
        true
    }

    /// Sends a decision. What became of it is in [`Desk::sent`]; what it changed comes as any other word does.
    pub fn decide(self, body: DecisionBody) {
        // What takes another back is told by the log alone.
        let subject = body.subject.clone().filter(|on| !matches!(on, DecisionSubject::Decision(_)));
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
                self.picture.with_value(|picture| picture.tells(subject.as_ref(), *seq))
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
pub fn detail_of(problem: &str) -> String {
    let parsed = js_sys::JSON::parse(problem).ok();
    let detail = parsed.and_then(|object| js_sys::Reflect::get(&object, &"detail".into()).ok());
    detail.and_then(|detail| detail.as_string()).unwrap_or_default()
}
