//! The example of a bot, against the platform on this machine.

use feishu_im::bot::{Bot, GetBot};
use feishu_im::events::connection::LongConnection;
use feishu_im::events::{FeishuWebhook, Listener};
use feishu_im::message::ReplyMessage;
use openplat_mock::{MockPlatform, Push};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::im::echo_bot as example;
use crate::tested::Tested;

fn feishu(mock: &MockPlatform) -> feishu_im::Client {
    feishu_im::Client::builder("cli_1", "secret")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap()
}

async fn bot(mock: &MockPlatform, feishu: feishu_im::Client) -> Listener {
    mock.on::<GetBot>().data(json!({ "bot": { "open_id": "ou_echo", "app_name": "Echo" } }));
    let me = Bot::me(&feishu).await.unwrap();
    Listener::new(move |event| example::answer(feishu.clone(), me.clone(), event))
}

/// A text, in which `@_user_1` is Tom, `@_user_2` the bot, and `@_user_3` another bot.
fn message(number: usize, chat_type: &str, text: &str) -> Push {
    let mentions = [
        ("@_user_1", "Tom", "user", "ou_tom"),
        ("@_user_2", "Echo", "bot", "ou_echo"),
        ("@_user_3", "Other", "bot", "ou_other"),
    ];
    let mentions = mentions.map(|(key, name, kind, id)| {
        json!({ "key": key, "name": name, "mentioned_type": kind, "id": { "open_id": id } })
    });
    let mentioned = |mention: &Value| text.contains(mention["key"].as_str().unwrap());
    let mentions: Vec<_> = mentions.into_iter().filter(mentioned).collect();
    Push::feishu(
        "im.message.receive_v1",
        json!({
            "sender": { "sender_id": { "open_id": "ou_1" }, "sender_type": "user" },
            "message": {
                "message_id": format!("om_{number}"),
                "chat_type": chat_type,
                "message_type": "text",
                "content": json!({ "text": text }).to_string(),
                "mentions": mentions,
            },
        }),
    )
}

fn content(reply: &Value) -> Value {
    serde_json::from_str(reply["content"].as_str().unwrap()).unwrap()
}

/// Says things to the bot, and looks at what it replies.
async fn converse(mock: &MockPlatform) {
    let replies = mock.on::<ReplyMessage>();
    let words = [
        ("group", "@_user_2 hi @_user_1", "hi @Tom"),
        ("p2p", "<b>hi</b>", "<\u{200B}b>hi<\u{200B}/b>"),
        ("group", "@_user_2 /help", "Say anything, or /menu."),
        ("group", "@_user_2", "Say anything, or /menu."),
    ];
    for (number, (chat_type, text, expected)) in words.into_iter().enumerate() {
        mock.push(message(number, chat_type, text)).accepted().await;
        let reply = replies.requests().pop().unwrap();
        let message_id = format!("om_{number}");
        assert_eq!(reply.path_value("message_id"), Some(message_id.as_str()));
        assert_eq!(content(&reply.json().unwrap()), json!({ "text": expected }));
    }
    mock.push(message(7, "group", "@_user_2 /menu")).accepted().await;
    let menu = replies.requests().pop().unwrap().json().unwrap();
    assert_eq!(menu["msg_type"], "interactive");
    let card = content(&menu);
    assert_eq!(card.pointer("/body/elements/0/behaviors/0/type"), Some(&"callback".into()));

    let click = json!({ "operator": { "open_id": "ou_1" }, "action": { "tag": "button" } });
    let ack = mock.push(Push::feishu("card.action.trigger", click)).ack().await;
    let toast = json!({ "toast": { "type": "info", "content": "Coming up." } });
    assert_eq!((ack.code, ack.data), (200, Some(toast)));

    let calls = replies.calls();
    mock.push(message(7, "group", "@_user_2 /menu")).accepted().await;
    mock.push(message(8, "group", "not for the bot, but for @_user_1")).accepted().await;
    mock.push(message(9, "group", "@_user_3 not for this bot")).accepted().await;
    mock.push(Push::feishu("im.message.message_read_v1", json!({}))).accepted().await;
    assert_eq!(replies.calls(), calls, "one is a repetition, the others are not for the bot");
}

#[tokio::test]
async fn the_bot_answers_over_a_long_connection() {
    let mock = MockPlatform::start().await.unwrap();
    let feishu = feishu(&mock);
    let connection = LongConnection::new(&feishu).connect();
    let control = connection.control();
    let running = tokio::spawn(connection.run(bot(&mock, feishu).await));
    converse(&mock).await;
    control.shutdown();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_bot_answers_to_a_webhook() {
    let mock = MockPlatform::start().await.unwrap();
    let webhook = FeishuWebhook::builder().encrypt_key("a key").build().unwrap();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let server =
        tokio::spawn(example::serve(bot(&mock, feishu(&mock)).await, webhook.clone(), socket));
    mock.webhook("cli_1", &webhook, url.as_str()).await.unwrap();
    converse(&mock).await;
    server.abort();
}
