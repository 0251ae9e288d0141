use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::base::FOREVER;

/// Ends a transfer in which nothing has moved for a while, however long the whole of it takes.
#[derive(Debug, Clone)]
pub(crate) struct Idle {
    limit: Duration,
    moved_at: Arc<Mutex<Instant>>,
}

impl Idle {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit: limit.min(FOREVER), moved_at: Arc::new(Mutex::new(Instant::now())) }
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// Something moved.
    pub(crate) fn moved(&self) {
        *self.moved_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Returns when nothing has moved for as long as the limit says.
    pub(crate) async fn expired(&self) {
        loop {
            let moved_at = *self.moved_at.lock().unwrap_or_else(PoisonError::into_inner);
            let deadline = moved_at + self.limit;
            if Instant::now() >= deadline {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }
}
