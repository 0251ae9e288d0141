//! The built-in transport. The only module that knows reqwest.

mod failure;
mod proxy;
mod tls;
#[cfg(feature = "long-connection")]
mod upgrade;
mod url;

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Uri};
use http_body::{Body as HttpBody, Frame, SizeHint};

use self::failure::{broken, failure};
use self::proxy::{Proxies, Proxying};
use self::url::Origin;
use crate::base::BoxFuture;
use crate::base::Secret;
use crate::error::{Error, ErrorKind};
use crate::wire::Body;
#[cfg(feature = "long-connection")]
use crate::wire::Upgrade;
use crate::wire::{Transport, TransportError};

/// The built-in [`Transport`]: HTTPS with a pool of connections, over reqwest and rustls.
///
/// A client builds one for itself. Build one to share its connections between clients, or to send
/// through it from a transport of your own. Clones share one pool.
///
/// - Redirects are not followed.
/// - The certificate authorities of the operating system are trusted, those added with
///   [`root_certificate`](HttpTransportBuilder::root_certificate), and with the feature
///   `webpki-roots` those that Mozilla trusts. The system's are read once in a process, when the
///   first TLS connection is made; a system that has none is no reason for `build` to fail.
/// - The feature `gzip` asks for compressed responses, except for files. The feature `http2` uses
///   HTTP/2 where the server offers it, and the feature `socks` makes SOCKS proxies work.
///
/// ```
/// use std::time::Duration;
/// use openplat_core::HttpTransport;
///
/// # fn build() -> Result<(), openplat_core::Error> {
/// let transport = HttpTransport::builder()
///     .connect_timeout(Duration::from_secs(3))
///     .no_proxy()
///     .build()?;
/// # drop(transport);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
    origin: Arc<Origin>,
    proxies: Arc<Proxies>,
    may_follow_redirects: bool,
    #[cfg(feature = "long-connection")]
    upgrades: Arc<upgrade::Upgrades>,
}

impl HttpTransport {
    /// Starts a transport with the default options.
    pub fn builder() -> HttpTransportBuilder {
        HttpTransportBuilder::default()
    }
}

/// Sends through a reqwest client that is set up already. It must not follow redirects; a response
/// from another URL than the request's is an error.
///
/// Exempt from semantic versioning: the major version of reqwest may change with any release.
#[cfg(feature = "reqwest")]
impl From<reqwest::Client> for HttpTransport {
    fn from(client: reqwest::Client) -> Self {
        Self {
            #[cfg(feature = "long-connection")]
            upgrades: Arc::new(upgrade::Upgrades::through(client.clone())),
            client,
            origin: Arc::default(),
            proxies: Arc::default(),
            may_follow_redirects: true,
        }
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A reqwest client shows its default headers, which may hold a secret.
        f.debug_struct("HttpTransport").finish_non_exhaustive()
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let mut request = reqwest::Request::new(head.method, self.origin.url(&head.uri)?);
            *request.headers_mut() = head.headers;
            *request.body_mut() = Some(match body.as_bytes() {
                Some(bytes) => bytes.clone().into(),
                None => reqwest::Body::wrap(body),
            });
            let url = self.may_follow_redirects.then(|| request.url().clone());
            let response = self.client.execute(request).await;
            let mut response = response.map_err(|error| failure(error, &self.proxies))?;
            if url.is_some_and(|url| url != *response.url()) {
                return Err(followed());
            }
            let mut head = http::Response::new(());
            *head.status_mut() = response.status();
            *head.version_mut() = response.version();
            *head.headers_mut() = std::mem::take(response.headers_mut());
            *head.extensions_mut() = std::mem::take(response.extensions_mut());
            Ok(head.map(|()| Body::new(Incoming(response))))
        })
    }

    #[cfg(feature = "long-connection")]
    fn upgrade(&self, request: http::Request<Body>) -> BoxFuture<'_, Upgrade> {
        Box::pin(self.upgrades.open(request))
    }
}

/// The body of a response. reqwest's own conversion boxes it once more.
struct Incoming(reqwest::Response);

impl HttpBody for Incoming {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        // What is on its way is in the response, and not in this future.
        let chunk = std::task::ready!(pin!(self.0.chunk()).poll(context));
        Poll::Ready(chunk.map_err(broken).transpose().map(|chunk| chunk.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.0.content_length().map(SizeHint::with_exact).unwrap_or_default()
    }
}

#[cold]
fn followed() -> TransportError {
    TransportError::configuration(
        "the reqwest client followed a redirect, and took the token along; build it with \
         `redirect(reqwest::redirect::Policy::none())`",
    )
}

/// Sets up an [`HttpTransport`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct HttpTransportBuilder {
    connect_timeout: Duration,
    pool_idle_timeout: Duration,
    user_agent: String,
    proxying: Proxying,
    root_certificates: Vec<Vec<u8>>,
    client_certificate: Option<Secret>,
}

impl Default for HttpTransportBuilder {
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
        }
    }
}

impl HttpTransportBuilder {
    /// Limits the time for making a connection, TLS included. 10 seconds by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Closes connections that have been idle for this long. 45 seconds by default; shorter than
    /// the gateways on the way allow, so that no request is sent on a connection that is about to
    /// be closed.
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.pool_idle_timeout = timeout;
        self
    }

    /// Replaces the `User-Agent` header, `openplat/` and the version by default.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
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
    /// scheme of the URL, else `ALL_PROXY`, each in capitals or in small letters. They are not used
    /// for the hosts in `NO_PROXY` or for this machine, nor in a CGI program, where a request can
    /// set `HTTP_PROXY`.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxying = Proxying::Through(Secret::new(url));
        self
    }

    /// Uses no proxy, not even one that the environment names.
    pub fn no_proxy(mut self) -> Self {
        self.proxying = Proxying::Direct;
        self
    }

    /// Trusts another certificate authority in addition to the system's: one or more certificates
    /// in PEM format. Can be called several times.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Sets the certificate with which this side identifies itself to a gateway that asks for one:
    /// the certificate, those of intermediate authorities if there are any, and the private key, in
    /// PEM format.
    pub fn client_certificate(mut self, pem: impl Into<Secret>) -> Self {
        self.client_certificate = Some(pem.into());
        self
    }

    /// Builds the transport. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] if a proxy, one of the environment included, a certificate or
    /// the user agent is not usable, or if there is no TLS provider.
    pub fn build(self) -> Result<HttpTransport, Error> {
        self.build_for(None)
    }

    /// Builds the transport for URLs that begin with `base`.
    pub(crate) fn build_for(self, base: Option<&Uri>) -> Result<HttpTransport, Error> {
        let proxies = self.proxies(base)?;
        Ok(HttpTransport {
            client: finish(self.client(&proxies, cfg!(feature = "http2"))?)?,
            origin: Arc::default(),
            proxies: Arc::new(proxies),
            may_follow_redirects: false,
            #[cfg(feature = "long-connection")]
            upgrades: Arc::new(upgrade::Upgrades::new(self)),
        })
    }

    fn proxies(&self, base: Option<&Uri>) -> Result<Proxies, Error> {
        Proxies::find(&self.proxying, base, |name| {
            // Lossy: a value that is no text shall be refused rather than passed over.
            Some(std::env::var_os(name)?.to_string_lossy().into_owned())
        })
    }

    fn client(&self, proxies: &Proxies, http2: bool) -> Result<reqwest::ClientBuilder, Error> {
        let user_agent = HeaderValue::try_from(&*self.user_agent).map_err(|_| {
            unusable("the user agent contains a character that no HTTP header can carry")
        })?;
        let tls = tls::config(&self.root_certificates, self.client_certificate.as_ref(), http2)?;
        // Features of reqwest that another crate of the program needs must not change this client.
        let builder = reqwest::Client::builder()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(self.pool_idle_timeout)
            .user_agent(user_agent)
            .no_proxy();
        #[cfg(not(feature = "gzip"))]
        let builder = builder.no_gzip();
        let mut builder = match http2 {
            false => builder.http1_only(),
            true => keep_alive(builder),
        };
        for proxy in proxies.iter() {
            builder = builder.proxy(proxy?);
        }
        Ok(builder)
    }
}

fn finish(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(|_| unusable("the HTTP client cannot be set up"))
}

/// All calls share one connection: if it is dead, none may wait for the next.
fn keep_alive(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    #[cfg(feature = "http2")]
    let builder = builder
        .http2_keep_alive_interval(Duration::from_secs(10))
        .http2_keep_alive_timeout(Duration::from_secs(5));
    builder
}

impl fmt::Debug for HttpTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransportBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

fn unusable(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::Configuration).with_detail(detail)
}
