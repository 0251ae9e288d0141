//! The built-in transport. The only module that knows reqwest.

mod upgrade;
mod url;

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
#[cfg(feature = "http2")]
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http_body::{Body as HttpBody, Frame, SizeHint};

use self::url::Origin;
use super::net::{self, Proxies, Target, unusable};
use crate::base::BoxFuture;
use crate::error::Error;
use crate::wire::{
    Body, BuildTransport, Transport, TransportBuilder, TransportError, TransportOptions, Upgrade,
};

/// The built-in [`Transport`]: HTTPS with a pool of connections, over reqwest and rustls.
///
/// A client builds one for itself. Build one to share its connections between clients, or to send
/// through it from a transport of your own. Clones share one pool.
///
/// - Redirects are not followed.
/// - The certificate authorities of the operating system are trusted, those added with
///   [`root_certificate`](TransportBuilder::root_certificate), and with the feature
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
    upgrades: Arc<upgrade::Upgrades>,
}

impl HttpTransport {
    /// Starts a transport with the default options.
    pub fn builder() -> TransportBuilder<Self> {
        TransportBuilder::default()
    }

    fn convert(&self, request: http::Request<Body>) -> Result<reqwest::Request, TransportError> {
        let (head, body) = request.into_parts();
        let mut request = reqwest::Request::new(head.method, self.origin.url(&head.uri)?);
        *request.headers_mut() = head.headers;
        *request.body_mut() = Some(match body.as_bytes() {
            Some(bytes) => bytes.clone().into(),
            None => reqwest::Body::wrap(body),
        });
        Ok(request)
    }
}

impl BuildTransport for HttpTransport {
    fn build_from(options: TransportOptions) -> Result<Self, Error> {
        let proxies = options.proxies()?;
        Ok(Self {
            client: finish(client(&options, &proxies, cfg!(feature = "http2"))?)?,
            origin: Arc::default(),
            proxies: Arc::new(proxies),
            may_follow_redirects: false,
            upgrades: Arc::new(upgrade::Upgrades::new(options.for_upgrades())),
        })
    }
}

/// Sends through a reqwest client that is set up already. It must not follow redirects; a response
/// from another URL than the request's is an error.
///
/// Exempt from semantic versioning: the major version of reqwest may change with any release.
#[cfg(feature = "reqwest-client")]
impl From<reqwest::Client> for HttpTransport {
    fn from(client: reqwest::Client) -> Self {
        Self {
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
        // Not within the future, which would have room for the request as long as it lives.
        let sent = self.convert(request).map(|request| {
            let url = self.may_follow_redirects.then(|| Box::new(request.url().clone()));
            (url, self.client.execute(request))
        });
        Box::pin(async move {
            let (url, response) = sent?;
            let mut response = response.await.map_err(|error| failure(error, &self.proxies))?;
            if url.is_some_and(|url| *url != *response.url()) {
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
        // Data on its way is kept by the response, not by this future.
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
        "the reqwest client followed a redirect with the token; build it with \
         `redirect(reqwest::redirect::Policy::none())`",
    )
}

fn client(
    options: &TransportOptions,
    proxies: &Proxies,
    http2: bool,
) -> Result<reqwest::ClientBuilder, Error> {
    // Features of reqwest that another crate of the program needs must not change this client.
    let builder = reqwest::Client::builder()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .user_agent(options.user_agent()?)
        .tls_backend_preconfigured(options.tls(http2)?)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .pool_idle_timeout(options.pool_idle_timeout)
        .no_proxy();
    #[cfg(not(feature = "gzip"))]
    let builder = builder.no_gzip();
    let mut builder = match http2 {
        false => builder.http1_only(),
        true => keep_alive(builder),
    };
    for proxy in &proxies.proxies {
        let url = proxy.url.to_string();
        let proxy = match proxy.target {
            Target::All => reqwest::Proxy::all(url),
            Target::Http => reqwest::Proxy::http(url),
            Target::Https => reqwest::Proxy::https(url),
        };
        let proxy = proxy.map_err(|_| unusable("the proxy cannot be set up"))?;
        builder = builder.proxy(proxy.no_proxy(reqwest::NoProxy::from_string(&proxies.except)));
    }
    Ok(builder)
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

/// Returns the reason why there is no response.
fn failure(error: reqwest::Error, proxies: &Proxies) -> TransportError {
    let uri = error.url().and_then(|url| url.as_str().parse::<Uri>().ok());
    let is_connect = error.is_connect();
    let error = error.without_url();
    // It comes from this side of the connection, so that there is nothing to quote.
    if error.is_builder() {
        return TransportError::request(error);
    }
    net::failure(error, uri.as_ref(), proxies, is_connect)
}

/// Returns the reason why the body of a response ended early.
fn broken(error: reqwest::Error) -> TransportError {
    net::broken(&error)
}
