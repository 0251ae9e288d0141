//! The end of one connection and the way to the next.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use openplat_core::events::Answer;
use openplat_core::events::connection::{LongConnection, State};
use openplat_core::{Clock, ErrorKind};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::support::{Platform, config, endpoint, event, ping, platform, pong};

const SECOND: Duration = Duration::from_secs(1);
/// The life of a connection that is no longer a short one.
const LIFE: Duration = Duration::from_secs(10);

/// Returns the pauses between the requests for a URL.
fn pauses(platform: &Platform) -> Vec<Duration> {
    let times: Vec<_> = platform.asked().into_iter().map(|(at, ..)| at).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn silence_ends_the_connection_after_two_pings_and_five_seconds() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    let connection = platform.connect();
    let mut control = connection.control();
    let mut server = accepted.next().await;
    let start = Instant::now();
    // Whatever comes in is a sign of life: frames, and pings and pongs of the WebSocket.
    let mut last = start;
    for message in [
        Message::Ping("x".into()),
        Message::Pong("x".into()),
        Message::text("x"),
        Message::Binary(event("e1").encode().into()),
        Message::Binary(pong(&json!({})).encode().into()),
    ] {
        sleep(24 * SECOND).await;
        futures_util::SinkExt::send(&mut server.0, message).await.unwrap();
        last = Instant::now();
    }
    assert_eq!(platform.asked().len(), 1);
    let error = loop {
        match control.changed().await.unwrap() {
            State::Waiting { error, .. } => break error,
            _ => continue,
        }
    };
    assert_eq!(last.elapsed(), 25 * SECOND);
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("nothing arrived for 25s"), "{error}");
    accepted.next().await;
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_reads_nothing_is_given_up_after_ten_seconds() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 600)));
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    let start = Instant::now();
    // More than what fits on the way.
    let answer = Answer::json(&"x".repeat(1024 * 1024));
    assert!(delivery.accept(answer).await.is_err());
    assert_eq!(start.elapsed(), 10 * SECOND);
    accepted.next().await;
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_reads_slowly_is_waited_for() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 600)));
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    let mut acks = Vec::new();
    for number in 0..30 {
        server.send(&event(&number.to_string())).await;
        let delivery = connection.next().await.unwrap().unwrap();
        acks.push(tokio::spawn(delivery.accept(Answer::json(&"x".repeat(48 * 1024)))));
    }
    for _ in 0..30 {
        sleep(SECOND).await;
        server.ack().await;
    }
    for ack in acks {
        assert_eq!(ack.await.unwrap(), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn every_end_leads_to_a_new_url() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(1, 100, 2, 600)));
    let _connection = platform.connect();
    let mut server = accepted.next().await;
    for code in [1000_u16, 1001, 1006, 1008, 1011, 4000] {
        sleep(LIFE).await;
        let frame = CloseFrame { code: code.into(), reason: "topsecret".into() };
        server.0.close(Some(frame)).await.unwrap();
        drop(server);
        server = accepted.next().await;
    }
    sleep(LIFE).await;
    server.0.close(None).await.unwrap();
    // The other side closes as well.
    assert!(matches!(server.message().await, Some(Message::Close(_))));
    drop(server);
    // A reset, an end, and garbage.
    let server = accepted.next().await;
    sleep(LIFE).await;
    drop(server);
    let server = accepted.next().await;
    sleep(LIFE).await;
    let mut raw = server.0.into_inner();
    let page = b"HTTP/1.1 502 Bad Gateway\r\n\r\n".repeat(10);
    tokio::io::AsyncWriteExt::write_all(&mut raw, &page).await.unwrap();
    accepted.next().await;
    drop(raw);
    let pauses = pauses(&platform);
    assert_eq!(pauses.len(), 9);
    // The counter begins anew after each connection: with one try in a row, the connection holds on.
    assert!(pauses.iter().all(|pause| *pause < LIFE + 4 * SECOND), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn the_first_pause_is_random_below_the_nonce_and_the_others_are_the_interval() {
    let (platform, mut accepted) = platform();
    for _ in 0..20 {
        platform.answers(200, endpoint(config(-1, 100, 50, 10)));
        platform.answers(200, json!({ "code": 1, "msg": "system busy", "data": null }));
        platform.answers(503, json!("busy"));
    }
    platform.answers(200, endpoint(config(-1, 100, 50, 10)));
    let _connection = platform.connect();
    for _ in 0..20 {
        let server = accepted.next().await;
        sleep(LIFE).await;
        drop(server);
    }
    accepted.next().await;
    let pauses = pauses(&platform);
    let firsts: Vec<_> = pauses.iter().step_by(3).map(|pause| *pause - LIFE).collect();
    assert!(firsts.iter().all(|pause| *pause <= 50 * SECOND), "{firsts:?}");
    assert!(firsts.iter().any(|pause| *pause < 25 * SECOND), "{firsts:?}");
    assert!(firsts.iter().any(|pause| *pause > 25 * SECOND), "{firsts:?}");
    for rest in [pauses.iter().skip(1).step_by(3), pauses.iter().skip(2).step_by(3)] {
        let rest: Vec<_> = rest.collect();
        let range = 100 * SECOND..=111 * SECOND;
        assert!(rest.iter().all(|pause| range.contains(pause)), "{rest:?}");
        assert!(rest.iter().any(|pause| *pause != rest[0]), "no jitter: {rest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_accepts_and_resets_is_left_alone_for_longer_and_longer() {
    let (platform, mut accepted) = platform();
    // None of these counts as a try in a row.
    platform.answers(200, endpoint(config(1, 1, 1, 600)));
    let _connection = platform.connect();
    for _ in 0..10 {
        let server = accepted.next().await;
        sleep(SECOND).await;
        drop(server);
    }
    let server = accepted.next().await;
    let found: Vec<_> = pauses(&platform).iter().map(|pause| pause.as_secs_f64() - 1.0).collect();
    let shortest = [0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0, 60.0];
    assert_eq!(found.len(), shortest.len());
    for (pause, shortest) in found.iter().zip(shortest) {
        assert!((shortest..=(shortest * 1.2_f64).max(1.0) + 0.1).contains(pause), "{found:?}");
    }
    // One that lasts makes good for them.
    sleep(LIFE).await;
    drop(server);
    accepted.next().await;
    assert!(*pauses(&platform).last().unwrap() <= LIFE + 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn tries_end_where_the_platform_says() {
    for (count, asked) in [(0, 2), (1, 3), (3, 5)] {
        let (platform, mut accepted) = platform();
        platform.answers(200, endpoint(config(count, 1, 1, 10)));
        platform.answers(200, json!({ "code": 1000040343, "msg": "internal error" }));
        let mut connection = platform.connect();
        drop(accepted.next().await);
        let error = connection.next().await.unwrap().unwrap_err();
        assert!(error.to_string().contains("not to connect again"), "{error}");
        // The connection itself, and as many tries as are allowed.
        assert_eq!(platform.asked().len(), asked - 1, "{count}");
        assert!(connection.next().await.is_none());
        assert!(matches!(connection.control().state(), State::Closed { error: Some(_), .. }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_of_zero_among_zeros_is_no_count() {
    let absent = json!({ "ReconnectCount": 0 });
    for zeros in [config(0, 0, 0, 0), absent, json!({ "ReconnectCount": 0, "PingInterval": 0 })] {
        let (platform, mut accepted) = platform();
        platform.answers(200, endpoint(zeros.clone()));
        let mut connection = platform.connect();
        drop(accepted.next().await);
        let next = tokio::select! {
            ended = connection.next() => panic!("{zeros}: {ended:?}"),
            next = accepted.next() => next,
        };
        drop(next);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_intervals_has_the_documented_ones() {
    let zeros = config(-1, 0, 0, 0);
    for absent in [json!(null), json!({}), zeros, json!({ "PingInterval": null }), json!("odd")] {
        let (platform, mut accepted) = platform();
        platform.answers(200, endpoint(absent.clone()));
        platform.answers(200, json!({ "code": 1, "msg": "system busy" }));
        let _connection = platform.connect();
        let start = Instant::now();
        let mut server = accepted.next().await;
        assert_eq!(server.frame().await, ping());
        assert_eq!(start.elapsed().as_secs(), 120, "{absent}");
        drop(server);
        sleep(300 * SECOND).await;
        let pauses = pauses(&platform);
        assert!(pauses[0] <= (120 + 31) * SECOND && pauses[1] >= 120 * SECOND, "{pauses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn intervals_that_cannot_be_meant_do_no_harm() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(i64::MAX, i64::MAX, i64::MAX, i64::MAX)));
    let _connection = platform.connect();
    let start = Instant::now();
    let mut server = accepted.next().await;
    assert_eq!(server.frame().await, ping());
    assert!(start.elapsed() <= Duration::from_secs(60 * 60 + 1));
    drop(server);
    accepted.next().await;
}

#[tokio::test(start_paused = true)]
async fn the_platform_may_ask_for_a_longer_pause() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    platform.upgrades(None).upgrades(Some((429, vec![("retry-after", "300")])));
    let connection = platform.connect();
    drop(accepted.next().await);
    let mut control = connection.control();
    loop {
        if let State::Waiting { error, until, .. } = control.changed().await.unwrap()
            && error.is_throttled()
        {
            assert!(until - Instant::now() >= 299 * SECOND);
            break;
        }
    }
    accepted.next().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_stalls_is_given_up() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    platform.stalls(true);
    let _connection = platform.connect();
    while platform.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    platform.stalls(false);
    timeout(60 * SECOND, accepted.next()).await.unwrap();
}

/// A wall clock that goes on while the timers stand still.
#[derive(Clone)]
struct Wall(Arc<Mutex<SystemTime>>);

impl Clock for Wall {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_sleep_of_the_machine_is_noticed() {
    let wall = Wall(Arc::new(Mutex::new(SystemTime::UNIX_EPOCH)));
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 600)));
    let client = platform.builder().clock(wall.clone()).build().unwrap();
    let _connection = LongConnection::new(&client).connect();
    let mut server = accepted.next().await;
    // The platform is still there: a ping makes sure, and nothing else happens.
    *wall.0.lock().unwrap() += Duration::from_secs(3600);
    let start = Instant::now();
    assert_eq!(server.frame().await, ping());
    assert!(start.elapsed() <= 16 * SECOND);
    server.send(&pong(&json!({}))).await;
    sleep(60 * SECOND).await;
    assert_eq!(platform.asked().len(), 1);
    // It is not.
    *wall.0.lock().unwrap() += Duration::from_secs(3600);
    let start = Instant::now();
    let server = (server, accepted.next().await).1;
    assert!(start.elapsed() <= 30 * SECOND, "{:?}", start.elapsed());
    // A clock that is set back is no sleep.
    *wall.0.lock().unwrap() -= Duration::from_secs(7200);
    sleep(120 * SECOND).await;
    assert_eq!(platform.asked().len(), 2);
    drop(server);
}

#[tokio::test(start_paused = true)]
async fn what_waited_while_the_process_stood_still_is_a_sign_of_life() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    let _connection = platform.connect();
    let mut server = accepted.next().await;
    platform.holds(true);
    server.send(&pong(&json!({}))).await;
    sleep(24 * SECOND).await;
    platform.holds(false);
    sleep(2 * SECOND).await;
    assert_eq!(platform.asked().len(), 1, "the connection is kept");
    // It begins to count then.
    sleep(25 * SECOND).await;
    assert_eq!(platform.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_arrived_before_a_sleep_of_the_machine_is_no_sign_of_life() {
    let wall = Wall(Arc::new(Mutex::new(SystemTime::UNIX_EPOCH)));
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 600)));
    let client = platform.builder().clock(wall.clone()).build().unwrap();
    let _connection = LongConnection::new(&client).connect();
    let mut server = accepted.next().await;
    platform.holds(true);
    server.send(&pong(&json!({}))).await;
    server.send(&event("e1")).await;
    // Until right before the next look at the clocks.
    sleep(14 * SECOND).await;
    *wall.0.lock().unwrap() += Duration::from_secs(3600);
    platform.holds(false);
    let start = Instant::now();
    accepted.next().await;
    assert!(start.elapsed() <= 30 * SECOND, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_with_a_sleep_of_the_machine() {
    let wall = Wall(Arc::new(Mutex::new(SystemTime::UNIX_EPOCH)));
    let (platform, mut accepted) = platform();
    platform.answers(200, json!({ "code": 1, "msg": "system busy" }));
    platform.answers(200, json!({ "code": 1, "msg": "system busy" }));
    platform.answers(200, endpoint(config(-1, 600, 600, 600)));
    let client = platform.builder().clock(wall.clone()).build().unwrap();
    let _connection = LongConnection::new(&client).connect();
    while platform.asked().len() < 2 {
        sleep(SECOND).await;
    }
    *wall.0.lock().unwrap() += Duration::from_secs(3600);
    let start = Instant::now();
    accepted.next().await;
    assert!(start.elapsed() <= 16 * SECOND, "{:?}", start.elapsed());
}
