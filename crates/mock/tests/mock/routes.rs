//! Which request gets which reply.

use http_body_util::BodyExt;
use openplat_core::{Body, Client, DingTalk, Feishu, Method, Operation, Sender, Transport, Upload};
use openplat_mock::{MockPlatform, Reply, bytes::Bytes, http};
use serde_json::{Value, json};

use crate::operations::{GetChat, LinkChat, SendFile};

fn client(mock: &MockPlatform) -> Client<Feishu> {
    Client::builder("cli_1", "s3cret").transport(mock.transport()).build().unwrap()
}

/// Sends a request with a user's token and gives the status and the text of the response.
async fn send(mock: &MockPlatform, method: &str, target: &str, body: &str) -> (u16, String) {
    mock.accept_user_token("u-1");
    let request = http::Request::builder().method(method).uri(format!("https://x{target}"));
    let request = request.header("authorization", "Bearer u-1");
    let request = request.header("x-acs-dingtalk-access-token", "u-1").header("x-group", "b");
    let request = request.body(Body::from(Bytes::from(body.to_owned()))).unwrap();
    let response = mock.transport().send(request).await.unwrap();
    let status = response.status().as_u16();
    let text = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(text.to_vec()).unwrap())
}

#[tokio::test]
async fn a_path_is_a_route_too() {
    let mock = MockPlatform::in_process();
    let bot = mock.on_path::<Feishu>(Method::Get, "/open-apis/bot/v3/info");
    let bot =
        bot.respond(Reply::new(200).json(&json!({ "code": 0, "bot": { "open_id": "ou_1" } })));
    mock.on_path::<Feishu>(http::Method::PUT, "/open-apis/x/{id}").data(json!(1)).error("7");
    mock.on_path::<DingTalk>(Method::Post, "/v1.0/x/{id}").data(json!({ "a": 1 }));

    let (status, text) = send(&mock, "GET", "/open-apis/bot/v3/info", "").await;
    assert_eq!((status, text.as_str()), (200, r#"{"bot":{"open_id":"ou_1"},"code":0}"#));
    let (_, text) = send(&mock, "PUT", "/open-apis/x/a%2Fb?q=1", "{}").await;
    assert_eq!(text, r#"{"code":0,"data":1,"msg":"success"}"#);
    let (status, text) = send(&mock, "PUT", "/open-apis/x/2", "{}").await;
    assert!((status, text.contains(r#""code":7"#)) == (400, true), "{text}");
    assert_eq!(send(&mock, "POST", "/v1.0/x/1", "").await, (200, r#"{"a":1}"#.to_owned()));
    assert_eq!(send(&mock, "GET", "/v1.0/x/1", "").await.0, 404);

    assert_eq!(bot.calls(), 1);
    let puts = mock.on_path::<Feishu>(Method::Put, "/open-apis/x/{other_name}");
    assert_eq!(puts.calls(), 2);
    assert_eq!(puts.requests()[0].path_value("id"), Some("a/b"));
    assert_eq!(puts.requests()[0].query_value("q").as_deref(), Some("1"));
}

#[tokio::test]
async fn raw_calls_and_operations_share_a_route() {
    let mock = MockPlatform::in_process();
    let client = client(&mock);
    mock.on::<GetChat>().data(json!({ "name": "n" }));
    let chat: Value =
        client.raw(Method::Get, GetChat::META.path()).value("chat_id", "a/b").send().await.unwrap();
    assert_eq!(chat, client.call(&GetChat("a/b")).await.unwrap());
    let requests = mock.requests_to::<GetChat>();
    let ids: Vec<_> = requests.iter().map(|request| request.path_value("chat_id")).collect();
    assert_eq!(ids, [Some("a/b"), Some("a/b")]);
}

#[tokio::test]
async fn a_path_without_replies_is_an_empty_success() {
    let mock = MockPlatform::in_process();
    mock.on_path::<Feishu>(Method::Get, "/open-apis/x");
    mock.on_path::<DingTalk>(Method::Get, "/v1.0/x");
    let (_, text) = send(&mock, "GET", "/open-apis/x", "").await;
    assert_eq!(text, r#"{"code":0,"msg":"success","data":{}}"#);
    assert_eq!(send(&mock, "GET", "/v1.0/x", "").await.1, "{}");
}

#[tokio::test]
async fn replies_can_be_computed_from_the_request() {
    let mock = MockPlatform::in_process();
    let handle = mock.clone();
    mock.on::<LinkChat>().respond_with(move |request| {
        // The platform is not locked: this would hang.
        let number = handle.requests().len();
        let chat = request.path_value("id").unwrap_or_default();
        Reply::data(json!({ "share_link": format!("{chat} {number}") }))
    });
    for expected in ["oc_1 1", "oc_2 2"] {
        let chat = expected.split(' ').next().unwrap();
        let link = client(&mock).call(&LinkChat(chat)).await.unwrap();
        assert_eq!(link.share_link, expected);
    }
}

#[tokio::test]
async fn requests_are_told_apart_by_what_they_say() {
    let mock = MockPlatform::in_process();
    let route = mock.on_path::<Feishu>(Method::Post, "/open-apis/x/{id}").data(json!("any"));
    let by_path = route.when_path("id", "a b").data(json!("path"));
    route.when_query("page_token", "群").data(json!("query"));
    route.when_header("x-group", "a").data(json!("header a"));
    route.when_json("/user/ids/1", 7).data(json!("json"));
    let both = route.when_query("q", "1").when_json("/a", true).data(json!("both"));
    route.when(|request| request.body.len() > 100).data(json!("large"));

    let large = "x".repeat(101);
    for (target, body, expected) in [
        ("/open-apis/x/1", "", "any"),
        ("/open-apis/x/a%20b", "", "path"),
        ("/open-apis/x/1?page_token=%E7%BE%A4", "", "query"),
        ("/open-apis/x/1", r#"{"user":{"ids":[6,7]}}"#, "json"),
        ("/open-apis/x/1", r#"{"user":{"ids":[7]}}"#, "any"),
        ("/open-apis/x/1?q=1", r#"{"a":true}"#, "both"),
        ("/open-apis/x/1?q=1", "{}", "any"),
        ("/open-apis/x/1", r#"{"a":true}"#, "any"),
        ("/open-apis/x/1", large.as_str(), "large"),
        // The first of several.
        ("/open-apis/x/a%20b?page_token=%E7%BE%A4", "", "path"),
    ] {
        let text = send(&mock, "POST", target, body).await.1;
        let response: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(response["data"], expected, "{target} {body}");
    }
    assert_eq!((by_path.calls(), both.calls(), route.calls()), (2, 1, 10));
}

#[tokio::test]
async fn a_number_of_times_ends_a_reply() {
    let mock = MockPlatform::in_process();
    let outcome = async || {
        let text = send(&mock, "GET", "/open-apis/x", "").await.1;
        let response: Value = serde_json::from_str(&text).unwrap();
        (response["code"].clone(), response["data"].clone())
    };
    let route = mock.on_path::<Feishu>(Method::Get, "/open-apis/x");
    let case = route.when_header("x-group", "b").error("1").times(2).data(json!(2)).times(1);
    let route = route.data(json!(3)).times(0).data(json!(4)).data(json!(5)).times(2);
    for expected in [
        (json!(1), Value::Null),
        (json!(1), Value::Null),
        (json!(0), json!(2)),
        // The case is used up.
        (json!(0), json!(4)),
        (json!(0), json!(5)),
        (json!(0), json!(5)),
        // And so is the route.
        (json!(0), json!({})),
        (json!(0), json!({})),
    ] {
        assert_eq!(outcome().await, expected);
    }
    assert_eq!((case.calls(), route.calls()), (3, 8));
    case.error("6");
    assert_eq!(outcome().await.0, 6, "more can be added");
}

#[tokio::test]
async fn an_unknown_request_is_told_how_to_register_it() {
    let mock = MockPlatform::in_process();
    let error = client(&mock).call(&LinkChat("oc_a0553eda9014c201e6969b478895c230")).await;
    let error = error.unwrap_err().to_string();
    let advice = "no route for POST /open-apis/im/v1/chats/oc_a0553eda9014c201e6969b478895c230/link. \
                  Register it: mock.on::<Operation>() or mock.on_path::<Feishu>(Method::POST, ..)";
    assert!(error.contains(advice), "{error}");

    for path in ["/a", "/v1.0/a", "/open-apis/b", "/open-apis/im/v1/b", "/c", "/d"] {
        mock.on_path::<Feishu>(Method::Get, path);
    }
    mock.on::<GetChat>();
    let (status, text) = send(&mock, "POST", "/open-apis/im/v1/chats/oc_1/link", "").await;
    let registered: Vec<_> = text.lines().skip(2).map(str::trim).collect();
    let nearest =
        ["GET /open-apis/im/v1/chats/{chat_id}", "GET /open-apis/im/v1/b", "GET /open-apis/b"];
    assert_eq!((status, &registered[..3]), (404, &nearest[..]));
    assert_eq!(registered[5..], ["and 2 more"]);
}

#[tokio::test]
async fn the_parts_of_a_form_are_read() {
    let mock = MockPlatform::in_process();
    mock.on::<SendFile>();
    let file = Upload::from_bytes(&b"\0\xff"[..]).file_name("a.bin");
    client(&mock).call(&SendFile(file)).await.unwrap();
    let parts = mock.requests()[0].parts().unwrap();
    let [name, file] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!((name.name.as_str(), name.file_name.as_deref()), ("title", None));
    assert_eq!(name.text(), "群 report");
    assert_eq!((file.name.as_str(), file.file_name.as_deref()), ("file", Some("a.bin")));
    assert_eq!(file.content_type.as_deref(), Some("application/octet-stream"));
    assert_eq!(file.bytes, b"\0\xff"[..]);

    let shown = format!("{parts:?}");
    assert!(!shown.contains("report") && !shown.contains("a.bin"), "{shown}");
    mock.on::<LinkChat>();
    client(&mock).call(&LinkChat("oc_1")).await.unwrap();
    mock.requests_to::<LinkChat>()[0].parts().unwrap_err();
}

#[tokio::test]
async fn debug_shows_no_content_and_expose_does() {
    let mock = MockPlatform::in_process();
    mock.on_path::<Feishu>(Method::Post, "/open-apis/x");
    let body = r#"{"text":"my salary is 1"}"#;
    send(&mock, "POST", "/open-apis/x?secret=hunter2", body).await;
    client(&mock).call(&LinkChat("oc_1")).await.unwrap_err();

    let requests = mock.requests();
    let tokens = mock.token_requests();
    let shown = format!("{requests:?} {requests:#?} {tokens:?} {tokens:#?}");
    for secret in ["salary", "hunter2", "u-1", "s3cret", requests[1].token().unwrap()] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    for part in ["POST", "\"/open-apis/x\"", "\"authorization\"", "25 bytes, no media type"] {
        assert!(shown.contains(part), "{part} not in {shown}");
    }
    assert!(format!("{tokens:?}").contains("bytes, application/json"));

    let exposed = requests[0].expose();
    for part in ["POST /open-apis/x?secret=hunter2\n", "authorization: Bearer u-1\n", body] {
        assert!(exposed.contains(part), "{exposed}");
    }
}
