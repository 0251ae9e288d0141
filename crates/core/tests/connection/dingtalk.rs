//! DingTalk's stream mode, over a gateway in memory.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::SinkExt;
use openplat_core::events::connection::{Connection, LongConnection, State};
use openplat_core::events::dingtalk::{CARD_ACTIONS, ROBOT_MESSAGES};
use openplat_core::events::{Answer, Listener, RawEvent};
use openplat_core::{Client, DingTalk, ErrorKind};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::support::{Accepted, DAY, Platform, Server, platform, ws_frame};

const SECRET: &str = "s3cr3t-of-the-app";

fn ticket(number: usize) -> Value {
    json!({ "endpoint": "wss://gateway.example:443/connect", "ticket": format!("a+b/c={number}") })
}

/// A gateway that opens each connection with a ticket of its own.
fn gateway() -> (Platform, Accepted) {
    let (platform, accepted) = platform();
    for number in 1..9 {
        platform.answers(200, ticket(number));
    }
    (platform, accepted)
}

fn client(gateway: &Platform) -> Client<DingTalk> {
    Client::builder("dingkey", SECRET).transport(gateway.clone()).build().unwrap()
}

fn connect(gateway: &Platform) -> Connection {
    LongConnection::new(&client(gateway)).connect()
}

impl Server {
    async fn push(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// Returns the next acknowledgment, or `None` if there is none within two seconds.
    async fn json(&mut self) -> Option<Value> {
        let text = async {
            loop {
                match self.message().await {
                    Some(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                    Some(Message::Ping(_)) => {}
                    other => panic!("no acknowledgment, but {other:?}"),
                }
            }
        };
        timeout(Duration::from_secs(2), text).await.ok()
    }

    /// Waits for the end, and returns its code.
    async fn closed(&mut self) -> Option<u16> {
        let mut code = None;
        let end = async {
            // The reply to a close is sent when this end reads on.
            while let Some(message) = self.message().await {
                if let Message::Close(Some(frame)) = message {
                    code = Some(frame.code.into());
                }
            }
        };
        timeout(DAY, end).await.unwrap();
        code
    }
}

fn frame(kind: &str, topic: &str, id: &str, data: &Value) -> Value {
    let headers = json!({
        "topic": topic, "messageId": id, "contentType": "application/json", "time": "1690362102194",
        "eventId": format!("event-{id}"), "eventType": "chat_update_title", "eventCorpId": "ding1",
        "eventBornTime": "1690362102194"
    });
    json!({ "specVersion": "1.0", "type": kind, "headers": headers, "data": data.to_string() })
}

fn event(id: &str) -> Value {
    frame("EVENT", "*", id, &json!({ "ChatId": "c1" }))
}

fn disconnect() -> Value {
    let reason = json!({ "reason": "persistent connection is timeout" });
    frame("SYSTEM", "disconnect", "bye", &reason)
}

/// A bot that fails as the handlers of the captures did, and answers like them.
fn bot() -> Listener {
    Listener::new(|event: RawEvent| async move {
        match event.event_type() {
            "fail_me" => Err("it fails"),
            ROBOT_MESSAGES => Ok(Answer::json("OK")),
            _ => Ok(Answer::default()),
        }
    })
}

/// The acknowledgments that we give, and where the clients of DingTalk's give others.
const REPLAY: &[(&str, u16, &str, &[&str])] = &[
    ("system_connected", 200, "{}", &["node"]),
    // Python writes the data anew, which shows with other data; Node sends all headers back.
    ("system_ping", 200, r#"{"opaque": "0e1a5a76-0000"}"#, &[]),
    // Python sends the event back, Node leaves out the message.
    ("event", 200, r#"{"status":"SUCCESS","message":"success"}"#, &["python", "node"]),
    // Python lets the platform wait, Node gives 200.
    ("event_handler_fails", 500, r#"{"status":"LATER","message":"later"}"#, &["python", "node"]),
    ("callback_robot", 200, r#"{"response":"OK"}"#, &[]),
    // Nobody is served by a wait for what never comes.
    ("callback_unknown_topic", 404, "{}", &["python", "node"]),
    ("unknown_type", 404, "{}", &["python", "node"]),
    ("system_disconnect", 200, r#"{"reason": "persistent connection is timeout"}"#, &["node"]),
];

#[tokio::test(start_paused = true)]
async fn captures_of_official_clients_are_replayed() {
    for (client, capture) in [
        ("python", include_str!("dingtalk/python_full.json")),
        ("node", include_str!("dingtalk/node_full.json")),
    ] {
        let frames = frames(capture);
        assert_eq!(frames.len(), REPLAY.len(), "{client}");
        let (gateway, mut accepted) = gateway();
        let bot = tokio::spawn(connect(&gateway).run(bot()));
        let mut connection = accepted.raw().await;
        for (frame, &(label, code, data, others)) in frames.iter().zip(REPLAY) {
            assert_eq!(frame.label, label, "{client}");
            connection.push(&frame.pushed).await;
            let ack = connection.json().await.unwrap();
            assert_eq!((&ack["code"], &ack["data"]), (&json!(code), &json!(data)), "{label}");
            let id = &frame.pushed["headers"]["messageId"];
            let headers = json!({ "contentType": "application/json", "messageId": id });
            assert_eq!(ack["headers"], headers, "{label}");
            let said = |ack: &Value| (ack["code"].clone(), inner(&ack["data"]));
            let is_ours = frame.acked.as_ref().map(said) == Some(said(&ack));
            assert_eq!(is_ours, !others.contains(&client), "{client}, {label}");
        }
        assert_eq!(connection.closed().await, Some(1000));
        bot.abort();
    }
}

/// Returns the JSON in a string.
fn inner(data: &Value) -> Value {
    serde_json::from_str(data.as_str().unwrap()).unwrap()
}

/// A frame of a capture, and what the client sent back.
struct Captured {
    label: String,
    pushed: Value,
    acked: Option<Value>,
}

fn frames(capture: &str) -> Vec<Captured> {
    let capture: Value = serde_json::from_str(capture).unwrap();
    let mut frames: Vec<Captured> = Vec::new();
    for record in capture["records"].as_array().unwrap() {
        let data = || serde_json::from_str(record["data"].as_str().unwrap()).unwrap();
        match record["kind"].as_str().unwrap() {
            "server_frame" => {
                let label = record["label"].as_str().unwrap().to_owned();
                frames.push(Captured { label, pushed: data(), acked: None });
            }
            "client_frame" => frames.last_mut().unwrap().acked = Some(data()),
            _ => {}
        }
    }
    frames
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_asked_for_without_a_token_and_with_a_new_ticket_each_time() {
    let (gateway, mut accepted) = gateway();
    let bot = tokio::spawn(connect(&gateway).run(bot()));
    let mut first = accepted.raw().await;
    first.push(&disconnect()).await;
    let second = accepted.raw().await;
    drop(second);
    accepted.raw().await;
    for (_, head, body) in gateway.asked() {
        assert_eq!(head.uri, "https://api.dingtalk.com/v1.0/gateway/connections/open");
        assert_eq!(head.headers["accept"], "application/json");
        assert!(head.headers["content-type"].to_str().unwrap().starts_with("application/json"));
        assert!(!head.headers.contains_key("x-acs-dingtalk-access-token"));
        assert_eq!((&body["clientId"], &body["clientSecret"]), (&json!("dingkey"), &json!(SECRET)));
    }
    let url = |number| format!("wss://gateway.example:443/connect?ticket=a%2Bb%2Fc%3D{number}");
    let urls: Vec<_> = gateway.upgraded().iter().map(|head| head.uri.to_string()).collect();
    assert_eq!(urls, [url(1), url(2), url(3)]);
    bot.abort();
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_is_followed_at_once_and_a_loss_after_a_pause() {
    let (gateway, mut accepted) = gateway();
    let bot = tokio::spawn(connect(&gateway).run(bot()));
    let mut first = accepted.raw().await;
    lives(&mut first, Duration::from_secs(3600)).await;
    first.push(&disconnect()).await;
    let asked = Instant::now();
    assert_eq!(first.json().await.unwrap()["code"], 200);
    assert_eq!(first.closed().await, Some(1000));
    let mut second = accepted.raw().await;
    assert!(asked.elapsed() < Duration::from_millis(100), "{:?}", asked.elapsed());
    lives(&mut second, Duration::from_secs(3600)).await;
    let lost = Instant::now();
    drop(second);
    accepted.raw().await;
    assert!((3.0..3.7).contains(&lost.elapsed().as_secs_f64()), "{:?}", lost.elapsed());
    bot.abort();
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_to_a_minute_while_the_gateway_is_unavailable() {
    let (gateway, mut accepted) = platform();
    for _ in 0..4 {
        gateway.answers(503, json!("<html>"));
        gateway.answers(429, json!({ "code": "Throttling", "message": "slow down" }));
    }
    gateway.answers(200, ticket(1));
    let bot = tokio::spawn(connect(&gateway).run(bot()));
    accepted.raw().await;
    let times: Vec<_> = gateway.asked().into_iter().map(|(at, ..)| at).collect();
    let pauses: Vec<_> = times.windows(2).map(|at| (at[1] - at[0]).as_secs_f64()).collect();
    let shortest = [3.0, 6.0, 12.0, 24.0, 48.0, 60.0, 60.0, 60.0];
    assert_eq!(pauses.len(), shortest.len());
    for (pause, shortest) in pauses.iter().zip(shortest) {
        assert!((shortest..shortest * 1.2 + 0.1).contains(pause), "{pauses:?}");
    }
    bot.abort();
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_end_it_with_advice_and_without_the_secret() {
    for (status, body) in [
        (
            401,
            json!({ "code": "authFailed", "message": format!("no {SECRET}"), "requestid": "R1" }),
        ),
        (400, json!({ "code": "invalidClientIdOrSecret", "message": SECRET })),
    ] {
        let (gateway, _accepted) = platform();
        gateway.answers(status, body);
        let mut connection = connect(&gateway);
        let control = connection.control();
        let error = connection.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("Check the app's key and secret"), "{error}");
        assert!(connection.next().await.is_none());
        assert!(matches!(control.state(), State::Closed { error: Some(_), .. }));
        assert_eq!(gateway.asked().len(), 1);
        let shown = format!("{error} {error:?} {control:?} {:?} {connection:?}", control.state());
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_not_encrypted_is_refused() {
    let (gateway, _accepted) = platform();
    gateway.answers(200, json!({ "endpoint": "ws://gateway.example/connect", "ticket": "a+b/c" }));
    let error = connect(&gateway).next().await.unwrap().unwrap_err().to_string();
    assert!(error.contains("not encrypted") && !error.contains("a+b"), "{error}");
    assert!(gateway.upgraded().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_runs_over_a_disconnect_acknowledges_on_its_own_connection() {
    let (gateway, mut accepted) = gateway();
    let mut connection = connect(&gateway);
    let mut first = accepted.raw().await;
    for id in ["m1", "m2", "m3"] {
        first.push(&event(id)).await;
    }
    let delivery = connection.next().await.unwrap().unwrap();
    let dropped = connection.next().await.unwrap().unwrap();
    let failed = connection.next().await.unwrap().unwrap();
    lives(&mut first, Duration::from_secs(60)).await;
    let start = Instant::now();
    first.push(&disconnect()).await;
    assert_eq!(first.json().await.unwrap()["headers"]["messageId"], "bye");
    // The next one is there meanwhile, and is heard.
    let mut second = accepted.raw().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    second.push(&event("m4")).await;
    connection.next().await.unwrap().unwrap().accept(()).await.unwrap();
    assert_eq!(second.json().await.unwrap()["headers"]["messageId"], "m4");
    // Pings are replied to, and nothing more is delivered.
    first.0.send(Message::Ping("x".into())).await.unwrap();
    assert_eq!(first.message().await, Some(Message::Pong("x".into())));
    first.push(&event("m5")).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(delivery.event().header().id.as_deref(), Some("event-m1"));
    delivery.accept(()).await.unwrap();
    let ack = first.json().await.unwrap();
    assert_eq!((&ack["headers"]["messageId"], &ack["code"]), (&json!("m1"), &json!(200)));
    failed.fail().await.unwrap();
    assert_eq!(first.json().await.unwrap()["headers"]["messageId"], "m3");
    drop(dropped);
    assert_eq!(first.closed().await, Some(1000));
    assert_eq!(start.elapsed(), Duration::from_secs(4));
    assert_eq!(second.json().await, None);
    assert!(timeout(Duration::from_secs(60), connection.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_runs_for_long_over_a_disconnect_acknowledges_nowhere() {
    let before = tasks();
    let (gateway, mut accepted) = gateway();
    let mut connection = connect(&gateway);
    let mut first = accepted.raw().await;
    first.push(&event("m1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    lives(&mut first, Duration::from_secs(60)).await;
    first.push(&disconnect()).await;
    let start = Instant::now();
    let mut second = accepted.raw().await;
    assert!(first.json().await.is_some());
    assert_eq!(first.closed().await, Some(1000));
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    delivery.accept(()).await.unwrap_err();
    assert_eq!(second.json().await, None);
    drop(connection);
    while second.message().await.is_some() {}
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_dropped_leaves_no_older_one_behind() {
    let before = tasks();
    let (gateway, mut accepted) = gateway();
    let mut connection = connect(&gateway);
    let mut first = accepted.raw().await;
    first.push(&event("m1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    lives(&mut first, Duration::from_secs(60)).await;
    first.push(&disconnect()).await;
    let mut second = accepted.raw().await;
    first.json().await.unwrap();
    drop(connection);
    while second.message().await.is_some() {}
    assert_eq!(first.closed().await, None, "it is closed at once");
    assert_eq!(tasks(), before);
    delivery.accept(()).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_handlers_of_an_older_connection() {
    let (gateway, mut accepted) = gateway();
    let mut connection = connect(&gateway);
    let mut first = accepted.raw().await;
    first.push(&event("m1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    lives(&mut first, Duration::from_secs(60)).await;
    first.push(&disconnect()).await;
    let mut second = accepted.raw().await;
    connection.control().shutdown();
    let handler = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        delivery.accept(()).await
    });
    let (ended, first, second) = tokio::join!(
        connection.next(),
        async { (first.json().await.unwrap(), first.json().await, first.closed().await) },
        second.closed()
    );
    assert!(ended.is_none());
    assert_eq!(handler.await.unwrap(), Ok(()));
    assert_eq!(first.1.unwrap()["headers"]["messageId"], "m1");
    assert_eq!((first.2, second), (Some(1000), Some(1000)));
}

#[tokio::test(start_paused = true)]
async fn what_exceeds_the_handlers_is_left_to_be_pushed_again() {
    let (gateway, mut accepted) = gateway();
    let long = LongConnection::new(&client(&gateway)).max_running(2);
    let mut connection = long.connect();
    let mut server = accepted.raw().await;
    for id in ["m1", "m2", "m3"] {
        server.push(&event(id)).await;
    }
    let first = connection.next().await.unwrap().unwrap();
    let second = connection.next().await.unwrap().unwrap();
    assert_eq!(server.json().await, None);
    first.accept(()).await.unwrap();
    second.fail().await.unwrap();
    let acks = [server.json().await.unwrap(), server.json().await.unwrap()];
    assert_eq!(acks[0]["headers"]["messageId"], "m1");
    assert_eq!(acks[1]["headers"]["messageId"], "m2");
    assert_eq!((&acks[0]["code"], &acks[1]["code"]), (&json!(200), &json!(500)));
    server.push(&event("m3")).await;
    connection.next().await.unwrap().unwrap().accept(()).await.unwrap();
    assert_eq!(server.json().await.unwrap()["headers"]["messageId"], "m3");
    assert_eq!(server.json().await, None);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_pushed_twice_is_handled_once() {
    let (gateway, mut accepted) = gateway();
    let handled = Arc::new(Mutex::new(Vec::new()));
    let seen = handled.clone();
    let listener = Listener::new(move |event: RawEvent| {
        seen.lock().unwrap().push(event.header().id.clone().unwrap());
        async { Ok::<_, String>(()) }
    });
    let bot = tokio::spawn(connect(&gateway).run(listener));
    let mut server = accepted.raw().await;
    let message = json!({ "msgId": "msg1", "msgtype": "text" });
    let robot = |id| frame("CALLBACK", ROBOT_MESSAGES, id, &message);
    let mut again = event("m3");
    again["headers"]["eventId"] = json!("event-m1");
    for frame in [event("m1"), again, robot("m4"), robot("m5")] {
        server.push(&frame).await;
        let ack = server.json().await.unwrap();
        assert_eq!(ack["code"], 200);
        assert_eq!(ack["headers"]["messageId"], frame["headers"]["messageId"]);
    }
    assert_eq!(*handled.lock().unwrap(), ["event-m1", "msg1"]);
    bot.abort();
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Answers the pings of the client for a while, in which the connection must not end.
async fn lives(server: &mut Server, time: Duration) {
    assert!(timeout(time, server.closed()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn silence_is_noticed_and_a_quiet_connection_is_kept() {
    let (gateway, mut accepted) = gateway();
    let bot = tokio::spawn(connect(&gateway).run(bot()));
    let mut quiet = accepted.raw().await;
    lives(&mut quiet, Duration::from_secs(4 * 3600)).await;
    assert_eq!(gateway.asked().len(), 1);
    // This end neither reads nor says anything any more.
    let silent = Instant::now();
    accepted.raw().await;
    let noticed = silent.elapsed().as_secs_f64();
    assert!((20.0..=80.0 + 3.7).contains(&noticed), "{noticed}");
    bot.abort();
}

#[tokio::test(start_paused = true)]
async fn echoes_of_long_pings_do_not_pile_up_unread() {
    let (gateway, mut accepted) = gateway();
    let connection = connect(&gateway);
    let mut control = connection.control();
    let mut io = accepted.raw().await.0.into_inner();
    let opaque = json!({ "opaque": "x".repeat(4 * 1024 * 1024) });
    let ping = ws_frame(0x81, frame("SYSTEM", "ping", "m1", &opaque).to_string().as_bytes());
    let mut read = 0;
    while let Ok(Ok(())) = timeout(Duration::from_secs(1), io.write_all(&ping)).await {
        read += 1;
        assert!(read < 10, "the echoes pile up");
    }
    while !matches!(control.changed().await.unwrap(), State::Waiting { .. }) {}
    let State::Waiting { error, .. } = control.state() else { panic!("{control:?}") };
    assert!(error.to_string().contains("nothing could be sent"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn only_what_was_chosen_is_subscribed_to() {
    let (gateway, mut accepted) = gateway();
    let long = LongConnection::new(&client(&gateway)).events(false).callbacks(["/v1.0/x"]);
    let mut connection = long.connect();
    let mut server = accepted.raw().await;
    let expected = json!([{ "type": "CALLBACK", "topic": "/v1.0/x" }]);
    assert_eq!(gateway.asked()[0].2["subscriptions"], expected);
    server.push(&frame("CALLBACK", CARD_ACTIONS, "m1", &json!({}))).await;
    server.push(&frame("CALLBACK", "/v1.0/x", "m2", &json!({}))).await;
    let delivery = connection.next().await.unwrap().unwrap();
    assert_eq!(delivery.event().event_type(), "/v1.0/x");
    assert_eq!(server.json().await.unwrap()["code"], 404);
    delivery.accept(()).await.unwrap();
    assert_eq!(server.json().await.unwrap()["code"], 200);
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_is_pushed_reaches_the_client() {
    let (gateway, mut accepted) = gateway();
    let client = client(&gateway);
    let listener = bot().client(&client);
    let bot = tokio::spawn(LongConnection::new(&client).connect().run(listener));
    let mut server = accepted.raw().await;
    let mut frame = event("m1");
    frame["headers"]["eventType"] = json!("suite_ticket");
    // The name of the app in a frame is not that which the app has elsewhere.
    frame["headers"]["appId"] = json!("bb85d2a9-0000-4000-8000-000000000000");
    frame["data"] = json!(r#"{"suiteTicket":"t-1"}"#);
    server.push(&frame).await;
    assert_eq!(server.json().await.unwrap()["code"], 200);
    // The gateway responds with something else than a token.
    client.for_authorized_corp("ding1").token().await.unwrap_err();
    assert_eq!(gateway.asked()[1].2["suiteTicket"], "t-1");
    bot.abort();
}
