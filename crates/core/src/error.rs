//! One error type for every call: what happened, where, and what to do about it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use crate::channel::Channel;
use crate::operation::OperationMeta;
use crate::secret::{mask, mask_cut};

/// What kind of failure an [`Error`] is, and with it who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client or the app is set up wrongly: base URL, credentials, app status, IP allow-list.
    Configuration,
    /// The request itself is wrong: refused before it was sent, or by the vendor's validation.
    InvalidRequest,
    /// The vendor rejected the token.
    Unauthenticated,
    /// The app or the user lacks a scope or a right.
    PermissionDenied,
    /// Too many requests; the call may be sent again later.
    Throttled,
    /// A quota is used up; sending again only burns more of it.
    QuotaExceeded,
    /// The vendor failed for the moment: an HTTP 5xx or a code that says so.
    Unavailable,
    /// The vendor refused the operation for a reason of its own; see [`ApiError::code`].
    Rejected,
    /// No connection could be made; nothing was sent.
    Connect,
    /// No complete answer came in time; the request may have been executed.
    Timeout,
    /// The connection broke during the exchange; the request may have been executed.
    Transfer,
    /// The answer could not be understood.
    Decode,
    /// The file failed on this side of the connection: one to be sent could not be read, or one
    /// that came in could not be written.
    File,
}

impl ErrorKind {
    const fn summary(self) -> &'static str {
        match self {
            Self::Configuration => "the client or the app is not set up correctly",
            Self::InvalidRequest => "the request is not valid",
            Self::Unauthenticated => "the token was rejected",
            Self::PermissionDenied => "permission is missing",
            Self::Throttled => "too many requests",
            Self::QuotaExceeded => "the quota is used up",
            Self::Unavailable => "the platform is unavailable for the moment",
            Self::Rejected => "the platform refused the operation",
            Self::Connect => "could not connect",
            Self::Timeout => "no answer in time",
            Self::Transfer => "the connection broke",
            Self::Decode => "the answer could not be understood",
            Self::File => "a local file failed",
        }
    }
}

/// Why a call failed.
///
/// `Display` gives the whole story on one line: operation, HTTP status, vendor code, message, log
/// id and advice. It never holds a token, an app secret or a request body.
///
/// ```no_run
/// # fn handle(error: openplat_core::Error) {
/// match error.kind() {
///     openplat_core::ErrorKind::PermissionDenied => { /* ask an admin for the scope */ }
///     _ if error.is_throttled() => { /* slow down */ }
///     _ => eprintln!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<&'static str>,
    attempts: u32,
    detail: Option<String>,
    api: Option<ApiError>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            attempts: 0,
            detail: None,
            api: None,
            source: None,
        }))
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

    /// Masks what a body may have echoed: the token that was sent, and the app's secret.
    pub(crate) fn masking(mut self, token: &HeaderValue, channel: &Channel) -> Self {
        let token = token.to_str().unwrap_or_default();
        let token = token.strip_prefix("Bearer ").unwrap_or(token);
        if let Some(api) = &mut self.0.api {
            for secret in [token, channel.app.secret.expose()] {
                api.message = mask(&api.message, secret);
                api.excerpt = api.excerpt.take().map(|text| mask_cut(&text, secret));
            }
        }
        self
    }

    /// Makes a limit of it that is lifted after `wait`.
    #[cfg_attr(not(feature = "dingtalk"), expect(dead_code, reason = "DingTalk bans addresses"))]
    pub(crate) fn throttled(mut self, wait: Duration, advice: &'static str) -> Self {
        self.0.kind = ErrorKind::Throttled;
        if let Some(api) = &mut self.0.api {
            api.retry_after = Some(wait);
            api.advice = Some(advice);
        }
        self
    }

    /// Drops the quotation of the body: that of a token's answer may hold the token.
    pub(crate) fn without_excerpt(mut self) -> Self {
        if let Some(api) = &mut self.0.api {
            api.excerpt = None;
        }
        self
    }

    pub(crate) fn with_operation(mut self, id: &'static str) -> Self {
        self.0.operation = Some(id);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_api(mut self, api: ApiError) -> Self {
        self.0.api = Some(api);
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Names the operation and, where its API says more about the code, the kind and the advice.
    pub(crate) fn for_operation(mut self, meta: &'static OperationMeta) -> Self {
        self.0.operation = Some(meta.id());
        if let Some(api) = &mut self.0.api
            && let Some(known) = meta.code(&api.code)
        {
            self.0.kind = known.kind;
            api.advice = Some(known.advice).filter(|advice| !advice.is_empty());
        }
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The vendor's id of the operation, e.g. `im.v1.chat.link`; none while a client is built.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation
    }

    /// How often the request was sent; 0 if it never left.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// What the vendor answered, if it answered.
    pub fn api(&self) -> Option<&ApiError> {
        self.0.api.as_ref()
    }

    /// The vendor's code as a typed value, e.g. `error.code::<feishu_im::ErrorCode>()`.
    pub fn code<C: for<'a> From<&'a str>>(&self) -> Option<C> {
        self.api().filter(|api| !api.code.is_empty()).map(|api| C::from(&api.code))
    }

    /// What to do about it, in a sentence, where the code is a documented one.
    pub fn advice(&self) -> Option<&str> {
        self.api().and_then(ApiError::advice)
    }

    /// Whether the same call may succeed later. The client has tried again already where that
    /// was safe; whether it is safe for you to send it once more depends on what it does.
    pub fn is_retryable(&self) -> bool {
        use ErrorKind::{Connect, Throttled, Timeout, Transfer, Unavailable};
        matches!(self.kind(), Connect | Throttled | Timeout | Transfer | Unavailable)
    }

    /// Whether the vendor asked to slow down.
    pub fn is_throttled(&self) -> bool {
        self.kind() == ErrorKind::Throttled
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = inner.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(inner.kind.summary())?;
        if let Some(detail) = &inner.detail {
            write!(f, ": {detail}")?;
        }
        if let Some(api) = &inner.api {
            write!(f, ": {api}")?;
        }
        // The source is part of the story that one line in a log should tell.
        let mut source = self.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        if let Some(advice) = self.advice() {
            write!(f, ". {advice}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation)
            .field("attempts", &self.0.attempts)
            .field("detail", &self.0.detail)
            .field("api", &self.0.api)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// What the vendor said about a call that failed.
#[derive(Debug, Clone, Default)]
pub struct ApiError {
    pub(crate) status: u16,
    pub(crate) excerpt: Option<String>,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) log_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) help_links: Vec<String>,
    pub(crate) advice: Option<&'static str>,
}

impl ApiError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// How the body began, if it was not in the vendor's format: a proxy's page, for instance.
    /// At most 200 characters; what was secret in it is masked.
    pub fn excerpt(&self) -> Option<&str> {
        self.excerpt.as_deref()
    }

    /// The vendor's code as text, for both vendors; empty if the answer held none.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The vendor's message. It changes without notice: show it, never branch on it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The id under which the vendor logged the request; its support asks for it.
    pub fn log_id(&self) -> Option<&str> {
        self.log_id.as_deref()
    }

    /// How long the vendor asked to wait before the next request.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The fields that were refused and the scopes that are missing, as far as the vendor says.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Pages of the vendor that help with this error.
    pub fn help_links(&self) -> &[String] {
        &self.help_links
    }

    /// What to do about it, in a sentence, where the code is a documented one.
    pub fn advice(&self) -> Option<&str> {
        self.advice
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        if !self.code.is_empty() {
            write!(f, ", code {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ", {:?}", self.message)?;
        }
        for violation in &self.violations {
            write!(f, ", {violation}")?;
        }
        if let Some(excerpt) = &self.excerpt {
            write!(f, ", body {excerpt:?}")?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, ", retry after {wait:?}")?;
        }
        if let Some(log_id) = &self.log_id {
            write!(f, ", log id {log_id}")?;
        }
        Ok(())
    }
}

/// One reason the vendor gave for a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// A field of the request was refused.
    #[non_exhaustive]
    Field {
        /// The field's name.
        field: String,
        /// What is wrong with it, in the vendor's words.
        description: String,
    },
    /// A scope or a right is missing.
    #[non_exhaustive]
    Permission {
        /// The scope, e.g. `im:chat`.
        scope: String,
        /// Where an administrator can grant it.
        url: Option<String>,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { field, description } => write!(f, "field `{field}`: {description}"),
            Self::Permission { scope, url: None } => write!(f, "missing scope `{scope}`"),
            Self::Permission { scope, url: Some(url) } => {
                write!(f, "missing scope `{scope}` (grant it at {url})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{ApiMeta, CodeMeta, Method};

    const CODES: &[CodeMeta] =
        &[CodeMeta::new("232009", 400, ErrorKind::InvalidRequest, "Pick another chat.")];
    const API: ApiMeta = ApiMeta::new(CODES);
    const META: &OperationMeta =
        &OperationMeta::new("im.v1.chat.link", Method::Post, "/x").api(&API);

    #[test]
    fn one_line_tells_the_whole_story() {
        let error = Error::new(ErrorKind::Rejected)
            .with_api(ApiError {
                status: 400,
                code: "232009".into(),
                message: "dissolved".into(),
                log_id: Some("L1".into()),
                violations: vec![Violation::Permission { scope: "im:chat".into(), url: None }],
                ..ApiError::default()
            })
            .for_operation(META);
        assert_eq!(
            error.to_string(),
            "im.v1.chat.link: the request is not valid: HTTP 400, code 232009, \"dissolved\", \
             missing scope `im:chat`, log id L1. Pick another chat."
        );
        assert_eq!(error.code::<String>().as_deref(), Some("232009"));
    }
}
