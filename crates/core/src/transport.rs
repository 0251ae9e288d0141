//! How bytes reach the vendor. The only module that knows reqwest.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

use crate::base::BoxFuture;
use crate::error::{Error, ErrorKind};
use crate::wire::Body;
use crate::wire::file::Unreadable;

/// Sends one HTTP request and returns the answer, whatever its status.
///
/// The default speaks HTTPS through reqwest. Another one serves tests, or a network that wants
/// its requests sent in its own way. It must not follow redirects: the request carries a token.
pub trait Transport: Send + Sync + 'static {
    /// Sends `request`. The future, and later the body of the answer, are dropped when the time
    /// of the call is up.
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        (**self).send(request)
    }
}

/// Why no answer came, and whether the request may have been executed all the same.
#[derive(Debug)]
pub struct TransportError {
    stage: Stage,
    source: Box<dyn StdError + Send + Sync>,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    Request,
    Connect,
    Transfer,
    Timeout,
}

impl TransportError {
    /// The request is not one that can be sent.
    pub fn request(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { stage: Stage::Request, source: source.into() }
    }

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

impl TransportError {
    /// Whether nothing of the request can have reached the vendor.
    pub fn was_not_sent(&self) -> bool {
        matches!(self.stage, Stage::Request | Stage::Connect)
    }

    /// Whether it was the file to be sent that failed, and not the connection.
    fn is_of_file(&self) -> bool {
        let first: &(dyn StdError + 'static) = &*self.source;
        std::iter::successors(Some(first), |&error| error.source())
            .any(|error| error.is::<Unreadable>())
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
            _ if error.is_of_file() => ErrorKind::File,
            Stage::Request => ErrorKind::InvalidRequest,
            Stage::Connect => ErrorKind::Connect,
            Stage::Transfer => ErrorKind::Transfer,
            Stage::Timeout => ErrorKind::Timeout,
        };
        Self::new(kind).with_cause(&error)
    }
}

/// What the built-in transport can be told.
#[derive(Debug, Default)]
pub(crate) struct TransportOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) proxy: Option<String>,
    pub(crate) no_proxy: bool,
    pub(crate) root_certificates: Vec<Vec<u8>>,
}

/// The default [`Transport`]: reqwest over rustls, with the system's trusted certificates.
#[derive(Debug, Clone)]
pub(crate) struct ReqwestTransport(reqwest::Client);

impl ReqwestTransport {
    pub(crate) fn new(options: &TransportOptions) -> Result<Self, Error> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(&options.root_certificates)?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.connect_timeout)
            .user_agent(concat!("openplat/", env!("CARGO_PKG_VERSION")));
        if options.no_proxy {
            builder = builder.no_proxy();
        } else if let Some(proxy) = &options.proxy {
            // The URL of a proxy may hold a password, so the reason is not quoted.
            let proxy = reqwest::Proxy::all(proxy).map_err(|_| {
                Error::new(ErrorKind::Configuration).with_detail("the proxy's URL is not usable")
            })?;
            builder = builder.proxy(proxy);
        }
        let client = builder
            .build()
            .map_err(|error| Error::new(ErrorKind::Configuration).with_cause(&error))?;
        Ok(Self(client))
    }

    /// A client that somebody else has set up.
    #[cfg(feature = "reqwest")]
    pub(crate) fn from_client(client: reqwest::Client) -> Self {
        Self(client)
    }
}

fn tls(root_certificates: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    let failed = |error| {
        Error::new(ErrorKind::Configuration)
            .with_detail("TLS could not be set up")
            .with_cause(&error)
    };
    let provider =
        CryptoProvider::get_default().cloned().or_else(built_in_provider).ok_or_else(|| {
            Error::new(ErrorKind::Configuration).with_detail(
                "no TLS provider: install a rustls `CryptoProvider` before the client is built, \
                 or switch on the feature `ring`",
            )
        })?;
    let roots = certificates(root_certificates)?;
    let verifier = Verifier::new_with_extra_roots(roots, provider.clone()).map_err(failed)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    Ok(config.with_no_client_auth())
}

fn certificates(pem: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut certificates = Vec::new();
    for pem in pem {
        let before = certificates.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            certificates.push(certificate.map_err(|error| {
                Error::new(ErrorKind::Configuration)
                    .with_detail(format!("a root certificate is not readable: {error}"))
            })?);
        }
        if certificates.len() == before {
            return Err(Error::new(ErrorKind::Configuration)
                .with_detail("a root certificate is not in PEM format"));
        }
    }
    Ok(certificates)
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
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let request = request.map(|body| match body.as_bytes() {
                Some(bytes) => reqwest::Body::from(bytes.clone()),
                None => reqwest::Body::wrap(body),
            });
            let request = reqwest::Request::try_from(request).map_err(classify)?;
            let answer = self.0.execute(request).await.map_err(classify)?;
            Ok(http::Response::from(answer).map(Body::new))
        })
    }
}

fn classify(error: reqwest::Error) -> TransportError {
    // The URL holds ids and query values that have no place in a log.
    let error = error.without_url();
    if error.is_builder() {
        TransportError::request(error)
    } else if error.is_connect() {
        TransportError::connect(error)
    } else if error.is_timeout() {
        TransportError::timeout(error)
    } else {
        TransportError::transfer(error)
    }
}
