#[rustfmt::skip]
mod codes;

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, header};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use self::codes::COMMON_CODES;
use super::members::{Members, text};
use super::page::{kind_of, not_understood};
use super::{
    App, Data, Grant, LONGEST_MESSAGE, LONGEST_NAME, MOST, NO_DATA, Platform, TokenMembers,
    TokenRequest, UserGrant, Vendor,
};
use crate::base::{Secret, printable};
use crate::codec::{Warning, repair};
use crate::error::{ApiError, Error, ErrorKind, Violation};
use crate::meta::find_code;
use crate::wire::{Reply, retry_after};

/// Feishu, and Lark outside China.
#[derive(Debug, Clone, Copy)]
pub enum Feishu {}

impl Vendor for Feishu {
    const PLATFORM: &'static dyn Platform = &FeishuPlatform;
}

impl Feishu {
    /// The host of Feishu, in China.
    pub const FEISHU_CN: &'static str = "https://open.feishu.cn";
    /// The host of Lark, outside China.
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

    fn read_token(
        &self,
        grant: &Grant,
        reply: &Reply,
    ) -> Result<(Secret, Option<Duration>), Error> {
        // A response may hold both.
        let name = match grant {
            Grant::FeishuApp | Grant::FeishuStoreApp => "app_access_token",
            _ => "tenant_access_token",
        };
        let members = TokenMembers::read(&reply.body)?;
        Ok((members.token(&[name])?, members.lifetime(&["expire"])))
    }

    fn user_token_request(&self, app: &App, grant: &UserGrant) -> (&'static str, TokenRequest) {
        let mut body = json!({ "client_id": app.id, "client_secret": app.secret.expose() });
        match grant {
            UserGrant::Code { code, redirect_uri, verifier } => {
                body["grant_type"] = "authorization_code".into();
                body["code"] = code.expose().into();
                if let Some(uri) = redirect_uri {
                    body["redirect_uri"] = uri.as_str().into();
                }
                if let Some(verifier) = verifier {
                    body["code_verifier"] = verifier.expose().into();
                }
            }
            UserGrant::Refresh(token) => {
                body["grant_type"] = "refresh_token".into();
                body["refresh_token"] = token.expose().into();
            }
        }
        let path = "/open-apis/authen/v2/oauth/token".to_owned();
        let body = Bytes::from(body.to_string());
        ("authen.v2.oauth.token", TokenRequest { path, body })
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

    fn read_data(&self, reply: &Reply) -> Result<Data, Error> {
        match serde_json::from_slice(&reply.body) {
            Ok(Envelope { code, data }) if matches!(code.get(), "0" | "\"0\"") => {
                let data = data.map(|data| reply.body.slice_ref(data.get().as_bytes()));
                Ok(data.unwrap_or(NO_DATA).into())
            }
            _ => read_again(reply, self.log_id(&reply.headers)),
        }
    }

    /// Members come in the order of their names, or in that of the documentation. If what is between
    /// the rest is one value, then it is the data.
    fn presumed_data(&self, body: &[u8]) -> Option<Range<usize>> {
        FORMS.iter().find_map(|(before, after)| {
            let is_it = body.starts_with(before) && body.ends_with(after);
            let range = before.len()..body.len().checked_sub(after.len())?;
            (is_it && range.start < range.end).then_some(range)
        })
    }

    /// A file can be JSON with a `code` of its own, such as that of a country.
    fn has_code(&self, error: &Error) -> bool {
        error.api().is_some_and(|api| api.code().parse::<i64>().is_ok())
    }

    fn log_id_headers(&self) -> &'static [HeaderName] {
        static NAMES: [HeaderName; 2] =
            [HeaderName::from_static("x-tt-logid"), HeaderName::from_static("x-request-id")];
        &NAMES
    }
}

/// The text before and after the data of nearly all successes.
const FORMS: [(&[u8], &[u8]); 6] = [
    (br#"{"code":0,"data":"#, br#","msg":"success"}"#),
    (br#"{"code":0,"msg":"success","data":"#, b"}"),
    (br#"{"code":0,"data":"#, br#","msg":"ok"}"#),
    (br#"{"code":0,"msg":"ok","data":"#, b"}"),
    (br#"{"code":0,"data":"#, br#","msg":""}"#),
    (br#"{"code":0,"msg":"","data":"#, b"}"),
];

fn credentials(app: &App) -> Value {
    json!({ "app_id": app.id, "app_secret": app.secret.expose() })
}

/// The most bytes that an error keeps of what is wrong with a field, and of a URL.
const LONGEST_DESCRIPTION: usize = 300;
const LONGEST_URL: usize = 400;

/// `{code, msg, data?, error?}` of a success. `code` decides, whatever the HTTP status says.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    code: &'a RawValue,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// Reads whatever is not plainly a success, member by member.
#[cold]
fn read_again(reply: &Reply, log_id: Option<String>) -> Result<Data, Error> {
    let json = repair(&reply.body);
    let envelope = Members::read(&json);
    match envelope.code(&["code"]) {
        Some(code) if code != "0" => Err(refusal(&code, &envelope, reply, log_id)),
        Some(_) if envelope.is_whole() => {
            let repaired = (*json != *reply.body).then(Warning::repaired);
            let repeated = ["code", "data"].into_iter().filter(|name| envelope.repeats(name));
            let warnings = repaired.into_iter().chain(repeated.map(Warning::repeated_member));
            let data =
                envelope.get("data").map(|data| Bytes::copy_from_slice(data.get().as_bytes()));
            Ok(Data { json: data.unwrap_or(NO_DATA), warnings: warnings.collect() })
        }
        Some(_) => Err(not_understood(reply, log_id)),
        // An error of OAuth alone, in the form of its standard.
        None => match envelope.get("error_description").and(envelope.text(&["error"])) {
            Some(code) => Err(refusal(&code, &envelope, reply, log_id)),
            None => Err(not_understood(reply, log_id)),
        },
    }
}

fn refusal(code: &str, envelope: &Members<'_>, reply: &Reply, log_id: Option<String>) -> Error {
    let detail = envelope.object("error");
    let message = envelope.text(&["msg", "message", "error_description"]);
    let message = message.or_else(|| detail.text(&["message"])).unwrap_or_default();
    let log_id = log_id
        .or_else(|| detail.text(&["log_id", "logid"]))
        .or_else(|| envelope.text(&["log_id", "logid", "request_id"]))
        .map(|log_id| printable(&log_id, LONGEST_NAME));
    let (kind, advice) = match find_code(COMMON_CODES, code) {
        // The one code with two meanings, which nothing but the message tells apart.
        Some(_) if code == "9499" && message.to_ascii_lowercase().contains("too many request") => {
            (ErrorKind::Throttled, SLOWER)
        }
        Some(known) => (known.kind, known.advice),
        None => (kind_of(reply.status), ""),
    };
    Error::new(kind)
        .with_api(ApiError {
            status: reply.status.as_u16(),
            code: printable(code, LONGEST_NAME),
            message: printable(&message, LONGEST_MESSAGE),
            log_id,
            retry_after: retry_after(&reply.headers, reply.received_at),
            violations: violations(&detail),
            help_links: help_links(&detail),
            ..ApiError::default()
        })
        .with_advice(advice)
}

/// Fields come as `{field, description}`, scopes as `{scope, url}` or `{type, subject,
/// description}`.
fn violations(detail: &Members<'_>) -> Vec<Violation> {
    let name = |text: String| printable(&text, LONGEST_NAME);
    let fields = detail.list("field_violations").into_iter().filter_map(|item| {
        let item = Members::read(item.get().as_bytes());
        let field = item.text(&["field"]);
        let description = item.text(&["description"]);
        (field.is_some() || description.is_some()).then(|| Violation::Field {
            field: name(field.unwrap_or_default()),
            description: printable(&description.unwrap_or_default(), LONGEST_DESCRIPTION),
        })
    });
    let scopes = detail.list("permission_violations").into_iter().filter_map(|item| {
        let members = Members::read(item.get().as_bytes());
        let scope = members.text(&["scope", "subject"]).or_else(|| text(item))?;
        let url = members.text(&["url"]).and_then(|url| url_in(&url));
        Some(Violation::Permission { scope: name(scope), url })
    });
    fields.chain(scopes).take(MOST).collect()
}

fn help_links(detail: &Members<'_>) -> Vec<String> {
    let helps = detail.list("helps").into_iter();
    let helps = helps.filter_map(|help| Members::read(help.get().as_bytes()).text(&["url"]));
    let links = detail.text(&["troubleshooter"]).into_iter().chain(helps);
    links.filter_map(|text| url_in(&text)).take(MOST).collect()
}

/// Returns the first URL of a sentence.
fn url_in(text: &str) -> Option<String> {
    let start = ["https://", "http://"].iter().filter_map(|scheme| text.find(scheme)).min()?;
    let is_outside = |char: char| !char.is_ascii_graphic() || "\"'<>`".contains(char);
    let url = text[start..].split(is_outside).next()?;
    let url = url.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    let url = if url.contains('(') { url } else { url.trim_end_matches(')') };
    // A part of a URL leads elsewhere.
    (url.len() <= LONGEST_URL).then(|| url.to_owned())
}

const SLOWER: &str = "Reduce the request rate.";

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use arbtest::arbtest;
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
        FeishuPlatform.read_data(&reply(status, body)).map(|data| data.json)
    }

    #[test]
    fn common_codes_are_sorted() {
        assert!(COMMON_CODES.is_sorted_by(|a, b| a.code < b.code));
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
    fn replies_of_a_gateway_keep_their_status() {
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

    fn code_of(body: impl AsRef<[u8]>) -> String {
        let reply = Reply { body: Bytes::copy_from_slice(body.as_ref()), ..reply(400, "") };
        FeishuPlatform.read_data(&reply).unwrap_err().api().unwrap().code().to_owned()
    }

    #[test]
    fn nothing_hides_the_code() {
        for body in [
            &br#"{"code":99991663,"msg":"m","error":"oops"}"#[..],
            br#"{"code":99991663,"msg":"m","error":[1,{}],"data":"x"}"#,
            br#"{"code":99991663,"msg":{"a":1}}"#,
            br#"{"code":99991663,"msg":"cut \ud83d"}"#,
            b"{\"code\":99991663,\"msg\":\"cut \xe4\xbd\"}",
            b"{\"msg\":\"cut \xe4\xbd\",\"code\":99991663}",
            b"{\"msg\":\"raw \n\t\x01\",\"code\":99991663}",
            b"\xef\xbb\xbf{\"code\":99991663}",
            br#"{"code":0,"msg":"m","code":99991663}"#,
            br#"{"code":99991663.0}"#,
            br#"{"code":9.9991663e7}"#,
            br#"{"code":" 99991663 "}"#,
            br#"{"Code":99991663,"Msg":"m"}"#,
            br#"{"code":99991663,"data":[[1e999]]}"#,
            br#"{"code":99991663,"msg":"cut o"#,
            b"{\"code\":99991663}\0",
        ] {
            assert_eq!(code_of(body), "99991663", "{}", String::from_utf8_lossy(body));
        }
        assert_eq!(code_of(r#"{"code":"k_ec_000015","msg":"bad"}"#), "k_ec_000015");
        assert_eq!(
            code_of(r#"{"error":"invalid_grant","error_description":"x"}"#),
            "invalid_grant"
        );
        let deep = format!(r#"{{"data":{}{},"code":7}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(code_of(deep), "7");
    }

    #[test]
    fn a_success_in_odd_characters_is_a_success() {
        for body in [
            "{\"code\":0.0,\"data\":{\"a\":1}}",
            "\u{feff}{\"code\":\"0\",\"data\":{\"a\":1}}",
            "{\"code\":7,\"code\":0,\"data\":{\"b\":1},\"data\":{\"a\":1}}",
            "{\"Code\":0,\"Data\":{\"a\":1}}",
            "{\"code\":0,\"msg\":\"\\ud83d\",\"data\":{\"a\":1}}",
            "{\"code\":0,\"msg\":\"\n\",\"data\":{\"a\":1}}",
        ] {
            assert_eq!(read(200, body).unwrap(), r#"{"a":1}"#, "{body}");
        }
        for cut in [r#"{"code":0,"data":{"a":1}"#, r#"{"code":0} x"#, r#"{"code":0.0,"data":"#] {
            assert_eq!(read(200, cut).unwrap_err().kind(), ErrorKind::Decode, "{cut}");
        }
    }

    #[test]
    fn what_an_envelope_needed_to_be_read_is_said() {
        for (body, said) in [
            ("{\"code\":0.0,\"data\":{}}", vec![]),
            ("{\"Code\":\"0\"}", vec![]),
            ("{\"code\":0,\"data\":\"\t\"}", vec![Warning::repaired()]),
            ("\u{feff}{\"code\":0}", vec![Warning::repaired()]),
            ("{\"code\":0,\"data\":1,\"data\":2}", vec![Warning::repeated_member("data")]),
            (
                "{\"code\":7,\"code\":0,\"msg\":\"\n\"}",
                vec![Warning::repaired(), Warning::repeated_member("code")],
            ),
        ] {
            let data = FeishuPlatform.read_data(&reply(200, body)).unwrap();
            assert_eq!(data.warnings, said, "{body}");
        }
    }

    #[test]
    fn a_success_is_not_copied() {
        let reply = reply(200, r#"{"code":0,"msg":"ok","data":{"a":1}}"#);
        let data = FeishuPlatform.read_data(&reply).unwrap();
        assert!(reply.body.as_ptr_range().contains(&data.json.as_ptr()));
    }

    #[test]
    fn a_bad_member_of_the_detail_costs_itself() {
        let error = read(
            400,
            r#"{"code":1,"message":"m","log_id":"top","error":{
                "log_id":["x"],"logid":7,
                "troubleshooter":"See https://open.feishu.cn/search?log_id=1&x=(y)。Or not.",
                "permission_violations":["im:chat",7,{"url":"https://u"},{"scope":"im:message",
                    "url":"javascript:alert(1)"}],
                "field_violations":[null,{"field":"a","value":{}},{"description":["b"]}],
                "helps":[{"url":7},{"url":"no URL"},{"url":"http://h/1"},"x"]}}"#,
        )
        .unwrap_err();
        let api = error.api().unwrap();
        assert_eq!((api.message(), api.log_id()), ("m", Some("7")));
        assert_eq!(
            api.help_links(),
            ["https://open.feishu.cn/search?log_id=1&x=(y)", "http://h/1"]
        );
        let permission = |scope: &str| Violation::Permission { scope: scope.into(), url: None };
        assert_eq!(
            api.violations(),
            [
                Violation::Field { field: "a".into(), description: "".into() },
                permission("im:chat"),
                permission("7"),
                permission("im:message"),
            ]
        );
        let error = read(400, r#"{"code":1,"error":7,"log_id":"top"}"#).unwrap_err();
        assert_eq!(error.api().unwrap().log_id(), Some("top"));
    }

    #[test]
    fn codes_of_the_gateway_have_a_kind() {
        for (code, kind) in [
            ("1000040351", ErrorKind::Unavailable),
            ("1642", ErrorKind::Unavailable),
            ("1663", ErrorKind::Unavailable),
            ("1668", ErrorKind::Unavailable),
            ("20050", ErrorKind::Unavailable),
            ("20072", ErrorKind::Unavailable),
            ("90203", ErrorKind::Unavailable),
            ("95001", ErrorKind::Unavailable),
            ("99992354", ErrorKind::InvalidRequest),
            ("99992361", ErrorKind::InvalidRequest),
            ("99991400", ErrorKind::Throttled),
            ("230001", ErrorKind::Rejected),
        ] {
            let error = read(200, &format!(r#"{{"code":{code},"msg":"m"}}"#)).unwrap_err();
            assert_eq!(error.kind(), kind, "{code}");
            assert_eq!(error.advice().is_some(), kind != ErrorKind::Rejected, "{code}");
        }
    }

    #[test]
    fn the_one_code_with_two_meanings_is_told_by_its_message() {
        let kind = |msg: &str| {
            let error = read(200, &format!(r#"{{"code":9499,"msg":"{msg}"}}"#)).unwrap_err();
            error.kind()
        };
        assert_eq!(kind("Too Many Request"), ErrorKind::Throttled);
        assert_eq!(kind("Bad Request"), ErrorKind::InvalidRequest);
    }

    #[test]
    fn advice_fits_either_kind_of_token() {
        let error = read(400, r#"{"code":99991668,"msg":"m"}"#).unwrap_err();
        let advice = error.advice().unwrap();
        assert!(advice.contains("as a user") && advice.contains("refresh"), "{advice}");
    }

    #[test]
    fn an_error_is_never_longer_than_a_screen() {
        let long = "\\\"\\u200b\\u0001群 ".repeat(1000);
        let item = format!(
            r#"{{"field":"{long}","description":"{long}","scope":"{long}","url":"https://{long}"}}"#
        );
        let items = vec![item; 30].join(",");
        let body = format!(
            r#"{{"code":"{long}","msg":"{long}","log_id":"{long}","error":{{
                "troubleshooter":"https://{long}","field_violations":[{items}],
                "permission_violations":[{items}],"helps":[{items}]}}}}"#
        );
        let error = read(400, &body).unwrap_err();
        assert!(error.to_string().len() < 4096, "{}", error.to_string().len());
        assert!(format!("{:?}", error.api()).len() < 16 * 1024);
    }

    #[test]
    fn what_is_presumed_and_can_be_read_is_the_data() {
        const PIECES: [&str; 14] = [
            "{", "}", "[", "]", ":", ",", " ", "\"code\"", "\"data\"", "\"msg\"", "\"\\\"\"", "0",
            "7", "null",
        ];
        let presumed = |body: &[u8]| {
            let range = FeishuPlatform.presumed_data(body)?;
            let json = &body[range];
            serde_json::from_slice::<&RawValue>(json).is_ok().then(|| json.trim_ascii().to_owned())
        };
        arbtest(|input| {
            let count = input.int_in_range(0..=9)?;
            let pieces = (0..count).map(|_| input.choose(&PIECES).copied());
            let pieces = pieces.collect::<arbtest::arbitrary::Result<String>>()?;
            let (before, after) = input.choose(&FORMS)?;
            let body = [before, pieces.as_bytes(), after].concat();
            if let Some(json) = presumed(&body) {
                let text = String::from_utf8_lossy(&body).into_owned();
                let data = FeishuPlatform.read_data(&reply(200, &text)).unwrap();
                assert!(data.json == json && data.warnings.is_empty(), "{text}");
            }
            Ok(())
        });
        for (before, after) in FORMS {
            assert_eq!(presumed(&[before, b"{}", after].concat()).as_deref(), Some(&b"{}"[..]));
        }
        for other in [
            r#"{"code":0,"data":{}}"#,
            r#"{"code":0,"data":,"msg":"ok"}"#,
            r#"{"code":0,"data":{},"code":7,"msg":"ok"}"#,
            r#"{"code":7,"data":{},"msg":"ok"}"#,
            r#"{"code":0,"msg":"ok"}"#,
        ] {
            assert_eq!(presumed(other.as_bytes()), None, "{other}");
        }
    }
}
