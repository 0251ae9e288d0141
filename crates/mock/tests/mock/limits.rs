//! Limits as the vendors' gateways enforce them.

use std::sync::Arc;
use std::time::Duration;

use openplat_core::{Client, DingTalk, Feishu, MemoryTokenStore, Sender};
use openplat_mock::{MockPlatform, RateLimit};

use crate::operations::{LinkChat, SendLink};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn feishu(mock: &MockPlatform) -> Client<Feishu> {
    let client = Client::builder("cli_1", "s3cret").transport(mock.transport());
    client.max_attempts(1).build().unwrap()
}

fn dingtalk(mock: &MockPlatform) -> Client<DingTalk> {
    let client = Client::builder("ding_1", "s3cret").transport(mock.transport());
    client.max_attempts(1).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn feishus_limit_is_lifted_with_its_window() {
    let mock = MockPlatform::in_process();
    let route = mock.on::<LinkChat>().rate_limit(RateLimit::new(2, MINUTE));
    // A client that was refused holds back by itself, hence one for each call.
    let call = async || feishu(&mock).call(&LinkChat("oc_1")).await;
    call().await.unwrap();
    call().await.unwrap();
    mock.advance(20 * SECOND);
    let error = call().await.unwrap_err();
    assert!(error.is_throttled());
    let api = error.api().unwrap();
    assert_eq!((api.status(), api.code()), (429, "99991400"));
    assert_eq!(api.retry_after(), Some(40 * SECOND));
    mock.advance(40 * SECOND);
    call().await.unwrap();
    assert_eq!((route.calls(), route.requests().len()), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn a_limit_need_not_say_how_long_it_lasts() {
    let mock = MockPlatform::in_process();
    let limit = RateLimit::new(0, SECOND).without_headers().status(400);
    mock.on::<LinkChat>().rate_limit(limit);
    let error = feishu(&mock).call(&LinkChat("oc_1")).await.unwrap_err();
    let api = error.api().unwrap();
    assert_eq!((api.status(), api.code(), api.retry_after()), (400, "99991400", None));
}

#[tokio::test(start_paused = true)]
async fn dingtalks_limits_are_forbidden_access() {
    for (window, code) in [
        (SECOND, "Forbidden.AccessDenied.QpsLimitForApi"),
        (MINUTE, "Forbidden.AccessDenied.QpmLimitForApi"),
    ] {
        let mock = MockPlatform::in_process();
        mock.on::<SendLink>().rate_limit(RateLimit::new(1, window));
        dingtalk(&mock).call(&SendLink).await.unwrap();
        let error = dingtalk(&mock).call(&SendLink).await.unwrap_err();
        let api = error.api().unwrap();
        assert_eq!((api.status(), api.code()), (403, code));
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_can_be_banned() {
    let mock = MockPlatform::in_process();
    mock.on::<LinkChat>().rate_limit(RateLimit::new(0, SECOND).ban_after(1));
    mock.on::<SendLink>().rate_limit(RateLimit::new(1, MINUTE).ban_after(2));
    // A client that was refused holds back by itself, hence one for each call; they share a token.
    let store = Arc::new(MemoryTokenStore::default());
    let client = || {
        let client = Client::<DingTalk>::builder("ding_1", "s3cret").token_store(store.clone());
        client.transport(mock.transport()).max_attempts(1).build().unwrap()
    };
    let code = async || {
        let error = client().call(&SendLink).await.unwrap_err();
        error.api().unwrap().code().to_owned()
    };
    client().call(&SendLink).await.unwrap();
    assert_eq!(code().await, "Forbidden.AccessDenied.QpmLimitForApi");
    assert_eq!(code().await, "1111");
    mock.advance(299 * SECOND);
    assert_eq!(code().await, "1111", "the window is over and the ban is not");
    // It holds for the fetch of a token as well, and for DingTalk alone.
    let error = dingtalk(&mock).call(&SendLink).await.unwrap_err();
    assert_eq!(error.api().unwrap().code(), "1111");
    let error = feishu(&mock).call(&LinkChat("oc_1")).await.unwrap_err();
    assert_eq!(error.api().unwrap().code(), "99991400");
    mock.advance(SECOND);
    client().call(&SendLink).await.unwrap();

    mock.ban(MINUTE);
    assert_eq!(code().await, "1111");
    mock.advance(MINUTE);
    client().call(&SendLink).await.unwrap();
}

#[tokio::test]
async fn a_limit_holds_over_a_socket() {
    let mock = MockPlatform::start().await.unwrap();
    mock.on::<LinkChat>().rate_limit(RateLimit::new(3, MINUTE));
    let client = Client::<Feishu>::builder("cli_1", "s3cret").base_url(mock.url());
    let client = client.max_attempts(1).build().unwrap();
    let calls: Vec<_> =
        (0..10).map(|_| tokio::spawn(client.call(&LinkChat("oc_1")).into_future())).collect();
    let mut granted = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => granted += 1,
            Err(error) => assert!(error.is_throttled(), "{error}"),
        }
    }
    assert_eq!(granted, 3);
}
