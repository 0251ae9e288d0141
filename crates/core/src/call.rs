use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::channel::Channel;
use crate::error::{ApiError, Error, ErrorKind};
use crate::execute::{self, Auth, Success};
use crate::lenient;
use crate::operation::Operation;
use crate::parts::{Encoded, Parts};
use crate::transport::BoxFuture;

/// Something that operations of type `O` can be sent through: a client, or a client as a user.
///
/// Implemented by this crate alone.
pub trait Sender<O: Operation>: crate::client::sealed::Sealed {
    #[doc(hidden)]
    fn call(&self, operation: &O) -> Call<O::Output>;
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
        Self { channel, auth, request, timeout, idempotent: None, output: PhantomData }
    }

    /// How long this call may take in all, in place of the client's timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
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

impl<T: DeserializeOwned + Send + 'static> IntoFuture for Call<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { decode(&execute::run(self.into_plan()?).await?) })
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
            is_safe: self.idempotent.unwrap_or(is_safe),
            request,
        })
    }
}

/// A [`Call`] whose answer comes with what is known about the exchange.
#[must_use = "a call sends nothing until it is awaited"]
#[derive(Debug)]
pub struct CallWithMeta<T>(Call<T>);

impl<T: DeserializeOwned + Send + 'static> IntoFuture for CallWithMeta<T> {
    type Output = Result<Response<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let success = execute::run(self.0.into_plan()?).await?;
            Ok(Response {
                output: decode(&success)?,
                status: success.status,
                log_id: success.log_id,
                attempts: success.attempts,
            })
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
    lenient::from_slice(&success.data).map_err(|error| {
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
