//! One connection from its first ping to its end.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};
use tokio_websockets::proto::ProtocolError;
use tokio_websockets::{Error as WsError, Message};

use super::delivery::{Delivery, Outgoing};
use super::endpoint::WebSocket;
use super::line::{Line, WRITE_TIMEOUT};
use super::protocol::{Output, Protocol, Receipt};
use crate::base::{BoxFuture, Clock};
use crate::error::{Error, ErrorKind};
use crate::events::RawEvent;

/// The longest that a connection stays open for handlers after its successor was asked for. The
/// platform closes it after ten seconds.
const LINGER: Duration = Duration::from_secs(5);

/// The way of events to the program.
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
    /// The difference of the two clocks that is no sleep.
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

/// The end of a session.
pub(super) enum End {
    /// The program wanted it.
    Shutdown,
    /// The platform wants another connection instead of this one.
    Renew(Box<Retired>),
    Lost(Error),
}

/// A connection over which nothing more is delivered, while handlers may still run.
pub(super) struct Retired {
    line: Line,
    acks: mpsc::UnboundedReceiver<Outgoing>,
}

impl Retired {
    /// Acknowledges what is settled soon, and closes the connection.
    pub(super) async fn close(mut self) {
        let settled = poll_fn(|context| self.poll_settled(context));
        if let Ok(Err(_)) = timeout(LINGER, settled).await {
            return;
        }
        self.line.close().await;
    }

    /// Waits until all that was delivered has been settled or dropped.
    fn poll_settled(&mut self, context: &mut Context<'_>) -> Poll<Result<(), WsError>> {
        while let Poll::Ready(ack) = self.acks.poll_recv(context) {
            // Those who hold deliveries can send acknowledgments.
            let Some(ack) = ack else { return Poll::Ready(Ok(())) };
            self.line.send(ack);
        }
        if let Poll::Ready(Err(error)) = self.line.poll_write(context) {
            return Poll::Ready(Err(error));
        }
        // Reading replies to pings, and notices the end; events will be delivered again.
        while !self.line.is_full()
            && let Poll::Ready(message) = self.line.poll_read(context)
        {
            match message {
                Some(Ok(message)) if message.is_close() => {
                    self.line.clear();
                    return Poll::Ready(Ok(()));
                }
                Some(message) => drop(message?),
                None => return Poll::Ready(Err(WsError::AlreadyClosed)),
            }
        }
        Poll::Pending
    }
}

/// A connection that is open.
pub(super) struct Session<'a> {
    protocol: &'a mut dyn Protocol,
    outlet: &'a Outlet,
    line: Line,
    acks: mpsc::UnboundedReceiver<Outgoing>,
    acks_in: mpsc::UnboundedSender<Outgoing>,
    alarm: Pin<Box<Sleep>>,
    sleep_watch: SleepWatch,
    pinged_at: Instant,
    heard_at: Instant,
    /// The time by which something has to be heard after a sleep.
    probed_until: Option<Instant>,
    /// The messages that are read may have come before that sleep.
    has_backlog: bool,
    /// Nothing more is delivered.
    is_draining: bool,
    wants_renewal: bool,
    is_full: bool,
}

/// The reason why a session stops serving.
enum Exit {
    Renew,
    Lost(Error),
}

enum Wake {
    Read(Option<Result<Message, WsError>>),
    Broken(WsError),
    Ack(Outgoing),
    Alarm,
    Enough,
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
            line: Line::new(socket),
            acks,
            acks_in,
            alarm: Box::pin(sleep_until(now)),
            sleep_watch: SleepWatch::new(clock),
            pinged_at: now,
            heard_at: now,
            probed_until: None,
            has_backlog: false,
            is_draining: false,
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
        self.ping();
        let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
        match self.serve(stopped).await {
            None => {}
            Some(Exit::Lost(error)) => return End::Lost(error),
            // Whoever holds a delivery of this connection can still have it acknowledged.
            Some(Exit::Renew) => {
                let Self { line, acks, .. } = self;
                return End::Renew(Box::new(Retired { line, acks }));
            }
        }
        let until = Instant::now() + drain;
        on_drain(until);
        self.is_draining = true;
        let drained = timeout_at(until, self.outlet.emptied());
        // To lose what is not wanted any more is no failure.
        if self.serve(async { drop(drained.await) }).await.is_none() {
            self.line.close().await;
        }
        End::Shutdown
    }

    /// Serves the connection until it is `enough`, or returns the reason if it cannot be.
    async fn serve(&mut self, enough: impl Future<Output = ()>) -> Option<Exit> {
        let mut enough = pin!(enough);
        loop {
            self.set_alarm();
            let exit = match poll_fn(|context| self.poll(context, enough.as_mut())).await {
                Wake::Read(Some(Ok(message))) => self.take(message).await,
                Wake::Read(Some(Err(error))) | Wake::Broken(error) => {
                    Some(Exit::Lost(broken(&error)))
                }
                Wake::Read(None) => Some(Exit::Lost(closed("without a close frame"))),
                Wake::Ack(outgoing) => {
                    self.line.send(outgoing);
                    None
                }
                Wake::Alarm => self.on_alarm().map(Exit::Lost),
                Wake::Enough => return None,
            };
            if exit.is_some() {
                return exit;
            }
        }
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
        enough: Pin<&mut impl Future<Output = ()>>,
    ) -> Poll<Wake> {
        if let Poll::Ready(Err(error)) = self.line.poll_write(context) {
            return Poll::Ready(Wake::Broken(error));
        }
        // The socket comes last: however much arrives, nothing else waits for long.
        if let Poll::Ready(Some(outgoing)) = self.acks.poll_recv(context) {
            return Poll::Ready(Wake::Ack(outgoing));
        }
        if self.alarm.as_mut().poll(context).is_ready() {
            // While this process stood still, signs of life have been waiting in the socket.
            if self.is_silent(Instant::now())
                && let Poll::Ready(read) = self.line.poll_read(context)
            {
                return Poll::Ready(Wake::Read(read));
            }
            return Poll::Ready(Wake::Alarm);
        }
        if enough.poll(context).is_ready() {
            return Poll::Ready(Wake::Enough);
        }
        if self.line.is_full() {
            return Poll::Pending;
        }
        let read = self.line.poll_read(context);
        self.has_backlog &= read.is_ready();
        read.map(Wake::Read)
    }

    /// Returns `true` if something should have been heard by now.
    fn is_silent(&self, now: Instant) -> bool {
        let silence = self.heard_at + self.protocol.longest_silence();
        self.probed_until.map_or(silence, |until| until.min(silence)) <= now
    }

    fn set_alarm(&mut self) {
        let silence = self.heard_at + self.protocol.longest_silence();
        let ping = self.pinged_at + self.protocol.ping_interval();
        let at = [self.line.write_due(), self.probed_until, self.protocol.due()]
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
        if self.line.write_due().is_some_and(|due| now >= due) {
            return Some(silent(&format!("nothing could be sent for {WRITE_TIMEOUT:?}")));
        }
        if self.probed_until.is_some_and(|until| now >= until) {
            return Some(silent("the machine was suspended, and the connection is gone"));
        }
        self.protocol.expire(now);
        if now >= self.sleep_watch.next_look() && self.sleep_watch.has_slept() {
            (self.probed_until, self.has_backlog) = (Some(now + WRITE_TIMEOUT), true);
            self.ping();
        } else if now >= self.pinged_at + self.protocol.ping_interval() {
            self.ping();
        }
        None
    }

    fn ping(&mut self) {
        self.pinged_at = Instant::now();
        self.line.send(self.protocol.ping());
    }

    async fn take(&mut self, message: Message) -> Option<Exit> {
        let now = Instant::now();
        self.heard_at = now;
        self.probed_until = self.probed_until.filter(|_| self.has_backlog);
        if let Some((code, _)) = message.as_close() {
            self.line.clear();
            self.line.close().await;
            return Some(Exit::Lost(closed(&format!("with code {}", u16::from(code)))));
        }
        if !message.is_ping() && !message.is_pong() {
            for output in self.protocol.receive(message, now) {
                self.put(output, now);
            }
        }
        (self.wants_renewal && !self.is_draining).then_some(Exit::Renew)
    }

    fn put(&mut self, output: Output, now: Instant) {
        match output {
            Output::Send(message) => self.line.send(message),
            Output::Deliver(event, receipt) => self.deliver(event, receipt, now),
            Output::Renew => self.wants_renewal = true,
        }
    }

    /// Hands an event over, or leaves it to be delivered again.
    fn deliver(&mut self, event: RawEvent, receipt: Receipt, now: Instant) {
        if self.is_draining {
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
        // Without a listener, this task is about to be dropped.
        let _ = self.outlet.deliveries.send(delivery);
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
        WsError::Protocol(ProtocolError::InvalidCloseCode) => closed("with an invalid close code"),
        WsError::Protocol(_) => Error::new(ErrorKind::Transfer)
            .with_detail("the platform sent an invalid WebSocket message"),
        // In the middle of a message, for instance.
        _ => closed("early"),
    }
}
