//! The mock as a user's bot meets it: with core's own client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openplat_core::events::connection::{LongConnected, LongConnection, State};
use openplat_core::events::{Answer, Listener, RawEvent};
use openplat_core::{Client, DingTalk, Error, ErrorKind, Feishu};
use openplat_mock::{MockPlatform, Push, Reply};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::line::soon;
use crate::operations::feishu;

const SECOND: Duration = Duration::from_secs(1);

fn client(mock: &MockPlatform) -> Client<Feishu> {
    Client::builder("cli_1", "s3cret").transport(mock.transport()).build().unwrap()
}

/// Answers clicks.
fn bot() -> Listener {
    Listener::new(async |event: RawEvent| {
        Ok::<_, Error>(match event.event_type() {
            "card.action.trigger" => Answer::json(&json!({ "toast": { "type": "info" } })),
            _ => Answer::default(),
        })
    })
}

async fn hears_and_answers(mock: &MockPlatform, client: &Client<Feishu>) {
    let connection = LongConnection::new(client).connect();
    let control = connection.control();
    let running = tokio::spawn(connection.run(bot()));
    let event = Push::feishu("im.message.receive_v1", json!({ "x": "你好".repeat(100) }));
    soon(mock.push(event.fragments(3).order([2, 0, 1])).accepted()).await;
    let callback = mock.push(Push::feishu("card.action.trigger", json!({})));
    assert_eq!(soon(callback.ack()).await.data, Some(json!({ "toast": { "type": "info" } })));
    let connection = soon(mock.connection(0)).await;
    soon(mock.until(|_| connection.pings() > 0)).await;
    assert_eq!((mock.pending(), connection.violations().len()), (0, 0));
    control.shutdown();
    running.await.unwrap().unwrap();
    soon(mock.until(|_| !connection.is_open())).await;
}

#[tokio::test]
async fn a_bot_hears_and_answers() {
    let mock = MockPlatform::start().await.unwrap();
    hears_and_answers(&mock, &feishu(&mock)).await;
    let mock = MockPlatform::in_process();
    hears_and_answers(&mock, &client(&mock)).await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_of_dingtalk_hears_and_answers() {
    const ROBOT: &str = "/v1.0/im/bot/messages/get";

    let mock = MockPlatform::in_process();
    let client = Client::<DingTalk>::builder("ding_1", "s3cret").transport(mock.transport());
    let listener = Listener::new(async |event: RawEvent| match event.event_type() {
        "fails" => Err(std::io::Error::other("no")),
        _ => Ok(Answer::json(&json!({ "text": "hi" }))),
    });
    let connection = LongConnection::new(&client.build().unwrap()).callbacks([ROBOT]).connect();
    let _running = tokio::spawn(connection.run(listener));

    let event = mock.push(Push::dingtalk_event("chat_update_title", json!({ "ChatId": "c" })));
    soon(event.accepted()).await;
    let callback = mock.push(Push::dingtalk_callback(ROBOT, json!({ "text": "hello" })));
    let ack = soon(callback.ack()).await;
    assert_eq!((ack.code, ack.data), (200, Some(json!({ "response": { "text": "hi" } }))));
    let failing = mock.push(Push::dingtalk_event("fails", json!({})));
    assert_eq!(soon(failing.ack()).await.data.unwrap()["status"], "LATER");
    assert!(!failing.is_accepted());

    let opaque = json!({ "opaque": "o" });
    let ping = mock.push(Push::dingtalk_system("ping", opaque.clone()));
    assert_eq!(soon(ping.ack()).await.data, Some(opaque));
    mock.push(Push::dingtalk_system("disconnect", json!({ "reason": "timeout" })));
    let next = mock.push(Push::dingtalk_event("chat_update_title", json!({})));
    soon(next.accepted()).await;
    assert_eq!(next.sent_to(), [1]);
    for connection in mock.connections() {
        assert_eq!(connection.violations(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bot_connects_again() {
    let mock = MockPlatform::in_process();
    let connection = LongConnection::new(&client(&mock)).connect();
    let _running = tokio::spawn(connection.run(bot()));
    soon(mock.connection(0)).await.close(1001);
    let pushed = mock.push(Push::feishu("im.message.receive_v1", json!({})));
    soon(pushed.accepted()).await;
    assert_eq!(pushed.sent_to(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_final_refusal_ends_a_bot() {
    let mock = MockPlatform::in_process();
    let refused = Reply::refuse_upgrade(514, "1000040350");
    mock.long_connection().upgrade::<Feishu>().respond(refused);
    let mut connection = LongConnection::new(&client(&mock)).connect();
    let error = connection.next().await.unwrap().unwrap_err();
    assert_ne!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(connection.next().await.is_none());
    assert!(matches!(connection.control().state(), State::Closed { .. }));
}

/// How often each event was handled.
type Counts = Arc<Mutex<HashMap<String, usize>>>;

/// Pushes two thousand events while everything fails at random.
async fn survive<V: LongConnected>(
    mock: &MockPlatform,
    client: &Client<V>,
    event: fn() -> Push,
    pause: Duration,
) {
    const EVENTS: usize = 2_000;

    let counts = Counts::default();
    let counted = counts.clone();
    let listener = Listener::new(move |event: RawEvent| {
        let id = event.header().id.clone().unwrap();
        *counted.lock().unwrap().entry(id).or_default() += 1;
        async { Ok::<_, Error>(()) }
    });
    let connection = LongConnection::new(client).connect();
    let control = connection.control();
    let running = tokio::spawn(connection.run(listener));

    let again = [7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47].map(Duration::from_secs);
    let again = again.repeat(5);
    for _ in 0..EVENTS {
        sleep(pause).await;
        mock.push(event().resend_after(again.clone()));
    }
    let waited = timeout(10_000 * SECOND, mock.until(|mock| mock.pending() == 0)).await;
    assert!(waited.is_ok(), "{} events were not acknowledged", mock.pending());

    let counts = std::mem::take(&mut *counts.lock().unwrap());
    assert_eq!((counts.len(), counts.values().max()), (EVENTS, Some(&1)));
    let connections = mock.connections();
    assert!(connections.len() > 2, "{}", connections.len());
    for connection in &connections {
        assert_eq!(connection.violations(), [""; 0]);
    }
    control.shutdown();
    running.await.unwrap().unwrap();
    soon(mock.until(|_| connections.iter().all(|connection| !connection.is_open()))).await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_survives_chaos() {
    let mock = MockPlatform::in_process();
    let config = json!({
        "ReconnectCount": -1, "ReconnectInterval": 2, "ReconnectNonce": 1, "PingInterval": 3,
    });
    mock.long_connection().client_config(config).chaos(1, 2 * SECOND);
    let message = || Push::feishu("im.message.receive_v1", json!({}));
    survive(&mock, &client(&mock), message, SECOND / 200).await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_of_dingtalk_survives_chaos() {
    let mock = MockPlatform::in_process();
    mock.long_connection().chaos(1, 10 * SECOND);
    let client = Client::<DingTalk>::builder("ding_1", "s3cret").transport(mock.transport());
    let event = || Push::dingtalk_event("chat_update_title", json!({}));
    survive(&mock, &client.build().unwrap(), event, SECOND / 5).await;
}
