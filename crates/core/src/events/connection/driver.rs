//! From one connection to the next: the one task behind a [`Connection`](super::Connection).

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::control::{State, publish};
use super::endpoint;
use super::protocol::{Protocol, Unopened};
use super::session::{End, Outlet, Session, SleepWatch};
use crate::channel::Channel;
use crate::error::{Error, ErrorKind};

/// The number of refusals in a row, all of a kind that may pass, after which no one believes it.
const MOST_REFUSALS: u32 = 3;

/// The shortest life of a connection that counts as accepted.
const SHORTEST_LIFE: Duration = Duration::from_secs(10);

/// The shortest pause after the second short life in a row, doubled with each further one.
const FIRST_REST: Duration = Duration::from_secs(2);
const LONGEST_REST: Duration = Duration::from_secs(60);

pub(super) struct Driver {
    pub(super) channel: Arc<Channel>,
    pub(super) protocol: Box<dyn Protocol>,
    pub(super) outlet: Outlet,
    pub(super) drain: Duration,
    pub(super) state: Arc<watch::Sender<State>>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) drain_until: Option<Instant>,
    /// Connections that have a successor, on their way to their ends.
    pub(super) retired: JoinSet<()>,
}

impl Driver {
    /// Keeps a connection open until the program wants it closed, or the platform refuses it for a
    /// reason that stays.
    pub(super) async fn drive(&mut self) -> Result<(), Error> {
        let ended = self.keep_connected().await;
        // Events that are being handled are not cut off, even if none can be acknowledged.
        let until = *self.drain_until.get_or_insert_with(|| Instant::now() + self.drain);
        let finished = async {
            self.outlet.emptied().await;
            while self.retired.join_next().await.is_some() {}
        };
        let _ = timeout_at(until, finished).await;
        if let Err(error) = &ended {
            let app_id = &self.channel.app.id;
            tracing::error!(%error, app_id, "the long connection has ended and stays closed");
        }
        ended
    }

    async fn keep_connected(&mut self) -> Result<(), Error> {
        let mut record = Record::default();
        loop {
            publish(&self.state, State::Connecting);
            let opened = endpoint::open(&self.channel, &mut *self.protocol);
            let Some(opened) = unless_stopped(&mut self.stop, opened).await else { return Ok(()) };
            let failed = match opened {
                Ok(socket) => {
                    let since = Instant::now();
                    let end = self.serve(socket).await;
                    record.lived(since.elapsed());
                    self.follow(end, &record)
                }
                Err(unopened) => Some(record.refused(unopened)?),
            };
            while self.retired.try_join_next().is_some() {}
            // To lose what is not wanted any more is no failure.
            if *self.stop.borrow() {
                return Ok(());
            }
            let Some(error) = failed else { continue };
            record.attempt += 1;
            if !self.pause(&record, error).await? {
                return Ok(());
            }
        }
    }

    async fn serve(&mut self, socket: endpoint::WebSocket) -> End {
        publish(&self.state, State::Connected);
        let clock = self.channel.exchange.clock.clone();
        let session = Session::new(&mut *self.protocol, &self.outlet, socket, clock);
        let (state, drain_until) = (&self.state, &mut self.drain_until);
        let on_drain = |until| {
            *drain_until = Some(until);
            publish(state, State::Draining);
        };
        session.run(self.stop.clone(), self.drain, on_drain).await
    }

    /// Returns the reason to pause before the next connection, if there is one.
    fn follow(&mut self, end: End, record: &Record) -> Option<Error> {
        match end {
            End::Shutdown => None,
            End::Renew(retired) => {
                self.retired.spawn(retired.close());
                (record.short_lives > 0).then(closed_soon)
            }
            End::Lost(error) => Some(error),
        }
    }

    /// Waits before the next try. Returns `false` if the program wants no further one.
    async fn pause(&mut self, record: &Record, error: Error) -> Result<bool, Error> {
        let attempt = record.attempt;
        let Some(pause) = self.protocol.pause(attempt) else {
            return Err(error.in_context("the platform asks not to connect again"));
        };
        // The platform may ask for more.
        let asked = error.api().and_then(|api| api.retry_after()).unwrap_or_default();
        let pause = pause.max(asked).max(record.rest());
        let app_id = &self.channel.app.id;
        tracing::warn!(%error, ?pause, attempt, app_id, "the long connection is down");
        let until = Instant::now() + pause;
        publish(&self.state, State::Waiting { until, error });
        let mut watch = SleepWatch::new(self.channel.exchange.clock.clone());
        let waited = async {
            while Instant::now() < until && !watch.has_slept() {
                sleep_until(until.min(watch.next_look())).await;
            }
        };
        Ok(unless_stopped(&mut self.stop, waited).await.is_some())
    }
}

/// The failures so far.
#[derive(Default)]
struct Record {
    /// Since the last connection: that it was accepted is all that counts for the platform.
    attempt: u32,
    refusals: u32,
    /// The connections in a row that were lost soon after they had been accepted.
    short_lives: u32,
}

impl Record {
    /// Takes down a connection that has ended.
    fn lived(&mut self, life: Duration) {
        let short_lives = if life < SHORTEST_LIFE { self.short_lives.saturating_add(1) } else { 0 };
        *self = Self { short_lives, ..Self::default() };
    }

    /// Returns the shortest pause before the next connection. One that is lost soon is normal; a
    /// gateway that keeps doing so has to be left alone.
    fn rest(&self) -> Duration {
        let Some(doubled) = self.short_lives.checked_sub(2) else { return Duration::ZERO };
        let rest = FIRST_REST.saturating_mul(1 << doubled.min(16)).min(LONGEST_REST);
        rest.mul_f64(1.0 + fastrand::f64() / 5.0)
    }

    /// Returns the reason to retry, or the error that ends the connection.
    fn refused(&mut self, unopened: Unopened) -> Result<Error, Error> {
        match unopened {
            Unopened::Fatal(error) => Err(error),
            Unopened::Stubborn(error) => {
                self.refusals += 1;
                if self.refusals == MOST_REFUSALS { Err(error) } else { Ok(error) }
            }
            Unopened::Passing(error) => {
                self.refusals = 0;
                Ok(error)
            }
        }
    }
}

fn closed_soon() -> Error {
    Error::new(ErrorKind::Unavailable)
        .with_detail("the platform asks for another connection right after it accepted this one")
}

/// Returns `None` if the program wants the connection closed before `work` is done.
async fn unless_stopped<T>(
    stop: &mut watch::Receiver<bool>,
    work: impl Future<Output = T>,
) -> Option<T> {
    let stopped = stop.wait_for(|stop| *stop);
    match select(pin!(stopped), pin!(work)).await {
        Either::Left(_) => None,
        Either::Right((value, _)) => Some(value),
    }
}
