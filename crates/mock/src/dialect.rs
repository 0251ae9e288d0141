//! What differs between the vendors on the wire.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, StatusCode};
use openplat_core::{DingTalk, Feishu, Vendor};
use serde_json::{Value, json};

pub(crate) const DINGTALK_TOKEN: HeaderName =
    HeaderName::from_static("x-acs-dingtalk-access-token");

/// A vendor whose operations the mock can answer: Feishu and DingTalk.
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
    const DIALECT: &'static dyn Dialect = &FeishuDialect;
}

impl MockedVendor for DingTalk {
    const DIALECT: &'static dyn Dialect = &DingTalkDialect;
}

pub(crate) const DIALECTS: [&dyn Dialect; 2] = [Feishu::DIALECT, DingTalk::DIALECT];

/// An error, before it is put into a vendor's shape.
#[derive(Debug, Clone)]
pub struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Failure {
    fn bad_request(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: code.into(), message: message.into() }
    }
}

/// How a vendor words requests and answers.
pub trait Dialect: Send + Sync {
    /// Where an app fetches its token, with a POST. Tells the vendors apart, too.
    fn token_path(&self) -> &'static str;

    /// The id of the app that asks for a token; `request` is null if it was not JSON.
    fn app_id<'a>(&self, request: &'a Value) -> Result<&'a str, Failure>;

    fn token_granted(&self, token: &str) -> Value;

    /// The token that a request carries.
    fn token<'a>(&self, headers: &'a HeaderMap) -> Option<&'a [u8]>;

    /// The error for the token that [`token`](Self::token) found, or for the lack of one.
    /// `is_an_apps`: it was granted to an app once; any other may be a user's.
    fn token_refused(&self, token: Option<&[u8]>, is_an_apps: bool) -> Failure;

    fn log_id_header(&self) -> HeaderName;

    fn empty_success(&self) -> &'static str;

    fn success(&self, data: &Value) -> Value;

    fn failure(&self, failure: &Failure, log_id: &str) -> Value;
}

fn text<'a>(request: &'a Value, field: &str) -> Option<&'a str> {
    request.get(field)?.as_str().filter(|text| !text.is_empty())
}

struct FeishuDialect;

impl Dialect for FeishuDialect {
    fn token_path(&self) -> &'static str {
        "/open-apis/auth/v3/tenant_access_token/internal"
    }

    /// The platform has been seen to send this code with HTTP 200 as well; the code counts.
    fn app_id<'a>(&self, request: &'a Value) -> Result<&'a str, Failure> {
        text(request, "app_id")
            .filter(|_| text(request, "app_secret").is_some())
            .ok_or_else(|| Failure::bad_request("10003", "invalid param"))
    }

    fn token_granted(&self, token: &str) -> Value {
        json!({ "code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7200 })
    }

    fn token<'a>(&self, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        headers.get(AUTHORIZATION)?.as_bytes().strip_prefix(b"Bearer ")
    }

    fn token_refused(&self, token: Option<&[u8]>, is_an_apps: bool) -> Failure {
        match token {
            Some(_) if is_an_apps => {
                Failure::bad_request("99991663", "the access token of the app is not valid")
            }
            Some(_) => Failure::bad_request("99991668", "the access token is not valid"),
            None => Failure::bad_request("99991661", "the access token is missing"),
        }
    }

    fn log_id_header(&self) -> HeaderName {
        HeaderName::from_static("x-tt-logid")
    }

    fn empty_success(&self) -> &'static str {
        r#"{"code":0,"msg":"success","data":{}}"#
    }

    fn success(&self, data: &Value) -> Value {
        json!({ "code": 0, "msg": "success", "data": data })
    }

    fn failure(&self, failure: &Failure, log_id: &str) -> Value {
        let code = match failure.code.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(failure.code.as_str()),
        };
        json!({ "code": code, "msg": failure.message, "error": { "log_id": log_id } })
    }
}

struct DingTalkDialect;

impl Dialect for DingTalkDialect {
    fn token_path(&self) -> &'static str {
        "/v1.0/oauth2/accessToken"
    }

    /// The codes are those that the gateway has been seen to answer with, both for an absent field
    /// and for a body that is not JSON. That it treats an empty or a wrongly typed field like an
    /// absent one is assumed.
    fn app_id<'a>(&self, request: &'a Value) -> Result<&'a str, Failure> {
        let missing = |name: &str| {
            let message = format!("{name} is mandatory for this action.");
            Failure::bad_request(format!("Missing{name}"), message)
        };
        if !request.is_object() {
            return Err(missing("body"));
        }
        let app_id = text(request, "appKey").ok_or_else(|| missing("appKey"))?;
        text(request, "appSecret").ok_or_else(|| missing("appSecret"))?;
        Ok(app_id)
    }

    fn token_granted(&self, token: &str) -> Value {
        json!({ "accessToken": token, "expireIn": 7200 })
    }

    fn token<'a>(&self, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        Some(headers.get(DINGTALK_TOKEN)?.as_bytes())
    }

    /// One code for both cases.
    fn token_refused(&self, _token: Option<&[u8]>, _is_an_apps: bool) -> Failure {
        Failure::bad_request("InvalidAuthentication", "the access token is missing or not valid")
    }

    fn log_id_header(&self) -> HeaderName {
        HeaderName::from_static("x-acs-request-id")
    }

    fn empty_success(&self) -> &'static str {
        "{}"
    }

    fn success(&self, data: &Value) -> Value {
        data.clone()
    }

    fn failure(&self, failure: &Failure, log_id: &str) -> Value {
        json!({ "code": failure.code, "message": failure.message, "requestid": log_id })
    }
}
