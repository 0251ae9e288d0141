//! What a caller can say about one call, and what it learns of it.

use std::time::Duration;

use feishu_im::chat::{GetChat, LinkChat};
use feishu_im::{Client, ErrorKind};
use futures_util::future::join_all;
use openplat_core::Error;
use openplat_mock::{Recorded, Reply};
use tokio::time::Instant;

use crate::in_process::{feishu, replying};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn calls_are_spawned_and_joined_without_ceremony() {
    let mock = replying::<LinkChat>([]);
    let client = feishu(&mock);
    tokio::spawn(LinkChat::new("oc_1").send(&client)).await.unwrap().unwrap();
    let calls = (0..5).map(|_| LinkChat::new("oc_1").send(&client));
    let results: Vec<Result<_, Error>> = join_all(calls).await;
    assert!(results.into_iter().all(|result| result.is_ok()));
    assert_eq!(mock.requests().len(), 6);
}

#[tokio::test]
async fn a_call_that_is_dropped_sends_nothing() {
    let mock = replying::<LinkChat>([]);
    drop(LinkChat::new("oc_1").send(&feishu(&mock)));
    assert_eq!(mock.requests().len() + mock.token_requests().len(), 0);
}

#[tokio::test]
async fn the_response_comes_with_its_head_and_its_body() {
    let body = r#"{"code":0,"msg":"ok","data":{"name":"n","brand_new":1},"beside":2}"#;
    let reply = Reply::new(200).header("x-tt-logid", "L1").header("x-extra", "e").body(body);
    let mock = replying::<GetChat>([reply]);
    let call = GetChat::new("oc_1").send(&feishu(&mock));
    let response = call.with_meta().timeout(SECOND).await.unwrap();
    assert_eq!(response.output.name.as_deref(), Some("n"));
    assert_eq!((response.status, response.attempts), (200, 1));
    assert_eq!(response.log_id.as_deref(), Some("L1"));
    assert_eq!(response.headers["x-extra"], "e");
    let whole: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!((&whole["data"]["brand_new"], &whole["beside"]), (&1.into(), &2.into()));
    assert!(!format!("{response:?}").contains("brand_new"));
}

#[tokio::test]
async fn headers_are_added_unless_they_are_the_clients_own() {
    let mock = replying::<LinkChat>([]);
    let client = feishu(&mock);
    let call = || LinkChat::new("oc_1").send(&client);
    call().header("x-request-id", "r-1").header("x-request-id", "r-2").await.unwrap();
    let request = &mock.requests()[0];
    let given: Vec<_> = request.headers.get_all("x-request-id").iter().collect();
    assert_eq!(given, ["r-1", "r-2"]);
    for (name, value) in [
        ("Authorization", "Bearer mine"),
        ("content-type", "text/plain"),
        ("content-length", "77777"),
        ("host", "evil.example"),
        ("transfer-encoding", "chunked"),
        ("content-encoding", "gzip"),
        ("expect", "100-continue"),
        ("upgrade", "h2c"),
        ("te", "trailers"),
        ("bad name", "marker"),
        ("x-bad", "a\r\nb"),
    ] {
        let error = call().header(name, value).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{name}");
        assert!(!error.to_string().contains(value), "{error}");
    }
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_the_call_is_one_of_its_attempts_as_well() {
    for (call_timeout, attempt_timeout, elapsed, works) in [
        (None, None, 10, false),
        (Some(60 * SECOND), None, 40, true),
        (Some(60 * SECOND), Some(5 * SECOND), 5, false),
        (None, Some(20 * SECOND), 20, false),
        (Some(3 * SECOND), None, 3, false),
    ] {
        let mock = replying::<LinkChat>([Reply::example().delay(40 * SECOND)]);
        let mut call = LinkChat::new("oc_1").send(&feishu(&mock)).retries(false);
        if let Some(timeout) = call_timeout {
            call = call.timeout(timeout);
        }
        if let Some(timeout) = attempt_timeout {
            call = call.attempt_timeout(timeout);
        }
        let start = Instant::now();
        let result = call.await;
        assert_eq!(result.is_ok(), works, "{result:?}");
        assert_eq!(start.elapsed(), elapsed * SECOND, "{call_timeout:?} {attempt_timeout:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn retries_can_be_switched_off_for_a_call() {
    let mock = replying::<GetChat>([Reply::refuse()]);
    let error = GetChat::new("oc_1").send(&feishu(&mock)).retries(false).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 1));
    assert!(error.was_not_sent());
}

#[tokio::test(start_paused = true)]
async fn a_call_out_of_time_says_what_was_known() {
    let busy = Reply::error("2200").status(503).header("x-tt-logid", "L9");
    let mock = replying::<GetChat>([busy, Reply::stall()]);
    let call = GetChat::new("oc_1").send(&feishu(&mock)).timeout(20 * SECOND);
    let error = call.attempt_timeout(60 * SECOND).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    let last = error.last_attempt().unwrap();
    assert_eq!((last.kind(), last.api().unwrap().code()), (ErrorKind::Unavailable, "2200"));
    let text = error.to_string();
    assert!(text.contains("code 2200") && text.contains("log ID L9"), "{text}");
}

#[tokio::test]
async fn the_token_of_the_app_is_at_hand() {
    let mock = replying::<LinkChat>([]);
    let client: Client = feishu(&mock);
    let token = client.token().await.unwrap();
    LinkChat::new("oc_1").send(&client).await.unwrap();
    assert_eq!(mock.requests().first().and_then(Recorded::token), Some(token.expose()));
    assert_eq!(mock.token_requests().len(), 1);
}
