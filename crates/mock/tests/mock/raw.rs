//! A client of long connections that writes and reads bare bytes, so that no library is in between.

use openplat_mock::MockPlatform;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Raw(TcpStream);

impl Raw {
    /// Opens a connection of Feishu, with bytes right behind the handshake.
    pub(crate) async fn open(mock: &MockPlatform, behind: &[u8]) -> Self {
        let host = mock.url().strip_prefix("http://").unwrap().to_owned();
        let body = r#"{"AppID":"cli_1","AppSecret":"hunter2"}"#;
        let length = body.len();
        let mut stream = TcpStream::connect(&host).await.unwrap();
        let request = format!(
            "POST /callback/ws/endpoint HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        let (_, json) = response.split_once("\r\n\r\n").unwrap();
        let json: Value = serde_json::from_str(json).unwrap();
        let target = json["data"]["URL"].as_str().unwrap().split_once(&host).unwrap().1;

        let mut stream = TcpStream::connect(&host).await.unwrap();
        let handshake = format!(
            "GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: Upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(&[handshake.as_bytes(), behind].concat()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "));
        Self(stream)
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// The first byte of the next frame, and its payload. None at the end.
    pub(crate) async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let first = self.0.read_u8().await.ok()?;
        let length = match self.0.read_u8().await.unwrap() {
            126 => self.0.read_u16().await.unwrap().into(),
            length => length.into(),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await.unwrap();
        Some((first, payload))
    }
}

/// A frame of a client, short and masked with zeros.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
}
