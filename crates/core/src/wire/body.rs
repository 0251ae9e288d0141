//! The bytes of a request or a response, at once or in pieces.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;

/// An error while a body is produced or read.
pub type BodyError = Box<dyn StdError + Send + Sync>;

/// The body of an HTTP request or response.
pub struct Body(Inner);

enum Inner {
    Full(Bytes),
    Stream(BoxBody<Bytes, BodyError>),
}

impl Body {
    /// Creates a body that is produced or arrives in pieces.
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes, Error: Into<BodyError>> + Send + Sync + 'static,
    {
        Self(Inner::Stream(body.map_err(Into::into).boxed()))
    }

    /// Returns the whole body, if it is there already.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Inner::Full(bytes) => Some(bytes),
            Inner::Stream(_) => None,
        }
    }

    /// Reads to the end, but no more than `limit` bytes.
    pub(crate) async fn read(self, limit: usize) -> Result<Bytes, ReadError> {
        let mut body = match self.0 {
            Inner::Full(bytes) if bytes.len() > limit => return Err(ReadError::TooLarge(limit)),
            Inner::Full(bytes) => return Ok(bytes),
            Inner::Stream(body) => body,
        };
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(ReadError::Broken)?.into_data() else { continue };
            if first.len() + rest.len() + data.len() > limit {
                return Err(ReadError::TooLarge(limit));
            }
            // Most responses come in one piece, which then need not be copied.
            if first.is_empty() {
                first = data;
            } else {
                rest.extend_from_slice(&data);
            }
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let mut whole = BytesMut::with_capacity(first.len() + rest.len());
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&rest);
        Ok(whole.freeze())
    }

    /// The whole body if it is no more than `limit` bytes, and a body that is still to be read.
    pub(crate) async fn peek(self, limit: usize) -> Result<(Option<Bytes>, Self), ReadError> {
        let mut body = match self.0 {
            Inner::Full(bytes) => return Ok((Some(bytes.clone()), bytes.into())),
            Inner::Stream(body) => body,
        };
        let mut beginning = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(ReadError::Broken)?.into_data() else { continue };
            beginning.extend_from_slice(&data);
            if beginning.len() > limit {
                let beginning = Self::from(beginning.freeze());
                return Ok((None, Self::new(Chained { beginning, rest: body })));
            }
        }
        let whole = beginning.freeze();
        Ok((Some(whole.clone()), whole.into()))
    }
}

/// A body whose beginning has been read.
struct Chained {
    beginning: Body,
    rest: BoxBody<Bytes, BodyError>,
}

impl HttpBody for Chained {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match Pin::new(&mut self.beginning).poll_frame(context) {
            Poll::Ready(None) => Pin::new(&mut self.rest).poll_frame(context),
            beginning => beginning,
        }
    }
}

/// The reason why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("the response is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the response broke off")]
    Broken(#[source] BodyError),
}

impl Default for Body {
    fn default() -> Self {
        Self(Inner::Full(Bytes::new()))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Full(bytes))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Full(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Inner::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Inner::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Inner::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Inner::Stream(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Full(bytes) => bytes.is_empty(),
            Inner::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Stream(body) => body.size_hint(),
        }
    }
}
