//! The runtime: starts tasks in order and stops them in reverse; nothing else spawns what outlives a request.
//!
//! Order: the data directory is locked, the database opens and migrates, the vault opens, the Worlds are rebuilt from
//! the journal, the pipeline takes its queue, and only then does anybody get an answer.

mod lock;
mod serve;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engine::classify::{Classifier, Lexicon, LexiconError};
use engine::entry::SourceKey;
use engine::world::World;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wire::time::Timestamp;

use crate::auth::Gate;
use crate::canary::Canaries;
use crate::clock::Clock;
use crate::config::Config;
use crate::exposure::Exposure;
use crate::gazette::Gazette;
use crate::http::live::delivery::Lines;
use crate::http::live::{delivery, rights};
use crate::hub::{Hub, LiveLimits};
use crate::journal::{Replay, fill_observations};
use crate::letters::Letters;
use crate::operations::Operations;
use crate::pipeline::{
    Checkpointer, Door, Intake, Lanes, Ledgers, Pipeline, Queue, Stopped, Sweep, Worlds,
};
use crate::source::{Board, Roster};
use crate::sta::registry::Registry;
use crate::state::App;
use crate::store::{DAY_MS, OpenError, Store, StoreError};
use crate::vault::{Vault, VaultError};
use crate::why::Attempts;
use crate::{
    call_out, canary, control, desk, exercise, hub, letters as dead_letters, notice, operations,
    reread, source, withdraw,
};

pub use lock::{FolderLock, LockError};

/// Open requests may take this long to end when the server stops.
const DRAIN: Duration = Duration::from_secs(5);

/// Why the server did not start; each one sentence with what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be made or locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What the database holds.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The master key.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A master key that never sealed this database.
    #[error(
        "the master key does not belong to this database: restore master.key, or TALAIA_MASTER_KEY, from a backup"
    )]
    OtherKey,
    /// The socket for commands.
    #[error("the socket for commands cannot be opened in {0}: {1}")]
    Socket(String, std::io::Error),
    /// The address.
    #[error("cannot listen on {0}: {1}; choose another address with --listen")]
    Listen(SocketAddr, std::io::Error),
    /// The words of hazards that come with the program.
    #[error("the words of hazards cannot be read: {0}; words = false does without")]
    Words(#[from] LexiconError),
    /// The canaries.
    #[error("canaries cannot be said: {0}; limits.canary_ms = 0 turns them off")]
    Canary(String),
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// What its handlers share.
    pub app: App,
    /// Where it listens.
    pub addr: SocketAddr,
    /// Cancel it to ask for an orderly stop; then [`Running::wait`].
    pub shutdown: CancellationToken,
    stop_pipeline: CancellationToken,
    pipeline: JoinHandle<Result<(), Stopped>>,
    /// Looks for damage in the database while the server works already: it takes minutes on a large one.
    check: JoinHandle<Result<(), StoreError>>,
    /// In the order of starting.
    rooms: Vec<JoinHandle<()>>,
    _lock: FolderLock,
}

/// Starts a server: when this returns, the Worlds are whole and the address answers.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    // Boxed: the futures of all the rooms are large, and callers nest them.
    Box::pin(begin(config, clock)).await
}

/// What reads words, where the room wants that.
fn advice(config: &Config) -> Result<Option<Arc<Classifier>>, LexiconError> {
    let lexicon = config.words.then(Lexicon::bundled).transpose()?;
    Ok(lexicon.map(|lexicon| Arc::new(Classifier::new(lexicon, true))))
}

/// Through which commands act.
async fn socket(config: &Config) -> Result<tokio::net::UnixListener, StartError> {
    let path = config.socket();
    let failed = |cause| StartError::Socket(path.display().to_string(), cause);
    control::listen(&path).await.map_err(failed)
}

async fn begin(config: Config, clock: Clock) -> Result<Running, StartError> {
    let lock = FolderLock::take(&config.data_dir)?;
    let store = Store::open(&config.database_url(), &config.data_dir).await?;
    let epoch: Arc<str> = store.epoch().await?.into();
    let vault = Arc::new(Vault::open(&config.data_dir)?);
    if store.meta_ensure("master_key_proof", vault.proof()).await? != vault.proof() {
        return Err(StartError::OtherKey);
    }
    store.checkpoint_parts_delete_loose().await?;

    let exposure = Arc::new(Exposure::open(&config.data_dir, clock.now()));
    let hub = Arc::new(Hub::new(LiveLimits::of(&config.limits)));
    let sources = store.sources().await?;
    let now = clock.now();
    let advice = advice(&config)?;
    let replay = Replay {
        advice,
        store: &store,
        vault: Arc::clone(&vault),
        hub: Arc::clone(&hub),
        sources: &sources,
    };
    let mut rebuilt = Box::pin(replay.run(now)).await?;
    fill_observations(&store, &vault, rebuilt.head).await?;
    catch_up([&mut rebuilt.live, &mut rebuilt.exercise], now.max(rebuilt.recorded_at), &hub);
    tracing::info!(
        head = rebuilt.head,
        replayed = rebuilt.n_replayed,
        epoch = &*epoch,
        "the journal is read"
    );

    let worlds = Arc::new(Worlds::new(rebuilt.live, rebuilt.exercise));
    hub.open(&worlds);
    let board = Arc::new(Board::default());
    let roster = Roster::load(&store, &config.sources, Arc::clone(&vault), &board).await?;
    source::pause::load(&store, &roster.all(), &board).await?;
    let (queue, taker) = Queue::new(&config.limits);
    let letters = Letters::open(&store, Arc::clone(&vault)).await?;
    let id_key = Arc::new(vault.id_key());
    let pipeline = Pipeline {
        store: store.clone(),
        vault,
        worlds: Arc::clone(&worlds),
        hub: Arc::clone(&hub),
        ledgers: Ledgers::new(sources, Arc::clone(&board)),
        clock: clock.clone(),
        epoch: Arc::clone(&epoch),
        checkpointer: Checkpointer::new(&config.limits, now, rebuilt.n_replayed),
        limits: config.limits.clone(),
        head: rebuilt.head,
        recorded_at: rebuilt.recorded_at,
        sweep: Sweep::at_start(),
    };
    let registry = Arc::new(Registry::load(&store).await?);
    let listener =
        serve::listen(config.listen).map_err(|cause| StartError::Listen(config.listen, cause))?;
    let addr = listener.local_addr().map_err(|cause| StartError::Listen(config.listen, cause))?;

    let spent = spent_today(&store, now).await?;
    let attempts = Arc::new(Attempts::new(clock.clone()));
    let canaries = Canaries::new(clock.now(), addr).map_err(StartError::Canary)?;

    let socket = socket(&config).await?;
    let gazette = Arc::new(Gazette::new(config.area));
    let app = App {
        gate: Arc::new(Gate::new(&config.limits).begun(now, spent)),
        gazette: Arc::clone(&gazette),
        geocodes: Arc::default(),
        config: Arc::new(config),
        canaries: Arc::new(canaries),
        clock,
        operations: Arc::new(Operations::load(&store).await?),
        store,
        intake: Intake { door: Door::Room(queue), attempts: Arc::clone(&attempts), gazette },
        attempts,
        worlds,
        hub,
        lines: Arc::new(Lines::default()),
        epoch,
        id_key,
        exposure,
        trials: Arc::new(Semaphore::new(1)),
        exports: Arc::new(Semaphore::new(crate::export::EXPORTS_AT_ONCE)),
        imports: Arc::default(),
        passports: Arc::default(),
        declaring: Arc::default(),
        registry,
        sources: board,
        roster: Arc::new(roster),
        letters: Arc::new(letters),
        lanes: Arc::new(Lanes::default()),
    };
    gazetteer(&app).await;
    if let Err(cause) = app.geocodes.load(&app.store).await {
        tracing::error!(%cause, "advisories that name codes have no place");
    }
    let stop_pipeline = CancellationToken::new();
    let shutdown = CancellationToken::new();
    let pipeline = tokio::spawn(pipeline.run(taker, stop_pipeline.clone()));
    let check = check(&app);
    let rooms = rooms(&app, listener, socket, &shutdown);
    Ok(Running { app, addr, shutdown, stop_pipeline, pipeline, check, rooms, _lock: lock })
}

/// The names of places; without them the server runs all the same.
async fn gazetteer(app: &App) {
    match app.gazette.load(&app.store).await {
        Ok(None) => {}
        Ok(Some(gazetteer)) => {
            tracing::info!(
                places = gazetteer.len(),
                version = gazetteer.version(),
                "the gazetteer is read"
            );
        }
        Err(cause) => tracing::error!(%cause, "the gazetteer cannot be read: import it again"),
    }
}

/// Everything that runs beside the pipeline until the end.
fn rooms(
    app: &App,
    listener: TcpListener,
    socket: UnixListener,
    shutdown: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let stop = || shutdown.clone();
    vec![
        tokio::spawn(hub::run(app.clone(), stop())),
        tokio::spawn(delivery::run(app.clone(), stop())),
        tokio::spawn(rights::run(app.clone(), stop())),
        tokio::spawn(serve::serve(listener, app.clone(), stop())),
        tokio::spawn(until(stop(), control::serve(socket, app.clone()))),
        tokio::spawn(source::run(app.clone(), stop())),
        tokio::spawn(exercise::run(app.clone(), stop())),
        tokio::spawn(canary::run(app.clone(), stop())),
        tokio::spawn(call_out::run(app.clone(), stop())),
        tokio::spawn(dead_letters::run(app.clone(), stop())),
        tokio::spawn(notice::run(app.clone(), stop())),
        tokio::spawn(until(stop(), desk::forget(app.clone()))),
        tokio::spawn(until(stop(), withdraw::run(app.clone()))),
        tokio::spawn(until(stop(), operations::lapse::run(app.clone()))),
        tokio::spawn(until(stop(), reread::at_start(app.clone()))),
    ]
}

/// What each source sent since midnight in UTC, so that a restart gives nobody a new day.
async fn spent_today(store: &Store, now: Timestamp) -> Result<HashMap<SourceKey, u64>, StoreError> {
    let midnight = Timestamp(now.0.div_euclid(DAY_MS) * DAY_MS);
    let hours = store.hours_since(midnight).await?;
    hours.iter().map(|one| one.told().map(|(source, account)| (source, account.received))).collect()
}

/// What happened while nobody ran is that time passed.
fn catch_up(worlds: [&mut World; 2], at: Timestamp, hub: &Hub) {
    for world in worlds {
        let mut changes = Vec::new();
        world.tick(at, &mut changes);
        hub.publish(world.mode(), world.head(), &changes);
    }
}

/// Looks for damage beside all else.
fn check(app: &App) -> JoinHandle<Result<(), StoreError>> {
    let checked = app.store.clone();
    tokio::spawn(async move { checked.check().await })
}

/// Runs a task that has no end of its own.
async fn until(stop: CancellationToken, task: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = task => {}
    }
}

/// Resolves only if the check finds damage.
async fn damaged(check: JoinHandle<Result<(), StoreError>>) -> StoreError {
    match check.await {
        Ok(Err(found @ StoreError::Corrupt(_))) => return found,
        Ok(Err(error)) => tracing::warn!(%error, "the database could not be checked"),
        Ok(Ok(())) => tracing::info!("the database is sound"),
        Err(_aborted) => {}
    }
    std::future::pending().await
}

impl Running {
    /// Waits until [`Running::shutdown`] is cancelled, or the journal fails, and then ends in order: no new
    /// connections, open requests answered, the queue emptied, the database closed.
    pub async fn wait(self) -> Result<(), Stopped> {
        let Self { app, shutdown, stop_pipeline, mut pipeline, check, rooms, _lock, addr: _ } =
            self;
        let stop_check = check.abort_handle();
        let (mut early, mut damage) = (None, None);
        tokio::select! {
            () = shutdown.cancelled() => {}
            ended = &mut pipeline => early = Some(ended),
            found = damaged(check) => damage = Some(found),
        }
        stop_check.abort();
        shutdown.cancel();
        let ends = rooms.iter().map(JoinHandle::abort_handle).collect::<Vec<_>>();
        if tokio::time::timeout(DRAIN, futures_util::future::join_all(rooms)).await.is_err() {
            tracing::warn!("some requests did not end in time");
            ends.iter().for_each(tokio::task::AbortHandle::abort);
        }
        stop_pipeline.cancel();
        let ended = match early {
            Some(ended) => ended,
            None => pipeline.await,
        };
        app.store.close().await;
        if let Some(damage) = damage {
            return Err(damage.into());
        }
        match ended {
            Ok(result) => result,
            Err(died) => Err(StoreError::Backend(died.to_string()).into()),
        }
    }

    /// Runs until `asked` resolves, or the journal fails, and then ends in order.
    pub async fn until_stopped(self, asked: impl Future<Output = ()>) -> Result<(), Stopped> {
        let shutdown = self.shutdown.clone();
        let mut wait = std::pin::pin!(self.wait());
        tokio::select! {
            ended = wait.as_mut() => return ended,
            () = asked => shutdown.cancel(),
        }
        wait.await
    }

    /// Asks for an orderly stop and waits for it.
    pub async fn stop(self) -> Result<(), Stopped> {
        self.shutdown.cancel();
        self.wait().await
    }

    /// Ends at once, as a kill would: nothing is finished, nobody is told. Returns when the files are free.
    pub async fn kill(self) {
        let Self { app, shutdown, stop_pipeline, pipeline, check, rooms, _lock, addr: _ } = self;
        check.abort();
        for room in &rooms {
            room.abort();
        }
        pipeline.abort();
        shutdown.cancel();
        stop_pipeline.cancel();
        drop(futures_util::future::join_all(rooms).await);
        drop(pipeline.await);
        app.store.close().await;
    }
}
