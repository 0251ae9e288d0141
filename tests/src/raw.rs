//! Calls of endpoints that no crate has an operation for, by path and by an operation of one's own.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use feishu_im::openplat_core::{
    AcceptsAppToken, Feishu, Method, Operation, OperationMeta, Parts, Sender, Upload,
};
use feishu_im::{Client, ErrorKind};
use futures_util::TryStreamExt;
use http::{Request, Response};
use openplat_core::Body;
use openplat_mock::{MockPlatform, Reply};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::in_process::{Through, feishu};

type Sent = Arc<Mutex<Vec<Request<Bytes>>>>;

/// A client whose requests are kept, and answered as `respond` says; tokens are fetched from it as
/// well.
fn client(respond: impl Fn(&Request<Bytes>) -> Value + Send + Sync + 'static) -> (Client, Sent) {
    let sent = Sent::default();
    let (kept, respond) = (sent.clone(), Arc::new(respond));
    let transport = Through(move |request: Request<Body>| {
        let (kept, respond) = (kept.clone(), respond.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
            let request = Request::from_parts(head, body);
            let response = if request.uri().path().ends_with("/tenant_access_token/internal") {
                json!({ "code": 0, "tenant_access_token": "t-1", "expire": 7200 })
            } else {
                let response = respond(&request);
                kept.lock().unwrap().push(request);
                response
            };
            Ok(Response::new(Body::from(Bytes::from(response.to_string()))))
        }
    });
    let client = Client::builder("cli_1", "secret").transport(transport).build().unwrap();
    (client, sent)
}

fn only(sent: &Sent) -> Request<Bytes> {
    let sent = sent.lock().unwrap();
    let [request] = &sent[..] else { panic!("one request expected, not {}", sent.len()) };
    request.clone()
}

#[tokio::test]
async fn a_response_beside_data_is_read_whole() {
    #[derive(Deserialize)]
    struct Info {
        bot: Bot,
    }
    #[derive(Deserialize)]
    struct Bot {
        open_id: String,
    }
    let (client, sent) = client(|_| json!({ "code": 0, "bot": { "open_id": "ou_bot" } }));
    let call = || client.raw(Method::Get, "/open-apis/bot/v3/info");
    let info: Info = call().send_whole().await.unwrap();
    assert_eq!(info.bot.open_id, "ou_bot");
    assert_eq!(only(&sent).headers()["authorization"], "Bearer t-1");
    let value: Value = call().send_whole().await.unwrap();
    assert_eq!(value["bot"]["open_id"], "ou_bot");
    let data: Value = call().send().await.unwrap();
    assert_eq!(data, Value::Null);
}

#[tokio::test]
async fn path_query_and_json_are_encoded() {
    let (client, sent) = client(|_| json!({ "code": 0, "data": { "n": "7" } }));
    let call = client
        .raw(Method::Patch, "/open-apis/x/{id}/y/{id2}")
        .value("id", "replaced")
        .value("id2", "b")
        .value("id", "../a b")
        .query("ids", vec!["1".to_owned(), "2".to_owned()])
        .query("none", None::<String>)
        .dedupe_query("uuid")
        .json(&json!({ "name": "群" }));
    #[derive(Deserialize)]
    struct Data {
        n: i64,
    }
    // Data is read as leniently as that of any operation.
    assert_eq!(call.send::<Data>().await.unwrap().n, 7);
    let request = only(&sent);
    assert_eq!(request.method(), "PATCH");
    assert_eq!(request.uri().path(), "/open-apis/x/..%2Fa%20b/y/b");
    let query = request.uri().query().unwrap();
    assert!(query.starts_with("ids=1&ids=2&uuid=") && query.len() == 17 + 36, "{query}");
    assert_eq!(request.body(), r#"{"name":"群"}"#);
}

#[tokio::test]
async fn a_form_carries_fields_and_files() {
    let (client, sent) = client(|_| json!({ "code": 0 }));
    let call = client
        .raw(Method::Post, "/open-apis/x")
        .field("kind", "stream")
        .file("file", Upload::from("contents".as_bytes()).file_name("a.txt"));
    call.send::<()>().await.unwrap();
    let request = only(&sent);
    let content_type = request.headers()["content-type"].to_str().unwrap();
    assert!(content_type.starts_with("multipart/form-data; boundary="), "{content_type}");
    let body = String::from_utf8_lossy(request.body()).into_owned();
    for part in ["name=\"kind\"", "stream", "filename=\"a.txt\"", "contents"] {
        assert!(body.contains(part), "{part} in {body}");
    }
}

#[tokio::test]
async fn mistakes_are_refused_before_anything_is_sent() {
    let (client, sent) = client(|_| json!({ "code": 0 }));
    let raw = |path: &'static str| client.raw(Method::Get, path);
    for (call, hint) in [
        (raw("/x/{id}"), "the value `id` of the path is not set"),
        (raw("/x/{id}").value("id", ""), "`id`"),
        (raw("/x").value("id", "1"), "has no value `id`"),
        (raw("https://evil.example/x"), "is no path"),
        (raw("//evil.example/x"), "is no path"),
        (raw("/x?y=1"), "is no path"),
        (raw("/a/../b"), "is no path"),
        (raw("/x").json(&1).field("a", "b"), "both JSON and a form"),
        (raw("/x").field("a", "b").json(&1), "both JSON and a form"),
        (raw("/x").dedupe_query(""), "no name"),
    ] {
        let error = call.send::<Value>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains(hint), "{error}");
        assert!(error.operation().unwrap().starts_with("GET "), "{error}");
    }
    assert!(sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn pages_are_walked_by_the_callers_own_type() {
    #[derive(Debug, Deserialize)]
    struct Page {
        items: Vec<String>,
        next: Option<String>,
    }
    let (client, sent) = client(|request| match request.uri().query() {
        None => json!({ "code": 0, "data": { "items": ["1", "2"], "next": "b" } }),
        Some("from=b") => json!({ "code": 0, "data": { "items": ["3"], "next": "" } }),
        Some(query) => panic!("{query}"),
    });
    let pages =
        client.raw(Method::Get, "/open-apis/x").pages("from", |page: &Page| page.next.clone());
    let pages: Vec<Page> = pages.try_collect().await.unwrap();
    let items: Vec<_> = pages.into_iter().flat_map(|page| page.items).collect();
    assert_eq!(items, ["1", "2", "3"]);
    assert_eq!(sent.lock().unwrap().len(), 2);

    let mut pages = client
        .raw(Method::Get, "/open-apis/x")
        .pages("from", |page: &Page| page.next.clone())
        .max_pages(1);
    pages.next().await.unwrap().unwrap();
    let error = pages.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("GET /open-apis/x"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_raw_call_is_retried_and_explained_like_any_other() {
    let mock = MockPlatform::in_process();
    let rejected = Reply::new(400).body(r#"{"code":99991663,"msg":"token"}"#);
    mock.on_path::<Feishu>(Method::Post, "/open-apis/x").respond(rejected).times(1);
    let client = feishu(&mock);
    client.token().await.unwrap();
    mock.rotate_tokens();
    client.raw(Method::Post, "/open-apis/x").send::<()>().await.unwrap();
    assert_eq!((mock.requests().len(), mock.token_requests().len()), (2, 2));

    mock.on_path::<Feishu>(Method::Post, "/open-apis/{x}").respond(Reply::new(503));
    let call = feishu(&mock).raw(Method::Post, "/open-apis/{x}").value("x", "1");
    let error = call.send::<()>().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unavailable, 1));
    assert!(error.to_string().starts_with("POST /open-apis/{x}: "), "{error}");
}

/// An operation of the user's own.
#[derive(Clone)]
struct RenameThing {
    thing_id: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Renamed {
    name: String,
}

impl Operation for RenameThing {
    type Vendor = Feishu;
    type Output = Renamed;
    const META: &'static OperationMeta =
        &OperationMeta::new("thing.rename", Method::Put, "/open-apis/thing/v1/{thing_id}");

    fn encode(&self, parts: &mut Parts) {
        parts.path(&self.thing_id);
        parts.query("notify", &true);
        parts.body().field("name", &self.name);
    }
}

impl AcceptsAppToken for RenameThing {}

#[tokio::test]
async fn an_operation_of_the_users_own_is_sent() {
    let (client, sent) = client(|_| json!({ "code": 0, "data": { "name": "n" } }));
    let operation = RenameThing { thing_id: "1".into(), name: "n".into() };
    assert_eq!(client.call(&operation).await.unwrap().name, "n");
    let request = only(&sent);
    assert_eq!(request.uri().path_and_query().unwrap(), "/open-apis/thing/v1/1?notify=true");
    assert_eq!(request.body(), r#"{"name":"n"}"#);
}
