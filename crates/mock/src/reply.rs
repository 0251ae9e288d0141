//! Responses of the platform, and connections that end without one.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use crate::wire::{TEXT, Wire};

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A response of the platform, or the way a connection ends without one.
///
/// A reply starts from a constructor, which says what it contains. Setters change its status and
/// its headers, and what happens to it on the wire: a reply can be late, slow or cut off.
///
/// ```
/// use std::time::Duration;
/// use openplat_mock::Reply;
/// use serde_json::json;
///
/// let late = Reply::data(json!({ "share_link": "a" })).delay(Duration::from_secs(5));
/// let page = Reply::new(502).header("retry-after", "3").body("<html>bad gateway</html>");
/// let truncated = Reply::example().cut_after(10);
/// # let _ = (late, page, truncated);
/// ```
#[derive(Clone)]
#[must_use = "a reply does nothing until a route responds with it"]
pub struct Reply {
    pub(crate) content: Content,
    pub(crate) status: Option<StatusCode>,
    pub(crate) headers: HeaderMap,
    pub(crate) delay: Duration,
    pub(crate) wire: Wire,
}

#[derive(Clone)]
pub(crate) enum Content {
    Example,
    Data(Value),
    Error { code: String, message: String },
    Body(Bytes),
}

impl Reply {
    fn of(content: Content) -> Self {
        let (headers, delay) = (HeaderMap::new(), Duration::ZERO);
        Self { content, status: None, headers, delay, wire: Wire::Whole }
    }

    /// Creates the documented example of the operation, or an empty success if none is known. On
    /// the path of a token, the reply is the token.
    pub fn example() -> Self {
        Self::of(Content::Example)
    }

    /// Creates a success with this data: for Feishu the `data` of the envelope, or its other members
    /// if the operation reads the whole body; for DingTalk the whole body, to which that of the old
    /// API gets its `errcode`.
    pub fn data(data: Value) -> Self {
        Self::of(Content::Data(data))
    }

    /// Creates an error with the vendor's error `code`. Its HTTP status is the one that the
    /// operation documents for the code, or 400.
    pub fn error(code: &str) -> Self {
        Self::error_message(code, format!("mock error {code}"))
    }

    /// Creates an [`error`](Self::error) with this message.
    pub fn error_message(code: &str, message: impl Into<String>) -> Self {
        Self::of(Content::Error { code: code.to_owned(), message: message.into() })
    }

    /// Creates a response with this HTTP status and an empty body, for what is not in the vendor's
    /// format, such as the page of a proxy.
    ///
    /// A status that cannot end a response, such as 100 or 1000, arrives as a 500 that says so.
    pub fn new<S: TryInto<StatusCode>>(status: S) -> Self {
        Self::of(Content::Body(Bytes::new())).status(status)
    }

    /// Creates no response: the connection stays open and silent.
    pub fn stall() -> Self {
        Self::without_response(Wire::Stall)
    }

    /// Creates no response: the connection is closed.
    pub fn close() -> Self {
        Self::without_response(Wire::Close)
    }

    /// Creates no response: the connection is reset.
    pub fn reset() -> Self {
        Self::without_response(Wire::Reset)
    }

    /// Creates no response: the connection is refused before anything is sent.
    ///
    /// Only [`MockPlatform::transport`](crate::MockPlatform::transport) can refuse. Over a socket
    /// the request has already arrived, and the connection is closed.
    pub fn refuse() -> Self {
        Self::without_response(Wire::Refuse)
    }

    /// Creates the refusal of a long connection by Feishu: HTTP 403 with the headers
    /// `Handshake-Status`, such as 514, and `Handshake-Autherrcode`, such as `1000040350` for more
    /// connections than an app can have.
    pub fn refuse_upgrade(handshake_status: u16, code: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN)
            .header("handshake-status", handshake_status)
            .header("handshake-msg", "refused by openplat-mock")
            .header("handshake-autherrcode", code)
    }

    fn without_response(wire: Wire) -> Self {
        Self { wire, ..Self::of(Content::Body(Bytes::new())) }
    }

    /// Sets the HTTP status.
    pub fn status<S: TryInto<StatusCode>>(self, status: S) -> Self {
        match status.try_into() {
            Ok(status) if !status.is_informational() => Self { status: Some(status), ..self },
            _ => Self::not_sendable("a response cannot have this HTTP status"),
        }
    }

    /// Sets a header. `Content-Length` and `Transfer-Encoding` are left to the server.
    ///
    /// A name or a value that no header can have arrives as a 500 that says so.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
                self
            }
            _ => Self::not_sendable("a response cannot have this header"),
        }
    }

    /// Sets the body, sent as is.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self { content: Content::Body(body.into()), ..self }
    }

    /// Sets the body to JSON, and the media type.
    pub fn json(self, body: &Value) -> Self {
        self.header(CONTENT_TYPE, JSON).body(body.to_string())
    }

    /// Sends the reply this much later.
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Sends the body in pieces of `bytes` bytes, each after `pause`.
    pub fn drip(self, bytes: usize, pause: Duration) -> Self {
        Self { wire: Wire::Drip { bytes, pause }, ..self }
    }

    /// Closes the connection after the head and `bytes` bytes of the body, although
    /// `Content-Length` promises the whole body.
    pub fn cut_after(self, bytes: usize) -> Self {
        Self { wire: Wire::Cut(bytes), ..self }
    }

    /// Sends nothing more after the head and `bytes` bytes of the body. The connection stays open.
    pub fn stall_after(self, bytes: usize) -> Self {
        Self { wire: Wire::StallAfter(bytes), ..self }
    }

    fn not_sendable(reason: &str) -> Self {
        let text = format!("openplat-mock: {reason}; correct the reply in the test\n");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status).header(CONTENT_TYPE, TEXT).body(text)
    }
}

/// Shows neither the body nor the values of headers: tokens and messages can be in them.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = match &self.content {
            Content::Example => "example".to_owned(),
            Content::Data(_) => "data".to_owned(),
            Content::Error { code, .. } => format!("error {code}"),
            Content::Body(body) => format!("{} bytes", body.len()),
        };
        f.debug_struct("Reply")
            .field("status", &self.status.map(|status| status.as_u16()))
            .field("content", &content)
            .field("delay", &self.delay)
            .field("wire", &self.wire)
            .finish_non_exhaustive()
    }
}
