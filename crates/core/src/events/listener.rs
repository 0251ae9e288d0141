//! From an event that came in to a handler that is done with it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tracing::Instrument;
use tracing::field::{Empty, display};

use super::answer::Answer;
use super::event::{EventHeader, EventSchema, RawEvent};
use super::handler::{Handler, HandlerError};
use super::kept_answers::KeptAnswers;
use super::seen::{Claim, MemorySeen, Seen};
use super::seen_client::{Attempt, SeenClient};
use super::set::EventSet;
use crate::base::{BoxFuture, Secret, catch_panic};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::metrics::{EventHandled, EventOutcome, Metrics, Recorder};
use crate::vendor::Vendor;

/// Passes events to a handler, each of them once.
///
/// Platforms deliver an event at least once, and again after a failure. A listener remembers for
/// eight hours what was handled, in its memory or in a [`Seen`] store that several processes share.
/// An event whose handler failed is not remembered.
///
/// Cheap to clone: clones share the handler and the store.
#[derive(Clone)]
pub struct Listener {
    handler: Arc<Handle>,
    dedupe: fn(&RawEvent) -> Option<String>,
    seen: Arc<SeenClient>,
    answers: Arc<KeptAnswers>,
    tickets: Option<Arc<Tickets>>,
    on_failure: Option<Arc<Report>>,
    metrics: Recorder,
    timeout: Duration,
}

type Handling = BoxFuture<'static, Result<Answer, HandlerError>>;
type Handle = dyn Fn(RawEvent) -> Handling + Send + Sync;
type Report = dyn Fn(&EventHeader, &HandlerError) + Send + Sync;
type SetTicket = dyn Fn(Secret) -> BoxFuture<'static, Result<(), Error>> + Send + Sync;

/// The client that tickets are for.
struct Tickets {
    app_id: String,
    set: Box<SetTicket>,
}

impl Tickets {
    fn are_of(&self, header: &EventHeader) -> bool {
        match &header.app_id {
            Some(app_id) => *app_id == self.app_id,
            // Several suites can push to one URL. Whatever names none may be of another one.
            None => header.schema != EventSchema::DingTalkHttp,
        }
    }
}

/// The result of hearing an event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The event was handled.
    Handled(Answer),
    /// The event had been handled before. If this process answered it within the last minute, it
    /// gets the same answer: the first one may not have arrived.
    Repeated(Answer),
    /// The event is being handled, by this process or another, which may fail. The platform has to
    /// deliver it again.
    InProgress,
    /// The handler failed. The platform has to deliver the event again.
    Failed,
}

/// The longest key that is passed to a store as it is: IDs come from the network.
const LONGEST_KEY: usize = 256;

impl Listener {
    /// Creates a listener for a handler of events of an API, or of [`RawEvent`]s.
    pub fn new<E: EventSet>(handler: impl Handler<E>) -> Self {
        let handler = Arc::new(handler);
        let handle = move |event| -> Handling {
            let handler = handler.clone();
            Box::pin(async move { handler.handle(E::read(event)).await })
        };
        Self {
            handler: Arc::new(handle),
            dedupe: E::dedupe,
            seen: Arc::new(SeenClient::new(MemorySeen::default())),
            answers: Arc::default(),
            tickets: None,
            on_failure: None,
            metrics: Recorder::default(),
            timeout: Duration::from_secs(60),
        }
    }

    /// Sets the store of the events that have been handled. Defaults to a [`MemorySeen`].
    pub fn seen(mut self, store: impl Seen) -> Self {
        self.seen = Arc::new(SeenClient::new(store));
        self
    }

    /// Passes each ticket that the platform pushes to the app of this client on to
    /// [`Client::set_ticket`], before the handler is called. If that fails, or the ticket cannot
    /// be read, the event fails.
    pub fn client<V: Vendor>(mut self, client: &Client<V>) -> Self {
        let (app_id, client) = (client.channel().app.id.to_owned(), client.clone());
        let set = Box::new(move |ticket| -> BoxFuture<'static, _> {
            let client = client.clone();
            Box::pin(async move { client.keep_ticket(ticket).await })
        });
        self.tickets = Some(Arc::new(Tickets { app_id, set }));
        self
    }

    /// Calls `report` for each event that was not handled, instead of logging a warning. The warning
    /// does not quote errors of the handler's own, which may hold a message.
    pub fn on_failure(
        mut self,
        report: impl Fn(&EventHeader, &HandlerError) + Send + Sync + 'static,
    ) -> Self {
        self.on_failure = Some(Arc::new(report));
        self
    }

    /// Tells `metrics` of each event. Not measured by default.
    pub fn metrics(mut self, metrics: Arc<dyn Metrics>) -> Self {
        self.metrics = Recorder::new(metrics);
        self
    }

    /// Sets the time limit for a handler, after which it is dropped and the event counts as failed.
    /// Defaults to 60 seconds.
    ///
    /// The time does not have to be what the platform waits, which is 3 seconds, and about a minute in
    /// DingTalk's stream mode. After that, the platform delivers the event again, and a repetition
    /// that comes in while the handler runs is not handled. If the process ends, its events are held
    /// up for this time and 10 seconds more.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Handles an event, unless it has been handled, or is being handled. An event without an ID is
    /// handled each time.
    ///
    /// If the future is dropped, so is the handler, and the next repetition is handled.
    pub async fn hear(&self, event: RawEvent) -> Outcome {
        let Some(started) = self.metrics.start() else { return self.hear_once(event).await };
        let event_type = event.event_type().to_owned();
        let heard = self.hear_once(event).await;
        let outcome = match &heard {
            Outcome::Handled(_) => EventOutcome::Handled,
            Outcome::Repeated(_) => EventOutcome::Repeated,
            Outcome::InProgress => EventOutcome::InProgress,
            Outcome::Failed => EventOutcome::Failed,
        };
        self.metrics.tell(|metrics| {
            let (event_type, elapsed) = (&*event_type, started.elapsed());
            metrics.event_handled(&EventHandled { event_type, elapsed, outcome });
        });
        heard
    }

    async fn hear_once(&self, event: RawEvent) -> Outcome {
        // `dedupe` may be users' code.
        let key = match catch_panic(async { self.key(&event) }).await {
            Ok(Some(key)) => key,
            Ok(None) => return self.handle(event).await,
            Err(_) => return self.fail(event.header(), &HandlerError::Panicked).await,
        };
        let mut attempt = Attempt::new(self.seen.clone(), key.clone());
        // Longer than the handler may run, so that only a process that ended can lose its claim.
        let lease = self.timeout.saturating_add(Duration::from_secs(10));
        match attempt.claim(lease).await {
            Claim::Done => {
                tracing::debug!(key, "an event was handled before");
                Outcome::Repeated(self.answers.get(&key))
            }
            Claim::InProgress => {
                tracing::debug!(key, "an event is being handled already");
                Outcome::InProgress
            }
            Claim::New => {
                let outcome = self.handle(event).await;
                if let Outcome::Handled(answer) = &outcome {
                    // Before the mark, after which a repetition asks for it.
                    self.answers.keep(&key, answer);
                }
                attempt.settle(matches!(outcome, Outcome::Handled(_))).await;
                outcome
            }
        }
    }

    fn key(&self, event: &RawEvent) -> Option<String> {
        let header = event.header();
        let id = (self.dedupe)(event).filter(|id| !id.is_empty())?;
        let (platform, app) = (header.schema.platform(), header.app_id.as_deref().unwrap_or("-"));
        let key = format!("{platform}:{app}:{}:{id}", header.event_type);
        Some(match key.len() <= LONGEST_KEY {
            true => key,
            false => format!("sha256:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(key))),
        })
    }

    async fn handle(&self, event: RawEvent) -> Outcome {
        let header = event.header().clone();
        let span = tracing::info_span!(
            "event",
            otel.name = header.event_type,
            otel.kind = "consumer",
            otel.status_code = Empty,
            otel.status_description = Empty,
            messaging.system = header.schema.platform(),
            messaging.operation.name = "process",
            messaging.operation.r#type = "process",
            messaging.message.id = header.id,
            error.r#type = Empty,
        );
        let handled = self.call(event).instrument(span.clone()).await;
        match handled {
            Ok(answer) => {
                tracing::debug!(
                    openplat.event = header.event_type,
                    id = header.id,
                    "an event was handled"
                );
                Outcome::Handled(answer)
            }
            Err(error) => {
                span.record("error.type", error.name());
                span.record("otel.status_code", "ERROR");
                span.record("otel.status_description", display(error.loggable()));
                self.fail(&header, &error).await
            }
        }
    }

    async fn fail(&self, header: &EventHeader, error: &HandlerError) -> Outcome {
        // A report is users' code as well.
        let _ = catch_panic(async { self.report(header, error) }).await;
        Outcome::Failed
    }

    async fn call(&self, event: RawEvent) -> Result<Answer, HandlerError> {
        let handled = async {
            self.keep_ticket(&event).await?;
            (self.handler)(event).await
        };
        let ended = tokio::time::timeout(self.timeout, catch_panic(handled)).await;
        let answer = ended
            .map_err(|_| HandlerError::TimedOut(self.timeout))?
            .map_err(|_| HandlerError::Panicked)??;
        match answer.is_unwritable() {
            true => Err(HandlerError::Unwritable),
            false => Ok(answer),
        }
    }

    async fn keep_ticket(&self, event: &RawEvent) -> Result<(), HandlerError> {
        let Some(tickets) = &self.tickets else { return Ok(()) };
        if !tickets.are_of(event.header()) {
            return Ok(());
        }
        let kept = match ticket(event) {
            Some(Ok(ticket)) => (tickets.set)(ticket).await,
            Some(Err(unreadable)) => Err(unreadable),
            None => Ok(()),
        };
        kept.map_err(|error| HandlerError::Returned(error.into()))
    }

    fn report(&self, header: &EventHeader, error: &HandlerError) {
        match &self.on_failure {
            Some(report) => report(header, error),
            None => tracing::warn!(
                openplat.event = header.event_type,
                id = header.id,
                error = error.loggable(),
                "an event was not handled"
            ),
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// Returns the ticket that an event carries: Feishu's `app_ticket`, DingTalk's `suite_ticket`.
fn ticket(event: &RawEvent) -> Option<Result<Secret, Error>> {
    #[derive(Deserialize)]
    struct Ticket {
        #[serde(alias = "SuiteTicket", alias = "suiteTicket")]
        app_ticket: String,
    }

    if !matches!(event.event_type(), "app_ticket" | "suite_ticket") {
        return None;
    }
    let unreadable = || Error::new(ErrorKind::Decode).with_detail("the ticket cannot be read");
    Some(match event.read::<Ticket>() {
        Ok(read) if read.value.app_ticket.trim().is_empty() => Err(unreadable()),
        Ok(read) => Ok(read.value.app_ticket.into()),
        Err(error) => Err(unreadable().with_cause(&error)),
    })
}
