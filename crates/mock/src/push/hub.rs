//! The long connections of a platform, and what is pushed over them.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;

use super::Push;
use super::fault::Fault;
use super::frame::{CONTROL, DATA, Frame};
use super::handles::RecordedAck;
use super::webhook::{WebhookError, json_of};
use crate::recorded::Recorded;
use crate::reply::Reply;
use crate::tokens::{VendorId, number};

/// The documented limit on connections of one Feishu app.
const LIMIT: usize = 50;

pub struct Hub {
    /// All connections there ever were, in the order in which they were opened.
    pub(super) connections: Vec<Connection>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) acks: Vec<RecordedAck>,
    /// By message ID. An event that is pushed again, as a clone, has the same one.
    by_message: HashMap<String, Vec<usize>>,
    /// The number of deliveries that are not accepted.
    pub(crate) pending: usize,
    agenda: BTreeSet<(Duration, Due)>,
    /// Deliveries that no open connection can take.
    waiting: Vec<usize>,
    /// Apps that were given an address and have not connected yet, by ticket.
    expected: HashMap<String, Peer>,
    /// The start of the addresses, `ws://` and a host.
    pub(crate) base: String,
    pub(super) client_config: Option<Value>,
    pub(super) pong_config: Option<Value>,
    pub(super) limit: usize,
    pub(super) random: fastrand::Rng,
    /// The mean time to the fault of a connection.
    pub(super) chaos: Option<Duration>,
    /// Tells those who wait that something was recorded.
    pub(crate) changed: watch::Sender<()>,
}

/// The other side of a connection.
#[derive(Clone)]
pub struct Peer {
    pub(crate) vendor: VendorId,
    pub(crate) app_id: String,
    pub(crate) service_id: i32,
    pub(crate) connection_id: String,
    /// The type and the topic of what DingTalk was asked for.
    pub(crate) subscriptions: Vec<(String, String)>,
    pub(crate) is_webhook: bool,
}

impl Peer {
    pub(crate) fn webhook(vendor: VendorId, app_id: &str) -> Self {
        let connection_id = format!("mock-webhook-{}", number());
        let subscriptions = vec![("EVENT".to_owned(), "*".to_owned())];
        let (app_id, is_webhook) = (app_id.to_owned(), true);
        Self { vendor, app_id, service_id: 0, connection_id, subscriptions, is_webhook }
    }
}

pub(super) struct Connection {
    pub(super) peer: Peer,
    /// None once it is closed.
    orders: Option<UnboundedSender<Order>>,
    takes_pushes: bool,
    pub(super) opened_at: Duration,
    pub(super) closed_at: Option<Duration>,
    pub(super) fault: Option<(Fault, Duration)>,
    pub(super) pings: usize,
    pub(super) violations: Vec<String>,
}

/// A task of a connection.
pub(super) enum Order {
    Send(Vec<Message>),
    Post(Post),
    Fault(Fault),
    /// The agenda has changed.
    Wake,
}

/// An attempt over HTTP.
#[derive(Clone)]
pub(super) struct Post {
    delivery: usize,
    at: Duration,
    pub(super) body: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Delivery(usize),
    Fault(usize, Fault),
}

pub(super) struct Delivery {
    push: Push,
    pub(super) attempts: Vec<Attempt>,
    /// The places of its acknowledgments in the list of all.
    pub(super) acks: Vec<usize>,
    pub(super) is_accepted: bool,
    /// When it is sent again.
    due: Option<Duration>,
}

pub(super) struct Attempt {
    pub(super) connection: usize,
    at: Duration,
    /// The number of its first frame.
    first: u64,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            connections: Vec::new(),
            deliveries: Vec::new(),
            acks: Vec::new(),
            by_message: HashMap::new(),
            pending: 0,
            agenda: BTreeSet::new(),
            waiting: Vec::new(),
            expected: HashMap::new(),
            base: "wss://openplat-mock.invalid".to_owned(),
            client_config: Some(json!({
                "ReconnectCount": -1,
                "ReconnectInterval": 120,
                "ReconnectNonce": 30,
                "PingInterval": 120,
            })),
            pong_config: None,
            limit: LIMIT,
            random: fastrand::Rng::with_seed(0),
            chaos: None,
            changed: watch::Sender::default(),
        }
    }
}

/// Opening a connection.
impl Hub {
    /// Expects a connection of an app, and returns it with its ticket.
    pub(crate) fn expect(
        &mut self,
        vendor: VendorId,
        app_id: &str,
        subscriptions: Vec<(String, String)>,
    ) -> (String, Peer) {
        let number = number();
        let peer = Peer {
            vendor,
            app_id: app_id.to_owned(),
            service_id: 0x0200_0000 | (number & 0xffff) as i32,
            connection_id: format!("mock-connection-{number}"),
            subscriptions,
            is_webhook: false,
        };
        // It has to be encoded in a URL.
        let ticket = format!("mock+ticket/{number}");
        self.expected.insert(ticket.clone(), peer.clone());
        (ticket, peer)
    }

    /// Takes the app that a ticket was given to. A ticket works once.
    pub(crate) fn take_expected(&mut self, request: &Recorded, vendor: VendorId) -> Option<Peer> {
        let ticket = request.query_value("ticket")?;
        if self.expected.get(&ticket)?.vendor != vendor {
            return None;
        }
        self.expected.remove(&ticket)
    }

    pub(crate) fn is_full(&self, app_id: &str) -> bool {
        let open = self.connections.iter().filter(|connection| {
            connection.orders.is_some()
                && !connection.peer.is_webhook
                && connection.peer.vendor == VendorId::Feishu
                && connection.peer.app_id == app_id
        });
        open.count() >= self.limit
    }

    pub(crate) fn client_config(&self) -> Option<&Value> {
        self.client_config.as_ref()
    }

    /// A failure on the way to a connection, now and then, while there is chaos.
    pub(crate) fn mishap(&mut self, on_upgrade: bool) -> Option<Reply> {
        self.chaos?;
        Some(match (self.random.u8(..16), on_upgrade) {
            (0, _) => Reply::new(503),
            (1, _) => Reply::close(),
            (2, _) => Reply::reset(),
            (3, _) => Reply::stall(),
            (4, false) => Reply::error("1"),
            (4, true) => Reply::refuse_upgrade(514, "1000040343"),
            _ => return None,
        })
    }

    pub(super) fn open(
        &mut self,
        peer: Peer,
        orders: UnboundedSender<Order>,
        now: Duration,
    ) -> usize {
        let (index, is_webhook) = (self.connections.len(), peer.is_webhook);
        self.connections.push(Connection {
            peer,
            orders: Some(orders),
            takes_pushes: true,
            opened_at: now,
            closed_at: None,
            fault: None,
            pings: 0,
            violations: Vec::new(),
        });
        if let Some(every) = self.chaos.filter(|_| !is_webhook) {
            let wait = every.mul_f64(2.0 * self.random.f64());
            let fault = Fault::random(&mut self.random);
            self.plan(now.saturating_add(wait), Due::Fault(index, fault));
        }
        for delivery in std::mem::take(&mut self.waiting) {
            self.send(delivery, now);
        }
        self.changed.send_replace(());
        index
    }

    pub(super) fn closed(&mut self, connection: usize, now: Duration) {
        if let Some(connection) = self.connections.get_mut(connection) {
            connection.orders = None;
            connection.closed_at.get_or_insert(now);
        }
        self.changed.send_replace(());
    }
}

/// Pushing.
impl Hub {
    pub(crate) fn acks(&self) -> Vec<RecordedAck> {
        self.acks.clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.connections.len()
    }

    pub(crate) fn push(&mut self, push: Push, now: Duration) -> usize {
        let index = self.deliveries.len();
        let delay = push.after;
        self.by_message.entry(push.message_id().to_owned()).or_default().push(index);
        self.pending += 1;
        self.deliveries.push(Delivery {
            push,
            attempts: Vec::new(),
            acks: Vec::new(),
            is_accepted: false,
            due: None,
        });
        match delay.is_zero() {
            true => self.send(index, now),
            false => self.send_at(index, now.saturating_add(delay)),
        }
        index
    }

    /// Does what is due. Returns the time until something else is.
    pub(super) fn run_due(&mut self, now: Duration) -> Option<Duration> {
        while let Some((at, due)) = self.agenda.first().copied() {
            if at > now {
                return Some(at.saturating_sub(now));
            }
            self.agenda.pop_first();
            match due {
                Due::Delivery(index) => self.send(index, now),
                Due::Fault(connection, fault) => self.disturb(connection, fault, now),
            }
        }
        None
    }

    pub(super) fn disturb(&mut self, connection: usize, fault: Fault, now: Duration) {
        let Some(connection) = self.connections.get_mut(connection) else { return };
        connection.takes_pushes &= !fault.ends_connection();
        if connection.order(Order::Fault(fault)) {
            connection.fault = Some((fault, now));
        }
        self.changed.send_replace(());
    }

    /// Takes back the faults that are planned.
    pub(super) fn calm(&mut self) {
        self.chaos = None;
        self.agenda.retain(|(_, due)| matches!(due, Due::Delivery(_)));
    }

    pub(super) fn order(&self, connection: usize, order: Order) {
        if let Some(connection) = self.connections.get(connection) {
            connection.order(order);
        }
    }

    /// Lets the connections look at the agenda.
    pub(crate) fn wake(&self) {
        for connection in &self.connections {
            connection.order(Order::Wake);
        }
    }

    fn plan(&mut self, at: Duration, due: Due) {
        self.agenda.insert((at, due));
        if self.agenda.first() == Some(&(at, due)) {
            self.wake();
        }
    }

    fn send_at(&mut self, index: usize, at: Duration) {
        if let Some(delivery) = self.deliveries.get_mut(index) {
            delivery.due = Some(at);
            self.plan(at, Due::Delivery(index));
        }
    }

    /// Sends an event over one connection, or keeps it until there is one.
    fn send(&mut self, index: usize, now: Duration) {
        let Some(delivery) = self.deliveries.get(index) else { return };
        let candidates = self.candidates(&delivery.push);
        let Some(connection) = self.random.choice(candidates) else {
            self.waiting.push(index);
            return;
        };
        let (Some(delivery), Some(to)) =
            (self.deliveries.get_mut(index), self.connections.get_mut(connection))
        else {
            return;
        };
        let first = number() * 100;
        for _ in 0..if delivery.push.is_twice { 2 } else { 1 } {
            to.order(match to.peer.is_webhook {
                true => {
                    let body = delivery.push.post(&to.peer.app_id);
                    Order::Post(Post { delivery: index, at: now, body })
                }
                false => Order::Send(messages(&delivery.push, &to.peer, first)),
            });
        }
        to.takes_pushes &= !delivery.push.is_disconnect();
        delivery.attempts.push(Attempt { connection, at: now, first });
        delivery.due = None;
        let resend = delivery.push.resends.get(delivery.attempts.len() - 1).copied();
        if let Some(interval) = resend {
            self.send_at(index, now.saturating_add(interval));
        }
        self.changed.send_replace(());
    }

    /// The connections that can take an event.
    fn candidates(&self, push: &Push) -> Vec<usize> {
        let suits = |connection: &Connection| {
            let peer = &connection.peer;
            connection.orders.is_some()
                && connection.takes_pushes
                && peer.vendor == push.vendor()
                && push.app_id.as_ref().is_none_or(|app_id| *app_id == peer.app_id)
                && push.is_wanted_by(&peer.subscriptions)
        };
        if let Some(wanted) = push.to {
            match self.connections.get(wanted) {
                None => return Vec::new(),
                Some(connection) if suits(connection) => return vec![wanted],
                Some(_) => {}
            }
        }
        let open = self.connections.iter().enumerate();
        open.filter(|(_, connection)| suits(connection)).map(|(index, _)| index).collect()
    }
}

fn messages(push: &Push, peer: &Peer, first: u64) -> Vec<Message> {
    match peer.vendor {
        VendorId::Feishu => {
            let frames = push.frames(peer, first);
            frames.iter().map(|frame| Message::binary(frame.encode())).collect()
        }
        VendorId::DingTalk => vec![Message::text(push.text(peer))],
    }
}

impl Delivery {
    /// The last attempt that went over a connection.
    fn attempt_over(&self, connection: usize) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|attempt| attempt.connection == connection)
    }
}

impl Connection {
    pub(super) fn is_open(&self) -> bool {
        self.orders.is_some()
    }

    /// Whether there was anyone to take the order.
    fn order(&self, order: Order) -> bool {
        self.orders.as_ref().is_some_and(|orders| orders.send(order).is_ok())
    }

    fn violation(&mut self, text: impl Into<String>) {
        self.violations.push(text.into());
    }
}

/// An acknowledgment as it was read, of either vendor.
struct Ack {
    message_id: String,
    code: i64,
    data: Option<Value>,
    headers: Vec<(String, String)>,
}

/// Listening.
impl Hub {
    /// Takes in a message of the client's, and returns what is sent in return.
    pub(super) fn hear(
        &mut self,
        connection: usize,
        message: &Message,
        now: Duration,
    ) -> Option<Message> {
        self.changed.send_replace(());
        let from = self.connections.get_mut(connection)?;
        let result = match (from.peer.vendor, message) {
            (_, Message::Ping(_)) => {
                from.pings += 1;
                return None;
            }
            (_, Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => return None,
            (VendorId::Feishu, Message::Binary(bytes)) => match Frame::decode(bytes) {
                Ok(frame) if frame.method == CONTROL => return self.pong(connection, &frame),
                Ok(frame) => self.feishu_ack(connection, frame),
                Err(reason) => Err(format!("a frame cannot be read: {reason}")),
            },
            (VendorId::DingTalk, Message::Text(text)) => dingtalk_ack(text),
            (VendorId::Feishu, Message::Text(_)) => Err("a text message was sent".to_owned()),
            (VendorId::DingTalk, Message::Binary(_)) => Err("a binary message was sent".to_owned()),
        };
        let result = result.and_then(|ack| self.record(connection, ack, now));
        if let (Err(violation), Some(from)) = (result, self.connections.get_mut(connection)) {
            from.violation(violation);
        }
        None
    }

    fn pong(&mut self, connection: usize, ping: &Frame) -> Option<Message> {
        let config = self.pong_config.as_ref().map(Value::to_string);
        let from = self.connections.get_mut(connection)?;
        if ping.header("type") != Some("ping") {
            from.violation("a control frame is not a ping");
            return None;
        }
        if ping.service != from.peer.service_id {
            from.violation("a ping names another service than the address does");
        }
        from.pings += 1;
        let pong = Frame {
            service: from.peer.service_id,
            method: CONTROL,
            headers: vec![("type".to_owned(), "pong".to_owned())],
            payload: config.unwrap_or_default().into_bytes(),
            ..Frame::default()
        };
        Some(Message::binary(pong.encode()))
    }

    fn feishu_ack(&self, connection: usize, frame: Frame) -> Result<Ack, String> {
        if frame.method != DATA {
            return Err("a frame has a method that is neither control nor data".to_owned());
        }
        let message_id = frame.header("message_id").unwrap_or_default().to_owned();
        if !self.is_echo(connection, &frame, &message_id) {
            return Err("an acknowledgment is not a copy of a frame that was sent".to_owned());
        }
        let payload: Value = serde_json::from_slice(&frame.payload).unwrap_or_default();
        let code =
            payload["code"].as_i64().ok_or("the payload of an acknowledgment has no code")?;
        let data = match &payload["data"] {
            Value::Null => None,
            data => Some(base64_json(data).ok_or("the data of an answer is not JSON in Base64")?),
        };
        Ok(Ack { message_id, code, data, headers: frame.headers })
    }

    /// Whether a frame is, but for its payload and further headers, one that was sent over this
    /// connection.
    fn is_echo(&self, connection: usize, ack: &Frame, message_id: &str) -> bool {
        let Some(to) = self.connections.get(connection) else { return false };
        let deliveries = self.sent(message_id, connection);
        let mut sent = deliveries.filter_map(|index| self.deliveries.get(index)).flat_map(|sent| {
            sent.attempts.iter().flat_map(|attempt| sent.push.frames(&to.peer, attempt.first))
        });
        sent.any(|sent| {
            (sent.seq_id, sent.log_id, sent.service) == (ack.seq_id, ack.log_id, ack.service)
                && sent.log_id_new == ack.log_id_new
                && ack.headers.starts_with(&sent.headers)
        })
    }

    /// The deliveries of a message over a connection.
    fn sent(&self, message_id: &str, connection: usize) -> impl Iterator<Item = usize> {
        let deliveries = self.by_message.get(message_id).map(|all| &all[..]).unwrap_or_default();
        deliveries.iter().copied().filter(move |index| {
            let delivery = self.deliveries.get(*index);
            delivery.is_some_and(|delivery| delivery.attempt_over(connection).is_some())
        })
    }

    fn record(&mut self, connection: usize, ack: Ack, now: Duration) -> Result<(), String> {
        let sent: Vec<_> = self.sent(&ack.message_id, connection).collect();
        let is_open = |index: &&usize| {
            let delivery = self.deliveries.get(**index);
            delivery.is_some_and(|delivery| delivery.acks.len() < delivery.attempts.len())
        };
        let Some(index) = sent.iter().find(is_open).or(sent.last()).copied() else {
            return Err("an acknowledgment names no message that came over this connection".into());
        };
        let attempt = self.deliveries.get(index).and_then(|it| it.attempt_over(connection));
        let after = now.saturating_sub(attempt.map_or(now, |attempt| attempt.at));
        self.settle(index, RecordedAck::new(connection, ack.code, ack.data, ack.headers, after));
        Ok(())
    }

    pub(super) fn heard(
        &mut self,
        connection: usize,
        post: &Post,
        response: Result<Response<Bytes>, WebhookError>,
        now: Duration,
    ) {
        self.changed.send_replace(());
        let Some(from) = self.connections.get_mut(connection) else { return };
        let response = match response {
            Ok(response) => response,
            Err(error) => return from.violation(error.to_string()),
        };
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let (code, data) = (response.status().as_u16().into(), json_of(&response));
        let after = now.saturating_sub(post.at);
        let ack = RecordedAck::new(connection, code, data, headers.collect(), after);
        self.settle(post.delivery, ack);
    }

    fn settle(&mut self, index: usize, ack: RecordedAck) {
        let Some(delivery) = self.deliveries.get_mut(index) else { return };
        let wants_again = ack.data.as_ref().is_some_and(|data| data["status"] == "LATER");
        if ack.code == 200 && !wants_again && ack.after <= delivery.push.deadline() {
            self.pending -= usize::from(!delivery.is_accepted);
            delivery.is_accepted = true;
            if let Some(due) = delivery.due.take() {
                self.agenda.remove(&(due, Due::Delivery(index)));
            }
        }
        delivery.acks.push(self.acks.len());
        self.acks.push(ack);
    }
}

fn base64_json(data: &Value) -> Option<Value> {
    let json = BASE64_STANDARD.decode(data.as_str()?).ok()?;
    serde_json::from_slice(&json).ok()
}

fn dingtalk_ack(text: &str) -> Result<Ack, String> {
    let ack: Value = serde_json::from_str(text).unwrap_or_default();
    let code = ack["code"].as_i64().ok_or("an acknowledgment has no code")?;
    let headers = ack["headers"].as_object().ok_or("an acknowledgment has no headers")?;
    let headers = headers.iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), value)
    });
    let message_id = ack["headers"]["messageId"].as_str().unwrap_or_default().to_owned();
    let data = ack["data"].as_str().and_then(|data| serde_json::from_str(data).ok());
    let data = data.ok_or("the data of an acknowledgment is not JSON in a string")?;
    Ok(Ack { message_id, code, data: Some(data), headers: headers.collect() })
}
