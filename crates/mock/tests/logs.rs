//! What a platform logs: nothing that a client or the test says. A binary of its own: the logger is
//! the whole process's.

#![cfg(test)]

#[path = "mock/raw.rs"]
mod raw;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use log::{LevelFilter, Log, Metadata, Record};
use openplat_mock::{MockPlatform, Push};
use raw::{Raw, masked};
use serde_json::json;

/// Takes what is logged with `log`, and with `tracing` as well as long as that has no subscriber.
struct Lines(Mutex<String>);

static LINES: Lines = Lines(Mutex::new(String::new()));

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *lines += &format!("{} {}\n", record.target(), record.args());
    }

    fn flush(&self) {}
}

#[tokio::test]
async fn nothing_that_is_said_is_logged() {
    log::set_logger(&LINES).unwrap();
    log::set_max_level(LevelFilter::Trace);
    log::trace!("a line of log");
    tracing::trace!("a line of tracing");

    let day = async {
        let mock = MockPlatform::start().await.unwrap();
        let mut raw = Raw::open(&mock, &masked(0x89, b"topsecret")).await;
        assert_eq!(raw.frame().await, Some((0x8a, b"topsecret".to_vec())));
        let connection = mock.connection(0).await;
        mock.push(Push::feishu("im.message.receive_v1", json!({ "text": "topsecret" })));
        let (_, pushed) = raw.frame().await.unwrap();
        assert!(pushed.windows(9).any(|bytes| bytes == b"topsecret"));
        connection.send_text("topsecret");
        raw.frame().await.unwrap();
        raw.send(&masked(0x81, b"topsecret")).await;
        raw.send(&masked(0x82, b"topsecret")).await;
        // Compressed, which is not on offer.
        raw.send(&masked(0xc2, b"topsecret")).await;
        mock.until(|_| connection.violations().len() == 3).await;

        let mut raw = Raw::open(&mock, &[]).await;
        raw.send(&masked(0x88, b"\x03\xe8topsecret")).await;
        raw.frame().await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(20), day).await.unwrap();

    let lines = LINES.0.lock().unwrap().clone();
    for told in ["a line of log", "a line of tracing"] {
        assert!(lines.contains(told), "{told}:\n{lines}");
    }
    for secret in ["topsecret", "hunter2", "ticket", "/ws/v2"] {
        assert!(!lines.contains(secret), "{secret}:\n{lines}");
    }
}
