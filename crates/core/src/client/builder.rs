use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::Client;
use super::base_url::check_base_url;
use crate::auth::{MemoryTokenStore, TokenStore};
use crate::base::{Clock, Secret, SystemClock};
use crate::channel::Channel;
use crate::error::Error;
use crate::flow::{Flow, RetryBudget, RetryPolicy};
use crate::transport::{ReqwestTransport, Transport, TransportOptions};
use crate::vendor::{App, Vendor};
use crate::wire::Exchange;

/// Sets up a [`Client`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder<V> {
    app: App,
    base_url: String,
    plain_http: bool,
    timeout: Duration,
    attempt_timeout: Duration,
    idle_timeout: Duration,
    max_attempts: u32,
    max_response_bytes: usize,
    options: TransportOptions,
    transport: Option<Arc<dyn Transport>>,
    token_store: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    vendor: PhantomData<fn() -> V>,
}

impl<V: Vendor> ClientBuilder<V> {
    pub(super) fn new(id: String, secret: Secret) -> Self {
        Self {
            app: App { id, secret },
            base_url: V::PLATFORM.default_base_url().to_owned(),
            plain_http: false,
            timeout: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            max_attempts: 3,
            max_response_bytes: 16 * 1024 * 1024,
            options: TransportOptions {
                connect_timeout: Duration::from_secs(10),
                ..TransportOptions::default()
            },
            transport: None,
            token_store: Arc::new(MemoryTokenStore::default()),
            clock: Arc::new(SystemClock),
            vendor: PhantomData,
        }
    }

    /// Another host than the default one: `https://` and a host, with a path prefix if the
    /// platform is deployed under one. Plain `http://` is refused unless the host is this machine.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Accepts a base URL with `http://` for any host. Whoever can read the network can then read
    /// the app's token, and its secret.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// How long a call may take in all: waits, retries and a token fetch included. 30 seconds by
    /// default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long one attempt of a call may take. 10 seconds by default.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long nothing may move while a file is sent or received. It takes the place of the other
    /// limits, which do not know how large a file is. 30 seconds by default.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// How often a call is sent at most, where sending it again is safe. 3 by default; 1 switches
    /// retries off.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// How large an answer may be. 16 MiB by default.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// How long a connection may take to be made. 10 seconds by default; has no effect on a
    /// [`Transport`] of your own.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// Sends everything through a proxy, in place of the ones that the environment names. Has no
    /// effect on a [`Transport`] of your own.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.options.proxy = Some(url.into());
        self
    }

    /// Trusts another certificate authority besides the system's: one or more certificates in PEM
    /// format. Has no effect on a [`Transport`] of your own.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.options.root_certificates.push(pem.into());
        self
    }

    /// Sends requests in another way than through the built-in HTTPS client.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sends requests through a reqwest client of your own. It must not follow redirects.
    ///
    /// Exempt from semantic versioning: the major version of reqwest may change with any release.
    #[cfg(feature = "reqwest")]
    pub fn reqwest_client(self, client: reqwest::Client) -> Self {
        self.transport(ReqwestTransport::from_client(client))
    }

    /// Keeps tokens elsewhere than in this client's memory.
    pub fn token_store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.token_store = store;
        self
    }

    /// Reads the time elsewhere than from the operating system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the base URL, the proxy or a certificate is not usable, or
    /// TLS cannot be set up.
    pub fn build(self) -> Result<Client<V>, Error> {
        let base_url = check_base_url(&self.base_url, self.plain_http)?;
        // A proxy has no way to this machine, and no business with what is sent to it.
        let options = TransportOptions { no_proxy: base_url.is_loopback, ..self.options };
        let shows_attempts = self.transport.is_some();
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(ReqwestTransport::new(&options)?),
        };
        let channel = Arc::new(Channel {
            platform: V::PLATFORM,
            app: self.app,
            exchange: Exchange {
                base_url: base_url.text,
                host: base_url.host,
                transport,
                shows_attempts,
                clock: self.clock,
                idle_timeout: self.idle_timeout,
                max_response_bytes: self.max_response_bytes,
                log_id_headers: V::PLATFORM.log_id_headers(),
            },
            flow: Flow {
                policy: RetryPolicy { max_attempts: self.max_attempts },
                budget: RetryBudget::default(),
            },
            attempt_timeout: self.attempt_timeout,
        });
        Ok(Client::new(channel, self.token_store, self.timeout))
    }
}

impl<V> fmt::Debug for ClientBuilder<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The base URL is not checked yet, and might hold a password.
        f.debug_struct("ClientBuilder")
            .field("app_id", &self.app.id)
            .field("timeout", &self.timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("max_attempts", &self.max_attempts)
            .finish_non_exhaustive()
    }
}
