//! What a client refuses, and what it makes of answers that are none.

use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use feishu_im::ErrorKind;
use feishu_im::chat::{GetChat, LinkChat};
use openplat_mock::{MockPlatform, Reply};

use crate::in_process::replying;
use crate::tested::Tested;

fn client(mock: &MockPlatform) -> feishu_im::ClientBuilder {
    feishu_im::Client::builder("cli_1", "secret").over::<Tested>().base_url(mock.url())
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

/// Whatever a gateway, a proxy or a broken server may answer with.
const STRANGE: [&[u8]; 14] = [
    b"",
    b" ",
    b"<html><body>Bad gateway</body></html>",
    b"{\"code\":0,\"data\":{\"name\":\"trunc",
    b"{\"code\":0,\"data\":[1,2",
    b"\xff\xfe\x00\x01",
    b"{\"code\":0,\"data\":{\"name\":\"\xff\"",
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
            mock.on::<LinkChat>().respond(Reply::new(status).body(body));
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
    for status in [400, 404, 500] {
        for body in STRANGE {
            // One of its own for each, since a page may be a ban.
            let builder = dingtalk_convfile::Client::builder("ding", "secret").over::<Tested>();
            let client = builder.base_url(mock.url()).max_attempts(1).build().unwrap();
            mock.on::<SendLink>().respond(Reply::new(status).body(body));
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

#[tokio::test]
async fn a_page_is_quoted_without_secrets() {
    let page = "<html>proxy: no route; authorization: Bearer u-topsecret; hunter2</html>";
    let mock = replying::<LinkChat>([Reply::new(404).body(page)]);
    mock.accept_user_token("u-topsecret");
    let client = feishu_im::Client::builder("cli_1", "hunter2").transport(mock.transport());
    let user = client.build().unwrap().as_user("u-topsecret");
    let error = LinkChat::new("oc_1").send(&user).await.unwrap_err();
    let excerpt = error.api().unwrap().excerpt().unwrap();
    assert_eq!(excerpt, "proxy: no route; authorization: Bearer ***; ***");
    assert!(error.to_string().contains("no route"), "{error}");
}
