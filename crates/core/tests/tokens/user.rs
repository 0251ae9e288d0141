//! Sessions of users, and credentials of a program's own.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openplat_core::{
    BoxFuture, Client, ClientBuilder, CodeExchange, Credentials, Error, ErrorKind, Feishu, Method,
    Secret, TokenStore, UserSession, UserToken,
};
use serde_json::{Value, json};

use crate::support::{
    Fault, Hands, Platform, Request, Step, Store, call_as, late, ok, refused, reply,
};

const OAUTH: &str = "/authen/v2/oauth/token";

/// A platform whose refresh tokens work once: `r-1` gives `u-2` and `r-2`, and so on.
#[derive(Clone)]
struct Logins {
    spent: Arc<Mutex<HashSet<String>>>,
    numbers: Arc<AtomicUsize>,
}

impl Logins {
    fn platform(change: impl Fn(&Request, Value) -> Step + Send + Sync + 'static) -> Platform {
        let logins = Self { spent: Arc::default(), numbers: Arc::default() };
        Platform::new(move |request| match request.path.ends_with(OAUTH) {
            true => logins.exchange(request, &change),
            false => ok(),
        })
    }

    fn exchange(&self, request: &Request, change: &impl Fn(&Request, Value) -> Step) -> Step {
        let once = request.body.get("code").or(request.body.get("refresh_token"));
        let once = once.and_then(Value::as_str).unwrap().to_owned();
        if !self.spent.lock().unwrap().insert(once) {
            let spent = json!({ "code": 20073, "error": "invalid_grant", "error_description": "" });
            return Step::Reply(400, spent.to_string());
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        let pair = json!({
            "code": 0, "access_token": format!("u-{number}"), "expires_in": 7200,
            "refresh_token": format!("r-{number}"), "refresh_token_expires_in": 604_800,
            "scope": "im:chat offline_access",
        });
        change(request, pair)
    }
}

struct World {
    platform: Platform,
    store: Arc<Store>,
    clock: Hands,
}

impl World {
    fn new(change: impl Fn(&Request, Value) -> Step + Send + Sync + 'static) -> Self {
        Self { platform: Logins::platform(change), store: Arc::default(), clock: Hands::default() }
    }

    fn builder(&self) -> ClientBuilder<Feishu> {
        self.platform.feishu().token_store(self.store.clone()).clock(self.clock.clone())
    }

    /// A client of a process of its own.
    fn process(&self) -> Client<Feishu> {
        self.builder().build().unwrap()
    }

    async fn logged_in(&self) -> UserSession {
        let session = self.process().user_session("tom");
        session.log_in(CodeExchange::new("c-1")).await.unwrap();
        session
    }

    fn exchanges(&self) -> usize {
        self.platform.count(OAUTH)
    }
}

async fn token(session: &UserSession) -> String {
    session.token().await.unwrap().expose().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_session_outlives_its_process_and_its_tokens() {
    let world = World::new(|_, pair| reply(pair));
    let user = world.process().user_session("tom");
    let first = user.log_in(CodeExchange::new("c-1")).await.unwrap();
    assert_eq!((first.access_token.expose(), &*first.scopes[0]), ("u-1", "im:chat"));
    for expected in ["u-1", "u-2", "u-3"] {
        let client = world.process();
        let user = client.as_user_with(client.user_session("tom"));
        call_as(&user).await.unwrap();
        assert_eq!(world.platform.last_token(), expected);
        world.clock.advance(7200);
    }
    let bodies: Vec<_> = world.platform.requests().into_iter().map(|it| it.body).collect();
    let refresh = json!({
        "grant_type": "refresh_token", "client_id": "cli_1", "client_secret": "app-secret",
        "refresh_token": "r-1",
    });
    assert!(bodies.contains(&refresh), "{bodies:?}");
    let other = world.process().user_session("jerry").token().await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test(start_paused = true)]
async fn one_refresh_serves_all_tasks_and_processes() {
    let world = World::new(|_, pair| late(2, reply(pair)));
    world.logged_in().await;
    world.clock.advance(7200);
    let processes: Vec<_> = (0..5).map(|_| world.process()).collect();
    let tasks: Vec<_> = (0..100)
        .map(|number| {
            let session = processes[number % 5].user_session("tom");
            tokio::spawn(async move { token(&session).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), "u-2");
    }
    assert_eq!(world.exchanges(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_ahead_of_time_delays_nobody() {
    let world = World::new(|request, pair| match request.body["code"].is_null() {
        true => late(5, reply(pair)),
        false => reply(pair),
    });
    let session = world.logged_in().await;
    world.clock.advance(7200 - 599);
    assert_eq!(token(&session).await, "u-1");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(token(&session).await, "u-2");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_loses_no_tokens() {
    let world = World::new(|_, pair| late(2, reply(pair)));
    let session = world.process().user_session("tom");
    let second = Duration::from_secs(1);
    let log_in = session.log_in(CodeExchange::new("c-1"));
    assert!(tokio::time::timeout(second, log_in).await.is_err());
    tokio::time::sleep(5 * second).await;
    assert_eq!(token(&world.process().user_session("tom")).await, "u-1");
    world.clock.advance(7200);
    let session = world.process().user_session("tom");
    assert!(tokio::time::timeout(second, session.token()).await.is_err());
    tokio::time::sleep(5 * second).await;
    assert_eq!(token(&world.process().user_session("tom")).await, "u-2");
    assert_eq!(world.exchanges(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_pair_is_stored_before_it_is_used() {
    let world = World::new(|_, pair| reply(pair));
    let session = world.logged_in().await;
    world.clock.advance(7200);
    world.store.is_read_only.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let error = session.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenStore, "{error}");
        tokio::time::advance(Duration::from_secs(2)).await;
    }
    assert_eq!(world.exchanges(), 2);
    world.store.is_read_only.store(false, Ordering::Relaxed);
    assert_eq!(token(&session).await, "u-2", "the pair was kept, and is saved at last");
    assert_eq!(token(&world.process().user_session("tom")).await, "u-2");
    assert_eq!(world.exchanges(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_not_stored_is_said_and_kept() {
    let world = World::new(|_, pair| reply(pair));
    world.store.fail(Some(Fault::Refuses));
    let session = world.process().user_session("tom");
    let error = session.log_in(CodeExchange::new("c-1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenStore);
    world.store.fail(None);
    assert_eq!(token(&session).await, "u-1");
}

#[tokio::test(start_paused = true)]
async fn of_many_sessions_memory_keeps_what_the_store_does_not_have() {
    let world = World::new(|_, pair| reply(pair));
    let client = world.process();
    client.user_session("ann").log_in(CodeExchange::new("c-1")).await.unwrap();
    world.store.is_read_only.store(true, Ordering::Relaxed);
    client.user_session("tom").log_in(CodeExchange::new("c-2")).await.unwrap_err();
    world.store.is_read_only.store(false, Ordering::Relaxed);
    (0..3000).for_each(|number| drop(client.user_session(format!("{number}"))));
    let gets = world.store.gets.load(Ordering::Relaxed);
    assert_eq!(token(&client.user_session("ann")).await, "u-1");
    assert_eq!(world.store.gets.load(Ordering::Relaxed), gets + 1, "read from the store again");
    assert_eq!(token(&client.user_session("tom")).await, "u-2");
    assert_eq!(world.exchanges(), 2);
}

#[tokio::test(start_paused = true)]
async fn no_refresh_token_is_spent_without_the_lock() {
    let world = World::new(|_, pair| reply(pair));
    let session = world.logged_in().await;
    world.clock.advance(7200);
    world.store.refuses_locks.store(true, Ordering::Relaxed);
    let error = session.token().await.unwrap_err();
    assert_eq!((error.kind(), world.exchanges()), (ErrorKind::TokenStore, 1));
    world.store.refuses_locks.store(false, Ordering::Relaxed);
    let key = world.store.keys.lock().unwrap()[0].clone();
    let lock = world.store.lock(&key, Duration::from_secs(3600)).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(11)).await;
    let error = session.token().await.unwrap_err();
    assert!(error.to_string().contains("another process"), "{error}");
    assert_eq!((error.kind(), world.exchanges()), (ErrorKind::TokenStore, 1));
    world.store.unlock(&key, lock).await.unwrap();
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(token(&session).await, "u-2");
}

#[tokio::test(start_paused = true)]
async fn no_refresh_token_is_spent_while_the_store_fails() {
    for fault in [Fault::Refuses, Fault::Hangs, Fault::Panics] {
        let world = World::new(|_, pair| reply(pair));
        let session = world.logged_in().await;
        world.store.fail(Some(fault));
        world.clock.advance(7200 - 300);
        assert_eq!(token(&session).await, "u-1");
        tokio::time::sleep(Duration::from_secs(20)).await;
        world.clock.advance(300);
        let error = session.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenStore, "{error}");
        assert_eq!(world.exchanges(), 1);
        world.store.fail(None);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(token(&session).await, "u-2");
    }
}

#[tokio::test(start_paused = true)]
async fn odd_data_beside_a_token_loses_nothing() {
    for (name, odd) in [
        ("refresh_token_expires_in", json!("")),
        ("refresh_token_expires_in", json!(-1)),
        ("refresh_token_expires_in", json!(null)),
        ("expires_in", json!(7199.5)),
        ("expires_in", json!("7200")),
        ("expires_in", json!(null)),
        ("expires_in", json!([])),
        ("scope", json!(["im:chat", 7])),
        ("scope", json!({})),
        ("token_type", json!(3)),
    ] {
        let world = World::new(move |_, mut pair| {
            pair[name] = odd.clone();
            reply(pair)
        });
        let session = world.logged_in().await;
        world.clock.advance(7200);
        assert_eq!(token(&session).await, "u-2", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    let world = World::new(|request, mut pair| {
        if request.body["code"].is_null() {
            pair.as_object_mut().unwrap().remove("refresh_token");
        }
        reply(pair)
    });
    let session = world.logged_in().await;
    world.clock.advance(7200);
    assert_eq!(token(&session).await, "u-2");
    let kept = world.store.puts.lock().unwrap().last().unwrap().value().expose().to_owned();
    assert!(kept.contains("r-1"), "the refresh token of the pair before stays in force");
}

#[tokio::test(start_paused = true)]
async fn a_spent_refresh_token_asks_for_a_login() {
    let world = World::new(|request, pair| match request.body["code"].is_null() {
        true => Step::Reply(400, json!({ "code": 20064, "error": "invalid_grant" }).to_string()),
        false => reply(pair),
    });
    let client = world.process();
    let session = client.user_session("tom");
    session.log_in(CodeExchange::new("c-1")).await.unwrap();
    world.clock.advance(7200);
    for _ in 0..10 {
        let error = session.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        let text = error.to_string();
        assert!(text.contains("log in again") && text.contains("20064"), "{text}");
        assert!(!text.contains("r-1") && !text.contains("app-secret"), "{text}");
    }
    assert_eq!(world.exchanges(), 2);
    session.log_in(CodeExchange::new("c-2")).await.unwrap();
    call_as(&client.as_user_with(session)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn tokens_that_came_in_during_a_failed_refresh_are_used() {
    for step in [|| refused(20064), || Step::Break, || Step::Reply(502, "down".into())] {
        let world = World::new(move |request, pair| match request.body["code"].is_null() {
            true => late(2, step()),
            false => reply(pair),
        });
        let session = world.logged_in().await;
        world.clock.advance(7200);
        let refresh = tokio::spawn(async move { token(&session).await });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let elsewhere = world.process().user_session("tom");
        let next = elsewhere.log_in(CodeExchange::new("c-2")).await.unwrap();
        assert_eq!(refresh.await.unwrap(), next.access_token.expose());
        assert_eq!(world.exchanges(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_during_a_refresh_gives_the_newer_tokens() {
    let world = World::new(|request, pair| match request.body["code"].is_null() {
        true => late(2, reply(pair)),
        false => reply(pair),
    });
    let session = world.logged_in().await;
    world.clock.advance(7200);
    let refreshed = session.clone();
    let refresh = tokio::spawn(async move { token(&refreshed).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.clock.advance(1);
    let next = session.log_in(CodeExchange::new("c-2")).await.unwrap();
    assert_ne!(refresh.await.unwrap(), next.access_token.expose());
    for session in [session, world.process().user_session("tom")] {
        assert_eq!(token(&session).await, next.access_token.expose());
    }
    assert_eq!(world.exchanges(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_login_ends_the_rest_after_a_failed_refresh() {
    let world = World::new(|request, pair| match request.body["code"].is_null() {
        true => refused(20064),
        false => reply(pair),
    });
    let session = world.logged_in().await;
    world.clock.advance(7200);
    session.token().await.unwrap_err();
    // Memory does not use what the store did not take: the next call saves it first.
    world.store.is_read_only.store(true, Ordering::Relaxed);
    session.log_in(CodeExchange::new("c-2")).await.unwrap_err();
    world.store.is_read_only.store(false, Ordering::Relaxed);
    assert_eq!(token(&session).await, "u-3");
    assert_eq!(token(&world.process().user_session("tom")).await, "u-3");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_whose_response_is_lost_is_not_repeated_at_once() {
    for step in [|| Step::Break, || Step::Stall, || Step::Reply(502, "r-1".into())] {
        let world = World::new(move |request, pair| match request.body["code"].is_null() {
            true => step(),
            false => reply(pair),
        });
        let session = world.logged_in().await;
        world.clock.advance(7200);
        let error = session.token().await.unwrap_err();
        assert_eq!(world.exchanges(), 2);
        assert!(error.is_retryable(), "{error}");
        assert!(!format!("{error} {error:?}").contains("r-1"), "{error}");
    }
    // What never left has spent nothing.
    let attempts = AtomicUsize::new(0);
    let logins = Logins { spent: Arc::default(), numbers: Arc::default() };
    let platform = Platform::new(move |request| {
        let is_refresh = request.body["code"].is_null();
        match is_refresh && attempts.fetch_add(1, Ordering::Relaxed) == 0 {
            true => Step::Refuse,
            false => logins.exchange(request, &|_, pair| reply(pair)),
        }
    });
    let clock = Hands::default();
    let session = platform.feishu().clock(clock.clone()).build().unwrap().user_session("tom");
    session.log_in(CodeExchange::new("c-1")).await.unwrap();
    clock.advance(7200);
    assert_eq!(token(&session).await, "u-2");
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_is_refreshed_and_a_young_one_is_not() {
    let rejected = Arc::new(Mutex::new(HashSet::from(["u-1".to_owned()])));
    let logins = Logins { spent: Arc::default(), numbers: Arc::default() };
    let revoked = rejected.clone();
    let platform = Platform::new(move |request| match &request.token {
        None => logins.exchange(request, &|_, pair| reply(pair)),
        Some(token) if revoked.lock().unwrap().contains(token) => refused(99991668),
        Some(_) => ok(),
    });
    let clock = Hands::default();
    let client = platform.feishu().clock(clock.clone()).build().unwrap();
    let session = client.user_session("tom");
    session.log_in(CodeExchange::new("c-1")).await.unwrap();
    let user = client.as_user_with(session);
    let error = call_as(&user).await.unwrap_err();
    assert_eq!((error.kind(), platform.count(OAUTH)), (ErrorKind::Unauthenticated, 1));
    clock.advance(60);
    call_as(&user).await.unwrap();
    assert_eq!((platform.count(OAUTH), &*platform.last_token()), (2, "u-2"));
}

#[tokio::test(start_paused = true)]
async fn dingtalk_has_sessions_too() {
    let numbers = AtomicUsize::new(0);
    let platform = Platform::new(move |request| {
        if !request.path.ends_with("/v1.0/oauth2/userAccessToken") {
            return reply(json!({}));
        }
        let number = numbers.fetch_add(1, Ordering::Relaxed) + 1;
        reply(json!({
            "accessToken": format!("d-{number}"), "refreshToken": format!("r-{number}"),
            "expireIn": 7200, "corpId": "corp",
        }))
    });
    let clock = Hands::default();
    let client = platform.dingtalk().clock(clock.clone()).build().unwrap();
    let session = client.user_session("tom");
    session.log_in(CodeExchange::new("c-1")).await.unwrap();
    clock.advance(7200);
    call_as(&client.as_user_with(session)).await.unwrap();
    assert_eq!(platform.last_token(), "d-2");
    let bodies: Vec<_> = platform.requests().into_iter().map(|request| request.body).collect();
    let app = json!({ "clientId": "ding_1", "clientSecret": "app-secret" });
    let with = |grant: &str, name: &str, value: &str| {
        let mut body = app.clone();
        body["grantType"] = grant.into();
        body[name] = value.into();
        body
    };
    assert_eq!(bodies[0], with("authorization_code", "code", "c-1"));
    assert_eq!(bodies[1], with("refresh_token", "refreshToken", "r-1"));
}

#[tokio::test(start_paused = true)]
async fn tokens_from_elsewhere_become_a_session() {
    let world = World::new(|_, pair| reply(pair));
    let session = world.process().user_session("tom");
    let json = json!({
        "access_token": "u-old", "issued_at": 1_700_000_000, "expires_at": 1_700_007_200,
        "refresh_token": "r-old",
    });
    let token_of_old: UserToken = serde_json::from_value(json).unwrap();
    session.save(&token_of_old).await.unwrap();
    assert_eq!(token(&session).await, "u-old");
    world.clock.advance(7200);
    assert_eq!(token(&session).await, "u-1");
    assert_eq!(world.platform.requests()[0].body["refresh_token"], "r-old");
    // And a pair survives its way through serde.
    let written = serde_json::to_string(&token_of_old).unwrap();
    assert_eq!(serde_json::from_str::<UserToken>(&written).unwrap(), token_of_old);
    assert!(!format!("{token_of_old:?} {session:?}").contains("-old"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_exchange_of_a_code_shows_no_secret() {
    let platform = Platform::new(|request| {
        let body = json!({ "code": 20003, "msg": format!("{}", request.body) });
        Step::Reply(400, body.to_string())
    });
    let client = platform.feishu().build().unwrap();
    let exchange = CodeExchange::new("code-secret").code_verifier("verifier-secret");
    let error = client.exchange_code(exchange).await.unwrap_err();
    let refresh = client.refresh_user_token(&Secret::new("refresh-secret")).await.unwrap_err();
    let shown = format!("{error} {error:?} {refresh} {refresh:?}");
    assert!(!shown.contains("-secret"), "{shown}");
}

/// A source of tokens of the program's own, which has another one after a rejection.
#[derive(Default)]
struct Vault {
    asked: AtomicUsize,
    rejected: Mutex<Vec<String>>,
}

impl Credentials for Vault {
    fn token(&self) -> BoxFuture<'_, Result<Secret, Error>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let number = 1 + self.rejected.lock().unwrap().len().min(1);
        Box::pin(async move { Ok(Secret::new(format!("u-{number}"))) })
    }

    fn rejected(&self, token: &Secret) {
        self.rejected.lock().unwrap().push(token.expose().to_owned());
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_of_a_program_learn_of_rejections() {
    let platform = Platform::new(|request| match request.token.as_deref() {
        Some("u-1") => refused(99991668),
        _ if request.path == "/open-apis/bad" => refused(99991668),
        _ => ok(),
    });
    let client = platform.feishu().build().unwrap();
    let vault = Arc::new(Vault::default());
    let user = client.as_user_with(vault.clone());
    call_as(&user).await.unwrap();
    assert_eq!(*vault.rejected.lock().unwrap(), ["u-1"]);
    let bad = user.raw(Method::Get, "/open-apis/bad").send::<Value>().await.unwrap_err();
    assert_eq!(bad.kind(), ErrorKind::Unauthenticated);
    assert_eq!(platform.count("/bad"), 1, "the same token is not sent again");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_credentials_is_that_of_the_call() {
    struct Locked;
    impl Credentials for Locked {
        fn token(&self) -> BoxFuture<'_, Result<Secret, Error>> {
            let error = Error::builder(ErrorKind::Configuration).detail("the vault is locked");
            Box::pin(std::future::ready(Err(error.build())))
        }
    }
    struct Silent;
    impl Credentials for Silent {
        fn token(&self) -> BoxFuture<'_, Result<Secret, Error>> {
            Box::pin(std::future::pending())
        }
    }
    struct Broken;
    impl Credentials for Broken {
        fn token(&self) -> BoxFuture<'_, Result<Secret, Error>> {
            panic!("the vault has a bug")
        }
    }
    let platform = Platform::new(|_| ok());
    let client = platform.feishu().build().unwrap();
    let error = call_as(&client.as_user_with(Locked)).await.unwrap_err();
    assert!(error.to_string().contains("the vault is locked"), "{error}");
    let silent = client.as_user_with(Silent).raw(Method::Get, "/open-apis/good").send::<Value>();
    let error = silent.timeout(Duration::from_secs(3600)).await.unwrap_err();
    assert!(error.to_string().contains("returned no token"), "{error}");
    let error = call_as(&client.as_user_with(Broken)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(platform.requests().len(), 0);
}
