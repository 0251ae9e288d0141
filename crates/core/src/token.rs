//! The app's own token: fetched once, shared by all calls, replaced before it expires.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use http::HeaderValue;
use sha2::{Digest, Sha256};

use crate::client::App;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;
use crate::transport::BoxFuture;

/// A token and the time until which the vendor honours it.
#[derive(Debug, Clone)]
pub struct Token {
    value: Secret,
    expires_at: SystemTime,
}

impl Token {
    /// A token that expires at `expires_at`.
    pub fn new(value: impl Into<Secret>, expires_at: SystemTime) -> Self {
        Self { value: value.into(), expires_at }
    }

    /// The token itself.
    pub fn value(&self) -> &Secret {
        &self.value
    }

    /// When the vendor stops honouring it.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    fn remaining(&self, now: SystemTime) -> Duration {
        self.expires_at.duration_since(now).unwrap_or_default()
    }
}

/// Whose token it is: host, app and a hash of the app secret, so that a store shared by several
/// apps never mixes them up. Holds no secret in clear.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenKey(Arc<str>);

impl TokenKey {
    pub(crate) fn new(base_url: &str, app: &App) -> Self {
        let hash = Sha256::digest(app.secret.expose().as_bytes());
        let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{base_url} {} {hash}", app.id).into())
    }

    /// The key as text, for stores that want a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a [`TokenStore`] reports when it cannot be reached. The call goes on without it.
pub type TokenStoreError = Box<dyn StdError + Send + Sync>;

/// Where the app's tokens are kept between calls.
///
/// The default keeps them in the client's memory. One that several clients share saves each of
/// them a fetch.
pub trait TokenStore: Send + Sync + 'static {
    /// The token last put under `key`.
    fn get<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>>;

    /// Keeps `token` under `key`, in place of the one before.
    fn put<'a>(
        &'a self,
        key: &'a TokenKey,
        token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>>;
}

/// Keeps tokens in memory. Clients that are given the same store share their tokens.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<HashMap<TokenKey, Token>>);

impl TokenStore for MemoryTokenStore {
    fn get<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let token = tokens.get(key).cloned();
        Box::pin(std::future::ready(Ok(token)))
    }

    fn put<'a>(
        &'a self,
        key: &'a TokenKey,
        token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), token);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A token as calls use it: its header is made once.
#[derive(Debug)]
pub(crate) struct ReadyToken {
    pub(crate) header: HeaderValue,
    refresh_at: SystemTime,
}

/// Hands out the token of one key.
pub(crate) struct TokenSource {
    key: TokenKey,
    store: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    /// How long before its expiry a token is replaced.
    margin: Duration,
    current: ArcSwapOption<ReadyToken>,
    fetching: tokio::sync::Mutex<()>,
}

impl TokenSource {
    pub(crate) fn new(
        key: TokenKey,
        store: Arc<dyn TokenStore>,
        clock: Arc<dyn Clock>,
        margin: Duration,
    ) -> Self {
        Self {
            key,
            store,
            clock,
            margin,
            current: ArcSwapOption::empty(),
            fetching: tokio::sync::Mutex::new(()),
        }
    }

    /// The current token, from memory without a lock, else from the store, else from the vendor.
    /// However many calls ask, one fetch is in flight.
    pub(crate) async fn get(
        &self,
        to_header: impl Fn(&Secret) -> Result<HeaderValue, Error>,
        fetch: impl Future<Output = Result<(Secret, Duration), Error>>,
    ) -> Result<Arc<ReadyToken>, Error> {
        if let Some(token) = self.current() {
            return Ok(token);
        }
        let _fetching = self.fetching.lock().await;
        if let Some(token) = self.current() {
            return Ok(token);
        }
        let token = match self.stored().await {
            Some(token) => token,
            None => {
                let (value, lifetime) = fetch.await?;
                let expires_at = self.clock.now().checked_add(lifetime).ok_or_else(|| {
                    Error::new(ErrorKind::Decode)
                        .with_detail(format!("the token's lifetime is {lifetime:?}"))
                })?;
                let token = Token::new(value, expires_at);
                // A store that is away costs a fetch, not the call.
                let _ = self.store.put(&self.key, token.clone()).await;
                token
            }
        };
        let remaining = token.remaining(self.clock.now());
        let ready = Arc::new(ReadyToken {
            header: to_header(&token.value)?,
            // A token that lives shorter than the margin is used for half of its life.
            refresh_at: token.expires_at - self.margin.min(remaining / 2),
        });
        self.current.store(Some(ready.clone()));
        Ok(ready)
    }

    fn current(&self) -> Option<Arc<ReadyToken>> {
        let current = self.current.load();
        current.as_ref().filter(|token| self.clock.now() < token.refresh_at).cloned()
    }

    async fn stored(&self) -> Option<Token> {
        let token = self.store.get(&self.key).await.ok().flatten()?;
        (token.remaining(self.clock.now()) > self.margin).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_apps_apart_and_hide_their_secrets() {
        let key = |url: &str, id: &str, secret: &str| {
            TokenKey::new(url, &App { id: id.into(), secret: secret.into() })
        };
        let base = key("https://a", "cli_1", "s3cret");
        assert!(!base.as_str().contains("s3cret"));
        assert_eq!(base, key("https://a", "cli_1", "s3cret"));
        assert_ne!(base, key("https://b", "cli_1", "s3cret"));
        assert_ne!(base, key("https://a", "cli_2", "s3cret"));
        assert_ne!(base, key("https://a", "cli_1", "other"));
    }
}
