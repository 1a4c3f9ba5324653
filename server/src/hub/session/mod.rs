//! A session: one view and a cursor. It is asked again and again for the next batch, takes what it lacks from what is
//! published, and is idle when it lacks nothing. It knows nothing of sockets.
//!
//! What it owes its client is a list of tile versions and ids, never frames: however slow the client, it gets each
//! thing once, as it is when it is sent. Totals come last: they say that everything up to their `seq` was sent.
//! `looking` is the part that belongs to one view, `owed` what it sends beside tiles.

mod looking;
mod owed;
mod sent;

use std::sync::Arc;

use engine::view::Clearance;
use wire::frame::{Heartbeat, Hello, ServerFrame, ViewFrame};
use wire::time::Timestamp;
use wire::view::Mode;

use self::looking::Looking;
use super::interest::CountKey;
use super::limits::NEWEST_MAX;
use super::{Encoded, Hub};
use crate::pipeline::Worlds;

/// From where a client wants to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// The journal's identity as the client knew it.
    pub epoch: String,
    /// Everything up to here it holds.
    pub seq: u64,
}

/// Why a view is not served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be.
    #[error("{0}")]
    BadView(String),
    /// The reader may not see the mode.
    #[error("this key or role may not see the mode {0}")]
    Forbidden(Mode),
}

/// Frames to send now.
type Batch = Vec<Arc<Encoded>>;

/// See the module.
#[derive(Debug)]
pub struct Session {
    hub: Arc<Hub>,
    epoch: Arc<str>,
    clearance: Clearance,
    modes: Vec<Mode>,
    resume: Option<Resume>,
    /// The client reads the compact subprotocol, which may carry differences.
    compact: bool,
    looking: Option<Looking>,
}

impl Session {
    /// A session of a reader that may see these modes.
    pub fn new(
        hub: Arc<Hub>,
        epoch: Arc<str>,
        clearance: Clearance,
        modes: Vec<Mode>,
        resume: Option<Resume>,
    ) -> Self {
        Self { hub, epoch, clearance, modes, resume, compact: false, looking: None }
    }

    /// The same for a client that takes differences of tiles.
    #[must_use]
    pub fn compact(self, compact: bool) -> Self {
        Self { compact, ..self }
    }

    /// The first frame. For a client that resumes it names the client's own cursor, so that one which goes again at once
    /// does not believe it holds more than it does.
    pub fn hello(&self, server_time: Timestamp) -> Encoded {
        let head = self.heads();
        let seq = match &self.resume {
            Some(resume) if *resume.epoch == *self.epoch => head.min(resume.seq),
            _ => head,
        };
        Encoded::new(ServerFrame::Hello(Hello {
            protocol: wire::PROTOCOL_VERSION,
            epoch: self.epoch.as_ref().to_owned(),
            seq,
            server_time,
            modes: self.modes.clone(),
            heartbeat_ms: ms(self.hub.limits.heartbeat),
            canary_ms: ms(self.hub.limits.canary),
        }))
    }

    fn heads(&self) -> u64 {
        self.modes.iter().map(|mode| self.hub.head(*mode)).max().unwrap_or(0)
    }

    /// What a heartbeat before the first view may name. To a client that resumes every heartbeat is a cursor: it is told
    /// no more than it holds, and of another journal it holds nothing.
    fn held_before_a_view(&self) -> u64 {
        match &self.resume {
            None => self.heads(),
            Some(resume) if *resume.epoch == *self.epoch => self.heads().min(resume.seq),
            Some(_) => 0,
        }
    }

    /// Proof of life, with the newest canary that came to this session. Its `seq` never exceeds what was sent, so it is a cursor as good as that of the last totals.
    pub fn heartbeat(&self, server_time: Timestamp) -> Heartbeat {
        let (seq, newest, canary) = match &self.looking {
            None => (self.held_before_a_view(), None, None),
            Some(looking) => {
                let published = self.hub.side(looking.view.mode).published();
                let settled = !looking.unsettled && looking.head == published.head;
                let sent = looking.totals.map_or(0, |(_, seq)| seq);
                let seq = if settled { published.head } else { sent };
                (seq, published.newest, looking.canary)
            }
        };
        Heartbeat { seq, server_time, newest, canary }
    }

    /// Whether everything up to the last totals was sent and nothing since: then a heartbeat is a cursor too.
    pub fn is_settled(&self) -> bool {
        self.looking.as_ref().is_some_and(|looking| !looking.unsettled)
    }

    /// Whether the last batch was all there is until something is published: who is told of that need not ask again.
    pub fn has_taken_all(&self) -> bool {
        self.looking.as_ref().is_some_and(|looking| looking.taken.is_some())
    }

    /// Looks at a view from now on. What was taken before still belongs to the view before; where the new one has a
    /// number, the next batch says that it begins.
    pub fn look(&mut self, view: impl Into<ViewFrame>) -> Result<(), Refusal> {
        let ViewFrame { view, number } = view.into();
        let cover = view.cover().map_err(|bad| Refusal::BadView(bad.to_string()))?;
        if view.newest > NEWEST_MAX {
            return Err(Refusal::BadView(format!("newest is at most {NEWEST_MAX}")));
        }
        if !self.modes.contains(&view.mode) {
            return Err(Refusal::Forbidden(view.mode));
        }
        let resume = self.resume.take();
        let key = CountKey { window: view.window, hazards: view.hazard_set(), cover };
        let side = self.hub.side(view.mode);
        // Woken by everything that is published after this line.
        let wake = side.version.subscribe();
        let lease = side.interest.lease(key);
        let mut looking = Looking::new(view, key, lease, wake);
        match (self.looking.take(), resume) {
            (Some(before), _) => looking.inherit(before),
            (None, Some(resume)) => {
                let gathered_head = side.gathered().head;
                let published = side.published();
                let head = published.head.max(gathered_head);
                looking.resume(&published, &resume, &self.epoch, head);
            }
            (None, None) => {}
        }
        if looking.cursor == u64::MAX {
            looking.cursor = side.published().ring.end();
        }
        looking.begins = number;
        self.looking = Some(looking);
        side.flush_soon();
        Ok(())
    }

    /// Resolves when there may be something to take; never before the first view.
    pub async fn changed(&mut self) {
        if let Some(looking) = &mut self.looking
            && looking.wake.changed().await.is_ok()
        {
            return;
        }
        // The hub outlives its sessions, so the channel cannot close; were it closed, nothing would come any more.
        std::future::pending::<()>().await;
    }

    /// The next frames to send; `None` when there is nothing to send now.
    pub fn next_batch(&mut self, worlds: &Worlds) -> Option<Vec<Arc<Encoded>>> {
        let Self { hub, epoch, clearance, compact, looking, .. } = self;
        let looking = looking.as_mut()?;
        let batch = looking.next(hub, epoch, *clearance, worlds, *compact)?;
        // The status of a source is no part of what the totals count, nor of what a cursor stands for.
        let counts = |frame: &Arc<Encoded>| {
            !matches!(frame.frame(), ServerFrame::Source(_) | ServerFrame::View(_))
        };
        looking.unsettled |= batch.iter().any(counts);
        if let Some(last) = batch.last()
            && let ServerFrame::Totals(totals) = last.frame()
        {
            looking.totals = Some((totals.totals(), totals.seq));
            looking.unsettled = false;
        }
        Some(batch)
    }
}

fn ms(span: std::time::Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}
