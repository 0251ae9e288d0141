//! What a long connection logs, and what it must not: through `tracing` and `log`, at `TRACE`, by
//! whatever crate. The platform's side writes its frames by hand, so that all that is logged is the
//! client's. A binary of its own: the loggers are the whole process's.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "connection/support.rs"]
#[expect(dead_code, reason = "serves other tests as well")]
mod support;

use std::io::{self, Write};
use std::sync::{Mutex, Once};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use openplat_core::events::connection::LongConnection;
use openplat_core::events::dingtalk::ROBOT_MESSAGES;
use openplat_core::events::{Answer, Listener, RawEvent};
use openplat_core::{Client, DingTalk, Feishu};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use support::{Masked, config, endpoint, event, part, platform, pong, ws_frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What all tests of this binary have logged.
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("log {} {}: {}\n", record.level(), record.target(), record.args());
        Lines.write_all(line.as_bytes()).unwrap();
    }

    fn flush(&self) {}
}

/// Every test begins with this: a callsite that is reached without a subscriber may stay silent.
fn capture() {
    static START: Once = Once::new();
    START.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| Lines);
        tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
        log::set_logger(&Lines).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// Asserts that this was logged, and no secret.
fn assert_told(told: &[&str]) {
    let log = String::from_utf8_lossy(&LINES.lock().unwrap()).into_owned();
    for secret in ["hunter2", "topsecret", "ticket=", "access_key", "/ws/v2", "/connect?"] {
        assert!(!log.contains(secret), "{secret}:\n{log}");
    }
    // Bytes can be logged as numbers.
    let bytes = [format!("{:?}", b"topsecret"), format!("{:x?}", b"topsecret")];
    for bytes in bytes.map(|bytes| bytes.trim_matches(['[', ']']).to_owned()) {
        assert!(!log.contains(&bytes), "{bytes}:\n{log}");
    }
    for told in told {
        assert!(log.contains(told), "{told}:\n{log}");
    }
}

/// Returns a bot whose handlers fail, are slow, and have secrets to tell.
fn bot() -> Listener {
    Listener::new(|event: RawEvent| async move {
        match event.header().id.as_deref() {
            Some("fails") => Err("topsecretmessage is odd"),
            Some("slow") => {
                tokio::time::sleep(Duration::from_secs(30)).await;
                Ok(Answer::json("topsecretanswer"))
            }
            _ => Ok(Answer::json("topsecretanswer")),
        }
    })
}

/// The first bytes of frames.
const TEXT: u8 = 0x81;
const BYTES: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const COMPRESSED: u8 = 0xc1;

fn going_away() -> Vec<u8> {
    ws_frame(CLOSE, &[&1001_u16.to_be_bytes(), &b"topsecretmessage"[..]].concat())
}

#[tokio::test(start_paused = true)]
async fn a_bad_day_is_told_without_a_secret() {
    capture();
    let (platform, mut accepted) = platform();
    platform.answers(200, json!({ "code": 1, "msg": "hunter2secret is busy" }));
    for _ in 0..7 {
        platform.answers(200, endpoint(config(-1, 1, 1, 600)));
    }
    platform.answers(200, json!({ "code": 1000040351, "msg": "hunter2secret is of Lark" }));
    let refusal = vec![("handshake-status", "514"), ("handshake-msg", "no topsecretticket")];
    platform.upgrades(Some((403, refusal)));
    let running = tokio::spawn(platform.connect().run(bot()));
    let mut io = accepted.raw().await.0.into_inner();
    for frame in [
        event("good"),
        event("fails"),
        event("slow"),
        part("m1", (0, 1), "topsecretmessage"),
        part("m2", (0, 1), r#"{"topsecretmessage":"#),
        part("m3", (9, 3), "topsecretmessage"),
        part("m4", (0, 3), "topsecretmessage"),
        part("topsecretmessage", (0, 1 << 31), "topsecretmessage"),
        pong(&json!({ "topsecret": 1 })),
    ] {
        io.write_all(&ws_frame(BYTES, &frame.encode())).await.unwrap();
    }
    for first in [TEXT, BYTES, PING] {
        io.write_all(&ws_frame(first, b"topsecretmessage")).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(io);
    // The acknowledgment of the slow one comes too late.
    tokio::time::sleep(Duration::from_secs(40)).await;
    for last in [
        going_away(),
        ws_frame(COMPRESSED, b"topsecretmessage"),
        ws_frame(TEXT, b"topsecretmessage \xff"),
        ws_frame(BYTES, &vec![b'x'; 9 << 20]),
        ws_frame(BYTES, b"topsecretmessage")[..15].to_vec(),
    ] {
        let mut io = accepted.raw().await.0.into_inner();
        let _ = io.write_all(&last).await;
        let _ = tokio::time::timeout(Duration::from_secs(1), Masked::read(&mut io)).await;
    }
    running.await.unwrap().unwrap_err();
    assert_told(&[
        "origin=wss://msg-frontier.feishu.cn",
        "the long connection is down",
        "code 1, \"*** is busy\"",
        "code 514, \"no ***\"",
        "the platform closed it with code 1001",
        "the platform sent an invalid WebSocket message",
        "the platform sent a message that is too long",
        "an event cannot be read",
        "dropped a part of an event",
        "ignored a message that is not a frame",
        "an event was not handled",
        "an event was not acknowledged",
    ]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_day_of_stream_mode_is_told_without_a_secret() {
    capture();
    let (gateway, mut accepted) = platform();
    let ticket =
        json!({ "endpoint": "wss://gateway.example/connect", "ticket": "topsecretticket" });
    gateway.answers(200, ticket);
    let client: Client<DingTalk> =
        Client::builder("dingkey", "hunter2secret").transport(gateway).build().unwrap();
    let listener = bot().client(&client);
    let running = tokio::spawn(LongConnection::new(&client).connect().run(listener));
    let mut io = accepted.raw().await.0.into_inner();
    let frame = |kind: &str, topic: &str, data: Value| {
        let headers = json!({ "topic": topic, "messageId": "m1", "eventId": "fails",
                              "eventType": "suite_ticket" });
        json!({ "type": kind, "headers": headers, "data": data }).to_string()
    };
    let message = json!({ "msgId": "fails", "text": { "content": "topsecretmessage" },
                          "sessionWebhook": "https://h/?session=topsecretsession" });
    for text in [
        frame("CALLBACK", ROBOT_MESSAGES, json!(message.to_string())),
        frame("CALLBACK", "topsecrettopic", message.clone()),
        frame("EVENT", "*", json!(r#"{"suiteTicket":"topsecretticket"}"#)),
        frame("EVENT", "*", json!(r#"{"suiteTicket":["topsecretticket"]}"#)),
        frame("topsecretkind", "topsecrettopic", message),
        frame("SYSTEM", "ping", json!("topsecretopaque")),
        r#"{"type":"topsecretkind","headers":["topsecretmessage"]}"#.to_owned(),
        "topsecretmessage".to_owned(),
    ] {
        io.write_all(&ws_frame(TEXT, text.as_bytes())).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    io.write_all(&going_away()).await.unwrap();
    accepted.raw().await;
    running.abort();
    assert_told(&[
        "origin=wss://gateway.example",
        "a message from DingTalk could not be read",
        "an event was not handled",
        "the platform closed it with code 1001",
    ]);
}

/// Reads a request with its body.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(char::from(stream.read_u8().await.unwrap()));
    }
    if let Some(length) = header(&head, "content-length") {
        let mut body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
    }
    head
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    Some(lines.find(|(key, _)| key.eq_ignore_ascii_case(name))?.1)
}

/// Opens a connection over TCP, with all that the built-in transport brings along.
#[tokio::test]
async fn the_built_in_transport_tells_no_secret_either() {
    capture();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let platform = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = read_request(&mut stream).await;
        assert!(head.starts_with("POST /callback/ws/endpoint"), "{head}");
        let url = format!("ws://{address}/ws/v2?access_key=topsecretkey&ticket=topsecretticket");
        let body = json!({ "code": 0, "data": { "URL": url } }).to_string();
        let response = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(response.as_bytes()).await.unwrap();

        let (mut stream, _) = listener.accept().await.unwrap();
        let head = read_request(&mut stream).await;
        let key = header(&head, "sec-websocket-key").unwrap();
        let accept = Sha1::new()
            .chain_update(key)
            .chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
            .finalize();
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-accept: {}\r\n\r\n",
            BASE64_STANDARD.encode(accept)
        );
        // An event does not wait for the client's first word.
        let event = ws_frame(BYTES, &event("e1").encode());
        stream.write_all(&[response.into_bytes(), event].concat()).await.unwrap();
        while !String::from_utf8_lossy(&Masked::read(&mut stream).await.payload).contains("biz_rt")
        {
        }
        stream.write_all(&going_away()).await.unwrap();
        while Masked::read(&mut stream).await.first != CLOSE {}
        key.to_owned()
    });
    let client = Client::<Feishu>::builder("cli_1", "hunter2secret")
        .base_url(format!("http://{address}"))
        .build()
        .unwrap();
    let running = tokio::spawn(LongConnection::new(&client).connect().run(bot()));
    let key = platform.await.unwrap();
    running.abort();
    assert_told(&["origin=ws://127.0.0.1"]);
    assert!(!String::from_utf8_lossy(&LINES.lock().unwrap()).contains(&key));
}
