//! The connection to Redis: opened when it is needed, and opened anew whenever it is in doubt.
//!
//! The `redis` crate's connection manager serves programs that use Redis all the time. This one may
//! be used once in two hours, and then it has to work at once. The manager returns the error that
//! made it reconnect, or the one that its last attempt ended with, however long ago; and it keeps a
//! connection whose other end has vanished silently until the operating system gives up on it. For
//! the same reason sentinels and clusters are served here: tokens are rare and all events are on one
//! node, so that neither needs a pool or a map of all slots, only the next node to ask.

#[cfg(feature = "tls")]
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::select_ok;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, ConnectionAddr, FromRedisValue, IntoConnectionInfo};
use redis::{RedisConnectionInfo, RedisError, RedisResult, ServerErrorKind};

use crate::address::{Address, Deployment};
use crate::error::Error;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// Firewalls and load balancers forget a connection that is idle for some minutes, without a word.
const LONGEST_IDLE: Duration = Duration::from_secs(30);

/// One on a connection that is lost, one on a node that has no such key, and one to spare.
const MOST_ATTEMPTS: usize = 4;

pub(crate) struct Server {
    address: Address,
    #[cfg(feature = "tls")]
    tls: Tls,
    longest_idle: Duration,
    current: Mutex<Current>,
    /// Held by whoever connects, so that the others wait for that connection.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Current {
    connection: Option<Connection>,
    used_at: Option<Instant>,
    /// Tells the connection from those before.
    number: u64,
}

#[derive(Clone)]
struct Connection {
    node: ConnectionAddr,
    commands: MultiplexedConnection,
    /// The `redis` crate ends the task of a connection that it opened itself.
    #[cfg(feature = "tls")]
    _task: Option<Arc<AbortOnDrop>>,
}

impl Server {
    /// Does not connect yet.
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        Ok(Self {
            address: Address::parse(url)?,
            #[cfg(feature = "tls")]
            tls: Tls::default(),
            longest_idle: LONGEST_IDLE,
            current: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        })
    }

    /// Returns where the servers are, without a password.
    pub(crate) fn address(&self) -> String {
        let nodes: Vec<_> = self.address.nodes.iter().map(ToString::to_string).collect();
        nodes.join(", ")
    }

    /// Returns the settings of TLS, unless the URL asks for none.
    #[cfg(feature = "tls")]
    pub(crate) fn tls_mut(&mut self) -> Result<&mut Tls, Error> {
        match self.address.is_tls {
            true => Ok(&mut self.tls),
            false => Err(Error::configuration(
                "certificates need a Redis URL with TLS, which begins with `rediss://`",
            )),
        }
    }

    /// Sends one command and returns its response.
    ///
    /// The command must be safe to repeat. It is retried if the connection broke before the
    /// response, when Redis may or may not have executed it.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let mut lease = self.lease().await?;
        for _ in 0..MOST_ATTEMPTS {
            let (node, is_new) = (lease.connection.node.clone(), lease.is_new);
            let error = match lease.ask(command).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            lease = if let Some(owner) = self.owner(&node, &error) {
                self.use_connection(self.open(owner, &self.address.login).await?)
            } else if !is_new && is_outdated(&error) {
                self.lease().await?
            } else {
                return Err(Error::failed(&node.to_string(), &error));
            };
        }
        Err(Error::unsettled(&self.address()))
    }

    /// Returns the node that has the key of the command, if that is why `node` rejected it.
    fn owner(&self, node: &ConnectionAddr, error: &RedisError) -> Option<ConnectionAddr> {
        let is_moved = error.kind() == ServerErrorKind::Moved.into();
        if !is_moved || !matches!(self.address.deployment, Deployment::Cluster) {
            return None;
        }
        let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
        match (host, node) {
            ("", ConnectionAddr::Tcp(host, _)) => named(host, port.parse().ok()?),
            _ => named(host, port.parse().ok()?),
        }
    }

    async fn lease(&self) -> Result<Lease<'_>, Error> {
        if let Some(lease) = self.lease_current() {
            return Ok(lease);
        }
        let _turn = self.connecting.lock().await;
        if let Some(lease) = self.lease_current() {
            return Ok(lease);
        }
        let connection = self.connect().await?;
        Ok(self.use_connection(connection))
    }

    fn use_connection(&self, connection: Connection) -> Lease<'_> {
        let mut current = self.current();
        current.number += 1;
        current.connection = Some(connection.clone());
        current.used_at = Some(Instant::now());
        Lease { server: self, connection, number: current.number, is_new: true, is_good: false }
    }

    async fn connect(&self) -> Result<Connection, Error> {
        let Address { nodes, login, .. } = &self.address;
        if let Deployment::Sentinel { service, login: sentinel } = &self.address.deployment {
            let asked = nodes.iter().map(|node| Box::pin(self.primary(node, sentinel, service)));
            let (primary, _) = select_ok(asked).await?;
            return self.open(primary, login).await;
        }
        // All at once: one that hangs must not use up the time of the others.
        let opened = nodes.iter().map(|node| Box::pin(self.open(node.clone(), login)));
        Ok(select_ok(opened).await?.0)
    }

    /// Asks a sentinel where the primary is.
    async fn primary(
        &self,
        sentinel: &ConnectionAddr,
        login: &RedisConnectionInfo,
        service: &str,
    ) -> Result<ConnectionAddr, Error> {
        let mut connection = self.open(sentinel.clone(), login).await?;
        let mut command = redis::cmd("SENTINEL");
        command.arg("GET-MASTER-ADDR-BY-NAME").arg(service);
        let primary: Option<(String, u16)> = command
            .query_async(&mut connection.commands)
            .await
            .map_err(|error| Error::failed(&sentinel.to_string(), &error))?;
        primary
            .and_then(|(host, port)| named(&host, port))
            .ok_or_else(|| Error::unknown_primary(&sentinel.to_string()))
    }

    async fn open(
        &self,
        node: ConnectionAddr,
        login: &RedisConnectionInfo,
    ) -> Result<Connection, Error> {
        let name = node.to_string();
        let failed = |error| Error::failed(&name, &error);
        // Whoever calls the store limits the time of the whole.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        #[cfg(feature = "tls")]
        if let (true, ConnectionAddr::Tcp(host, port)) = (self.address.is_tls, &node) {
            let stream = self.tls.connect(host, *port).await?;
            let opened = MultiplexedConnection::new_with_config(login, stream, config).await;
            let (commands, driver) = opened.map_err(failed)?;
            let task = AbortOnDrop(tokio::spawn(driver).abort_handle());
            return Ok(Connection { node, commands, _task: Some(Arc::new(task)) });
        }
        let info = node.clone().into_connection_info().map_err(failed)?;
        let client = redis::Client::open(info.set_redis_settings(login.clone())).map_err(failed)?;
        let commands =
            client.get_multiplexed_async_connection_with_config(&config).await.map_err(failed)?;
        Ok(Connection {
            node,
            commands,
            #[cfg(feature = "tls")]
            _task: None,
        })
    }

    fn lease_current(&self) -> Option<Lease<'_>> {
        let mut current = self.current();
        let idle = current.used_at.map(|used_at| used_at.elapsed());
        if idle.is_none_or(|idle| idle > self.longest_idle) {
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

/// The use of a connection for one command. Unless the command succeeds, the connection is not used
/// again: not after an error, and not after a timeout, which drops this in the middle.
struct Lease<'a> {
    server: &'a Server,
    connection: Connection,
    number: u64,
    is_new: bool,
    is_good: bool,
}

impl Lease<'_> {
    async fn ask<T: FromRedisValue>(mut self, command: &Cmd) -> RedisResult<T> {
        let response = command.query_async(&mut self.connection.commands).await;
        self.is_good = response.is_ok();
        response
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

#[cfg(feature = "tls")]
struct AbortOnDrop(tokio::task::AbortHandle);

#[cfg(feature = "tls")]
impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Returns the node that another one named, unless the name is no name.
fn named(host: &str, port: u16) -> Option<ConnectionAddr> {
    let is_name = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then(|| ConnectionAddr::Tcp(host.to_owned(), port))
}

/// Returns whether another connection may do better: the server was restarted, closed a connection
/// that was idle, or became a replica.
fn is_outdated(error: &RedisError) -> bool {
    error.is_io_error() || error.code() == Some("READONLY")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::error::ErrorKind;

    /// Starts a server that sends the same response to everything, so many times for each
    /// connection. Also returns the number of connections.
    async fn fake(response: &'static str, times: usize) -> (Server, Arc<AtomicUsize>) {
        fake_with(response, times, "").await
    }

    async fn fake_with(
        response: &'static str,
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
                            stream.write_all(response.as_bytes()).await.unwrap();
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
    async fn a_connection_is_used_again_unless_it_was_idle_for_too_long() {
        let (mut server, connections) = fake("+PONG\r\n", usize::MAX).await;
        for _ in 0..3 {
            ping(&server).await.unwrap();
        }
        assert_eq!(connections.load(Ordering::Relaxed), 1);
        server.longest_idle = Duration::ZERO;
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
