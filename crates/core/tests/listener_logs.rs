//! What a listener logs, and what it must not. A binary of its own: the subscriber is the whole
//! process's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::error::Error as StdError;
use std::future::{pending, ready};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use openplat_core::events::{
    Answer, Claim, EventHeader, EventSchema, Listener, Outcome, RawEvent, Seen, SeenError,
};
use openplat_core::{BoxFuture, Client, Error, ErrorKind, Feishu};

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Keeps each line for the test whose thread writes it.
struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every test begins with this: a callsite that is reached without a subscriber may stay silent.
fn capture() {
    static START: Once = Once::new();
    START.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| Lines);
        tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    });
    log();
}

/// Returns what was logged since the last time.
fn log() -> String {
    String::from_utf8(LINES.take()).unwrap()
}

fn event(event_type: &str, data: &'static str) -> RawEvent {
    let mut header = EventHeader::new(EventSchema::V2, event_type);
    (header.app_id, header.id) = (Some("cli_1".to_owned()), Some("e-1".to_owned()));
    RawEvent::new(header, data)
}

fn message() -> RawEvent {
    event("im.message.receive_v1", r#"{"text":"the salary is 5000"}"#)
}

fn failure() -> io::Error {
    io::Error::other("the salary is 5000")
}

type Fault = fn() -> BoxFuture<'static, SeenError>;

/// A store that is out of order, unless it is told otherwise.
struct Broken {
    fault: Fault,
    is_fine: AtomicBool,
}

impl Broken {
    fn access<T: Send + 'static>(&self, good: T) -> BoxFuture<'_, Result<T, SeenError>> {
        if self.is_fine.load(Ordering::Relaxed) {
            return Box::pin(ready(Ok(good)));
        }
        let fault = (self.fault)();
        Box::pin(async { Err(fault.await) })
    }
}

impl Seen for Broken {
    fn claim<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        self.access(Claim::Done)
    }

    fn done<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>> {
        self.access(())
    }

    fn release<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), SeenError>> {
        self.access(())
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_handled_without_a_store_that_is_out_of_order() {
    capture();
    let faults: [(Fault, _); 4] = [
        (|| Box::pin(ready("Redis at host:6379 is down".into())), "Redis at host:6379 is down"),
        (|| Box::pin(pending()), "no response within 1.5s"),
        (|| panic!("at once"), "it panicked"),
        (|| Box::pin(async { panic!("later") }), "it panicked"),
    ];
    for (fault, reason) in faults {
        let store = Arc::new(Broken { fault, is_fine: AtomicBool::new(false) });
        let runs = AtomicUsize::new(0);
        let handler = move |_: RawEvent| match runs.fetch_add(1, Ordering::Relaxed) {
            0 => ready(Err(failure())),
            _ => ready(Ok(())),
        };
        let listener = Listener::new(handler).seen(store.clone()).on_failure(|_, _| {});
        let handled = Outcome::Handled(Answer::default());
        for outcome in [Outcome::Failed, handled.clone(), handled] {
            assert_eq!(listener.hear(message()).await, outcome);
        }
        store.is_fine.store(true, Ordering::Relaxed);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(listener.hear(message()).await, Outcome::Repeated(Answer::default()));

        let log = log();
        let lines: Vec<_> = log.lines().collect();
        let [down, handled, .., up, repeated] = &lines[..] else { panic!("{log}") };
        assert!(down.contains("WARN") && down.contains(reason), "{down}");
        assert!(handled.contains("DEBUG") && handled.contains("was handled"), "{handled}");
        assert!(up.contains("INFO") && up.contains("available again"), "{up}");
        assert_eq!(lines.len(), 5, "{log}");
        assert!(repeated.contains("DEBUG") && repeated.contains("handled before"), "{repeated}");
    }
}

#[derive(Debug)]
struct Wrapped(Error);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the salary is 5000")
    }
}

impl StdError for Wrapped {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

fn call_failed() -> Error {
    Error::builder(ErrorKind::Throttled).status(429).code("99991400").build()
}

/// What is logged after a handler has failed with an error.
async fn log_of<X>(error: impl Fn() -> X + Send + Sync + 'static) -> String
where
    X: Into<Box<dyn StdError + Send + Sync>> + Send + 'static,
{
    capture();
    let listener = Listener::new(move |_: RawEvent| ready(Err::<(), _>(error())));
    assert_eq!(listener.hear(message()).await, Outcome::Failed);
    log()
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_logged_without_what_the_handler_says_of_it() {
    let log = log_of(failure).await;
    for said in ["WARN", "im.message.receive_v1", "e-1", "the handler returned an error"] {
        assert!(log.contains(said), "{said}: {log}");
    }
    assert!(!log.contains("salary"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_failed_is_logged() {
    for log in [log_of(call_failed).await, log_of(|| Wrapped(call_failed())).await] {
        assert!(log.contains("code 99991400") && !log.contains("salary"), "{log}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_reported_is_not_logged() {
    capture();
    let handler = |_: RawEvent| ready(Err::<(), _>(failure()));
    let listener = Listener::new(handler).on_failure(|_, _| {});
    assert_eq!(listener.hear(message()).await, Outcome::Failed);
    assert_eq!(log(), "");
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_cannot_be_read_is_logged_without_it() {
    capture();
    let client = Client::<Feishu>::builder("cli_1", "secret").build().unwrap();
    let listener = Listener::new(|_: RawEvent| ready(io::Result::Ok(()))).client(&client);
    let outcome = listener.hear(event("app_ticket", r#"{"app_ticket":["ticket-1"]}"#)).await;
    assert_eq!(outcome, Outcome::Failed);
    let log = log();
    assert!(log.contains("the ticket cannot be read") && !log.contains("ticket-1"), "{log}");
    assert_eq!(log.lines().count(), 1, "{log}");
}
