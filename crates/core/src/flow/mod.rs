//! Whether and when a call is retried. Knows errors and times, and nothing of HTTP.

mod retry;

use tokio::time::Instant;

use crate::error::Error;

use retry::Verdict;
pub(crate) use retry::{RetryBudget, RetryPolicy};

/// The retries of one client.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) policy: RetryPolicy,
    pub(crate) budget: RetryBudget,
}

impl Flow {
    /// Returns `true` if the call may be retried, after the wait that its retry needs.
    pub(crate) async fn may_retry(
        &self,
        error: &Error,
        attempts: u32,
        is_safe: bool,
        deadline: Instant,
    ) -> bool {
        let remaining = deadline.saturating_duration_since(Instant::now());
        match self.policy.verdict(error, attempts, is_safe, remaining) {
            Verdict::GiveUp => false,
            Verdict::RetryAfter(_) if !self.budget.take_out() => {
                tracing::warn!("the retry budget is used up");
                false
            }
            Verdict::RetryAfter(wait) => {
                tracing::debug!(attempts, ?wait, "retrying");
                tokio::time::sleep(wait).await;
                true
            }
        }
    }
}
