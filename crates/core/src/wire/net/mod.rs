//! Common parts of all transports over HTTP: options, TLS, proxies and error texts.

mod failure;
mod proxy;
mod tls;

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use http::{HeaderValue, Uri};
use rustls::ClientConfig;

pub use self::failure::{broken, failure};
pub use self::proxy::Proxies;
pub(crate) use self::proxy::Proxying;
#[cfg(feature = "reqwest")]
pub(crate) use self::proxy::Target;
use super::{Transport, TransportError};
use crate::base::Secret;
use crate::error::{Error, ErrorKind};

/// A transport that a client can build from its own options.
///
/// See [`ClientBuilder::over`](crate::ClientBuilder::over).
pub trait BuildTransport: Transport + Sized {
    /// Builds a transport. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] if one of the options is not usable.
    fn build_from(options: TransportOptions) -> Result<Self, Error>;
}

/// The options of a transport over HTTP, as they were set on a
/// [`ClientBuilder`](crate::ClientBuilder) or a [`TransportBuilder`].
#[derive(Clone)]
pub struct TransportOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) pool_idle_timeout: Duration,
    pub(crate) user_agent: String,
    pub(crate) proxying: Proxying,
    pub(crate) root_certificates: Vec<Vec<u8>>,
    pub(crate) client_certificate: Option<Secret>,
    /// The URL for which the proxies have to be usable; all are if there is none.
    pub(crate) base: Option<Uri>,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            // Gateways drop idle connections after 60 to 75 seconds. A request on its way at that
            // moment is lost, and may not be retried unless it is idempotent.
            pool_idle_timeout: Duration::from_secs(45),
            user_agent: concat!("openplat/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxying: Proxying::Environment,
            root_certificates: Vec::new(),
            client_certificate: None,
            base: None,
        }
    }
}

/// For transports of this repository; they may change with any release.
#[doc(hidden)]
impl TransportOptions {
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    pub fn pool_idle_timeout(&self) -> Duration {
        self.pool_idle_timeout
    }

    pub fn user_agent(&self) -> Result<HeaderValue, Error> {
        HeaderValue::try_from(&*self.user_agent).map_err(|_| {
            unusable("the user agent contains a character that HTTP headers cannot have")
        })
    }

    pub fn proxies(&self) -> Result<Proxies, Error> {
        Proxies::find(&self.proxying, self.base.as_ref(), |name| {
            // Lossy: a value that is no text shall be refused rather than passed over.
            Some(std::env::var_os(name)?.to_string_lossy().into_owned())
        })
    }

    /// Sets up TLS, for HTTP/2 if the server offers it or for HTTP/1 alone.
    pub fn tls(&self, http2: bool) -> Result<ClientConfig, Error> {
        tls::config(&self.root_certificates, self.client_certificate.as_ref(), http2)
    }

    /// Returns the options for upgrades, which go to another host than calls do.
    pub fn for_upgrades(&self) -> Self {
        Self { base: None, ..self.clone() }
    }
}

/// Sets up a transport.
///
/// `T` is an [`HttpTransport`](crate::HttpTransport), or one of another crate.
#[must_use = "a builder does nothing until `build` is called"]
pub struct TransportBuilder<T> {
    options: TransportOptions,
    transport: PhantomData<fn() -> T>,
}

impl<T: BuildTransport> TransportBuilder<T> {
    /// Limits the time for making a connection, TLS included. 10 seconds by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// Closes connections that have been idle for this long. 45 seconds by default; shorter than
    /// the gateways on the way allow, so that no request is sent on a connection that is about to
    /// be closed.
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.options.pool_idle_timeout = timeout;
        self
    }

    /// Replaces the `User-Agent` header, `openplat/` and the version by default.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.options.user_agent = user_agent.into();
        self
    }

    /// Sends everything through a proxy: `http://`, `https://` or, with the feature `socks`,
    /// `socks4://`, `socks4a://`, `socks5://` or `socks5h://`, a host and a port. The last two
    /// characters of a SOCKS scheme say who resolves host names: with an `a` or `h` at its end the
    /// proxy does. A name and a password can stand before the host.
    ///
    /// The choice holds for every host, this machine included. The environment is not read, and
    /// with it neither is `NO_PROXY`.
    ///
    /// By default the proxies of the environment are used: `HTTPS_PROXY` or `HTTP_PROXY` by the
    /// scheme of the URL, or otherwise `ALL_PROXY`, each in upper or lower case. They are not used
    /// for the hosts in `NO_PROXY` or for this machine, nor in a CGI program, where a request can
    /// set `HTTP_PROXY`.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.options.proxying = Proxying::Through(Secret::new(url));
        self
    }

    /// Uses no proxy, not even one that the environment names.
    pub fn no_proxy(mut self) -> Self {
        self.options.proxying = Proxying::Direct;
        self
    }

    /// Trusts another certificate authority in addition to the system's: one or more certificates
    /// in PEM format. Can be called several times.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.options.root_certificates.push(pem.into());
        self
    }

    /// Sets the certificate with which this side identifies itself to a gateway that asks for one:
    /// the certificate, those of intermediate authorities if there are any, and the private key, in
    /// PEM format.
    pub fn client_certificate(mut self, pem: impl Into<Secret>) -> Self {
        self.options.client_certificate = Some(pem.into());
        self
    }

    /// Builds the transport. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] if a proxy, one of the environment included, a certificate or
    /// the user agent is not usable, or if there is no TLS provider.
    pub fn build(self) -> Result<T, Error> {
        T::build_from(self.options)
    }
}

impl<T> Default for TransportBuilder<T> {
    fn default() -> Self {
        Self { options: TransportOptions::default(), transport: PhantomData }
    }
}

impl<T> Clone for TransportBuilder<T> {
    fn clone(&self) -> Self {
        Self { options: self.options.clone(), transport: PhantomData }
    }
}

impl fmt::Debug for TransportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportOptions")
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for TransportBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TransportBuilder").field(&self.options).finish()
    }
}

/// Returns the URL with the scheme that an HTTP client knows.
pub fn as_http(uri: Uri) -> Result<Uri, TransportError> {
    use http::uri::Scheme;

    let mut parts = uri.into_parts();
    let scheme = match parts.scheme.as_ref().map(Scheme::as_str) {
        Some("wss" | "https") => Scheme::HTTPS,
        Some("ws" | "http") => Scheme::HTTP,
        _ => return Err(TransportError::request("the URL of the connection is not a `wss` URL")),
    };
    parts.scheme = Some(scheme);
    Uri::from_parts(parts)
        .map_err(|_| TransportError::request("the URL of the connection is not valid"))
}

pub(crate) fn unusable(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::Configuration).with_detail(detail)
}
