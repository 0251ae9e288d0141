//! One error type for every call: what happened, where, and what to do about it.

mod api;
mod build;
mod debug;
mod kind;
mod log;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;

pub use api::{ApiError, Violation};
pub use build::ErrorBuilder;
#[cfg(feature = "events")]
pub(crate) use build::one_line;
pub(crate) use debug::debug_as_display;
pub use kind::ErrorKind;

/// The reason why a call failed.
///
/// `Display` fits on one line: operation, HTTP status, the platform's code and message, log ID and
/// advice. `Debug` is the same line with the kind behind it. Neither ever holds a token, an app secret,
/// or what users wrote. [`source`](StdError::source) is always `None`.
///
/// ```
/// # use openplat_core::{Error, ErrorKind};
/// # fn handle(error: Error) {
/// match error.kind() {
///     ErrorKind::PermissionDenied => { /* ask an admin for the scope */ }
///     _ if error.is_throttled() => { /* slow down */ }
///     _ => eprintln!("{error}"),
/// }
/// # }
/// ```
///
/// A test builds an error with [`Error::builder`]. The
/// [guide to errors](https://docs.rs/feishu-im/latest/feishu_im/guide/errors) says of each kind who can fix
/// it and whether the client retries it.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<Cow<'static, str>>,
    attempts: u32,
    detail: Option<String>,
    api: Option<ApiError>,
    io: Option<io::ErrorKind>,
    /// The failure of the attempt before the time was up.
    last: Option<Error>,
}

impl Error {
    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the vendor's ID of the operation, such as `im.v1.chat.link`, or the method and path
    /// of a raw call. `None` for an error of building a client.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// Returns the number of times the request was sent; 0 if it never left.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the response of the platform: HTTP status, code, message and log ID; `None` if there
    /// was none.
    pub fn api(&self) -> Option<&ApiError> {
        self.0.api.as_ref()
    }

    /// Returns the HTTP status, if there was a response.
    pub(crate) fn status(&self) -> Option<u16> {
        self.api().map(ApiError::status).filter(|status| *status != 0)
    }

    /// Returns the vendor's code as a typed value: the `ErrorCode` of a vendor crate, or a `String`.
    ///
    /// ```
    /// # use openplat_core::{Error, ErrorKind};
    /// # let error = Error::builder(ErrorKind::Rejected).status(400).code("232009").build();
    /// // With a vendor crate: `error.code() == Some(ErrorCode::ChatDissolved)`.
    /// assert_eq!(error.code::<String>().as_deref(), Some("232009"));
    /// ```
    pub fn code<C: for<'a> From<&'a str>>(&self) -> Option<C> {
        self.code_text().map(C::from)
    }

    /// Returns the vendor's code, if the response held one.
    pub(crate) fn code_text(&self) -> Option<&str> {
        self.api().map(ApiError::code).filter(|code| !code.is_empty())
    }

    /// Returns what to do about the error, in a sentence, where the code is a documented one.
    pub fn advice(&self) -> Option<&str> {
        self.api().and_then(ApiError::advice)
    }

    /// Returns the operating system's kind of error if a local file failed.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        self.0.io
    }

    /// Returns the failure of the last attempt, if the call ran out of time afterwards.
    pub fn last_attempt(&self) -> Option<&Error> {
        self.0.last.as_ref()
    }

    /// Returns `true` if the same call may succeed later. The client has already retried it where
    /// that is safe; whether another retry is safe depends on what the call does.
    pub fn is_retryable(&self) -> bool {
        use ErrorKind::{Connect, Throttled, Timeout, TokenStore, Transfer, Unavailable};
        matches!(self.kind(), Connect | Throttled | Timeout | TokenStore | Transfer | Unavailable)
    }

    /// Returns `true` if the request was rate limited.
    pub fn is_throttled(&self) -> bool {
        self.kind() == ErrorKind::Throttled
    }

    /// Returns `true` if the time of the call was up.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns `true` if the vendor cannot have executed the call: no attempt was sent, or none
    /// found a connection.
    pub fn was_not_sent(&self) -> bool {
        self.attempts() == 0 || self.kind() == ErrorKind::Connect
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = &inner.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(inner.kind.summary())?;
        if let Some(detail) = &inner.detail {
            write!(f, ": {detail}")?;
        }
        if let Some(api) = &inner.api {
            write!(f, ": {api}")?;
        }
        if let Some(last) = &inner.last {
            write!(f, "; the attempt before it failed: {}", last.without_operation())?;
        }
        if let Some(advice) = self.advice() {
            write!(f, ". {advice}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} [{:?}, attempts: {}]", self.0.kind, self.0.attempts)
    }
}

impl StdError for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Error {
        Error::builder(ErrorKind::InvalidRequest)
            .operation("im.v1.chat.link")
            .attempts(1)
            .status(400)
            .code("232009")
            .message("dissolved")
            .log_id("L1")
            .violation(Violation::Permission { scope: "im:chat".into(), url: None })
            .advice("Pick another chat.")
            .build()
    }

    const LINE: &str = "im.v1.chat.link: the request is not valid: HTTP 400, code 232009, \
                        \"dissolved\", missing scope `im:chat`, log ID L1. Pick another chat.";

    #[test]
    fn one_line_tells_the_whole_story() {
        let error = refused();
        assert_eq!(error.to_string(), LINE);
        assert_eq!(error.code::<String>().as_deref(), Some("232009"));
        assert!(StdError::source(&error).is_none());
    }

    #[test]
    fn debug_begins_with_the_same_line() {
        let text = format!("{:?}", refused());
        assert_eq!(text, format!("{LINE} [InvalidRequest, attempts: 1]"));
    }

    #[test]
    fn running_out_of_time_keeps_what_was_known() {
        let error = Error::new(ErrorKind::Timeout).with_operation("o").with_last(refused());
        let text = error.to_string();
        assert!(text.starts_with("o: timed out waiting for a response"), "{text}");
        assert!(text.contains("code 232009") && text.contains("log ID L1"), "{text}");
        assert_eq!(text.matches("im.v1.chat.link").count(), 0, "{text}");
        assert_eq!(error.last_attempt().map(Error::attempts), Some(1));
    }

    #[test]
    fn a_cause_is_told_once_and_not_at_any_length() {
        let inner = io::Error::other("disk on fire");
        let error = Error::new(ErrorKind::File).with_cause(&io::Error::other(inner));
        assert_eq!(error.to_string(), "a local file failed: disk on fire");
        let endless = io::Error::other("x".repeat(10_000));
        assert!(Error::new(ErrorKind::File).with_cause(&endless).to_string().len() < 1000);
    }

    #[test]
    fn every_text_is_masked() {
        let error = Error::builder(ErrorKind::Rejected)
            .detail("d hunter2")
            .status(400)
            .code("hunter2")
            .message("m hunter2")
            .log_id("hunter2")
            .violation(Violation::Field { field: "hunter2".into(), description: "hunter2".into() })
            .help_link("https://hunter2")
            .build();
        let last = error.clone();
        let error = error.with_last(last).masking(&["hunter2"]);
        for text in [error.to_string(), format!("{error:?}"), format!("{:?}", error.api())] {
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
