use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, header};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{App, Grant, Platform, TokenRequest, Vendor, not_understood};
use crate::base::Secret;
use crate::codec;
use crate::error::{ApiError, Error, ErrorKind, Violation};
use crate::meta::{CodeMeta, find_code};
use crate::wire::{Reply, retry_after};

/// Feishu, and Lark outside of China.
#[derive(Debug, Clone, Copy)]
pub enum Feishu {}

impl Vendor for Feishu {
    const PLATFORM: &'static dyn Platform = &FeishuPlatform;
}

impl Feishu {
    /// The host of Feishu, in China.
    pub const FEISHU_CN: &'static str = "https://open.feishu.cn";
    /// The host of Lark, outside of China.
    pub const LARK: &'static str = "https://open.larksuite.com";
}

struct FeishuPlatform;

impl Platform for FeishuPlatform {
    fn name(&self) -> &'static str {
        "feishu"
    }

    fn default_base_url(&self) -> &'static str {
        Feishu::FEISHU_CN
    }

    /// With less than 30 minutes left a fetch gives a new token and the old one stays valid, so
    /// any margin below that is safe.
    fn token_margin(&self) -> Duration {
        Duration::from_secs(10 * 60)
    }

    fn token_header(&self) -> HeaderName {
        header::AUTHORIZATION
    }

    fn token_header_value(&self, token: &str) -> String {
        format!("Bearer {token}")
    }

    fn token_request(
        &self,
        app: &App,
        grant: &Grant,
        parent: Option<&Secret>,
        ticket: Option<&Secret>,
    ) -> TokenRequest {
        let parent = parent.map(Secret::expose);
        let ticket = ticket.map(Secret::expose);
        let (path, body) = match grant {
            Grant::FeishuStoreTenant { tenant_key } => (
                "/open-apis/auth/v3/tenant_access_token",
                json!({ "app_access_token": parent, "tenant_key": tenant_key }),
            ),
            Grant::FeishuStoreApp => (
                "/open-apis/auth/v3/app_access_token",
                json!({
                    "app_id": app.id,
                    "app_secret": app.secret.expose(),
                    "app_ticket": ticket,
                }),
            ),
            Grant::FeishuApp => ("/open-apis/auth/v3/app_access_token/internal", credentials(app)),
            _ => ("/open-apis/auth/v3/tenant_access_token/internal", credentials(app)),
        };
        TokenRequest { path: path.to_owned(), body: Bytes::from(body.to_string()) }
    }

    fn read_token(&self, grant: &Grant, reply: &Reply) -> Result<(Secret, Duration), Error> {
        /// An answer may hold both.
        #[derive(Deserialize)]
        struct TokenAnswer {
            app_access_token: Option<String>,
            tenant_access_token: Option<String>,
            expire: u64,
        }
        let token: TokenAnswer = codec::from_slice(&reply.body)
            .map_err(|error| Error::new(ErrorKind::Decode).with_cause(&error))?;
        let value = match grant {
            Grant::FeishuApp | Grant::FeishuStoreApp => token.app_access_token,
            _ => token.tenant_access_token,
        };
        let value = value.ok_or_else(|| {
            Error::new(ErrorKind::Decode).with_detail("the answer holds no token")
        })?;
        Ok((value.into(), Duration::from_secs(token.expire)))
    }

    fn ticket_request(&self, app: &App) -> Option<TokenRequest> {
        Some(TokenRequest {
            path: "/open-apis/auth/v3/app_ticket/resend".to_owned(),
            body: Bytes::from(credentials(app).to_string()),
        })
    }

    fn is_bad_ticket(&self, error: &Error) -> bool {
        error.api().is_some_and(|api| matches!(api.code(), "10012" | "10013"))
    }

    fn read_data(&self, reply: &Reply) -> Result<Bytes, Error> {
        let log_id = self.log_id(&reply.headers);
        let envelope: Envelope<'_> = match serde_json::from_slice(&reply.body) {
            Ok(envelope) => envelope,
            Err(_) => return Err(not_understood(reply, log_id)),
        };
        if envelope.code == 0 {
            // Absent data is no data, whatever type the operation answers with.
            let data = envelope.data.map(|data| reply.body.slice_ref(data.get().as_bytes()));
            return Ok(data.unwrap_or(Bytes::from_static(b"null")));
        }
        Err(envelope.into_error(reply, log_id))
    }

    fn log_id_headers(&self) -> &'static [HeaderName] {
        static NAMES: [HeaderName; 2] =
            [HeaderName::from_static("x-tt-logid"), HeaderName::from_static("x-request-id")];
        &NAMES
    }
}

fn credentials(app: &App) -> Value {
    json!({ "app_id": app.id, "app_secret": app.secret.expose() })
}

/// `{code, msg, data?, error?}`. `code` decides, whatever the HTTP status says.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(deserialize_with = "code")]
    code: i64,
    #[serde(default)]
    msg: Value,
    /// What OAuth's errors have in place of `msg`.
    #[serde(default)]
    error_description: Option<String>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Code {
        Number(i64),
        Text(String),
    }
    match Code::deserialize(deserializer)? {
        Code::Number(code) => Ok(code),
        Code::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

impl Envelope<'_> {
    fn into_error(self, reply: &Reply, log_id: Option<String>) -> Error {
        // A detail in an unexpected shape must not hide the code and the message.
        let detail: Detail = self
            .error
            .and_then(|raw| codec::from_slice(raw.get().as_bytes()).ok())
            .unwrap_or_default();
        let code = self.code.to_string();
        let known = find_code(GATEWAY_CODES, &code);
        let kind = match known {
            Some(known) => known.kind,
            None if reply.status.as_u16() == 429 => ErrorKind::Throttled,
            None if reply.status.is_server_error() => ErrorKind::Unavailable,
            None => ErrorKind::Rejected,
        };
        Error::new(kind).with_api(ApiError {
            status: reply.status.as_u16(),
            code,
            message: match self.msg {
                Value::String(message) => message,
                Value::Null => self.error_description.or(detail.message).unwrap_or_default(),
                other => other.to_string(),
            },
            log_id: log_id.or(detail.log_id).or(detail.logid),
            excerpt: None,
            retry_after: retry_after(&reply.headers, reply.received_at),
            ban: false,
            violations: violations(detail.field_violations, detail.permission_violations),
            help_links: detail
                .troubleshooter
                .into_iter()
                .chain(detail.helps.into_iter().filter_map(|help| help.url))
                .collect(),
            advice: known.map(|known| known.advice.into()),
        })
    }
}

#[derive(Default, Deserialize)]
struct Detail {
    message: Option<String>,
    log_id: Option<String>,
    logid: Option<String>,
    troubleshooter: Option<String>,
    #[serde(default)]
    field_violations: Vec<FieldViolation>,
    #[serde(default)]
    permission_violations: Vec<PermissionViolation>,
    #[serde(default)]
    helps: Vec<Help>,
}

#[derive(Deserialize)]
struct FieldViolation {
    field: Option<String>,
    description: Option<String>,
}

/// Written in two ways: `{scope, url}` and `{type, subject, description}`.
#[derive(Deserialize)]
struct PermissionViolation {
    scope: Option<String>,
    subject: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Help {
    url: Option<String>,
}

fn violations(
    fields: Vec<FieldViolation>,
    permissions: Vec<PermissionViolation>,
) -> Vec<Violation> {
    let fields = fields.into_iter().map(|violation| Violation::Field {
        field: violation.field.unwrap_or_default(),
        description: violation.description.unwrap_or_default(),
    });
    let permissions = permissions.into_iter().filter_map(|violation| {
        let scope = violation.scope.or(violation.subject)?;
        Some(Violation::Permission { scope, url: violation.url })
    });
    fields.chain(permissions).collect()
}

const CHECK_APP: &str =
    "Check app id, app secret and the status of the app in the developer console.";
const TOKEN: &str = "Check that the app is enabled and that the operation accepts this kind of token; \
                     a new one was tried.";
const GRANT: &str =
    "Grant the app one of the operation's scopes in the developer console and publish a version.";
const FIX_REQUEST: &str = "Compare the request with the operation's documentation.";
const SLOWER: &str = "Send fewer requests a second.";
const LATER: &str = "Try again later.";

/// Codes that any operation can answer with, sorted by code.
const GATEWAY_CODES: &[CodeMeta] = {
    use ErrorKind::{
        Configuration, InvalidRequest, PermissionDenied, QuotaExceeded, Throttled, Unauthenticated,
        Unavailable,
    };
    &[
        CodeMeta::new("1000004", 400, Throttled, SLOWER),
        CodeMeta::new("1000005", 400, Throttled, SLOWER),
        CodeMeta::new("10003", 400, Configuration, CHECK_APP),
        CodeMeta::new("10012", 400, Configuration, "Ask for the app ticket to be sent again."),
        CodeMeta::new("10013", 400, Configuration, "Ask for the app ticket to be sent again."),
        CodeMeta::new("10014", 400, Configuration, CHECK_APP),
        CodeMeta::new("10015", 400, Configuration, CHECK_APP),
        CodeMeta::new("10101", 500, Unavailable, LATER),
        CodeMeta::new("11232", 400, Throttled, SLOWER),
        CodeMeta::new("11233", 400, Throttled, SLOWER),
        CodeMeta::new("11247", 400, Throttled, SLOWER),
        CodeMeta::new("1500", 500, Unavailable, LATER),
        CodeMeta::new("1771001", 500, Unavailable, LATER),
        CodeMeta::new("1771002", 500, Unavailable, LATER),
        CodeMeta::new("1771003", 500, Unavailable, LATER),
        CodeMeta::new("1771004", 500, Unavailable, LATER),
        CodeMeta::new("1771005", 500, Unavailable, LATER),
        CodeMeta::new("1771006", 500, Unavailable, LATER),
        CodeMeta::new("18121", 500, Unavailable, LATER),
        CodeMeta::new("20002", 400, Configuration, CHECK_APP),
        CodeMeta::new("2200", 500, Unavailable, LATER),
        CodeMeta::new("230020", 400, Throttled, SLOWER),
        CodeMeta::new("230027", 400, PermissionDenied, GRANT),
        CodeMeta::new("230049", 400, Unavailable, LATER),
        CodeMeta::new("2320001", 400, InvalidRequest, FIX_REQUEST),
        CodeMeta::new("2320002", 500, Unavailable, LATER),
        CodeMeta::new("232001", 400, InvalidRequest, FIX_REQUEST),
        CodeMeta::new("232019", 400, Throttled, SLOWER),
        CodeMeta::new("232073", 400, Unavailable, LATER),
        CodeMeta::new("232096", 400, Unavailable, LATER),
        CodeMeta::new("5000", 500, Unavailable, LATER),
        CodeMeta::new("55001", 500, Unavailable, LATER),
        CodeMeta::new("90217", 400, Throttled, SLOWER),
        CodeMeta::new("9499", 400, InvalidRequest, FIX_REQUEST),
        CodeMeta::new("99991400", 429, Throttled, SLOWER),
        CodeMeta::new(
            "99991401",
            400,
            Configuration,
            "Add this machine's address to the app's IP allow-list.",
        ),
        CodeMeta::new(
            "99991403",
            429,
            QuotaExceeded,
            "The tenant's monthly quota of calls is used up; wait for the next month or buy more.",
        ),
        CodeMeta::new("99991543", 400, Configuration, CHECK_APP),
        CodeMeta::new("99991661", 400, Unauthenticated, "Send the call with a token."),
        CodeMeta::new("99991662", 400, Configuration, "Enable the app for this tenant."),
        CodeMeta::new("99991663", 400, Unauthenticated, TOKEN),
        CodeMeta::new("99991664", 400, Unauthenticated, TOKEN),
        CodeMeta::new("99991665", 400, Unauthenticated, TOKEN),
        CodeMeta::new(
            "99991668",
            400,
            Unauthenticated,
            "Refresh the user's token and send the call with the new one.",
        ),
        CodeMeta::new("99991671", 400, Unauthenticated, TOKEN),
        CodeMeta::new("99991672", 400, PermissionDenied, GRANT),
        CodeMeta::new("99991673", 400, Configuration, "Enable the app for this tenant."),
        CodeMeta::new("99991676", 400, PermissionDenied, GRANT),
        CodeMeta::new(
            "99991677",
            400,
            Unauthenticated,
            "Refresh the user's token and send the call with the new one.",
        ),
        CodeMeta::new(
            "99991679",
            400,
            PermissionDenied,
            "Ask the user to authorise the operation's scopes again.",
        ),
        CodeMeta::new("99992402", 400, InvalidRequest, FIX_REQUEST),
    ]
};

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::{HeaderMap, StatusCode};

    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            received_at: SystemTime::UNIX_EPOCH,
        }
    }

    fn read(status: u16, body: &str) -> Result<Bytes, Error> {
        FeishuPlatform.read_data(&reply(status, body))
    }

    #[test]
    fn gateway_codes_are_sorted() {
        assert!(GATEWAY_CODES.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn the_code_decides_and_not_the_status() {
        assert_eq!(read(500, r#"{"code":0,"msg":"ok","data":{"a":1}}"#).unwrap(), r#"{"a":1}"#);
        assert_eq!(read(200, r#"{"code":"0"}"#).unwrap(), "null");
        let error = read(200, r#"{"code":99991663,"msg":"token"}"#).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }

    #[test]
    fn an_error_carries_what_the_platform_said() {
        let error = read(
            400,
            r#"{"code":99991672,"msg":"no scope","error":{
                "log_id":"L","troubleshooter":"https://t",
                "permission_violations":[{"type":"scope","subject":"im:chat"}],
                "field_violations":[{"field":"a","description":"b"}],
                "helps":[{"url":"https://h","description":"x"}]}}"#,
        )
        .unwrap_err();
        let api = error.api().unwrap();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(api.log_id(), Some("L"));
        assert_eq!(api.help_links(), ["https://t", "https://h"]);
        assert_eq!(
            api.violations(),
            [
                Violation::Field { field: "a".into(), description: "b".into() },
                Violation::Permission { scope: "im:chat".into(), url: None },
            ]
        );
    }

    #[test]
    fn answers_of_a_gateway_keep_their_status() {
        for (status, kind) in
            [(429, ErrorKind::Throttled), (502, ErrorKind::Unavailable), (200, ErrorKind::Decode)]
        {
            for body in ["", "<html>", "[]", "{}", r#"{"code":true}"#] {
                let error = read(status, body).unwrap_err();
                assert_eq!(error.kind(), kind, "{status} {body}");
                assert_eq!(error.api().unwrap().status(), status);
            }
        }
    }

    #[test]
    fn a_strange_error_detail_does_not_hide_the_code() {
        let error = read(400, r#"{"code":1,"msg":"m","error":"oops"}"#).unwrap_err();
        assert_eq!(error.api().unwrap().code(), "1");
    }
}
