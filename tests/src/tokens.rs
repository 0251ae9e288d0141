//! The life of the app's token, over the loopback platform.

use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use feishu_im::ErrorKind;
use feishu_im::chat::LinkChat;
use openplat_core::{
    BoxFuture, Clock, Feishu, MemoryTokenStore, Method, Token, TokenKey, TokenStore,
    TokenStoreError,
};
use openplat_mock::{MockPlatform, Reply, TokenKind};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::in_process::replying;
use crate::tested::Tested;

async fn platform() -> (MockPlatform, feishu_im::Client) {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>();
    let client = client(&mock).build().unwrap();
    (mock, client)
}

fn client(mock: &MockPlatform) -> feishu_im::ClientBuilder {
    feishu_im::Client::builder("cli_1", "secret").over::<Tested>().base_url(mock.url())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_first_calls_fetch_one_token() {
    let (mock, client) = platform().await;
    let calls: Vec<_> = (0..1000)
        .map(|_| tokio::spawn(LinkChat::new("oc_1").send(&client).into_future()))
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(mock.token_requests().len(), 1);
    assert_eq!(mock.requests().len(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_replaced_once() {
    let (mock, client) = platform().await;
    LinkChat::new("oc_0").send(&client).await.unwrap();
    let slots = Arc::new(Semaphore::new(100));
    let calls: Vec<_> = (0..1000)
        .map(|number| {
            let (slots, client, mock) = (slots.clone(), client.clone(), mock.clone());
            tokio::spawn(async move {
                let _slot = slots.acquire().await.unwrap();
                if number == 500 {
                    mock.revoke_tokens();
                }
                LinkChat::new(format!("oc_{number}")).send(&client).await
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(mock.token_requests().len(), 2);
    let mut sent = std::collections::HashMap::new();
    for request in mock.requests() {
        *sent.entry(request.target).or_insert(0) += 1;
    }
    assert_eq!(sent.len(), 1000);
    assert!(sent.values().all(|times| *times <= 2), "{sent:?}");
}

#[tokio::test]
async fn a_token_that_comes_back_ends_in_the_error() {
    let (mock, client) = platform().await;
    mock.on::<LinkChat>().error("99991663");
    let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(mock.token_requests().len(), 2);
    assert_eq!(mock.requests().len(), 1, "the same token would be rejected again");
}

#[tokio::test(start_paused = true)]
async fn a_late_rejection_does_not_drop_the_next_token() {
    let mock = MockPlatform::in_process();
    let late = Reply::error("99991663").delay(Duration::from_secs(5));
    mock.on::<LinkChat>().respond(late).error("99991663").example();
    let fetch = "/open-apis/auth/v3/tenant_access_token/internal";
    let fetches = mock.on_path::<Feishu>(Method::Post, fetch);
    for token in ["t-1", "t-2"] {
        mock.accept_token(TokenKind::FeishuTenant, token);
        let body = json!({ "code": 0, "tenant_access_token": token, "expire": 7200 });
        fetches.clone().respond(Reply::new(200).json(&body));
    }
    // Without a store, which would give the next token once more.
    let client = feishu_im::Client::builder("cli_1", "secret")
        .transport(mock.transport())
        .token_store(Arc::new(Away { answers: true }))
        .build()
        .unwrap();
    let slow = tokio::spawn(LinkChat::new("oc_slow").send(&client).into_future());
    tokio::time::sleep(Duration::from_secs(1)).await;
    LinkChat::new("oc_fast").send(&client).await.unwrap();
    slow.await.unwrap().unwrap();
    let requests = mock.requests();
    let sent: Vec<_> = requests.iter().map(|request| request.token().unwrap()).collect();
    assert_eq!(sent, ["t-1", "t-1", "t-2", "t-2"]);
    assert_eq!(fetches.calls(), 2);
}

#[tokio::test]
async fn a_token_of_the_callers_is_never_replaced() {
    let (mock, client) = platform().await;
    let user = client.as_user("u-old");
    let error = LinkChat::new("oc_1").send(&user).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    let fixed = client.with_token("t-old");
    let error = LinkChat::new("oc_1").send(&fixed).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!((mock.requests().len(), mock.token_requests().len()), (2, 0));
}

#[tokio::test]
async fn who_waits_for_a_fetch_that_fails_gets_its_error() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>();
    let client = feishu_im::Client::builder("", "secret")
        .over::<Tested>()
        .base_url(mock.url())
        .build()
        .unwrap();
    let calls: Vec<_> =
        (0..20).map(|_| tokio::spawn(LinkChat::new("oc_1").send(&client).into_future())).collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
    assert_eq!(mock.token_requests().len(), 1);
    LinkChat::new("oc_1").send(&client).await.unwrap_err();
    assert_eq!(mock.token_requests().len(), 1, "a fetch that failed rests");
}

/// Lets a future go as far as it can at once.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context))).await
}

#[tokio::test]
async fn a_waiter_that_gives_up_cancels_nobody() {
    let (mock, client) = platform().await;
    {
        let mut first = LinkChat::new("oc_1").send(&client).into_future();
        assert!(poll_once(&mut first).await.is_pending(), "the first call waits for a token");
    }
    LinkChat::new("oc_2").send(&client).await.unwrap();
    assert_eq!(mock.token_requests().len(), 1, "the fetch of the first call was not lost");
}

#[test]
fn a_runtime_that_ends_leaves_nobody_hanging() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let (mock, client) = first.block_on(platform());
    // The fetch starts on the first runtime, which ends before it can go on.
    let mut starter = LinkChat::new("oc_1").send(&client).into_future();
    assert!(first.block_on(poll_once(&mut starter)).is_pending());
    let mut waiter = LinkChat::new("oc_2").send(&client).into_future();
    assert!(second.block_on(poll_once(&mut waiter)).is_pending());
    drop(starter);
    drop(first);
    second.block_on(waiter).unwrap();
    assert_eq!(mock.requests().len(), 1);
}

/// A clock that is moved by hand.
#[derive(Clone, Default)]
struct Seconds(Arc<std::sync::atomic::AtomicU64>);

impl Seconds {
    fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Clock for Seconds {
    fn now(&self) -> SystemTime {
        let seconds = self.0.load(std::sync::atomic::Ordering::Relaxed);
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
    }
}

#[tokio::test]
async fn a_token_is_refreshed_ahead_while_the_old_one_serves() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>();
    let clock = Seconds::default();
    let client = client(&mock).clock(clock.clone()).build().unwrap();
    let call = async || LinkChat::new("oc_1").send(&client).await.unwrap();
    let token = |index: usize| mock.requests()[index].headers["authorization"].clone();
    call().await;
    // The platform's tokens live for two hours; ten minutes before, a new one is fetched.
    clock.advance(2 * 3600 - 601);
    call().await;
    assert_eq!(mock.token_requests().len(), 1);
    mock.rotate_tokens();
    clock.advance(2);
    call().await;
    assert_eq!(token(2), token(0), "the call did not wait for the new token");
    while mock.token_requests().len() < 2 {
        tokio::task::yield_now().await;
    }
    while {
        call().await;
        token(mock.requests().len() - 1) == token(0)
    } {}
    assert_eq!(mock.token_requests().len(), 2);
}

/// A store that is away: it says so, or says nothing.
struct Away {
    answers: bool,
}

impl Away {
    fn answer<T: Send + 'static>(&self) -> BoxFuture<'_, Result<T, TokenStoreError>> {
        match self.answers {
            true => Box::pin(std::future::ready(Err("away".into()))),
            false => Box::pin(std::future::pending()),
        }
    }
}

impl TokenStore for Away {
    fn get<'a>(
        &'a self,
        _key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>> {
        self.answer()
    }

    fn put<'a>(
        &'a self,
        _key: &'a TokenKey,
        _token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        self.answer()
    }
}

#[tokio::test]
async fn a_store_that_is_away_costs_a_fetch_and_not_the_call() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>();
    let store = Arc::new(Away { answers: true });
    let client = client(&mock).token_store(store).build().unwrap();
    LinkChat::new("oc_1").send(&client).await.unwrap();
    LinkChat::new("oc_2").send(&client).await.unwrap();
    assert_eq!(mock.token_requests().len(), 1, "the client still remembers its token");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_costs_a_moment() {
    let mock = replying::<LinkChat>([]);
    let client = feishu_im::Client::builder("cli_1", "secret")
        .transport(mock.transport())
        .token_store(Arc::new(Away { answers: false }))
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    LinkChat::new("oc_1").send(&client).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 2);
    LinkChat::new("oc_2").send(&client).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 2, "the client remembers its token");
}

#[tokio::test]
async fn a_rejected_token_in_a_shared_store_is_replaced_for_all() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>();
    let store = Arc::new(MemoryTokenStore::default());
    let build = || client(&mock).token_store(store.clone()).build().unwrap();
    let (one, other) = (build(), build());
    LinkChat::new("oc_1").send(&one).await.unwrap();
    LinkChat::new("oc_1").send(&other).await.unwrap();
    assert_eq!(mock.token_requests().len(), 1);
    mock.revoke_tokens();
    LinkChat::new("oc_1").send(&one).await.unwrap();
    LinkChat::new("oc_1").send(&other).await.unwrap();
    assert_eq!(mock.token_requests().len(), 2, "the other found the new one in the store");
}
