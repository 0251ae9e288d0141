//! The result of a handler.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;

/// The result of handling an event: nothing, or what the platform waits for after a callback.
///
/// `()` converts into an empty answer, which leaves a card as it is. A typed callback makes one of
/// what the platform accepts: see [`Received::answer`](super::Received::answer).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Answer(Content);

#[derive(Clone, Default, PartialEq, Eq)]
enum Content {
    #[default]
    Empty,
    Json(Bytes),
    /// The value could not be written.
    Unwritable,
}

impl Answer {
    /// Creates an answer from a value that can be written as JSON. If it cannot, the event counts
    /// as failed. A typed callback has [`answer`](super::Received::answer), which checks the type.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => Self(Content::Json(json.into())),
            // The text of the error may quote the value.
            Err(_) => Self(Content::Unwritable),
        }
    }

    /// Returns the answer as JSON text, or `None` if it is empty.
    pub fn as_json(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Json(json) => Some(json),
            Content::Empty | Content::Unwritable => None,
        }
    }

    pub(super) fn is_unwritable(&self) -> bool {
        self.0 == Content::Unwritable
    }
}

impl From<()> for Answer {
    fn from((): ()) -> Self {
        Self::default()
    }
}

/// The content may be someone's message.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Empty => f.write_str("Answer(empty)"),
            Content::Json(json) => write!(f, "Answer({} bytes)", json.len()),
            Content::Unwritable => f.write_str("Answer(unwritable)"),
        }
    }
}

/// The data of an event for which the platform waits for a response.
pub trait Callback {
    /// The answer that the platform accepts.
    type Answer: Serialize;
}
