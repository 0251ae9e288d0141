use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::HeaderName;
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{App, Grant, Platform, TokenRequest, Vendor, not_understood};
use crate::base::Secret;
use crate::codec;
use crate::error::{ApiError, Error, ErrorKind, Violation};
use crate::wire::{COMPONENT, Reply, retry_after};

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
    fn name(&self) -> &'static str {
        "dingtalk"
    }

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

    fn token_request(
        &self,
        app: &App,
        grant: &Grant,
        _parent: Option<&Secret>,
        ticket: Option<&Secret>,
    ) -> TokenRequest {
        let (id, secret) = (&app.id, app.secret.expose());
        let (path, body) = match grant {
            Grant::DingTalkCorp { auth_corp_id } => (
                "/v1.0/oauth2/corpAccessToken".to_owned(),
                json!({
                    "suiteKey": id,
                    "suiteSecret": secret,
                    "authCorpId": auth_corp_id,
                    "suiteTicket": ticket.map(Secret::expose),
                }),
            ),
            Grant::DingTalkUnified { corp_id } => (
                format!("/v1.0/oauth2/{}/token", utf8_percent_encode(corp_id, COMPONENT)),
                json!({
                    "client_id": id,
                    "client_secret": secret,
                    "grant_type": "client_credentials",
                }),
            ),
            _ => (
                "/v1.0/oauth2/accessToken".to_owned(),
                json!({ "appKey": id, "appSecret": secret }),
            ),
        };
        TokenRequest { path, body: Bytes::from(body.to_string()) }
    }

    fn read_token(&self, _grant: &Grant, reply: &Reply) -> Result<(Secret, Duration), Error> {
        #[derive(Deserialize)]
        struct TokenAnswer {
            #[serde(alias = "accessToken")]
            access_token: String,
            #[serde(alias = "expireIn")]
            expires_in: u64,
        }
        let token: TokenAnswer = codec::from_slice(&reply.body)
            .map_err(|error| Error::new(ErrorKind::Decode).with_cause(&error))?;
        Ok((token.access_token.into(), Duration::from_secs(token.expires_in)))
    }

    /// There is no envelope: the body of a success is the data.
    fn read_data(&self, reply: &Reply) -> Result<Bytes, Error> {
        let log_id = self.log_id(&reply.headers);
        let text = reply.body.trim_ascii();
        if reply.status.is_success() && !is_ban(text) {
            let data =
                if text.is_empty() { Bytes::from_static(b"null") } else { reply.body.clone() };
            return Ok(data);
        }
        match serde_json::from_slice::<Map<String, Value>>(text) {
            Ok(fields) => Err(Failure(fields).into_error(reply, log_id)),
            // The page that a banned address is shown.
            Err(_) if reply.status.is_client_error() && text.starts_with(b"<") => {
                Err(banned(not_understood(reply, log_id)))
            }
            Err(_) => Err(not_understood(reply, log_id)),
        }
    }

    fn log_id_headers(&self) -> &'static [HeaderName] {
        static NAMES: [HeaderName; 2] = [
            HeaderName::from_static("x-acs-request-id"),
            HeaderName::from_static("x-acs-trace-id"),
        ];
        &NAMES
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

    fn into_error(self, reply: &Reply, log_id: Option<String>) -> Error {
        let banned = self.text("punish").is_some();
        // A ban comes from the gateway, which knows no code but its `status`.
        let code = self.text("code").or_else(|| self.text("status")).unwrap_or_default();
        let status = reply.status.as_u16();
        let asked_for = retry_after(&reply.headers, reply.received_at);
        let (kind, advice) =
            if banned { (ErrorKind::Throttled, Some(BANNED)) } else { classify(status, &code) };
        Error::new(kind).with_api(ApiError {
            status,
            message: self.text("message").or_else(|| self.text("description")).unwrap_or_default(),
            log_id: log_id.or_else(|| self.text("requestid")),
            excerpt: None,
            retry_after: asked_for.max(if banned { Some(BAN) } else { wait(&code, reply) }),
            ban: banned,
            violations: self.missing_scopes(),
            help_links: Vec::new(),
            advice: advice.map(Into::into),
            code,
        })
    }
}

/// `{"status":1111,"punish":"deny"}`, whatever the HTTP status.
fn is_ban(body: &[u8]) -> bool {
    // Most answers are large and no ban; a ban is neither.
    body.len() < 1024
        && serde_json::from_slice::<Map<String, Value>>(body)
            .is_ok_and(|fields| fields.contains_key("punish") && fields.contains_key("status"))
}

/// How long an address stays banned.
const BAN: Duration = Duration::from_secs(5 * 60);

const BANNED: &str = "This machine's address is banned for five minutes; send nothing until then.";

fn banned(error: Error) -> Error {
    error.with_kind(ErrorKind::Throttled).with_ban(BAN).with_advice(BANNED)
}

/// How long to wait for a limit to be lifted: the gateway counts by the second or by the minute.
fn wait(code: &str, reply: &Reply) -> Option<Duration> {
    if code.contains("QpsLimitFor") {
        return Some(Duration::from_secs(1));
    }
    let since_epoch = reply.received_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let into_minute = Duration::from_millis((since_epoch.as_millis() % 60_000) as u64);
    code.contains("QpmLimitFor").then(|| Duration::from_secs(60) - into_minute)
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
    } else if code.to_ascii_lowercase().contains("permissiondenied") {
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
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn error(status: u16, body: &str) -> Error {
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            received_at: SystemTime::UNIX_EPOCH + Duration::from_secs(75),
        };
        DingTalkPlatform.read_data(&reply).unwrap_err()
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
    fn a_limit_says_when_it_is_lifted() {
        let wait = |code: &str| {
            let error = error(403, &json!({ "code": code }).to_string());
            error.api().unwrap().retry_after()
        };
        let second = Duration::from_secs(1);
        assert_eq!(wait("Forbidden.AccessDenied.QpsLimitForApi"), Some(second));
        assert_eq!(wait("Forbidden.AccessDenied.QpmLimitForApi"), Some(45 * second));
        assert_eq!(wait("systemError"), None);
    }

    #[test]
    fn a_ban_says_how_long_it_lasts() {
        let error = error(403, r#"{"status":1111,"punish":"deny"}"#);
        assert!(error.is_throttled());
        assert_eq!(error.api().unwrap().retry_after(), Some(Duration::from_secs(300)));
        assert_eq!(error.api().unwrap().code(), "1111");
    }

    #[test]
    fn a_ban_is_known_by_its_body() {
        let read = |status: u16, body: &'static str| {
            DingTalkPlatform.read_data(&Reply {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: Bytes::from_static(body.as_bytes()),
                received_at: SystemTime::UNIX_EPOCH,
            })
        };
        for (status, body) in [(200, r#"{"status":1111,"punish":"deny"}"#), (403, "<html>")] {
            let error = read(status, body).unwrap_err();
            assert!(error.is_throttled() && error.api().unwrap().is_ban(), "{error}");
            assert_eq!(error.api().unwrap().retry_after(), Some(BAN));
        }
        assert_eq!(read(200, " ").unwrap(), "null");
        assert_eq!(read(200, "{}").unwrap(), "{}");
    }

    #[test]
    fn a_page_of_a_proxy_keeps_its_status() {
        let error = error(502, "<html>");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.api().unwrap().status(), 502);
    }
}
