use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::seen::{Claim, Seen, SeenError};
use crate::base::{BoxFuture, catch_panic, uuid};
use crate::error::one_line;

/// Repetitions arrive up to 7.1 hours after the first delivery.
const KEEP: Duration = Duration::from_secs(8 * 60 * 60);

/// The longest that a store may take for one access before it counts as unavailable.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// The only way to the store of handled events: no access without a time limit, and one warning per
/// outage.
pub(super) struct SeenClient {
    store: Box<dyn Seen>,
    is_unavailable: AtomicBool,
}

impl SeenClient {
    pub(super) fn new(store: impl Seen) -> Self {
        Self { store: Box::new(store), is_unavailable: AtomicBool::new(false) }
    }

    async fn settle(&self, key: &str, owner: &str, is_handled: bool) {
        match is_handled {
            true => self.access(|store| store.done(key, owner, KEEP)).await,
            false => self.access(|store| store.release(key, owner)).await,
        };
    }

    /// Returns `None` if the store is unavailable.
    async fn access<'a, T>(
        &'a self,
        access: impl FnOnce(&'a dyn Seen) -> BoxFuture<'a, Result<T, SeenError>>,
    ) -> Option<T> {
        let access = catch_panic(async { access(&*self.store).await });
        let failure = match tokio::time::timeout(STORE_TIMEOUT, access).await {
            Ok(Ok(Ok(value))) => {
                if self.is_unavailable.swap(false, Ordering::Relaxed) {
                    tracing::info!("the store of handled events is available again");
                }
                return Some(value);
            }
            Ok(Ok(Err(error))) => error,
            Ok(Err(panicked)) => panicked.into(),
            Err(_) => format!("no response within {STORE_TIMEOUT:?}").into(),
        };
        if !self.is_unavailable.swap(true, Ordering::Relaxed) {
            let error = one_line(&*failure);
            tracing::warn!(error, "the store of handled events is unavailable; some may repeat");
        }
        None
    }
}

/// The attempt to handle an event. If it is dropped early, it settles its claim in the background.
pub(super) struct Attempt {
    seen: Arc<SeenClient>,
    key: String,
    owner: String,
    is_claimed: bool,
    is_handled: bool,
}

impl Attempt {
    pub(super) fn new(seen: Arc<SeenClient>, key: String) -> Self {
        Self { seen, key, owner: uuid(), is_claimed: false, is_handled: false }
    }

    pub(super) async fn claim(&mut self, lease: Duration) -> Claim {
        // From the start: the store may claim the event after nobody waits for it any more.
        self.is_claimed = true;
        let claim = self.seen.access(|store| store.claim(&self.key, &self.owner, lease)).await;
        // Handled twice is better than never.
        let claim = claim.unwrap_or(Claim::New);
        self.is_claimed = claim == Claim::New;
        claim
    }

    pub(super) async fn settle(mut self, is_handled: bool) {
        self.is_handled = is_handled;
        self.seen.settle(&self.key, &self.owner, is_handled).await;
        self.is_claimed = false;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.is_claimed {
            return;
        }
        // Without a runtime, the claim ends with its lease.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (seen, is_handled) = (self.seen.clone(), self.is_handled);
        let (key, owner) = (std::mem::take(&mut self.key), std::mem::take(&mut self.owner));
        runtime.spawn(async move { seen.settle(&key, &owner, is_handled).await });
    }
}
