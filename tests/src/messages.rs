//! What a message says, on its way through the operations that carry it.

use feishu_im::message::{
    Card, Content, CreateMessage, Image, ListMessage, PatchMessage, Post, ReceiveId, ReplyMessage,
    Text, UpdateMessage,
};
use feishu_im::message::{ContainerId, ReceiveIdType};
use openplat_mock::MockPlatform;
use serde_json::{Value, json};

use crate::tested::Tested;

async fn platform() -> (MockPlatform, feishu_im::Client) {
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu_im::Client::builder("app", "secret")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap();
    (mock, client)
}

/// The body of the only request, with what its `content` holds.
fn sent(mock: &MockPlatform) -> (String, Value) {
    let requests = mock.requests();
    let [request] = requests.as_slice() else { panic!("one request expected: {requests:?}") };
    let mut body = request.json().unwrap();
    let content = body["content"].as_str().unwrap().to_owned();
    body["content"] = serde_json::from_str(&content).unwrap();
    (request.target.clone(), body)
}

#[tokio::test]
async fn a_message_is_sent_with_its_type_and_its_content() {
    let (mock, client) = platform().await;
    mock.on::<CreateMessage>();
    let text = Text::new("hi \"Tom\" ").mention("ou_1", "Tom");
    CreateMessage::with_content(ReceiveId::chat("oc_1"), text)
        .uuid("1")
        .send(&client)
        .await
        .unwrap();
    let (target, body) = sent(&mock);
    assert_eq!(target, "/open-apis/im/v1/messages?receive_id_type=chat_id");
    let text = "hi \"Tom\" <at user_id=\"ou_1\">Tom</at>";
    let expected = json!({ "receive_id": "oc_1", "msg_type": "text", "content": { "text": text }, "uuid": "1" });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn an_id_of_a_type_that_is_new_can_be_sent() {
    let (mock, client) = platform().await;
    mock.on::<CreateMessage>();
    let to = ReceiveId::new(ReceiveIdType::from("hologram_id"), "h 1");
    CreateMessage::with_content(to, Image::new("img_1")).send(&client).await.unwrap();
    let (target, body) = sent(&mock);
    assert_eq!(target, "/open-apis/im/v1/messages?receive_id_type=hologram_id");
    assert_eq!((&body["receive_id"], &body["msg_type"]), (&json!("h 1"), &json!("image")));
}

#[tokio::test]
async fn replies_edits_and_cards_take_content_as_well() {
    let (mock, client) = platform().await;
    mock.on::<ReplyMessage>();
    ReplyMessage::with_content("om_1", Post::en_us("T").line(["x"])).send(&client).await.unwrap();
    let (target, body) = sent(&mock);
    assert_eq!(target, "/open-apis/im/v1/messages/om_1/reply");
    assert_eq!(body["msg_type"], "post");
    let line = json!([{ "tag": "text", "text": "x" }]);
    assert_eq!(body["content"], json!({ "en_us": { "title": "T", "content": [line] } }));

    let (mock, client) = platform().await;
    mock.on::<UpdateMessage>();
    UpdateMessage::with_content("om_1", Text::new("new")).send(&client).await.unwrap();
    let (target, body) = sent(&mock);
    assert_eq!(target, "/open-apis/im/v1/messages/om_1");
    assert_eq!(body, json!({ "msg_type": "text", "content": { "text": "new" } }));

    let (mock, client) = platform().await;
    mock.on::<PatchMessage>();
    PatchMessage::with_card("om_1", Card::new(json!({ "elements": [] })))
        .send(&client)
        .await
        .unwrap();
    let (_, body) = sent(&mock);
    assert_eq!(body, json!({ "content": { "elements": [] } }));
}

#[tokio::test]
async fn what_is_read_is_content_again_or_the_text_as_it_came() {
    let (mock, client) = platform().await;
    let item = |msg_type: &str, content: Option<&str>| {
        let body = content.map(|content| json!({ "content": content }));
        json!({ "message_id": "om_1", "msg_type": msg_type, "body": body })
    };
    mock.on::<ListMessage>().data(json!({ "has_more": false, "items": [
        item("text", Some(r#"{"text":"hi"}"#)),
        item("text", Some("This message was recalled")),
        item("hologram", Some("{}")),
        item("text", None),
    ]}));
    let mut messages = ListMessage::new(ContainerId::chat("oc_1")).items(&client);
    let mut read = Vec::new();
    while let Some(message) = messages.next().await {
        read.push(message.unwrap().content());
    }
    let [Content::Text(text), recalled, unknown, absent] = read.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!(text.text, "hi");
    for (content, msg_type, text) in [
        (recalled, "text", "This message was recalled"),
        (unknown, "hologram", "{}"),
        (absent, "text", ""),
    ] {
        assert!(matches!(content, Content::Unknown(_)), "{content:?}");
        assert_eq!((content.msg_type(), content.to_json_string().as_str()), (msg_type, text));
    }
}

/// The platform measures the body of a request.
#[tokio::test]
async fn markdown_of_any_length_is_sent_in_requests_of_30_kb() {
    use feishu_im::feishu_card::Markdown;

    let (mock, client) = platform().await;
    mock.on::<CreateMessage>();
    let text = "## Title\n\nSome \"quoted\" *words*, and `code`.\n\n".repeat(4_000);
    for part in Markdown::new(text).title("T").messages().parts {
        CreateMessage::with_content(ReceiveId::chat("oc_1"), part).send(&client).await.unwrap();
    }
    let requests = mock.requests();
    assert!(requests.len() > 6);
    for request in requests {
        assert!(request.body.len() <= 30 * 1024, "{}", request.body.len());
    }
}
