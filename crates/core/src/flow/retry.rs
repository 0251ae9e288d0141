//! When a call is sent again, and after how long.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// How often and how patiently a client tries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryPolicy {
    /// How often a call is sent at most.
    pub(crate) max_attempts: u32,
}

/// The first wait is at most this long.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// No wait that nobody asked for is longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What comes after an attempt that failed.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    GiveUp,
    RetryAfter(Duration),
}

impl RetryPolicy {
    /// `is_safe`: executing the request twice does no more than executing it once.
    pub(crate) fn verdict(
        self,
        error: &Error,
        attempts: u32,
        is_safe: bool,
        remaining: Duration,
    ) -> Verdict {
        let may_send_again = match error.kind() {
            // Refused before it was executed.
            ErrorKind::Connect | ErrorKind::Throttled => true,
            ErrorKind::Timeout | ErrorKind::Transfer | ErrorKind::Unavailable => is_safe,
            _ => false,
        };
        if !may_send_again || attempts >= self.max_attempts {
            return Verdict::GiveUp;
        }
        let asked_for = error.api().and_then(|api| api.retry_after()).unwrap_or_default();
        let wait = backoff(attempts).max(asked_for);
        // A wait that outlives the call only keeps the caller from knowing.
        if wait < remaining { Verdict::RetryAfter(wait) } else { Verdict::GiveUp }
    }
}

/// Full jitter: anything up to a limit that doubles with each attempt.
fn backoff(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    let limit = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    limit.mul_f64(fastrand::f64())
}

/// Keeps a client from answering an outage with more requests than it sent before: each call pays
/// a tenth of a retry in, each retry takes one out.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

/// The account is kept in tenths of a retry.
const RETRY: u32 = 10;
const CALL: u32 = 1;
/// What a client starts with, and the most that it can save.
const FULL: u32 = 100 * RETRY;

impl Default for RetryBudget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL))
    }
}

impl RetryBudget {
    pub(crate) fn pay_in(&self) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| {
            (balance < FULL).then_some(balance + CALL)
        });
    }

    /// Whether a retry can be afforded.
    pub(crate) fn take_out(&self) -> bool {
        let balance = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| {
            balance.checked_sub(RETRY)
        });
        balance.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ApiError;

    const POLICY: RetryPolicy = RetryPolicy { max_attempts: 3 };
    const MINUTE: Duration = Duration::from_secs(60);

    fn sends_again(kind: ErrorKind, is_safe: bool) -> bool {
        POLICY.verdict(&Error::new(kind), 1, is_safe, MINUTE) != Verdict::GiveUp
    }

    #[test]
    fn what_may_be_sent_again() {
        for kind in [ErrorKind::Connect, ErrorKind::Throttled] {
            assert!(sends_again(kind, false) && sends_again(kind, true), "{kind:?}");
        }
        for kind in [ErrorKind::Timeout, ErrorKind::Transfer, ErrorKind::Unavailable] {
            assert!(!sends_again(kind, false) && sends_again(kind, true), "{kind:?}");
        }
        for kind in [
            ErrorKind::Configuration,
            ErrorKind::InvalidRequest,
            ErrorKind::Unauthenticated,
            ErrorKind::PermissionDenied,
            ErrorKind::QuotaExceeded,
            ErrorKind::Rejected,
            ErrorKind::Decode,
        ] {
            assert!(!sends_again(kind, true), "{kind:?}");
        }
    }

    #[test]
    fn attempts_are_limited() {
        let error = Error::new(ErrorKind::Connect);
        assert_ne!(POLICY.verdict(&error, 2, true, MINUTE), Verdict::GiveUp);
        assert_eq!(POLICY.verdict(&error, 3, true, MINUTE), Verdict::GiveUp);
    }

    #[test]
    fn the_vendors_wait_counts_and_has_to_fit() {
        let error = Error::new(ErrorKind::Throttled)
            .with_api(ApiError { retry_after: Some(MINUTE), ..ApiError::default() });
        assert_eq!(POLICY.verdict(&error, 1, false, MINUTE), Verdict::GiveUp);
        let verdict = POLICY.verdict(&error, 1, false, 2 * MINUTE);
        assert_eq!(verdict, Verdict::RetryAfter(MINUTE));
    }

    #[test]
    fn the_backoff_doubles_up_to_a_limit() {
        for (attempts, limit) in [(1, 200), (2, 400), (3, 800), (40, 10_000)] {
            let limit = Duration::from_millis(limit);
            let longest = (0..200).map(|_| backoff(attempts)).max();
            assert!(longest > Some(limit / 2) && longest <= Some(limit), "{longest:?}");
        }
    }

    #[test]
    fn the_budget_ends_a_storm_and_recovers() {
        let budget = RetryBudget::default();
        let granted = (0..1000).filter(|_| budget.take_out()).count();
        assert_eq!(granted, 100);
        (0..9).for_each(|_| budget.pay_in());
        assert!(!budget.take_out());
        budget.pay_in();
        assert!(budget.take_out() && !budget.take_out());
    }
}
