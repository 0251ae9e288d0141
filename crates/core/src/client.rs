use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Uri};

use crate::call::{Call, Sender};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind};
use crate::operation::{AcceptsAppToken, AcceptsUserToken, Operation};
use crate::secret::Secret;
use crate::token::{MemoryTokenStore, TokenKey, TokenSource, TokenStore};
use crate::transport::{ReqwestTransport, Transport};
use crate::vendor::{Platform, Vendor};

/// Sends operations to one vendor with the token of one app.
///
/// Cheap to clone: clones share the connections and the token.
pub struct Client<V> {
    inner: Arc<Inner>,
    vendor: PhantomData<fn() -> V>,
}

/// The credentials of an app.
#[doc(hidden)]
#[derive(Debug)]
pub struct App {
    pub(crate) id: String,
    pub(crate) secret: Secret,
}

pub(crate) struct Inner {
    pub(crate) platform: &'static dyn Platform,
    pub(crate) app: App,
    pub(crate) base_url: String,
    pub(crate) timeout: Duration,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) tokens: TokenSource,
}

impl<V: Vendor> Client<V> {
    /// Starts a client for an app, given its id (DingTalk: app key) and its secret.
    pub fn builder(app_id: impl Into<String>, app_secret: impl Into<Secret>) -> ClientBuilder<V> {
        ClientBuilder {
            app: App { id: app_id.into(), secret: app_secret.into() },
            base_url: V::PLATFORM.default_base_url().to_owned(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            transport: None,
            token_store: Arc::new(MemoryTokenStore::default()),
            clock: Arc::new(SystemClock),
            vendor: PhantomData,
        }
    }
}

impl<V> Clone for Client<V> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), vendor: PhantomData }
    }
}

impl<V> fmt::Debug for Client<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.inner.base_url)
            .field("app_id", &self.inner.app.id)
            .field("timeout", &self.inner.timeout)
            .finish_non_exhaustive()
    }
}

impl<V, O> Sender<O> for Client<V>
where
    V: Vendor,
    O: Operation<Vendor = V> + AcceptsAppToken,
{
    fn call(&self, operation: &O) -> Call<O::Output> {
        Call::new(self.inner.clone(), None, operation)
    }
}

/// A client that sends a user's token. See `Client::as_user`.
pub struct AsUser<V> {
    client: Arc<Inner>,
    header: Result<HeaderValue, ()>,
    vendor: PhantomData<fn() -> V>,
}

impl<V: Vendor> AsUser<V> {
    #[cfg(feature = "feishu")]
    pub(crate) fn new(client: &Client<V>, token: &Secret) -> Self {
        let text = V::PLATFORM.token_header_value(token.expose());
        Self {
            client: client.inner.clone(),
            header: crate::vendor::secret_header(&text).map_err(drop),
            vendor: PhantomData,
        }
    }
}

impl<V> Clone for AsUser<V> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), header: self.header.clone(), vendor: PhantomData }
    }
}

impl<V> fmt::Debug for AsUser<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsUser").field("base_url", &self.client.base_url).finish_non_exhaustive()
    }
}

impl<V, O> Sender<O> for AsUser<V>
where
    V: Vendor,
    O: Operation<Vendor = V> + AcceptsUserToken,
{
    fn call(&self, operation: &O) -> Call<O::Output> {
        Call::new(self.client.clone(), Some(self.header.clone()), operation)
    }
}

/// Sets up a [`Client`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder<V> {
    app: App,
    base_url: String,
    timeout: Duration,
    connect_timeout: Duration,
    transport: Option<Arc<dyn Transport>>,
    token_store: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    vendor: PhantomData<fn() -> V>,
}

impl<V: Vendor> ClientBuilder<V> {
    /// Another host than the default one: `https://` and a host, with a path prefix if the
    /// platform is deployed under one. Plain `http://` is refused unless the host is this machine.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// How long a call may take in all, a token fetch included. 30 seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a connection may take to be made. 10 seconds by default; has no effect on a
    /// [`Transport`] of your own.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sends requests in another way than through the built-in HTTPS client.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
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
    /// [`ErrorKind::Configuration`] if the base URL is not usable or TLS cannot be set up.
    pub fn build(self) -> Result<Client<V>, Error> {
        let base_url = check_base_url(&self.base_url)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(ReqwestTransport::new(self.connect_timeout)?),
        };
        let key = TokenKey::new(&base_url, &self.app);
        let margin = V::PLATFORM.token_margin();
        let inner = Inner {
            platform: V::PLATFORM,
            tokens: TokenSource::new(key, self.token_store, self.clock, margin),
            app: self.app,
            base_url,
            timeout: self.timeout,
            transport,
        };
        Ok(Client { inner: Arc::new(inner), vendor: PhantomData })
    }
}

impl<V> fmt::Debug for ClientBuilder<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url)
            .field("app_id", &self.app.id)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

/// The base URL without its trailing slash.
fn check_base_url(base_url: &str) -> Result<String, Error> {
    let refuse = |reason: &str| {
        Err(Error::new(ErrorKind::Configuration)
            .with_detail(format!("the base URL {base_url:?} {reason}")))
    };
    // Before anything that could echo it.
    if base_url.contains('@') {
        return Err(Error::new(ErrorKind::Configuration)
            .with_detail("the base URL holds a user name; credentials do not belong into a URL"));
    }
    let Ok(uri) = base_url.parse::<Uri>() else {
        return refuse("is not a URL, e.g. `https://open.feishu.cn`");
    };
    let Some(host) = uri.host() else {
        return refuse("names no host, e.g. `https://open.feishu.cn`");
    };
    if uri.query().is_some() {
        return refuse("has a query; only a scheme, a host and a path prefix belong into it");
    }
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_loopback(host) => {}
        Some("http") => return refuse("is not encrypted and would show the token; use `https`"),
        _ => return refuse("has no scheme; put `https://` before it"),
    }
    Ok(base_url.trim_end_matches('/').to_owned())
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_checked() {
        for good in [
            "https://open.feishu.cn",
            "https://corp.example/feishu/",
            "http://127.0.0.1:8080",
            "http://[::1]:1/x",
            "http://localhost",
        ] {
            assert_eq!(check_base_url(good).unwrap(), good.trim_end_matches('/'));
        }
        for (bad, hint) in [
            ("", "not a URL"),
            ("open.feishu.cn", "no scheme"),
            ("http://open.feishu.cn", "not encrypted"),
            ("http://localhost.example.com", "not encrypted"),
            ("ftp://x", "no scheme"),
            ("https://x?y=1", "query"),
            ("/x", "no host"),
        ] {
            let error = check_base_url(bad).unwrap_err();
            assert!(error.to_string().contains(hint), "{error}");
        }
        let error = check_base_url("https://me:hunter2@x").unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
