//! The optional features of core's network. Run with `--features network`.

use std::net::SocketAddr;
use std::sync::Arc;

use feishu_im::ErrorKind;
use feishu_im::chat::GetChat;
use feishu_im::file::GetFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::server::{SUCCESS, Server, anonymous};
use super::{call, client};
use crate::tested::Tested;

/// `{"code":0,"data":{"name":"zipped"}}`
const ZIPPED: &[u8] = b"\
    \x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\xce\x4f\x49\x55\xb2\x32\xd0\
    \x51\x4a\x49\x2c\x49\x54\xb2\xaa\x56\xca\x4b\xcc\x05\x0a\x28\x55\x65\x16\x14\xa4\
    \xa6\x28\xd5\xd6\x02\x00\xfc\x4c\x19\x26\x23\x00\x00\x00\
";

fn zipped(headers: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{headers}\r\n", ZIPPED.len());
    [head.as_bytes(), ZIPPED].concat()
}

#[tokio::test]
async fn responses_come_compressed() {
    if Tested::is_hyper() {
        return; // It asks for none.
    }
    let server = Server::start(zipped("content-encoding: gzip\r\n")).await;
    let user = client(&server.url()).build().unwrap().as_user("u-1");
    let chat = GetChat::new("oc_1").send(&user).await.unwrap();
    assert_eq!(chat.name.as_deref(), Some("zipped"));
    let heads = server.heads();
    assert!(heads[0].contains("\r\naccept-encoding: gzip\r\n"), "{heads:?}");
    // The limit is one of memory, not of what travels.
    let user = client(&server.url()).max_response_bytes(30).build().unwrap().as_user("u-1");
    let error = GetChat::new("oc_1").send(&user).await.unwrap_err();
    assert!(error.to_string().contains("30 bytes"), "{error}");
}

#[tokio::test]
async fn a_damaged_response_is_an_error() {
    if Tested::is_hyper() {
        return;
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\ncontent-encoding: gzip\r\n\r\n";
    let server = Server::start(format!("{head}u-topsecret")).await;
    let error = call(client(&server.url())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transfer);
    assert!(!super::texts(&error).contains("topsecret"), "{error:?}");
}

#[tokio::test]
async fn a_compressed_file_stays_one() {
    let headers = "content-type: application/gzip\r\ncontent-disposition: attachment\r\n";
    let server = Server::start(zipped(headers)).await;
    let app = client(&server.url()).build().unwrap().with_token("t-1");
    let file = GetFile::new("file_1").send(&app).await.unwrap();
    assert_eq!(file.content_length(), Some(ZIPPED.len() as u64));
    assert_eq!(file.bytes(1000).await.unwrap(), ZIPPED);
    let heads = server.heads();
    assert!(heads[0].contains("\r\naccept-encoding: identity\r\n"), "{heads:?}");
}

#[tokio::test]
async fn http2_is_spoken_where_the_server_offers_it() {
    let authority = include_bytes!("../../certificates/ca.pem");
    let mut config = anonymous();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("https://localhost:{}", address.port());
    let call_over_2 = tokio::spawn(call(client(&url).root_certificate(*authority)));
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = acceptor.accept(stream).await.unwrap();
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.unwrap();
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    // SETTINGS, and then GOAWAY (protocol error) with a text that must not be quoted.
    let text = b"u-topsecret";
    stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    stream.write_all(&[0, 0, 8 + text.len() as u8, 7, 0, 0, 0, 0, 0]).await.unwrap();
    stream.write_all(&[0, 0, 0, 0, 0, 0, 0, 1]).await.unwrap();
    stream.write_all(text).await.unwrap();
    stream.flush().await.unwrap();
    let error = call_over_2.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transfer);
    assert!(!super::texts(&error).contains("topsecret"), "{error:?}");

    let server = Server::start_tls(anonymous()).await;
    call(client(&server.tls_url()).root_certificate(*authority)).await.unwrap();
}

/// Answers as a SOCKS proxy for one connection, which it leads to `server`, and returns the type of
/// the address that it was asked for, and the address.
async fn socks5(listener: TcpListener, server: SocketAddr) -> (u8, Vec<u8>) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut greeting = [0; 3];
    stream.read_exact(&mut greeting).await.unwrap();
    assert_eq!(greeting, [5, 1, 0]);
    stream.write_all(&[5, 0]).await.unwrap();
    let mut connect = [0; 4];
    stream.read_exact(&mut connect).await.unwrap();
    assert_eq!(connect[..3], [5, 1, 0]);
    let length = match connect[3] {
        1 => 4,
        3 => stream.read_u8().await.unwrap().into(),
        _ => 16,
    };
    let mut address = vec![0; length + 2];
    stream.read_exact(&mut address).await.unwrap();
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 1]).await.unwrap();
    let mut server = TcpStream::connect(server).await.unwrap();
    tokio::spawn(async move { copy_bidirectional(&mut stream, &mut server).await });
    (connect[3], address)
}

#[tokio::test]
async fn a_socks_proxy_leads_to_the_server() {
    let server = Server::start(SUCCESS).await;
    for (scheme, host) in [("socks5h", "platform.invalid"), ("socks5", "localhost")] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("{scheme}://{}", listener.local_addr().unwrap());
        let asked = tokio::spawn(socks5(listener, server.address));
        let elsewhere = client(&format!("http://{host}")).allow_plain_http();
        call(elsewhere.proxy(proxy)).await.unwrap();
        let (kind, address) = asked.await.unwrap();
        let (address, port) = address.split_at(address.len() - 2);
        assert_eq!(port, 80_u16.to_be_bytes());
        // Without the `h`, the name is resolved on this side.
        match scheme {
            "socks5h" => assert_eq!((kind, address), (3, host.as_bytes())),
            _ => assert_ne!(kind, 3),
        }
    }
}
