use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderName, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Ask, Dialect, Failure, Grant};
use crate::consent::Consent;
use crate::limit::RateLimit;
use crate::push::{Hub, Peer};
use crate::recorded::Recorded;
use crate::reply::Reply;
use crate::tokens::{
    BadCode, Granted, Issued, State, TokenKind, Tokens, VendorId, has_twice, seconds,
};

/// With less than this left, a fetch gives a new token along with the old one.
const MARGIN: Duration = Duration::from_secs(30 * 60);

/// The time for which a user's token still works after its refresh.
const GRACE: Duration = Duration::from_secs(60);

/// The code for more connections than an app can have.
const TOO_MANY: &str = "1000040350";

const GRANTS: &[(&str, Grant)] = &[
    ("/open-apis/auth/v3/tenant_access_token/internal", custom_tenant),
    ("/open-apis/auth/v3/app_access_token/internal", custom_app),
    ("/open-apis/auth/v3/app_access_token", store_app),
    ("/open-apis/auth/v3/tenant_access_token", store_tenant),
    ("/open-apis/auth/v3/app_ticket/resend", resend_ticket),
    ("/open-apis/authen/v2/oauth/token", user),
];

fn custom_tenant(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Value, Failure> {
    let app_id = app_id(ask)?;
    let tenant = tokens.share(TokenKind::FeishuTenant, app_id, ask.now, MARGIN);
    Ok(granted("tenant_access_token", tenant))
}

/// The response has the tenant's token along with the app's.
fn custom_app(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Value, Failure> {
    let app_id = app_id(ask)?;
    let tenant = tokens.share(TokenKind::FeishuTenant, app_id, ask.now, MARGIN);
    let app = tokens.share(TokenKind::FeishuApp, app_id, ask.now, MARGIN);
    let expire = app.expires_in.min(tenant.expires_in);
    let mut response = granted("app_access_token", Granted { expires_in: expire, ..app });
    response["tenant_access_token"] = tenant.token.into();
    Ok(response)
}

fn store_app(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Value, Failure> {
    let app_id = app_id(ask)?;
    if !ask.text("app_ticket").is_some_and(|ticket| tokens.is_ticket(ticket)) {
        return Err(Failure::bad_request("10012", "the app ticket is not valid"));
    }
    Ok(granted("app_access_token", tokens.share(TokenKind::FeishuApp, app_id, ask.now, MARGIN)))
}

fn store_tenant(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Value, Failure> {
    let app_token = ask.text("app_access_token").unwrap_or_default();
    let app = tokens.look_up(VendorId::Feishu, app_token, ask.now);
    let app = app.filter(|app| app.kind == TokenKind::FeishuApp && app.state == State::Live);
    let Some(app) = app else {
        return Err(Failure::bad_request("99991664", "the app access token is not valid"));
    };
    let tenant_key = ask.text("tenant_key").ok_or_else(invalid_param)?;
    let owner = format!("{} {tenant_key}", app.owner);
    let tenant = tokens.share(TokenKind::FeishuTenant, &owner, ask.now, MARGIN);
    Ok(granted("tenant_access_token", tenant))
}

/// The ticket itself comes as an event.
fn resend_ticket(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Value, Failure> {
    tokens.want_ticket(app_id(ask)?);
    Ok(json!({ "code": 0, "msg": "ok" }))
}

/// The platform has been seen to send this code with HTTP 200 as well; the code counts.
fn app_id<'a>(ask: &'a Ask<'_>) -> Result<&'a str, Failure> {
    let app_id = ask.text("app_id").filter(|_| ask.text("app_secret").is_some());
    app_id.ok_or_else(invalid_param)
}

fn invalid_param() -> Failure {
    Failure::bad_request("10003", "invalid param")
}

fn granted(name: &str, granted: Granted) -> Value {
    json!({ "code": 0, "msg": "ok", name: granted.token, "expire": granted.expires_in })
}

/// OAuth 2.0: the exchange of a code, and the refresh of what it was exchanged for.
fn user(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Value, Failure> {
    let client_id = oauth_field(ask, "client_id")?;
    oauth_field(ask, "client_secret")?;
    let (consent, credential) = match oauth_field(ask, "grant_type")? {
        "authorization_code" => (consent_of_code(ask, tokens)?, "code"),
        "refresh_token" => (consent_of_refresh_token(ask, tokens)?, "refresh_token"),
        _ => return Err(oauth("20036", "unsupported_grant_type")),
    };
    if consent.client_id() != client_id {
        return Err(oauth("20024", "invalid_grant"));
    }
    let scopes = scopes(ask, &consent)?;
    // Last of what can fail, so that nothing is used up without being exchanged for something.
    let credential = oauth_field(ask, credential)?;
    tokens.use_up(TokenKind::FeishuRefresh, credential, ask.now, GRACE);
    let access = tokens.issue(TokenKind::FeishuUser, client_id, ask.now);
    let mut response = json!({
        "code": 0,
        "access_token": access.token,
        "expires_in": access.expires_in,
        "token_type": "Bearer",
        "scope": scopes.join(" "),
    });
    if scopes.iter().any(|scope| scope == "offline_access") {
        let kind = TokenKind::FeishuRefresh;
        let refresh = tokens.open_session(kind, consent, &access.token, ask.now);
        response["refresh_token"] = refresh.token.into();
        response["refresh_token_expires_in"] = refresh.expires_in.into();
    }
    Ok(response)
}

fn consent_of_code(ask: &Ask<'_>, tokens: &Tokens) -> Result<Consent, Failure> {
    let code = oauth_field(ask, "code")?;
    let consent = tokens.consent_of(code, ask.now).map_err(|bad| {
        let code = match bad {
            BadCode::Unknown => "20003",
            BadCode::Expired => "20004",
            BadCode::Used => "20065",
        };
        oauth(code, "invalid_grant")
    })?;
    if !consent.is_redirected_to(ask.text("redirect_uri")) {
        return Err(oauth("20071", "invalid_grant"));
    }
    if !consent.is_verified_by(ask.text("code_verifier")) {
        return Err(oauth("20049", "invalid_grant"));
    }
    Ok(consent)
}

fn consent_of_refresh_token(ask: &Ask<'_>, tokens: &mut Tokens) -> Result<Consent, Failure> {
    let refresh_token = oauth_field(ask, "refresh_token")?;
    let client_id = oauth_field(ask, "client_id")?;
    let kind = TokenKind::FeishuRefresh;
    tokens.consent_behind(kind, refresh_token, client_id, ask.now).map_err(|state| {
        let code = match state {
            Some(State::Expired) => "20037",
            Some(State::Revoked) => "20064",
            Some(State::Used) => "20073",
            Some(State::Live) | None => "20026",
        };
        oauth(code, "invalid_grant")
    })
}

/// The scopes that the access token has: all that the user granted, or those of them that the
/// request asks for.
fn scopes(ask: &Ask<'_>, consent: &Consent) -> Result<Vec<String>, Failure> {
    let Some(wanted) = ask.text("scope") else { return Ok(consent.granted_scopes().to_vec()) };
    let wanted: Vec<_> = wanted.split_whitespace().collect();
    if has_twice(&wanted) {
        return Err(oauth("20067", "invalid_scope"));
    }
    if !wanted.iter().all(|scope| consent.granted_scopes().iter().any(|known| known == scope)) {
        return Err(oauth("20068", "invalid_scope"));
    }
    Ok(wanted.into_iter().map(str::to_owned).collect())
}

fn oauth_field<'a>(ask: &'a Ask<'_>, name: &str) -> Result<&'a str, Failure> {
    ask.text(name).ok_or_else(|| oauth("20001", "invalid_request"))
}

/// The codes are documented; which error type goes with which code is taken from RFC 6749.
fn oauth(code: &str, error: &'static str) -> Failure {
    let message = match code {
        "20001" => "a required parameter is missing",
        "20003" => "the authorization code is not known",
        "20004" => "the authorization code has expired",
        "20024" => "the code or the refresh token belongs to another app",
        "20026" => "the refresh token is not valid",
        "20036" => "the grant type is not supported",
        "20037" => "the refresh token has expired",
        "20049" => "the PKCE verifier does not match the challenge",
        "20064" => "the refresh token was revoked",
        "20065" => "the authorization code was used",
        "20067" => "a scope is listed twice",
        "20068" => "the user did not grant one of the scopes",
        "20071" => "the redirect URI is not the one of the authorization",
        "20073" => "the refresh token was used",
        _ => "the request was refused",
    };
    Failure { oauth: Some(error), ..Failure::bad_request(code, message) }
}

pub(super) struct FeishuDialect;

impl Dialect for FeishuDialect {
    fn vendor(&self) -> VendorId {
        VendorId::Feishu
    }

    fn at(&'static self, _path: &str) -> &'static dyn Dialect {
        self
    }

    fn type_name(&self) -> &'static str {
        "Feishu"
    }

    fn grants(&self) -> &'static [(&'static str, Grant)] {
        GRANTS
    }

    fn endpoint(&self) -> &'static str {
        "/callback/ws/endpoint"
    }

    fn upgrade_path(&self) -> &'static str {
        "/ws/v2"
    }

    fn address(&self, request: &Recorded, hub: &mut Hub) -> Reply {
        let body = request.json().unwrap_or_default();
        let ask = Ask { body: &body, path_values: &[], now: request.received_at() };
        let Some(app_id) = ask.text("AppID").filter(|_| ask.text("AppSecret").is_some()) else {
            return Reply::error_message("1000040345", "app id or app secret is invalid");
        };
        if hub.is_full(app_id) {
            return Reply::error_message(TOO_MANY, "the number of connections exceeded the limit");
        }
        let (ticket, peer) = hub.invite(VendorId::Feishu, app_id, Vec::new());
        let ticket = utf8_percent_encode(&ticket, NON_ALPHANUMERIC);
        let url = format!(
            "{}{}?fpid=493&aid=552564&device_id={}&access_key=mock-access-key&service_id={}\
             &ticket={ticket}",
            hub.base,
            self.upgrade_path(),
            peer.connection_id,
            peer.service_id,
        );
        let mut data = json!({ "URL": url });
        if let Some(config) = hub.client_config() {
            data["ClientConfig"] = config.clone();
        }
        Reply::new(StatusCode::OK).json(&json!({ "code": 0, "msg": "", "data": data }))
    }

    /// The code counts.
    fn address_error_status(&self) -> StatusCode {
        StatusCode::OK
    }

    /// The code for a ticket that is not valid is assumed.
    fn busy(&self, on_upgrade: bool) -> Reply {
        match on_upgrade {
            false => Reply::error("1"),
            true => Reply::refuse_upgrade(514, "1000040343"),
        }
    }

    fn upgrade_refused(&self, peer: Option<&Peer>, hub: &Hub) -> Option<Reply> {
        let Some(peer) = peer else { return Some(Reply::refuse_upgrade(514, "1000040343")) };
        hub.is_full(&peer.app_id).then(|| Reply::refuse_upgrade(514, TOO_MANY))
    }

    fn token<'a>(&self, request: &'a Recorded) -> Option<&'a [u8]> {
        request.headers.get(AUTHORIZATION)?.as_bytes().strip_prefix(b"Bearer ")
    }

    fn token_refused(&self, token: Option<&[u8]>, issued: Option<&Issued>) -> Failure {
        let Some(_) = token else {
            return Failure::bad_request("99991661", "the access token is missing");
        };
        let code = match issued.map(|issued| (issued.kind, issued.state)) {
            Some((TokenKind::FeishuTenant, _)) => "99991663",
            Some((TokenKind::FeishuApp, _)) => "99991664",
            Some((TokenKind::FeishuUser, State::Expired)) => "99991677",
            _ => "99991668",
        };
        Failure::bad_request(code, "the access token is not valid")
    }

    fn throttled(&self, limit: &RateLimit, reset: Duration) -> Reply {
        let reply = Reply::error_message("99991400", "request trigger frequency limit");
        let reply = reply.status(limit.status.unwrap_or(429));
        if !limit.names_wait {
            return reply;
        }
        reply
            .header("x-ogw-ratelimit-limit", limit.requests)
            .header("x-ogw-ratelimit-reset", seconds(reset))
    }

    fn log_id_header(&self) -> Option<HeaderName> {
        Some(HeaderName::from_static("x-tt-logid"))
    }

    fn empty_success(&self) -> &'static str {
        r#"{"code":0,"msg":"success","data":{}}"#
    }

    fn success(&self, data: &Value, is_whole_body: bool) -> Value {
        let Some(members) = data.as_object().filter(|_| is_whole_body) else {
            return json!({ "code": 0, "msg": "success", "data": data });
        };
        let mut body = json!({ "code": 0, "msg": "success" });
        members.iter().for_each(|(name, value)| body[name] = value.clone());
        body
    }

    fn failure(&self, failure: &Failure, log_id: &str) -> Value {
        let code = match failure.code.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(failure.code.as_str()),
        };
        match failure.oauth {
            Some(error) => {
                json!({ "code": code, "error": error, "error_description": failure.message })
            }
            None => json!({ "code": code, "msg": failure.message, "error": { "log_id": log_id } }),
        }
    }
}
