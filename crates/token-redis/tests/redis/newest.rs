//! Of two tokens the one that was issued later stays, whatever the order of their writes.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use openplat_core::TokenStore;

use crate::server::Redis;
use crate::{call, client, key, mock, store, token};

#[ignore = "needs redis-server"]
#[tokio::test]
async fn an_older_token_never_replaces_a_newer_one() {
    let redis = Redis::start();
    let (a, b) = (store(&redis.url()), store(&redis.url()));
    let key = key("http://127.0.0.1:1").await;
    let now = SystemTime::now();
    let kept = async || a.get(&key).await.unwrap().unwrap();

    a.put(&key, token("t-2", now)).await.unwrap();
    b.put(&key, token("t-1", now - Duration::from_nanos(1))).await.unwrap();
    assert_eq!(kept().await.value().expose(), "t-2");
    assert_eq!(kept().await.issued_at(), now);
    b.put(&key, token("t-2 again", now)).await.unwrap();
    assert_eq!(kept().await.value().expose(), "t-2 again");
    b.put(&key, token("t-3", now + Duration::from_nanos(1))).await.unwrap();
    assert_eq!(kept().await.value().expose(), "t-3");
}

#[ignore = "needs redis-server"]
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_of_many_at_once_stays() {
    let redis = Redis::start();
    let key = key("http://127.0.0.1:1").await;
    let now = SystemTime::now();
    let stores = [0; 4].map(|_| Arc::new(store(&redis.url())));
    // All find a value to replace, and the newest token comes in the middle of the others.
    let oldest = token("t-oldest", now - Duration::from_secs(1));
    stores[0].put(&key, oldest).await.unwrap();
    let puts = (0..40_u64).map(|n| {
        let age = (n * 27 + 20) % 40;
        let token = token(&format!("t-{age}"), now - Duration::from_millis(age));
        let (store, key) = (stores[usize::try_from(n % 4).unwrap()].clone(), key.clone());
        tokio::spawn(async move { store.put(&key, token).await })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap().unwrap();
    }
    let kept = stores[0].get(&key).await.unwrap().unwrap();
    assert_eq!(kept.value().expose(), "t-0");
}

/// Whatever it is, and whatever time of issue it claims, it stops no token.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_value_that_cannot_be_opened_is_replaced() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let key = key("http://127.0.0.1:1").await;
    let name = format!("openplat:token:{key}");
    let is_replaced = async |what: &str| {
        assert!(store.get(&key).await.unwrap().is_none(), "{what}");
        store.put(&key, token("t-1", SystemTime::UNIX_EPOCH)).await.unwrap();
        assert_eq!(store.get(&key).await.unwrap().unwrap().value().expose(), "t-1", "{what}");
    };

    for value in ["4102444800000 t-of-an-earlier-version", "", "{\"from\":\"the future\"}"] {
        let _: () = redis.ask(&["SET", &name, value]).await;
        is_replaced(value).await;
    }
    let other = crate::key("http://127.0.0.1:2").await;
    store.put(&other, token("t-2", SystemTime::now())).await.unwrap();
    let _: () = redis.ask(&["RENAME", &format!("openplat:token:{other}"), &name]).await;
    is_replaced("a token of another key").await;
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_client_shares_its_token_in_place_of_what_another_program_wrote() {
    let redis = Redis::start();
    let mock = mock().await;
    let name = format!("openplat:token:{}", key(mock.url()).await);
    let _: () = redis.ask(&["SET", &name, "{\"from\":\"the future\"}"]).await;
    for _ in 0..2 {
        call(&client(mock.url(), store(&redis.url()))).await;
    }
    assert_eq!(mock.token_requests().len(), 1);
}
