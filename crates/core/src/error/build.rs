//! The making of errors: within this crate step by step, outside through a builder.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use super::{ApiError, Error, ErrorKind, Inner, Violation};
use crate::base::{Panicked, mask_cut};

/// The most characters of another error's text that are kept.
const LONGEST_CAUSE: usize = 400;

impl Error {
    /// Starts an error for a test of code that handles errors, or for a
    /// [`Transport`](crate::Transport) that creates its own responses.
    pub fn builder(kind: ErrorKind) -> ErrorBuilder {
        ErrorBuilder(Self::new(kind))
    }

    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            attempts: 0,
            detail: None,
            api: None,
            io: None,
            last: None,
        }))
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Says in which step it happened, before what happened.
    pub(crate) fn in_context(mut self, step: &str) -> Self {
        let detail = self.0.detail.take();
        self.0.detail = Some(detail.map_or(step.to_owned(), |detail| format!("{step}: {detail}")));
        self
    }

    /// Adds what another error says, behind the detail. The error itself is not kept: whoever
    /// walks through the sources of this one would print it a second time.
    ///
    /// Not for an error whose text can quote a response, such as serde_json's.
    pub(crate) fn with_cause(mut self, cause: &(dyn StdError + 'static)) -> Self {
        let text = one_line(cause);
        self.0.detail = Some(match self.0.detail.take() {
            Some(detail) => format!("{detail}: {text}"),
            None => text,
        });
        self
    }

    /// The same for an error of a local file.
    pub(crate) fn with_io(mut self, cause: &io::Error) -> Self {
        self.0.io = Some(cause.kind());
        self.with_cause(cause)
    }

    /// Keeps the failure of the attempt that went before.
    pub(crate) fn with_last(mut self, last: Error) -> Self {
        self.0.last = Some(last);
        self
    }

    pub(crate) fn with_operation(mut self, id: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation = Some(id.into());
        self
    }

    pub(super) fn without_operation(&self) -> Self {
        let mut error = self.clone();
        error.0.operation = None;
        error
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_api(mut self, api: ApiError) -> Self {
        self.0.api = Some(api);
        self
    }

    pub(crate) fn with_advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        let advice = Some(advice.into()).filter(|advice| !advice.is_empty());
        self.0.api.get_or_insert_default().advice = advice;
        self
    }

    /// Names the wait before the next request.
    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.api.get_or_insert_default().retry_after = Some(wait);
        self
    }

    /// Says that this machine's address is banned, for as long as `wait`.
    #[cfg(feature = "dingtalk")]
    pub(crate) fn with_ban(mut self, wait: Duration) -> Self {
        self.0.api.get_or_insert_default().ban = true;
        self.with_retry_after(wait)
    }

    /// Drops the quotation of the body: that of a token's response may hold the token.
    pub(crate) fn without_excerpt(mut self) -> Self {
        if let Some(api) = &mut self.0.api {
            api.excerpt = None;
        }
        self
    }

    /// Masks secrets in every text, since a response may echo what was sent. Texts are cut before
    /// they get here, so that one can end within a secret.
    pub(crate) fn masking(mut self, secrets: &[&str]) -> Self {
        let masked =
            |text: String| secrets.iter().fold(text, |text, secret| mask_cut(&text, secret));
        let inner = &mut *self.0;
        inner.detail = inner.detail.take().map(masked);
        inner.last = inner.last.take().map(|last| last.masking(secrets));
        if let Some(api) = &mut inner.api {
            api.code = masked(std::mem::take(&mut api.code));
            api.message = masked(std::mem::take(&mut api.message));
            api.log_id = api.log_id.take().map(masked);
            api.violations = api.violations.drain(..).map(|it| it.map_texts(masked)).collect();
            api.help_links = api.help_links.drain(..).map(masked).collect();
            api.excerpt = api.excerpt.take().map(masked);
        }
        self
    }
}

impl From<Panicked> for Error {
    fn from(panicked: Panicked) -> Self {
        Self::new(ErrorKind::Configuration)
            .with_detail("the client's transport, clock or source of tokens failed")
            .with_cause(&panicked)
    }
}

/// The text of an error and of those behind it, as far as each says something new.
pub(crate) fn one_line(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source.take().filter(|_| line.len() < LONGEST_CAUSE) {
        let text = error.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        source = error.source();
    }
    match line.char_indices().nth(LONGEST_CAUSE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Builds an [`Error`]; see [`Error::builder`].
///
/// ```
/// use openplat_core::{Error, ErrorKind};
///
/// let error = Error::builder(ErrorKind::Throttled).status(429).code("99991400").build();
/// assert!(error.is_throttled() && error.is_retryable());
/// assert_eq!(error.to_string(), "too many requests: HTTP 429, code 99991400");
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ErrorBuilder(Error);

impl ErrorBuilder {
    /// Sets the ID of the operation, such as `im.v1.chat.link`.
    pub fn operation(mut self, id: impl Into<String>) -> Self {
        self.0 = self.0.with_operation(id.into());
        self
    }

    /// Sets the number of times the request was sent.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.0 = self.0.with_attempts(attempts);
        self
    }

    /// Sets the part of the text that says what happened.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0 = self.0.with_detail(detail);
        self
    }

    /// Sets the HTTP status.
    pub fn status(self, status: u16) -> Self {
        self.api(|api| api.status = status)
    }

    /// Sets the vendor's code.
    pub fn code(self, code: impl Into<String>) -> Self {
        self.api(|api| api.code = code.into())
    }

    /// Sets the vendor's message.
    pub fn message(self, message: impl Into<String>) -> Self {
        self.api(|api| api.message = message.into())
    }

    /// Sets the ID under which the vendor logged the request.
    pub fn log_id(self, log_id: impl Into<String>) -> Self {
        self.api(|api| api.log_id = Some(log_id.into()))
    }

    /// Sets the wait that the vendor asked for.
    pub fn retry_after(self, wait: Duration) -> Self {
        self.api(|api| api.retry_after = Some(wait))
    }

    /// Makes the error a ban of this machine's address.
    pub fn ban(self) -> Self {
        self.api(|api| api.ban = true)
    }

    /// Adds a reason that the vendor gave.
    pub fn violation(self, violation: Violation) -> Self {
        self.api(|api| api.violations.push(violation))
    }

    /// Adds a page of the vendor that helps with the error.
    pub fn help_link(self, url: impl Into<String>) -> Self {
        self.api(|api| api.help_links.push(url.into()))
    }

    /// Sets what to do about the error.
    pub fn advice(self, advice: impl Into<String>) -> Self {
        self.api(|api| api.advice = Some(Cow::Owned(advice.into())))
    }

    /// Returns the error.
    pub fn build(self) -> Error {
        self.0
    }

    fn api(mut self, set: impl FnOnce(&mut ApiError)) -> Self {
        set(self.0.0.api.get_or_insert_default());
        self
    }
}
