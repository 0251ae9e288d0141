use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dingtalk_convfile::space::{GetSpace, GetSpaceRequired};
use feishu_im::chat::GetChat;
use feishu_im::file::GetFile;
use feishu_im::openplat_core::{Body, BoxFuture, Transport, TransportError};
use feishu_im::{Client, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::server::{SUCCESS, Server};
use super::{call, client, options, texts};
use crate::in_process::replying;
use crate::tested::Tested;

/// Writes its name down for each request and each response.
struct Named {
    name: &'static str,
    log: Arc<Mutex<Vec<String>>>,
    inner: Arc<dyn Transport>,
}

impl Transport for Named {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let path = request.uri().path().rsplit('/').next().unwrap().to_owned();
            self.log.lock().unwrap().push(format!("{} > {path}", self.name));
            let response = self.inner.send(request).await;
            self.log.lock().unwrap().push(format!("{} < {path}", self.name));
            response
        })
    }
}

fn named(
    name: &'static str,
    log: &Arc<Mutex<Vec<String>>>,
) -> impl FnOnce(Arc<dyn Transport>) -> Named + Send + Sync + 'static {
    let log = log.clone();
    move |inner| Named { name, log, inner }
}

#[tokio::test]
async fn the_last_layer_is_the_outermost() {
    let log = Arc::default();
    let client = Client::builder("cli_1", "secret")
        .layer(named("inner", &log))
        .transport(replying::<GetChat>([]).transport())
        .layer(named("outer", &log))
        .build()
        .unwrap();
    GetChat::new("oc_1").send(&client).await.unwrap();
    let each = |path| ["outer >", "inner >", "inner <", "outer <"].map(|it| format!("{it} {path}"));
    // The token is fetched through the layers as well.
    assert_eq!(*log.lock().unwrap(), [each("internal"), each("oc_1")].concat());
}

#[tokio::test]
async fn the_built_in_transport_can_be_wrapped() {
    let (server, log) = (Server::start(SUCCESS).await, Arc::default());
    call(client(&server.url()).layer(named("layer", &log)).user_agent("mine/1")).await.unwrap();
    let transport = options().user_agent("mine/2").build().unwrap();
    let by_hand = named("by hand", &log)(Arc::new(transport));
    call(client(&server.url()).transport(by_hand)).await.unwrap();
    assert_eq!(
        *log.lock().unwrap(),
        ["layer > oc_1", "layer < oc_1", "by hand > oc_1", "by hand < oc_1"]
    );
    let heads = server.heads();
    assert!(heads[0].contains("\r\nuser-agent: mine/1\r\n"), "{heads:?}");
    assert!(heads[1].contains("\r\nuser-agent: mine/2\r\n"), "{heads:?}");
}

#[tokio::test]
async fn a_transport_can_be_shared() {
    let server = Server::start(SUCCESS).await;
    let transport = options().build().unwrap();
    for _ in 0..2 {
        call(client(&server.url()).transport(transport.clone())).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn options_are_not_passed_over() {
    let transport = || options().build().unwrap();
    let builder = || Client::builder("cli_1", "secret").over::<Tested>();
    for builder in [
        builder().transport(transport()).proxy("http://127.0.0.1:1"),
        builder().no_proxy().transport(transport()),
        builder().transport(transport()).root_certificate("x"),
        builder().transport(transport()).user_agent("mine/1"),
        builder().transport(transport()).connect_timeout(Duration::from_secs(1)),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("`TransportBuilder`"), "{error}");
    }
    builder().transport(transport()).build().unwrap();
}

#[tokio::test]
async fn the_user_agent_names_the_library_by_default() {
    let server = Server::start(SUCCESS).await;
    call(client(&server.url())).await.unwrap();
    let heads = server.heads();
    let expected = format!("\r\nuser-agent: openplat/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(heads[0].contains(&expected), "{heads:?}");
    let error = client(&server.url()).user_agent("two\nlines").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("user agent"), "{error}");
}

#[tokio::test]
async fn connections_are_kept_only_for_a_while() {
    for (timeout, connections) in [(None, 1), (Some(Duration::ZERO), 2)] {
        let server = Server::start(SUCCESS).await;
        let mut builder = client(&server.url());
        if let Some(timeout) = timeout {
            builder = builder.pool_idle_timeout(timeout);
        }
        let client = builder.build().unwrap().as_user("u-1");
        for _ in 0..2 {
            GetChat::new("oc_1").send(&client).await.unwrap();
        }
        assert_eq!(server.connections(), connections);
    }
    let defaults = format!("{:?}", options());
    assert!(defaults.contains("pool_idle_timeout: 45s"), "{defaults}");
}

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
}

#[tokio::test]
async fn a_redirect_is_named_and_not_followed() {
    let elsewhere = Server::start(SUCCESS).await;
    let location = format!("http://me:hunter2@{}/hunter2?hunter2", elsewhere.address);
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start(redirect(status, &location)).await;
        let user = client(&server.url()).build().unwrap().as_user("u-topsecret");
        let chat = GetChat::new("oc_1").send(&user).await.unwrap_err();
        let app = client(&server.url()).build().unwrap();
        let token = GetChat::new("oc_1").send(&app).await.unwrap_err();
        let file = GetFile::new("f").send(&app.with_token("t-topsecret")).await.unwrap_err();
        let dingtalk = dingtalk_convfile::Client::builder("ding", "secret")
            .over::<Tested>()
            .base_url(server.url());
        let dingtalk = dingtalk.build().unwrap().with_token("d-topsecret");
        let required = GetSpaceRequired { union_id: "me", open_conversation_id: "cid" };
        let space = GetSpace::new(required).send(&dingtalk).await.unwrap_err();
        for error in [chat, token, file, space] {
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert_eq!(error.api().unwrap().status(), status);
            let text = error.to_string();
            assert!(text.contains(&format!("redirects to {}", elsewhere.url())), "{text}");
            assert!(text.contains("base URL"), "{text}");
            assert!(!texts(&error).contains("hunter2"), "{text}");
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_reqwest_client_of_ones_own_is_used_and_must_not_follow_redirects() {
    // It needs a TLS backend to be built, though it speaks to loopback alone.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mine = || reqwest::Client::builder().user_agent("mine/1").no_proxy();
    let elsewhere = Server::start(SUCCESS).await;
    call(client(&elsewhere.url()).reqwest_client(mine().build().unwrap())).await.unwrap();
    assert!(elsewhere.heads()[0].contains("user-agent: mine/1"), "{:?}", elsewhere.heads());

    let server = Server::start(redirect(307, &elsewhere.url())).await;
    let following = client(&server.url()).max_attempts(3).reqwest_client(mine().build().unwrap());
    let error = call(following).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("Policy::none()"), "{error}");
    assert_eq!((error.attempts(), server.heads().len()), (1, 1));

    let policy = reqwest::redirect::Policy::none();
    let staying = client(&server.url()).reqwest_client(mine().redirect(policy).build().unwrap());
    let error = call(staying).await.unwrap_err();
    assert!(error.to_string().contains("redirects to"), "{error}");
}

#[tokio::test]
async fn a_file_is_asked_for_as_it_is_stored() {
    let head = "HTTP/1.1 200 OK\r\ncontent-disposition: attachment; filename=x.gz\r\n";
    let server = Server::start(format!("{head}content-length: 4\r\n\r\n\x1fgz.")).await;
    let client = client(&server.url()).build().unwrap().with_token("t-1");
    let file = GetFile::new("file_1").send(&client).await.unwrap();
    assert_eq!(file.bytes(10).await.unwrap(), "\x1fgz.");
    let heads = server.heads();
    assert!(heads[0].contains("\r\naccept-encoding: identity\r\n"), "{heads:?}");
}

#[tokio::test]
async fn what_a_server_sends_is_not_quoted_when_it_is_not_http() {
    for (reply, kind, reason) in [
        ("u-topsecret HTTP\r\n\r\n", ErrorKind::Transfer, "not respond with valid HTTP"),
        ("HTTP/1.1 u-topsecret\r\n\r\n", ErrorKind::Transfer, "not respond with valid HTTP"),
        ("HTTP/1.1 200 OK\r\nu-topsecret\r\n\r\n", ErrorKind::Transfer, "valid HTTP"),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nu-topsecret\r\n",
            ErrorKind::Transfer,
            "",
        ),
        ("HTTP/1.1 200 OK\r\nx-u-topsecret: ", ErrorKind::Transfer, "closed before"),
    ] {
        let server = Server::start(reply).await;
        let error = call(client(&server.url())).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!texts(&error).contains("topsecret"), "{error:?}");
        assert!(!texts(&error).contains("oc_1"), "{error:?}");
    }
}

#[tokio::test]
async fn an_error_says_where_the_connection_was_to_go() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = call(client(&format!("http://{address}"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("`127.0.0.1`: Connection refused"), "{error}");

    let unknown = client("http://platform.invalid").allow_plain_http().no_proxy();
    let error = call(unknown).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("`platform.invalid`: the host name cannot"), "{error}");
}

#[tokio::test]
async fn a_connection_that_nobody_takes_is_given_up() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    // Connections queue up until there is no room; from then on they are left without an answer.
    let moment = Duration::from_millis(200);
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(moment, TcpStream::connect(address)).await {
        queued.push(stream);
    }
    let error = call(client(&format!("http://{address}")).connect_timeout(moment)).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("timed out"), "{error}");
}

#[tokio::test]
async fn a_connection_that_breaks_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = attempts.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let cut = counted.fetch_add(1, Ordering::Relaxed) % 2 == 1;
            let _ = stream.read(&mut [0; 4096]).await;
            if cut {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{").await;
            }
        }
    });
    for reason in ["closed before the response", "connection was closed early"] {
        let error = call(client(&format!("http://{address}"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transfer);
        assert!(error.to_string().contains(reason), "{error}");
    }
}
