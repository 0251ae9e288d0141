//! Clients and processes that share their tokens through a real Redis, which the tests start.
//!
//! `cargo test -p openplat-token-redis --all-features -- --ignored` runs them; they need `redis-server`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod commands;
mod deployments;
mod example;
mod expiry;
mod newest;
mod outages;
mod processes;
mod secrets;
#[cfg(feature = "events")]
mod seen;
mod server;
mod sharing;
#[cfg(feature = "tls")]
mod tls;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use feishu_im::chat::LinkChat;
use openplat_core::{
    Body, BoxFuture, Token, TokenKey, TokenStore, TokenStoreError, Transport, TransportError, http,
};
use openplat_mock::MockPlatform;
use openplat_token_redis::RedisTokenStore;

const APP_SECRET: &str = "s3cret-of-the-app";

async fn mock() -> MockPlatform {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>();
    mock
}

fn client(base_url: &str, store: impl TokenStore) -> feishu_im::Client {
    feishu_im::Client::builder("cli_1", APP_SECRET)
        .base_url(base_url)
        .token_store(Arc::new(store))
        .build()
        .unwrap()
}

async fn call(client: &feishu_im::Client) {
    LinkChat::new("oc_1").send(client).await.unwrap();
}

/// With all the time that a busy machine may need.
fn store(url: &str) -> RedisTokenStore {
    RedisTokenStore::new(url).unwrap().timeout(Duration::from_secs(20))
}

/// A token that lives for two hours from now, whenever it was issued.
fn token(value: &str, issued_at: SystemTime) -> Token {
    Token::new(value, issued_at, SystemTime::now() + Duration::from_secs(7200))
}

/// The key under which the client of these tests keeps its token. Keys cannot be made by hand, so
/// this one is overheard.
async fn key(base_url: &str) -> TokenKey {
    let spy = Arc::new(Spy::default());
    let client = feishu_im::Client::builder("cli_1", APP_SECRET)
        .base_url(base_url)
        .transport(NoNetwork)
        .token_store(spy.clone())
        .build()
        .unwrap();
    LinkChat::new("oc_1").send(&client).await.unwrap_err();
    spy.0.lock().unwrap().take().unwrap()
}

#[derive(Default)]
struct Spy(Mutex<Option<TokenKey>>);

impl TokenStore for Spy {
    fn get<'a>(
        &'a self,
        key: &'a TokenKey,
    ) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>> {
        *self.0.lock().unwrap() = Some(key.clone());
        Box::pin(std::future::ready(Ok(None)))
    }

    fn put<'a>(
        &'a self,
        _key: &'a TokenKey,
        _token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

struct NoNetwork;

impl Transport for NoNetwork {
    fn send(
        &self,
        _request: http::Request<Body>,
    ) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(std::future::ready(Err(TransportError::request("no network"))))
    }
}
