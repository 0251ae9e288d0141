//! What a caller learns from a call that failed.

use dingtalk_convfile::file::SendLink;
use feishu_card::{Card, MarkdownText};
use feishu_cardkit::streaming::StreamError;
use feishu_im::chat::LinkChat;
use feishu_im::{ErrorCode, ErrorKind, Secret, Violation};
use openplat_core::TransportError;
use openplat_core::events::{EventHeader, HandlerError, RawEvent, Refusal};
use openplat_mock::{MockPlatform, Reply};

use crate::in_process::{self, send_link};
use crate::tested::Tested;

async fn feishu() -> (MockPlatform, feishu_im::Client) {
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu_im::Client::builder("cli_1", "secret")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap();
    (mock, client)
}

async fn dingtalk() -> (MockPlatform, dingtalk_convfile::Client) {
    let mock = MockPlatform::start().await.unwrap();
    let client = dingtalk_convfile::Client::builder("ding", "secret")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap();
    (mock, client)
}

// With the clock paused: after a code that limits the rate, the client holds back the next call.
#[tokio::test(start_paused = true)]
async fn every_documented_code_of_feishu_is_typed() {
    let mock = MockPlatform::in_process();
    let client = feishu_im::Client::builder("cli_1", "secret")
        .transport(mock.transport())
        .max_attempts(1)
        .build()
        .unwrap();
    let codes = feishu_im::ErrorCode::KNOWN;
    assert!(!codes.is_empty());
    let route = codes.iter().fold(mock.on::<LinkChat>(), |route, code| route.error(code));
    drop(route);
    for code in codes {
        let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
        assert_eq!(error.api().unwrap().code(), *code);
        assert!(!matches!(error.code::<ErrorCode>(), None | Some(ErrorCode::Unknown(_))));
        assert!(error.advice().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn every_documented_code_of_dingtalk_is_typed() {
    use dingtalk_convfile::ErrorCode;

    let mock = MockPlatform::in_process();
    let client = in_process::dingtalk(&mock);
    let codes = ErrorCode::KNOWN;
    assert!(!codes.is_empty());
    let route = codes.iter().fold(mock.on::<SendLink>(), |route, code| route.error(code));
    drop(route);
    for code in codes {
        let error = send_link().send(&client).await.unwrap_err();
        assert_eq!(error.api().unwrap().code(), *code);
        assert!(!matches!(error.code::<ErrorCode>(), None | Some(ErrorCode::Unknown(_))));
    }
}

#[tokio::test]
async fn an_error_says_what_happened_and_what_to_do() {
    let (mock, client) = feishu().await;
    mock.on::<LinkChat>().error_message("232011", "Operator can NOT be out of the chat.");
    let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.code(), Some(ErrorCode::NotInChat));
    assert_eq!(error.operation(), Some("im.v1.chat.link"));
    assert_eq!(error.attempts(), 1);
    assert_eq!(
        error.to_string(),
        "im.v1.chat.link: permission denied: HTTP 400, code 232011, \
         \"Operator can NOT be out of the chat.\", log ID mock-000002. \
         Add the app's bot, or the user, to the chat and try again."
    );
}

#[tokio::test]
async fn an_unknown_code_is_kept() {
    let (mock, client) = feishu().await;
    mock.on::<LinkChat>().error("999999");
    let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(error.code::<ErrorCode>().unwrap().as_str(), "999999");
}

/// As the recorded answer of the platform has it.
#[tokio::test]
async fn dingtalk_names_the_scope_that_is_missing() {
    let (mock, client) = dingtalk().await;
    let body = r#"{"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied",
        "requestid": "R3", "message": "no permission",
        "accessdenieddetail": {"requiredScopes": ["ConvFile.File.Send"]}}"#;
    mock.on::<SendLink>().respond(Reply::new(403).header("x-acs-request-id", "REQ-HDR").body(body));
    let error = send_link().send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let api = error.api().unwrap();
    assert_eq!((api.status(), api.log_id()), (403, Some("REQ-HDR")));
    let [Violation::Permission { scope, .. }] = api.violations() else { panic!("{api:?}") };
    assert_eq!(scope, "ConvFile.File.Send");
}

#[tokio::test]
async fn a_page_of_a_proxy_keeps_status_and_log_id() {
    let (mock, client) = feishu().await;
    mock.on::<LinkChat>().respond(Reply::new(502).body("<html>bad gateway</html>"));
    let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.api().unwrap().status(), 502);
    assert!(error.api().unwrap().log_id().is_some());
}

#[tokio::test]
async fn an_answer_of_the_wrong_type_says_what_was_expected() {
    let (mock, client) = feishu().await;
    mock.on::<LinkChat>().data(serde_json::json!([{ "is_permanent": true }]));
    let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("at `$`: expected struct LinkChatResponse"), "{error}");
}

#[tokio::test]
async fn a_platform_that_is_away_is_a_connect_error() {
    let (mock, client) = feishu().await;
    drop(mock);
    let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(error.attempts(), 0, "the token could not be fetched, so nothing was sent");
}

#[tokio::test]
async fn a_token_that_is_empty_is_not_sent() {
    let (mock, client) = feishu().await;
    for token in ["", " "] {
        let as_user = LinkChat::new("oc_1").send(&client.as_user(token)).await.unwrap_err();
        let as_app = LinkChat::new("oc_1").send(&client.with_token(token)).await.unwrap_err();
        for error in [as_user, as_app] {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0));
            assert!(error.to_string().contains("the token is empty"), "{error}");
        }
    }
    assert!(mock.requests().is_empty());
}

#[tokio::test]
async fn no_text_shows_a_secret() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>().example().error("232006");
    let builder =
        feishu_im::Client::builder("cli_1", "hunter2").over::<Tested>().base_url(mock.url());
    let mut shown = format!("{builder:?}");
    let client = builder.build().unwrap();
    let answer = LinkChat::new("oc_1").send(&client).with_meta().await.unwrap();
    let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
    let as_user = client.as_user("u-topsecret");
    let rejected = LinkChat::new("oc_1").send(&as_user).await.unwrap_err();
    let unusable = LinkChat::new("oc_1").send(&client.as_user("u-topsecret\n")).await.unwrap_err();
    let call = LinkChat::new("oc_1").send(&as_user);
    shown += &format!("{client:?} {as_user:?} {call:?} {answer:?}");
    for error in [&error, &rejected, &unusable] {
        shown += &format!("{error} {error:?} {error:#?}");
    }
    let token = mock.requests()[0].headers["authorization"].to_str().unwrap().to_owned();
    let token = token.trim_start_matches("Bearer ");
    for secret in ["hunter2", "topsecret", token] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert_eq!(unusable.kind(), ErrorKind::InvalidRequest);
}

/// Asserts that a program whose `main` returns this error prints its line.
fn assert_debug_is_the_line(error: impl std::error::Error) {
    let (debug, line) = (format!("{error:?}"), error.to_string());
    assert!(debug.starts_with(&line) && line.contains(' '), "{debug}\n{line}");
}

#[test]
fn an_error_that_main_returns_is_printed_as_a_line() {
    let error = || feishu_im::Error::builder(ErrorKind::Rejected).detail("no").build();
    assert_debug_is_the_line(error());
    assert_debug_is_the_line(feishu_im::message::SendFileError::from(error()));
    assert_debug_is_the_line(dingtalk_convfile::file::SendLocalFileError::from(error()));
    assert_debug_is_the_line(StreamError::<String>::Card(error()));
    let text = MarkdownText::new("Hi").element_id("1st");
    assert_debug_is_the_line(Card::builder().element(text).build().unwrap_err());
    assert_debug_is_the_line(RawEvent::new(EventHeader::default(), "[]").read::<u8>().unwrap_err());
    assert_debug_is_the_line(Refusal::Signature);
    assert_debug_is_the_line(HandlerError::Returned("no bot".into()));
    assert_debug_is_the_line(TransportError::connect("no network"));
    assert_debug_is_the_line(Secret::from_env("NO_APP_SECRET").unwrap_err());
    assert_debug_is_the_line(feishu_im::Client::builder("cli_1 ", "secret").build().unwrap_err());
}
