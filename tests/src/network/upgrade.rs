//! Connections that are HTTP no longer take the same way as calls.

use feishu_im::ErrorKind;
use feishu_im::openplat_core::events::connection::{LongConnection, State};
use feishu_im::openplat_core::{Body, Error, Transport, TransportBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::server::{Server, anonymous, asking_for_certificates};
use super::{environment, options};
use crate::tested::Tested;

const AUTHORITY: &[u8] = include_bytes!("../../certificates/ca.pem");
const IDENTITY: &str = include_str!("../../certificates/client.pem");

/// Asks for an upgrade that nobody grants, and returns the status.
async fn upgrade(transport: TransportBuilder<Tested>, url: &str) -> Result<u16, Error> {
    let request = http::Request::get(format!("{url}/ws?ticket=topsecret"))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .body(Body::default());
    let (head, _) = transport.build()?.upgrade(request.unwrap()).await?;
    Ok(head.status.as_u16())
}

fn url(server: &Server) -> String {
    format!("wss://localhost:{}", server.address.port())
}

#[tokio::test]
async fn authorities_and_certificates_hold_for_upgrades() {
    let server = Server::start_tls(anonymous()).await;
    let error = upgrade(options(), &url(&server)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("`root_certificate`"), "{error}");
    assert!(!super::texts(&error).contains("topsecret"), "{error}");
    let trusting = || options().root_certificate(AUTHORITY);
    assert_eq!(upgrade(trusting(), &url(&server)).await.unwrap(), 200);
    let server = Server::start_tls(asking_for_certificates()).await;
    let identified = trusting().client_certificate(IDENTITY);
    assert_eq!(upgrade(identified, &url(&server)).await.unwrap(), 200);
    assert!(upgrade(trusting(), &url(&server)).await.is_err());
}

/// Also with the feature `http2`, over which nothing can be upgraded.
#[tokio::test]
async fn an_upgrade_is_asked_for_in_http_1() {
    let mut config = anonymous();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = Server::start_tls(config).await;
    let trusting = options().root_certificate(AUTHORITY);
    assert_eq!(upgrade(trusting, &url(&server)).await.unwrap(), 200);
    assert!(server.heads()[0].starts_with("get /ws?ticket=topsecret http/1.1"));
}

/// The host of the API needs no proxy, and that of the connection does.
#[tokio::test]
async fn the_proxies_of_the_environment_are_those_of_the_connections_host() {
    const TEST: &str =
        "network::upgrade::the_proxies_of_the_environment_are_those_of_the_connections_host";
    // The API is on this machine, for which no proxy is used.
    if !environment::has(TEST, &[("HTTPS_PROXY", "http://127.0.0.1:29171")]) {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:29171").await.unwrap();
    let proxy = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 40];
        stream.read_exact(&mut head).await.unwrap();
        stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&head).into_owned()
    });
    let url = "wss://msg-frontier.feishu.cn/ws?ticket=topsecret";
    let body = format!(r#"{{"code":0,"data":{{"URL":"{url}"}}}}"#);
    let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let server = Server::start(reply).await;
    let client = super::client(&server.url()).build().unwrap();
    let connection = LongConnection::new(&client).connect();
    let state = connection.control().changed().await;
    let Some(State::Waiting { error, .. }) = state else { panic!("{state:?}") };
    let text = super::texts(&error);
    assert!(text.contains("the proxy did not connect"), "{text}");
    assert!(text.contains("`HTTPS_PROXY`") && !text.contains("topsecret"), "{text}");
    assert!(proxy.await.unwrap().starts_with("CONNECT msg-frontier.feishu.cn:443"));
}
