use openplat_core::{Client, ErrorKind, Feishu, Sender};
use openplat_mock::http::Method;
use openplat_mock::{MockPlatform, Recorded, Reply};
use serde_json::json;

use crate::operations::{GetChat, LinkChat, SearchChats, feishu};

fn bearer(request: &Recorded) -> &str {
    request.headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap()
}

#[tokio::test]
async fn the_documented_example_is_the_default() {
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu(&mock);
    mock.on::<LinkChat>();
    mock.on::<GetChat>();
    assert_eq!(client.call(&LinkChat("oc_1")).await.unwrap().share_link, "example");
    assert_eq!(client.call(&GetChat("oc_1")).await.unwrap(), json!({}));
}

#[tokio::test]
async fn every_response_has_a_log_id_of_its_own() {
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu(&mock);
    mock.on::<LinkChat>();
    let first = client.call(&LinkChat("oc_1")).with_meta().await.unwrap();
    let second = client.call(&LinkChat("oc_1")).with_meta().await.unwrap();
    assert_eq!(first.status, 200);
    assert!(first.log_id.as_deref().unwrap().starts_with("mock-"));
    assert_ne!(first.log_id, second.log_id);
}

#[tokio::test]
async fn data_is_put_into_the_envelope() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>().data(json!({ "share_link": "群" }));
    assert_eq!(feishu(&mock).call(&LinkChat("oc_1")).await.unwrap().share_link, "群");
}

#[tokio::test]
async fn a_documented_error_has_its_status_and_is_read_as_such() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>().error("232009");
    let error = feishu(&mock).call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.advice(), Some("Pick another chat."));
    assert_eq!(error.attempts(), 1);
    let api = error.api().unwrap();
    assert_eq!((api.status(), api.code()), (403, "232009"));
    // The token request was the first.
    assert_eq!(api.log_id(), Some("mock-000002"));
}

#[tokio::test]
async fn other_errors_are_bad_requests() {
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu(&mock);
    mock.on::<LinkChat>().error_message("99991672", "no scope").error("1").error("9999");
    let error = client.call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.api().unwrap().message(), "no scope");
    for (code, kind) in [("1", ErrorKind::Rejected), ("9999", ErrorKind::Rejected)] {
        let error = client.call(&LinkChat("oc_1")).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!((error.api().unwrap().status(), error.api().unwrap().code()), (400, code));
    }
}

#[tokio::test]
async fn a_code_that_is_no_number_is_sent_all_the_same() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>().error("oops");
    let error = feishu(&mock).call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(error.api().unwrap().code(), "oops");
    assert_eq!(error.api().unwrap().log_id(), Some("mock-000002"));
}

#[tokio::test]
async fn replies_are_given_in_order_and_the_last_one_repeats() {
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu(&mock);
    let outcome = async || match client.call(&LinkChat("oc_1")).await {
        Ok(link) => link.share_link,
        Err(error) => error.code::<String>().unwrap(),
    };
    mock.on::<LinkChat>().error("1").data(json!({ "share_link": "a" })).example();
    for expected in ["1", "a", "example", "example"] {
        assert_eq!(outcome().await, expected);
    }
    mock.on::<LinkChat>().error("2");
    for expected in ["2", "2"] {
        assert_eq!(outcome().await, expected);
    }
    mock.on::<LinkChat>().error("3").error("4");
    for expected in ["3", "4", "4"] {
        assert_eq!(outcome().await, expected);
    }
}

#[tokio::test]
async fn a_reply_can_be_anything() {
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu(&mock);
    let page = Reply::new(502)
        .header("x-tt-logid", "of the proxy")
        .header("content-length", 5000)
        .body("<html>");
    mock.on::<LinkChat>().respond(page).respond(Reply::new(200));

    let error = client.call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.api().unwrap().status(), 502);
    assert_eq!(error.api().unwrap().log_id(), Some("of the proxy"));

    let error = client.call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.api().unwrap().log_id(), Some("mock-000003"));
}

#[tokio::test]
async fn an_app_keeps_its_token() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>();
    let (client, same_app) = (feishu(&mock), feishu(&mock));
    let other_app =
        Client::<Feishu>::builder("cli_2", "s3cret").base_url(mock.url()).build().unwrap();
    for client in [&client, &client, &same_app, &other_app] {
        client.call(&LinkChat("oc_1")).await.unwrap();
    }
    let fetches = mock.token_requests();
    assert_eq!(fetches.len(), 3);
    assert_eq!(fetches[0].json().unwrap(), json!({ "app_id": "cli_1", "app_secret": "s3cret" }));

    let requests = mock.requests();
    let tokens: Vec<_> = requests.iter().map(bearer).collect();
    assert_eq!(tokens[0], tokens[1]);
    assert_eq!(tokens[0], tokens[2]);
    assert_ne!(tokens[0], tokens[3]);
}

#[tokio::test]
async fn a_revoked_token_is_refused_until_a_new_one_is_fetched() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>().data(json!({ "share_link": "a" })).data(json!({ "share_link": "b" }));
    let client = feishu(&mock);
    client.call(&LinkChat("oc_1")).await.unwrap();

    mock.revoke_tokens();
    let old = bearer(&mock.requests()[0]).to_owned();
    let error = client.as_user(old).call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    let api = error.api().unwrap();
    assert_eq!((api.status(), api.code()), (400, "99991663"));
    assert_eq!(api.log_id(), Some("mock-000003"));

    // The refused request took no reply.
    let link = feishu(&mock).call(&LinkChat("oc_1")).await.unwrap();
    assert_eq!(link.share_link, "b");
    assert_eq!(mock.requests_to::<LinkChat>().len(), 3);
}

#[tokio::test]
async fn only_accepted_user_tokens_are_honored() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>();
    let client = feishu(&mock);
    mock.accept_user_token("u-1");
    mock.revoke_tokens();
    client.as_user("u-1").call(&LinkChat("oc_1")).await.unwrap();
    let error = client.as_user("u-2").call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.code::<String>().as_deref(), Some("99991668"));
    assert_eq!(mock.token_requests().len(), 0);
}

#[tokio::test]
async fn credentials_must_not_be_empty() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>();
    for (id, secret) in [("", "s3cret"), ("cli_1", "")] {
        let client = Client::<Feishu>::builder(id, secret).base_url(mock.url()).build().unwrap();
        let error = client.call(&LinkChat("oc_1")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert_eq!(error.code::<String>().as_deref(), Some("10003"));
    }
    assert_eq!(mock.requests().len(), 0);
    assert_eq!(mock.token_requests().len(), 2);
}

#[tokio::test]
async fn requests_are_recorded_as_they_arrived() {
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu(&mock);
    mock.on::<LinkChat>();
    mock.on::<GetChat>();
    client.call(&LinkChat("a/b 群")).await.unwrap();
    client.call(&GetChat("oc_1")).await.unwrap();

    let requests = mock.requests();
    assert_eq!(requests.len(), 2);
    let link = &requests[0];
    assert_eq!(link.method, Method::POST);
    assert_eq!(link.target, "/open-apis/im/v1/chats/a%2Fb%20%E7%BE%A4/link");
    assert_eq!(link.path(), link.target);
    assert_eq!(link.query(), []);
    assert_eq!(link.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(link.json().unwrap(), json!({ "validity_period": "week" }));

    let get = &mock.requests_to::<GetChat>()[0];
    assert_eq!(get.target, "/open-apis/im/v1/chats/oc_1?user_id_type=open%20id%2B");
    assert_eq!(get.path(), "/open-apis/im/v1/chats/oc_1");
    assert_eq!(get.query(), [("user_id_type".to_owned(), "open id+".to_owned())]);
    assert!(get.body.is_empty());
    assert!(get.json().is_err());
    assert!(!get.headers.contains_key("content-type"));

    assert_eq!(mock.requests_to::<LinkChat>().len(), 1);
    assert_eq!(mock.requests_to::<SearchChats>().len(), 0);
}

#[tokio::test]
async fn a_literal_path_wins_over_one_with_a_parameter() {
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu(&mock);
    mock.on::<GetChat>().data(json!("get"));
    mock.on::<SearchChats>().data(json!("search"));
    assert_eq!(client.call(&SearchChats).await.unwrap(), "search");
    assert_eq!(client.call(&GetChat("oc_1")).await.unwrap(), "get");
    assert_eq!(mock.requests_to::<GetChat>().len(), 1);
    assert_eq!(mock.requests_to::<SearchChats>().len(), 1);
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let mock = MockPlatform::start().await.unwrap();
    let route = mock.on::<LinkChat>();
    mock.accept_user_token("u-hunter2");
    let client = feishu(&mock);
    client.call(&LinkChat("oc_1")).await.unwrap();
    client.as_user("u-hunter2").call(&LinkChat("oc_1")).await.unwrap();

    let requests = mock.requests();
    let shown = format!("{requests:#?} {:?} {mock:?} {route:?}", mock.token_requests());
    for secret in [bearer(&requests[0]), "u-hunter2", "s3cret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(!shown.contains("validity_period"), "{shown}");
    assert!(shown.contains(mock.url()), "{shown}");
}

#[tokio::test]
async fn an_operation_that_is_not_registered_is_not_found() {
    let mock = MockPlatform::start().await.unwrap();
    let error = feishu(&mock).call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(error.api().unwrap().status(), 404);
    assert_eq!(mock.requests().len(), 1);
    assert_eq!(mock.requests_to::<LinkChat>().len(), 0);
}

#[tokio::test]
async fn platforms_side_by_side_share_nothing() {
    let (one, two) = (MockPlatform::start().await.unwrap(), MockPlatform::start().await.unwrap());
    one.on::<LinkChat>().data(json!({ "share_link": "one" }));
    two.on::<LinkChat>().data(json!({ "share_link": "two" }));
    assert_eq!(feishu(&one).call(&LinkChat("oc_1")).await.unwrap().share_link, "one");
    assert_eq!(feishu(&two).call(&LinkChat("oc_1")).await.unwrap().share_link, "two");

    let requests = one.requests();
    assert_eq!((requests.len(), two.requests().len()), (1, 1));
    let stranger = feishu(&two).as_user(bearer(&requests[0]));
    let error = stranger.call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn the_server_is_gone_with_the_last_handle() {
    let mock = MockPlatform::start().await.unwrap();
    let clone = mock.clone();
    mock.on::<LinkChat>();
    let client = feishu(&mock);
    drop(mock);
    clone.on::<LinkChat>().error("1");
    let error = client.call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.code::<String>().as_deref(), Some("1"));

    let fresh = feishu(&clone);
    drop(clone);
    let error = fresh.call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
}
