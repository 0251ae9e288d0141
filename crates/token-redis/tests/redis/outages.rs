//! Redis goes away, and comes back.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use openplat_core::TokenStore;
use openplat_token_redis::RedisTokenStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::server::Redis;
use crate::{call, client, key, mock, store, token};

/// What a hanging Redis may cost each operation in the tests that have one hang.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Less than the 30 seconds that a call is given, and far more than a few timeouts.
const A_MOMENT: Duration = Duration::from_secs(15);

#[ignore = "needs redis-server"]
#[tokio::test]
async fn no_call_fails_while_redis_is_down_and_tokens_are_shared_when_it_is_back() {
    let mut redis = Redis::start();
    let mock = mock().await;
    let [a, b] = [0; 2].map(|_| client(mock.url(), store(&redis.url())));
    call(&a).await;
    call(&b).await;
    assert_eq!(mock.token_requests().len(), 1);

    redis.kill();
    mock.revoke_tokens();
    // Each fetches for itself, among them one that starts now.
    let c = client(mock.url(), store(&redis.url()));
    for client in [&a, &b, &c] {
        call(client).await;
    }
    assert_eq!(mock.token_requests().len(), 4);

    redis.restart();
    mock.revoke_tokens();
    // At once: the very first use after the outage reaches Redis.
    for client in [&a, &b, &c] {
        call(client).await;
    }
    assert_eq!(mock.token_requests().len(), 5);
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn no_call_fails_while_redis_hangs_and_tokens_are_shared_when_it_goes_on() {
    let redis = Redis::start();
    let mock = mock().await;
    let [a, b] = [0; 2].map(|_| client(mock.url(), store(&redis.url()).timeout(TIMEOUT)));
    call(&a).await;
    call(&b).await;
    assert_eq!(mock.token_requests().len(), 1);

    redis.hang();
    mock.revoke_tokens();
    let c = client(mock.url(), store(&redis.url()).timeout(TIMEOUT));
    for client in [&a, &b, &c] {
        let started = Instant::now();
        call(client).await;
        assert!(started.elapsed() < A_MOMENT, "{:?}", started.elapsed());
    }
    assert_eq!(mock.token_requests().len(), 4);

    redis.go_on();
    mock.revoke_tokens();
    let _: () = redis.ask(&["PING"]).await;
    for client in [&a, &b, &c] {
        call(client).await;
    }
    assert_eq!(mock.token_requests().len(), 5);
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn every_operation_on_a_hanging_redis_ends() {
    let redis = Redis::start();
    let store = Arc::new(store(&redis.url()).timeout(TIMEOUT));
    let key = key("http://127.0.0.1:1").await;
    let token = token("t-1", SystemTime::now());
    let minute = Duration::from_secs(60);
    let lock = store.lock(&key, minute).await.unwrap().unwrap();

    redis.hang();
    let started = Instant::now();
    // First on the connection that worked, then on new ones.
    for error in [
        store.put(&key, token).await.unwrap_err(),
        store.get(&key).await.unwrap_err(),
        store.lock(&key, minute).await.unwrap_err(),
        store.unlock(&key, lock).await.unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains("did not respond within 1s"), "{text}");
    }
    assert!(started.elapsed() >= 4 * TIMEOUT && started.elapsed() < A_MOMENT);

    // Waiting for a connection that another task opens takes no longer than opening one.
    let started = Instant::now();
    let gets = (0..50).map(|_| {
        let (store, key) = (store.clone(), key.clone());
        tokio::spawn(async move { store.get(&key).await })
    });
    for get in gets.collect::<Vec<_>>() {
        get.await.unwrap().unwrap_err();
    }
    assert!(started.elapsed() < A_MOMENT, "{:?}", started.elapsed());
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_connection_that_was_closed_is_made_again_without_an_error() {
    let redis = Redis::start();
    let store = store(&redis.url());
    for _ in 0..3 {
        store.ping().await.unwrap();
        let _: i64 = redis.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
    }
    store.ping().await.unwrap();
}

/// If the connection breaks before the response, Redis may have executed the command or not. It is
/// repeated, and must have the same effect as once.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_command_whose_response_is_lost_is_repeated_without_harm() {
    let redis = Redis::start();
    let key = key("http://127.0.0.1:1").await;
    let minute = Duration::from_secs(60);
    let through_proxy = async || {
        let store = store(&redis.url_through(lose_first_script(redis.port()).await));
        // The connection is not new any more.
        store.ping().await.unwrap();
        store
    };

    let lock = through_proxy().await.lock(&key, minute).await.unwrap().unwrap();
    assert_eq!(store(&redis.url()).lock(&key, minute).await.unwrap(), None);
    through_proxy().await.unlock(&key, lock).await.unwrap();
    assert!(store(&redis.url()).lock(&key, minute).await.unwrap().is_some());

    through_proxy().await.put(&key, token("t-1", SystemTime::now())).await.unwrap();
    let kept = store(&redis.url()).get(&key).await.unwrap().unwrap();
    assert_eq!(kept.value().expose(), "t-1");
}

/// Returns the port of a proxy. It closes the first connection when the response to a script is
/// there, and keeps the response.
pub(crate) async fn lose_first_script(redis: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", redis)).await.unwrap();
        loop {
            let read = client.read(&mut buffer).await.unwrap();
            server.write_all(&buffer[..read]).await.unwrap();
            let is_script = buffer[..read].windows(4).any(|part| part == b"EVAL");
            let read = server.read(&mut buffer).await.unwrap();
            if is_script {
                break;
            }
            client.write_all(&buffer[..read]).await.unwrap();
        }
        drop((client, server));
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", redis)).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    });
    port
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_store_can_be_made_before_redis_is_up() {
    let mut redis = Redis::start();
    redis.kill();
    let store = store(&redis.url());
    let error = RedisTokenStore::connect(&redis.url()).await.unwrap_err().to_string();
    assert!(error.contains("is unreachable"), "{error}");
    assert!(error.contains("check that it is running"), "{error}");
    redis.restart();
    store.ping().await.unwrap();
}

/// A store is made once and kept, whereas tests and some programs have more than one runtime.
#[ignore = "needs redis-server"]
#[test]
fn a_store_outlives_the_runtime_that_it_connected_on() {
    let redis = Redis::start();
    let store = store(&redis.url());
    for _ in 0..2 {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap().block_on(store.ping()).unwrap();
    }
}
