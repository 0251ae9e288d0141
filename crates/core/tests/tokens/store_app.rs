//! Tokens of apps that serve several tenants, and the tickets they are fetched with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use openplat_core::{Client, DingTalk, ErrorKind, Method};
use serde_json::{Value, json};

use crate::support::{Fault, Hands, Platform, Request, Step, Store, call, ok, refused, reply};

const APP: &str = "/auth/v3/app_access_token";
const TENANT: &str = "/auth/v3/tenant_access_token";
const RESEND: &str = "/app_ticket/resend";

/// Gives numbered tokens of the app, and tokens of tenants for those that `accepts` does.
fn platform(accepts: impl Fn(&str, &Request) -> Option<Step> + Send + Sync + 'static) -> Platform {
    let fetched = AtomicUsize::new(0);
    Platform::new(move |request| {
        if request.path.ends_with(APP) {
            let number = fetched.fetch_add(1, Ordering::Relaxed) + 1;
            let token = format!("a-{number}");
            return reply(json!({ "code": 0, "app_access_token": token, "expire": 7200 }));
        }
        if request.path.ends_with(TENANT) {
            let parent = request.body["app_access_token"].as_str().unwrap_or_default();
            let token = format!("t-{}-{parent}", request.body["tenant_key"].as_str().unwrap());
            let token = json!({ "code": 0, "tenant_access_token": token, "expire": 7200 });
            return accepts(parent, request).unwrap_or_else(|| reply(token));
        }
        ok()
    })
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_of_the_app_is_fetched_anew() {
    for code in [99991664, 10012] {
        let is_reset = Arc::new(AtomicBool::new(false));
        let reset = is_reset.clone();
        let platform = platform(move |parent, _| {
            (parent == "a-1" && reset.load(Ordering::Relaxed)).then(|| refused(code))
        });
        let client = platform.feishu().build().unwrap();
        client.set_ticket("ticket-1").await.unwrap();
        call(&client.for_tenant("one")).await.unwrap();
        is_reset.store(true, Ordering::Relaxed);
        call(&client.for_tenant("two")).await.unwrap();
        assert_eq!(platform.last_token(), "t-two-a-2");
        assert_eq!((platform.count(APP), platform.count(RESEND)), (2, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_another_cause_leaves_the_token_of_the_app() {
    for step in [|| refused(10014), || Step::Break, || Step::Reply(503, "down".into())] {
        let platform = platform(move |_, _| Some(step()));
        let client = platform.feishu().build().unwrap();
        client.set_ticket("ticket-1").await.unwrap();
        for tenant in ["one", "two"] {
            call(&client.for_tenant(tenant)).await.unwrap_err();
        }
        assert_eq!(platform.count(APP), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_is_always_refused_does_not_make_the_others_fetch() {
    let platform =
        platform(|_, request| (request.body["tenant_key"] == "gone").then(|| refused(99991664)));
    let client = platform.feishu().build().unwrap();
    client.set_ticket("ticket-1").await.unwrap();
    for number in 0..20 {
        call(&client.for_tenant("gone")).await.unwrap_err();
        call(&client.for_tenant(format!("{number}"))).await.unwrap();
        tokio::time::advance(Duration::from_secs(2)).await;
    }
    assert!(platform.count(APP) <= 3, "{}", platform.count(APP));
}

#[tokio::test(start_paused = true)]
async fn a_new_ticket_replaces_the_token_of_the_app() {
    let platform = platform(|_, _| None);
    let client = platform.feishu().build().unwrap();
    for (ticket, tenant, parents) in
        [("ticket-1", "one", 1), ("ticket-1", "two", 1), ("ticket-2", "three", 2)]
    {
        client.set_ticket(ticket).await.unwrap();
        call(&client.for_tenant(tenant)).await.unwrap();
        assert_eq!(platform.count(APP), parents, "{ticket} {tenant}");
    }
    let last = platform.requests().into_iter().rev().find(|it| it.path.ends_with(APP)).unwrap();
    assert_eq!(last.body["app_ticket"], "ticket-2");
}

#[tokio::test(start_paused = true)]
async fn without_a_ticket_one_is_asked_for_once_a_minute() {
    let platform = platform(|_, _| None);
    let client = platform.feishu().build().unwrap();
    for number in 0..50 {
        let error = call(&client.for_tenant(format!("{number}"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("set_ticket"), "{error}");
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(platform.count(RESEND), 1);
    tokio::time::advance(Duration::from_secs(20)).await;
    call(&client.for_tenant("0")).await.unwrap_err();
    assert_eq!(platform.count(RESEND), 2);
    // No rest delays the calls that waited for it.
    client.set_ticket("ticket-1").await.unwrap();
    call(&client.for_tenant("0")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_not_a_missing_ticket() {
    for fault in [Fault::Refuses, Fault::Hangs, Fault::Panics] {
        let platform = platform(|_, _| None);
        let store = Arc::new(Store::default());
        let build = || platform.feishu().token_store(store.clone()).build().unwrap();
        build().set_ticket("ticket-1").await.unwrap();
        store.fail(Some(fault));
        let client = build();
        let error = call(&client.for_tenant("one")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenStore, "{error}");
        assert!(error.is_retryable() && !error.to_string().contains("no ticket"), "{error}");
        assert_eq!(platform.count(RESEND), 0);
        // An hour later the store is back, and so are the calls.
        tokio::time::advance(Duration::from_secs(3600)).await;
        store.fail(None);
        call(&client.for_tenant("one")).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_is_not_saved_is_said_and_serves_this_process() {
    let platform = platform(|_, _| None);
    let store = Arc::new(Store::default());
    store.fail(Some(Fault::Refuses));
    let client = platform.feishu().token_store(store.clone()).build().unwrap();
    let error = client.set_ticket("ticket-1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenStore);
    assert!(error.is_retryable());
    call(&client.for_tenant("one")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_used_for_a_day_at_most() {
    let platform = platform(|_, _| None);
    let clock = Hands::default();
    let client = platform.feishu().clock(clock.clone()).build().unwrap();
    client.set_ticket("ticket-1").await.unwrap();
    clock.advance(25 * 3600);
    call(&client.for_tenant("one")).await.unwrap_err();
    assert_eq!((platform.count(APP), platform.count(RESEND)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_new_ticket_is_asked_for_if_the_last_one_is_rejected() {
    for (code, pushes) in [(10012, 1), (10013, 1), (10014, 0)] {
        let platform = Platform::new(move |request| match request.body["app_ticket"].as_str() {
            Some("old") => refused(code),
            Some(_) => reply(json!({ "code": 0, "app_access_token": "a-1", "expire": 7200 })),
            None => ok(),
        });
        let client = platform.feishu().build().unwrap();
        client.set_ticket("old").await.unwrap();
        let error = call(&client.as_store_app()).await.unwrap_err();
        assert_eq!(platform.count(RESEND), pushes, "{error}");
        assert_eq!(error.to_string().contains("app ticket was rejected"), pushes == 1, "{error}");
        client.set_ticket("new").await.unwrap();
        call(&client.as_store_app()).await.unwrap();
        assert_eq!(platform.last_token(), "a-1");
    }
}

#[tokio::test(start_paused = true)]
async fn only_an_app_with_tickets_asks_for_one() {
    let platform = Platform::new(|_| refused(10012));
    let error = call(&platform.feishu().build().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(platform.count(RESEND), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_for_each_call_keeps_its_token_and_refreshes_it_ahead() {
    let is_down = Arc::new(AtomicBool::new(false));
    let down = is_down.clone();
    let platform =
        platform(move |_, _| down.load(Ordering::Relaxed).then(|| Step::Reply(503, "down".into())));
    let clock = Hands::default();
    let client = platform.feishu().clock(clock.clone()).build().unwrap();
    client.set_ticket("ticket-1").await.unwrap();
    call(&client.for_tenant("one")).await.unwrap();
    clock.advance(7200 - 300);
    is_down.store(true, Ordering::Relaxed);
    for number in 0..10 {
        call(&client.for_tenant(format!("{number}"))).await.unwrap_err();
        call(&client.for_tenant("one")).await.unwrap();
    }
    is_down.store(false, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(11)).await;
    call(&client.for_tenant("one")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = platform.count(TENANT);
    clock.advance(299);
    call(&client.for_tenant("one")).await.unwrap();
    assert_eq!(platform.count(TENANT), before, "it was refreshed ahead");
}

#[tokio::test(start_paused = true)]
async fn many_tenants_leave_a_bounded_number_of_sources() {
    let platform = platform(|_, _| None);
    let client = platform.feishu().build().unwrap();
    client.set_ticket("ticket-1").await.unwrap();
    for number in 0..1500 {
        call(&client.for_tenant(format!("{number}"))).await.unwrap();
    }
    // The newest are in memory, and all are in the store.
    assert_eq!((platform.count(APP), platform.count(TENANT)), (1, 1500));
    call(&client.for_tenant("1499")).await.unwrap();
    call(&client.for_tenant("0")).await.unwrap();
    assert_eq!((platform.count(APP), platform.count(TENANT)), (1, 1500));
}

#[tokio::test(start_paused = true)]
async fn a_store_app_sends_its_own_token() {
    let platform = platform(|_, _| None);
    let client = platform.feishu().build().unwrap();
    client.set_ticket("ticket-1").await.unwrap();
    call(&client.as_store_app()).await.unwrap();
    assert_eq!(platform.last_token(), "a-1");
    let body = &platform.requests()[0].body;
    assert_eq!(
        *body,
        json!({ "app_id": "cli_1", "app_secret": "app-secret", "app_ticket": "ticket-1" })
    );
}

#[tokio::test(start_paused = true)]
async fn dingtalk_needs_a_ticket_as_well() {
    let platform = Platform::new(|request| match request.path.contains("corpAccessToken") {
        true => reply(json!({ "accessToken": "d-1", "expireIn": "7200" })),
        false => reply(json!({})),
    });
    let client: Client<DingTalk> = platform.dingtalk().build().unwrap();
    let call = async || -> Result<Value, _> {
        client.for_authorized_corp("corp").raw(Method::Get, "/v1.0/good").send().await
    };
    assert_eq!(call().await.unwrap_err().kind(), ErrorKind::Configuration);
    assert_eq!(platform.requests().len(), 0, "DingTalk has no way to ask for a ticket");
    client.set_ticket("suite-ticket").await.unwrap();
    call().await.unwrap();
    assert_eq!(platform.last_token(), "d-1");
}
