use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::Client;
use super::base_url::check_base_url;
use crate::auth::{MemoryTokenStore, TokenStore};
use crate::base::{Clock, Secret, SystemClock};
use crate::channel::Channel;
use crate::error::{Error, ErrorKind};
use crate::flow::{
    Backoff, Flow, Limits, Pacing, RetryBudget, RetryPolicy, StandardBackoff, StandardRetry,
};
use crate::metrics::{Metrics, Recorder};
use crate::vendor::{App, Vendor};
use crate::wire::net::{Proxying, unusable};
use crate::wire::{BuildTransport, Exchange, Transport, TransportOptions};

/// Wraps a transport in another one.
type Layer = Box<dyn FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send + Sync>;

/// Builds a transport from the client's options.
type Build = fn(TransportOptions) -> Result<Arc<dyn Transport>, Error>;

fn build<T: BuildTransport>(options: TransportOptions) -> Result<Arc<dyn Transport>, Error> {
    Ok(Arc::new(T::build_from(options)?))
}

/// Sets up a [`Client`].
///
/// ```no_run
/// # use std::time::Duration;
/// # use openplat_core::{Client, Pacing, Vendor};
/// # fn build<V: Vendor>(app_id: String, secret: String) -> Result<Client<V>, openplat_core::Error> {
/// let client = Client::builder(app_id, secret)
///     .timeout(Duration::from_secs(60))
///     .proxy("http://proxy.example.com:3128")
///     .pacing(Pacing::documented())
///     .build()?;
/// # Ok(client)
/// # }
/// ```
///
/// The parts that can be replaced, such as [`TokenStore`] and [`Transport`], are traits of this crate;
/// vendor crates re-export it as `openplat_core`.
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder<V> {
    app: App,
    base_url: String,
    plain_http: bool,
    timeout: Duration,
    attempt_timeout: Duration,
    idle_timeout: Duration,
    max_attempts: u32,
    retry_policy: Option<Arc<dyn RetryPolicy>>,
    backoff: Arc<dyn Backoff>,
    pacing: Option<Pacing>,
    metrics: Recorder,
    max_response_bytes: usize,
    /// The options of the transport, if any was set.
    options: Option<TransportOptions>,
    over: Option<Build>,
    transport: Option<Arc<dyn Transport>>,
    layers: Vec<Layer>,
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
            retry_policy: None,
            backoff: Arc::new(StandardBackoff::default()),
            pacing: None,
            metrics: Recorder::default(),
            max_response_bytes: 16 * 1024 * 1024,
            options: None,
            #[cfg(feature = "reqwest")]
            over: Some(build::<crate::wire::HttpTransport>),
            #[cfg(not(feature = "reqwest"))]
            over: None,
            transport: None,
            layers: Vec::new(),
            token_store: Arc::new(MemoryTokenStore::default()),
            clock: Arc::new(SystemClock),
            vendor: PhantomData,
        }
    }

    /// Sets another host than the default one: `https://` and a host, with a path prefix if the
    /// platform is deployed under one. Plain `http://` is refused unless the host is this machine.
    ///
    /// DingTalk's old API has a host of its own for each of DingTalk's own. Any other base URL
    /// serves both APIs.
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

    /// Sets the longest that a call may take in all: waits, retries and the fetch of a token
    /// included. Defaults to 30 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the longest that one attempt of a call may take. Defaults to 10 seconds.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets how long a transfer of a file can stall before it fails. It replaces the other limits,
    /// which do not know how large a file is. Defaults to 30 seconds.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets the maximum number of attempts for calls that are safe to retry. Defaults to 3; 1
    /// disables retries.
    ///
    /// Attempts that a rate limit refused do not count: they were not executed, and are retried
    /// until the timeout of the call. Has no effect on a [`RetryPolicy`] of your own.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the rule that says whether a failed call is retried. Defaults to [`StandardRetry`].
    pub fn retry_policy(mut self, policy: impl RetryPolicy) -> Self {
        self.retry_policy = Some(Arc::new(policy));
        self
    }

    /// Sets the rule that says how long a call waits before it is retried. Defaults to
    /// [`StandardBackoff`].
    pub fn backoff(mut self, backoff: impl Backoff) -> Self {
        self.backoff = Arc::new(backoff);
        self
    }

    /// Keeps requests below documented rates from the start. Off by default: requests leave at once
    /// until the platform refuses one for its rate.
    ///
    /// Whatever is set here, requests of the same operation wait after such a refusal for as long
    /// as the platform says, or a second, and then leave at half the rate and growing, in the order
    /// of their calls. A call whose turn cannot come within its timeout fails at once with
    /// [`ErrorKind::Throttled`](crate::ErrorKind::Throttled).
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.pacing = Some(pacing);
        self
    }

    /// Tells `metrics` of each call and its attempts, of waits, rate limits and fetched tokens. Not
    /// measured by default. Events are told through `events::Listener::metrics`.
    pub fn metrics(mut self, metrics: Arc<dyn Metrics>) -> Self {
        self.metrics = Recorder::new(metrics);
        self
    }

    /// Sets the size in bytes of the largest response that is read. Defaults to 16 MiB. Files are
    /// not limited.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Limits the time for making a connection, TLS included. 10 seconds by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options().connect_timeout = timeout;
        self
    }

    /// Closes connections that have been idle for this long. 45 seconds by default, which is less
    /// than the gateways on the way allow.
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.options().pool_idle_timeout = timeout;
        self
    }

    /// Replaces the `User-Agent` header, `openplat/` and the version by default.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.options().user_agent = user_agent.into();
        self
    }

    /// Sends everything through a proxy, instead of the proxies that the environment names. See
    /// [`TransportBuilder::proxy`](crate::TransportBuilder::proxy) for its URL and for the environment.
    ///
    /// A proxy of the environment that is not used for the base URL, because of `NO_PROXY` or since
    /// the URL is of this machine, need not be usable.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.options().proxying = Proxying::Through(Secret::new(url));
        self
    }

    /// Uses no proxy, not even one that the environment names.
    pub fn no_proxy(mut self) -> Self {
        self.options().proxying = Proxying::Direct;
        self
    }

    /// Trusts another certificate authority in addition to the system's: one or more certificates
    /// in PEM format. Can be called several times.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.options().root_certificates.push(pem.into());
        self
    }

    /// Sets the certificate with which the client identifies itself to a gateway that asks for one;
    /// see [`TransportBuilder::client_certificate`](crate::TransportBuilder::client_certificate).
    pub fn client_certificate(mut self, pem: impl Into<Secret>) -> Self {
        self.options().client_certificate = Some(pem.into());
        self
    }

    fn options(&mut self) -> &mut TransportOptions {
        self.options.get_or_insert_default()
    }

    /// Sends requests over a transport of this type, which the client builds from its own options:
    /// [`HttpTransport`](crate::HttpTransport) with the feature `reqwest`, which is the default, or
    /// `HyperTransport` of the crate `openplat-hyper`. Replaces what was passed to
    /// [`transport`](Self::transport).
    pub fn over<T: BuildTransport>(mut self) -> Self {
        self.over = Some(build::<T>);
        self.transport = None;
        self
    }

    /// Sends requests through this transport instead of one of the client's own.
    ///
    /// The options of the client's own transport, from [`connect_timeout`](Self::connect_timeout)
    /// to [`client_certificate`](Self::client_certificate), cannot be set along with it: set them on a
    /// [`TransportBuilder`](crate::TransportBuilder), and pass what it builds or a wrapper around
    /// that.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Wraps the client's transport, the built-in one or the one that was passed, in another: to
    /// count, to log, to sign, to add a header, or to respond from a cache.
    ///
    /// A layer sees each attempt of each call, the requests for tokens, and the files for DingTalk's
    /// storage. The URL of a call can hold its token; see [`Transport`]. Check the host before you add
    /// a secret: DingTalk's storage and its old API have hosts of their own.
    ///
    /// Each further layer wraps those before it: the layer that was added last is the first to see a
    /// request and the last to see its response.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use openplat_core::{Body, BoxFuture, Transport, TransportError, http};
    ///
    /// struct Logged(Arc<dyn Transport>);
    ///
    /// impl Transport for Logged {
    ///     fn send(
    ///         &self,
    ///         request: http::Request<Body>,
    ///     ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
    ///         Box::pin(async move {
    ///             let path = request.uri().path().to_owned();
    ///             let response = self.0.send(request).await?;
    ///             println!("{path}: {}", response.status());
    ///             Ok(response)
    ///         })
    ///     }
    /// }
    ///
    /// # fn build<V: openplat_core::Vendor>(
    /// #     builder: openplat_core::ClientBuilder<V>,
    /// # ) -> Result<(), openplat_core::Error> {
    /// let client = builder.layer(Logged).build()?;
    /// # drop(client);
    /// # Ok(())
    /// # }
    /// ```
    pub fn layer<T: Transport>(
        mut self,
        layer: impl FnOnce(Arc<dyn Transport>) -> T + Send + Sync + 'static,
    ) -> Self {
        self.layers.push(Box::new(|inner| Arc::new(layer(inner))));
        self
    }

    /// Sends requests through a reqwest client of your own. It must not follow redirects; a
    /// response from another URL than the request's is an [`ErrorKind::Configuration`](crate::ErrorKind::Configuration).
    ///
    /// Exempt from semantic versioning: the major version of reqwest may change with any release.
    #[cfg(feature = "reqwest-client")]
    pub fn reqwest_client(self, client: reqwest::Client) -> Self {
        self.transport(crate::wire::HttpTransport::from(client))
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
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the app's ID or secret begins
    /// or ends with whitespace, if the base URL, the proxy, a certificate or the user agent is not
    /// usable, if TLS cannot be set up, if options of the client's transport are set along with one of
    /// your own, or if there is no transport.
    pub fn build(self) -> Result<Client<V>, Error> {
        check_credential("ID", &self.app.id)?;
        check_credential("secret", self.app.secret.expose())?;
        let base_url = check_base_url(&self.base_url, self.plain_http)?;
        let transport = match (self.transport, self.options, self.over) {
            (Some(transport), None, _) => transport,
            (Some(_), Some(_), _) => {
                return Err(unusable(
                    "options of the client's transport have no effect on a transport of your \
                     own; set them on its `TransportBuilder` and pass what that builds",
                ));
            }
            (None, options, Some(build)) => {
                build(TransportOptions { base: Some(base_url.uri), ..options.unwrap_or_default() })?
            }
            (None, _, None) => {
                return Err(unusable(
                    "there is no transport: enable the feature `reqwest`, or call \
                     `over::<openplat_hyper::HyperTransport>()` or `transport`",
                ));
            }
        };
        let shows_attempts = transport.reads_attempts() || !self.layers.is_empty();
        let transport = self.layers.into_iter().fold(transport, |inner, layer| layer(inner));
        let channel = Arc::new(Channel {
            platform: V::PLATFORM,
            app: self.app,
            old_host: V::PLATFORM.old_host(&base_url.host),
            exchange: Exchange {
                base_url: base_url.text,
                host: base_url.host,
                port: base_url.port,
                transport,
                shows_attempts,
                clock: self.clock,
                idle_timeout: self.idle_timeout,
                max_response_bytes: self.max_response_bytes,
                log_id_headers: V::PLATFORM.log_id_headers(),
            },
            flow: Flow {
                policy: self
                    .retry_policy
                    .unwrap_or_else(|| Arc::new(StandardRetry::new(self.max_attempts))),
                backoff: self.backoff,
                budget: RetryBudget::default(),
                limits: Limits::new(self.pacing),
                metrics: self.metrics,
            },
            attempt_timeout: self.attempt_timeout,
        });
        Ok(Client::new(channel, self.token_store, self.timeout))
    }
}

/// Finds the end of a line that came along from a file. An empty secret is for clients that send the
/// tokens of users alone.
fn check_credential(name: &str, value: &str) -> Result<(), Error> {
    match value.trim() == value {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Configuration)
            .with_detail(format!("the app's {name} begins or ends with whitespace"))),
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

#[cfg(all(test, feature = "feishu"))]
mod tests {
    use super::*;
    use crate::vendor::Feishu;

    #[test]
    fn a_client_without_a_transport_says_what_to_do() {
        let mut builder = ClientBuilder::<Feishu>::new("cli_1".into(), "secret".into());
        builder.over = None;
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        for advice in ["feature `reqwest`", "`over::<openplat_hyper::HyperTransport>()`"] {
            assert!(error.to_string().contains(advice), "{error}");
        }
    }
}
