//! A long day: connections that are cut, closed, refused, stalled and half open, at random.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openplat_core::events::connection::LongConnection;
use openplat_core::events::{Listener, RawEvent};
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Frame, Server, config, endpoint, event, ping, platform, pong};

const EVENTS: usize = 10_000;
const BETWEEN_EVENTS: Duration = Duration::from_millis(30);
const PING: u64 = 5;
/// Two pings and five seconds, and the pause before the next connection.
const NOTICED_WITHIN: Duration = Duration::from_millis(2 * PING * 1000 + 5000 + 1000 + 100);

/// The platform's record of its events.
struct Outbox {
    start: Instant,
    arrived: usize,
    waiting: VecDeque<usize>,
    /// The events that were sent, and when they are sent again.
    sent: BTreeMap<usize, Instant>,
    acked: BTreeSet<usize>,
}

impl Outbox {
    fn due(&mut self) -> Vec<usize> {
        let now = Instant::now();
        while self.arrived < EVENTS && self.start + self.arrived as u32 * BETWEEN_EVENTS <= now {
            self.waiting.push_back(self.arrived);
            self.arrived += 1;
        }
        let late: Vec<_> =
            self.sent.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        self.waiting.extend(late);
        let due: Vec<_> = self.waiting.drain(..).collect();
        self.sent.extend(due.iter().map(|id| (*id, now + Duration::from_secs(15))));
        due
    }

    fn take(&mut self, ack: &Frame) {
        let id = ack.headers[1].1.parse().unwrap();
        if ack.payload.as_deref() == Some(r#"{"code":200}"#) {
            self.sent.remove(&id);
            self.acked.insert(id);
        }
    }
}

/// Delivers events and takes acknowledgments for a while.
async fn serve(server: &mut Server, outbox: &mut Outbox, until: Instant) {
    while Instant::now() < until && outbox.acked.len() < EVENTS {
        tokio::select! {
            message = server.message() => {
                let Some(Message::Binary(bytes)) = message else { return };
                match Frame::decode(&bytes) {
                    frame if frame == ping() => server.send(&pong(&json!({}))).await,
                    ack => outbox.take(&ack),
                }
            }
            () = sleep(Duration::from_millis(50)) => {
                for id in outbox.due() {
                    server.send(&event(&id.to_string())).await;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_event_is_handled_once_however_often_the_connection_ends() {
    let mut random = fastrand::Rng::with_seed(7);
    let before = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let handled = Arc::new(Mutex::new(BTreeMap::<usize, u32>::new()));
    let (platform, mut accepted) = platform();
    platform.answers(200, endpoint(config(-1, 1, 1, PING as i64)));
    let listener = {
        let (handled, random) = (handled.clone(), Mutex::new(random.fork()));
        Listener::new(move |event: RawEvent| {
            let id = event.header().id.as_deref().unwrap().parse().unwrap();
            let (time, fails) = {
                let mut random = random.lock().unwrap();
                (random.u64(0..200), random.u8(..) < 5)
            };
            let handled = handled.clone();
            async move {
                sleep(Duration::from_millis(time)).await;
                if fails {
                    return Err("on purpose");
                }
                *handled.lock().unwrap().entry(id).or_default() += 1;
                Ok(())
            }
        })
        .on_failure(|_, _| {})
    };
    let connection = LongConnection::new(&platform.client()).max_running(1000).connect();
    let control = connection.control();
    let running = tokio::spawn(connection.run(listener));
    let mut outbox = Outbox {
        start: Instant::now(),
        arrived: 0,
        waiting: VecDeque::new(),
        sent: BTreeMap::new(),
        acked: BTreeSet::new(),
    };
    let mut half_open = Vec::new();
    let mut faults = 0;
    let mut server = accepted.next().await;
    loop {
        let until = Instant::now() + Duration::from_millis(random.u64(10_100..18_000));
        serve(&mut server, &mut outbox, until).await;
        if outbox.acked.len() == EVENTS {
            break;
        }
        faults += 1;
        let since = Instant::now();
        match random.u8(0..5) {
            0 => drop(server),
            1 => {
                let _ = server.0.close(None).await;
                drop(server);
            }
            2 => {
                let status = *random.choice(&[503, 429, 403]).unwrap();
                platform.upgrades(Some((status, Vec::new())));
                drop(server);
            }
            3 => half_open.push(server),
            // What it reads, it ignores.
            _ => {
                half_open.push(tokio::select! {
                    server = ignore(server) => server,
                    () = sleep(Duration::from_secs(60)) => panic!("the silence was not noticed"),
                });
            }
        }
        server = accepted.next().await;
        assert!(since.elapsed() <= NOTICED_WITHIN, "{:?}", since.elapsed());
    }
    control.shutdown();
    sleep_until(Instant::now() + Duration::from_millis(100)).await;
    drop(server);
    assert!(running.await.unwrap().is_ok());
    let handled = handled.lock().unwrap().clone();
    assert_eq!(handled.len(), EVENTS, "every event was handled");
    assert!(handled.values().all(|times| *times == 1), "and no event twice");
    assert!(outbox.acked.iter().all(|id| handled.contains_key(id)), "and then acknowledged");
    assert!(faults > 10, "{faults}");
    drop(half_open);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let after = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    assert_eq!(after, before, "no task is left");
}

async fn ignore(mut server: Server) -> Server {
    while server.message().await.is_some() {}
    server
}
