//! How long tokens and locks are kept.

use std::time::{Duration, SystemTime};

use openplat_core::{Token, TokenStore};

use crate::server::Redis;
use crate::{call, client, key, mock, store, token};

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_token_is_kept_until_the_vendor_drops_it() {
    let redis = Redis::start();
    let mock = mock().await;
    call(&client(mock.url(), store(&redis.url()))).await;
    let key = redis.key_of_token().await;
    assert!(key.starts_with("openplat:token:"), "{key}");
    // The platform's tokens live for two hours. The test may be slow.
    let left: i64 = redis.ask(&["PTTL", &key]).await;
    assert!((7_000_000..=7_200_000).contains(&left), "{left}");
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_token_comes_back_as_it_was_put_and_goes_when_its_time_is_up() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let key = key("http://127.0.0.1:1").await;
    let expires_at = SystemTime::now() + Duration::from_secs(1);
    store.put(&key, Token::new("t-1", SystemTime::now(), expires_at)).await.unwrap();
    // On a machine that is busy, the second may be over.
    if let Some(token) = store.get(&key).await.unwrap() {
        assert_eq!(token.value().expose(), "t-1");
        assert_eq!(token.expires_at(), expires_at);
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
    store.put(&key, token("t-1", now)).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap().unwrap().value().expose(), "t-1");
    store.put(&key, Token::new("t-2", now, now - Duration::from_secs(1))).await.unwrap();
    assert!(store.get(&key).await.unwrap().is_none());
    while !redis.keys().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// As after a write that hung with the server and was executed long after it was sent.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_token_that_redis_kept_too_long_is_not_handed_out_and_stops_no_other() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let key = key("http://127.0.0.1:1").await;
    let name = format!("openplat:token:{key}");
    let issued_at = SystemTime::now();
    let expires_at = issued_at + Duration::from_millis(500);
    store.put(&key, Token::new("t-1", issued_at, expires_at)).await.unwrap();
    let _: i64 = redis.ask(&["PERSIST", &name]).await;
    while SystemTime::now() <= expires_at {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(store.get(&key).await.unwrap().is_none());
    let earlier = issued_at - Duration::from_secs(1);
    store.put(&key, token("t-2", earlier)).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap().unwrap().value().expose(), "t-2");
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

    // Even one that asks for nothing expires, and whoever held it cannot end the next one's.
    let expired = a.lock(&key, Duration::ZERO).await.unwrap().unwrap();
    while b.lock(&key, MINUTE).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    a.unlock(&key, expired).await.unwrap();
    assert_eq!(a.lock(&key, MINUTE).await.unwrap(), None);
}
