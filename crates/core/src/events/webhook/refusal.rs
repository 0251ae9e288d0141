use bytes::Bytes;
use http::{Response, StatusCode};

use super::json;
use crate::error::debug_as_display;
#[cfg(feature = "feishu")]
use crate::events::envelope::EnvelopeError;

/// The reason why a request was refused. The text is for logs and never quotes the request; the
/// sender only learns the status.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The body exceeds the limit.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The body is nothing that the platform sends.
    #[error("{0}")]
    Malformed(String),
    /// A part of the signature is missing: the header or the query parameter of this name.
    #[error(
        "the request is not signed: `{0}` is missing, comes twice or is not ASCII; a proxy may have removed it"
    )]
    Unsigned(&'static str),
    /// The signature is of another secret or another body.
    #[error(
        "the signature does not match; check the secrets, and that the body is passed on unchanged"
    )]
    Signature,
    /// The verification token of the body is missing, or another one. An event with a signature may
    /// lack it.
    #[error("the verification token does not match; check it on the app's page")]
    Token,
    /// The request is older, or newer, than allowed.
    #[error("the request was signed at another time than allowed; check this machine's clock")]
    Stale,
    /// The body cannot be decrypted, or not to an event.
    #[error("the body cannot be decrypted; check the encrypt key on the app's page")]
    Undecryptable,
    /// The body is encrypted, and there is no key.
    #[error("the body is encrypted, and no encrypt key is configured; set `encrypt_key`")]
    NoEncryptKey,
    /// There is a key, and the event came in plain text.
    #[error(
        "the event is not encrypted, though an encrypt key is configured; set the key on the app's \
         page as well"
    )]
    NotEncrypted,
    /// An older card callback is signed with the verification token, and there is none.
    #[error(
        "an older card callback cannot be checked without a verification token; set \
         `verification_token`"
    )]
    NoVerificationToken,
    /// The body is for another app.
    #[error("the event is for another receiver; check the app key, suite key or corp ID")]
    Receiver,
}

debug_as_display!(Refusal);

impl Refusal {
    /// Returns the response: 400 or 413 for a body that no one could accept, and one and the same
    /// 403 for everything else, so that no one learns from it what was right.
    pub fn response(&self) -> Response<Bytes> {
        let (status, body) = match self {
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, r#"{"msg":"too large"}"#),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, r#"{"msg":"bad request"}"#),
            _ => (StatusCode::FORBIDDEN, r#"{"msg":"forbidden"}"#),
        };
        json(status, body)
    }
}

#[cfg(feature = "feishu")]
impl From<EnvelopeError> for Refusal {
    fn from(error: EnvelopeError) -> Self {
        Self::Malformed(error.to_string())
    }
}
