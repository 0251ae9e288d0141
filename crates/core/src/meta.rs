//! The facts that a vendor documents about an operation.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::error::ErrorKind;

/// An HTTP method that the vendors' APIs use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// Returns the method as it is on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// The facts about an operation: what its vendor documents.
///
/// ```
/// use openplat_core::{Method, OperationMeta};
///
/// const META: OperationMeta =
///     OperationMeta::new("bot.v3.info", Method::Get, "/open-apis/bot/v3/info").whole_body();
/// assert!(META.is_idempotent());
/// ```
#[derive(Debug, Clone)]
pub struct OperationMeta {
    id: Cow<'static, str>,
    method: Method,
    path: Cow<'static, str>,
    idempotent: bool,
    reads: Reads,
    rates: &'static [Rate],
    api: Option<&'static ApiMeta>,
}

/// The part of a response that an operation's output is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    /// The data within the vendor's envelope.
    Data,
    /// The envelope and all that it holds.
    WholeBody,
    /// The body as a file.
    File,
}

/// Returns `true` if `path` reaches what it names: it has no host, no query, and no segment that
/// URL parsers remove, percent-encoded or not. It may end with a slash.
pub(crate) const fn is_path(path: &str) -> bool {
    let bytes = path.as_bytes();
    let mut at = 0;
    let mut before = b' ';
    while at < bytes.len() {
        let byte = bytes[at];
        let is_segment_bad = before == b'/' && matches!(byte, b'/' | b'.' | b'%');
        if matches!(byte, b'?' | b'#' | b'\\') || is_segment_bad || (at == 0 && byte != b'/') {
            return false;
        }
        before = byte;
        at += 1;
    }
    !bytes.is_empty()
}

/// A documented rate limit of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub(crate) calls: u32,
    pub(crate) seconds: u32,
}

impl Rate {
    /// Creates a limit of `calls` in each window of `seconds`.
    pub const fn new(calls: u32, seconds: u32) -> Self {
        Self { calls, seconds }
    }

    /// Returns the number of calls in a window.
    pub const fn calls(&self) -> u32 {
        self.calls
    }

    /// Returns the length of the window in seconds.
    pub const fn seconds(&self) -> u32 {
        self.seconds
    }
}

impl OperationMeta {
    /// Creates the facts about an operation with the given ID, method and path. The path begins
    /// with `/` and has its parameters in braces, such as `/open-apis/im/v1/chats/{chat_id}/link`.
    /// A slash at its end is sent.
    ///
    /// GET, PUT and DELETE count as idempotent.
    ///
    /// # Panics
    ///
    /// If the path does not begin with `/`, has a query, or has a segment that is empty or begins
    /// with a dot. In a constant, that is an error of the compiler.
    pub const fn new(id: &'static str, method: Method, path: &'static str) -> Self {
        assert!(is_path(path), "the path of an operation is not a path");
        Self::from_parts(Cow::Borrowed(id), method, Cow::Borrowed(path))
    }

    /// Creates the facts about an operation that is only known while the program runs.
    pub(crate) fn raw(method: Method, path: Cow<'static, str>) -> Self {
        Self::from_parts(Cow::Owned(format!("{} {path}", method.as_str())), method, path)
    }

    const fn from_parts(id: Cow<'static, str>, method: Method, path: Cow<'static, str>) -> Self {
        let idempotent = matches!(method, Method::Get | Method::Put | Method::Delete);
        Self { id, method, path, idempotent, reads: Reads::Data, rates: &[], api: None }
    }

    /// Sets whether executing the operation twice does no more than executing it once.
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Makes the response a file, a [`Download`](crate::Download).
    pub const fn downloads(mut self) -> Self {
        self.reads = Reads::File;
        self
    }

    /// Makes the output be read from the whole body, for operations that respond outside the
    /// vendor's `data`.
    pub const fn whole_body(mut self) -> Self {
        self.reads = Reads::WholeBody;
        self
    }

    /// Sets the documented rate limits, all of which hold.
    pub const fn rates(mut self, rates: &'static [Rate]) -> Self {
        self.rates = rates;
        self
    }

    /// Sets what the operation's API says about its error codes.
    #[doc(hidden)]
    pub const fn api(mut self, api: &'static ApiMeta) -> Self {
        self.api = Some(api);
        self
    }

    /// Returns the vendor's ID of the operation, such as `im.v1.chat.link`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the HTTP method.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Returns the path with its parameters in braces, such as
    /// `/open-apis/im/v1/chats/{chat_id}/link`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns `true` if executing the operation twice does no more than executing it once.
    pub const fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Returns `true` if the vendor responds with a file, a [`Download`](crate::Download).
    pub const fn is_download(&self) -> bool {
        matches!(self.reads, Reads::File)
    }

    /// Returns `true` if the output is read from the whole body, and not from the vendor's `data`.
    pub const fn is_whole_body(&self) -> bool {
        matches!(self.reads, Reads::WholeBody)
    }

    /// Returns the documented rate limits, all of which hold.
    pub const fn rate_limits(&self) -> &'static [Rate] {
        self.rates
    }

    /// Returns what the operation's API says about `code`, whether or not this operation documents
    /// it.
    pub fn code(&self, code: &str) -> Option<&'static CodeMeta> {
        self.api.and_then(|api| find_code(api.codes, code))
    }

    pub(crate) const fn reads(&self) -> Reads {
        self.reads
    }
}

/// The facts of an operation as calls pass them on: constants for generated operations, shared for
/// raw calls.
#[derive(Clone)]
pub(crate) enum Meta {
    Static(&'static OperationMeta),
    Shared(Arc<OperationMeta>),
}

impl Meta {
    /// Returns the ID for an error to keep.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Static(meta) => Cow::Borrowed(&meta.id),
            Self::Shared(meta) => meta.id.clone(),
        }
    }

    /// Returns the path with the names of its parameters, to keep.
    pub(crate) fn template(&self) -> Cow<'static, str> {
        match self {
            Self::Static(meta) => Cow::Borrowed(&meta.path),
            Self::Shared(meta) => meta.path.clone(),
        }
    }
}

impl Deref for Meta {
    type Target = OperationMeta;

    fn deref(&self) -> &OperationMeta {
        match self {
            Self::Static(meta) => meta,
            Self::Shared(meta) => meta,
        }
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The facts that hold for all operations of one API.
#[doc(hidden)]
#[derive(Debug)]
pub struct ApiMeta {
    codes: &'static [CodeMeta],
}

impl ApiMeta {
    /// Creates the facts. `codes` must be sorted by code.
    pub const fn new(codes: &'static [CodeMeta]) -> Self {
        Self { codes }
    }
}

/// The facts about an error code.
#[derive(Debug)]
pub struct CodeMeta {
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    pub(crate) kind: ErrorKind,
    pub(crate) advice: &'static str,
}

impl CodeMeta {
    #[doc(hidden)]
    pub const fn new(
        code: &'static str,
        status: u16,
        kind: ErrorKind,
        advice: &'static str,
    ) -> Self {
        Self { code, status, kind, advice }
    }

    /// Returns the HTTP status that the documentation names for the code.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the kind of failure that the code stands for.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns what to do about the error, in a sentence; empty if nothing is known.
    pub const fn advice(&self) -> &'static str {
        self.advice
    }
}

pub(crate) fn find_code(codes: &'static [CodeMeta], code: &str) -> Option<&'static CodeMeta> {
    let index = codes.binary_search_by(|meta| meta.code.cmp(code)).ok()?;
    codes.get(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_where_they_are() {
        for path in ["/", "/a/{b}/c", "/a/", "/v1.0/x/{a}", "/a/b.c"] {
            assert!(is_path(path), "{path}");
        }
        for path in [
            "",
            "a",
            "https://x/a",
            "//x/a",
            "/a//b",
            "/a/../b",
            "/a/.",
            "/a/%2e%2e/b",
            "/a?b",
            "/a#b",
            "/a\\b",
            "\\x",
        ] {
            assert!(!is_path(path), "{path}");
        }
    }
}
