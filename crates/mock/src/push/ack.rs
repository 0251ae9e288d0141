//! The acknowledgment of a push.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// An acknowledgment that a client sent over a long connection, or the response of a webhook.
///
/// `Debug` does not show the data, which may be someone's message.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedAck {
    /// The [`index`](super::MockConnection::index) of the connection.
    pub connection: usize,
    /// The code, 200 for a success; of a webhook, the HTTP status.
    pub code: i64,
    /// The answer to a callback, decoded; for DingTalk, the data of any acknowledgment; of a
    /// webhook, the body if it is JSON.
    pub data: Option<Value>,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The time since the event was sent over this connection.
    pub after: Duration,
}

impl RecordedAck {
    pub(super) fn new(
        connection: usize,
        code: i64,
        data: Option<Value>,
        headers: Vec<(String, String)>,
        after: Duration,
    ) -> Self {
        Self { connection, code, data, headers, after }
    }

    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for RecordedAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedAck")
            .field("connection", &self.connection)
            .field("code", &self.code)
            .field("has_data", &self.data.is_some())
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

/// The reason why the platform does not accept a webhook.
pub struct WebhookError(pub(super) String);

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

openplat_core::__private::debug_as_display!(WebhookError);

impl Error for WebhookError {}
