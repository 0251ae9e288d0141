//! The way of one request to the vendor, open to implementations of the user's own.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::base::BoxFuture;
use crate::error::{Error, ErrorKind, debug_as_display};
use crate::wire::file::Unreadable;
use crate::wire::{Body, Socket};

/// Sends one HTTP request and returns the response, whatever its status.
///
/// The default is [`HttpTransport`](crate::HttpTransport). Another implementation serves tests, a
/// network with its own rules, or wraps the default to see or change what is sent; see
/// [`ClientBuilder::layer`](crate::ClientBuilder::layer).
///
/// An implementation must not follow redirects: the request carries a token. That of DingTalk's old
/// API carries it in the query, so that only the path of a URL is fit for a log.
pub trait Transport: Send + Sync + 'static {
    /// Sends `request`. The future, and later the body of the response, are dropped when the time
    /// of the call is up.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] if there is no response. Its text ends up in logs, so it must not quote
    /// the request or what a server sent.
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>>;

    /// Returns whether the extensions of each request shall hold the
    /// [`Attempt`](crate::Attempt) that the request is for. They always do if the client has a
    /// [layer](crate::ClientBuilder::layer); a transport without one has to ask for it.
    fn reads_attempts(&self) -> bool {
        false
    }

    /// Sends `request`, which asks for a connection that is HTTP no longer, and returns the head of
    /// the response. With status 101 there is a socket, on which nothing has been read yet; with any
    /// other there is none.
    ///
    /// The URL has the scheme `wss` or `ws`, and its query holds a secret. A layer passes the
    /// request on to the transport that it wraps.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] if there is no response; as for [`send`](Self::send), its text must not
    /// quote anything. By default, an error that says what to implement.
    fn upgrade(&self, _request: http::Request<Body>) -> BoxFuture<'_, Upgrade> {
        Box::pin(std::future::ready(Err(TransportError::configuration(
            "the client's transport, or a layer around it, does not open long connections; \
             implement `Transport::upgrade` for it, in a layer by a call of the inner transport's",
        ))))
    }
}

/// The result of [`Transport::upgrade`].
pub type Upgrade = Result<(http::response::Parts, Option<Socket>), TransportError>;

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        (**self).send(request)
    }

    fn reads_attempts(&self) -> bool {
        (**self).reads_attempts()
    }

    fn upgrade(&self, request: http::Request<Body>) -> BoxFuture<'_, Upgrade> {
        (**self).upgrade(request)
    }
}

/// The reason why there is no response, and with it whether the request may have been executed.
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
    Configuration,
}

impl TransportError {
    /// Creates an error for a request that cannot be sent as it is.
    pub fn request(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { stage: Stage::Request, source: source.into() }
    }

    /// Creates an error for a connection that could not be made: nothing was sent.
    pub fn connect(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { stage: Stage::Connect, source: source.into() }
    }

    /// Creates an error for a connection that broke: the request may have been executed.
    pub fn transfer(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { stage: Stage::Transfer, source: source.into() }
    }

    /// Creates an error for a response that did not arrive in time: the request may have been
    /// executed.
    pub fn timeout(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { stage: Stage::Timeout, source: source.into() }
    }

    /// Creates an error for a transport that is not set up as it has to be.
    #[doc(hidden)]
    pub fn configuration(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { stage: Stage::Configuration, source: source.into() }
    }

    /// Returns `true` if no part of the request can have reached the platform.
    pub fn was_not_sent(&self) -> bool {
        matches!(self.stage, Stage::Request | Stage::Connect)
    }

    /// Returns `true` if the file to be sent failed, and not the connection.
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

debug_as_display!(TransportError);

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        if let (Stage::Configuration, Some(error)) = (error.stage, error.source.downcast_ref()) {
            return Self::clone(error);
        }
        let kind = match error.stage {
            _ if error.is_of_file() => ErrorKind::File,
            Stage::Request => ErrorKind::InvalidRequest,
            Stage::Connect => ErrorKind::Connect,
            Stage::Transfer => ErrorKind::Transfer,
            Stage::Timeout => ErrorKind::Timeout,
            Stage::Configuration => ErrorKind::Configuration,
        };
        Self::new(kind).with_cause(&error)
    }
}
