use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::jitter;
use super::retry::RetryState;

/// The rule that says how long a call waits before it is retried.
///
/// It is asked after the [`RetryPolicy`](crate::RetryPolicy) has decided for a retry. A wait that
/// does not fit into the time left ends the call at once.
pub trait Backoff: fmt::Debug + Send + Sync + 'static {
    /// Returns the wait before the next attempt.
    fn wait(&self, state: &RetryState<'_>) -> Duration;
}

impl<T: Backoff + ?Sized> Backoff for Arc<T> {
    fn wait(&self, state: &RetryState<'_>) -> Duration {
        (**self).wait(state)
    }
}

/// The [`Backoff`] of a client unless another is set.
///
/// - The platform asked for a wait: that long, and up to as much again, though no more than a
///   second.
/// - A rate limit without a wait: 1 second, doubled with each refusal up to the longest wait, and up
///   to a second more.
/// - Other failures: anything up to the first wait, which doubles with each attempt up to the
///   longest one.
#[derive(Debug, Clone, Copy)]
pub struct StandardBackoff {
    first: Duration,
    longest: Duration,
}

/// The shortest wait after a rate limit that names none: platforms count by the second.
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Returns the time over which those who wait for the same thing are spread.
pub(super) fn spread(wait: Duration) -> Duration {
    wait.min(SECOND)
}

impl StandardBackoff {
    /// Creates a backoff with the upper bounds of the first wait and of all waits.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }
}

impl Default for StandardBackoff {
    /// Creates a backoff of 200 milliseconds, and 10 seconds at most.
    fn default() -> Self {
        Self::new(Duration::from_millis(200), Duration::from_secs(10))
    }
}

impl Backoff for StandardBackoff {
    fn wait(&self, state: &RetryState<'_>) -> Duration {
        let asked_for = state.error.api().and_then(|api| api.retry_after());
        let failures = state.attempts.saturating_sub(state.refusals);
        match asked_for.filter(|wait| !wait.is_zero()) {
            Some(wait) => wait.saturating_add(jitter(spread(wait))),
            None if state.error.is_throttled() => {
                doubled(SECOND, state.refusals).min(self.longest.max(SECOND)) + jitter(SECOND)
            }
            None => jitter(doubled(self.first, failures).min(self.longest)),
        }
    }
}

/// Returns `wait`, doubled with each time after the first.
fn doubled(wait: Duration, times: u32) -> Duration {
    wait.saturating_mul(1 << times.saturating_sub(1).min(16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ApiError, Error, ErrorKind};

    /// Returns the shortest and the longest of many waits, in milliseconds.
    fn range(error: &Error, attempts: u32, refusals: u32) -> (u128, u128) {
        let mut state = RetryState::new(error);
        (state.attempts, state.refusals) = (attempts, refusals);
        let waits = (0..500).map(|_| StandardBackoff::default().wait(&state).as_millis());
        waits.fold((u128::MAX, 0), |(low, high), wait| (low.min(wait), high.max(wait)))
    }

    #[test]
    fn the_backoff_doubles_up_to_a_limit() {
        let error = Error::new(ErrorKind::Connect);
        for (attempts, limit) in [(1, 200), (2, 400), (3, 800), (40, 10_000)] {
            let (low, high) = range(&error, attempts, 0);
            assert!(low < limit / 4 && high > limit * 3 / 4 && high <= limit, "{low} {high}");
        }
        // Refusals are not what the platform has to recover from.
        assert!(range(&error, 5, 4).1 <= 200);
    }

    #[test]
    fn a_refusal_waits_a_second_and_is_spread() {
        let error = Error::new(ErrorKind::Throttled);
        for (refusals, wait) in [(1, 1000), (2, 2000), (3, 4000), (40, 10_000)] {
            let (low, high) = range(&error, refusals, refusals);
            assert!((wait..wait + 250).contains(&low), "{low}");
            assert!((wait + 750..=wait + 1000).contains(&high), "{high}");
        }
    }

    #[test]
    fn the_platforms_wait_counts_and_is_spread() {
        let asking = |kind, wait| {
            Error::new(kind).with_api(ApiError { retry_after: Some(wait), ..ApiError::default() })
        };
        for kind in [ErrorKind::Throttled, ErrorKind::Unavailable] {
            let (low, high) = range(&asking(kind, Duration::from_secs(60)), 2, 1);
            assert!((60_000..60_250).contains(&low), "{low}");
            assert!((60_750..=61_000).contains(&high), "{high}");
        }
        let (low, high) = range(&asking(ErrorKind::Throttled, SECOND / 20), 1, 1);
        assert!(low >= 50 && high <= 100, "{low} {high}");
        let (low, _) = range(&asking(ErrorKind::Throttled, Duration::ZERO), 1, 1);
        assert!(low >= 1000, "{low}");
        let error = asking(ErrorKind::Throttled, Duration::MAX);
        let backoff = Arc::new(StandardBackoff::default());
        assert_eq!(Backoff::wait(&backoff, &RetryState::new(&error)), Duration::MAX);
    }
}
