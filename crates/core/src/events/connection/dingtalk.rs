//! DingTalk's stream mode: the request that opens a connection, frames in, acknowledgments out.
//!
//! The wire is described on DingTalk's
//! [page](https://open-dingtalk.github.io/developerpedia/docs/learn/stream/protocol).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, header};
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_websockets::Message;

use super::protocol::{Open, Output, Protocol, Receipt, Unopened, Verdict};
use super::{LongConnected, LongConnection};
use crate::base::Secret;
use crate::codec::{self, DecodeError};
use crate::error::{Error, ErrorKind};
use crate::events::dingtalk::{CARD_ACTIONS, ROBOT_MESSAGES};
use crate::events::{EventHeader, EventSchema, RawEvent};
use crate::vendor::{App, DingTalk};
use crate::wire::COMPONENT;

impl LongConnected for DingTalk {
    type Protocol = DingTalkProtocol;
}

/// The state of stream mode.
#[doc(hidden)]
#[derive(Debug)]
pub struct DingTalkProtocol {
    app_id: String,
    subscriptions: Vec<Subscription>,
}

/// One kind of push that the connection asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Subscription {
    #[serde(rename = "type")]
    kind: &'static str,
    topic: String,
}

const EVENT: &str = "EVENT";
const CALLBACK: &str = "CALLBACK";

impl Default for DingTalkProtocol {
    fn default() -> Self {
        let mut protocol = Self { app_id: String::new(), subscriptions: Vec::new() };
        protocol.replace(EVENT, ["*".to_owned()]);
        protocol.replace(CALLBACK, [ROBOT_MESSAGES, CARD_ACTIONS].map(str::to_owned));
        protocol
    }
}

impl DingTalkProtocol {
    fn is_asked_for(&self, topic: &str) -> bool {
        self.subscriptions.iter().any(|it| it.kind == CALLBACK && it.topic == topic)
    }

    fn replace(&mut self, kind: &'static str, topics: impl IntoIterator<Item = String>) {
        self.subscriptions.retain(|it| it.kind != kind);
        let topics = topics.into_iter();
        self.subscriptions.extend(topics.map(|topic| Subscription { kind, topic }));
    }
}

impl LongConnection<DingTalk> {
    /// Sets whether the events of the organization arrive that are selected in the developer
    /// console. Defaults to `true`.
    pub fn events(mut self, wanted: bool) -> Self {
        // The platform knows no other topic.
        self.protocol.replace(EVENT, wanted.then(|| "*".to_owned()));
        self
    }

    /// Sets the topics of the callbacks that arrive. Defaults to [`ROBOT_MESSAGES`] and
    /// [`CARD_ACTIONS`].
    pub fn callbacks<T: Into<String>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        self.protocol.replace(CALLBACK, topics.into_iter().map(Into::into));
        self
    }
}

/// The name by which the platform knows the client, in the form that its page asks for.
const USER_AGENT: &str = concat!("openplat-sdk-rust/", env!("CARGO_PKG_VERSION"));

/// The platform pings at intervals of its own, which are not documented.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const LONGEST_SILENCE: Duration = Duration::from_secs(80);

const FIRST_PAUSE: Duration = Duration::from_secs(3);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Protocol for DingTalkProtocol {
    fn open(&mut self, app: &App) -> Open {
        self.app_id.clone_from(&app.id);
        let body = json!({
            "clientId": app.id,
            "clientSecret": app.secret.expose(),
            "subscriptions": self.subscriptions,
            "ua": USER_AGENT,
        });
        Open {
            path: "/v1.0/gateway/connections/open",
            // The response is XML otherwise.
            headers: vec![(header::ACCEPT, HeaderValue::from_static("application/json"))],
            body: Bytes::from(body.to_string()),
        }
    }

    fn opened(&mut self, data: &[u8]) -> Result<Secret, Error> {
        endpoint(data).map_err(|error| Error::new(ErrorKind::Decode).with_cause(&error))
    }

    fn not_opened(&self, error: Error, _base_url: &str) -> Unopened {
        use ErrorKind::{Configuration, PermissionDenied, QuotaExceeded, Unauthenticated};
        // A failure without a code comes from a server on the way.
        let coded = error.api().filter(|api| !api.code().is_empty());
        match (error.kind(), coded.map(|api| api.status())) {
            // No token was sent that could have been rejected.
            (Unauthenticated, Some(_)) | (_, Some(401)) => Unopened::Fatal(
                error.with_kind(Configuration).with_advice(
                    "Check the app's key and secret, and the base URL: an app belongs to one region.",
                ),
            ),
            (Configuration | PermissionDenied | QuotaExceeded, Some(_)) => Unopened::Fatal(error),
            _ => Unopened::by_kind(error),
        }
    }

    fn ping(&self) -> Message {
        Message::ping("")
    }

    fn ping_interval(&self) -> Duration {
        PING_INTERVAL
    }

    fn longest_silence(&self) -> Duration {
        LONGEST_SILENCE
    }

    fn receive(&mut self, message: Message, _now: Instant) -> Vec<Output> {
        match codec::from_slice(message.as_payload()) {
            Ok(frame) => self.hear(frame),
            Err(error) => {
                // Such a frame has no ID that could be acknowledged.
                tracing::warn!(%error, "a message from DingTalk could not be read");
                Vec::new()
            }
        }
    }

    /// Three seconds, doubled up to a minute, and up to a fifth of it more.
    fn pause(&self, attempt: u32) -> Option<Duration> {
        let factor = 1 << attempt.saturating_sub(1).min(16);
        let pause = FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE);
        Some(pause.mul_f64(1.0 + fastrand::f64() / 5.0))
    }
}

/// Returns the URL of the connection. The ticket in it serves for one connection, within 90
/// seconds.
fn endpoint(body: &[u8]) -> Result<Secret, DecodeError> {
    #[derive(Deserialize)]
    struct Opened {
        endpoint: String,
        ticket: Secret,
    }

    let Opened { endpoint, ticket } = codec::from_slice(body)?;
    let mark = if endpoint.contains('?') { '&' } else { '?' };
    // A ticket can hold characters that mean something in a query.
    let ticket = utf8_percent_encode(ticket.expose(), COMPONENT);
    Ok(Secret::new(format!("{endpoint}{mark}ticket={ticket}")))
}

/// A message from the platform.
#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The page writes `header` in one of its examples.
    #[serde(default, alias = "header")]
    headers: Headers,
    /// JSON in a string.
    #[serde(default)]
    data: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Headers {
    topic: Option<String>,
    message_id: Option<String>,
    time: Option<String>,
    event_id: Option<String>,
    event_type: Option<String>,
    event_born_time: Option<String>,
    event_corp_id: Option<String>,
}

impl DingTalkProtocol {
    /// Says what follows from a frame.
    fn hear(&self, frame: Frame) -> Vec<Output> {
        let Frame { kind, headers, data } = frame;
        let data = match data {
            Value::String(data) => data,
            Value::Null => "{}".to_owned(),
            // Not documented, and not refused for it.
            data => data.to_string(),
        };
        let topic = headers.topic.as_deref().unwrap_or_default();
        let reply = |code, data: &str| {
            // A frame without an ID cannot be acknowledged.
            let id = headers.message_id.as_deref();
            id.map(|id| Output::Send(ack(id, code, data))).into_iter().collect::<Vec<_>>()
        };
        match (kind.as_deref().unwrap_or_default(), topic) {
            ("SYSTEM", "ping" | "CONNECTED" | "REGISTERED" | "KEEPALIVE") => reply(OK, &data),
            // The platform is about to close the connection: about once in twenty hours.
            ("SYSTEM", "disconnect") => {
                let mut outputs = reply(OK, &data);
                outputs.push(Output::Renew);
                outputs
            }
            (EVENT, _) => vec![self.deliver(EventSchema::DingTalkEvent, headers, data)],
            (CALLBACK, topic) if self.is_asked_for(topic) => {
                vec![self.deliver(EventSchema::DingTalkCallback, headers, data)]
            }
            ("", _) => reply(BAD_REQUEST, "{}"),
            _ => reply(NOT_FOUND, "{}"),
        }
    }

    fn deliver(&self, schema: EventSchema, headers: Headers, data: String) -> Output {
        let is_event = schema == EventSchema::DingTalkEvent;
        let topic = headers.topic.unwrap_or_default();
        let id = match is_event {
            true => headers.event_id,
            false => sent_id(&topic, &data),
        };
        let header = EventHeader {
            id: id.filter(|id| !id.is_empty()).or_else(|| headers.message_id.clone()),
            event_type: headers.event_type.filter(|_| is_event).unwrap_or(topic),
            schema,
            create_time: headers.event_born_time.or(headers.time),
            app_id: Some(self.app_id.clone()),
            tenant_key: headers.event_corp_id,
        };
        let message_id = headers.message_id.unwrap_or_default();
        let receipt = Receipt::new(move |verdict, _| settle(&message_id, is_event, &verdict));
        Output::Deliver(RawEvent::new(header, data), receipt)
    }
}

/// The topics of messages to robots.
const ROBOT_TOPICS: &str = "/v1.0/im/bot/messages/";

/// Returns the ID of a message to a robot. The `messageId` of a frame names a push, which need not
/// be the same when the message is pushed again.
fn sent_id(topic: &str, data: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Sent {
        msg_id: Option<String>,
    }

    let is_message = topic.starts_with(ROBOT_TOPICS);
    is_message.then(|| codec::from_slice::<Sent>(data.as_bytes()).ok())??.msg_id
}

/// Returns the acknowledgment of an event or a callback whose handler is done. After a failure the
/// platform pushes an event again.
fn settle(message_id: &str, is_event: bool, verdict: &Verdict) -> Message {
    match (verdict, is_event) {
        (Verdict::Handled(_), true) => {
            ack(message_id, OK, r#"{"status":"SUCCESS","message":"success"}"#)
        }
        (Verdict::Handled(answer), false) => {
            let json = answer.as_json().map_or("{}".into(), |json| String::from_utf8_lossy(json));
            ack(message_id, OK, &format!(r#"{{"response":{json}}}"#))
        }
        (Verdict::Failed, true) => {
            ack(message_id, FAILED, r#"{"status":"LATER","message":"later"}"#)
        }
        (Verdict::Failed, false) => ack(message_id, FAILED, "{}"),
    }
}

/// The codes of an acknowledgment, and what they say.
type Code = (u16, &'static str);
const OK: Code = (200, "OK");
const BAD_REQUEST: Code = (400, "bad request");
const NOT_FOUND: Code = (404, "unknown type or topic");
const FAILED: Code = (500, "internal error");

fn ack(message_id: &str, (code, message): Code, data: &str) -> Message {
    let ack = json!({
        "code": code,
        "headers": { "contentType": "application/json", "messageId": message_id },
        "message": message,
        "data": data,
    });
    Message::text(ack.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Answer;

    fn protocol() -> DingTalkProtocol {
        let mut protocol = DingTalkProtocol::default();
        protocol.open(&App { id: "dingkey".to_owned(), secret: Secret::new("s3cr3t") });
        protocol
    }

    fn receive(frame: &Value) -> Vec<Output> {
        protocol().receive(Message::text(frame.to_string()), Instant::now())
    }

    fn json_of(message: Message) -> Value {
        serde_json::from_slice(message.as_payload()).unwrap()
    }

    fn reply(frame: &Value) -> Option<Value> {
        receive(frame).into_iter().find_map(|output| match output {
            Output::Send(message) => Some(json_of(message)),
            _ => None,
        })
    }

    fn delivery(frame: &Value) -> (RawEvent, Receipt) {
        match receive(frame).pop() {
            Some(Output::Deliver(event, receipt)) => (event, receipt),
            _ => panic!("{frame}"),
        }
    }

    fn handled(frame: &Value, answer: Answer) -> Value {
        json_of(delivery(frame).1.write(Verdict::Handled(answer), Duration::ZERO))
    }

    fn failed(frame: &Value) -> Value {
        json_of(delivery(frame).1.write(Verdict::Failed, Duration::ZERO))
    }

    fn acked(code: u16, message: &str, data: &str) -> Value {
        let headers = json!({ "contentType": "application/json", "messageId": "m1" });
        json!({ "code": code, "headers": headers, "message": message, "data": data })
    }

    #[test]
    fn an_endpoint_is_asked_for_with_everything_that_is_subscribed_to() {
        let app = App { id: "dingkey".to_owned(), secret: Secret::new("s3cr3t") };
        let open = DingTalkProtocol::default().open(&app);
        let body: Value = serde_json::from_slice(&open.body).unwrap();
        assert_eq!(body["clientId"], "dingkey");
        assert_eq!(body["clientSecret"], "s3cr3t");
        let expected = json!([
            { "type": "EVENT", "topic": "*" },
            { "type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get" },
            { "type": "CALLBACK", "topic": "/v1.0/card/instances/callback" },
        ]);
        assert_eq!(body["subscriptions"], expected);
        assert!(body["ua"].as_str().unwrap().starts_with("openplat-sdk-rust/"), "{body}");
    }

    #[test]
    fn the_ticket_is_encoded_into_the_url() {
        for (body, expected) in [
            (
                json!({ "endpoint": "wss://w.example:443/connect", "ticket": "a+b/c= &d" }),
                "wss://w.example:443/connect?ticket=a%2Bb%2Fc%3D%20%26d",
            ),
            (
                json!({ "endpoint": "wss://w.example/connect?v=1", "ticket": "7724-aé", "x": 1 }),
                "wss://w.example/connect?v=1&ticket=7724-a%C3%A9",
            ),
        ] {
            let url = protocol().opened(body.to_string().as_bytes()).unwrap();
            assert_eq!(url.expose(), expected);
        }
        for body in ["", "{}", r#"{"endpoint":"wss://s3cr3t"}"#, r#"{"ticket":"s3cr3t"}"#] {
            let error = protocol().opened(body.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert!(!format!("{error:?}").contains("s3cr3t"), "{error}");
        }
    }

    #[test]
    fn a_refusal_that_stays_is_told_from_one_that_passes() {
        for (kind, status, code, expected) in [
            (ErrorKind::Rejected, 401, "authFailed", "fatal"),
            (ErrorKind::Unauthenticated, 400, "InvalidAuthentication", "fatal"),
            (ErrorKind::Configuration, 403, "Forbidden.AccessDenied.IpNotInWhiteList", "fatal"),
            (ErrorKind::PermissionDenied, 403, "apiPermissionDenied", "fatal"),
            (ErrorKind::Unauthenticated, 401, "", "stubborn"),
            (ErrorKind::Configuration, 302, "", "stubborn"),
            (ErrorKind::Rejected, 400, "invalidParameter", "stubborn"),
            (ErrorKind::Throttled, 429, "", "passing"),
            (ErrorKind::Unavailable, 503, "systemError", "passing"),
            (ErrorKind::Connect, 0, "", "passing"),
        ] {
            let error = match status {
                0 => Error::new(kind),
                status => Error::builder(kind).status(status).code(code).build(),
            };
            let (found, error) = match protocol().not_opened(error, "") {
                Unopened::Fatal(error) => ("fatal", error),
                Unopened::Stubborn(error) => ("stubborn", error),
                Unopened::Passing(error) => ("passing", error),
            };
            assert_eq!(found, expected, "{error:?}");
            if status == 401 && !code.is_empty() {
                assert_eq!(error.kind(), ErrorKind::Configuration);
                assert!(error.to_string().contains("Check the app's key and secret"), "{error}");
            }
        }
    }

    #[test]
    fn pauses_grow_and_differ() {
        let protocol = protocol();
        for (attempt, shortest) in
            [(1, 3.0), (2, 6.0), (3, 12.0), (5, 48.0), (6, 60.0), (999, 60.0)]
        {
            let pauses: Vec<_> =
                (0..50).map(|_| protocol.pause(attempt).unwrap().as_secs_f64()).collect();
            assert!(pauses.iter().all(|it| (shortest..=shortest * 1.2).contains(it)), "{pauses:?}");
            assert!(pauses.iter().any(|it| *it != pauses[0]), "{pauses:?}");
        }
    }

    #[test]
    fn system_frames_are_acknowledged_with_their_data_as_it_came() {
        let opaque = r#"{"opaque": "0e1a-\u4e2d", "n":1.0}"#;
        for topic in ["ping", "CONNECTED", "REGISTERED", "KEEPALIVE", "disconnect"] {
            let headers = json!({ "topic": topic, "messageId": "m1", "time": 1690362102194_i64 });
            let frame = json!({ "type": "SYSTEM", "headers": headers, "data": opaque });
            assert_eq!(reply(&frame), Some(acked(200, "OK", opaque)), "{topic}");
            let renews = matches!(receive(&frame).last(), Some(Output::Renew));
            assert_eq!(renews, topic == "disconnect");
        }
        let frame = json!({ "type": "SYSTEM", "headers": { "topic": "ping", "messageId": "m1" } });
        assert_eq!(reply(&frame), Some(acked(200, "OK", "{}")));
    }

    #[test]
    fn what_nobody_asked_for_is_said_to_be_unknown() {
        let unknown = acked(404, "unknown type or topic", "{}");
        let bad = acked(400, "bad request", "{}");
        for (kind, topic, expected) in [
            (json!("SYSTEM"), "later", &unknown),
            (json!("CALLBACK"), "/v1.0/unknown", &unknown),
            (json!("CALLBACK"), "", &unknown),
            (json!("WHAT"), "x", &unknown),
            (json!(null), "x", &bad),
            (json!([1]), "x", &bad),
        ] {
            let headers = json!({ "topic": topic, "messageId": "m1" });
            let frame = json!({ "type": kind, "headers": headers, "data": "{}" });
            assert_eq!(reply(&frame).as_ref(), Some(expected), "{frame}");
        }
    }

    #[test]
    fn a_frame_without_an_id_is_heard_all_the_same() {
        let frame = json!({ "type": "SYSTEM", "headers": { "topic": "disconnect" } });
        assert!(matches!(receive(&frame)[..], [Output::Renew]));
        assert!(receive(&json!({})).is_empty());
        let (event, _) = delivery(&json!({ "type": "EVENT", "data": "{}" }));
        assert_eq!(event.header().id, None);
    }

    #[test]
    fn an_event_is_delivered_and_acknowledged() {
        let frame = json!({
            "specVersion": "1.0", "type": "EVENT", "time": 1,
            "headers": {
                "topic": "*", "messageId": "m1", "time": "2", "contentType": "application/json",
                "appId": "unified", "eventBornTime": "1690362102194", "eventCorpId": "ding1",
                "eventId": "ev1", "eventType": "chat_update_title", "eventUnifiedAppId": "unified"
            },
            "data": r#"{"Title": "\u65b0"}"#
        });
        let (event, _) = delivery(&frame);
        let mut expected = EventHeader::new(EventSchema::DingTalkEvent, "chat_update_title");
        expected.id = Some("ev1".to_owned());
        expected.create_time = Some("1690362102194".to_owned());
        expected.app_id = Some("dingkey".to_owned());
        expected.tenant_key = Some("ding1".to_owned());
        assert_eq!(event.header(), &expected);
        assert_eq!(event.data(), r#"{"Title": "\u65b0"}"#);
        let success = acked(200, "OK", r#"{"status":"SUCCESS","message":"success"}"#);
        assert_eq!(handled(&frame, Answer::json("ignored")), success);
        let later = acked(500, "internal error", r#"{"status":"LATER","message":"later"}"#);
        assert_eq!(failed(&frame), later);
    }

    #[test]
    fn a_callback_is_delivered_and_answered() {
        let headers = json!({ "topic": CARD_ACTIONS, "messageId": "m1", "time": "1690362102194" });
        let frame = json!({ "type": "CALLBACK", "headers": headers, "data": r#"{"msgId":"no"}"# });
        let (event, _) = delivery(&frame);
        assert_eq!((event.event_type(), event.header().id.as_deref()), (CARD_ACTIONS, Some("m1")));
        assert_eq!(event.header().schema, EventSchema::DingTalkCallback);
        for (answer, expected) in [
            (Answer::default(), r#"{"response":{}}"#),
            (Answer::json("OK"), r#"{"response":"OK"}"#),
            (Answer::json(&json!({ "a": [1] })), r#"{"response":{"a":[1]}}"#),
        ] {
            assert_eq!(handled(&frame, answer), acked(200, "OK", expected));
        }
        assert_eq!(failed(&frame), acked(500, "internal error", "{}"));
    }

    #[test]
    fn a_message_to_a_robot_is_known_by_its_own_id() {
        for (data, id) in [
            (json!(r#"{"msgId":"msg1","text":{"content":"my salary"}}"#), "msg1"),
            (json!({ "msgId": "msg1" }), "msg1"),
            (json!(r#"{"msgId":""}"#), "m1"),
            (json!(r#"{"text":{}}"#), "m1"),
            (json!("not JSON"), "m1"),
            (Value::Null, "m1"),
        ] {
            let headers = json!({ "topic": ROBOT_MESSAGES, "messageId": "m1" });
            let frame = json!({ "type": "CALLBACK", "headers": headers, "data": data });
            let (event, receipt) = delivery(&frame);
            assert_eq!(event.header().id.as_deref(), Some(id), "{data}");
            assert!(!format!("{event:?} {receipt:?}").contains("salary"));
        }
    }

    #[test]
    fn what_is_no_frame_is_passed_over() {
        for text in ["", "hello", "[1]", "7", r#"{"type":"EVENT","headers":[1]}"#, "{\"type\":\"EV"]
        {
            assert!(protocol().receive(Message::text(text), Instant::now()).is_empty(), "{text}");
        }
    }
}
