//! The events and callbacks that the platform pushes.

mod ack;
mod connection;
mod fault;
mod frame;
mod handles;
mod hear;
mod hub;
mod line;
mod session;
mod webhook;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::tokens::{VendorId, number};
use frame::{DATA, Frame};

pub use ack::{RecordedAck, WebhookError};
pub use connection::MockConnection;
pub use fault::Fault;
pub use handles::{LongConnectionPlan, Pushed};
pub(crate) use hub::{Hub, Peer};
pub(crate) use session::Session;
pub(crate) use webhook::Caller;
pub use webhook::{MockedWebhook, WebhookServer};

/// The tenant that events of the mock happen in.
const TENANT_KEY: &str = "mock-tenant";
/// The organization that events of the mock happen in.
pub(crate) const CORP_ID: &str = "ding-mock-corp";

const MINUTE: Duration = Duration::from_secs(60);

/// Feishu's documented intervals.
const FEISHU_RESENDS: [Duration; 4] = [
    Duration::from_secs(15),
    Duration::from_secs(5 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(6 * 60 * 60),
];

/// DingTalk redelivers after about a minute. The number of redeliveries is assumed.
const DINGTALK_RESENDS: [Duration; 4] = [MINUTE; 4];

/// Feishu's callbacks, which a user waits for in front of a screen: they are not redelivered.
const CALLBACKS: [&str; 2] = ["card.action.trigger", "url.preview.get"];

/// An event or a callback, for [`MockPlatform::push`].
///
/// A clone is the same event, with the same ID: to push both is to push it twice.
///
/// ```
/// use std::time::Duration;
/// use openplat_mock::Push;
/// use serde_json::json;
///
/// let message = Push::feishu("im.message.receive_v1", json!({ "message": {} }));
/// let in_pieces = message.fragments(3).order([0, 2, 1]).twice();
/// let late = Push::dingtalk_event("chat_update_title", json!({ "ChatId": "c" }))
///     .after(Duration::from_secs(5));
/// # let _ = (in_pieces, late);
/// ```
///
/// [`MockPlatform::push`]: crate::MockPlatform::push
#[derive(Clone)]
#[must_use = "an event does nothing until it is pushed"]
pub struct Push {
    content: Content,
    message_id: String,
    /// Milliseconds since the Unix epoch.
    created_at: String,
    pub(crate) app_id: Option<String>,
    fragments: usize,
    order: Option<Vec<usize>>,
    pub(crate) is_twice: bool,
    pub(crate) after: Duration,
    pub(crate) to: Option<usize>,
    pub(crate) resends: Vec<Duration>,
}

#[derive(Clone)]
enum Content {
    /// An envelope of Feishu's that gets its app ID when it is sent, into this member.
    Feishu(Value, &'static str),
    /// A body as it is.
    Envelope(Value),
    DingTalk {
        /// `EVENT`, `CALLBACK` or `SYSTEM`.
        kind: &'static str,
        topic: String,
        event_type: Option<String>,
        data: Value,
    },
}

impl Push {
    /// Creates an event or a callback of Feishu's schema 2.0, such as `im.message.receive_v1` or
    /// `card.action.trigger`, from the member `event` of its envelope. The header is made up.
    pub fn feishu(event_type: &str, event: Value) -> Self {
        let created_at = now();
        let header = json!({
            "event_id": format!("mock-event-{}", number()),
            "token": "",
            "create_time": created_at,
            "event_type": event_type,
            "tenant_key": TENANT_KEY,
        });
        let envelope = json!({ "schema": "2.0", "header": header, "event": event });
        let content = Content::Feishu(envelope, "header");
        Self { created_at, ..Self::of(content, feishu_resends(event_type)) }
    }

    /// Creates an event of Feishu's older schema 1.0, such as `app_ticket`, from the member `event`
    /// of its envelope, to which the type and the app ID are added.
    pub fn feishu_v1(event_type: &str, mut event: Value) -> Self {
        let created_at = now();
        let (seconds, fraction) = created_at.split_at(created_at.len().saturating_sub(3));
        if let Some(event) = event.as_object_mut() {
            event.insert("type".to_owned(), event_type.into());
        }
        let envelope = json!({
            "uuid": format!("mock-event-{}", number()),
            "token": "",
            "ts": format!("{seconds}.{fraction}"),
            "type": "event_callback",
            "event": event,
        });
        let content = Content::Feishu(envelope, "event");
        Self { created_at, ..Self::of(content, &FEISHU_RESENDS) }
    }

    /// The ticket of a store app.
    pub(crate) fn ticket(ticket: &str) -> Self {
        Self::feishu_v1("app_ticket", json!({ "app_ticket": ticket }))
    }

    /// Creates an event or a callback of Feishu from the whole of its envelope, of any schema. It
    /// is pushed as is.
    pub fn envelope(envelope: Value) -> Self {
        let event_type = envelope.pointer("/header/event_type").and_then(Value::as_str);
        let resends = feishu_resends(event_type.unwrap_or_default());
        Self::of(Content::Envelope(envelope), resends)
    }

    /// Creates an event of DingTalk from its data. It goes to connections that subscribed to the
    /// type or to all events.
    pub fn dingtalk_event(event_type: &str, data: Value) -> Self {
        let event_type = Some(event_type.to_owned());
        let topic = "*".to_owned();
        Self::of(Content::DingTalk { kind: "EVENT", topic, event_type, data }, &DINGTALK_RESENDS)
    }

    /// Creates a callback of DingTalk, such as `/v1.0/im/bot/messages/get`, from its data. It goes
    /// to connections that subscribed to the topic.
    pub fn dingtalk_callback(topic: &str, data: Value) -> Self {
        let (topic, event_type) = (topic.to_owned(), None);
        Self::of(Content::DingTalk { kind: "CALLBACK", topic, event_type, data }, &DINGTALK_RESENDS)
    }

    /// Creates a system message of DingTalk, such as `ping`, with a `data` to be echoed, or
    /// `disconnect`, after which the connection gets no more pushes. It is not redelivered.
    pub fn dingtalk_system(topic: &str, data: Value) -> Self {
        let (topic, event_type) = (topic.to_owned(), None);
        Self::of(Content::DingTalk { kind: "SYSTEM", topic, event_type, data }, &[])
    }

    fn of(content: Content, resends: &[Duration]) -> Self {
        Self {
            content,
            message_id: format!("mock-message-{}", number()),
            created_at: now(),
            app_id: None,
            fragments: 1,
            order: None,
            is_twice: false,
            after: Duration::ZERO,
            to: None,
            resends: resends.to_vec(),
        }
    }

    /// Pushes to the connections of this app only. Defaults to any app of the vendor.
    pub fn app(mut self, app_id: impl Into<String>) -> Self {
        self.app_id = Some(app_id.into());
        self
    }

    /// Splits the event into this many frames. Defaults to 1. DingTalk does not split events.
    pub fn fragments(mut self, fragments: usize) -> Self {
        self.fragments = fragments.max(1);
        self
    }

    /// Sets the order of the frames, by their numbers from 0. A number that is left out is lost, one
    /// that is named twice is sent twice, and one that is too large is sent without content.
    pub fn order(mut self, order: impl IntoIterator<Item = usize>) -> Self {
        self.order = Some(order.into_iter().collect());
        self
    }

    /// Sends the event twice, one directly after the other.
    pub fn twice(mut self) -> Self {
        self.is_twice = true;
        self
    }

    /// Sends the event this much later.
    pub fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }

    /// Sends the event to the connection with this [`index`](MockConnection::index) instead of a
    /// random one. If that connection is not open yet, the event waits for it; if it was closed,
    /// the event goes to any other.
    pub fn to(mut self, connection: usize) -> Self {
        self.to = Some(connection);
        self
    }

    /// Sets the intervals after which an unacknowledged event is redelivered. Defaults to the
    /// documented 15 seconds, 5 minutes, 1 hour and 6 hours for events of Feishu, to none for its
    /// callbacks, and to four intervals of a minute for DingTalk.
    pub fn resend_after(mut self, intervals: impl IntoIterator<Item = Duration>) -> Self {
        self.resends = intervals.into_iter().collect();
        self
    }

    pub(crate) fn vendor(&self) -> VendorId {
        match self.content {
            Content::Feishu(..) | Content::Envelope(_) => VendorId::Feishu,
            Content::DingTalk { .. } => VendorId::DingTalk,
        }
    }

    pub(crate) fn message_id(&self) -> &str {
        &self.message_id
    }

    /// Whether a connection asked for what this is.
    fn is_wanted_by(&self, subscriptions: &[(String, String)]) -> bool {
        let Content::DingTalk { kind, topic, event_type, .. } = &self.content else { return true };
        *kind == "SYSTEM"
            || subscriptions.iter().any(|(wanted_kind, wanted_topic)| {
                wanted_kind == kind
                    && (wanted_topic == topic || event_type.as_ref() == Some(wanted_topic))
            })
    }

    fn is_disconnect(&self) -> bool {
        matches!(&self.content, Content::DingTalk { kind: "SYSTEM", topic, .. } if topic == "disconnect")
    }

    /// The time within which an acknowledgment counts.
    fn deadline(&self) -> Duration {
        match self.vendor() {
            VendorId::Feishu => Duration::from_secs(3),
            VendorId::DingTalk => MINUTE,
        }
    }

    /// The body of a push over HTTP.
    fn post(&self, app_id: &str) -> Value {
        let mut body = self.body(app_id);
        if let Content::DingTalk { event_type: Some(event_type), .. } = &self.content
            && let Some(members) = body.as_object_mut()
        {
            members.entry("EventType").or_insert_with(|| event_type.as_str().into());
        }
        body
    }

    /// The parts of a frame.
    fn body(&self, app_id: &str) -> Value {
        match &self.content {
            Content::Feishu(envelope, holder) => {
                let mut envelope = envelope.clone();
                if let Some(holder) = envelope[holder].as_object_mut() {
                    holder.entry("app_id").or_insert_with(|| app_id.into());
                }
                envelope
            }
            Content::Envelope(body) | Content::DingTalk { data: body, .. } => body.clone(),
        }
    }

    /// The frames of a push to a Feishu connection, numbered from `first` on.
    fn frames(&self, peer: &Peer, first: u64) -> Vec<Frame> {
        let body = self.body(&peer.app_id).to_string().into_bytes();
        let size = body.len().div_ceil(self.fragments).max(1);
        let pieces: Vec<_> = body.chunks(size).collect();
        let order = self.order.clone().unwrap_or_else(|| (0..self.fragments).collect());
        let headers = |seq: usize| {
            [
                ("type", "event"),
                ("message_id", &self.message_id),
                ("sum", &self.fragments.to_string()),
                ("seq", &seq.to_string()),
                ("trace_id", &format!("trace-{}", self.message_id)),
                ("timestamp", &self.created_at),
                ("instance_id", "mock-instance"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let frame = |seq: usize| Frame {
            seq_id: first + seq as u64,
            log_id: first + seq as u64,
            service: peer.service_id,
            method: DATA,
            headers: headers(seq).to_vec(),
            payload: pieces.get(seq).copied().unwrap_or_default().to_vec(),
            log_id_new: format!("log-{}", self.message_id),
        };
        order.into_iter().map(frame).collect()
    }

    /// The message of a push to a DingTalk connection.
    fn text(&self, peer: &Peer) -> String {
        let Content::DingTalk { kind, topic, event_type, data } = &self.content else {
            return String::new();
        };
        let mut headers = json!({
            "appId": peer.app_id,
            "connectionId": peer.connection_id,
            "contentType": "application/json",
            "messageId": self.message_id,
            "time": self.created_at,
            "topic": topic,
        });
        if let Some(event_type) = event_type {
            headers["eventId"] = format!("event-{}", self.message_id).into();
            headers["eventBornTime"] = self.created_at.as_str().into();
            headers["eventCorpId"] = CORP_ID.into();
            headers["eventType"] = event_type.as_str().into();
            headers["eventUnifiedAppId"] = peer.app_id.as_str().into();
        }
        let data = data.to_string();
        json!({ "specVersion": "1.0", "type": kind, "headers": headers, "data": data }).to_string()
    }
}

fn feishu_resends(event_type: &str) -> &'static [Duration] {
    if CALLBACKS.contains(&event_type) { &[] } else { &FEISHU_RESENDS }
}

fn now() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_millis().to_string()
}

/// Never shows the event, which may be someone's message.
impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push")
            .field("vendor", &self.vendor())
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}
