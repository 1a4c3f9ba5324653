//! The listener: bounded connections, a deadline for request heads, and an end in order.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::state::App;

/// After a failed accept (out of descriptors, say) the next try waits, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections the kernel holds until they are accepted, as far as it may (`net.core.somaxconn`): when everybody comes back
/// at once, those beyond it are not refused but wait for seconds, connected on their side alone.
const BACKLOG: u32 = 4_096;

/// The listener at this address.
pub(super) fn listen(at: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart need not wait for the connections of the server before it.
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

/// Accepts until `stop`, then waits for open connections to end.
pub(super) async fn serve(listener: TcpListener, app: App, stop: CancellationToken) {
    let limits = &app.config.limits;
    let room = Arc::new(Semaphore::new(limits.connections_max));
    let header_timeout = Duration::from_millis(limits.header_timeout_ms);
    let router = crate::http::router(app.clone());
    // Dropped with this task, and every connection with it.
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = async {
                // A connection more than there is room for waits in the kernel's queue.
                let permit = Arc::clone(&room).acquire_owned().await;
                (listener.accept().await, permit)
            } => accepted,
        };
        let (Ok((stream, from)), Ok(permit)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let connection = serve_one(stream, from, router.clone(), header_timeout, stop.clone());
        open.spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

async fn serve_one(
    stream: TcpStream,
    from: SocketAddr,
    router: axum::Router,
    header_timeout: Duration,
    stop: CancellationToken,
) {
    // Frames are small and must not wait for each other.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended at once");
        return;
    }
    let service = TowerToHyperService::new(router.layer(axum::Extension(ConnectInfo(from))));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
