use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::channel::Channel;
use crate::error::{ApiError, Error, ErrorKind};
use crate::execute::{self, Auth, Content, Success};
use crate::file::Download;
use crate::lenient;
use crate::operation::Operation;
use crate::parts::{Encoded, Parts};
use crate::transport::BoxFuture;

/// Something that operations of type `O` can be sent through: a client, or a client as a user.
///
/// Implemented by this crate alone.
pub trait Sender<O: Operation>:
    crate::client::sealed::Sealed + Clone + Send + Sync + 'static
{
    #[doc(hidden)]
    fn call(&self, operation: &O) -> Call<O::Output>;
}

/// What an operation answers with: data, which is decoded, or a [`Download`], which is not read
/// yet.
pub trait Output: Sized + Send + 'static {
    #[doc(hidden)]
    fn from_success(success: Success) -> Result<Self, Error>;
}

impl<T: DeserializeOwned + Send + 'static> Output for T {
    fn from_success(success: Success) -> Result<Self, Error> {
        decode(&success)
    }
}

impl Output for Download {
    fn from_success(success: Success) -> Result<Self, Error> {
        let Success { meta, status: _, log_id, attempts, content } = success;
        match content {
            Content::File(file) => Ok(Self::new(meta, attempts, log_id, file)),
            Content::Data(_) => Err(Error::new(ErrorKind::Decode).with_operation(meta.id())),
        }
    }
}

/// A request on its way: await it for the answer.
///
/// Nothing is sent before that. The future is `Send` and owns all it needs.
#[must_use = "a call sends nothing until it is awaited"]
pub struct Call<T> {
    channel: Arc<Channel>,
    auth: Auth,
    request: Result<Encoded, Error>,
    timeout: Duration,
    is_timeout_given: bool,
    /// What the caller knows about it; else what the operation says.
    idempotent: Option<bool>,
    output: PhantomData<fn() -> T>,
}

impl<T> Call<T> {
    pub(crate) fn new<O: Operation<Output = T>>(
        channel: Arc<Channel>,
        auth: Auth,
        timeout: Duration,
        operation: &O,
    ) -> Self {
        let mut parts = Parts::new(O::META);
        operation.encode(&mut parts);
        let request = parts.finish();
        Self {
            channel,
            auth,
            request,
            timeout,
            is_timeout_given: false,
            idempotent: None,
            output: PhantomData,
        }
    }

    /// How long this call may take in all, in place of the client's timeout. An upload has no such
    /// limit unless it is set here; a download has it until the file begins to arrive.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self.is_timeout_given = true;
        self
    }

    /// Whether executing the call twice does no more than executing it once, so that it may be
    /// sent again after a timeout or a failure of the platform. Operations that read, replace or
    /// delete are idempotent by default, and so are those with a key against duplicates; others
    /// are not.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Returns the answer together with its HTTP status, log id and number of attempts.
    pub fn with_meta(self) -> CallWithMeta<T> {
        CallWithMeta(self)
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.request.as_ref().ok().map(|request| request.meta.id());
        f.debug_struct("Call")
            .field("operation", &operation)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl<T: Output> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { T::from_success(execute::run(self.into_plan()?).await?) })
    }
}

impl<T> Call<T> {
    fn into_plan(self) -> Result<execute::Plan, Error> {
        let request = self.request?;
        let is_safe = request.meta.is_idempotent() || request.has_dedupe_key;
        Ok(execute::Plan {
            channel: self.channel,
            auth: self.auth,
            timeout: self.timeout,
            is_timeout_given: self.is_timeout_given,
            is_safe: self.idempotent.unwrap_or(is_safe),
            request,
        })
    }
}

/// A [`Call`] whose answer comes with what is known about the exchange.
#[must_use = "a call sends nothing until it is awaited"]
#[derive(Debug)]
pub struct CallWithMeta<T>(Call<T>);

impl<T: Output> IntoFuture for CallWithMeta<T> {
    type Output = Result<Response<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let success = execute::run(self.0.into_plan()?).await?;
            let (status, attempts) = (success.status, success.attempts);
            let log_id = success.log_id.clone();
            Ok(Response { output: T::from_success(success)?, status, log_id, attempts })
        })
    }
}

/// An answer and what is known about the exchange.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Response<T> {
    /// What the vendor answered.
    pub output: T,
    /// The HTTP status.
    pub status: u16,
    /// The id under which the vendor logged the request; its support asks for it.
    pub log_id: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
}

/// The only step of a call that is compiled for each type of answer.
fn decode<T: DeserializeOwned>(success: &Success) -> Result<T, Error> {
    let data = match &success.content {
        Content::Data(data) => data,
        Content::File(_) => &Bytes::new(),
    };
    lenient::from_slice(data).map_err(|error| {
        Error::new(ErrorKind::Decode)
            .with_operation(success.meta.id())
            .with_attempts(success.attempts)
            .with_api(ApiError {
                status: success.status,
                log_id: success.log_id.clone(),
                ..ApiError::default()
            })
            .with_source(error)
    })
}
