//! A client of long connections that shares no code with ours or with the mock, but for the
//! framing of WebSocket.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use openplat_core::{Body, HttpTransport, Socket, Transport, TransportError};
use openplat_mock::MockPlatform;
use openplat_mock::bytes::Bytes;
use openplat_mock::http::{self, HeaderMap, Response, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message};

pub(crate) const FEISHU: &str = "/callback/ws/endpoint";
pub(crate) const DINGTALK: &str = "/v1.0/gateway/connections/open";

/// Waits for what is to happen; a mock that does nothing is to fail the test, not to hang it.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    const PATIENCE: Duration = Duration::from_secs(20);
    let (mut future, started) = (pin!(future), Instant::now());
    // A clock that is paused gets this far in no time.
    for _ in 0..5_000 {
        if let Ok(output) = tokio::time::timeout(PATIENCE, future.as_mut()).await {
            return output;
        }
        if started.elapsed() >= PATIENCE {
            break;
        }
    }
    panic!("it did not happen")
}

pub(crate) struct Line {
    socket: WebSocketStream<Socket>,
    pub(crate) url: String,
}

/// A way to the platform, with a socket or without.
pub(crate) fn way(mock: &MockPlatform) -> Box<dyn Transport> {
    match mock.url().starts_with("http://") {
        true => Box::new(HttpTransport::builder().build().unwrap()),
        false => Box::new(mock.transport()),
    }
}

pub(crate) async fn post(mock: &MockPlatform, path: &str, body: &Value) -> Response<Value> {
    try_post(mock, path, body).await.unwrap()
}

pub(crate) async fn try_post(
    mock: &MockPlatform,
    path: &str,
    body: &Value,
) -> Result<Response<Value>, TransportError> {
    let request = http::Request::post(format!("{}{path}", mock.url()))
        .header("content-type", "application/json")
        .header("accept", "application/json")
        .body(Body::from(Bytes::from(body.to_string())))
        .unwrap();
    let (head, body) = way(mock).send(request).await?.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Ok(Response::from_parts(head, serde_json::from_slice(&body).unwrap_or_default()))
}

pub(crate) async fn feishu_url(mock: &MockPlatform) -> String {
    let body = json!({ "AppID": "cli_1", "AppSecret": "s3cret" });
    let response = post(mock, FEISHU, &body).await.into_body();
    response["data"]["URL"].as_str().unwrap().to_owned()
}

pub(crate) async fn dingtalk_url(mock: &MockPlatform) -> String {
    let body = json!({
        "clientId": "ding_1",
        "clientSecret": "s3cret",
        "subscriptions": [
            { "type": "EVENT", "topic": "*" },
            { "type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get" },
        ],
    });
    let response = post(mock, DINGTALK, &body).await.into_body();
    let ticket = response["ticket"].as_str().unwrap().replace('+', "%2B").replace('/', "%2F");
    format!("{}?ticket={ticket}", response["endpoint"].as_str().unwrap())
}

pub(crate) fn handshake(url: &str) -> http::Request<Body> {
    http::Request::get(url)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(Body::default())
        .unwrap()
}

impl Line {
    pub(crate) async fn feishu(mock: &MockPlatform) -> Self {
        Self::open(mock, feishu_url(mock).await).await.unwrap()
    }

    pub(crate) async fn dingtalk(mock: &MockPlatform) -> Self {
        Self::open(mock, dingtalk_url(mock).await).await.unwrap()
    }

    pub(crate) async fn open(
        mock: &MockPlatform,
        url: String,
    ) -> Result<Self, (StatusCode, HeaderMap)> {
        let upgraded = way(mock).upgrade(handshake(&url)).await;
        let (head, socket) =
            upgraded.map_err(|_| (StatusCode::BAD_GATEWAY, HeaderMap::default()))?;
        let Some(socket) = socket else { return Err((head.status, head.headers)) };
        // The pair of RFC 6455.
        assert_eq!(head.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let socket = WebSocketStream::from_raw_socket(socket, Role::Client, None).await;
        Ok(Self { socket, url })
    }

    pub(crate) async fn send(&mut self, message: impl Into<Message>) {
        self.socket.send(message.into()).await.unwrap();
    }

    /// The ping that Feishu's official clients send.
    pub(crate) async fn ping(&mut self) {
        let service = self.url.split_once("service_id=").unwrap().1.split('&').next().unwrap();
        let mut ping = vec![0x08, 0, 0x10, 0, 0x18];
        varint(&mut ping, service.parse().unwrap());
        ping.extend([0x20, 0, 0x2a, 0x0c]);
        ping.extend(b"\x0a\x04type\x12\x04ping");
        self.send(ping).await;
    }

    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        soon(self.socket.next()).await
    }

    /// The next frame of Feishu.
    pub(crate) async fn frame(&mut self) -> Frame {
        match self.next().await.unwrap().unwrap() {
            Message::Binary(bytes) => Frame(bytes),
            other => panic!("{other:?}"),
        }
    }

    /// The next message of DingTalk.
    pub(crate) async fn json(&mut self) -> Value {
        match self.next().await.unwrap().unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn ack(&mut self, frame: &Frame, payload: &Value) {
        self.send(frame.ack(payload.to_string().as_bytes())).await;
    }

    pub(crate) async fn ack_json(&mut self, message: &Value, code: i64, data: &Value) {
        let message_id = &message["headers"]["messageId"];
        let headers = json!({ "contentType": "application/json", "messageId": message_id });
        let ack = json!({
            "code": code, "headers": headers, "message": "OK", "data": data.to_string(),
        });
        self.send(Message::text(ack.to_string())).await;
    }

    /// The ends of a connection: with a code, or without a word.
    pub(crate) async fn end(&mut self) -> Option<u16> {
        match self.next().await {
            Some(Ok(Message::Close(Some(close)))) => {
                while self.next().await.is_some() {}
                Some(close.code.into())
            }
            Some(Ok(message)) => panic!("{message:?}"),
            Some(Err(_)) | None => None,
        }
    }
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A frame of Feishu as it arrived.
pub(crate) struct Frame(Bytes);

impl Frame {
    /// The fields, those of numbers empty.
    fn fields(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
        let mut fields = Vec::new();
        let number = |bytes: &mut &[u8]| {
            let (mut number, mut shift) = (0, 0);
            loop {
                let byte = bytes[0];
                *bytes = &bytes[1..];
                number |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    return number;
                }
            }
        };
        while !bytes.is_empty() {
            let key = number(&mut bytes);
            let value = number(&mut bytes);
            let length = if key & 7 == 2 { value as usize } else { 0 };
            fields.push(((key >> 3) as u8, &bytes[..length]));
            bytes = &bytes[length..];
        }
        fields
    }

    pub(crate) fn payload(&self) -> String {
        let fields = Self::fields(&self.0);
        let payload = fields.into_iter().find(|(field, _)| *field == 8).unwrap_or_default().1;
        String::from_utf8_lossy(payload).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.payload()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let headers = Self::fields(&self.0).into_iter().filter(|(field, _)| *field == 5);
        let pairs = headers.map(|(_, header)| Self::fields(header));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut pairs = pairs.map(|pair| (text(pair[0].1), text(pair[1].1)));
        pairs.find(|(known, _)| known == name).unwrap().1
    }

    /// The same frame with another payload: of a field that is there twice, the last one counts.
    pub(crate) fn ack(&self, payload: &[u8]) -> Vec<u8> {
        let mut ack = self.0.to_vec();
        ack.extend(b"\x2a\x0b\x0a\x06biz_rt\x12\x017\x42");
        varint(&mut ack, payload.len() as u64);
        ack.extend(payload);
        ack
    }
}
