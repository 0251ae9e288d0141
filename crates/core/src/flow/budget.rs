use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::base::lock;

/// Keeps a client from meeting an outage with more requests than it sent before: each call pays a
/// tenth of a retry in, and so does each second of time; each retry takes one out.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    balance: AtomicU32,
    /// The time up to which time has paid.
    paid_until: Mutex<Instant>,
}

/// The account is kept in tenths of a retry.
const RETRY: u32 = 10;
const CALL: u32 = 1;
/// The balance of a new client, which is also the largest one: neither savings nor debts last
/// forever.
const FULL: u32 = 100 * RETRY;

impl Default for RetryBudget {
    fn default() -> Self {
        Self { balance: AtomicU32::new(FULL), paid_until: Mutex::new(Instant::now()) }
    }
}

impl RetryBudget {
    pub(crate) fn pay_in(&self) {
        self.add(CALL);
    }

    /// Returns `true` if a retry can be afforded, and takes it out.
    pub(crate) fn take_out(&self) -> bool {
        self.add(self.time_since_last());
        let balance = self.balance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| {
            balance.checked_sub(RETRY)
        });
        balance.is_ok()
    }

    fn add(&self, amount: u32) {
        let _ = self.balance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| {
            (balance < FULL).then(|| balance.saturating_add(amount).min(FULL))
        });
    }

    /// Returns what time has paid since it paid last, in whole seconds.
    fn time_since_last(&self) -> u32 {
        let mut paid_until = lock(&self.paid_until);
        let seconds = paid_until.elapsed().as_secs();
        *paid_until += Duration::from_secs(seconds);
        u32::try_from(seconds).unwrap_or(FULL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_budget_ends_a_storm() {
        let budget = RetryBudget::default();
        let granted = (0..1000).filter(|_| budget.take_out()).count();
        assert_eq!(granted, 100);
        (0..9).for_each(|_| budget.pay_in());
        assert!(!budget.take_out());
        budget.pay_in();
        assert!(budget.take_out() && !budget.take_out());
    }

    #[tokio::test(start_paused = true)]
    async fn time_restores_the_budget() {
        let budget = RetryBudget::default();
        while budget.take_out() {}
        tokio::time::advance(Duration::from_millis(9500)).await;
        assert!(!budget.take_out());
        tokio::time::advance(Duration::from_millis(500)).await;
        assert!(budget.take_out() && !budget.take_out());
        for _ in 0..100 {
            tokio::time::advance(Duration::from_millis(100)).await;
            let _ = (budget.take_out(), budget.take_out());
        }
        tokio::time::advance(Duration::from_secs(1_000_000)).await;
        let granted = (0..1000).filter(|_| budget.take_out()).count();
        assert_eq!(granted, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_saved_long_ago_does_not_count() {
        let budget = RetryBudget::default();
        (0..1_000_000).for_each(|_| budget.pay_in());
        assert_eq!((0..1000).filter(|_| budget.take_out()).count(), 100);
    }
}
