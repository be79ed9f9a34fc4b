//! How long an answer waits for its reader: a peer that does not take what it is sent in time is cut off, and what it was sent is free.
//! And how a connection ends: not before the peer has had its say, or it would never learn the answer to what it was not to send.

use plenary_shared::limits;
use std::{
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use crate::connections::Connection;

/// A connection that fails when its peer takes longer than [`limits::WRITE`] for [`limits::WRITE_PIECE_BYTES`] of what waits for it.
pub(super) struct Impatient<S> {
    stream: S,
    connection: Arc<Connection>,
    /// Until when so many bytes more are to be taken, if any wait.
    waits: Option<(Pin<Box<Sleep>>, usize)>,
    /// Once all is sent: until when so many bytes more are read and forgotten.
    ends: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<S> Impatient<S> {
    pub fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self { stream, connection, waits: None, ends: None }
    }

    /// What came of a write.
    fn written(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Pending => return self.wait(context),
            Poll::Ready(Ok(bytes)) => {
                self.waits = self.waits.take().and_then(|(until, left)| Some((until, left.checked_sub(*bytes)?)));
            }
            Poll::Ready(Err(_)) => {}
        }
        written
    }

    fn wait<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if self.connection.is_socket() {
            return Poll::Pending;
        }
        let (until, _) = self.waits.get_or_insert_with(|| (Box::pin(sleep(limits::WRITE)), limits::WRITE_PIECE_BYTES));
        until.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Pending => self.wait(context),
            flushed => {
                // Nothing waits any more.
                self.waits = None;
                flushed
            }
        }
    }

    /// A connection that is dropped with unread bytes is reset, and the answer to a body that was refused unread goes with it.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ends.is_none() {
            match Pin::new(&mut self.stream).poll_shutdown(context) {
                Poll::Pending => return self.wait(context),
                Poll::Ready(Ok(())) if !self.connection.is_socket() => {}
                ended => return ended,
            }
        }
        let Self { stream, ends, .. } = &mut *self;
        let (until, left) = ends.get_or_insert_with(|| (Box::pin(sleep(limits::REQUEST)), limits::PUSH_BYTES_MAX));
        let mut forgotten = [0; 8 << 10];
        while *left > 0 && until.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut forgotten);
            match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => *left = left.saturating_sub(buffer.filled().len()),
                Poll::Ready(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::Connections;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    fn connection() -> Arc<Connection> {
        Connections::new(1, 1).admit([192, 0, 2, 1].into()).unwrap()
    }

    /// Sends an answer of 1 MiB to a peer that takes so many bytes every 29 s.
    async fn sent(taken: usize, connection: Arc<Connection>) -> io::Result<()> {
        let (server, mut peer): (DuplexStream, _) = duplex(1_024);
        tokio::spawn(async move {
            let mut buffer = vec![0; taken];
            while peer.read_exact(&mut buffer).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(29)).await;
            }
        });
        let mut answer = Impatient::new(server, connection);
        answer.write_all(&vec![0; 1 << 20]).await?;
        answer.flush().await
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_read_is_cut_and_one_that_is_read_slowly_is_not() {
        assert_eq!(sent(1, connection()).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        sent(limits::WRITE_PIECE_BYTES, connection()).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nothing_waits_counts_for_nothing() {
        let (server, mut peer) = duplex(1_024);
        let mut lines = Impatient::new(server, connection());
        let reading = tokio::spawn(async move {
            let mut buffer = [0; 1];
            tokio::time::sleep(Duration::from_secs(5)).await;
            while peer.read_exact(&mut buffer).await.is_ok() {}
        });
        for _ in 0..3 {
            lines.write_all(&[0; 2_000]).await.unwrap();
            lines.flush().await.unwrap();
            tokio::time::sleep(2 * limits::WRITE).await;
        }
        drop(lines);
        reading.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_ends_once_its_peer_has_had_its_say_and_not_much_later() {
        let (server, mut peer) = duplex(1_024);
        let said = tokio::spawn(async move {
            peer.write_all(&vec![0; 1 << 20]).await.unwrap();
            let mut answer = Vec::new();
            peer.read_to_end(&mut answer).await.unwrap();
            answer
        });
        let mut refusing = Impatient::new(server, connection());
        refusing.write_all(b"no").await.unwrap();
        refusing.shutdown().await.unwrap();
        assert_eq!(said.await.unwrap(), b"no");

        let (server, _peer) = duplex(1_024);
        let mut silent = Impatient::new(server, connection());
        tokio::time::timeout(2 * limits::REQUEST, silent.shutdown()).await.expect("it ends").unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_is_left_to_its_session() {
        let connection = connection();
        connection.becomes_socket();
        assert!(tokio::time::timeout(10 * limits::WRITE, sent(1, connection)).await.is_err());
    }
}
