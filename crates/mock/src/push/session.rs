//! A WebSocket from the platform's side.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, Stream, StreamExt, future};
use http::Response;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_websockets::{CloseCode, Error, Message, ServerBuilder};

use super::ack::WebhookError;
use super::fault::Fault;
use super::hub::{Order, Peer, Post};
use super::line::Line;
use crate::{Shared, WeakShared};

/// A connection in the platform's list, which says so when it ends.
pub(crate) struct Session {
    platform: WeakShared,
    pub(crate) index: usize,
    pub(super) orders: mpsc::UnboundedReceiver<Order>,
}

impl Session {
    /// Adds a connection to the list. From here on it gets pushes.
    pub(crate) fn open(shared: &Shared, peer: Peer) -> Self {
        let (sender, orders) = mpsc::unbounded_channel();
        let mut platform = shared.lock();
        let now = platform.now();
        let index = platform.hub.open(peer, sender, now);
        Self { platform: shared.downgrade(), index, orders }
    }

    /// Speaks to the client until one side ends the connection. Returns whether it is to be reset.
    pub(crate) async fn run<S>(mut self, stream: &mut S, read_already: Bytes) -> bool
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let is_silent = Arc::<AtomicBool>::default();
        let line = Line::new(stream, read_already, is_silent.clone());
        let (mut sink, mut messages) = ServerBuilder::new().serve(line).split();
        let (outbox, mut outgoing) = mpsc::unbounded_channel();
        // A client that does not read must not keep the platform from anything else.
        let writing = async {
            while let Some(message) = outgoing.recv().await {
                if sink.send(message).await.is_err() {
                    break;
                }
            }
        };
        self.converse(&mut messages, pin!(writing), Outbox(outbox), &is_silent).await
    }

    /// Returns whether the connection is to be reset.
    async fn converse(
        &mut self,
        messages: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
        mut writing: Pin<&mut impl Future<Output = ()>>,
        outbox: Outbox,
        is_silent: &AtomicBool,
    ) -> bool {
        let mut stalled_until = None;
        loop {
            let wake = self.run_due();
            tokio::select! {
                biased;
                order = self.orders.recv() => match order {
                    None => return false,
                    Some(Order::Wake | Order::Post(_)) => {}
                    Some(Order::Send(messages)) => outbox.put(messages),
                    Some(Order::Fault(fault)) => {
                        // First what was ordered before.
                        if writing.as_mut().now_or_never().is_some() {
                            return false;
                        }
                        match fault {
                            Fault::Close(code) => outbox.put([close(code)]),
                            Fault::Reset => return true,
                            Fault::Silence => is_silent.store(true, Ordering::Relaxed),
                            Fault::Stall(time) => {
                                stalled_until = Some(tokio::time::sleep(time).deadline());
                            }
                        }
                    }
                },
                () = &mut writing => return false,
                message = messages.next(), if stalled_until.is_none() => match message {
                    Some(Ok(message)) => outbox.put(self.hear(&message)),
                    Some(Err(error)) => {
                        self.broke_off(&error);
                        // Sends the close that says why.
                        let _ = messages.next().now_or_never();
                        return false;
                    }
                    None => return false,
                },
                () = until(stalled_until) => stalled_until = None,
                () = pause(wake) => {}
            }
        }
    }

    /// Does what is due, and returns the time until something else is.
    pub(super) fn run_due(&self) -> Option<Duration> {
        let shared = self.platform.upgrade()?;
        let mut platform = shared.lock();
        let now = platform.now();
        platform.hub.run_due(now)
    }

    /// Takes in the response of a webhook.
    pub(super) fn heard(&self, post: &Post, response: Result<Response<Bytes>, WebhookError>) {
        let Some(shared) = self.platform.upgrade() else { return };
        let mut platform = shared.lock();
        let now = platform.now();
        platform.hub.heard(self.index, post, response, now);
    }

    fn hear(&self, message: &Message) -> Option<Message> {
        let shared = self.platform.upgrade()?;
        let mut platform = shared.lock();
        let now = platform.now();
        platform.hub.hear(self.index, message, now)
    }

    fn broke_off(&self, error: &Error) {
        let Some(shared) = self.platform.upgrade() else { return };
        shared.lock().hub.broke_off(self.index, error);
    }
}

/// The messages that are to be written.
struct Outbox(mpsc::UnboundedSender<Message>);

impl Outbox {
    fn put(&self, messages: impl IntoIterator<Item = Message>) {
        for message in messages {
            // Its receiver lives as long as this does.
            let _ = self.0.send(message);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(shared) = self.platform.upgrade() {
            let mut platform = shared.lock();
            let now = platform.now();
            platform.hub.closed(self.index, now);
        }
    }
}

fn close(code: u16) -> Message {
    let code = CloseCode::try_from(code).ok().filter(|code| !code.is_reserved());
    Message::close(code, "")
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => future::pending().await,
    }
}

pub(super) async fn pause(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => future::pending().await,
    }
}
