//! What differs between the vendors: hosts, tokens, envelopes and error codes.

#[cfg(feature = "dingtalk")]
mod dingtalk;
#[cfg(feature = "feishu")]
mod feishu;
#[cfg(feature = "feishu")]
mod feishu_oauth;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::channel::{Answer, App};
use crate::error::{ApiError, Error, ErrorKind};
use crate::retry::retry_after;
use crate::secret::Secret;

#[cfg(feature = "dingtalk")]
pub use dingtalk::DingTalk;
#[cfg(feature = "feishu")]
pub use feishu::Feishu;
#[cfg(feature = "feishu")]
pub use feishu_oauth::{CodeExchange, UserToken};

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
    /// Tells the tokens of one vendor from those of another.
    fn name(&self) -> &'static str;

    fn default_base_url(&self) -> &'static str;

    /// How long before its expiry a token is replaced.
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

    /// The token that was asked for, and how long it works from now on.
    fn read_token(&self, grant: &Grant, answer: &Answer) -> Result<(Secret, Duration), Error>;

    /// The call that makes the platform push the app's ticket again, where there is one.
    fn ticket_request(&self, _app: &App) -> Option<TokenRequest> {
        None
    }

    fn is_bad_ticket(&self, _error: &Error) -> bool {
        false
    }

    /// The operation's own data within the answer, or the error that the answer stands for.
    fn read_data(&self, answer: &Answer) -> Result<Bytes, Error>;

    /// Whether the answer stands for an error.
    fn check(&self, answer: &Answer) -> Result<(), Error> {
        self.read_data(answer).map(drop)
    }

    fn log_id(&self, headers: &HeaderMap) -> Option<String>;
}

/// A call without a token of its own.
#[doc(hidden)]
#[derive(Debug)]
pub struct TokenRequest {
    pub(crate) path: String,
    pub(crate) body: Bytes,
}

/// Which of an app's tokens is sent, and what it is fetched with.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grant {
    /// Of an app that belongs to the organisation which uses it.
    Internal,
    /// The app's own token rather than its tenant's.
    FeishuApp,
    /// The own token of an app from the store.
    FeishuStoreApp,
    /// The token with which an app from the store acts for one of its tenants.
    FeishuStoreTenant { tenant_key: String },
    /// Of a third-party app, for an organisation that authorised it.
    DingTalkCorp { auth_corp_id: String },
    /// Of any app, for an organisation by its id.
    DingTalkUnified { corp_id: String },
}

impl Grant {
    /// Tells the tokens of one app apart.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Internal => "tenant".to_owned(),
            Self::FeishuApp => "app".to_owned(),
            Self::FeishuStoreApp => "store-app".to_owned(),
            Self::FeishuStoreTenant { tenant_key } => format!("store-tenant {tenant_key}"),
            Self::DingTalkCorp { auth_corp_id } => format!("corp {auth_corp_id}"),
            Self::DingTalkUnified { corp_id } => format!("unified {corp_id}"),
        }
    }

    /// The token that this one is fetched with.
    pub(crate) fn parent(&self) -> Option<Self> {
        matches!(self, Self::FeishuStoreTenant { .. }).then_some(Self::FeishuStoreApp)
    }

    /// Whether it is fetched with the ticket that the platform pushes.
    pub(crate) fn needs_ticket(&self) -> bool {
        matches!(self, Self::FeishuStoreApp | Self::DingTalkCorp { .. })
    }
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
    let retry_after = retry_after(&answer.headers, answer.received_at);
    let error = Error::new(kind)
        .with_detail(format!(
            "the answer is not in the platform's format ({content_type}, {} bytes)",
            answer.body.len()
        ))
        .with_api(ApiError {
            status: answer.status.as_u16(),
            excerpt: excerpt(&answer.body),
            log_id,
            retry_after,
            ..ApiError::default()
        });
    match source {
        Some(source) => error.with_source(source),
        None => error,
    }
}

/// The beginning of a body, for a person to recognise what answered.
fn excerpt(body: &[u8]) -> Option<String> {
    let beginning = String::from_utf8_lossy(&body[..body.len().min(800)]);
    let text: String = beginning.trim().chars().take(200).collect();
    (!text.is_empty()).then_some(text)
}
