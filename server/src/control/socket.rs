//! The socket of a running server: one JSON line asks, one JSON line answers. Only the server's own account may open
//! it, which is the whole of its authentication.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::{Done, Refused, Request, act};
use crate::pipeline::Fate;
use crate::reread::{Reread, reread};
use crate::state::App;
use crate::withdraw::withdraw;
use wire::id::ReportId;

/// Longest line either way: a list of some thousands of keys.
const LINE_BYTES_MAX: u64 = 1 << 20;
/// How long one act may take: a password hash takes some tens of milliseconds, a busy disk seconds.
const ACT_MAX: Duration = Duration::from_secs(20);
/// How long whoever asks waits for reports to be read again; longer ones go on without them.
const RERUN_MAX: Duration = Duration::from_secs(8);

/// Why a server could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No server listens there.
    #[error("no server runs there")]
    NoServer,
    /// One does, but the talk failed.
    #[error("{0}")]
    Broken(String),
}

/// Opens the socket. One left by a killed server is replaced; one in use is not.
pub async fn listen(path: &Path) -> io::Result<UnixListener> {
    if UnixStream::connect(path).await.is_ok() {
        return Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "a server runs on this data directory",
        ));
    }
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    // Made beside its place, closed to others, then moved there: at no moment can another account open it.
    let beside = path.with_extension("sock.new");
    match std::fs::remove_file(&beside) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let listener = UnixListener::bind(&beside)?;
    std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(&beside, path)?;
    Ok(listener)
}

/// Answers one act after the other until it is dropped.
pub async fn serve(listener: UnixListener, app: App) {
    loop {
        match listener.accept().await {
            Ok((stream, _from)) => {
                if tokio::time::timeout(ACT_MAX, answer(stream, &app)).await.is_err() {
                    tracing::warn!("an act through the socket took too long");
                }
            }
            Err(cause) => {
                tracing::warn!(%cause, "the socket failed");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Only the writer of the journal may erase, so this act needs the running server.
async fn erase(app: &App, id: ReportId) -> Result<Done, Refused> {
    let done = withdraw(app, None, vec![id]).await.map_err(Refused::failed)?;
    match done.fates.first() {
        Some(Fate::Gone) => Ok(Done::said(format!(
            "The personal part of {id} is gone (seq {}); its count stays.",
            done.seq
        ))),
        Some(Fate::Held) => Ok(Done::said(format!(
            "Nobody reads {id} any more (seq {}); a legal hold keeps its personal part sealed until it is released.",
            done.seq
        ))),
        _ if done.n_letters > 0 => Ok(Done::said(format!(
            "What was refused of {id} is gone; the journal holds nothing of it."
        ))),
        _ => Err(Refused::Failed(format!("there is no report {id}: ids stand in its feature"))),
    }
}

async fn reload(app: &App) -> Result<Done, Refused> {
    let exposure = Arc::clone(&app.exposure);
    let reloaded = tokio::task::spawn_blocking(move || exposure.reload());
    reloaded.await.map_err(Refused::failed)?.map_err(Refused::failed)?;
    Ok(Done::said("The running server counts by it from now on.".to_owned()))
}

async fn reload_gazetteer(app: &App) -> Result<Done, Refused> {
    app.gazette.load(&app.store).await.map_err(Refused::failed)?;
    let told = rerun(app).await?;
    Ok(Done::said(format!("The running server finds places by it from now on. {told}")))
}

/// Reads again what stands without a place, and says what came of it; of many reports, that it goes on.
async fn rerun(app: &App) -> Result<String, Refused> {
    if app.gazette.now().is_none() {
        return Err(Refused::Failed(
            "there is no gazetteer: import one with talaia gazetteer import FILE".to_owned(),
        ));
    }
    let own = app.clone();
    let reading = tokio::spawn(async move { reread(&own).await });
    match tokio::time::timeout(RERUN_MAX, reading).await {
        Ok(Ok(Ok(Reread { n_read, n_placed, .. }))) => Ok(format!(
            "{n_read} reports without a place were read again: {n_placed} have one now."
        )),
        Ok(Ok(Err(cause))) => Err(Refused::failed(cause)),
        Ok(Err(died)) => Err(Refused::failed(died)),
        Err(_late) => {
            Ok("Reports without a place are being read again; its log says when they all are."
                .to_owned())
        }
    }
}

async fn reload_geocodes(app: &App) -> Result<Done, Refused> {
    app.geocodes.load(&app.store).await.map_err(Refused::failed)?;
    Ok(Done::said("The running server places advisories by them from now on.".to_owned()))
}

async fn answer(stream: UnixStream, app: &App) {
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    let read = BufReader::new(reading.take(LINE_BYTES_MAX)).read_line(&mut line).await;
    if read.is_err() || line.is_empty() {
        return;
    }
    let done: Result<Done, Refused> = match serde_json::from_str::<Request>(&line) {
        Ok(Request::Erase { id }) => erase(app, id).await,
        Ok(Request::ExposureReload) => reload(app).await,
        Ok(Request::GazetteerReload) => reload_gazetteer(app).await,
        Ok(Request::GazetteerRerun) => rerun(app).await.map(Done::said),
        Ok(Request::GeocodesReload) => reload_geocodes(app).await,
        Ok(request) => act(&app.store, &app.clock, Some(&app.hub), request).await,
        Err(_unknown) => Err(Refused::Failed(
            "the running server does not know this command: use its own version of talaia"
                .to_owned(),
        )),
    };
    if let Ok(mut text) = serde_json::to_vec(&done) {
        text.push(b'\n');
        // If the asker is gone, the act is done all the same.
        let _ = writing.write_all(&text).await;
    }
}

/// Asks the server whose socket this is.
pub async fn ask(path: &Path, request: &Request) -> Result<Result<Done, Refused>, AskError> {
    let broken = |cause: &dyn std::fmt::Display| AskError::Broken(cause.to_string());
    let stream = match UnixStream::connect(path).await {
        Ok(stream) => stream,
        Err(cause) => {
            let nobody =
                matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused);
            return Err(if nobody { AskError::NoServer } else { broken(&cause) });
        }
    };
    let talk = async {
        let (reading, mut writing) = stream.into_split();
        let mut text = serde_json::to_vec(request).map_err(|cause| broken(&cause))?;
        text.push(b'\n');
        writing.write_all(&text).await.map_err(|cause| broken(&cause))?;
        let mut line = String::new();
        BufReader::new(reading.take(LINE_BYTES_MAX))
            .read_line(&mut line)
            .await
            .map_err(|cause| broken(&cause))?;
        serde_json::from_str(&line).map_err(|cause| broken(&cause))
    };
    tokio::time::timeout(ACT_MAX, talk).await.map_err(|_late| broken(&"no answer in 20 s"))?
}
