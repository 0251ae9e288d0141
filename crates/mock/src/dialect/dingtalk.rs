use std::time::Duration;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::{Ask, Dialect, Failure, Grant};
use crate::consent::Consent;
use crate::limit::RateLimit;
use crate::push::{CORP_ID, Hub, Peer};
use crate::recorded::{DINGTALK_TOKEN, Recorded};
use crate::reply::Reply;
use crate::tokens::{Granted, Issued, TokenKind, Tokens, VendorId};

const XML: HeaderValue = HeaderValue::from_static("application/xml");

const GRANTS: &[(&str, Grant)] = &[
    ("/v1.0/oauth2/accessToken", app),
    ("/v1.0/oauth2/corpAccessToken", authorized_corp),
    ("/v1.0/oauth2/userAccessToken", user),
    ("/v1.0/oauth2/{corpId}/token", corp),
];

/// Asking again gives the same token, and renews it.
fn app(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Value, Failure> {
    let [app_key, _] = fields(ask, ["appKey", "appSecret"])?;
    Ok(granted(tokens.renew(TokenKind::DingTalkApp, app_key, ask.now)))
}

/// Each fetch gives a new token. The code for a ticket that is not valid is assumed.
fn authorized_corp(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Value, Failure> {
    let [suite_key, _, corp_id, ticket] =
        fields(ask, ["suiteKey", "suiteSecret", "authCorpId", "suiteTicket"])?;
    if !tokens.is_ticket(ticket) {
        return Err(Failure::bad_request("invalidSuiteTicket", "the suite ticket is not valid"));
    }
    let owner = format!("{suite_key} {corp_id}");
    Ok(granted(tokens.issue(TokenKind::DingTalkCorp, &owner, ask.now)))
}

/// The response is in snake case. That asking again renews the token is assumed.
fn corp(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Value, Failure> {
    let [client_id, _, grant_type] = fields(ask, ["client_id", "client_secret", "grant_type"])?;
    if grant_type != "client_credentials" {
        return Err(invalid("grant_type"));
    }
    let corp_id = ask.path_values.first().map_or("", |(_, corp_id)| corp_id);
    let owner = format!("{client_id} {corp_id}");
    let granted = tokens.renew(TokenKind::DingTalkCorp, &owner, ask.now);
    Ok(json!({ "access_token": granted.token, "expires_in": granted.expires_in }))
}

/// The exchange of a user's code, and the refresh. The codes of its errors, and that a refresh token
/// can be used once, are assumed.
fn user(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Value, Failure> {
    let [client_id, _, grant_type] = fields(ask, ["clientId", "clientSecret", "grantType"])?;
    let (credential, consent) = match grant_type {
        "authorization_code" => ("code", consent_of_code(ask, tokens)?),
        "refresh_token" => ("refreshToken", consent_of_refresh_token(ask, tokens)?),
        _ => return Err(invalid("grantType")),
    };
    if consent.client_id() != client_id {
        return Err(invalid(credential));
    }
    let [credential] = fields(ask, [credential])?;
    tokens.use_up(TokenKind::DingTalkRefresh, credential, ask.now, Duration::MAX);
    let access = tokens.issue(TokenKind::DingTalkUser, client_id, ask.now);
    let kind = TokenKind::DingTalkRefresh;
    let refresh = tokens.open_session(kind, consent, &access.token, ask.now);
    let mut response = granted(access);
    response["refreshToken"] = refresh.token.into();
    response["corpId"] = CORP_ID.into();
    Ok(response)
}

fn consent_of_code(ask: &Ask<'_>, tokens: &Tokens) -> Result<Consent, Failure> {
    let [code] = fields(ask, ["code"])?;
    tokens.consent_of(code, ask.now).map_err(|_| invalid("code"))
}

fn consent_of_refresh_token(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Consent, Failure> {
    let [refresh_token, client_id] = fields(ask, ["refreshToken", "clientId"])?;
    let kind = TokenKind::DingTalkRefresh;
    let consent = tokens.consent_behind(kind, refresh_token, client_id, ask.now);
    consent.map_err(|_| invalid("refreshToken"))
}

/// Gives the ticket of a long connection.
fn invite(ask: &Ask<'_>, hub: &mut Hub) -> Result<String, Failure> {
    let [client_id, _] = fields(ask, ["clientId", "clientSecret"])?;
    let wanted = ask.body["subscriptions"].as_array().ok_or_else(|| missing("subscriptions"))?;
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let wanted = wanted.iter().map(|entry| (text(entry, "type"), text(entry, "topic")));
    Ok(hub.invite(VendorId::DingTalk, client_id, wanted.collect()).0)
}

/// The codes are those that the gateway has been seen to send, both for an absent field and for a
/// body that is not JSON. That it treats an empty or a wrongly typed field like an absent one is
/// assumed.
fn fields<'a, const N: usize>(ask: &'a Ask<'_>, names: [&str; N]) -> Result<[&'a str; N], Failure> {
    if !ask.body.is_object() {
        return Err(missing("body"));
    }
    let mut values = [""; N];
    for (value, name) in values.iter_mut().zip(names) {
        *value = ask.text(name).ok_or_else(|| missing(name))?;
    }
    Ok(values)
}

fn missing(name: &str) -> Failure {
    Failure::bad_request(format!("Missing{name}"), format!("{name} is mandatory for this action."))
}

fn invalid(name: &str) -> Failure {
    Failure::bad_request(format!("invalidParameter.{name}"), format!("{name} is not valid"))
}

fn granted(granted: Granted) -> Value {
    json!({ "accessToken": granted.token, "expireIn": granted.expires_in })
}

/// The codes that the gateway of the old API has been seen to say as the more exact one below 88.
const MORE_EXACT: &[&str] = &["40000", "40014", "60011", "60020", "90002"];

pub(super) struct DingTalkDialect {
    /// That of `oapi.dingtalk.com`, where the token is a parameter and every status is 200.
    is_old: bool,
}

pub(super) const NEW: DingTalkDialect = DingTalkDialect { is_old: false };
static OLD: DingTalkDialect = DingTalkDialect { is_old: true };

impl Dialect for DingTalkDialect {
    fn vendor(&self) -> VendorId {
        VendorId::DingTalk
    }

    fn at(&'static self, path: &str) -> &'static dyn Dialect {
        let version = path.strip_prefix("/v");
        let is_new =
            version.is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_digit()));
        if is_new || path == self.upgrade_path() { self } else { &OLD }
    }

    fn type_name(&self) -> &'static str {
        "DingTalk"
    }

    fn grants(&self) -> &'static [(&'static str, Grant)] {
        GRANTS
    }

    fn endpoint(&self) -> &'static str {
        "/v1.0/gateway/connections/open"
    }

    fn upgrade_path(&self) -> &'static str {
        "/connect"
    }

    /// A client that does not ask for JSON gets XML.
    fn address(&self, request: &Recorded, hub: &mut Hub) -> Reply {
        if !request.header(ACCEPT.as_str()).is_some_and(|accept| accept.contains("json")) {
            return Reply::new(StatusCode::OK).header(CONTENT_TYPE, XML).body("<response/>");
        }
        let body = request.json().unwrap_or_default();
        let ask = Ask { body: &body, path_values: &[], now: request.received_at() };
        match invite(&ask, hub) {
            Ok(ticket) => {
                let endpoint = format!("{}{}", hub.base, self.upgrade_path());
                Reply::new(StatusCode::OK).json(&json!({ "endpoint": endpoint, "ticket": ticket }))
            }
            Err(failure) => failure.into(),
        }
    }

    /// The status for a ticket that is not valid is assumed.
    fn upgrade_refused(&self, peer: Option<&Peer>, _: &Hub) -> Option<Reply> {
        peer.is_none().then(|| Reply::new(StatusCode::UNAUTHORIZED))
    }

    fn token<'a>(&self, request: &'a Recorded) -> Option<&'a [u8]> {
        match self.is_old {
            true => request.query_token().map(str::as_bytes),
            false => Some(request.headers.get(DINGTALK_TOKEN)?.as_bytes()),
        }
    }

    /// The new API has one code for all cases.
    fn token_refused(&self, token: Option<&[u8]>, _: Option<&Issued>) -> Failure {
        if self.is_old {
            let (code, message) = match token {
                None => ("40000", "access_token is blank"),
                Some(_) => ("40014", "the access token is not valid"),
            };
            return Failure { status: StatusCode::OK, ..Failure::bad_request(code, message) };
        }
        Failure::bad_request("InvalidAuthentication", "the access token is missing or not valid")
    }

    fn throttled(&self, limit: &RateLimit, _: Duration) -> Reply {
        if self.is_old {
            let status = limit.status.unwrap_or(StatusCode::OK.as_u16());
            return Reply::error_message("90002", "the limit of requests is exceeded")
                .status(status);
        }
        let per = if limit.window < Duration::from_secs(60) { "Qps" } else { "Qpm" };
        let code = format!("Forbidden.AccessDenied.{per}LimitForApi");
        let status = limit.status.unwrap_or(StatusCode::FORBIDDEN.as_u16());
        Reply::error_message(&code, "the limit of requests is exceeded").status(status)
    }

    fn banned(&self) -> Option<Reply> {
        Some(Reply::new(StatusCode::FORBIDDEN).json(&json!({ "status": 1111, "punish": "deny" })))
    }

    fn error_status(&self) -> StatusCode {
        if self.is_old { StatusCode::OK } else { StatusCode::BAD_REQUEST }
    }

    fn log_id_header(&self) -> Option<HeaderName> {
        (!self.is_old).then(|| HeaderName::from_static("x-acs-request-id"))
    }

    fn empty_success(&self) -> &'static str {
        if self.is_old { r#"{"errcode":0,"errmsg":"ok"}"# } else { "{}" }
    }

    /// The old API puts its data next to the code.
    fn success(&self, data: &Value, _is_whole_body: bool) -> Value {
        let mut body = data.clone();
        if let (true, Some(members)) = (self.is_old, body.as_object_mut()) {
            members.entry("errcode").or_insert_with(|| 0.into());
            members.entry("errmsg").or_insert_with(|| "ok".into());
        }
        body
    }

    fn failure(&self, failure: &Failure, log_id: &str) -> Value {
        let Failure { code, message, .. } = failure;
        if self.is_old && MORE_EXACT.contains(&code.as_str()) {
            return json!({
                "errcode": 88,
                "sub_code": code,
                "sub_msg": message,
                "errmsg": format!("ding talk error[subcode={code},submsg={message}]"),
                "request_id": log_id,
            });
        }
        if self.is_old {
            let code = code.parse::<i64>().map_or_else(|_| code.as_str().into(), Value::from);
            return json!({ "errcode": code, "errmsg": message, "request_id": log_id });
        }
        json!({ "code": failure.code, "message": failure.message, "requestid": log_id })
    }
}
