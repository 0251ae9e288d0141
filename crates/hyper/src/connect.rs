//! From a URL to a connection, through a proxy where there is one.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::USER_AGENT;
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use openplat_core::{BodyError, BoxFuture, Error, TransportOptions};
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tower_service::Service;

/// Makes the connections of a client, each within a time limit.
#[derive(Clone)]
pub(crate) struct Connector {
    server: Direct,
    /// A proxy is spoken to in HTTP/1.
    proxy: Direct,
    matcher: Option<Arc<Matcher>>,
    user_agent: HeaderValue,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(
        options: &TransportOptions,
        http2: bool,
        matcher: Option<Arc<Matcher>>,
    ) -> Result<Self, Error> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // As reqwest has it: a peer that is gone is noticed within a minute.
        tcp.set_keepalive(Some(Duration::from_secs(15)));
        tcp.set_keepalive_interval(Some(Duration::from_secs(15)));
        tcp.set_keepalive_retries(Some(3));
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        tcp.set_tcp_user_timeout(Some(Duration::from_secs(30)));
        let proxy = Direct { tcp, tls: Arc::new(options.tls(false)?).into() };
        let mut server = proxy.clone();
        if http2 {
            server.tls = Arc::new(options.tls(true)?).into();
        }
        let (user_agent, timeout) = (options.user_agent()?, options.connect_timeout());
        Ok(Self { server, proxy, matcher, user_agent, timeout })
    }

    async fn connect(self, url: Uri) -> Result<Stream, BodyError> {
        let Some(proxy) = self.matcher.as_ref().and_then(|matcher| matcher.intercept(&url)) else {
            return self.server.connect(url).await;
        };
        if proxy.uri().scheme_str().is_some_and(|scheme| scheme.starts_with("socks")) {
            let stream = through_socks(self.proxy, &proxy, &url).await?;
            return self.server.secure_if_asked(&url, stream).await;
        }
        if !is_https(&url) {
            let mut stream = self.proxy.connect(proxy.uri().clone()).await?;
            stream.is_proxy = true;
            return Ok(stream);
        }
        let stream = tunnel(self.proxy, &proxy, url.clone(), self.user_agent).await?;
        self.server.secure_if_asked(&url, stream).await
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BodyError;
    type Future = BoxFuture<'static, Result<Stream, BodyError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let limit = self.timeout;
        let connecting = self.clone().connect(url);
        Box::pin(async move {
            match tokio::time::timeout(limit, connecting).await {
                Ok(stream) => stream,
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        })
    }
}

async fn tunnel(
    through: Direct,
    proxy: &Intercept,
    url: Uri,
    user_agent: HeaderValue,
) -> Result<Stream, BodyError> {
    let headers = HeaderMap::from_iter([(USER_AGENT, user_agent)]);
    let mut tunnel = Tunnel::new(proxy.uri().clone(), through).with_headers(headers);
    if let Some(authorization) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(authorization.clone());
    }
    Ok(tunnel.call(url).await?)
}

async fn through_socks(through: Direct, proxy: &Intercept, url: &Uri) -> Result<Stream, BodyError> {
    let host = url.host().ok_or("the URL has no host")?;
    let port = url.port_u16().unwrap_or(if is_https(url) { 443 } else { 80 });
    let scheme = proxy.uri().scheme_str().unwrap_or_default();
    let target = match scheme {
        "socks4a" | "socks5h" => format!("{host}:{port}"),
        _ => resolve(host, port, scheme == "socks4").await?,
    };
    let target = Uri::builder().scheme("http").authority(target).path_and_query("/").build()?;
    if scheme.starts_with("socks4") {
        return Ok(SocksV4::new(proxy.uri().clone(), through).call(target).await?);
    }
    let mut socks = SocksV5::new(proxy.uri().clone(), through);
    if let Some((name, password)) = proxy.raw_auth() {
        socks = socks.with_auth(name.to_owned(), password.to_owned());
    }
    Ok(socks.call(target).await?)
}

async fn resolve(host: &str, port: u16, only_ipv4: bool) -> Result<String, BodyError> {
    let host = host.trim_matches(['[', ']']);
    let mut addresses = tokio::net::lookup_host((host, port)).await.map_err(|_| "dns error")?;
    let address = addresses.find(|address| address.is_ipv4() || !only_ipv4);
    Ok(address.ok_or("dns error")?.to_string())
}

/// Connects to a host without a proxy, by TLS if the URL asks for it.
#[derive(Clone)]
struct Direct {
    tcp: HttpConnector,
    tls: TlsConnector,
}

impl Direct {
    async fn connect(mut self, url: Uri) -> Result<Stream, BodyError> {
        let stream = self.tcp.call(url.clone()).await?;
        self.secure_if_asked(&url, Stream::new(stream)).await
    }

    async fn secure_if_asked(&self, url: &Uri, stream: Stream) -> Result<Stream, BodyError> {
        if !is_https(url) {
            return Ok(stream);
        }
        let host = url.host().ok_or("the URL has no host")?.trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned())?;
        let stream = self.tls.connect(name, TokioIo::new(stream)).await?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Stream { is_http2, ..Stream::new(TokioIo::new(stream)) })
    }
}

impl Service<Uri> for Direct {
    type Response = Stream;
    type Error = BodyError;
    type Future = BoxFuture<'static, Result<Stream, BodyError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        Box::pin(self.clone().connect(url))
    }
}

fn is_https(url: &Uri) -> bool {
    url.scheme() == Some(&Scheme::HTTPS)
}

/// A connection, whatever is between.
pub(crate) struct Stream {
    io: Box<dyn Io>,
    /// The other side is a proxy that gets the requests themselves.
    is_proxy: bool,
    is_http2: bool,
}

impl Stream {
    fn new(io: impl Io + 'static) -> Self {
        Self { io: Box::new(io), is_proxy: false, is_http2: false }
    }
}

trait Io: Read + Write + Send + Unpin {}

impl<T: Read + Write + Send + Unpin> Io for T {}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.is_proxy);
        if self.is_http2 { connected.negotiated_h2() } else { connected }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
