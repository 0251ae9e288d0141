//! The app's own token: fetched once however many calls wait for it, replaced before it expires,
//! dropped when the vendor rejects it.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use http::HeaderValue;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::channel::Channel;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;
use crate::transport::BoxFuture;
use crate::vendor::{Grant, secret_header};

/// A token, when it was issued, and the time until which the vendor honors it.
#[derive(Debug, Clone)]
pub struct Token {
    value: Secret,
    issued_at: SystemTime,
    expires_at: SystemTime,
}

impl Token {
    /// Creates a token that was issued at `issued_at` and expires at `expires_at`.
    pub fn new(value: impl Into<Secret>, issued_at: SystemTime, expires_at: SystemTime) -> Self {
        Self { value: value.into(), issued_at, expires_at }
    }

    /// Returns the token itself.
    pub fn value(&self) -> &Secret {
        &self.value
    }

    /// Returns when the vendor issued the token. Of two tokens under one key, the one issued later
    /// is the newer one.
    pub fn issued_at(&self) -> SystemTime {
        self.issued_at
    }

    /// Returns when the vendor stops honoring the token.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    fn remaining(&self, now: SystemTime) -> Duration {
        self.expires_at.duration_since(now).unwrap_or_default()
    }
}

/// What is kept under it: host, app, a hash of the app secret, and the kind of token, so that a
/// store shared by several apps never mixes them up. Holds no secret in clear.
#[derive(Clone)]
pub struct TokenKey {
    text: Arc<str>,
    sealing_key: [u8; 32],
}

impl TokenKey {
    pub(crate) fn new(base_url: &str, app_id: &str, secret: &Secret, kind: &str) -> Self {
        let hash = Sha256::digest(secret.expose().as_bytes());
        let hex: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let text: Arc<str> = format!("{base_url} {app_id} {hex} {kind}").into();
        let sealing_key = Sha256::new()
            .chain_update(b"openplat token store, version 1\0")
            .chain_update(hash)
            .chain_update(text.as_bytes())
            .finalize()
            .into();
        Self { text, sealing_key }
    }

    /// Returns the key as text, for stores that want a string.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns a secret key with which a store can encrypt what it keeps under this key. It is
    /// derived from the app's secret, so that every process of the app has it and nobody else.
    pub fn sealing_key(&self) -> &[u8; 32] {
        &self.sealing_key
    }
}

impl PartialEq for TokenKey {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for TokenKey {}

impl Hash for TokenKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenKey").field(&self.text).finish()
    }
}

impl fmt::Display for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a [`TokenStore`] reports when it cannot be reached. The call goes on without it.
pub type TokenStoreError = Box<dyn StdError + Send + Sync>;

/// Where tokens are kept between calls, and the tickets that some of them are fetched with.
///
/// The default keeps them in the client's memory. One that several clients, processes or machines
/// share saves each of them a fetch.
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

/// Proof that a lock is held; tells its holder from the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenLock(String);

impl TokenLock {
    /// A lock with an id that no other lock has.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.0
    }
}

/// Keeps tokens in memory. Clients that are given the same store share their tokens.
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
        if tokens.get(key).is_none_or(|kept| kept.issued_at <= token.issued_at) {
            tokens.insert(key.clone(), token);
        }
        drop(tokens);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Nothing panics while one of these locks is held, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A token as calls use it: its header is made once.
#[derive(Debug)]
pub(crate) struct ReadyToken {
    pub(crate) header: HeaderValue,
    token: Token,
    /// From here on a new one is fetched while this one is still used.
    refresh_at: SystemTime,
    /// From here on it is not used any more.
    unusable_at: SystemTime,
}

type Fetched = Result<Arc<ReadyToken>, Error>;

/// Hands out the token of one key.
pub(crate) struct TokenSource {
    channel: Arc<Channel>,
    grant: Grant,
    key: TokenKey,
    /// Where the token comes from that this one is fetched with.
    parent: Option<Arc<TokenSource>>,
    current: ArcSwapOption<ReadyToken>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The fetch in flight.
    flight: Option<watch::Receiver<Option<Fetched>>>,
    /// The token that the vendor rejected last: a store may still hold it, or one before it.
    rejected: Option<Token>,
    /// After a refresh that failed, the next one waits until then.
    next_refresh: Option<SystemTime>,
}

/// What a caller who needs a token finds.
enum Found {
    Token(Arc<ReadyToken>),
    Flight(watch::Receiver<Option<Fetched>>),
}

/// A token that is about to expire might do so on its way.
const LAST_SECONDS: Duration = Duration::from_secs(30);
/// How long a refresh ahead of time rests after it failed.
const REFRESH_REST: Duration = Duration::from_secs(10);
/// How long the lock of a shared store is held at most. Longer than a fetch takes.
const LOCK_TTL: Duration = Duration::from_secs(10);
/// How often somebody who waits for another process looks for its token.
const LOCK_POLL: Duration = Duration::from_millis(100);
/// How long a store may take to answer before it counts as away.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

impl TokenSource {
    pub(crate) fn new(channel: Arc<Channel>, grant: Grant, parent: Option<Arc<Self>>) -> Arc<Self> {
        Arc::new(Self {
            key: channel.token_key(&grant.kind()),
            channel,
            grant,
            parent,
            current: ArcSwapOption::empty(),
            state: Mutex::default(),
        })
    }

    /// The current token: from memory without a lock, else from the store, else from the vendor.
    /// However many callers wait, one fetch is in flight, and none of them can cancel it.
    pub(crate) async fn get(self: &Arc<Self>) -> Fetched {
        if let Some(token) = self.usable() {
            if self.channel.clock.now() >= token.refresh_at {
                self.refresh_ahead();
            }
            return Ok(token);
        }
        loop {
            let mut flight = match self.join() {
                Found::Token(token) => return Ok(token),
                Found::Flight(flight) => flight,
            };
            // The fetch lives on the runtime of whoever started it. If that one ends, the next
            // waiter starts another.
            if let Ok(fetched) = flight.wait_for(Option::is_some).await
                && let Some(fetched) = &*fetched
            {
                return fetched.clone();
            }
        }
    }

    /// Drops the current token if it is the one that was rejected.
    pub(crate) fn reject(&self, token: &Arc<ReadyToken>) {
        lock(&self.state).rejected = Some(token.token.clone());
        let current = self.current.load();
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, token)) {
            self.current.compare_and_swap(&current, None);
        }
    }

    fn usable(&self) -> Option<Arc<ReadyToken>> {
        let token = self.current.load_full()?;
        (self.channel.clock.now() < token.unusable_at).then_some(token)
    }

    fn refresh_ahead(self: &Arc<Self>) {
        let state = lock(&self.state);
        let rests = state.next_refresh.is_some_and(|next| self.channel.clock.now() < next);
        if !rests && !is_running(&state.flight) {
            self.start(state);
        }
    }

    fn join(self: &Arc<Self>) -> Found {
        let state = lock(&self.state);
        // Whoever held the lock before may have put a token here.
        if let Some(token) = self.usable() {
            return Found::Token(token);
        }
        match &state.flight {
            Some(flight) if is_running(&state.flight) => Found::Flight(flight.clone()),
            _ => Found::Flight(self.start(state)),
        }
    }

    fn start(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
    ) -> watch::Receiver<Option<Fetched>> {
        let (sender, flight) = watch::channel(None);
        state.flight = Some(flight.clone());
        let source = self.clone();
        tokio::spawn(async move {
            let turn = source.take_turn().await;
            let (token, publish) = match turn {
                Turn::Token(token) => (Ok(token), None),
                Turn::Mine(lock) => {
                    let token = source.fetch_from_vendor().await;
                    (token.clone(), lock.map(|lock| (token, lock)))
                }
            };
            let fetched = token.and_then(|token| source.ready(token));
            source.land(&fetched);
            let _ = sender.send(Some(fetched));
            // Nobody has to wait for the store.
            if let Some((token, lock)) = publish {
                source.publish(token, lock).await;
            }
        });
        flight
    }

    fn land(&self, fetched: &Fetched) {
        let mut state = lock(&self.state);
        state.flight = None;
        match fetched {
            Ok(token) => {
                self.current.store(Some(token.clone()));
                state.next_refresh = None;
            }
            Err(error) => {
                tracing::warn!(key = %self.key, %error, "no new token");
                state.next_refresh = self.channel.clock.now().checked_add(REFRESH_REST);
            }
        }
    }

    fn ready(&self, token: Token) -> Fetched {
        let now = self.channel.clock.now();
        let remaining = token.remaining(now);
        // A token that lives shorter than the margins is used for a part of its life.
        let margin = self.channel.platform.token_margin().min(remaining / 2);
        let last_seconds = LAST_SECONDS.min(remaining / 4);
        let text = self.channel.platform.token_header_value(token.value.expose());
        Ok(Arc::new(ReadyToken {
            header: secret_header(&text)?,
            refresh_at: token.expires_at - margin,
            unusable_at: token.expires_at - last_seconds,
            token,
        }))
    }

    /// Waits while another process fetches. A store that is away, or that does not answer, costs a
    /// fetch, not the call.
    async fn take_turn(&self) -> Turn {
        let rejected = lock(&self.state).rejected.clone();
        let store = &self.channel.store;
        loop {
            match self.ask(store.get(&self.key)).await {
                Some(Some(token)) if self.is_fresh(&token, rejected.as_ref()) => {
                    return Turn::Token(token);
                }
                Some(_) => {}
                None => return Turn::Mine(None),
            }
            match self.ask(store.lock(&self.key, LOCK_TTL)).await {
                Some(Some(lock)) => return Turn::Mine(Some(lock)),
                Some(None) => tokio::time::sleep(LOCK_POLL).await,
                None => return Turn::Mine(None),
            }
        }
    }

    /// What the store answers, unless it is away.
    async fn ask<T>(&self, answer: BoxFuture<'_, Result<T, TokenStoreError>>) -> Option<T> {
        let answer = match tokio::time::timeout(STORE_TIMEOUT, answer).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(elapsed.into()),
        };
        answer
            .inspect_err(|error| {
                tracing::warn!(key = %self.key, %error, "the token store is away");
            })
            .ok()
    }

    fn is_fresh(&self, token: &Token, rejected: Option<&Token>) -> bool {
        // Only a token that was fetched later can be better. A store that was away for a while
        // holds one that is older than what its clients have had since.
        let was_rejected = rejected.is_some_and(|rejected| {
            token.value.expose() == rejected.value.expose()
                || token.expires_at <= rejected.expires_at
        });
        let remaining = token.remaining(self.channel.clock.now());
        !was_rejected && remaining > self.channel.platform.token_margin()
    }

    async fn publish(&self, token: Result<Token, Error>, lock: TokenLock) {
        let store = &self.channel.store;
        if let Ok(token) = token {
            self.ask(store.put(&self.key, token)).await;
        }
        self.ask(store.unlock(&self.key, lock)).await;
    }

    async fn fetch_from_vendor(self: &Arc<Self>) -> Result<Token, Error> {
        let parent = match &self.parent {
            // A future that holds itself has no size, hence the box.
            Some(parent) => Some(Box::pin(parent.get()).await?),
            None => None,
        };
        let parent = parent.as_ref().map(|parent| &parent.token.value);
        let (value, lifetime) = self.channel.fetch_token(&self.grant, parent).await?;
        let now = self.channel.clock.now();
        let expires_at = now.checked_add(lifetime).ok_or_else(|| {
            Error::new(ErrorKind::Decode)
                .with_detail(format!("the token's lifetime is {lifetime:?}"))
        })?;
        Ok(Token::new(value, now, expires_at))
    }
}

/// Whose turn it is to fetch.
enum Turn {
    /// Somebody has done it already.
    Token(Token),
    /// Ours; with the lock if the store could give one.
    Mine(Option<TokenLock>),
}

fn is_running(flight: &Option<watch::Receiver<Option<Fetched>>>) -> bool {
    flight.as_ref().is_some_and(|flight| flight.has_changed().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_apps_apart_and_hide_their_secrets() {
        let key = |url: &str, id: &str, secret: &str, kind: &str| {
            TokenKey::new(url, id, &secret.into(), kind)
        };
        let base = key("https://a", "cli_1", "s3cret", "tenant");
        assert!(!base.as_str().contains("s3cret"));
        assert_eq!(base, key("https://a", "cli_1", "s3cret", "tenant"));
        assert_ne!(base, key("https://b", "cli_1", "s3cret", "tenant"));
        assert_ne!(base, key("https://a", "cli_2", "s3cret", "tenant"));
        assert_ne!(base, key("https://a", "cli_1", "other", "tenant"));
        assert_ne!(base, key("https://a", "cli_1", "s3cret", "app"));
    }
}
