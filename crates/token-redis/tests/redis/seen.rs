//! Events that several processes hear and one handles.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use openplat_core::events::{
    Answer, Claim, EventHeader, EventSchema, Listener, Outcome, RawEvent, Seen,
};
use openplat_token_redis::RedisTokenStore;
use redis::aio::MultiplexedConnection;

use crate::commands::{commands, monitor};
use crate::deployments::cluster;
use crate::outages::lose_first_script;
use crate::processes::Worker;
use crate::server::{PASSWORD, Redis};
use crate::store;

const KEY: &str = "feishu:cli_1:im.message.receive_v1:om_1";
const MINUTE: Duration = Duration::from_secs(60);
const KEEP: Duration = Duration::from_secs(8 * 60 * 60);

async fn claim(store: &RedisTokenStore, key: &str, owner: &str) -> Claim {
    store.claim(key, owner, MINUTE).await.unwrap()
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn an_event_is_claimed_by_one_and_then_marked() {
    let redis = Redis::start();
    let (a, b) = (store(&redis.url()), store(&redis.url()));
    let name = format!("openplat:{{seen}}:{KEY}");

    assert_eq!(claim(&a, KEY, "1").await, Claim::New);
    let left: i64 = redis.ask(&["PTTL", &name]).await;
    assert!((30_000..=60_000).contains(&left), "{left}");
    assert_eq!(claim(&a, KEY, "2").await, Claim::InProgress);
    assert_eq!(claim(&b, KEY, "2").await, Claim::InProgress);
    a.release(KEY, "1").await.unwrap();

    assert_eq!(claim(&b, KEY, "2").await, Claim::New);
    a.release(KEY, "1").await.unwrap();
    assert_eq!(claim(&a, KEY, "1").await, Claim::InProgress, "the claim of another owner");

    b.done(KEY, "2", KEEP).await.unwrap();
    let left: i64 = redis.ask(&["PTTL", &name]).await;
    assert!((28_000_000..=28_800_000).contains(&left), "{left}");
    for owner in ["1", "2", "done"] {
        assert_eq!(claim(&a, KEY, owner).await, Claim::Done);
        a.release(KEY, owner).await.unwrap();
    }
    assert_eq!(redis.keys().await, [name]);
}

/// As by a process that was stopped while it handled the event.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_claim_ends_with_its_lease_and_a_late_mark_counts() {
    let redis = Redis::start();
    let (late, next) = (store(&redis.url()), store(&redis.url()));
    late.claim(KEY, "1", Duration::ZERO).await.unwrap();
    // Redis counts down in real time.
    while claim(&next, KEY, "2").await != Claim::New {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    late.done(KEY, "1", KEEP).await.unwrap();
    next.release(KEY, "2").await.unwrap();
    assert_eq!(claim(&next, KEY, "3").await, Claim::Done);
}

/// IDs come from the network.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn any_text_is_a_key_of_its_own() {
    let redis = Redis::start();
    let store = store(&redis.url());
    let long = "x".repeat(1 << 20);
    for key in ["", "a", "a ", "A", "a\0", "a\r\nSET b 1\r\n", "{a}", "}{", "*", "消息", &long] {
        assert_eq!(claim(&store, key, "1").await, Claim::New, "{key:.20}");
        assert_eq!(claim(&store, key, "2").await, Claim::InProgress, "{key:.20}");
        store.done(key, "1", KEEP).await.unwrap();
        assert_eq!(claim(&store, key, "2").await, Claim::Done, "{key:.20}");
    }
    assert_eq!(redis.keys().await.len(), 11);
}

/// The numbers that the documentation of the crate has.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn each_step_needs_one_command_and_the_documented_rights() {
    let redis = Redis::start();
    let rights = "ACL SETUSER app on >pw ~openplat:* +ping +get +set +del +eval";
    let _: () = redis.ask(&rights.split(' ').collect::<Vec<_>>()).await;
    let store = store(&redis.url().replace(&format!(":{PASSWORD}"), "app:pw"));
    let monitor = monitor(&redis).await;
    claim(&store, KEY, "1").await;
    claim(&store, KEY, "2").await;
    store.release(KEY, "1").await.unwrap();
    claim(&store, KEY, "2").await;
    store.done(KEY, "2", KEEP).await.unwrap();
    claim(&store, KEY, "3").await;
    let (_, names) = commands(&redis, monitor).await;
    assert_eq!(names, ["EVAL", "EVAL", "EVAL", "EVAL", "SET", "EVAL"]);
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_cluster_has_all_events_on_one_node() {
    let nodes = cluster().await;
    let store = store(&nodes[0].url().replace("redis://", "redis-cluster://"));
    for id in 0..20 {
        let key = format!("feishu:cli_1:im.message.receive_v1:{{om_{id}}}");
        assert_eq!(claim(&store, &key, "1").await, Claim::New);
        store.done(&key, "1", KEEP).await.unwrap();
        assert_eq!(claim(&store, &key, "2").await, Claim::Done);
    }
    let mut counts = [nodes[0].keys().await.len(), nodes[1].keys().await.len()];
    counts.sort_unstable();
    assert_eq!(counts, [0, 20]);
}

/// If the connection breaks before the response, Redis may have claimed the event or not. The claim
/// must not stop its own repetition.
#[ignore = "needs redis-server"]
#[tokio::test]
async fn a_step_whose_response_is_lost_is_repeated_without_harm() {
    let redis = Redis::start();
    let through_proxy = async || {
        let store = store(&redis.url_through(lose_first_script(redis.port()).await));
        // The connection is not new any more.
        store.ping().await.unwrap();
        store
    };
    assert_eq!(claim(&through_proxy().await, KEY, "1").await, Claim::New);
    assert_eq!(claim(&store(&redis.url()), KEY, "2").await, Claim::InProgress);
    through_proxy().await.release(KEY, "1").await.unwrap();
    assert_eq!(claim(&store(&redis.url()), KEY, "2").await, Claim::New);
}

fn event(id: &str) -> RawEvent {
    let mut header = EventHeader::new(EventSchema::V2, "im.message.receive_v1");
    (header.app_id, header.id) = (Some("cli_1".to_owned()), Some(id.to_owned()));
    RawEvent::new(header, "{}")
}

/// The number of events of the test below, and where it counts what becomes of them.
const EVENTS: usize = 1000;
const ATTEMPTS: &str = "attempts";
const SUCCESSES: &str = "successes";
const OUTCOMES: &str = "outcomes";

/// Of the first attempts to handle an event, some fail.
fn fails_at_first(id: &str) -> bool {
    id.ends_with(['3', '7'])
}

async fn count(connection: &mut MultiplexedConnection, what: &str, of: &str) -> usize {
    let mut count = redis::cmd("HINCRBY");
    count.arg(what).arg(of).arg(1).query_async(connection).await.unwrap()
}

/// A process that all events are delivered to, in an order of its own, and again until it
/// acknowledges them.
pub(crate) async fn listen(url: &str) {
    let client = redis::Client::open(url).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut counting = connection.clone();
    let handler = move |event: RawEvent| {
        let (mut connection, id) = (connection.clone(), event.header().id.clone().unwrap());
        async move {
            let attempt = count(&mut connection, ATTEMPTS, &id).await;
            a_moment().await;
            if attempt == 1 && fails_at_first(&id) {
                return Err(io::Error::other("not yet"));
            }
            count(&mut connection, SUCCESSES, &id).await;
            Ok(())
        }
    };
    let listener = Listener::new(handler).seen(store(url));
    let mut ids: Vec<_> = (0..EVENTS).collect();
    fastrand::shuffle(&mut ids);
    let deliveries = ids.into_iter().map(async |id| {
        let mut outcomes = Vec::new();
        while !matches!(outcomes.last(), Some(Outcome::Handled(_) | Outcome::Repeated(_))) {
            assert!(outcomes.len() < 1000, "{id} is never acknowledged: {:?}", outcomes.last());
            a_moment().await;
            outcomes.push(listener.hear(event(&id.to_string())).await);
        }
        outcomes
    });
    let mut outcomes = stream::iter(deliveries).buffer_unordered(40);
    while let Some(outcome) = outcomes.next().await {
        for outcome in outcome {
            count(&mut counting, OUTCOMES, &format!("{outcome:?}")).await;
        }
    }
}

/// Other processes take no part in a paused time.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..20))).await;
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn two_processes_handle_each_of_a_thousand_events_once() {
    let redis = Redis::start();
    let mut workers = [0; 2].map(|_| Worker::start("listener", &redis, ""));
    workers.iter_mut().for_each(Worker::go);
    assert!(workers.iter_mut().all(Worker::succeeds));

    let counts = async |what| redis.ask::<HashMap<String, usize>>(&["HGETALL", what]).await;
    let successes = counts(SUCCESSES).await;
    assert_eq!(successes.len(), EVENTS);
    assert!(successes.values().all(|&count| count == 1), "{successes:?}");
    for (id, attempts) in counts(ATTEMPTS).await {
        assert_eq!(attempts, 1 + usize::from(fails_at_first(&id)), "{id}");
    }
    let outcomes = counts(OUTCOMES).await;
    assert_eq!(outcomes["Handled(Answer(empty))"], EVENTS);
    assert_eq!(outcomes["Repeated(Answer(empty))"], EVENTS);
    assert_eq!(outcomes["Failed"], EVENTS / 5);
    assert!(outcomes["InProgress"] > 0, "{outcomes:?}");
}

#[ignore = "needs redis-server"]
#[tokio::test]
async fn an_outage_stops_no_event_and_repetitions_are_noticed_when_it_is_over() {
    let mut redis = Redis::start();
    let handled = Arc::new(AtomicUsize::new(0));
    let [a, b] = [0; 2].map(|_| {
        let handled = handled.clone();
        Listener::new(move |_: RawEvent| {
            handled.fetch_add(1, Ordering::Relaxed);
            std::future::ready(io::Result::Ok(()))
        })
        .seen(store(&redis.url()).timeout(Duration::from_secs(1)))
    });
    let heard = Outcome::Handled(Answer::default());
    assert_eq!(a.hear(event("1")).await, heard);
    assert_eq!(b.hear(event("1")).await, Outcome::Repeated(Answer::default()));

    redis.hang();
    assert_eq!(a.hear(event("2")).await, heard);
    redis.go_on();
    redis.kill();
    assert_eq!(b.hear(event("3")).await, heard);
    assert_eq!(handled.load(Ordering::Relaxed), 3);

    redis.restart();
    // Each process tries Redis again within 5 seconds of real time.
    for id in 4.. {
        assert!(id < 1000, "the store is never used again");
        let event = event(&id.to_string());
        assert_eq!(a.hear(event.clone()).await, heard);
        match b.hear(event).await {
            Outcome::Repeated(_) => break,
            outcome => assert_eq!(outcome, heard),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
