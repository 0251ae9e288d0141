//! A transport over hyper for the openplat SDKs for Feishu/Lark and DingTalk, for programs that count
//! instructions, crates and bytes. It keeps the promises of the built-in transport.
//!
//! ```no_run
//! use openplat_core::Client;
//! # use openplat_core::{ClientBuilder, Error, Vendor};
//! use openplat_hyper::HyperTransport;
//!
//! # fn build<V: Vendor>(secret: String) -> Result<Client<V>, Error> {
//! let client = Client::builder("cli_a1b2c3", secret).over::<HyperTransport>().build()?;
//! # Ok(client)
//! # }
//! ```
//!
//! The client of a vendor crate has the same builder: `feishu_im::Client::builder(..)`. The built-in
//! transport and reqwest are not compiled if the SDKs are depended on without their default features:
//!
//! ```toml
//! [dependencies]
//! feishu-im = { version = "0.1", default-features = false }
//! openplat-hyper = "0.1"
//! ```
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `http2` | HTTP/2 where the server offers it |
//! | `socks` | SOCKS proxies |
//! | `webpki-roots` | the certificate authorities that Mozilla trusts, in addition to the system's |
//! | `ring` (default) | TLS by ring if the process has not installed another rustls provider |
//!
//! Compressed responses are not supported.

#![doc(html_root_url = "https://docs.rs/openplat-hyper/latest")]
#![warn(missing_docs, unreachable_pub)]

mod connect;
mod way;

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::{Request, Response};
use openplat_core::{
    Body, BoxFuture, BuildTransport, Error, Transport, TransportBuilder, TransportError,
    TransportOptions, Upgrade,
};

use self::way::Way;

/// A [`Transport`] over hyper and rustls: HTTPS with a pool of connections. Clones share one pool.
///
/// A client builds one for itself; see [`ClientBuilder::over`](openplat_core::ClientBuilder::over).
/// Build one to share its connections between clients, or to send through it from a transport of
/// your own.
///
/// - Redirects are not followed.
/// - The certificate authorities of the operating system are trusted, those added with
///   [`root_certificate`](TransportBuilder::root_certificate), and with the feature `webpki-roots`
///   those that Mozilla trusts.
/// - The feature `http2` uses HTTP/2 where the server offers it, and the feature `socks` makes SOCKS
///   proxies work. Compressed responses are not asked for.
///
/// ```
/// use std::time::Duration;
/// use openplat_hyper::HyperTransport;
///
/// # fn build() -> Result<(), openplat_core::Error> {
/// let transport = HyperTransport::builder()
///     .connect_timeout(Duration::from_secs(3))
///     .no_proxy()
///     .build()?;
/// # drop(transport);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HyperTransport(Arc<Ways>);

struct Ways {
    calls: Way,
    /// Apart from that for calls: a connection that may become HTTP/2 cannot be upgraded, and the
    /// host is another one, for which other proxies may be set.
    upgrades: OnceLock<Way>,
    options: TransportOptions,
}

impl HyperTransport {
    /// Starts a transport with the default options.
    pub fn builder() -> TransportBuilder<Self> {
        TransportBuilder::default()
    }
}

impl BuildTransport for HyperTransport {
    fn build_from(options: TransportOptions) -> Result<Self, Error> {
        let calls = Way::for_calls(&options)?;
        let options = options.for_upgrades();
        Ok(Self(Arc::new(Ways { calls, upgrades: OnceLock::new(), options })))
    }
}

impl Transport for HyperTransport {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        Box::pin(self.0.calls.send(request))
    }

    fn upgrade(&self, request: Request<Body>) -> BoxFuture<'_, Upgrade> {
        Box::pin(async move {
            let way = self.0.upgrades().map_err(TransportError::configuration)?;
            way.upgrade(request).await
        })
    }
}

impl Ways {
    /// Returns the way for upgrades, made when the first connection is asked for.
    fn upgrades(&self) -> Result<&Way, Error> {
        if let Some(way) = self.upgrades.get() {
            return Ok(way);
        }
        let way = Way::for_upgrades(&self.options)?;
        Ok(self.upgrades.get_or_init(|| way))
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").finish_non_exhaustive()
    }
}
