//! When a call is sent again, and after how long. The clock is paused.

use std::time::Duration;

use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use feishu_im::ErrorKind;
use feishu_im::chat::{GetChat, LinkChat};
use openplat_core::{
    AcceptsAppToken, Backoff, Decision, Feishu, Method, Operation, OperationMeta, Parts,
    RetryPolicy, RetryState, Sender,
};
use showcase::parcel::{HoldParcel, SendParcel, SendParcelRequired, Speed};
use showcase::types::{Address, AddressRequired};

use crate::script::{Script, Step, answer, late, ok};

const THROTTLED: &str = r#"{"code":99991400,"msg":"request trigger frequency limit"}"#;

fn send_link() -> SendLink {
    SendLink::new(SendLinkRequired {
        union_id: "me",
        space_id: "786",
        dentry_id: "908",
        open_conversation_id: "cid",
    })
}

/// What a gateway, a proxy or a network may do to a request that it did not execute for sure.
fn failures() -> Vec<Step> {
    vec![
        answer(500, &[], r#"{"code":2200,"msg":"internal"}"#),
        answer(502, &[], "<html>"),
        answer(503, &[], ""),
        Step::Break,
        Step::Stall,
    ]
}

#[tokio::test(start_paused = true)]
async fn the_gateways_limit_waits_what_the_header_says() {
    for status in [200, 400, 429] {
        let limit = answer(status, &[("x-ogw-ratelimit-reset", "7.5")], THROTTLED);
        let script = Script::new([limit, ok()]);
        // A POST without a key against duplicates: the gateway refused it before it was executed.
        LinkChat::new("oc_1").send(&script.feishu()).await.unwrap();
        assert!((7.5..8.5).contains(&script.waits()[0]), "{status}: {:?}", script.waits());
    }
}

#[tokio::test(start_paused = true)]
async fn a_standard_header_is_honoured_as_well() {
    let script = Script::new([answer(429, &[("retry-after", "3")], THROTTLED), ok()]);
    LinkChat::new("oc_1").send(&script.feishu()).await.unwrap();
    assert!((3.0..4.0).contains(&script.waits()[0]), "{:?}", script.waits());
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_service_backs_off_for_as_long_as_the_call_may_take() {
    let limit = || answer(400, &[], r#"{"code":232019,"msg":"rate limited"}"#);
    let script = Script::new((0..4).map(|_| limit()).chain([ok()]));
    let response = LinkChat::new("oc_1").send(&script.feishu()).with_meta().await.unwrap();
    // Refusals were not executed, so they are no attempts in the sense of `max_attempts`.
    assert_eq!((script.count(), response.attempts), (5, 5));
    for (wait, least) in script.waits().into_iter().zip([1.0, 2.0, 4.0, 8.0]) {
        assert!((least..least + 1.5).contains(&wait), "{:?}", script.waits());
    }

    let script = Script::new((0..100).map(|_| limit()));
    let start = tokio::time::Instant::now();
    let error = LinkChat::new("oc_1").send(&script.feishu()).await.unwrap_err();
    assert!(error.is_throttled() && error.is_retryable() && error.attempts() <= 6, "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(30));

    let script = Script::new([limit()]);
    let builder = feishu_im::Client::builder("cli_1", "secret").transport(script.clone());
    let client = builder.max_attempts(1).build().unwrap();
    LinkChat::new("oc_1").send(&client).await.unwrap_err();
    let script = Script::new([limit()]);
    LinkChat::new("oc_1").send(&script.feishu()).retries(false).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_fails_at_once() {
    let script = Script::new([answer(429, &[("x-ogw-ratelimit-reset", "31")], THROTTLED)]);
    let started = tokio::time::Instant::now();
    let error = LinkChat::new("oc_1").send(&script.feishu()).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(error.is_throttled());
    assert_eq!(error.api().unwrap().retry_after(), Some(Duration::from_secs(31)));
}

#[tokio::test(start_paused = true)]
async fn dingtalks_limit_waits_a_second_and_sends_again() {
    let body = r#"{"code":"Forbidden.AccessDenied.QpsLimitForApi","message":"x"}"#;
    let script = Script::new([answer(403, &[], body), answer(200, &[], "{}")]);
    send_link().send(&script.dingtalk()).await.unwrap();
    assert!((1.0..2.0).contains(&script.waits()[0]), "{:?}", script.waits());
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_never_sent_against() {
    let script = Script::new([answer(429, &[], r#"{"code":99991403,"msg":"quota"}"#)]);
    let error = GetChat::new("oc_1").send(&script.feishu()).await.unwrap_err();
    assert_eq!((error.kind(), script.count()), (ErrorKind::QuotaExceeded, 1));

    let body = r#"{"code":"Forbidden.AccessDenied.ApiCountLimitForOrg","message":"x"}"#;
    let script = Script::new([answer(403, &[], body)]);
    let error = send_link().send(&script.dingtalk()).await.unwrap_err();
    assert_eq!((error.kind(), script.count()), (ErrorKind::QuotaExceeded, 1));
}

#[tokio::test(start_paused = true)]
async fn a_ban_ends_the_call() {
    for ban in [answer(403, &[], r#"{"status":1111,"punish":"deny"}"#), answer(403, &[], "<html>")]
    {
        let script = Script::new([ban]);
        let error = send_link().send(&script.dingtalk()).await.unwrap_err();
        assert_eq!((error.is_throttled(), script.count()), (true, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_executed_is_not_sent_again() {
    for failure in failures() {
        let script = Script::new([failure]);
        LinkChat::new("oc_1").send(&script.feishu()).await.unwrap_err();
        assert_eq!(script.count(), 1);
    }
    for failure in failures() {
        let script = Script::new([failure]);
        send_link().send(&script.dingtalk()).await.unwrap_err();
        assert_eq!(script.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_no_harm_twice_is_sent_again() {
    for failure in failures() {
        let script = Script::new([failure, ok()]);
        GetChat::new("oc_1").send(&script.feishu()).await.unwrap();
        assert_eq!(script.count(), 2);
    }
    for failure in failures() {
        let script = Script::new([failure, ok()]);
        LinkChat::new("oc_1").send(&script.feishu()).idempotent(true).await.unwrap();
        assert_eq!(script.count(), 2);
    }
    let script = Script::new([Step::Break]);
    GetChat::new("oc_1").send(&script.feishu()).idempotent(false).await.unwrap_err();
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_always_sent_again() {
    let script = Script::new([Step::Refuse, Step::Refuse, ok()]);
    let answer = LinkChat::new("oc_1").send(&script.feishu()).with_meta().await.unwrap();
    assert_eq!((script.count(), answer.attempts), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_did_wrong_is_not_sent_again() {
    for code in [99992402, 99991672, 99991668, 232009, 1] {
        let body = format!(r#"{{"code":{code},"msg":"x"}}"#);
        let script = Script::new([answer(400, &[], &body)]);
        let user = script.feishu().as_user("u-1");
        GetChat::new("oc_1").send(&user).await.unwrap_err();
        assert_eq!(script.count(), 1, "{code}");
    }
    let script = Script::new([answer(200, &[], r#"{"code":0,"data":7}"#)]);
    let error = GetChat::new("oc_1").send(&script.feishu()).await.unwrap_err();
    assert_eq!((error.kind(), script.count()), (ErrorKind::Decode, 1));
}

#[tokio::test(start_paused = true)]
async fn attempts_and_their_time_can_be_limited() {
    let script = Script::new([Step::Stall, ok()]);
    let client = feishu_im::Client::builder("cli_1", "secret")
        .transport(script.clone())
        .attempt_timeout(Duration::from_secs(4))
        .build()
        .unwrap();
    GetChat::new("oc_1").send(&client).await.unwrap();
    assert!((4.0..4.5).contains(&script.waits()[0]), "{:?}", script.waits());

    let script = Script::new([Step::Break]);
    let client = feishu_im::Client::builder("cli_1", "secret")
        .transport(script.clone())
        .max_attempts(1)
        .build()
        .unwrap();
    GetChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_call_covers_the_fetch_of_its_token() {
    let script = Script::new([Step::Stall, Step::Stall]).with_tokens();
    let call = LinkChat::new("oc_1").send(&script.feishu()).timeout(Duration::from_secs(12));
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
}

#[tokio::test(start_paused = true)]
async fn a_budget_ends_a_storm_of_retries() {
    let script = Script::new((0..1000).map(|_| Step::Refuse));
    let client = script.feishu();
    for _ in 0..200 {
        GetChat::new("oc_1").send(&client).await.unwrap_err();
    }
    // 200 first attempts, a hundred retries saved up, one for every ten calls, and one for every
    // ten seconds.
    assert!((300..=330).contains(&script.count()), "{}", script.count());
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

fn with(
    script: &Script,
    set: impl FnOnce(feishu_im::ClientBuilder) -> feishu_im::ClientBuilder,
) -> feishu_im::Client {
    let builder = feishu_im::Client::builder("cli_1", "secret").transport(script.clone());
    set(builder).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_policy_and_the_backoff_can_be_replaced() {
    let transient = || answer(400, &[], r#"{"code":230006,"msg":"bot ability is not activated"}"#);
    let script = Script::new([transient(), transient(), transient(), transient(), ok()]);
    let wait = Duration::from_millis(700);
    let client = with(&script, |it| it.retry_policy(Stubborn(wait)).backoff(Stubborn(wait)));
    LinkChat::new("oc_1").send(&client).await.unwrap();
    assert_eq!(script.waits(), [0.7; 4]);
}

#[tokio::test(start_paused = true)]
async fn no_policy_outlasts_the_call() {
    for wait in [Duration::ZERO, Duration::from_secs(3), Duration::MAX] {
        for failure in ["limited", "away"] {
            let script = Script::new((0..1000).map(|_| match failure {
                "limited" => answer(429, &[], THROTTLED),
                _ => late(1, answer(503, &[], "")),
            }));
            let client =
                with(&script, |it| it.retry_policy(Stubborn(wait)).backoff(Stubborn(wait)));
            let start = tokio::time::Instant::now();
            LinkChat::new("oc_1").send(&client).await.unwrap_err();
            assert!(start.elapsed() <= Duration::from_secs(30), "{wait:?}, {failure}");
            assert!(script.count() <= 31, "{wait:?}, {failure}: {}", script.count());
        }
    }
    // A spin without any wait ends with the budget.
    let script = Script::new((0..1000).map(|_| Step::Refuse));
    let none = Duration::ZERO;
    let client = with(&script, |it| it.retry_policy(Stubborn(none)).backoff(Stubborn(none)));
    LinkChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(script.count(), 101);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_panics_ends_the_call_with_its_error() {
    for policy in [true, false] {
        let script = Script::new([Step::Refuse, ok()]);
        let client = with(&script, |it| match policy {
            true => it.retry_policy(Broken),
            false => it.backoff(Broken),
        });
        let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
        assert_eq!((error.kind(), script.count()), (ErrorKind::Connect, 1));
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
    let script = Script::new([Step::Break, ok()]);
    HoldParcel::new("P-1").send(&script.feishu()).await.unwrap();
    assert_eq!(script.count(), 2);

    // A POST with a key against duplicates in its query.
    let parcel = SendParcel::new(SendParcelRequired {
        sender: "Ann",
        receiver: "Bob",
        to: Address::new(AddressRequired { street: "High Street 1", city: "Springfield" }),
        labels: &[],
        speed: Speed::Slow,
    });
    let sent = || answer(200, &[], r#"{"code":0,"data":{"number":"P-1"}}"#);
    let script = Script::new([Step::Stall, sent(), sent()]);
    parcel.send(&script.feishu()).await.unwrap();
    parcel.send(&script.feishu()).await.unwrap();
    let targets = script.targets();
    assert!(targets[0].contains("?uuid="), "{targets:?}");
    assert_eq!(targets[0], targets[1], "the same key for every attempt");
    assert_ne!(targets[1], targets[2], "another key for another call");
}

#[tokio::test(start_paused = true)]
async fn a_key_against_duplicates_makes_sending_again_safe() {
    for failure in failures() {
        let script = Script::new([failure, ok(), ok()]);
        let client = script.feishu();
        client.call(&SendMessage { uuid: None, in_query: false }).await.unwrap();
        client.call(&SendMessage { uuid: None, in_query: false }).await.unwrap();
        let bodies = script.bodies();
        assert_eq!(bodies[0], bodies[1], "the same key for every attempt");
        assert_ne!(bodies[1], bodies[2], "another key for another call");
        let body: serde_json::Value = serde_json::from_slice(&bodies[0]).unwrap();
        assert_eq!(body["uuid"].as_str().unwrap().len(), 36);
    }
    let script = Script::new([Step::Break, ok(), ok()]);
    let client = script.feishu();
    client.call(&SendMessage { uuid: None, in_query: true }).await.unwrap();
    let mine = SendMessage { uuid: Some("mine".into()), in_query: true };
    client.call(&mine).await.unwrap();
    let targets = script.targets();
    assert_eq!(targets[0], targets[1]);
    assert!(targets[2].ends_with("?uuid=mine"), "{targets:?}");
}
