//! The socket of a connection, and what waits to be written to it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Sink, SinkExt, Stream};
use tokio::time::{Instant, timeout};
use tokio_websockets::{CloseCode, Error as WsError, Message};

use super::delivery::{Outgoing, Pending};
use super::endpoint::WebSocket;

/// The longest that a message may take to be written.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that the platform may take to close its side.
const GOODBYE: Duration = Duration::from_secs(2);
/// The most messages that wait to be written; beyond that, nothing more is read.
const MOST_UNSENT: usize = 1000;
/// The most bytes of them. The platform's pings are echoed, so that it decides on their size.
const MOST_UNSENT_BYTES: usize = 16 * 1024 * 1024;

pub(super) struct Line {
    socket: WebSocket,
    outbox: VecDeque<Outgoing>,
    /// The messages that are written and not flushed, with those who wait for them.
    unflushed: Vec<Option<Pending>>,
    /// The size of all messages that wait to be written or flushed.
    unsent_bytes: usize,
    unwritten_since: Option<Instant>,
}

impl From<Message> for Outgoing {
    fn from(message: Message) -> Self {
        Self { message, pending: None }
    }
}

impl Line {
    pub(super) fn new(socket: WebSocket) -> Self {
        Self {
            socket,
            outbox: VecDeque::new(),
            unflushed: Vec::new(),
            unsent_bytes: 0,
            unwritten_since: None,
        }
    }

    pub(super) fn send(&mut self, outgoing: impl Into<Outgoing>) {
        let outgoing = outgoing.into();
        self.unwritten_since.get_or_insert_with(Instant::now);
        self.unsent_bytes += outgoing.message.as_payload().len();
        self.outbox.push_back(outgoing);
    }

    /// Drops what has not been written: nothing but the reply to a close can be sent after it.
    pub(super) fn clear(&mut self) {
        self.outbox.clear();
    }

    /// Returns the time by which something has to have been written.
    pub(super) fn write_due(&self) -> Option<Instant> {
        self.unwritten_since.map(|since| since + WRITE_TIMEOUT)
    }

    /// Writes what can be written, and tells those who wait that it has been.
    pub(super) fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        while !self.outbox.is_empty() {
            ready!(Pin::new(&mut self.socket).poll_ready(context))?;
            let Some(Outgoing { message, pending }) = self.outbox.pop_front() else { break };
            self.unflushed.push(pending);
            Pin::new(&mut self.socket).start_send(message)?;
            // Each message has its own time: a slow line is not a dead one.
            self.unwritten_since = Some(Instant::now());
        }
        ready!(Pin::new(&mut self.socket).poll_flush(context))?;
        (self.unsent_bytes, self.unwritten_since) = (0, None);
        for pending in self.unflushed.drain(..).flatten() {
            let _ = pending.sent.send(());
        }
        Poll::Ready(Ok(()))
    }

    /// Returns `true` if so much waits to be written that nothing should be read.
    pub(super) fn is_full(&self) -> bool {
        let unsent = self.outbox.len() + self.unflushed.len();
        unsent >= MOST_UNSENT || self.unsent_bytes >= MOST_UNSENT_BYTES
    }

    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, WsError>>> {
        let read = ready!(Pin::new(&mut self.socket).poll_next(context));
        if let Some(Ok(message)) = &read
            && message.is_ping()
        {
            // The library replies on its own. Replies count, so that they do not pile up unread.
            self.unwritten_since.get_or_insert_with(Instant::now);
            self.unsent_bytes += message.as_payload().len();
            self.unflushed.push(None);
        }
        Poll::Ready(read)
    }

    /// Sends what is left, and closes the connection gracefully.
    pub(super) async fn close(&mut self) {
        let goodbye = async {
            poll_fn(|context| self.poll_write(context)).await?;
            // Refused if the platform was first.
            let _ = self.socket.send(Message::close(Some(CloseCode::NORMAL_CLOSURE), "")).await;
            self.socket.close().await
        };
        // The connection ends, whatever comes of this.
        let _ = timeout(GOODBYE, goodbye).await;
    }
}
