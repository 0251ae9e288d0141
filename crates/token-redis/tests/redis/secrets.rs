//! Who can read what.

use std::time::{Duration, SystemTime};

use openplat_core::TokenStore;
use openplat_token_redis::RedisTokenStore;

use crate::server::{PASSWORD, Redis};
use crate::{APP_SECRET, call, client, key, mock, store, token};

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_dump_of_redis_holds_no_secret() {
    let redis = Redis::start();
    let mock = mock().await;
    let store = store(&redis.url());
    let key = key(mock.url()).await;
    store.lock(&key, Duration::from_secs(60)).await.unwrap().unwrap();
    // Held by hand, so that the dump has a lock; the client finds a token instead of waiting.
    mock.accept_user_token("t-secret");
    store.put(&key, token("t-secret", SystemTime::now())).await.unwrap();
    call(&client(mock.url(), store)).await;
    assert_eq!(mock.token_requests().len(), 0);

    assert_eq!(redis.keys().await.len(), 2);
    let dump = redis.dump().await;
    let holds = |text: &str| dump.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds(key.as_str()), "this is no dump");
    for secret in [APP_SECRET, PASSWORD, "t-secret"] {
        assert!(!holds(secret), "{secret}");
    }
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn no_text_holds_a_secret() {
    let mut texts = Vec::new();
    let key = key("http://127.0.0.1:1").await;
    let token = || token("t-secret", SystemTime::now());

    let mut redis = Redis::start();
    let here = RedisTokenStore::connect(&redis.url()).await.unwrap();
    texts.push(format!("{here:?} {here:#?}"));

    let wrong = redis.url().replace(PASSWORD, "t-secret");
    let error = RedisTokenStore::connect(&wrong).await.unwrap_err();
    assert!(error.to_string().contains("check the username and the password"), "{error}");
    texts.push(format!("{error} {error:?}"));
    let unknown = redis.url().replace("redis://", "redis://t-secret");
    let error = RedisTokenStore::connect(&unknown).await.unwrap_err();
    texts.push(format!("{error} {error:?}"));

    let none = redis.url().replace(&format!(":{PASSWORD}@"), "");
    let error = RedisTokenStore::connect(&none).await.unwrap_err();
    assert!(error.to_string().contains("NOAUTH"), "{error}");
    assert!(error.to_string().contains("add it to the URL"), "{error}");

    redis.hang();
    let error = here.put(&key, token()).await.unwrap_err();
    texts.push(format!("{error} {error:?}"));
    redis.go_on();
    redis.kill();
    let error = here.put(&key, token()).await.unwrap_err();
    texts.push(format!("{error} {error:?}"));

    // This one quotes the arguments of what it does not know.
    let other = Redis::start_with(&["--rename-command", "EVAL", ""]);
    let error = store(&other.url()).put(&key, token()).await.unwrap_err();
    assert!(error.to_string().contains("does not know a command"), "{error}");
    texts.push(format!("{error} {error:?}"));

    for text in texts {
        for secret in [APP_SECRET, PASSWORD, "t-secret"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("127.0.0.1:"), "{text}");
    }
}

/// The documentation names the rights that a user needs.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn the_documented_rights_are_enough() {
    let redis = Redis::start();
    let rights = "ACL SETUSER app on >pw ~openplat:* +ping +get +set +del +eval";
    let _: () = redis.ask(&rights.split(' ').collect::<Vec<_>>()).await;
    let url = redis.url().replace(&format!(":{PASSWORD}"), "app:pw");
    let mock = mock().await;
    for _ in 0..2 {
        let store = store(&url);
        store.ping().await.unwrap();
        call(&client(mock.url(), store)).await;
    }
    assert_eq!(mock.token_requests().len(), 1);
    let key = key(mock.url()).await;
    let error = store(&url).prefix("x:").get(&key).await.unwrap_err().to_string();
    assert!(error.contains("NOPERM") && error.contains("grant the user `+ping"), "{error}");
}
