//! When a call is sent again, and after how long. The clock is paused.

use std::time::Duration;

use dingtalk_convfile::file::SendLink;
use feishu_im::card::UpdateCard;
use feishu_im::chat::{GetChat, LinkChat};
use feishu_im::{ErrorCode, ErrorKind};
use openplat_core::{
    AcceptsAppToken, Backoff, Decision, Feishu, Method, Operation, OperationMeta, Parts,
    RetryPolicy, RetryState, Sender,
};
use openplat_mock::{MockPlatform, Reply};
use serde_json::json;
use showcase::parcel::{CountParcel, HoldParcel, SendParcel, SendParcelRequired, Speed};
use showcase::types::{Address, AddressRequired};
use tokio::time::Instant;

use crate::in_process::{dingtalk, feishu, replying, send_link, waits};

const THROTTLED: &str = r#"{"code":99991400,"msg":"request trigger frequency limit"}"#;

fn with(
    mock: &MockPlatform,
    set: impl FnOnce(feishu_im::ClientBuilder) -> feishu_im::ClientBuilder,
) -> feishu_im::Client {
    let builder = feishu_im::Client::builder("cli_1", "secret").transport(mock.transport());
    set(builder).build().unwrap()
}

fn targets(mock: &MockPlatform) -> Vec<String> {
    mock.requests().into_iter().map(|request| request.target).collect()
}

/// What a gateway, a proxy or a network may do to a request that it did not execute for sure.
fn failures() -> Vec<Reply> {
    vec![
        Reply::new(500).body(r#"{"code":2200,"msg":"internal"}"#),
        Reply::new(502).body("<html>"),
        Reply::new(503).body(""),
        Reply::reset(),
        Reply::stall(),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_get_with_a_body_is_retried_as_any_get() {
    for failure in failures() {
        let mock = replying::<CountParcel>([failure, Reply::example()]);
        let response = CountParcel::new("a", ["Springfield"]).send(&feishu(&mock)).await.unwrap();
        assert_eq!(response.count, Some(3));
        for request in mock.requests() {
            assert_eq!(request.target, "/open-apis/showcase/v1/shelves/a/count/");
            assert_eq!(request.json().unwrap(), json!({ "cities": ["Springfield"] }));
        }
        assert_eq!(mock.requests().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn the_gateways_limit_waits_what_the_header_says() {
    for status in [200, 400, 429] {
        let limit = Reply::new(status).header("x-ogw-ratelimit-reset", "7.5").body(THROTTLED);
        let mock = replying::<LinkChat>([limit, Reply::example()]);
        // A POST without a key against duplicates: the gateway refused it before it was executed.
        LinkChat::new("oc_1").send(&feishu(&mock)).await.unwrap();
        assert!((7.5..8.6).contains(&waits(&mock)[0]), "{status}: {:?}", waits(&mock));
    }
}

#[tokio::test(start_paused = true)]
async fn a_standard_header_is_honored_as_well() {
    let mock = replying::<LinkChat>([
        Reply::new(429).header("retry-after", "3").body(THROTTLED),
        Reply::example(),
    ]);
    LinkChat::new("oc_1").send(&feishu(&mock)).await.unwrap();
    assert!((3.0..4.1).contains(&waits(&mock)[0]), "{:?}", waits(&mock));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_service_backs_off_for_as_long_as_the_call_may_take() {
    let limit = || Reply::new(400).body(r#"{"code":232019,"msg":"rate limited"}"#);
    let mock = replying::<LinkChat>([limit(), limit(), limit(), limit(), Reply::example()]);
    let response = LinkChat::new("oc_1").send(&feishu(&mock)).with_meta().await.unwrap();
    // Refusals were not executed, so they are no attempts in the sense of `max_attempts`.
    assert_eq!((mock.requests().len(), response.attempts), (5, 5));
    for (wait, least) in waits(&mock).into_iter().zip([1.0, 2.0, 4.0, 8.0]) {
        assert!((least..least + 1.5).contains(&wait), "{:?}", waits(&mock));
    }

    let mock = replying::<LinkChat>([limit()]);
    let start = Instant::now();
    let error = LinkChat::new("oc_1").send(&feishu(&mock)).await.unwrap_err();
    assert!(error.is_throttled() && error.is_retryable() && error.attempts() <= 6, "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(30));

    let mock = replying::<LinkChat>([limit()]);
    let once = with(&mock, |it| it.max_attempts(1));
    LinkChat::new("oc_1").send(&once).await.unwrap_err();
    assert_eq!(mock.requests().len(), 1);
    let mock = replying::<LinkChat>([limit()]);
    LinkChat::new("oc_1").send(&feishu(&mock)).retries(false).await.unwrap_err();
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_fails_at_once() {
    let mock = replying::<LinkChat>([Reply::new(429)
        .header("x-ogw-ratelimit-reset", "31")
        .body(THROTTLED)]);
    let start = Instant::now();
    let error = LinkChat::new("oc_1").send(&feishu(&mock)).await.unwrap_err();
    assert_eq!((start.elapsed(), mock.requests().len()), (Duration::ZERO, 1));
    assert!(error.is_throttled());
    assert_eq!(error.api().unwrap().retry_after(), Some(Duration::from_secs(31)));
}

#[tokio::test(start_paused = true)]
async fn dingtalks_limit_waits_a_second_and_sends_again() {
    let body = r#"{"code":"Forbidden.AccessDenied.QpsLimitForApi","message":"x"}"#;
    let mock = replying::<SendLink>([Reply::new(403).body(body), Reply::example()]);
    send_link().send(&dingtalk(&mock)).await.unwrap();
    assert!((1.0..2.1).contains(&waits(&mock)[0]), "{:?}", waits(&mock));
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_never_sent_against() {
    let mock = replying::<GetChat>([Reply::new(429).body(r#"{"code":99991403,"msg":"quota"}"#)]);
    let error = GetChat::new("oc_1").send(&feishu(&mock)).await.unwrap_err();
    assert_eq!((error.kind(), mock.requests().len()), (ErrorKind::QuotaExceeded, 1));

    let body = r#"{"code":"Forbidden.AccessDenied.ApiCountLimitForOrg","message":"x"}"#;
    let mock = replying::<SendLink>([Reply::new(403).body(body)]);
    let error = send_link().send(&dingtalk(&mock)).await.unwrap_err();
    assert_eq!((error.kind(), mock.requests().len()), (ErrorKind::QuotaExceeded, 1));
}

#[tokio::test(start_paused = true)]
async fn a_ban_ends_the_call() {
    for ban in
        [Reply::new(403).body(r#"{"status":1111,"punish":"deny"}"#), Reply::new(403).body("<html>")]
    {
        let mock = replying::<SendLink>([ban]);
        let error = send_link().send(&dingtalk(&mock)).await.unwrap_err();
        assert_eq!((error.is_throttled(), mock.requests().len()), (true, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_executed_is_not_sent_again() {
    for failure in failures() {
        let mock = replying::<LinkChat>([failure]);
        LinkChat::new("oc_1").send(&feishu(&mock)).await.unwrap_err();
        assert_eq!(mock.requests().len(), 1);
    }
    for failure in failures() {
        let mock = replying::<SendLink>([failure]);
        send_link().send(&dingtalk(&mock)).await.unwrap_err();
        assert_eq!(mock.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_no_harm_twice_is_sent_again() {
    for failure in failures() {
        let mock = replying::<GetChat>([failure, Reply::example()]);
        GetChat::new("oc_1").send(&feishu(&mock)).await.unwrap();
        assert_eq!(mock.requests().len(), 2);
    }
    for failure in failures() {
        let mock = replying::<LinkChat>([failure, Reply::example()]);
        LinkChat::new("oc_1").send(&feishu(&mock)).idempotent(true).await.unwrap();
        assert_eq!(mock.requests().len(), 2);
    }
    let mock = replying::<GetChat>([Reply::reset()]);
    GetChat::new("oc_1").send(&feishu(&mock)).idempotent(false).await.unwrap_err();
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_update_before_the_answer_to_a_callback_is_sent_again_on_request() {
    let early = Reply::error("200810");
    let mock = replying::<UpdateCard>([early.clone(), early, Reply::example()]);
    let (update, client) = (UpdateCard::new("c-1", json!({})), feishu(&mock));
    let error = update.send(&client).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::CardActionPending));
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unavailable, 1));
    update.send(&client).idempotent(true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_always_sent_again() {
    let mock = replying::<LinkChat>([Reply::refuse(), Reply::refuse(), Reply::example()]);
    let answer = LinkChat::new("oc_1").send(&feishu(&mock)).with_meta().await.unwrap();
    assert_eq!((mock.requests().len(), answer.attempts), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_did_wrong_is_not_sent_again() {
    for code in [99992402, 99991672, 99991668, 232009, 1] {
        let body = format!(r#"{{"code":{code},"msg":"x"}}"#);
        let mock = replying::<GetChat>([Reply::new(400).body(body)]);
        mock.accept_user_token("u-1");
        let user = feishu(&mock).as_user("u-1");
        GetChat::new("oc_1").send(&user).await.unwrap_err();
        assert_eq!(mock.requests().len(), 1, "{code}");
    }
    let mock = replying::<GetChat>([Reply::new(200).body(r#"{"code":0,"data":7}"#)]);
    let error = GetChat::new("oc_1").send(&feishu(&mock)).await.unwrap_err();
    assert_eq!((error.kind(), mock.requests().len()), (ErrorKind::Decode, 1));
}

#[tokio::test(start_paused = true)]
async fn attempts_and_their_time_can_be_limited() {
    let mock = replying::<GetChat>([Reply::stall(), Reply::example()]);
    let client = with(&mock, |it| it.attempt_timeout(Duration::from_secs(4)));
    GetChat::new("oc_1").send(&client).await.unwrap();
    assert!((4.0..4.6).contains(&waits(&mock)[0]), "{:?}", waits(&mock));

    let mock = replying::<GetChat>([Reply::reset()]);
    let client = with(&mock, |it| it.max_attempts(1));
    GetChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_call_covers_the_fetch_of_its_token() {
    let mock = MockPlatform::in_process();
    let fetch = "/open-apis/auth/v3/tenant_access_token/internal";
    mock.on_path::<Feishu>(Method::Post, fetch).respond(Reply::stall());
    let call = LinkChat::new("oc_1").send(&feishu(&mock)).timeout(Duration::from_secs(12));
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
}

#[tokio::test(start_paused = true)]
async fn a_budget_ends_a_storm_of_retries() {
    let mock = replying::<GetChat>([Reply::refuse()]);
    let client = feishu(&mock);
    for _ in 0..200 {
        GetChat::new("oc_1").send(&client).await.unwrap_err();
    }
    // 200 first attempts, a hundred retries saved up, one for every ten calls, and one for every
    // ten seconds.
    assert!((300..=330).contains(&mock.requests().len()), "{}", mock.requests().len());
}

/// Decides and waits as it is told.
#[derive(Debug)]
struct Stubborn(Duration);

impl RetryPolicy for Stubborn {
    fn decide(&self, state: &RetryState<'_>) -> Decision {
        assert!(state.attempts > 0 && state.remaining <= Duration::from_secs(30));
        Decision::Retry
    }
}

impl Backoff for Stubborn {
    fn wait(&self, _: &RetryState<'_>) -> Duration {
        self.0
    }
}

/// Fails in the hand of its user.
#[derive(Debug)]
struct Broken;

impl RetryPolicy for Broken {
    fn decide(&self, _: &RetryState<'_>) -> Decision {
        panic!("a bug of the user's");
    }
}

impl Backoff for Broken {
    fn wait(&self, _: &RetryState<'_>) -> Duration {
        panic!("a bug of the user's");
    }
}

fn stubborn(mock: &MockPlatform, wait: Duration) -> feishu_im::Client {
    with(mock, |it| it.retry_policy(Stubborn(wait)).backoff(Stubborn(wait)))
}

#[tokio::test(start_paused = true)]
async fn the_policy_and_the_backoff_can_be_replaced() {
    let transient =
        || Reply::new(400).body(r#"{"code":230006,"msg":"bot ability is not activated"}"#);
    let mock = replying::<LinkChat>([
        transient(),
        transient(),
        transient(),
        transient(),
        Reply::example(),
    ]);
    let client = stubborn(&mock, Duration::from_millis(700));
    LinkChat::new("oc_1").send(&client).await.unwrap();
    assert_eq!(waits(&mock), [0.7; 4]);
}

#[tokio::test(start_paused = true)]
async fn no_policy_outlasts_the_call() {
    for wait in [Duration::ZERO, Duration::from_secs(3), Duration::MAX] {
        for (failure, reply) in [
            ("limited", Reply::new(429).body(THROTTLED)),
            ("away", Reply::new(503).delay(Duration::from_secs(1))),
        ] {
            let mock = replying::<LinkChat>([reply]);
            let client = stubborn(&mock, wait);
            let start = Instant::now();
            LinkChat::new("oc_1").send(&client).await.unwrap_err();
            assert!(start.elapsed() <= Duration::from_secs(30), "{wait:?}, {failure}");
            let requests = mock.requests().len();
            assert!(requests <= 31, "{wait:?}, {failure}: {requests}");
        }
    }
    // A spin without any wait ends with the budget.
    let mock = replying::<LinkChat>([Reply::refuse()]);
    LinkChat::new("oc_1").send(&stubborn(&mock, Duration::ZERO)).await.unwrap_err();
    assert_eq!(mock.requests().len(), 101);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_panics_ends_the_call_with_its_error() {
    for policy in [true, false] {
        let mock = replying::<LinkChat>([Reply::refuse(), Reply::example()]);
        let client = with(&mock, |it| match policy {
            true => it.retry_policy(Broken),
            false => it.backoff(Broken),
        });
        let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
        assert_eq!((error.kind(), mock.requests().len()), (ErrorKind::Connect, 1));
        LinkChat::new("oc_1").send(&client).await.unwrap();
    }
}

/// A message that the platform executes once, however often it is sent.
struct SendMessage {
    uuid: Option<String>,
    in_query: bool,
}

impl Operation for SendMessage {
    type Vendor = Feishu;
    type Output = ();
    const META: &'static OperationMeta =
        &OperationMeta::new("test.send", Method::Post, "/open-apis/test/messages");

    fn encode(&self, parts: &mut Parts) {
        if self.in_query {
            parts.dedupe_query("uuid", &self.uuid, 50);
        } else {
            parts.body().field("text", "hello").dedupe("uuid", &self.uuid, 50);
        }
    }
}

impl AcceptsAppToken for SendMessage {}

#[tokio::test(start_paused = true)]
async fn specs_say_what_may_be_sent_again() {
    // A PATCH that its spec calls idempotent.
    let mock = replying::<HoldParcel>([Reply::reset(), Reply::example()]);
    HoldParcel::new("P-1").send(&feishu(&mock)).await.unwrap();
    assert_eq!(mock.requests().len(), 2);

    // A POST with a key against duplicates in its query.
    let parcel = SendParcel::new(SendParcelRequired {
        sender: "Ann",
        receiver: "Bob",
        to: Address::new(AddressRequired { street: "High Street 1", city: "Springfield" }),
        labels: &[],
        speed: Speed::Slow,
    });
    let sent = || Reply::new(200).body(r#"{"code":0,"data":{"number":"P-1"}}"#);
    let mock = replying::<SendParcel>([Reply::stall(), sent(), sent()]);
    parcel.send(&feishu(&mock)).await.unwrap();
    parcel.send(&feishu(&mock)).await.unwrap();
    let targets = targets(&mock);
    assert!(targets[0].contains("?uuid="), "{targets:?}");
    assert_eq!(targets[0], targets[1], "the same key for every attempt");
    assert_ne!(targets[1], targets[2], "another key for another call");
}

#[tokio::test(start_paused = true)]
async fn a_key_against_duplicates_makes_sending_again_safe() {
    for failure in failures() {
        let mock = replying::<SendMessage>([failure, Reply::example(), Reply::example()]);
        let client = feishu(&mock);
        client.call(&SendMessage { uuid: None, in_query: false }).await.unwrap();
        client.call(&SendMessage { uuid: None, in_query: false }).await.unwrap();
        let bodies: Vec<_> = mock.requests().into_iter().map(|request| request.body).collect();
        assert_eq!(bodies[0], bodies[1], "the same key for every attempt");
        assert_ne!(bodies[1], bodies[2], "another key for another call");
        let body: serde_json::Value = serde_json::from_slice(&bodies[0]).unwrap();
        assert_eq!(body["uuid"].as_str().unwrap().len(), 36);
    }
    let mock = replying::<SendMessage>([Reply::reset(), Reply::example(), Reply::example()]);
    let client = feishu(&mock);
    client.call(&SendMessage { uuid: None, in_query: true }).await.unwrap();
    let mine = SendMessage { uuid: Some("mine".into()), in_query: true };
    client.call(&mine).await.unwrap();
    let targets = targets(&mock);
    assert_eq!(targets[0], targets[1]);
    assert!(targets[2].ends_with("?uuid=mine"), "{targets:?}");
}
