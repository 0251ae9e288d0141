//! The mock as a user's bot meets it: with core's own client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openplat_core::events::connection::{LongConnection, State};
use openplat_core::events::{Answer, Listener, RawEvent};
use openplat_core::{Client, Error, ErrorKind, Feishu};
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

#[tokio::test(start_paused = true)]
async fn a_bot_survives_chaos() {
    const EVENTS: usize = 2_000;

    let mock = MockPlatform::in_process();
    let config = json!({
        "ReconnectCount": -1, "ReconnectInterval": 2, "ReconnectNonce": 1, "PingInterval": 3,
    });
    mock.long_connection().client_config(config).chaos(1, 2 * SECOND);
    let counts = Counts::default();
    let counted = counts.clone();
    let listener = Listener::new(move |event: RawEvent| {
        let id = event.header().id.clone().unwrap();
        *counted.lock().unwrap().entry(id).or_default() += 1;
        async { Ok::<_, Error>(()) }
    });
    let connection = LongConnection::new(&client(&mock)).connect();
    let control = connection.control();
    let running = tokio::spawn(connection.run(listener));

    let again = [7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47].map(Duration::from_secs);
    let again = again.repeat(3);
    for _ in 0..EVENTS {
        sleep(SECOND / 200).await;
        mock.push(Push::feishu("im.message.receive_v1", json!({})).resend_after(again.clone()));
    }
    let waited = timeout(3600 * SECOND, mock.until(|mock| mock.pending() == 0)).await;
    assert!(waited.is_ok(), "{} events were not acknowledged", mock.pending());

    let counts = std::mem::take(&mut *counts.lock().unwrap());
    assert_eq!((counts.len(), counts.values().max()), (EVENTS, Some(&1)));
    let connections = mock.connections();
    assert!(connections.len() > 5, "{}", connections.len());
    for connection in &connections {
        assert_eq!(connection.violations(), [""; 0]);
    }
    control.shutdown();
    running.await.unwrap().unwrap();
    soon(mock.until(|_| connections.iter().all(|connection| !connection.is_open()))).await;
}
