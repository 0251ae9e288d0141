//! The kinds of token, and what each is fetched with. The expectations are the vendors' own: paths,
//! names of fields, shapes of answers.

use std::time::SystemTime;

use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use feishu_im::ErrorKind;
use feishu_im::chat_members::MeJoinChatMembers;
use openplat_core::{CodeExchange, Secret};
use serde_json::json;

use crate::script::{Script, Step, answer, ok};

fn join() -> MeJoinChatMembers {
    MeJoinChatMembers::new("oc_1")
}

fn send_link() -> SendLink {
    SendLink::new(SendLinkRequired {
        union_id: "me",
        space_id: "786",
        dentry_id: "908",
        open_conversation_id: "cid",
    })
}

fn feishu_token(name: &str, value: &str) -> Step {
    answer(200, &[], &json!({ "code": 0, "msg": "ok", name: value, "expire": 7200 }).to_string())
}

const JOIN: &str = "/open-apis/im/v1/chats/oc_1/members/me_join";

#[tokio::test]
async fn a_store_app_acts_for_its_tenants() {
    let script = Script::new([
        feishu_token("app_access_token", "a-1"),
        feishu_token("tenant_access_token", "t-one"),
        ok(),
        feishu_token("tenant_access_token", "t-two"),
        ok(),
        ok(),
    ])
    .with_tokens();
    let client = script.feishu();
    client.set_ticket("ticket-1").await.unwrap();
    join().send(&client.for_tenant("one")).await.unwrap();
    join().send(&client.for_tenant("two")).await.unwrap();
    join().send(&client.for_tenant("one")).await.unwrap();
    let app = json!({ "app_id": "cli_1", "app_secret": "secret", "app_ticket": "ticket-1" });
    let tenant = |key: &str| json!({ "app_access_token": "a-1", "tenant_key": key });
    let token = |token: &str| Some(format!("Bearer {token}"));
    assert_eq!(
        script.requests(),
        [
            ("/open-apis/auth/v3/app_access_token".to_owned(), None, app),
            ("/open-apis/auth/v3/tenant_access_token".to_owned(), None, tenant("one")),
            (JOIN.to_owned(), token("t-one"), json!(null)),
            ("/open-apis/auth/v3/tenant_access_token".to_owned(), None, tenant("two")),
            (JOIN.to_owned(), token("t-two"), json!(null)),
            (JOIN.to_owned(), token("t-one"), json!(null)),
        ]
    );
}

#[tokio::test]
async fn without_a_ticket_one_is_asked_for() {
    let script = Script::new([ok()]).with_tokens();
    let client = script.feishu();
    let error = join().send(&client.for_tenant("one")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("set_ticket"), "{error}");
    let app = json!({ "app_id": "cli_1", "app_secret": "secret" });
    let resend = "/open-apis/auth/v3/app_ticket/resend".to_owned();
    assert_eq!(script.requests(), [(resend, None, app)]);
}

#[tokio::test]
async fn a_ticket_that_is_refused_is_asked_for_again() {
    let script =
        Script::new([answer(200, &[], r#"{"code":10012,"msg":"bad ticket"}"#), ok()]).with_tokens();
    let client = script.feishu();
    client.set_ticket("old").await.unwrap();
    let error = join().send(&client.for_tenant("one")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("a new one was asked for"), "{error}");
    assert_eq!(script.requests()[1].0, "/open-apis/auth/v3/app_ticket/resend");
}

#[tokio::test]
async fn an_app_has_a_token_of_its_own() {
    let both = json!({
        "code": 0, "app_access_token": "a-1", "tenant_access_token": "t-1", "expire": 7200
    });
    let script = Script::new([answer(200, &[], &both.to_string()), ok()]).with_tokens();
    join().send(&script.feishu().as_app()).await.unwrap();
    let requests = script.requests();
    assert_eq!(requests[0].0, "/open-apis/auth/v3/app_access_token/internal");
    assert_eq!(requests[1].1.as_deref(), Some("Bearer a-1"));

    let script = Script::new([answer(200, &[], &both.to_string()), ok()]).with_tokens();
    join().send(&script.feishu()).await.unwrap();
    assert_eq!(script.requests()[1].1.as_deref(), Some("Bearer t-1"));
}

#[tokio::test]
async fn dingtalk_has_three_ways_to_a_token() {
    let internal = answer(200, &[], r#"{"accessToken":"d-1","expireIn":7200}"#);
    let script = Script::new([internal, answer(200, &[], "{}")]).with_tokens();
    send_link().send(&script.dingtalk()).await.unwrap();
    let requests = script.requests();
    assert_eq!(requests[0].0, "/v1.0/oauth2/accessToken");
    assert_eq!(requests[0].2, json!({ "appKey": "ding", "appSecret": "secret" }));
    assert_eq!(requests[1].1.as_deref(), Some("d-1"));

    let corp = answer(200, &[], r#"{"accessToken":"d-2","expireIn":7200}"#);
    let script = Script::new([corp, answer(200, &[], "{}")]).with_tokens();
    let client = script.dingtalk();
    client.set_ticket("suite-ticket").await.unwrap();
    send_link().send(&client.for_authorised_corp("corp-1")).await.unwrap();
    let requests = script.requests();
    assert_eq!(requests[0].0, "/v1.0/oauth2/corpAccessToken");
    let body = json!({
        "suiteKey": "ding",
        "suiteSecret": "secret",
        "authCorpId": "corp-1",
        "suiteTicket": "suite-ticket",
    });
    assert_eq!(requests[0].2, body);
    assert_eq!(requests[1].1.as_deref(), Some("d-2"));

    let unified = answer(200, &[], r#"{"access_token":"d-3","expires_in":"7200"}"#);
    let script = Script::new([unified, answer(200, &[], "{}")]).with_tokens();
    send_link().send(&script.dingtalk().for_corp("corp/1")).await.unwrap();
    let requests = script.requests();
    assert_eq!(requests[0].0, "/v1.0/oauth2/corp%2F1/token");
    let body = json!({
        "client_id": "ding", "client_secret": "secret", "grant_type": "client_credentials"
    });
    assert_eq!(requests[0].2, body);
    assert_eq!(requests[1].1.as_deref(), Some("d-3"));
}

#[tokio::test]
async fn a_code_becomes_a_users_tokens() {
    let tokens = json!({
        "code": 0, "access_token": "u-1", "expires_in": 7200, "token_type": "Bearer",
        "refresh_token": "r-1", "refresh_token_expires_in": 604800, "scope": "im:chat offline_access",
    });
    let script = Script::new([answer(200, &[], &tokens.to_string()), ok()]);
    let client = script.feishu();
    let exchange =
        CodeExchange::new("c-1").redirect_uri("https://me.example/back").code_verifier("v");
    let user = client.exchange_code(exchange).await.unwrap();
    let lifetime = |until: SystemTime| until.duration_since(user.issued_at).unwrap().as_secs();
    assert_eq!(lifetime(user.expires_at), 7200);
    assert_eq!(user.refresh_token_expires_at.map(lifetime), Some(604_800));
    assert_eq!(user.scopes, ["im:chat", "offline_access"]);
    join().send(&client.as_user(user.access_token)).await.unwrap();
    let requests = script.requests();
    assert_eq!(requests[0].0, "/open-apis/authen/v2/oauth/token");
    let body = json!({
        "grant_type": "authorization_code", "client_id": "cli_1", "client_secret": "secret",
        "code": "c-1", "redirect_uri": "https://me.example/back", "code_verifier": "v",
    });
    assert_eq!(requests[0].2, body);
    assert_eq!(requests[1].1.as_deref(), Some("Bearer u-1"));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_is_sent_once() {
    let tokens = json!({ "code": 0, "access_token": "u-2", "expires_in": 7200 });
    let script = Script::new([answer(200, &[], &tokens.to_string())]);
    let user = script.feishu().refresh_user_token(&Secret::new("r-1")).await.unwrap();
    assert!(user.refresh_token.is_none());
    let body = json!({
        "grant_type": "refresh_token", "client_id": "cli_1", "client_secret": "secret",
        "refresh_token": "r-1",
    });
    assert_eq!(script.requests()[0].2, body);

    // It works a single time, and may have been used up by each of these.
    for failure in [Step::Break, Step::Stall, answer(502, &[], "r-1 secret")] {
        let script = Script::new([failure]);
        let error = script.feishu().refresh_user_token(&Secret::new("r-1")).await.unwrap_err();
        assert_eq!((script.count(), error.attempts()), (1, 1));
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("r-1") && !shown.contains("secret"), "{shown}");
    }
    let refused = r#"{"code":20037,"error":"invalid_grant","error_description":"expired"}"#;
    let script = Script::new([answer(400, &[], refused)]);
    let error = script.feishu().refresh_user_token(&Secret::new("r-1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    let api = error.api().unwrap();
    assert_eq!((api.code(), api.message()), ("20037", "expired"));
    assert_eq!(error.operation(), Some("authen.v2.oauth.token"));
}
