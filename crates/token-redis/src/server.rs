//! The connection to Redis: made when it is needed, and made anew whenever it is in doubt.
//!
//! The `redis` crate's connection manager serves programs that use Redis all the time. This one is
//! used every two hours, and then it has to work at once. The manager passes on the error that made
//! it reconnect, or the one that its last reconnection ended with, however long ago; and it keeps a
//! connection whose other end has vanished silently until the operating system gives up on it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, IntoConnectionInfo, RedisResult};

use crate::error::Error;

/// Firewalls and load balancers forget a connection that rests for some minutes, and tell nobody.
const LONGEST_REST: Duration = Duration::from_secs(30);

pub(crate) struct Server {
    client: redis::Client,
    address: String,
    longest_rest: Duration,
    current: Mutex<Current>,
    /// Held by whoever connects, so that the others wait for that connection.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Current {
    connection: Option<MultiplexedConnection>,
    used_at: Option<Instant>,
    /// Tells the connection from those before.
    number: u64,
}

impl Server {
    /// Does not connect yet.
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        check_url(url)?;
        let unusable = |_| Error::bad_url("it cannot be parsed");
        let info = url.into_connection_info().map_err(unusable)?;
        let address = info.addr().to_string();
        // Saves a round trip, and is all that a connection without a password would ask for.
        let settings = info.redis_settings().clone().set_skip_set_lib_name();
        let client = redis::Client::open(info.set_redis_settings(settings)).map_err(unusable)?;
        Ok(Self {
            client,
            address,
            longest_rest: LONGEST_REST,
            current: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        })
    }

    /// Where the server is. Holds no password.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Sends one command and returns its response.
    ///
    /// A command can be executed twice: if the connection broke, nobody knows whether Redis got it.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        self.try_ask(command).await.map_err(|error| Error::failed(&self.address, &error))
    }

    async fn try_ask<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let lease = self.lease().await?;
        let is_new = lease.is_new;
        match lease.ask(command).await {
            // The server was restarted since, or closed a connection that did nothing.
            Err(error) if !is_new && error.is_io_error() => self.lease().await?.ask(command).await,
            answer => answer,
        }
    }

    async fn lease(&self) -> RedisResult<Lease<'_>> {
        if let Some(lease) = self.lease_current() {
            return Ok(lease);
        }
        let _turn = self.connecting.lock().await;
        if let Some(lease) = self.lease_current() {
            return Ok(lease);
        }
        prepare_tls();
        // The caller limits the whole.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut current = self.current();
        current.number += 1;
        current.connection = Some(connection.clone());
        current.used_at = Some(Instant::now());
        Ok(Lease { server: self, connection, number: current.number, is_new: true, is_good: false })
    }

    fn lease_current(&self) -> Option<Lease<'_>> {
        let mut current = self.current();
        let rest = current.used_at.map(|used_at| used_at.elapsed());
        if rest.is_none_or(|rest| rest > self.longest_rest) {
            current.connection = None;
        }
        let connection = current.connection.clone()?;
        Some(Lease {
            server: self,
            connection,
            number: current.number,
            is_new: false,
            is_good: false,
        })
    }

    /// Nothing panics while the lock is held, so a poisoned one is as good as any.
    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The use of a connection for one command. Unless the command succeeds, nobody uses that
/// connection again: not after an error, and not after a timeout, which drops this in the middle.
struct Lease<'a> {
    server: &'a Server,
    connection: MultiplexedConnection,
    number: u64,
    is_new: bool,
    is_good: bool,
}

impl Lease<'_> {
    async fn ask<T: FromRedisValue>(mut self, command: &Cmd) -> RedisResult<T> {
        let answer = command.query_async(&mut self.connection).await;
        self.is_good = answer.is_ok();
        answer
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut current = self.server.current();
        if current.number != self.number {
            return;
        }
        match self.is_good {
            true => current.used_at = Some(Instant::now()),
            false => current.connection = None,
        }
    }
}

/// Without a provider, rustls would panic if the program was built with several.
fn prepare_tls() {
    #[cfg(feature = "tls")]
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails if another thread has just installed one, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Finds what the `redis` crate would misread, or report without a remedy. A password with `/`, `?`
/// or `#` in clear ends the host early, and its beginning would be shown as a host.
fn check_url(url: &str) -> Result<(), Error> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err(Error::bad_url("it has no scheme"));
    };
    match scheme {
        "redis" | "valkey" => {}
        "unix" | "redis+unix" | "valkey+unix" => return Ok(()),
        "rediss" | "valkeys" if cfg!(feature = "tls") => {}
        "rediss" | "valkeys" => {
            return Err(Error::bad_url("TLS needs the feature `tls` of openplat-token-redis"));
        }
        _ => return Err(Error::bad_url("unknown scheme")),
    }
    if rest.contains('#') {
        return Err(Error::bad_url("it contains `#`"));
    }
    let (authority, after) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if after.contains('@') || authority.matches('@').count() > 1 {
        return Err(Error::bad_url("it contains `@` in an unexpected place"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn errors_about_urls_do_not_quote_them() {
        for url in [
            "",
            "hunter2",
            "hunter2@host",
            "://hunter2@host",
            "http://:hunter2@host",
            "hunter2://host",
            "redis://",
            "redis://:hunter2@",
            "redis://:hunter2@host:port",
            "redis://:hunter2@host:99999",
            "redis://:hunter2@host/hunter2",
            "redis://:hunter2@host/0?protocol=hunter2",
            "redis://me:hunter2/7@host",
            "redis://me:17/hunter2@host",
            "redis://me:17?hunter2@host",
            "redis://me:17#hunter2@host",
            "redis://me:17@hunter2@host",
            "redis://me:hunter2@0.0.0.0",
            "rediss://me:hunter2@host#insecure",
            "unix://hunter2",
            "unix:///socket?pass=hunter2&db=hunter2",
        ] {
            let error = Server::new(url).err().expect(url);
            for text in [format!("{error}"), format!("{error:?}"), format!("{error:#?}")] {
                assert!(!text.contains("hunter2") && !text.contains("17"), "{url}: {text}");
                assert!(text.contains("redis://user:password@host"), "{url}: {text}");
            }
        }
    }

    #[test]
    fn addresses_hold_no_password() {
        for (url, address) in [
            ("redis://host", "host:6379"),
            ("redis://:hunter2@host:1", "host:1"),
            ("redis://hunter2:hunter2@host:1/7?protocol=resp3", "host:1"),
            ("valkey://[::1]", "::1:6379"),
            ("redis://:hunter%2F2@host", "host:6379"),
            ("unix:///run/redis.sock?pass=hunter2", "/run/redis.sock"),
        ] {
            assert_eq!(Server::new(url).unwrap().address(), address);
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn tls_without_the_feature_is_refused_with_advice() {
        let error = Server::new("rediss://host").err().unwrap();
        assert!(error.to_string().contains("feature `tls`"), "{error}");
    }

    /// A server that gives the same answer to everything, so many times for each connection. Also
    /// returns how many connections were made.
    async fn fake(answer: &'static str, times: usize) -> (Server, Arc<AtomicUsize>) {
        fake_with(answer, times, "").await
    }

    async fn fake_with(
        answer: &'static str,
        times: usize,
        login: &str,
    ) -> (Server, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{login}{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let mut buffer = [0; 1024];
                    for _ in 0..times {
                        if stream.read(&mut buffer).await.unwrap_or(0) > 0 {
                            stream.write_all(answer.as_bytes()).await.unwrap();
                        }
                    }
                });
            }
        });
        (Server::new(&url).unwrap(), connections)
    }

    async fn ping(server: &Server) -> Result<(), Error> {
        server.ask(&redis::cmd("PING")).await
    }

    #[tokio::test]
    async fn a_connection_is_used_again_unless_it_rested_too_long() {
        let (mut server, connections) = fake("+PONG\r\n", usize::MAX).await;
        for _ in 0..3 {
            ping(&server).await.unwrap();
        }
        assert_eq!(connections.load(Ordering::Relaxed), 1);
        server.longest_rest = Duration::ZERO;
        for _ in 0..3 {
            ping(&server).await.unwrap();
        }
        assert_eq!(connections.load(Ordering::Relaxed), 4);
    }

    #[tokio::test]
    async fn a_connection_that_the_server_closed_costs_no_error() {
        let (server, connections) = fake("+PONG\r\n", 1).await;
        for _ in 0..3 {
            ping(&server).await.unwrap();
        }
        assert_eq!(connections.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_server_that_closes_every_connection_is_asked_once() {
        let (server, connections) = fake("", 0).await;
        let error = ping(&server).await.unwrap_err().to_string();
        assert!(error.contains("is unreachable"), "{error}");
        assert_eq!(connections.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_connection_is_not_used_again_after_an_error() {
        let (server, connections) = fake("-READONLY not now\r\n", usize::MAX).await;
        for _ in 0..2 {
            let error = ping(&server).await.unwrap_err().to_string();
            assert!(error.contains("READONLY") && !error.contains("not now"), "{error}");
        }
        assert_eq!(connections.load(Ordering::Relaxed), 2);
    }

    /// Redis and the proxies before it quote what they were sent.
    #[tokio::test]
    async fn responses_are_not_quoted() {
        for response in [
            "+hunter2\r\n",
            "?hunter2\r\n",
            "$7\r\nhunter2\r\n",
            "*1\r\n+hunter2\r\n",
            "-hunter2\r\n",
            "-ERR hunter2\r\n",
            "-ERR unknown command 'EVAL', with args beginning with: 'hunter2'\r\n",
            "-hunter2 hunter2\r\n",
            "-HUNTER2 hunter2\r\n",
            "-NOPERM hunter2 may not\r\n",
            "-MOVED 1 hunter2:1\r\n",
            "-WRONGPASS hunter2\r\n",
        ] {
            for login in ["", ":hunter2@", "hunter2:hunter2@"] {
                let server = fake_with(response, usize::MAX, login).await.0;
                let error = server.ask::<u64>(&redis::cmd("GET")).await.unwrap_err();
                for text in [format!("{error}"), format!("{error:?}"), format!("{error:#?}")] {
                    let text = text.to_lowercase();
                    assert!(!text.contains("hunter2"), "{response}: {text}");
                    assert!(text.starts_with("redis at 127.0.0.1:"), "{response}: {text}");
                }
                assert!(std::error::Error::source(&error).is_none());
            }
        }
    }

    #[tokio::test]
    async fn kinds_tell_what_waiting_can_fix() {
        use ErrorKind::{PermissionDenied, Rejected, Unavailable};
        for (response, kind) in [
            ("-LOADING Redis is loading the dataset in memory\r\n", Unavailable),
            ("-READONLY You can't write against a read only replica.\r\n", Unavailable),
            ("-OOM command not allowed when used memory > 'maxmemory'.\r\n", Unavailable),
            ("-ERR max number of clients reached\r\n", Unavailable),
            ("-NOAUTH Authentication required.\r\n", PermissionDenied),
            ("-NOPERM this user has no permissions\r\n", PermissionDenied),
            ("-WRONGTYPE Operation against a key\r\n", Rejected),
            ("-ERR no reason\r\n", Rejected),
            ("+yes\r\n", Rejected),
        ] {
            let server = fake(response, usize::MAX).await.0;
            let error = server.ask::<u64>(&redis::cmd("GET")).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{response}: {error}");
        }
        let server = fake("", 0).await.0;
        assert_eq!(ping(&server).await.unwrap_err().kind(), Unavailable);
        let error = Server::new("redis://").err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
}
