//! A response without what the call was to create is an error, not an empty success.

use feishu_im::ErrorKind;
use feishu_im::chat::CreateChat;
use feishu_im::chat_tab::{ChatTab, CreateChatTab};
use feishu_im::message::{CreateMessage, ReceiveId, Text};
use feishu_im::pin::CreatePin;
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

fn create_message() -> CreateMessage {
    CreateMessage::with_content(ReceiveId::chat("oc_1"), Text::new("hi"))
}

#[tokio::test]
async fn a_message_without_an_id_is_an_error() {
    for data in [Value::Null, json!({}), json!({ "chat_id": "oc_1" })] {
        let (mock, client) = platform().await;
        mock.on::<CreateMessage>().data(data);
        let error = create_message().send(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("`message_id`"), "{error}");
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test]
async fn no_other_create_passes_over_what_it_created() {
    let (mock, client) = platform().await;
    mock.on::<CreateChat>().data(Value::Null);
    mock.on::<CreatePin>().data(json!({ "pin": {} }));
    mock.on::<CreateChatTab>().data(json!({}));
    let tabs: [ChatTab; 0] = [];
    for (error, member) in [
        (CreateChat::new().send(&client).await.unwrap_err(), "`chat_id`"),
        (CreatePin::new("om_1").send(&client).await.unwrap_err(), "`message_id`"),
        (CreateChatTab::new("oc_1", tabs).send(&client).await.unwrap_err(), "`chat_tabs`"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains(member), "{error}");
    }
}
