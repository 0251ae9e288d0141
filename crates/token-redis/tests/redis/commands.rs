//! How many commands reach Redis, and what is in them.

use std::future::ready;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use openplat_core::TokenStore;
use redis::aio::Monitor;

use crate::server::{PASSWORD, Redis};
use crate::{APP_SECRET, call, client, key, mock, store, token};

const END: &str = "the end";

/// Everything that Redis is asked from now on.
pub(crate) async fn monitor(redis: &Redis) -> Monitor {
    let client = redis::Client::open(redis.url()).unwrap();
    client.get_async_monitor().await.unwrap()
}

/// The commands since the start of `monitor` and their names, without those of scripts and tests.
pub(crate) async fn commands(redis: &Redis, monitor: Monitor) -> (String, Vec<String>) {
    let _: String = redis.ask(&["ECHO", END]).await;
    let lines = monitor.into_on_message::<String>();
    let lines: Vec<_> = lines.take_while(|line| ready(!line.contains(END))).collect().await;
    let names = lines.iter().filter(|line| !line.contains(" lua] "));
    let names = names.map(|line| line.split('"').nth(1).unwrap().to_owned());
    let names = names.filter(|name| !["AUTH", "CLIENT", "KEYS"].contains(&&**name));
    (lines.concat(), names.collect())
}

/// The numbers that the documentation of the crate has.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn each_operation_needs_as_many_commands_as_documented() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let key = key("http://127.0.0.1:1").await;
    let now = SystemTime::now();
    let monitor = monitor(&redis).await;

    store.get(&key).await.unwrap();
    let lock = store.lock(&key, Duration::from_secs(60)).await.unwrap().unwrap();
    store.put(&key, token("t-1", now)).await.unwrap();
    store.unlock(&key, lock).await.unwrap();
    store.put(&key, token("t-2", now)).await.unwrap();
    store.ping().await.unwrap();
    store.put(&key, token("t-0", now - Duration::from_secs(1))).await.unwrap();

    let (_, names) = commands(&redis, monitor).await;
    assert_eq!(names, ["GET", "EVAL", "EVAL", "EVAL", "EVAL", "EVAL", "PING", "EVAL"]);
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_fetch_needs_few_commands_and_shows_no_secret() {
    let redis = Redis::start();
    let mock = mock().await;
    let cold = monitor(&redis).await;
    call(&client(mock.url(), store(&redis.url()))).await;
    redis.key_of_token().await;
    let (text, names) = commands(&redis, cold).await;
    // Lock, put and unlock; the token is looked for once or twice.
    assert_eq!(names.iter().filter(|name| *name == "EVAL").count(), 3, "{names:?}");
    assert!((4..=5).contains(&names.len()), "{names:?}");
    let sent = mock.requests().pop().unwrap();
    let token = sent.headers["authorization"].to_str().unwrap().split_once(' ').unwrap().1;
    for secret in [APP_SECRET, PASSWORD, token] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }

    let warm = monitor(&redis).await;
    call(&client(mock.url(), store(&redis.url()))).await;
    assert_eq!(commands(&redis, warm).await.1, ["GET"]);
    assert_eq!(mock.token_requests().len(), 1);
}
