use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Uri};

use crate::call::{Call, Sender};
use crate::channel::{App, Channel};
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind};
use crate::execute::Auth;
use crate::operation::{AcceptsAppToken, AcceptsUserToken, Operation};
use crate::retry::{RetryBudget, RetryPolicy};
use crate::secret::Secret;
use crate::token::{MemoryTokenStore, TokenSource, TokenStore};
use crate::transport::{ReqwestTransport, Transport, TransportOptions};
use crate::vendor::{Grant, Vendor, secret_header};

/// Sends operations to one vendor with the token of one app.
///
/// Cheap to clone: clones share the connections and the token. Needs a tokio runtime when it
/// sends, not when it is built.
pub struct Client<V> {
    pub(crate) tokens: Arc<TokenSource>,
    pub(crate) channel: Arc<Channel>,
    timeout: Duration,
    vendor: PhantomData<fn() -> V>,
}

impl<V: Vendor> Client<V> {
    /// Starts a client for an app, given its id (DingTalk: app key) and its secret.
    pub fn builder(app_id: impl Into<String>, app_secret: impl Into<Secret>) -> ClientBuilder<V> {
        ClientBuilder {
            app: App { id: app_id.into(), secret: app_secret.into() },
            base_url: V::PLATFORM.default_base_url().to_owned(),
            plain_http: false,
            timeout: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            max_attempts: 3,
            max_answer_bytes: 16 * 1024 * 1024,
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

    /// Sends this token in place of the one that the client fetches: one that another program
    /// fetched, for instance. It is used as it is, and never renewed.
    pub fn with_token(&self, token: impl Into<Secret>) -> WithToken<V> {
        WithToken(Given::new(self, &token.into()))
    }

    /// The same way to the vendor, with another token of the app.
    #[cfg(any(feature = "feishu", feature = "dingtalk"))]
    pub(crate) fn with_grant(&self, grant: Grant) -> Self {
        Self { tokens: self.channel.source(grant), ..self.clone() }
    }

    /// Takes the ticket that the vendor pushes to apps which serve several organisations: Feishu's
    /// `app_ticket`, DingTalk's `suiteTicket`. It goes into the token store, so that it reaches
    /// every process which shares the store.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] if the token store is away.
    pub async fn set_ticket(&self, ticket: impl Into<Secret>) -> Result<(), Error> {
        self.channel.keep_ticket(ticket.into()).await
    }
}

impl<V> Clone for Client<V> {
    fn clone(&self) -> Self {
        Self {
            tokens: self.tokens.clone(),
            channel: self.channel.clone(),
            timeout: self.timeout,
            vendor: PhantomData,
        }
    }
}

impl<V> fmt::Debug for Client<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.channel.base_url)
            .field("app_id", &self.channel.app.id)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl<V, O> Sender<O> for Client<V>
where
    V: Vendor,
    O: Operation<Vendor = V> + AcceptsAppToken,
{
    fn call(&self, operation: &O) -> Call<O::Output> {
        let auth = Auth::App(self.tokens.clone());
        Call::new(self.channel.clone(), auth, self.timeout, operation)
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
    impl<V> Sealed for super::Client<V> {}
    impl<V> Sealed for super::AsUser<V> {}
    impl<V> Sealed for super::WithToken<V> {}
}

/// A client that sends a user's token. See `Client::as_user`.
pub struct AsUser<V>(Given<V>);

/// A client that sends a token which the caller brought along. See [`Client::with_token`].
pub struct WithToken<V>(Given<V>);

struct Given<V> {
    client: Client<V>,
    header: Result<HeaderValue, ()>,
}

impl<V: Vendor> Given<V> {
    fn new(client: &Client<V>, token: &Secret) -> Self {
        let text = V::PLATFORM.token_header_value(token.expose());
        Self { client: client.clone(), header: secret_header(&text).map_err(drop) }
    }

    fn call<O: Operation>(&self, operation: &O) -> Call<O::Output> {
        let Client { channel, timeout, .. } = &self.client;
        Call::new(channel.clone(), Auth::Given(self.header.clone()), *timeout, operation)
    }
}

impl<V> Clone for Given<V> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), header: self.header.clone() }
    }
}

impl<V> Clone for AsUser<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V> Clone for WithToken<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[cfg(feature = "feishu")]
impl<V: Vendor> AsUser<V> {
    pub(crate) fn new(client: &Client<V>, token: &Secret) -> Self {
        Self(Given::new(client, token))
    }
}

impl<V> fmt::Debug for AsUser<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsUser").field(&self.0.client).finish()
    }
}

impl<V> fmt::Debug for WithToken<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WithToken").field(&self.0.client).finish()
    }
}

impl<V, O> Sender<O> for AsUser<V>
where
    V: Vendor,
    O: Operation<Vendor = V> + AcceptsUserToken,
{
    fn call(&self, operation: &O) -> Call<O::Output> {
        self.0.call(operation)
    }
}

impl<V, O> Sender<O> for WithToken<V>
where
    V: Vendor,
    O: Operation<Vendor = V> + AcceptsAppToken,
{
    fn call(&self, operation: &O) -> Call<O::Output> {
        self.0.call(operation)
    }
}

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
    max_answer_bytes: usize,
    options: TransportOptions,
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
    pub fn max_answer_bytes(mut self, bytes: usize) -> Self {
        self.max_answer_bytes = bytes;
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
    /// [`ErrorKind::Configuration`] if the base URL, the proxy or a certificate is not usable, or
    /// TLS cannot be set up.
    pub fn build(self) -> Result<Client<V>, Error> {
        let base_url = check_base_url(&self.base_url, self.plain_http)?;
        // A proxy has no way to this machine, and no business with what is sent to it.
        let options = TransportOptions { no_proxy: base_url.is_loopback, ..self.options };
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(ReqwestTransport::new(&options)?),
        };
        let channel = Arc::new(Channel {
            platform: V::PLATFORM,
            app: self.app,
            base_url: base_url.text,
            transport,
            store: self.token_store,
            clock: self.clock,
            policy: RetryPolicy { max_attempts: self.max_attempts },
            budget: RetryBudget::default(),
            attempt_timeout: self.attempt_timeout,
            idle_timeout: self.idle_timeout,
            max_answer_bytes: self.max_answer_bytes,
            sources: Default::default(),
        });
        Ok(Client {
            tokens: channel.source(Grant::Internal),
            channel,
            timeout: self.timeout,
            vendor: PhantomData,
        })
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

/// The base URL, made again from the parts that belong into one.
fn check_base_url(base_url: &str, plain_http: bool) -> Result<BaseUrl, Error> {
    let refuse = |reason: String| Err(Error::new(ErrorKind::Configuration).with_detail(reason));
    // Before anything that could quote it: what does not belong into a URL may be a secret.
    if let Some(found) = base_url.chars().find(|char| matches!(char, '@' | '?' | '#')) {
        return refuse(format!(
            "the base URL holds `{found}`; only a scheme, a host and a path prefix belong into it"
        ));
    }
    let refuse = |reason: &str| refuse(format!("the base URL {base_url:?} {reason}"));
    let Ok(uri) = base_url.parse::<Uri>() else {
        return refuse("is not a URL, e.g. `https://open.feishu.cn`");
    };
    let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else {
        return refuse("names no host, e.g. `https://open.feishu.cn`");
    };
    if authority.as_str().len() > host.len() && uri.port_u16().is_none() {
        return refuse("has a port that is not a number up to 65535");
    }
    let is_loopback = is_loopback(host);
    let scheme = match uri.scheme_str() {
        Some("https") => "https",
        Some("http") if plain_http || is_loopback => "http",
        Some("http") => {
            return refuse(
                "is not encrypted and would show the token; use `https`, or `allow_plain_http` \
                 if the network is trusted",
            );
        }
        _ => return refuse("does not start with `https://`"),
    };
    let prefix = uri.path().trim_end_matches('/');
    Ok(BaseUrl { text: format!("{scheme}://{authority}{prefix}"), is_loopback })
}

#[derive(Debug)]
struct BaseUrl {
    /// Without a slash at its end.
    text: String,
    is_loopback: bool,
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
            let checked = check_base_url(good, false).unwrap();
            assert_eq!(checked.text, good.trim_end_matches('/'));
        }
        for (bad, hint) in [
            ("", "not a URL"),
            ("open.feishu.cn", "does not start with"),
            ("http://open.feishu.cn", "not encrypted"),
            ("http://localhost.example.com", "not encrypted"),
            ("ftp://x", "does not start with"),
            ("https://x?y=1", "holds `?`"),
            ("https://x#y", "holds `#`"),
            ("https://x:99999", "port"),
            ("/x", "no host"),
        ] {
            let error = check_base_url(bad, false).unwrap_err();
            assert!(error.to_string().contains(hint), "{error}");
        }
        assert!(check_base_url("http://open.feishu.cn", true).is_ok());
        let error = check_base_url("https://me:hunter2@x", false).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
