//! A day of events over long connections that are cut, stalled, closed, refused and half open at
//! random. A binary of its own: the descriptors that it counts are the whole process's.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use feishu_im::events::connection::{Control, LongConnection};
use feishu_im::events::{Claim, MemorySeen, Seen, SeenError};
use feishu_im::events::{Event, Listener};
use openplat_core::BoxFuture;
use openplat_mock::{Fault, MockConnection, MockPlatform, Push, Pushed};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use self::tested::Tested;

#[path = "../src/tested.rs"]
mod tested;

/// A day and its measures.
#[derive(Clone, Copy)]
struct Day {
    events: usize,
    /// The interval of pings, in seconds.
    ping: u64,
    fault_every: Duration,
    /// The time after which nothing goes wrong any more.
    chaos: Duration,
    /// The intervals of repetitions, if not the documented ones.
    again: Option<[Duration; 60]>,
    /// The time by which a silence may be noticed late.
    slack: Duration,
}

/// What became of each message, by its ID.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    troubled: HashSet<String>,
    handled: HashMap<String, usize>,
    marked: HashSet<String>,
}

impl Diary {
    fn open(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap()
    }

    /// At the first try, fails now and then, or takes longer than the platform waits.
    async fn handle(&self, event: Event, chance: u8) -> Result<(), &'static str> {
        let Event::MessageReceived(message) = event else { return Err("another event") };
        let id = message.message.message_id.clone();
        match chance {
            0..95 => tokio::time::sleep(Duration::from_millis(chance.into())).await,
            _ if !self.open().troubled.insert(id.clone()) => {}
            95..98 => return Err("a bad day"),
            _ => tokio::time::sleep(Duration::from_secs(5)).await,
        }
        *self.open().handled.entry(id).or_default() += 1;
        Ok(())
    }
}

/// The store that several processes share, which tells what was marked.
#[derive(Clone)]
struct Shared(Arc<MemorySeen>, Diary);

impl Seen for Shared {
    fn claim<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, SeenError>> {
        self.0.claim(key, owner, lease)
    }

    fn done<'a>(
        &'a self,
        key: &'a str,
        owner: &'a str,
        keep: Duration,
    ) -> BoxFuture<'a, Result<(), SeenError>> {
        let id = key.rsplit(':').next().unwrap_or_default();
        self.1.open().marked.insert(id.to_owned());
        self.0.done(key, owner, keep)
    }

    fn release<'a>(&'a self, key: &'a str, owner: &'a str) -> BoxFuture<'a, Result<(), SeenError>> {
        self.0.release(key, owner)
    }
}

struct Bot {
    control: Control,
    running: JoinHandle<Result<(), feishu_im::Error>>,
}

impl Bot {
    /// Starts a process, which shares the store with others.
    fn start(client: &feishu_im::Client, store: &Shared) -> Self {
        let diary = store.1.clone();
        let random = Mutex::new(fastrand::Rng::with_seed(7));
        let listener = Listener::new(move |event: Event| {
            let (diary, chance) = (diary.clone(), random.lock().unwrap().u8(..100));
            async move { diary.handle(event, chance).await }
        });
        let connection = LongConnection::new(client).connect();
        let control = connection.control();
        let running = tokio::spawn(connection.run(listener.seen(store.clone())));
        Self { control, running }
    }

    async fn stop(self) {
        self.control.shutdown();
        self.running.await.unwrap().unwrap();
    }
}

fn message(number: usize) -> Push {
    let content = json!({ "text": format!("message {number}") }).to_string();
    Push::feishu(
        "im.message.receive_v1",
        json!({
            "sender": { "sender_id": { "open_id": "ou_1" }, "sender_type": "user" },
            "message": {
                "message_id": format!("om_{number}"),
                "chat_id": "oc_1",
                "chat_type": "p2p",
                "message_type": "text",
                "content": content,
            },
        }),
    )
}

/// Pushes events at 200 a second, some in fragments, some twice.
fn push(mock: &MockPlatform, day: Day) -> Vec<Pushed> {
    let mut random = fastrand::Rng::with_seed(11);
    let pushes = (0..day.events).map(|number| {
        let push = message(number).after(Duration::from_millis(5 * number as u64));
        let push = match day.again {
            Some(again) => push.resend_after(again),
            None => push,
        };
        mock.push(match random.u8(..20) {
            0 => push.fragments(3).order([2, 0, 1]),
            1 => push.twice(),
            _ => push,
        })
    });
    pushes.collect()
}

/// Silences a new connection, so that no day is without a silence, whatever chance brought.
async fn silence_one(mock: &MockPlatform, longest: Duration) {
    mock.connections().iter().for_each(|connection| connection.close(1000));
    let healthy = |it: &MockConnection| it.is_open() && it.fault().is_none();
    let silent = loop {
        match mock.connections().into_iter().find(healthy) {
            Some(connection) => break connection,
            None => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    silent.silence();
    tokio::time::sleep(longest).await;
    assert!(!silent.is_open(), "a silent connection was given up");
}

/// Returns how long each silence lasted until the client gave the connection up.
fn silences(mock: &MockPlatform) -> Vec<Duration> {
    let connections = mock.connections();
    let silent = connections.iter().filter_map(|connection| match connection.fault()? {
        (Fault::Silence, since) => Some(connection.closed_at()?.saturating_sub(since)),
        _ => None,
    });
    silent.collect()
}

async fn live_through(day: Day, mock: &MockPlatform, client: &feishu_im::Client) {
    mock.long_connection().client_config(json!({
        "ReconnectCount": -1,
        "ReconnectInterval": 2,
        "ReconnectNonce": 1,
        "PingInterval": day.ping,
    }));
    mock.long_connection().chaos(3, day.fault_every);
    let store = Shared(Arc::default(), Diary::default());
    let bots = [(); 5].map(|()| Bot::start(client, &store));

    let pushed = push(mock, day);
    tokio::time::sleep(day.chaos).await;
    mock.long_connection().calm();
    for pushed in &pushed {
        // All documented repetitions come within 7.1 hours.
        let patience = Duration::from_secs(8 * 60 * 60);
        tokio::time::timeout(patience, pushed.accepted()).await.unwrap();
    }

    {
        let Entries { troubled, handled, marked } = &*store.1.open();
        assert_eq!((handled.len(), marked.len()), (day.events, day.events), "all were handled");
        assert!(handled.values().all(|count| *count == 1), "none was handled twice");
        assert!(troubled.len() > day.events / 50, "{} had a bad day", troubled.len());
    }
    assert!(pushed.iter().all(Pushed::is_accepted), "what was marked was acknowledged as well");
    let longest = Duration::from_secs(2 * day.ping + 5) + day.slack;
    silence_one(mock, longest).await;
    let silences = silences(mock);
    assert!(silences.iter().all(|silence| *silence <= longest), "{silences:?}");
    let violations: Vec<_> =
        mock.connections().iter().flat_map(|connection| connection.violations()).collect();
    assert!(violations.is_empty(), "{violations:?}");
    for bot in bots {
        bot.stop().await;
    }
}

/// Returns the numbers of tasks and descriptors, once those that serve the other side have noticed
/// the end.
async fn remains() -> (usize, usize) {
    tokio::time::sleep(Duration::from_secs(5)).await;
    let descriptors = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    (Handle::current().metrics().num_alive_tasks(), descriptors)
}

#[tokio::test(start_paused = true)]
async fn each_event_is_handled_once_however_bad_the_day() {
    let mock = MockPlatform::in_process();
    let client = feishu_im::Client::builder("cli_1", "secret").transport(mock.transport());
    let client = client.build().unwrap();
    let (before, _) = remains().await;
    let day = Day {
        events: 10_000,
        ping: 10,
        fault_every: Duration::from_secs(8),
        chaos: Duration::from_secs(600),
        again: None,
        // The clocks of both sides tick in milliseconds.
        slack: Duration::from_millis(500),
    };
    live_through(day, &mock, &client).await;
    assert_eq!(remains().await.0, before);
}

#[tokio::test]
#[ignore = "takes half a minute: over sockets, time cannot be paused"]
async fn nothing_is_left_of_a_bad_day_over_sockets() {
    let before = remains().await;
    let mock = MockPlatform::start().await.unwrap();
    let client =
        feishu_im::Client::builder("cli_1", "secret").over::<Tested>().base_url(mock.url());
    let client = client.build().unwrap();
    let day = Day {
        events: 1_000,
        ping: 1,
        fault_every: Duration::from_secs(1),
        chaos: Duration::from_secs(12),
        again: Some([Duration::from_secs(1); 60]),
        // A busy machine is late.
        slack: Duration::from_secs(10),
    };
    live_through(day, &mock, &client).await;
    drop((client, mock));
    assert_eq!(remains().await, before);
}
