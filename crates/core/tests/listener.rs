//! Each event is handled once, whatever becomes of the handler and the store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::{pending, ready};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openplat_core::events::{
    Answer, Claim, EventHeader, EventSchema, EventSet, Handler, HandlerError, Listener, MemorySeen,
    Outcome, RawEvent, Seen, SeenError,
};
use openplat_core::{
    BoxFuture, Client, Error, ErrorKind, Feishu, Token, TokenKey, TokenStore, TokenStoreError,
};
use tokio::sync::Notify;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A message.
#[derive(Clone, serde::Deserialize)]
pub struct Message {
    message_id: String,
}

openplat_core::events! {
    /// The events of these tests.
    pub enum Event {
        /// A message.
        Message(Message) = V2 "im.message.receive_v1", by "/message_id";
    }
}

fn header(schema: EventSchema, event_type: &str, app: &str, id: &str) -> EventHeader {
    let mut header = EventHeader::new(schema, event_type);
    (header.app_id, header.id) = (Some(app.to_owned()), Some(id.to_owned()));
    header
}

fn event(id: &str) -> RawEvent {
    RawEvent::new(header(EventSchema::V2, "im.chat.disbanded_v1", "cli_1", id), "{}")
}

fn message(id: &str, data: &str) -> RawEvent {
    let header = header(EventSchema::V2, "im.message.receive_v1", "cli_1", id);
    RawEvent::new(header, data.to_owned())
}

/// The number of times that a handler was called.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

impl Runs {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A listener whose handler is told how often it was called before.
fn listener<Fut>(handler: impl Fn(usize) -> Fut + Send + Sync + 'static) -> (Listener, Runs)
where
    Fut: Future<Output = io::Result<()>> + Send + 'static,
{
    let runs = Runs::default();
    let counter = runs.clone();
    let handler = move |_: RawEvent| handler(counter.0.fetch_add(1, Ordering::Relaxed));
    (Listener::new(handler), runs)
}

fn succeeding() -> (Listener, Runs) {
    listener(|_| ready(Ok(())))
}

fn handled() -> Outcome {
    Outcome::Handled(Answer::default())
}

fn repeated() -> Outcome {
    Outcome::Repeated(Answer::default())
}

fn failure() -> io::Error {
    io::Error::other("the salary is 5000")
}

/// Lets tasks in the background end.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_handled_once_in_eight_hours() {
    let (listener, runs) = succeeding();
    assert_eq!(listener.hear(event("1")).await, handled());
    for _ in 0..2 {
        assert_eq!(listener.clone().hear(event("1")).await, repeated());
        tokio::time::advance(Duration::from_secs(4 * 60 * 60 - 1)).await;
    }
    assert_eq!(listener.hear(event("2")).await, handled());
    assert_eq!(runs.count(), 2);
    tokio::time::advance(2 * SECOND).await;
    assert_eq!(listener.hear(event("1")).await, handled());
}

#[tokio::test(start_paused = true)]
async fn an_event_that_failed_is_handled_again() {
    let (listener, runs) = listener(|run| ready(if run < 2 { Err(failure()) } else { Ok(()) }));
    for outcome in [Outcome::Failed, Outcome::Failed, handled(), repeated()] {
        assert_eq!(listener.hear(event("1")).await, outcome);
    }
    assert_eq!(runs.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_too_long_has_failed() {
    let (listener, runs) = listener(async |run| {
        tokio::time::sleep([61 * SECOND, 59 * SECOND][run]).await;
        Ok(())
    });
    assert_eq!(listener.hear(event("1")).await, Outcome::Failed);
    assert_eq!(listener.hear(event("1")).await, handled());
    assert_eq!(runs.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_has_failed() {
    let (listener, runs) = listener(|run| {
        assert_ne!(run, 0, "in the function");
        async move {
            assert_ne!(run, 1, "in its future");
            Ok(())
        }
    });
    for outcome in [Outcome::Failed, Outcome::Failed, handled()] {
        assert_eq!(listener.hear(event("1")).await, outcome);
    }
    assert_eq!(runs.count(), 3);
}

/// Events of a user's own, which are read with care and told apart without.
#[derive(Debug)]
struct Careless;

impl EventSet for Careless {
    fn read(_: RawEvent) -> Self {
        Self
    }

    fn dedupe(event: &RawEvent) -> Option<String> {
        Some(event.header().tenant_key.clone().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_told_from_others_has_failed() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let kept = reports.clone();
    let listener =
        Listener::new(|_: Careless| ready(io::Result::Ok(()))).on_failure(move |header, error| {
            kept.lock().unwrap().push(format!("{} {error:?}", header.event_type))
        });
    assert_eq!(listener.hear(event("1")).await, Outcome::Failed);
    assert_eq!(*reports.lock().unwrap(), ["im.chat.disbanded_v1 the handler panicked"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_written_is_a_failure() {
    let keys_are_no_text = std::collections::HashMap::from([((1, 2), 3)]);
    let handler = move |_: RawEvent| ready(io::Result::Ok(Answer::json(&keys_are_no_text)));
    assert_eq!(Listener::new(handler).hear(event("1")).await, Outcome::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_comes_while_the_handler_runs_is_not_handled() {
    let go_on = Arc::new(Notify::new());
    let notified = go_on.clone();
    let (listener, runs) = listener(move |_| {
        let notified = notified.clone();
        async move {
            notified.notified().await;
            Ok(())
        }
    });
    // Its claim has to last as long.
    let listener = listener.timeout(100 * DAY);
    let first = tokio::spawn({
        let listener = listener.clone();
        async move { listener.hear(event("1")).await }
    });
    settle().await;
    for _ in 0..3 {
        assert_eq!(listener.hear(event("1")).await, Outcome::InProgress);
        tokio::time::advance(DAY).await;
    }
    go_on.notify_one();
    assert_eq!(first.await.unwrap(), handled());
    assert_eq!(listener.hear(event("1")).await, repeated());
    assert_eq!(runs.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_handler_was_dropped_is_handled_again() {
    let (listener, runs) = listener(async |run| match run {
        0 => pending().await,
        _ => Ok(()),
    });
    tokio::time::timeout(SECOND, listener.hear(event("1"))).await.unwrap_err();
    settle().await;
    assert_eq!(listener.hear(event("1")).await, handled());
    assert_eq!(runs.count(), 2);
}

#[test]
fn an_event_can_be_dropped_outside_of_a_runtime() {
    let (listener, _) = listener(|_| pending());
    let mut hearing = pin!(Some(Box::pin(listener.hear(event("1")))));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let hearing = hearing.as_mut().get_mut().as_mut().unwrap();
        tokio::time::timeout(Duration::ZERO, hearing).await.unwrap_err();
    });
    drop(runtime);
    hearing.set(None);
}

/// The time that a [`Spy`] takes for each call.
const LATENCY: Duration = Duration::from_millis(200);

/// A store that remembers the calls that it gets, and takes some time for each.
#[derive(Default)]
struct Spy {
    seen: MemorySeen,
    calls: Mutex<Vec<String>>,
}

impl Spy {
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    async fn note<T>(
        &self,
        call: String,
        result: BoxFuture<'_, Result<T, SeenError>>,
    ) -> Result<T, SeenError> {
        tokio::time::sleep(LATENCY).await;
        self.calls.lock().unwrap().push(call);
        result.await
    }
}

impl Seen for Spy {
    fn claim<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        let call = format!("claim {key} {}", lease.as_secs());
        Box::pin(self.note(call, self.seen.claim(key, owner, lease)))
    }

    fn done<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        keep: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>> {
        let call = format!("done {key} {}", keep.as_secs());
        Box::pin(self.note(call, self.seen.done(key, owner, keep)))
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), SeenError>> {
        Box::pin(self.note(format!("release {key}"), self.seen.release(key, owner)))
    }
}

/// The keys that claims for these events have.
async fn keys<E: EventSet>(events: impl IntoIterator<Item = RawEvent>) -> Vec<String> {
    let spy = Arc::new(Spy::default());
    let listener = Listener::new(|_: E| ready(io::Result::Ok(()))).seen(spy.clone());
    for event in events {
        listener.hear(event).await;
    }
    let calls = spy.calls().into_iter();
    let keys = calls.filter_map(|call| Some(call.strip_prefix("claim ")?.to_owned()));
    keys.map(|key| key.trim_end_matches(" 70").to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_key_names_the_platform_the_app_the_type_and_the_event() {
    use EventSchema::{Card, DingTalkEvent, V1, V2};
    let of = |schema, event_type, app| RawEvent::new(header(schema, event_type, app, "1"), "{}");
    let mut without_app = EventHeader::new(DingTalkEvent, "a");
    without_app.id = Some("1".to_owned());
    let events = [
        of(V2, "a", "cli_1"),
        of(V2, "b", "cli_1"),
        of(V2, "a", "cli_2"),
        of(V1, "c", "cli_1"),
        of(Card, "d", "cli_1"),
        of(DingTalkEvent, "a", "cli_1"),
        RawEvent::new(without_app, "{}"),
    ];
    assert_eq!(
        keys::<RawEvent>(events).await,
        [
            "feishu:cli_1:a:1",
            "feishu:cli_1:b:1",
            "feishu:cli_2:a:1",
            "feishu:cli_1:c:1",
            "feishu:cli_1:d:1",
            "dingtalk:cli_1:a:1",
            "dingtalk:-:a:1",
        ]
    );
}

/// IDs come from the network.
#[tokio::test(start_paused = true)]
async fn a_key_is_short() {
    let long = "x".repeat(100_000);
    let keys = keys::<RawEvent>([event(&long), event(&(long.clone() + "y")), event(&long)]).await;
    assert!(keys.iter().all(|key| key.len() <= 256), "{keys:?}");
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[0], keys[2]);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_one_event_whatever_ids_its_events_have() {
    let runs = Runs::default();
    let counter = runs.clone();
    let listener = Listener::new(move |event: Event| {
        counter.0.fetch_add(1, Ordering::Relaxed);
        let Event::Message(message) = event else { panic!("{event:?}") };
        assert_eq!(message.message_id, "om_1");
        ready(io::Result::Ok(()))
    });
    assert_eq!(listener.hear(message("1", r#"{"message_id":"om_1"}"#)).await, handled());
    assert_eq!(listener.hear(message("2", r#"{"message_id":"om_1"}"#)).await, repeated());
    assert_eq!(runs.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_lacks_what_it_is_told_by_is_told_by_its_id() {
    let events = [
        message("1", r#"{"message_id":"om_1"}"#),
        message("2", r#"{"message_id":17}"#),
        message("3", r#"{"message_id":""}"#),
        message("4", r#"{"message_id":null}"#),
        message("5", r#"{"message_id":{"id":"om_1"}}"#),
        message("6", "{}"),
        message("7", "no JSON"),
        message("", "{}"),
    ];
    let keys = keys::<Event>(events).await;
    let ids: Vec<_> = keys.iter().map(|key| key.rsplit(':').next().unwrap()).collect();
    assert_eq!(ids, ["om_1", "17", "3", "4", "5", "6", "7"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_without_an_id_is_handled_each_time() {
    let (listener, runs) = succeeding();
    let mut without = EventHeader::new(EventSchema::V2, "a");
    for id in [None, None, Some(String::new()), Some(String::new())] {
        without.id = id;
        assert_eq!(listener.hear(RawEvent::new(without.clone(), "{}")).await, handled());
    }
    assert_eq!(runs.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_claim_outlasts_the_handler_and_ends_as_the_handler_does() {
    let spy = Arc::new(Spy::default());
    let (listener, _) = listener(|run| ready(if run < 1 { Err(failure()) } else { Ok(()) }));
    let listener = listener.seen(spy.clone()).timeout(5 * SECOND);
    let key = "feishu:cli_1:im.chat.disbanded_v1:1";
    let (claim, release) = (format!("claim {key} 15"), format!("release {key}"));
    listener.hear(event("1")).await;
    assert_eq!(spy.calls(), [claim.clone(), release]);
    listener.hear(event("1")).await;
    assert_eq!(spy.calls(), [claim, format!("done {key} 28800")]);
}

/// Dropped while the store is being asked, so that nobody knows whether it has done its part.
#[tokio::test(start_paused = true)]
async fn what_was_dropped_while_the_store_was_asked_is_settled_in_the_background() {
    let key = "feishu:cli_1:im.chat.disbanded_v1:1";
    for (after, settled) in [(LATENCY / 2, "release"), (LATENCY * 3 / 2, "done")] {
        let spy = Arc::new(Spy::default());
        let (listener, _) = succeeding();
        let listener = listener.seen(spy.clone());
        tokio::time::timeout(after, listener.hear(event("1"))).await.unwrap_err();
        tokio::time::sleep(2 * LATENCY).await;
        let calls = spy.calls();
        assert!(calls.last().unwrap().starts_with(&format!("{settled} {key}")), "{calls:?}");
    }
}

/// A store that takes a long time for the calls of one kind, and counts all that it gets.
struct Slow {
    seen: MemorySeen,
    /// The kind of calls that are slow, and the time that they take.
    slow: (&'static str, Duration),
    is_fine: AtomicBool,
    calls: AtomicUsize,
}

impl Slow {
    fn new(call: &'static str, time: Duration) -> Arc<Self> {
        let (is_fine, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
        Arc::new(Self { seen: MemorySeen::default(), slow: (call, time), is_fine, calls })
    }

    fn calls(&self) -> usize {
        self.calls.swap(0, Ordering::Relaxed)
    }

    fn access<'a, T>(
        &'a self,
        call: &str,
        result: impl FnOnce() -> BoxFuture<'a, Result<T, SeenError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, SeenError>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let is_slow = !self.is_fine.load(Ordering::Relaxed) && ["all", call].contains(&self.slow.0);
        Box::pin(async move {
            if is_slow {
                tokio::time::sleep(self.slow.1).await;
            }
            result().await
        })
    }
}

impl Seen for Slow {
    fn claim<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        self.access("claim", move || self.seen.claim(key, owner, lease))
    }

    fn done<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        keep: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>> {
        self.access("done", move || self.seen.done(key, owner, keep))
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), SeenError>> {
        self.access("release", move || self.seen.release(key, owner))
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_delays_one_event_in_five_seconds() {
    let store = Slow::new("all", DAY);
    let (listener, runs) = succeeding();
    let listener = listener.seen(store.clone());
    for probe in 0..3 {
        let begin = Instant::now();
        assert_eq!(listener.hear(event(&format!("{probe}"))).await, handled());
        assert_eq!((begin.elapsed(), store.calls()), (Duration::from_millis(1500), 1));
        for id in 0..50 {
            let begin = Instant::now();
            assert_eq!(listener.hear(event(&format!("{probe}-{id}"))).await, handled());
            assert_eq!(begin.elapsed(), Duration::ZERO);
            settle().await;
        }
        assert_eq!(store.calls(), 0);
        tokio::time::advance(5 * SECOND).await;
    }
    assert_eq!(runs.count(), 3 * 51);
    store.is_fine.store(true, Ordering::Relaxed);
    for outcome in [handled(), repeated()] {
        assert_eq!(listener.hear(event("1")).await, outcome);
    }
}

/// During an outage, the event that probes the store is not the one that waits for its mark.
#[tokio::test(start_paused = true)]
async fn no_outcome_waits_for_a_store_that_is_known_to_hang() {
    let store = Slow::new("all", DAY);
    let (listener, _) = listener(async |_| {
        tokio::time::sleep(10 * SECOND).await;
        Ok(())
    });
    let listener = listener.seen(store.clone());
    let begin = Instant::now();
    assert_eq!(listener.hear(event("1")).await, handled());
    assert_eq!(begin.elapsed(), Duration::from_millis(11_500));
}

#[tokio::test(start_paused = true)]
async fn a_mark_is_waited_for_only_briefly_and_made_all_the_same() {
    for (time, waited) in [(400, 400), (1400, 500)] {
        let store = Slow::new("done", Duration::from_millis(time));
        let (listener, runs) = succeeding();
        let listener = listener.seen(store.clone());
        let begin = Instant::now();
        assert_eq!(listener.hear(event("1")).await, handled());
        assert_eq!(begin.elapsed(), Duration::from_millis(waited));
        tokio::time::sleep(2 * SECOND).await;
        assert_eq!(listener.hear(event("1")).await, repeated());
        assert_eq!(runs.count(), 1);
    }
}

/// The first answer may have been lost on its way.
#[tokio::test(start_paused = true)]
async fn a_repetition_within_a_minute_gets_the_answer_of_the_first() {
    let runs = Runs::default();
    let counter = runs.clone();
    let listener = Listener::new(move |_: RawEvent| {
        let run = counter.0.fetch_add(1, Ordering::Relaxed);
        ready(io::Result::Ok(Answer::json(&run)))
    });
    for (id, answer) in [("1", 0), ("2", 1)] {
        assert_eq!(listener.hear(event(id)).await, Outcome::Handled(Answer::json(&answer)));
    }
    for _ in 0..2 {
        for (id, answer) in [("1", 0), ("2", 1)] {
            let outcome = listener.clone().hear(event(id)).await;
            assert_eq!(outcome, Outcome::Repeated(Answer::json(&answer)));
        }
        tokio::time::advance(Duration::from_millis(29_500)).await;
    }
    tokio::time::advance(SECOND).await;
    assert_eq!(listener.hear(event("1")).await, repeated());
    assert_eq!(runs.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_reported_with_the_error_of_the_handler() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let kept = reports.clone();
    let (listener, _) = listener(|run| {
        assert_ne!(run, 1);
        async move {
            match run {
                0 => Err(failure()),
                _ => pending().await,
            }
        }
    });
    let listener = listener.on_failure(move |header: &EventHeader, error: &HandlerError| {
        kept.lock().unwrap().push(format!("{}: {error}", header.event_type));
        panic!("a report can panic as well");
    });
    for _ in 0..3 {
        assert_eq!(listener.hear(event("1")).await, Outcome::Failed);
    }
    assert_eq!(
        *reports.lock().unwrap(),
        [
            "im.chat.disbanded_v1: the salary is 5000",
            "im.chat.disbanded_v1: the handler panicked",
            "im.chat.disbanded_v1: the handler did not finish within 60s",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn no_debug_holds_what_a_message_says() {
    let data = r#"{"message_id":"om_1","text":"the salary is 5000"}"#;
    let texts = Arc::new(Mutex::new(String::new()));
    let kept = texts.clone();
    let listener = Listener::new(move |event: Event| {
        kept.lock().unwrap().push_str(&format!("{event:?} {event:#?}"));
        ready(io::Result::Ok(Answer::json(&"the salary is 5000")))
    });
    let outcome = listener.hear(message("1", data)).await;
    let raw = message("1", data);
    let text = format!("{}{outcome:?}{raw:?}{listener:?}", texts.lock().unwrap());
    assert!(text.contains("im.message.receive_v1") && text.contains("Handled"), "{text}");
    assert!(!text.contains("salary"), "{text}");
}

/// Keeps the last ticket, or fails.
#[derive(Default)]
struct Tickets {
    kept: Mutex<Option<String>>,
    is_down: AtomicBool,
}

impl TokenStore for Tickets {
    fn get<'a>(&'a self, _: &'a TokenKey) -> BoxFuture<'a, Result<Option<Token>, TokenStoreError>> {
        Box::pin(ready(Ok(None)))
    }

    fn put<'a>(
        &'a self,
        _: &'a TokenKey,
        token: Token,
    ) -> BoxFuture<'a, Result<(), TokenStoreError>> {
        let is_down = self.is_down.load(Ordering::Relaxed);
        if !is_down {
            *self.kept.lock().unwrap() = Some(token.value().expose().to_owned());
        }
        Box::pin(ready(if is_down { Err("down".into()) } else { Ok(()) }))
    }
}

fn ticket(app: &str, id: &str, data: &str) -> RawEvent {
    RawEvent::new(header(EventSchema::V1, "app_ticket", app, id), data.to_owned())
}

fn listener_of(store: &Arc<Tickets>, handler: impl Handler<RawEvent>) -> Listener {
    let client = Client::<Feishu>::builder("cli_1", "secret").token_store(store.clone());
    Listener::new(handler).client(&client.build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_ticket_reaches_the_client_before_the_handler() {
    let store = Arc::new(Tickets::default());
    let (kept, runs) = (store.clone(), Runs::default());
    let counter = runs.clone();
    let listener = listener_of(&store, move |_: RawEvent| {
        assert!(kept.kept.lock().unwrap().as_deref().is_some_and(|it| it.contains("ticket-1")));
        counter.0.fetch_add(1, Ordering::Relaxed);
        ready(io::Result::Ok(()))
    });
    let data = r#"{"app_ticket":"ticket-1","type":"app_ticket"}"#;
    assert_eq!(listener.hear(ticket("cli_1", "1", data)).await, handled());

    let of_another_app = ticket("cli_2", "2", r#"{"app_ticket":"ticket-2"}"#);
    assert_eq!(listener.hear(of_another_app).await, handled());
    assert_eq!(runs.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_cannot_be_read_is_a_failure() {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let kept = errors.clone();
    let (listener, runs) = succeeding();
    let client = Client::<Feishu>::builder("cli_1", "secret").build().unwrap();
    let listener = listener.client(&client).on_failure(move |_, error| {
        let HandlerError::Returned(error) = error else { panic!("{error}") };
        kept.lock().unwrap().push(error.downcast_ref::<Error>().unwrap().kind());
    });
    for data in
        ["{}", r#"{"app_ticket":""}"#, "no JSON", r#"{"app_ticket":{}}"#, r#"{"app_ticket":null}"#]
    {
        assert_eq!(listener.hear(ticket("cli_1", "1", data)).await, Outcome::Failed, "{data}");
    }
    assert_eq!(runs.count(), 0);
    assert_eq!(*errors.lock().unwrap(), [ErrorKind::Decode; 5]);
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_cannot_be_kept_comes_again() {
    let store = Arc::new(Tickets::default());
    let runs = Runs::default();
    let counter = runs.clone();
    let listener = listener_of(&store, move |_: RawEvent| {
        counter.0.fetch_add(1, Ordering::Relaxed);
        ready(io::Result::Ok(()))
    });
    let data = r#"{"app_ticket":"ticket-1"}"#;
    store.is_down.store(true, Ordering::Relaxed);
    assert_eq!(listener.hear(ticket("cli_1", "1", data)).await, Outcome::Failed);
    assert_eq!(runs.count(), 0);
    store.is_down.store(false, Ordering::Relaxed);
    assert_eq!(listener.hear(ticket("cli_1", "1", data)).await, handled());
    assert_eq!(runs.count(), 1);
}
