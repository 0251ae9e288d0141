//! The types of token, and what each is fetched with. The expectations are the vendors' own: paths,
//! names of fields, shapes of answers.

use std::time::{Duration, SystemTime};

use dingtalk_convfile::file::SendLink;
use feishu_im::ErrorKind;
use feishu_im::chat_members::MeJoinChatMembers;
use openplat_core::{
    AcceptsUserToken, CodeExchange, DingTalk, Feishu, Method, Operation, OperationMeta, Parts,
    Secret, Sender,
};
use openplat_mock::{Consent, MockPlatform, MockedVendor, Reply, Route, TokenKind};
use serde_json::{Value, json};

use crate::check::{self, Body, Expected};
use crate::in_process::{dingtalk, feishu, replying, send_link};

fn join() -> MeJoinChatMembers {
    MeJoinChatMembers::new("oc_1")
}

const RESEND: &str = "/open-apis/auth/v3/app_ticket/resend";
const OAUTH: &str = "/open-apis/authen/v2/oauth/token";

fn platform() -> MockPlatform {
    let mock = replying::<MeJoinChatMembers>([]);
    mock.on::<SendLink>();
    mock
}

/// Has a token granted in the vendor's own words.
fn grant<V: MockedVendor>(mock: &MockPlatform, path: &str, response: &Value) -> Route {
    mock.on_path::<V>(Method::Post, path).respond(Reply::new(200).json(response))
}

fn feishu_token(name: &str, value: &str) -> Value {
    json!({ "code": 0, "msg": "ok", name: value, "expire": 7200 })
}

/// The paths and the bodies of the requests for tokens. None of them carries a token.
fn asked(mock: &MockPlatform) -> Vec<(String, Value)> {
    let requests = mock.token_requests();
    assert!(requests.iter().all(|request| request.token().is_none()));
    requests
        .into_iter()
        .map(|request| (request.path().to_owned(), request.json().unwrap()))
        .collect()
}

/// The tokens that operations were sent with.
fn sent(mock: &MockPlatform) -> Vec<String> {
    mock.requests().iter().map(|request| request.token().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_store_app_acts_for_its_tenants() {
    let mock = platform();
    let (app, tenant) =
        ("/open-apis/auth/v3/app_access_token", "/open-apis/auth/v3/tenant_access_token");
    grant::<Feishu>(&mock, app, &feishu_token("app_access_token", "a-1"));
    let tenants = mock.on_path::<Feishu>(Method::Post, tenant);
    for (key, token) in [("one", "t-one"), ("two", "t-two")] {
        let granted = feishu_token("tenant_access_token", token);
        tenants.when_json("/tenant_key", key).respond(Reply::new(200).json(&granted));
        mock.accept_token(TokenKind::FeishuTenant, token);
    }
    let client = feishu(&mock);
    client.set_ticket("ticket-1").await.unwrap();
    for key in ["one", "two", "one"] {
        join().send(&client.for_tenant(key)).await.unwrap();
    }
    let for_app = json!({ "app_id": "cli_1", "app_secret": "secret", "app_ticket": "ticket-1" });
    let for_tenant = |key: &str| json!({ "app_access_token": "a-1", "tenant_key": key });
    assert_eq!(
        asked(&mock),
        [
            (app.to_owned(), for_app),
            (tenant.to_owned(), for_tenant("one")),
            (tenant.to_owned(), for_tenant("two")),
        ]
    );
    assert_eq!(sent(&mock), ["t-one", "t-two", "t-one"]);
    let join = "/open-apis/im/v1/chats/oc_1/members/me_join";
    assert!(mock.requests().iter().all(|request| request.path() == join));
}

#[tokio::test]
async fn without_a_ticket_one_is_asked_for() {
    let mock = platform();
    let error = join().send(&feishu(&mock).for_tenant("one")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("set_ticket"), "{error}");
    let app = json!({ "app_id": "cli_1", "app_secret": "secret" });
    assert_eq!(asked(&mock), [(RESEND.to_owned(), app)]);
    assert!(sent(&mock).is_empty());
}

#[tokio::test]
async fn a_ticket_that_is_refused_is_asked_for_again() {
    let mock = platform();
    let fetch = "/open-apis/auth/v3/app_access_token";
    grant::<Feishu>(&mock, fetch, &json!({ "code": 10012, "msg": "bad ticket" }));
    let client = feishu(&mock);
    client.set_ticket("old").await.unwrap();
    let error = join().send(&client.for_tenant("one")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("a new one was requested"), "{error}");
    assert_eq!(asked(&mock).into_iter().map(|(path, _)| path).collect::<Vec<_>>(), [fetch, RESEND]);
    assert!(sent(&mock).is_empty());
}

#[tokio::test]
async fn an_app_has_a_token_of_its_own() {
    let both = json!({
        "code": 0, "app_access_token": "a-1", "tenant_access_token": "t-1", "expire": 7200
    });
    let mock = platform();
    let paths =
        ["app", "tenant"].map(|it| format!("/open-apis/auth/v3/{it}_access_token/internal"));
    for path in &paths {
        grant::<Feishu>(&mock, path, &both);
    }
    mock.accept_token(TokenKind::FeishuApp, "a-1");
    mock.accept_token(TokenKind::FeishuTenant, "t-1");
    join().send(&feishu(&mock).as_app()).await.unwrap();
    join().send(&feishu(&mock)).await.unwrap();
    assert_eq!(asked(&mock).into_iter().map(|(path, _)| path).collect::<Vec<_>>(), paths);
    assert_eq!(sent(&mock), ["a-1", "t-1"]);
}

#[tokio::test]
async fn dingtalk_has_three_ways_to_a_token() {
    let mock = platform();
    for (path, response) in [
        ("/v1.0/oauth2/accessToken", json!({ "accessToken": "d-1", "expireIn": 7200 })),
        ("/v1.0/oauth2/corpAccessToken", json!({ "accessToken": "d-2", "expireIn": 7200 })),
        ("/v1.0/oauth2/{corp}/token", json!({ "access_token": "d-3", "expires_in": "7200" })),
    ] {
        grant::<DingTalk>(&mock, path, &response);
    }
    for token in ["d-1", "d-2", "d-3"] {
        mock.accept_token(TokenKind::DingTalkApp, token);
    }
    let client = dingtalk(&mock);
    client.set_ticket("suite-ticket").await.unwrap();
    send_link().send(&client).await.unwrap();
    send_link().send(&client.for_authorized_corp("corp-1")).await.unwrap();
    send_link().send(&client.for_corp("corp/1")).await.unwrap();
    let app = json!({ "appKey": "ding", "appSecret": "secret" });
    let authorized = json!({
        "suiteKey": "ding",
        "suiteSecret": "secret",
        "authCorpId": "corp-1",
        "suiteTicket": "suite-ticket",
    });
    let unified = json!({
        "client_id": "ding", "client_secret": "secret", "grant_type": "client_credentials"
    });
    assert_eq!(
        asked(&mock),
        [
            ("/v1.0/oauth2/accessToken".to_owned(), app),
            ("/v1.0/oauth2/corpAccessToken".to_owned(), authorized),
            ("/v1.0/oauth2/corp%2F1/token".to_owned(), unified),
        ]
    );
    assert_eq!(sent(&mock), ["d-1", "d-2", "d-3"]);
}

#[tokio::test]
async fn a_code_becomes_a_users_tokens() {
    let tokens = json!({
        "code": 0, "access_token": "u-1", "expires_in": 7200, "token_type": "Bearer",
        "refresh_token": "r-1", "refresh_token_expires_in": 604800, "scope": "im:chat offline_access",
    });
    let mock = platform();
    grant::<Feishu>(&mock, OAUTH, &tokens);
    mock.accept_user_token("u-1");
    let client = feishu(&mock);
    let exchange =
        CodeExchange::new("c-1").redirect_uri("https://me.example/back").code_verifier("v");
    let user = client.exchange_code(exchange).await.unwrap();
    let lifetime = |until: SystemTime| until.duration_since(user.issued_at).unwrap().as_secs();
    assert_eq!(lifetime(user.expires_at), 7200);
    assert_eq!(user.refresh_token_expires_at.map(lifetime), Some(604_800));
    assert_eq!(user.scopes, ["im:chat", "offline_access"]);
    join().send(&client.as_user(user.access_token)).await.unwrap();
    let body = json!({
        "grant_type": "authorization_code", "client_id": "cli_1", "client_secret": "secret",
        "code": "c-1", "redirect_uri": "https://me.example/back", "code_verifier": "v",
    });
    assert_eq!(asked(&mock), [(OAUTH.to_owned(), body)]);
    assert_eq!(sent(&mock), ["u-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_sent_once() {
    let mock = platform();
    let tokens = json!({ "code": 0, "access_token": "u-2", "expires_in": 7200 });
    grant::<Feishu>(&mock, OAUTH, &tokens);
    let user = feishu(&mock).refresh_user_token(&Secret::new("r-1")).await.unwrap();
    assert!(user.refresh_token.is_none());
    let body = json!({
        "grant_type": "refresh_token", "client_id": "cli_1", "client_secret": "secret",
        "refresh_token": "r-1",
    });
    assert_eq!(asked(&mock), [(OAUTH.to_owned(), body)]);

    // It works a single time, and may have been used up by each of these.
    for failure in [Reply::reset(), Reply::stall(), Reply::new(502).body("r-1 secret")] {
        let mock = platform();
        mock.on_path::<Feishu>(Method::Post, OAUTH).respond(failure);
        let error = feishu(&mock).refresh_user_token(&Secret::new("r-1")).await.unwrap_err();
        assert_eq!((asked(&mock).len(), error.attempts()), (1, 1));
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("r-1") && !shown.contains("secret"), "{shown}");
    }
    let refused = r#"{"code":20037,"error":"invalid_grant","error_description":"expired"}"#;
    let mock = platform();
    mock.on_path::<Feishu>(Method::Post, OAUTH).respond(Reply::new(400).body(refused));
    let error = feishu(&mock).refresh_user_token(&Secret::new("r-1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    let api = error.api().unwrap();
    assert_eq!((api.code(), api.message()), ("20037", "expired"));
    assert_eq!(asked(&mock).len(), 1);
    assert_eq!(error.operation(), Some("authen.v2.oauth.token"));
}

/// Says who has logged in. No crate has an operation of DingTalk's that acts for a user.
#[derive(Debug)]
struct WhoAmI;

impl Operation for WhoAmI {
    type Vendor = DingTalk;
    type Output = Value;
    const META: &'static OperationMeta =
        &OperationMeta::new("contact_1.0.user.me", Method::Get, "/v1.0/contact/users/me");
    const EXAMPLE: Option<&'static str> = Some(r#"{"nick":"Tom"}"#);

    fn encode(&self, _: &mut Parts) {}
}

impl AcceptsUserToken for WhoAmI {}

#[tokio::test]
async fn dingtalk_sees_the_token_of_the_user_alone() {
    let expected = Expected { target: "/v1.0/contact/users/me", body: Body::None, private: &[] };
    check::sends_as_user(&WhoAmI, &expected).await;
    let mock = replying::<WhoAmI>([]);
    mock.accept_user_token("u-1");
    dingtalk(&mock).as_user("u-1").call(&WhoAmI).await.unwrap();
    let requests = mock.requests();
    assert_eq!(requests[0].header("x-acs-dingtalk-access-token"), Some("u-1"));
    assert_eq!(requests[0].header("authorization"), None);
}

#[tokio::test]
async fn a_rejected_token_of_a_dingtalk_user_is_refreshed_once() {
    let mock = replying::<WhoAmI>([]);
    let client = dingtalk(&mock);
    let code = mock.consent(Consent::new("ding"));
    let mut first = client.exchange_code(CodeExchange::new(code)).await.unwrap();
    // A rejected token that is younger than a minute is kept.
    first.issued_at -= Duration::from_secs(120);
    let session = client.user_session("tom");
    session.save(&first).await.unwrap();
    mock.revoke(TokenKind::DingTalkUser);
    client.as_user_with(session).call(&WhoAmI).await.unwrap();
    let sent = sent(&mock);
    assert_eq!((sent.len(), &*sent[0]), (2, first.access_token.expose()));
    assert_ne!(sent[0], sent[1]);
    let grants: Vec<_> =
        asked(&mock).into_iter().map(|(_, body)| body["grantType"].clone()).collect();
    assert_eq!(grants, ["authorization_code", "refresh_token"]);

    // A token that the program gave cannot be refreshed, and the advice fits.
    let error = client.as_user("u-old").call(&WhoAmI).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.advice().is_some_and(|advice| advice.contains("log in again")), "{error}");
}
