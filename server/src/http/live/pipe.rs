//! A line as the websocket library sees it: it reads from the socket, and what it says itself waits its turn.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::line::Line;

/// See the module.
#[derive(Debug)]
pub(super) struct Pipe(pub(super) Arc<Line>);

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        turn: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let stream = self.0.stream();
        loop {
            ready!(stream.poll_read_ready(turn))?;
            match stream.try_read(into.initialize_unfilled()) {
                Ok(n) => {
                    into.advance(n);
                    return Poll::Ready(Ok(()));
                }
                Err(busy) if busy.kind() == ErrorKind::WouldBlock => {}
                Err(broken) => return Poll::Ready(Err(broken)),
            }
        }
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _turn: &mut Context<'_>,
        said: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.0.say_copied(said);
        Poll::Ready(Ok(said.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _turn: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _turn: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
