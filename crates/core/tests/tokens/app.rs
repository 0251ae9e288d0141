//! Tokens of a custom app.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use openplat_core::{
    Clock, Credentials, ErrorKind, MemoryTokenStore, SystemClock, Token, TokenStore,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{
    Fault, Hands, Platform, Step, Store, call, call_of, late, ok, refused, reply, tenant_token,
};

const FETCH: &str = "/tenant_access_token/internal";

/// Waits until nothing is left to do but to wait.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_fetch_rests_before_the_next() {
    let platform = Platform::new(|_| Step::Reply(503, "down".into()));
    let client = platform.feishu().build().unwrap();
    for _ in 0..50 {
        let error = call(&client).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
    }
    assert_eq!(platform.count(FETCH), 3, "one fetch of three attempts");
    tokio::time::advance(Duration::from_secs(1)).await;
    call(&client).await.unwrap_err();
    assert_eq!(platform.count(FETCH), 6);

    let platform = Platform::new(|_| refused(10014));
    let client = platform.feishu().build().unwrap();
    for _ in 0..50 {
        let error = call(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
    tokio::time::advance(Duration::from_secs(9)).await;
    call(&client).await.unwrap_err();
    assert_eq!(platform.count(FETCH), 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    call(&client).await.unwrap_err();
    assert_eq!(platform.count(FETCH), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_token_request_ends_however_long_calls_may_take() {
    let platform = Platform::new(|_| Step::Stall);
    let client = platform.feishu().attempt_timeout(Duration::from_secs(600)).build().unwrap();
    let started = Instant::now();
    let call = client.raw(openplat_core::Method::Get, "/open-apis/good").send::<Value>();
    let error = call.timeout(Duration::from_secs(600)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(platform.count(FETCH), 3, "attempts of ten seconds");
    assert!(started.elapsed() <= Duration::from_secs(31));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_nobody_knows_is_retried_as_a_fetch_does_no_harm() {
    let fetches = AtomicUsize::new(0);
    let platform = Platform::new(move |request| {
        match request.is_fetch().then(|| fetches.fetch_add(1, Ordering::Relaxed)) {
            Some(0) => reply(json!({ "code": 1000040351, "msg": "system busy" })),
            Some(number) => tenant_token(number, 7200),
            None => ok(),
        }
    });
    call(&platform.feishu().build().unwrap()).await.unwrap();
    assert_eq!(platform.count(FETCH), 2);
}

#[tokio::test(start_paused = true)]
async fn a_response_without_a_usable_token_says_where_it_was_logged() {
    for body in [
        json!({ "code": 0, "tenant_access_token": "", "expire": 7200 }),
        json!({ "code": 0, "tenant_access_token": " ", "expire": 7200 }),
        json!({ "code": 0, "tenant_access_token": "a\nb", "expire": 7200 }),
        json!({ "code": 0, "tenant_access_token": null, "expire": 7200 }),
        json!({ "code": 0, "expire": 7200 }),
    ] {
        let platform = Platform::new(move |_| reply(body.clone()));
        let error = call(&platform.feishu().build().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        let api = error.api().unwrap();
        assert_eq!((api.status(), api.log_id()), (200, Some("L1")));
        assert_eq!(platform.count("good"), 0);
    }
}

#[tokio::test]
async fn an_odd_lifetime_is_a_short_one() {
    for odd in [json!(null), json!(""), json!(-1), json!("soon"), json!([])] {
        let clock = Hands::default();
        let platform = Platform::new(move |request| match request.is_fetch() {
            true => reply(json!({ "code": 0, "tenant_access_token": "t", "expire": odd })),
            false => ok(),
        });
        let client = platform.feishu().clock(clock.clone()).build().unwrap();
        for (seconds, fetches) in [(0, 1), (140, 1), (160, 2)] {
            clock.advance(seconds);
            call(&client).await.unwrap();
            assert_eq!(platform.count(FETCH), fetches, "after {seconds} s");
        }
    }
}

#[tokio::test]
async fn no_lifetime_beyond_a_day_is_believed() {
    let clock = Hands::default();
    let platform = Platform::of_tokens(u64::MAX);
    let client = platform.feishu().clock(clock.clone()).build().unwrap();
    call(&client).await.unwrap();
    clock.advance(24 * 3600);
    call(&client).await.unwrap();
    assert_eq!(platform.count(FETCH), 2);
}

#[tokio::test]
async fn a_token_from_the_future_is_replaced_once_the_clock_is_right() {
    let clock = Hands::default();
    let platform = Platform::of_tokens(7200);
    let client = platform.feishu().clock(clock.clone()).build().unwrap();
    let year = 365 * 24 * 3600;
    clock.advance(year);
    call(&client).await.unwrap();
    clock.turn_back(year);
    for _ in 0..10 {
        call(&client).await.unwrap();
    }
    assert_eq!((platform.count(FETCH), &*platform.last_token()), (2, "t-2"));
}

#[tokio::test(start_paused = true)]
async fn a_token_from_the_future_serves_no_one_even_if_no_other_is_to_be_had() {
    let (platform, is_down) = fragile(7200);
    let clock = Hands::default();
    let client = platform.feishu().clock(clock.clone()).build().unwrap();
    let year = 365 * 24 * 3600;
    clock.advance(year);
    call(&client).await.unwrap();
    clock.turn_back(year);
    is_down.store(true, Ordering::Relaxed);
    call(&client).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_token_is_replaced_ahead_of_time_and_used_up_to_its_last_seconds() {
    for (lifetime, age, sent, fetches) in [
        (7200, 6599, "t-1", 1),
        (7200, 6600, "t-1", 2),
        (7200, 6601, "t-1", 2),
        (7200, 7169, "t-1", 2),
        (7200, 7170, "t-2", 2),
        // One that lives shorter than these margins is used for a part of its life.
        (40, 19, "t-1", 1),
        (40, 20, "t-1", 2),
        (40, 29, "t-1", 2),
        (40, 30, "t-2", 2),
    ] {
        let (platform, clock) = (Platform::of_tokens(lifetime), Hands::default());
        let client = platform.feishu().clock(clock.clone()).build().unwrap();
        call(&client).await.unwrap();
        clock.advance(age);
        call(&client).await.unwrap();
        assert_eq!(platform.last_token(), sent, "after {age} of {lifetime} s");
        settle().await;
        assert_eq!(platform.count(FETCH), fetches, "after {age} of {lifetime} s");
    }
}

#[tokio::test(start_paused = true)]
async fn one_fetch_ahead_of_time_is_in_flight_and_rests_after_a_failure() {
    let is_down = Arc::new(AtomicBool::new(false));
    let down = is_down.clone();
    let platform = Platform::new(move |request| match request.is_fetch() {
        true if down.load(Ordering::Relaxed) => late(5, refused(10014)),
        true => tenant_token(1, 7200),
        false => ok(),
    });
    let clock = Hands::default();
    let client = platform.feishu().clock(clock.clone()).build().unwrap();
    call(&client).await.unwrap();
    clock.advance(7000);
    is_down.store(true, Ordering::Relaxed);
    for (pause, fetches) in [(0, 2), (4, 2), (2, 2), (8, 2), (1, 3), (4, 3)] {
        tokio::time::sleep(Duration::from_secs(pause)).await;
        for _ in 0..3 {
            call(&client).await.unwrap();
            settle().await;
        }
        assert_eq!(platform.count(FETCH), fetches, "after {pause} s");
    }
}

/// A platform whose token endpoint can be switched off, and a client with a clock and a store.
fn fragile(lifetime: u64) -> (Platform, Arc<AtomicBool>) {
    let is_down = Arc::new(AtomicBool::new(false));
    let (fetched, down) = (AtomicUsize::new(0), is_down.clone());
    let platform = Platform::new(move |request| match request.is_fetch() {
        true if down.load(Ordering::Relaxed) => Step::Reply(503, "down".into()),
        true => tenant_token(fetched.fetch_add(1, Ordering::Relaxed) + 1, lifetime),
        false => ok(),
    });
    (platform, is_down)
}

#[tokio::test(start_paused = true)]
async fn a_stored_token_is_used_until_it_is_used_up() {
    let (platform, is_down) = fragile(7200);
    let (clock, store) = (Hands::default(), Arc::new(MemoryTokenStore::default()));
    let build = || {
        let builder = platform.feishu().clock(clock.clone()).token_store(store.clone());
        builder.build().unwrap()
    };
    call(&build()).await.unwrap();
    is_down.store(true, Ordering::Relaxed);
    clock.advance(7200 - 300);
    call(&build()).await.unwrap();
    // In its last seconds a token is better than none.
    clock.advance(290);
    call(&build()).await.unwrap();
    assert_eq!(platform.last_token(), "t-1");
    clock.advance(10);
    call(&build()).await.unwrap_err();
}

/// Transports and layers write requests to logs.
#[tokio::test(start_paused = true)]
async fn a_request_does_not_show_its_token() {
    let platform = Platform::of_tokens(7200);
    let client = platform.feishu().build().unwrap();
    // The second call takes the token from memory.
    for _ in 0..2 {
        call(&client).await.unwrap();
    }
    let user = client.as_user("u-1");
    user.raw(openplat_core::Method::Get, "/open-apis/good").send::<Value>().await.unwrap();
    let requests = platform.requests();
    let sent: Vec<_> = requests.iter().filter_map(|it| it.token.as_deref()).collect();
    assert_eq!(sent, ["t-1", "t-1", "u-1"]);
    for headers in requests.iter().map(|it| &it.headers) {
        assert!(!headers.contains("t-1") && !headers.contains("u-1"), "{headers}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dying_token_of_the_store_replaces_no_better_one() {
    let (platform, is_down) = fragile(7200);
    let (clock, store) = (Hands::default(), Arc::new(Store::default()));
    let client = platform.feishu().clock(clock.clone()).token_store(store.clone()).build().unwrap();
    store.is_read_only.store(true, Ordering::Relaxed);
    call(&client).await.unwrap();
    settle().await;
    // It is time for a refresh, and all that the store has is a token with ten seconds left.
    store.is_read_only.store(false, Ordering::Relaxed);
    clock.advance(6600);
    let key = store.keys.lock().unwrap()[0].clone();
    let expires_at = clock.now() + Duration::from_secs(10);
    let dying = Token::new("t-0", expires_at - Duration::from_secs(7200), expires_at);
    store.put(&key, dying).await.unwrap();
    is_down.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        call(&client).await.unwrap();
        tokio::time::sleep(Duration::from_secs(11)).await;
    }
    assert!(platform.count(FETCH) > 1, "the refresh failed");
    assert_eq!(platform.last_token(), "t-1");
}

#[tokio::test(start_paused = true)]
async fn a_token_in_memory_serves_to_its_last_second_if_no_other_is_to_be_had() {
    let (platform, is_down) = fragile(7200);
    let clock = Hands::default();
    let client = platform.feishu().clock(clock.clone()).build().unwrap();
    call(&client).await.unwrap();
    is_down.store(true, Ordering::Relaxed);
    clock.advance(7195);
    for _ in 0..50 {
        call(&client).await.unwrap();
    }
    assert!(platform.count(FETCH) <= 4, "{}", platform.count(FETCH));
    clock.advance(5);
    call(&client).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_platform_gave_again_is_taken_from_the_store_again() {
    let platform = Platform::new(|request| match &*request.path {
        "/open-apis/bad" => refused(99991663),
        _ if request.is_fetch() => tenant_token(1, 7200),
        _ => ok(),
    });
    let (clock, store) = (Hands::default(), Arc::new(Store::default()));
    let client = platform.feishu().clock(clock.clone()).token_store(store.clone()).build().unwrap();
    call_of(&client, "/open-apis/bad").await.unwrap_err();
    call(&client).await.unwrap();
    assert_eq!(platform.count(FETCH), 2, "it was rejected, and given again");
    // Another process asked once more, and knows that the token lives longer.
    clock.advance(7000);
    let key = store.keys.lock().unwrap()[0].clone();
    let (now, lifetime) = (clock.now(), Duration::from_secs(7200));
    store.put(&key, Token::new("t-1", now, now + lifetime)).await.unwrap();
    call(&client).await.unwrap();
    settle().await;
    assert_eq!(platform.count(FETCH), 2);
}

/// Stores are shared with processes of other versions.
#[tokio::test(start_paused = true)]
async fn the_keys_of_a_store_keep_their_form() {
    let (platform, store) = (Platform::of_tokens(7200), Arc::new(Store::default()));
    let client = platform.feishu().token_store(store.clone()).build().unwrap();
    call(&client).await.unwrap();
    client.user_session("tom").token().await.unwrap_err();
    let keys = store.keys.lock().unwrap();
    for (key, end) in [(keys.first(), " feishu tenant"), (keys.last(), " feishu user tom")] {
        let key = key.unwrap().as_str();
        assert!(key.starts_with("https://open.feishu.cn cli_1 ") && key.ends_with(end), "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_token_is_shared_as_well() {
    let platform = Platform::of_tokens(600);
    let store = Arc::new(MemoryTokenStore::default());
    for _ in 0..50 {
        let client = platform.feishu().token_store(store.clone()).build().unwrap();
        call(&client).await.unwrap();
    }
    assert_eq!(platform.count(FETCH), 1);
}

#[tokio::test(start_paused = true)]
async fn processes_that_start_at_once_fetch_once() {
    let fetched = AtomicUsize::new(0);
    let platform = Platform::new(move |request| match request.is_fetch() {
        // Slower than the lock of earlier versions lived.
        true => late(9, tenant_token(fetched.fetch_add(1, Ordering::Relaxed) + 1, 7200)),
        false => ok(),
    });
    let store = Arc::new(Store::default());
    let start = tokio::time::Instant::now();
    let processes: Vec<_> = (0..20)
        .map(|_| {
            let client = platform.feishu().token_store(store.clone()).build().unwrap();
            tokio::spawn(async move { call(&client).await })
        })
        .collect();
    for process in processes {
        process.await.unwrap().unwrap();
    }
    assert_eq!(platform.count(FETCH), 1);
    // A store takes two looks a second by each process, and no one waits long for what is there.
    let looks = store.locks.load(Ordering::Relaxed);
    assert!(looks < 20 * 2 * 9, "{looks} looks for the lock");
    assert!(start.elapsed() <= Duration::from_secs(9 + 2), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_lock_whose_holder_died_costs_no_call() {
    let platform = Platform::of_tokens(7200);
    let store = Arc::new(Store::default());
    let build = || platform.feishu().token_store(store.clone()).build().unwrap();
    call(&build()).await.unwrap();
    let key = store.keys.lock().unwrap()[0].clone();
    let store = Arc::new(Store::default());
    store.lock(&key, Duration::from_secs(3600)).await.unwrap().unwrap();
    let client = platform.feishu().token_store(store).build().unwrap();
    call(&client).await.unwrap();
    assert_eq!(platform.count(FETCH), 2);
    let store = Arc::new(Store::default());
    store.refuses_locks.store(true, Ordering::Relaxed);
    call(&platform.feishu().token_store(store).build().unwrap()).await.unwrap();
    assert_eq!(platform.count(FETCH), 3);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_came_in_just_before_the_lock_is_used() {
    let platform = Platform::of_tokens(7200);
    let store = Arc::new(Store::default());
    let now = SystemClock.now();
    *store.appears.lock().unwrap() =
        Some(Token::new("t-other", now, now + Duration::from_secs(7200)));
    let client = platform.feishu().token_store(store.clone()).build().unwrap();
    call(&client).await.unwrap();
    assert_eq!((platform.count(FETCH), &*platform.last_token()), (0, "t-other"));
    let key = store.keys.lock().unwrap()[0].clone();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let lock = store.lock(&key, Duration::from_secs(1)).await.unwrap();
    assert!(lock.is_some(), "the lock was released");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_in_any_way_costs_a_fetch_and_not_the_call() {
    for fault in [Fault::Refuses, Fault::Hangs, Fault::Panics] {
        let platform = Platform::of_tokens(7200);
        let store = Arc::new(Store::default());
        store.fail(Some(fault));
        let client = platform.feishu().token_store(store.clone()).build().unwrap();
        for _ in 0..10 {
            call(&client).await.unwrap();
        }
        assert_eq!(platform.count(FETCH), 1);
        assert_eq!(store.gets.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_transport_or_the_clock_is_an_error() {
    struct Broken;
    impl Clock for Broken {
        fn now(&self) -> SystemTime {
            panic!("the clock has a bug")
        }
    }
    let platform = Platform::new(|_| Step::Panic);
    let client = platform.feishu().build().unwrap();
    let error = call(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("panicked"), "{error}");
    assert_eq!(platform.requests().len(), 1);
    let error = client.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(platform.requests().len(), 1, "a failed fetch rests");

    let platform = Platform::new(|request| match request.is_fetch() {
        true => tenant_token(1, 7200),
        false => Step::Panic,
    });
    let error = call(&platform.feishu().build().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(platform.count("good"), 1);

    let client = Platform::of_tokens(7200).feishu().clock(Broken).build().unwrap();
    for error in [call(&client).await.unwrap_err(), client.token().await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
}

#[test]
fn a_fetch_on_a_runtime_that_nobody_drives_is_begun_anew_elsewhere() {
    let runtime = |is_paused| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(is_paused).build().unwrap()
    };
    let (resting, driven) = (runtime(false), runtime(true));
    let platform = Platform::of_tokens(7200);
    let client = platform.feishu().build().unwrap();
    // The fetch starts here, and this runtime is never driven again.
    let mut starter = Box::pin(call(&client));
    resting.block_on(std::future::poll_fn(|context| {
        assert!(starter.as_mut().poll(context).is_pending());
        std::task::Poll::Ready(())
    }));
    driven.block_on(async {
        let started = Instant::now();
        call(&client).await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(10));
    });
    // The first one goes on, and does no harm.
    resting.block_on(starter).unwrap();
    assert_eq!(platform.last_token(), "t-1");
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_rejects_the_kind_of_token_does_not_make_all_others_fetch() {
    for gives_new_tokens in [true, false] {
        let fetched = AtomicUsize::new(1);
        let platform = Platform::new(move |request| match &*request.path {
            "/open-apis/bad" => refused(99991663),
            "/open-apis/good" => ok(),
            _ => tenant_token(
                fetched.fetch_add(usize::from(gives_new_tokens), Ordering::Relaxed),
                7200,
            ),
        });
        let client = platform.feishu().build().unwrap();
        for _ in 0..100 {
            let error = call_of(&client, "/open-apis/bad").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            call(&client).await.unwrap();
        }
        assert_eq!(platform.count(FETCH), 2);
        let sent = if gives_new_tokens { 101 } else { 100 };
        assert_eq!(platform.count("/bad"), sent, "a token that comes again is not sent again");
        // The token may have been revoked since: that is worth a look now and then.
        tokio::time::advance(Duration::from_secs(61)).await;
        call_of(&client, "/open-apis/bad").await.unwrap_err();
        assert_eq!(platform.count(FETCH), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_rejection_of_an_older_token_forgets_no_newer_one() {
    let clock = Hands::default();
    let (fetched, slow) = (AtomicUsize::new(0), AtomicBool::new(true));
    let platform = Platform::new(move |request| match request.is_fetch() {
        true => match fetched.fetch_add(1, Ordering::Relaxed) + 1 {
            number @ (1 | 2) => tenant_token(number, 7200),
            3 => refused(10014),
            number => tenant_token(number, 7200),
        },
        false => match request.token.as_deref() {
            // The first call with the first token takes long.
            Some("t-1") if slow.swap(false, Ordering::Relaxed) => late(5, refused(99991663)),
            Some("t-1" | "t-2") => refused(99991663),
            _ => ok(),
        },
    });
    let client = platform.feishu().clock(clock.clone()).build().unwrap();
    let slow = tokio::spawn({
        let client = client.clone();
        async move { call_of(&client, "/open-apis/slow").await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    clock.advance(1);
    // t-1 is rejected, then t-2; and t-3 cannot be fetched.
    call_of(&client, "/open-apis/one").await.unwrap_err();
    clock.advance(1);
    call_of(&client, "/open-apis/two").await.unwrap_err();
    // Now t-1 is rejected late, and t-2 is still in the store.
    slow.await.unwrap().unwrap_err();
    tokio::time::advance(Duration::from_secs(11)).await;
    call(&client).await.unwrap();
    let sent: Vec<_> = platform.requests().into_iter().filter_map(|it| it.token).collect();
    assert_eq!(sent.iter().filter(|token| *token == "t-2").count(), 2, "{sent:?}");
    assert_eq!(sent.last().unwrap(), "t-4");
}

#[tokio::test(start_paused = true)]
async fn after_a_rejection_the_store_gives_no_older_token() {
    let fetched = AtomicUsize::new(0);
    let platform = Platform::new(move |request| match request.token.as_deref() {
        Some("t-2") => refused(99991663),
        Some(_) => ok(),
        None => tenant_token(fetched.fetch_add(1, Ordering::Relaxed) + 1, 7200),
    });
    let (clock, store) = (Hands::default(), Arc::new(Store::default()));
    let client = platform.feishu().clock(clock.clone()).token_store(store.clone()).build().unwrap();
    call(&client).await.unwrap();
    // The next token does not get into the store, which keeps the one before.
    store.is_read_only.store(true, Ordering::Relaxed);
    clock.advance(6600);
    call(&client).await.unwrap();
    settle().await;
    call(&client).await.unwrap();
    let sent: Vec<_> = platform.requests().into_iter().filter_map(|it| it.token).collect();
    assert_eq!(sent, ["t-1", "t-1", "t-2", "t-3"]);
}

/// Counts warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_store_is_said_once() {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let platform = Platform::of_tokens(7200);
    let (clock, store) = (Hands::default(), Arc::new(Store::default()));
    let client = platform.feishu().clock(clock.clone()).token_store(store.clone()).build().unwrap();
    for outage in 1..=2 {
        store.fail(Some(Fault::Refuses));
        for _ in 0..5 {
            clock.advance(7200);
            call(&client).await.unwrap();
        }
        assert_eq!(warnings.0.load(Ordering::Relaxed), outage);
        store.fail(None);
        clock.advance(7200);
        call(&client).await.unwrap();
    }
    assert_eq!(platform.count(FETCH), 12);
}
