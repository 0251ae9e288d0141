//! What a client refuses, and what it makes of answers that are none.

use std::sync::Arc;
use std::time::Duration;

use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use feishu_im::ErrorKind;
use feishu_im::chat::{GetChat, LinkChat};
use http::StatusCode;
use http::header::{HeaderMap, HeaderValue, LOCATION};
use openplat_mock::{Answer, MockPlatform};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::script::{Script, answer};

fn client(mock: &MockPlatform) -> feishu_im::ClientBuilder {
    feishu_im::Client::builder("cli_1", "secret").base_url(mock.url())
}

#[tokio::test]
async fn an_answer_has_a_size_limit() {
    let mock = MockPlatform::start().await.unwrap();
    let name = "x".repeat(2000);
    mock.on::<GetChat>().data(serde_json::json!({ "name": name }));
    let small = client(&mock).max_response_bytes(1000).build().unwrap();
    let error = GetChat::new("oc_1").send(&small).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.to_string().contains("larger than 1000 bytes"), "{error}");
    assert!(error.api().unwrap().log_id().is_some());
    let default = client(&mock).build().unwrap();
    assert_eq!(GetChat::new("oc_1").send(&default).await.unwrap().name.unwrap().len(), 2000);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (mock, elsewhere) =
        (MockPlatform::start().await.unwrap(), MockPlatform::start().await.unwrap());
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_str(elsewhere.url()).unwrap());
    mock.on::<GetChat>().respond(Answer {
        status: StatusCode::TEMPORARY_REDIRECT,
        headers,
        ..Answer::default()
    });
    let error = GetChat::new("oc_1").send(&client(&mock).build().unwrap()).await.unwrap_err();
    assert_eq!(error.api().unwrap().status(), 307);
    assert_eq!(elsewhere.requests().len(), 0);
}

/// Whatever a gateway, a proxy or a broken server may answer with.
const STRANGE: [&[u8]; 14] = [
    b"",
    b" ",
    b"<html><body>Bad gateway</body></html>",
    b"{\"code\":0,\"data\":{\"name\":\"trunc",
    b"{\"code\":0,\"data\":[1,2",
    b"\xff\xfe\x00\x01",
    b"{\"code\":0,\"data\":{\"name\":\"\xff\"}}",
    b"[]",
    b"null",
    b"\"code\"",
    b"{\"code\":null}",
    b"{\"code\":[]}",
    b"{\"code\":1e400}",
    b"\x1f\x8b\x08\x00not gzip",
];

#[tokio::test]
async fn strange_answers_are_errors_with_a_status_and_a_log_id() {
    let mock = MockPlatform::start().await.unwrap();
    for status in [200, 400, 404, 500, 503] {
        for body in STRANGE {
            mock.on::<LinkChat>().respond(Answer {
                status: StatusCode::from_u16(status).unwrap(),
                body: body.into(),
                ..Answer::default()
            });
            let client = client(&mock).max_attempts(1).build().unwrap();
            let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
            let api = error.api().unwrap();
            assert_eq!(api.status(), status, "{error}");
            assert!(api.log_id().is_some(), "{error}");
            assert!(error.to_string().len() < 600, "{error}");
        }
    }
}

#[tokio::test]
async fn strange_answers_of_dingtalk_are_errors_too() {
    let mock = MockPlatform::start().await.unwrap();
    let dingtalk = dingtalk_convfile::Client::builder("ding", "secret").base_url(mock.url());
    let client = dingtalk.max_attempts(1).build().unwrap();
    for status in [400, 404, 500] {
        for body in STRANGE {
            mock.on::<SendLink>().respond(Answer {
                status: StatusCode::from_u16(status).unwrap(),
                body: body.into(),
                ..Answer::default()
            });
            let required = SendLinkRequired {
                union_id: "me",
                space_id: "1",
                dentry_id: "2",
                open_conversation_id: "cid",
            };
            let error = SendLink::new(required).send(&client).await.unwrap_err();
            let api = error.api().unwrap();
            assert_eq!(api.status(), status, "{error}");
            assert!(api.log_id().is_some(), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_is_quoted_without_secrets() {
    let page = "<html>proxy: no route; authorization: Bearer u-topsecret; hunter2</html>";
    let script = Script::new([answer(404, &[], page)]);
    let client = feishu_im::Client::builder("cli_1", "hunter2").transport(script);
    let user = client.build().unwrap().as_user("u-topsecret");
    let error = LinkChat::new("oc_1").send(&user).await.unwrap_err();
    let excerpt = error.api().unwrap().excerpt().unwrap();
    assert_eq!(excerpt, "proxy: no route; authorization: Bearer ***; ***");
    assert!(error.to_string().contains("no route"), "{error}");
}

#[tokio::test]
async fn a_proxy_gets_the_requests() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = feishu_im::Client::builder("cli_1", "secret")
        .base_url("http://platform.invalid")
        .allow_plain_http()
        .proxy(format!("http://{}", proxy.local_addr().unwrap()))
        .build()
        .unwrap()
        .as_user("u-1");
    let call = tokio::spawn(GetChat::new("oc_1").send(&client).into_future());
    let (mut stream, _) = proxy.accept().await.unwrap();
    let mut request = vec![0; 4096];
    let length = stream.read(&mut request).await.unwrap();
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let line = "GET http://platform.invalid/open-apis/im/v1/chats/oc_1 HTTP/1.1";
    assert_eq!(request.lines().next(), Some(line));
    let body = r#"{"code":0}"#;
    let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(reply.as_bytes()).await.unwrap();
    call.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_certificate_authority_of_ones_own_can_be_trusted() {
    let address = serve_tls().await;
    let builder = || {
        feishu_im::Client::builder("cli_1", "secret")
            .base_url(format!("https://localhost:{}", address.port()))
            .max_attempts(1)
    };
    let stranger = builder().build().unwrap().as_user("u-1");
    let error = GetChat::new("oc_1").send(&stranger).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("certificate"), "{error}");

    let pem = include_bytes!("../certificates/ca.pem");
    let client = builder().root_certificate(*pem).build().unwrap().as_user("u-1");
    GetChat::new("oc_1").send(&client).await.unwrap();

    for bad in ["", "-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----"] {
        let error = builder().root_certificate(bad).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("root certificate"), "{error}");
    }
}

/// Answers every connection with an empty success, behind a certificate of the test authority.
async fn serve_tls() -> std::net::SocketAddr {
    let certificate = include_bytes!("../certificates/server.pem");
    let certificate = CertificateDer::from_pem_slice(certificate).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../certificates/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"code\":0}";
            let _ = stream.write_all(reply).await;
            let _ = stream.flush().await;
        }
    });
    address
}

#[tokio::test]
async fn a_connection_that_nobody_takes_is_given_up() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    // Connections queue up until there is no room; from then on they are left without an answer.
    let moment = Duration::from_millis(200);
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(moment, tokio::net::TcpStream::connect(address)).await
    {
        queued.push(stream);
    }
    let client = feishu_im::Client::builder("cli_1", "secret")
        .base_url(format!("http://{address}"))
        .connect_timeout(moment)
        .max_attempts(1)
        .build()
        .unwrap();
    let error = GetChat::new("oc_1").send(&client.as_user("u-1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
}

#[tokio::test]
async fn a_reqwest_client_of_ones_own_is_used() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<GetChat>();
    // It needs a TLS backend to be built, though it speaks to loopback alone.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mine = reqwest::Client::builder().user_agent("mine/1").no_proxy().build().unwrap();
    let client = client(&mock).reqwest_client(mine).build().unwrap();
    GetChat::new("oc_1").send(&client).await.unwrap();
    assert_eq!(mock.requests()[0].headers["user-agent"], "mine/1");
}
