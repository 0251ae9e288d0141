//! A WebSocket from the platform's side.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt, future};
use http::Response;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::fault::Fault;
use super::hub::{Order, Peer, Post};
use super::line::Line;
use super::webhook::WebhookError;
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

    /// Speaks to the client until one side ends the connection. Returns the stream, and whether it
    /// is to be reset.
    pub(crate) async fn run<S>(mut self, stream: S, read_already: Bytes) -> Option<(S, bool)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let is_silent = Arc::<AtomicBool>::default();
        let line = Line::new(stream, is_silent.clone());
        let socket =
            WebSocketStream::from_partially_read(line, read_already.into(), Role::Server, None);
        let (mut sink, mut messages) = socket.await.split();
        let is_reset = {
            let (outbox, mut outgoing) = mpsc::unbounded_channel();
            // A client that does not read must not keep the platform from anything else.
            let mut writing = pin!(async {
                while let Some(message) = outgoing.recv().await {
                    if sink.send(message).await.is_err() {
                        break;
                    }
                }
            });
            let mut stalled_until = None;
            loop {
                let wake = self.run_due();
                tokio::select! {
                    biased;
                    order = self.orders.recv() => match order {
                        None => break false,
                        Some(Order::Wake | Order::Post(_)) => {}
                        Some(Order::Send(messages)) => {
                            messages.into_iter().for_each(|message| drop(outbox.send(message)));
                        }
                        Some(Order::Fault(fault)) => {
                            // First what was ordered before.
                            if writing.as_mut().now_or_never().is_some() {
                                break false;
                            }
                            match fault {
                                Fault::Close(code) => drop(outbox.send(close(code))),
                                Fault::Reset => break true,
                                Fault::Silence => is_silent.store(true, Ordering::Relaxed),
                                Fault::Stall(time) => stalled_until = Some(Instant::now() + time),
                            }
                        }
                    },
                    () = &mut writing => break false,
                    message = messages.next(), if stalled_until.is_none() => match message {
                        Some(Ok(message)) => {
                            self.hear(&message).into_iter().for_each(|it| drop(outbox.send(it)));
                        }
                        Some(Err(_)) | None => break false,
                    },
                    () = until(stalled_until) => stalled_until = None,
                    () = pause(wake) => {}
                }
            }
        };
        let socket = sink.reunite(messages).ok()?;
        Some((socket.into_inner().into_inner(), is_reset))
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
    Message::Close(Some(CloseFrame { code: code.into(), reason: "".into() }))
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
