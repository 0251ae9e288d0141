//! The differences between the vendors on the wire.

mod dingtalk;
mod feishu;

use std::time::Duration;

use http::{HeaderName, StatusCode};
use openplat_core::{DingTalk, Feishu, Vendor};
use serde_json::Value;

use crate::limit::RateLimit;
use crate::push::{Hub, Peer};
use crate::recorded::Recorded;
use crate::reply::Reply;
use crate::tokens::{Issued, Tokens, VendorId};

/// A vendor that the mock can play: Feishu or DingTalk.
///
/// Implemented by this crate only.
pub trait MockedVendor: Vendor + sealed::Sealed {
    #[doc(hidden)]
    const DIALECT: &'static dyn Dialect;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for openplat_core::Feishu {}
    impl Sealed for openplat_core::DingTalk {}
}

impl MockedVendor for Feishu {
    const DIALECT: &'static dyn Dialect = &feishu::FeishuDialect;
}

impl MockedVendor for DingTalk {
    const DIALECT: &'static dyn Dialect = &dingtalk::NEW;
}

pub(crate) const DIALECTS: [&dyn Dialect; 2] = [Feishu::DIALECT, DingTalk::DIALECT];

/// An error, before it is put into a vendor's shape.
#[derive(Debug, Clone)]
pub struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    /// The error type of OAuth, where the error is one of OAuth's.
    pub(crate) oauth: Option<&'static str>,
}

impl Failure {
    fn bad_request(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: code.into(),
            message: message.into(),
            oauth: None,
        }
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        Self::error_message(&failure.code, failure.message).status(failure.status)
    }
}

/// A request for a token.
pub struct Ask<'a> {
    /// Null if the body was not JSON.
    pub(crate) body: &'a Value,
    /// The parameters of the path.
    pub(crate) path_values: &'a [(String, String)],
    /// The time since the platform's start.
    pub(crate) now: Duration,
}

impl Ask<'_> {
    /// A field of the body that is text and not empty.
    fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field)?.as_str().filter(|text| !text.is_empty())
    }
}

/// Grants what was asked for: the body of the response.
pub(crate) type Grant = fn(&Ask<'_>, &mut Tokens) -> Result<Value, Failure>;

/// A path that the platform serves without a route.
#[derive(Clone, Copy)]
pub(crate) enum Service {
    Grant(Grant),
    /// The address of a long connection.
    Address,
    /// The request that becomes a long connection.
    Upgrade,
}

/// The wording of a vendor's requests and responses.
pub trait Dialect: Send + Sync {
    fn vendor(&self) -> VendorId;

    /// The dialect that the vendor speaks at a path.
    fn at(&'static self, path: &str) -> &'static dyn Dialect;

    /// The name of the vendor's type in Rust.
    fn type_name(&self) -> &'static str;

    /// The paths at which tokens are asked for, all with a POST.
    fn grants(&self) -> &'static [(&'static str, Grant)];

    /// The path at which the address of a long connection is asked for, with a POST.
    fn endpoint(&self) -> &'static str;

    /// The path of that address.
    fn upgrade_path(&self) -> &'static str;

    /// The response to a request for the address of a long connection.
    fn address(&self, request: &Recorded, hub: &mut Hub) -> Reply;

    /// The HTTP status of an error code instead of an address.
    fn address_error_status(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    /// The reason not to open a long connection, after its ticket was looked at.
    fn upgrade_refused(&self, peer: Option<&Peer>, hub: &Hub) -> Option<Reply>;

    /// The reply on the way to a long connection if the platform has no time for it.
    fn busy(&self, _on_upgrade: bool) -> Reply {
        Reply::new(503)
    }

    /// The token that a request carries.
    fn token<'a>(&self, request: &'a Recorded) -> Option<&'a [u8]>;

    /// The error for a token that is not honored, or for the lack of one. `issued` is what the
    /// platform knows about the token.
    fn token_refused(&self, token: Option<&[u8]>, issued: Option<&Issued>) -> Failure;

    /// The refusal of a request above a limit that is lifted after `reset`.
    fn throttled(&self, limit: &RateLimit, reset: Duration) -> Reply;

    /// The reply to a banned address, if the vendor bans addresses.
    fn banned(&self) -> Option<Reply> {
        None
    }

    /// The HTTP status of an error for which no other is documented.
    fn error_status(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    /// The header that says the log ID, if any does.
    fn log_id_header(&self) -> Option<HeaderName>;

    fn empty_success(&self) -> &'static str;

    /// The body with this data. An operation that reads the whole body finds the data outside the
    /// vendor's `data`.
    fn success(&self, data: &Value, is_whole_body: bool) -> Value;

    fn failure(&self, failure: &Failure, log_id: &str) -> Value;
}
