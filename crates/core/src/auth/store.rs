use std::collections::HashMap;
use std::error::Error as StdError;
use std::future::ready;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Token, TokenKey};
use crate::base::{BoxFuture, lock, uuid};

/// The error of a [`TokenStore`] that cannot be reached. Calls continue without the store.
pub type TokenStoreError = Box<dyn StdError + Send + Sync>;

/// A place for tokens between calls, and for the tickets that some of them are fetched with.
///
/// The default keeps them in the client's memory. A store that several clients, processes or
/// machines share saves each of them a fetch.
///
/// Values are texts of up to some kilobytes. Those of a [`UserSession`](crate::UserSession) hold a
/// refresh token, and live for days to a year: a store that loses one logs the user out.
///
/// Each access may take two seconds; a store that takes longer, fails or panics counts as
/// unavailable. Calls continue without it as far as they can, and one warning is logged for each
/// outage.
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
        Box::pin(ready(Ok(Some(TokenLock::default()))))
    }

    /// Releases the lock unless it has expired, and with it a lock of another holder stays.
    fn unlock<'a>(
        &'a self,
        _key: &'a TokenKey,
        _lock: TokenLock,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        Box::pin(ready(Ok(())))
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
///
/// Holds at most 10,000 tokens; beyond that, those that expire first are dropped. Everything in it
/// is lost when the process ends, refresh tokens of users among it.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    tokens: HashMap<TokenKey, Token>,
    locks: HashMap<TokenKey, (TokenLock, Instant)>,
}

/// The most tokens that are kept.
const CAPACITY: usize = 10_000;

/// A token that expired longer ago than this was not issued by the system's clock: its clients
/// have a [`Clock`](crate::Clock) of their own, which alone can tell, and which they ask.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn has_expired(token: &Token) -> bool {
    let elapsed = SystemTime::now().duration_since(token.expires_at());
    elapsed.is_ok_and(|elapsed| elapsed < YEAR)
}

impl Shelf {
    fn put(&mut self, key: &TokenKey, token: Token) {
        if self.tokens.get(key).is_some_and(|kept| kept.issued_at() > token.issued_at()) {
            return;
        }
        if self.tokens.len() >= CAPACITY && !self.tokens.contains_key(key) {
            self.make_room();
        }
        self.tokens.insert(key.clone(), token);
    }

    /// Drops what has expired, or else the tenth that expires first: to look through all tokens for
    /// each new one would take too long.
    fn make_room(&mut self) {
        self.tokens.retain(|_, token| !has_expired(token));
        if self.tokens.len() < CAPACITY {
            return;
        }
        let mut expiries: Vec<_> = self.tokens.values().map(Token::expires_at).collect();
        let (_, limit, _) = expiries.select_nth_unstable(CAPACITY / 10);
        let limit = *limit;
        self.tokens.retain(|_, token| token.expires_at() > limit);
    }

    fn lock(&mut self, key: &TokenKey, ttl: Duration) -> Option<TokenLock> {
        let now = Instant::now();
        self.locks.retain(|_, (_, until)| *until > now);
        if self.locks.contains_key(key) {
            return None;
        }
        let lock = TokenLock::new(uuid());
        self.locks.insert(key.clone(), (lock.clone(), now + ttl));
        Some(lock)
    }

    fn unlock(&mut self, key: &TokenKey, lock: &TokenLock) {
        if self.locks.get(key).is_some_and(|(held, _)| held == lock) {
            self.locks.remove(key);
        }
    }
}

impl TokenStore for MemoryTokenStore {
    fn get<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>> {
        let token = lock(&self.0).tokens.get(key).filter(|token| !has_expired(token)).cloned();
        Box::pin(ready(Ok(token)))
    }

    fn put<'a>(
        &'a self,
        key: &'a TokenKey,
        token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        lock(&self.0).put(key, token);
        Box::pin(ready(Ok(())))
    }

    fn lock<'a>(
        &'a self,
        key: &'a TokenKey,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<Option<TokenLock>, TokenStoreError>> {
        let taken = lock(&self.0).lock(key, ttl);
        Box::pin(ready(Ok(taken)))
    }

    fn unlock<'a>(
        &'a self,
        key: &'a TokenKey,
        held: TokenLock,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        lock(&self.0).unlock(key, &held);
        Box::pin(ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: &str) -> TokenKey {
        TokenKey::new("https://a", "cli_1", &"s3cret".into(), kind)
    }

    /// A token issued `age` seconds ago that lives for `lifetime` seconds.
    fn token(value: &str, age: u64, lifetime: u64) -> Token {
        let issued_at = SystemTime::now() - Duration::from_secs(age);
        Token::new(value, issued_at, issued_at + Duration::from_secs(lifetime))
    }

    async fn get(store: &MemoryTokenStore, kind: &str) -> Option<String> {
        let token = store.get(&key(kind)).await.unwrap();
        token.map(|token| token.value().expose().to_owned())
    }

    #[tokio::test]
    async fn an_expired_token_is_none_and_a_newer_one_stays() {
        let store = MemoryTokenStore::default();
        store.put(&key("a"), token("old", 7200, 7199)).await.unwrap();
        assert_eq!(get(&store, "a").await, None);
        store.put(&key("a"), token("new", 0, 7200)).await.unwrap();
        store.put(&key("a"), token("late", 10, 7200)).await.unwrap();
        assert_eq!(get(&store, "a").await.as_deref(), Some("new"));
    }

    #[tokio::test]
    async fn the_tokens_that_expire_first_make_room() {
        let store = MemoryTokenStore::default();
        store.put(&key("pair"), token("pair", 0, 86_400)).await.unwrap();
        for number in 0..2 * CAPACITY as u64 {
            let token = token("t", 0, 7200 + number % 60);
            store.put(&key(&number.to_string()), token).await.unwrap();
        }
        assert!(store.0.lock().unwrap().tokens.len() <= CAPACITY);
        assert!(get(&store, "pair").await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_has_one_holder_until_it_is_released_or_expires() {
        let store = MemoryTokenStore::default();
        let (key, ttl) = (key("a"), Duration::from_secs(40));
        let first = store.lock(&key, ttl).await.unwrap().unwrap();
        assert_eq!(store.lock(&key, ttl).await.unwrap(), None);
        tokio::time::advance(ttl).await;
        let second = store.lock(&key, ttl).await.unwrap().unwrap();
        store.unlock(&key, first).await.unwrap();
        assert_eq!(store.lock(&key, ttl).await.unwrap(), None, "the first holder lost its lock");
        store.unlock(&key, second).await.unwrap();
        assert!(store.lock(&key, ttl).await.unwrap().is_some());
    }
}
