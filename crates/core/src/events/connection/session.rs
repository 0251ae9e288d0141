//! One connection from its first ping to its end.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use futures_util::{Sink, SinkExt, Stream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_websockets::proto::ProtocolError;
use tokio_websockets::{CloseCode, Error as WsError, Message};

use super::delivery::{Delivery, Outgoing, Pending};
use super::endpoint::WebSocket;
use super::protocol::{Output, Protocol, Receipt};
use crate::base::{BoxFuture, Clock};
use crate::error::{Error, ErrorKind};
use crate::events::RawEvent;

/// The longest that a message may take to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that the platform may take to close its side.
const GOODBYE: Duration = Duration::from_secs(2);
/// The most messages that wait to be written; beyond that, nothing more is read.
const MOST_UNSENT: usize = 1000;

/// Where events go.
pub(super) struct Outlet {
    deliveries: mpsc::UnboundedSender<Delivery>,
    permits: Arc<Semaphore>,
    max_running: u32,
}

impl Outlet {
    pub(super) fn new(deliveries: mpsc::UnboundedSender<Delivery>, max_running: u32) -> Self {
        Self { deliveries, permits: Arc::new(Semaphore::new(max_running as usize)), max_running }
    }

    /// Waits until all events that were delivered have been settled or dropped.
    pub(super) fn emptied(&self) -> BoxFuture<'static, ()> {
        let all = self.permits.clone().acquire_many_owned(self.max_running);
        Box::pin(async { drop(all.await) })
    }
}

/// Notices that the machine slept: monotonic clocks, and with them all timers, stand still then.
pub(super) struct SleepWatch {
    clock: Arc<dyn Clock>,
    wall: SystemTime,
    at: Instant,
}

impl SleepWatch {
    pub(super) const INTERVAL: Duration = Duration::from_secs(15);
    /// What the two clocks may differ by without any sleep.
    const TOLERANCE: Duration = Duration::from_secs(30);

    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { wall: clock.now(), at: Instant::now(), clock }
    }

    pub(super) fn next_look(&self) -> Instant {
        self.at + Self::INTERVAL
    }

    /// Returns `true` if more time has passed since the last look than timers have noticed.
    pub(super) fn has_slept(&mut self) -> bool {
        let (wall, at) = (self.clock.now(), Instant::now());
        let passed = wall.duration_since(self.wall).unwrap_or_default();
        let noticed = at - self.at;
        (self.wall, self.at) = (wall, at);
        passed > noticed + Self::TOLERANCE
    }
}

/// The end of a connection.
pub(super) enum End {
    /// The program wanted it.
    Shutdown,
    /// The platform wants another one instead.
    Renew,
    Lost(Error),
}

/// A connection that is open.
pub(super) struct Session<'a> {
    pub(super) protocol: &'a mut dyn Protocol,
    pub(super) outlet: &'a Outlet,
    socket: WebSocket,
    outbox: VecDeque<Outgoing>,
    /// What is written and not flushed, with who waits for it.
    unflushed: Vec<Option<Pending>>,
    unwritten_since: Option<Instant>,
    acks: mpsc::UnboundedReceiver<Outgoing>,
    acks_in: mpsc::UnboundedSender<Outgoing>,
    alarm: Pin<Box<Sleep>>,
    sleep_watch: SleepWatch,
    pinged_at: Instant,
    heard_at: Instant,
    /// When something has to be heard after a sleep.
    probed_until: Option<Instant>,
    /// The end of the time in which what was delivered may be settled, while the connection drains.
    drain_until: Option<Instant>,
    wants_renewal: bool,
    is_full: bool,
}

enum Wake {
    Read(Option<Result<Message, WsError>>),
    Broken(WsError),
    Ack(Outgoing),
    Alarm,
    Stop,
    Drained,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        protocol: &'a mut dyn Protocol,
        outlet: &'a Outlet,
        socket: WebSocket,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (acks_in, acks) = mpsc::unbounded_channel();
        let now = Instant::now();
        Self {
            protocol,
            outlet,
            socket,
            outbox: VecDeque::new(),
            unflushed: Vec::new(),
            unwritten_since: None,
            acks,
            acks_in,
            alarm: Box::pin(sleep_until(now)),
            sleep_watch: SleepWatch::new(clock),
            pinged_at: now,
            heard_at: now,
            probed_until: None,
            drain_until: None,
            wants_renewal: false,
            is_full: false,
        }
    }

    /// Runs until the connection ends. `stop` says that the program wants it to; then what was
    /// delivered has until the end of `drain` to be settled.
    pub(super) async fn run(
        mut self,
        mut stop: watch::Receiver<bool>,
        drain: Duration,
        on_drain: impl FnOnce(Instant),
    ) -> End {
        let mut stop = pin!(async move { drop(stop.wait_for(|stop| *stop).await) });
        let mut on_drain = Some(on_drain);
        let mut drained: Option<BoxFuture<'static, ()>> = None;
        self.ping();
        loop {
            self.set_alarm();
            let wake = poll_fn(|context| {
                let stop = on_drain.is_some().then_some(stop.as_mut());
                self.poll(context, stop, drained.as_mut())
            });
            match wake.await {
                Wake::Read(Some(Ok(message))) => {
                    if let Some(end) = self.take(message).await {
                        return end;
                    }
                }
                Wake::Read(Some(Err(error))) | Wake::Broken(error) => {
                    return End::Lost(broken(&error));
                }
                Wake::Read(None) => return End::Lost(closed("without a word")),
                Wake::Ack(outgoing) => self.send(outgoing),
                Wake::Alarm => {
                    if let Some(error) = self.on_alarm() {
                        return End::Lost(error);
                    }
                    if self.drain_until.is_some_and(|until| until <= Instant::now()) {
                        break;
                    }
                }
                Wake::Stop => {
                    let until = Instant::now() + drain;
                    self.drain_until = Some(until);
                    drained = Some(self.outlet.emptied());
                    on_drain.take().into_iter().for_each(|on_drain| on_drain(until));
                }
                Wake::Drained => break,
            }
        }
        self.close().await;
        End::Shutdown
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
        stop: Option<Pin<&mut impl Future<Output = ()>>>,
        drained: Option<&mut BoxFuture<'static, ()>>,
    ) -> Poll<Wake> {
        if let Poll::Ready(Err(error)) = self.poll_write(context) {
            return Poll::Ready(Wake::Broken(error));
        }
        // The socket comes last: however much arrives, nothing else waits for long.
        if let Poll::Ready(Some(outgoing)) = self.acks.poll_recv(context) {
            return Poll::Ready(Wake::Ack(outgoing));
        }
        if self.alarm.as_mut().poll(context).is_ready() {
            return Poll::Ready(Wake::Alarm);
        }
        if stop.is_some_and(|stop| stop.poll(context).is_ready()) {
            return Poll::Ready(Wake::Stop);
        }
        if drained.is_some_and(|drained| drained.as_mut().poll(context).is_ready()) {
            return Poll::Ready(Wake::Drained);
        }
        if self.outbox.len() + self.unflushed.len() >= MOST_UNSENT {
            return Poll::Pending;
        }
        Pin::new(&mut self.socket).poll_next(context).map(Wake::Read)
    }

    /// Writes what can be written, and tells those who wait that it has been.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        while !self.outbox.is_empty() {
            ready!(Pin::new(&mut self.socket).poll_ready(context))?;
            let Some(Outgoing { message, pending }) = self.outbox.pop_front() else { break };
            self.unflushed.push(pending);
            Pin::new(&mut self.socket).start_send(message)?;
            // Each message has its own time: a slow line is not a dead one.
            self.unwritten_since = Some(Instant::now());
        }
        ready!(Pin::new(&mut self.socket).poll_flush(context))?;
        self.unwritten_since = None;
        for pending in self.unflushed.drain(..).flatten() {
            let _ = pending.sent.send(());
        }
        Poll::Ready(Ok(()))
    }

    fn set_alarm(&mut self) {
        let silence = self.heard_at + self.protocol.longest_silence();
        let ping = self.pinged_at + self.protocol.ping_interval();
        let written = self.unwritten_since.map(|since| since + WRITE_TIMEOUT);
        let at = [written, self.probed_until, self.drain_until, self.protocol.due()]
            .into_iter()
            .flatten()
            .fold(silence.min(ping).min(self.sleep_watch.next_look()), Instant::min);
        if self.alarm.deadline() != at {
            self.alarm.as_mut().reset(at);
        }
    }

    /// Does what is due. Returns the error if that is to give up the connection.
    fn on_alarm(&mut self) -> Option<Error> {
        let now = Instant::now();
        let silence = self.protocol.longest_silence();
        if now >= self.heard_at + silence {
            return Some(silent(&format!("nothing arrived for {silence:?}")));
        }
        if self.unwritten_since.is_some_and(|since| now >= since + WRITE_TIMEOUT) {
            return Some(silent(&format!("nothing could be sent for {WRITE_TIMEOUT:?}")));
        }
        if self.probed_until.is_some_and(|until| now >= until) {
            return Some(silent("the machine slept, and the platform has gone since"));
        }
        self.protocol.expire(now);
        if now >= self.sleep_watch.next_look() && self.sleep_watch.has_slept() {
            self.probed_until = Some(now + WRITE_TIMEOUT);
            self.ping();
        } else if now >= self.pinged_at + self.protocol.ping_interval() {
            self.ping();
        }
        None
    }

    fn ping(&mut self) {
        self.pinged_at = Instant::now();
        let message = self.protocol.ping();
        self.send(Outgoing { message, pending: None });
    }

    fn send(&mut self, outgoing: Outgoing) {
        self.unwritten_since.get_or_insert_with(Instant::now);
        self.outbox.push_back(outgoing);
    }

    async fn take(&mut self, message: Message) -> Option<End> {
        let now = Instant::now();
        (self.heard_at, self.probed_until) = (now, None);
        if let Some((code, _)) = message.as_close() {
            // Nothing but the reply to it can be sent any more.
            self.outbox.clear();
            self.close().await;
            return Some(match self.drain_until {
                Some(_) => End::Shutdown,
                None => End::Lost(closed(&format!("with code {}", u16::from(code)))),
            });
        }
        if message.is_ping() {
            // The library replies by itself. Replies count, so that they do not pile up unread.
            self.unwritten_since.get_or_insert(now);
            self.unflushed.push(None);
        } else if !message.is_pong() {
            for output in self.protocol.receive(message, now) {
                self.put(output, now);
            }
        }
        if self.wants_renewal && self.drain_until.is_none() {
            self.close().await;
            return Some(End::Renew);
        }
        None
    }

    fn put(&mut self, output: Output, now: Instant) {
        match output {
            Output::Send(message) => self.send(Outgoing { message, pending: None }),
            Output::Deliver(event, receipt) => self.deliver(event, receipt, now),
            Output::Renew => self.wants_renewal = true,
        }
    }

    /// Hands an event over, or leaves it to be delivered again.
    fn deliver(&mut self, event: RawEvent, receipt: Receipt, now: Instant) {
        if self.drain_until.is_some() {
            return;
        }
        let Ok(permit) = self.outlet.permits.clone().try_acquire_owned() else {
            if !std::mem::replace(&mut self.is_full, true) {
                tracing::warn!(
                    max_running = self.outlet.max_running,
                    "all handlers are busy; further events are left to be delivered again"
                );
            }
            return;
        };
        self.is_full = false;
        let acks = self.acks_in.clone();
        let delivery = Delivery { event, receipt, received_at: now, acks, permit };
        // If nobody listens any more, this task is about to be dropped.
        let _ = self.outlet.deliveries.send(delivery);
    }

    /// Sends what is left, and closes the connection in order.
    async fn close(&mut self) {
        let goodbye = async {
            poll_fn(|context| self.poll_write(context)).await?;
            // Refused if the platform was first.
            let _ = self.socket.send(Message::close(Some(CloseCode::NORMAL_CLOSURE), "")).await;
            self.socket.close().await
        };
        // The connection ends, whatever comes of this.
        let _ = timeout(GOODBYE, goodbye).await;
    }
}

fn closed(detail: &str) -> Error {
    Error::new(ErrorKind::Transfer).with_detail(format!("the platform closed it {detail}"))
}

fn silent(detail: &str) -> Error {
    Error::new(ErrorKind::Timeout).with_detail(detail)
}

/// Returns what broke the connection, in words of our own.
fn broken(error: &WsError) -> Error {
    match error {
        WsError::Io(error) if error.kind() != io::ErrorKind::Other => {
            Error::new(ErrorKind::Transfer).with_detail(error.kind().to_string())
        }
        WsError::PayloadTooLong { .. } => Error::new(ErrorKind::LimitExceeded)
            .with_detail("the platform sent a message that is too long"),
        WsError::Protocol(ProtocolError::InvalidCloseCode) => {
            closed("with a code that may not be sent")
        }
        WsError::Protocol(_) => Error::new(ErrorKind::Transfer)
            .with_detail("what the platform sent is no message of a WebSocket"),
        // In the middle of a message, for instance.
        _ => closed("early"),
    }
}
