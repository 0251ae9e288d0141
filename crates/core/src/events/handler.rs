//! Handlers, which users write.

use std::error::Error as StdError;
use std::fmt;
use std::iter;
use std::time::Duration;

use super::answer::Answer;
use crate::base::BoxFuture;
use crate::error::{Error, debug_as_display};

/// A handler of the events of an API. Implemented for functions that take an event and return a
/// future.
///
/// The future resolves to `Ok` with a value that converts to an [`Answer`], such as `()`, or to an
/// error that converts to `Box<dyn Error + Send + Sync>`. After an error, the platform delivers the
/// event again. Feishu does not deliver a callback again, and shows the user that it failed.
pub trait Handler<E>: Send + Sync + 'static {
    /// Handles one event.
    fn handle(&self, event: E) -> BoxFuture<'_, Result<Answer, HandlerError>>;
}

impl<E, F, Fut, A, X> Handler<E> for F
where
    F: Fn(E) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<A, X>> + Send + 'static,
    A: Into<Answer>,
    X: Into<Box<dyn StdError + Send + Sync>>,
{
    fn handle(&self, event: E) -> BoxFuture<'_, Result<Answer, HandlerError>> {
        let result = self(event);
        Box::pin(async move {
            result.await.map(Into::into).map_err(|error| HandlerError::Returned(error.into()))
        })
    }
}

/// The reason why an event was not handled.
#[non_exhaustive]
pub enum HandlerError {
    /// The handler returned an error.
    Returned(Box<dyn StdError + Send + Sync>),
    /// The handler did not finish within its time.
    TimedOut(Duration),
    /// The handler panicked, or [`EventSet::dedupe`](super::EventSet::dedupe) did; the message of the
    /// panic is on standard error.
    Panicked,
    /// The answer could not be written as JSON.
    Unwritable,
}

impl HandlerError {
    /// Returns the class of the failure, one of a few.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Returned(error) => match own_error(&**error) {
                Some(error) => format!("{:?}", error.kind()),
                None => "Returned".to_owned(),
            },
            Self::TimedOut(_) => "TimedOut".to_owned(),
            Self::Panicked => "Panicked".to_owned(),
            Self::Unwritable => "Unwritable".to_owned(),
        }
    }

    /// Returns the text for the log. An error of the handler's own may quote a message, so only its
    /// existence is logged.
    pub(super) fn loggable(&self) -> String {
        match self {
            Self::Returned(error) => match own_error(&**error) {
                Some(error) => error.to_string(),
                None => "the handler returned an error; `Listener::on_failure` gets it".to_owned(),
            },
            other => other.to_string(),
        }
    }
}

/// Returns the failure of a call that an error is, or is caused by.
fn own_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(error) => error.fmt(f),
            Self::TimedOut(limit) => write!(f, "the handler did not finish within {limit:?}"),
            Self::Panicked => f.write_str("the handler panicked"),
            Self::Unwritable => f.write_str("the answer cannot be written as JSON"),
        }
    }
}

debug_as_display!(HandlerError);

impl StdError for HandlerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Returned(error) => error.source(),
            _ => None,
        }
    }
}
