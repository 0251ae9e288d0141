//! A platform that answers by a function, a clock that is moved by hand, and stores that fail.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use openplat_core::{
    Body, BoxFuture, Client, ClientBuilder, Clock, DingTalk, Error, Feishu, MemoryTokenStore,
    Method, Scoped, Token, TokenKey, TokenLock, TokenStore, TokenStoreError, Transport,
    TransportError, UserScope,
};
use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) token: Option<String>,
    /// As `Debug` shows them.
    pub(crate) headers: String,
    pub(crate) body: Value,
}

pub(crate) enum Step {
    Reply(u16, String),
    Late(Duration, Box<Step>),
    Refuse,
    Break,
    Stall,
    Panic,
}

pub(crate) fn reply(body: Value) -> Step {
    Step::Reply(200, body.to_string())
}

pub(crate) fn ok() -> Step {
    reply(json!({ "code": 0, "data": {} }))
}

pub(crate) fn refused(code: u32) -> Step {
    Step::Reply(400, json!({ "code": code, "msg": "no" }).to_string())
}

pub(crate) fn late(seconds: u64, step: Step) -> Step {
    Step::Late(Duration::from_secs(seconds), Box::new(step))
}

type Answer = Box<dyn Fn(&Request) -> Step + Send + Sync>;

/// The platform as the transport sees it.
#[derive(Clone)]
pub(crate) struct Platform {
    answer: Arc<Answer>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Platform {
    pub(crate) fn new(answer: impl Fn(&Request) -> Step + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(Box::new(answer)), requests: Arc::default() }
    }

    /// Numbers the tokens of a custom app, and accepts every call.
    pub(crate) fn of_tokens(lifetime: u64) -> Self {
        let fetched = AtomicUsize::new(0);
        Self::new(move |request| match request.is_fetch() {
            true => tenant_token(fetched.fetch_add(1, Ordering::Relaxed) + 1, lifetime),
            false => ok(),
        })
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, part_of_path: &str) -> usize {
        self.requests().iter().filter(|request| request.path.contains(part_of_path)).count()
    }

    pub(crate) fn last_token(&self) -> String {
        self.requests().iter().rev().find_map(|request| request.token.clone()).unwrap()
    }

    pub(crate) fn feishu(&self) -> ClientBuilder<Feishu> {
        Client::builder("cli_1", "app-secret").transport(self.clone())
    }

    pub(crate) fn dingtalk(&self) -> ClientBuilder<DingTalk> {
        Client::builder("ding_1", "app-secret").transport(self.clone())
    }
}

impl Request {
    /// Whether it asks for the token of a custom app.
    pub(crate) fn is_fetch(&self) -> bool {
        self.path.ends_with("/tenant_access_token/internal")
    }
}

pub(crate) fn tenant_token(number: usize, lifetime: u64) -> Step {
    reply(json!({
        "code": 0, "tenant_access_token": format!("t-{number}"), "expire": lifetime
    }))
}

impl Transport for Platform {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        let header = |name| request.headers().get(name)?.to_str().ok();
        let token = header("authorization").or(header("x-acs-dingtalk-access-token"));
        let token = token.map(|token| token.trim_start_matches("Bearer ").to_owned());
        let headers = format!("{:?}", request.headers());
        let body = request.body().as_bytes().cloned().unwrap_or_default();
        let request = Request {
            path: request.uri().path().to_owned(),
            token,
            headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        };
        self.requests.lock().unwrap().push(request.clone());
        let mut step = (self.answer)(&request);
        Box::pin(async move {
            loop {
                step = match step {
                    Step::Reply(status, body) => {
                        let body = Body::from(Bytes::from(body));
                        let response = http::Response::builder().status(status);
                        return Ok(response.header("x-tt-logid", "L1").body(body).unwrap());
                    }
                    Step::Late(wait, step) => {
                        tokio::time::sleep(wait).await;
                        *step
                    }
                    Step::Refuse => return Err(TransportError::connect("refused")),
                    Step::Break => return Err(TransportError::transfer("reset")),
                    Step::Stall => std::future::pending().await,
                    Step::Panic => panic!("the transport has a bug"),
                };
            }
        })
    }
}

/// A call like any other.
pub(crate) async fn call(client: &Client<Feishu>) -> Result<Value, Error> {
    call_of(client, "/open-apis/good").await
}

pub(crate) async fn call_of(client: &Client<Feishu>, path: &'static str) -> Result<Value, Error> {
    client.raw(Method::Get, path).send().await
}

pub(crate) async fn call_as<V: openplat_core::Vendor>(
    user: &Scoped<V, UserScope>,
) -> Result<Value, Error> {
    user.raw(Method::Get, "/v1.0/good").send().await
}

/// A clock that is moved by hand. It starts in the past: no test depends on the system's.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicU64>);

impl Default for Hands {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(1_700_000_000)))
    }
}

impl Hands {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn turn_back(&self, seconds: u64) {
        self.0.fetch_sub(seconds, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// What a store does instead of its work.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    Refuses,
    Hangs,
    Panics,
}

/// A store in memory that fails on request, and counts.
#[derive(Default)]
pub(crate) struct Store {
    inner: MemoryTokenStore,
    pub(crate) fault: Mutex<Option<Fault>>,
    /// Nothing can be put.
    pub(crate) is_read_only: AtomicBool,
    /// Everything works but locks.
    pub(crate) refuses_locks: AtomicBool,
    pub(crate) gets: AtomicUsize,
    pub(crate) locks: AtomicUsize,
    pub(crate) keys: Mutex<Vec<TokenKey>>,
    pub(crate) puts: Mutex<Vec<Token>>,
    /// Appears in the store when the lock is taken.
    pub(crate) appears: Mutex<Option<Token>>,
}

impl Store {
    pub(crate) fn fail(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap() = fault;
    }

    fn access<'a, T: Send + 'a>(
        &self,
        access: BoxFuture<'a, Result<T, TokenStoreError>>,
    ) -> BoxFuture<'a, Result<T, TokenStoreError>> {
        match *self.fault.lock().unwrap() {
            None => access,
            Some(Fault::Refuses) => Box::pin(std::future::ready(Err("it is down".into()))),
            Some(Fault::Hangs) => Box::pin(std::future::pending()),
            Some(Fault::Panics) => Box::pin(async { panic!("the store has a bug") }),
        }
    }
}

impl TokenStore for Store {
    fn get<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>> {
        self.gets.fetch_add(1, Ordering::Relaxed);
        self.keys.lock().unwrap().push(key.clone());
        self.access(self.inner.get(key))
    }

    fn put<'a>(
        &'a self,
        key: &'a TokenKey,
        token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        if self.is_read_only.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err("it is full".into())));
        }
        self.puts.lock().unwrap().push(token.clone());
        self.access(self.inner.put(key, token))
    }

    fn lock<'a>(
        &'a self,
        key: &'a TokenKey,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<Option<TokenLock>, TokenStoreError>> {
        self.locks.fetch_add(1, Ordering::Relaxed);
        if self.refuses_locks.load(Ordering::Relaxed) {
            return Box::pin(std::future::ready(Err("it has no locks".into())));
        }
        self.access(Box::pin(async move {
            let appears = self.appears.lock().unwrap().take();
            if let Some(token) = appears {
                self.inner.put(key, token).await?;
            }
            self.inner.lock(key, ttl).await
        }))
    }

    fn unlock<'a>(
        &'a self,
        key: &'a TokenKey,
        lock: TokenLock,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        self.access(self.inner.unlock(key, lock))
    }
}
