//! How bytes reach the vendor. The only module that knows reqwest.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls_platform_verifier::BuilderVerifierExt;

use crate::error::{Error, ErrorKind};

/// A boxed future, as the object-safe seams of this crate return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends one HTTP request and returns the whole answer, whatever its status.
///
/// The default speaks HTTPS through reqwest. Another one serves tests, or a network that wants
/// its requests sent in its own way. It must not follow redirects to another host: the request
/// carries a token.
pub trait Transport: Send + Sync + 'static {
    /// Sends `request`. The future is dropped when the call's time is up.
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>>;
}

/// Why no answer came, and whether the request may have been executed all the same.
#[derive(Debug)]
pub struct TransportError {
    stage: Stage,
    source: Box<dyn StdError + Send + Sync>,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Connect,
    Transfer,
    Timeout,
}

impl TransportError {
    /// No connection was made: nothing was sent.
    pub fn connect(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { stage: Stage::Connect, source: source.into() }
    }

    /// The connection broke: the request may have been executed.
    pub fn transfer(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { stage: Stage::Transfer, source: source.into() }
    }

    /// No answer came in time: the request may have been executed.
    pub fn timeout(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { stage: Stage::Timeout, source: source.into() }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.source, f)
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        let kind = match error.stage {
            Stage::Connect => ErrorKind::Connect,
            Stage::Transfer => ErrorKind::Transfer,
            Stage::Timeout => ErrorKind::Timeout,
        };
        Self::new(kind).with_source(error)
    }
}

/// The default [`Transport`]: reqwest over rustls, with the system's trusted certificates.
#[derive(Debug, Clone)]
pub(crate) struct ReqwestTransport(reqwest::Client);

impl ReqwestTransport {
    pub(crate) fn new(connect_timeout: Duration) -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(connect_timeout)
            .user_agent(concat!("openplat/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::new(ErrorKind::Configuration).with_source(error))?;
        Ok(Self(client))
    }
}

fn tls() -> Result<ClientConfig, Error> {
    let provider =
        CryptoProvider::get_default().cloned().or_else(built_in_provider).ok_or_else(|| {
            Error::new(ErrorKind::Configuration).with_detail(
                "no TLS provider: install a rustls `CryptoProvider` before the client is built, \
                 or switch on the feature `ring`",
            )
        })?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| {
            Error::new(ErrorKind::Configuration)
                .with_detail("TLS could not be set up")
                .with_source(error)
        })?;
    Ok(config.with_no_client_auth())
}

fn built_in_provider() -> Option<Arc<CryptoProvider>> {
    #[cfg(feature = "ring")]
    return Some(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(feature = "ring"))]
    None
}

impl Transport for ReqwestTransport {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(classify)?;
            let mut answer = self.0.execute(request).await.map_err(classify)?;
            let mut response = http::Response::new(Bytes::new());
            *response.status_mut() = answer.status();
            *response.headers_mut() = std::mem::take(answer.headers_mut());
            *response.body_mut() = answer.bytes().await.map_err(classify)?;
            Ok(response)
        })
    }
}

fn classify(error: reqwest::Error) -> TransportError {
    // The URL holds ids and query values that have no place in a log.
    let error = error.without_url();
    if error.is_connect() {
        TransportError::connect(error)
    } else if error.is_timeout() {
        TransportError::timeout(error)
    } else {
        TransportError::transfer(error)
    }
}
