//! One call: what is sent, under which conditions, and what comes of it.

mod ending;
mod execute;
mod operation;
mod options;
mod page;
mod raw;
#[cfg(feature = "dingtalk")]
mod signed;

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::auth::Auth;
use crate::base::BoxFuture;
use crate::channel::Channel;
use crate::codec::{Strictness, Warning};
use crate::error::{Error, ErrorKind};
use crate::meta::Meta;
use crate::wire::{Encoded, Parts};
use execute::Success;
use options::Options;

pub(crate) use operation::sealed;
pub use operation::{AcceptsAppToken, AcceptsUserToken, Operation, OperationOf, Output, Sender};
pub use page::{Items, Offset, Paged, Pages, Turn};
pub use raw::{RawCall, RawPages};
#[cfg(feature = "dingtalk")]
pub(crate) use signed::Signed;

/// The sending end of a client: a way to the platform, a token, and the defaults of calls.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) channel: Arc<Channel>,
    pub(crate) auth: Auth,
    pub(crate) timeout: Duration,
}

impl Line {
    pub(crate) fn call<O: Operation>(self, operation: &O) -> Call<O::Output> {
        let mut parts = Parts::new(Meta::Static(O::META));
        operation.encode(&mut parts);
        Call::new(self, Ok(parts))
    }
}

/// A request on its way: a future of its response.
///
/// Nothing is sent before the call is awaited, spawned or joined. The future is `Send` and owns all
/// that it needs.
#[must_use = "a call sends nothing until it is awaited"]
pub struct Call<T> {
    sending: Sending,
    output: PhantomData<fn() -> T>,
}

/// All of a call that does not depend on the type of its output, so that it is compiled once.
struct Sending {
    /// The request and its conditions, before the call is first polled.
    unsent: Option<Unsent>,
    running: Option<BoxFuture<'static, Result<Box<Success>, Error>>>,
    strictness: Strictness,
}

struct Unsent {
    line: Line,
    request: Result<Encoded, Error>,
    /// Boxed, since most calls set none.
    options: Option<Box<Options>>,
}

impl Sending {
    fn new(line: Line, parts: Result<Parts, Error>) -> Self {
        let request = parts.and_then(Parts::finish);
        let unsent = Some(Unsent { line, request, options: None });
        Self { unsent, running: None, strictness: Strictness::default() }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Box<Success>, Error>> {
        if let Some(unsent) = self.unsent.take() {
            self.running = Some(execute::start(unsent));
        }
        let Some(running) = &mut self.running else { return Poll::Ready(Err(polled_again())) };
        let result = std::task::ready!(running.as_mut().poll(context));
        self.running = None;
        Poll::Ready(result.map_err(Error::logged))
    }
}

impl<T> Call<T> {
    fn new(line: Line, parts: Result<Parts, Error>) -> Self {
        Self { sending: Sending::new(line, parts), output: PhantomData }
    }

    /// Sets the longest that the call may take in all: waits, retries and the fetch of a token
    /// included. The default is the client's timeout. An upload has no such limit unless it is set
    /// here; a download has it until the file begins to arrive, and after that the limit that
    /// [`Download::timeout`](crate::Download::timeout) sets.
    ///
    /// A timeout set here also lets a single attempt take that long, unless
    /// [`attempt_timeout`](Self::attempt_timeout) says otherwise.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|options| options.timeout = Some(timeout))
    }

    /// Sets the longest that one attempt may take. The default is the client's.
    pub fn attempt_timeout(self, timeout: Duration) -> Self {
        self.set(|options| options.attempt_timeout = Some(timeout))
    }

    /// Sets whether executing the call twice does no more than executing it once, so that it may be
    /// retried after a timeout or a failure of the platform. Operations that read, replace or
    /// delete are idempotent by default, and so are those with an idempotency key; others are not.
    pub fn idempotent(self, idempotent: bool) -> Self {
        self.set(|options| options.idempotent = Some(idempotent))
    }

    /// Sets whether the call is retried at all. With `false` it is sent once, however it fails; the
    /// app's token is still replaced if the platform rejects it.
    pub fn retries(self, retries: bool) -> Self {
        self.set(|options| options.retries = Some(retries))
    }

    /// Adds a header to the request.
    ///
    /// The call fails with [`ErrorKind::InvalidRequest`] if the name or the value is invalid, or if
    /// the header is one that the client sets itself: the token, the media type, or the length.
    pub fn header(self, name: impl TryInto<HeaderName>, value: impl TryInto<HeaderValue>) -> Self {
        let header = name.try_into().ok().zip(value.try_into().ok());
        self.set(|options| options.add_header(header))
    }

    /// Sets what happens if a part of the response cannot be read: by default it is left out, with
    /// a [`Warning`] in [`Response::warnings`] and in the log; with [`Strictness::Strict`] the call
    /// fails with [`ErrorKind::Decode`].
    pub fn strictness(mut self, strictness: Strictness) -> Self {
        self.sending.strictness = strictness;
        self
    }

    /// Returns the output together with what is known about the exchange: status, headers, body,
    /// log ID and number of attempts.
    pub fn with_meta(self) -> Call<Response<T>> {
        Call { sending: self.sending, output: PhantomData }
    }

    fn set(mut self, set: impl FnOnce(&mut Options)) -> Self {
        if let Some(unsent) = &mut self.sending.unsent {
            set(unsent.options.get_or_insert_default());
        }
        self
    }
}

impl<T: Output> Future for Call<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let sending = &mut self.get_mut().sending;
        let mut success = std::task::ready!(sending.poll(context))?;
        let result = T::read_success(&mut success, sending.strictness);
        success.end(result.as_ref().err());
        Poll::Ready(result.map_err(Error::logged))
    }
}

#[cold]
fn polled_again() -> Error {
    let error = Error::new(ErrorKind::InvalidRequest);
    error.with_detail("the call has returned its result already").logged()
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unsent = self.sending.unsent.as_ref();
        let request = unsent.and_then(|unsent| unsent.request.as_ref().ok());
        f.debug_struct("Call")
            .field("operation", &request.map(|request| &request.meta))
            .field("options", &unsent.map(|unsent| &unsent.options))
            .field("strictness", &self.sending.strictness)
            .finish_non_exhaustive()
    }
}

/// The output of a call and what is known about the exchange. See [`Call::with_meta`].
#[derive(Clone)]
#[non_exhaustive]
pub struct Response<T> {
    /// The output of the operation.
    pub output: T,
    /// The HTTP status.
    pub status: u16,
    /// The headers of the response.
    pub headers: HeaderMap,
    /// The body as it came, envelope included; empty for a file. Members that the output has no
    /// field for are in here.
    pub body: Bytes,
    /// The ID under which the vendor logged the request; its support asks for it.
    pub log_id: Option<String>,
    /// The number of times the request was sent.
    pub attempts: u32,
    /// The parts of the response that could not be read and are absent from the output, and what
    /// had to be repaired. Usually empty.
    pub warnings: Vec<Warning>,
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("output", &self.output)
            .field("status", &self.status)
            .field("body", &format_args!("({} bytes)", self.body.len()))
            .field("log_id", &self.log_id)
            .field("attempts", &self.attempts)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}
