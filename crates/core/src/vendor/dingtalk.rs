use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderName, StatusCode};
use memchr::{memchr, memchr_iter};
use percent_encoding::utf8_percent_encode;
use serde_json::json;

use super::members::{Members, text};
use super::page::{is_markup, kind_of, not_understood};
use super::{
    App, Data, Grant, LONGEST_MESSAGE, LONGEST_NAME, MOST, NO_DATA, Platform, TokenMembers,
    TokenRequest, UserGrant, Vendor,
};
use crate::base::{Secret, printable};
use crate::codec::repair;
use crate::error::{ApiError, Error, ErrorKind, Violation};
use crate::wire::{COMPONENT, Reply, retry_after};

/// DingTalk, with both of its APIs. A path that begins with a version, such as `/v1.0`, is one of the
/// current API. Any other, such as `/topapi/v2/user/get`, is one of the old API: its operations go to
/// `oapi.dingtalk.com`, take the token in the query, and respond with an `errcode`.
#[derive(Debug, Clone, Copy)]
pub enum DingTalk {}

impl Vendor for DingTalk {
    const PLATFORM: &'static dyn Platform = &DingTalkPlatform;
}

impl DingTalk {
    /// The host in China.
    pub const CHINA: &'static str = "https://api.dingtalk.com";
    /// The host outside China. An app belongs to one of the two.
    pub const INTERNATIONAL: &'static str = "https://api.dingtalk.io";
}

/// The hosts, each with that of the old API.
const HOSTS: [(&str, &str); 2] =
    [("api.dingtalk.com", "oapi.dingtalk.com"), ("api.dingtalk.io", "oapi.dingtalk.io")];

const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-acs-dingtalk-access-token");

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
        TOKEN_HEADER
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

    fn read_token(
        &self,
        _grant: &Grant,
        reply: &Reply,
    ) -> Result<(Secret, Option<Duration>), Error> {
        let members = TokenMembers::read(&reply.body)?;
        let token = members.token(&["accessToken", "access_token"])?;
        Ok((token, members.lifetime(&["expireIn", "expires_in"])))
    }

    fn user_token_request(&self, app: &App, grant: &UserGrant) -> (&'static str, TokenRequest) {
        let (grant_type, name, value) = match grant {
            UserGrant::Code { code, .. } => ("authorization_code", "code", code),
            UserGrant::Refresh(token) => ("refresh_token", "refreshToken", token),
        };
        let body = json!({
            "clientId": app.id,
            "clientSecret": app.secret.expose(),
            "grantType": grant_type,
            name: value.expose(),
        });
        let path = "/v1.0/oauth2/userAccessToken".to_owned();
        let body = Bytes::from(body.to_string());
        ("oauth2.userAccessToken", TokenRequest { path, body })
    }

    /// There is no envelope: the body of a success is the data.
    fn read_data(&self, reply: &Reply) -> Result<Data, Error> {
        let log_id = || self.log_id(&reply.headers);
        if is_markup(&reply.body) {
            let error = not_understood(reply, log_id());
            return Err(if is_page_of_ban(reply) { banned(error, BAN) } else { error });
        }
        if !reply.status.is_success() {
            return Err(read_failure(reply, log_id()));
        }
        if reply.body.trim_ascii().is_empty() {
            return Ok(NO_DATA.into());
        }
        match is_failure(&reply.body) {
            true => Err(read_failure(reply, log_id())),
            false => Ok(reply.body.clone().into()),
        }
    }

    /// Paths of the new API begin with a version.
    fn is_old(&self, path: &str) -> bool {
        !path.strip_prefix("/v").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    }

    fn old_host(&self, host: &str) -> Option<&'static str> {
        let (_, old) = HOSTS.iter().find(|(new, _)| new.eq_ignore_ascii_case(host))?;
        Some(old)
    }

    /// Every response has a code, among members of any size.
    fn read_old_data(&self, reply: &Reply) -> Result<Data, Error> {
        let code = Members::read(&reply.body).code(OLD_CODE).filter(|code| !is_fine(code));
        match code {
            Some(_) => Err(read_failure(reply, self.log_id(&reply.headers))),
            None => self.read_data(reply),
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

/// The members that errors consist of, those of the old API (`errcode`) and of single services
/// included.
const CODE: &[&str] =
    &["code", "errcode", "errorCode", "error_code", "ding_open_errcode", "dingOpenErrcode"];
const MESSAGE: &[&str] =
    &["message", "errmsg", "errorMsg", "error_msg", "errorMessage", "msg", "description"];
const LOG_ID: &[&str] = &["requestid", "request_id"];
const OTHERS: &[&str] = &[
    "sub_code",
    "sub_msg",
    "accessdenieddetail",
    "success",
    "status",
    "httpStatus",
    "statusCode",
    "traceId",
    "trace_id",
    "hostId",
    "recommend",
    "data",
    "result",
];

/// The codes of the old API, which say that all is well as well.
const OLD_CODE: &[&str] = &["errcode", "ding_open_errcode", "dingOpenErrcode"];

/// Most responses are larger than any error; they are not looked through.
const LARGEST_FAILURE: usize = 8 * 1024;

/// Returns `true` if the body of a success is an error nevertheless: of the old API, of a service
/// behind the gateway, or a ban.
fn is_failure(body: &[u8]) -> bool {
    body.len() <= LARGEST_FAILURE && may_be_failure(body) && read_is_failure(body)
}

/// Returns `false` if no member has a name of those that each failure has one of, which takes a tenth
/// of the time that reading the members takes.
fn may_be_failure(body: &[u8]) -> bool {
    let is_one = |colon: usize| match body.split_at(colon).0.trim_ascii_end() {
        // The last letters of `code`, `punish` and `success`.
        [.., a, b, c, d, b'"'] => {
            let end = [a, b, c, d].map(u8::to_ascii_lowercase);
            [*b"code", *b"nish", *b"cess"].contains(&end)
        }
        _ => false,
    };
    // An escape can stand for any letter.
    memchr(b'\\', body).is_some() || memchr_iter(b':', body).any(is_one)
}

fn read_is_failure(body: &[u8]) -> bool {
    let members = Members::read(body);
    match members.is_whole() {
        true => says_failure(&members),
        false => says_failure(&Members::read(&repair(body))),
    }
}

fn says_failure(members: &Members<'_>) -> bool {
    let mut old_codes = OLD_CODE.iter().filter_map(|name| members.code(&[name]));
    if is_ban(members) || old_codes.any(|code| !is_fine(&code)) {
        return true;
    }
    if let Some(success) = members.get("success") {
        let success = success.get().trim_matches('"');
        return success == "0" || success.eq_ignore_ascii_case("false");
    }
    // `code` and `message` can be data, but not both of them and nothing but what comes with errors.
    let known = [CODE, MESSAGE, LOG_ID, OTHERS].concat();
    let is_known = |name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    code(members).is_some() && members.text(MESSAGE).is_some() && members.names().all(is_known)
}

fn is_fine(code: &str) -> bool {
    ["0", "200", "ok", "success"].iter().any(|fine| fine.eq_ignore_ascii_case(code))
}

fn code(members: &Members<'_>) -> Option<String> {
    let codes = CODE.iter().filter_map(|name| members.code(&[name]));
    codes.into_iter().find(|code| !is_fine(code))
}

#[cold]
fn read_failure(reply: &Reply, log_id: Option<String>) -> Error {
    let json = repair(&reply.body);
    let members = Members::read(&json);
    let (code, message) = (code(&members), message(&members));
    let is_ban = is_ban(&members);
    let says_nothing = code.is_none() && message.is_empty() && !is_ban;
    if says_nothing && members.get("success").is_none() {
        return not_understood(reply, log_id);
    }
    // A ban comes from the gateway, which knows no code but its `status`.
    let code = code.or_else(|| members.code(&["status"]).filter(|_| is_ban)).unwrap_or_default();
    let asked_for = retry_after(&reply.headers, reply.received_at);
    let (kind, advice) = classify(reply, &code, sub_code(&members, &code, &message).as_deref());
    let log_id = log_id.or_else(|| Some(printable(&members.text(LOG_ID)?, LONGEST_NAME)));
    let error = Error::new(kind)
        .with_api(ApiError {
            status: reply.status.as_u16(),
            retry_after: asked_for.max(wait(&code, reply)),
            code: printable(&code, LONGEST_NAME),
            message: printable(&message, LONGEST_MESSAGE),
            log_id,
            violations: missing_scopes(&members, &message),
            ..ApiError::default()
        })
        .with_advice(advice);
    if is_ban {
        let length = asked_for.max(Some(length_of_ban(&members)));
        return banned(error, length.unwrap_or(BAN));
    }
    match says_nothing {
        true => error.with_detail("the response has `success: false` without a reason"),
        false => error,
    }
}

/// Returns the message, and with it the more exact one of the service behind the gateway, unless it
/// is there already.
fn message(members: &Members<'_>) -> String {
    let message = members.text(MESSAGE).unwrap_or_default();
    let code = members.code(&["sub_code"]).unwrap_or_default();
    let text = members.text(&["sub_msg"]).unwrap_or_default();
    if message.contains(&code) && message.contains(&text) {
        return message;
    }
    format!("{message} ({})", format!("{code} {text}").trim()).trim().to_owned()
}

/// Returns the code of the service behind the gateway. The old API has it in its message as well,
/// `ding talk error[subcode=60011,submsg=..]`, where its own code is 88. Other messages may quote what
/// someone wrote.
fn sub_code(members: &Members<'_>, code: &str, message: &str) -> Option<String> {
    let in_message = || {
        let (_, rest) = message.split_once("subcode=")?;
        let code: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        (!code.is_empty()).then_some(code)
    };
    members.code(&["sub_code"]).or_else(|| in_message().filter(|_| code == "88"))
}

/// The old API has the scopes in its message alone: `{requiredScopes=[a, b]}`.
fn missing_scopes(members: &Members<'_>, message: &str) -> Vec<Violation> {
    let scopes = members.object("accessdenieddetail").list("requiredScopes");
    let in_message =
        message.split_once("requiredScopes=[").and_then(|(_, rest)| rest.split_once(']'));
    let in_message = in_message.map_or("", |(scopes, _)| scopes).split(',').map(str::trim);
    let in_message = in_message.filter(|scope| !scope.is_empty()).map(str::to_owned);
    let scopes = scopes.into_iter().filter_map(text).chain(in_message).take(MOST);
    scopes
        .map(|scope| Violation::Permission { scope: printable(&scope, LONGEST_NAME), url: None })
        .collect()
}

/// `{"status":1111,"wait":5,"punish":"deny"}`, whatever the HTTP status.
fn is_ban(members: &Members<'_>) -> bool {
    members.get("punish").is_some() && members.get("status").is_some()
}

/// The page that a banned address is shown: it says so, or it comes with the status of a limit.
fn is_page_of_ban(reply: &Reply) -> bool {
    let says_so = reply.body.windows(b"punish".len()).take(LARGEST_FAILURE);
    matches!(reply.status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS)
        || says_so.into_iter().any(|word| word.eq_ignore_ascii_case(b"punish"))
}

/// The time for which an address stays banned.
const BAN: Duration = Duration::from_secs(5 * 60);

/// The vendor names the length of a ban in minutes. One of more than an hour is not documented.
fn length_of_ban(members: &Members<'_>) -> Duration {
    let minutes = members.text(&["wait"]).and_then(|wait| wait.trim().parse::<u64>().ok());
    minutes
        .filter(|minutes| (1..=60).contains(minutes))
        .map_or(BAN, |minutes| Duration::from_secs(60 * minutes))
}

fn banned(error: Error, length: Duration) -> Error {
    let minutes = length.as_secs().div_ceil(60);
    error.with_kind(ErrorKind::Throttled).with_ban(length).with_advice(format!(
        "This machine's address is banned for {minutes} minutes; send nothing until then."
    ))
}

/// Returns the wait until a limit is lifted: the gateway counts by the second or by the minute.
fn wait(code: &str, reply: &Reply) -> Option<Duration> {
    if code.contains("QpsLimitFor") {
        return Some(Duration::from_secs(1));
    }
    let since_epoch = reply.received_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let into_minute = Duration::from_millis((since_epoch.as_millis() % 60_000) as u64);
    code.contains("QpmLimitFor").then(|| Duration::from_secs(60) - into_minute)
}

/// Returns what the codes say, the more exact one first, or else what the status says.
fn classify(reply: &Reply, code: &str, sub_code: Option<&str>) -> (ErrorKind, &'static str) {
    // 88 refers to the more exact code; without one, it says that the token was not accepted.
    let code = if code == "88" { sub_code.unwrap_or("40014") } else { code };
    let by_code = sub_code.and_then(by_code).or_else(|| by_code(code));
    by_code.unwrap_or(match reply.status {
        StatusCode::FORBIDDEN => (ErrorKind::PermissionDenied, ""),
        status if status.is_server_error() => (kind_of(status), "Try again later."),
        status => (kind_of(status), ""),
    })
}

/// Returns what the gateway's own codes mean. A rate limit is a 403 like a missing permission, so
/// it is told apart first.
fn by_code(code: &str) -> Option<(ErrorKind, &'static str)> {
    let code = code.to_ascii_lowercase();
    let is = |codes: &[&str]| codes.contains(&&*code);
    let has = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
    let legacy = code.parse().unwrap_or(0);
    Some(if has(&["qpmlimitfor"]) {
        (ErrorKind::Throttled, "Send fewer requests per minute.")
    } else if has(&["qpslimitfor", "requesttoofast", "toomanyvisitors", "toomanyrequests"])
        || code.starts_with("throttling")
        || (90_001..90_020).contains(&legacy)
        || is(&[
            // Those of a robot that belongs to a group.
            "130101",
            "660026",
            "qps.exceed.limit",
            "request.too.fast",
            "request.overlimit",
            "integrated.qps.exceed",
            "oaplus.query.limit",
        ])
    {
        (ErrorKind::Throttled, "Reduce the request rate.")
    } else if has(&["apicountlimitfor"]) || is(&["daily.call.limit", "90020"]) {
        (ErrorKind::QuotaExceeded, "The quota of calls is used up; buy more or wait.")
    } else if is(&[
        "invalidauthentication",
        "invalidaccesstoken",
        "accesstoken.expired",
        "40001",
        "40014",
        "42001",
    ]) {
        (
            ErrorKind::Unauthenticated,
            "If a user's token was sent, refresh it, or have the user log in again. If the app's \
             token was sent, check that the app is enabled and that the operation does not act for \
             a user, for whom there is `as_user`; a new token was tried.",
        )
    } else if has(&["ipnotinwhitelist"]) || is(&["60020"]) {
        (ErrorKind::Configuration, "Add this machine's address to the app's IP allow-list.")
    } else if is(&["40089", "40096", "invalidclientidorsecret", "invalidclientid", "33001"]) {
        (
            ErrorKind::Configuration,
            "Check the app's key and secret, the ID of the organization, and the base URL: an app \
             belongs to one region.",
        )
    } else if has(&["permissiondenied"]) || is(&["60011", "unauthorized.client"]) {
        (
            ErrorKind::PermissionDenied,
            "Grant the app the operation's permission in the developer console.",
        )
    } else if is(&[
        "-1",
        "systembusy",
        "servicebusy",
        "serviceunavailable",
        "systemerror",
        "system.error",
        "unknownerror",
    ]) {
        (ErrorKind::Unavailable, "Try again later.")
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use arbtest::arbtest;
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
            (400, "qps.exceed.limit", ErrorKind::Throttled),
            (400, "request.too.fast", ErrorKind::Throttled),
            (400, "integrated.qps.exceed", ErrorKind::Throttled),
            (400, "oaplus.query.limit", ErrorKind::Throttled),
            (400, "Throttling.User", ErrorKind::Throttled),
            (400, "Throttling", ErrorKind::Throttled),
            (400, "failure.operation.requestTooFast", ErrorKind::Throttled),
            (200, "90002", ErrorKind::Throttled),
            (200, "90018", ErrorKind::Throttled),
            (200, "90020", ErrorKind::QuotaExceeded),
            (400, "daily.call.limit", ErrorKind::QuotaExceeded),
            (200, "40014", ErrorKind::Unauthenticated),
            (200, "40089", ErrorKind::Configuration),
            (200, "40096", ErrorKind::Configuration),
            (200, "88", ErrorKind::Unauthenticated),
            (200, "130101", ErrorKind::Throttled),
            (200, "60020", ErrorKind::Configuration),
            (400, "apiPermissionDenied", ErrorKind::PermissionDenied),
            (200, "systemError", ErrorKind::Unavailable),
            (200, "serviceBusy", ErrorKind::Unavailable),
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

    fn read(status: u16, body: &str) -> Result<Bytes, Error> {
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            received_at: SystemTime::UNIX_EPOCH,
        };
        DingTalkPlatform.read_data(&reply).map(|data| data.json)
    }

    #[test]
    fn a_ban_is_known_by_its_body() {
        for (status, body) in [
            (200, r#"{"status":1111,"punish":"deny"}"#),
            (200, "<html>var x = {\"Punish\": 1}</html>"),
            (403, "<html>"),
            (429, "\u{feff} <!doctype html>"),
        ] {
            let error = read(status, body).unwrap_err();
            assert!(error.is_throttled() && error.api().unwrap().is_ban(), "{error}");
            assert_eq!(error.api().unwrap().retry_after(), Some(BAN));
        }
        let error = error(403, r#"{"status":1111,"wait":"7","source":"x5","punish":"deny"}"#);
        assert_eq!(error.api().unwrap().retry_after(), Some(Duration::from_secs(7 * 60)));
        assert!(error.to_string().contains("banned for 7 minutes"), "{error}");
    }

    #[test]
    fn other_pages_are_no_ban() {
        for (status, kind) in [
            (200, ErrorKind::Decode),
            (302, ErrorKind::Configuration),
            (401, ErrorKind::Unauthenticated),
            (404, ErrorKind::Configuration),
            (407, ErrorKind::Configuration),
            (413, ErrorKind::InvalidRequest),
            (431, ErrorKind::InvalidRequest),
            (502, ErrorKind::Unavailable),
        ] {
            let error = read(status, "<html><h1>Sorry</h1>").unwrap_err();
            assert_eq!(error.kind(), kind, "{status}");
            assert!(error.advice().is_some(), "{status}");
            assert!(!error.to_string().contains("banned"), "{error}");
            assert_eq!(error.api().unwrap().excerpt(), Some("Sorry"), "{status}");
        }
    }

    #[test]
    fn an_error_with_a_successful_status_is_an_error() {
        for (body, code, message) in [
            (r#"{"errcode":40001,"errmsg":"bad"}"#, "40001", "bad"),
            (r#"{"errcode":"310000","errmsg":"x","data":{"a":1}}"#, "310000", "x"),
            (r#"{"errcode":40014,"errmsg":"cut of"#, "40014", ""),
            (r#"{"code":"InvalidAuthentication","message":"x"}"#, "InvalidAuthentication", "x"),
            (r#"{"Code":"x","Message":"y","RequestId":"R"}"#, "x", "y"),
            (r#"{"code":"x","message":"y","result":null}"#, "x", "y"),
            (r#"{"code":400002,"message":"y"}"#, "400002", "y"),
            (r#"{"success":false,"errorCode":"e","errorMsg":"m","result":{}}"#, "e", "m"),
            (r#"{"success":"false"}"#, "", ""),
            (r#"{"success":"False","dingOpenErrcode":7,"errorMsg":"m"}"#, "7", "m"),
            (r#"{"success":0,"errorCode":"e"}"#, "e", ""),
            (r#"{"ding_open_errcode":40001,"error_msg":"y"}"#, "40001", "y"),
            (r#"{"code":"x","message":"y","traceId":"t"}"#, "x", "y"),
            (r#"{"Code":"x","Message":"y","HostId":"h","Recommend":"u"}"#, "x", "y"),
            (r#"{"code":"x","message":"y","data":{},"httpStatus":400}"#, "x", "y"),
            ("\u{feff}{\"errcode\":1,\"errmsg\":\"m\"}", "1", "m"),
            ("{\"errmsg\":\"\n\",\"errcode\":1.0}", "1", ""),
        ] {
            let error = read(200, body).unwrap_err();
            let api = error.api().unwrap();
            assert_eq!((api.code(), api.message()), (code, message), "{body}");
        }
        let error = read(200, r#"{"success":false}"#).unwrap_err();
        assert!(error.to_string().contains("`success: false`"), "{error}");
    }

    #[test]
    fn data_that_looks_like_an_error_is_data() {
        for body in [
            "{}",
            "[]",
            "7",
            r#"{"code":"AB-12","name":"x"}"#,
            r#"{"message":"hello"}"#,
            r#"{"code":"AB-12","message":"hello","file":{}}"#,
            r#"{"code":"0","message":"success"}"#,
            r#"{"code":200,"message":"OK"}"#,
            r#"{"errcode":0,"errmsg":"ok","result":{"code":"x","message":"y"}}"#,
            r#"{"success":true,"code":"x","message":"y"}"#,
            r#"{"success":1,"code":"x","message":"y"}"#,
            r#"{"dingOpenErrcode":0,"errorMsg":"ok","result":{"a":1}}"#,
            r#"{"status":1111}"#,
            r#"{"punish":null,"status":1}"#,
            r#"{"result":{"success":false}}"#,
            "{\"cut",
            "\"a text\"",
        ] {
            assert_eq!(read(200, body).unwrap(), body);
        }
        assert_eq!(read(200, " ").unwrap(), "null");
    }

    #[test]
    fn the_more_exact_code_decides_and_nothing_is_lost() {
        let body = r#"{"errcode":88,"errmsg":"failed","sub_code":"60011","sub_msg":"no scope"}"#;
        let error = read(200, body).unwrap_err();
        let api = error.api().unwrap();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!((api.code(), api.message()), ("88", "failed (60011 no scope)"));
        for (body, kind) in [
            (r#"{"errcode":88,"errmsg":"[subcode=90002,submsg=x]"}"#, ErrorKind::Throttled),
            (r#"{"errcode":88,"errmsg":"[subcode=7,submsg=x]"}"#, ErrorKind::Rejected),
            (r#"{"errcode":88,"errmsg":"[subcode=,submsg=x]"}"#, ErrorKind::Unauthenticated),
            // Any other message may quote what a user wrote.
            (r#"{"errcode":33012,"errmsg":"no user `subcode=90002`"}"#, ErrorKind::Rejected),
        ] {
            let error = read(200, body).unwrap_err();
            assert_eq!(error.kind(), kind, "{body}");
            assert!(!error.api().unwrap().message().contains('('), "{error}");
        }
    }

    #[test]
    fn json_that_says_nothing_is_not_understood() {
        for body in ["{}", "[]", "\"t-1\"", r#"{"timestamp":1,"path":"/x"}"#] {
            let error = read(404, body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{body}");
            assert!(error.to_string().contains("not in the platform's format"), "{error}");
        }
    }

    #[test]
    fn a_page_of_a_proxy_keeps_its_status() {
        let error = error(502, "<html>");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.api().unwrap().status(), 502);
    }

    #[test]
    fn no_failure_is_passed_over() {
        const NAMES: [&str; 9] = [
            "code",
            "ErrCode",
            "ding_open_errcode",
            "msg",
            "punish",
            "STATUS",
            "success",
            "c\\u006fde",
            "name",
        ];
        const VALUES: [&str; 6] = ["\"7\"", "7", "0", "false", "\"x\"", "{}"];
        const COLONS: [&str; 3] = [":", " :", "\n: "];
        arbtest(|input| {
            let count = input.int_in_range(1..=4)?;
            let members = (0..count).map(|_| {
                let (name, colon) = (input.choose(&NAMES)?, input.choose(&COLONS)?);
                Ok(format!("\"{name}\"{colon}{}", input.choose(&VALUES)?))
            });
            let members = members.collect::<arbtest::arbitrary::Result<Vec<_>>>()?.join(",");
            // Whole, cut off, and with a character that JSON does not have.
            for body in [
                format!("{{{members}}}"),
                format!("{{{members},\"end\":\"x"),
                format!("{{{members},\"end\":\"\n\"}}"),
            ] {
                assert!(
                    may_be_failure(body.as_bytes()) || !read_is_failure(body.as_bytes()),
                    "{body}"
                );
            }
            Ok(())
        });
        assert!(may_be_failure(br#"{"STATUS":1111,"Punish" : "deny"}"#));
        assert!(!may_be_failure(br#"{"file":{"name":"code:","type":"success"}}"#));
    }
}
