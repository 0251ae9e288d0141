//! The differences between the vendors: hosts, tokens, envelopes and error codes.

#[cfg(feature = "dingtalk")]
mod dingtalk;
mod excerpt;
#[cfg(feature = "feishu")]
mod feishu;
mod grant;
mod members;
mod page;

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::base::Secret;
use crate::codec::Warning;
use crate::error::Error;
use crate::wire::{Reply, log_id};
use page::{is_page, not_understood};

#[cfg(feature = "dingtalk")]
pub use dingtalk::DingTalk;
#[cfg(feature = "feishu")]
pub use feishu::Feishu;
pub(crate) use grant::{App, Grant, TokenMembers, TokenRequest, UserGrant};
#[cfg(feature = "events")]
pub(crate) use members::Members;

/// A platform whose operations can be sent. Implemented by this crate only.
pub trait Vendor: sealed::Sealed + Send + Sync + 'static {
    #[doc(hidden)]
    const PLATFORM: &'static dyn Platform;
}

mod sealed {
    pub trait Sealed {}
    #[cfg(feature = "dingtalk")]
    impl Sealed for super::DingTalk {}
    #[cfg(feature = "feishu")]
    impl Sealed for super::Feishu {}
}

/// The behavior behind a [`Vendor`], in a form that keeps the client free of type parameters.
#[doc(hidden)]
pub trait Platform: Send + Sync {
    /// Tells the tokens of one vendor from those of another.
    fn name(&self) -> &'static str;

    fn default_base_url(&self) -> &'static str;

    /// Returns how long before its expiry a token is replaced.
    fn token_margin(&self) -> Duration;

    fn token_header(&self) -> HeaderName;

    fn token_header_value(&self, token: &str) -> String;

    fn token_request(
        &self,
        app: &App,
        grant: &Grant,
        parent: Option<&Secret>,
        ticket: Option<&Secret>,
    ) -> TokenRequest;

    /// Returns the token that was asked for, and how long it works from now on, if the response
    /// says. Fails with an error that lacks the status.
    fn read_token(&self, grant: &Grant, reply: &Reply)
    -> Result<(Secret, Option<Duration>), Error>;

    /// Returns the request for the tokens of a user, and the vendor's ID of its operation.
    fn user_token_request(&self, app: &App, grant: &UserGrant) -> (&'static str, TokenRequest);

    /// The call that makes the platform push the app's ticket again, where there is one.
    fn ticket_request(&self, _app: &App) -> Option<TokenRequest> {
        None
    }

    fn is_bad_ticket(&self, _error: &Error) -> bool {
        false
    }

    /// Returns the operation's own data within the response, or the error that it stands for.
    fn read_data(&self, reply: &Reply) -> Result<Data, Error>;

    /// Returns where the data is in the body of a success that has the usual form, if it is JSON. That
    /// is left to whoever decodes the data: to find its end would be to read it twice.
    fn presumed_data(&self, _body: &[u8]) -> Option<Range<usize>> {
        None
    }

    /// Returns `true` if a path is one of the platform's old API, which has a host of its own and takes
    /// the token as the query parameter [`OLD_TOKEN`].
    fn is_old(&self, _path: &str) -> bool {
        false
    }

    /// Returns the host of the old API that goes with `host`, where that is one of the platform's own.
    fn old_host(&self, _host: &str) -> Option<&'static str> {
        None
    }

    /// Returns the data within a response of the old API, or the error that it stands for.
    fn read_old_data(&self, reply: &Reply) -> Result<Data, Error> {
        self.read_data(reply)
    }

    /// Returns the error that the response stands for, if any.
    fn check(&self, reply: &Reply) -> Result<(), Error> {
        self.read_data(reply).map(drop)
    }

    /// Returns the error that a response with a successful status stands for, if it is no file. A
    /// file may be JSON as well.
    fn check_file(&self, reply: &Reply) -> Result<(), Error> {
        match self.read_data(reply) {
            Err(error) if is_page(reply) || self.has_code(&error) => Err(error),
            Ok(_) if is_page(reply) => Err(not_understood(reply, self.log_id(&reply.headers))),
            _ => Ok(()),
        }
    }

    /// Returns `true` if an error names a code of the vendor's, and not only something like one.
    fn has_code(&self, error: &Error) -> bool {
        error.api().is_some_and(|api| !api.code().is_empty())
    }

    /// The headers that hold the vendor's log ID, best first.
    fn log_id_headers(&self) -> &'static [HeaderName];

    fn log_id(&self, headers: &HeaderMap) -> Option<String> {
        log_id(headers, self.log_id_headers())
    }
}

/// The query parameter that carries the token to an old API.
pub(crate) const OLD_TOKEN: &str = "access_token";

/// The operation's own data within a response.
#[doc(hidden)]
#[derive(Debug)]
pub struct Data {
    pub(crate) json: Bytes,
    /// The faults that were overlooked to find the data.
    pub(crate) warnings: Vec<Warning>,
}

impl From<Bytes> for Data {
    fn from(json: Bytes) -> Self {
        Self { json, warnings: Vec::new() }
    }
}

/// The data of a response that has none, whatever the type of the output.
pub(crate) const NO_DATA: Bytes = Bytes::from_static(b"null");

/// Returns the header that carries a token, unless the token is empty or no header can carry it.
pub(crate) fn token_header(platform: &dyn Platform, token: &Secret) -> Option<HeaderValue> {
    let token = Some(token.expose()).filter(|token| !token.trim().is_empty())?;
    let mut value = HeaderValue::from_str(&platform.token_header_value(token)).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The most bytes that an error keeps of the vendor's message, and of a name or a code.
const LONGEST_MESSAGE: usize = 700;
const LONGEST_NAME: usize = 100;

/// The most reasons and links that an error keeps.
const MOST: usize = 20;
