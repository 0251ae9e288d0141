//! Facts about calls and events, for the metrics of a program.
//!
//! Implement [`Metrics`] for a type that counts, and pass it to
//! [`ClientBuilder::metrics`](crate::ClientBuilder::metrics) and, for events, to
//! `events::Listener::metrics`. Nothing is measured without it.
//!
//! ```
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicU64, Ordering};
//!
//! use openplat_core::metrics::{CallEnded, Metrics};
//!
//! #[derive(Default)]
//! struct Failures(AtomicU64);
//!
//! impl Metrics for Failures {
//!     fn call_ended(&self, call: &CallEnded<'_>) {
//!         self.0.fetch_add(u64::from(call.error.is_some()), Ordering::Relaxed);
//!     }
//! }
//!
//! # fn build<V: openplat_core::Vendor>(
//! #     builder: openplat_core::ClientBuilder<V>,
//! # ) -> Result<(), openplat_core::Error> {
//! let failures = Arc::new(Failures::default());
//! let client = builder.metrics(failures.clone()).build()?;
//! # drop(client);
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::meta::Method;

/// A receiver of facts about calls and events, to count and to time them.
///
/// Every method does nothing by default. A method runs within the call or the event that it records,
/// which continues when the method returns. If it panics, the call is not affected; the first panic
/// is logged at `ERROR`.
///
/// The texts are fit for the labels of a metric: they have few values and hold no secret. A raw call
/// is named by the path that the program gave it; with values in braces, that holds no IDs either.
pub trait Metrics: Send + Sync + 'static {
    /// Records a call that has ended.
    ///
    /// A call that could not be sent as it was, because a value was not valid, is not recorded.
    /// Neither is a call whose future was dropped. A download that is resumed counts as another call.
    fn call_ended(&self, _call: &CallEnded<'_>) {}

    /// Records an attempt of a call: a request that was sent, and its response. The attempt in
    /// flight when the time of the call is up is recorded as well.
    fn attempt_ended(&self, _attempt: &AttemptEnded<'_>) {}

    /// Records a wait of a call, or of the fetch of a token, before it was sent.
    fn waited(&self, _wait: &Waited<'_>) {}

    /// Records a rate limit that the client reached and did not know of.
    /// [`attempt_ended`](Self::attempt_ended) records each attempt that was refused for it.
    fn rate_limited(&self, _limit: &RateLimited<'_>) {}

    /// Records the fetch of a token from the platform. Tokens that were found in the token store are
    /// not recorded.
    fn token_fetched(&self, _fetch: &TokenFetched<'_>) {}

    /// Records an event that a listener has heard.
    fn event_handled(&self, _event: &EventHandled<'_>) {}
}

/// A call that has ended. A file that it downloads is read afterwards.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct CallEnded<'a> {
    /// The platform's ID of the operation, such as `im.v1.chat.link`, or the method and the path
    /// of a raw call.
    pub operation: &'a str,
    /// The number of times the request was sent; 0 if it never left.
    pub attempts: u32,
    /// The time that the call took, waits and the fetch of a token included.
    pub elapsed: Duration,
    /// The reason why the call failed; `None` if it succeeded.
    pub error: Option<&'a Error>,
}

/// A request of a call that was sent, and its response.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AttemptEnded<'a> {
    /// The platform's ID of the operation, as in [`CallEnded::operation`].
    pub operation: &'a str,
    /// The HTTP method.
    pub method: Method,
    /// The path with the names of its parameters in place, such as
    /// `/open-apis/im/v1/chats/{chat_id}/link`. Empty for a file to the storage behind a platform.
    pub path_template: &'a str,
    /// The number of the attempt within its call: 1 for the first.
    pub number: u32,
    /// The time from sending the request to the end of the response, or to its head if it is a
    /// file.
    pub elapsed: Duration,
    /// The HTTP status; `None` if there was no response.
    pub status: Option<u16>,
    /// The reason why the attempt failed; `None` if it succeeded.
    pub error: Option<&'a Error>,
}

/// A wait that is over.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Waited<'a> {
    /// The platform's ID of the operation, as in [`CallEnded::operation`]; `token` for the fetch
    /// of a token.
    pub operation: &'a str,
    /// The time that the wait took.
    pub elapsed: Duration,
    /// The reason for the wait.
    pub reason: WaitReason<'a>,
}

/// The reason for a wait.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum WaitReason<'a> {
    /// The last attempt failed with this error, and the call was retried.
    Retry(&'a Error),
    /// A rate limit was known, or [`ClientBuilder::pacing`](crate::ClientBuilder::pacing) held the
    /// request back.
    RateLimit,
}

/// A rate limit of the platform that was reached.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RateLimited<'a> {
    /// The platform's ID of the operation that was refused, as in [`CallEnded::operation`]. `token`
    /// if the fetch of a token was refused because of a ban; other limits of it are not recorded.
    pub operation: &'a str,
    /// The time for which the client holds back requests of this operation.
    pub wait: Duration,
    /// Whether the platform has banned this machine's address, which holds back all requests.
    pub is_ban: bool,
}

/// A token that was fetched from the platform, or could not be.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TokenFetched<'a> {
    /// The type of token: `tenant`, `app`, `store-app`, `store-tenant`, `corp`, `unified` or
    /// `user`.
    pub kind: &'static str,
    /// The time that the fetch took, retries included.
    pub elapsed: Duration,
    /// The reason why the fetch failed; `None` if it succeeded.
    pub error: Option<&'a Error>,
}

/// An event that a listener has heard.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EventHandled<'a> {
    /// The type of the event, such as `im.message.receive_v1`.
    pub event_type: &'a str,
    /// The time that the listener took, the handler and the store of handled events included.
    pub elapsed: Duration,
    /// The outcome.
    pub outcome: EventOutcome,
}

/// The outcome of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventOutcome {
    /// The handler succeeded.
    Handled,
    /// The event had been handled before.
    Repeated,
    /// The event is being handled, by this process or another.
    InProgress,
    /// The handler failed; the platform delivers the event again.
    Failed,
}

/// The metrics of a program, if it keeps any.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Option<Arc<Observer>>);

struct Observer {
    metrics: Arc<dyn Metrics>,
    has_panicked: AtomicBool,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recorder").field(&self.is_on()).finish()
    }
}

impl Recorder {
    pub(crate) fn new(metrics: Arc<dyn Metrics>) -> Self {
        Self(Some(Arc::new(Observer { metrics, has_panicked: AtomicBool::new(false) })))
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the time, if anything is to be measured from now on.
    pub(crate) fn start(&self) -> Option<Instant> {
        self.0.as_ref().map(|_| Instant::now())
    }

    pub(crate) fn tell(&self, tell: impl FnOnce(&dyn Metrics)) {
        let Some(Observer { metrics, has_panicked }) = self.0.as_deref() else { return };
        // The code is the program's own. If it panics, no work of ours is left half done.
        let told = catch_unwind(AssertUnwindSafe(|| tell(&**metrics)));
        if told.is_err() && !has_panicked.swap(true, Ordering::Relaxed) {
            tracing::error!("the metrics of the program panicked; further panics are not logged");
        }
    }
}
