//! The protocol of Feishu and Lark over a long connection.

use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use tokio_websockets::Message;

use super::LongConnected;
use super::fragments::{Fragments, Place};
use super::frame::Frame;
use super::protocol::{Open, Output, Protocol, Receipt, Unopened, Verdict};
use crate::base::{Secret, printable};
use crate::codec;
use crate::error::{ApiError, Error, ErrorKind};
use crate::events::envelope::{self, Envelope};
use crate::vendor::{App, Feishu};

impl LongConnected for Feishu {
    type Protocol = FeishuProtocol;
}

/// The state of a connection to Feishu.
#[doc(hidden)]
#[derive(Default)]
pub struct FeishuProtocol {
    config: Config,
    /// The number that each ping names.
    service: i32,
    fragments: Fragments,
}

/// The wishes of the platform for its clients, told when a connection is opened and with each pong.
struct Config {
    /// The most tries in a row to connect again; `None` has no end.
    reconnects: Option<u32>,
    reconnect_interval: Duration,
    /// The most that the first try is put off.
    reconnect_nonce: Duration,
    ping_interval: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            reconnects: None,
            reconnect_interval: Duration::from_secs(120),
            reconnect_nonce: Duration::from_secs(30),
            ping_interval: Duration::from_secs(120),
        }
    }
}

/// More than this cannot be meant.
const LONGEST_INTERVAL: u64 = 60 * 60;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ClientConfig {
    reconnect_count: Option<i64>,
    reconnect_interval: Option<i64>,
    reconnect_nonce: Option<i64>,
    ping_interval: Option<i64>,
}

impl Config {
    /// Takes over what makes sense. A zero comes from a value that was never set: as an interval it
    /// would be a loop that never rests, and as a count among nothing but zeros the end of the bot.
    fn apply(&mut self, news: &ClientConfig) {
        let seconds = |value: Option<i64>| {
            let seconds = u64::try_from(value?).ok().filter(|&seconds| seconds > 0)?;
            Some(Duration::from_secs(seconds.min(LONGEST_INTERVAL)))
        };
        let intervals = [news.reconnect_interval, news.reconnect_nonce, news.ping_interval];
        let is_meant = |count| count != 0 || intervals.into_iter().any(|it| seconds(it).is_some());
        if let Some(count) = news.reconnect_count.filter(|&count| is_meant(count)) {
            self.reconnects = u32::try_from(count).ok();
        }
        for (value, news) in [
            (&mut self.reconnect_interval, news.reconnect_interval),
            (&mut self.reconnect_nonce, news.reconnect_nonce),
            (&mut self.ping_interval, news.ping_interval),
        ] {
            if let Some(news) = seconds(news) {
                *value = news;
            }
        }
    }
}

const EVENT: i32 = 1;
const CONTROL: i32 = 0;

impl Protocol for FeishuProtocol {
    fn open(&mut self, app: &App) -> Open {
        let body = json!({ "AppID": app.id, "AppSecret": app.secret.expose() });
        Open {
            path: "/callback/ws/endpoint",
            headers: vec![(HeaderName::from_static("locale"), HeaderValue::from_static("zh"))],
            body: body.to_string().into(),
        }
    }

    fn opened(&mut self, data: &[u8]) -> Result<Secret, Error> {
        #[derive(Deserialize)]
        struct Endpoint {
            #[serde(rename = "URL")]
            url: Option<String>,
            #[serde(rename = "ClientConfig")]
            config: Option<ClientConfig>,
        }

        let endpoint: Option<Endpoint> = codec::from_slice(data).ok();
        let (url, config) = endpoint.map(|it| (it.url, it.config)).unwrap_or_default();
        let Some(url) = url.filter(|url| !url.is_empty()).map(Secret::new) else {
            let detail = "the response contains no URL to connect to";
            return Err(Error::new(ErrorKind::Decode).with_detail(detail));
        };
        if let Some(config) = config {
            self.config.apply(&config);
        }
        self.service = service_id(url.expose()).unwrap_or_default();
        self.fragments.clear();
        Ok(url)
    }

    fn not_opened(&self, error: Error, base_url: &str) -> Unopened {
        let (code, status) = error.api().map_or(("", 0), |api| (api.code(), api.status()));
        match code {
            "1" | "1000040343" => Unopened::Passing(error.with_kind(ErrorKind::Unavailable)),
            "1000040345" => {
                Unopened::Fatal(error.with_kind(ErrorKind::Configuration).with_advice(NOT_ALLOWED))
            }
            TOO_MANY => Unopened::Fatal(too_many(error)),
            "1000040351" => Unopened::Fatal(
                error.with_kind(ErrorKind::Configuration).with_advice(other_host(base_url)),
            ),
            "" => Unopened::by_kind(error),
            _ if status >= 400 || error.is_retryable() => Unopened::by_kind(error),
            _ if error.advice().is_some() => Unopened::Fatal(error),
            _ => Unopened::Fatal(error.with_advice(UNKNOWN)),
        }
    }

    fn refused(&self, headers: &HeaderMap, error: Error) -> Unopened {
        let text = |name: &str| {
            let value = headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
            printable(&String::from_utf8_lossy(value), LONGEST_TEXT)
        };
        let (status, code) = (text("handshake-status"), text("handshake-autherrcode"));
        if status.is_empty() {
            return Unopened::by_kind(error);
        }
        let api = error.api().cloned().unwrap_or_default();
        let told = |kind| {
            Error::new(kind).with_api(ApiError {
                code: if code.is_empty() { status.clone() } else { code.clone() },
                message: text("handshake-msg"),
                advice: None,
                ..api
            })
        };
        match &*status {
            "514" if code == TOO_MANY => Unopened::Fatal(too_many(told(ErrorKind::QuotaExceeded))),
            "403" => Unopened::Fatal(told(ErrorKind::PermissionDenied).with_advice(BANNED)),
            _ => Unopened::Passing(told(ErrorKind::Unavailable)),
        }
    }

    fn ping(&self) -> Message {
        let header = (Bytes::from_static(b"type"), Bytes::from_static(b"ping"));
        let frame = Frame {
            service: self.service,
            method: CONTROL,
            headers: vec![header],
            ..Frame::default()
        };
        Message::binary(frame.encode())
    }

    fn ping_interval(&self) -> Duration {
        self.config.ping_interval
    }

    fn longest_silence(&self) -> Duration {
        2 * self.config.ping_interval + Duration::from_secs(5)
    }

    fn receive(&mut self, message: Message, now: Instant) -> Vec<Output> {
        if !message.is_binary() {
            tracing::debug!("ignored a text message: frames are binary");
            return Vec::new();
        }
        let frame = match Frame::decode(message.into_payload().into()) {
            Ok(frame) => frame,
            Err(error) => {
                tracing::warn!(%error, "ignored a message that is not a frame");
                return Vec::new();
            }
        };
        match (frame.method, frame.text("type")) {
            (CONTROL, Some("pong")) => self.pong(&frame),
            (EVENT, Some("event")) => return self.event(frame, now).into_iter().collect(),
            // No official client reacts to others: cards in a frame of their own, for instance.
            (method, _) => tracing::debug!(method, "ignored a frame of another type"),
        }
        Vec::new()
    }

    fn due(&self) -> Option<Instant> {
        self.fragments.due()
    }

    fn expire(&mut self, now: Instant) {
        self.fragments.expire(now);
    }

    fn pause(&self, attempt: u32) -> Option<Duration> {
        if self.config.reconnects.is_some_and(|most| attempt > most) {
            return None;
        }
        let interval = self.config.reconnect_interval;
        Some(match attempt {
            0 | 1 => self.config.reconnect_nonce.mul_f64(fastrand::f64()),
            // A little apart from the others that lost their connections at the same time.
            _ => interval + interval.mul_f64(fastrand::f64() / 10.0),
        })
    }
}

impl FeishuProtocol {
    fn pong(&mut self, frame: &Frame) {
        let payload = frame.payload.as_deref().filter(|payload| !payload.is_empty());
        if let Some(Ok(config)) = payload.map(codec::from_slice) {
            self.config.apply(&config);
        }
    }

    fn event(&mut self, mut frame: Frame, now: Instant) -> Option<Output> {
        let payload = frame.payload.take().unwrap_or_default();
        let payload = match place(&frame) {
            Some(Place { sum: 0 | 1, seq: 0 }) => payload,
            place => self.join(&frame, place, payload, now)?,
        };
        let head = frame.head();
        match envelope::parse(&payload) {
            Ok(Envelope::Event { event, .. }) => {
                let write = |verdict, elapsed| ack(head, verdict, elapsed);
                Some(Output::Deliver(event, Receipt::new(write)))
            }
            Ok(_) => Some(refuse(head, "it is no event")),
            Err(error) => Some(refuse(head, &error.to_string())),
        }
    }

    /// Returns the payload of an event that came in parts, if this was the last one.
    fn join(
        &mut self,
        frame: &Frame,
        place: Option<Place>,
        part: Bytes,
        now: Instant,
    ) -> Option<Bytes> {
        let (Some(id), Some(place)) = (frame.header("message_id"), place) else {
            tracing::warn!("dropped a part of an event: it has no number");
            return None;
        };
        self.fragments.insert(id, place, part, now).unwrap_or_else(|error| {
            tracing::warn!(%error, sum = place.sum, seq = place.seq, "dropped a part of an event");
            None
        })
    }
}

/// Returns the place of a frame in its event. `None` if it cannot be read.
fn place(frame: &Frame) -> Option<Place> {
    let number = |key: &str, default| match frame.header(key) {
        None => Some(default),
        Some(_) => frame.text(key)?.parse().ok(),
    };
    Some(Place { sum: number("sum", 1)?, seq: number("seq", 0)? })
}

/// An event that is refused comes again, and may be whole then.
fn refuse(head: Frame, reason: &str) -> Output {
    tracing::warn!(reason, "an event cannot be read; the platform will deliver it again");
    Output::Send(ack(head, Verdict::Failed, Duration::ZERO))
}

/// Returns the frame that was delivered, with the outcome instead of the event.
fn ack(mut head: Frame, verdict: Verdict, elapsed: Duration) -> Message {
    let payload = match &verdict {
        Verdict::Failed => r#"{"code":500}"#.to_owned(),
        Verdict::Handled(answer) => match answer.as_json() {
            None => r#"{"code":200}"#.to_owned(),
            Some(json) => format!(r#"{{"code":200,"data":"{}"}}"#, BASE64_STANDARD.encode(json)),
        },
    };
    head.headers.push((Bytes::from_static(b"biz_rt"), elapsed.as_millis().to_string().into()));
    head.payload = Some(payload.into());
    Message::binary(head.encode())
}

fn service_id(url: &str) -> Option<i32> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix("service_id="))?.parse().ok()
}

/// The most bytes that an error keeps of a header.
const LONGEST_TEXT: usize = 200;

/// The code for an app that has as many connections as it may have.
const TOO_MANY: &str = "1000040350";

const NOT_ALLOWED: &str = "Check the app ID and the app secret. If they are correct, publish the \
                           app, and choose the long connection for its events or callbacks in the \
                           developer console: the platform says the same in both cases.";

const BANNED: &str = "The platform has banned the app from long connections. Contact its support \
                      with the app ID.";

const UNKNOWN: &str = "Check in the developer console that this is a custom app, and that it \
                       receives events or callbacks over a long connection.";

fn too_many(error: Error) -> Error {
    error.with_kind(ErrorKind::QuotaExceeded).with_advice(
        "The app has as many connections as the platform allows, which is 50. End processes that \
         are not needed, then start again.",
    )
}

fn other_host(base_url: &str) -> String {
    let (feishu, lark) = (Feishu::FEISHU_CN, Feishu::LARK);
    match base_url {
        _ if base_url.contains("larksuite") => {
            format!("The app is one of Feishu: set the base URL to `{feishu}`.")
        }
        _ if base_url == feishu => format!("The app is one of Lark: set the base URL to `{lark}`."),
        _ => format!(
            "The app is of another platform than the base URL leads to: apps of Feishu are at \
             `{feishu}`, those of Lark at `{lark}`."
        ),
    }
}
