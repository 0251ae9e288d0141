//! Connections of their own, over which something else than HTTP is spoken.

use std::sync::Arc;

use openplat_core::{Body, BoxFuture, Transport, TransportError, http};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::options;
use crate::tested::Tested;

/// Accepts one connection, and reads the head of a request.
async fn accept(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let head = read_head(&mut stream).await;
    (stream, head)
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

fn request(url: &str) -> http::Request<Body> {
    http::Request::get(url)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(Body::default())
        .unwrap()
}

fn transport() -> Tested {
    options().user_agent("bot/1").build().unwrap()
}

const SWITCHING: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello";

#[tokio::test]
async fn an_upgraded_connection_carries_bytes_both_ways() {
    let (listener, address) = listener().await;
    let server = tokio::spawn(async move {
        let (mut stream, head) = accept(&listener).await;
        stream.write_all(SWITCHING).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        (head, bytes)
    });
    let url = format!("ws://{address}/ws/v2?ticket=a%2Bb%3D&x=%20");
    let (head, socket) = transport().upgrade(request(&url)).await.unwrap();
    assert_eq!(head.status, 101);
    let mut socket = socket.unwrap();
    let mut hello = [0; 5];
    socket.read_exact(&mut hello).await.unwrap();
    assert_eq!(&hello, b"hello", "what follows the head at once belongs to the socket");
    socket.write_all(b"ping").await.unwrap();
    drop(socket);
    let (head, bytes) = server.await.unwrap();
    assert!(head.starts_with("GET /ws/v2?ticket=a%2Bb%3D&x=%20 HTTP/1.1\r\n"), "{head}");
    for header in ["user-agent: bot/1", "upgrade: websocket", "connection: upgrade"] {
        assert!(head.to_ascii_lowercase().contains(header), "{head}");
    }
    assert_eq!(bytes, b"ping", "dropped is closed");
}

#[tokio::test]
async fn a_refusal_has_a_head_and_no_socket_and_leaves_no_connection() {
    let (listener, address) = listener().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = accept(&listener).await;
        let refusal = b"HTTP/1.1 403 Forbidden\r\nHandshake-Status: 514\r\n\
                        Handshake-Autherrcode: 1000040350\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(refusal).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap()
    });
    let transport = transport();
    let (head, socket) = transport.upgrade(request(&format!("ws://{address}/"))).await.unwrap();
    assert!(socket.is_none());
    assert_eq!(head.status, 403);
    assert_eq!(head.headers["handshake-autherrcode"], "1000040350");
    // Ends while the transport lives: the connection is not kept for later.
    server.await.unwrap();
    drop(transport);
}

#[tokio::test]
async fn a_redirect_is_a_refusal() {
    let (listener, address) = listener().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = accept(&listener).await;
        let redirect = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(redirect).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    });
    let (head, socket) = transport().upgrade(request(&format!("ws://{address}/"))).await.unwrap();
    assert_eq!((head.status.as_u16(), socket.is_none()), (302, true));
    server.await.unwrap();
}

#[tokio::test]
async fn a_connection_goes_through_the_proxy_in_a_tunnel() {
    let (listener, address) = listener().await;
    let proxy = tokio::spawn(async move {
        let (mut stream, head) = accept(&listener).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut hello = [0; 3];
        stream.read_exact(&mut hello).await.unwrap();
        (head, hello)
    });
    let transport = options().proxy(format!("http://{address}")).build().unwrap();
    let url = "wss://frontier.example.com/ws?ticket=hunter2";
    let error = transport.upgrade(request(url)).await.unwrap_err().to_string();
    let (head, hello) = proxy.await.unwrap();
    assert!(head.starts_with("CONNECT frontier.example.com:443 HTTP/1.1\r\n"), "{head}");
    // Some proxies let through only what they know.
    assert!(head.to_ascii_lowercase().contains("\r\nuser-agent: openplat/"), "{head}");
    assert_eq!(hello[..2], [0x16, 3], "TLS is spoken within the tunnel");
    assert!(error.contains("frontier.example.com") && !error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn an_unreachable_host_is_named_without_the_rest_of_the_url() {
    let (listener, address) = listener().await;
    drop(listener);
    let url = format!("ws://{address}/ws?ticket=hunter2");
    let error = transport().upgrade(request(&url)).await.unwrap_err();
    assert!(error.was_not_sent());
    let text = error.to_string();
    assert!(text.contains("127.0.0.1") && !text.contains("hunter2"), "{text}");
    let error = transport().upgrade(request("ftp://h/?ticket=hunter2")).await.unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

/// A layer of before there were long connections.
struct Layer(Arc<dyn Transport>);

impl Transport for Layer {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        self.0.send(request)
    }
}

#[tokio::test]
async fn a_transport_that_opens_no_connections_says_what_to_implement() {
    let layer: Arc<dyn Transport> = Arc::new(Layer(Arc::new(transport())));
    let error = layer.upgrade(request("wss://h/")).await.unwrap_err();
    let error = openplat_core::Error::from(error);
    assert_eq!(error.kind(), openplat_core::ErrorKind::Configuration);
    assert!(error.to_string().contains("`Transport::upgrade`"), "{error}");
}
