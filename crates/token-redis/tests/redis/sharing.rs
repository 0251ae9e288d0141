//! What several clients have in common.

use feishu_im::ErrorKind;
use feishu_im::chat::LinkChat;
use openplat_core::{TokenStore, TokenStoreError};

use crate::server::Redis;
use crate::{call, client, key, mock, store};

#[ignore = "needs redis-server"]
#[tokio::test]
async fn programs_share_tokens_if_their_prefix_is_the_same() {
    let redis = Redis::start();
    let mock = mock().await;
    for (prefix, fetches) in [("a:", 1), ("a:", 1), ("b:", 2), ("a:", 2)] {
        let store = store(&redis.url()).prefix(prefix);
        call(&client(mock.url(), store)).await;
        assert_eq!(mock.token_requests().len(), fetches, "{prefix}");
    }
    let mut keys = redis.keys().await;
    keys.sort();
    assert!(keys[0].starts_with("a:token:") && keys[1].starts_with("b:token:"), "{keys:?}");
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn one_replaces_a_rejected_token_for_all() {
    let redis = Redis::start();
    let mock = mock().await;
    let [a, b, late] = [0; 3].map(|_| client(mock.url(), store(&redis.url())));
    call(&a).await;
    call(&b).await;
    assert_eq!((mock.token_requests().len(), mock.requests().len()), (1, 2));

    mock.revoke_tokens();
    // Each is rejected once, and sends again.
    call(&a).await;
    call(&b).await;
    assert_eq!((mock.token_requests().len(), mock.requests().len()), (2, 6));
    // Whoever comes later finds the new one.
    call(&late).await;
    assert_eq!((mock.token_requests().len(), mock.requests().len()), (2, 7));
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn nobody_loops_when_every_token_is_rejected() {
    let redis = Redis::start();
    let mock = mock().await;
    mock.on::<LinkChat>().error("99991663");
    for calls in 1..=3 {
        let client = client(mock.url(), store(&redis.url()));
        let error = LinkChat::new("oc_1").send(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        // The token that is fetched in its place is the same, and is not sent again.
        assert_eq!(mock.requests().len(), calls);
        assert!(mock.token_requests().len() <= 2 * calls, "{:?}", mock.token_requests());
    }
}

/// The ends of keys are chosen by others: a tenant's key may look like anything.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn locks_and_tokens_never_have_the_same_key() -> Result<(), TokenStoreError> {
    let redis = Redis::start();
    let store = store(&redis.url());
    let key = key("http://127.0.0.1:1").await;
    let minute = std::time::Duration::from_secs(60);
    store.lock(&key, minute).await?.unwrap();
    assert!(store.get(&key).await?.is_none());
    let keys = redis.keys().await;
    assert_eq!(keys, [format!("openplat:lock:{key}")]);
    Ok(())
}
