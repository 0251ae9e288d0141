use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Mutex;
use std::time::Duration;

use super::{Token, TokenKey};
use crate::base::{BoxFuture, lock};

/// The error of a [`TokenStore`] that cannot be reached. Calls go on without the store.
pub type TokenStoreError = Box<dyn StdError + Send + Sync>;

/// A place for tokens between calls, and for the tickets that some of them are fetched with.
///
/// The default keeps them in the client's memory. A store that several clients, processes or
/// machines share saves each of them a fetch.
pub trait TokenStore: Send + Sync + 'static {
    /// Returns the token kept under `key`, unless it has expired.
    fn get<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>>;

    /// Keeps `token` under `key` until it expires, unless the token there was issued later: a
    /// process that was slow must not undo what a faster one has done.
    fn put<'a>(
        &'a self,
        key: &'a TokenKey,
        token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>>;

    /// Acquires the fetch lock of `key`, valid for `ttl`. Returns `None` if another process holds
    /// it, whose token will be in the store soon.
    ///
    /// A lock that has expired is free. `ttl` is longer than a fetch may take, so that only a
    /// process that was stopped can lose its lock. The holder reads the store once more before it
    /// fetches.
    ///
    /// A store that is not shared between processes needs no lock.
    fn lock<'a>(
        &'a self,
        _key: &'a TokenKey,
        _ttl: Duration,
    ) -> BoxFuture<'a, Result<Option<TokenLock>, TokenStoreError>> {
        Box::pin(std::future::ready(Ok(Some(TokenLock::default()))))
    }

    /// Releases the lock unless it has expired, and with it a lock of another holder stays.
    fn unlock<'a>(
        &'a self,
        _key: &'a TokenKey,
        _lock: TokenLock,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Proof that a lock is held, which tells its holder from the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenLock(String);

impl TokenLock {
    /// Creates a lock with an ID that no other lock has.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Returns the ID.
    pub fn id(&self) -> &str {
        &self.0
    }
}

/// A store in memory. Clients that are given the same store share their tokens.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<HashMap<TokenKey, Token>>);

impl TokenStore for MemoryTokenStore {
    fn get<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>> {
        let token = lock(&self.0).get(key).cloned();
        Box::pin(std::future::ready(Ok(token)))
    }

    fn put<'a>(
        &'a self,
        key: &'a TokenKey,
        token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        let mut tokens = lock(&self.0);
        if tokens.get(key).is_none_or(|kept| kept.issued_at() <= token.issued_at()) {
            tokens.insert(key.clone(), token);
        }
        drop(tokens);
        Box::pin(std::future::ready(Ok(())))
    }
}
