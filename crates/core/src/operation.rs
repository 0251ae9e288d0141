//! The contract between generated code and this crate.

use crate::call::Output;
use crate::error::ErrorKind;
use crate::parts::Parts;
use crate::vendor::Vendor;

/// The HTTP methods that the vendors' APIs use.
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
    /// The method as it stands on the wire.
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

/// One request of a vendor's API, ready to be sent through a client of that vendor.
///
/// Implemented by generated code only; the methods may change between minor versions.
pub trait Operation {
    /// The vendor whose clients can send this operation.
    type Vendor: Vendor;
    /// What the vendor answers on success.
    type Output: Output;
    /// What is known about the operation before any value is set.
    const META: &'static OperationMeta;
    /// The documented answer, for mock servers: the whole body as it stands on the wire.
    #[doc(hidden)]
    const EXAMPLE: Option<&'static str> = None;

    #[doc(hidden)]
    fn encode(&self, parts: &mut Parts);
}

/// An operation that runs with the app's own token.
#[diagnostic::on_unimplemented(
    message = "`{Self}` acts for a user: it cannot be sent with the app's token",
    label = "this client sends the app's token",
    note = "send it with a user's token: `client.as_user(token)`"
)]
pub trait AcceptsAppToken: Operation {}

/// An operation that runs with the token of a user.
#[diagnostic::on_unimplemented(
    message = "`{Self}` acts for the app: it cannot be sent with a user's token",
    label = "this client sends a user's token",
    note = "send it with the app's token: pass the client itself, without `as_user`"
)]
pub trait AcceptsUserToken: Operation {}

/// What is known about an operation: the facts its vendor documents.
#[derive(Debug)]
pub struct OperationMeta {
    id: &'static str,
    method: Method,
    path: &'static str,
    idempotent: bool,
    downloads: bool,
    api: Option<&'static ApiMeta>,
}

impl OperationMeta {
    #[doc(hidden)]
    pub const fn new(id: &'static str, method: Method, path: &'static str) -> Self {
        let idempotent = matches!(method, Method::Get | Method::Put | Method::Delete);
        Self { id, method, path, idempotent, downloads: false, api: None }
    }

    #[doc(hidden)]
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    #[doc(hidden)]
    pub const fn downloads(mut self) -> Self {
        self.downloads = true;
        self
    }

    #[doc(hidden)]
    pub const fn api(mut self, api: &'static ApiMeta) -> Self {
        self.api = Some(api);
        self
    }

    /// The vendor's id of the operation, e.g. `im.v1.chat.link`.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The HTTP method.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The path with its parameters in braces, e.g. `/open-apis/im/v1/chats/{chat_id}/link`.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// Whether executing the operation twice does no more than executing it once.
    pub const fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Whether the vendor answers with a file, a [`Download`](crate::Download).
    pub const fn is_download(&self) -> bool {
        self.downloads
    }

    /// What the operation's API says about `code`, whether or not this operation documents it.
    pub fn code(&self, code: &str) -> Option<&'static CodeMeta> {
        self.api.and_then(|api| find_code(api.codes, code))
    }
}

/// What one API says for all of its operations.
#[doc(hidden)]
#[derive(Debug)]
pub struct ApiMeta {
    codes: &'static [CodeMeta],
}

impl ApiMeta {
    /// `codes` must be sorted by code.
    pub const fn new(codes: &'static [CodeMeta]) -> Self {
        Self { codes }
    }
}

/// What is known about an error code.
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

    /// The HTTP status that the documentation names for the code.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// What kind of failure the code stands for.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do about it, in a sentence; empty if nothing is known.
    pub const fn advice(&self) -> &'static str {
        self.advice
    }
}

pub(crate) fn find_code(codes: &'static [CodeMeta], code: &str) -> Option<&'static CodeMeta> {
    let index = codes.binary_search_by(|meta| meta.code.cmp(code)).ok()?;
    codes.get(index)
}
