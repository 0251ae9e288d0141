//! Events come in, acknowledgments go out.

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use openplat_core::Error;
use openplat_core::events::connection::LongConnection;
use openplat_core::events::{Answer, Listener, RawEvent};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Log, config, endpoint, event, event_json, part, ping, platform, pong};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_event_is_acknowledged_with_its_own_frame_and_the_time_it_took() {
    let (platform, mut accepted) = platform();
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    assert_eq!(delivery.event().event_type(), "im.message.receive_v1");
    assert_eq!(delivery.event().header().id.as_deref(), Some("e1"));
    assert!(delivery.event().data().starts_with(b"{\"message\""));
    sleep(Duration::from_millis(40)).await;
    let (sent, ack) = tokio::join!(delivery.accept(()), server.ack());
    assert_eq!(sent, Ok(()));
    assert_eq!(ack, event("e1").acked(40, r#"{"code":200}"#));
}

#[tokio::test(start_paused = true)]
async fn a_callback_is_answered_and_a_failure_is_told() {
    let (platform, mut accepted) = platform();
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    let answer = json!({ "toast": { "type": "info", "content": "完成" } });
    let (sent, ack) = tokio::join!(delivery.accept(Answer::json(&answer)), server.ack());
    assert_eq!(sent, Ok(()));
    let data = BASE64_STANDARD.encode(answer.to_string());
    assert_eq!(ack, event("e1").acked(0, &format!(r#"{{"code":200,"data":"{data}"}}"#)));
    server.send(&event("e2")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    let (sent, ack) = tokio::join!(delivery.fail(), server.ack());
    assert_eq!((sent, ack), (Ok(()), event("e2").acked(0, r#"{"code":500}"#)));
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_a_callback_is_not_lost_with_its_connection() {
    let (platform, mut accepted) = platform();
    let answer = json!({ "toast": { "type": "info", "content": "完成" } });
    let given = Answer::json(&answer);
    let listener = Listener::new(move |_: RawEvent| {
        let given = given.clone();
        async move {
            sleep(SECOND).await;
            Ok::<_, Error>(given)
        }
    });
    let running = tokio::spawn(platform.connect().run(listener));
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    sleep(SECOND / 2).await;
    drop(server);
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    let data = BASE64_STANDARD.encode(answer.to_string());
    assert_eq!(
        server.ack().await,
        event("e1").acked(0, &format!(r#"{{"code":200,"data":"{data}"}}"#))
    );
    running.abort();
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_dropped_is_not_acknowledged() {
    let (platform, mut accepted) = platform();
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    drop(connection.next().await.unwrap().unwrap());
    server.is_silent(60 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn parts_are_joined_and_the_last_to_arrive_is_acknowledged() {
    let (platform, mut accepted) = platform();
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    let json = event_json("e1");
    let parts = [&json[..20], &json[20..90], &json[90..]];
    for seq in [0, 2, 1] {
        server.send(&part("m1", (seq, 3), parts[seq as usize])).await;
    }
    let delivery = connection.next().await.unwrap().unwrap();
    assert_eq!(delivery.event().header().id.as_deref(), Some("e1"));
    let (sent, ack) = tokio::join!(delivery.accept(()), server.ack());
    assert_eq!(sent, Ok(()));
    assert_eq!(ack, part("m1", (1, 3), parts[1]).acked(0, r#"{"code":200}"#));
    // One of the parts comes again, late.
    sleep(2 * SECOND).await;
    server.send(&part("m1", (1, 3), parts[1])).await;
    server.is_silent(5 * SECOND).await;
    assert!(timeout(SECOND, connection.next()).await.is_err(), "no handler is called for it");
}

#[tokio::test(start_paused = true)]
async fn parts_that_cannot_be_true_are_dropped_and_the_rest_goes_on() {
    let (platform, mut accepted) = platform();
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    for sum in [1 << 31, u64::from(u32::MAX), 1 << 40, u64::MAX] {
        server.send(&part("m1", (0, sum), "x")).await;
    }
    server.send(&part("m1", (7, 3), "x")).await;
    for place in [(5, 1), (1, 1), (1, 0), (5, 0)] {
        server.send(&part("m1", place, &event_json("e0"))).await;
    }
    server.send(&part("m2", (0, 2), "x")).await;
    server.send(&part("m2", (1, 3), "x")).await;
    let mut nameless = part("", (0, 2), "x");
    nameless.headers.retain(|(key, _)| key != "message_id");
    server.send(&nameless).await;
    let mut odd = part("m3", (0, 2), "x");
    odd.headers[2].1 = "two".into();
    server.send(&odd).await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    assert_eq!(delivery.event().header().id.as_deref(), Some("e1"));
    server.is_silent(5 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_stays_incomplete_is_given_up_and_said_to_be_on_a_quiet_connection() {
    let log = Log::default();
    let _listening = log.listen();
    let (platform, mut accepted) = platform();
    let _connection = platform.connect();
    let mut server = accepted.next().await;
    server.send(&part("m1", (0, 2), "x")).await;
    // Nothing else arrives.
    sleep(Duration::from_millis(9_900)).await;
    assert!(!log.contains("incomplete event"));
    sleep(Duration::from_millis(200)).await;
    assert!(log.contains("dropped an incomplete event"));
}

#[tokio::test(start_paused = true)]
async fn what_no_official_client_reacts_to_is_passed_over() {
    let (platform, mut accepted) = platform();
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    let mut card = event("e1");
    card.headers[0].1 = "card".into();
    let mut method = event("e2");
    method.numbers[3] = 7;
    let mut untyped = event("e3");
    untyped.headers.clear();
    for frame in [card, method, untyped, ping()] {
        server.send(&frame).await;
    }
    futures_util::SinkExt::send(&mut server.0, Message::text("hello")).await.unwrap();
    for bytes in [&b"\x08"[..], b"", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"hello"] {
        let message = Message::Binary(bytes::Bytes::copy_from_slice(bytes));
        futures_util::SinkExt::send(&mut server.0, message).await.unwrap();
    }
    server.is_silent(5 * SECOND).await;
    server.send(&event("e4")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    assert_eq!(delivery.event().header().id.as_deref(), Some("e4"));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_read_is_refused() {
    let (platform, mut accepted) = platform();
    let _connection = platform.connect();
    let mut server = accepted.next().await;
    for payload in ["", "{", "[]", r#"{"schema":"2.0","header":{}}"#, r#"{"encrypt":"x"}"#] {
        let frame = part("m1", (0, 1), payload);
        server.send(&frame).await;
        assert_eq!(server.ack().await, frame.acked(0, r#"{"code":500}"#), "{payload}");
    }
}

#[tokio::test(start_paused = true)]
async fn pings_come_at_once_and_at_intervals_that_a_pong_can_change() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 30)));
    let _connection = platform.connect();
    let start = Instant::now();
    let mut server = accepted.next().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(server.frame().await, ping());
    assert_eq!(start.elapsed().as_secs(), 30);
    sleep(4 * SECOND).await;
    // The news count from the last ping on. What is not positive, or no number, is none.
    let news = json!({ "PingInterval": "10", "ReconnectInterval": -1, "ReconnectNonce": null });
    server.send(&pong(&news)).await;
    assert_eq!(server.frame().await, ping());
    assert_eq!(start.elapsed().as_secs(), 40);
    for odd in [json!({ "PingInterval": 0 }), json!({ "PingInterval": -5 }), json!([1]), json!(7)] {
        server.send(&pong(&odd)).await;
    }
    assert_eq!(server.frame().await, ping());
    assert_eq!(start.elapsed().as_secs(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_ping_of_the_websocket_is_answered() {
    let (platform, mut accepted) = platform();
    let _connection = platform.connect();
    let mut server = accepted.next().await;
    let hello = Message::Ping("hb".into());
    futures_util::SinkExt::send(&mut server.0, hello).await.unwrap();
    assert_eq!(server.message().await, Some(Message::Pong("hb".into())));
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgment_goes_to_the_connection_that_delivered_or_nowhere() {
    let (platform, mut accepted) = platform();
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    drop(server);
    let mut server = accepted.next().await;
    assert!(delivery.accept(()).await.is_err());
    server.is_silent(60 * SECOND).await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    let (sent, ack) = tokio::join!(delivery.accept(()), server.ack());
    assert_eq!((sent, ack), (Ok(()), event("e1").acked(0, r#"{"code":200}"#)));
}

#[tokio::test(start_paused = true)]
async fn what_exceeds_the_handlers_is_left_unacknowledged() {
    let (platform, mut accepted) = platform();
    let mut connection = LongConnection::new(&platform.client()).max_running(2).connect();
    let mut server = accepted.next().await;
    for id in ["e1", "e2", "e3", "e4"] {
        server.send(&event(id)).await;
    }
    let first = connection.next().await.unwrap().unwrap();
    let second = connection.next().await.unwrap().unwrap();
    assert!(timeout(SECOND, connection.next()).await.is_err(), "the others were not queued");
    let (sent, ack) = tokio::join!(first.accept(()), server.ack());
    assert_eq!((sent, ack.headers[1].1.as_str()), (Ok(()), "e1"));
    server.send(&event("e3")).await;
    let third = connection.next().await.unwrap().unwrap();
    assert_eq!(third.event().header().id.as_deref(), Some("e3"));
    drop(second);
    drop(third);
    server.is_silent(60 * SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_sleeps_starves_neither_pings_nor_acknowledgments() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    // From here on, nobody polls the stream.
    for _ in 0..10 {
        assert_eq!(server.frame().await, ping());
        server.send(&pong(&json!({}))).await;
    }
    let (sent, ack) = tokio::join!(delivery.accept(()), server.ack());
    assert_eq!((sent, ack), (Ok(()), event("e1").acked(100_000, r#"{"code":200}"#)));
    assert_eq!(platform.asked().len(), 1, "the connection held");
}

#[tokio::test(start_paused = true)]
async fn an_event_of_the_largest_size_arrives_and_a_larger_message_ends_the_connection() {
    let (platform, mut accepted) = platform();
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    let large = "x".repeat(8 * 1024 * 1024 - 1000);
    let json = event_json("e1").replace("topsecretmessage", &large);
    server.send(&part("m1", (0, 1), &json)).await;
    let delivery = connection.next().await.unwrap().unwrap();
    assert!(delivery.event().data().len() > large.len());
    let message = Message::Binary(vec![0; 8 * 1024 * 1024 + 1].into());
    let _ = futures_util::SinkExt::send(&mut server.0, message).await;
    accepted.next().await;
    assert!(delivery.accept(()).await.is_err());
}
