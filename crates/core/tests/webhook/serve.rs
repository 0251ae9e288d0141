use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use openplat_core::BoxFuture;
use openplat_core::events::{
    Answer, Claim, DingTalkWebhook, FeishuWebhook, Listener, RawEvent, Seen, SeenError,
};
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::support::{KEY, TOKEN, body};

const MESSAGE: &[u8] =
    br#"{"schema":"2.0","header":{"event_id":"e1","event_type":"a"},"event":{}}"#;
const CARD: &[u8] =
    br#"{"schema":"2.0","header":{"event_id":"e2","event_type":"card.action.trigger"},"event":{}}"#;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn webhook() -> FeishuWebhook {
    FeishuWebhook::builder().encrypt_key(KEY).verification_token(TOKEN).build().unwrap()
}

async fn serve(listener: &Listener, json: &[u8]) -> Response<Bytes> {
    let webhook = webhook();
    listener.serve(&webhook, webhook.seal(json)).await
}

/// Waits until nothing is left to do but to wait.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test]
async fn an_event_is_handled_and_its_repetition_accepted() {
    let handled = Arc::new(AtomicUsize::new(0));
    let counted = handled.clone();
    let listener = Listener::new(move |_: RawEvent| {
        let handled = counted.clone();
        async move {
            handled.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Failure>(())
        }
    });
    for _ in 0..3 {
        let response = serve(&listener, MESSAGE).await;
        assert_eq!((response.status().as_u16(), body(&response)), (200, json!({"msg": "success"})));
    }
    assert_eq!(handled.load(Ordering::SeqCst), 1);
    let dingtalk =
        DingTalkWebhook::builder(TOKEN, "1234567890123456789012345678901234567890123", "app")
            .build()
            .unwrap();
    for _ in 0..3 {
        let response = listener.serve(&dingtalk, dingtalk.seal(br#"{"EventType":"a"}"#)).await;
        assert_eq!((response.status().as_u16(), handled.load(Ordering::SeqCst)), (200, 2));
    }
}

#[tokio::test]
async fn a_callback_gets_its_answer() {
    let toast = json!({ "toast": { "type": "success", "content": "done" } });
    let answer = Answer::json(&toast);
    let listener = Listener::new(move |_: RawEvent| {
        let answer = answer.clone();
        async move { Ok::<_, Failure>(answer) }
    });
    // And again, in case the first response was lost.
    for _ in 0..2 {
        let response = serve(&listener, CARD).await;
        assert_eq!((response.status().as_u16(), body(&response)), (200, toast.clone()));
    }
}

#[tokio::test]
async fn what_needs_no_handler_does_not_reach_it() {
    let listener = Listener::new(|_: RawEvent| async { panic!("handled") as Result<(), Failure> });
    let response =
        serve(&listener, br#"{"type":"url_verification","challenge":"c","token":""}"#).await;
    assert_eq!((response.status().as_u16(), body(&response)), (200, json!({ "challenge": "c" })));
    let other = FeishuWebhook::builder().verification_token("other").build().unwrap();
    let response = listener.serve(&other, webhook().seal(MESSAGE)).await;
    assert_eq!((response.status().as_u16(), body(&response)), (403, json!({ "msg": "forbidden" })));
    let garbage = Request::new(Bytes::from_static(b"garbage"));
    assert_eq!(listener.serve(&other, garbage).await.status(), 400);
}

#[tokio::test]
async fn a_failure_is_a_500_that_says_nothing() {
    let failing = Listener::new(|_: RawEvent| async { Err::<(), Failure>("my salary".into()) });
    let panicking = Listener::new(|_: RawEvent| async { panic!("salary") as Result<(), Failure> });
    for listener in [failing, panicking] {
        for json in [MESSAGE, CARD] {
            let response = serve(&listener, json).await;
            assert_eq!(response.status(), 500);
            assert_eq!(body(&response), json!({ "msg": "failed" }));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_handler_goes_on_after_the_response() {
    let handled = Arc::new(AtomicUsize::new(0));
    let counted = handled.clone();
    let listener = Listener::new(move |_: RawEvent| {
        let handled = counted.clone();
        async move {
            tokio::time::sleep(Duration::from_secs(10)).await;
            handled.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Failure>(())
        }
    });
    let start = Instant::now();
    assert_eq!(serve(&listener, MESSAGE).await.status(), 500);
    assert_eq!(start.elapsed(), Duration::from_millis(2500));
    // The first repetition comes while it is handled, the next one afterwards.
    assert_eq!(serve(&listener, MESSAGE).await.status(), 500);
    assert_eq!((start.elapsed(), handled.load(Ordering::SeqCst)), (Duration::from_millis(2500), 0));
    tokio::time::sleep(Duration::from_secs(15)).await;
    assert_eq!(serve(&listener, MESSAGE).await.status(), 200);
    assert_eq!(handled.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_just_in_time_is_waited_for() {
    let listener = Listener::new(|_: RawEvent| async {
        tokio::time::sleep(Duration::from_millis(2499)).await;
        Ok::<(), Failure>(())
    });
    assert_eq!(serve(&listener, MESSAGE).await.status(), 200);
}

/// A store that never responds.
struct Hanging;

impl Seen for Hanging {
    fn claim<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        Box::pin(pending())
    }

    fn done<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>> {
        Box::pin(pending())
    }

    fn release<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), SeenError>> {
        Box::pin(pending())
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_accepted_while_the_store_hangs() {
    let listener = Listener::new(|_: RawEvent| async {
        tokio::time::sleep(Duration::from_millis(900)).await;
        Ok::<(), Failure>(())
    });
    let listener = listener.seen(Hanging);
    for _ in 0..20 {
        assert_eq!(serve(&listener, MESSAGE).await.status(), 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_hangs_up_does_not_cancel_the_handler() {
    let (started, done) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let (notify, counted) = (started.clone(), done.clone());
    let listener = Listener::new(move |_: RawEvent| {
        let (started, done) = (notify.clone(), counted.clone());
        async move {
            started.notify_one();
            tokio::time::sleep(Duration::from_secs(1)).await;
            done.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Failure>(())
        }
    });
    tokio::select! {
        _ = serve(&listener, MESSAGE) => panic!("it takes a second"),
        () = started.notified() => {}
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    settle().await;
    assert_eq!(done.load(Ordering::SeqCst), 1);
    assert_eq!(serve(&listener, MESSAGE).await.status(), 200);
    assert_eq!(done.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_without_end_is_ended() {
    let listener = Listener::new(|_: RawEvent| async { pending::<Result<(), Failure>>().await })
        .timeout(Duration::from_secs(60));
    assert_eq!(serve(&listener, MESSAGE).await.status(), 500);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(serve(&listener, MESSAGE).await.status(), 500);
}

#[tokio::test]
async fn typed_events_come_through_the_same_door() {
    #[derive(Clone, PartialEq, serde::Deserialize)]
    struct Moored {
        berth: String,
    }

    openplat_core::events! {
        /// What happens in a harbor.
        pub enum Event {
            /// A ship has moored.
            Moored(Moored) = V2 "harbor.moored_v1";
        }
    }

    let listener = Listener::new(|event: Event| async move {
        match event {
            Event::Moored(moored) => Ok::<_, Failure>(Answer::json(&moored.berth)),
            _ => Err("an unknown event".into()),
        }
    });
    let event =
        br#"{"schema":"2.0","header":{"event_type":"harbor.moored_v1"},"event":{"berth":"B7"}}"#;
    let response = serve(&listener, event).await;
    assert_eq!(body(&response), json!("B7"));
}
