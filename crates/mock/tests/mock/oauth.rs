//! Tokens of users: the exchange of a code, and the refresh.

use std::time::{Duration, SystemTime};

use openplat_core::{Client, CodeExchange, Feishu, Sender};
use openplat_mock::{Consent, MockPlatform, TokenKind};
use serde_json::{Value, json};

use crate::operations::{LinkChat, SendLink, post};

/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "https://me.example/back";

fn client(mock: &MockPlatform) -> Client<Feishu> {
    Client::builder("cli_1", "s3cret").transport(mock.transport()).build().unwrap()
}

fn platform() -> MockPlatform {
    let mock = MockPlatform::in_process();
    mock.on::<LinkChat>();
    mock.on::<SendLink>();
    mock
}

/// Asks as an app would; `null` leaves a field out.
async fn ask(mock: &MockPlatform, fields: Value) -> Value {
    let mut body = json!({ "client_id": "cli_1", "client_secret": "s3cret" });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    post(mock, "/open-apis/authen/v2/oauth/token", &body).await
}

async fn exchange(mock: &MockPlatform, code: &str) -> Value {
    ask(mock, json!({ "grant_type": "authorization_code", "code": code })).await
}

async fn refresh(mock: &MockPlatform, token: &Value) -> Value {
    ask(mock, json!({ "grant_type": "refresh_token", "refresh_token": token })).await
}

#[tokio::test]
async fn the_address_of_the_login_page_leads_to_a_session() {
    let mock = platform();
    let client = client(&mock);
    let login = client.authorize_url(BACK).scope("im:chat").scope("offline_access");
    let login = login.build().unwrap();
    let code = mock.consent(Consent::from_url(login.url()).unwrap());
    let session = client.user_session("tom");
    let exchange = login.exchange(code, login.state().expose()).unwrap();
    let token = session.log_in(exchange).await.unwrap();
    assert_eq!(token.scopes, ["im:chat", "offline_access"]);
    client.as_user_with(session).call(&LinkChat("oc_1")).await.unwrap();
}

#[tokio::test]
async fn a_user_logs_in_and_stays_so() {
    let mock = platform();
    let client = client(&mock);
    let url = format!(
        "https://accounts.feishu.cn/open-apis/authen/v1/authorize?client_id=cli_1\
         &redirect_uri=https%3A%2F%2Fme.example%2Fback&scope=im:chat%20offline_access\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let code = mock.consent(Consent::from_url(&url).unwrap());
    let exchange = CodeExchange::new(code).redirect_uri(BACK).code_verifier(VERIFIER);
    let first = client.exchange_code(exchange).await.unwrap();
    let lifetime = |until: SystemTime| until.duration_since(first.issued_at).unwrap().as_secs();
    assert_eq!(lifetime(first.expires_at), 7200);
    assert_eq!(first.refresh_token_expires_at.map(lifetime), Some(604_800));
    assert_eq!(first.scopes, ["im:chat", "offline_access"]);
    client.as_user(first.access_token.clone()).call(&LinkChat("oc_1")).await.unwrap();

    let second = client.refresh_user_token(&first.refresh_token.unwrap()).await.unwrap();
    client.as_user(second.access_token).call(&LinkChat("oc_1")).await.unwrap();
    client.as_user(first.access_token.clone()).call(&LinkChat("oc_1")).await.unwrap();
    mock.advance(Duration::from_secs(61));
    let error = client.as_user(first.access_token).call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.code::<String>().as_deref(), Some("99991677"), "the old token has a minute");
}

#[tokio::test]
async fn a_code_is_exchanged_once_in_time_and_by_its_app() {
    let mock = platform();
    let code = mock.consent(Consent::new("cli_1"));
    assert_eq!(exchange(&mock, "no such code").await["code"], 20003);
    let foreign = json!({ "grant_type": "authorization_code", "code": code, "client_id": "cli_2" });
    assert_eq!(ask(&mock, foreign).await["code"], 20024);
    assert_eq!(exchange(&mock, &code).await["code"], 0);
    let again = exchange(&mock, &code).await;
    assert_eq!((&again["code"], &again["error"]), (&json!(20065), &json!("invalid_grant")));
    assert!(again["error_description"].is_string() && again.get("msg").is_none());

    let late = mock.consent(Consent::new("cli_1"));
    mock.advance(Duration::from_secs(300));
    assert_eq!(exchange(&mock, &late).await["code"], 20004);
}

#[tokio::test]
async fn a_code_is_bound_to_its_redirect_uri_and_its_challenge() {
    let mock = platform();
    let consent = Consent::new("cli_1").redirect_uri(BACK).code_challenge(CHALLENGE);
    let code = mock.consent(consent);
    for (redirect_uri, verifier, expected) in [
        (Value::Null, json!(VERIFIER), 20071),
        (json!("https://evil.example"), json!(VERIFIER), 20071),
        (json!(BACK), Value::Null, 20049),
        (json!(BACK), json!("guess"), 20049),
        (json!(BACK), json!(VERIFIER), 0),
    ] {
        let fields = json!({
            "grant_type": "authorization_code", "code": code,
            "redirect_uri": redirect_uri, "code_verifier": verifier,
        });
        assert_eq!(ask(&mock, fields).await["code"], expected);
    }
}

#[tokio::test]
async fn a_refresh_token_works_once_until_it_expires_or_is_revoked() {
    let mock = platform();
    let login = async || exchange(&mock, &mock.consent(Consent::new("cli_1"))).await;
    let first = login().await["refresh_token"].clone();
    assert_eq!(refresh(&mock, &json!("no such token")).await["code"], 20026);
    let second = refresh(&mock, &first).await["refresh_token"].clone();
    assert_ne!(first, second);
    assert_eq!(refresh(&mock, &first).await["code"], 20073);
    mock.revoke(TokenKind::FeishuRefresh);
    assert_eq!(refresh(&mock, &second).await["code"], 20064);

    let expiring = login().await["refresh_token"].clone();
    mock.advance(Duration::from_secs(604_800));
    assert_eq!(refresh(&mock, &expiring).await["code"], 20037);
    // One that comes from the test works once as well.
    mock.accept_token(TokenKind::FeishuRefresh, "r-1");
    assert_eq!(refresh(&mock, &json!("r-1")).await["code"], 0);
    assert_eq!(refresh(&mock, &json!("r-1")).await["code"], 20073);
    // An access token is no refresh token.
    assert_eq!(refresh(&mock, &login().await["access_token"]).await["code"], 20026);
}

#[tokio::test]
async fn scopes_can_be_reduced_and_not_extended() {
    let mock = platform();
    for (scope, code, has_refresh_token) in [
        ("im:chat offline_access", 0, true),
        ("im:chat", 0, false),
        ("im:chat im:chat", 20067, false),
        ("im:chat im:message", 20068, false),
    ] {
        let consent = Consent::new("cli_1").scopes(["im:chat", "contact:user", "offline_access"]);
        let fields = json!({
            "grant_type": "authorization_code", "code": mock.consent(consent), "scope": scope
        });
        let response = ask(&mock, fields).await;
        assert_eq!(response["code"], code);
        assert_eq!(response.get("refresh_token").is_some(), has_refresh_token);
        if code == 0 {
            assert_eq!(response["scope"], scope);
        }
    }
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    let mock = platform();
    for (fields, code) in [
        (json!({ "grant_type": null }), 20001),
        (json!({ "grant_type": "password" }), 20036),
        (json!({ "grant_type": "authorization_code" }), 20001),
        (json!({ "grant_type": "refresh_token", "refresh_token": 1 }), 20001),
        (json!({ "client_secret": "" }), 20001),
    ] {
        assert_eq!(ask(&mock, fields).await["code"], code);
    }
    assert_eq!(mock.token_requests().len(), 5);
}

#[tokio::test]
async fn dingtalks_users_log_in_as_well() {
    let mock = platform();
    let ask = async |fields: Value| {
        let mut body = json!({ "clientId": "ding_1", "clientSecret": "s3cret" });
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        post(&mock, "/v1.0/oauth2/userAccessToken", &body).await
    };
    let code = mock.consent(Consent::new("ding_1"));
    let login = json!({ "grantType": "authorization_code", "code": code });
    let first = ask(login.clone()).await;
    assert_eq!(first["expireIn"], 7200);
    assert!(first["corpId"].is_string());
    assert!(ask(login).await["code"].is_string(), "the code is used up");

    let refresh = json!({ "grantType": "refresh_token", "refreshToken": first["refreshToken"] });
    let second = ask(refresh.clone()).await;
    assert_ne!(first["refreshToken"], second["refreshToken"]);
    assert!(ask(refresh).await["code"].is_string(), "the refresh token is used up");
    assert_eq!(ask(json!({})).await["code"], "MissinggrantType");

    let client = Client::<openplat_core::DingTalk>::builder("ding_1", "s3cret");
    let client = client.transport(mock.transport()).build().unwrap();
    let token = second["accessToken"].as_str().unwrap();
    client.with_token(token).call(&SendLink).await.unwrap();
    mock.revoke(TokenKind::DingTalkUser);
    client.with_token(token).call(&SendLink).await.unwrap_err();
}
