/// The kind of failure that an [`Error`](crate::Error) is, and with it who can fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client or the app is not set up correctly: base URL, credentials, app status, IP
    /// allow-list.
    Configuration,
    /// The request itself is wrong: refused before it was sent, or by the vendor's validation.
    InvalidRequest,
    /// The vendor rejected the token.
    Unauthenticated,
    /// The app or the user lacks a scope or a permission.
    PermissionDenied,
    /// The call was rate limited; a retry may succeed later.
    Throttled,
    /// A quota is used up; a retry only burns more of it.
    QuotaExceeded,
    /// The vendor failed temporarily: an HTTP 5xx or a code that says so.
    Unavailable,
    /// The vendor refused the operation for a reason of its own; see
    /// [`ApiError::code`](crate::ApiError::code).
    Rejected,
    /// No connection could be made; nothing was sent.
    Connect,
    /// No complete response arrived in time; the request may have been executed.
    Timeout,
    /// The connection broke during the exchange; the request may have been executed.
    Transfer,
    /// The response could not be decoded.
    Decode,
    /// The response, the file, or the number of pages exceeds a limit that the caller set.
    LimitExceeded,
    /// The token store is unavailable, and the call cannot do without it.
    TokenStore,
    /// A file failed on this side of the connection: one to be sent could not be read, or one
    /// that arrived could not be written.
    File,
}

impl ErrorKind {
    pub(super) const fn summary(self) -> &'static str {
        match self {
            Self::Configuration => "the client or the app is not set up correctly",
            Self::InvalidRequest => "the request is not valid",
            Self::Unauthenticated => "the token was rejected",
            Self::PermissionDenied => "permission denied",
            Self::Throttled => "too many requests",
            Self::QuotaExceeded => "the quota is used up",
            Self::Unavailable => "the platform is temporarily unavailable",
            Self::Rejected => "the platform rejected the operation",
            Self::Connect => "could not connect",
            Self::Timeout => "timed out waiting for a response",
            Self::Transfer => "the connection broke",
            Self::Decode => "failed to decode the response",
            Self::LimitExceeded => "a limit was exceeded",
            Self::TokenStore => "the token store is unavailable",
            Self::File => "a local file failed",
        }
    }
}
