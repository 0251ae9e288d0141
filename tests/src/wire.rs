//! Requests compared, byte by byte where it matters, with what the vendors' own SDKs send. The
//! expectations were recorded from those SDKs.

use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use feishu_apaas::user_task::{ChatGroupUserTask, ChatGroupUserTaskRequired};
use feishu_im::chat::{LinkChat, ValidityPeriod};
use feishu_im::chat_members::MeJoinChatMembers;
use openplat_mock::{MockPlatform, Recorded};
use serde_json::json;

use crate::tested::Tested;

const CHAT: &str = "oc_a0553eda9014c201e6969b478895c230";

async fn feishu() -> (MockPlatform, feishu_im::Client) {
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu_im::Client::builder("cli_mockappid", "mock-app-secret")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap();
    (mock, client)
}

fn header<'a>(request: &'a Recorded, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(|value| value.to_str().unwrap())
}

fn only(mock: &MockPlatform) -> Recorded {
    let [request] = &mock.requests()[..] else { panic!("one request expected") };
    request.clone()
}

#[tokio::test]
async fn a_link_with_a_validity_period() {
    let (mock, client) = feishu().await;
    mock.on::<LinkChat>();
    LinkChat::new(CHAT).validity_period(ValidityPeriod::Week).send(&client).await.unwrap();
    let request = only(&mock);
    assert_eq!(request.method, "POST");
    assert_eq!(request.target, format!("/open-apis/im/v1/chats/{CHAT}/link"));
    assert_eq!(request.body, r#"{"validity_period":"week"}"#);
    assert_eq!(header(&request, "content-type"), Some("application/json; charset=utf-8"));
    assert!(header(&request, "authorization").unwrap().starts_with("Bearer "));
}

#[tokio::test]
async fn a_link_with_nothing_set_sends_an_empty_object() {
    let (mock, client) = feishu().await;
    mock.on::<LinkChat>();
    LinkChat::new(CHAT).send(&client).await.unwrap();
    assert_eq!(only(&mock).body, "{}");
}

#[tokio::test]
async fn joining_sends_no_body() {
    let (mock, client) = feishu().await;
    mock.on::<MeJoinChatMembers>();
    MeJoinChatMembers::new(CHAT).send(&client).await.unwrap();
    let request = only(&mock);
    assert_eq!(request.method, "PATCH");
    assert_eq!(request.target, format!("/open-apis/im/v1/chats/{CHAT}/members/me_join"));
    assert!(request.body.is_empty());
    assert_eq!(header(&request, "content-type"), None);
    // A PATCH without a length would make some proxies wait for a body.
    assert_eq!(header(&request, "content-length"), Some("0"));
}

#[tokio::test]
async fn a_chat_for_a_task_is_raw_utf_8_in_the_order_of_the_page() {
    let (mock, client) = feishu().await;
    mock.on::<ChatGroupUserTask>();
    ChatGroupUserTask::new(ChatGroupUserTaskRequired { task_id: "1234", operator_user_id: "1234" })
        .invite_user_ids(["1234"])
        .chat_id("oc_1234")
        .chat_name("群名称")
        .send(&client)
        .await
        .unwrap();
    let request = only(&mock);
    assert_eq!(request.target, "/open-apis/apaas/v1/user_tasks/1234/chat_group");
    assert_eq!(
        request.body,
        r#"{"operator_user_id":"1234","invite_user_ids":["1234"],"chat_id":"oc_1234","chat_name":"群名称"}"#
    );
}

#[tokio::test]
async fn the_tenant_token_is_fetched_as_the_sdks_fetch_it() {
    let (mock, client) = feishu().await;
    mock.on::<MeJoinChatMembers>();
    MeJoinChatMembers::new(CHAT).send(&client).await.unwrap();
    let [fetch] = &mock.token_requests()[..] else { panic!("one fetch expected") };
    assert_eq!(fetch.method, "POST");
    assert_eq!(fetch.target, "/open-apis/auth/v3/tenant_access_token/internal");
    let body = json!({ "app_id": "cli_mockappid", "app_secret": "mock-app-secret" });
    assert_eq!(fetch.json().unwrap(), body);
    assert_eq!(header(fetch, "authorization"), None);
}

#[tokio::test]
async fn a_file_link_of_dingtalk() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<SendLink>();
    let client = dingtalk_convfile::Client::builder("dingmockkey", "mock-secret")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap();
    SendLink::new(SendLinkRequired {
        union_id: "chyxxxxx",
        space_id: "786xxxxx",
        dentry_id: "908xxxxx",
        open_conversation_id: "cidCxxxxx",
    })
    .send(&client)
    .await
    .unwrap();

    let request = only(&mock);
    assert_eq!(request.method, "POST");
    assert_eq!(request.target, "/v1.0/convFile/conversations/files/links/send?unionId=chyxxxxx");
    let body = json!({
        "dentryId": "908xxxxx", "openConversationId": "cidCxxxxx", "spaceId": "786xxxxx"
    });
    assert_eq!(request.json().unwrap(), body);
    assert_eq!(header(&request, "content-type"), Some("application/json; charset=utf-8"));
    assert!(header(&request, "x-acs-dingtalk-access-token").is_some());
    assert_eq!(header(&request, "authorization"), None);

    let [fetch] = &mock.token_requests()[..] else { panic!("one fetch expected") };
    assert_eq!(fetch.target, "/v1.0/oauth2/accessToken");
    let body = json!({ "appKey": "dingmockkey", "appSecret": "mock-secret" });
    assert_eq!(fetch.json().unwrap(), body);
}
