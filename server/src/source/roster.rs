//! The roster: the sources of the settings, and those that administrators added, changed and removed at the desk.
//!
//! The latter are one named value of the database, written in the transaction of the line in the room's log that tells of it: a crash
//! loses both or neither. Their passwords lie there sealed, and are given to nobody but their upstream.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use wire::time::Timestamp;
use wire::view::Mode;

use super::{Board, Note, SourceConfig};
use crate::http::problem::Fault;
use crate::log_line;
use crate::pipeline::Cursor;
use crate::state::App;
use crate::store::{Sealed, Store, StoreError};
use crate::vault::Vault;

/// Its name among the database's named values.
const NAME: &str = "sources";
/// Sources that are added at the desk: a city has some dozens.
pub(crate) const ADDED_MAX: usize = 200;
/// Removed ones that are remembered, the newest: so many are told that nobody asks them any more.
const GONE_MAX: usize = 1_000;

/// A source that was added at the desk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Added {
    /// Its settings, without the password.
    pub(crate) config: SourceConfig,
    /// The role of who added or changed it last.
    pub(crate) by: String,
    /// When.
    pub(crate) at: Timestamp,
    /// Since when it stands at this address: where it goes on is told of no other.
    since: Timestamp,
    /// The password, sealed.
    #[serde(default)]
    password: Option<Locked>,
}

/// One that was removed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Gone {
    id: String,
    /// What it was: what stands under its name is not mixed with another's.
    pub(crate) kind: String,
    by: String,
    at: Timestamp,
}

/// A sealed password, in hexadecimal digits.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Locked {
    payload: String,
    key: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Stored {
    #[serde(default)]
    added: Vec<Added>,
    #[serde(default)]
    gone: Vec<Gone>,
}

/// What a change does.
pub(crate) enum Change {
    /// A new one, or other settings of one that is there.
    Put(Box<SourceConfig>),
    /// It is asked no more.
    Remove,
}

/// See the module.
#[derive(Debug)]
pub struct Roster {
    settings: Vec<SourceConfig>,
    vault: Arc<Vault>,
    stored: Mutex<Stored>,
    /// All of them, for whoever asks.
    all: Mutex<Arc<Vec<SourceConfig>>>,
    changes: watch::Sender<u64>,
    /// Who changes it holds it: what is on disk and what stands here are changed in the same order.
    pub(crate) changing: tokio::sync::Mutex<()>,
}

impl Roster {
    /// With what stands in the database, which is told to the board where it was removed.
    pub(crate) async fn load(
        store: &Store,
        settings: &[SourceConfig],
        vault: Arc<Vault>,
        board: &Board,
    ) -> Result<Self, StoreError> {
        let stored = match store.meta(NAME).await? {
            None => Stored::default(),
            Some(value) => serde_json::from_str(&value).map_err(|cause| {
                StoreError::Corrupt(format!("the sources that were added cannot be read: {cause}"))
            })?,
        };
        let roster = Self {
            settings: settings.to_vec(),
            vault,
            stored: Mutex::default(),
            all: Mutex::default(),
            changes: watch::Sender::default(),
            changing: tokio::sync::Mutex::default(),
        };
        for gone in &stored.gone {
            board.note(&gone.id, |note| note.removed = Some(gone.said()));
        }
        roster.lay(stored);
        Ok(roster)
    }

    /// All sources of ours.
    pub(crate) fn all(&self) -> Arc<Vec<SourceConfig>> {
        Arc::clone(&self.all.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One of them, by its public id.
    pub(crate) fn of(&self, id: &str) -> Option<SourceConfig> {
        self.all().iter().find(|config| config.id() == id).cloned()
    }

    /// One that was added at the desk, by its public id.
    pub(crate) fn added(&self, id: &str) -> Option<Added> {
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        stored.added.iter().find(|one| one.config.id() == id).cloned()
    }

    /// One that was removed, by its public id.
    pub(crate) fn gone(&self, id: &str) -> Option<Gone> {
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        stored.gone.iter().find(|one| one.id == id).cloned()
    }

    /// How many were added.
    pub(crate) fn n_added(&self) -> usize {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).added.len()
    }

    /// Wakes with each change.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// What stands from now on.
    fn lay(&self, stored: Stored) {
        let mut all = self.settings.clone();
        for one in &stored.added {
            let is_taken = all.iter().any(|other| other.short_name() == one.config.short_name());
            if is_taken {
                let source = one.config.id();
                tracing::error!(
                    source,
                    "a source of this name stands in the settings: that one counts"
                );
                continue;
            }
            match self.opened(one) {
                Ok(config) => all.push(config),
                Err(why) => tracing::error!(source = one.config.id(), why, "a source cannot start"),
            }
        }
        *self.all.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(all);
        *self.stored.lock().unwrap_or_else(PoisonError::into_inner) = stored;
        self.changes.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Its settings, ready to be used.
    fn opened(&self, one: &Added) -> Result<SourceConfig, String> {
        let secret = one.password.as_ref().map(|locked| {
            let sealed = locked.sealed().ok_or("its password is damaged: set it again")?;
            let bytes = self.vault.open_secret(&one.config.id(), &sealed);
            let bytes = bytes.map_err(|_bad| "its password does not open: set it again")?;
            String::from_utf8(bytes).map_err(|_bad| "its password is damaged: set it again")
        });
        let secret = secret.transpose()?.map(Into::into);
        Ok(SourceConfig { secret, since: Some(one.since), ..one.config.clone() })
    }
}

impl Gone {
    fn said(&self) -> String {
        format!("removed by the role {} at {}", self.by, self.at)
    }
}

impl Locked {
    fn of(sealed: &Sealed) -> Self {
        Self {
            payload: crate::auth::key::hex(&sealed.payload),
            key: crate::auth::key::hex(&sealed.key),
        }
    }

    fn sealed(&self) -> Option<Sealed> {
        let payload = crate::vault::unhex(&self.payload)?;
        Some(Sealed { payload, key: crate::vault::unhex(&self.key)? })
    }
}

/// Changes the roster in the name of an operator; done once it is on disk. The caller holds `changing` and has checked all.
pub(crate) async fn change(
    app: &App,
    (id, mode): (&str, Mode),
    change: Change,
    (role, name): (&str, String),
    text: String,
) -> Result<(), Fault> {
    let now = app.clock.now();
    let roster = &app.roster;
    let mut stored = roster.stored.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let before = stored.added.iter().position(|one| one.config.id() == id);
    let before = before.map(|n| stored.added.remove(n));
    match change {
        Change::Put(mut config) => {
            let secret = config.secret.take();
            let password = secret.as_ref().map(|secret| {
                roster.vault.seal_secret(id, secret.words().as_bytes()).map(|it| Locked::of(&it))
            });
            // At another address nothing is known of where it was.
            let stays = before.as_ref().filter(|one| one.config.url == config.url);
            let gone = stored.gone.iter().find(|one| one.id == id).map(|one| one.at);
            let last = before.as_ref().map(|one| one.since).max(gone);
            let anew = last.map_or(now, |last| now.max(last.plus_ms(1)));
            stored.added.push(Added {
                config: *config,
                by: role.to_owned(),
                at: now,
                since: stays.map_or(anew, |one| one.since),
                password: password.transpose().map_err(Fault::internal)?,
            });
            stored.gone.retain(|one| one.id != id);
        }
        Change::Remove => {
            let kind = before.map(|one| one.config.kind).unwrap_or_default();
            let (id, by) = (id.to_owned(), role.to_owned());
            stored.gone.push(Gone { id, kind, by, at: now });
            let over = stored.gone.len().saturating_sub(GONE_MAX);
            stored.gone.drain(..over);
        }
    }
    let value = serde_json::to_string(&stored).map_err(Fault::internal)?;
    let kept = Cursor { name: NAME.to_owned(), value };
    log_line::write(app, mode, name, text, Some(kept)).await?;
    let removed = stored.gone.iter().find(|one| one.id == id).map(Gone::said);
    // What was known of it is of the old settings; that somebody stopped it is not.
    app.sources.note(id, |note| {
        *note = Note { paused: note.paused.take(), removed, ..Note::default() };
    });
    roster.lay(stored);
    Ok(())
}
