//! Shares the tokens of the openplat SDKs through Redis. All processes and machines of an app use
//! the same tokens: one fetches, the others wait for its token. With the feature `events`, they
//! share the [events](#events) that they have handled as well.
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
//! One store serves any number of clients, of any app and vendor. The
//! [guide to tokens](https://docs.rs/feishu-im/latest/feishu_im/guide/tokens) shows what else is kept in
//! it. Example program: [`shared_tokens`].
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `events` | the events that were handled, so that one of several machines handles each event |
//! | `tls` | `rediss://` URLs, by rustls |
//!
//! # URLs
//!
//! | deployment | URL |
//! | --- | --- |
//! | one server | `redis://user:password@host:6379/0` |
//! | with TLS, feature `tls` | `rediss://host` |
//! | Unix socket | `unix:///path/to/socket?user=..&pass=..&db=..` |
//! | Sentinel | `redis-sentinel://user:password@sentinel1:26379/0?node=sentinel2&sentinelServiceName=mymaster` |
//! | cluster | `redis-cluster://user:password@node1:6379?node=node2:6379` |
//!
//! Everything but the host is optional, and `sentinelServiceName`, the name that the sentinels have
//! for the primary. Percent-encode special characters of the user, the password and parameters.
//!
//! - `node` adds a sentinel or a node of a cluster, and can be repeated. The first that responds is
//!   used.
//! - `sentinelUsername` and `sentinelPassword` log in to the sentinels. The user and the password
//!   before the host are those of the primary.
//! - `rediss-sentinel` and `rediss-cluster` use TLS for all connections.
//!
//! A store has one connection, so in a cluster it reconnects whenever the next key is on another
//! node. A prefix in braces, such as `{openplat}:`, keeps all keys on one node.
//!
//! # Outages
//!
//! If Redis is unavailable, calls of the app still work: a client whose store does not respond within
//! [`timeout`](RedisTokenStore::timeout) warns through `tracing` and fetches a token of its own. The
//! store connects when it is used, and again after a failure, so tokens are shared as soon as Redis
//! is back. A user's tokens are refreshed only with Redis, since a refresh token works a single time:
//! unless an access token in memory is still valid, calls of the user fail with
//! `ErrorKind::TokenStore`. So do calls that need a ticket which is not in memory, and `set_ticket`.
//!
//! # Security
//!
//! Tokens are encrypted with ChaCha20-Poly1305, under a key that is derived from the app's secret
//! ([`TokenKey::sealing_key`]). Every process of the app can derive it; Redis, its backups and its
//! other users cannot. The names of the keys are plain text.
//!
//! Set a password nevertheless, and use TLS if others can reach the network: whoever can write to
//! Redis can remove tokens or restore older ones, and make clients fetch more often.
//!
//! TLS uses the rustls crypto provider that the process has installed, or else ring. Nothing is
//! installed for the process. The server's certificate must be of an authority that the system
//! trusts or that was passed to `root_certificate`.
//!
//! # Keys and commands
//!
//! | key | value | expires |
//! | --- | --- | --- |
//! | `openplat:token:<token key>` | version, nonce and ciphertext, in binary | with the token |
//! | `openplat:lock:<token key>` | the random ID of the lock | when the lock expires, at the latest |
//! | `openplat:{seen}:<event key>` | `by` and the ID of the attempt, then `done` | with the lease, then after the time to keep it |
//!
//! A [`TokenKey`] is text: the host, the app's ID, a hash of its secret and the type of token. A
//! value that cannot be decrypted counts as absent and is replaced, for example the plain text of
//! earlier versions.
//!
//! | operation | commands |
//! | --- | --- |
//! | `get` | 1 `GET` |
//! | `put` | 1 `EVAL`, and 1 more for each value that it replaces |
//! | `lock`, `unlock` | 1 `EVAL` each |
//! | `claim`, `release` | 1 `EVAL` each |
//! | `done` | 1 `SET` |
//!
//! A Redis user needs `~openplat:* +ping +get +set +del +eval`. Any server with these commands of
//! Redis 2.6.12 works, for example Valkey.
//!
//! # Locks
//!
//! The process that holds the lock of a key fetches its token, and the others wait for that token.
//! A lock expires after the time that its holder asked for, so a process that died holds up the
//! others no longer than that.
//!
//! A lock saves requests. Nothing breaks if it is lost, because its holder was stopped for longer
//! than it lasts or because a failover forgot it: two processes fetch, the token that was issued
//! later stays, and the late holder does not release the lock of the next one.
//!
//! The time of issue is taken from the clock of the machine that fetched, so clocks should agree. A
//! client whose clock is minutes late uses a token until the vendor rejects it, and then fetches
//! another one.
//!
//! # Events
//!
//! With the feature `events`, a store is a `Seen` store too: the processes that listen to an app
//! handle each event once, whichever of them it is delivered to.
//!
#![cfg_attr(feature = "events", doc = "```no_run")]
#![cfg_attr(not(feature = "events"), doc = "```ignore")]
//! use openplat_core::events::{Listener, RawEvent};
//! use openplat_token_redis::RedisTokenStore;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let store = RedisTokenStore::connect("redis://127.0.0.1:6379").await?;
//! let listener = Listener::new(async |event: RawEvent| -> Result<(), std::io::Error> {
//!     println!("{}", event.event_type());
//!     Ok(())
//! })
//! .seen(store);
//! # Ok(())
//! # }
//! ```
//!
//! To share one store with a client, pass a clone of an `Arc` to each.
//!
//! A claim ends with its lease by the clock of Redis alone, so a process that died holds up its
//! events no longer than that. A process that was stopped past its lease and then goes on has
//! handled the event, so `done` marks it even if another process has claimed it meanwhile. Neither
//! the late `release` of one process nor a failure of the other removes that mark.
//!
//! An outage of Redis stops no event: the listener handles events that it cannot claim, and some of
//! them twice if they are delivered twice. Meanwhile, one event every 5 seconds tries Redis. Events
//! also repeat if Redis evicts keys because it is full. An event takes about 200 bytes for the 8
//! hours that it is kept. All events are on one node of a cluster; a prefix in braces chooses the
//! node.
//!
//! [`shared_tokens`]: https://github.com/openplat/openplat/blob/main/crates/token-redis/examples/shared_tokens.rs

#![doc(html_root_url = "https://docs.rs/openplat-token-redis/latest")]
#![warn(missing_docs, unreachable_pub)]

mod address;
mod error;
mod sealed;
#[cfg(feature = "events")]
mod seen;
mod server;
#[cfg(feature = "tls")]
mod tls;

use std::fmt;
use std::time::{Duration, SystemTime};

use openplat_core::{BoxFuture, Token, TokenKey, TokenLock, TokenStore, TokenStoreError};

pub use error::{Error, ErrorKind};

use server::Server;

const DEFAULT_PREFIX: &str = "openplat:";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);
/// Redis counts in signed milliseconds, and no token lives longer than this.
const LONGEST_TTL: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// Replaces the value that the caller has seen, or none. Returns any other value and keeps it.
const REPLACE: &str = "\
local kept = redis.call('get', KEYS[1])
if kept and kept ~= ARGV[1] then return kept end
redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
return false";
/// Takes a free lock. If a lost connection hid that it was taken, the same ID gets it once more.
const LOCK: &str = "\
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return redis.call('get', KEYS[1]) == ARGV[1] and 1 or 0";
/// Deletes a lock or a claim, unless it has expired and another process holds it by now.
const RELEASE: &str = "\
if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end
return 1";

/// A [`TokenStore`] in Redis, described in the documentation of the [crate]. With the feature
/// `events`, also a store of the [events](crate#events) that have been handled.
///
/// Requires a tokio runtime when it is used, but not when it is created. Tokens expire by the clock
/// of the operating system, whatever clock a client has.
pub struct RedisTokenStore {
    server: Server,
    prefix: String,
    timeout: Duration,
}

impl RedisTokenStore {
    /// Creates a store that connects on first use, so that a program can start while Redis is down.
    /// The [URLs](crate#urls) are listed in the documentation of the crate.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Configuration`] if `url` cannot be used. The error does not quote it.
    pub fn new(url: &str) -> Result<Self, Error> {
        Ok(Self {
            server: Server::new(url)?,
            prefix: DEFAULT_PREFIX.to_owned(),
            timeout: DEFAULT_TIMEOUT,
        })
    }

    /// Creates a store and checks that Redis responds within a second, so that a program fails early
    /// if Redis is down or the password is wrong.
    ///
    /// For another timeout or prefix, or for certificates, use [`new`](Self::new), set them, and
    /// then call [`ping`](Self::ping).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`new`](Self::new) and [`ping`](Self::ping).
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let store = Self::new(url)?;
        store.ping().await?;
        Ok(store)
    }

    /// Sets the prefix of all keys. Defaults to `openplat:`. Programs with the same prefix share
    /// tokens. Apps need no prefix of their own.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the time limit for each operation, including connecting. Defaults to 1 second.
    ///
    /// If Redis hangs, each fetch of a token is delayed by this time. Calls that find their token in
    /// the memory of the client are not delayed. Events are delayed until the first access has failed,
    /// and from then on one event every 5 seconds is. Clients wait for at most 2 seconds, listeners
    /// for 1.5 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Trusts one or more certificate authorities in addition to those of the system. `pem` holds
    /// their certificates in PEM format. Can be called more than once.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Configuration`] if `pem` has no certificate or an unreadable one, or if
    /// the URL is one without TLS.
    #[cfg(feature = "tls")]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        self.server.tls_mut()?.add_roots(pem.as_ref())?;
        Ok(self)
    }

    /// Sets the certificate that this client presents to Redis, and its private key, both in PEM
    /// format. `chain` begins with the certificate itself, followed by those of its issuers.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Configuration`] if the certificate or the key cannot be read, if they do
    /// not belong together, or if the URL is one without TLS. The error does not quote the key.
    #[cfg(feature = "tls")]
    pub fn client_certificate(
        mut self,
        chain: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, Error> {
        self.server.tls_mut()?.set_identity(chain.as_ref(), key.as_ref())?;
        Ok(self)
    }

    /// Checks that Redis responds and accepts the login.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Unavailable`] if Redis cannot be reached or does not respond in time,
    /// [`ErrorKind::PermissionDenied`] if it rejects the user or the password, and
    /// [`ErrorKind::Configuration`] if the URL or a certificate does not fit the server.
    pub async fn ping(&self) -> Result<(), Error> {
        self.within(self.server.ask(&redis::cmd("PING"))).await
    }

    /// Limits the time of an operation, which may consist of several commands.
    async fn within<T>(
        &self,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::time::timeout(self.timeout, operation)
            .await
            .unwrap_or_else(|_| Err(Error::timed_out(&self.server.address(), self.timeout)))
    }

    // `token:` and `lock:` come before the key, which can end in any text.

    fn token_name(&self, key: &TokenKey) -> String {
        format!("{}token:{key}", self.prefix)
    }

    fn lock_name(&self, key: &TokenKey) -> String {
        format!("{}lock:{key}", self.prefix)
    }

    async fn get_token(&self, key: &TokenKey) -> Result<Option<Token>, Error> {
        let value: Option<Vec<u8>> =
            self.server.ask(redis::cmd("GET").arg(self.token_name(key))).await?;
        Ok(value.and_then(|value| read(key, &value)))
    }

    /// Compares and swaps: a script cannot open a value to see which of two tokens is newer, and a
    /// plain copy of the time of issue would let garbage pass as newer than any token.
    async fn put_token(&self, key: &TokenKey, token: &Token) -> Result<(), Error> {
        let name = self.token_name(key);
        let value = sealed::seal(key.sealing_key(), key.as_str(), token)
            .map_err(|_| Error::no_random_numbers())?;
        // From the expiry rather than with it, so that it does not matter what time it is on
        // Redis's machine. The value holds the expiry itself.
        let left = token.expires_at().duration_since(SystemTime::now()).unwrap_or_default();
        let mut seen = Vec::new();
        loop {
            let mut replace = script(REPLACE, &name);
            replace.arg(&seen).arg(&value).arg(milliseconds(left));
            let kept: Option<Vec<u8>> = self.server.ask(&replace).await?;
            let Some(kept) = kept else { return Ok(()) };
            if read(key, &kept).is_some_and(|kept| kept.issued_at() > token.issued_at()) {
                return Ok(());
            }
            seen = kept;
        }
    }

    async fn take_lock(&self, key: &TokenKey, ttl: Duration) -> Result<Option<TokenLock>, Error> {
        let id = sealed::random().map_err(|_| Error::no_random_numbers())?;
        let id = format!("{:032x}", u128::from_be_bytes(id));
        let mut lock = script(LOCK, &self.lock_name(key));
        lock.arg(&id).arg(milliseconds(ttl));
        let taken: bool = self.server.ask(&lock).await?;
        Ok(taken.then(|| TokenLock::new(id)))
    }

    async fn release_lock(&self, key: &TokenKey, lock: &TokenLock) -> Result<(), Error> {
        self.server.ask(script(RELEASE, &self.lock_name(key)).arg(lock.id())).await
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
        Box::pin(async move { Ok(self.within(self.get_token(key)).await?) })
    }

    fn put<'a>(
        &'a self,
        key: &'a TokenKey,
        token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        Box::pin(async move { Ok(self.within(self.put_token(key, &token)).await?) })
    }

    fn lock<'a>(
        &'a self,
        key: &'a TokenKey,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<Option<TokenLock>, TokenStoreError>> {
        Box::pin(async move { Ok(self.within(self.take_lock(key, ttl)).await?) })
    }

    fn unlock<'a>(
        &'a self,
        key: &'a TokenKey,
        lock: TokenLock,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        Box::pin(async move { Ok(self.within(self.release_lock(key, &lock)).await?) })
    }
}

/// Returns the token in a value, unless it has expired.
fn read(key: &TokenKey, value: &[u8]) -> Option<Token> {
    let token = sealed::open(key.sealing_key(), key.as_str(), value)?;
    (token.expires_at() > SystemTime::now()).then_some(token)
}

fn script(text: &str, name: &str) -> redis::Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(text).arg(1).arg(name);
    command
}

/// Redis refuses to keep something for less than a millisecond.
fn milliseconds(ttl: Duration) -> u64 {
    let ttl = ttl.clamp(Duration::from_millis(1), LONGEST_TTL);
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stay_within_what_redis_can_count() {
        assert_eq!(milliseconds(Duration::ZERO), 1);
        assert_eq!(milliseconds(Duration::from_secs(7200)), 7_200_000);
        assert!(i64::try_from(milliseconds(Duration::MAX)).is_ok());
    }
}
