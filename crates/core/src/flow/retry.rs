use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// The rule that says whether a failed call is retried.
///
/// It is asked after each failure, never on the way to a success. Whatever it says, a call does not
/// outlast its timeout, a wait that does not fit into the time left ends the call at once, streams
/// are not sent twice, and the client's retry budget holds. A policy that panics ends the call with
/// the error that it was asked about.
///
/// ```
/// use openplat_core::{Decision, RetryPolicy, RetryState, StandardRetry};
///
/// /// Retries a code that a busy platform returns by mistake.
/// #[derive(Debug, Default)]
/// struct ForgivingRetry(StandardRetry);
///
/// impl RetryPolicy for ForgivingRetry {
///     fn decide(&self, state: &RetryState<'_>) -> Decision {
///         match state.error.api().map(|api| api.code()) {
///             Some("230006") if state.attempts < 3 => Decision::Retry,
///             _ => self.0.decide(state),
///         }
///     }
/// }
/// ```
pub trait RetryPolicy: fmt::Debug + Send + Sync + 'static {
    /// Decides about the call whose last attempt failed.
    fn decide(&self, state: &RetryState<'_>) -> Decision;
}

impl<T: RetryPolicy + ?Sized> RetryPolicy for Arc<T> {
    fn decide(&self, state: &RetryState<'_>) -> Decision {
        (**self).decide(state)
    }
}

/// The decision of a [`RetryPolicy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The call is retried, after the wait that its [`Backoff`](crate::Backoff) names.
    Retry,
    /// The call fails with the error of its last attempt.
    GiveUp,
}

/// The state of a call whose last attempt failed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RetryState<'a> {
    /// The number of attempts so far, at least 1.
    pub attempts: u32,
    /// The number of attempts that a rate limit refused. They were not executed.
    pub refusals: u32,
    /// The error of the last attempt.
    pub error: &'a Error,
    /// Whether executing the call twice does no more than executing it once.
    pub idempotent: bool,
    /// The time since the call began.
    pub elapsed: Duration,
    /// The longest wait that still fits into the call.
    pub remaining: Duration,
}

impl<'a> RetryState<'a> {
    /// Creates the state after a first attempt that failed, of a call with no other limit of time
    /// than [`Duration::MAX`]. For tests of a policy, which set what else matters to them.
    pub fn new(error: &'a Error) -> Self {
        Self {
            attempts: 1,
            refusals: u32::from(error.is_throttled()),
            error,
            idempotent: false,
            elapsed: Duration::ZERO,
            remaining: Duration::MAX,
        }
    }
}

/// The [`RetryPolicy`] of a client unless another is set.
///
/// It retries what the platform did not execute, and of the rest what is idempotent. Attempts that a
/// rate limit refused do not count against the maximum: they continue for as long as the call may take.
#[derive(Debug, Clone, Copy)]
pub struct StandardRetry {
    max_attempts: u32,
}

impl StandardRetry {
    /// Creates a policy that sends a call at most `max_attempts` times. 1 disables retries, also
    /// after a rate limit.
    pub const fn new(max_attempts: u32) -> Self {
        Self { max_attempts }
    }
}

impl Default for StandardRetry {
    /// Creates a policy of 3 attempts.
    fn default() -> Self {
        Self::new(3)
    }
}

impl RetryPolicy for StandardRetry {
    fn decide(&self, state: &RetryState<'_>) -> Decision {
        let executed = state.attempts.saturating_sub(state.refusals);
        let may_retry = match state.error.kind() {
            ErrorKind::Throttled => self.max_attempts > 1,
            // Nothing was sent.
            ErrorKind::Connect => executed < self.max_attempts,
            ErrorKind::Timeout | ErrorKind::Transfer | ErrorKind::Unavailable => {
                state.idempotent && executed < self.max_attempts
            }
            _ => false,
        };
        if may_retry { Decision::Retry } else { Decision::GiveUp }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retries(kind: ErrorKind, change: impl FnOnce(&mut RetryState<'_>)) -> bool {
        let error = Error::new(kind);
        let mut state = RetryState::new(&error);
        change(&mut state);
        StandardRetry::default().decide(&state) == Decision::Retry
    }

    #[test]
    fn what_was_not_executed_is_retried_and_else_what_is_idempotent() {
        for (kind, once, idempotent) in [
            (ErrorKind::Connect, true, true),
            (ErrorKind::Throttled, true, true),
            (ErrorKind::Timeout, false, true),
            (ErrorKind::Transfer, false, true),
            (ErrorKind::Unavailable, false, true),
            (ErrorKind::Configuration, false, false),
            (ErrorKind::InvalidRequest, false, false),
            (ErrorKind::Unauthenticated, false, false),
            (ErrorKind::PermissionDenied, false, false),
            (ErrorKind::QuotaExceeded, false, false),
            (ErrorKind::Rejected, false, false),
            (ErrorKind::Decode, false, false),
            (ErrorKind::LimitExceeded, false, false),
            (ErrorKind::TokenStore, false, false),
            (ErrorKind::File, false, false),
        ] {
            assert_eq!(retries(kind, |_| ()), once, "{kind:?}");
            assert_eq!(retries(kind, |state| state.idempotent = true), idempotent, "{kind:?}");
        }
    }

    #[test]
    fn attempts_are_limited_and_refusals_are_none() {
        assert!(retries(ErrorKind::Connect, |state| state.attempts = 2));
        assert!(!retries(ErrorKind::Connect, |state| state.attempts = 3));
        assert!(retries(ErrorKind::Connect, |state| (state.attempts, state.refusals) = (9, 7)));
        assert!(retries(ErrorKind::Throttled, |state| (state.attempts, state.refusals) = (9, 9)));
        for (attempts, is_retried) in [(2, true), (3, false), (4, false)] {
            let of_idempotent = |state: &mut RetryState<'_>| {
                (state.idempotent, state.attempts) = (true, attempts);
            };
            assert_eq!(retries(ErrorKind::Timeout, of_idempotent), is_retried, "{attempts}");
        }
        let error = Error::new(ErrorKind::Throttled);
        let decision = StandardRetry::new(1).decide(&RetryState::new(&error));
        assert_eq!(decision, Decision::GiveUp);
    }
}
