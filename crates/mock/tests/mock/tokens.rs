//! Tokens of apps: every way to one, and how they end.

use std::time::Duration;

use openplat_core::{Client, DingTalk, ErrorKind, Feishu, Sender};
use openplat_mock::{MockPlatform, Recorded, Reply, TokenKind};
use serde_json::{Value, json};

use crate::operations::{LinkChat, SendLink, post};

const HOUR: Duration = Duration::from_secs(3600);

fn feishu(mock: &MockPlatform) -> Client<Feishu> {
    Client::builder("cli_1", "s3cret").transport(mock.transport()).build().unwrap()
}

fn dingtalk(mock: &MockPlatform) -> Client<DingTalk> {
    Client::builder("ding_1", "s3cret").transport(mock.transport()).build().unwrap()
}

fn platform() -> MockPlatform {
    let mock = MockPlatform::in_process();
    mock.on::<LinkChat>();
    mock.on::<SendLink>();
    mock
}

fn paths(requests: &[Recorded]) -> Vec<&str> {
    requests.iter().map(Recorded::path).collect()
}

#[tokio::test]
async fn every_kind_of_app_token_is_granted_and_honored() {
    let mock = platform();
    let feishu = feishu(&mock);
    feishu.set_ticket("any").await.unwrap();
    for client in [feishu.clone(), feishu.as_app(), feishu.for_tenant("one")] {
        client.call(&LinkChat("oc_1")).await.unwrap();
    }
    let dingtalk = dingtalk(&mock);
    dingtalk.set_ticket("any").await.unwrap();
    for client in [dingtalk.clone(), dingtalk.for_authorized_corp("c"), dingtalk.for_corp("c/1")] {
        client.call(&SendLink).await.unwrap();
    }
    assert_eq!(
        paths(&mock.token_requests()),
        [
            "/open-apis/auth/v3/tenant_access_token/internal",
            "/open-apis/auth/v3/app_access_token/internal",
            "/open-apis/auth/v3/app_access_token",
            "/open-apis/auth/v3/tenant_access_token",
            "/v1.0/oauth2/accessToken",
            "/v1.0/oauth2/corpAccessToken",
            "/v1.0/oauth2/c%2F1/token",
        ]
    );
    let requests = mock.requests();
    let mut tokens: Vec<_> = requests.iter().filter_map(Recorded::token).collect();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!((requests.len(), tokens.len()), (6, 6), "each kind has a token of its own");
}

#[tokio::test]
async fn tenants_have_tokens_of_their_own() {
    let mock = platform();
    let client = feishu(&mock);
    client.set_ticket("any").await.unwrap();
    for tenant in ["one", "two", "one"] {
        client.for_tenant(tenant).call(&LinkChat("oc_1")).await.unwrap();
    }
    let requests = mock.requests();
    assert_ne!(requests[0].token(), requests[1].token());
    assert_eq!(requests[0].token(), requests[2].token());
}

#[tokio::test]
async fn a_wrong_ticket_is_refused_and_another_asked_for() {
    let mock = platform();
    mock.set_ticket("right");
    let client = feishu(&mock);
    client.set_ticket("wrong").await.unwrap();
    let error = client.for_tenant("one").call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.code::<String>().as_deref(), Some("10012"));
    assert_eq!(paths(&mock.token_requests())[1], "/open-apis/auth/v3/app_ticket/resend");
    client.set_ticket("right").await.unwrap();
    client.for_tenant("one").call(&LinkChat("oc_1")).await.unwrap();

    let client = dingtalk(&mock);
    client.set_ticket("wrong").await.unwrap();
    client.for_authorized_corp("c").call(&SendLink).await.unwrap_err();
    client.set_ticket("right").await.unwrap();
    client.for_authorized_corp("c").call(&SendLink).await.unwrap();
}

#[tokio::test]
async fn a_tenants_token_wants_a_token_of_the_app() {
    let mock = platform();
    let ask = async |token: &str| {
        let body = json!({ "app_access_token": token, "tenant_key": "one" });
        post(&mock, "/open-apis/auth/v3/tenant_access_token", &body).await
    };
    assert_eq!(ask("no such token").await["code"], 99991664);
    mock.accept_token(TokenKind::FeishuApp, "a-1");
    assert_eq!(ask("a-1").await["code"], 0);
    mock.revoke(TokenKind::FeishuApp);
    assert_eq!(ask("a-1").await["code"], 99991664);
}

#[tokio::test]
async fn the_code_of_a_refusal_fits_the_kind_of_the_token() {
    let mock = platform();
    for (kind, code) in [
        (TokenKind::FeishuTenant, "99991663"),
        (TokenKind::FeishuApp, "99991664"),
        (TokenKind::FeishuUser, "99991668"),
        (TokenKind::FeishuRefresh, "99991668"),
        (TokenKind::DingTalkApp, "99991668"),
    ] {
        mock.accept_token(kind, "x-1");
        mock.revoke(kind);
        let client = feishu(&mock).as_user("x-1");
        let error = client.call(&LinkChat("oc_1")).await.unwrap_err();
        assert_eq!(error.code::<String>().as_deref(), Some(code), "{kind:?}");
    }
    mock.accept_token(TokenKind::DingTalkApp, "d-1");
    let client = dingtalk(&mock).with_token("d-1");
    client.call(&SendLink).await.unwrap();
    mock.revoke(TokenKind::DingTalkApp);
    let error = client.call(&SendLink).await.unwrap_err();
    assert_eq!(error.code::<String>().as_deref(), Some("InvalidAuthentication"));
}

#[tokio::test]
async fn tokens_are_revoked_by_kind() {
    let mock = platform();
    let client = feishu(&mock);
    client.call(&LinkChat("oc_1")).await.unwrap();
    client.as_app().call(&LinkChat("oc_1")).await.unwrap();
    let tokens: Vec<_> =
        mock.requests().iter().map(|request| request.token().unwrap().to_owned()).collect();
    mock.revoke(TokenKind::FeishuApp);
    client.with_token(tokens[0].clone()).call(&LinkChat("oc_1")).await.unwrap();
    client.with_token(tokens[1].clone()).call(&LinkChat("oc_1")).await.unwrap_err();
}

/// Feishu gives the same token with what is left of its time, and a new one in the last half hour.
#[tokio::test(start_paused = true)]
async fn feishus_tokens_are_given_again_until_the_last_half_hour() {
    let mock = platform();
    let body = json!({ "app_id": "cli_1", "app_secret": "s" });
    let path = "/open-apis/auth/v3/tenant_access_token/internal";
    let fetch = async || post(&mock, path, &body).await;
    let first = fetch().await;
    assert_eq!(first["expire"], 7200);
    mock.advance(HOUR);
    let same = fetch().await;
    assert_eq!(
        (&same["tenant_access_token"], &same["expire"]),
        (&first["tenant_access_token"], &json!(3600))
    );
    mock.advance(HOUR / 2 + Duration::from_secs(1));
    let next = fetch().await;
    assert_ne!(next["tenant_access_token"], first["tenant_access_token"]);
    assert_eq!(next["expire"], 7200);
    // The old one stays valid to its end.
    let old = feishu(&mock).with_token(first["tenant_access_token"].as_str().unwrap());
    old.call(&LinkChat("oc_1")).await.unwrap();
    mock.advance(HOUR / 2);
    let error = old.call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.code::<String>().as_deref(), Some("99991663"));
}

/// DingTalk renews the token that it gave before; for an organization it gives a new one each time.
#[tokio::test(start_paused = true)]
async fn dingtalks_tokens_are_renewed() {
    let mock = platform();
    let fetch = async || {
        let body = json!({ "appKey": "k", "appSecret": "s" });
        post(&mock, "/v1.0/oauth2/accessToken", &body).await
    };
    let first = fetch().await;
    for _ in 0..3 {
        mock.advance(HOUR + HOUR / 2);
        assert_eq!(fetch().await, first);
    }
    mock.advance(2 * HOUR);
    assert_ne!(fetch().await["accessToken"], first["accessToken"]);

    let fetch = async || {
        let body = json!({
            "suiteKey": "k", "suiteSecret": "s", "authCorpId": "c", "suiteTicket": "t"
        });
        post(&mock, "/v1.0/oauth2/corpAccessToken", &body).await
    };
    assert_ne!(fetch().await["accessToken"], fetch().await["accessToken"]);
}

#[tokio::test(start_paused = true)]
async fn a_lifetime_can_be_set_and_ends_by_either_clock() {
    let mock = platform();
    mock.set_lifetime(TokenKind::FeishuTenant, Duration::from_secs(90));
    let ask = json!({ "app_id": "cli_1", "app_secret": "s" });
    let path = "/open-apis/auth/v3/tenant_access_token/internal";
    let token = async || {
        let granted: Value = post(&mock, path, &ask).await;
        assert_eq!(granted["expire"], 90);
        granted["tenant_access_token"].as_str().unwrap().to_owned()
    };
    for wait in [true, false] {
        let client = feishu(&mock).with_token(token().await);
        client.call(&LinkChat("oc_1")).await.unwrap();
        match wait {
            true => tokio::time::sleep(Duration::from_secs(91)).await,
            false => mock.advance(Duration::from_secs(90)),
        }
        client.call(&LinkChat("oc_1")).await.unwrap_err();
    }
    // Nothing overflows.
    mock.set_lifetime(TokenKind::FeishuTenant, Duration::MAX);
    mock.advance(Duration::MAX);
    post(&mock, path, &ask).await;
}

#[tokio::test]
async fn a_fetch_can_be_refused_and_delayed() {
    let mock = platform();
    let path = "/open-apis/auth/v3/tenant_access_token/internal";
    let fetches = mock.on_path::<Feishu>(openplat_core::Method::Post, path);
    let fetches = fetches.error("10014").times(1);
    let error = feishu(&mock).call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    feishu(&mock).call(&LinkChat("oc_1")).await.unwrap();
    assert_eq!((fetches.calls(), mock.token_requests().len()), (2, 2));
    assert_eq!(mock.requests().len(), 1);

    fetches.respond(Reply::refuse()).times(1);
    feishu(&mock).call(&LinkChat("oc_1")).await.unwrap();
    assert_eq!(mock.token_requests().len(), 4, "a refused fetch is tried again");
}
