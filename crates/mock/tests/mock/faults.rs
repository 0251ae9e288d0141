//! What can happen to a reply on its way: over a socket as over the transport in the process.

use std::io::{ErrorKind as IoError, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use http_body_util::BodyExt;
use openplat_core::{Body, ErrorKind, Feishu, Sender, Transport};
use openplat_mock::{MockPlatform, Reply, bytes::Bytes, http};
use serde_json::json;
use tokio::time::Instant;

use crate::operations::{GetChat, LinkChat, feishu};

const TARGET: &str = "/open-apis/im/v1/chats/oc_1";

/// A platform on a socket with one route, which gives this reply.
async fn listening(reply: Reply) -> MockPlatform {
    let mock = MockPlatform::start().await.unwrap();
    mock.accept_user_token("u-1");
    mock.on::<GetChat>().respond(reply);
    mock
}

/// Sends a request, and reads until the platform closes the connection.
fn read_to_the_end(mock: &MockPlatform) -> (String, std::io::Result<usize>) {
    let mut stream = TcpStream::connect(mock.url().strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = "host: x\r\nauthorization: Bearer u-1\r\n";
    stream.write_all(format!("GET {TARGET} HTTP/1.1\r\n{head}\r\n").as_bytes()).unwrap();
    let mut read = Vec::new();
    let outcome = stream.read_to_end(&mut read);
    (String::from_utf8(read).unwrap(), outcome)
}

#[tokio::test]
async fn a_connection_ends_where_the_reply_says() {
    let (read, outcome) = read_to_the_end(&listening(Reply::close()).await);
    assert_eq!((read.as_str(), outcome.unwrap()), ("", 0));
    let (read, outcome) = read_to_the_end(&listening(Reply::refuse()).await);
    assert_eq!((read.as_str(), outcome.unwrap()), ("", 0));
    let (read, outcome) = read_to_the_end(&listening(Reply::reset()).await);
    assert_eq!((read.as_str(), outcome.unwrap_err().kind()), ("", IoError::ConnectionReset));

    for (bytes, body) in [(0, ""), (4, "0123"), (9, "012345678")] {
        let reply = Reply::new(200).body("0123456789").cut_after(bytes);
        let (read, outcome) = read_to_the_end(&listening(reply).await);
        outcome.unwrap();
        assert!(read.starts_with("HTTP/1.1 200"), "{read:?}");
        assert!(read.contains("content-length: 10\r\n"), "{read:?}");
        assert_eq!(read.split_once("\r\n\r\n").unwrap().1, body);
    }
}

#[tokio::test]
async fn a_client_tells_the_ends_of_a_connection_from_each_other() {
    for (reply, kind) in [
        (Reply::close(), ErrorKind::Transfer),
        (Reply::reset(), ErrorKind::Transfer),
        (Reply::example().cut_after(10), ErrorKind::Transfer),
    ] {
        let mock = MockPlatform::start().await.unwrap();
        mock.on::<LinkChat>().respond(reply);
        let error = feishu(&mock).call(&LinkChat("oc_1")).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{error}");
        assert_eq!(mock.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_dripping_body_arrives_whole() {
    let reply = Reply::new(200).body("0123456789").drip(3, Duration::from_millis(1));
    let mock = listening(reply).await;
    let address = mock.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "host: x\r\nconnection: close\r\nauthorization: Bearer u-1\r\n";
    stream.write_all(format!("GET {TARGET} HTTP/1.1\r\n{head}\r\n").as_bytes()).unwrap();
    let mut read = String::new();
    stream.read_to_string(&mut read).unwrap();
    assert!(read.contains("content-length: 10\r\n"), "{read:?}");
    assert!(read.ends_with("\r\n\r\n0123456789"), "{read:?}");
}

/// Sends a request through the transport in the process.
async fn send(reply: Reply) -> Result<http::Response<Body>, openplat_core::TransportError> {
    let mock = MockPlatform::in_process();
    mock.accept_user_token("u-1");
    mock.on::<GetChat>().respond(reply);
    let request = http::Request::get(format!("https://open.feishu.cn{TARGET}"));
    let request = request.header("authorization", "Bearer u-1").body(Body::default()).unwrap();
    mock.transport().send(request).await
}

#[tokio::test(start_paused = true)]
async fn the_transport_breaks_like_a_socket() {
    let refused = send(Reply::refuse()).await.unwrap_err();
    assert!(refused.was_not_sent(), "{refused}");
    for reply in [Reply::close(), Reply::reset()] {
        let broken = send(reply).await.unwrap_err();
        assert!(!broken.was_not_sent(), "{broken}");
    }
    let hour = Duration::from_secs(3600);
    assert!(tokio::time::timeout(hour, send(Reply::stall())).await.is_err());

    let whole = || Reply::new(200).body("0123456789");
    assert_eq!(send(whole()).await.unwrap().headers()["content-length"], "10");
    let mut cut = send(whole().cut_after(4)).await.unwrap();
    assert_eq!(cut.headers()["content-length"], "10");
    let piece = cut.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(piece, "0123");
    assert!(cut.body_mut().frame().await.unwrap().is_err());

    let mut stalled = send(whole().stall_after(0)).await.unwrap();
    assert!(tokio::time::timeout(hour, stalled.body_mut().frame()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_delay_takes_the_time_of_the_callers_clock() {
    let started = Instant::now();
    let minute = Duration::from_secs(60);
    send(Reply::example().delay(minute)).await.unwrap();
    assert_eq!(started.elapsed(), minute);

    let second = Duration::from_secs(1);
    let dripping = send(Reply::new(200).body("0123456789").drip(4, second)).await.unwrap();
    let read = dripping.into_body().collect().await.unwrap().to_bytes();
    assert_eq!((read, started.elapsed()), (Bytes::from("0123456789"), minute + 3 * second));
    let empty = send(Reply::new(200).drip(0, second)).await.unwrap();
    assert_eq!(empty.into_body().collect().await.unwrap().to_bytes(), "");
}

#[tokio::test(start_paused = true)]
async fn requests_are_dated_by_the_platforms_clock() {
    let mock = MockPlatform::in_process();
    mock.on::<GetChat>().respond(Reply::error("2200").status(500)).times(1);
    let client = openplat_core::Client::<Feishu>::builder("cli_1", "s3cret");
    let client = client.transport(mock.transport()).build().unwrap();
    client.call(&GetChat("oc_1")).await.unwrap();
    mock.advance(Duration::from_secs(100));
    client.call(&GetChat("oc_1")).await.unwrap();
    let at: Vec<_> = mock.requests().iter().map(|request| request.received_at()).collect();
    assert_eq!(at.len(), 3, "the first call was retried");
    assert!(at[1] > at[0] && at[1] - at[0] < Duration::from_secs(10), "{at:?}");
    assert!(at[2] - at[1] >= Duration::from_secs(100), "{at:?}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_said() {
    for reply in [
        Reply::new(100),
        Reply::new(1000),
        Reply::new(200).status(42),
        Reply::new(200).header("no\nheader", "x"),
        Reply::new(200).header("x-y", "no\nvalue"),
    ] {
        let response = send(reply).await.unwrap();
        assert_eq!(response.status(), 500);
        let text = response.into_body().collect().await.unwrap().to_bytes();
        let text = std::str::from_utf8(&text).unwrap();
        assert!(text.contains("correct the reply in the test"), "{text}");
    }
}

#[tokio::test]
async fn setters_go_before_what_the_reply_starts_from() {
    let reply = Reply::data(json!({ "a": 1 })).status(201).header("content-type", "text/x");
    let response = send(reply.header("x-tt-logid", "mine")).await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "text/x");
    assert_eq!(response.headers()["x-tt-logid"], "mine");
    let response = send(Reply::new(200).json(&json!([1])).body("[2]")).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "[2]");
}

#[test]
fn debug_of_a_reply_shows_no_content() {
    let reply = Reply::data(json!({ "text": "hunter2" })).header("x-token", "hunter3");
    let shown = format!("{reply:?} {:?}", Reply::new(200).body("hunter2"));
    assert!(!shown.contains("hunter"), "{shown}");
    assert!(shown.contains("7 bytes"), "{shown}");
}
