use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, Platform, TokenRequest, Vendor, header, not_understood};
use crate::client::App;
use crate::error::{ApiError, Error, ErrorKind, Violation};
use crate::lenient;
use crate::secret::Secret;

/// DingTalk.
#[derive(Debug, Clone, Copy)]
pub enum DingTalk {}

impl Vendor for DingTalk {
    const PLATFORM: &'static dyn Platform = &DingTalkPlatform;
}

impl DingTalk {
    /// The host in China.
    pub const CHINA: &'static str = "https://api.dingtalk.com";
    /// The host outside of China. An app belongs to one of the two.
    pub const INTERNATIONAL: &'static str = "https://api.dingtalk.io";
}

struct DingTalkPlatform;

impl Platform for DingTalkPlatform {
    fn default_base_url(&self) -> &'static str {
        DingTalk::CHINA
    }

    /// The documentation asks for a refresh this long before the expiry.
    fn token_margin(&self) -> Duration {
        Duration::from_secs(10 * 60)
    }

    fn token_header(&self) -> HeaderName {
        HeaderName::from_static("x-acs-dingtalk-access-token")
    }

    fn token_header_value(&self, token: &str) -> String {
        token.to_owned()
    }

    fn token_request(&self, app: &App) -> TokenRequest {
        let body = json!({ "appKey": app.id, "appSecret": app.secret.expose() });
        TokenRequest { path: "/v1.0/oauth2/accessToken", body: Bytes::from(body.to_string()) }
    }

    fn read_token(&self, answer: &Answer) -> Result<(Secret, Duration), Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct TokenAnswer {
            access_token: String,
            expire_in: u64,
        }
        let token: TokenAnswer = lenient::from_slice(&self.read_data(answer)?)
            .map_err(|error| Error::new(ErrorKind::Decode).with_source(error))?;
        Ok((token.access_token.into(), Duration::from_secs(token.expire_in)))
    }

    /// There is no envelope: the body of a success is the data.
    fn read_data(&self, answer: &Answer) -> Result<Bytes, Error> {
        if answer.status.is_success() {
            return Ok(answer.body.clone());
        }
        let log_id = self.log_id(&answer.headers);
        let fields: Map<String, Value> = match serde_json::from_slice(&answer.body) {
            Ok(fields) => fields,
            Err(error) => return Err(not_understood(answer, log_id, Some(error))),
        };
        Err(Failure(fields).into_error(answer, log_id))
    }

    fn log_id(&self, headers: &HeaderMap) -> Option<String> {
        header(headers, &["x-acs-request-id", "x-acs-trace-id"])
    }
}

/// An error body. The case of its keys varies from operation to operation.
struct Failure(Map<String, Value>);

impl Failure {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn missing_scopes(&self) -> Vec<Violation> {
        let scopes = self
            .get("accessdenieddetail")
            .and_then(|detail| detail.get("requiredScopes"))
            .and_then(Value::as_array);
        let scopes = scopes.into_iter().flatten().filter_map(Value::as_str);
        scopes.map(|scope| Violation::Permission { scope: scope.to_owned(), url: None }).collect()
    }

    fn into_error(self, answer: &Answer, log_id: Option<String>) -> Error {
        let banned = self.text("punish").is_some();
        // A ban comes from the gateway, which knows no code but its `status`.
        let code = self.text("code").or_else(|| self.text("status")).unwrap_or_default();
        let status = answer.status.as_u16();
        let (kind, advice) = if banned {
            (ErrorKind::Throttled, Some("This machine's address is banned for five minutes."))
        } else {
            classify(status, &code)
        };
        Error::new(kind).with_api(ApiError {
            status,
            message: self.text("message").or_else(|| self.text("description")).unwrap_or_default(),
            log_id: log_id.or_else(|| self.text("requestid")),
            retry_after: banned.then_some(Duration::from_secs(5 * 60)),
            violations: self.missing_scopes(),
            help_links: Vec::new(),
            advice,
            code,
        })
    }
}

/// What the gateway's own codes mean. A rate limit is a 403 like a missing permission, so it is
/// told apart first.
fn classify(status: u16, code: &str) -> (ErrorKind, Option<&'static str>) {
    let is = |codes: &[&str]| codes.iter().any(|known| known.eq_ignore_ascii_case(code));
    if code.contains("QpsLimitFor") {
        (ErrorKind::Throttled, Some("Send fewer requests a second."))
    } else if code.contains("QpmLimitFor") {
        (ErrorKind::Throttled, Some("Send fewer requests a minute."))
    } else if code.contains("ApiCountLimitFor") || is(&["daily.call.limit"]) {
        (ErrorKind::QuotaExceeded, Some("The quota of calls is used up; buy more or wait."))
    } else if is(&[
        "InvalidAuthentication",
        "invalidAccessToken",
        "accesstoken.expired",
        "40001",
        "40014",
        "42001",
    ]) {
        (ErrorKind::Unauthenticated, Some("Fetch a new token of the app."))
    } else if code.contains("IpNotInWhiteList") {
        (ErrorKind::Configuration, Some("Add this machine's address to the app's IP allow-list."))
    } else if code.contains("PermissionDenied") {
        (
            ErrorKind::PermissionDenied,
            Some("Grant the app the operation's permission in the developer console."),
        )
    } else if status == 429 {
        (ErrorKind::Throttled, None)
    } else if status >= 500 || is(&["systemBusy", "serviceBusy"]) {
        (ErrorKind::Unavailable, Some("Try again later."))
    } else if status == 403 {
        (ErrorKind::PermissionDenied, None)
    } else {
        (ErrorKind::Rejected, None)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn error(status: u16, body: &str) -> Error {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        DingTalkPlatform.read_data(&answer).unwrap_err()
    }

    #[test]
    fn codes_are_told_apart() {
        for (status, code, kind) in [
            (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", ErrorKind::Throttled),
            (403, "Forbidden.AccessDenied.QpmLimitForApi", ErrorKind::Throttled),
            (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", ErrorKind::QuotaExceeded),
            (
                403,
                "Forbidden.AccessDenied.AccessTokenPermissionDenied",
                ErrorKind::PermissionDenied,
            ),
            (403, "Forbidden.AccessDenied.IpNotInWhiteList", ErrorKind::Configuration),
            (400, "InvalidAuthentication", ErrorKind::Unauthenticated),
            (401, "accesstoken.expired", ErrorKind::Unauthenticated),
            (500, "systemError", ErrorKind::Unavailable),
            (400, "systemBusy", ErrorKind::Unavailable),
            (404, "conversationNotExist", ErrorKind::Rejected),
        ] {
            let body = json!({ "code": code, "message": "m" }).to_string();
            assert_eq!(error(status, &body).kind(), kind, "{code}");
        }
    }

    #[test]
    fn keys_are_read_in_any_case() {
        let error = error(400, r#"{"Code":"paramError","Message":"bad","RequestId":"R1"}"#);
        let api = error.api().unwrap();
        assert_eq!((api.code(), api.message(), api.log_id()), ("paramError", "bad", Some("R1")));
    }

    #[test]
    fn missing_scopes_are_named() {
        let error = error(
            403,
            r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied",
                "accessdenieddetail":{"requiredScopes":["ConvFile.File.Send"]}}"#,
        );
        let scope = Violation::Permission { scope: "ConvFile.File.Send".into(), url: None };
        assert_eq!(error.api().unwrap().violations(), [scope]);
    }

    #[test]
    fn a_ban_says_how_long_it_lasts() {
        let error = error(403, r#"{"status":1111,"punish":"deny"}"#);
        assert!(error.is_throttled());
        assert_eq!(error.api().unwrap().retry_after(), Some(Duration::from_secs(300)));
        assert_eq!(error.api().unwrap().code(), "1111");
    }

    #[test]
    fn a_page_of_a_proxy_keeps_its_status() {
        let error = error(502, "<html>");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.api().unwrap().status(), 502);
    }
}
