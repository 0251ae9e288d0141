//! What differs between the vendors: hosts, tokens, envelopes and error codes.

#[cfg(feature = "dingtalk")]
mod dingtalk;
#[cfg(feature = "feishu")]
mod feishu;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::client::App;
use crate::error::{ApiError, Error, ErrorKind};
use crate::secret::Secret;

#[cfg(feature = "dingtalk")]
pub use dingtalk::DingTalk;
#[cfg(feature = "feishu")]
pub use feishu::Feishu;

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

/// The behaviour behind a [`Vendor`], in a form that keeps the client free of type parameters.
#[doc(hidden)]
pub trait Platform: Send + Sync {
    fn default_base_url(&self) -> &'static str;

    /// How long before its expiry a token is replaced.
    fn token_margin(&self) -> Duration;

    fn token_header(&self) -> HeaderName;

    fn token_header_value(&self, token: &str) -> String;

    fn token_request(&self, app: &App) -> TokenRequest;

    fn read_token(&self, answer: &Answer) -> Result<(Secret, Duration), Error>;

    /// The operation's own data within the answer, or the error that the answer stands for.
    fn read_data(&self, answer: &Answer) -> Result<Bytes, Error>;

    fn log_id(&self, headers: &HeaderMap) -> Option<String>;
}

/// The call that fetches the app's token.
#[doc(hidden)]
#[derive(Debug)]
pub struct TokenRequest {
    pub(crate) path: &'static str,
    pub(crate) body: Bytes,
}

/// An HTTP answer, read to its end.
#[doc(hidden)]
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

pub(crate) fn secret_header(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Error::new(ErrorKind::InvalidRequest)
            .with_detail("the token holds a character that no HTTP header can carry")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The first of `names` that the headers hold as readable text.
fn header(headers: &HeaderMap, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| Some(headers.get(*name)?.to_str().ok()?.to_owned()))
}

/// The error for an answer that is not in the vendor's format: a proxy's page, an empty body.
fn not_understood(
    answer: &Answer,
    log_id: Option<String>,
    source: Option<serde_json::Error>,
) -> Error {
    let kind = match answer.status {
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttled,
        status if status.is_server_error() => ErrorKind::Unavailable,
        _ => ErrorKind::Decode,
    };
    let content_type =
        header(&answer.headers, &["content-type"]).unwrap_or_else(|| "no content type".into());
    let error = Error::new(kind)
        .with_detail(format!(
            "the answer is not in the platform's format ({content_type}, {} bytes)",
            answer.body.len()
        ))
        .with_api(ApiError { status: answer.status.as_u16(), log_id, ..ApiError::default() });
    match source {
        Some(source) => error.with_source(source),
        None => error,
    }
}
