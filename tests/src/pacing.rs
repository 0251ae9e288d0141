//! How calls share a limit: a platform in memory that takes five requests per second, and a paused
//! clock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use dingtalk_convfile::file::{SendLink, SendLinkRequired};
use feishu_im::chat::{GetChat, LinkChat};
use futures_util::future::join_all;
use openplat_core::{
    AcceptsAppToken, Body, BoxFuture, Call, Error, Feishu, Method, Operation, OperationMeta,
    Pacing, Parts, Rate, Sender, Transport, TransportError, Upload,
};
use openplat_mock::{MockPlatform, Reply};
use tokio::time::Instant;

use crate::in_process::{dingtalk, feishu, replying, waits};

/// The header of a refusal that says when the window ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Header {
    None,
    Exact,
    WholeSeconds,
}

fn body(text: &'static str) -> Body {
    Body::from(Bytes::from_static(text.as_bytes()))
}

/// A platform that counts by fixed windows of a second, for each method, path and token.
#[derive(Clone, Debug)]
struct Platform {
    start: Instant,
    /// How far into a window the platform is when the test begins.
    phase: Duration,
    latency: Duration,
    header: Header,
    served: Arc<Mutex<HashMap<String, Vec<Instant>>>>,
    requests: Arc<Mutex<u32>>,
}

const THROTTLED: &str = r#"{"code":99991400,"msg":"frequency limit"}"#;
const PER_WINDOW: usize = 5;
const WINDOW: Duration = Duration::from_secs(1);

impl Platform {
    fn new(phase: u64, latency: u64, header: Header) -> Self {
        Self {
            start: Instant::now(),
            phase: Duration::from_millis(phase),
            latency: Duration::from_millis(latency),
            header,
            served: Arc::default(),
            requests: Arc::default(),
        }
    }

    fn builder(&self) -> feishu_im::ClientBuilder {
        feishu_im::Client::builder("cli_1", "secret").transport(self.clone())
    }

    fn requests(&self) -> u32 {
        *self.requests.lock().unwrap()
    }

    fn respond(&self, key: String) -> http::Response<Body> {
        *self.requests.lock().unwrap() += 1;
        let now = Instant::now();
        let into = Duration::from_nanos(
            ((now - self.start + self.phase).as_nanos() % WINDOW.as_nanos()) as u64,
        );
        let mut served = self.served.lock().unwrap();
        let served = served.entry(key).or_default();
        let in_window = served.iter().filter(|at| now - **at <= into).count();
        if in_window < PER_WINDOW {
            served.push(now);
            return http::Response::new(body(r#"{"code":0,"data":{}}"#));
        }
        let left = (WINDOW - into).as_secs_f64();
        let response = http::Response::builder().status(429);
        let response = match self.header {
            Header::None => response,
            Header::Exact => response.header("x-ogw-ratelimit-reset", left.to_string()),
            Header::WholeSeconds => {
                response.header("x-ogw-ratelimit-reset", left.ceil().to_string())
            }
        };
        response.body(body(THROTTLED)).unwrap()
    }
}

impl Transport for Platform {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let path = request.uri().path();
            if path.ends_with("/tenant_access_token/internal") {
                let token = r#"{"code":0,"tenant_access_token":"t-1","expire":7200}"#;
                return Ok(http::Response::new(body(token)));
            }
            let token = request.headers()["authorization"].to_str().unwrap_or_default();
            let key = format!("{} {path} {token}", request.method());
            tokio::time::sleep(self.latency / 2).await;
            let response = self.respond(key);
            tokio::time::sleep(self.latency / 2).await;
            Ok(response)
        })
    }
}

/// An operation whose limit is known.
struct Documented;

impl Operation for Documented {
    type Vendor = Feishu;
    type Output = ();
    const META: &'static OperationMeta =
        &OperationMeta::new("test.limited", Method::Post, "/open-apis/test/limited")
            .rates(&[Rate::new(5, 1)]);

    fn encode(&self, _: &mut Parts) {}
}

impl AcceptsAppToken for Documented {}

async fn fifty<T>(call: impl Fn() -> Call<T>)
where
    Call<T>: Future<Output = Result<T, Error>>,
{
    for result in join_all((0..50).map(|_| call())).await {
        result.unwrap();
    }
}

fn platforms() -> impl Iterator<Item = Platform> {
    let headers = [Header::None, Header::Exact, Header::WholeSeconds];
    let latencies = [0, 20, 300, 1500];
    headers.into_iter().flat_map(move |header| {
        latencies.into_iter().flat_map(move |latency| {
            [0, 250, 999].into_iter().map(move |phase| Platform::new(phase, latency, header))
        })
    })
}

#[tokio::test(start_paused = true)]
async fn fifty_calls_at_once_all_succeed() {
    for platform in platforms() {
        let (client, start) = (platform.builder().build().unwrap(), Instant::now());
        fifty(|| LinkChat::new("oc_1").send(&client)).await;
        let (took, requests) = (start.elapsed(), platform.requests());
        assert!(took < Duration::from_secs(30), "{platform:?}: {took:?}");
        assert!(requests <= 150, "{platform:?}: {requests} requests");
    }
}

#[tokio::test(start_paused = true)]
async fn with_pacing_hardly_a_request_is_refused() {
    for platform in platforms() {
        let client = platform.builder().pacing(Pacing::documented()).build().unwrap();
        fifty(|| client.call(&Documented)).await;
        let raw = platform.builder().pacing(Pacing::documented().at_most(Rate::new(5, 1)));
        let raw = raw.build().unwrap();
        let requests = platform.requests();
        fifty(|| raw.raw(Method::Get, "/open-apis/test/raw").send::<()>()).await;
        let more = platform.requests() - requests;
        assert!(requests <= 55 && more <= 55, "{platform:?}: {requests} and {more} requests");
    }
}

/// Five per second and chat is stricter than what is documented for the operation.
#[tokio::test(start_paused = true)]
async fn pacing_by_a_limit_that_is_not_the_real_one_learns() {
    for platform in platforms() {
        let client = platform.builder().pacing(Pacing::documented()).build().unwrap();
        let start = Instant::now();
        fifty(|| LinkChat::new("oc_1").send(&client)).await;
        let (took, requests) = (start.elapsed(), platform.requests());
        let most = if platform.latency < Duration::from_millis(50) { 55 } else { 100 };
        assert!(took < Duration::from_secs(30), "{platform:?}: {took:?}");
        assert!(requests <= most, "{platform:?}: {requests} requests");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ban_is_met_once() {
    let ban = Reply::new(403).body(r#"{"status":1111,"punish":"deny"}"#);
    let mock = replying::<SendLink>([ban, Reply::example()]);
    let client = dingtalk(&mock);
    let send = || {
        let required = SendLinkRequired {
            union_id: "me",
            space_id: "786",
            dentry_id: "908",
            open_conversation_id: "cid",
        };
        SendLink::new(required).send(&client)
    };
    let banned = send().await.unwrap_err();
    assert!(banned.api().unwrap().is_ban());
    tokio::time::advance(Duration::from_secs(100)).await;
    let start = Instant::now();
    for error in join_all((0..99).map(|_| send())).await.into_iter().map(Result::unwrap_err) {
        assert!(error.is_throttled() && error.was_not_sent(), "{error:?}");
        let left = error.api().unwrap().retry_after().unwrap().as_secs_f64();
        assert!((200.0..201.0).contains(&left), "{error:?}");
        assert!(error.to_string().contains("banned"), "{error}");
    }
    // No more for another operation, another token, or the token itself.
    let other = client.for_corp("other").raw(Method::Get, "/v1.0/x").send::<()>();
    assert!(other.await.unwrap_err().was_not_sent());
    assert_eq!((mock.requests().len(), start.elapsed()), (1, Duration::ZERO));
    assert_eq!(mock.token_requests().len(), 1);
    // It ends, and a call that has the time waits for that.
    send().timeout(Duration::from_secs(300)).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(200));
    assert_eq!(mock.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_limit_holds_back_neither_other_operations_nor_other_owners() {
    let limit = Reply::new(429).header("x-ogw-ratelimit-reset", "20").body(THROTTLED);
    let mock = replying::<LinkChat>([limit, Reply::example()]);
    mock.on::<GetChat>();
    mock.accept_user_token("u-1");
    let (client, start) = (feishu(&mock), Instant::now());
    LinkChat::new("oc_1").send(&client).retries(false).await.unwrap_err();
    GetChat::new("oc_1").send(&client).await.unwrap();
    LinkChat::new("oc_1").send(&client.as_user("u-1")).await.unwrap();
    assert_eq!((mock.requests().len(), start.elapsed()), (3, Duration::ZERO));
    // A call whose wait does not fit fails at once, with the time left.
    tokio::time::advance(Duration::from_secs(5)).await;
    let short = LinkChat::new("oc_2").send(&client).timeout(Duration::from_secs(14));
    let error = short.await.unwrap_err();
    let left = error.api().unwrap().retry_after().unwrap().as_secs_f64();
    assert!(error.was_not_sent() && (15.0..16.0).contains(&left), "{error:?}");
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    // A raw call is held back with the operation that it stands for.
    let path = "/open-apis/im/v1/chats/{chat_id}/link";
    let raw = client.raw(Method::Post, path).value("chat_id", "oc_3");
    let raw = raw.json(&serde_json::json!({})).send::<serde_json::Value>();
    raw.await.unwrap();
    assert!((20.0..21.1).contains(&start.elapsed().as_secs_f64()), "{:?}", start.elapsed());
    assert_eq!(mock.requests().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_operation_knows_its_documented_rate() {
    let mock = replying::<LinkChat>([]);
    let builder = feishu_im::Client::builder("cli_1", "secret").transport(mock.transport());
    let client = builder.pacing(Pacing::documented()).build().unwrap();
    join_all((0..11).map(|_| LinkChat::new("oc_1").send(&client))).await;
    assert_ne!(LinkChat::META.rate_limits(), []);
    assert!(waits(&mock).iter().all(|wait| *wait > 0.02), "{:?}", waits(&mock));
}

/// An upload may take as long as it makes progress, and its waits no longer than other calls.
#[tokio::test(start_paused = true)]
async fn an_upload_does_not_wait_for_ever() {
    let mock = MockPlatform::in_process();
    let files = mock.on_path::<Feishu>(Method::Post, "/open-apis/test/files");
    let files = files.respond(Reply::new(429).body(THROTTLED));
    mock.accept_user_token("u-1");
    let user = feishu(&mock).as_user("u-1");
    let start = Instant::now();
    let file = Upload::from_bytes("content").file_name("a.txt");
    let upload = user.raw(Method::Post, "/open-apis/test/files").file("file", file).send::<()>();
    let error = upload.await.unwrap_err();
    assert!(error.is_throttled() && start.elapsed() < Duration::from_secs(30), "{error:?}");
    assert!((4..8).contains(&files.calls()), "{error:?}");
}
