//! From `connect` to the end that a program wants.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use openplat_core::events::connection::{Connection, Control, LongConnection, State};
use openplat_core::events::{Answer, HandlerError, Listener, RawEvent};
use openplat_core::{
    Body, BoxFuture, Client, Error, ErrorKind, Feishu, Transport, TransportError, Upgrade, http,
};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{config, endpoint, event, part, platform, ws_frame};

const SECOND: Duration = Duration::from_secs(1);

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Lets tasks that were aborted end.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn shutdown_lets_handlers_finish_acknowledges_them_and_says_goodbye() {
    let (platform, mut accepted) = platform();
    let mut connection = platform.connect();
    let control = connection.control();
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    server.send(&event("e2")).await;
    settle().await;
    control.shutdown();
    let handler = tokio::spawn(async move {
        sleep(5 * SECOND).await;
        delivery.accept(()).await
    });
    let start = Instant::now();
    let consumer = tokio::spawn(async move { connection.next().await.is_none() });
    settle().await;
    assert!(matches!(control.state(), State::Draining));
    // What arrives now is left to be delivered again.
    server.send(&event("e3")).await;
    assert_eq!(server.ack().await, event("e1").acked(5000, r#"{"code":200}"#));
    let Some(Message::Close(Some(close))) = server.message().await else { panic!() };
    assert_eq!(u16::from(close.code), 1000);
    assert!(server.message().await.is_none());
    assert_eq!(handler.await.unwrap(), Ok(()));
    assert!(consumer.await.unwrap(), "the stream ends without an error");
    assert_eq!(start.elapsed(), 5 * SECOND);
    assert!(matches!(control.state(), State::Closed { error: None, .. }));
    assert_eq!(platform.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_no_longer_than_it_may() {
    let (platform, mut accepted) = platform();
    let mut connection = LongConnection::new(&platform.client()).drain(3 * SECOND).connect();
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    connection.control().shutdown();
    let start = Instant::now();
    assert!(connection.next().await.is_none());
    assert!(start.elapsed() >= 3 * SECOND && start.elapsed() <= 5 * SECOND);
    assert!(delivery.accept(()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_while_it_drains_has_ended_as_wanted() {
    for fault in ["end", "garbage", "silence", "nothing is read"] {
        let (platform, mut accepted) = platform();
        // A failure would be final.
        platform.answers(200, endpoint(config(0, 1, 1, 10)));
        let long = LongConnection::new(&platform.client()).drain(60 * SECOND);
        let mut connection = long.connect();
        let mut control = connection.control();
        let mut server = accepted.next().await;
        server.send(&event("e1")).await;
        let delivery = connection.next().await.unwrap().unwrap();
        control.shutdown();
        assert!(matches!(control.changed().await, Some(State::Connected)));
        assert!(matches!(control.changed().await, Some(State::Draining)));
        let work = if fault == "nothing is read" { Duration::ZERO } else { 40 * SECOND };
        let handler = tokio::spawn(async move {
            sleep(work).await;
            delivery.accept(Answer::json(&"x".repeat(1024 * 1024))).await
        });
        let _open = match fault {
            "end" => None,
            "garbage" => {
                let mut raw = server.0.into_inner();
                tokio::io::AsyncWriteExt::write_all(&mut raw, b"HTTP/1.1 502\r\n").await.unwrap();
                Some(raw)
            }
            _ => Some(server.0.into_inner()),
        };
        assert!(connection.next().await.is_none(), "{fault}");
        assert!(handler.await.unwrap().is_err(), "{fault}: the handler was not cut off");
        assert!(matches!(control.changed().await, Some(State::Closed { error: None, .. })));
        assert_eq!(platform.asked().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_right_after_a_loss_is_no_failure() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(0, 1, 1, 10)));
    let mut connection = platform.connect();
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    tokio::spawn(delivery.accept(Answer::json(&"x".repeat(1024 * 1024))));
    settle().await;
    // The goodbye takes its time, since this end reads nothing.
    let mut raw = server.0.into_inner();
    let close = ws_frame(0x88, &1000_u16.to_be_bytes());
    tokio::io::AsyncWriteExt::write_all(&mut raw, &close).await.unwrap();
    sleep(SECOND).await;
    connection.control().shutdown();
    assert!(connection.next().await.is_none());
    assert!(matches!(connection.control().state(), State::Closed { error: None, .. }));
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_a_pause_and_a_request_as_well() {
    let (platform, _accepted) = platform();
    platform.answers(200, json!({ "code": 1, "msg": "system busy" }));
    let mut connection = platform.connect();
    let mut control = connection.control();
    assert!(matches!(control.changed().await, Some(State::Waiting { .. })));
    let start = Instant::now();
    control.shutdown();
    assert!(connection.next().await.is_none());
    assert_eq!(start.elapsed(), Duration::ZERO);

    platform.stalls(true);
    let mut connection = platform.connect();
    settle().await;
    connection.control().shutdown();
    assert!(connection.next().await.is_none());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn dropped_is_closed_and_leaves_nothing() {
    let before = tasks();
    let (platform, mut accepted) = platform();
    let mut connection = platform.connect();
    let mut control = connection.control();
    let mut server = accepted.next().await;
    server.send(&event("e1")).await;
    let delivery = connection.next().await.unwrap().unwrap();
    drop(connection);
    settle().await;
    assert_eq!(tasks(), before);
    assert!(server.message().await.is_none(), "the socket is closed");
    assert!(delivery.accept(()).await.is_err());
    while let Some(state) = control.changed().await {
        assert!(matches!(state, State::Connected | State::Closed { error: None, .. }), "{state:?}");
    }
    assert!(matches!(control.state(), State::Closed { error: None, .. }));
    sleep(600 * SECOND).await;
    assert_eq!(platform.asked().len(), 1);
    for stalls in [true, false] {
        platform.stalls(stalls);
        platform.answers(200, json!({ "code": 1 }));
        let connection = platform.connect();
        sleep(SECOND).await;
        drop(connection);
        settle().await;
        assert_eq!(tasks(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_can_be_watched() {
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    let connection = platform.connect();
    let mut control = connection.control();
    assert!(matches!(control.state(), State::Connecting));
    let server = accepted.next().await;
    assert!(matches!(control.changed().await, Some(State::Connected)));
    drop(server);
    let Some(State::Waiting { until, error, .. }) = control.changed().await else { panic!() };
    assert!(until <= Instant::now() + SECOND);
    assert_eq!(error.kind(), ErrorKind::Transfer);
    let _server = accepted.next().await;
    assert!(matches!(control.changed().await, Some(State::Connected)));
    drop(connection);
    assert!(matches!(control.changed().await, Some(State::Closed { error: None, .. })));
    assert!(control.changed().await.is_none());
    assert!(control.changed().await.is_none());
}

fn counting(count: &Arc<AtomicUsize>) -> Listener {
    let count = count.clone();
    Listener::new(move |event: RawEvent| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            match event.header().id.as_deref() {
                Some("panics") => panic!("on purpose"),
                Some("fails") => Err(HandlerError::Panicked),
                Some("slow") => {
                    sleep(30 * SECOND).await;
                    Ok(Answer::default())
                }
                _ => Ok(Answer::default()),
            }
        }
    })
    .on_failure(|_, _| {})
}

fn run(connection: Connection, listener: Listener) -> (Control, Running) {
    let control = connection.control();
    (control, tokio::spawn(connection.run(listener)))
}

type Running = tokio::task::JoinHandle<Result<(), Error>>;

#[tokio::test(start_paused = true)]
async fn run_handles_events_side_by_side_and_each_once() {
    let before = tasks();
    let count = Arc::new(AtomicUsize::new(0));
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 600)));
    let (control, running) = run(platform.connect(), counting(&count));
    let mut server = accepted.next().await;
    server.send(&event("slow")).await;
    server.send(&event("e1")).await;
    assert_eq!(server.ack().await, event("e1").acked(0, r#"{"code":200}"#));
    // A repetition is acknowledged, and handled no second time; one that is handled is left alone.
    server.send(&event("e1")).await;
    assert_eq!(server.ack().await, event("e1").acked(0, r#"{"code":200}"#));
    server.send(&event("slow")).await;
    for id in ["fails", "panics"] {
        server.send(&event(id)).await;
        assert_eq!(server.ack().await, event(id).acked(0, r#"{"code":500}"#));
    }
    assert_eq!(server.ack().await, event("slow").acked(30_000, r#"{"code":200}"#));
    assert_eq!(count.load(Ordering::SeqCst), 4);
    control.shutdown();
    assert!(matches!(server.message().await, Some(Message::Close(_))));
    drop(server);
    assert!(running.await.unwrap().is_ok());
    settle().await;
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn run_lets_handlers_finish_before_it_returns_an_error() {
    let count = Arc::new(AtomicUsize::new(0));
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, 600)));
    platform.answers(200, json!({ "code": 1000040351, "msg": "incorrect domain name" }));
    let client = platform.client();
    let connection = LongConnection::new(&client).drain(60 * SECOND).connect();
    let (_, running) = run(connection, counting(&count));
    let mut server = accepted.next().await;
    server.send(&event("slow")).await;
    settle().await;
    let start = Instant::now();
    drop(server);
    let error = running.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(start.elapsed(), 30 * SECOND, "the handler was not cut off");
}

#[tokio::test(start_paused = true)]
async fn run_that_is_dropped_leaves_nothing() {
    let before = tasks();
    let count = Arc::new(AtomicUsize::new(0));
    let (platform, mut accepted) = platform();
    let running = platform.connect().run(counting(&count));
    let mut server = {
        let accepted = async {
            let mut server = accepted.next().await;
            server.send(&event("slow")).await;
            sleep(SECOND).await;
            server
        };
        tokio::select! {
            server = accepted => server,
            _ = running => panic!("it ended"),
        }
    };
    settle().await;
    assert_eq!(tasks(), before);
    assert!(server.message().await.is_none());
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn acknowledgments_of_many_handlers_all_arrive() {
    let count = Arc::new(AtomicUsize::new(0));
    let (platform, mut accepted) = platform();
    let (control, running) = run(platform.connect(), counting(&count));
    let mut server = accepted.next().await;
    let mut acked = std::collections::HashSet::new();
    for burst in 0..50 {
        for number in 0..20 {
            let id = format!("m{burst}-{number}");
            let json = crate::support::event_json(&id);
            server.send(&part(&id, (1, 2), &json[50..])).await;
            server.send(&part(&id, (0, 2), &json[..50])).await;
        }
        for _ in 0..20 {
            acked.insert(server.ack().await.headers[1].1.clone());
        }
    }
    assert_eq!((acked.len(), count.load(Ordering::SeqCst)), (1000, 1000));
    control.shutdown();
    drop(server);
    assert!(timeout(10 * SECOND, running).await.unwrap().unwrap().is_ok());
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    let (platform, _accepted) = platform();
    let mut connection = platform.connect();
    assert!(matches!(connection.control().state(), State::Closed { error: Some(_), .. }));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(connection.next()).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("runtime"), "{error}");
    assert!(runtime.block_on(connection.next()).is_none());
}

#[test]
fn a_runtime_that_ends_ends_the_connection() {
    let (platform, _accepted) = platform();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let mut connection = first.block_on(async { platform.connect() });
    drop(first);
    let error = runtime().block_on(connection.next()).unwrap().unwrap_err();
    assert!(error.to_string().contains("runtime"), "{error}");
    assert!(matches!(connection.control().state(), State::Closed { .. }));
}

struct Broken(fn() -> Upgrade);

impl Transport for Broken {
    fn send(
        &self,
        _: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let body = endpoint(json!(null)).to_string();
        Box::pin(async { Ok(http::Response::new(bytes::Bytes::from(body).into())) })
    }

    fn upgrade(&self, _: http::Request<Body>) -> BoxFuture<'_, Upgrade> {
        Box::pin(async { (self.0)() })
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_panics_is_an_error_of_the_connection() {
    let client = Client::<Feishu>::builder("cli_1", "hunter2")
        .transport(Broken(|| panic!("on purpose")))
        .build()
        .unwrap();
    let mut connection = LongConnection::new(&client).connect();
    let error = connection.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(connection.next().await.is_none());
    assert!(matches!(connection.control().state(), State::Closed { error: Some(_), .. }));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_cannot_be_made_is_tried_again() {
    let client = Client::<Feishu>::builder("cli_1", "hunter2")
        .transport(Broken(|| Err(TransportError::connect("no way"))))
        .build()
        .unwrap();
    let connection = LongConnection::new(&client).connect();
    let waiting = connection.control().changed().await;
    let Some(State::Waiting { error, .. }) = waiting else { panic!("{waiting:?}") };
    assert_eq!(error.kind(), ErrorKind::Connect);
    let text = error.to_string();
    assert!(text.contains("wss://msg-frontier.feishu.cn: no way"), "{text}");
}
