//! Decides whether, when and how fast requests are sent. Knows errors, operations and times, but
//! not HTTP.

mod backoff;
mod budget;
mod lane;
mod limits;
mod pacing;
mod retry;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::metrics::{RateLimited, Recorder, WaitReason, Waited};

pub use backoff::{Backoff, StandardBackoff};
pub(crate) use budget::RetryBudget;
use limits::Met;
pub(crate) use limits::{Counted, Limits};
pub use pacing::Pacing;
pub use retry::{Decision, RetryPolicy, RetryState, StandardRetry};

/// The retries and the limits of one client, and what is told of them.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) policy: Arc<dyn RetryPolicy>,
    pub(crate) backoff: Arc<dyn Backoff>,
    pub(crate) budget: RetryBudget,
    pub(crate) limits: Limits,
    pub(crate) metrics: Recorder,
}

/// The course of one call.
#[derive(Debug)]
pub(crate) struct Tries {
    is_idempotent: bool,
    started: Instant,
    /// The last time at which the request may have left.
    sent_at: Instant,
    deadline: Instant,
    /// The time left for waits: they are no progress, even where progress has no deadline.
    patience: Duration,
    attempts: u32,
    refusals: u32,
}

impl Tries {
    /// Creates the course of a call that starts now, may take until `deadline`, and may wait for
    /// `patience` of that time.
    pub(crate) fn new(
        is_idempotent: bool,
        now: Instant,
        deadline: Instant,
        patience: Duration,
    ) -> Self {
        Self {
            is_idempotent,
            started: now,
            sent_at: now,
            deadline,
            patience,
            attempts: 0,
            refusals: 0,
        }
    }

    /// Counts `attempts` that failed before.
    pub(crate) fn after(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Returns the number of attempts that failed.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the time by which a wait that begins now has to be over.
    fn limit(&self, now: Instant) -> Instant {
        self.deadline.min(now + self.patience)
    }

    fn failed<'a>(&mut self, error: &'a Error) -> RetryState<'a> {
        self.attempts += 1;
        self.refusals += u32::from(error.is_throttled());
        let now = Instant::now();
        RetryState {
            attempts: self.attempts,
            refusals: self.refusals,
            error,
            idempotent: self.is_idempotent,
            elapsed: now - self.started,
            remaining: self.limit(now) - now,
        }
    }

    fn waited_since(&mut self, start: Instant) {
        self.sent_at = Instant::now();
        self.patience = self.patience.saturating_sub(self.sent_at - start);
    }
}

impl Flow {
    /// Returns when the request may be sent: at once, unless a limit is known. `counted` says which
    /// limits count for it; without it, only a ban of this machine's address does.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Throttled`](crate::ErrorKind::Throttled) if the wait does not fit into
    /// the call, at once where that is known.
    pub(crate) async fn admit(
        &self,
        tries: &mut Tries,
        counted: Option<Counted<'_>>,
    ) -> Result<(), Error> {
        if self.limits.is_quiet() {
            return Ok(());
        }
        let start = Instant::now();
        // In a box, since hardly any call gets here and each would carry the room for it.
        let admitted = Box::pin(self.limits.admit(counted, tries.limit(start))).await;
        tries.waited_since(start);
        let elapsed = tries.sent_at - start;
        if elapsed >= SHORTEST_WAIT {
            let (operation, reason) = (limits::operation(counted), WaitReason::RateLimit);
            self.metrics.tell(|metrics| metrics.waited(&Waited { operation, elapsed, reason }));
        }
        admitted
    }

    /// Takes in that a request was accepted.
    pub(crate) fn accepted(&self, counted: Counted<'_>) {
        if !self.limits.is_quiet() {
            self.limits.accepted(counted);
        }
    }

    /// Takes in the failure of an attempt, for this call and for others.
    pub(crate) fn learn(&self, tries: &Tries, counted: Option<Counted<'_>>, error: &Error) {
        if let Some(Met { wait, is_ban }) = self.limits.learn(counted, error, tries.sent_at) {
            let operation = limits::operation(counted);
            tracing::debug!(
                openplat.operation = operation,
                ?wait,
                is_ban,
                "a rate limit was reached"
            );
            self.metrics
                .tell(|metrics| metrics.rate_limited(&RateLimited { operation, wait, is_ban }));
        }
    }

    /// Returns `true` if the call may be retried, after the wait that its retry needs.
    pub(crate) async fn may_retry(&self, tries: &mut Tries, error: &Error) -> bool {
        let state = tries.failed(error);
        let remaining = state.remaining;
        let Some(wait) = self.ask(&state).filter(|wait| *wait < remaining) else { return false };
        let (operation, attempt) = (error.operation().unwrap_or(TOKEN), tries.attempts);
        // A refusal cost the platform nothing, and limits hold back what follows it.
        if !error.is_throttled() && !self.budget.take_out() {
            tracing::info!(
                openplat.operation = operation,
                attempt,
                "not retrying: the retry budget is used up"
            );
            return false;
        }
        tracing::info!(openplat.operation = operation, attempt, ?wait, %error, "retrying");
        let start = Instant::now();
        tokio::time::sleep(wait).await;
        tries.waited_since(start);
        let (elapsed, reason) = (tries.sent_at - start, WaitReason::Retry(error));
        self.metrics.tell(|metrics| metrics.waited(&Waited { operation, elapsed, reason }));
        true
    }

    /// Returns the wait before a retry, or `None` if the policy gives up.
    fn ask(&self, state: &RetryState<'_>) -> Option<Duration> {
        let ask = || match self.policy.decide(state) {
            Decision::Retry => Some(self.backoff.wait(state)),
            Decision::GiveUp => None,
        };
        catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|_| {
            tracing::error!("the retry policy or its backoff panicked; the call is not retried");
            None
        })
    }
}

/// Less is no wait: timers are no finer.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);
/// The name of the fetch of a token, where an operation is named.
const TOKEN: &str = "token";

/// Returns a random part of `limit`, so that those who wait for the same thing do not all leave at
/// the same instant.
fn jitter(limit: Duration) -> Duration {
    limit.mul_f64(fastrand::f64())
}
