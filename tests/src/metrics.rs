//! What metrics are told, and what OpenTelemetry makes of it. The clock is paused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use feishu_im::ErrorKind;
use feishu_im::chat::{GetChat, LinkChat};
use feishu_im::content::Text;
use feishu_im::events::{Answer, Event, Listener};
use feishu_im::message::{CreateMessage, ReceiveId};
use openplat_core::events::{EventHeader, EventSchema, Outcome, RawEvent};
use openplat_core::metrics::{
    AttemptEnded, CallEnded, EventHandled, EventOutcome, Metrics, RateLimited, TokenFetched,
    WaitReason, Waited,
};
use openplat_core::{Method, Pacing, Rate, Upload};
use openplat_mock::{MockPlatform, Reply};
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};

use crate::in_process::{Through, replying};

#[path = "../examples/metrics_opentelemetry.rs"]
#[allow(dead_code, reason = "`main` is not called")]
mod example;

const THROTTLED: &str = r#"{"code":99991400,"msg":"request trigger frequency limit"}"#;

fn throttled() -> Reply {
    Reply::new(400).body(THROTTLED)
}

/// Keeps a line for each fact.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl Kept {
    fn keep(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn kind(error: Option<&feishu_im::Error>) -> Option<ErrorKind> {
    error.map(feishu_im::Error::kind)
}

impl Metrics for Kept {
    fn call_ended(&self, call: &CallEnded<'_>) {
        let (elapsed, error) = (call.elapsed.as_secs(), kind(call.error));
        self.keep(format!("call {} {} {elapsed}s {error:?}", call.operation, call.attempts));
    }

    fn attempt_ended(&self, attempt: &AttemptEnded<'_>) {
        assert!(!attempt.path_template.contains("oc_1"), "{attempt:?}");
        let AttemptEnded { operation, method, number, status, error, .. } = *attempt;
        if let Some(error) = error {
            assert_eq!((error.operation(), error.attempts()), (Some(operation), number), "{error}");
        }
        let (method, error) = (method.as_str(), kind(error));
        self.keep(format!("attempt {operation} {method} {number} {status:?} {error:?}"));
    }

    fn waited(&self, wait: &Waited<'_>) {
        let reason = match wait.reason {
            WaitReason::Retry(error) => {
                assert!(error.attempts() > 0, "{error}");
                format!("{:?}", error.kind())
            }
            reason => format!("{reason:?}"),
        };
        self.keep(format!("wait {} {}s {reason}", wait.operation, wait.elapsed.as_secs()));
    }

    fn rate_limited(&self, limit: &RateLimited<'_>) {
        self.keep(format!("limit {} {}", limit.operation, limit.is_ban));
    }

    fn token_fetched(&self, fetch: &TokenFetched<'_>) {
        assert!(fetch.error.is_none_or(|error| error.attempts() > 0), "{fetch:?}");
        self.keep(format!("token {} {:?}", fetch.kind, kind(fetch.error)));
    }

    fn event_handled(&self, event: &EventHandled<'_>) {
        let (elapsed, outcome) = (event.elapsed.as_secs(), event.outcome);
        self.keep(format!("event {} {elapsed}s {outcome:?}", event.event_type));
    }
}

fn client(mock: &MockPlatform, metrics: Arc<dyn Metrics>) -> feishu_im::ClientBuilder {
    let builder = feishu_im::Client::builder("cli_1", "secret").transport(mock.transport());
    builder.metrics(metrics)
}

#[tokio::test(start_paused = true)]
async fn a_call_is_told_with_its_attempts_its_waits_and_its_token() {
    let metrics = Arc::new(Kept::default());
    let mock = replying::<GetChat>([throttled(), Reply::example(), Reply::error("232009")]);
    let client = client(&mock, metrics.clone()).build().unwrap();

    GetChat::new("oc_1").send(&client).await.unwrap();
    let told = metrics.take();
    let [token, refused, limit, wait, .., accepted, call] = &told[..] else { panic!("{told:#?}") };
    assert_eq!(token, "token tenant None");
    assert_eq!(refused, "attempt im.v1.chat.get GET 1 Some(400) Some(Throttled)");
    assert_eq!(limit, "limit im.v1.chat.get false");
    assert_eq!(wait, "wait im.v1.chat.get 1s Throttled");
    assert_eq!(accepted, "attempt im.v1.chat.get GET 2 Some(200) None");
    assert!(["call im.v1.chat.get 2 1s None", "call im.v1.chat.get 2 2s None"].contains(&&**call));

    GetChat::new("oc_1").send(&client).await.unwrap_err();
    let told = metrics.take();
    assert!(told.last().unwrap().starts_with("call im.v1.chat.get 1 "), "{told:#?}");
    assert!(told.last().unwrap().ends_with(" Some(Rejected)"), "{told:#?}");
}

/// The platform's own meaning of the status is another one.
#[tokio::test(start_paused = true)]
async fn an_attempt_fails_as_the_codes_of_its_api_say() {
    let metrics = Arc::new(Kept::default());
    let mock = replying::<CreateMessage>([Reply::error("230020"), Reply::example()]);
    let client = client(&mock, metrics.clone()).build().unwrap();
    let message = CreateMessage::with_content(ReceiveId::chat("oc_1"), Text::new("hi"));
    message.send(&client).await.unwrap();
    let told = metrics.take();
    assert_eq!(told[1], "attempt im.v1.message.create POST 1 Some(400) Some(Throttled)");
    assert!(told.last().unwrap().starts_with("call im.v1.message.create 2 "), "{told:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_received_failure_was_sent() {
    let metrics = Arc::new(Kept::default());
    let mock = replying::<GetChat>([Reply::new(503), Reply::example()]);
    let client = client(&mock, metrics.clone()).build().unwrap();
    GetChat::new("oc_1").send(&client).await.unwrap();
    let told = metrics.take();
    assert_eq!(told[1], "attempt im.v1.chat.get GET 1 Some(503) Some(Unavailable)");
    assert!(told[2].starts_with("wait im.v1.chat.get ") && told[2].ends_with(" Unavailable"));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_the_end_of_its_call_cuts_off_is_told() {
    let metrics = Arc::new(Kept::default());
    let late = Reply::example().delay(Duration::from_secs(60));
    let mock = replying::<GetChat>([Reply::new(503), late]);
    let client = client(&mock, metrics.clone()).build().unwrap();
    let get = GetChat::new("oc_1").send(&client).timeout(Duration::from_secs(9));
    let error = get.await.unwrap_err();
    assert!(error.last_attempt().is_some(), "{error}");
    let told = metrics.take();
    let [_, _, _, attempt, call] = &told[..] else { panic!("{told:#?}") };
    assert_eq!(attempt, "attempt im.v1.chat.get GET 2 None Some(Timeout)");
    assert_eq!(call, "call im.v1.chat.get 2 9s Some(Timeout)");

    let panicking = Through(async |_| panic!("a transport of the user's own"));
    let builder = feishu_im::Client::builder("cli_1", "secret").transport(panicking);
    let client = builder.metrics(metrics.clone()).build().unwrap().with_token("t-1");
    GetChat::new("oc_1").send(&client).await.unwrap_err();
    let told = metrics.take();
    assert_eq!(told[0], "attempt im.v1.chat.get GET 1 None Some(Configuration)");
    assert_eq!(told[1], "call im.v1.chat.get 1 0s Some(Configuration)");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_not_told() {
    let metrics = Arc::new(Kept::default());
    let mock = replying::<GetChat>([Reply::example().delay(Duration::from_secs(9))]);
    let client = client(&mock, metrics.clone()).build().unwrap();
    let get = GetChat::new("oc_1").send(&client);
    tokio::time::timeout(Duration::from_secs(1), get).await.unwrap_err();
    assert_eq!(metrics.take(), ["token tenant None"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_fetch_of_a_token_is_told_once_and_no_fetch_is_not() {
    let metrics = Arc::new(Kept::default());
    let mock = replying::<GetChat>([Reply::example()]);
    let path = "/open-apis/auth/v3/tenant_access_token/internal";
    let fetches = mock.on_path::<openplat_core::Feishu>(Method::Post, path).without_token();
    fetches
        .respond(Reply::new(200).body(r#"{"code":10003,"msg":"invalid app_id"}"#))
        .respond(Reply::new(200).body("{}"))
        .respond(Reply::new(200).body("{}").delay(Duration::from_secs(90)));
    let build = || client(&mock, metrics.clone()).max_attempts(1).build().unwrap();
    for failure in ["Configuration", "Decode", "Timeout"] {
        let error = GetChat::new("oc_1").send(&build()).await.unwrap_err();
        assert!(error.was_not_sent(), "{error}");
        let told = metrics.take();
        let [token, call] = &told[..] else { panic!("{told:#?}") };
        assert_eq!(token, &format!("token tenant Some({failure})"));
        assert!(call.starts_with("call im.v1.chat.get 0 "), "{call}");
    }

    let client = build();
    let user = client.as_user_with(client.user_session("no one"));
    GetChat::new("oc_1").send(&user).await.unwrap_err();
    assert_eq!(metrics.take(), ["call im.v1.chat.get 0 0s Some(Unauthenticated)"]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_opened_is_not_sent() {
    let metrics = Arc::new(Kept::default());
    let mock = MockPlatform::in_process();
    let client = dingtalk_storage::Client::builder("ding", "secret").transport(mock.transport());
    let client = client.metrics(metrics.clone()).build().unwrap();
    let put = async |file| {
        let url = "https://storage.example/file";
        client.put_signed(url, &BTreeMap::new(), &file).await
    };
    let error = put(Upload::from_path("/no/such/file")).await.unwrap_err();
    assert!(error.was_not_sent(), "{error:?}");
    assert_eq!(metrics.take(), ["call PUT storage.example 0 0s Some(File)"]);

    mock.on_path::<openplat_core::DingTalk>(Method::Put, "/file")
        .without_token()
        .respond(Reply::new(503))
        .respond(Reply::new(200));
    put(Upload::from_bytes("text")).await.unwrap();
    let told = metrics.take();
    let [failed, _, accepted, call] = &told[..] else { panic!("{told:#?}") };
    assert_eq!(failed, "attempt PUT storage.example PUT 1 Some(503) Some(Unavailable)");
    assert_eq!(accepted, "attempt PUT storage.example PUT 2 Some(200) None");
    assert!(call.starts_with("call PUT storage.example 2 "), "{call}");
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_output_cannot_be_decoded_has_failed() {
    let metrics = Arc::new(Kept::default());
    let mock = MockPlatform::in_process();
    mock.on_path::<openplat_core::Feishu>(Method::Get, "/open-apis/x").data("text".into());
    let client = client(&mock, metrics.clone()).build().unwrap();
    client.raw(Method::Get, "/open-apis/x").send::<u8>().await.unwrap_err();
    let told = metrics.take();
    let [_, attempt, call] = &told[..] else { panic!("{told:#?}") };
    assert_eq!(attempt, "attempt GET /open-apis/x GET 1 Some(200) None");
    assert_eq!(call, "call GET /open-apis/x 1 0s Some(Decode)");
}

#[tokio::test(start_paused = true)]
async fn pacing_is_a_wait_for_a_limit() {
    let metrics = Arc::new(Kept::default());
    let mock = replying::<GetChat>([Reply::example()]);
    let pacing = Pacing::documented().at_most(Rate::new(1, 5));
    let client = client(&mock, metrics.clone()).pacing(pacing).build().unwrap();
    GetChat::new("oc_1").send(&client).await.unwrap();
    assert!(!metrics.take().iter().any(|line| line.starts_with("wait")));
    GetChat::new("oc_1").send(&client).await.unwrap();
    assert_eq!(metrics.take()[0], "wait im.v1.chat.get 5s RateLimit");
}

#[tokio::test(start_paused = true)]
async fn an_event_is_told_with_its_outcome() {
    let metrics = Arc::new(Kept::default());
    let bot = Listener::new(|event: Event| async move {
        tokio::time::sleep(Duration::from_secs(2)).await;
        match event.header().event_type.as_str() {
            "good" => Ok(Answer::default()),
            _ => Err("no"),
        }
    });
    let bot = bot.metrics(metrics.clone());
    for (event_type, outcome) in [
        ("good", EventOutcome::Handled),
        ("good", EventOutcome::Repeated),
        ("bad", EventOutcome::Failed),
    ] {
        let mut header = EventHeader::new(EventSchema::V2, event_type);
        header.id = Some(event_type.to_owned());
        bot.hear(RawEvent::new(header, "{}")).await;
        let elapsed = if outcome == EventOutcome::Repeated { 0 } else { 2 };
        assert_eq!(metrics.take(), [format!("event {event_type} {elapsed}s {outcome:?}")]);
    }
}

struct Panicking;

impl Metrics for Panicking {
    fn call_ended(&self, _: &CallEnded<'_>) {
        panic!("of the program's own");
    }

    fn attempt_ended(&self, _: &AttemptEnded<'_>) {
        panic!("of the program's own");
    }

    fn waited(&self, _: &Waited<'_>) {
        panic!("of the program's own");
    }

    fn rate_limited(&self, _: &RateLimited<'_>) {
        panic!("of the program's own");
    }

    fn token_fetched(&self, _: &TokenFetched<'_>) {
        panic!("of the program's own");
    }

    fn event_handled(&self, _: &EventHandled<'_>) {
        panic!("of the program's own");
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_that_panic_change_nothing() {
    let mock = replying::<LinkChat>([throttled(), Reply::new(503), Reply::example()]);
    let client = client(&mock, Arc::new(Panicking)).build().unwrap();
    LinkChat::new("oc_1").send(&client).idempotent(true).await.unwrap();
    let bot = Listener::new(|_: Event| async { Ok::<_, feishu_im::Error>(()) });
    let event = RawEvent::new(EventHeader::new(EventSchema::V2, "any"), "{}");
    let outcome = bot.metrics(Arc::new(Panicking)).hear(event).await;
    assert_eq!(outcome, Outcome::Handled(Answer::default()));
}

#[tokio::test(start_paused = true)]
async fn the_example_exports_a_series_for_each_operation() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = lines.clone();
    let exporter = example::Lines(move |line| kept.lock().unwrap().push(line));
    let provider =
        SdkMeterProvider::builder().with_reader(PeriodicReader::builder(exporter).build()).build();
    let metrics = Arc::new(example::OpenTelemetry::new(&provider.meter("openplat")));
    let mock = replying::<GetChat>([throttled(), Reply::example(), Reply::error("232009")]);
    let client = client(&mock, metrics.clone()).build().unwrap();
    example::run(&client, "oc_1").await.unwrap();
    example::run(&client, "oc_1").await.unwrap_err();
    let bot = Listener::new(|_: Event| async { Ok::<_, feishu_im::Error>(()) }).metrics(metrics);
    bot.hear(RawEvent::new(EventHeader::new(EventSchema::V2, "any"), "{}")).await;
    provider.shutdown().unwrap();

    let lines = lines.lock().unwrap().join("\n");
    for line in [
        "openplat.call.duration{openplat.operation=im.v1.chat.get}: 1 times",
        "openplat.call.duration{error.type=Rejected openplat.operation=im.v1.chat.get}: 1 times",
        "openplat.attempt.duration{error.type=Throttled http.request.method=GET \
         http.response.status_code=400 openplat.operation=im.v1.chat.get}: 1 times",
        "openplat.attempt.duration{http.request.method=GET http.response.status_code=200 \
         openplat.operation=im.v1.chat.get}: 1 times",
        "openplat.wait.duration{openplat.operation=im.v1.chat.get openplat.reason=retry}: 1 times",
        "openplat.rate_limits{openplat.operation=im.v1.chat.get}: 1",
        "openplat.token_fetch.duration{openplat.token=tenant}: 1 times",
        "openplat.event.duration{openplat.event=any openplat.outcome=handled}: 1 times",
    ] {
        assert!(lines.lines().any(|exported| exported == line), "{line} is missing in\n{lines}");
    }
}
