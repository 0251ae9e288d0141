//! The long connections of a platform, and what is pushed over them.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio_websockets::Message;

use super::Push;
use super::ack::RecordedAck;
use super::fault::Fault;
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
    pub(super) by_message: HashMap<String, Vec<usize>>,
    /// The number of deliveries that are not accepted.
    pub(crate) pending: usize,
    pub(super) agenda: BTreeSet<(Duration, Due)>,
    /// Deliveries that no open connection can take.
    waiting: Vec<usize>,
    /// Apps that were given an address and have not connected yet, by ticket.
    invited: HashMap<String, Peer>,
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
    /// The code with which the client closed it.
    pub(super) close_code: Option<u16>,
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
    pub(super) delivery: usize,
    pub(super) at: Duration,
    pub(super) body: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    Delivery(usize),
    Fault(usize, Fault),
}

pub(super) struct Delivery {
    pub(super) push: Push,
    pub(super) attempts: Vec<Attempt>,
    /// The places of its acknowledgments in the list of all.
    pub(super) acks: Vec<usize>,
    pub(super) is_accepted: bool,
    /// When it is redelivered.
    pub(super) due: Option<Duration>,
}

pub(super) struct Attempt {
    pub(super) connection: usize,
    pub(super) at: Duration,
    /// The number of its first frame.
    pub(super) first: u64,
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
            invited: HashMap::new(),
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
    /// Invites an app to connect, and returns it with its ticket.
    pub(crate) fn invite(
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
        self.invited.insert(ticket.clone(), peer.clone());
        (ticket, peer)
    }

    /// Takes the app that a ticket was given to. A ticket works once.
    pub(crate) fn take_invited(&mut self, request: &Recorded, vendor: VendorId) -> Option<Peer> {
        let ticket = request.query_value("ticket")?;
        if self.invited.get(&ticket)?.vendor != vendor {
            return None;
        }
        self.invited.remove(&ticket)
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

    /// A failure on the way to a connection, now and then, while there is chaos. `busy` is one of
    /// the platform's own.
    pub(crate) fn mishap(&mut self, busy: Reply) -> Option<Reply> {
        self.chaos?;
        Some(match self.random.u8(..16) {
            0 => Reply::new(503),
            1 => Reply::close(),
            2 => Reply::reset(),
            3 => Reply::stall(),
            4 => busy,
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
            close_code: None,
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

    /// Cancels the planned faults.
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
    pub(super) fn attempt_over(&self, connection: usize) -> Option<&Attempt> {
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

    pub(super) fn violation(&mut self, text: impl Into<String>) {
        self.violations.push(text.into());
    }
}
