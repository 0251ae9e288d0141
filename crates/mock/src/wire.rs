//! The way of a reply to the client: late, slow, cut off, or not at all.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future, stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use openplat_core::BodyError;

use crate::push::Peer;

pub(crate) const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// The fate of a reply on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Whole,
    Drip { bytes: usize, pause: Duration },
    Cut(usize),
    StallAfter(usize),
    Stall,
    Close,
    Reset,
    Refuse,
}

/// A reply that is ready to leave.
pub(crate) struct Outgoing {
    pub(crate) response: Response<Bytes>,
    pub(crate) delay: Duration,
    pub(crate) wire: Wire,
    /// The app whose connection stops being HTTP with this reply.
    pub(crate) peer: Option<Peer>,
}

/// The end of a connection without a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    Refused,
    Closed,
    Reset,
}

impl Outgoing {
    /// Plain text that is not in any vendor's format.
    pub(crate) fn text(status: StatusCode, text: String) -> Self {
        let mut response = Response::new(Bytes::from(text));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, TEXT);
        Self { response, delay: Duration::ZERO, wire: Wire::Whole, peer: None }
    }

    /// Waits as long as the reply is late, and gives its head and the body that is to be sent.
    pub(crate) async fn depart(self) -> Result<Response<BoxBody<Bytes, BodyError>>, Broken> {
        // A sleep of no length still waits for the clock to tick.
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        let (mut head, body) = self.response.into_parts();
        head.headers.remove(TRANSFER_ENCODING);
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        let body = match self.wire {
            Wire::Whole => {
                // hyper counts a whole body itself, and knows which responses have no length.
                head.headers.remove(CONTENT_LENGTH);
                BoxBody::new(Full::new(body).map_err(|never| match never {}))
            }
            Wire::Drip { bytes, pause } => drip(body, bytes, pause),
            Wire::Cut(bytes) => {
                // The beginning is flushed before the connection ends.
                let end = tokio::task::yield_now()
                    .map(|()| Err(BodyError::from("cut off by openplat-mock")));
                beginning(body, bytes, end)
            }
            Wire::StallAfter(bytes) => beginning(body, bytes, future::pending()),
            Wire::Stall => future::pending().await,
            Wire::Close => return Err(Broken::Closed),
            Wire::Reset => return Err(Broken::Reset),
            Wire::Refuse => return Err(Broken::Refused),
        };
        Ok(Response::from_parts(head, body))
    }
}

fn drip(mut body: Bytes, bytes: usize, pause: Duration) -> BoxBody<Bytes, BodyError> {
    let pieces = std::iter::from_fn(move || {
        let piece = body.split_to(bytes.max(1).min(body.len()));
        (!piece.is_empty()).then_some(piece)
    });
    let pieces = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok(Frame::data(piece))
    });
    BoxBody::new(StreamBody::new(pieces))
}

/// The first bytes of a body, and then its end.
fn beginning(
    mut body: Bytes,
    bytes: usize,
    end: impl Future<Output = Result<Frame<Bytes>, BodyError>> + Send + Sync + 'static,
) -> BoxBody<Bytes, BodyError> {
    body.truncate(bytes);
    let first = stream::iter((!body.is_empty()).then(|| Ok(Frame::data(body))));
    BoxBody::new(StreamBody::new(first.chain(stream::once(end))))
}
