//! What no client of ours would send.
//!
//! The connections block, which the mock does not mind: it has a thread of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use openplat_core::{ErrorKind, Sender};
use openplat_mock::{MockPlatform, Reply};
use serde_json::{Value, json};

use crate::operations::{GetChat, LinkChat, SearchChats, SendLink, feishu};

const FEISHU_TOKEN: &str = "/open-apis/auth/v3/tenant_access_token/internal";
const DINGTALK_TOKEN: &str = "/v1.0/oauth2/accessToken";

pub(crate) struct Connection(BufReader<TcpStream>);

pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    body: Vec<u8>,
}

impl Response {
    fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/json; charset=utf-8\r\n"));
        serde_json::from_slice(&self.body).unwrap()
    }

    fn text(&self) -> &str {
        assert!(self.head.contains("content-type: text/plain; charset=utf-8\r\n"));
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Connection {
    pub(crate) fn to(mock: &MockPlatform) -> Self {
        let address = mock.url().strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        // A mock that does not respond is to fail the test, not to hang it.
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(BufReader::new(stream))
    }

    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &str,
        body: &[u8],
    ) -> Response {
        let length = body.len();
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        self.0.get_mut().write_all(head.as_bytes()).unwrap();
        self.0.get_mut().write_all(body).unwrap();
        self.read()
    }

    fn read(&mut self) -> Response {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).unwrap(), 0, "closed after {head:?}");
        }
        let lower = head.to_ascii_lowercase();
        let length = lower.split_once("content-length: ").unwrap().1.split_once("\r\n").unwrap().0;
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        Response { status: head[9..12].parse().unwrap(), head: lower, body }
    }
}

#[tokio::test]
async fn token_requests_that_make_no_sense_are_refused() {
    let mock = MockPlatform::start().await.unwrap();
    let mut connection = Connection::to(&mock);
    let bodies: [&[u8]; 8] = [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        br#"{"app_id":1,"app_secret":true,"appKey":1,"appSecret":null}"#,
        br#"{"app_id":"","app_secret":"s","appKey":"","appSecret":"s"}"#,
    ];
    for body in bodies {
        let reply = connection.send("POST", FEISHU_TOKEN, "", body);
        assert_eq!((reply.status, &reply.json()["code"]), (400, &json!(10003)));
        let reply = connection.send("POST", DINGTALK_TOKEN, "", body);
        assert_eq!(reply.status, 400);
        assert!(reply.json()["code"].as_str().unwrap().starts_with("Missing"));
    }
    let deep = b"[".repeat(100_000);
    assert_eq!(connection.send("POST", FEISHU_TOKEN, "", &deep).status, 400);
    assert_eq!(mock.token_requests().len(), 17);
    assert_eq!(mock.token_requests()[2].body, "{");
}

#[tokio::test]
async fn token_responses_are_flat() {
    let mock = MockPlatform::start().await.unwrap();
    let mut connection = Connection::to(&mock);
    let body = br#"{"app_id":"a","app_secret":"s","more":1}"#;
    let reply = connection.send("POST", &format!("{FEISHU_TOKEN}?x=1"), "", body).json();
    let token = reply["tenant_access_token"].as_str().unwrap();
    assert_eq!(
        reply,
        json!({ "code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7200 })
    );
    let reply =
        connection.send("POST", DINGTALK_TOKEN, "", br#"{"appKey":"a","appSecret":"s"}"#).json();
    let token = reply["accessToken"].as_str().unwrap();
    assert_eq!(reply, json!({ "accessToken": token, "expireIn": 7200 }));
}

#[tokio::test]
async fn operations_want_a_token() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<SearchChats>();
    mock.on::<SendLink>();
    let mut connection = Connection::to(&mock);
    let target = "/open-apis/im/v1/chats/search";
    for (header, code) in [
        ("", 99991661),
        ("authorization: Bearer \r\n", 99991661),
        ("authorization: t-1\r\n", 99991661),
        ("authorization: Bearer t-1\r\n", 99991668),
        ("authorization: Bearer \u{ff}\r\n", 99991668),
    ] {
        let reply = connection.send("GET", target, header, b"");
        assert_eq!(reply.status, 400);
        let log_id = reply.json()["error"]["log_id"].as_str().unwrap().to_owned();
        assert!(reply.head.contains(&format!("x-tt-logid: {log_id}\r\n")));
        assert_eq!(reply.json()["code"], code, "{header}");
        assert_eq!(reply.json().get("data"), None);
    }
    for header in ["", "x-acs-dingtalk-access-token: t-1\r\n"] {
        let target = "/v1.0/convFile/conversations/files/links/send?unionId=1";
        let reply = connection.send("POST", target, header, b"{}");
        assert_eq!(reply.status, 400);
        let json = reply.json();
        assert_eq!(json["code"], "InvalidAuthentication");
        let log_id = json["requestid"].as_str().unwrap();
        assert!(reply.head.contains(&format!("x-acs-request-id: {log_id}\r\n")));
    }
}

#[tokio::test]
async fn what_is_not_registered_is_explained() {
    let mock = MockPlatform::start().await.unwrap();
    let mut connection = Connection::to(&mock);
    let reply = connection.send("GET", "/x?secret=1", "", b"");
    assert_eq!(reply.status, 404);
    assert_eq!(
        reply.text(),
        "openplat-mock: no route for GET /x. Register it: mock.on::<Operation>() or \
         mock.on_path::<DingTalk>(Method::GET, ..)\n\
         Nothing is registered.\n"
    );

    mock.on::<LinkChat>();
    mock.on::<GetChat>();
    for (method, target) in [
        ("GET", "/open-apis/im/v1/chats/oc_1/link"),
        ("POST", "/open-apis/im/v1/chats//link"),
        ("POST", "/open-apis/im/v1/chats/a/b/link"),
        ("GET", FEISHU_TOKEN),
        ("OPTIONS", "*"),
    ] {
        let reply = connection.send(method, target, "", b"");
        assert_eq!(reply.status, 404);
        let vendor = if target.starts_with("/open-apis/") { "Feishu" } else { "DingTalk" };
        assert_eq!(
            reply.text(),
            format!(
                "openplat-mock: no route for {method} {target}. Register it: \
                 mock.on::<Operation>() or mock.on_path::<{vendor}>(Method::{method}, ..)\n\
                 Registered:\n  \
                 POST /open-apis/im/v1/chats/{{id}}/link\n  \
                 GET /open-apis/im/v1/chats/{{chat_id}}\n"
            )
        );
    }
    assert_eq!(mock.requests().len(), 6);
    assert_eq!(mock.token_requests().len(), 0);
}

#[tokio::test]
async fn garbage_ends_its_connection_only() {
    let mock = MockPlatform::start().await.unwrap();
    let mut garbage = Connection::to(&mock);
    garbage.0.get_mut().write_all(b"\x16\x03\x01 nonsense\r\n\r\n").unwrap();
    let mut reply = Vec::new();
    garbage.0.read_to_end(&mut reply).unwrap();
    assert!(reply.starts_with(b"HTTP/1.1 400"));
    assert_eq!(Connection::to(&mock).send("GET", "/x", "", b"").status, 404);
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_it() {
    let mock = MockPlatform::start().await.unwrap();
    let mut connection = Connection::to(&mock);
    let reply = connection.send("POST", "/x", "", &vec![b'x'; (64 << 20) + 1]);
    assert_eq!(reply.status, 413);
    assert!(reply.text().contains("67108864 bytes"));
    assert_eq!(mock.requests().len(), 0);
}

#[test]
fn the_server_outlives_the_runtime_it_was_started_from() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mock = runtime().block_on(MockPlatform::start()).unwrap();
    mock.on::<LinkChat>();
    let client = feishu(&mock);
    let link = runtime().block_on(async { client.call(&LinkChat("oc_1")).await }).unwrap();
    assert_eq!(link.share_link, "example");
}

#[tokio::test]
async fn connections_are_closed_with_the_server() {
    let mock = MockPlatform::start().await.unwrap();
    let mut idle = Connection::to(&mock);
    assert_eq!(idle.send("GET", "/x", "", b"").status, 404);
    let address = mock.url().strip_prefix("http://").unwrap().to_owned();
    drop(mock);
    TcpStream::connect(address).unwrap_err();
    assert_eq!(idle.0.read(&mut [0]).unwrap(), 0);
}

#[tokio::test]
async fn a_reply_can_hold_the_last_handle() {
    let mock = MockPlatform::start().await.unwrap();
    let handle = mock.clone();
    let computed = mock.on::<LinkChat>().respond_with(move |_| {
        Reply::data(json!({ "share_link": handle.requests().len().to_string() }))
    });
    drop(computed.times(1).example());
    let client = feishu(&mock);
    drop(mock);
    assert_eq!(client.call(&LinkChat("oc_1")).await.unwrap().share_link, "1");
    // The function is used up, and with it the last handle.
    assert_eq!(client.call(&LinkChat("oc_1")).await.unwrap().share_link, "example");
    let error = client.call(&LinkChat("oc_1")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Connect | ErrorKind::Transfer), "{error}");
}
