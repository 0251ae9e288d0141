use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::seen::{Claim, Seen, SeenError};
use crate::base::{BoxFuture, catch_panic, lock, uuid};
use crate::error::one_line;

/// Repetitions arrive up to 7.1 hours after the first delivery.
const KEEP: Duration = Duration::from_secs(8 * 60 * 60);

/// The longest that a store may take for one access before it counts as unavailable. Platforms wait
/// 3 seconds, and most of the rest is the handler's.
const STORE_TIMEOUT: Duration = Duration::from_millis(1500);

/// The longest that the outcome of an event waits to be marked, so that most responses leave after
/// the mark, and none much later because of it.
const SETTLE_PATIENCE: Duration = Duration::from_millis(500);

/// The interval at which one event tries a store that is unavailable.
const PROBE_INTERVAL: Duration = Duration::from_secs(5);

/// The only way to the store of handled events: no access without a time limit, hardly any during an
/// outage, and one warning per outage.
pub(super) struct SeenClient {
    store: Box<dyn Seen>,
    /// The time of the next probe, during an outage.
    next_probe: Mutex<Option<Instant>>,
}

impl SeenClient {
    pub(super) fn new(store: impl Seen) -> Self {
        Self { store: Box::new(store), next_probe: Mutex::new(None) }
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
        if !self.may_access() {
            return None;
        }
        let access = catch_panic(async { access(&*self.store).await });
        let failure = match timeout(STORE_TIMEOUT, access).await {
            Ok(Ok(Ok(value))) => {
                if lock(&self.next_probe).take().is_some() {
                    tracing::info!("the store of handled events is available again");
                }
                return Some(value);
            }
            Ok(Ok(Err(error))) => error,
            Ok(Err(panicked)) => panicked.into(),
            Err(_) => format!("no response within {STORE_TIMEOUT:?}").into(),
        };
        if lock(&self.next_probe).replace(Instant::now() + PROBE_INTERVAL).is_none() {
            let error = one_line(&*failure);
            tracing::warn!(error, "the store of handled events is unavailable; some may repeat");
        }
        None
    }

    fn is_unavailable(&self) -> bool {
        lock(&self.next_probe).is_some()
    }

    /// Returns `false` during an outage, except to one caller per interval.
    fn may_access(&self) -> bool {
        let now = Instant::now();
        match &mut *lock(&self.next_probe) {
            Some(next) if now < *next => false,
            Some(next) => {
                *next = now + PROBE_INTERVAL;
                true
            }
            None => true,
        }
    }
}

/// The attempt to handle an event. A claim that is not settled when it is dropped is settled in the
/// background.
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
        // From the start: the store may claim the event when the caller has stopped waiting.
        self.is_claimed = true;
        let claim = self.seen.access(|store| store.claim(&self.key, &self.owner, lease)).await;
        // Handled twice is better than never.
        let claim = claim.unwrap_or(Claim::New);
        self.is_claimed = claim == Claim::New;
        claim
    }

    /// Marks the event, or releases its claim. What takes long continues in the background.
    pub(super) async fn settle(mut self, is_handled: bool) {
        self.is_handled = is_handled;
        if self.seen.is_unavailable() {
            return;
        }
        let settled = self.seen.settle(&self.key, &self.owner, is_handled);
        self.is_claimed = timeout(SETTLE_PATIENCE, settled).await.is_err();
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
