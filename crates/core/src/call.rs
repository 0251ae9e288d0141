use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use serde::de::DeserializeOwned;

use crate::client::Inner;
use crate::error::{ApiError, Error, ErrorKind};
use crate::execute::{self, Success};
use crate::lenient;
use crate::operation::Operation;
use crate::parts::{Encoded, Parts};
use crate::transport::BoxFuture;

/// Something that operations of type `O` can be sent through: a client, or a client as a user.
///
/// Not to be implemented outside of this crate.
pub trait Sender<O: Operation> {
    #[doc(hidden)]
    fn call(&self, operation: &O) -> Call<O::Output>;
}

/// A request on its way: await it for the answer.
///
/// Nothing is sent before that. The future is `Send` and owns all it needs.
#[must_use = "a call sends nothing until it is awaited"]
pub struct Call<T> {
    pub(crate) client: Arc<Inner>,
    /// The user's token; the app's if there is none. An error is a token no header can carry.
    pub(crate) user: Option<Result<HeaderValue, ()>>,
    pub(crate) request: Result<Encoded, Error>,
    pub(crate) timeout: Duration,
    output: PhantomData<fn() -> T>,
}

impl<T> Call<T> {
    pub(crate) fn new(
        client: Arc<Inner>,
        user: Option<Result<HeaderValue, ()>>,
        operation: &impl Operation<Output = T>,
    ) -> Self {
        fn encode<O: Operation>(operation: &O) -> Result<Encoded, Error> {
            let mut parts = Parts::new(O::META);
            operation.encode(&mut parts);
            parts.finish()
        }
        Self {
            timeout: client.timeout,
            client,
            user,
            request: encode(operation),
            output: PhantomData,
        }
    }

    /// How long this call may take in all, in place of the client's timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
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
        Ok(execute::Plan {
            client: self.client,
            user: self.user,
            request: self.request?,
            timeout: self.timeout,
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
