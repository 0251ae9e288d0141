//! A platform in memory: what the client asks it is recorded, and the test plays the other side.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use futures_util::{SinkExt, StreamExt};
use openplat_core::events::connection::{Connection, LongConnection};
use openplat_core::{
    Body, BoxFuture, Client, ClientBuilder, Feishu, Socket, Transport, TransportError, Upgrade,
    http,
};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

pub const SERVICE: i32 = 33_554_678;
pub const URL: &str = "wss://msg-frontier.feishu.cn/ws/v2?device_id=7000000000000000001\
                       &access_key=topsecretkey&service_id=33554678&ticket=topsecretticket";

/// Intervals of a connection, in seconds.
pub fn config(count: i64, interval: i64, nonce: i64, ping: i64) -> Value {
    json!({
        "ReconnectCount": count,
        "ReconnectInterval": interval,
        "ReconnectNonce": nonce,
        "PingInterval": ping,
    })
}

pub fn endpoint(config: Value) -> Value {
    json!({ "code": 0, "msg": "", "data": { "URL": URL, "ClientConfig": config } })
}

/// A response to the handshake that is not 101.
pub type Refusal = (u16, Vec<(&'static str, &'static str)>);

type Change = fn(&mut http::response::Parts);

#[derive(Default)]
struct Script {
    endpoints: VecDeque<(u16, Value)>,
    refusals: VecDeque<Option<Refusal>>,
    changes: VecDeque<Change>,
    asked: Vec<(Instant, http::request::Parts, Value)>,
    upgrades: Vec<http::request::Parts>,
    stalls: bool,
}

#[derive(Clone)]
pub struct Platform {
    script: Arc<Mutex<Script>>,
    sockets: mpsc::UnboundedSender<Server>,
    holds: Arc<AtomicBool>,
}

/// A socket whose news its owner does not hear of while the process stands still.
struct Held {
    io: DuplexStream,
    holds: Arc<AtomicBool>,
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.holds.load(Ordering::SeqCst) {
            true => Poll::Pending,
            false => Pin::new(&mut self.io).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Held {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

/// The platform's side, with the connections that were accepted.
pub struct Accepted(mpsc::UnboundedReceiver<Server>);

pub fn platform() -> (Platform, Accepted) {
    let (sockets, accepted) = mpsc::unbounded_channel();
    (Platform { script: Arc::default(), sockets, holds: Arc::default() }, Accepted(accepted))
}

impl Platform {
    pub fn builder(&self) -> ClientBuilder<Feishu> {
        Client::builder("cli_1", "hunter2secret").transport(self.clone())
    }

    pub fn client(&self) -> Client<Feishu> {
        self.builder().build().unwrap()
    }

    pub fn connect(&self) -> Connection {
        LongConnection::new(&self.client()).connect()
    }

    /// Adds a response to a request for a URL. The last one is repeated.
    pub fn answers(&self, status: u16, body: Value) -> &Self {
        self.script.lock().unwrap().endpoints.push_back((status, body));
        self
    }

    /// Adds a response to a handshake; `None` accepts it. Without any, all are accepted.
    pub fn upgrades(&self, refusal: Option<Refusal>) -> &Self {
        self.script.lock().unwrap().refusals.push_back(refusal);
        self
    }

    /// Changes the head of the next handshake's response.
    pub fn changes(&self, change: Change) -> &Self {
        self.script.lock().unwrap().changes.push_back(change);
        self
    }

    /// Has what is sent wait in the sockets of clients, which are not woken for it.
    pub fn holds(&self, holds: bool) {
        self.holds.store(holds, Ordering::SeqCst);
    }

    /// Never responds from now on.
    pub fn stalls(&self, stalls: bool) {
        self.script.lock().unwrap().stalls = stalls;
    }

    /// Returns the requests for a URL so far, with their times.
    pub fn asked(&self) -> Vec<(Instant, http::request::Parts, Value)> {
        self.script.lock().unwrap().asked.clone()
    }

    pub fn upgraded(&self) -> Vec<http::request::Parts> {
        self.script.lock().unwrap().upgrades.clone()
    }
}

impl Transport for Platform {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = serde_json::from_slice(body.as_bytes().unwrap()).unwrap();
            let (stalls, (status, reply)) = {
                let mut script = self.script.lock().unwrap();
                script.asked.push((Instant::now(), head, body));
                let reply = match script.endpoints.len() {
                    0 => (200, endpoint(Value::Null)),
                    1 => script.endpoints[0].clone(),
                    _ => script.endpoints.pop_front().unwrap(),
                };
                (script.stalls, reply)
            };
            if stalls {
                std::future::pending::<()>().await;
            }
            let text = match reply {
                Value::String(text) => text,
                json => json.to_string(),
            };
            Ok(http::Response::builder()
                .status(status)
                .header("x-tt-logid", "log-1")
                .body(Body::from(bytes::Bytes::from(text)))
                .unwrap())
        })
    }

    fn upgrade(&self, request: http::Request<Body>) -> BoxFuture<'_, Upgrade> {
        Box::pin(async move {
            let (head, _) = request.into_parts();
            let key = head.headers["sec-websocket-key"].clone();
            let (refusal, change) = {
                let mut script = self.script.lock().unwrap();
                script.upgrades.push(head);
                (script.refusals.pop_front().flatten(), script.changes.pop_front())
            };
            if let Some((status, headers)) = refusal {
                let response = headers
                    .into_iter()
                    .fold(http::Response::builder().status(status), |response, (name, value)| {
                        response.header(name, value)
                    });
                return Ok((response.body(()).unwrap().into_parts().0, None));
            }
            let accept = Sha1::new()
                .chain_update(key.as_bytes())
                .chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                .finalize();
            let response = http::Response::builder()
                .status(101)
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-accept", BASE64_STANDARD.encode(accept));
            let mut head = response.body(()).unwrap().into_parts().0;
            change.into_iter().for_each(|change| change(&mut head));
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            let server = WebSocketStream::from_raw_socket(ours, Role::Server, None).await;
            let _ = self.sockets.send(Server(server));
            Ok((head, Some(Socket::new(Held { io: theirs, holds: self.holds.clone() }))))
        })
    }
}

impl Accepted {
    /// Waits for the next connection, and takes its first ping.
    pub async fn next(&mut self) -> Server {
        let mut server = self.raw().await;
        assert_eq!(server.frame().await, ping());
        server
    }

    /// Waits for the next connection.
    pub async fn raw(&mut self) -> Server {
        // A client that stays connected would ping to the end of time.
        tokio::time::timeout(DAY, self.0.recv()).await.unwrap().unwrap()
    }

    /// Waits for the next connection, and returns it if it is more than a handshake.
    pub async fn next_or_ended(&mut self) -> Option<Server> {
        let mut server = self.raw().await;
        server.message().await.map(|_| server)
    }

    pub fn is_empty(&mut self) -> bool {
        self.0.is_empty()
    }
}

/// What this thread logs.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || log.clone()).finish();
        tracing::subscriber::set_default(subscriber)
    }

    pub fn contains(&self, words: &str) -> bool {
        String::from_utf8_lossy(&self.0.lock().unwrap()).contains(words)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The platform's end of a connection.
pub struct Server(pub WebSocketStream<DuplexStream>);

impl Server {
    pub async fn send(&mut self, frame: &Frame) {
        self.0.send(Message::Binary(frame.encode().into())).await.unwrap();
    }

    /// Waits for a message, whatever it is; `None` at the end.
    pub async fn message(&mut self) -> Option<Message> {
        self.0.next().await?.ok()
    }

    /// Waits for a frame.
    pub async fn frame(&mut self) -> Frame {
        match self.message().await {
            Some(Message::Binary(bytes)) => Frame::decode(&bytes),
            other => panic!("no frame, but {other:?}"),
        }
    }

    /// Waits for a frame that is no ping.
    pub async fn ack(&mut self) -> Frame {
        loop {
            let frame = self.frame().await;
            if frame != ping() {
                return frame;
            }
        }
    }

    /// Asserts that nothing but pings comes for this long.
    pub async fn is_silent(&mut self, time: Duration) {
        let silence = async {
            let frame = self.ack().await;
            panic!("{frame:?}");
        };
        let _ = tokio::time::timeout(time, silence).await;
    }
}

/// Returns a frame of the WebSocket as a server writes it. The first byte is 0x82 for a message of
/// bytes.
pub fn ws_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ ..=125 => frame.push(short as u8),
        medium @ ..=0xffff => {
            frame.push(126);
            frame.extend((medium as u16).to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

/// A frame of the WebSocket as a client writes it.
pub struct Masked {
    pub first: u8,
    pub mask: [u8; 4],
    pub payload: Vec<u8>,
}

impl Masked {
    pub async fn read(io: &mut (impl AsyncRead + Unpin)) -> Self {
        let first = io.read_u8().await.unwrap();
        let length = io.read_u8().await.unwrap();
        assert!(length >= 128, "it is not masked");
        let length = match length - 128 {
            126 => u64::from(io.read_u16().await.unwrap()),
            127 => io.read_u64().await.unwrap(),
            short => u64::from(short),
        };
        let mut mask = [0; 4];
        io.read_exact(&mut mask).await.unwrap();
        let mut payload = vec![0; length as usize];
        io.read_exact(&mut payload).await.unwrap();
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Self { first, mask, payload }
    }
}

/// An independent reading of the frames, for the other side.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frame {
    pub numbers: [u64; 4],
    pub headers: Vec<(String, String)>,
    pub payload: Option<String>,
    pub log_id_new: Option<String>,
}

pub fn ping() -> Frame {
    Frame {
        numbers: [0, 0, SERVICE as u64, 0],
        headers: vec![("type".into(), "ping".into())],
        ..Frame::default()
    }
}

pub fn pong(config: &Value) -> Frame {
    Frame {
        headers: vec![("type".into(), "pong".into())],
        payload: Some(config.to_string()),
        ..ping()
    }
}

/// A part of an event, or a whole one.
pub fn part(id: &str, (seq, sum): (u64, u64), payload: &str) -> Frame {
    let header = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Frame {
        numbers: [1000 + seq, 7000 + seq, SERVICE as u64, 1],
        headers: vec![
            header("type", "event"),
            header("message_id", id),
            header("sum", &sum.to_string()),
            header("seq", &seq.to_string()),
            header("trace_id", &format!("t-{id}")),
            header("instance_id", "inst-opaque"),
        ],
        payload: Some(payload.to_owned()),
        log_id_new: Some(format!("log-{id}")),
    }
}

pub fn event_json(id: &str) -> String {
    json!({
        "schema": "2.0",
        "header": { "event_id": id, "event_type": "im.message.receive_v1", "app_id": "cli_1",
                    "token": "topsecrettoken" },
        "event": { "message": { "message_id": format!("om_{id}"), "content": "topsecretmessage" } },
    })
    .to_string()
}

pub fn event(id: &str) -> Frame {
    part(id, (0, 1), &event_json(id))
}

impl Frame {
    pub fn encode(&self) -> Vec<u8> {
        fn varint(out: &mut Vec<u8>, mut value: u64) {
            while value > 127 {
                out.push((value & 127 | 128) as u8);
                value >>= 7;
            }
            out.push(value as u8);
        }
        fn text(out: &mut Vec<u8>, number: u64, text: &[u8]) {
            varint(out, number * 8 + 2);
            varint(out, text.len() as u64);
            out.extend(text);
        }
        let mut out = Vec::new();
        for (number, value) in (1..).zip(self.numbers) {
            varint(&mut out, number * 8);
            varint(&mut out, value);
        }
        for (key, value) in &self.headers {
            let mut header = Vec::new();
            text(&mut header, 1, key.as_bytes());
            text(&mut header, 2, value.as_bytes());
            text(&mut out, 5, &header);
        }
        for (number, value) in [(8, &self.payload), (9, &self.log_id_new)] {
            if let Some(value) = value {
                text(&mut out, number, value.as_bytes());
            }
        }
        out
    }

    pub fn decode(bytes: &[u8]) -> Self {
        fn varint(bytes: &mut &[u8]) -> u64 {
            let mut value = 0;
            for shift in (0..).step_by(7) {
                let (&byte, rest) = bytes.split_first().unwrap();
                *bytes = rest;
                value |= u64::from(byte & 127) << shift;
                if byte < 128 {
                    break;
                }
            }
            value
        }
        fn text<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
            let length = varint(bytes) as usize;
            let (text, rest) = bytes.split_at(length);
            *bytes = rest;
            text
        }
        let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut frame = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            match varint(&mut rest) {
                tag @ (8 | 16 | 24 | 32) => frame.numbers[tag as usize / 8 - 1] = varint(&mut rest),
                42 => {
                    let mut header = text(&mut rest);
                    assert_eq!(varint(&mut header), 10);
                    let key = string(text(&mut header));
                    assert_eq!(varint(&mut header), 18);
                    frame.headers.push((key, string(text(&mut header))));
                }
                66 => frame.payload = Some(string(text(&mut rest))),
                74 => frame.log_id_new = Some(string(text(&mut rest))),
                tag => panic!("tag {tag}"),
            }
        }
        frame
    }

    /// Returns the frame that acknowledges this one.
    pub fn acked(&self, millis: u64, payload: &str) -> Self {
        let mut frame = self.clone();
        frame.headers.push(("biz_rt".into(), millis.to_string()));
        frame.payload = Some(payload.to_owned());
        frame
    }
}
