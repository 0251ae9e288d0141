use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Token, TokenKey, TokenLock, TokenStore, TokenStoreError};
use crate::base::{BoxFuture, Clock, catch_panic};
use crate::error::{Error, ErrorKind};

/// The longest that a store may take for one access before it counts as unavailable.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// The only way to the token store: no access without a time limit, and one warning per outage.
pub(super) struct StoreClient {
    store: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    is_unavailable: AtomicBool,
}

impl StoreClient {
    pub(super) fn new(store: Arc<dyn TokenStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, is_unavailable: AtomicBool::new(false) }
    }

    /// Returns the token under `key`, unless it has expired by the client's own clock.
    pub(super) async fn get(&self, key: &TokenKey) -> Result<Option<Token>, Error> {
        let token = self.access(|store| store.get(key)).await?;
        Ok(token.filter(|token| token.expires_at() > self.clock.now()))
    }

    pub(super) async fn put(&self, key: &TokenKey, token: Token) -> Result<(), Error> {
        self.access(|store| store.put(key, token)).await
    }

    pub(super) async fn lock(
        &self,
        key: &TokenKey,
        ttl: Duration,
    ) -> Result<Option<TokenLock>, Error> {
        self.access(|store| store.lock(key, ttl)).await
    }

    pub(super) async fn unlock(&self, key: &TokenKey, lock: TokenLock) -> Result<(), Error> {
        self.access(|store| store.unlock(key, lock)).await
    }

    async fn access<'a, T>(
        &'a self,
        access: impl FnOnce(&'a dyn TokenStore) -> BoxFuture<'a, Result<T, TokenStoreError>>,
    ) -> Result<T, Error> {
        let access = catch_panic(async { access(&*self.store).await });
        let failure = match tokio::time::timeout(STORE_TIMEOUT, access).await {
            Ok(Ok(Ok(value))) => {
                if self.is_unavailable.swap(false, Ordering::Relaxed) {
                    tracing::info!("the token store is available again");
                }
                return Ok(value);
            }
            Ok(Ok(Err(error))) => error,
            Ok(Err(panicked)) => panicked.into(),
            Err(_) => format!("no response within {STORE_TIMEOUT:?}").into(),
        };
        let error = Error::new(ErrorKind::TokenStore).with_cause(&*failure);
        if !self.is_unavailable.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "calls continue without the token store");
        }
        Err(error)
    }
}
