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
//! # Security
//!
//! Tokens are encrypted with ChaCha20-Poly1305, under a key that is derived from the app's secret
//! ([`TokenKey::sealing_key`]). Every process of the app can derive it; Redis, its backups and its
//! other users cannot. An app with a new secret fetches new tokens.
//!
//! Give Redis a password nevertheless, and use `rediss://` (feature `tls`) if others can reach the
//! network: whoever can write to Redis can hide tokens or restore older ones, so that processes
//! fetch more often. The names of the keys are plain text.
//!
//! TLS uses the rustls crypto provider that the process has installed, or else ring, and installs
//! none. It trusts the authorities of the system and those passed to
#![cfg_attr(feature = "tls", doc = "[`root_certificate`](RedisTokenStore::root_certificate).")]
#![cfg_attr(not(feature = "tls"), doc = "`root_certificate`.")]
//!
//! # Keys and commands
//!
//! | key | value | expires |
//! | --- | --- | --- |
//! | `openplat:token:<token key>` | version, nonce and ciphertext, as binary | with the token |
//! | `openplat:lock:<token key>` | the random ID of the lock | when the lock expires, at the latest |
//!
//! A [`TokenKey`] is text with the host, the app's ID, a hash of its secret and the kind of token. A
//! value that cannot be decrypted counts as absent and is replaced. This includes values of versions
//! that did not encrypt.
//!
//! | operation | commands |
//! | --- | --- |
//! | `get` | `GET` |
//! | `put` | `EVAL`, and one more for each value that it replaces |
//! | `lock`, `unlock` | `EVAL` each |
//!
//! A Redis user with few permissions needs `~openplat:* +ping +get +set +del +eval`. Any server with
//! these commands of Redis 2.6.12 works, for example Valkey. A cluster is not supported.
//!
//! # Locks
//!
//! One process at a time holds the lock of a key and fetches its token; the others wait for that
//! token. A lock expires after the time that its holder asked for, so that a process that died holds
//! up the others no longer than that. A process that was stopped and outlived its lock does no
//! harm: it can neither release the lock of the next holder nor replace a token that was issued
//! after its own. The worst case is a second fetch, also after a failover that lost a lock.
//!
//! The time of issue is that of the machine that fetched, so the clocks of all machines should agree.
//! A machine whose clock is late by minutes uses a token until the vendor rejects it, and then
//! fetches another one.

#![warn(missing_docs, unreachable_pub)]

mod address;
mod error;
mod sealed;
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
/// Deletes a lock unless it has expired and another process holds it by now.
const UNLOCK: &str = "\
if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end
return 1";

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

    /// Trusts a certificate authority in addition to those of the system: one or more certificates in
    /// PEM format. Can be called more than once.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Configuration`] if `pem` has no certificates, or if the URL asks for no
    /// TLS.
    #[cfg(feature = "tls")]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        self.server.tls_mut()?.add_roots(pem.as_ref())?;
        Ok(self)
    }

    /// Sets the certificate and private key by which Redis recognizes this client, both in PEM
    /// format. The certificate comes first in `chain`, followed by those of its issuers.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Configuration`] if one of both cannot be read, if they do not belong
    /// together, or if the URL asks for no TLS. The error does not quote the key.
    #[cfg(feature = "tls")]
    pub fn client_certificate(
        mut self,
        chain: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, Error> {
        self.server.tls_mut()?.set_identity(chain.as_ref(), key.as_ref())?;
        Ok(self)
    }

    /// Asks Redis for a sign of life.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached, refuses the password, or does not answer in time. The text
    /// says which, and what to do. It holds no password.
    pub async fn ping(&self) -> Result<(), Error> {
        self.within(self.server.ask(&redis::cmd("PING"))).await
    }

    /// Limits the time of an operation, which may consist of several commands.
    async fn within<T>(
        &self,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let timed_out = |_| Error::timed_out(&self.server.address(), self.timeout);
        tokio::time::timeout(self.timeout, operation).await.unwrap_or_else(|e| Err(timed_out(e)))
    }

    // The marks stand before the key, which may end in any text.

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

    /// A value that cannot be read is no token, and a script could not tell. So the script only
    /// compares values, and this decides which of two tokens is the newer one.
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
        self.server.ask(script(UNLOCK, &self.lock_name(key)).arg(lock.id())).await
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
