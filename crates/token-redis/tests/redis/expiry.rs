//! How long tokens and locks are kept.

use std::time::{Duration, SystemTime};

use openplat_core::{Token, TokenStore};

use crate::server::Redis;
use crate::{call, client, key, mock, store};

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_token_is_kept_until_the_vendor_drops_it() {
    let redis = Redis::start();
    let mock = mock().await;
    call(&client(mock.url(), store(&redis.url()))).await;
    let keys = redis.keys().await;
    // The lock was given back.
    let [key] = &keys[..] else { panic!("{keys:?}") };
    assert!(key.starts_with("openplat:token:"), "{key}");
    // The platform's tokens live for two hours. The test may be slow.
    let left: i64 = redis.ask(&["PTTL", key]).await;
    assert!((7_000_000..=7_200_000).contains(&left), "{left}");
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_token_comes_back_as_it_was_put_and_goes_when_its_time_is_up() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let key = key("http://127.0.0.1:1").await;
    let expires_at = SystemTime::now() + Duration::from_secs(1);
    store.put(&key, Token::new("t-1", SystemTime::UNIX_EPOCH, expires_at)).await.unwrap();
    // On a machine that is busy, the second may be over.
    if let Some(token) = store.get(&key).await.unwrap() {
        assert_eq!(token.value().expose(), "t-1");
        let rounded_off = expires_at.duration_since(token.expires_at()).unwrap();
        assert!(rounded_off < Duration::from_millis(1), "{rounded_off:?}");
    }
    // Redis counts down in real time.
    while !redis.keys().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let age = SystemTime::now().duration_since(expires_at);
    assert!(age.is_ok(), "gone too early: {age:?}");
    assert!(store.get(&key).await.unwrap().is_none());
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_token_that_has_expired_is_not_kept_and_replaces_the_one_before() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let key = key("http://127.0.0.1:1").await;
    let now = SystemTime::now();
    store
        .put(&key, Token::new("t-1", SystemTime::UNIX_EPOCH, now + Duration::from_secs(60)))
        .await
        .unwrap();
    assert_eq!(store.get(&key).await.unwrap().unwrap().value().expose(), "t-1");
    store
        .put(&key, Token::new("t-2", SystemTime::UNIX_EPOCH, now - Duration::from_secs(1)))
        .await
        .unwrap();
    assert!(store.get(&key).await.unwrap().is_none());
    assert_eq!(redis.keys().await, [""; 0]);
}

/// As after a write that hung with the server and was executed long after it was sent.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_token_that_redis_kept_too_long_is_not_handed_out() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let key = key("http://127.0.0.1:1").await;
    let _: () = redis.ask(&["SET", &format!("openplat:token:{key}"), "1700000000000 t-1"]).await;
    assert!(store.get(&key).await.unwrap().is_none());
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn what_somebody_else_wrote_is_replaced() {
    let redis = Redis::start();
    let mock = mock().await;
    let key = format!("openplat:token:{}", key(mock.url()).await);
    let _: () = redis.ask(&["SET", &key, "{\"from\":\"the future\"}"]).await;
    for _ in 0..2 {
        call(&client(mock.url(), store(&redis.url()))).await;
    }
    assert_eq!(mock.token_requests().len(), 1);
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_lock_is_held_by_one_until_it_is_given_back_or_expires() {
    const MINUTE: Duration = Duration::from_secs(60);
    let redis = Redis::start();
    let (a, b) = (store(&redis.url()), store(&redis.url()));
    let key = key("http://127.0.0.1:1").await;
    let name = format!("openplat:lock:{key}");

    let first = a.lock(&key, MINUTE).await.unwrap().unwrap();
    let left: i64 = redis.ask(&["PTTL", &name]).await;
    assert!((30_000..=60_000).contains(&left), "{left}");
    assert_eq!(b.lock(&key, MINUTE).await.unwrap(), None);
    assert_eq!(a.lock(&key, MINUTE).await.unwrap(), None);
    a.unlock(&key, first.clone()).await.unwrap();

    let second = b.lock(&key, MINUTE).await.unwrap().unwrap();
    assert_ne!(first, second);
    // Whoever comes late does not end the next one's lock.
    a.unlock(&key, first).await.unwrap();
    assert_eq!(a.lock(&key, MINUTE).await.unwrap(), None);
    b.unlock(&key, second.clone()).await.unwrap();
    b.unlock(&key, second).await.unwrap();

    // Even one that asks for nothing expires.
    a.lock(&key, Duration::ZERO).await.unwrap().unwrap();
    while b.lock(&key, MINUTE).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
