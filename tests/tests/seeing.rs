//! What a subscriber of `tracing` sees, and what it must not. A binary of its own: the subscriber is
//! the whole process's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, SystemTime};

use feishu_im::chat::{GetChat, LinkChat, ListChat};
use feishu_im::content::Text;
use feishu_im::file::GetFile;
use feishu_im::message::{CreateMessage, ReceiveId};
use openplat_core::events::{Answer, EventHeader, EventSchema, Listener, RawEvent};
use openplat_core::metrics::{AttemptEnded, Metrics};
use openplat_core::{
    Body, BoxFuture, Client, Clock, DingTalk, Feishu, Method, Token, TokenKey, TokenStore,
    TokenStoreError, Transport, TransportError, Upload, UserToken,
};
use openplat_mock::{MockPlatform, Recorded, Reply};
use serde_json::json;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

use self::tested::Tested;

#[path = "../examples/tracing_terminal.rs"]
#[allow(dead_code, reason = "`main` is not called")]
mod example;
#[path = "../src/tested.rs"]
mod tested;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Keeps each line for the test whose thread writes it.
struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every test begins with this: a callsite that is reached without a subscriber may stay silent.
fn capture() {
    static START: Once = Once::new();
    START.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(|| Lines);
        tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    });
    log();
}

/// Returns what was logged since the last time.
fn log() -> String {
    String::from_utf8(LINES.take()).unwrap()
}

/// Returns the lines of the events that are shown at the default level.
fn told() -> Vec<String> {
    let is_event = |line: &&str| {
        let is_shown = ["INFO", "WARN", "ERROR"].iter().any(|level| line.contains(level));
        let of_spans = [": new", ": enter", ": exit", ": close"];
        is_shown && !of_spans.iter().any(|of_span| line.contains(of_span))
    };
    log().lines().filter(is_event).map(str::to_owned).collect()
}

fn assert_line(line: &str, said: &[&str]) {
    for said in said {
        assert!(line.contains(said), "{said} is missing in\n{line}");
    }
}

fn over(mock: &MockPlatform) -> feishu_im::Client {
    feishu_im::Client::builder("cli_1", "hunter2").transport(mock.transport()).build().unwrap()
}

const THROTTLED: &str = r#"{"code":99991400,"msg":"request trigger frequency limit"}"#;

fn throttled() -> Reply {
    Reply::new(400).body(THROTTLED)
}

#[tokio::test(start_paused = true)]
async fn a_retry_and_a_failure_are_a_line_each() {
    capture();
    let mock = MockPlatform::in_process();
    mock.on::<GetChat>().respond(throttled()).example();
    let client = over(&mock);
    GetChat::new("oc_1").send(&client).await.unwrap();
    let lines = told();
    let [retry] = &lines[..] else { panic!("{lines:#?}") };
    let wait = ["wait=1.", "wait=2s"].into_iter().find(|wait| retry.contains(wait)).unwrap();
    assert_line(
        retry,
        &["INFO openplat_core::flow: retrying", "=\"im.v1.chat.get\" attempt=1", wait, "99991400"],
    );
    GetChat::new("oc_1").send(&client).await.unwrap();
    assert_eq!(told(), [""; 0]);

    mock.on::<LinkChat>().error("232011");
    LinkChat::new("oc_1").send(&client).await.unwrap_err();
    let lines = told();
    let [failure] = &lines[..] else { panic!("{lines:#?}") };
    assert_line(
        failure,
        &[
            "WARN openplat_core::error::log: the call failed openplat.operation=\"im.v1.chat.link\"",
            "error.type=PermissionDenied openplat.code=\"232011\" openplat.log_id=\"mock-",
            "openplat.attempts=1 error=im.v1.chat.link: permission denied: HTTP 400",
            "to the chat and try again.",
        ],
    );
}

/// A transport without a network.
struct Unplugged;

impl Transport for Unplugged {
    fn send(
        &self,
        _: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(ready(Err(TransportError::connect("the cable is out"))))
    }
}

#[tokio::test(start_paused = true)]
async fn every_failure_that_is_returned_is_a_line() {
    capture();
    let mock = MockPlatform::in_process();
    let client = over(&mock);
    let one = |level: &str, said: &str| {
        let lines = told();
        let [line] = &lines[..] else { panic!("{said}: {lines:#?}") };
        assert_line(line, &[level, "openplat_core::error", said]);
    };

    // Before anything is sent.
    GetChat::new("").send(&client).await.unwrap_err();
    one("WARN", "error.type=InvalidRequest");
    // After the response.
    mock.on_path::<Feishu>(Method::Get, "/open-apis/x").data("text".into());
    client.raw(Method::Get, "/open-apis/x").send::<u8>().await.unwrap_err();
    one("ERROR", "error.type=Decode");
    // Something that a person has to change.
    mock.on::<GetChat>().respond(Reply::new(302).header("location", "https://example.com/"));
    GetChat::new("oc_1").send(&client).await.unwrap_err();
    one("ERROR", "error.type=Configuration");
    // Between two pages.
    mock.on::<ListChat>().data(json!({ "items": [], "has_more": true }));
    let mut chats = ListChat::new().items(&client);
    assert!(chats.next().await.unwrap().is_err());
    one("ERROR", "openplat.operation=\"im.v1.chat.list\"");
    // While a file is read.
    let file = Reply::new(200).header("content-type", "image/png").body("12345678");
    mock.on::<GetFile>().respond(file.clone()).respond(file.cut_after(4));
    let download = GetFile::new("file_1").send(&client).await.unwrap();
    download.bytes(4).await.unwrap_err();
    one("WARN", "error.type=LimitExceeded");
    let download = GetFile::new("file_1").send(&client).await.unwrap();
    download.bytes(100).await.unwrap_err();
    one("WARN", "error.type=Transfer");
    // Without a token, for a call and for its own sake.
    let builder = feishu_im::Client::builder("cli_1", "hunter2").max_attempts(1);
    let deaf = builder.transport(Unplugged).build().unwrap();
    GetChat::new("oc_1").send(&deaf).await.unwrap_err();
    one("WARN", "while fetching the app's token");
    deaf.token().await.unwrap_err();
    one("WARN", "error.type=Connect");
    // While tokens and tickets are kept.
    let away = feishu_im::Client::builder("cli_1", "hunter2").transport(mock.transport());
    let away = away.token_store(Arc::new(Away)).build().unwrap();
    // The outage itself is a line of its own.
    away.token().await.unwrap();
    told();
    let token = UserToken::new("u-topsecret", SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
    away.user_session("ada").save(&token).await.unwrap_err();
    one("WARN", "error.type=TokenStore");
    away.set_ticket("hunter2").await.unwrap_err();
    one("WARN", "error.type=TokenStore");
}

/// A token store that cannot be reached.
#[derive(Debug)]
struct Away;

impl TokenStore for Away {
    fn get<'a>(&'a self, _: &'a TokenKey) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>> {
        Box::pin(ready(Err("the cable is out".into())))
    }

    fn put<'a>(&'a self, _: &'a TokenKey, _: Token) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        Box::pin(ready(Err("the cable is out".into())))
    }
}

struct Panicking;

impl Metrics for Panicking {
    fn attempt_ended(&self, _: &AttemptEnded<'_>) {
        std::panic::resume_unwind(Box::new("hunter2"));
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_that_panic_are_a_line() {
    capture();
    let mock = MockPlatform::in_process();
    mock.on::<GetChat>();
    let client = feishu_im::Client::builder("cli_1", "hunter2").transport(mock.transport());
    let client = client.metrics(Arc::new(Panicking)).build().unwrap();
    for _ in 0..2 {
        GetChat::new("oc_1").send(&client).await.unwrap();
    }
    let lines = told();
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    assert_line(line, &["ERROR", "the metrics of the program panicked"]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_an_event_as_its_api_and_its_call_say() {
    capture();
    let mock = MockPlatform::in_process();
    let client = over(&mock);
    let late = Reply::example().delay(Duration::from_secs(60));
    mock.on::<CreateMessage>().error("230020").respond(Reply::new(503)).respond(late);
    let send = || CreateMessage::with_content(ReceiveId::chat("oc_1"), Text::new("my salary"));
    for (error, seen, absent) in [
        ("Throttled", "openplat.code=\"230020\"", "error.type=Rejected"),
        ("Unavailable", "http.response.status_code=503", "openplat.code"),
        ("Timeout", "http.request.resend_count=0", "http.response.status_code"),
    ] {
        let call = send().send(&client).retries(false).timeout(Duration::from_secs(9));
        call.await.unwrap_err();
        let log = log();
        let line = log.lines().find(|line| line.contains("an attempt failed")).unwrap();
        let error = format!("error.type={error}");
        assert_line(line, &[&error, seen]);
        for line in [line, log.lines().rfind(|line| line.contains(" close time.busy")).unwrap()] {
            assert!(!line.contains(absent), "{absent}: {line}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_response_to_a_fetch_of_a_token_is_not_the_operations() {
    capture();
    let mock = MockPlatform::in_process();
    let path = "/open-apis/auth/v3/tenant_access_token/internal";
    mock.on_path::<Feishu>(Method::Post, path)
        .without_token()
        .respond(Reply::new(400).body(r#"{"code":10003,"msg":"invalid app_id"}"#));
    GetChat::new("oc_1").send(&over(&mock)).await.unwrap_err();
    let span = last_call();
    assert_line(&span, &["error.type=Configuration", "otel.status_code=\"ERROR\""]);
    for absent in ["http.response.status_code", "openplat.code", "openplat.log_id"] {
        assert!(!span.contains(absent), "{absent}: {span}");
    }
}

/// Returns the fields of the last call, as its end shows them.
fn last_call() -> String {
    let log = log();
    let closed = log.lines().rfind(|line| line.contains(" close time.busy")).unwrap();
    closed.to_owned()
}

#[tokio::test]
async fn a_span_has_opentelemetrys_fields() {
    capture();
    let mock = MockPlatform::start().await.unwrap();
    let client = feishu_im::Client::builder("cli_1", "hunter2")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap();
    mock.on::<LinkChat>().example().error("232009");
    LinkChat::new("oc_private").send(&client).await.unwrap();
    let span = last_call();
    let port = mock.url().rsplit(':').next().unwrap();
    assert_line(
        &span,
        &[
            "call{otel.name=\"im.v1.chat.link\" otel.kind=\"client\"",
            "http.request.method=\"POST\"",
            "url.template=\"/open-apis/im/v1/chats/{chat_id}/link\"",
            &format!("server.address=\"127.0.0.1\" server.port={port}"),
            "http.response.status_code=200",
        ],
    );
    for absent in ["otel.status_code", "error.type", "http.request.resend_count"] {
        assert!(!span.contains(absent), "{absent}: {span}");
    }

    LinkChat::new("oc_private").send(&client).await.unwrap_err();
    assert_line(
        &last_call(),
        &[
            "http.response.status_code=400",
            "error.type=Rejected",
            "openplat.code=\"232009\"",
            "otel.status_code=\"ERROR\"",
            "otel.status_description=im.v1.chat.link: the platform rejected the operation",
        ],
    );

    // What is decoded belongs to the call, and so does what was retried.
    mock.on::<GetChat>().respond(Reply::new(503)).data("text".into());
    GetChat::new("oc_private").send(&client).await.unwrap_err();
    assert_line(
        &last_call(),
        &["http.request.resend_count=1", "http.response.status_code=200", "error.type=Decode"],
    );
}

/// Keeps the names of fields of spans that are signed numbers.
#[derive(Clone, Default)]
struct Integers(Arc<Mutex<BTreeSet<&'static str>>>);

impl Visit for Integers {
    fn record_i64(&mut self, field: &Field, _: i64) {
        self.0.lock().unwrap().insert(field.name());
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl<S: Subscriber> Layer<S> for Integers {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        span.record(&mut self.clone());
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(&mut self.clone());
    }
}

#[tokio::test(start_paused = true)]
async fn numbers_are_of_the_type_that_opentelemetry_takes() {
    capture();
    let integers = Integers::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(integers.clone()));
    let mock = MockPlatform::in_process();
    mock.on::<GetChat>().respond(Reply::new(503)).example();
    GetChat::new("oc_1").send(&over(&mock)).await.unwrap();
    assert_eq!(
        Vec::from_iter(integers.0.lock().unwrap().clone()),
        ["http.request.resend_count", "http.response.status_code", "server.port"],
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_is_a_span() {
    capture();
    let bot = Listener::new(|event: RawEvent| async move {
        tracing::info!("from the handler");
        match event.event_type() {
            "good" => Ok(Answer::default()),
            _ => Err("the salary is 5000"),
        }
    });
    for (event_type, error) in [("good", None), ("bad", Some("error.type=\"Returned\""))] {
        let mut header = EventHeader::new(EventSchema::V2, event_type);
        header.id = Some("e-1".to_owned());
        bot.hear(RawEvent::new(header, "{}")).await;
        let log = log();
        let of_handler = log.lines().find(|line| line.contains("from the handler")).unwrap();
        let fields = [
            &*format!("event{{otel.name=\"{event_type}\" otel.kind=\"consumer\""),
            "messaging.system=\"feishu\"",
            "messaging.message.id=\"e-1\"",
        ];
        assert_line(of_handler, &fields);
        let closed = log.lines().rfind(|line| line.contains(" close time.busy")).unwrap();
        assert_eq!(closed.contains("otel.status_code=\"ERROR\""), error.is_some(), "{closed}");
        assert_line(closed, &Vec::from_iter(error));
        assert!(!log.contains("salary"), "{log}");
    }
}

/// A clock that is set by hand.
struct Set(Mutex<SystemTime>);

impl Clock for Set {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_renewed_is_told_without_its_key() {
    capture();
    let mock = MockPlatform::in_process();
    mock.on::<LinkChat>().example();
    let clock = Arc::new(Set(Mutex::new(SystemTime::now())));
    let client = feishu_im::Client::builder("cli_1", "hunter2")
        .transport(mock.transport())
        .clock(clock.clone())
        .build()
        .unwrap();
    LinkChat::new("oc_1").send(&client).await.unwrap();
    *clock.0.lock().unwrap() += Duration::from_secs(7200 - 300);
    mock.on_path::<Feishu>(Method::Post, "/open-apis/auth/v3/tenant_access_token/internal")
        .without_token()
        .respond(Reply::new(400).body(r#"{"code":10014,"msg":"app secret invalid"}"#));
    LinkChat::new("oc_1").send(&client).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let lines = told();
    let [line] = &lines[..] else { panic!("{lines:#?}") };
    assert_line(line, &["WARN", "app_id=\"cli_1\" kind=\"tenant\"", "the last one is still used"]);
    assert!(!line.contains("https://"), "{line}");
}

/// Keeps what the example shows.
#[derive(Clone, Default)]
struct Terminal(Arc<Mutex<Vec<u8>>>);

impl Terminal {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl io::Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Terminal {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn the_example_shows_what_its_filter_says() {
    capture();
    let mock = MockPlatform::in_process();
    let client = over(&mock);
    for (rust_log, shown) in [
        ("", "retrying, the chat is there, the call failed"),
        ("info,openplat_core::error=off", "retrying, the chat is there"),
        ("warn", "the call failed"),
        (
            "info,openplat_core=debug",
            "an attempt failed, retrying, an attempt succeeded, the chat is there, an attempt \
             failed, the call failed",
        ),
    ] {
        let terminal = Terminal::default();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(example::filter(rust_log).unwrap())
            .with_ansi(false)
            .with_writer(terminal.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        mock.on::<GetChat>().respond(Reply::new(503)).example().error("232009");
        example::run(&client, "oc_1").await.unwrap();
        example::run(&client, "oc_1").await.unwrap_err();
        let text = terminal.take();
        let messages = [
            "retrying",
            "the chat is there",
            "an attempt failed",
            "an attempt succeeded",
            "the call failed",
        ];
        let seen = text
            .lines()
            .filter_map(|line| messages.into_iter().find(|message| line.contains(message)));
        assert_eq!(Vec::from_iter(seen).join(", "), shown, "{rust_log}:\n{text}");
    }
}

#[tokio::test]
async fn a_call_is_a_span_and_an_attempt_an_event() {
    capture();
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>().example().error("232019").error("232009");
    let client = feishu_im::Client::builder("cli_1", "hunter2")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap();
    LinkChat::new("oc_private").send(&client).await.unwrap();
    mock.revoke_tokens();
    LinkChat::new("oc_private").send(&client).await.unwrap_err();
    LinkChat::new("oc_private").send(&client.as_user("u-topsecret")).await.unwrap_err();

    mock.on::<GetChat>().error("99991400");
    GetChat::new("oc_private").send(&client).retries(false).await.unwrap_err();
    let short = GetChat::new("oc_private").send(&client).timeout(Duration::from_millis(500));
    assert!(short.await.unwrap_err().was_not_sent());

    // The tab keeps the envelope from being JSON.
    let odd =
        "{\"code\": 0, \"msg\": \"\t\", \"data\": {\"name\": [\"my salary\"], \"avatar\": 7}}";
    mock.on::<GetChat>().respond(Reply::new(200).body(odd));
    let response = GetChat::new("oc_private").send(&client).with_meta().await.unwrap();
    assert_eq!(response.warnings.len(), 2, "{:?}", response.warnings);

    // The token is in the URL.
    mock.on_path::<DingTalk>(Method::Post, "/topapi/x")
        .example()
        .respond(Reply::close())
        .respond(Reply::new(302).header("location", "/topapi/y?access_token=ding-topsecret"));
    let ding = Client::<DingTalk>::builder("ding", "hunter2").base_url(mock.url()).build().unwrap();
    let post = || ding.raw(Method::Post, "/topapi/x").send::<()>();
    post().await.unwrap();
    post().await.unwrap_err();
    post().await.unwrap_err();
    ding.with_token("ding-topsecret")
        .raw(Method::Post, "/topapi/x")
        .send::<()>()
        .await
        .unwrap_err();

    // The address and its headers are signed.
    mock.on_path::<DingTalk>(Method::Put, "/storage/{key}")
        .without_token()
        .respond(Reply::new(503).body("<Code>InternalError</Code>"))
        .respond(Reply::new(403).body("<Code>LTAItopsecret</Code>"))
        .respond(Reply::new(200).header("x-oss-request-id", "oss-1 LTAItopsecret"));
    let address = format!("{}/storage/ding-topsecret?Signature=ding-topsecret", mock.url());
    let headers = BTreeMap::from([("Authorization".into(), "OSS LTAItopsecret:sign-ed".into())]);
    let file = Upload::from("my salary".as_bytes());
    ding.put_signed(&address, &headers, &file).await.unwrap_err();
    ding.put_signed(&address, &headers, &file).await.unwrap();

    let text = log();
    let warnings: Vec<_> =
        text.lines().filter(|line| line.contains("could not be read as they are")).collect();
    let [warning] = &warnings[..] else { panic!("{warnings:#?}") };
    for said in ["im.v1.chat.get", "`$` was not valid JSON", "`$.name` was left out"] {
        assert!(warning.contains(said), "{said} is missing in {warning}");
    }
    for seen in [
        "openplat.operation=\"im.v1.chat.link\"",
        "http.request.method=\"POST\"",
        "url.template=\"/open-apis/im/v1/chats/{chat_id}/link\"",
        "url.template=\"/topapi/x\"",
        "otel.name=\"PUT 127.0.0.1\"",
        "openplat.log_id=\"oss-1 ",
        "openplat.code=\"InternalError\"",
        "http.response.status_code=403",
        "http.response.status_code=200",
        "http.response.status_code=400",
        "http.request.resend_count=1",
        "openplat.code=\"232019\"",
        "error.type=Throttled",
        "openplat.log_id=\"mock-000002\"",
        "the token was rejected",
        "retrying",
        "a rate limit was reached",
        "not sent: the wait for a rate limit is longer than the time left",
    ] {
        assert!(text.contains(seen), "{seen} is missing in\n{text}");
    }
    let with_token = |request: &Recorded| !request.target.starts_with("/storage/");
    let tokens = mock.requests().into_iter().filter(with_token).map(|request| {
        assert!(request.token().is_some(), "{request:?}");
        request.token().unwrap_or_default().to_owned()
    });
    let secrets = ["hunter2", "oc_private", "my salary", "topsecret", "sign-ed"].map(str::to_owned);
    for secret in tokens.chain(secrets) {
        assert!(!text.contains(&secret), "{secret} is shown in\n{text}");
    }
}
