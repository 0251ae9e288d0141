use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tracing::Instrument;

use super::{Incoming, Webhook, WebhookDelivery};
use crate::events::listener::{Listener, Outcome};

/// Half a second less than the platforms wait, for the way back.
const PATIENCE: Duration = Duration::from_millis(2500);

impl Listener {
    /// Handles a request that a server received for a webhook, and returns the response. The body
    /// must be each byte as it came over the wire.
    ///
    /// A check of the URL gets its response at once, without the handler. DingTalk wants it within 1.2
    /// seconds, and slows down its events for servers that are slow.
    ///
    /// The handler runs in a task of its own: it continues if the peer hangs up and this future is
    /// dropped. If it takes longer than 2.5 seconds, the response says that the event was not
    /// handled, while the handler continues; when the platform redelivers the event, it has been
    /// handled. The answer to a callback has to be there in time: a callback is hardly ever
    /// redelivered. If it is within a minute, it gets the same answer.
    ///
    /// # Panics
    ///
    /// Panics outside a Tokio runtime.
    pub async fn serve(&self, webhook: &impl Webhook, request: Request<Bytes>) -> Response<Bytes> {
        match webhook.open(&request) {
            Incoming::Challenge(response) => response,
            Incoming::Event(delivery) | Incoming::Callback(delivery) => {
                self.deliver(delivery).await
            }
            Incoming::Refused(refusal) => {
                tracing::warn!(reason = %refusal, "a request to the webhook was refused");
                refusal.response()
            }
        }
    }

    async fn deliver(&self, delivery: WebhookDelivery) -> Response<Bytes> {
        let (listener, event) = (self.clone(), delivery.event().clone());
        let hear = async move { listener.hear(event).await };
        // The server's span knows the request.
        let heard = tokio::spawn(hear.in_current_span());
        match tokio::time::timeout(PATIENCE, heard).await {
            Ok(Ok(Outcome::Handled(answer) | Outcome::Repeated(answer))) => delivery.accept(answer),
            // The listener panicked, or the runtime is being shut down.
            Ok(Ok(Outcome::InProgress | Outcome::Failed) | Err(_)) => delivery.fail(),
            Err(_) => {
                let header = delivery.event().header();
                tracing::warn!(
                    openplat.event = header.event_type,
                    id = header.id,
                    "the handler exceeds the time limit; it continues in the background"
                );
                delivery.fail()
            }
        }
    }
}
