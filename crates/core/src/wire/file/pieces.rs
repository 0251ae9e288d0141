//! A body that is read while it is sent.

use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::Stream;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::Idle;
use crate::wire::{Body, BodyError};

/// The number of bytes of a file that are read at once.
pub(super) const CHUNK: usize = 64 * 1024;

pub(super) type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

/// Returns `chunks` as a body, which tells `idle` whenever a piece of it is taken.
pub(super) fn in_pieces(chunks: Chunks, length: Option<u64>, least_rate: u64, idle: &Idle) -> Body {
    // The connection takes a chunk when it is ready for it, and sends it after that.
    idle.set_min_rate(least_rate, CHUNK as u64);
    Body::new(InPieces { chunks: Mutex::new(chunks), length, idle: idle.clone() })
}

/// A stream of a length that is known, or not. The lock makes it `Sync`, and is never locked.
struct InPieces {
    chunks: Mutex<Chunks>,
    /// The number of bytes that are left.
    length: Option<u64>,
    idle: Idle,
}

impl HttpBody for InPieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let chunks = self.chunks.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        let chunk = ready!(Pin::new(chunks).poll_next(context));
        if let Some(Ok(chunk)) = &chunk {
            let size = chunk.len() as u64;
            self.idle.moved(size);
            self.length = self.length.map(|length| length.saturating_sub(size));
        }
        if chunk.is_none() || self.length == Some(0) {
            self.idle.all_moved();
        }
        Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map(SizeHint::with_exact).unwrap_or_default()
    }
}
