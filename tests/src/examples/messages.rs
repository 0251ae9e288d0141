use feishu_im::chat::{CreateChat, GetChat, LinkChat};
use feishu_im::chat_members::CreateChatMembers;
use feishu_im::message::{CreateMessage, ListMessage};
use feishu_im::{ErrorCode, Feishu};
use openplat_core::Method;
use openplat_mock::{MockPlatform, Reply};
use serde_json::json;

use super::im::{group_bot, raw_call, share_link, typed_error};
use crate::in_process::feishu;

#[tokio::test]
async fn a_chat_is_shared() {
    let mock = MockPlatform::in_process();
    mock.on::<GetChat>().data(json!({ "name": "Lunch" }));
    let links = mock.on::<LinkChat>().data(json!({ "share_link": "https://example.com/1" }));

    let shared = share_link::share(&feishu(&mock), "oc_1").await.unwrap();
    assert_eq!(shared, "Join \"Lunch\" within a week: https://example.com/1");
    assert_eq!(links.requests()[0].json().unwrap(), json!({ "validity_period": "week" }));
}

#[tokio::test]
async fn a_group_is_asked_and_its_replies_are_read_page_by_page() {
    let mock = MockPlatform::in_process();
    let feishu = feishu(&mock);
    mock.on::<CreateChat>().data(json!({ "chat_id": "oc_1" }));
    let added = mock.on::<CreateChatMembers>().data(json!({ "invalid_id_list": ["ou_2"] }));
    let messages = mock.on::<CreateMessage>().data(json!({ "message_id": "om_1" }));
    let reply = |id: &str, to: &str| json!({ "message_id": id, "parent_id": to });
    let first = json!({
        "items": [{ "message_id": "om_1" }, reply("om_2", "om_1"), reply("om_3", "om_2")],
        "has_more": true,
        "page_token": "next",
    });
    let pages = mock.on::<ListMessage>().data(first).times(1);
    let pages = pages.data(json!({ "items": [reply("om_4", "om_1")], "has_more": false }));

    let members = ["ou_1", "ou_2"].map(str::to_owned);
    let chat_id = group_bot::create(&feishu, &members).await.unwrap();
    let question = group_bot::ask(&feishu, &chat_id, "ou_1").await.unwrap();
    let replies = group_bot::replies(&feishu, &chat_id, &question).await.unwrap();
    let ids: Vec<_> = replies.iter().map(|reply| reply.message_id.as_str()).collect();
    assert_eq!(ids, ["om_2", "om_4"]);

    let members = &added.requests()[0];
    assert_eq!(members.path_value("chat_id"), Some("oc_1"));
    assert_eq!(members.json().unwrap()["id_list"], json!(["ou_1", "ou_2"]));
    let question = messages.requests()[0].json().unwrap();
    assert_eq!(question["receive_id"], "oc_1");
    let text = question["content"].as_str().unwrap();
    assert!(text.contains(r#"<at user_id=\"ou_1\"></at>"#), "{text}");
    let tokens: Vec<_> =
        pages.requests().iter().map(|page| page.query_value("page_token")).collect();
    assert_eq!(tokens, [None, Some("next".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn errors_are_told_apart() {
    let mock = MockPlatform::in_process();
    let feishu = feishu(&mock);
    let links = mock.on::<LinkChat>().data(json!({ "share_link": "https://example.com/1" }));
    let links = links.times(1).error("232011").times(1).error("232009").times(1);
    links.error("232025").times(1).respond(Reply::new(503));
    for expected in
        ["https://example.com/1", "Add me to the chat first.", "This chat was dissolved."]
    {
        assert_eq!(typed_error::link(&feishu, "oc_1").await.unwrap(), expected);
    }
    let error = typed_error::link(&feishu, "oc_1").await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::BotDisabled));
    assert_eq!(typed_error::link(&feishu, "oc_1").await.unwrap(), "Try again in a minute.");
}

#[tokio::test]
async fn users_are_found_by_a_raw_call() {
    let mock = MockPlatform::in_process();
    let path = "/open-apis/contact/v3/users/batch_get_id";
    let found = mock.on_path::<Feishu>(Method::Post, path).data(json!({ "user_list": [
        { "email": "tom@example.com", "user_id": "ou_1" },
        { "email": "no@example.com" },
    ]}));

    let emails = ["tom@example.com", "no@example.com"].map(str::to_owned);
    let users = raw_call::find(&feishu(&mock), &emails).await.unwrap();
    let ids: Vec<_> = users.iter().map(|user| user.user_id.as_deref()).collect();
    assert_eq!(ids, [Some("ou_1"), None]);
    let request = &found.requests()[0];
    assert_eq!(request.query_value("user_id_type").as_deref(), Some("open_id"));
    assert_eq!(request.json().unwrap(), json!({ "emails": emails }));
}
