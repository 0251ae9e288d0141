//! The other side of long connections, to a client that is written by hand.

use std::io::ErrorKind;
use std::time::Duration;

use openplat_core::{Body, DingTalk, Feishu};
use openplat_mock::{Fault, MockPlatform, Push, Reply, http};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::line::{
    DINGTALK, FEISHU, Line, dingtalk_url, feishu_url, handshake, post, soon, try_post, way,
};

const SECOND: Duration = Duration::from_secs(1);

fn message() -> Push {
    Push::feishu("im.message.receive_v1", json!({ "message": { "message_id": "om_1" } }))
}

/// Both ways to a platform.
async fn platforms() -> [MockPlatform; 2] {
    [MockPlatform::start().await.unwrap(), MockPlatform::in_process()]
}

#[tokio::test]
async fn an_event_is_pushed_and_acknowledged() {
    for mock in platforms().await {
        let mut line = Line::feishu(&mock).await;
        let pushed = mock.push(message());
        let frame = line.frame().await;
        let event = frame.json();
        assert_eq!(event["schema"], "2.0");
        assert_eq!(event["event"]["message"]["message_id"], "om_1");
        assert_eq!(event["header"]["event_type"], "im.message.receive_v1");
        assert_eq!(event["header"]["app_id"], "cli_1");
        assert!(event["header"]["event_id"].as_str().unwrap().starts_with("mock-event-"));
        assert_eq!(
            [frame.header("type"), frame.header("sum"), frame.header("seq")],
            ["event", "1", "0"]
        );
        assert!(pushed.acks().is_empty());

        line.ack(&frame, &json!({ "code": 200 })).await;
        let ack = soon(pushed.ack()).await;
        assert_eq!((ack.connection, ack.code, &ack.data), (0, 200, &None));
        assert_eq!(ack.header("biz_rt"), Some("7"));
        assert_eq!(ack.header("message_id"), Some(&*frame.header("message_id")));
        soon(pushed.accepted()).await;
        assert_eq!(mock.acks(), pushed.acks());
        assert_eq!(pushed.sent_to(), [0]);
        let connection = &mock.connections()[0];
        assert_eq!(connection.violations(), [""; 0]);
        assert_eq!(connection.app_id(), "cli_1");
    }
}

#[tokio::test]
async fn events_have_envelopes_of_either_schema_or_their_own() {
    let mock = MockPlatform::in_process();
    let mut line = Line::feishu(&mock).await;
    mock.push(Push::feishu_v1("app_ticket", json!({ "app_ticket": "t-1" })));
    let mut envelope = line.frame().await.json();
    assert!(envelope["uuid"].take().as_str().unwrap().starts_with("mock-event-"));
    assert_eq!(envelope["ts"].take().as_str().unwrap().split_once('.').unwrap().1.len(), 3);
    let event = json!({ "app_id": "cli_1", "app_ticket": "t-1", "type": "app_ticket" });
    let wanted = json!({
        "uuid": null, "token": "", "ts": null, "type": "event_callback", "event": event,
    });
    assert_eq!(envelope, wanted);

    for envelope in [json!({ "open_id": "ou_1", "action": {} }), json!([]), json!("{")] {
        mock.push(Push::envelope(envelope.clone()));
        assert_eq!(line.frame().await.json(), envelope);
        mock.push(Push::feishu_v1("x", envelope));
        line.frame().await;
    }
}

#[tokio::test]
async fn pings_get_pongs() {
    for mock in platforms().await {
        let mut line = Line::feishu(&mock).await;
        line.ping().await;
        let pong = line.frame().await;
        assert_eq!((pong.header("type").as_str(), pong.payload().as_str()), ("pong", ""));
        mock.long_connection().pong_config(json!({ "PingInterval": 5 }));
        line.ping().await;
        assert_eq!(line.frame().await.json(), json!({ "PingInterval": 5 }));
        line.send(Message::Ping(vec![1].into())).await;
        assert_eq!(line.next().await.unwrap().unwrap(), Message::Pong(vec![1].into()));
        let connection = soon(mock.connection(0)).await;
        assert_eq!((connection.pings(), connection.violations().len()), (3, 0));
        connection.ping();
        assert_eq!(line.next().await.unwrap().unwrap(), Message::Ping(vec![].into()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_comes_in_pieces_out_of_order_and_twice() {
    let mock = MockPlatform::in_process();
    let mut line = Line::feishu(&mock).await;
    mock.push(message().fragments(3).order([0, 2, 1]).twice());
    let mut parts = vec![String::new(); 3];
    for seq in ["0", "2", "1", "0", "2", "1"] {
        let frame = line.frame().await;
        assert_eq!((frame.header("seq").as_str(), frame.header("sum").as_str()), (seq, "3"));
        parts[seq.parse::<usize>().unwrap()] = frame.payload();
    }
    let event: Value = serde_json::from_str(&parts.concat()).unwrap();
    assert_eq!(event["event"]["message"]["message_id"], "om_1");

    // Lost, repeated, and beyond the sum.
    mock.push(message().fragments(3).order([0, 0, 7]));
    let seqs = [line.frame().await, line.frame().await, line.frame().await];
    assert_eq!(seqs.each_ref().map(|frame| frame.header("seq")), ["0", "0", "7"]);
    assert_eq!(seqs[2].payload(), "");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_not_acknowledged_is_sent_again_by_the_schedule() {
    let mock = MockPlatform::in_process();
    let mut line = Line::feishu(&mock).await;
    let started = Instant::now();
    let pushed = mock.push(message());
    let mut ids = Vec::new();
    let mut times = Vec::new();
    for code in [500, 500, 200, 500] {
        let frame = line.frame().await;
        times.push(started.elapsed().as_secs());
        ids.push(frame.json()["header"]["event_id"].clone());
        if code == 200 {
            // Too late.
            tokio::time::sleep(4 * SECOND).await;
        }
        line.ack(&frame, &json!({ "code": code })).await;
    }
    let frame = line.frame().await;
    times.push(started.elapsed().as_secs());
    assert_eq!(times, [0, 15, 315, 315 + 3600, 315 + 3600 + 6 * 3600]);
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert!(!pushed.is_accepted());
    line.ack(&frame, &json!({ "code": 200 })).await;
    soon(pushed.accepted()).await;
    let codes: Vec<_> = pushed.acks().iter().map(|ack| (ack.code, ack.after.as_secs())).collect();
    assert_eq!(codes, [(500, 0), (500, 0), (200, 4), (500, 0), (200, 0)]);

    // Neither what was accepted nor a callback is sent again.
    let callback = mock.push(Push::feishu("card.action.trigger", json!({})));
    line.frame().await;
    timeout(24 * 3600 * SECOND, line.frame()).await.err().unwrap();
    assert_eq!(callback.sent_to().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_schedule_and_the_delay_can_be_set() {
    let mock = MockPlatform::in_process();
    let mut line = Line::feishu(&mock).await;
    let started = Instant::now();
    mock.push(message().after(7 * SECOND).resend_after([SECOND, 2 * SECOND]));
    let mut times = Vec::new();
    for _ in 0..3 {
        line.frame().await;
        times.push(started.elapsed().as_secs());
    }
    assert_eq!(times, [7, 8, 10]);
    timeout(24 * 3600 * SECOND, line.frame()).await.err().unwrap();
}

#[tokio::test]
async fn the_clock_of_the_platform_brings_the_next_attempt() {
    for mock in platforms().await {
        let mut line = Line::feishu(&mock).await;
        let pushed = mock.push(message());
        line.frame().await;
        mock.advance(15 * SECOND);
        line.frame().await;
        soon(mock.until(|_| pushed.sent_to().len() == 2)).await;
    }
}

#[tokio::test]
async fn an_event_goes_to_one_connection() {
    let mock = MockPlatform::in_process();
    let waiting = mock.push(message().to(1));
    let mut first = Line::feishu(&mock).await;
    assert_eq!(waiting.sent_to(), [0; 0]);
    let mut second = Line::feishu(&mock).await;
    second.frame().await;
    assert_eq!(waiting.sent_to(), [1]);

    let pushed: Vec<_> = (0..20).map(|_| mock.push(message())).collect();
    let to_first = pushed.iter().filter(|pushed| pushed.sent_to() == [0]).count();
    let to_second = pushed.iter().filter(|pushed| pushed.sent_to() == [1]).count();
    assert!(to_first > 3 && to_second > 3, "{to_first} and {to_second}");
    assert_eq!(to_first + to_second, 20);
    for _ in 0..to_first {
        first.frame().await;
    }
    for _ in 0..to_second {
        second.frame().await;
    }
    // Another app has no connection yet.
    let other = mock.push(message().app("cli_2"));
    assert_eq!(other.sent_to(), [0; 0]);
    mock.connections()[0].close(1000);
    assert_eq!(mock.push(message().to(0)).sent_to(), [1]);
}

#[tokio::test]
async fn an_acknowledgment_of_another_frame_or_connection_does_not_count() {
    let mock = MockPlatform::in_process();
    let (mut first, mut second) = (Line::feishu(&mock).await, Line::feishu(&mock).await);
    let pushed = mock.push(message().to(0));
    let frame = first.frame().await;
    second.ack(&frame, &json!({ "code": 200 })).await;
    let second = soon(mock.connection(1)).await;
    soon(mock.until(|_| !second.violations().is_empty())).await;
    // Of a field that is there twice, the last one counts: this one is another SeqID.
    let mut changed = frame.ack(br#"{"code":200}"#);
    changed.extend([0x08, 1]);
    first.send(changed).await;
    // A header that is to come back is another one.
    let mut changed = frame.ack(br#"{"code":200}"#);
    let header = changed.windows(13).position(|bytes| bytes == b"mock-instance").unwrap();
    changed[header] = b'M';
    first.send(changed).await;
    let first = soon(mock.connection(0)).await;
    soon(mock.until(|_| first.violations().len() == 2)).await;
    for violation in [first.violations(), second.violations()].concat() {
        assert_eq!(violation, "an acknowledgment is not a copy of a frame that was sent");
    }
    assert!(pushed.acks().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_clone_is_the_same_event() {
    let mock = MockPlatform::in_process();
    let (mut feishu, mut dingtalk) = (Line::feishu(&mock).await, Line::dingtalk(&mock).await);
    let event = message();
    let pushed = [mock.push(event.clone()), mock.push(event)];
    let frames = [feishu.frame().await, feishu.frame().await];
    assert_eq!(frames[0].json(), frames[1].json());
    for frame in &frames {
        feishu.ack(frame, &json!({ "code": 200 })).await;
    }
    let callback = Push::dingtalk_callback("/v1.0/im/bot/messages/get", json!({}));
    let called = [mock.push(callback.clone()), mock.push(callback)];
    let messages = [dingtalk.json().await, dingtalk.json().await];
    assert_eq!(messages[0], messages[1]);
    for message in &messages {
        dingtalk.ack_json(message, 200, &json!({ "response": {} })).await;
    }
    soon(mock.until(|mock| mock.pending() == 0)).await;
    for pushed in pushed.iter().chain(&called) {
        assert!(pushed.is_accepted());
        assert_eq!(pushed.acks().len(), 1);
    }
}

#[tokio::test]
async fn answers_of_callbacks_are_decoded() {
    let mock = MockPlatform::in_process();
    let mut line = Line::feishu(&mock).await;
    let pushed = mock.push(Push::feishu("card.action.trigger", json!({ "token": "c-1" })));
    let frame = line.frame().await;
    // {"toast":{}}
    line.ack(&frame, &json!({ "code": 200, "data": "eyJ0b2FzdCI6e319" })).await;
    let ack = soon(pushed.ack()).await;
    assert_eq!(ack.data, Some(json!({ "toast": {} })));
    assert!(!format!("{ack:?} {pushed:?} {mock:?}").contains("toast"));
}

#[tokio::test]
async fn violations_are_recorded() {
    let mock = MockPlatform::in_process();
    let mut line = Line::feishu(&mock).await;
    let pushed = mock.push(message());
    let frame = line.frame().await;
    line.send(Message::text("{}")).await;
    line.send(vec![0x08, 0]).await;
    line.send(b"\x08\x00\x10\x00\x18\x01\x20\x00\x2a\x0c\x0a\x04type\x12\x04ping".to_vec()).await;
    line.frame().await;
    line.ack(&frame, &json!({})).await;
    line.ack(&frame, &json!({ "code": 200, "data": "{}" })).await;
    let connection = soon(mock.connection(0)).await;
    soon(mock.until(|_| connection.violations().len() == 5)).await;
    assert_eq!(
        connection.violations(),
        [
            "a text message was sent",
            "a frame cannot be read: one of SeqID, LogID, service and method is missing",
            "a ping names another service than the address does",
            "the payload of an acknowledgment has no code",
            "the data of an answer is not JSON in Base64",
        ]
    );
    assert!(pushed.acks().is_empty());
    assert_eq!(mock.pending(), 1);
}

#[tokio::test]
async fn connections_end_as_they_are_told() {
    for mock in platforms().await {
        let mut line = Line::feishu(&mock).await;
        let connection = soon(mock.connection(0)).await;
        mock.push(message());
        connection.close(1001);
        line.frame().await;
        assert_eq!(line.end().await, Some(1001));
        soon(mock.until(|_| !connection.is_open())).await;
        assert!(connection.closed_at().unwrap() >= connection.opened_at());

        let mut line = Line::feishu(&mock).await;
        let connection = soon(mock.connection(1)).await;
        mock.push(message());
        connection.reset();
        line.frame().await;
        match line.next().await.unwrap().unwrap_err() {
            Error::Io(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            // Without a socket there is no reset.
            error => assert!(!mock.url().starts_with("http://"), "{error}"),
        }
        soon(mock.until(|_| !connection.is_open())).await;
        assert_eq!(connection.fault().unwrap().0, Fault::Reset);

        // The other side closes.
        let line = Line::feishu(&mock).await;
        let connection = soon(mock.connection(2)).await;
        drop(line);
        soon(mock.until(|_| !connection.is_open())).await;
        assert_eq!((connection.fault(), connection.close_code()), (None, None));

        // So it does if it was left half open.
        let line = Line::feishu(&mock).await;
        let connection = soon(mock.connection(3)).await;
        connection.silence();
        drop(line);
        soon(mock.until(|_| !connection.is_open())).await;
        assert_eq!(connection.fault().unwrap().0, Fault::Silence);

        let mut line = Line::feishu(&mock).await;
        let connection = soon(mock.connection(4)).await;
        let close = CloseFrame { code: 1000.into(), reason: "".into() };
        line.send(Message::Close(Some(close))).await;
        soon(mock.until(|_| !connection.is_open())).await;
        assert_eq!(connection.close_code(), Some(1000));
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_loses_everything() {
    let mock = MockPlatform::in_process();
    let mut line = Line::feishu(&mock).await;
    let connection = soon(mock.connection(0)).await;
    connection.silence();
    let pushed = mock.push(message());
    line.ping().await;
    line.send(Message::Ping(vec![].into())).await;
    timeout(3600 * SECOND, line.next()).await.err().unwrap();
    assert_eq!((pushed.sent_to().len(), connection.pings()), (3, 0));
    assert!(connection.is_open());
    drop(line);
    soon(mock.until(|_| !connection.is_open())).await;
}

#[tokio::test(start_paused = true)]
async fn a_stalled_connection_is_not_read_for_a_while() {
    let mock = MockPlatform::in_process();
    let mut line = Line::feishu(&mock).await;
    let connection = soon(mock.connection(0)).await;
    connection.stall(10 * SECOND);
    let started = Instant::now();
    line.ping().await;
    mock.push(message());
    line.frame().await;
    assert_eq!((started.elapsed().as_secs(), connection.pings()), (0, 0));
    // More than fits into what lies between.
    line.send(vec![0; 1 << 20]).await;
    assert_eq!(line.frame().await.header("type"), "pong");
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn a_client_that_does_not_read_can_be_reset() {
    for mock in platforms().await {
        let line = Line::feishu(&mock).await;
        let connection = soon(mock.connection(0)).await;
        for _ in 0..20 {
            connection.send_binary(vec![0; 1 << 20]);
        }
        connection.reset();
        soon(mock.until(|_| !connection.is_open())).await;
        drop(line);
    }
}

#[tokio::test]
async fn addresses_are_given_for_credentials() {
    for mock in platforms().await {
        for body in [
            json!({}),
            json!(null),
            json!({ "AppID": "a" }),
            json!({ "AppID": "a", "AppSecret": "" }),
        ] {
            let response = post(&mock, FEISHU, &body).await;
            assert_eq!(
                (response.status().as_u16(), &response.body()["code"]),
                (200, &json!(1000040345))
            );
        }
        let response =
            post(&mock, DINGTALK, &json!({ "clientId": "a", "clientSecret": "s" })).await;
        assert_eq!(response.status(), 400);
        assert_eq!(response.body()["code"], "Missingsubscriptions");

        let response = post(&mock, FEISHU, &json!({ "AppID": "a", "AppSecret": "s" })).await;
        let config = &response.body()["data"]["ClientConfig"];
        assert_eq!(config["PingInterval"], 120);
        mock.long_connection().client_config(json!({ "PingInterval": 0 }));
        let response = post(&mock, FEISHU, &json!({ "AppID": "a", "AppSecret": "s" })).await;
        assert_eq!(response.body()["data"]["ClientConfig"], json!({ "PingInterval": 0 }));
        mock.long_connection().no_client_config();
        let response = post(&mock, FEISHU, &json!({ "AppID": "a", "AppSecret": "s" })).await;
        assert_eq!(response.body()["data"].get("ClientConfig"), None);

        assert_eq!(mock.requests().len() + mock.token_requests().len(), 0);
        assert_eq!(mock.long_connection().requests().len(), 8);
    }
}

#[tokio::test]
async fn dingtalk_gives_xml_to_those_who_do_not_ask_for_json() {
    let mock = MockPlatform::in_process();
    let request = http::Request::post(format!("{}{DINGTALK}", mock.url()));
    let response = way(&mock).send(request.body(Body::default()).unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/xml");
}

#[tokio::test]
async fn the_way_to_a_connection_fails_as_its_routes_say() {
    for mock in platforms().await {
        let plan = mock.long_connection();
        plan.endpoint::<Feishu>().error("1").times(1).respond(Reply::new(503)).times(1);
        let body = json!({ "AppID": "cli_1", "AppSecret": "s" });
        let busy = post(&mock, FEISHU, &body).await;
        assert_eq!((busy.status().as_u16(), &busy.body()["code"]), (200, &json!(1)));
        assert_eq!(post(&mock, FEISHU, &body).await.status(), 503);

        plan.upgrade::<Feishu>().respond(Reply::refuse_upgrade(514, "1000040350")).times(1);
        let url = feishu_url(&mock).await;
        let (status, headers) = Line::open(&mock, url.clone()).await.err().unwrap();
        assert_eq!((status.as_u16(), &headers["handshake-status"]), (403, &"514".parse().unwrap()));
        assert_eq!(headers["handshake-autherrcode"], "1000040350");
        // The ticket was not looked at.
        let line = Line::open(&mock, url.clone()).await.unwrap();
        let (status, headers) = Line::open(&mock, url).await.err().unwrap();
        assert_eq!(
            (status.as_u16(), &headers["handshake-autherrcode"]),
            (403, &"1000040343".parse().unwrap())
        );

        plan.limit(1);
        let full = post(&mock, FEISHU, &body).await;
        assert_eq!(full.body()["code"], 1000040350);
        drop(line);
        soon(mock.until(|mock| !mock.connections()[0].is_open())).await;
        Line::feishu(&mock).await;
        plan.endpoint::<DingTalk>().error("Throttled").times(1);
        assert_eq!(post(&mock, DINGTALK, &json!({})).await.status(), 400);
    }
}

#[tokio::test]
async fn what_is_no_handshake_is_not_upgraded() {
    for mock in platforms().await {
        for (name, value) in [
            ("connection", "close"),
            ("upgrade", "h2c"),
            ("sec-websocket-version", "8"),
            ("sec-websocket-key", "dGhlIHNhbXBsZQ=="),
        ] {
            let mut request = handshake(&feishu_url(&mock).await);
            request.headers_mut().insert(name, value.parse().unwrap());
            let (head, socket) = way(&mock).upgrade(request).await.unwrap();
            assert_eq!((head.status.as_u16(), socket.is_none()), (400, true), "{name}");
        }
        assert_eq!(mock.connections().len(), 0);
    }
}

#[tokio::test]
async fn messages_of_the_test_are_sent_as_they_are() {
    for mock in platforms().await {
        let mut line = Line::feishu(&mock).await;
        let connection = soon(mock.connection(0)).await;
        connection.send_binary(&b"\x08"[..]);
        connection.send_text("{");
        assert_eq!(line.next().await.unwrap().unwrap(), Message::binary(&b"\x08"[..]));
        assert_eq!(line.next().await.unwrap().unwrap(), Message::text("{"));
    }
}

#[tokio::test(start_paused = true)]
async fn dingtalk_pushes_events_and_callbacks() {
    let mock = MockPlatform::in_process();
    let mut line = Line::dingtalk(&mock).await;
    let wanted = mock.connections()[0].subscriptions();
    assert_eq!(wanted[0], ("EVENT".to_owned(), "*".to_owned()));

    let event = mock.push(Push::dingtalk_event("chat_update_title", json!({ "ChatId": "c" })));
    let message = line.json().await;
    assert_eq!((&message["type"], &message["headers"]["topic"]), (&json!("EVENT"), &json!("*")));
    assert_eq!(message["headers"]["eventType"], "chat_update_title");
    assert_eq!(message["data"], r#"{"ChatId":"c"}"#);
    line.ack_json(&message, 200, &json!({ "status": "LATER" })).await;
    soon(event.ack()).await;
    let started = Instant::now();
    let again = line.json().await;
    assert_eq!(started.elapsed().as_secs(), 60);
    assert_eq!(message["headers"], again["headers"]);
    line.ack_json(&again, 200, &json!({ "status": "SUCCESS" })).await;
    soon(event.accepted()).await;

    let callback = Push::dingtalk_callback("/v1.0/im/bot/messages/get", json!({ "text": "hi" }));
    let callback = mock.push(callback);
    let message = line.json().await;
    assert_eq!((&message["type"], message["headers"].get("eventId")), (&json!("CALLBACK"), None));
    line.ack_json(&message, 200, &json!({ "response": { "x": 1 } })).await;
    assert_eq!(soon(callback.ack()).await.data, Some(json!({ "response": { "x": 1 } })));

    // Nobody asked for it.
    let unwanted = mock.push(Push::dingtalk_callback("/v1.0/card/instances/callback", json!({})));
    assert_eq!(unwanted.sent_to(), [0; 0]);
    assert_eq!(mock.connections()[0].violations(), [""; 0]);
}

#[tokio::test]
async fn dingtalk_has_system_messages() {
    for mock in platforms().await {
        let mut line = Line::dingtalk(&mock).await;
        let ping = mock.push(Push::dingtalk_system("ping", json!({ "opaque": "o" })));
        let message = line.json().await;
        assert_eq!(
            (&message["type"], &message["headers"]["topic"]),
            (&json!("SYSTEM"), &json!("ping"))
        );
        line.ack_json(&message, 200, &json!({ "opaque": "o" })).await;
        assert_eq!(soon(ping.ack()).await.data, Some(json!({ "opaque": "o" })));

        let reason = json!({ "reason": "persistent connection is timeout" });
        mock.push(Push::dingtalk_system("disconnect", reason));
        assert_eq!(line.json().await["headers"]["topic"], "disconnect");
        let event = mock.push(Push::dingtalk_event("x", json!({})));
        assert_eq!(event.sent_to(), [0; 0]);
        let mut next = Line::dingtalk(&mock).await;
        assert_eq!(next.json().await["headers"]["eventType"], "x");
        line.send(Message::text("{}")).await;
        let connection = soon(mock.connection(0)).await;
        soon(mock.until(|_| connection.violations() == ["an acknowledgment has no code"])).await;
    }
}

#[tokio::test]
async fn tickets_work_once_and_for_one_vendor() {
    for mock in platforms().await {
        let url = dingtalk_url(&mock).await;
        let unencoded = url.replace("%2B", "+").replace("%2F", "/");
        assert_eq!(Line::open(&mock, unencoded).await.err().unwrap().0, 401);
        let other = url.replace("/connect?", "/ws/v2?");
        assert_eq!(Line::open(&mock, other).await.err().unwrap().0, 403);
        let _line = Line::open(&mock, url.clone()).await.unwrap();
        assert_eq!(Line::open(&mock, url).await.err().unwrap().0, 401);
        assert_eq!(mock.connections().len(), 1);
    }
}

#[tokio::test]
async fn connections_end_with_the_platform() {
    for mock in platforms().await {
        let mut line = Line::feishu(&mock).await;
        mock.push(message().after(3600 * SECOND));
        drop(mock);
        assert_eq!(line.end().await, None);
    }
}

/// What happens to a client that reconnects for two hours, as text.
async fn chaos(seed: u64) -> String {
    let mock = MockPlatform::in_process();
    mock.long_connection().chaos(seed, 60 * SECOND);
    let client = async {
        loop {
            let body = json!({ "AppID": "cli_1", "AppSecret": "s" });
            let attempt = async {
                let response = try_post(&mock, FEISHU, &body).await.ok()?.into_body();
                let url = response["data"]["URL"].as_str()?.to_owned();
                let mut line = Line::open(&mock, url).await.ok()?;
                while let Ok(Some(Ok(_))) = timeout(100 * SECOND, line.next()).await {}
                Some(())
            };
            let _ = timeout(300 * SECOND, attempt).await;
            tokio::time::sleep(SECOND).await;
        }
    };
    tokio::select! {
        () = client => {}
        () = tokio::time::sleep(2 * 3600 * SECOND) => {}
    }
    let faults = mock.connections().into_iter().map(|connection| connection.fault());
    let text = format!("{:?}", faults.collect::<Vec<_>>());
    mock.long_connection().calm();
    let mut line = Line::feishu(&mock).await;
    timeout(3600 * SECOND, line.next()).await.err().unwrap();
    text
}

#[tokio::test(start_paused = true)]
async fn chaos_has_every_fault_and_is_repeatable() {
    let text = chaos(7).await;
    for fault in ["Close(1000)", "Close(1001)", "Reset", "Silence", "Stall("] {
        assert!(text.contains(fault), "{text}");
    }
    assert_eq!(chaos(7).await, text);
    assert_ne!(chaos(8).await, text);
}
