//! An event on its way to a handler, and what is said back.

use std::fmt;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;
use tokio_websockets::Message;

use super::protocol::{Receipt, Verdict};
use crate::error::debug_as_display;
use crate::events::{Answer, EventSchema, Listener, Outcome, RawEvent};

/// An event that came over a long connection, to be acknowledged with [`accept`](Self::accept).
///
/// One that is dropped is not acknowledged, and the platform delivers it again. The acknowledgment
/// goes to the connection that the event came over, never to one that was opened since.
///
/// `Debug` shows the header of the event.
#[must_use = "an event that is not acknowledged is delivered again"]
pub struct Delivery {
    pub(super) event: RawEvent,
    pub(super) receipt: Receipt,
    pub(super) received_at: Instant,
    pub(super) acks: mpsc::UnboundedSender<Outgoing>,
    /// One of as many as may be handled at a time.
    pub(super) permit: OwnedSemaphorePermit,
}

/// A message to be sent.
pub(super) struct Outgoing {
    pub(super) message: Message,
    pub(super) pending: Option<Pending>,
}

/// The waiters for an acknowledgment to be sent.
pub(super) struct Pending {
    pub(super) sent: oneshot::Sender<()>,
    pub(super) _permit: OwnedSemaphorePermit,
}

/// The connection that an event came over has ended, so that the event could not be acknowledged.
/// The platform delivers it again.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection of the event has ended; the platform will deliver it again")]
#[non_exhaustive]
pub struct NotSent;

debug_as_display!(NotSent);

impl Delivery {
    /// Returns the event.
    pub fn event(&self) -> &RawEvent {
        &self.event
    }

    /// Acknowledges the event, with what the platform waits for if it is a callback. The platform
    /// wants to hear this within 3 seconds.
    ///
    /// # Errors
    ///
    /// [`NotSent`] if the connection has ended.
    pub async fn accept(self, answer: impl Into<Answer>) -> Result<(), NotSent> {
        let answer = answer.into();
        match answer.is_unwritable() {
            true => self.settle(Verdict::Failed).await,
            false => self.settle(Verdict::Handled(answer)).await,
        }
    }

    /// Says that the event was not handled. The platform delivers an event again, and shows an
    /// error to the user who waits for the response to a callback.
    ///
    /// # Errors
    ///
    /// [`NotSent`] if the connection has ended.
    pub async fn fail(self) -> Result<(), NotSent> {
        self.settle(Verdict::Failed).await
    }

    async fn settle(self, verdict: Verdict) -> Result<(), NotSent> {
        let message = self.receipt.write(verdict, self.received_at.elapsed());
        let (sent, was_sent) = oneshot::channel();
        let pending = Some(Pending { sent, _permit: self.permit });
        self.acks.send(Outgoing { message, pending }).map_err(|_| NotSent)?;
        was_sent.await.map_err(|_| NotSent)
    }

    /// Has the event handled, and says what became of it.
    pub(super) async fn hear(self, listener: &Listener) {
        let (event_type, id) = (self.event.event_type().to_owned(), self.event.header().id.clone());
        let (received_at, patience) = (self.received_at, patience(&self.event));
        let sent = match listener.hear(self.event.clone()).await {
            Outcome::Handled(answer) | Outcome::Repeated(answer) => self.accept(answer).await,
            // Whoever handles it acknowledges it; if that fails, it shall come again.
            Outcome::InProgress => Ok(()),
            Outcome::Failed => self.fail().await,
        };
        let elapsed = received_at.elapsed();
        match sent {
            Ok(()) if elapsed <= patience => {}
            Ok(()) => tracing::warn!(
                openplat.event = event_type,
                id,
                ?elapsed,
                ?patience,
                "the handler took longer than the platform waits"
            ),
            Err(error) => tracing::warn!(
                openplat.event = event_type,
                id,
                %error,
                "an event was not acknowledged"
            ),
        }
    }
}

/// Returns how long the platform waits for an acknowledgment.
fn patience(event: &RawEvent) -> Duration {
    match event.header().schema {
        EventSchema::DingTalkEvent | EventSchema::DingTalkCallback => Duration::from_secs(60),
        _ => Duration::from_secs(3),
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("event", &self.event).finish_non_exhaustive()
    }
}
