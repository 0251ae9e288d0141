//! What a long connection logs, and what it must not. A binary of its own: the subscriber is the
//! whole process's.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "connection/support.rs"]
#[expect(dead_code, reason = "serves other tests as well")]
mod support;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openplat_core::events::{Answer, Listener, RawEvent};
use serde_json::json;
use support::{config, endpoint, event, part, platform, pong};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_day_is_told_without_a_secret() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(lines.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    let (platform, mut accepted) = platform();
    let busy = json!({ "code": 1, "msg": "hunter2secret is busy" });
    platform.answers(200, busy);
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    platform.answers(200, endpoint(config(-1, 1, 1, 10)));
    platform.answers(200, json!({ "code": 1000040351, "msg": "hunter2secret is of Lark" }));
    let refusal = vec![("handshake-status", "514"), ("handshake-msg", "no topsecretticket")];
    platform.upgrades(Some((403, refusal)));
    let listener = Listener::new(|event: RawEvent| async move {
        match event.header().id.as_deref() {
            Some("fails") => Err("topsecretmessage is odd"),
            Some("slow") => {
                tokio::time::sleep(Duration::from_secs(30)).await;
                Ok(Answer::json("topsecretanswer"))
            }
            _ => Ok(Answer::json("topsecretanswer")),
        }
    });
    let running = tokio::spawn(platform.connect().run(listener));
    let mut server = accepted.next().await;
    for frame in [
        event("good"),
        event("fails"),
        event("slow"),
        part("m1", (0, 1), "topsecretmessage"),
        part("m2", (0, 1), r#"{"topsecretmessage":"#),
        part("m3", (9, 3), "topsecretmessage"),
        part("m4", (0, 3), "topsecretmessage"),
        part("topsecretmessage", (0, 1 << 31), "topsecretmessage"),
        pong(&json!({ "topsecret": 1 })),
    ] {
        server.send(&frame).await;
    }
    futures_util::SinkExt::send(&mut server.0, "topsecretmessage".into()).await.unwrap();
    let garbage = tokio_tungstenite::tungstenite::Message::Binary("topsecretmessage".into());
    futures_util::SinkExt::send(&mut server.0, garbage).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(server);
    // The acknowledgment of the slow one comes too late.
    tokio::time::sleep(Duration::from_secs(40)).await;
    let server = accepted.next().await;
    drop(server);
    running.await.unwrap().unwrap_err();

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for secret in ["hunter2", "topsecret", "ticket=", "access_key", "/ws/v2"] {
        assert!(!log.contains(secret), "{secret}:\n{log}");
    }
    for told in [
        "origin=wss://msg-frontier.feishu.cn",
        "the long connection is down",
        "code 1, \"*** is busy\"",
        "code 514, \"no ***\"",
        "the platform closed it",
        "an event cannot be read",
        "a part of an event was dropped",
        "a message that is no frame was passed over",
        "an event was not handled",
        "an event was not acknowledged",
    ] {
        assert!(log.contains(told), "{told}:\n{log}");
    }
}
