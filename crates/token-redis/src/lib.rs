//! Keeps the tokens of the openplat SDKs in Redis, so that all processes and machines of an app
//! share them: one fetches, the others wait for its token.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use feishu_im::Client;
//! use openplat_token_redis::RedisTokenStore;
//!
//! # async fn example(secret: String) -> Result<(), Box<dyn std::error::Error>> {
//! let store = RedisTokenStore::connect("redis://127.0.0.1:6379").await?.prefix("myapp:");
//! let feishu = Client::builder("cli_a1b2c3", secret).token_store(Arc::new(store)).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! One store serves any number of clients, of any app and vendor.
//!
//! # When Redis is away
//!
//! No call fails because of it. A client whose store does not answer within
//! [`timeout`](RedisTokenStore::timeout) warns through `tracing` and fetches a token for itself.
//! The store connects when it is used, and again after a failure, so that tokens are shared as
//! soon as Redis is back. Only tickets are lost: `set_ticket` fails while there is nowhere to keep
//! one.
//!
//! # Who may read Redis may act as the app
//!
//! **Tokens are kept in clear**, since each process has to send them. Give Redis a password, do not
//! share it with those who must not act as the app, and use `rediss://` (feature `tls`) wherever
//! others can read the network. What can be done with a token ends when it expires, mostly after
//! two hours.
//!
//! The app's secret is not kept. Names of keys, errors and `Debug` hold neither a token nor a
//! secret, nor the password of Redis.
//!
//! # What is kept
//!
//! | key | value | expires |
//! | --- | --- | --- |
//! | `openplat:token:<token key>` | the expiry in milliseconds since 1970, a space, the token | with the token |
//! | `openplat:lock:<token key>` | a random id of whoever fetches at the moment | after 10 seconds, if it is not given back before |
//!
//! A [`TokenKey`] is text that holds the host, the app's id, a hash of its secret and the kind of
//! the token. A user of Redis with few rights needs
//! `~openplat:* +ping +get +set +del +eval`. Any server will do that knows these commands of
//! Redis 2.6.12, Valkey for instance, if it can be reached at one address. A cluster is not
//! supported; tokens are too few to need one.
//!
//! Machines compare a token's expiry with their own clocks. One that is late by some minutes uses
//! a token until the vendor rejects it, which replaces it.

#![warn(missing_docs, unreachable_pub)]

mod error;
mod server;

use std::fmt;
use std::time::{Duration, SystemTime};

use openplat_core::{BoxFuture, Token, TokenKey, TokenLock, TokenStore, TokenStoreError};

pub use error::Error;

use server::Server;

const DEFAULT_PREFIX: &str = "openplat:";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);
/// Redis counts in signed milliseconds, and no token lives longer than this.
const LONGEST_TTL: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// Deletes a lock unless it has expired and somebody else holds it by now.
const UNLOCK: &str = "if redis.call('get', KEYS[1]) == ARGV[1] then \
                      return redis.call('del', KEYS[1]) else return 0 end";

/// A [`TokenStore`] in Redis. See the [crate's documentation](crate).
///
/// Needs a tokio runtime when it is used, not when it is made. The time is the operating system's,
/// whatever clock a client was given.
pub struct RedisTokenStore {
    server: Server,
    prefix: String,
    timeout: Duration,
}

impl RedisTokenStore {
    /// A store that connects when it is first used: a program starts while Redis is down.
    ///
    /// The URL is `redis://user:password@host:port/database`, of which the host alone is needed,
    /// or `unix:///path/to/socket?user=..&pass=..&db=..`, or with the feature `tls` one that begins
    /// with `rediss://`. Special characters of the password have to be percent-encoded.
    ///
    /// # Errors
    ///
    /// If the URL is not one of these. The error does not quote it.
    pub fn new(url: &str) -> Result<Self, Error> {
        Ok(Self {
            server: Server::new(url)?,
            prefix: DEFAULT_PREFIX.to_owned(),
            timeout: DEFAULT_TIMEOUT,
        })
    }

    /// A store that has reached its server: a program fails early if Redis is down, or the
    /// password wrong. The URL is that of [`new`](Self::new).
    ///
    /// # Errors
    ///
    /// If the URL is not usable, or no answer came within a second. See [`ping`](Self::ping).
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let store = Self::new(url)?;
        store.ping().await?;
        Ok(store)
    }

    /// What the names of all keys begin with, `openplat:` by default. Programs share tokens if they
    /// have the same one; it need not tell apps apart.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long each operation may take, connecting included. One second by default.
    ///
    /// A Redis that hangs costs this much for each token that is fetched. It costs calls nothing
    /// while the token in their client's memory is good.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Asks Redis for a sign of life.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached, refuses the password, or does not answer in time. The text
    /// says which, and what to do. It holds no password.
    pub async fn ping(&self) -> Result<(), Error> {
        self.ask(&redis::cmd("PING")).await
    }

    async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, Error> {
        self.server.ask(command, self.timeout).await
    }

    // The marks stand before the key, which may end in any text.

    fn token_name(&self, key: &TokenKey) -> String {
        format!("{}token:{key}", self.prefix)
    }

    fn lock_name(&self, key: &TokenKey) -> String {
        format!("{}lock:{key}", self.prefix)
    }

    async fn get_token(&self, key: &TokenKey) -> Result<Option<Token>, Error> {
        let value: Option<Vec<u8>> = self.ask(redis::cmd("GET").arg(self.token_name(key))).await?;
        // What cannot be read was not written by this version: it is replaced like an old token.
        let token = value.and_then(|value| read_token(&value));
        Ok(token.filter(|token| token.expires_at() > SystemTime::now()))
    }

    async fn put_token(&self, key: &TokenKey, token: &Token) -> Result<(), Error> {
        let name = self.token_name(key);
        match time_left(token) {
            // From the expiry rather than with it, so that it does not matter what time it is on
            // Redis's machine. The value holds the expiry itself.
            Some(left) => {
                let mut command = redis::cmd("SET");
                command.arg(name).arg(write_token(token)).arg("PX").arg(milliseconds(left));
                self.ask(&command).await
            }
            None => self.ask(redis::cmd("DEL").arg(name)).await,
        }
    }

    async fn take_lock(&self, key: &TokenKey, ttl: Duration) -> Result<Option<TokenLock>, Error> {
        let id = format!("{:032x}", fastrand::u128(..));
        let mut command = redis::cmd("SET");
        command.arg(self.lock_name(key)).arg(&id).arg("NX").arg("PX").arg(milliseconds(ttl));
        let taken: Option<()> = self.ask(&command).await?;
        Ok(taken.map(|()| TokenLock::new(id)))
    }

    async fn give_lock_back(&self, key: &TokenKey, lock: &TokenLock) -> Result<(), Error> {
        let mut command = redis::cmd("EVAL");
        command.arg(UNLOCK).arg(1).arg(self.lock_name(key)).arg(lock.id());
        self.ask(&command).await
    }
}

impl fmt::Debug for RedisTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisTokenStore")
            .field("address", &self.server.address())
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl TokenStore for RedisTokenStore {
    fn get<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>> {
        Box::pin(async move { Ok(self.get_token(key).await?) })
    }

    fn put<'a>(
        &'a self,
        key: &'a TokenKey,
        token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        Box::pin(async move { Ok(self.put_token(key, &token).await?) })
    }

    fn lock<'a>(
        &'a self,
        key: &'a TokenKey,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<Option<TokenLock>, TokenStoreError>> {
        Box::pin(async move { Ok(self.take_lock(key, ttl).await?) })
    }

    fn unlock<'a>(
        &'a self,
        key: &'a TokenKey,
        lock: TokenLock,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        Box::pin(async move { Ok(self.give_lock_back(key, &lock).await?) })
    }
}

fn time_left(token: &Token) -> Option<Duration> {
    let left = token.expires_at().duration_since(SystemTime::now()).ok()?;
    // Redis refuses to keep something for less than a millisecond.
    (left >= Duration::from_millis(1)).then_some(left)
}

fn milliseconds(ttl: Duration) -> u64 {
    let ttl = ttl.clamp(Duration::from_millis(1), LONGEST_TTL);
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)
}

fn write_token(token: &Token) -> String {
    let since_1970 = token.expires_at().duration_since(SystemTime::UNIX_EPOCH);
    format!("{} {}", since_1970.unwrap_or_default().as_millis(), token.value().expose())
}

fn read_token(value: &[u8]) -> Option<Token> {
    let (expires_at, token) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    let expires_at = Duration::from_millis(expires_at.parse().ok()?);
    Some(Token::new(token, SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH.checked_add(expires_at)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_they_were_written() {
        let expires_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let written =
            write_token(&Token::new("t-1 with a space", SystemTime::UNIX_EPOCH, expires_at));
        assert_eq!(written, "1700000000123 t-1 with a space");
        let read = read_token(written.as_bytes()).unwrap();
        assert_eq!(read.value().expose(), "t-1 with a space");
        assert_eq!(read.expires_at(), expires_at);
    }

    #[test]
    fn what_was_not_written_by_us_is_no_token() {
        for value in ["", "t-1", "soon t-1", "-1 t-1", "{\"token\":\"t-1\"}"] {
            assert!(read_token(value.as_bytes()).is_none(), "{value}");
        }
        assert!(read_token(b"1700000000123 \xff").is_none());
        assert!(read_token(format!("{} t-1", u64::MAX).as_bytes()).is_none_or(|token| {
            // Where time goes that far.
            token.expires_at() > SystemTime::now()
        }));
    }

    #[test]
    fn times_stay_within_what_redis_can_count() {
        assert_eq!(milliseconds(Duration::ZERO), 1);
        assert_eq!(milliseconds(Duration::from_secs(7200)), 7_200_000);
        assert!(i64::try_from(milliseconds(Duration::MAX)).is_ok());
    }

    #[test]
    fn only_a_future_expiry_leaves_time() {
        let now = SystemTime::now();
        let left = |expires_at| time_left(&Token::new("t", SystemTime::UNIX_EPOCH, expires_at));
        assert!(left(now + Duration::from_secs(60)) > Some(Duration::from_secs(50)));
        assert_eq!(left(now), None);
        assert_eq!(left(SystemTime::UNIX_EPOCH), None);
    }
}
