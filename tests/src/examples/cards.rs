use feishu_cardkit::card::{CreateCard, UpdateCard, UpdateCardSettings};
use feishu_cardkit::card_element::StreamText;
use feishu_im::events::Listener;
use feishu_im::events::connection::LongConnection;
use feishu_im::message::CreateMessage;
use openplat_mock::{MockPlatform, Push};
use serde_json::{Value, json};

use super::cardkit::streaming_card;
use super::im::card_button;
use crate::in_process::feishu;

#[tokio::test(start_paused = true)]
async fn a_click_on_the_button_changes_the_card() {
    let mock = MockPlatform::in_process();
    let feishu = feishu(&mock);
    let messages = mock.on::<CreateMessage>().data(json!({ "message_id": "om_1" }));
    card_button::ask(&feishu, "oc_1").await.unwrap();
    let message = messages.requests()[0].json().unwrap();
    assert_eq!(
        (&message["receive_id"], &message["msg_type"]),
        (&json!("oc_1"), &json!("interactive"))
    );
    let card: Value = serde_json::from_str(message["content"].as_str().unwrap()).unwrap();
    let value = &card["body"]["elements"][1]["behaviors"][0]["value"];
    assert_eq!(*value, json!({ "build": 214 }));

    let connection = LongConnection::new(&feishu).connect();
    let control = connection.control();
    let running = tokio::spawn(connection.run(Listener::new(card_button::clicked)));
    let action = json!({ "tag": "button", "value": value });
    let click = json!({ "operator": { "open_id": "ou_1" }, "action": action });
    let answer = mock.push(Push::feishu("card.action.trigger", click)).ack().await.data.unwrap();
    assert_eq!(answer["toast"]["content"], "Deployed.");
    let text = &answer["card"]["data"]["body"]["elements"][0]["content"];
    assert_eq!(text, "<at id=ou_1></at> deployed build **214**.");
    control.shutdown();
    running.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_card_is_streamed() {
    let mock = MockPlatform::in_process();
    mock.on::<CreateCard>().data(json!({ "card_id": "card_1" }));
    let messages = mock.on::<CreateMessage>().data(json!({ "message_id": "om_1" }));
    let texts = mock.on::<StreamText>();
    mock.on::<UpdateCard>();
    let settings = mock.on::<UpdateCardSettings>();

    let tokens = streaming_card::tokens();
    streaming_card::answer(&feishu(&mock), "oc_1", tokens).await.unwrap();
    assert_eq!(messages.requests()[0].json().unwrap()["receive_id"], "oc_1");
    let texts: Vec<_> = texts.requests().iter().map(|text| text.json().unwrap()).collect();
    assert!(texts.len() > 5, "{texts:?}");
    let last = texts[texts.len() - 1]["content"].as_str().unwrap();
    assert!(last.ends_with("- 2 were skipped\n"), "{last}");
    let end = settings.requests().pop().unwrap().json().unwrap();
    assert!(end["settings"].as_str().unwrap().contains(r#""streaming_mode":false"#), "{end}");
}
